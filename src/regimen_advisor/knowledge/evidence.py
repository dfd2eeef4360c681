"""Load what the sources report: studies, statements and approvals, each figure with its section.

A study is kept as the source states it. A point where the published record differs is an ``Erratum``; it is listed once
in the study and named (``errata: [D02]``) with every figure, safety finding or citation field that it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from regimen_advisor.files.errors import InputError, Location, Problem, near
from regimen_advisor.files.sources import Document, Record, as_document, read_document, validated
from regimen_advisor.knowledge.figures import (
    Comparison,
    Count,
    FollowUp,
    Interval,
    PValue,
    Result,
    Safety,
    Spread,
    Unit,
    Value,
)  # fmt: skip
from regimen_advisor.knowledge.publications import (
    Certainty,
    Citation,
    Cited,
    Confidence,
    Erratum,
    Place,
    PrintedRegistry,
    RelatedPublication,
)  # fmt: skip
from regimen_advisor.knowledge.studies import (
    Approval,
    Arm,
    Benefit,
    Design,
    DesignType,
    Limits,
    Mention,
    PatientGroup,
    Population,
    Review,
    ReviewSection,
    ShownBenefit,
    Study,
    StudyFinding,
    StudyKind,
    Treatment,
)  # fmt: skip
from regimen_advisor.words.catalogue import joined, say

__all__ = [
    "Approval", "Arm", "Benefit", "Certainty", "Citation", "Cited", "Comparison", "Confidence", "Count", "Design",
    "DesignLevel", "DesignType", "Erratum", "FollowUp", "Interval", "Limits", "Mention", "PValue", "PatientGroup",
    "Place", "Population", "PrintedRegistry", "RelatedPublication", "Result", "Review", "ReviewSection", "Safety",
    "ShownBenefit", "Spread", "Study", "StudyFinding", "StudyKind", "Treatment", "Unit", "Value", "design_level",
    "load_approvals", "load_reviews", "load_study", "misplaced", "studies_of",
]  # fmt: skip

Listed = TypeVar("Listed", bound=Record)
Path_ = tuple[str | int, ...]


def studies_of(files: Iterable[Path], folder: Path | str, problems: list[Problem]) -> dict[str, Study]:
    """The studies of these files by id; ``folder`` is where one was expected.

    Adds to ``problems`` those of the files that cannot be read.
    """
    studies: dict[str, Study] = {}
    for file in files:
        try:
            study = load_study(file)
        except InputError as error:
            problems.extend(error.problems)
            continue
        studies[study.id] = study
    if not studies and not problems:
        problems.append(Problem(Location(str(folder)), say("study_error.no_folder")))
    return studies


def load_study(file: Path | str) -> Study:
    """One study; it knows its place and that of each result. Raises ``InputError`` with all its problems."""
    document = read_document(file)
    study = validated(Study, document)
    problems = [*_study_problems(study, document, Path(file).stem)]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.location.line or 0))
    study.remember_location(document.locate())
    for index, result in enumerate(study.results):
        result.remember_location(document.locate(("results", index)))
    return study


def _study_problems(study: Study, document: Document, stem: str) -> Iterator[Problem]:
    """What a single value cannot show: names that must be declared, sections that must be among the study's own."""
    if study.id != stem:
        yield Problem(document.locate(("id",)), say("study_error.other_name", stem=stem, found=study.id))
    names = [arm.name for arm in study.arms] + [group.name for group in study.groups]
    errata = [erratum.id for erratum in study.errata]
    cited = {place.review: place.sections for place in study.cited_in}
    for path, value in _leaves(document.value):
        key = path[-1] if isinstance(path[-1], str) else path[-2]
        if key in ("of", "against") and value not in names:
            expected, meant = say("study_error.arm_of_study"), near(value, names)
        elif key == "review" and path[0] != "cited_in" and value not in cited:
            expected, meant = say("study_error.source_of_study", sources=joined(cited)), near(value, cited)
        elif key == "section" and path[0] != "errata" and value not in _sections(cited, document, path):
            expected, meant = (
                say("study_error.section_of_study", sections=joined(_sections(cited, document, path))),
                None,
            )
        elif key == "errata" and value not in errata:
            expected, meant = say("study_error.erratum_of_study"), near(value, errata)
        else:
            continue
        yield Problem(document.locate(path), say("broken.expected_word", key=key, expected=expected, word=value), meant)
    yield from _repeated(say("study_error.arm_or_group"), names, document.locate(("arms",)))
    yield from _repeated(say("study_error.erratum"), errata, document.locate(("errata",)))


def _sections(cited: Mapping[str, tuple[str, ...]], document: Document, path: Path_) -> tuple[str, ...]:
    """The sections in which a study is cited in the source that the entry with the section at ``path`` names.

    A source in which it is not cited is reported separately.
    """
    entry = document.value
    for step in path[:-1]:
        entry = entry[step]
    review = entry.get("review")
    return cited.get(review, (entry["section"],))


