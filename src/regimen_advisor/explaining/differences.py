"""Where the sources of a rulebook differ: each side in its own words with its place, none preferred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from regimen_advisor.advice import Advice
from regimen_advisor.figure_wording import CitationLabels, by_arm, compared, endpoint_words
from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.figures import Result
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.studies import Population, Study


@dataclass(frozen=True)
class SourceDifference:
    """A point on which two sources differ; ``sides`` are what each says, with its place."""

    kind: Literal["figure", "population", "recommendation", "grade"]
    subject: str
    sides: tuple[str, str]
    location: Location
    studies: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Both sides in one sentence."""
        return " versus ".join(self.sides)


def differences(rulebook: Rulebook) -> list[SourceDifference]:
    """Every point on which two sources of a rulebook differ.

    An offer differs from an exclusion of the same regimen by another source; whether one patient can meet both is for
    the caller to find out.
    """
    found: list[SourceDifference] = []
    for study in rulebook.studies.values():
        if study.same_study_as is not None:
            found += _of_studies(rulebook.studies[study.same_study_as], study, CitationLabels(rulebook))
    return [*found, *_of_rules(rulebook)]


def shown_to(advice: Advice, rulebook: Rulebook) -> list[SourceDifference]:
    """The differences that bear on what an answer shows."""
    shown = [frozenset(option.studies) for option in advice.options if option.standing.value != "not-indicated"]
    holding = {rule for option in advice.options for rule in option.rules}
    holding |= {reason.rule for option in advice.options for reason in option.reasons if reason.state == "met"}
    return [
        one
        for one in differences(rulebook)
        if (one.rules and holding.issuperset(one.rules))
        or (one.studies and any(studies.issuperset(one.studies) for studies in shown))
    ]


def _of_studies(one: Study, other: Study, places: CitationLabels) -> Iterator[SourceDifference]:
    here = other.location or Location(other.id)
    ids = (one.id, other.id)
    for result in other.results:
        for first in one.results:
            if _same_endpoint(first, result) and _figures_differ(first, result):
                told = tuple(
                    f"{by_arm(figure) or compared(figure)} [{places.within(study.cited_in, figure.section)}]"
                    for study, figure in ((one, first), (other, result))
                )
                yield SourceDifference("figure", f"{one.name}, {endpoint_words(first)}", (told[0], told[1]), here, ids)
    if one.n and other.n and one.n.value != other.n.value:
        told = tuple(f"n {study.n.value} [{places.of(study.cited_in)}]" for study in (one, other) if study.n)
        yield SourceDifference("figure", f"{one.name}, patients", (told[0], told[1]), here, ids)
    for key in Population.model_fields:
        values = getattr(one.population, key), getattr(other.population, key)
        if key != "errata" and None not in values and values[0] != values[1]:
            sides = (f"{values[0]} [{places.of(one.cited_in)}]", f"{values[1]} [{places.of(other.cited_in)}]")
            yield SourceDifference("population", f"{one.name}, {key.replace('_', ' ')}", sides, here, ids)


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


def _of_rules(rulebook: Rulebook) -> Iterator[SourceDifference]:
    places = CitationLabels(rulebook)

    def said(rule: Rule) -> str:
        return f"{rule.says} [{places.at(rule.source.review, rule.source.section)}]"

    for regimen in rulebook.regimens.values():
        rules = [
            rule
            for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE)
            if not rule.is_outside and regimen.id in rulebook.meets(rule)
        ]
        for one, other in combinations(rules, 2):
            sides, ids = (said(one), said(other)), (one.id, other.id)
            if one.source.review == other.source.review or one.id in other.overrides or other.id in one.overrides:
                continue
            if one.effect is not other.effect:
                yield SourceDifference("recommendation", regimen.name, sides, other.location, rules=ids)
            elif one.grade and other.grade and one.grade != other.grade:
                yield SourceDifference("grade", regimen.name, sides, other.location, rules=ids)
