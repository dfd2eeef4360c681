"""Model a study, a statement, an approval and a source, as a file holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Protocol

from pydantic import Field, PrivateAttr

from regimen_advisor.files.errors import Location
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.figures import Count, Result, Safety
from regimen_advisor.knowledge.publications import (
    Citation,
    Day,
    Erratum,
    ErratumIds,
    Place,
    PrintedRegistry,
    Section,
    SectionList,
    Sources,
    Text,
)  # fmt: skip

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
StudyKind = Literal[
    "trial", "real-world", "meta-analysis", "ongoing-trial",
    "consensus", "guideline-statement", "review-statement", "background-claim",
]  # fmt: skip
DesignType = Literal[
    "pooled-randomised", "pooled", "randomised", "controlled", "non-randomised-comparison",
    "single-arm", "dose-groups", "case-series", "mechanism", "opinion", "not-stated",
]  # fmt: skip
Benefit = Literal["OS", "PFS", "response"]


class Treatment(Record):
    """One component of an arm: a drug, or a class where the source names no more; dose and route as stated."""

    drug: Text = Field(description="id of a drug, or the class that the source names")
    dose: Text | None = Field(None, description="as stated")
    route: Literal["intravenous", "subcutaneous", "oral"] | None = Field(None, description="as stated")
    part: Literal["induction", "maintenance"] | None = Field(None, description="where the arm has two parts")


class Arm(Record):
    """Patients treated alike; figures refer to it by ``name``."""

    name: Text = Field(description="what figures refer to")
    role: Literal["experimental", "comparator"] = Field(description="experimental, or what that is compared with")
    drugs: tuple[Treatment, ...] = Field((), description="what was given")
    n: Count | None = Field(None, description="number of patients in the arm")
    note: Text | None = Field(None, description="a remark")
    errata: ErratumIds = ()


class PatientGroup(Record):
    """A set of patients that is no arm of its own, such as the evaluable ones; figures refer to it by ``name``."""

    name: Text = Field(description="what figures refer to")
    n: Count | None = Field(None, description="number of patients in the group")


class StudyFinding(Record):
    """What a source says in words; ``source`` where several places report the study and it is known which."""

    says: Text = Field(description="a sentence of ours, not copied from the source")
    source: Sources | None = Field(None, description="the places that say so; left out, all of `cited_in`")
    errata: ErratumIds = ()


class Limits(Record):
    """Reservations: those the source states, and those only inferred from what it leaves out."""

    stated: tuple[StudyFinding, ...] = Field((), description="by the source")
    inferred: tuple[StudyFinding, ...] = Field((), description="from what the source leaves out")


class Population(Record):
    """Who was treated, as the source states it; a key left out is one the source is silent on."""

    disease: Text | None = Field(None, description="kind of lung cancer")
    histology: Text | None = Field(None, description="as stated")
    stage: Text | None = Field(None, description="as stated")
    biomarker: Text | None = Field(None, description="mutations, fusions, PD-L1")
    line: Text | None = Field(None, description="line of treatment")
    prior_therapy: Text | None = Field(None, description="what had been given")
    performance: Text | None = Field(None, description="ECOG status")
    brain_metastasis: Text | None = Field(None, description="whether allowed, and how")
    region: Text | None = Field(None, description="where patients were treated")
    other: Text | None = Field(None, description="anything else that limits the population")
    errata: ErratumIds = ()


class Design(Record):
    """How the comparison was made; ``type_from`` names the source where it is not the source's own wording."""

    type: DesignType = Field(description="how patients were compared")
    type_from: Text | None = Field(None, description="who says so, where it is not the source's own wording")
    says: Text | None = Field(None, description="further words on the design")
    errata: ErratumIds = ()


class ShownBenefit(Record):
    """The strongest endpoint on which the source itself states a gain, or a response where nothing is compared."""

    endpoint: Benefit = Field(description="OS over PFS over response")
    source: Sources = Field(description="where the gain is stated")
    within: Text | None = Field(None, description="the subgroup, where the gain is stated for that alone")


class Flagged(Protocol):
    """A part of a study that can name errata."""

    @property
    def errata(self) -> ErratumIds:
        """The ids of the errata that concern it."""
        ...


