"""Make the neighbours of a patient: profiles that differ in one fact, which is another or not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from regimen_advisor.guideline import Guideline
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact
from regimen_advisor.patient.vocabulary import CHEMOTHERAPY
from regimen_advisor.quiz.clinic import Written, clinic
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.quiz.words import part_words
from regimen_advisor.wording import listed, value_word
from regimen_advisor.words.catalogue import say

USUAL_CYCLES = 4


@dataclass(frozen=True)
class Variant:
    """A profile that differs in one fact, and the difference in words.

    ``by_number`` where a number is what changed, ``was_unknown`` where the fact was not known of the patient.
    """

    profile: Written
    question: str
    says: str
    by_number: bool = False
    was_unknown: bool = False


class Variants:
    """The neighbours of patients of one rulebook, always in the same order."""

    def __init__(self, patients: Patients) -> None:
        self.patients = patients
        self.wording = Guideline.of(patients.rulebook).wording

    def changed(self, profile: Written) -> Iterator[Variant]:
        """Every neighbour with another value of one fact that a rule may ask for; some may be impossible patients."""
        for key, value in profile.items():
            fact = self.patients.domain.facts.get(key)
            if fact is None or key == "disease":
                continue
            for other_value in self._other_values(fact, value):
                was_unknown = value == "unknown"
                change = {"fact": fact.label, "value": self._words(other_value)}
                if was_unknown:
                    says = say("variant.now_known", **change)
                else:
                    says = say("variant.instead", before=self._words(value), **change)
                yield Variant({**profile, key: other_value}, key, says, isinstance(fact, NumberFact), was_unknown)
        yield from self._with_other_history(profile)

    def _other_values(self, fact: ChoiceFact | NumberFact | SetFact, value: Any) -> Iterator[Any]:
        match fact:
            case ChoiceFact():
                words = [fact.plain(word) for word in fact.domain]
                yield from (word for word in words if word != value)
            case NumberFact():
                if not isinstance(value, int):  # not known, or between bounds
                    return
                ends = set(self.patients.clinic.around_edges(fact.name))
                near = {end for end in ends if (end <= value) != (end - 1 <= value) or abs(end - value) == 1}
                yield from sorted(near - {value})
            case SetFact():
                sets = [[word] for word in fact.members]
                yield from (found for found in [fact.empty_word, *sets] if found != value)

    def _words(self, value: Any) -> str:
        if isinstance(value, bool):
            return value_word("true" if value else "false")
        if isinstance(value, list):
            return listed([self.wording.member(word) for word in value])
        return value_word(str(value))

    # The history ----------------------------------------------------------------------------------------------

    def _with_other_history(self, profile: Written) -> Iterator[Variant]:
        history = profile.get("history")
        if not isinstance(history, list):
            return
        lines = [entry for entry in history if entry.get("setting") is None]
        if not lines:
            return
        last = lines[-1]
        index = history.index(last)
        for outcome in clinic().latest:
            if last.get("outcome", "unknown") not in (outcome, "unknown"):
                before = value_word(last["outcome"])
                says = say("variant.outcome", line=last["line"], value=value_word(outcome), before=before)
                yield self._variant(profile, index, {"outcome": outcome, "relapse_after": None}, "outcome", says)
        for edge in self.patients.edges.get("last_cycles", ()):
            for cycles in (edge - 1, edge):
                if "cycles" in last and last["cycles"] != cycles:
                    says = say("variant.cycles", line=last["line"], cycles=cycles, before=last["cycles"])
                    yield self._variant(profile, index, {"cycles": cycles}, "cycles", says, by_number=True)
        yield from self._treated_otherwise(profile, index)
        shorter = [entry for entry in history if entry.get("line") != last["line"]]
        says = say("variant.not_given", line=last["line"], drugs=self._drugs(last["drugs"]))
        yield Variant({**profile, "history": shorter}, "history", says, by_number=True)

    def _treated_otherwise(self, profile: Written, index: int) -> Iterator[Variant]:
        entry = profile["history"][index]
        if entry["drugs"] == "unknown":
            return
        for drugs in self.patients.clinic.usual(profile, entry["line"]):
            if list(drugs) != entry["drugs"]:
                before = self._drugs(entry["drugs"])
                says = say("variant.drugs", line=entry["line"], drugs=self._drugs(drugs), before=before)
                # Cycles are counted of chemotherapy only, in these patients as in the profiles people write.
                counted = CHEMOTHERAPY in self.patients.domain.formulary.expand(drugs)
                change = {"drugs": list(drugs), "cycles": entry.get("cycles", USUAL_CYCLES) if counted else None}
                yield self._variant(profile, index, change, "drugs", says)

    def _drugs(self, drugs: Any) -> str:
        known = isinstance(drugs, list | tuple)
        return " + ".join(self.wording.member(drug) for drug in drugs) if known else say("patient.drugs_not_known")

    @staticmethod
    def _variant(
        profile: Written, index: int, change: Written, part: str, says: str, *, by_number: bool = False
    ) -> Variant:
        entry = {**profile["history"][index], **change}
        changed = {name: value for name, value in entry.items() if value is not None}
        history = [changed if position == index else entry for position, entry in enumerate(profile["history"])]
        return Variant({**profile, "history": history}, f"history[{index}].{part}", says, by_number)

    # What is not known ----------------------------------------------------------------------------------------

    def forgotten(self, profile: Written) -> Iterator[Variant]:
        """Every neighbour of which one thing less is known."""
        for key, value in profile.items():
            fact = self.patients.domain.facts.get(key)
            if fact is not None and key != "disease" and value != "unknown":
                yield Variant({**profile, key: "unknown"}, key, say("variant.not_known", fact=fact.label))
        history = profile.get("history")
        for index, entry in enumerate(history if isinstance(history, list) else ()):
            for part in ("drugs", "outcome"):
                if entry.get(part, "unknown") != "unknown" and entry.get("setting") != "maintenance":
                    says = say("variant.not_known", fact=part_words(part, entry))
                    yield self._variant(profile, index, {part: "unknown"}, part, says)
