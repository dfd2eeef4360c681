"""List what a pack replaced or retired that bears on an answer, each with the reason that the pack gives."""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.advice import Advice, ToldChange
from regimen_advisor.figure_wording import CitationLabels
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import regimens_met
from regimen_advisor.knowledge.stacking import Kind, PackChange
from regimen_advisor.language.conditions import Named
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.paths import nodes
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.reading import Patient

_NOT_SHOWN = "not-indicated"


def changes_told(advice: Advice, rulebook: Rulebook, patient: Patient) -> tuple[ToldChange, ...]:
    """The changes of packs that bear on an answer.

    A rule that no longer counts bears on it where its condition holds or may hold for this patient; any other entry
    where something that the answer shows names it, or named it before it was retired.
    """
    if not rulebook.changes:
        return ()
    named = _named(advice, rulebook)
    bearing = set(_of_rules(rulebook, patient, {name for kind, name in named if kind == "regimen"}))
    bearing |= {change for kind, name in named if kind == "rule" for change in rulebook.bereft.get(name, ())}
    return tuple(
        _reported(change, rulebook)
        for change in rulebook.changes
        if change in bearing or (change.outcome == "replaced" and (change.kind, change.id) in named)
    )


def _of_rules(rulebook: Rulebook, patient: Patient, shown: set[str]) -> Iterator[PackChange]:
    """The changes for which a rule is gone that would speak of this patient, or may.

    A caution or an exclusion must have been about one of the regimens ``shown``.
    """
    reader = Interpreter(patient.facts)
    for rule, change in rulebook.withdrawn.values():
        if rule.target is not None and shown.isdisjoint(regimens_met(rule, rulebook.regimens, rulebook.formulary)):
            continue
        if reader.judge(rule.condition).truth is not Truth.FALSE:
            yield change


def _named(advice: Advice, rulebook: Rulebook) -> set[tuple[Kind, str]]:
    """The entries that what an answer shows rests on, each by its kind and id."""
    found: set[tuple[Kind, str]] = set()
    rules = {statement.rule for statement in (*advice.standards, *advice.notes, *advice.silent)}
    rules |= {trial.rule for trial in advice.trials}
    for option in advice.options:
        if option.standing.value == _NOT_SHOWN:
            continue
        found.add(("regimen", option.regimen))
        found |= {("approval", approval.id) for approval in option.approvals}
        found |= {("study", harm.study) for harm in option.harm}
        rules |= {*option.rules, *(shown.rule for shown in option.cautions), *(shown.rule for shown in option.reasons)}
    for rule in (rulebook.rules[name] for name in rules):
        found |= {("rule", rule.id), *(("source", review) for review in rule.source.reviews)}
        found |= {("study", study) for study in rule.studies}
        found |= {("finding", part.name) for _, part in nodes(rule.condition) if isinstance(part, Named)}
    found |= {("study", trial.study) for trial in advice.trials}
    return found


def _reported(change: PackChange, rulebook: Rulebook) -> ToldChange:
    """The change as an answer reports it; of a rule also its sentence."""
    sentence = None
    if change.kind == "rule" and change.id in rulebook.withdrawn:
        rule, _ = rulebook.withdrawn[change.id]
        is_loaded = rulebook.reviews.keys() >= set(rule.source.reviews)
        sentence = f"{rule.says} [{CitationLabels(rulebook).cite(rule.source)}]" if is_loaded else rule.says
    return ToldChange(
        entry=change.kind, id=change.id, how=change.outcome, pack=change.pack, reason=change.reason, said=sentence
    )
