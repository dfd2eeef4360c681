"""Put into words what to ask or test next, and the smallest changes after which an option would be offered."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.explanation import Answer, Question, Questions, Step, Way
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Atom, Between, Choice, Includes, Is, Members, Number
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact
from regimen_advisor.patient.reading import Patient
from regimen_advisor.solving.candidate_answers import Tests
from regimen_advisor.solving.changes import ChangeSet, FactChange, grouped, smallest_changes
from regimen_advisor.solving.determining_sets import HISTORY
from regimen_advisor.solving.questions import KeyQuestion as FoundQuestion
from regimen_advisor.solving.questions import QuestionAnalysis as Found
from regimen_advisor.solving.solver import Solver
from regimen_advisor.wording import KNOWN_IN_PART, UNKNOWN, Wording, listed, range_words, value_word
from regimen_advisor.words.catalogue import joined, say


def questions_about(found: Found, regimen: str, wording: Wording) -> Questions:
    """The questions that can change the standing of a regimen, and the smallest sets that settle it."""
    about = (question for question in found.single if any(regimen in answer.standings for answer in question.answers))
    return Questions(
        single=tuple(_question(question, wording) for question in about), sets=found.by_regimen.get(regimen, ())
    )


def questions_of_patient(found: Found, wording: Wording) -> Questions:
    """Every question that can change the standing of some regimen, and the smallest sets that settle all regimens."""
    return Questions(single=tuple(_question(question, wording) for question in found.single), sets=found.together)


def _question(question: FoundQuestion, wording: Wording) -> Question:
    answers = tuple(
        Answer(
            values=answer.values,
            says=tuple(dict.fromkeys(answer_words(question.key, tests, wording) for tests in answer.tests)),
            standings=dict(answer.standings),
        )
        for answer in question.answers
    )
    return Question(question=question.key, asks=question.asks, settles=question.settles, answers=answers)


def answer_words(key: str, tests: Tests, wording: Wording) -> str:
    """An answer as a reader says it: of a history in whole phrases, of any other question the value alone."""
    if key == HISTORY:
        return joined(wording.atom(test.atom, wanted=test.wanted) for test in tests)
    return joined(_value_words(test.atom, wording, wanted=test.wanted) for test in tests)


def _value_words(atom: Atom, wording: Wording, *, wanted: bool) -> str:
    match atom:
        case Is(values=values):
            return listed(map(value_word, sorted(values)), "or")
        case Between(fact=fact, low=low, high=high):
            return wording.value(fact, Number(low, high))
        case Includes(member=member):
            name = wording.member(member)
            return name if wanted else say("condition.no", fact=name)


def changes_to(
    solver: Solver, patient: Patient, regimen: str, standing: Standing, wording: Wording
) -> dict[str, object]:
    """The changes after which a regimen would be offered, as fields of an explanation; none for one that is offered."""
    if standing.is_offered:
        return {}
    found = smallest_changes(solver, patient, regimen)
    steps = _Steps(patient, wording)
    ways = tuple(steps.way(change_set) for change_set in found.sets)
    no_way = None if ways else say("explain.no_way")
    return {"ways": ways, "no_way": no_way, "never": steps.never(found.fixed)}


class _Steps:
    def __init__(self, patient: Patient, wording: Wording) -> None:
        self.domain, self.patient, self.wording = wording.domain, patient, wording

    def way(self, change_set: ChangeSet) -> Way:
        steps = tuple(self._step(change) for change in change_set.changes)
        return Way(kind="learn" if change_set.is_only_to_learn else "change", steps=steps)

    def _step(self, change: FactChange) -> Step:
        now = self._now(change.fact) if change.kind == "change" else None
        return Step(question=change.fact, how=change.kind, says=self._says(change), instead_of=now)

    def _says(self, change: FactChange) -> str:
        """The new value in the words of a reader."""
        fact = self.domain.facts.get(change.fact)
        match change.value:
            case Choice(possible=possible) if isinstance(fact, ChoiceFact):
                return listed(map(value_word, grouped(fact, possible)), "or")
            case Number() as value if isinstance(fact, NumberFact):
                return range_words(fact, value.low, value.high)
            case Members(must=must, may=may) if isinstance(fact, SetFact):
                absent = sorted(fact.unknown.may - may)
                member = self.wording.member
                lacking = (say("condition.no", fact=member(word)) for word in absent)
                return joined([*map(member, sorted(must)), *lacking])
        return value_word(change.words)

    def _now(self, key: str) -> str | None:
        """What is known now; ``None`` where that is nothing."""
        if key in self.domain.facts:
            value = self.wording.value(key, self.patient.facts[key])
            return None if value in (UNKNOWN, KNOWN_IN_PART) else value
        position = int(key.removeprefix("history[").partition("]")[0])
        outcomes = next(entry.outcomes for entry in self.patient.history or () if entry.position == position)
        return listed((value_word(word) for word in sorted(outcomes)), "or")

    def never(self, fixed: Sequence[tuple[str, ...]]) -> str | None:
        """One line for all ways that need a fact to be other than it is and always will be."""
        names = list(dict.fromkeys(self.domain.facts[key].label for keys in fixed for key in keys))
        if not names:
            return None
        return say("explain.never", facts=listed(names, "or"))
