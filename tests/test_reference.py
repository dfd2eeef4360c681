"""The reference pages are generated from the models and kept in the docs."""

import re
from pathlib import Path

import pytest
import yaml

from regimen_advisor.files.errors import Problem
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact
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


# The page on conditions is written by hand; what it lists and shows is held to the language. ------------------------


def fact_row(fact: Fact) -> str:
    """The row of a fact in the table of that page."""
    match fact:
        case ChoiceFact(domain=("true", "false")):
            kind, values = "yes or no", "`true`, `false`"
        case ChoiceFact():
            kind, values = "one of several", ", ".join(f"`{word}`" for word in (*fact.domain, *fact.groups))
        case NumberFact():
            kind, values = "whole number", f"{fact.low} to {fact.high}{' ' if fact.unit else ''}{fact.unit}"
        case _:
            of_drugs = len(fact.members) > 20
            words = "drugs and classes of drugs" if of_drugs else ", ".join(f"`{word}`" for word in fact.members)
            kind, values = "set", f"{words}; `{fact.empty_word}`"
    return f"| `{fact.name}` | {kind} | {values} | {fact.question} |"


CONDITIONS = (DOCS / "conditions.md").read_text("utf-8")


def test_the_page_on_conditions_lists_every_fact_and_every_finding(rulebook: Rulebook) -> None:
    assert [line for line in map(fact_row, rulebook.domain.facts.values()) if line not in CONDITIONS] == []
    assert ", ".join(f"`{name}`" for name in rulebook.findings) in CONDITIONS


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
