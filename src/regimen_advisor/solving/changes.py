"""Find the smallest changes after which a regimen is offered.

A change is a fact with a new value: *learn* where it is not known, *change* where something else is. Applying a set of
them and completing the rest in any way offers the regimen, and no subset does. What was given stays given: a treatment
of the past is not undone, but the latest line may turn out otherwise, and further lines may follow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from regimen_advisor.language.values import Choice, Members, Number, Value
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient.vocabulary import OPEN_HISTORY
from regimen_advisor.solving.assumptions import (
    assumption_groups,
    given_entries,
    is_asked_of_history,
    value_literals,
)
from regimen_advisor.solving.encoding import LEAST_LINES, OUTCOMES, Encoding, EncodingSize, Slot
from regimen_advisor.solving.encoding_size import size_for
from regimen_advisor.solving.implicants import Implicant, primes, tests_of
from regimen_advisor.solving.solver import Session, Solver
from regimen_advisor.words.catalogue import say

Kind = Literal["learn", "change"]
MOST_CHANGED = 3
MOST_SETS = 24
MOST_WAYS = 8


@dataclass(frozen=True)
class FactChange:
    """A fact (or ``history[i].outcome``) and what it would have to be; ``words`` says the value as a profile does."""

    fact: str
    value: Value
    words: str
    kind: Kind
    permanence: str


@dataclass(frozen=True)
class ChangeSet:
    """Changes that together suffice. ``relaxed`` are the known units of the profile that they replace."""

    changes: tuple[FactChange, ...]
    relaxed: frozenset[str] = frozenset()

    @property
    def is_only_to_learn(self) -> bool:
        """Whether nothing that is known has to be other than it is."""
        return all(change.kind == "learn" for change in self.changes)


@dataclass(frozen=True)
class Changes:
    """The smallest sets of changes, best first.

    ``fixed`` are sets of keys that would also have to be other than they are, but never change; ``reason`` says why
    ``sets`` is empty.
    """

    sets: tuple[ChangeSet, ...]
    fixed: tuple[tuple[str, ...], ...] = ()
    reason: str | None = None


def smallest_changes(solver: Solver, patient: Patient, regimen: str) -> Changes:
    """The smallest changes after which ``regimen`` is offered to ``patient``.

    Raises ``KeyError`` for an unknown regimen.
    """
    return _Changer(solver, patient, regimen).changes()


class _Changer:
    def __init__(self, solver: Solver, patient: Patient, regimen: str) -> None:
        self.domain: Domain = solver.domain
        self.patient = patient
        condition = solver.offered[regimen]
        # A solver of its own: what is found must not depend on what another one was asked before.
        size = EncodingSize.of([condition], self.domain).widened(size_for(patient, further_lines=LEAST_LINES - 1))
        self.encoding = Encoding(self.domain, size)
        self.goal = self.encoding.condition(condition)
        self.atoms = tests_of(condition, self.domain)
        self.session = Session(self.encoding)
        self.lines = max((entry.line or 0 for entry in patient.history or ()), default=0)
        self.slots = self._latest_slots()
        self.hard, self.soft = self._sorted_units()

    def _latest_slots(self) -> Mapping[str, Slot]:
        """The entries whose outcome may still turn out otherwise: those of the latest line."""
        entries = given_entries(self.encoding, self.patient.history or ())
        return {
            f"history[{given_entry.entry.position}].outcome": given_entry.slot
            for given_entry in entries
            if given_entry.entry.line == self.lines and len(given_entry.entry.outcomes) == 1
        }

    def _sorted_units(self) -> tuple[list[int], dict[str, list[int]]]:
        """What must stay as it is, and what may be given up unit by unit."""
        patient, encoding = self.patient, self.encoding
        hard: list[int] = []
        soft: dict[str, list[int]] = {}
        for key in self.domain.facts:
            stated = key in OPEN_HISTORY and patient.history is None
            if key in patient.given and (stated or not is_asked_of_history(key, encoding)):
                values = (value for name, value in patient.given[key] if name == key)
                soft[key] = [literal for value in values for literal in value_literals(encoding, key, value)]
        for key, literals in assumption_groups(encoding, patient).items():
            if literals and (key in self.slots or key == "lines" or key.endswith(".cycles")):
                soft[key] = literals
            elif key not in self.domain.facts:
                hard += literals
        return hard, soft

    def changes(self) -> Changes:
        everything = frozenset[str]()
        if not self.session.can(self._kept(everything), [-self.goal]):
            return Changes((), reason=say("changes.offered"))
        changeable = [key for key in self.soft if not self._is_fixed(key) and not key.endswith(".cycles")]
        relaxations = list(self._relaxations(changeable, []))
        found = [
            change_set for relaxed in relaxations for change_set in itertools.islice(self._sets(relaxed), MOST_SETS)
        ]
        fixed = [key for key in self.soft if self._is_fixed(key)]
        beyond = self._relaxations([*fixed, *changeable], relaxations)
        never = sorted({tuple(sorted(keys & set(fixed))) for keys in beyond if not keys.isdisjoint(fixed)})
        reason = None if found else self._reason(never)
        return Changes(tuple(sorted(found, key=_rank)[:MOST_SETS]), tuple(never), reason)

    def _reason(self, never: Sequence[tuple[str, ...]]) -> str:
        if never:
            return say("changes.never")
        return say("changes.nothing")

    def _is_fixed(self, key: str) -> bool:
        return key in self.domain.facts and self.domain.facts[key].permanence == "fixed"

    def _kept(self, relaxed: frozenset[str]) -> list[int]:
        """What is still known once some units are given up; the cycles of a line that is no longer the latest too."""
        return self.hard + [
            literal
            for key, literals in self.soft.items()
            if key not in relaxed and not ("lines" in relaxed and key.endswith(".cycles"))
            for literal in literals
        ]

    def _relaxations(self, keys: Sequence[str], known: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
        """The smallest sets of units that must be given up before any completion is offered the regimen."""
        found = list(known)
        for size in range(MOST_CHANGED + 1):
            for chosen in map(frozenset, itertools.combinations(keys, size)):
                if any(smaller <= chosen for smaller in found):
                    continue
                if self.session.can(self._kept(chosen), [self.goal]):
                    found.append(chosen)
                    yield chosen

    def _sets(self, relaxed: frozenset[str]) -> Iterator[ChangeSet]:
        slots = [self.slots[key] for key in sorted(relaxed) if key in self.slots]
        for outcomes in itertools.product(OUTCOMES, repeat=len(slots)):
            assumed = self._kept(relaxed) + [slot.outcomes[word] for slot, word in zip(slots, outcomes, strict=True)]
            if "lines" in relaxed:
                assumed.append(self.encoding.lines[self.lines])
            if not self.session.can(assumed, [self.goal]):
                continue
            new_outcomes = dict(zip(sorted(key for key in relaxed if key in self.slots), outcomes, strict=True))
            for way in itertools.islice(primes(self.session, self.goal, self.atoms, assumed), MOST_WAYS):
                yield self._set(relaxed, new_outcomes, way, assumed)

    def _set(
        self, relaxed: frozenset[str], new_outcomes: Mapping[str, str], way: Implicant, assumed: Sequence[int]
    ) -> ChangeSet:
        changes = [
            FactChange(key, Choice(frozenset({word})), word, "change", "treatment")
            for key, word in new_outcomes.items()
        ]
        values: dict[str, Value] = {}
        if "lines" in relaxed:
            fact = self.domain.facts["prior_lines"]
            assert isinstance(fact, NumberFact)
            values["prior_lines"] = Number(self.lines + 1, fact.high)
        cube = [
            self.encoding.atom(literal.atom) if literal.wanted else -self.encoding.atom(literal.atom) for literal in way
        ]
        for literal in way:
            before = values.get(literal.atom.fact, self.domain.facts[literal.atom.fact].unknown)
            values[literal.atom.fact] = literal.atom.keep(before, literal.wanted) or before
        unsettled = relaxed - values.keys() - new_outcomes.keys() - {"lines"}
        for name in [*values, *sorted(unsettled)]:
            if isinstance(self.domain.facts[name], ChoiceFact):
                values[name] = self._implied(name, [*assumed, *cube])
            values.setdefault(name, self.domain.facts[name].unknown)
        new_treatment = bool(new_outcomes) or "lines" in relaxed
        for name in self.domain.facts:
            if name in values:
                of_history = is_asked_of_history(name, self.encoding)
                is_change = name in relaxed or (of_history and new_treatment)
                changes.append(self._change(name, values[name], "change" if is_change else "learn"))
        return ChangeSet(tuple(changes), relaxed)

    def _implied(self, name: str, assumed: Sequence[int]) -> Choice:
        """What a choice can still be."""
        table = self.encoding.choices[name]
        return Choice(frozenset(word for word, literal in table.items() if self.session.can(assumed, [literal])))

    def _change(self, name: str, value: Value, kind: Kind) -> FactChange:
        return FactChange(name, value, self._words(name, value), kind, self.domain.facts[name].permanence)

    def _words(self, name: str, value: Value) -> str:
        fact = self.domain.facts[name]
        match value:
            case Choice(possible=possible):
                assert isinstance(fact, ChoiceFact)
                return " or ".join(grouped(fact, possible))
            case Number(low=low, high=high):
                assert isinstance(fact, NumberFact)
                if low == high:
                    return str(low)
                if high == fact.high:
                    return say("changes.at_least", low=low)
                return say("changes.at_most", high=high) if low == fact.low else f"{low}-{high}"
            case Members(must=must, may=may):
                assert isinstance(fact, SetFact)
                absent = sorted(fact.unknown.may - may)
                return ", ".join([*sorted(must), *(say("ask.lacks", member=word) for word in absent)])


def grouped(fact: ChoiceFact, possible: frozenset[str]) -> Iterator[str]:
    """The words for some values of a choice, a group (stage III) for all of its own."""
    left = set(possible)
    for name, words in fact.groups.items():
        if left.issuperset(words):
            left -= set(words)
            yield name
    yield from (word for word in fact.domain if word in left)


def _rank(change_set: ChangeSet) -> tuple[int, int, list[str]]:
    """Learning first, then what time or treatment changes; few before many; then by name."""
    changed = sum(change.kind == "change" for change in change_set.changes)
    words = [f"{change.fact} {change.words}" for change in change_set.changes]
    return changed, len(change_set.changes), words
