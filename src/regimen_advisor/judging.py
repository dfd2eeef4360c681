"""Every rule judged for one patient, by two engines that must agree, and settled exactly by the solver.

Where durable-rules cannot be imported (Python 3.13 and later, Windows) the interpreter judges alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from regimen_advisor.engines import forward_chaining
from regimen_advisor.engines.program import Program
from regimen_advisor.files.errors import DisagreementError
from regimen_advisor.guideline import effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language import interpreter
from regimen_advisor.language.interpreter import Judgement, disjunction
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.reading import Patient


@dataclass(frozen=True)
class Judged:
    """What the engines say of one patient.

    ``rules`` is the judgement tree of each effective rule, ``node_by_node`` the standing each regimen has by the
    table of design section 4, ``engines`` the names of the engines that agreed.
    """

    patient: Patient
    rulebook: Rulebook
    engines: tuple[str, ...]
    rules: Mapping[str, Judgement]
    node_by_node: Mapping[str, Standing]
    conditions: Mapping[str, tuple[Truth, Truth, Truth]]

    def truth(self, rule: str) -> Truth:
        """The truth of an effective rule, node by node."""
        return self.rules[rule].truth


@lru_cache(maxsize=8)
def _second_engine(rulebook: Rulebook) -> forward_chaining.ForwardChaining | None:
    if not forward_chaining.available():
        return None
    findings = {name: finding.condition for name, finding in rulebook.findings.items()}
    return forward_chaining.ForwardChaining(effective_conditions(rulebook), findings, rulebook.domain)


@lru_cache(maxsize=8)
def _program(rulebook: Rulebook) -> Program:
    return Program(effective_conditions(rulebook))


def _any(rules: Iterable[Rule], judged: Mapping[str, Judgement]) -> Truth:
    return disjunction([judged[rule.id].truth for rule in rules])


def judge(patient: Patient, rulebook: Rulebook) -> Judged:
    """The rules judged for ``patient``. Raises ``DisagreementError`` if two engines differ on any rule."""
    rules = _program(rulebook).judge(patient.facts)
    engines = [interpreter.NAME]
    second = _second_engine(rulebook)
    if second is not None:
        _compare(rules, second.judge(patient.facts), patient)
        engines.insert(0, forward_chaining.NAME)
    conditions = {
        name: (_any(of.offers, rules), _any(of.exclusions, rules), _any(of.cautions, rules))
        for name, of in regimen_rules(rulebook).items()
    }
    standings = {name: standing_of(*truths) for name, truths in conditions.items()}
    return Judged(patient, rulebook, tuple(engines), rules, standings, conditions)


def _compare(rules: Mapping[str, Judgement], others: Mapping[str, Truth], patient: Patient) -> None:
    different = [
        f"  rule {name}: {interpreter.NAME} says {judgement.truth.value}, "
        f"{forward_chaining.NAME} says {others[name].value}"
        for name, judgement in rules.items()
        if others[name] is not judgement.truth
    ]
    if different:
        lines = "\n".join(different)
        raise DisagreementError(
            f"{patient.id}: the two engines disagree, so no answer is given. Please report this profile.\n{lines}"
        )
