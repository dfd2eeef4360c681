"""The facts a rule may test and the axioms between them, declared once.

Everything else reads this declaration: the profile model its words, ``narrowing`` its axioms, the condition language
its names, every engine its domains, the explanation its questions. To add a fact, add it here and to ``profile.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, get_args

from regimen_advisor.knowledge.drugs import Formulary
from regimen_advisor.language.values import Choice, Members, Number, Value
from regimen_advisor.patient.axioms import Axiom, Clause, Contained, SignedAtom, declared_axioms
from regimen_advisor.patient.vocabulary import (
    MOST_CYCLES,
    MOST_LINES,
    STAGE_GROUPS,
    BleedingFeature,
    Disease,
    EgfrVariant,
    Extent,
    Finding,
    Histology,
    OtherDriver,
    Outcome,
    Stage,
    StageGroup,
    YesNo,
)

__all__ = [
    "HISTORY_SETS",
    "MOST_CYCLES",
    "MOST_LINES",
    "STAGE_GROUPS",
    "Axiom",
    "BleedingFeature",
    "ChoiceFact",
    "Clause",
    "Contained",
    "Disease",
    "Domain",
    "EgfrVariant",
    "Extent",
    "Fact",
    "Finding",
    "Histology",
    "NumberFact",
    "OtherDriver",
    "Outcome",
    "Permanence",
    "SetFact",
    "SignedAtom",
    "Stage",
    "StageGroup",
    "YesNo",
    "domain_for",
]  # fmt: skip

Permanence = Literal["fixed", "may change", "treatment"]
"""Can it change? ``fixed``: never (histology, a mutation at diagnosis); ``treatment``: by what is given next."""


@dataclass(frozen=True)
class _Fact:
    name: str
    label: str
    question: str
    key: str
    """The profile key a person fills in to settle this fact; ``history`` for what is read from the history."""
    permanence: Permanence


@dataclass(frozen=True)
class ChoiceFact(_Fact):
    """A fact with one value of a few words; ``groups`` are words that stand for several of them."""

    domain: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def unknown(self) -> Choice:
        """The whole domain: nothing is known."""
        return Choice(frozenset(self.domain))

    @property
    def is_yes_no(self) -> bool:
        """Whether the only words are yes and no."""
        return self.domain == get_args(YesNo)


@dataclass(frozen=True)
class NumberFact(_Fact):
    """A whole number from ``low`` to ``high`` in ``unit``; ``optional`` where it need not exist."""

    low: int = 0
    high: int = 0
    unit: str = ""
    optional: bool = False

    @cached_property
    def unknown(self) -> Number:
        """The whole domain: nothing is known."""
        return Number(self.low, self.high, self.optional)


@dataclass(frozen=True, eq=False)
class SetFact(_Fact):
    """A set of members. ``empty_word`` is a member of its own that stands for "none of the others".

    ``groups`` are members that are in the set exactly when one of their own members is (a drug class).
    """

    members: tuple[str, ...] = ()
    empty_word: str = "none"
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def unknown(self) -> Members:
        """The whole domain: nothing is known."""
        return Members(frozenset(), frozenset({*self.members, self.empty_word}))

    @cached_property
    def empty(self) -> Members:
        """The set known to be empty."""
        return Members(frozenset({self.empty_word}), frozenset({self.empty_word}))


Fact = ChoiceFact | NumberFact | SetFact


@dataclass(frozen=True, eq=False)
class Domain:
    """All facts by name, and the axioms between them."""

    facts: Mapping[str, Fact]
    axioms: tuple[Axiom, ...]
    formulary: Formulary

    @cached_property
    def unknown(self) -> Mapping[str, Value]:
        """The facts of a patient of whom nothing is known."""
        return {name: fact.unknown for name, fact in self.facts.items()}


HISTORY_SETS = (
    "received",
    "progressed_on",
    "first_line_drugs",
    "last_drugs",
    "last_induction_drugs",
    "received_in_curative",
)


@lru_cache(maxsize=8)
def domain_for(formulary: Formulary) -> Domain:
    """The facts and axioms over the drugs of a formulary."""
    declared = (*_clinical_facts(), *_history_facts(formulary))
    return Domain({fact.name: fact for fact in declared}, declared_axioms(), formulary)


def _choice(name: str, label: str, question: str, domain: object, permanence: Permanence, **more: object) -> ChoiceFact:
    return ChoiceFact(name, label, question, name, permanence, get_args(domain), **more)  # type: ignore[arg-type]


def _clinical_facts() -> tuple[Fact, ...]:
    return (
        _choice("disease", "disease", "Is it non-small cell or small cell lung cancer?", Disease, "fixed"),
        _choice("histology", "histology", "What is the histology?", Histology, "fixed"),
        _choice("stage", "stage", "What is the stage today?", Stage, "may change", groups=STAGE_GROUPS),
        _choice("extent", "extent", "How far has the disease spread today?", Extent, "may change"),
        _choice(
            "curative_treatment_possible",
            "curative treatment possible",
            "Can surgery or (chemo)radiotherapy with curative intent still be given?",
            YesNo,
            "may change",
        ),
        NumberFact("ecog", "ECOG", "What is the ECOG performance status?", "ecog", "may change", 0, 4),
        # T790M and C797S are acquired under treatment.
        SetFact(
            "egfr", "EGFR", "Which EGFR variants were found?", "egfr", "may change", get_args(EgfrVariant), "wild-type"
        ),
        _choice("alk", "ALK fusion", "Is there an ALK fusion?", Finding, "fixed"),
        _choice("ros1", "ROS1 fusion", "Is there a ROS1 fusion?", Finding, "fixed"),
        _choice("nrg1", "NRG1 fusion", "Is there an NRG1 fusion?", Finding, "fixed"),
        _choice("dll3", "DLL3", "Is DLL3 expressed?", Finding, "fixed"),
        NumberFact("pd_l1_tps", "PD-L1 TPS", "What is the PD-L1 TPS?", "pd_l1_tps", "fixed", 0, 100, "%"),
        SetFact(
            "other_drivers",
            "other drivers",
            "Which other drivers were found?",
            "other_drivers",
            "fixed",
            get_args(OtherDriver),
        ),
        _choice("brain_metastases", "brain metastases", "Are there brain metastases?", YesNo, "may change"),
        _choice("liver_metastases", "liver metastases", "Are there liver metastases?", YesNo, "may change"),
        SetFact(
            "bleeding_risk",
            "bleeding risk",
            "Which features of bleeding risk does the tumour show?",
            "bleeding_risk",
            "may change",
            get_args(BleedingFeature),
        ),
    )


def _history_facts(formulary: Formulary) -> tuple[Fact, ...]:
    groups = {name: formulary.members_of(name) for name in formulary.classes}
    members = (*sorted(formulary.drugs), *sorted(formulary.classes))

    def drugs(name: str, label: str, question: str) -> SetFact:
        return SetFact(name, label, question, "history", "treatment", members, "none", groups)

    return (
        NumberFact(
            "prior_lines",
            "prior lines",
            "How many lines of treatment for advanced disease were begun?",
            "prior_lines",
            "treatment",
            0,
            MOST_LINES,
        ),
        drugs("received", "drugs received", "Which drugs were ever given?"),
        drugs("progressed_on", "progressed on", "On which drugs did the disease progress?"),
        drugs("first_line_drugs", "first-line drugs", "Which drugs were given in the first line?"),
        drugs("last_drugs", "drugs of the latest line", "Which drugs were given in the latest line?"),
        drugs("last_induction_drugs", "drugs of the latest induction", "Which drugs were given before maintenance?"),
        drugs("received_in_curative", "drugs of curative treatment", "Which drugs were given with curative intent?"),
        ChoiceFact(
            "last_outcome",
            "outcome of the latest line",
            "What was the outcome of the latest line?",
            "last_outcome",
            "treatment",
            ("none", *get_args(Outcome)),
        ),
        NumberFact(
            "last_cycles",
            "cycles of the latest induction",
            "How many cycles did the latest induction have?",
            "history",
            "treatment",
            0,
            MOST_CYCLES,
            "cycles",
            optional=True,
        ),
        ChoiceFact(
            "on_maintenance",
            "on maintenance",
            "Is maintenance treatment being given now?",
            "history",
            "treatment",
            get_args(YesNo),
        ),
    )
