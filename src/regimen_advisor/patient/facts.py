"""Declare the facts a rule may test, once; what one fact implies of another is in ``axioms``.

Everything else reads this declaration: the condition language its names, every engine its domains, the explanation its
questions. CONTRIBUTING.md lists what a new fact needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, get_args

from regimen_advisor.language.values import Choice, Members, Number, Value
from regimen_advisor.patient.axioms import Axiom, AxiomClause, Contained, SignedAtom, declared_axioms
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.vocabulary import (
    MOST_CYCLES,
    MOST_LINES,
    MOST_MONTHS,
    PLATINUM_FREE,
    STAGE_GROUPS,
    BleedingFeature,
    BrainMetastases,
    Comorbidity,
    Disease,
    EgfrVariant,
    Extent,
    Histology,
    MarkerResult,
    OtherDriver,
    Outcome,
    Stage,
    StageGroup,
    YesNo,
)

__all__ = [
    "CLINICAL_FACTS", "HISTORY_SETS", "MOST_CYCLES", "MOST_LINES", "STAGE_GROUPS", "Axiom", "AxiomClause",
    "BleedingFeature", "ChoiceFact", "Comorbidity", "Contained", "Disease", "Domain", "EgfrVariant", "Extent",
    "Fact", "Histology", "HistorySet", "MarkerResult", "NumberFact", "OtherDriver", "Outcome", "Permanence",
    "SetFact", "SignedAtom", "Stage", "StageGroup", "YesNo", "declared_domain", "domain_for",
]  # fmt: skip

Test = Literal["curative", "numbered", "first line", "later line", "latest line", "induction", "progressed", "relapsed"]
"""What an entry may have to pass; ``progressed`` and ``relapsed`` ask the whole line, maintenance included."""
Permanence = Literal["fixed", "may change", "treatment"]
"""Can it change? ``fixed``: never (histology, a mutation at diagnosis); ``treatment``: by what is given next."""
SummaryForm = Literal["sentence", "list"]
"""Where a fact sums up a history: ``sentence``, in the line on the patient and in lists; ``list``, in lists alone."""


@dataclass(frozen=True)
class _Fact:
    name: str
    label: str
    question: str
    key: str
    """The profile key a person fills in to settle this fact; ``history`` for what is read from the history."""
    permanence: Permanence
    is_marker: bool = field(default=False, kw_only=True)
    """Whether it is a marker of the tumour that a drug can be chosen by."""
    is_bare: bool = field(default=False, kw_only=True)
    """Whether its value is read without the label: ``adenocarcinoma``."""
    gene: str = field(default="", kw_only=True)
    """Of a fusion its gene, by which a negative test is listed."""
    short_label: str = field(default="", kw_only=True)
    """What the line on the patient calls it, where that is not the label."""
    absent: str = field(default="", kw_only=True)
    """That it is not so, of what reads better as a statement than among what was looked for."""
    open_part: str = field(default="", kw_only=True)
    """What is left to know of it where it is known in part, if that is not the fact."""
    summary: SummaryForm | None = field(default=None, kw_only=True)
    """Where it sums up a history."""


@dataclass(frozen=True)
class ChoiceFact(_Fact):
    """A fact with one value of a few words; ``groups`` are words that mean several of them."""

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

    @property
    def is_presence(self) -> bool:
        """Whether it says that something is there or not; of what is there, words may tell more."""
        return "false" in self.domain

    def plain(self, word: str) -> str | bool:
        """A word of the fact as a profile or a rule writes it."""
        return word == "true" if self.is_presence and word in get_args(YesNo) else word


@dataclass(frozen=True)
class NumberFact(_Fact):
    """A whole number from ``low`` to ``high`` in ``unit``; ``optional`` where it need not exist.

    One that counts has words for none, for 1 and for any other number or range: ``phrases`` where a rule asks for it,
    ``clauses`` after an ``If``. Any other is read by its label: ``ECOG at least 3``.
    """

    low: int = 0
    high: int = 0
    unit: str = ""
    optional: bool = False
    phrases: tuple[str, str, str] | None = None
    clauses: tuple[str, str, str] | None = None

    @cached_property
    def unknown(self) -> Number:
        """The whole domain: nothing is known."""
        return Number(self.low, self.high, self.optional)


@dataclass(frozen=True, eq=False)
class SetFact(_Fact):
    """A set of members. ``empty_word`` is a member of its own that means "none of the others".

    ``groups`` are members that are in the set exactly when one of their own members is (a drug class). A set over the
    history is the union of the drugs of the entries that pass every test of ``over``; ``None`` for any other set.
    ``phrases`` say that a member is in the set and that it is not; ``empty_phrases`` that the set is empty or not.
    """

    members: tuple[str, ...] = ()
    empty_word: str = "none"
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    over: tuple[Test, ...] | None = None
    phrases: tuple[str, str] = ("{}", "no {}")
    empty_phrases: tuple[str, str] = field(kw_only=True)

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

    @cached_property
    def history_sets(self) -> tuple[str, ...]:
        """The sets over the history."""
        return tuple(name for name, fact in self.facts.items() if isinstance(fact, SetFact) and fact.over is not None)

    @cached_property
    def of_history(self) -> tuple[str, ...]:
        """Every fact that a history settles."""
        return tuple(name for name, fact in self.facts.items() if fact.permanence == "treatment")

    @cached_property
    def axioms_about(self) -> Mapping[str, tuple[Axiom, ...]]:
        """For each fact the axioms about it, in order."""
        return {name: tuple(axiom for axiom in self.axioms if name in axiom.facts) for name in self.facts}

    @cached_property
    def summary(self) -> tuple[str, ...]:
        """The facts by which a sentence sums up a history whose treatments are not known in detail."""
        return tuple(name for name, fact in self.facts.items() if fact.summary == "sentence")


@dataclass(frozen=True)
class HistorySet:
    """The declaration of a set over the history: everything that reads a history reads this."""

    name: str
    label: str
    question: str
    over: tuple[Test, ...]
    phrases: tuple[str, str]
    empty_phrases: tuple[str, str]
    absent: str = ""
    summary: SummaryForm | None = None


HISTORY_SETS = (
    HistorySet(
        "received",
        "drugs received",
        "Which drugs were ever given?",
        (),
        ("received {}", "never received {}"),
        ("no drug received", "a drug received"),
        summary="list",
    ),
    HistorySet(
        "progressed_on",
        "progressed on",
        "On which drugs did the disease progress?",
        ("progressed",),
        ("progressed on {}", "not progressed on {}"),
        ("no progression on a drug", "progression on a drug"),
        absent="progressed on no drug",
        summary="sentence",
    ),
    HistorySet(
        "relapsed_after",
        "relapsed after",
        "After which drugs, once they were over, did the disease relapse?",
        ("relapsed",),
        ("relapsed after {}", "not relapsed after {}"),
        ("no relapse after a drug", "relapse after a drug"),
    ),
    HistorySet(
        "first_line_drugs",
        "first-line drugs",
        "Which drugs were given in the first line?",
        ("first line",),
        ("{} in the first line", "no {} in the first line"),
        ("no first line", "a first line given"),
    ),
    HistorySet(
        "last_drugs",
        "drugs of the latest line",
        "Which drugs were given in the latest line?",
        ("latest line",),
        ("{} in the latest line", "no {} in the latest line"),
        ("no line given", "a line given"),
    ),
    HistorySet(
        "last_induction_drugs",
        "drugs of the latest induction",
        "Which drugs were given before maintenance?",
        ("latest line", "induction"),
        ("{} in the latest induction", "no {} in the latest induction"),
        ("no induction given", "an induction given"),
    ),
    HistorySet(
        "received_in_curative",
        "drugs of curative treatment",
        "Which drugs were given with curative intent?",
        ("curative",),
        ("{} in curative treatment", "no {} in curative treatment"),
        ("no drug in curative treatment", "a drug in curative treatment"),
    ),
    HistorySet(
        "received_in_lines",
        "drugs of lines for advanced disease",
        "Which drugs were given for advanced disease?",
        ("numbered",),
        ("received {} for advanced disease", "no {} for advanced disease"),
        ("no drug for advanced disease", "a drug for advanced disease"),
    ),
    HistorySet(
        "progressed_on_in_lines",
        "progressed on, for advanced disease",
        "On which drugs for advanced disease did the disease progress?",
        ("numbered", "progressed"),
        ("progressed on {} for advanced disease", "not progressed on {} for advanced disease"),
        ("no progression on a drug for advanced disease", "progression on a drug for advanced disease"),
    ),
    HistorySet(
        "relapsed_after_in_lines",
        "relapsed after, for advanced disease",
        "After which drugs for advanced disease, once they were over, did the disease relapse?",
        ("numbered", "relapsed"),
        ("relapsed after {} for advanced disease", "not relapsed after {} for advanced disease"),
        ("no relapse after a drug for advanced disease", "relapse after a drug for advanced disease"),
    ),
    HistorySet(
        "first_line_progressed_on",
        "progressed on in the first line",
        "On which drugs of the first line did the disease progress?",
        ("first line", "progressed"),
        ("progressed on first-line {}", "not progressed on first-line {}"),
        ("no progression on the first line", "progression on the first line"),
    ),
    HistorySet(
        "first_line_relapsed_after",
        "relapsed after in the first line",
        "After which drugs of the first line, once they were over, did the disease relapse?",
        ("first line", "relapsed"),
        ("relapsed after first-line {}", "not relapsed after first-line {}"),
        ("no relapse after the first line", "relapse after the first line"),
    ),
    HistorySet(
        "progressed_on_after_first_line",
        "progressed on after the first line",
        "On which drugs of the second line or later did the disease progress?",
        ("later line", "progressed"),
        ("progressed on {} in the second line or later", "not progressed on {} in the second line or later"),
        ("no progression after the first line", "progression after the first line"),
    ),
)


@lru_cache(maxsize=8)
def domain_for(formulary: Formulary) -> Domain:
    """The facts and axioms over the drugs of a formulary."""
    return declared_domain(formulary, CLINICAL_FACTS, HISTORY_SETS)


def declared_domain(formulary: Formulary, clinical: Sequence[Fact], history: Sequence[HistorySet]) -> Domain:
    """The facts that are declared so, those that every history has, and the axioms between them."""
    declared = (*clinical, *_history_facts(formulary, history))
    return Domain(
        {fact.name: fact for fact in declared},
        declared_axioms({history_set.name: history_set.over for history_set in history}),
        formulary,
    )


def _choice(
    name: str, label: str, question: str, domain: object, permanence: Permanence, **options: object
) -> ChoiceFact:
    return ChoiceFact(name, label, question, name, permanence, get_args(domain), **options)  # type: ignore[arg-type]


CLINICAL_FACTS: tuple[Fact, ...] = (
    _choice("disease", "disease", "Is it non-small cell or small cell lung cancer?", Disease, "fixed", is_bare=True),
    _choice("histology", "histology", "What is the histology?", Histology, "fixed", is_bare=True),
    _choice("stage", "stage", "What is the stage today?", Stage, "may change", groups=STAGE_GROUPS),
    _choice("extent", "extent", "How far has the disease spread today?", Extent, "may change", is_bare=True),
    _choice(
        "curative_treatment_possible",
        "curative treatment possible",
        "Can surgery or (chemo)radiotherapy with curative intent still be given?",
        YesNo,
        "may change",
        absent="curative treatment not possible",
    ),
    NumberFact("ecog", "ECOG", "What is the ECOG performance status?", "ecog", "may change", 0, 4),
    # T790M and C797S are acquired under treatment.
    SetFact(
        "egfr",
        "EGFR",
        "Which EGFR variants were found?",
        "egfr",
        "may change",
        get_args(EgfrVariant),
        "wild-type",
        phrases=("EGFR {}", "no EGFR {}"),
        empty_phrases=("EGFR wild-type", "an EGFR variant"),
        is_marker=True,
    ),
    _choice("alk", "ALK fusion", "Is there an ALK fusion?", MarkerResult, "fixed", is_marker=True, gene="ALK"),
    _choice("ros1", "ROS1 fusion", "Is there a ROS1 fusion?", MarkerResult, "fixed", is_marker=True, gene="ROS1"),
    _choice("nrg1", "NRG1 fusion", "Is there an NRG1 fusion?", MarkerResult, "fixed", is_marker=True, gene="NRG1"),
    _choice("dll3", "DLL3", "Is DLL3 expressed?", MarkerResult, "fixed", is_marker=True),
    NumberFact("pd_l1_tps", "PD-L1 TPS", "What is the PD-L1 TPS?", "pd_l1_tps", "fixed", 0, 100, "%", is_marker=True),
    SetFact(
        "other_drivers",
        "other drivers",
        "Which other drivers were found?",
        "other_drivers",
        "fixed",
        get_args(OtherDriver),
        empty_phrases=("no other driver", "another driver"),
        is_marker=True,
    ),
    _choice(
        "brain_metastases",
        "brain metastases",
        "Are there brain metastases, and are they treated and stable?",
        BrainMetastases,
        "may change",
        groups={"true": ("treated", "active")},
        open_part="whether the brain metastases are treated and stable",
    ),
    _choice("liver_metastases", "liver metastases", "Are there liver metastases?", YesNo, "may change"),
    SetFact(
        "bleeding_risk",
        "bleeding risk",
        "Which features of bleeding risk does the tumour show?",
        "bleeding_risk",
        "may change",
        get_args(BleedingFeature),
        empty_phrases=("no bleeding feature", "a bleeding feature"),
    ),
    SetFact(
        "comorbidities",
        "comorbidities",
        "Which of the comorbidities that a caution names are there?",
        "comorbidities",
        "may change",
        get_args(Comorbidity),
        empty_phrases=("no comorbidity that a caution names", "a comorbidity that a caution names"),
    ),
)
"""Every fact that is no part of a history."""


def _history_facts(formulary: Formulary, history: Sequence[HistorySet]) -> tuple[Fact, ...]:
    groups = {name: formulary.members_of(name) for name in formulary.classes}
    members = (*sorted(formulary.drugs), *sorted(formulary.classes))

    def drugs(declared: HistorySet) -> SetFact:
        return SetFact(declared.name, declared.label, declared.question, "history", "treatment", members, groups=groups,
                       over=declared.over, phrases=declared.phrases, empty_phrases=declared.empty_phrases,
                       absent=declared.absent, summary=declared.summary)  # fmt: skip

    return (
        NumberFact(
            "prior_lines", "prior lines", "How many lines of treatment for advanced disease were begun?", "prior_lines",
            "treatment", 0, MOST_LINES, absent="no line for advanced disease yet", summary="sentence",
            phrases=("no prior line", "{} prior line", "{} prior lines"),
            clauses=("no line was given before", "{} line was given before", "{} lines were given before"),
        ),
        *map(drugs, history),
        ChoiceFact(
            "last_outcome", "outcome of the latest line", "What was the outcome of the latest line?", "last_outcome",
            "treatment", ("none", *get_args(Outcome)), short_label="latest line", summary="sentence",
        ),
        NumberFact(
            "last_cycles", "cycles of the latest induction",
            "How many cycles did the latest induction have?", "history",
            "treatment", 0, MOST_CYCLES, "cycles", optional=True,
            phrases=("latest induction of no cycle", "latest induction of {} cycle", "latest induction of {} cycles"),
        ),
        NumberFact(
            PLATINUM_FREE, "platinum-free interval",
            "How many months after the last dose of platinum did the disease progress or relapse?", "history",
            "treatment", 0, MOST_MONTHS, "months", optional=True,
            phrases=(
                "platinum-free interval of 0 months", "platinum-free interval of {} month",
                "platinum-free interval of {} months",
            ),
        ),
        ChoiceFact(
            "on_maintenance", "on maintenance", "Is maintenance treatment being given now?", "history",
            "treatment", get_args(YesNo),
        ),
    )  # fmt: skip
