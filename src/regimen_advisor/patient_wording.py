"""Put into a few words what is known of a patient, and the questions that are open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from regimen_advisor.language.values import Choice, Number
from regimen_advisor.patient.facts import Domain, Fact, NumberFact, SetFact
from regimen_advisor.patient.history import Entry
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient.vocabulary import OPEN_HISTORY
from regimen_advisor.wording import KNOWN_IN_PART, UNKNOWN, Wording, listed, value_word
from regimen_advisor.words.catalogue import joined, say

_PART = re.compile(r"^history\[(\d+)\]\.(\w+)$")


def known_facts(patient: Patient, wording: Wording) -> str:
    """The patient in one sentence: what was found, each treatment with its outcome, what was looked for and absent."""
    domain, found = wording.domain, []
    present, absence, empty, negative = map(value_word, ("true", "false", "none", "negative"))
    absent: dict[str, list[str]] = {negative: [], empty: []}
    for name, fact in domain.facts.items():
        if not _is_shown(name, fact, patient):
            continue
        value = wording.value(name, patient.facts[name])
        if value == KNOWN_IN_PART:
            continue
        if value in (empty, absence, "0") and fact.absent:
            found.append(fact.absent)
        elif value in (negative, empty, absence):
            absent[negative if value == negative else empty].append(fact.gene or fact.label)
        elif fact.is_bare or value == present:
            found.append(fact.label if value == present else value)
        else:
            counted = wording.counted(name, patient.facts[name])
            found.append(counted or say("patient.fact", fact=fact.short_label or fact.label, value=value))
    treated = joined((_treatment(entry, wording) for entry in patient.history or ()), "lists")
    treated = say("patient.untreated") if patient.history == () else treated
    parts = [part for part in (joined(found), treated) if part]
    looked_for = ((word, joined(labels)) for word, labels in absent.items() if labels)
    parts += [say("patient.absent", word=word, facts=labels) for word, labels in looked_for]
    return joined(parts, "lists")


def _treatment(entry: Entry, wording: Wording) -> str:
    """``line 1: osimertinib (progressed)``; treatment with curative intent has no line."""
    outcome = value_word(next(iter(entry.outcomes))) if len(entry.outcomes) == 1 else say("patient.outcome_not_known")
    course = [outcome]
    if entry.cycles.low == entry.cycles.high:
        course.append(say("patient.cycles", cycles=entry.cycles.low))
    if entry.months.low == entry.months.high:
        course.append(months_after(entry.months.low))
    shown = joined(course)
    named = wording.value("received", entry.drugs)
    drugs = say("patient.drugs_not_known") if named in (UNKNOWN, KNOWN_IN_PART) else named
    if entry.line is None:
        return say("patient.curative", drugs=drugs, course=shown)
    if entry.maintenance:
        return say("patient.maintenance", line=entry.line, drugs=drugs, course=shown)
    return say("patient.line", line=entry.line, drugs=drugs, course=shown)


def months_after(months: int) -> str:
    """When the disease progressed or relapsed, from the last dose."""
    return say("patient.months_after", count=months) if months else say("patient.while_given")


def _is_shown(name: str, fact: Fact, patient: Patient) -> bool:
    """Whether a fact was given and does not follow from another one already."""
    value = patient.facts[name]
    if value == fact.unknown or (name == "disease" and "histology" in patient.given):
        return False
    if name == "extent" and "stage" in patient.given and value == Choice(frozenset({"metastatic"})):
        return False
    if fact.summary == "sentence":
        if patient.history == ():
            return False
        if any(entry.line for entry in patient.history or ()):
            return False  # each line is named with its drugs and its outcome
        untreated = patient.facts["prior_lines"] == Number(0, 0) and name != "prior_lines"
        return bool(patient.given.keys() & {"history", *OPEN_HISTORY}) and not untreated
    return name in patient.given


@dataclass(frozen=True)
class QuestionNames:
    """The names of the questions about one patient.

    Without a domain, as in a notebook that holds an answer alone, a fact goes by its key; without a patient, a
    treatment goes by its number.
    """

    domain: Domain | None
    courses: Mapping[int, str] = field(default_factory=dict)
    """What each treatment is called, by its place in the history."""

    @classmethod
    def of(cls, patient: Patient, domain: Domain) -> QuestionNames:
        """The names in questions about this patient."""
        return cls(domain, {entry.position: entry.course for entry in patient.history or ()})

    def name_of(self, key: str) -> str:
        """The name of a question: ``history[1].outcome`` is the outcome of line 2, say."""
        if part := _PART.match(key):
            return self._of_courses(part[2], [int(part[1])])
        if key == "history":
            return say("question.history")
        fact = self.domain.facts.get(key) if self.domain else None
        return fact.label if fact else key

    def list_of(self, keys: Iterable[str]) -> str:
        """Several questions as a list; a question about several treatments is named once."""
        places: dict[str, list[int]] = {}
        for key in keys:
            part = _PART.match(key)
            places.setdefault(part[2] if part else key, []).extend([int(part[1])] if part else [])
        return joined(
            self._of_courses(asked, found) if found else self.name_of(asked) for asked, found in places.items()
        )

    def _of_courses(self, asked: str, places: Iterable[int]) -> str:
        courses = listed(dict.fromkeys(map(self._course, sorted(places))))
        if asked == "relapse_after":
            return say("question.months_to_relapse", courses=courses)
        return say("question.part_of_course", part=say(f"entry.{asked}"), courses=courses)

    def _course(self, place: int) -> str:
        return self.courses.get(place) or say("question.course_of_number", number=place + 1)


def unknown_words(key: str, patient: Patient, domain: Domain) -> str:
    """What is not known, as the line on the patient names it: of a fact known in part only the rest."""
    words, fact = QuestionNames.of(patient, domain).name_of(key), domain.facts.get(key)
    if fact is None or patient.facts[key] == fact.unknown:
        return words
    match fact:
        case SetFact():
            return say("question.rest", fact=words)
        case NumberFact() if fact.permanence != "treatment":
            return say("question.exact", fact=words)
    return fact.open_part or words
