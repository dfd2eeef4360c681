"""The standing of a regimen for a patient: three conditions and one table.

``offer`` holds where any effective offer rule does, ``exclusion`` and ``caution`` likewise. A rule that is overridden
counts as "the rule, and none of those that override it".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Not
from regimen_advisor.language.values import Truth


class Standing(StrEnum):
    """How a regimen stands for a patient, in the order in which it is shown."""

    OFFERED = "offered"
    OFFERED_WITH_CAUTION = "offered-with-caution"
    UNDETERMINED = "undetermined"
    EXCLUDED = "excluded"
    NOT_INDICATED = "not-indicated"

    @property
    def is_offered(self) -> bool:
        """Offered, with or without caution."""
        return self in (Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)


@dataclass(frozen=True, eq=False)
class RegimenRules:
    """The rules that speak of one regimen, and the three conditions made of them."""

    regimen: str
    offers: tuple[Rule, ...]
    exclusions: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    offer: Condition
    exclusion: Condition
    caution: Condition

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, offers first."""
        return (*self.offers, *self.exclusions, *self.cautions)

    @property
    def offered(self) -> Condition:
        """The condition of being offered, with caution or without."""
        return AllOf((self.offer, Not(self.exclusion)))


@lru_cache(maxsize=32)
def effective_conditions(rulebook: Rulebook) -> Mapping[str, Condition]:
    """For each rule id the condition under which it counts: its own, and none of the rules that override it."""
    found: dict[str, Condition] = {}

    def effective(rule: Rule) -> Condition:
        if rule.id not in found:
            exceptions = tuple(Not(effective(other)) for other in rulebook.overridden_by[rule.id])
            found[rule.id] = AllOf((rule.condition, *exceptions)) if exceptions else rule.condition
        return found[rule.id]

    return {rule.id: effective(rule) for rule in rulebook.rules.values()}


@lru_cache(maxsize=32)
def regimen_rules(rulebook: Rulebook) -> Mapping[str, RegimenRules]:
    """For each regimen id the rules that speak of it and its three conditions."""
    effective = effective_conditions(rulebook)
    by_effect: dict[tuple[str, Effect], list[Rule]] = {}
    for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION):
        for regimen in rulebook.meets(rule):
            by_effect.setdefault((regimen, rule.effect), []).append(rule)

    def of(regimen: str, effect: Effect) -> tuple[Rule, ...]:
        return tuple(by_effect.get((regimen, effect), ()))

    def any_effective(rules: tuple[Rule, ...]) -> Condition:
        return AnyOf(tuple(effective[rule.id] for rule in rules))

    return {
        regimen: RegimenRules(
            regimen,
            offers := of(regimen, Effect.OFFER),
            exclusions := of(regimen, Effect.EXCLUDE),
            cautions := of(regimen, Effect.CAUTION),
            any_effective(offers),
            any_effective(exclusions),
            any_effective(cautions),
        )
        for regimen in rulebook.regimens
    }


def standing_of(offer: Truth, exclusion: Truth, caution: Truth) -> Standing:
    """The node-by-node table: the standing that three truths allow.

    It never says more than is known, but it may say ``undetermined`` or ``excluded`` where the exact standing over
    all completions of the patient is settled further; see ``engines.solver``.
    """
    if offer is Truth.FALSE:
        return Standing.NOT_INDICATED
    if exclusion is Truth.TRUE:
        return Standing.EXCLUDED
    if offer is Truth.TRUE and exclusion is Truth.FALSE:
        return Standing.OFFERED_WITH_CAUTION if caution is Truth.TRUE else Standing.OFFERED
    return Standing.UNDETERMINED
