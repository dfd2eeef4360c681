"""The interpreter: what a condition means, and the tree that shows how it came to its truth. THIS is the meaning.

Every other engine must agree with it. Truth is Kleene's: a conjunction is false as soon as one part is, true once all
are, else unknown. Nothing is cut short, so that the tree holds every part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regimen_advisor.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.narrowing import Facts
from regimen_advisor.values import Atom, Truth, Value

NAME = "interpreter"


@dataclass(frozen=True, slots=True)
class Judgement:
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
            # The condition is kept beside its judgement, so that its id cannot come to mean another one.
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


# Truth without the tree --------------------------------------------------------------------------------------------

Predicate = Callable[[Facts], Truth]


def compiled(condition: Condition) -> Predicate:
    """A function with the truth of ``condition`` and without its tree, some four times faster."""
    match condition:
        case Leaf(atom=atom):
            return _compiled_atom(atom)
        case Named(condition=inner):
            return compiled(inner)
        case Not(part=inner):
            inverse = compiled(inner)
            return lambda facts: ~inverse(facts)
        case AllOf(parts=inners) | AnyOf(parts=inners):
            decisive, other = (Truth.FALSE, Truth.TRUE) if isinstance(condition, AllOf) else (Truth.TRUE, Truth.FALSE)
            return _compiled_parts(tuple(compiled(inner) for inner in inners), decisive, other)


def _compiled_parts(predicates: tuple[Predicate, ...], decisive: Truth, other: Truth) -> Predicate:
    unknown = Truth.UNKNOWN

    def truth(facts: Facts) -> Truth:
        result = other
        for predicate in predicates:
            part = predicate(facts)
            if part is decisive:
                return decisive
            if part is unknown:
                result = unknown
        return result

    return truth


def _compiled_atom(atom: Atom) -> Predicate:
    name, judge_value = atom.fact, atom.judge
    return lambda facts: judge_value(facts[name])


