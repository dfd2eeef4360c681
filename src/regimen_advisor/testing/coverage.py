"""Measure how well cases exercise the rules: masking MC/DC over every occurrence of a condition.

An occurrence is covered where one case has it true, another has it false, and in both it alone decides its rule, so
that the rule's truth differs between them. An occurrence for which no possible patient can do that cannot matter; the
solver proves it, and names the axioms it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.interpreter import Judgement
from regimen_advisor.language.paths import Steps, deciding
from regimen_advisor.language.values import Choice, Facts, Truth
from regimen_advisor.testing.cases import RuleCase
from regimen_advisor.testing.condition_instances import ConditionInstance, occurrences
from regimen_advisor.testing.impossibility import Impossibility

Status = Literal["covered", "missing", "cannot matter", "guard"]


@dataclass(frozen=True)
class Proof:
    """Why an occurrence never alone decides with one value: the axioms that forbid it; none where the rule does."""

    value: bool
    axioms: tuple[str, ...]


@dataclass
class Covered:
    """What cases showed of one occurrence, by their names.

    ``by_truth`` holds the cases by the truth it had in them, ``decided`` those in which it alone decided, by its
    value. ``proofs`` are given for values with which it cannot alone decide.
    """

    occurrence: ConditionInstance
    by_truth: Mapping[Truth, list[str]] = field(default_factory=lambda: {truth: [] for truth in Truth})
    decided: Mapping[bool, list[str]] = field(default_factory=lambda: {True: [], False: []})
    proofs: tuple[Proof, ...] = ()

    @property
    def status(self) -> Status:
        """Covered, missing, proved not to matter, or a guard that is not counted."""
        if self.occurrence.is_guard:
            return "guard"
        if self.proofs:
            return "cannot matter"
        return "missing" if self.lacking else "covered"

    @property
    def lacking(self) -> tuple[bool, ...]:
        """The values with which no case shows that it alone decides."""
        return tuple(value for value in (True, False) if not self.decided[value])


@dataclass(frozen=True)
class Coverage:
    """The coverage of a rulebook by cases; ``rules`` holds every occurrence by rule, in file order."""

    rulebook: Rulebook
    cases: int
    rules: Mapping[str, tuple[Covered, ...]]

    def of(self, *statuses: Status) -> tuple[Covered, ...]:
        """The occurrences with one of these statuses."""
        return tuple(covered for found in self.rules.values() for covered in found if covered.status in statuses)

    @property
    def share(self) -> float:
        """Covered occurrences as a share of those that can matter; 1.0 where none can."""
        counted = len(self.of("covered", "missing"))
        return len(self.of("covered")) / counted if counted else 1.0

    @property
    def is_whole(self) -> bool:
        """Whether every condition that can matter is covered, and every rule holds in some case."""
        return not self.of("missing") and not self.unused

    @property
    def unused(self) -> tuple[str, ...]:
        """The rules that hold in no case."""
        return tuple(name for name, found in self.rules.items() if name not in self.held)

    held: frozenset[str] = frozenset()


def measure(rulebook: Rulebook, cases: Sequence[RuleCase], rules: Iterable[str] | None = None) -> Coverage:
    """What ``cases`` show of the rules (all of them, if ``rules`` is left out)."""
    names = list(rules) if rules is not None else list(rulebook.rules)
    effective = Guideline.of(rulebook).effective
    found = {name: tuple(Covered(instance) for instance in occurrences(rulebook.rules[name])) for name in names}
    held: set[str] = set()
    program = RuleProgram({name: effective[name] for name in names})
    for case in cases:
        trees = program.judge(case.patient.facts)
        for name in names:
            rule = rulebook.rules[name]
            if not _concerns(rule, case.patient.facts):
                continue
            tree = trees[name]
            if tree.truth is Truth.TRUE:
                held.add(name)
            tree_of_rule = tree if effective[name] is rule.condition else tree.parts[0]
            free = tree_of_rule is tree or all(part.truth is Truth.TRUE for part in tree.parts[1:])
            table = {covered.occurrence.steps: covered for covered in found[name]}
            _look(tree_of_rule, (), table, case.name, alone=free)
    _prove(rulebook, found)
    return Coverage(rulebook, len(cases), found, frozenset(held))


def _concerns(rule: Rule, facts: Facts) -> bool:
    """Whether the patient may have the disease of the rule's file."""
    disease = facts["disease"]
    assert isinstance(disease, Choice)
    return rule.setting.disease in disease.possible


def _look(tree: Judgement, steps: Steps, table: Mapping[Steps, Covered], case: str, *, alone: bool) -> None:
    """Note the truth of every occurrence in ``tree``; ``alone`` where this part alone decides the rule."""
    match tree.condition:
        case Leaf():
            covered = table[steps]
            covered.by_truth[tree.truth].append(case)
            if alone and tree.truth is not Truth.UNKNOWN:
                covered.decided[tree.truth is Truth.TRUE].append(case)
        case Named() | Not():
            _look(tree.parts[0], (*steps, 0), table, case, alone=alone)
        case AllOf() | AnyOf():
            through = Truth.TRUE if isinstance(tree.condition, AllOf) else Truth.FALSE
            shut = [index for index, part in enumerate(tree.parts) if part.truth is not through]
            for index, part in enumerate(tree.parts):
                _look(part, (*steps, index), table, case, alone=alone and shut in ([], [index]))


# Proofs ----------------------------------------------------------------------------------------------------------


def demand(rulebook: Rulebook, occurrence: ConditionInstance, *, value: bool) -> Condition:
    """The condition under which an occurrence has ``value`` and alone decides its rule."""
    rule = rulebook.rules[occurrence.rule]
    effective = Guideline.of(rulebook).effective[rule.id]
    alone = deciding(rule.condition, occurrence.steps)
    exceptions = () if effective is rule.condition else effective.parts[1:] if isinstance(effective, AllOf) else ()
    return AllOf((occurrence.leaf if value else Not(occurrence.leaf), alone, *exceptions))


def _prove(rulebook: Rulebook, found: Mapping[str, tuple[Covered, ...]]) -> None:
    """Give each occurrence that is not covered its proofs, where it cannot be."""
    prover: Impossibility | None = None
    for covered in (occurrence for several in found.values() for occurrence in several):
        if covered.status != "missing":
            continue
        prover = prover or Impossibility(rulebook)
        proofs = [
            Proof(value, axioms)
            for value in covered.lacking
            if (axioms := prover.axioms(demand(rulebook, covered.occurrence, value=value))) is not None
        ]
        covered.proofs = tuple(proofs)
