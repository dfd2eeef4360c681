"""The models of a study, a statement, an approval and a review, as a file holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Protocol

from pydantic import Field, PrivateAttr

from regimen_advisor.errors import Location
from regimen_advisor.figures import Count, Result, Safety
from regimen_advisor.publications import (
    Citation,
    Erratum,
    ErratumIds,
    Place,
    PrintedRegistry,
    Section,
    Sections,
    Text,
)  # fmt: skip
from regimen_advisor.sources import Record

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
Kind = Literal[
    "trial", "real-world", "meta-analysis", "ongoing-trial",
    "consensus", "guideline-statement", "review-statement", "background-claim",
]  # fmt: skip
DesignType = Literal[
    "pooled-randomised", "pooled", "randomised", "controlled", "non-randomised-comparison",
    "single-arm", "dose-groups", "case-series", "mechanism", "opinion", "not-stated",
]  # fmt: skip
Benefit = Literal["OS", "PFS", "response"]


class Treatment(Record):
    """One component of an arm: a drug, or a class where the review names no more; dose and route as stated."""

    drug: Text
    dose: Text | None = None
    route: Literal["intravenous", "subcutaneous", "oral"] | None = None
    part: Literal["induction", "maintenance"] | None = None


class Arm(Record):
    """Patients treated alike; figures refer to it by ``name``."""

    name: Text
    role: Literal["experimental", "comparator"]
    drugs: tuple[Treatment, ...] = ()
    n: Count | None = None
    note: Text | None = None
    errata: ErratumIds = ()


class Group(Record):
    """A set of patients that is no arm of its own, such as the evaluable ones; figures refer to it by ``name``."""

    name: Text
    n: Count | None = None


class Finding(Record):
    """What the review says in words; ``section`` where the study stands in several and it is known which."""

    says: Text
    section: Section | None = None
    errata: ErratumIds = ()


class Limits(Record):
    """Reservations: those the review states, and those only inferred from what it leaves out."""

    stated: tuple[Finding, ...] = ()
    inferred: tuple[Finding, ...] = ()


class Population(Record):
    """Who was treated, as the review states it; a key left out is one the review is silent on."""

    disease: Text | None = None
    histology: Text | None = None
    stage: Text | None = None
    biomarker: Text | None = None
    line: Text | None = None
    prior_therapy: Text | None = None
    performance: Text | None = None
    brain_metastasis: Text | None = None
    region: Text | None = None
    other: Text | None = None
    errata: ErratumIds = ()


class Design(Record):
    """How the comparison was made; ``type_from`` names the source where it is not the review's own wording."""

    type: DesignType
    type_from: Text | None = None
    says: Text | None = None
    errata: ErratumIds = ()


class ShownBenefit(Record):
    """The strongest endpoint on which the review itself states a gain, or a response where nothing is compared."""

    endpoint: Benefit
    section: Section
    within: Text | None = None  # the subgroup, where the gain is stated for that alone


class Flagged(Protocol):
    """A part of a study that can name errata."""

    @property
    def errata(self) -> ErratumIds:
        """The ids of the errata that concern it."""
        ...


class Study(Record):
    """One study, or one statement that stands without a study, as a review reports it."""

    id: Id
    name: Text
    kind: Kind
    phase: Text | None = None
    design: Design
    population: Population = Population()
    n: Count | None = None
    arms: tuple[Arm, ...] = ()
    groups: tuple[Group, ...] = ()
    results: tuple[Result, ...] = ()
    safety: tuple[Safety, ...] = ()
    shown_benefit: ShownBenefit | None = None
    findings: tuple[Finding, ...] = ()
    limits: Limits = Limits()
    approvals: tuple[Id, ...] = ()
    included_studies: tuple[Text, ...] = ()  # of a meta-analysis
    primary_endpoints: tuple[Text, ...] = ()  # as printed for an ongoing trial
    printed_registry: PrintedRegistry | None = None
    cited_in: Annotated[tuple[Place, ...], Field(min_length=1)]
    citation: Citation = Citation()
    errata: tuple[Erratum, ...] = ()
    _location: Location | None = PrivateAttr(default=None)

    @property
    def location(self) -> Location | None:
        """The place in the file that the study was read from; ``None`` where it was made in code."""
        return self._location

    def stands_at(self, location: Location) -> None:
        """Remember the place in the file; it takes no part in comparing two of them."""
        self._location = location

    @property
    def sections(self) -> frozenset[str]:
        """Every section the study stands in."""
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

    def errata_of_whole(self) -> tuple[Erratum, ...]:
        """The errata that concern the study as such, not one part of it."""
        named = {erratum_id for part in self.parts() for erratum_id in part.errata}
        return tuple(erratum for erratum in self.errata if erratum.id not in named)


class Approval(Record):
    """An approval as a review states it; ``regimens`` are those of the rulebook it concerns."""

    id: Id
    drug: Text
    agency: Text | None = None
    year: int | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    indication: Text
    regimens: tuple[Id, ...] = ()
    studies: tuple[Id, ...] = ()
    review: Text
    sections: Sections
    references: tuple[Text, ...] = ()
    errata: tuple[Erratum, ...] = ()
    _location: Location | None = PrivateAttr(default=None)

    @property
    def location(self) -> Location | None:
        """Where the approval stands in its file; ``None`` where it was made in code."""
        return self._location

    def stands_at(self, location: Location) -> None:
        """Remember the place in the file."""
        self._location = location


class ReviewSection(Record):
    """A section of a review under its printed number; the title is ours, in English."""

    number: Section
    title: Text


class Mention(Record):
    """A drug a review names without a lung cancer result, so that its absence from the rules is explained."""

    drug: Text
    context: Text
    sections: Sections
    errata: tuple[Erratum, ...] = ()


class Review(Record):
    """One of the two sources."""

    key: Id
    title: Text
    original_title: Text | None = None
    authors: Text | None = None
    cited_as: Text
    note: Text | None = None
    sections: Annotated[tuple[ReviewSection, ...], Field(min_length=1)]
    mentions: tuple[Mention, ...] = ()

    @property
    def section_numbers(self) -> tuple[str, ...]:
        """The section numbers in printed order."""
        return tuple(section.number for section in self.sections)
