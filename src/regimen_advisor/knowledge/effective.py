"""Combine rules: the effective condition of each rule, and the three conditions of each regimen.

``offer`` holds where any effective offer rule does, ``exclusion`` and ``caution`` likewise; a caution of the kind
``measure`` is shown with an option but makes no ``caution``. A rule that is overridden
counts as "the rule, and none of those that override it".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Not, children
from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.facts import Domain, Fact, NumberFact, SetFact


@dataclass(frozen=True, eq=False)
class RegimenRules:
    """The rules about one regimen, and the three conditions made of them."""

    regimen: str
    offers: tuple[Rule, ...]
    exclusions: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    offer: Condition
    exclusion: Condition
    caution: Condition
    measures: tuple[Rule, ...] = ()
    """Cautions that are shown with an option and do not change its standing."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, offers first."""
        return (*self.offers, *self.exclusions, *self.all_cautions)

    @property
    def all_cautions(self) -> tuple[Rule, ...]:
        """What is shown with an option where it holds: cautions and measures."""
        return (*self.cautions, *self.measures)

    @property
    def offered(self) -> Condition:
        """The condition of being offered, with caution or without."""
        return AllOf((self.offer, Not(self.exclusion)))


def effective_conditions(rulebook: Rulebook) -> Mapping[str, Condition]:
    """For each rule id the condition under which it counts: its own, and none of the rules that override it."""
    found: dict[str, Condition] = {}

    def effective(rule: Rule) -> Condition:
        if rule.id not in found:
            exceptions = tuple(Not(effective(exception)) for exception in rulebook.overridden_by[rule.id])
            found[rule.id] = AllOf((rule.condition, *exceptions)) if exceptions else rule.condition
        return found[rule.id]

    return {rule.id: effective(rule) for rule in rulebook.rules.values()}


def regimen_rules(rulebook: Rulebook, effective: Mapping[str, Condition] | None = None) -> Mapping[str, RegimenRules]:
    """For each regimen id the rules about it and its three conditions.

    ``effective`` are the effective conditions of the rules, where they have been found already.
    """
    effective = effective_conditions(rulebook) if effective is None else effective
    by_effect: dict[tuple[str, Effect], list[Rule]] = {}
    for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION):
        for regimen in rulebook.meets(rule):
            by_effect.setdefault((regimen, rule.effect), []).append(rule)

    def with_effect(regimen: str, effect: Effect) -> tuple[Rule, ...]:
        return tuple(by_effect.get((regimen, effect), ()))

    def cautions(regimen: str, *, measures: bool) -> tuple[Rule, ...]:
        return tuple(rule for rule in with_effect(regimen, Effect.CAUTION) if rule.is_measure is measures)

    def any_effective(rules: tuple[Rule, ...]) -> Condition:
        return AnyOf(tuple(effective[rule.id] for rule in rules))

    return {
        regimen: RegimenRules(
            regimen,
            offers := with_effect(regimen, Effect.OFFER),
            exclusions := with_effect(regimen, Effect.EXCLUDE),
            hesitations := cautions(regimen, measures=False),
            any_effective(offers),
            any_effective(exclusions),
            any_effective(hesitations),
            cautions(regimen, measures=True),
        )
        for regimen in rulebook.regimens
    }


def markers_asked(rule: Rule, domain: Domain) -> tuple[Atom, ...]:
    """The tests of a rule that ask for a marker of the tumour: an EGFR variant, a fusion, a PD-L1 threshold.

    A test that must fail counts for nothing, nor does a threshold that every tumour meets.
    """
    atoms = _wanted_atoms(rule.condition, wanted=True)
    return tuple(dict.fromkeys(atom for atom in atoms if _asks_for_marker(atom, domain.facts[atom.fact])))


def asks_for_earlier_drug(rule: Rule, domain: Domain) -> bool:
    """Whether a rule asks for a drug that was given before."""
    atoms = _wanted_atoms(rule.condition, wanted=True)
    return any(_asks_for_drug(atom, domain.facts[atom.fact]) for atom in atoms)


def _wanted_atoms(condition: Condition, *, wanted: bool) -> Iterator[Atom]:
    """The atoms that speak for a condition, not against it."""
    if isinstance(condition, Leaf):
        if wanted:
            yield condition.atom
        return
    for part in children(condition):
        yield from _wanted_atoms(part, wanted=wanted != isinstance(condition, Not))


def _asks_for_marker(atom: Atom, fact: Fact) -> bool:
    if not fact.is_marker:
        return False
    match atom, fact:
        case Includes(member=member), SetFact(empty_word=empty):
            return member != empty
        case Is(values=values), _:
            return values == {"positive"}
        case Between(low=low), NumberFact(low=lowest):
            return low > lowest
    return False


def _asks_for_drug(atom: Atom, fact: Fact) -> bool:
    return (
        isinstance(fact, SetFact)
        and fact.over is not None
        and isinstance(atom, Includes)
        and (atom.member != fact.empty_word)
    )