def _leaves(value: object, path: Path_ = ()) -> Iterator[tuple[Path_, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    elif path:
        yield path, value


def _repeated(kind: str, names: Iterable[str], location: Location) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem(location, say("study_error.twice", kind=kind, name=name))
        seen.add(name)


def load_approvals(file: Document | Path | str) -> dict[str, Approval]:
    """The approvals by id. Raises ``InputError`` with all problems of the file at once."""
    return _load_list(file, tuple[Approval, ...], lambda approval: approval.id)


def load_reviews(file: Document | Path | str) -> dict[str, Review]:
    """The sources by key. Raises ``InputError`` with all problems of the file at once."""
    return _load_list(file, tuple[Review, ...], lambda review: review.key)


def _load_list(
    file: Document | Path | str, model: type[tuple[Listed, ...]], key: Callable[[Listed], str]
) -> dict[str, Listed]:
    document = as_document(file)
    items = validated(model, document)
    problems = [*_repeated("id", map(key, items), document.locate())]
    if problems:
        raise InputError(problems)
    for index, item in enumerate(items):
        if isinstance(item, Approval):
            item.remember_location(document.locate((index,)))
    return {key(item): item for item in items}


def misplaced(
    studies: Mapping[str, Study],
    approvals: Mapping[str, Approval],
    reviews: Mapping[str, Review],
    named: Collection[str],
) -> list[Problem]:
    """References that lead nowhere: to a review, a section, an approval or a study that is not there.

    ``named`` are the studies that may be named: those whose files cannot be read among them.
    """
    problems: dict[tuple[Location, str], Problem] = {}

    def expect(location: Location | None, kind: str, name: str, known: Collection[str]) -> None:
        if name not in known:
            place, message = location or Location("approvals"), say("study_error.unknown", kind=kind, name=name)
            problems.setdefault((place, message), Problem(place, message, near(name, known)))

    def expect_errata(location: Location | None, errata: Iterable[Erratum]) -> None:
        for erratum in errata:
            for spot in erratum.source.places:
                expect_sections(location, spot.review, (spot.section,))

    def expect_sections(location: Location | None, review: str, sections: Iterable[str]) -> None:
        expect(location, "review", review, reviews)
        found = reviews.get(review)
        known = found.section_numbers if found else ()
        for section in sections if found else ():
            expect(location, say("study_error.section_of", review=review), section, known)

    for study in studies.values():
        for place in study.cited_in:
            expect_sections(study.location, place.review, place.sections)
        if study.same_study_as is not None:
            expect(study.location, "study", study.same_study_as, named)
        expect_errata(study.location, study.errata)
        for approval_id in study.approvals:
            expect(study.location, "approval", approval_id, approvals)
    for approval in approvals.values():
        for spot in approval.source.places:
            expect_sections(approval.location, spot.review, (spot.section,))
        expect_errata(approval.location, approval.errata)
        for study_id in approval.studies:
            expect(approval.location, "study", study_id, named)
    return list(problems.values())


class DesignLevel(Record):
    """OCEBM 2011 level of a treatment study by its design alone; ``None`` where the design does not settle it."""

    ocebm_2011: int | None = Field(description="1 (best) to 5; null where the design does not settle it")
    basis: str = Field(description="the design that gives the level, or why there is none")

    @property
    def rank(self) -> int:
        """The level as a number to sort by, the best design first; one without a level comes last."""
        return self.ocebm_2011 or 9


_LEVELS: dict[str, int | None] = {
    "pooled-randomised": 1,
    "pooled": None,
    "randomised": 2,
    "controlled": None,
    "non-randomised-comparison": 3,
    "single-arm": 4,
    "dose-groups": 4,
    "case-series": 4,
    "mechanism": 5,
    "opinion": None,
    "not-stated": None,
}


def design_level(study: Study) -> DesignLevel:
    """The OCEBM 2011 level that the design of ``study`` gives, and the words it rests on. Nothing is guessed."""
    if study.kind == "ongoing-trial":
        return DesignLevel(ocebm_2011=None, basis=say("design_words.ongoing"))
    level, words = _LEVELS[study.design.type], say(f"design.{study.design.type}")
    if study.design.type == "controlled" and (study.phase == "III" or _has_placebo(study)):
        level = 2
    phase = say("figure.phase", phase=study.phase) if study.phase and study.kind == "trial" else ""
    if study.design.type == "randomised":
        basis = say("design_words.randomised_trial", design=words)
        if phase:
            basis = say("design_words.randomised_phase", design=words, phase=phase)
    else:
        basis = joined(part for part in (phase, words) if part)
    if study.design.type_from:
        basis = say("design_words.from", design=basis, source=study.design.type_from)
    return DesignLevel(ocebm_2011=level, basis=basis)


def _has_placebo(study: Study) -> bool:
    return any(arm.role == "comparator" and arm.drugs[:1] and arm.drugs[0].drug == "placebo" for arm in study.arms)
