"""Write the reference page of conditions: how they are put together, and every fact and finding they may test."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact

MOST_WORDS = 20
"""A set of more members than these is one of drugs, which have lists of their own."""


def conditions_reference(rulebook: Rulebook) -> str:
    """The page as markdown: its text is a template, its lists are those of the rulebook."""
    page = files("regimen_advisor.reports").joinpath("templates", "conditions.md").read_text("utf-8")
    facts = "\n".join(
        ["| fact | kind | values | question |", "|---|---|---|---|", *map(_row, rulebook.domain.facts.values())]
    )
    return page.replace("{facts}", facts).replace("{findings}", _words(rulebook.findings))


def _row(fact: Fact) -> str:
    kind, values = _kind_and_values(fact)
    return f"| `{fact.name}` | {kind} | {values} | {fact.question} |"


def _kind_and_values(fact: Fact) -> tuple[str, str]:
    match fact:
        case ChoiceFact(is_yes_no=True):
            return "yes or no", _words(fact.domain)
        case ChoiceFact():
            return "one of several", _words((*fact.domain, *fact.groups))
        case NumberFact():
            return "whole number", f"{fact.low} to {fact.high} {fact.unit}".rstrip()
        case SetFact():
            members = "drugs and classes of drugs" if len(fact.members) > MOST_WORDS else _words(fact.members)
            return "set", f"{members}; `{fact.empty_word}`"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
