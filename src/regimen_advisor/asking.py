"""What to ask or test next about one option, and the smallest changes after which it would be offered, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regimen_advisor.engines.changes import Change, ChangeSet, smallest_changes
from regimen_advisor.engines.questions import Questions as Found
from regimen_advisor.engines.solver import Solver
from regimen_advisor.explanation import Answer, Question, Questions, Step, Way
from regimen_advisor.facts import Domain
from regimen_advisor.reading import Patient
from regimen_advisor.standings import Standing
from regimen_advisor.wording import Wording, listed, value_word


def questions_about(found: Found, regimen: str) -> Questions:
    """The questions that can change how a regimen stands, and the smallest sets that settle it."""
    single = [
        Question(
            question=one.key,
            asks=one.asks,
            settles=one.settles,
            answers=tuple(_answer(answer.values, answer.standings) for answer in one.answers),
        )
        for one in found.single
        if any(regimen in answer.standings for answer in one.answers)
    ]
    return Questions(single=tuple(single), sets=found.by_regimen.get(regimen, ()))


def _answer(values: tuple[str, ...], standings: Mapping[str, Standing]) -> Answer:
    return Answer(values=values, standings=dict(standings))


def changes_to(solver: Solver, patient: Patient, regimen: str, standing: Standing) -> dict[str, object]:
    """The fields of an explanation that say what would change it; none for a regimen that is offered."""
    if standing.is_offered:
        return {}
    found = smallest_changes(solver, patient, regimen)
    teller = _Steps(solver.domain, patient)
    ways = tuple(teller.way(one) for one in found.sets)
    no_way = None if ways else "Nothing that is still open and nothing that time or treatment can change would help."
    return {"ways": ways, "no_way": no_way, "never": teller.never(found.fixed)}


class _Steps:
    def __init__(self, domain: Domain, patient: Patient) -> None:
        self.domain, self.patient = domain, patient
        self.wording = Wording(domain, {})

    def way(self, one: ChangeSet) -> Way:
        steps = tuple(self._step(change) for change in one.changes)
        return Way(kind="learn" if one.is_only_to_learn else "change", steps=steps)

    def _step(self, change: Change) -> Step:
        now = self._now(change.fact) if change.kind == "change" else None
        return Step(question=change.fact, how=change.kind, says=change.words, instead_of=now)

    def _now(self, key: str) -> str | None:
        """What is known now; ``None`` where that is nothing."""
        if key in self.domain.facts:
            said = self.wording.value(key, self.patient.facts[key])
            return None if said in ("unknown", "not fully known") else said
        position = int(key.removeprefix("history[").partition("]")[0])
        outcomes = next(entry.outcomes for entry in self.patient.history or () if entry.position == position)
        return listed((value_word(word) for word in sorted(outcomes)), "or")

    def never(self, fixed: Sequence[tuple[str, ...]]) -> str | None:
        """One line for all ways that need a fact to be other than it is and always will be."""
        names = list(dict.fromkeys(self.domain.facts[key].label for keys in fixed for key in keys))
        return f"Otherwise only with another {listed(names, 'or')}, which never changes." if names else None
