"""Make small changes to a rulebook, like slips of the pen: good cases notice each of them.

A change is made in the text of a rule or of a finding. One in a finding changes every rule that uses it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.regimens import Target, TargetItem
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule, of_disease
from regimen_advisor.language.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Leaf,
    Named,
    Not,
    children,
    fields_of,
    findings_of,
)
from regimen_advisor.language.paths import Steps, nodes, part_at, replaced
from regimen_advisor.language.values import Between, Includes, Is
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact

Operator = Literal[
    "threshold by one", "comparison flipped", "condition dropped", "condition negated", "value swapped",
    "value dropped", "finding replaced", "effect swapped", "study dropped", "override dropped",
]  # fmt: skip
MOST_SIBLINGS = 2
"""How many siblings of a value or of a finding are put in its place, one after the other."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """A rulebook with one small change; ``rules`` holds the rules that read otherwise now.

    ``subject`` is the rule or finding whose text is changed, ``before`` and ``after`` what is written there: a
    condition, or a word for what is not one.
    """

    number: int
    operator: Operator
    subject: str
    place: Location
    before: Condition | str
    after: Condition | str
    rules: Mapping[str, Rule]

    def applied(self, rulebook: Rulebook) -> Rulebook:
        """The rulebook with this change."""
        return replace(rulebook, rules={**rulebook.rules, **self.rules}, digest=f"{rulebook.digest}#{self.number}")


def mutants(rulebook: Rulebook) -> list[Mutant]:
    """Every mutant of a rulebook: those of its findings, then those of each rule, in file order."""
    drafts = itertools.chain(_of_findings(rulebook), *(_of_rule(rule, rulebook) for rule in rulebook.rules.values()))
    return [Mutant(number, *draft) for number, draft in enumerate(drafts)]


Draft = tuple[Operator, str, Location, Condition | str, Condition | str, Mapping[str, Rule]]
"""A mutant without its number."""


def _of_findings(rulebook: Rulebook) -> Iterator[Draft]:
    for finding in rulebook.findings.values():
        users = [rule for rule in rulebook.rules.values() if finding.id in findings_of(rule.condition)]
        for operator, place, new in changed_conditions(finding.condition, rulebook, finding.location) if users else ():
            rules = {rule.id: replace(rule, condition=_with_finding(rule.condition, finding.id, new)) for rule in users}
            yield operator, finding.id, place, finding.condition, new, rules


def _of_rule(rule: Rule, rulebook: Rulebook) -> Iterator[Draft]:
    for operator, place, new in changed_conditions(rule.condition, rulebook, rule.location):
        if rule.declared and operator == "value swapped":
            continue  # the drugs are not written in the rule, but those of its regimen
        guarded = of_disease(new, rule.setting.disease)
        yield operator, rule.id, place, rule.condition, new, {rule.id: replace(rule, condition=guarded)}
    swapped = _with_swapped_effect(rule)
    yield _draft_of_text("effect swapped", rule, _effect_word(rule), _effect_word(swapped), swapped)
    for study in rule.studies if rule.effect in CITING else ():
        studies = tuple(study_kept for study_kept in rule.studies if study_kept != study)
        words = _listed("studies", rule.studies), _listed("studies", studies)
        yield _draft_of_text("study dropped", rule, *words, replace(rule, studies=studies))
    for name in rule.overrides:
        overrides = tuple(overridden for overridden in rule.overrides if overridden != name)
        words = _listed("overrides", rule.overrides), _listed("overrides", overrides)
        yield _draft_of_text("override dropped", rule, *words, replace(rule, overrides=overrides))


def _draft_of_text(operator: Operator, rule: Rule, before: str, after: str, changed: Rule) -> Draft:
    return operator, rule.id, rule.location, before, after, {rule.id: changed}


CITING = (Effect.OFFER, Effect.STANDARD, Effect.NOTE, Effect.SILENT)
"""The effects of rules whose studies the advice cites; those of an exclusion or a caution it does not show."""


def _listed(key: str, names: tuple[str, ...]) -> str:
    return f"{key}: [{', '.join(names)}]"


def _with_finding(condition: Condition, name: str, new: Condition) -> Condition:
    """The condition with another meaning of a finding."""
    match condition:
        case Leaf():
            return condition
        case Named(name=finding, condition=inner, place=place):
            return Named(finding, new if finding == name else _with_finding(inner, name, new), place)
        case Not(part=part, place=place):
            return Not(_with_finding(part, name, new), place)
        case AllOf(parts=parts, place=place) | AnyOf(parts=parts, place=place):
            return type(condition)(tuple(_with_finding(part, name, new) for part in parts), place)


# Conditions ----------------------------------------------------------------------------------------------------------

Change = tuple[Operator, Location, Condition]


def changed_conditions(condition: Condition, rulebook: Rulebook, location: Location) -> Iterator[Change]:
    """Every small change of one condition as it is written; findings in it are not opened."""
    for steps, node in nodes(condition, opened=False):
        place = node.place or location
        parent = part_at(condition, steps[:-1])  # the whole is its own
        for operator, new in _changed_nodes(node, parent, rulebook):
            yield operator, place, replaced(condition, steps, new)
        if _can_be_dropped(parent, steps):
            yield "condition dropped", place, replaced(condition, steps, None)


def _can_be_dropped(parent: Condition, steps: Steps) -> bool:
    return not steps or (isinstance(parent, AllOf | AnyOf) and len(children(parent)) > 1)


def _changed_nodes(node: Condition, parent: Condition, rulebook: Rulebook) -> Iterator[tuple[Operator, Condition]]:
    match node:
        case Leaf():
            for operator, atom in _changed_atoms(node, rulebook.domain):
                yield operator, Leaf(atom, node.place)
        case Named():
            for name in _sibling_findings(node.name, rulebook):
                yield "finding replaced", Named(name, rulebook.findings[name].condition, node.place)
        case Not(part=part):
            yield "condition negated", part
    if isinstance(node, Leaf | Named | AnyOf) and not isinstance(parent, Not):
        yield "condition negated", Not(node, node.place)


def _changed_atoms(leaf: Leaf, domain: Domain) -> Iterator[tuple[Operator, Is | Between | Includes]]:
    atom, fact = leaf.atom, domain.facts[leaf.atom.fact]
    match atom, fact:
        case Between(), NumberFact():
            yield from _changed_numbers(atom, fact)
        case Is(values=values), ChoiceFact():
            for value in sorted(values, key=fact.domain.index) if len(values) > 1 else ():
                yield "value dropped", Is(fact.name, values - {value})
            # The sibling of yes is no: that is the negation, made elsewhere.
            for value in sorted(values, key=fact.domain.index) if len(fact.domain) > 2 else ():
                for sibling in _after(value, fact.domain, lambda word: word not in values)[:1]:
                    yield "value swapped", Is(fact.name, values - {value} | {sibling})
        case Includes(member=member), SetFact():
            for sibling in _sibling_members(member, fact, domain):
                yield "value swapped", Includes(fact.name, sibling)


def _changed_numbers(atom: Between, fact: NumberFact) -> Iterator[tuple[Operator, Between]]:
    ranges: list[tuple[Operator, int, int]] = [
        ("threshold by one", atom.low + step, atom.high) for step in (-1, 1) if atom.low > fact.low
    ]
    if atom.high < fact.high:
        ranges += [("threshold by one", atom.low, atom.high + step) for step in (-1, 1)]
    if atom.low == atom.high:
        ranges = [("threshold by one", atom.low + step, atom.low + step) for step in (-1, 1)]
        # At the end of the domain an exact number is a threshold too: "0" and "below 1" are one.
        ranges += [("threshold by one", fact.low, atom.high + 1)] if atom.low == fact.low else []
        ranges += [("threshold by one", atom.low - 1, fact.high)] if atom.high == fact.high else []
        ranges += [("comparison flipped", atom.low, fact.high), ("comparison flipped", fact.low, atom.high)]
    elif atom.high == fact.high:
        ranges.append(("comparison flipped", fact.low, atom.low))
    elif atom.low == fact.low:
        ranges.append(("comparison flipped", atom.high, fact.high))
    for operator, low, high in ranges:
        if fact.low <= low <= high <= fact.high and (low, high) != (atom.low, atom.high):
            yield operator, Between(fact.name, low, high)


def _after(word: str, words: tuple[str, ...], allowed: Callable[[str], bool]) -> list[str]:
    """The other words that are allowed, beginning after ``word`` and going round."""
    start = words.index(word) + 1
    return [candidate for candidate in (*words[start:], *words[:start]) if candidate != word and allowed(candidate)]


def _sibling_members(member: str, fact: SetFact, domain: Domain) -> list[str]:
    words = (*fact.members, fact.empty_word)
    if not fact.groups:
        return _after(member, words, lambda _: True)[:MOST_SIBLINGS]
    formulary = domain.formulary
    if member in formulary.drugs:
        classes = formulary.classes_of(member)
        drugs = tuple(sorted(formulary.drugs))
        near = _after(member, drugs, lambda drug: not classes.isdisjoint(formulary.classes_of(drug)))
        nearest = sorted(near, key=lambda drug: len(classes ^ formulary.classes_of(drug)))
        narrowest = sorted(sorted(classes), key=lambda name: len(formulary.members_of(name)))
        return [*nearest[:1], *narrowest[:1]]
    if member not in formulary.classes:  # the word for none of them: its opposite is the negation
        return []
    inside = formulary.members_of(member)
    groups = tuple(fact.groups)
    near = _after(member, groups, lambda group: not inside.isdisjoint(formulary.members_of(group)))
    return sorted(near, key=lambda group: len(inside ^ formulary.members_of(group)))[:MOST_SIBLINGS]


def _sibling_findings(name: str, rulebook: Rulebook) -> list[str]:
    """Findings that test some of the same facts, the most alike first; not those that are built on this one."""
    fields = fields_of(rulebook.findings[name].condition)
    near = _after(
        name,
        tuple(rulebook.findings),
        lambda finding: not fields.isdisjoint(fields_of(rulebook.findings[finding].condition)),
    )
    return sorted(near, key=lambda finding: len(fields ^ fields_of(rulebook.findings[finding].condition)))[
        :MOST_SIBLINGS
    ]


# Effects -------------------------------------------------------------------------------------------------------------

_SWAPS = {
    Effect.EXCLUDE: Effect.CAUTION,
    Effect.CAUTION: Effect.EXCLUDE,
    Effect.OFFER: Effect.EXCLUDE,
    Effect.STANDARD: Effect.NOTE,
    Effect.NOTE: Effect.SILENT,
    Effect.SILENT: Effect.NOTE,
    Effect.TRIAL: Effect.NOTE,
}


def _with_swapped_effect(rule: Rule) -> Rule:
    target = Target(TargetItem(regimen=rule.subject)) if rule.effect is Effect.OFFER else rule.target
    effect = _SWAPS[rule.effect]
    return replace(rule, effect=effect, target=target, kind="patient" if effect is Effect.CAUTION else None)


def _effect_word(rule: Rule) -> str:
    return f"{rule.effect}: {rule.target if rule.effect in (Effect.EXCLUDE, Effect.CAUTION) else rule.subject}"
