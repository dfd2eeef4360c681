"""Put into a few words what is known of a patient, and the questions that are open."""

from __future__ import annotations

import re

from regimen_advisor.files.errors import counted
from regimen_advisor.language.values import Choice, Number
from regimen_advisor.patient.facts import Domain, Fact, NumberFact, SetFact
from regimen_advisor.patient.history import Entry
from regimen_advisor.patient.reading import Patient
from regimen_advisor.wording import Wording, value_word

WITHOUT_LABEL = ("disease", "histology", "extent")
FROM_HISTORY = ("prior_lines", "progressed_on", "last_outcome")
LABELS = {"last_outcome": "latest line"}
NOT_SO = {
    "curative_treatment_possible": "curative treatment not possible",
    "progressed_on": "progressed on no drug",
}
"""What is no finding that was looked for reads better as a statement than under "none"."""
PARTLY = {"brain_metastases": "whether the brain metastases are treated and stable"}
"""What is left to know of a fact of one value that is known in part."""
_PART = re.compile(r"^history\[(\d+)\]\.(\w+)$")


def known_facts(patient: Patient, wording: Wording) -> str:
    """The patient in one sentence: what was found, each treatment with its outcome, what was looked for and absent."""
    domain, found = wording.domain, []
    absent: dict[str, list[str]] = {"negative": [], "none": []}
    for name, fact in domain.facts.items():
        if not _is_shown(name, fact, patient):
            continue
        value = wording.value(name, patient.facts[name])
        if value == "not fully known":
            continue
        if value in ("none", "no") and name in NOT_SO:
            found.append(NOT_SO[name])
        elif value in ("negative", "none", "no"):
            absent["negative" if value == "negative" else "none"].append(fact.label.removesuffix(" fusion"))
        elif name in WITHOUT_LABEL or value == "yes":
            found.append(fact.label if value == "yes" else value)
        else:
            found.append(f"{LABELS.get(name, fact.label)} {value}")
    treated = "; ".join(_treatment(entry, wording) for entry in patient.history or ())
    treated = "not treated yet" if patient.history == () else treated
    parts = [part for part in (", ".join(found), treated) if part]
    return "; ".join([*parts, *(f"{word}: {', '.join(labels)}" for word, labels in absent.items() if labels)])


def _treatment(entry: Entry, wording: Wording) -> str:
    """``line 1: osimertinib (progressed)``; treatment with curative intent has no line."""
    outcome = value_word(next(iter(entry.outcomes))) if len(entry.outcomes) == 1 else "outcome not known"
    cycles = f", {entry.cycles.low} cycles" if entry.cycles.low == entry.cycles.high else ""
    if entry.months.low == entry.months.high:
        cycles += f", {months_after(entry.months.low)}"
    named = wording.value("received", entry.drugs)
    drugs = "drugs not known" if named in ("unknown", "not fully known") else named
    if entry.line is None:
        return f"curative treatment: {drugs} ({outcome}{cycles})"
    return f"line {entry.line}{' maintenance' if entry.maintenance else ''}: {drugs} ({outcome}{cycles})"


def months_after(months: int) -> str:
    """When the disease progressed or relapsed, from the last dose."""
    return f"{counted(months, 'month')} after the last dose" if months else "while it was given"


def _is_shown(name: str, fact: Fact, patient: Patient) -> bool:
    """Whether a fact was given and does not follow from another one already."""
    value = patient.facts[name]
    if value == fact.unknown or (name == "disease" and "histology" in patient.given):
        return False
    if name == "extent" and "stage" in patient.given and value == Choice(frozenset({"metastatic"})):
        return False
    if name in FROM_HISTORY:
        if patient.history == ():
            return False
        if any(entry.line for entry in patient.history or ()):
            return False  # each line is named with its drugs and its outcome
        untreated = patient.facts["prior_lines"] == Number(0, 0) and name != "prior_lines"
        return bool(patient.given.keys() & {"history", "prior_lines", "last_outcome"}) and not untreated
    return name in patient.given


def question_words(key: str, domain: Domain | None) -> str:
    """The name of a question: ``history[1].outcome`` is the outcome of the second entry.

    Without a domain, as in a notebook that holds an answer alone, a fact goes by its key.
    """
    part = _PART.match(key)
    if part:
        asked = "months to relapse of" if part[2] == "relapse_after" else f"{part[2]} of history"
        return f"{asked} entry {int(part[1]) + 1}"
    if key == "history":
        return "treatment history"
    fact = domain.facts.get(key) if domain else None
    return fact.label if fact else key


def unknown_words(key: str, patient: Patient, domain: Domain) -> str:
    """What is not known, as the line on the patient names it: of a fact known in part only the rest."""
    words, fact = question_words(key, domain), domain.facts.get(key)
    if fact is None or patient.facts[key] == fact.unknown:
        return words
    match fact:
        case SetFact():
            return f"the rest of {words}"
        case NumberFact() if fact.permanence != "treatment":
            return f"the exact {words}"
    return PARTLY.get(key, words)


def questions_words(keys: tuple[str, ...], domain: Domain | None) -> str:
    """Several questions as a list."""
    return ", ".join(question_words(key, domain) for key in keys)
