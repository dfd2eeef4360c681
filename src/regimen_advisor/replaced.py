"""List what a pack replaced or retired that bears on an answer, each with the reason that the pack gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regimen_advisor.advice import Advice, ReportedChange
from regimen_advisor.knowledge.rulebook import Rulebook, harm_studies, named_drugs
from regimen_advisor.knowledge.rules import Rule, regimens_met
from regimen_advisor.knowledge.stacking import PackChange, PackEntryKind
from regimen_advisor.language.conditions import AllOf, Named
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.paths import nodes
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.reading import Patient


@dataclass(frozen=True)
class Withdrawn:
    """A rule that no longer counts, and the regimens it excluded or warned of; ``None`` where it was about no such."""

    rule: Rule
    regimens: frozenset[str] | None


@dataclass(frozen=True)
class Bearing:
    """A change of a pack, with the rules and regimens that it bears on and the rules that are gone by it."""

    change: ReportedChange
    rules: frozenset[str]
    regimens: frozenset[str]
    withdrawn: tuple[Withdrawn, ...]


def bearings(rulebook: Rulebook) -> tuple[Bearing, ...]:
    """What each change of a pack bears on: what names a replaced entry, and what lost a retired one."""
    overrides = [_override(*found, rulebook) for found in rulebook.overridden_by_packs()]
    if not rulebook.changes:
        return tuple(overrides)
    named = {rule.id: _named_by(rule) for rule in rulebook.rules.values()}
    harm = {
        name: {study.id for study in harm_studies(regimen, rulebook)} for name, regimen in rulebook.regimens.items()
    }
    return (*(_bearing(change, rulebook, named, harm) for change in rulebook.changes), *overrides)


def reported_changes(advice: Advice, known: Iterable[Bearing], patient: Patient) -> tuple[ReportedChange, ...]:
    """The changes of packs that bear on an answer, as it reports them.

    A rule that no longer counts bears on it where its condition holds or may hold for this patient; a caution or an
    exclusion only where it was about a regimen that is shown. Any other entry bears on it where something that the
    answer shows names it, or named it before it was retired.
    """
    rules, regimens = _shown_rules(advice), _shown_regimens(advice)
    interpreter = Interpreter(patient.facts)

    def is_about(withdrawn: Withdrawn) -> bool:
        if withdrawn.regimens is not None and regimens.isdisjoint(withdrawn.regimens):
            return False
        return interpreter.judge(withdrawn.rule.condition).truth is not Truth.FALSE

    return tuple(
        bearing.change
        for bearing in known
        if not bearing.rules.isdisjoint(rules)
        or not bearing.regimens.isdisjoint(regimens)
        or any(map(is_about, bearing.withdrawn))
    )


def _bearing(
    change: PackChange,
    rulebook: Rulebook,
    named: dict[str, set[tuple[PackEntryKind, str]]],
    harm: dict[str, set[str]],
) -> Bearing:
    entry: tuple[PackEntryKind, str] = (change.kind, change.id)
    is_replaced = change.outcome == "replaced"
    rules = {id for id, changes in rulebook.bereft.items() if change in changes}
    rules |= {id for id, entries in named.items() if is_replaced and entry in entries}
    regimens = {change.id} if is_replaced and change.kind == "regimen" else set()
    if is_replaced and change.kind == "study":
        regimens |= {name for name, studies in harm.items() if change.id in studies}
    if change.outcome == "retired" and change.kind == "study":
        regimens |= _without_harm(change.id, rulebook)
    gone = [rule for rule, cause in rulebook.withdrawn.values() if cause == change]
    return Bearing(
        _reported(change, rulebook),
        frozenset(rules),
        frozenset(regimens),
        tuple(Withdrawn(rule, _about(rule, rulebook)) for rule in gone),
    )


def _without_harm(study: str, rulebook: Rulebook) -> set[str]:
    """The regimens with the drug of which a retired study gave the severe harm: no rule names the study for that."""
    drug = rulebook.retired_harm.get(study)
    return {name for name, regimen in rulebook.regimens.items() if drug in named_drugs(regimen)}


def _override(overridden: Rule, deciding: Rule, pack: str, rulebook: Rulebook) -> Bearing:
    """A rule that does not count where one of a pack holds: it bears on a patient for whom both hold or may hold."""
    where_both_hold = replace(overridden, condition=AllOf((overridden.condition, deciding.condition)))
    change = ReportedChange(
        entry="rule", id=overridden.id, how="overridden", pack=pack, reason=deciding.says,
        said=_sentence(overridden, rulebook),
    )  # fmt: skip
    return Bearing(change, frozenset(), frozenset(), (Withdrawn(where_both_hold, _about(overridden, rulebook)),))


def _about(rule: Rule, rulebook: Rulebook) -> frozenset[str] | None:
    if rule.target is None:
        return None
    return frozenset(regimens_met(rule, rulebook.regimens, rulebook.formulary))


def _named_by(rule: Rule) -> set[tuple[PackEntryKind, str]]:
    """The entries that a rule rests on, itself among them."""
    found: set[tuple[PackEntryKind, str]] = {("rule", rule.id), ("study", rule.subject)}
    found |= {("source", review) for review in rule.source.reviews}
    found |= {("study", study) for study in rule.studies} | {("approval", name) for name in rule.approvals}
    return found | {("finding", part.name) for _, part in nodes(rule.condition) if isinstance(part, Named)}


def _shown_regimens(advice: Advice) -> set[str]:
    return {option.regimen for option in advice.options if option.standing is not Standing.NOT_INDICATED}


def _shown_rules(advice: Advice) -> set[str]:
    rules = {statement.rule for statement in (*advice.standards, *advice.notes, *advice.silent)}
    rules |= {trial.rule for trial in advice.trials}
    for option in advice.options:
        if option.standing is not Standing.NOT_INDICATED:
            rules |= {
                *option.rules,
                *(shown.rule for shown in option.cautions),
                *(shown.rule for shown in option.reasons),
            }
    return rules


def _reported(change: PackChange, rulebook: Rulebook) -> ReportedChange:
    """The change as an answer reports it; of a rule also its sentence."""
    sentence = None
    if change.kind == "rule" and change.id in rulebook.withdrawn:
        sentence = _sentence(rulebook.withdrawn[change.id][0], rulebook)
    return ReportedChange(
        entry=change.kind, id=change.id, how=change.outcome, pack=change.pack, reason=change.reason, said=sentence
    )


def _sentence(rule: Rule, rulebook: Rulebook) -> str:
    """What a rule says, with its place where its source is still loaded."""
    is_loaded = rulebook.reviews.keys() >= set(rule.source.reviews)
    return f"{rule.says} [{rulebook.citations.cite(rule.source)}]" if is_loaded else rule.says
