"""Find where the sources of a rulebook differ: each side in its own words with its place, none preferred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from regimen_advisor.advice import Option, SourceDifference
from regimen_advisor.figure_wording import CitationLabels, by_arm, compared, endpoint_words
from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.figures import Result
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.studies import Population, Study
from regimen_advisor.language.standings import Standing
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True)
class LocatedDifference:
    """A difference, and the entry of the later source where it is written."""

    difference: SourceDifference
    location: Location


def source_differences(rulebook: Rulebook) -> tuple[LocatedDifference, ...]:
    """Every point on which two sources of a rulebook differ.

    An offer differs from an exclusion of the same regimen by another source; whether one patient can meet both is for
    the caller to find out.
    """
    places = CitationLabels(rulebook)
    studies = [found for reports in _reports(rulebook.studies) for found in _of_reports(reports, places)]
    return (*studies, *_of_rules(rulebook))


def shown_to(options: Iterable[Option], differences: Iterable[LocatedDifference]) -> tuple[SourceDifference, ...]:
    """Those of the differences that bear on what an answer shows."""
    options = list(options)
    shown = [frozenset(option.studies) for option in options if option.standing is not Standing.NOT_INDICATED]
    holding = {rule for option in options for rule in option.rules}
    holding |= {reason.rule for option in options for reason in option.reasons if reason.state == "met"}
    return tuple(
        difference
        for difference in (found.difference for found in differences)
        if (difference.rules and holding.issuperset(difference.rules))
        or (difference.studies and any(studies.issuperset(difference.studies) for studies in shown))
    )


def _reports(studies: Mapping[str, Study]) -> Iterator[list[Study]]:
    """The reports of each study that several sources may give: its own, then those that say they are the same."""
    groups: dict[str, list[Study]] = {}
    for study in studies.values():
        first = study.same_study_as or study.id
        groups.setdefault(first, []).append(study)
    for first, reports in groups.items():
        yield sorted(reports, key=lambda study: study.id != first)


def _of_reports(reports: list[Study], places: CitationLabels) -> Iterator[LocatedDifference]:
    """The differences within one report, whose figures may be of several sources, and between each two."""
    for report in reports:
        for left, right in combinations(report.results, 2):
            if set(left.source.reviews).isdisjoint(right.source.reviews):
                yield from _of_results(report, left, report, right, places)
    for one_report, other_report in combinations(reports, 2):
        for right in other_report.results:
            for left in one_report.results:
                yield from _of_results(one_report, left, other_report, right, places)
        yield from _of_patients(one_report, other_report, places)


def _of_results(
    first: Study, left: Result, second: Study, right: Result, places: CitationLabels
) -> Iterator[LocatedDifference]:
    if _same_endpoint(left, right) and _figures_differ(left, right):
        sides = [f"{by_arm(figure) or compared(figure)} [{places.cite(figure.source)}]" for figure in (left, right)]
        yield _found("figure", _subject(first, endpoint_words(left)), (sides[0], sides[1]), first, second)


def _of_patients(left: Study, right: Study, places: CitationLabels) -> Iterator[LocatedDifference]:
    if left.n and right.n and left.n.value != right.n.value:
        counts = [
            f"{say('figure.patients', number=count.value)} [{places.cite(count.source)}]" for count in (left.n, right.n)
        ]
        yield _found("figure", _subject(left, say("source_difference.patients")), (counts[0], counts[1]), left, right)
    for key in Population.model_fields:
        values = getattr(left.population, key), getattr(right.population, key)
        if key != "errata" and None not in values and values[0] != values[1]:
            sides = (f"{values[0]} [{places.of(left.cited_in)}]", f"{values[1]} [{places.of(right.cited_in)}]")
            yield _found("population", _subject(left, say(f"population_part.{key}")), sides, left, right)


def _subject(study: Study, part: str) -> str:
    return say("source_difference.part", study=study.name, part=part)


def _found(kind: str, subject: str, sides: tuple[str, str], left: Study, right: Study) -> LocatedDifference:
    studies = tuple(dict.fromkeys((left.id, right.id)))
    difference = SourceDifference.model_validate({"kind": kind, "subject": subject, "sides": sides, "studies": studies})
    return LocatedDifference(difference, right.location or Location(right.id))


def _same_endpoint(left: Result, right: Result) -> bool:
    return (left.endpoint, left.measure, left.subgroup, left.unit) == (
        right.endpoint, right.measure, right.subgroup, right.unit,
    )  # fmt: skip


def _figures_differ(left: Result, right: Result) -> bool:
    """Whether a figure that both print is another one; what only one of them prints is no difference."""
    first = {value.of: value.value for value in left.values if value.value is not None}
    ratios = {(pair.of, pair.against): pair.hazard_ratio for pair in left.comparisons if pair.hazard_ratio is not None}
    return any(
        value.value is not None and value.value != first.get(value.of, value.value) for value in right.values
    ) or any(
        pair.hazard_ratio is not None and pair.hazard_ratio != ratios.get((pair.of, pair.against), pair.hazard_ratio)
        for pair in right.comparisons
    )


def _of_rules(rulebook: Rulebook) -> Iterator[LocatedDifference]:
    places = CitationLabels(rulebook)

    def cited_sentence(rule: Rule) -> str:
        return f"{rule.says} [{places.cite(rule.source)}]"

    for regimen in rulebook.regimens.values():
        rules = [
            rule
            for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE)
            if not rule.is_outside and regimen.id in rulebook.meets(rule)
        ]
        for left, right in combinations(rules, 2):
            if not set(left.source.reviews).isdisjoint(right.source.reviews):
                continue
            if left.id in right.overrides or right.id in left.overrides:
                continue
            is_grade = left.effect is right.effect and left.grade and right.grade and left.grade != right.grade
            if left.effect is not right.effect or is_grade:
                difference = SourceDifference(
                    kind="grade" if is_grade else "recommendation",
                    subject=regimen.name,
                    sides=(cited_sentence(left), cited_sentence(right)),
                    rules=(left.id, right.id),
                )
                yield LocatedDifference(difference, right.location)
