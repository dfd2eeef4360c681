"""Describe a patient of a quiz in sentences: what is known, and what rules may ask for and is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import Domain, Fact
from regimen_advisor.patient.history import ENDED
from regimen_advisor.patient_wording import months_after
from regimen_advisor.quiz.clinic import Written
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.wording import Wording, listed, value_word

_HISTORY = "the treatment so far"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_ENDS = {
    "progressed": "the disease progressed",
    "relapsed": "the disease relapsed after it",
    "completed": "it was completed and the disease is under control",
    "ongoing": "it is still being given",
    "stopped-for-toxicity": "it was stopped for toxicity",
    "unknown": "how it ended is not known",
}
_UPKEEP_ENDS = {**_ENDS, "completed": "it was completed", "ongoing": "it is being given"}


def known_words(profile: Written, rulebook: Rulebook) -> tuple[str, ...]:
    """What is known of the patient, a sentence each: the disease, what was found and not found, each treatment."""
    writer = _PatientWriter(profile, rulebook)
    return tuple(sentence for sentence in writer.sentences() if sentence)


class _PatientWriter:
    def __init__(self, profile: Written, rulebook: Rulebook) -> None:
        self.profile = profile
        self.facts = rulebook.domain.facts
        self.wording: Wording = Guideline.of(rulebook).wording

    def sentences(self) -> Iterator[str]:
        yield self._disease()
        yield self._markers()
        yield self._condition()
        history = self.profile.get("history")
        if history == []:
            yield "No treatment has been given yet."
        elif isinstance(history, list):
            yield from map(self._entry, history)

    def _known(self, key: str) -> Any:
        value = self.profile.get(key, "unknown")
        return None if value == "unknown" else value

    def _disease(self) -> str:
        """``A patient with stage IVB adenocarcinoma, metastatic disease, ECOG 1.``."""
        histology = self._known("histology") or self.profile["disease"]
        stage = self._known("stage")
        tumour = f"stage {stage} {value_word(histology)}" if stage else value_word(histology)
        parts = [f"A patient with {tumour}"]
        extent = self._known("extent")
        if extent:
            parts.append(value_word(extent))
        curable = self._known("curative_treatment_possible")
        if curable is not None and extent not in ("metastatic", "extensive"):
            parts.append(f"curative treatment {'possible' if curable else 'not possible'}")
        if self._known("ecog") is not None:
            parts.append(f"ECOG {self.profile['ecog']}")
        return f"{', '.join(parts)}."

    def _markers(self) -> str:
        """``Tests found an EGFR exon 19 deletion and PD-L1 TPS 60 %; ALK and ROS1 are negative.``."""
        found, negative, absent = [], [], []
        for key in self.profile:
            fact, value = self.facts.get(key), self._known(key)
            if fact is None or value is None or not fact.is_marker:
                continue
            label = fact.label.removesuffix(" fusion")
            if value == "negative":
                negative.append(label)
            elif value == "none":
                absent.append(label)
            else:
                found.append(self._said(fact, value))
        parts = [f"tests found {', '.join(found)}"] if found else []
        parts += [f"{listed(negative)} {'is' if len(negative) == 1 else 'are'} negative"] if negative else []
        parts += [f"there are no {listed(absent, 'or')}"] if absent else []
        return f"{parts[0][0].upper()}{'; '.join(parts)[1:]}." if parts else ""

    def _said(self, fact: Fact, value: Any) -> str:
        if isinstance(value, list):
            return f"{fact.label} {listed([self.wording.member(word) for word in value])}"
        unit = " %" if fact.name == "pd_l1_tps" else ""
        return fact.label if value == "positive" else f"{fact.label} {value_word(str(value))}{unit}"

    def _condition(self) -> str:
        """``Brain metastases, active; no bleeding risk or comorbidities.``."""
        found, absent = [], []
        for key in self.profile:
            fact, value = self.facts.get(key), self._known(key)
            told_already = ("disease", "histology", "stage", "extent", "curative_treatment_possible", "ecog")
            if fact is None or value is None or fact.is_marker or key in told_already:
                continue
            if value is False or value == "none":
                absent.append(fact.label)
            elif isinstance(value, list):
                found.append(f"{fact.label}: {listed([self.wording.member(word) for word in value])}")
            else:
                found.append(fact.label if value is True else f"{fact.label}: {value_word(str(value))}")
        parts = [*found, *([f"no {listed(absent, 'or')}"] if absent else [])]
        return f"{parts[0][0].upper()}{'; '.join(parts)[1:]}." if parts else ""

    def _entry(self, entry: Mapping[str, Any]) -> str:
        """``First line: carboplatin + pemetrexed, 4 cycles; the disease progressed.``."""
        drugs = entry["drugs"]
        given = (
            " + ".join(self.wording.member(drug) for drug in drugs) if isinstance(drugs, list) else "drugs not known"
        )
        cycles = f", {entry['cycles']} cycles" if "cycles" in entry else ""
        is_upkeep = entry.get("setting") == "maintenance"
        if is_upkeep:
            return f"It went on with {given} as maintenance; {_end(entry, _UPKEEP_ENDS)}."
        line = f"{line_word(entry['line'])} line" if "line" in entry else "With curative intent"
        return f"{line[0].upper()}{line[1:]}: {given}{cycles}; {_end(entry, _ENDS)}."


def _end(entry: Mapping[str, Any], ends: Mapping[str, str]) -> str:
    """``the disease relapsed 9 months after the last dose``, where the months are known."""
    if "relapse_after" not in entry or entry["outcome"] not in ENDED:
        return ends[entry["outcome"]]
    return f"the disease {entry['outcome']} {months_after(entry['relapse_after'])}"


def line_word(line: int) -> str:
    """``first`` for 1."""
    return _ORDINALS[line - 1] if line <= len(_ORDINALS) else f"{line}th"


def unknown_words(profile: Written, patients: Patients) -> tuple[str, ...]:
    """What rules for this disease ask for and is not known."""
    return tuple(_unknown(profile, patients))


def _unknown(profile: Written, patients: Patients) -> Iterator[str]:
    for key in patients.keys[profile["disease"]]:
        if profile.get(key, "unknown") == "unknown" and key not in ("history", "prior_lines", "last_outcome"):
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
    name = f"line {entry['line']}" if "line" in entry else "the curative treatment"
    return f"{part} of {name}"
