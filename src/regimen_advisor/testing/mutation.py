"""Run mutation testing of a rulebook: find the small changes that no case would notice.

A mutant that no case notices is either a survivor, shown with a patient that tells it apart, or equivalent: the solver
proves that no possible patient has another standing, other deciding rules, studies, cautions or statements.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import NEVER, AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.values import Is
from regimen_advisor.solving.solver import Solver
from regimen_advisor.solving.witness import witness
from regimen_advisor.testing.cases import STATEMENTS, RuleCase
from regimen_advisor.testing.kill_check import KillCheck, observe
from regimen_advisor.testing.mutants import Mutant, mutants
from regimen_advisor.testing.results import run_case

MutantStatus = Literal["killed", "survived", "equivalent"]
CHUNK = 40
"""Mutants that a worker takes at a time."""


@dataclass(frozen=True)
class MutantResult:
    """The fate of a mutant: the case that noticed it, or a patient that would."""

    mutant: int
    fate: MutantStatus
    case: str | None = None
    witness: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Mutation:
    """The mutants of a rulebook and the fate of each."""

    rulebook: Rulebook
    mutants: tuple[Mutant, ...]
    verdicts: tuple[MutantResult, ...]

    def of(self, fate: MutantStatus) -> tuple[tuple[Mutant, MutantResult], ...]:
        """The mutants with this fate."""
        return tuple(pair for pair in zip(self.mutants, self.verdicts, strict=True) if pair[1].fate == fate)

    @property
    def share(self) -> float:
        """Killed mutants as a share of those that are not equivalent; 1.0 where there are none."""
        killed, survived = len(self.of("killed")), len(self.of("survived"))
        return killed / (killed + survived) if killed + survived else 1.0


def mutate(
    rulebook: Rulebook,
    cases: Sequence[RuleCase],
    *,
    subjects: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Mutation:
    """Every mutant of ``rulebook`` and what the cases make of it.

    ``subjects`` limits it to some rules and findings; ``workers`` is the number of processes (that of the processors,
    if left out; always one where a process cannot be forked); ``progress`` gets how many mutants are done, of how
    many. The cases must pass beforehand.
    """
    everything = mutants(rulebook)
    chosen = [mutant for mutant in everything if subjects is None or mutant.subject in subjects]
    numbers = [mutant.number for mutant in chosen]
    chunks = [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
    verdicts: list[MutantResult] = []
    for found in _judged(rulebook, cases, chunks, min(workers or os.cpu_count() or 1, len(chunks))):
        verdicts += found
        if progress:
            progress(len(verdicts), len(numbers))
    return Mutation(rulebook, tuple(chosen), tuple(verdicts))


def _judged(
    rulebook: Rulebook, cases: Sequence[RuleCase], chunks: list[list[int]], workers: int
) -> Iterator[list[MutantResult]]:
    """The verdicts on each chunk, in order."""
    runner = MutationRunner(rulebook, cases)
    if workers <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (runner.verdicts(chunk) for chunk in chunks)
        return
    # A forked process has all that was read and judged already; a fresh one would have to start from nothing.
    _runners.append(runner)
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            yield from pool.map(_verdicts, chunks)
    finally:
        _runners.pop()


_runners: list[MutationRunner] = []


def _verdicts(numbers: list[int]) -> list[MutantResult]:
    return _runners[-1].verdicts(numbers)


class MutationRunner:
    """Judges mutants one after the other against the same cases."""

    def __init__(self, rulebook: Rulebook, cases: Sequence[RuleCase]) -> None:
        self.rulebook = rulebook
        self.mutants = mutants(rulebook)
        self.kill_check = KillCheck(rulebook, observe(cases, rulebook))

    def verdicts(self, numbers: Sequence[int]) -> list[MutantResult]:
        """The fate of the mutants with these numbers."""
        return [self.verdict(self.mutants[number]) for number in numbers]

    def verdict(self, mutant: Mutant) -> MutantResult:
        """The fate of one mutant."""
        case, unsure = self.kill_check.killer(mutant)
        if case is not None:
            return MutantResult(mutant.number, "killed", case.name)
        changed = mutant.applied(self.rulebook)
        solver = Guideline.of(self.rulebook).solver
        apart = next((way for way in ways_apart(self.rulebook, changed, mutant) if _possible(way, solver)), None)
        if apart is None:
            return MutantResult(mutant.number, "equivalent")
        for case_to_run in unsure:
            if run_case(case_to_run, changed):
                return MutantResult(mutant.number, "killed", case_to_run.name)
        return MutantResult(mutant.number, "survived", witness=witness(solver, apart))


def _possible(condition: Condition, solver: Solver) -> bool:
    session = solver.session(condition)
    return session.can([session.encoding.condition(condition)])


# What would tell a mutant apart --------------------------------------------------------------------------------------


def ways_apart(old: Rulebook, new: Rulebook, mutant: Mutant) -> Iterator[Condition]:
    """Conditions under which two rulebooks that differ in one mutant give different advice.

    In each one thing holds before that does not hold after, or the reverse, so that a patient who meets it
    surely gets other advice. Where no patient meets any of them the mutant is equivalent.
    """
    # A mutant overrides no rule that was not overridden, and acts on no regimen that was not acted on.
    touched = {name for changed in mutant.rules for name in (changed, *old.rules[changed].overrides)}
    for name in sorted(touched):
        if old.rules[name].effect in STATEMENTS:
            yield from _statement_apart(name, old, new)
    regimens = {regimen for name in touched for regimen in old.meets(old.rules[name])}
    for regimen in sorted(regimens):
        of_disease = Leaf(Is("disease", frozenset({old.regimens[regimen].disease})))
        yield from (AllOf((of_disease, way)) for way in _regimen_apart(regimen, old, new))


def _apart(left: Condition, right: Condition) -> tuple[Condition, ...]:
    return () if left is right else (AllOf((left, Not(right))), AllOf((right, Not(left))))


def _statement_apart(name: str, old: Rulebook, new: Rulebook) -> tuple[Condition, ...]:
    before, after = Guideline.of(old).effective[name], Guideline.of(new).effective[name]
    old_rule, new_rule = old.rules[name], new.rules[name]
    if old_rule.effect is not new_rule.effect or set(old_rule.studies) != set(new_rule.studies):
        return (before,)  # its condition is what it was
    return _apart(before, after)


def _regimen_apart(regimen: str, old: Rulebook, new: Rulebook) -> Iterator[Condition]:
    """Other deciding rules, studies or cautions of a regimen; its standing follows from them."""
    before, after = Guideline.of(old).effective, Guideline.of(new).effective
    of_old, of_new = Guideline.of(old).regimens[regimen], Guideline.of(new).regimens[regimen]

    def rules_apart(old_rules: Sequence[Rule], new_rules: Sequence[Rule]) -> Iterator[Condition]:
        held = {rule.id: before[rule.id] for rule in old_rules}
        holds = {rule.id: after[rule.id] for rule in new_rules}
        for name in held | holds:
            yield from _apart(held.get(name, NEVER), holds.get(name, NEVER))

    def citing(rules: Sequence[Rule], conditions: Mapping[str, Condition], study: str) -> Condition:
        return AnyOf(tuple(conditions[rule.id] for rule in rules if study in rule.studies))

    yield from rules_apart(of_old.offers, of_new.offers)
    for study in sorted(_pairs_of_studies(of_old.offers) ^ _pairs_of_studies(of_new.offers)):
        yield from _apart(citing(of_old.offers, before, study[1]), citing(of_new.offers, after, study[1]))
    # Where the offers are not the same, the first line has such a patient.
    yield from (AllOf((of_old.offer, way)) for way in rules_apart(of_old.exclusions, of_new.exclusions))
    free = of_old.offered
    yield from (AllOf((free, way)) for way in rules_apart(of_old.all_cautions, of_new.all_cautions))


def _pairs_of_studies(rules: Sequence[Rule]) -> set[tuple[str, str]]:
    return {(rule.id, study) for rule in rules for study in rule.studies}
