"""Check that the sources and sections which entries name are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from regimen_advisor.files.errors import Problem, near
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.files.validation_messages import listed
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.studies import Review
from regimen_advisor.words.catalogue import joined, say


class Sourced(Protocol):
    """An entry of a file that names its place, where it has one."""

    @property
    def source(self) -> Sources | None:
        """The place."""
        ...


def unplaced(source: Sources, reviews: Mapping[str, Review], document: Document, path: Path_) -> Iterator[Problem]:
    """What is wrong with the places written at ``path``: a source that is not loaded, or a section it lacks."""
    for index, place in enumerate(source.places):
        steps = (*path, index) if isinstance(source.root, tuple) else path
        review = reviews.get(place.review)
        if place.review not in reviews:
            known = listed(f"`{key}`" for key in reviews)
            message = say("rulebook_error.review", known=known, found=place.review)
            yield Problem(document.locate((*steps, "review")), message, near(place.review, reviews))
        elif review is not None and place.section not in review.section_numbers:
            sections = joined(review.section_numbers)
            message = say("rulebook_error.section", review=review.key, sections=sections)
            yield Problem(document.locate((*steps, "section")), message)


def unplaced_regimens(
    regimens: Mapping[str, Regimen], reviews: Mapping[str, Review], document: Document
) -> Iterator[Problem]:
    """What is wrong with the places of regimens and of their schedules."""
    for index, regimen in enumerate(regimens.values()):
        yield from unplaced(regimen.source, reviews, document, (index, "source"))
        if regimen.schedule:
            yield from unplaced(regimen.schedule.source, reviews, document, (index, "schedule", "source"))


def unplaced_entries(
    entries: Mapping[str, Sourced], reviews: Mapping[str, Review], document: Document
) -> Iterator[Problem]:
    """Problems with the places of entries, in the order of their document."""
    for index, entry in enumerate(entries.values()):
        if entry.source is not None:
            yield from unplaced(entry.source, reviews, document, (index, "source"))
