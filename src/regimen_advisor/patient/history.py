"""Derive facts from a treatment history: what is known of each entry, and what a complete history settles."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import get_args

from regimen_advisor.language.values import Choice, Members, Number, Truth, Value, join
from regimen_advisor.patient.facts import MOST_CYCLES, Domain, Outcome, SetFact
from regimen_advisor.patient.vocabulary import MOST_MONTHS, PLATINUM, PLATINUM_FREE
from regimen_advisor.words.catalogue import say

ANY_OUTCOME = frozenset(get_args(Outcome))
ENDED = frozenset({"progressed", "relapsed"})
"""The outcomes that open the next line."""
ANY_CYCLES = Number(0, MOST_CYCLES)
ANY_MONTHS = Number(0, MOST_MONTHS)


@dataclass(frozen=True)
class Entry:
    """What is known of one history entry; ``position`` is its place in the profile, counted from 0.

    ``line`` is ``None`` for treatment with curative intent; ``drugs`` holds drug and class ids.
    """

    position: int
    line: int | None
    maintenance: bool
    drugs: Members
    outcomes: frozenset[str]
    cycles: Number
    months: Number = ANY_MONTHS
    """From the last dose to the progression or relapse; it says nothing where there was neither."""

    @property
    def course(self) -> str:
        """The name of the treatment in a sentence."""
        course = say("ask.curative_course") if self.line is None else say("ask.line_course", line=self.line)
        return say("ask.maintenance_course", course=course) if self.maintenance else course


def settle_outcomes(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without the outcomes that the induction and the maintenance of one line rule out for each other."""
    entries = settle_timed(entries)
    by_line = {(entry.line, entry.maintenance): entry for entry in entries}

    def left(entry: Entry) -> frozenset[str]:
        twin = by_line.get((entry.line, not entry.maintenance))
        if twin and entry.maintenance and twin.outcomes <= ENDED:
            return entry.outcomes - {"ongoing"}
        if twin and not entry.maintenance and twin.outcomes == {"ongoing"}:
            return entry.outcomes - ENDED
        return entry.outcomes

    return tuple(replace(entry, outcomes=left(entry)) for entry in entries)


def settle_timed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries, those with months to a progression or relapse as ended by one: by their own, or their line's."""
    found = list(entries)
    for place, entry in enumerate(entries):
        if entry.months == ANY_MONTHS:
            continue
        near = next((index for index, twin in enumerate(found) if _are_twins(entry, twin)), place)
        if found[near].outcomes <= ENDED:
            continue
        ended = near if found[near].outcomes & ENDED and not found[place].outcomes & ENDED else place
        found[ended] = replace(found[ended], outcomes=found[ended].outcomes & ENDED)
    return tuple(found)


def _are_twins(entry: Entry, twin: Entry) -> bool:
    """Whether one is the maintenance of the other."""
    return entry.line is not None and entry.line == twin.line and entry.maintenance != twin.maintenance


def derived_facts(entries: Sequence[Entry], domain: Domain) -> tuple[tuple[str, Value], ...]:
    """What each fact read from a history can still be, where the history is complete but for unknown details."""
    lines: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.line:
            lines.setdefault(entry.line, []).append(entry)
    passes = _tests(lines)
    found: list[tuple[str, Value]] = [("prior_lines", Number(len(lines), len(lines)))]
    for name, fact in domain.facts.items():
        if isinstance(fact, SetFact) and fact.over is not None:
            found.append((name, _union([(entry, passes(entry, fact.over)) for entry in entries], fact.empty)))
    if PLATINUM_FREE in domain.facts:
        found.append((PLATINUM_FREE, _platinum_free(entries, lines)))
    if not lines:  # the axioms settle the rest
        return (*found, ("on_maintenance", Choice(frozenset({"false"}))))
    latest = lines[max(lines)]
    induction = next(entry for entry in latest if not entry.maintenance)
    maintenance = next((entry for entry in latest if entry.maintenance), None)
    return (
        *found,
        ("last_outcome", Choice(line_outcomes(induction.outcomes, maintenance.outcomes if maintenance else None))),
        ("last_cycles", induction.cycles),
        ("on_maintenance", Choice(_maintained(maintenance))),
    )


