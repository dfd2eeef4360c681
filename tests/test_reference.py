"""The reference pages are generated from the models and kept in the docs."""

from pathlib import Path

import pytest

from regimen_advisor.schemas import SchemaName, reference_of, schema_of

DOCS = Path(__file__).parent.parent / "docs" / "reference"


@pytest.mark.parametrize("name", SchemaName)
def test_the_reference_page_is_what_the_model_says(name: SchemaName) -> None:
    stored = (DOCS / f"{name}.md").read_text("utf-8")
    again = f"regenerate it: regimen-advisor schema {name} --format markdown --output docs/reference/{name}.md"
    assert stored == reference_of(name), again


@pytest.mark.parametrize("name", SchemaName)
def test_every_schema_says_which_keys_there_are(name: SchemaName) -> None:
    assert schema_of(name)["properties"]


@pytest.mark.parametrize("name", ["profile", "rule", "study", "case", "answers"])
def test_every_key_that_a_person_writes_says_what_it_means(name: SchemaName) -> None:
    without = [line for line in reference_of(SchemaName(name)).splitlines() if line.endswith("|  |")]
    assert without == []
