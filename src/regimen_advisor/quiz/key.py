"""The answers to a quiz, each with the rule and the section that decides it, and what one fact more would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, Advice, Option, Reason, SchemaVersion, Scope
from regimen_advisor.advising import advise
from regimen_advisor.explaining.arguments import written_in
from regimen_advisor.figure_wording import CitationLabels
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.quiz.making import group_of, patients_of
from regimen_advisor.quiz.models import Group, Question, Quiz
from regimen_advisor.quiz.variants import Variant, Variants
from regimen_advisor.quiz.words import asked_words


class Deciding(Record):
    """A rule that decides where a regimen belongs."""

    rule: str = Field(description="id of the rule")
    effect: Literal["offer", "exclude", "caution"] = Field(description="what the rule does where it holds")
    state: Literal["met", "not met", "unknown"] = Field(description="whether the rule holds for this patient")
    says: str = Field(description="the rule in one sentence")
    cited: str = Field(description="review and section: AA 4.1; of a caution from elsewhere, that it is from elsewhere")
    written_in: str = Field(description="file and line of the rule")
    not_met: tuple[str, ...] = Field((), description="what the rule asks for and the patient does not meet")
    unknown: tuple[str, ...] = Field((), description="what the rule asks for and is not known")


class Point(Record):
    """Where one regimen belongs, and why."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="as a reader is told it")
    group: Group = Field(description="where it belongs")
    because: tuple[Deciding, ...] = Field((), description="the rules that decide it")
    waits_for: tuple[str, ...] = Field((), description="what is not known and decides it, in words")


class Change(Record):
    """A regimen that would belong elsewhere."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="as a reader is told it")
    from_: Group = Field(alias="from", description="where it belongs in the patient of the question")
    to: Group = Field(description="where it would belong")


class Contrast(Record):
    """What would be different in a patient who differs in one fact."""

    says: str = Field(description="the one fact that differs, in words")
    profile: dict[str, Any] = Field(description="that patient, as a profile file says it")
    changes: tuple[Change, ...] = Field(description="the regimens of the question that would belong elsewhere")


class Standard(Record):
    """What a source states as the standard for the patient."""

    rule: str = Field(description="id of the rule")
    title: str = Field(description="the standard in a few words")
    says: str = Field(description="the standard in one sentence")
    cited: str = Field(description="source and section")


class Solution(Record):
    """The answer to one question."""

    number: int = Field(description="number of the question")
    points: tuple[Point, ...] = Field(description="where each of its regimens belongs")
    standards: tuple[Standard, ...] = Field((), description="what the sources state as the standard for this patient")
    contrast: Contrast | None = Field(None, description="what one fact would change, where one changes something")


class AnswerKey(Record):
    """The answers to a quiz."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    solutions: tuple[Solution, ...] = Field(description="the answer to each question, in order")
    scope: Scope = SCOPE


def answer_key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    """The answers to every question of a quiz that was generated from this rulebook."""
    return AnswerKey(quiz=quiz.name, solutions=tuple(solution(one, rulebook) for one in quiz.questions))


def solution(question: Question, rulebook: Rulebook, *, contrast: bool = True) -> Solution:
    """The answer to one question; ``contrast`` looks for a fact that would change it, which takes longest."""
    patient = read(Profile.model_validate(question.profile), rulebook.domain)
    advice = advise(patient, rulebook, ask=False)
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
                because=tuple(_because(option, rulebook)),
                waits_for=tuple(dict.fromkeys(waits)),
            )
        )
    return Solution(
        number=question.number,
        points=tuple(points),
        standards=tuple(standards_of(advice, rulebook)),
        contrast=_contrast(question, points, rulebook) if contrast else None,
    )


def standards_of(advice: Advice, rulebook: Rulebook) -> Iterator[Standard]:
    """What the sources state as the standard for the patient, where it surely is one."""
    for statement in advice.standards:
        if statement.state == "holds":
            source = statement.source
            cited = CitationLabels(rulebook).said(source)
            yield Standard(rule=statement.rule, title=statement.title, says=statement.says, cited=cited)


# Why -----------------------------------------------------------------------------------------------------------------


def _because(option: Option, rulebook: Rulebook) -> Iterator[Deciding]:
    match option.standing:
        case Standing.OFFERED | Standing.OFFERED_WITH_CAUTION:
            for name in option.rules:
                yield _deciding(rulebook.rules[name], rulebook, "met")
            for caution in option.cautions:
                if caution.state == "holds" and caution.kind != "measure":
                    yield _deciding(rulebook.rules[caution.rule], rulebook, "met")
        case Standing.EXCLUDED:
            yield from (_of(one, rulebook) for one in option.reasons if one.effect == "exclude" and one.state == "met")
        case Standing.UNDETERMINED:
            yield from (_of(one, rulebook) for one in option.reasons if one.state != "not met")
        case Standing.NOT_INDICATED:
            nearest = min(option.reasons, key=lambda reason: len(reason.not_met), default=None)
            yield from (_of(one, rulebook) for one in (nearest,) if one is not None)


def _of(reason: Reason, rulebook: Rulebook) -> Deciding:
    rule = rulebook.rules[reason.rule]
    return _deciding(rule, rulebook, reason.state).model_copy(
        update={"not_met": reason.not_met, "unknown": reason.unknown}
    )


def _deciding(rule: Rule, rulebook: Rulebook, state: Literal["met", "not met", "unknown"]) -> Deciding:
    cited = CitationLabels(rulebook).said(rule.source)
    return Deciding(
        rule=rule.id,
        effect=rule.effect.value,  # type: ignore[arg-type]  # of a regimen only these three speak
        state=state,
        says=rule.says,
        cited=f"{cited}, outside the reviews, {rule.certainty}" if rule.is_outside else cited,
        written_in=written_in(rule.location, rulebook),
    )


# What one fact would change ------------------------------------------------------------------------------------------


def _contrast(question: Question, points: Sequence[Point], rulebook: Rulebook) -> Contrast | None:
    """The first neighbour of the patient to whom something else is offered; of the kind that the question is about."""
    patients = patients_of(rulebook)
    profile = {key: value for key, value in question.profile.items() if key != "id"}
    neighbours = list(Variants(patients).changed(profile))
    for variant in sorted(neighbours, key=lambda one: not _is_about(one, question)):
        patient = patients.read(variant.profile)
        if patient is None:
            continue
        there = patients.standings(patient)
        changes = tuple(_changes(points, {name: group_of(one) for name, one in there.items()}))
        if changes and not (question.kind == "exclusion" and all(change.from_ != "excluded" for change in changes)):
            other = {"id": f"{question.profile['id']}-changed", **variant.profile}
            return Contrast(says=variant.says, profile=other, changes=changes)
    return None


def _is_about(variant: Variant, question: Question) -> bool:
    if question.kind == "boundary":
        return variant.by_number
    return question.kind == "unknown" and variant.says.endswith("now known")


def _changes(points: Iterable[Point], there: dict[str, Group]) -> Iterator[Change]:
    for point in points:
        if there[point.regimen] != point.group:
            ends = {"from": point.group, "to": there[point.regimen]}
            yield Change.model_validate({"regimen": point.regimen, "name": point.name, **ends})
