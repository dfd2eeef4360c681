"""Check whether a case would notice a change of some rules, without making its advice again.

Only the rules that changed are judged, and only the expectations on their regimens are compared. That is
exact where every truth involved is settled node by node; where one is unknown the answer is ``None``, and only the
advice itself can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.interpreter import conjunction
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Choice, Facts, Truth
from regimen_advisor.testing.cases import STATEMENTS, Expectation, RuleCase
from regimen_advisor.testing.mutants import Mutant


@dataclass(frozen=True)
class Observed:
    """A case with what the unchanged rules say of its patient: the truth of each effective rule."""

    case: RuleCase
    truths: Mapping[str, Truth]
    diseases: frozenset[str]


def observe(cases: Iterable[RuleCase], rulebook: Rulebook) -> list[Observed]:
    """The cases, each with the truth of every rule."""
    program = Guideline.of(rulebook).program
    found = []
    for case in cases:
        facts = case.patient.facts
        disease = facts["disease"]
        assert isinstance(disease, Choice)
        found.append(Observed(case, program.truths(facts), disease.possible))
    return found


class KillCheck:
    """Checks one change after another against the cases."""

    def __init__(self, rulebook: Rulebook, observed: list[Observed]) -> None:
        self.rulebook, self.observed = rulebook, observed
        self.regimens = {
            name: [rule.id for rule in rules_about.rules]
            for name, rules_about in Guideline.of(rulebook).regimens.items()
        }
        self.naming: dict[str, list[int]] = {name: [] for name in rulebook.rules}
        for index, seen in enumerate(observed):
            for name in seen.case.rules:
                self.naming[name].append(index)

    def killer(self, mutant: Mutant) -> tuple[RuleCase | None, list[RuleCase]]:
        """The first case found to notice the change, and those of which only their advice could tell."""
        change = _Change(self, mutant)
        first = dict.fromkeys(index for name in mutant.rules for index in self.naming[name])
        unsure = []
        for index in (*first, *(index for index in range(len(self.observed)) if index not in first)):
            seen = change.noticed(self.observed[index])
            if seen:
                return self.observed[index].case, []
            if seen is None:
                unsure.append(self.observed[index].case)
        return None, unsure


class _Change:
    def __init__(self, kill_check: KillCheck, mutant: Mutant) -> None:
        self.kill_check, self.rulebook, self.mutant = kill_check, kill_check.rulebook, mutant
        self.overridden = {
            name: [rule.id for rule in rules] for name, rules in self.rulebook.overridden_by.items() if rules
        }
        for rule in mutant.rules.values():
            old = self.rulebook.rules[rule.id]
            for name in set(old.overrides) - set(rule.overrides):
                self.overridden[name] = [overriding for overriding in self.overridden[name] if overriding != rule.id]
        self.touched = self._touched()
        self.program = RuleProgram({name: self.rule(name).condition for name in self._judged()})
        self.regimens = self._regimens()
        self.reads_otherwise = any(self._reads_otherwise(name) for name in self.touched)

    def _touched(self) -> tuple[str, ...]:
        """The rules that changed, and those whose overriding rules did."""
        names = dict.fromkeys(self.mutant.rules)
        for rule in self.mutant.rules.values():
            names.update(dict.fromkeys((*rule.overrides, *self.rulebook.rules[rule.id].overrides)))
        return tuple(names)

    def rule(self, name: str) -> Rule:
        return self.mutant.rules.get(name) or self.rulebook.rules[name]

    def _regimens(self) -> Mapping[str, list[str]]:
        """The rules of each regimen that a touched rule is about, before or after the change."""
        table: dict[str, list[str]] = {}
        for name in self.touched:
            rule = self.rule(name)
            if rule.effect in STATEMENTS:
                continue
            # An effect is only ever swapped for one on the same regimens.
            for regimen in self.rulebook.meets(self.rulebook.rules[name]):
                table[regimen] = self.kill_check.regimens[regimen]
        return table

    def _reads_otherwise(self, name: str) -> bool:
        """Whether the rule says something else where it holds."""
        old, new = self.rulebook.rules[name], self.rule(name)
        return old.studies != new.studies or old.effect is not new.effect

    def _judged(self) -> set[str]:
        """The touched rules and all that override them, directly or not."""
        names = list(self.touched)
        for name in names:
            names += [overriding for overriding in self.overridden.get(name, []) if overriding not in names]
        return set(names)

    def _truths(self, facts: Facts) -> dict[str, Truth]:
        """The truth of each touched rule after the change, its overriding rules counted in."""
        truths = self.program.truths(facts)

        def effective(name: str) -> Truth:
            return conjunction(
                [truths[name], *(~effective(overriding) for overriding in self.overridden.get(name, []))]
            )

        return {name: effective(name) for name in self.touched}

    def noticed(self, seen: Observed) -> bool | None:
        """Whether the case fails after the change; ``None`` where that is not settled."""
        truths = self._truths(seen.case.patient.facts)
        settled = Truth.UNKNOWN not in truths.values()
        if settled and not self.reads_otherwise and all(truths[name] is seen.truths[name] for name in self.touched):
            return False
        unsure = False
        for name in self.touched:
            if self.rule(name).effect in STATEMENTS:
                answer = _statement_fails(seen.case, self.rule(name), truths[name])
                if answer:
                    return True
                unsure |= answer is None
        for regimen, names in self.regimens.items():
            answer = self._regimen_fails(seen, regimen, names, truths)
            if answer:
                return True
            unsure |= answer is None
        return None if unsure else False

    def _regimen_fails(
        self, seen: Observed, regimen: str, names: list[str], truths: Mapping[str, Truth]
    ) -> bool | None:
        wanted = seen.case.expect.get(regimen)
        if self.rulebook.regimens[regimen].disease not in seen.diseases:
            return False
        if wanted is None and not seen.case.exactly:
            return False
        now = {name: truths.get(name, seen.truths[name]) for name in names}
        if Truth.UNKNOWN in now.values():
            return None
        return not _meets(wanted, [self.rule(name) for name in names if now[name] is Truth.TRUE])


def _meets(wanted: Expectation | None, holding: list[Rule]) -> bool:
    """Whether an option on which just these rules hold is as expected."""
    by_effect = {effect: [rule for rule in holding if rule.effect is effect] for effect in Effect}
    offers, exclusions, cautions = (by_effect[effect] for effect in (Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION))
    hesitations = [rule for rule in cautions if not rule.is_measure]
    standing = standing_of(*(Truth.TRUE if rules else Truth.FALSE for rules in (offers, exclusions, hesitations)))
    if wanted is None:
        return standing is Standing.NOT_INDICATED
    if standing is not wanted.standing:
        return False
    if standing is Standing.NOT_INDICATED:
        return True
    because = exclusions if standing is Standing.EXCLUDED else cautions
    return (
        _same(wanted.rules, (rule.id for rule in offers))
        and _same(wanted.studies, (study for rule in offers for study in rule.studies))
        and _same(wanted.because, (rule.id for rule in because))
    )


def _same(expected: tuple[str, ...] | None, found: Iterable[str]) -> bool:
    return expected is None or set(expected) == set(found)


def _statement_fails(case: RuleCase, rule: Rule, truth: Truth) -> bool | None:
    """Whether a case fails on a statement of this truth."""
    expected = next((statement for statement in case.says or () if statement.rule == rule.id), None)
    closed = case.exactly and case.says is not None
    if expected is None and rule.id not in case.says_not and not closed:
        return False
    if truth is Truth.UNKNOWN:
        return None
    if truth is Truth.FALSE:
        return expected is not None
    if expected is None:
        return True
    studies = (rule.subject,) if rule.effect is Effect.TRIAL else rule.studies
    return (expected.effect is not None and expected.effect is not rule.effect) or not _same(expected.studies, studies)
