"""The reference pages are generated from the models and kept in the docs."""

import re
from pathlib import Path

import pytest
import yaml

from regimen_advisor.files.errors import Problem
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.rulebook import Rulebook
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


@pytest.mark.parametrize("name", SchemaName)
def test_every_key_says_what_it_means(name: SchemaName) -> None:
    without = [line for line in reference_of(name).splitlines() if line.endswith("|  |")]
    assert without == []


CONDITIONS = (DOCS / "conditions.md").read_text("utf-8")


def test_every_condition_on_the_page_can_be_read(rulebook: Rulebook) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", CONDITIONS, re.DOTALL | re.MULTILINE)
    tests = re.findall(r"`(\w+: [^`]+)`", CONDITIONS)
    assert (len(blocks), len(tests)) == (2, 12)
    findings = {name: finding.condition for name, finding in rulebook.findings.items()}
    problems: list[Problem] = []
    for text in (*blocks, *tests):
        document = parse_document(text)
        assert document.value == yaml.safe_load(text)
        ConditionReader(rulebook.domain, findings, problems).read(document, (), document.value)
    assert problems == []
