"""Make a teacher's sheet for a patient from the rules: what to ask, what to flip, and what students get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, Advice, JudgedBy, Option, RulebookName, SchemaVersion, Scope
from regimen_advisor.files.sources import Record
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Choice as Values
from regimen_advisor.quiz.clinic import Written
from regimen_advisor.quiz.deciding import cited
from regimen_advisor.quiz.key import GroupChange, Point, Standard, changes_of, solution, standards_of
from regimen_advisor.quiz.making import group_of, patients_of
from regimen_advisor.quiz.models import Candidate, QuizQuestion
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.quiz.variants import Variant, Variants
from regimen_advisor.quiz.vignettes import vignette

MOST_FLIPS, MOST_TRAPS = 3, 4


class Flip(Record):
    """One fact changed, what it changes, and the rules that decide it then."""

    says: str = Field(description="the fact that differs, in words")
    changes: tuple[GroupChange, ...] = Field(description="the regimens that belong elsewhere then")
    points: tuple[Point, ...] = Field(description="where these belong in the changed patient, and why")


class Before(Record):
    """What holds for every option, or is why there is none: shown once, before the options."""

    rules: tuple[str, ...] = Field(description="ids of the rules that say it, each for some of the options")
    says: str = Field(description="it in one sentence")
    cited: str = Field(description="source and section; of what is known from elsewhere, that it is")


class Lesson(Record):
    """A sheet for one patient."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    rulebook: JudgedBy
    id: str = Field(description="id of the patient")
    title: str = Field(description="the patient in one line")
    vignette: tuple[str, ...] = Field(description="what is known of the patient, in sentences")
    standards: tuple[Standard, ...] = Field(description="what the sources state as the standard")
    first: tuple[Before, ...] = Field((), description="what holds for every option, or decides that there is none")
    options: tuple[Point, ...] = Field(description="what is offered, waits or is excluded, and why")
    flips: tuple[Flip, ...] = Field(description="facts to flip in front of the class, each with another effect")
    traps: tuple[Point, ...] = Field(description="what students get wrong: one condition short of being offered")
    changes: tuple[str, ...] = Field((), description="what packs changed that bears on this patient, and why, in words")
    scope: Scope = SCOPE


def lesson(case: Case, written: Written) -> Lesson:
    """The sheet for the patient of ``case``, whose profile is ``written``."""
    guideline, advice = case.guideline, case.advice(ask=False)
    rulebook = guideline.rulebook
    profile = {key: value for key, value in written.items() if key not in ("id", "summary")}
    profile.setdefault("disease", _disease(case))
    # Where the disease is not known the sheet is about one of them, and so are its options.
    of_disease = (item for item in advice.options if rulebook.regimens[item.regimen].disease == profile["disease"])
    points = _points(profile, tuple(of_disease), rulebook)
    shown = [point for point in points if point.group != "not-indicated"]
    return Lesson(
        rulebook=RulebookName.of(rulebook),
        id=case.patient.id,
        title=(case.patient.summary or case.patient.id).removesuffix("."),
        vignette=vignette(case.patient, guideline.wording),
        standards=tuple(standards_of(advice, rulebook)),
        first=tuple(_remarks(advice, rulebook)),
        options=tuple(shown),
        flips=tuple(_flips(profile, advice, points, guideline)),
        traps=tuple(_traps(points)),
        changes=changes_of(advice),
    )


def _remarks(advice: Advice, rulebook: Rulebook) -> Iterator[Before]:
    for first in advice.first:
        if first.state == "holds":
            yield Before(rules=first.rules, says=first.says, cited=cited(rulebook.rules[first.rules[0]], rulebook))


def _disease(case: Case) -> str:
    diseases = case.patient.facts["disease"]
    assert isinstance(diseases, Values)
    return min(diseases.possible)


def _points(profile: Written, options: tuple[Option, ...], rulebook: Rulebook) -> tuple[Point, ...]:
    choices = tuple(Candidate(regimen=option.regimen, name=option.name) for option in options)
    question = QuizQuestion(
        number=1, kind="boundary", profile={"id": "patient", **profile}, known=(), unknown=(), choices=choices
    )
    return solution(question, rulebook, contrast=False).points


def _traps(points: tuple[Point, ...]) -> Iterator[Point]:
    """What is not indicated for want of one condition: of a few conditions every regimen that wants them."""
    near: dict[str, list[Point]] = {}
    for point in points:
        if point.group == "not-indicated" and (wanted := _wanted(point)):
            near.setdefault(wanted, []).append(point)
    for wanting in list(near.values())[:MOST_TRAPS]:
        yield from wanting


def _wanted(point: Point) -> str | None:
    """The one condition that is missing."""
    return next((deciding.not_met[0] for deciding in point.because if len(deciding.not_met) == 1), None)


def _flips(profile: Written, advice: Advice, points: tuple[Point, ...], guideline: Guideline) -> Iterator[Flip]:
    """Changes of one fact, each about another one and with another effect.

    Markers of the tumour come first, then what moves most regimens.
    """
    patients = patients_of(guideline.rulebook)
    found = [
        (variant, moved)
        for variant in _plausible(Variants(patients).changed(profile), profile, patients)
        if (moved := _moved(variant, points, patients))
    ]
    facts = guideline.rulebook.domain.facts
    markers = {name for name, fact in facts.items() if fact.is_marker}
    found.sort(key=lambda flip: (flip[0].question not in markers, -len(flip[1])))  # what was tested of the tumour first
    asked: set[str] = set()
    effects: list[list[GroupChange]] = []
    for variant, moved in found:
        if variant.question in asked or moved in effects:
            continue
        asked.add(variant.question)
        effects.append(moved)
        new_points = {
            point.regimen: point
            for point in _points(variant.profile, _moved_options(advice, moved), guideline.rulebook)
        }
        yield Flip(
            says=variant.says, changes=tuple(moved), points=tuple(new_points[change.regimen] for change in moved)
        )
        if len(asked) == MOST_FLIPS:
            return


def _plausible(variants: Iterable[Variant], profile: Written, patients: Patients) -> Iterator[Variant]:
    """The neighbours whom a clinic sees: one driver, its drugs only with it. All, where it never sees the patient."""
    is_seen = patients.seen(profile) is not None
    yield from (variant for variant in variants if not is_seen or patients.seen(variant.profile) is not None)


def _moved_options(advice: Advice, moved: list[GroupChange]) -> tuple[Option, ...]:
    names = {change.regimen for change in moved}
    return tuple(option for option in advice.options if option.regimen in names)


def _moved(variant: Variant, points: tuple[Point, ...], patients: Patients) -> list[GroupChange]:
    """The regimens that would be offered and are not, or the reverse, or be excluded."""
    patient = patients.read(variant.profile)
    if patient is None or not patients.solver.is_possible(patient):
        return []
    standings = patients.standings(patient)
    moved: list[GroupChange] = []
    for point in points:
        standing = standings[point.regimen]
        if _matters(point, standing):
            ends: dict[str, Any] = {"from": point.group, "to": group_of(standing)}
            moved.append(GroupChange.model_validate({"regimen": point.regimen, "name": point.name, **ends}))
    return moved


def _matters(point: Point, standing: Standing) -> bool:
    is_offered = point.group.startswith("offered")
    return is_offered != standing.is_offered and {point.group, group_of(standing)} != {"excluded", "not-indicated"}
