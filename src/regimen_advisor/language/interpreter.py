"""Interpret a condition: its truth, and the tree that shows how it came about. THIS is the meaning.

Every other engine must agree with it. Truth is Kleene's: a conjunction is false as soon as one part is, true once all
are, else unknown. Nothing is cut short, so that the tree holds every part.
"""

from __future__ import annotations

from typing import NamedTuple

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Facts, Truth, Value

NAME = "interpreter"


class Judgement(NamedTuple):
    """The truth of a condition for one patient; ``value`` is the fact an atom looked at."""

    condition: Condition
    truth: Truth
    parts: tuple[Judgement, ...] = ()
    value: Value | None = None


class Interpreter:
    """Judges conditions about one patient; a condition asked twice is judged once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._seen: dict[int, tuple[Condition, Judgement]] = {}

    def judge(self, condition: Condition) -> Judgement:
        """The truth of ``condition`` and of every part of it."""
        seen = self._seen.get(id(condition))
        if seen is None:
            # The condition is kept with its judgement, so that its id cannot come to mean another one.
            seen = self._seen[id(condition)] = (condition, self._judge(condition))
        return seen[1]

    def _judge(self, condition: Condition) -> Judgement:
        match condition:
            case Leaf(atom=atom):
                value = self.facts[atom.fact]
                return Judgement(condition, atom.judge(value), (), value)
            case Named(condition=inner):
                part = self.judge(inner)
                return Judgement(condition, part.truth, (part,))
            case Not(part=inner):
                part = self.judge(inner)
                return Judgement(condition, ~part.truth, (part,))
            case AllOf(parts=inners):
                parts = tuple([self.judge(inner) for inner in inners])
                return Judgement(condition, conjunction([part.truth for part in parts]), parts)
            case AnyOf(parts=inners):
                parts = tuple([self.judge(inner) for inner in inners])
                return Judgement(condition, disjunction([part.truth for part in parts]), parts)


def judge(condition: Condition, facts: Facts) -> Judgement:
    """The truth of ``condition`` for a patient of whom ``facts`` are known, with the tree that shows why."""
    return Interpreter(facts).judge(condition)


def conjunction(truths: list[Truth]) -> Truth:
    """False if one is, true if all are, else unknown."""
    if Truth.FALSE in truths:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.TRUE


def disjunction(truths: list[Truth]) -> Truth:
    """True if one is, false if all are, else unknown."""
    if Truth.TRUE in truths:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.FALSE
