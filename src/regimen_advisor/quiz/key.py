"""Make the answer key of a quiz: the deciding rule and section of each answer, and what one more fact would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, Advice, SchemaVersion, Scope
from regimen_advisor.advising import advise
from regimen_advisor.files.sources import Record
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.quiz.deciding import Deciding, deciding_of
from regimen_advisor.quiz.making import group_of, patients_of
from regimen_advisor.quiz.models import LETTERS, PICK_KINDS, Group, Quiz, QuizQuestion
from regimen_advisor.quiz.picks import AskedPatient, asked, case_of, regimens_named
from regimen_advisor.quiz.variants import Variant, Variants
from regimen_advisor.quiz.words import asked_words


class Point(Record):
    """Where one regimen belongs, and why."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="display name")
    group: Group = Field(description="where it belongs")
    because: tuple[Deciding, ...] = Field((), description="the rules that decide it")
    waits_for: tuple[str, ...] = Field((), description="what is not known and decides it, in words")


class Picked(Record):
    """The answer to something that is picked."""

    asks: str = Field(description="the question")
    right: str = Field(description="the letter of the right answer")
    answer: str = Field(description="the right answer in words")
    because: str = Field(description="why, with the rule and section that decide it")


class GroupChange(Record):
    """A regimen that would belong elsewhere."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="display name")
    from_: Group = Field(alias="from", description="where it belongs in the patient of the question")
    to: Group = Field(description="where it would belong")


class Contrast(Record):
    """What would be different in a patient who differs in one fact."""

    says: str = Field(description="the one fact that differs, in words")
    profile: dict[str, Any] = Field(description="that patient, as a profile file says it")
    changes: tuple[GroupChange, ...] = Field(description="the regimens of the question that would belong elsewhere")


class Standard(Record):
    """What a source states as the standard for the patient."""

    rule: str = Field(description="id of the rule")
    title: str = Field(description="the standard in a few words")
    says: str = Field(description="the standard in one sentence")
    cited: str = Field(description="source and section")


class Solution(Record):
    """The answer to one question."""

    number: int = Field(description="number of the question")
    points: tuple[Point, ...] = Field((), description="where each of its regimens belongs")
    picks: tuple[Picked, ...] = Field((), description="the right answer to each thing that is picked")
    standards: tuple[Standard, ...] = Field((), description="what the sources state as the standard for this patient")
    contrast: Contrast | None = Field(None, description="what one fact would change, where one changes something")
    changes: tuple[str, ...] = Field((), description="what packs changed that bears on this patient, and why, in words")


class AnswerKey(Record):
    """The answers to a quiz."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    solutions: tuple[Solution, ...] = Field(description="the answer to each question, in order")
    scope: Scope = SCOPE


def answer_key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    """The answers to every question of a quiz that was generated from this rulebook."""
    return AnswerKey(quiz=quiz.name, solutions=tuple(solution(question, rulebook) for question in quiz.questions))


def solution(question: QuizQuestion, rulebook: Rulebook, *, contrast: bool = True) -> Solution:
    """The answer to one question; ``contrast`` looks for a fact that would change it, which takes longest."""
    picks = tuple(_picked(question, rulebook)) if question.picks else ()
    if picks and not Guideline.of(rulebook).bearings:  # what is picked needs no advice
        return Solution(number=question.number, picks=picks)
    patient = read(Profile.model_validate(question.profile), rulebook.domain)
    advice = advise(patient, rulebook, ask=False)
    if picks:
        return Solution(number=question.number, picks=picks, changes=changes_of(advice))
    options = {option.regimen: option for option in advice.options}
    points = []
    for choice in question.choices:
        option = options[choice.regimen]
        waits = [asked_words(key, question.profile, rulebook.domain) for key in option.depends_on]
        points.append(
            Point(
                regimen=choice.regimen,
                name=choice.name,
                group=group_of(option.standing),
                because=tuple(deciding_of(option, rulebook)),
                waits_for=tuple(dict.fromkeys(waits)),
            )
        )
    return Solution(
        number=question.number,
        points=tuple(points),
        standards=tuple(standards_of(advice, rulebook)),
        contrast=_contrast(question, points, rulebook) if contrast else None,
        changes=changes_of(advice),
    )


def changes_of(advice: Advice) -> tuple[str, ...]:
    """What packs changed that bears on the patient, each with the reason."""
    return tuple(change.says for change in advice.changes)


def _picked(question: QuizQuestion, rulebook: Rulebook) -> Iterator[Picked]:
    """The right answers, worked out again from the patient."""
    kind = next(kind for kind in PICK_KINDS if kind == question.kind)
    guideline = Guideline.of(rulebook)
    patient = AskedPatient(
        profile=question.profile,
        case=case_of(question.profile, guideline),
        about=question.about,
        after=case_of(question.after, guideline) if question.after else None,
        regimens=tuple(regimens_named([pick.asks for pick in question.picks], rulebook)),
    )
    for pick, asked_pick in zip(question.picks, asked(kind, patient), strict=True):
        letter = LETTERS[pick.answers.index(asked_pick.right)]
        yield Picked(asks=pick.asks, right=letter, answer=asked_pick.right, because=asked_pick.because)


def standards_of(advice: Advice, rulebook: Rulebook) -> Iterator[Standard]:
    """What the sources state as the standard for the patient, where it surely is one."""
    for statement in advice.standards:
        if statement.state == "holds":
            source = statement.source
            cited = rulebook.citations.cite(source)
            yield Standard(rule=statement.rule, title=statement.title, says=statement.says, cited=cited)


# What one fact would change ------------------------------------------------------------------------------------------


def _contrast(question: QuizQuestion, points: Sequence[Point], rulebook: Rulebook) -> Contrast | None:
    """The first neighbour of the patient to whom something else is offered; of the kind that the question is about."""
    patients = patients_of(rulebook)
    profile = {key: value for key, value in question.profile.items() if key != "id"}
    neighbours = list(Variants(patients).changed(profile))
    for variant in sorted(neighbours, key=lambda variant: not _is_about(variant, question)):
        patient = patients.seen(variant.profile)
        if patient is None:
            continue
        standings = patients.standings(patient)
        changes = tuple(_changes(points, {name: group_of(standing) for name, standing in standings.items()}))
        if changes and not (question.kind == "exclusion" and all(change.from_ != "excluded" for change in changes)):
            changed_profile = {"id": f"{question.profile['id']}-changed", **variant.profile}
            return Contrast(says=variant.says, profile=changed_profile, changes=changes)
    return None


def _is_about(variant: Variant, question: QuizQuestion) -> bool:
    if question.kind == "boundary":
        return variant.by_number
    return question.kind == "unknown" and variant.was_unknown


def _changes(points: Iterable[Point], new_groups: dict[str, Group]) -> Iterator[GroupChange]:
    for point in points:
        if new_groups[point.regimen] != point.group:
            ends = {"from": point.group, "to": new_groups[point.regimen]}
            yield GroupChange.model_validate({"regimen": point.regimen, "name": point.name, **ends})
