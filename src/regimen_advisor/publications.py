"""Where a study was published, how sure each part of that is, and what the published record says otherwise."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from regimen_advisor.sources import Record

Text = Annotated[str, Field(min_length=1)]
Section = Annotated[str, Field(pattern=r"^(?:\d(?:\.\d){0,2}|abstract|Table \d)$")]
Sections = Annotated[tuple[Section, ...], Field(min_length=1)]
ErratumId = Annotated[str, Field(pattern=r"^D\d{2}[a-z]?$")]
ErratumIds = tuple[ErratumId, ...]
Doi = Annotated[str, Field(pattern=r"^10\.\d{4,}/\S+$")]
Pmid = Annotated[str, Field(pattern=r"^\d{7,8}$")]
RegistryNumber = Annotated[str, Field(pattern=r"^(?:NCT\d{8}|JapicCTI-\d{6}|UMIN\d{9})$")]

Confidence = Literal["confirmed", "recalled"]  # confirmed: read in a stored public text; recalled: from memory
Certainty = Literal["confirmed", "recalled", "suspected"]  # suspected: not settled
Lookup = Literal[
    "PubMed record", "PubMed record (third-party copy)", "PMC full text", "publisher page",
    "conference abstract record", "institutional repository record", "article index record",
    "library catalogue record", "preprint record", "abstract service page", "third-party copy of the article",
    "trial registry record (third-party copy)", "medical news page", "public reference list",
    "public GitHub reference list", "stated in the review text",
]  # fmt: skip


class Erratum(Record):
    """A point on which review and published record differ, or that a reader of the review's figures must know."""

    id: ErratumId
    field: Text
    section: Sections
    review_says: Text
    published_says: Text
    certainty: Certainty  # recalled: from memory; suspected: not settled
    consequence: Text


class Place(Record):
    """Where a study stands: the sections of a review and the reference numbers printed there."""

    review: Text
    sections: Sections
    references: tuple[Annotated[str, Field(pattern=r"^\d+$")], ...] = ()
    errata: ErratumIds = ()


class PrintedRegistry(Record):
    """A registration number as the review prints it."""

    value: RegistryNumber
    section: Section
    errata: ErratumIds = ()


class Cited(Record):
    """One citation field, and how sure it is: read in a stored public text (``where``), or from memory."""

    value: Text
    confidence: Confidence
    where: Lookup | None = None
    errata: ErratumIds = ()

    @model_validator(mode="after")
    def _confirmed_somewhere(self) -> Cited:
        if (self.confidence == "confirmed") != (self.where is not None):
            raise ValueError("expected `where` for a confirmed value, and for a confirmed value only")
        return self


class CitedYear(Cited):
    """A year of publication."""

    value: Annotated[int, Field(ge=1900, le=2100)]  # type: ignore[assignment]


class CitedDoi(Cited):
    """A digital object identifier, without the address of a resolver."""

    value: Doi


class CitedPmid(Cited):
    """A PubMed number."""

    value: Pmid


class CitedPmcid(Cited):
    """A PubMed Central number."""

    value: Annotated[str, Field(pattern=r"^PMC\d+$")]


class CitedRegistry(Cited):
    """A trial registration: ClinicalTrials.gov, JapicCTI or UMIN."""

    value: RegistryNumber


class RelatedPublication(Record):
    """Another report of the same programme; one confidence for the whole entry."""

    what: Text
    confidence: Confidence
    where: Lookup | None = None
    first_author: Text | None = None
    first_author_confidence: Confidence | None = None  # where it differs from the rest
    journal: Text | None = None
    year: int | None = None
    volume: Text | None = None
    issue: Text | None = None
    pages: Text | None = None
    doi: Doi | None = None
    pmid: Pmid | None = None
    registry: RegistryNumber | None = None
    meeting: Text | None = None


class Citation(Record):
    """How to find the publication; a field left out is not known."""

    title: Cited | None = None
    first_author: Cited | None = None
    journal: Cited | None = None
    year: CitedYear | None = None
    volume: Cited | None = None
    issue: Cited | None = None
    pages: Cited | None = None
    doi: CitedDoi | None = None
    pmid: CitedPmid | None = None
    pmcid: CitedPmcid | None = None
    registry: CitedRegistry | None = None
    meeting_abstract: Cited | None = None
    note: Text | None = None
    related: tuple[RelatedPublication, ...] = ()

    def fields(self) -> dict[str, Cited]:
        """The fields that are known, by name."""
        known = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: field for name, field in known if isinstance(field, Cited)}
