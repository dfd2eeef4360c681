"""The facts a rule may test and the axioms between them, declared once.

Everything else reads this declaration: the profile model its words, ``narrowing`` its axioms, the condition language
its names, every engine its domains, the explanation its questions. To add a fact, add it here and to ``profile.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, get_args

from regimen_advisor.drugs import Formulary
from regimen_advisor.values import Atom, Between, Choice, Includes, Is, Members, Number, Value

Disease = Literal["nsclc", "sclc"]
Histology = Literal["adenocarcinoma", "squamous", "adenosquamous", "large-cell", "nsclc-nos", "small-cell"]
Stage = Literal["IA", "IB", "IIA", "IIB", "IIIA", "IIIB", "IIIC", "IVA", "IVB"]
StageGroup = Literal["I", "II", "III", "IV"]
Extent = Literal["early", "locally-advanced", "metastatic", "limited", "extensive"]
Finding = Literal["positive", "negative"]
YesNo = Literal["true", "false"]
EgfrVariant = Literal["ex19del", "L858R", "T790M", "ex20ins", "G719X", "S768I", "L861Q", "C797S", "other"]
OtherDriver = Literal["RET", "MET-ex14", "BRAF-V600E", "HER2", "NTRK", "KRAS-G12C"]
BleedingFeature = Literal["cavitation", "necrosis", "haemoptysis", "central", "major-vessel-invasion"]
Outcome = Literal["progressed", "completed", "ongoing", "stopped-for-toxicity"]

STAGE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "I": ("IA", "IB"),
    "II": ("IIA", "IIB"),
    "III": ("IIIA", "IIIB", "IIIC"),
    "IV": ("IVA", "IVB"),
}
MOST_LINES = 20
MOST_CYCLES = 99

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
        return Choice(frozenset(self.domain))

    @property
    def is_yes_no(self) -> bool:
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
        return Members(frozenset(), frozenset({*self.members, self.empty_word}))

    @cached_property
    def empty(self) -> Members:
        return Members(frozenset({self.empty_word}), frozenset({self.empty_word}))


Fact = ChoiceFact | NumberFact | SetFact


@dataclass(frozen=True)
class Literal_:
    """An atom, or its negation where ``wanted`` is false."""

    atom: Atom
    wanted: bool = True

    def __invert__(self) -> Literal_:
        return Literal_(self.atom, not self.wanted)


@dataclass(frozen=True)
class Clause:
    """At least one of the literals holds."""

    literals: tuple[Literal_, ...]
    says: str


@dataclass(frozen=True)
class Contained:
    """Whatever the set ``part`` holds, one of the sets ``wholes`` holds, provided that all of ``given`` hold."""

    part: str
    wholes: tuple[str, ...]
    says: str
    given: tuple[Literal_, ...] = ()


Axiom = Clause | Contained


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
    return Domain({fact.name: fact for fact in declared}, tuple(_axioms()), formulary)


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
        SetFact(
            "egfr", "EGFR", "Which EGFR variants were found?", "egfr", "fixed", get_args(EgfrVariant), "wild-type"
        ),
        _choice("alk", "ALK fusion", "Is there an ALK fusion?", Finding, "fixed"),
        _choice("ros1", "ROS1 fusion", "Is there a ROS1 fusion?", Finding, "fixed"),
        _choice("nrg1", "NRG1 fusion", "Is there an NRG1 fusion?", Finding, "fixed"),
        _choice("dll3", "DLL3", "Is DLL3 expressed?", Finding, "fixed"),
        NumberFact("pd_l1_tps", "PD-L1 TPS", "What is the PD-L1 tumour proportion score?", "pd_l1_tps", "fixed", 0, 100, "%"),
        SetFact(
            "other_drivers", "other drivers", "Which other drivers were found?", "other_drivers", "fixed", get_args(OtherDriver)
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


def _axioms() -> list[Axiom]:
    def is_(fact: str, *values: str) -> Literal_:
        return Literal_(Is(fact, frozenset(values)))

    def stage(*groups: str) -> Literal_:
        return is_("stage", *(leaf for group in groups for leaf in STAGE_GROUPS[group]))

    def lines(low: int, high: int = MOST_LINES) -> Literal_:
        return Literal_(Between("prior_lines", low, high))

    def holds(fact: str, member: str) -> Literal_:
        return Literal_(Includes(fact, member))

    found: list[Axiom] = []

    def implies(given: Literal_ | tuple[Literal_, ...], then: Literal_, says: str) -> None:
        premises = given if isinstance(given, tuple) else (given,)
        found.append(Clause((*(~premise for premise in premises), then), says))

    def exactly(one: Literal_, other: Literal_, says: str) -> None:
        implies(one, other, says)
        implies(other, one, says)

    nsclc, sclc, untreated = is_("disease", "nsclc"), is_("disease", "sclc"), lines(0, 0)
    exactly(is_("histology", "small-cell"), sclc, "small-cell histology is small cell lung cancer, and no other is")
    exactly(nsclc, is_("extent", "early", "locally-advanced", "metastatic"), "each disease has its own words for extent")
    implies(stage("I", "II"), is_("extent", "early", "limited"), "stage I and II are early or limited disease")
    implies(stage("IV"), is_("extent", "metastatic", "extensive"), "stage IV is metastatic or extensive")
    implies(is_("extent", "metastatic"), stage("IV"), "metastatic disease is stage IV")
    implies(is_("extent", "locally-advanced"), stage("III"), "locally advanced disease is stage III")
    implies(
        is_("curative_treatment_possible", "true"),
        is_("extent", "early", "locally-advanced", "limited"),
        "curative treatment is not possible in metastatic or extensive disease",
    )
    implies(
        (nsclc, lines(1)),
        is_("curative_treatment_possible", "false"),
        "once a line for advanced disease was given, curative treatment is read as no longer possible",
    )
    says = "without a line for advanced disease there is no outcome, drug, cycle or maintenance of one"
    exactly(is_("last_outcome", "none"), untreated, says)
    exactly(holds("last_drugs", "none"), untreated, says)
    exactly(holds("last_induction_drugs", "none"), untreated, says)
    exactly(holds("first_line_drugs", "none"), untreated, says)
    exactly(~Literal_(Between("last_cycles", 0, MOST_CYCLES)), untreated, says)
    implies(
        is_("on_maintenance", "true"),
        is_("last_outcome", "completed", "ongoing", "stopped-for-toxicity"),
        "maintenance runs only in a line that has not progressed",
    )
    progressed = is_("last_outcome", "progressed")
    implies(lines(1), ~holds("received", "none"), "a line holds at least one drug")
    implies(progressed, ~holds("progressed_on", "none"), "a line that progressed did so on its drugs")
    for part in ("first_line_drugs", "last_drugs", "progressed_on", "received_in_curative"):
        found.append(_contained(part, "received", says=f"{part} holds only drugs that were received"))
    found += [
        _contained("last_induction_drugs", "last_drugs", says="the induction is part of its line"),
        _contained("last_drugs", "progressed_on", given=(progressed,), says="a line that progressed did so on its drugs"),
        _contained("last_drugs", "first_line_drugs", given=(lines(0, 1),), says="one line is both first and latest"),
        _contained("first_line_drugs", "last_drugs", given=(lines(0, 1),), says="one line is both first and latest"),
        _contained(
            "received",
            "first_line_drugs",
            "last_drugs",
            "received_in_curative",
            given=(lines(0, 2),),
            says="two lines are the first and the latest",
        ),
        _contained(
            "progressed_on",
            "received_in_curative",
            given=(lines(0, 1), ~progressed),
            says="where the only line has not progressed, progression can only have been on curative treatment",
        ),
    ]
    return found


def _contained(part: str, *wholes: str, given: tuple[Literal_, ...] = (), says: str) -> Contained:
    return Contained(part, wholes, says, given)