def _platinum_free(entries: Sequence[Entry], lines: Mapping[int, Sequence[Entry]]) -> Number:
    """The months from the latest platinum to the progression or relapse; none where there was no platinum or neither.

    Where it is not known which entry was the latest to hold platinum, or how it ended, from the least to the most.
    """
    found = Number(0, -1, absent=True)
    possible: list[Number] = []
    for entry in reversed(entries):
        if PLATINUM not in entry.drugs.may:
            continue
        course = lines.get(entry.line or 0, (entry,))
        if any(part.outcomes & ENDED for part in course):
            ends = any(part.outcomes <= ENDED for part in course)
            possible.append(replace(entry.months, absent=not ends))
        else:
            possible.append(found)
        if PLATINUM in entry.drugs.must:
            break
    else:
        possible.append(found)
    return reduce(_hull, possible)


def _hull(first: Number, second: Number) -> Number:
    joined = join(first, second)
    assert isinstance(joined, Number)
    return joined


def _tests(lines: Mapping[int, Sequence[Entry]]) -> Callable[[Entry, Sequence[str]], Truth]:
    """How an entry of this history fares in the tests that a fact over the history names."""

    def passes(entry: Entry, test: str) -> Truth:
        match test:
            case "progressed" | "relapsed":
                return _ended(lines.get(entry.line or 0, (entry,)), test)
            case "curative":
                return _truth(entry.line is None)
            case "numbered":
                return _truth(entry.line is not None)
            case "first line":
                return _truth(entry.line == 1)
            case "later line":
                return _truth(entry.line is not None and entry.line > 1)
            case "latest line":
                return _truth(entry.line is not None and entry.line == max(lines))
            case "induction":
                return _truth(not entry.maintenance)
        raise NotImplementedError(f"history: no entry can be tested for `{test}`")

    return lambda entry, over: min(
        (passes(entry, test) for test in over), key=lambda truth: truth.rank, default=Truth.TRUE
    )


def _truth(holds: bool) -> Truth:
    return Truth.TRUE if holds else Truth.FALSE


def _ended(course: Sequence[Entry], outcome: str) -> Truth:
    """Whether a line with its maintenance, or one curative treatment, had this outcome."""
    if any(entry.outcomes == {outcome} for entry in course):
        return Truth.TRUE
    return Truth.UNKNOWN if any(outcome in entry.outcomes for entry in course) else Truth.FALSE


def _union(entries: Sequence[tuple[Entry, Truth]], empty: Members) -> Members:
    """The drugs of the entries that pass: surely those of which it is sure, possibly those of which it may be."""
    sure = [entry.drugs for entry, passes in entries if passes is Truth.TRUE]
    possible = [entry.drugs for entry, passes in entries if passes is not Truth.FALSE]
    if not possible:
        return empty
    must: frozenset[str] = frozenset().union(*(drugs.must for drugs in sure))
    may: frozenset[str] = frozenset().union(*(drugs.may for drugs in possible))
    return Members(must, may if sure else may | empty.may)


def line_outcomes(induction: frozenset[str], maintenance: frozenset[str] | None) -> frozenset[str]:
    """The outcomes of a line by those of its induction and its maintenance: progressed or relapsed where either is."""
    if maintenance is None:
        return induction
    return frozenset(
        next((end for end in ("progressed", "relapsed") if end in pair), pair[0])
        for pair in itertools.product(induction, maintenance)
    )


def _maintained(maintenance: Entry | None) -> frozenset[str]:
    if maintenance is None or "ongoing" not in maintenance.outcomes:
        return frozenset({"false"})
    return frozenset({"true"}) if maintenance.outcomes == {"ongoing"} else frozenset({"true", "false"})
