"""A rulebook made ready to judge: the effective condition of each rule, and the three conditions of each regimen.

``offer`` holds where any effective offer rule does, ``exclusion`` and ``caution`` likewise. A rule that is overridden
counts as "the rule, and none of those that override it".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Not


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
