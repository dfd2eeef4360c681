"""Where the sources of a rulebook differ: each side in its own words with its place, none preferred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from regimen_advisor.advice import Option, SourceDifference
from regimen_advisor.figure_wording import CitationLabels, by_arm, compared, endpoint_words
from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.figures import Result
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.studies import Population, Study
from regimen_advisor.language.standings import Standing


@dataclass(frozen=True)
class LocatedDifference:
    """A difference, and the entry of the later source where it is written."""

    difference: SourceDifference
    location: Location


@lru_cache(maxsize=8)
def differences(rulebook: Rulebook) -> tuple[LocatedDifference, ...]:
    """Every point on which two sources of a rulebook differ.

    An offer differs from an exclusion of the same regimen by another source; whether one patient can meet both is for
    the caller to find out.
    """
    places = CitationLabels(rulebook)
    studies = [found for reports in _reports(rulebook.studies) for found in _of_reports(reports, places)]
    return (*studies, *_of_rules(rulebook))


def shown_to(options: Iterable[Option], rulebook: Rulebook) -> tuple[SourceDifference, ...]:
    """The differences that bear on what an answer shows."""
    options = list(options)
    shown = [frozenset(option.studies) for option in options if option.standing is not Standing.NOT_INDICATED]
    holding = {rule for option in options for rule in option.rules}
    holding |= {reason.rule for option in options for reason in option.reasons if reason.state == "met"}
    return tuple(
        one
        for one in (found.difference for found in differences(rulebook))
        if (one.rules and holding.issuperset(one.rules))
        or (one.studies and any(studies.issuperset(one.studies) for studies in shown))
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
        for one, other in combinations(report.results, 2):
            if set(one.source.reviews).isdisjoint(other.source.reviews):
                yield from _of_results(report, one, report, other, places)
    for one_report, other_report in combinations(reports, 2):
        for other in other_report.results:
            for one in one_report.results:
                yield from _of_results(one_report, one, other_report, other, places)
        yield from _of_patients(one_report, other_report, places)


def _of_results(
    first: Study, one: Result, second: Study, other: Result, places: CitationLabels
) -> Iterator[LocatedDifference]:
    if _same_endpoint(one, other) and _figures_differ(one, other):
        told = [f"{by_arm(figure) or compared(figure)} [{places.cite(figure.source)}]" for figure in (one, other)]
        yield _found("figure", f"{first.name}, {endpoint_words(one)}", (told[0], told[1]), first, second)


def _of_patients(one: Study, other: Study, places: CitationLabels) -> Iterator[LocatedDifference]:
    if one.n and other.n and one.n.value != other.n.value:
        told = [f"n {count.value} [{places.cite(count.source)}]" for count in (one.n, other.n)]
        yield _found("figure", f"{one.name}, patients", (told[0], told[1]), one, other)
    for key in Population.model_fields:
        values = getattr(one.population, key), getattr(other.population, key)
        if key != "errata" and None not in values and values[0] != values[1]:
            sides = (f"{values[0]} [{places.of(one.cited_in)}]", f"{values[1]} [{places.of(other.cited_in)}]")
            yield _found("population", f"{one.name}, {key.replace('_', ' ')}", sides, one, other)


def _found(kind: str, subject: str, sides: tuple[str, str], one: Study, other: Study) -> LocatedDifference:
    studies = tuple(dict.fromkeys((one.id, other.id)))
    difference = SourceDifference.model_validate({"kind": kind, "subject": subject, "sides": sides, "studies": studies})
    return LocatedDifference(difference, other.location or Location(other.id))


def _same_endpoint(one: Result, other: Result) -> bool:
    return (one.endpoint, one.measure, one.subgroup, one.unit) == (
        other.endpoint, other.measure, other.subgroup, other.unit,
    )  # fmt: skip


def _figures_differ(one: Result, other: Result) -> bool:
    """Whether a figure that both print is another one; what only one of them prints is no difference."""
    first = {value.of: value.value for value in one.values if value.value is not None}
    ratios = {(pair.of, pair.against): pair.hazard_ratio for pair in one.comparisons if pair.hazard_ratio is not None}
    return any(
        value.value is not None and value.value != first.get(value.of, value.value) for value in other.values
    ) or any(
        pair.hazard_ratio is not None and pair.hazard_ratio != ratios.get((pair.of, pair.against), pair.hazard_ratio)
        for pair in other.comparisons
    )


def _of_rules(rulebook: Rulebook) -> Iterator[LocatedDifference]:
    places = CitationLabels(rulebook)

    def said(rule: Rule) -> str:
        return f"{rule.says} [{places.cite(rule.source)}]"

    for regimen in rulebook.regimens.values():
        rules = [
            rule
            for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE)
            if not rule.is_outside and regimen.id in rulebook.meets(rule)
        ]
        for one, other in combinations(rules, 2):
            if not set(one.source.reviews).isdisjoint(other.source.reviews):
                continue
            if one.id in other.overrides or other.id in one.overrides:
                continue
            is_grade = one.effect is other.effect and one.grade and other.grade and one.grade != other.grade
            if one.effect is not other.effect or is_grade:
                difference = SourceDifference(
                    kind="grade" if is_grade else "recommendation",
                    subject=regimen.name,
                    sides=(said(one), said(other)),
                    rules=(one.id, other.id),
                )
                yield LocatedDifference(difference, other.location)
