"""Model where a study was published, how sure each part of that is, and where the published record differs."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, RootModel, Tag, model_validator

from regimen_advisor.files.sources import Record
from regimen_advisor.words.catalogue import say

Text = Annotated[str, Field(min_length=1)]
SourceKey = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="key of a source in reviews.yaml")]
Section = Annotated[str, Field(pattern=r"^\S(?:.*\S)?$", description="of the source, as printed, in quotes")]
SectionList = Annotated[tuple[Section, ...], Field(min_length=1)]
ErratumId = Annotated[str, Field(pattern=r"^[A-Z]+\d+[a-z]?$")]
ErratumIds = Annotated[tuple[ErratumId, ...], Field(description="ids of the errata that concern it")]
Doi = Annotated[str, Field(pattern=r"^10\.\d{4,}/\S+$")]
Pmid = Annotated[str, Field(pattern=r"^\d{7,8}$")]
RegistryNumber = Annotated[
    str,
    Field(
        pattern=r"^(?:NCT\d{8}|JapicCTI-\d{6}|UMIN\d{9}|jRCTs?\d{9,10}|ISRCTN\d{8}|ChiCTR[\w-]*\d{8,10}|"
        r"ACTRN\d{14}|\d{4}-\d{6}-\d{2}(?:-\d{2})?)$"
    ),
]

Confidence = Literal["confirmed", "recalled"]  # confirmed: read in a stored public text; recalled: from memory
Certainty = Literal["confirmed", "recalled", "suspected"]  # suspected: not settled
Lookup = Literal[
    "PubMed record", "PubMed record (third-party copy)", "PMC full text", "publisher page",
    "conference abstract record", "institutional repository record", "article index record",
    "library catalogue record", "preprint record", "abstract service page", "third-party copy of the article",
    "trial registry record (third-party copy)", "medical news page", "public reference list",
    "public GitHub reference list", "stated in the review text",
]  # fmt: skip


def last_day(written: str) -> date:
    """The last day of a year, a month or a day as it is written: ``2020``, ``2020-06``, ``2020-06-15``.

    Raises ``ValueError`` for anything but a date.
    """
    if re.fullmatch(r"\d{4}(-\d{2}){0,2}", written, re.ASCII):
        year, *rest = map(int, written.split("-"))
        try:
            month = rest[0] if rest else 12
            return date(year, month, rest[1] if len(rest) > 1 else monthrange(year, month)[1])
        except ValueError:
            pass
    raise ValueError(say("study_error.date", found=written))


def dated(name: str, day: date | str | None) -> str:
    """The name of rules, followed by the day as of which they were read, if there is one."""
    return say("dated.name", name=name, day=day) if day else name


def _a_day(written: str) -> str:
    last_day(written)
    return written


Day = Annotated[str, AfterValidator(_a_day), Field(json_schema_extra={"pattern": r"^\d{4}(-\d{2}){0,2}$"})]


class Source(Record):
    """A place: the key of a source and one of its sections as printed, such as ``"4.1"``."""

    review: SourceKey
    section: Section

    def __str__(self) -> str:
        return f"{self.review} {self.section}"


def _shape(value: object) -> str:
    return "several" if isinstance(value, list | tuple) else "one"


class Sources(
    RootModel[
        Annotated[
            Annotated[Source, Tag("one")] | Annotated[tuple[Source, ...], Field(min_length=1), Tag("several")],
            Discriminator(_shape),
        ]
    ]
):
    """The place of an entry or a figure, ``{review, section}``, or a list of several; written and printed alike."""

    model_config = ConfigDict(strict=True, frozen=True)

    @property
    def places(self) -> tuple[Source, ...]:
        """Each place, in order."""
        return self.root if isinstance(self.root, tuple) else (self.root,)

    @property
    def reviews(self) -> tuple[str, ...]:
        """The keys of the sources, each once."""
        return tuple(dict.fromkeys(place.review for place in self.places))

    def sections_of(self, review: str) -> tuple[str, ...]:
        """The sections of one source."""
        return tuple(place.section for place in self.places if place.review == review)

    def without(self, reviews: AbstractSet[str]) -> Sources | None:
        """The places that are in none of these sources; ``None`` where no place is left."""
        left = tuple(place for place in self.places if place.review not in reviews)
        if len(left) == len(self.places):
            return self
        return Sources(left if len(left) > 1 else left[0]) if left else None

    def __str__(self) -> str:
        return "; ".join(map(str, self.places))


class Erratum(Record):
    """A point on which source and published record differ, or that a reader of the source's figures must know."""

    id: ErratumId = Field(description="capital letters, digits and perhaps a small letter, such as `D02` or `D38b`")
    field: Text = Field(description="what it concerns, such as `PFS` or `n`")
    source: Sources = Field(description="where the source prints it")
    since: Day | None = Field(
        None, description="date from which the published record says so; left out where that is not known"
    )
    review_says: Text = Field(description="what the source prints")
    published_says: Text = Field(description="what the published record says")
    certainty: Certainty = Field(description="recalled: from memory; suspected: not settled")
    consequence: Text = Field(description="what that means for a reader of the figure, in one sentence")


