"""Hold what every verb works with: a ``Guideline`` and a ``Case``.

A guideline is a rulebook made ready to judge patients; a case is a guideline and one patient. Both keep what they have
worked out, so that a verb asks for ``case.standings`` and does not care who asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from regimen_advisor.advice import Advice, Evidence
from regimen_advisor.differing import LocatedDifference, source_differences
from regimen_advisor.engines import forward_chaining
from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.files.errors import DisagreementError, InputError, Location
from regimen_advisor.files.sources import Document, document_of, named_in_python
from regimen_advisor.knowledge.effective import (
    RegimenRules,
    asks_for_earlier_drug,
    effective_conditions,
    markers_asked,
    regimen_rules,
)
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language import interpreter
from regimen_advisor.language.conditions import Condition
from regimen_advisor.language.interpreter import Interpreter, Judgement, disjunction
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Atom, Truth
from regimen_advisor.makers import MAKERS
from regimen_advisor.patient.profile import Profile, profile_from, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.regimen_names import regimen_named
from regimen_advisor.replaced import Bearing, bearings
from regimen_advisor.solving.determining_sets import Settling
from regimen_advisor.solving.questions import QuestionAnalysis, questions
from regimen_advisor.solving.solver import Exact, PatientCompletions, Solver
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import say

if TYPE_CHECKING:
    from regimen_advisor.explanation import Explanation  # its models take a while to make, and few verbs explain

Made = TypeVar("Made")

AnyProfile = Patient | Profile | Document | Mapping[str, Any] | str | Path
"""A patient in any form: the path of a profile file, a mapping of profile keys, a document, a profile, a patient."""


@dataclass(frozen=True, eq=False)
class Guideline:
    """A rulebook made ready: its effective conditions, the rules of each regimen, the engines, the words."""

    rulebook: Rulebook

    def __post_init__(self) -> None:
        _expect(self.rulebook, Rulebook, "guideline_error.no_rulebook")

    @classmethod
    def load(cls, path: str | Path | None = None) -> Guideline:
        """The guideline in a folder of rules; without one, that in ``rules`` here, or else the one that ships.

        Raises ``InputError`` with every problem of every file.
        """
        return cls.of(load_rulebook(path))

    @classmethod
    def of(cls, rulebook: Rulebook) -> Guideline:
        """The guideline of a rulebook; asked again for the same rulebook, the same guideline."""
        _expect(rulebook, Rulebook, "guideline_error.no_rulebook")
        return _guideline_of(rulebook)

    def __repr__(self) -> str:
        """One line: the version and how much it holds."""
        held = self.rulebook
        return f"<Guideline {held.version}: {len(held.rules)} rules, {len(held.regimens)} regimens>"

    @cached_property
    def effective(self) -> Mapping[str, Condition]:
        """For each rule id the condition under which the rule counts."""
        return effective_conditions(self.rulebook)

    @cached_property
    def regimens(self) -> Mapping[str, RegimenRules]:
        """For each regimen id the rules about it and its three conditions."""
        return regimen_rules(self.rulebook, self.effective)

    @cached_property
    def markers(self) -> Mapping[str, tuple[Atom, ...]]:
        """For each rule that offers, its tests that ask for a marker of the tumour."""
        return {rule.id: markers_asked(rule, self.rulebook.domain) for rule in self.rulebook.of(Effect.OFFER)}

    @cached_property
    def asks_for_earlier_drug(self) -> frozenset[str]:
        """The rules that offer and ask for a drug given before."""
        offers = self.rulebook.of(Effect.OFFER)
        return frozenset(rule.id for rule in offers if asks_for_earlier_drug(rule, self.rulebook.domain))

    @cached_property
    def program(self) -> RuleProgram:
        """The effective rules, compiled for the interpreter."""
        return RuleProgram(self.effective)

    @cached_property
    def second_engine(self) -> forward_chaining.ForwardChaining | None:
        """durable-rules with the effective rules; ``None`` where it cannot be imported."""
        if not forward_chaining.available():
            return None
        findings = {name: finding.condition for name, finding in self.rulebook.findings.items()}
        return forward_chaining.ForwardChaining(self.effective, findings, self.rulebook.domain)

    @cached_property
    def solver(self) -> Solver:
        """The rules in propositional logic, for what holds in every completion of a patient."""
        return Solver(self.rulebook.domain, self.regimens, self.effective)

    @cached_property
    def wording(self) -> Wording:
        """Words for the conditions and values of the rulebook."""
        return Wording(self.rulebook.domain, self.rulebook.findings)

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        """The studies as evidence behind an option, by id: those that an advice has shown so far."""
        return {}

    @cached_property
    def differences(self) -> tuple[LocatedDifference, ...]:
        """Every point on which two sources of the rulebook differ."""
        return source_differences(self.rulebook)

    @cached_property
    def bearings(self) -> tuple[Bearing, ...]:
        """What each change of a pack bears on."""
        return bearings(self.rulebook)

    def kept(self, make: Callable[[Rulebook], Made]) -> Made:
        """What a higher layer derives from the rulebook, computed once and kept as long as the guideline."""
        if make not in self._kept:
            self._kept[make] = make(self.rulebook)
        return self._kept[make]  # type: ignore[no-any-return]

    @cached_property
    def _kept(self) -> dict[Callable[[Rulebook], Any], Any]:
        return {}

    def node_by_node(self, truths: Mapping[str, Truth]) -> Mapping[str, Standing]:
        """The standing of each regimen by the table of three truths; ``truths`` is that of each effective rule."""

        def any_of(rules: Iterable[Rule]) -> Truth:
            return disjunction([truths[rule.id] for rule in rules])

        return {
            name: standing_of(any_of(rules_about.offers), any_of(rules_about.exclusions), any_of(rules_about.cautions))
            for name, rules_about in self.regimens.items()
        }

    def case(self, profile: AnyProfile) -> Case:
        """One patient under this guideline.

        Raises ``InputError`` with every problem of the profile.
        """
        return Case(self, self._patient(profile))

    def _patient(self, profile: AnyProfile) -> Patient:
        match profile:
            case Patient():
                return profile
            case Profile():
                return read(profile, self.rulebook.domain)
            case str() | Path():
                found, document = read_profile(profile)
                return read(found, self.rulebook.domain, document)
            case Document() | Mapping():
                document = profile if isinstance(profile, Document) else document_of(profile)
                return read(profile_from(document), self.rulebook.domain, document)
            case (Profile(), Document()):
                help = say("profile_error.first_of_two")
            case _:
                help = None
        message = say("profile_error.no_form", found=named_in_python(profile))
        raise InputError.at(Location("profile"), message, help)


@lru_cache(maxsize=32)
def _guideline_of(rulebook: Rulebook) -> Guideline:
    return Guideline(rulebook)


@dataclass(frozen=True, eq=False)
class Case:
    """A patient under a guideline: every rule judged by two engines that must agree, settled exactly by the solver."""

    guideline: Guideline
    patient: Patient

    def __post_init__(self) -> None:
        _expect(self.guideline, Guideline, "guideline_error.no_guideline")
        _expect(self.patient, Patient, "guideline_error.no_patient")

    def __repr__(self) -> str:
        """One line: the patient, and how many regimens are offered or wait."""
        found = list(self.standings.values())
        offered, waiting = sum(standing.is_offered for standing in found), found.count(Standing.UNDETERMINED)
        return f"<Case {self.patient.id or 'unnamed'}: {offered} offered, {waiting} undetermined>"

    # What the engines find -------------------------------------------------------------------------------------

    @cached_property
    def engines(self) -> tuple[str, ...]:
        """The names of the engines that agree about this patient."""
        assert self.judged is not None
        second = self.guideline.second_engine
        return (interpreter.NAME,) if second is None else (forward_chaining.NAME, interpreter.NAME)

    @cached_property
    def judged(self) -> Mapping[str, Judgement]:
        """The judgement tree of each effective rule, node by node.

        Raises ``DisagreementError`` if two engines differ on any rule.
        """
        trees = self.guideline.program.judge(self.patient.facts)
        second = self.guideline.second_engine
        if second is not None:
            _refuse_difference(trees, second.judge(self.patient.facts), self.patient)
        return trees

    @cached_property
    def node_by_node(self) -> Mapping[str, Standing]:
        """The standing each regimen has by the truths of its three conditions."""
        return self.guideline.node_by_node({name: tree.truth for name, tree in self.judged.items()})

    # What holds in every completion ----------------------------------------------------------------------------

    @cached_property
    def completions(self) -> PatientCompletions:
        """What the solver has shown of the patient's completions."""
        return PatientCompletions(self.patient)

    @cached_property
    def exact(self) -> Mapping[str, Exact]:
        """The exact standing of each regimen over all completions, with the truths it rests on."""
        return self.guideline.solver.standings(self.completions, self.node_by_node)

    @property
    def standings(self) -> Mapping[str, Standing]:
        """The exact standing of each regimen, by its id."""
        return {name: exact.standing for name, exact in self.exact.items()}

    def is_met(self, rule: str) -> bool:
        """Whether the condition of a rule holds as it is written, overridden or not."""
        return Interpreter(self.patient.facts).judge(self.guideline.rulebook.rules[rule].condition).truth is Truth.TRUE

    @cached_property
    def truths(self) -> Mapping[str, Truth]:
        """The exact truth of each effective rule over all completions."""
        node_by_node = {name: tree.truth for name, tree in self.judged.items()}
        unknown = [name for name, truth in node_by_node.items() if truth is Truth.UNKNOWN]
        settled = self.guideline.solver.rule_truths(unknown, self.completions) if unknown else {}
        return node_by_node | dict(settled)

    @property
    def settling(self) -> Settling:
        """The sets of questions that settle what is undetermined."""
        solver, kept = self.guideline.solver, self.__dict__.get("_settling")
        # A patient asked about in between may have brought distinctions, and so a new session, to the solver.
        if kept is None or kept.session is not solver.session(patient=self.patient):
            kept = self.__dict__["_settling"] = Settling(solver, self.completions, self.exact)
        return kept

    def questions(self, regimen: str | None = None) -> QuestionAnalysis:
        """What to ask or test next; with the id or the name of a regimen, about that one.

        Raises ``InputError`` for an unknown regimen.
        """
        asked = None if regimen is None else regimen_named(regimen, self.guideline.rulebook)
        return questions(self.settling, asked)

    # The answers: made in the rooms above, which know this one --------------------------------------------------

    def advice(self, *, ask: bool = True) -> Advice:
        """Every option for the patient with its standing, evidence and cautions.

        ``ask`` also finds the questions worth asking, which takes most of the time where little is known.
        """
        return MAKERS["advice"](self, ask=ask)  # type: ignore[no-any-return]

    def explain(self, *regimens: str | None, regimen: str | None = None) -> Explanation:
        """Explain the standing of each option; with the id or the name of a regimen, or of several, these in full.

        Raises ``InputError`` for an unknown regimen.
        """
        asked = [name for name in (*regimens, regimen) if name is not None]
        return MAKERS["explanation"](self, asked)  # type: ignore[no-any-return]


def _expect(value: object, wanted: type, message: str) -> None:
    """Raise ``TypeError`` in words where a program made a guideline or a case of something else."""
    if not isinstance(value, wanted):
        raise TypeError(say(message, found=named_in_python(value)))


def _refuse_difference(trees: Mapping[str, Judgement], fired: Mapping[str, Truth], patient: Patient) -> None:
    """Raise ``DisagreementError`` where durable-rules judges a rule otherwise than the interpreter."""
    different = [
        say(
            "engine_error.rule",
            rule=name,
            first=interpreter.NAME,
            first_truth=tree.truth.value,
            second=forward_chaining.NAME,
            second_truth=fired[name].value,
        )
        for name, tree in trees.items()
        if fired[name] is not tree.truth
    ]
    if different:
        lines = "\n".join(different)
        raise DisagreementError(say("engine_error.disagree", patient=patient.id, rules=lines))
