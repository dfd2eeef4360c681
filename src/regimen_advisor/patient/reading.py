"""Read a profile: find what each fact can still be, narrowed by the axioms.

The definitions of line, outcome and setting are the clinical conventions in ``docs/reference/conventions.md``.
A profile is refused exactly when what it says cannot all be true of one patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from regimen_advisor.files.errors import InputError, Location, Near, Problem
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.files.validation_messages import listed, shown
from regimen_advisor.language.values import Choice, Facts, Members, Number, Value
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact
from regimen_advisor.patient.history import (
    ANY_CYCLES,
    ANY_MONTHS,
    ANY_OUTCOME,
    ENDED,
    Entry,
    derived_facts,
    settle_outcomes,
    settle_timed,
)
from regimen_advisor.patient.narrowing import Contradiction, close, narrow
from regimen_advisor.patient.profile import Bounds, HistoryEntry, Profile, read_profile
from regimen_advisor.patient.vocabulary import SOON, UNUSUAL_IN_SMALL_CELL
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True)
class Patient:
    """All that is known of one patient.

    ``given`` maps each profile key that says something to the facts it settles; ``history`` is ``None`` where the
    treatments are not known in detail; ``notes`` are remarks on the input for the person who wrote it.
    """

    id: str
    facts: Facts
    history: tuple[Entry, ...] | None
    given: dict[str, tuple[tuple[str, Value], ...]]
    notes: tuple[str, ...] = ()
    summary: str | None = None

    def __repr__(self) -> str:
        """One line: the patient, and how many keys of a profile say something."""
        return f"<Patient {self.id or 'unnamed'}: {len(self.given)} key{'s' * (len(self.given) != 1)} given>"


def read(profile: Profile, domain: Domain, document: Document | None = None, *, explain: bool = True) -> Patient:
    """What ``profile`` says of a patient.

    ``document`` is where the profile was written, for the places in error messages. Raises ``InputError`` for an
    unknown drug, an inconsistent history, or keys that contradict each other; without ``explain`` it does not look for
    these keys, which takes most of the time, and names them all.
    """
    return _Reader(profile, domain, document, explain=explain).patient()


Given = dict[str, tuple[tuple[str, Value], ...]]


def read_files(files: Iterable[str], domain: Domain) -> list[Patient]:
    """The patients of several profile files (``-`` is standard input). Raises ``InputError`` with all problems."""
    return [patient for patient, _ in read_with_documents(files, domain)]


def read_with_documents(files: Iterable[str], domain: Domain) -> list[tuple[Patient, Document]]:
    """Each patient of ``read_files`` with the document that says so: standard input can be read but once."""
    patients: list[tuple[Patient, Document]] = []
    found = Gathered()
    for file in files:
        with found.one_file():
            profile, document = read_profile(file)
            patients.append((read(profile, domain, document), document))
    found.refuse()
    return patients


class _Reader:
    def __init__(self, profile: Profile, domain: Domain, document: Document | None, *, explain: bool) -> None:
        self.profile, self.domain, self.document, self.explain = profile, domain, document, explain
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def patient(self) -> Patient:
        profile = self.profile
        stated_values = {key: stated for key in self.domain.facts if (stated := self._key(key))}
        entries = self._entries()
        if self.problems:
            raise InputError(self.problems)
        if entries is not None:
            stated_values["history"] = derived_facts(entries, self.domain)
        facts = self._narrowed(stated_values)
        self._remark(facts)
        return Patient(profile.id or self._name(), facts, entries, stated_values, tuple(self.notes), profile.summary)

    def _name(self) -> str:
        name = self.document.name if self.document else "patient"
        stem = name.replace("\\", "/").rpartition("/")[2]
        for ending in (".yaml", ".yml", ".profile"):
            stem = stem.removesuffix(ending)
        return stem

    def _place(self, *path: str | int) -> Location:
        if self.document is None:
            return Location(self.profile.id or "profile")
        return self.document.locate_key(path)

    def _refuse(self, message: str, *path: str | int, help: Near | None = None) -> None:
        place = self.document.locate(path) if self.document else self._place()
        self.problems.append(Problem(place, message, help))

    def _key(self, key: str) -> tuple[tuple[str, Value], ...]:
        """What a key of the profile that is itself a fact says."""
        value = getattr(self.profile, key, None)
        if value is None or value == "unknown":
            return ()
        fact = self.domain.facts[key]
        match fact:
            case ChoiceFact():
                word = str(value).lower() if isinstance(value, bool) else value
                return ((key, Choice(frozenset(fact.groups.get(word, (word,))))),)
            case NumberFact():
                low, high = value.limits(fact.low, fact.high) if isinstance(value, Bounds) else (value, value)
                return ((key, Number(low, high)),)
            case SetFact():
                return ((key, self._set(fact, value)),)

    def _set(self, fact: SetFact, value: Any) -> Members:
        everything = fact.unknown.may
        if value in (fact.empty_word, []):
            return fact.empty
        if value == "positive":
            return Members(frozenset(), everything - {fact.empty_word})
        if isinstance(value, list):
            return Members(frozenset(value), frozenset(value))
        found, absent = frozenset(value.found), frozenset(value.not_found)
        for member in sorted(found & absent):
            self._refuse(say("profile_error.found_and_not", fact=fact.name, member=member), fact.name)
        return Members(found, (everything - absent) | found)

    # History --------------------------------------------------------------------------------------------------

    def _entries(self) -> tuple[Entry, ...] | None:
        written = self.profile.history
        if not isinstance(written, list):
            return None
        entries = [self._entry(position, entry) for position, entry in enumerate(written)]
        ordered = sorted(entries, key=lambda entry: (entry.line or 0, entry.maintenance))
        self._check_months(ordered)
        self._check_lines(ordered if self.problems else settle_timed(ordered))
        return settle_outcomes(ordered)

    def _entry(self, position: int, written: HistoryEntry) -> Entry:
        formulary = self.domain.formulary
        must: frozenset[str] = frozenset()
        may: frozenset[str] = frozenset()
        received = self.domain.facts["received"]
        assert isinstance(received, SetFact)
        if written.drugs == "unknown":
            drugs: Members | None = Members(frozenset(), received.unknown.may - {"none"})
        else:
            for index, word in enumerate(written.drugs):
                try:
                    found = formulary.resolve(word)
                except KeyError:
                    near = Near(word, partial(formulary.suggest, word))
                    path: Path_ = ("history", position, "drugs", index)
                    message = say("profile_error.unknown_drug", found=shown(word))
                    self._refuse(message, *path, help=near)
                    continue
                must |= {found}
                may |= formulary.expand({found})
                if found in formulary.classes:
                    may |= formulary.expand(formulary.members_of(found))
            drugs = close(received, Members(formulary.expand(must), may))
        outcomes = ANY_OUTCOME if written.outcome == "unknown" else frozenset({written.outcome})
        cycles = ANY_CYCLES if written.cycles is None else Number(written.cycles, written.cycles)
        months = ANY_MONTHS if written.relapse_after is None else Number(written.relapse_after, written.relapse_after)
        return Entry(
            position,
            written.line,
            written.setting == "maintenance",
            drugs or received.unknown,
            outcomes,
            cycles,
            months,
        )

    def _check_months(self, entries: Sequence[Entry]) -> None:
        """Months to a progression or relapse need one; against the outcome of the entry they are remarked on."""
        for entry, timed in zip(entries, settle_timed(entries), strict=True):
            if entry.months == ANY_MONTHS:
                continue
            months, place = entry.months.low, ("history", entry.position, "relapse_after")
            if not timed.outcomes:
                (outcome,) = entry.outcomes
                self._refuse(
                    say("profile_error.months_without_end", found=shown(outcome)),
                    *place,
                )
            course = entry.course
            if entry.outcomes == {"relapsed"} and months == 0:
                self.notes.append(say("profile_note.relapsed_at_once", course=course))
            if entry.outcomes == {"progressed"} and months > SOON:
                self.notes.append(say("profile_note.progressed_late", course=course, months=months))

    def _check_lines(self, entries: Sequence[Entry]) -> None:
        inductions = [entry for entry in entries if entry.line and not entry.maintenance]
        seen: dict[tuple[int | None, bool], Entry] = {}
        for entry in entries:
            if entry.line is None:
                continue
            twin = seen.setdefault((entry.line, entry.maintenance), entry)
            if twin is not entry:
                key = "profile_error.maintenance_twice" if entry.maintenance else "profile_error.line_twice"
                message = say(key, line=entry.line, first=twin.position + 1, second=entry.position + 1)
                self._refuse(message, "history", entry.position, "line")
            if entry.maintenance and all(induction.line != entry.line for induction in inductions):
                self._refuse(
                    say("profile_error.maintenance_of_none", line=entry.line),
                    "history", entry.position, "line",
                )  # fmt: skip
        lines = sorted({entry.line for entry in inductions if entry.line})
        for expected, line in enumerate(lines, start=1):
            if line != expected:
                position = next(induction.position for induction in inductions if induction.line == line)
                self._refuse(
                    say("profile_error.gap", expected=expected, line=line),
                    "history", position, "line",
                )  # fmt: skip
                break
        for entry in inductions:
            maintenance = seen.get((entry.line, True))
            if maintenance and entry.outcomes <= ENDED and maintenance.outcomes == {"ongoing"}:
                self._refuse(
                    say("profile_error.ongoing_maintenance", line=entry.line, outcomes=listed(sorted(entry.outcomes))),
                    "history", maintenance.position, "outcome",
                )  # fmt: skip
            later = entry.line != lines[-1] and not (maintenance and maintenance.outcomes & ENDED)
            if later and len(entry.outcomes) == 1 and entry.outcomes <= {"completed", "ongoing"}:
                (outcome,) = entry.outcomes
                self.notes.append(say("profile_note.line_followed", line=entry.line, outcome=outcome))

    # Contradictions -------------------------------------------------------------------------------------------

    def _narrowed(self, stated: Given) -> Facts:
        problems: list[Problem] = []
        left = dict(stated)
        while True:
            try:
                facts = narrow([pair for values in left.values() for pair in values], self.domain)
            except Contradiction as contradiction:
                keys, smallest = list(left), contradiction
                if self.explain:
                    keys, smallest = self._smallest(left, contradiction)
                problems.append(self._contradiction(keys, smallest))
                # What else contradicts is reported too; a key that was named once is not named again.
                left = {key: values for key, values in left.items() if key not in keys}
                continue
            if problems:
                raise InputError(sorted(problems, key=lambda problem: problem.location))
            return facts

    def _smallest(self, stated: Given, contradiction: Contradiction) -> tuple[list[str], Contradiction]:
        """Keys that contradict each other, none of them redundant."""
        keys = list(stated)
        for key in list(keys):
            rest = [kept for kept in keys if kept != key]
            try:
                narrow([pair for kept in rest for pair in stated[kept]], self.domain)
            except Contradiction as smaller:
                keys, contradiction = rest, smaller
        return keys, contradiction

    def _contradiction(self, keys: Sequence[str], contradiction: Contradiction) -> Problem:
        places = sorted((self._place(key), key) for key in keys)
        named = listed([_named(key, place) for place, key in places], "and")
        label = self.domain.facts[contradiction.fact].label
        reason = contradiction.axiom.says if contradiction.axiom else say("profile_error.differ_on", fact=label)
        key = "profile_error.contradict" if len(keys) > 1 else "profile_error.contradicts_itself"
        return Problem(places[-1][0], say(key, keys=named, reason=reason))

    def _remark(self, facts: Facts) -> None:
        if facts["disease"] == Choice(frozenset({"sclc"})):
            odd = [key for key in UNUSUAL_IN_SMALL_CELL if self._key(key)]
            if odd:
                results = listed([self.domain.facts[key].label for key in odd], "and")
                self.notes.append(say("profile_note.unusual", results=results))


def _named(key: str, place: Location) -> str:
    return say("profile_error.key_in_line", key=key, line=place.line) if place.line else f"`{key}`"
