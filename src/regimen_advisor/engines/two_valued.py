"""Translate conditions for an engine with two truth values.

A condition becomes two goals, that it holds and that it fails, each the disjunction of its *ways*: conjunctions of
checks of what is known (a bound, what a set surely has or can have, a value a choice can still be). With negations
pushed down to the atoms, a check that is not met is simply no match, and the two goals together give back three truth
values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Atom, Between, Choice, Facts, Includes, Is, Members, Number
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact

MOST_WAYS = 24
"""A conjunction with more ways than this takes some of its parts as derived facts."""
MOST_CHECKS = 24
"""Checks in one way; a longer one takes some of them as a derived fact."""

Relation = Literal["is", "at least", "at most"]
Reader = Callable[[Facts], int]


class Check(NamedTuple):
    """A check of one field of a message. Every field always has a value, so that each check has an opposite.

    A tuple because thousands are compared while the rules of a rulebook are made ready.
    """

    field: str
    relation: Relation
    value: int

    def __invert__(self) -> Check:
        match self.relation:
            case "is":
                return Check(self.field, "is", not self.value)
            case "at least":
                return Check(self.field, "at most", self.value - 1)
            case "at most":
                return Check(self.field, "at least", self.value + 1)

    def written(self) -> dict[str, Any]:
        """The check in the words of durable-rules: one key, for it ignores a second one."""
        if self.relation == "is":
            return {self.field: self.value}
        return {"$gte" if self.relation == "at least" else "$lte": {self.field: self.value}}


Conjunct = tuple[Check, ...]


class Compiler:
    """Collects goals: derived facts, each with the ways in which it comes about.

    ``readers`` gives the value of each field of a message that is not itself a derived fact.
    """

    def __init__(self, findings: Mapping[str, Condition], domain: Domain) -> None:
        self.findings, self.domain = findings, domain
        self.readers: dict[str, Reader] = {}
        self.goals: dict[str, list[Conjunct]] = {}
        self._pieces: dict[tuple[Conjunct, ...], Check] = {}

    def define(self, goal: str, ways: Sequence[Conjunct]) -> None:
        """Derive ``goal`` in each of ``ways``."""
        self.goals[goal] = [self._short(way) for way in ways]

    def ways(self, condition: Condition, *, positive: bool) -> list[Conjunct]:
        """The ways in which ``condition`` surely holds or, where not ``positive``, surely fails."""
        match condition:
            case Leaf(atom=atom):
                return self._of_atom(atom, positive=positive)
            case Named(name=name, condition=inner):
                if self.findings.get(name) != inner:
                    return self.ways(inner, positive=positive)
                return [(self._finding(name, positive=positive),)]
            case Not(part=part):
                return self.ways(part, positive=not positive)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                ways_of_parts = [self.ways(part, positive=positive) for part in parts]
                if isinstance(condition, AllOf) == positive:
                    return self._every(ways_of_parts)
                return _shortest(itertools.chain(*ways_of_parts))

    def strata(self) -> list[list[str]]:
        """The goals in layers: each needs only what earlier layers derive."""
        depths: dict[str, int] = {}

        def depth(goal: str) -> int:
            if goal not in depths:
                needed = {check.field for way in self.goals[goal] for check in way if check.field in self.goals}
                depths[goal] = 1 + max((depth(field) for field in needed), default=-1)
            return depths[goal]

        layers: dict[int, list[str]] = {}
        for goal in self.goals:
            layers.setdefault(depth(goal), []).append(goal)
        return [layers[index] for index in sorted(layers)]

    def _finding(self, name: str, *, positive: bool) -> Check:
        # To the engine a dot is a step into a nested object.
        goal = f"finding_{name}_{'holds' if positive else 'fails'}".replace(".", "·")
        if goal not in self.goals:
            self.define(goal, self.ways(self.findings[name], positive=positive))
        return Check(goal, "is", value=True)

    def _piece(self, ways: Sequence[Conjunct]) -> Check:
        """A derived fact that comes about in ``ways``."""
        key = tuple(ways)
        if key not in self._pieces:
            check = self._pieces[key] = Check(f"piece_{len(self._pieces) + 1}", "is", value=True)
            self.define(check.field, ways)
        return self._pieces[key]

    def _every(self, ways_of_parts: list[list[Conjunct]]) -> list[Conjunct]:
        while math.prod(len(ways) for ways in ways_of_parts) > MOST_WAYS:
            largest = max(range(len(ways_of_parts)), key=lambda index: len(ways_of_parts[index]))
            ways_of_parts[largest] = [(self._piece(ways_of_parts[largest]),)]
        return _together(ways_of_parts)

    def _short(self, way: Conjunct) -> Conjunct:
        while len(way) > MOST_CHECKS:
            way = (self._piece([way[:MOST_CHECKS]]), *way[MOST_CHECKS:])
        return way

    def _check(self, field: str, read: Reader, relation: Relation, value: int) -> Check:
        self.readers[field] = read
        return Check(field, relation, value)

    def _of_atom(self, atom: Atom, *, positive: bool) -> list[Conjunct]:
        fact = self.domain.facts[atom.fact]
        match atom, fact:
            case Is(values=values), ChoiceFact(name=name):
                against = [word for word in fact.domain if (word in values) != positive]
                return [
                    tuple(self._check(f"{name}_can_be_{word}", _can_be(name, word), "is", False) for word in against)
                ]
            case Includes(fact=name, member=member), _:
                if positive:
                    return [(self._check(f"{name}_has_{member}", _has(name, member), "is", True),)]
                return [(self._check(f"{name}_can_have_{member}", _can_have(name, member), "is", False),)]
            case Between(), NumberFact():
                return self._of_number(atom, fact, positive=positive)
        raise TypeError(f"{atom!r} does not test a {type(fact).__name__}")

    def _of_number(self, atom: Between, fact: NumberFact, *, positive: bool) -> list[Conjunct]:
        """Bounds at the ends of the domain are left out, for there every number that exists meets them."""
        name = fact.name
        checks = []
        if atom.low > fact.low:
            checks.append(self._at_least(name, atom.low) if positive else self._at_most(name, atom.low - 1))
        if atom.high < fact.high:
            checks.append(self._at_most(name, atom.high) if positive else self._at_least(name, atom.high + 1))
        if fact.optional and positive:
            checks.append(self._check(f"{name}_exists", _exists(name), "is", True))
        elif fact.optional:
            checks.append(self._check(f"{name}_can_exist", _can_exist(name), "is", False))
        return [tuple(checks)] if positive else [(check,) for check in checks]

    def _at_least(self, name: str, value: int) -> Check:
        return self._check(f"{name}_lo", _low(name), "at least", value)

    def _at_most(self, name: str, value: int) -> Check:
        return self._check(f"{name}_hi", _high(name), "at most", value)


# Disjunctions of ways ----------------------------------------------------------------------------------------------


def _together(choices: Iterable[Sequence[Conjunct]]) -> list[Conjunct]:
    """One way of each choice together, for every combination that does not contradict itself."""
    combined = (frozenset(itertools.chain(*ways)) for ways in itertools.product(*choices))
    return _shortest(tuple(sorted(checks)) for checks in combined if not any(~check in checks for check in checks))


def _shortest(ways: Iterable[Conjunct]) -> list[Conjunct]:
    """The ways without those that demand all that another one does; short ones first."""
    kept: list[tuple[Conjunct, frozenset[Check]]] = []
    for way in sorted(set(ways), key=lambda way: (len(way), way)):
        checks = frozenset(way)
        if not any(fewer <= checks for _, fewer in kept):
            kept.append((way, checks))
    return [way for way, _ in kept]


# What a field of a message says ------------------------------------------------------------------------------------


def _can_be(fact: str, word: str) -> Reader:
    def read(facts: Facts) -> bool:
        value = facts[fact]
        return isinstance(value, Choice) and word in value.possible

    return read


def _has(fact: str, member: str) -> Reader:
    def read(facts: Facts) -> bool:
        value = facts[fact]
        return isinstance(value, Members) and member in value.must

    return read


def _can_have(fact: str, member: str) -> Reader:
    def read(facts: Facts) -> bool:
        value = facts[fact]
        return isinstance(value, Members) and member in value.may

    return read


def _number(facts: Facts, fact: str) -> Number:
    value = facts[fact]
    assert isinstance(value, Number)
    return value


def _low(fact: str) -> Reader:
    return lambda facts: _number(facts, fact).low


def _high(fact: str) -> Reader:
    return lambda facts: _number(facts, fact).high


def _exists(fact: str) -> Reader:
    return lambda facts: not _number(facts, fact).absent


def _can_exist(fact: str) -> Reader:
    return lambda facts: _number(facts, fact).low <= _number(facts, fact).high
