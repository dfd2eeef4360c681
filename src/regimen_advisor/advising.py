"""Work out the advice for a patient: every option with its standing and its citations."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Literal, TypeVar

from regimen_advisor.advice import (
    Advice,
    Basis,
    Caution,
    Evidence,
    Missing,
    Option,
    ProfileName,
    Reason,
    RulebookName,
    Statement,
    Trial,
)
from regimen_advisor.differing import shown_to
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.evidence import DesignLevel, Study, design_level
from regimen_advisor.knowledge.rulebook import Rulebook, harm_studies
from regimen_advisor.knowledge.rules import CautionKind, Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Leaf, Named, Not
from regimen_advisor.language.interpreter import Interpreter, Judgement
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Choice, Truth
from regimen_advisor.ordering import BENEFITS, ORDER, in_order
from regimen_advisor.patient.reading import Patient
from regimen_advisor.placing import placed_first
from regimen_advisor.replaced import reported_changes
from regimen_advisor.solving.determining_sets import bears_on
from regimen_advisor.solving.questions import is_anything_open
from regimen_advisor.wording import consequence, drug_name, if_any
from regimen_advisor.words.catalogue import say

_Item = TypeVar("_Item", bound=Hashable)
_NO_LEVEL = DesignLevel(ocebm_2011=None, basis=say("glance.no_study"))


def advise(patient: Patient, rulebook: Rulebook, *, ask: bool = True) -> Advice:
    """The advice of the rules for ``patient``. A pure function: same input, same answer.

    ``ask`` also finds which single questions would settle options (``missing``); it costs most of the time where
    little is known. Raises ``DisagreementError`` if two engines differ on any rule.
    """
    return advice_of(Guideline.of(rulebook).case(patient), ask=ask)


def advice_of(case: Case, *, ask: bool = True) -> Advice:
    """The advice for the patient of ``case``; see ``advise``."""
    return _Advisor(case).advice(ask=ask).with_case(case)


class _Advisor:
    def __init__(self, case: Case) -> None:
        self.case, self.patient, self.guideline = case, case.patient, case.guideline
        self.rulebook, self.wording = case.guideline.rulebook, case.guideline.wording
        self.exact, self.truths = case.exact, case.truths
        self.reader = Interpreter(case.patient.facts)

    def advice(self, *, ask: bool) -> Advice:
        rulebook = self.rulebook
        diseases = self.patient.facts["disease"]
        assert isinstance(diseases, Choice)
        possible = [name for name, regimen in rulebook.regimens.items() if regimen.disease in diseases.possible]
        options = in_order(map(self._option, possible), self.guideline)
        standards = tuple(map(self._standard, self._statements(Effect.STANDARD, open_too=True)))
        notes, silent = self._statements(Effect.NOTE), self._statements(Effect.SILENT)
        advice = Advice(
            rulebook=RulebookName.of(rulebook),
            engines=self.case.engines,
            profile=ProfileName(id=self.patient.id, summary=self.patient.summary, notes=self.patient.notes),
            first=placed_first(options, standards, {Effect.NOTE: notes, Effect.SILENT: silent}, rulebook),
            standards=standards,
            options=options,
            order=ORDER,
            trials=tuple(self._trial(rule) for rule in self._rules(Effect.TRIAL)),
            notes=notes,
            silent=silent,
            differences=shown_to(options, self.guideline.differences, self.case.is_met),
            missing=self._missing(standards, options) if ask else (),
        )
        changes = reported_changes(advice, self.guideline.bearings, self.patient)
        return advice.model_copy(update={"changes": changes}) if changes else advice

    def _rules(self, effect: Effect, *truths: Truth) -> list[Rule]:
        wanted = truths or (Truth.TRUE,)
        return [rule for rule in self.rulebook.of(effect) if self.truths[rule.id] in wanted]

    # Options --------------------------------------------------------------------------------------------------

    def _option(self, name: str) -> Option:
        regimen, rules_about = self.rulebook.regimens[name], self.guideline.regimens[name]
        standing = self.exact[name].standing
        offers = [rule for rule in rules_about.offers if self.truths[rule.id] is Truth.TRUE]
        if not offers and standing is not Standing.NOT_INDICATED:
            offers = [rule for rule in rules_about.offers if self.truths[rule.id] is Truth.UNKNOWN]
        if standing is Standing.NOT_INDICATED:
            offers = []
        studies = [
            self.rulebook.studies[study] for study in _unique(study for rule in offers for study in rule.studies)
        ]
        evidence = tuple(map(self._evidence, studies))
        undetermined = standing is Standing.UNDETERMINED
        return Option(
            regimen=name,
            name=regimen.name,
            drugs=tuple(drug_name(self.rulebook.formulary, id) for id in regimen.drug_names),
            standing=standing,
            setting=tuple(_unique(rule.setting.title for rule in offers)),
            says=tuple(rule.says for rule in offers),
            rules=tuple(rule.id for rule in offers),
            markers=self._markers(offers),
            studies=tuple(study.id for study in studies),
            evidence=evidence,
            harm=()
            if standing is Standing.NOT_INDICATED
            else tuple(self._evidence(study) for study in harm_studies(regimen, self.rulebook)),
            design_level=min(
                (study.design_level for study in evidence), key=lambda level: level.rank, default=_NO_LEVEL
            ),
            shown_benefit=_strongest_benefit(studies),
            approvals=tuple(
                self.rulebook.approvals[id] for id in _unique(id for rule in offers for id in rule.approvals)
            ),
            schedule=regimen.schedule,
            cautions=self._cautions(rules_about.all_cautions) if standing is not Standing.NOT_INDICATED else (),
            reasons=self._reasons(standing, rules_about.offers, rules_about.exclusions),
            depends_on=self.case.settling.depends_on(name) if undetermined else (),
        )

    def _markers(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """The markers of this tumour that rules ask for; those it may have where it surely has none of them."""
        atoms = _unique(atom for rule in rules for atom in self.guideline.markers[rule.id])
        truths = {atom: atom.judge(self.patient.facts[atom.fact]) for atom in atoms}
        found = [atom for atom in atoms if truths[atom] is Truth.TRUE]
        found = found or [atom for atom in atoms if truths[atom] is Truth.UNKNOWN]
        return tuple(self.wording.atom(atom) for atom in found)

    def _evidence(self, study: Study) -> Evidence:
        kept = self.guideline.evidence
        if study.id not in kept:
            kept[study.id] = evidence_of(study)
        return kept[study.id]

    def _cautions(self, rules: Iterable[Rule]) -> tuple[Caution, ...]:
        """The cautions that hold or are open; open ones with the same warning are one caution."""
        cautions: dict[Hashable, list[Caution]] = {}
        for caution in self._each_caution(rules):
            warned_of = (consequence(caution.says), caution.basis) if caution.state == "open" else caution.rule
            cautions.setdefault(warned_of, []).append(caution)
        return tuple(map(_as_one, cautions.values()))

    def _each_caution(self, rules: Iterable[Rule]) -> Iterator[Caution]:
        return (
            Caution(
                rule=rule.id,
                says=self.wording.sentence(rule, self.reader, is_open=self.truths[rule.id] is Truth.UNKNOWN),
                kind=_kind(rule),
                basis=_basis(rule),
                certainty=rule.certainty,
                source=rule.source,
                state=_state(self.truths[rule.id]),
                depends_on=self._waits_for(rule),
                errata=rule.errata,
            )
            for rule in sorted(rules, key=self._weight)
            if self.truths[rule.id] is not Truth.FALSE
        )

    def _weight(self, rule: Rule) -> tuple[bool, bool, bool]:
        """What holds before what is open, what the patient has before what studies lack, sources before the rest."""
        of_studies = rule.kind == "patient" and bool(rule.studies)
        return self.truths[rule.id] is Truth.UNKNOWN, of_studies, rule.is_outside

    def _reasons(self, standing: Standing, offers: Iterable[Rule], exclusions: Iterable[Rule]) -> tuple[Reason, ...]:
        reasons = [self._reason(rule) for rule in exclusions if self.truths[rule.id] is not Truth.FALSE]
        if standing in (Standing.NOT_INDICATED, Standing.UNDETERMINED):
            reasons = [] if standing is Standing.NOT_INDICATED else reasons
            reasons += [self._reason(rule) for rule in offers if standing is Standing.NOT_INDICATED
                        or self.truths[rule.id] is not Truth.FALSE]  # fmt: skip
        return tuple(reasons)

    def _reason(self, rule: Rule) -> Reason:
        tree = self.case.judged[rule.id]
        state: Literal["met", "not met", "unknown"] = {
            Truth.TRUE: "met", Truth.FALSE: "not met", Truth.UNKNOWN: "unknown",
        }[self.truths[rule.id]]  # type: ignore[assignment]  # fmt: skip
        return Reason(
            rule=rule.id,
            effect="offer" if rule.effect is Effect.OFFER else "exclude",
            state=state,
            says=rule.says,
            source=rule.source,
            not_met=tuple(self._of_truth(tree, Truth.FALSE)),
            unknown=tuple(self._of_truth(tree, Truth.UNKNOWN)),
        )

    def _of_truth(self, tree: Judgement, truth: Truth) -> list[str]:
        """The parts of a conjunction that have ``truth``, in words; a part is not opened further than that."""
        if tree.truth is not truth and not (isinstance(tree.condition, AllOf) and tree.truth is Truth.FALSE):
            return []
        match tree.condition:
            case AllOf():
                return _unique(words for part in tree.parts for words in self._of_truth(part, truth))
            case Leaf() | Named() | Not() | AnyOf():
                return [self.wording.condition(tree.condition)] if tree.truth is truth else []

    def _waits_for(self, rule: Rule) -> tuple[str, ...]:
        """The open questions about the facts that leave a rule open."""
        if self.truths[rule.id] is not Truth.UNKNOWN:
            return ()
        domain = self.rulebook.domain
        about = _open_facts(self.case.judged[rule.id])
        keys = self.case.settling.questions
        return tuple(key for key in keys if any(bears_on(domain, key, fact) for fact in about))

    # Statements -----------------------------------------------------------------------------------------------

    def _statements(self, effect: Effect, *, open_too: bool = False) -> tuple[Statement, ...]:
        wanted = (Truth.TRUE, Truth.UNKNOWN) if open_too else (Truth.TRUE,)
        return tuple(
            Statement(
                rule=rule.id,
                title=rule.subject,
                says=rule.says,
                basis=_basis(rule),
                certainty=rule.certainty,
                source=rule.source,
                studies=rule.studies,
                regimens=rule.regimens,
                state=_state(self.truths[rule.id]),
                depends_on=self._waits_for(rule),
            )
            for rule in self._rules(effect, *wanted)
        )

    def _standard(self, statement: Statement) -> Statement:
        """A standard as this patient sees it: with what speaks against its drugs, or as the standard for others."""
        rule = self.rulebook.rules[statement.rule]
        if any(self.truths[name] is Truth.TRUE for name in rule.gives_way_to):
            return statement.model_copy(update={"state": "of others", "depends_on": (), "meant_for": rule.meant_for})
        if statement.state == "open":
            return statement
        holding = [rule for rule in self.rulebook.cautions_of(rule) if self.truths[rule.id] is Truth.TRUE]
        return statement.model_copy(update={"cautions": self._cautions(holding)})

    def _trial(self, rule: Rule) -> Trial:
        study = self.rulebook.studies[rule.subject]
        registry = study.citation.registry
        return Trial(
            rule=rule.id,
            study=study.id,
            name=study.name,
            phase=study.phase,
            registry=registry.value if registry else None,
            says=rule.says,
            errata=study.errata,
            source=rule.source,
        )

    def _missing(self, standards: Iterable[Statement], options: Iterable[Option]) -> tuple[Missing, ...]:
        """The questions worth asking, those first that decide most; one that only opens a caution comes last."""
        shown = list(options)
        waits = {
            "standards": {statement.rule: statement.depends_on for statement in standards},
            "options": {option.regimen: option.depends_on for option in shown},
            "evidence": {option.regimen: self._more_evidence(option) for option in shown if option.standing.is_offered},
        }
        settling = is_anything_open(self.exact.values())
        single = self.case.questions().single if settling else ()
        asked = {question.key: Missing(question=question.key, asks=question.asks, settles=question.settles)
                 for question in single}  # fmt: skip
        for key in _unique(key for part in waits.values() for keys in part.values() for key in keys):
            fact = self.rulebook.domain.facts.get(key)
            if fact is not None:
                asked.setdefault(key, Missing(question=key, asks=fact.question))
        found = [
            missing.model_copy(
                update={
                    part: tuple(name for name, keys in waiting.items() if key in keys)
                    for part, waiting in waits.items()
                }
            )
            for key, missing in asked.items()
        ]
        return tuple(sorted(found, key=lambda missing: -len((*missing.standards, *missing.options, *missing.evidence))))

    def _more_evidence(self, option: Option) -> tuple[str, ...]:
        """The questions on which it depends whether another rule offers an option too."""
        offers = self.guideline.regimens[option.regimen].offers
        return tuple(_unique(key for rule in offers for key in self._waits_for(rule)))


def evidence_of(study: Study) -> Evidence:
    """A study as evidence for an option."""
    return Evidence(
        study=study.id,
        name=study.name,
        kind=study.kind,
        phase=study.phase,
        design_level=design_level(study),
        n=study.n,
        population=study.population,
        arms=study.arms,
        results=study.results,
        safety=study.safety,
        findings=study.findings,
        limits=study.limits,
        errata=study.errata,
        cited_in=study.cited_in,
        citation=study.citation,
    )


def _strongest_benefit(studies: Iterable[Study]) -> Literal["OS", "PFS", "response"] | None:
    benefits = (study.shown_benefit.endpoint for study in studies if study.shown_benefit)
    return min(benefits, key=BENEFITS.index, default=None)


def _open_facts(tree: Judgement) -> set[str]:
    """The facts tested by those atoms of a tree that are unknown and leave it open."""
    if tree.truth is not Truth.UNKNOWN:
        return set()
    if isinstance(tree.condition, Leaf):
        return {tree.condition.atom.fact}
    return set().union(*map(_open_facts, tree.parts))


def _basis(rule: Rule) -> Basis:
    return "outside the reviews" if rule.is_outside else "review"


def _kind(rule: Rule) -> CautionKind:
    assert rule.kind is not None  # a rulebook with a caution of no kind is refused
    return rule.kind


def _state(truth: Truth) -> Literal["holds", "open"]:
    return "holds" if truth is Truth.TRUE else "open"


def _unique(items: Iterable[_Item]) -> list[_Item]:
    return list(dict.fromkeys(items))


def _as_one(cautions: Sequence[Caution]) -> Caution:
    """Merge cautions with the same warning into one: the first by its id, whatever their order."""
    first, *further = sorted(cautions, key=lambda caution: caution.rule)
    if not further:
        return first
    waits = tuple(sorted({key for caution in cautions for key in caution.depends_on}))
    says = if_any([first.says, *(caution.says for caution in further)])
    return first.model_copy(update={"says": says, "depends_on": waits})
