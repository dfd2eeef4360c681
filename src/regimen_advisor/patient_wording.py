"""What is known of a patient, and the questions that are open, in a few words."""

from __future__ import annotations

import re

from regimen_advisor.language.values import Choice, Number
from regimen_advisor.patient.facts import Domain, Fact
from regimen_advisor.patient.reading import Patient
from regimen_advisor.wording import Wording, listed, value_word

_WITHOUT_LABEL = ("disease", "histology", "extent")
_FROM_HISTORY = ("prior_lines", "progressed_on", "last_outcome")
_LABELS = {"last_outcome": "latest line"}
_NOT_SO = {
    "curative_treatment_possible": "curative treatment not possible",
    "progressed_on": "progressed on no drug",
}
"""What is no finding that was looked for reads better as a statement than under "none"."""
_PART = re.compile(r"^history\[(\d+)\]\.(\w+)$")


def known_facts(patient: Patient, wording: Wording) -> str:
    """The facts that the profile settles: first what was found, then what was looked for and not found."""
    domain, found = wording.domain, []
    absent: dict[str, list[str]] = {"negative": [], "none": []}
    for name, fact in domain.facts.items():
        if not _is_told(name, fact, patient):
            continue
        said = wording.value(name, patient.facts[name])
        if said in ("none", "no") and name in _NOT_SO:
            found.append(_NOT_SO[name])
        elif said in ("negative", "none", "no"):
            absent["negative" if said == "negative" else "none"].append(fact.label.removesuffix(" fusion"))
        elif name in _WITHOUT_LABEL or said == "yes":
            found.append(fact.label if said == "yes" else said)
        else:
            found.append(f"{_LABELS.get(name, fact.label)} {said}")
    found += _curative(patient, wording)
    parts = [", ".join(found)] if found else []
    return "; ".join([*parts, *(f"{word}: {', '.join(labels)}" for word, labels in absent.items() if labels)])


def _curative(patient: Patient, wording: Wording) -> list[str]:
    """Each treatment with curative intent, its drugs and its outcome."""
    formulary, said = wording.domain.formulary, []
    for entry in patient.history or ():
        if entry.line is None:
            drugs = [formulary.name_of(id) for id in formulary.drugs if id in entry.drugs.must]
            outcome = value_word(next(iter(entry.outcomes))) if len(entry.outcomes) == 1 else "outcome not known"
            said.append(f"curative treatment with {listed(drugs) or 'drugs that are not known'} ({outcome})")
    return said


def _is_told(name: str, fact: Fact, patient: Patient) -> bool:
    """Whether a fact was given and is not said by another one already."""
    value = patient.facts[name]
    if value == fact.unknown or (name == "disease" and "histology" in patient.given):
        return False
    if name == "extent" and "stage" in patient.given and value == Choice(frozenset({"metastatic"})):
        return False
    if name in _FROM_HISTORY:
        untreated = patient.facts["prior_lines"] == Number(0, 0) and name != "prior_lines"
        return bool(patient.given.keys() & {"history", "prior_lines", "last_outcome"}) and not untreated
    return name in patient.given


def question_words(key: str, domain: Domain | None) -> str:
    """The name of a question: ``history[1].outcome`` is the outcome of the second entry.

    Without a domain, as in a notebook that holds an answer alone, a fact goes by its key.
    """
    part = _PART.match(key)
    if part:
        return f"{part[2]} of history entry {int(part[1]) + 1}"
    if key == "history":
        return "treatment history"
    fact = domain.facts.get(key) if domain else None
    return fact.label if fact else key


def questions_words(keys: tuple[str, ...], domain: Domain | None) -> str:
    """Several questions as a list."""
    return ", ".join(question_words(key, domain) for key in keys)