class Place(Record):
    """Where a source reports a study: the sections of a review and the reference numbers printed there."""

    review: Text = Field(description="key of a review in reviews.yaml")
    sections: SectionList = Field(description="its sections, as printed")
    references: tuple[Annotated[str, Field(pattern=r"^\d+$")], ...] = Field(
        (), description="reference numbers printed there"
    )
    errata: ErratumIds = ()


class PrintedRegistry(Record):
    """A registration number as the source prints it."""

    value: RegistryNumber = Field(description="the number as printed, right or wrong")
    source: Sources = Field(description="where it is printed")
    errata: ErratumIds = ()


class Cited(Record):
    """One citation field, and how sure it is: read in a stored public text (``where``), or from memory."""

    value: Text = Field(description="the field itself")
    confidence: Confidence = Field(description="confirmed: read in a stored public text; recalled: from memory")
    where: Lookup | None = Field(None, description="what kind of text confirms it")
    errata: ErratumIds = ()

    @model_validator(mode="after")
    def _confirmed_somewhere(self) -> Cited:
        if (self.confidence == "confirmed") != (self.where is not None):
            raise ValueError(say("study_error.where_for_confirmed"))
        return self


class CitedYear(Cited):
    """A year of publication."""

    value: Annotated[int, Field(ge=1900, le=2100, description="four digits")]  # type: ignore[assignment]


class CitedDoi(Cited):
    """A digital object identifier, without the address of a resolver."""

    value: Doi = Field(description="such as `10.1056/NEJMoa1713137`")


class CitedPmid(Cited):
    """A PubMed number."""

    value: Pmid = Field(description="seven or eight digits, in quotes")


class CitedPmcid(Cited):
    """A PubMed Central number."""

    value: Annotated[str, Field(pattern=r"^PMC\d+$", description="`PMC` and digits")]


class CitedRegistry(Cited):
    """A trial registration: ClinicalTrials.gov, JapicCTI, UMIN, jRCT, ISRCTN, ChiCTR, ANZCTR or the European one."""

    value: RegistryNumber = Field(description="such as `NCT04988295`")


class RelatedPublication(Record):
    """Another report of the same programme; one confidence for the whole entry."""

    what: Text = Field(description="what it reports, in words")
    confidence: Confidence = Field(description="of the whole entry")
    where: Lookup | None = Field(None, description="what kind of text confirms it")
    first_author: Text | None = Field(None, description="family name and initials")
    first_author_confidence: Confidence | None = Field(None, description="where it differs from the rest")
    journal: Text | None = Field(None, description="its usual abbreviation")
    year: int | None = Field(None, description="of publication")
    volume: Text | None = Field(None, description="of the journal")
    issue: Text | None = Field(None, description="of the volume")
    pages: Text | None = Field(None, description="first and last page, or article number")
    doi: Doi | None = Field(None, description="without the address of a resolver")
    pmid: Pmid | None = Field(None, description="PubMed number")
    registry: RegistryNumber | None = Field(None, description="number of the trial registration")
    meeting: Text | None = Field(None, description="congress where it was presented")


class Citation(Record):
    """How to find the publication; a field left out is not known."""

    title: Cited | None = Field(None, description="title of the publication")
    first_author: Cited | None = Field(None, description="family name and initials; the others are not recorded")
    journal: Cited | None = Field(None, description="its usual abbreviation")
    year: CitedYear | None = Field(None, description="of publication")
    volume: Cited | None = Field(None, description="of the journal")
    issue: Cited | None = Field(None, description="of the volume")
    pages: Cited | None = Field(None, description="first and last page, or article number")
    doi: CitedDoi | None = Field(None, description="without the address of a resolver")
    pmid: CitedPmid | None = Field(None, description="PubMed number")
    pmcid: CitedPmcid | None = Field(None, description="PubMed Central number")
    registry: CitedRegistry | None = Field(None, description="number of the trial registration")
    meeting_abstract: Cited | None = Field(None, description="number or name of a congress abstract")
    note: Text | None = Field(None, description="a remark")
    related: tuple[RelatedPublication, ...] = Field((), description="other reports of the same programme")

    def fields(self) -> dict[str, Cited]:
        """The fields that are known, by name."""
        known = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: field for name, field in known if isinstance(field, Cited)}
