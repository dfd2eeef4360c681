"""Write ways to meet a condition, and profiles, in words and as a file has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regimen_advisor.knowledge.conditions_yaml import written
from regimen_advisor.language.conditions import ALWAYS, Condition, Leaf, Not, all_of
from regimen_advisor.language.values import Atom, Between, Choice, Facts, Is, Number, Value
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.narrowing import narrow
from regimen_advisor.solving.implicants import Implicant
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import joined, say


def way_words(way: Implicant, wording: Wording) -> str:
    """The way in words, facts in the order of their declaration: ``metastatic disease; TPS at least 1 %``."""
    words = (wording.condition(condition) for condition in _by_fact(way, wording.domain))
    return joined(words, "lists") or say("diff.every_patient")


def way_written(way: Implicant, domain: Domain) -> dict[str, Any]:
    """The way as a rule would write it under ``when``; empty where it is every patient."""
    parts = tuple(_by_fact(way, domain))
    return written(all_of(*parts), domain) if parts else {}


def way_condition(way: Implicant) -> Condition:
    """The way as a condition."""
    return all_of(*(_of_literal(literal.atom, wanted=literal.wanted) for literal in way)) if way else ALWAYS


def facts_of_way(way: Implicant, domain: Domain) -> Facts:
    """What is known of a patient of whom just the way is known."""
    values: dict[str, Value] = {}
    for literal in way:
        name = literal.atom.fact
        before = values.get(name, domain.facts[name].unknown)
        values[name] = literal.atom.keep(before, literal.wanted) or before
    return narrow(values.items(), domain)


def _by_fact(way: Implicant, domain: Domain) -> Iterator[Condition]:
    """What the way asks of each fact: the values left of a choice or number, the members a set holds or lacks.

    What the rest of the way rules out is not named: of non-small cell lung cancer no extent of the small cell kind.
    """
    left = facts_of_way(way, domain)
    for name in domain.facts:
        about_fact = [literal for literal in way if literal.atom.fact == name]
        match left[name]:
            case Choice(possible=possible) if about_fact:
                yield Leaf(Is(name, possible))
            case Number(low=low, high=high, absent=False) if about_fact:
                yield Leaf(Between(name, low, high))
            case _:
                for wanted in (True, False):
                    parts = [
                        _of_literal(literal.atom, wanted=wanted) for literal in about_fact if literal.wanted is wanted
                    ]
                    if parts:
                        yield all_of(*parts)


def _of_literal(atom: Atom, *, wanted: bool) -> Condition:
    return Leaf(atom) if wanted else Not(Leaf(atom))
