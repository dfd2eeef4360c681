"""Model the answer of ``advise``, as its published JSON (``regimen-advisor schema advice``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, SerializerFunctionWrapHandler, model_serializer

from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.evidence import (
    Approval,
    Arm,
    Citation,
    Count,
    DesignLevel,
    Erratum,
    Limits,
    Place,
    Population,
    Result,
    Safety,
    StudyFinding,
)
from regimen_advisor.knowledge.publications import Sources, dated
from regimen_advisor.knowledge.regimens import Schedule
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import CautionKind
from regimen_advisor.language.standings import Standing
from regimen_advisor.words.catalogue import joined, say

SCHEMA_VERSION = "1"
ADVICE_VERSION = "2"
SCOPE = say("advice.scope")
Basis = Annotated[
    Literal["review", "outside the reviews"],
    Field(description="whether a source says it, or it is known from elsewhere"),
]

# What several answers say alike, with its meaning.
SchemaVersion = Annotated[str, Field(description="version of this format")]
Scope = Annotated[str, Field(description="what the answer is for, and what it does not look at")]
Engines = Annotated[
    tuple[str, ...], Field(description="names of the engines that judged the rules, all with the same outcome")
]
OutsideCertainty = Annotated[str | None, Field(description="how sure a statement from outside the sources is")]
RuleSource = Annotated[
    Sources, Field(description="where the source says it; of what is known from elsewhere, the section it goes with")
]


class RulebookName(Record):
    """Which rules gave the answer."""

    version: str = Field(description="a short name of exactly these rules: the first 12 digits of the digest")
    digest: str = Field(description="`sha256:` and a checksum of the names and bytes of all rule files")
    as_of: str | None = Field(None, description="the day as of which they were read; left out where there is none")

    @classmethod
    def of(cls, rulebook: Rulebook) -> RulebookName:
        """The name and digest of the rules behind an answer."""
        day = None if rulebook.day is None else rulebook.day.isoformat()
        return cls(version=rulebook.version, digest=rulebook.digest, as_of=day)

    @model_serializer(mode="wrap")
    def _without_no_day(self, whole: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def] # noqa: ANN202
        # With a return type the schema would be that of the type, not of the model.
        return {key: value for key, value in whole(self).items() if value is not None}

    def dated(self, name: str) -> str:
        """The ``version`` or ``digest`` of the rules, followed by the day as of which they were read."""
        return dated(name, self.as_of)


class ProfileName(Record):
    """Which profile was read, and remarks on how it was read."""

    id: str = Field(description="its `id`; the name of the file where it has none")
    summary: str | None = Field(None, description="the patient in one sentence, as the profile says it")
    notes: tuple[str, ...] = Field((), description="remarks on the input, for the person who wrote it")


JudgedBy = Annotated[RulebookName, Field(description="the rules that gave the answer")]
ReadProfile = Annotated[ProfileName, Field(description="the profile that was read")]


class Evidence(Record):
    """One study behind an option, as its source reports it, with what the published record says otherwise."""

    study: str = Field(description="id of the study")
    name: str = Field(description="as its source calls it")
    kind: str = Field(description="what kind of entry it is, such as `trial` or `meta-analysis`")
    phase: str | None = Field(None, description="as stated, such as `III` or `Ib/II`")
    design_level: DesignLevel = Field(description="OCEBM 2011 level that its design alone gives")
    n: Count | None = Field(None, description="number of patients")
    population: Population = Field(description="who was treated")
    arms: tuple[Arm, ...] = Field((), description="patients treated alike")
    results: tuple[Result, ...] = Field((), description="figures of benefit, one endpoint each")
    safety: tuple[Safety, ...] = Field((), description="figures of harm")
    findings: tuple[StudyFinding, ...] = Field((), description="what the source says in words")
    limits: Limits = Field(description="reservations")
    errata: tuple[Erratum, ...] = Field((), description="where source and published record differ")
    cited_in: tuple[Place, ...] = Field(description="its places in the sources")
    citation: Citation = Field(description="how to find the publication")


class Caution(Record):
    """A reason for caution: ``holds``, or ``open`` where it waits for facts that are not known."""

    rule: str = Field(description="id of the rule")
    says: str = Field(description="the caution in one sentence")
    kind: CautionKind = Field(
        description="`patient`: about this patient; `evidence`: a reservation on the studies, the same for everyone; "
        "`measure`: a step before the first dose, with which an option stays `offered`"
    )
    basis: Basis
    certainty: OutsideCertainty = None
    source: RuleSource
    state: Literal["holds", "open"] = Field(description="`open` where the rule waits for facts that are not known")
    depends_on: tuple[str, ...] = Field((), description="profile keys and history parts it waits for")
    errata: tuple[str, ...] = Field((), description="ids of the errata that concern what it says")


class Reason(Record):
    """Why an option is or is not offered: the rule that decides, and what of it is met, not met or unknown."""

    rule: str = Field(description="id of the rule")
    effect: Literal["offer", "exclude"] = Field(description="what the rule does where it holds")
    state: Literal["met", "not met", "unknown"] = Field(description="whether the rule holds for this patient")
    says: str = Field(description="the rule in one sentence")
    source: Sources = Field(description="where the source says it")
    not_met: tuple[str, ...] = Field((), description="conditions that are not met, in words")
    unknown: tuple[str, ...] = Field((), description="conditions that are not known, in words")


class Option(Record):
    """How one regimen stands for this patient, and on what evidence."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="display name")
    drugs: tuple[str, ...] = Field(description="standard names of drugs and classes")
    standing: Standing = Field(description="how the regimen stands for this patient")
    setting: tuple[str, ...] = Field((), description="titles of the clinical settings of the rules that hold")
    says: tuple[str, ...] = Field((), description="the rules named in `rules`, a sentence each")
    rules: tuple[str, ...] = Field((), description="offer rules that hold; for an undetermined option those that may")
    markers: tuple[str, ...] = Field(
        (), description="markers of this tumour that its rules ask for; an option with none is for any such tumour"
    )
    studies: tuple[str, ...] = Field((), description="studies of these rules")
    evidence: tuple[Evidence, ...] = Field(
        (), description="the studies named in `studies`, as their source reports them"
    )
    design_level: DesignLevel = Field(description="of its study with the best design")
    shown_benefit: Literal["OS", "PFS", "response"] | None = Field(
        None, description="strongest endpoint on which a source states a gain"
    )
    harm: tuple[Evidence, ...] = Field(
        (), description="severe harm of a drug of the regimen, from a study that is none of this option"
    )
    approvals: tuple[Approval, ...] = Field((), description="approvals that a source states for this use")
    schedule: Schedule | None = Field(None, description="dose and timing, only what a source states")
    cautions: tuple[Caution, ...] = Field((), description="reasons for caution that hold or may hold")
    reasons: tuple[Reason, ...] = Field(
        (), description="rules that exclude it, leave it open, or would offer it but do not hold"
    )
    depends_on: tuple[str, ...] = Field((), description="profile keys and history parts it waits for")

    @property
    def exclusions(self) -> Sequence[Reason]:
        """The rules that exclude it: those that surely hold, or, where none does, those of which one must hold."""
        found = [reason for reason in self.reasons if reason.effect == "exclude" and reason.state != "not met"]
        return [reason for reason in found if reason.state == "met"] or found

    def __repr__(self) -> str:
        """One line: the regimen and its standing."""
        return f"<Option {self.regimen}: {self.standing.value}>"