class Study(Record):
    """One study, or one statement without a study, as a source reports it."""

    id: Id = Field(description="name of the file without `.yaml`")
    name: Text = Field(description="as the source calls it")
    same_study_as: Id | None = Field(
        None, description="id of a study of another source: this one is the same, as a further source reports it"
    )
    kind: StudyKind = Field(description="what kind of entry it is")
    phase: Text | None = Field(None, description="as stated, such as `III` or `Ib/II`")
    design: Design = Field(description="how the comparison was made")
    population: Population = Field(default_factory=Population.model_construct, description="who was treated")
    n: Count | None = Field(None, description="number of patients")
    arms: tuple[Arm, ...] = Field((), description="patients treated alike")
    groups: tuple[PatientGroup, ...] = Field(
        (), description="sets of patients that are no arm, such as the evaluable ones"
    )
    results: tuple[Result, ...] = Field((), description="figures of benefit, one endpoint each")
    safety: tuple[Safety, ...] = Field((), description="figures of harm")
    harm_of: Id | None = Field(None, description="drug with whose every regimen these figures of harm are shown")
    shown_benefit: ShownBenefit | None = Field(None, description="strongest endpoint with a gain")
    findings: tuple[StudyFinding, ...] = Field((), description="what the source says in words")
    limits: Limits = Field(default_factory=Limits.model_construct, description="reservations")
    approvals: tuple[Id, ...] = Field((), description="ids of approvals.yaml that rest on it")
    included_studies: tuple[Text, ...] = Field((), description="of a meta-analysis")
    primary_endpoints: tuple[Text, ...] = Field((), description="as printed for an ongoing trial")
    printed_registry: PrintedRegistry | None = Field(None, description="the registration number the source prints")
    cited_in: Annotated[tuple[Place, ...], Field(min_length=1)] = Field(description="its places in the sources")
    citation: Citation = Field(default_factory=Citation.model_construct, description="how to find the publication")
    errata: tuple[Erratum, ...] = Field((), description="where review and published record differ")
    _location: Location | None = PrivateAttr(default=None)

    @property
    def location(self) -> Location | None:
        """The place in the file that the study was read from; ``None`` where it was made in code."""
        return self._location

    def remember_location(self, location: Location) -> None:
        """Remember the place in the file; it takes no part in comparing two of them."""
        self._location = location

    def leaving(self, *, approvals: tuple[str, ...]) -> Study:
        """The study with these approvals alone, at the same place in its file."""
        return self if approvals == self.approvals else self.model_copy(update={"approvals": approvals})

    @property
    def sections(self) -> frozenset[str]:
        """Every section that reports the study."""
        return frozenset(section for place in self.cited_in for section in place.sections)

    def arm(self, name: str) -> Arm | None:
        """The arm of that name; ``None`` for a group."""
        return next((arm for arm in self.arms if arm.name == name), None)

    def parts(self) -> Iterator[Flagged]:
        """Every part of the study that can name errata."""
        yield self.design
        yield self.population
        for parts in (self.arms, self.results, self.safety, self.findings, self.limits.stated, self.limits.inferred):
            yield from parts
        yield from self.cited_in
        yield from self.counts()
        if self.printed_registry:
            yield self.printed_registry
        yield from self.citation.fields().values()

    def counts(self) -> Iterator[Count]:
        """The numbers of patients: of the study, of its arms and groups."""
        counts = (self.n, *(arm.n for arm in self.arms), *(group.n for group in self.groups))
        yield from (count for count in counts if count)

    def errata_of(self, part: Flagged) -> tuple[Erratum, ...]:
        """The errata that concern one part of the study, such as a result or a safety finding."""
        return tuple(erratum for erratum in self.errata if erratum.id in part.errata)


class Approval(Record):
    """An approval as a source states it; ``regimens`` are those of the rulebook it concerns."""

    id: Id = Field(description="what studies and rules refer to")
    drug: Text = Field(description="what was approved")
    agency: Text | None = Field(None, description="such as FDA; left out where the source names none")
    year: int | None = Field(None, description="as stated")
    month: Annotated[int, Field(ge=1, le=12)] | None = Field(None, description="as stated")
    indication: Text = Field(description="for whom, as the source states it")
    regimens: tuple[Id, ...] = Field((), description="ids of the regimens it concerns")
    studies: tuple[Id, ...] = Field((), description="ids of the studies it rests on")
    source: Sources = Field(description="where it is stated")
    references: tuple[Text, ...] = Field((), description="reference numbers printed there")
    errata: tuple[Erratum, ...] = Field((), description="where review and published record differ")
    _location: Location | None = PrivateAttr(default=None)

    @property
    def location(self) -> Location | None:
        """The place of the approval in its file; ``None`` where it was made in code."""
        return self._location

    def remember_location(self, location: Location) -> None:
        """Remember the place in the file."""
        self._location = location

    def leaving(self, *, regimens: tuple[str, ...], studies: tuple[str, ...]) -> Approval:
        """The approval with these regimens and studies alone, at the same place in its file."""
        if (regimens, studies) == (self.regimens, self.studies):
            return self
        return self.model_copy(update={"regimens": regimens, "studies": studies})


class ReviewSection(Record):
    """A section of a source under its printed number; the title is ours, in English."""

    number: Section
    title: Text


class Mention(Record):
    """A drug a source names without a lung cancer result, so that its absence from the rules is explained."""

    drug: Text
    context: Text
    sections: SectionList
    errata: tuple[Erratum, ...] = ()


SourceKind = Literal["review", "guideline", "consensus", "label", "trial report"]


class Review(Record):
    """One of the sources of the rules: a source, a guideline, a consensus, a label or a trial report."""

    key: Id
    title: Text
    original_title: Text | None = None
    authors: Text | None = None
    cited_as: Annotated[str, Field(pattern=r"^\S+$", description="its label in front of a section, such as `XY`")]
    kind: SourceKind = Field(description="what sort of text it is")
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="language code, such as `zh`")]
    speaks_to: Day | None = Field(None, description="date up to which it speaks; left out where it is not known")
    note: Text | None = None
    sections: Annotated[tuple[ReviewSection, ...], Field(min_length=1)]
    mentions: tuple[Mention, ...] = ()

    @property
    def section_numbers(self) -> tuple[str, ...]:
        """The section numbers in printed order."""
        return tuple(section.number for section in self.sections)
