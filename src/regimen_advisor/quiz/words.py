"""A patient of a quiz in words: what is known, and what rules may ask for and is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import Domain, Fact
from regimen_advisor.patient_wording import months_after
from regimen_advisor.quiz.patients import Patients, Written
from regimen_advisor.wording import Wording, listed, value_word

_BARE = ("disease", "histology", "extent")
"""Facts whose value says what it is of."""
_HISTORY = "the treatment so far"


def known_words(profile: Written, rulebook: Rulebook) -> tuple[str, ...]:
    """What is known of the patient: what was found, what was looked for and not found, then the treatment so far."""
    wording = Guideline.of(rulebook).wording
    found: list[str] = []
    absent: dict[str, list[str]] = {"negative": [], "none": []}
    for key, value in profile.items():
        fact = rulebook.domain.facts.get(key)
        if fact is None or value == "unknown" or (key == "disease" and "histology" in profile):
            continue
        if key == "curative_treatment_possible":
            found += _curative(profile)
        elif value is False or value in ("negative", "none"):
            absent["negative" if value == "negative" else "none"].append(fact.label.removesuffix(" fusion"))
        else:
            found.append(_known(key, fact, value, wording))
    history = profile.get("history")
    treated = [_entry(entry, wording) for entry in history] if isinstance(history, list) else []
    said = [", ".join(found), *(f"{word}: {', '.join(labels)}" for word, labels in absent.items() if labels)]
    return (*(one for one in said if one), *(treated or (["no treatment so far"] if history == [] else [])))


def _curative(profile: Written) -> list[str]:
    """Said where it is not settled by how far the disease has spread."""
    if profile.get("extent") in ("metastatic", "extensive"):
        return []
    return [f"curative treatment {'possible' if profile['curative_treatment_possible'] else 'not possible'}"]


def _known(key: str, fact: Fact, value: Any, wording: Wording) -> str:
    words = listed([wording.member(word) for word in value]) if isinstance(value, list) else value_word(str(value))
    if key in _BARE:
        return words
    if value is True:
        return fact.label
    unit = " %" if key == "pd_l1_tps" else ""
    return f"{fact.label} {words}{unit}"


def _entry(entry: Mapping[str, Any], wording: Wording) -> str:
    drugs = entry["drugs"]
    given = " + ".join(wording.member(drug) for drug in drugs) if isinstance(drugs, list) else "drugs not known"
    what = f"line {entry['line']}" if "line" in entry else "curative treatment"
    what += " (maintenance)" if entry.get("setting") == "maintenance" else ""
    outcome = "outcome not known" if entry["outcome"] == "unknown" else value_word(entry["outcome"])
    cycles = f", {entry['cycles']} cycles" if "cycles" in entry else ""
    after = f", {months_after(entry['relapse_after'])}" if "relapse_after" in entry else ""
    return f"{what}: {given}{cycles}, {outcome}{after}"


def unknown_words(profile: Written, patients: Patients) -> tuple[str, ...]:
    """What rules for this disease ask for and is not known."""
    return tuple(_unknown(profile, patients))


def _unknown(profile: Written, patients: Patients) -> Iterator[str]:
    for key in patients.keys[profile["disease"]]:
        if profile.get(key, "unknown") == "unknown" and key not in ("history", "prior_lines", "last_outcome"):
            yield patients.domain.facts[key].label
    history = profile.get("history", "unknown")
    if history == "unknown":
        yield _HISTORY
        return
    for entry in history:
        yield from (part_words(part, entry) for part in ("drugs", "outcome") if entry[part] == "unknown")


def asked_words(key: str, profile: Written, domain: Domain) -> str:
    """What a question is about, in the words of ``unknown_words``: ``history[1].outcome`` is the outcome of line 2."""
    position, _, part = key.removeprefix("history[").partition("].")
    if part:
        return part_words(part, profile["history"][int(position)])
    return _HISTORY if key == "history" else domain.facts[key].label


def part_words(part: str, entry: Mapping[str, Any]) -> str:
    """A part of a history entry: ``drugs of line 1``."""
    name = f"line {entry['line']}" if "line" in entry else "the curative treatment"
    return f"{part} of {name}"