class Statement(Record):
    """A standard, a note or a silence of the sources that concerns this patient."""

    rule: str = Field(description="id of the rule")
    title: str = Field(description="what it is about, in a few words")
    says: str = Field(description="the statement in one sentence")
    basis: Basis
    certainty: OutsideCertainty = None
    source: RuleSource
    studies: tuple[str, ...] = Field((), description="ids of its studies")
    regimens: tuple[str, ...] = Field((), description="of a standard: the regimens that it names")
    state: Literal["holds", "open", "of others"] = Field(
        "holds",
        description="`open` where the rule waits for facts that are not known; `of others` for a standard that the "
        "sources state for a disease which is not that of this patient",
    )
    depends_on: tuple[str, ...] = Field((), description="profile keys and history parts it waits for")
    meant_for: str | None = Field(None, description="of a standard `of others`: the disease that it is stated for")
    cautions: tuple[Caution, ...] = Field(
        (), description="of a standard that holds: what speaks against its drugs in this patient"
    )


class Trial(Record):
    """A study that was ongoing when its source was written, and what has become of it."""

    rule: str = Field(description="id of the rule")
    study: str = Field(description="id of the study")
    name: str = Field(description="as its source calls it")
    phase: str | None = Field(None, description="as stated, such as `III` or `Ib/II`")
    registry: str | None = Field(None, description="number of the trial registration")
    says: str = Field(description="why it is worth knowing, in one sentence")
    errata: tuple[Erratum, ...] = Field((), description="where source and published record differ")
    source: Sources = Field(description="where the source says it")


