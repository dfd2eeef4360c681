"""Bring two rulebooks to one domain of patients, so that their conditions can be compared.

The patients are those whom both can describe: one who received a drug that only one of them knows is left out. A class
that does not hold the same of those drugs in both occurs twice, the older one under a name of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Includes
from regimen_advisor.patient.drugs import Drug, DrugClass, Formulary
from regimen_advisor.patient.facts import Domain, domain_for
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two rulebooks, its conditions over the common domain."""

    rulebook: Rulebook
    effective: Mapping[str, Condition]
    regimens: Mapping[str, RegimenRules]

    def rules_of(self, regimen: str) -> tuple[Rule, ...]:
        """The rules about a regimen; none where this rulebook does not know it."""
        return self.regimens[regimen].rules if regimen in self.regimens else ()


@dataclass(frozen=True, eq=False)
class Joined:
    """Two rulebooks over one domain; ``only_old`` and ``only_new`` are the drugs that just one of them knows."""

    domain: Domain
    old: Side
    new: Side
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def join(old: Rulebook, new: Rulebook) -> Joined:
    """Both rulebooks over the patients whom both can describe."""
    before, after = old.formulary, new.formulary
    common = [name for name in after.drugs if name in before.drugs]
    apart = {
        name: f"{name}-as-it-was"
        for name in before.classes
        if name in after.classes and before.members_of(name) & set(common) != after.members_of(name) & set(common)
    }
    if (
        len(common) == len(before.drugs) == len(after.drugs)
        and not apart
        and before.classes.keys() == after.classes.keys()
    ):
        domain = new.domain
    else:
        domain = _limited(old.domain, domain_for(_common(before, after, common, apart)), new.domain)
    only_old = tuple(name for name in before.drugs if name not in after.drugs)
    only_new = tuple(name for name in after.drugs if name not in before.drugs)
    return Joined(domain, _side(old, apart), _side(new, {}), only_old, only_new)


def _limited(old: Domain, common: Domain, new: Domain) -> Domain:
    """The common domain, but with facts that are no drugs as the rulebooks have them."""
    assert old.facts.keys() == new.facts.keys()
    return replace(
        common,
        facts={name: common.facts[name] if name in common.history_sets else new.facts[name] for name in new.facts},
    )


def _common(before: Formulary, after: Formulary, common: list[str], apart: Mapping[str, str]) -> Formulary:
    """The drugs of both, each with all classes it has in either; no class lies within another one here."""
    classes = {
        apart.get(name, name): DrugClass(id=apart.get(name, name), name=_class_name(entry, name in apart))
        for name, entry in before.classes.items()
    }
    classes |= {name: DrugClass(id=name, name=entry.name) for name, entry in after.classes.items()}
    drugs = {}
    for name in common:
        classes_of_drug = {
            apart.get(class_name, class_name) for class_name in before.classes_of(name)
        } | after.classes_of(name)
        drugs[name] = Drug(id=name, name=after.drugs[name].name, classes=tuple(sorted(classes_of_drug)))
    return Formulary(drugs, classes)


def _class_name(entry: DrugClass, is_apart: bool) -> str:
    return say("joined.as_it_was", name=entry.name) if is_apart else entry.name


def _side(rulebook: Rulebook, apart: Mapping[str, str]) -> Side:
    effective, regimens = Guideline.of(rulebook).effective, Guideline.of(rulebook).regimens
    if not apart:
        return Side(rulebook, effective, regimens)
    rename = _Renamer(apart, rulebook.domain.history_sets)
    return Side(
        rulebook,
        {name: rename.of(condition) for name, condition in effective.items()},
        {
            name: replace(
                rules_about,
                offer=rename.of(rules_about.offer),
                exclusion=rename.of(rules_about.exclusion),
                caution=rename.of(rules_about.caution),
            )
            for name, rules_about in regimens.items()
        },
    )


class _Renamer:
    """Conditions that name classes by other names."""

    def __init__(self, names: Mapping[str, str], facts: Collection[str]) -> None:
        self.names, self.facts = names, facts

    def of(self, condition: Condition) -> Condition:
        match condition:
            case Leaf(atom=Includes(fact=fact, member=member)) if fact in self.facts and member in self.names:
                return Leaf(Includes(fact, self.names[member]), condition.place)
            case Leaf():
                return condition
            case Not(part=part, place=place):
                return Not(self.of(part), place)
            case Named(name=name, condition=inner, place=place):
                return Named(name, self.of(inner), place)
            case AllOf(parts=parts, place=place):
                return AllOf(tuple(map(self.of, parts)), place)
            case AnyOf(parts=parts, place=place):
                return AnyOf(tuple(map(self.of, parts)), place)
