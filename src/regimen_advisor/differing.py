"""Find where the sources of a rulebook differ: each side in its own words with its place, none preferred."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from regimen_advisor.advice import Option, SourceDifference
from regimen_advisor.figure_wording import by_arm, compared, endpoint_words, followed, values_by_arm
from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.figures import Count, Result, Safety, Value
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.studies import Arm, Population, Study
from regimen_advisor.language.standings import Standing
from regimen_advisor.words.catalogue import joined, say


@dataclass(frozen=True)
class LocatedDifference:
    """A difference, and the entry of the later source where it is written."""

    difference: SourceDifference
    location: Location
    overridden: frozenset[str] = frozenset()
    """Of two rules that differ the one that the other overrides: where both would hold, only the other one counts."""


def source_differences(rulebook: Rulebook) -> tuple[LocatedDifference, ...]:
    """Every point on which two sources of a rulebook differ.

    An offer differs from an exclusion of the same regimen by another source, also where a rule of one overrides that of
    the other; whether one patient can meet both is for the caller to find out.
    """
    places = rulebook.citations
    studies = [found for reports in _reports(rulebook.studies) for found in _of_reports(reports, places)]
    return (*studies, *_of_rules(rulebook))


def shown_to(
    options: Iterable[Option], differences: Iterable[LocatedDifference], is_met: Callable[[str], bool]
) -> tuple[SourceDifference, ...]:
    """The differences that bear on what an answer shows.

    A difference in figures does so where one of the reports is shown, as the figure of the other is another one.
    ``is_met`` says of a rule that is overridden whether its own condition holds.
    """
    options = list(options)
    shown = {study for option in options if option.standing is not Standing.NOT_INDICATED for study in option.studies}
    holding = {rule for option in options for rule in option.rules}
    holding |= {reason.rule for option in options for reason in option.reasons if reason.state == "met"}
    return tuple(
        found.difference
        for found in differences
        if not shown.isdisjoint(found.difference.studies)
        or (
            found.difference.rules
            and not holding.isdisjoint(found.difference.rules)
            and all(rule in holding or (rule in found.overridden and is_met(rule)) for rule in found.difference.rules)
        )
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
        for first, second in combinations(report.safety, 2):
            if set(first.source.reviews).isdisjoint(second.source.reviews):
                yield from _of_safety(report, first, report, second, places)
    for one_report, other_report in combinations(reports, 2):
        for right in other_report.results:
            for left in one_report.results:
                yield from _of_results(one_report, left, other_report, right, places)
        for second in other_report.safety:
            for first in one_report.safety:
                yield from _of_safety(one_report, first, other_report, second, places)
        yield from _of_patients(one_report, other_report, places)


def _of_results(
    first: Study, left: Result, second: Study, right: Result, places: CitationLabels
) -> Iterator[LocatedDifference]:
    if (left.endpoint.casefold(), left.subgroup) != (right.endpoint.casefold(), right.subgroup):
        return
    arms, parts = _same_arms(second, first), []
    is_same = (left.measure, left.unit) == (right.measure, right.unit)
    if is_same and _clash(_of_values(left.values, {}), _of_values(right.values, arms)):
        parts.append(by_arm)
    if _clash(_of_comparisons(left, {}), _of_comparisons(right, arms)):
        parts.append(compared)
    if is_same and _clash(_of_follow_up(left, {}), _of_follow_up(right, arms)):
        parts.append(followed)
    if parts:
        left_side, right_side = (
            f"{joined((words for part in parts if (words := part(figure))), 'lists')} [{places.cite(figure.source)}]"
            for figure in (left, right)
        )
        yield _found("figure", _subject(first, endpoint_words(left)), (left_side, right_side), first, second)


def _of_safety(
    first: Study, left: Safety, second: Study, right: Safety, places: CitationLabels
) -> Iterator[LocatedDifference]:
    is_same = (left.event.casefold(), left.unit) == (right.event.casefold(), right.unit)
    if is_same and _clash(_of_values(left.values, {}), _of_values(right.values, _same_arms(second, first))):
        left_side, right_side = (
            f"{values_by_arm(harm.values, harm.unit)} [{places.cite(harm.source)}]" for harm in (left, right)
        )
        yield _found("figure", _subject(first, left.event), (left_side, right_side), first, second)


def _same_arms(study: Study, earlier: Study) -> Mapping[str, str]:
    """What the arms of a report are called in another one of the same study: by name, else by the drugs given."""
    known = {arm.name for arm in earlier.arms}
    return {
        arm.name: alike[0]
        for arm in study.arms
        if arm.name not in known
        and len(alike := [known_arm.name for known_arm in earlier.arms if _drugs(known_arm) == _drugs(arm)]) == 1
    }


def _drugs(arm: Arm) -> frozenset[str]:
    return frozenset(treatment.drug for treatment in arm.drugs)


Figures = Mapping[tuple[str, ...], object]
"""What a source prints, by the arm and the kind of figure."""


def _of_values(values: Iterable[Value], arms: Mapping[str, str]) -> Figures:
    return {
        (arms.get(value.of, value.of), key): figure
        for value in values
        for key, figure in (
            ("value", None if value.value is None else (value.value, value.to)),
            ("percent", value.percent),
            ("interval", value.interval),
            ("n", value.n),
        )
    }


def _of_comparisons(result: Result, arms: Mapping[str, str]) -> Figures:
    return {
        (arms.get(pair.of, pair.of), arms.get(pair.against, pair.against), key): getattr(pair, key)
        for pair in result.comparisons
        for key in ("hazard_ratio", "interval", "p", "risk_reduction", "difference")
    }


def _of_follow_up(result: Result, arms: Mapping[str, str]) -> Figures:
    return {(arms.get(part.of, part.of),): part.months for part in result.follow_up}


def _clash(left: Figures, right: Figures) -> bool:
    """Whether both print a figure and print it differently; what only one of them prints is no difference."""
    return any(
        figure is not None and left.get(key) is not None and figure != left[key] for key, figure in right.items()
    )


def _of_patients(left: Study, right: Study, places: CitationLabels) -> Iterator[LocatedDifference]:
    arms = _same_arms(right, left)
    sizes = {arms.get(name, name): count for name, count in _sizes(right).items()}
    counts = [(say("source_difference.patients"), left.n, right.n)]
    counts += [(name, count, sizes.get(name)) for name, count in _sizes(left).items()]
    for group, first, second in counts:
        if first and second and first.value != second.value:
            left_side, right_side = (
                f"{say('figure.patients', number=count.value)} [{places.cite(count.source)}]"
                for count in (first, second)
            )
            yield _found("figure", _subject(left, group), (left_side, right_side), left, right)
    for key in Population.model_fields:
        values = getattr(left.population, key), getattr(right.population, key)
        if key != "errata" and None not in values and values[0] != values[1]:
            sides = (f"{values[0]} [{places.of(left.cited_in)}]", f"{values[1]} [{places.of(right.cited_in)}]")
            yield _found("population", _subject(left, say(f"population_part.{key}")), sides, left, right)


def _subject(study: Study, part: str) -> str:
    return say("source_difference.part", study=study.name, part=part)


def _sizes(study: Study) -> dict[str, Count | None]:
    """The number of patients of each arm and group, by its name."""
    sizes = {arm.name: arm.n for arm in study.arms}
    return sizes | {group.name: group.n for group in study.groups}


def _found(kind: str, subject: str, sides: tuple[str, str], left: Study, right: Study) -> LocatedDifference:
    studies = tuple(dict.fromkeys((left.id, right.id)))
    difference = SourceDifference.model_validate({"kind": kind, "subject": subject, "sides": sides, "studies": studies})
    return LocatedDifference(difference, right.location or Location(right.id))


def _of_rules(rulebook: Rulebook) -> Iterator[LocatedDifference]:
    places = rulebook.citations

    def cited_sentence(rule: Rule) -> str:
        return f"{rule.says} [{places.cite(rule.source)}]"

    rules_about: dict[str, list[Rule]] = {name: [] for name in rulebook.regimens}
    for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE):
        for name in () if rule.is_outside else rulebook.meets(rule):
            rules_about[name].append(rule)
    for name, rules in rules_about.items():
        for left, right in combinations(rules, 2):
            if not set(left.source.reviews).isdisjoint(right.source.reviews):
                continue
            overridden = {left.id, right.id} & {*left.overrides, *right.overrides}
            is_grade = left.effect is right.effect and left.grade and right.grade and left.grade != right.grade
            if left.effect is not right.effect or is_grade:
                difference = SourceDifference(
                    kind="grade" if is_grade else "recommendation",
                    subject=rulebook.regimens[name].name,
                    sides=(cited_sentence(left), cited_sentence(right)),
                    rules=(left.id, right.id),
                )
                yield LocatedDifference(difference, right.location, frozenset(overridden))
