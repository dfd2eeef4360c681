"""Name the facts of a quiz patient that rules may ask for and that are not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.vocabulary import OPEN_HISTORY
from regimen_advisor.quiz.clinic import Written
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.words.catalogue import say

_HISTORY = say("quiz_known.history")


def unknown_words(profile: Written, patients: Patients) -> tuple[str, ...]:
    """The unknown facts that rules for this disease ask for."""
    return tuple(_unknown(profile, patients))


def _unknown(profile: Written, patients: Patients) -> Iterator[str]:
    for key in patients.keys[profile["disease"]]:
        if profile.get(key, "unknown") == "unknown" and key not in ("history", *OPEN_HISTORY):
            yield patients.domain.facts[key].label
    history = profile.get("history", "unknown")
    if history == "unknown":
        if "prior_lines" not in profile:
            yield _HISTORY
        return
    for entry in history:
        yield from (part_words(part, entry) for part in ("drugs", "outcome") if entry.get(part, "unknown") == "unknown")


def asked_words(key: str, profile: Written, domain: Domain) -> str:
    """What a question is about, in the words of ``unknown_words``: ``history[1].outcome`` is the outcome of line 2."""
    position, _, part = key.removeprefix("history[").partition("].")
    if part:
        return part_words(part, profile["history"][int(position)])
    return _HISTORY if key == "history" else domain.facts[key].label


def part_words(part: str, entry: Mapping[str, Any]) -> str:
    """A part of a history entry: ``drugs of line 1``."""
    course = say("ask.line_course", line=entry["line"]) if "line" in entry else say("quiz_known.curative_course")
    return say("quiz_known.part", part=say(f"entry.{part}"), course=course)
