"""Suggest cases to paste: a patient for whom a condition decides, with the advice of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Truth
from regimen_advisor.patient.facts import NumberFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.profile_yaml import flow, profile_lines
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.solving.solver import Solver
from regimen_advisor.solving.witness import witness
from regimen_advisor.testing.cases import ExpectedStatement
from regimen_advisor.testing.coverage import Covered, demand
from regimen_advisor.testing.results import decided_by, statements_of
from regimen_advisor.testing.updating import WIDTH, entry_lines, expectation_of, statement_lines
from regimen_advisor.words.catalogue import say

Written = Mapping[str, Any]


def patient_of(profile: Written, rulebook: Rulebook) -> Patient:
    """The patient of a profile that is in no file."""
    return read(Profile.model_validate(dict(profile)), rulebook.domain)


def example(condition: Condition, rulebook: Rulebook, solver: Solver | None = None) -> dict[str, Any] | None:
    """The shortest profile of which ``condition`` is true node by node, so that cases count it; ``None`` if none is."""
    solver = solver or Guideline.of(rulebook).solver
    profile = witness(solver, condition)
    if profile is None:
        return None
    if RuleProgram({"": condition}).truths(patient_of(profile, rulebook).facts)[""] is Truth.TRUE:
        return profile
    unknown = Patient("anybody", rulebook.domain.unknown, None, {})
    return witness(solver, condition, unknown)


def missing_examples(covered: Covered, rulebook: Rulebook) -> list[tuple[bool, dict[str, Any]]]:
    """For each value that no case shows, profiles in which the occurrence has it and alone decides its rule.

    Of a rule that excludes or warns they are patients to whom a regimen it speaks of is offered otherwise, where there
    are such: only there does it show. Of a number they lie at each edge, where a slip by one shows.
    """
    found: list[tuple[bool, dict[str, Any]]] = []
    for value in covered.lacking:
        needed = demand(rulebook, covered.occurrence, value=value)
        seen = AllOf((needed, shows)) if (shows := _shows(rulebook.rules[covered.occurrence.rule], rulebook)) else None
        profiles = []
        for wider in (seen, needed):
            edges = [AllOf((wider, edge)) for edge in _edges(covered, rulebook, value=value)] if wider else []
            profiles = [profile for edge in edges if (profile := example(edge, rulebook))]
            if wider and not profiles and (profile := example(wider, rulebook)):
                profiles = [profile]
            if profiles:
                break
        found += [(value, profile) for profile in profiles]
    return found


def _shows(rule: Rule, rulebook: Rulebook) -> Condition | None:
    """For whom it can be seen that ``rule`` excludes or warns; ``None`` for a rule of another kind, or of nothing."""
    rules_of_regimens = [Guideline.of(rulebook).regimens[name] for name in rulebook.meets(rule)]
    match rule.effect:
        case Effect.EXCLUDE:
            seen = tuple(rules_about.offer for rules_about in rules_of_regimens)
        case Effect.CAUTION:
            seen = tuple(AllOf((rules_about.offer, Not(rules_about.exclusion))) for rules_about in rules_of_regimens)
        case _:
            return None
    return AnyOf(seen) if seen else None


def _edges(covered: Covered, rulebook: Rulebook, *, value: bool) -> Iterator[Condition]:
    """The numbers at which a test of a number turns, on the side where it has ``value``."""
    atom = covered.occurrence.leaf.atom
    if not isinstance(atom, Between):
        return
    fact = rulebook.domain.facts[atom.fact]
    assert isinstance(fact, NumberFact)
    beyond = 0 if value else 1
    edges = ([atom.low - beyond] if atom.low > fact.low else []) + (
        [atom.high + beyond] if atom.high < fact.high else []
    )
    for number in dict.fromkeys(edges):
        yield Leaf(Between(atom.fact, number, number))


def case_of_occurrence(covered: Covered, profile: Written, rulebook: Rulebook, *, value: bool) -> list[str]:
    """The lines of a case that shows an occurrence with ``value``."""
    wording = Guideline.of(rulebook).wording
    words = wording.condition(covered.occurrence.leaf, value)
    rule = rulebook.rules[covered.occurrence.rule]
    key = "suggested.can_hold" if value else "suggested.does_not_hold"
    name = say(key, condition=words, rule=rule.id)
    return case_lines(name, profile, [rule], rulebook)


def case_lines(name: str, profile: Written, rules: list[Rule], rulebook: Rulebook) -> list[str]:
    """A case as a file holds it: what the advice now says of the profile, as far as these rules speak of it."""
    advice = advise(patient_of(profile, rulebook), rulebook, ask=False)
    lines = [f"name: {flow(name)}", "profile:", *(f"  {line}" for line in profile_lines(profile))]
    return lines + _expected(advice, rules, rulebook)


def _expected(advice: Advice, rules: list[Rule], rulebook: Rulebook) -> list[str]:
    options = {option.regimen: option for option in advice.options}
    shown = statements_of(advice)
    regimens = dict.fromkeys(name for rule in rules if (name := _regimen_to_show(rule, options, rulebook)))
    lines = [line for name in regimens for line in entry_lines(name, _expectation(options.get(name), rules))]
    lines = ["expect:", *lines] if lines else []
    spoken = [rule.id for rule in rules if not rulebook.meets(rule)]
    says = [ExpectedStatement(name, shown[name].effect, shown[name].studies) for name in spoken if name in shown]
    says_not = [name for name in spoken if name not in shown]
    if says:
        lines += statement_lines(says)
    if says_not:
        line = f"says_not: [{', '.join(says_not)}]"
        lines += [line] if len(line) <= WIDTH else ["says_not:", *(f"  - {name}" for name in says_not)]
    return lines


def _expectation(option: Option | None, rules: Sequence[Rule]) -> dict[str, Any] | str:
    """What the option now is; with the rules that decide on it, even if none does, where ``rules`` could."""
    expectation = expectation_of(option)
    if isinstance(expectation, dict) and any(rule.effect in (Effect.CAUTION, Effect.EXCLUDE) for rule in rules):
        expectation.setdefault("because", [])
    return expectation


def _regimen_to_show(rule: Rule, options: Mapping[str, Option], rulebook: Rulebook) -> str | None:
    """A regimen on which the rule shows: one that it decides on, else one that is offered or may be, else any."""
    met = rulebook.meets(rule)
    if rule.effect is Effect.OFFER:
        return rule.subject
    deciding = [name for name in met if name in options and rule.id in decided_by(options[name])]
    offered = [name for name in met if name in options and options[name].standing.is_offered]
    may_be = [name for name in met if name in options and options[name].standing is not Standing.NOT_INDICATED]
    return next(iter((*deciding, *offered, *may_be, *met)), None)
