"""A treatment history: what is known of each entry, and the facts a complete history settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from regimen_advisor.language.values import Choice, Members, Number, Value
from regimen_advisor.patient.facts import MOST_CYCLES, Domain, Outcome, SetFact

ANY_OUTCOME = frozenset(get_args(Outcome))
ANY_CYCLES = Number(0, MOST_CYCLES)


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


def settle_outcomes(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without the outcomes that the induction and the maintenance of one line rule out for each other."""
    by_line = {(entry.line or 0, entry.maintenance): entry for entry in entries if entry.line}

    def left(entry: Entry) -> frozenset[str]:
        twin = by_line.get((entry.line or 0, not entry.maintenance))
        if twin and entry.maintenance and twin.outcomes == {"progressed"}:
            return entry.outcomes - {"ongoing"}
        if twin and not entry.maintenance and twin.outcomes == {"ongoing"}:
            return entry.outcomes - {"progressed"}
        return entry.outcomes

    return tuple(replace(entry, outcomes=left(entry)) for entry in entries)


def derived_facts(entries: Sequence[Entry], domain: Domain) -> tuple[tuple[str, Value], ...]:
    """What each fact read from a history can still be, where the history is complete but for unknown details."""
    received = domain.facts["received"]
    assert isinstance(received, SetFact)
    empty = received.empty
    lines: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.line:
            lines.setdefault(entry.line, []).append(entry)
    curative = [entry for entry in entries if entry.line is None]
    found: list[tuple[str, Value]] = [
        ("prior_lines", Number(len(lines), len(lines))),
        ("received", _union(entries, empty)),
        ("received_in_curative", _union(curative, empty)),
        ("progressed_on", _progressed_on([*lines.values(), *([entry] for entry in curative)], empty)),
    ]
    if not lines:  # the axioms settle the rest
        return (*found, ("on_maintenance", Choice(frozenset({"false"}))))
    latest = lines[max(lines)]
    induction = next(entry for entry in latest if not entry.maintenance)
    upkeep = next((entry for entry in latest if entry.maintenance), None)
    return (
        *found,
        ("first_line_drugs", _union(lines[1], empty)),
        ("last_drugs", _union(latest, empty)),
        ("last_induction_drugs", induction.drugs),
        ("last_outcome", Choice(_line_outcomes(induction, upkeep))),
        ("last_cycles", induction.cycles),
        ("on_maintenance", Choice(_maintained(upkeep))),
    )


def _union(entries: Sequence[Entry], empty: Members) -> Members:
    if not entries:
        return empty
    must: frozenset[str] = frozenset().union(*(entry.drugs.must for entry in entries))
    may: frozenset[str] = frozenset().union(*(entry.drugs.may for entry in entries))
    return Members(must, may)


def _progressed_on(courses: Sequence[Sequence[Entry]], empty: Members) -> Members:
    """The drugs of every course (a line with its maintenance, or a curative treatment) that progressed."""
    surely = [course for course in courses if any(entry.outcomes == {"progressed"} for entry in course)]
    possibly = [course for course in courses if any("progressed" in entry.outcomes for entry in course)]
    sure = _union([entry for course in surely for entry in course], empty)
    most = _union([entry for course in possibly for entry in course], empty)
    return (
        sure
        if surely and sure == most
        else Members(sure.must if surely else frozenset(), most.may | (frozenset() if surely else empty.may))
    )


def _line_outcomes(induction: Entry, upkeep: Entry | None) -> frozenset[str]:
    if upkeep is None:
        return induction.outcomes
    if upkeep.outcomes == {"progressed"}:
        return upkeep.outcomes
    return induction.outcomes | (upkeep.outcomes & {"progressed"})


def _maintained(upkeep: Entry | None) -> frozenset[str]:
    if upkeep is None or "ongoing" not in upkeep.outcomes:
        return frozenset({"false"})
    return frozenset({"true"}) if upkeep.outcomes == {"ongoing"} else frozenset({"true", "false"})