class SourceDifference(Record):
    """A point on which two sources differ; nothing is merged, averaged or preferred."""

    kind: Literal["figure", "population", "recommendation", "grade"] = Field(description="what they differ on")
    subject: str = Field(description="of what: a study with its endpoint or its patients, or a regimen")
    sides: tuple[str, str] = Field(description="what each of them says, with its place")
    studies: tuple[str, ...] = Field((), description="ids of the studies whose figures or patients differ")
    rules: tuple[str, ...] = Field((), description="ids of the rules that differ")

    @property
    def says(self) -> str:
        """Both sides in one sentence."""
        return joined(self.sides, "versus")


class ReportedChange(Record):
    """An entry of the rules that a pack replaced or retired, where that bears on the answer."""

    entry: Literal["rule", "regimen", "study", "approval", "finding", "source"] = Field(description="what it is")
    id: str = Field(description="its id")
    how: Literal["replaced", "retired", "overridden"] = Field(
        description="whether the pack has one of its own in its place, or overrides it where a rule of its own holds"
    )
    pack: str = Field(description="name of the pack")
    reason: str = Field(description="why, in the words of the pack; of an override what its rule says")
    said: str | None = Field(None, description="of a rule: its sentence, with its place")

    @property
    def says(self) -> str:
        """What was changed, by whom and why; of a rule also its sentence."""
        change = say(
            "change.sentence",
            entry=say(f"kind_of_entry.{self.entry}"),
            id=self.id,
            change=say(f"changed_how.{self.how}"),
            pack=self.pack,
            reason=self.reason,
        )
        return say("change.with_rule", change=change, sentence=self.said) if self.said else change


class Missing(Record):
    """A question whose answer decides something: a standard, an option, evidence, or else only a caution."""

    question: str = Field(description="profile key or part of a history entry")
    asks: str = Field(description="the question in words")
    settles: tuple[str, ...] = Field((), description="regimens that some answer to this question alone settles")
    standards: tuple[str, ...] = Field((), description="rules that state a standard and wait for the answer")
    options: tuple[str, ...] = Field((), description="undetermined regimens that wait for the answer")
    evidence: tuple[str, ...] = Field(
        (),
        description="offered regimens that another rule, with its studies, may offer too by the answer",
    )


class First(Record):
    """What holds for every option of this patient: shown once, above them."""

    rules: tuple[str, ...] = Field(description="ids of the rules that say it, each for some of the options")
    effect: Literal["caution", "note", "silent"] = Field(description="what the rules do")
    title: str | None = Field(None, description="of a note or a silence: what it is about")
    says: str = Field(description="it in one sentence")
    basis: Basis
    certainty: OutsideCertainty = None
    source: RuleSource
    state: Literal["holds", "open"] = Field(
        "holds", description="`open` where the rules wait for facts that are not known"
    )
    depends_on: tuple[str, ...] = Field((), description="profile keys and history parts it waits for")
    errata: tuple[str, ...] = Field((), description="ids of the errata that concern what it says")


