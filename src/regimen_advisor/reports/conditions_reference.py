"""Write the reference page of conditions: how they are put together, and every fact and finding they may test."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.words.catalogue import joined, say

MOST_WORDS = 20
"""A set of more members than these is one of drugs, which have lists of their own."""


def conditions_reference(rulebook: Rulebook) -> str:
    """The page as markdown: its text is a template, its lists are those of the rulebook."""
    page = files("regimen_advisor.reports").joinpath("templates", "conditions.md").read_text("utf-8")
    facts = "\n".join([say("condition_kind.columns"), "|---|---|---|---|", *map(_row, rulebook.domain.facts.values())])
    return page.replace("{facts}", facts).replace("{findings}", _words(rulebook.findings))


def _row(fact: Fact) -> str:
    kind, values = _kind_and_values(fact)
    return f"| `{fact.name}` | {kind} | {values} | {fact.question} |"


def _kind_and_values(fact: Fact) -> tuple[str, str]:
    match fact:
        case ChoiceFact(is_yes_no=True):
            return say("condition_kind.yes_no"), _words(fact.domain)
        case ChoiceFact():
            return say("condition_kind.choice"), _words((*fact.domain, *fact.groups))
        case NumberFact():
            return say("condition_kind.number"), say(
                "condition_values.range", low=fact.low, high=fact.high, unit=fact.unit
            ).rstrip()
        case SetFact():
            members = say("condition_kind.drugs") if len(fact.members) > MOST_WORDS else _words(fact.members)
            return say("condition_kind.set"), f"{members}; `{fact.empty_word}`"


def _words(words: Iterable[str]) -> str:
    return joined(f"`{word}`" for word in words)
