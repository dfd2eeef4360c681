"""Cite sections of the sources by their short form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regimen_advisor.knowledge.publications import Place, Sources
from regimen_advisor.knowledge.source_names import SourceNames
from regimen_advisor.knowledge.studies import Review
from regimen_advisor.words.catalogue import joined


class CitationLabels:
    """Sections of the sources as the short form in which they are cited, such as ``XY 3.1``."""

    def __init__(self, reviews: Mapping[str, Review], names: SourceNames) -> None:
        self.names = names
        self._short = {key: review.cited_as for key, review in reviews.items()}

    def at(self, review: str, *sections: str) -> str:
        """One or several sections of one source."""
        return f"{self._short[review]} {joined(sections)}"

    def of(self, places: Iterable[Place]) -> str:
        """Every place of a study."""
        return joined((self.at(place.review, *place.sections) for place in places), "lists")

    def cite(self, source: Sources) -> str:
        """The places of an entry or a figure."""
        return joined((self.at(review, *source.sections_of(review)) for review in source.reviews), "lists")