class OrderKey(Record):
    """One of the things that the order of options goes by."""

    key: str = Field(description="a short name of it")
    says: str = Field(description="in words: what comes first")


class Answered:
    """The case behind an answer, kept with it but no part of it: all compare equal, so answers compare by content.

    An answer that was copied to another process, or read from JSON, has none.
    """

    def __init__(self, case: object = None) -> None:
        self.case = case

    def __eq__(self, other: object) -> bool:
        """Two answers are equal if their fields are, whatever cases are kept with them."""
        return isinstance(other, Answered)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[Answered], tuple[()]]:
        """Leave the case, and with it the rulebook, out of copies that go to another process."""
        return Answered, ()


class Advice(Record):
    """All that the rules say of one patient. Same input, same bytes."""

    _answered: Answered = PrivateAttr(default_factory=Answered)

    schema_version: SchemaVersion = ADVICE_VERSION
    rulebook: JudgedBy
    engines: Engines
    profile: ReadProfile
    first: tuple[First, ...] = Field(
        (),
        description="what holds for every option, or decides that there is none; it is in `cautions`, `notes` or "
        "`silent` too, and a screen leaves it out there",
    )
    standards: tuple[Statement, ...] = Field((), description="what a source states as the standard without studying it")
    options: tuple[Option, ...] = Field((), description="every regimen for the disease, in `order`")
    order: tuple[OrderKey, ...] = Field(
        description="what the options are ordered by: each key only tells apart what those before it do not"
    )
    differences: tuple[SourceDifference, ...] = Field(
        (), description="where the sources differ on what is shown, both sides with their places"
    )
    changes: tuple[ReportedChange, ...] = Field(
        (), description="what packs replaced or retired that bears on the answer, with their reasons"
    )
    trials: tuple[Trial, ...] = Field(
        (), description="studies that were ongoing when their source was written; never options"
    )
    notes: tuple[Statement, ...] = Field((), description="what else is worth knowing for this patient")
    silent: tuple[Statement, ...] = Field((), description="what the sources do not speak of for this patient")
    missing: tuple[Missing, ...] = Field(
        (), description="what to find out first: single questions whose answer settles options"
    )
    scope: Scope = SCOPE

    def __repr__(self) -> str:
        """One line: the patient, and how many options have each standing."""
        counts = Counter(option.standing.value for option in self.options)
        return f"<Advice {self.profile.id}: {joined(f'{count} {standing}' for standing, count in counts.items())}>"

    def with_case(self, case: object) -> Advice:
        """A copy of the answer that keeps ``case``, which is needed to show it in full."""
        self._answered = Answered(case)
        return self

    @property
    def case(self) -> object:
        """The case behind the answer; ``None`` where it was not kept."""
        return self._answered.case

    def standing(self, regimen: str) -> Standing:
        """The standing of one regimen. Raises ``KeyError`` for one that is no option of this disease."""
        for option in self.options:
            if option.regimen == regimen:
                return option.standing
        raise KeyError(regimen)

    def of(self, *standings: Standing) -> tuple[Option, ...]:
        """The options with one of these standings, in order."""
        return tuple(option for option in self.options if option.standing in standings)

    @property
    def is_little_known(self) -> bool:
        """Whether nothing is offered and more than half of the regimens wait, so that questions come before options."""
        waiting = self.of(Standing.UNDETERMINED)
        is_offered = self.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)
        return not is_offered and 2 * len(waiting) > len(self.options)

    def is_first(self, rule: str) -> bool:
        """Whether this rule is shown above the options, so that it is not repeated below."""
        return any(rule in first.rules for first in self.first)
