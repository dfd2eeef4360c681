"""Name the sources of the rules by what they are: a review is called a review, a guideline a guideline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regimen_advisor.knowledge.studies import Review
from regimen_advisor.words.catalogue import say


class SourceNames:
    """What the loaded sources are called together, and some of them."""

    def __init__(self, reviews: Mapping[str, Review]) -> None:
        self._reviews = reviews
        self.loaded = self.of(reviews)
        """``the reviews``, or ``the sources`` where they are of several kinds."""

    def of(self, keys: Iterable[str]) -> str:
        """``the review``, ``the guidelines``, ``the sources``: those with these keys."""
        kinds = [self._reviews[key].kind for key in dict.fromkeys(keys)]
        if len(set(kinds)) != 1:
            return say("of_sources.any")
        return say(f"source.{kinds[0]}") if len(kinds) == 1 else say(f"sources.{kinds[0]}")

    @property
    def outside(self) -> str:
        """The name of what comes from outside the sources."""
        return say("of_sources.outside", sources=self.loaded)

    @property
    def standard(self) -> str:
        """The title of what they state as the standard."""
        return say("of_sources.standard", sources=self.loaded)

    @property
    def silent(self) -> str:
        """The title of what they do not speak of."""
        return say("of_sources.silent", sources=self.loaded)

    @property
    def trials(self) -> str:
        """The title of the trials that had no result yet."""
        return say("of_sources.trials", count=len(self._reviews), sources=self.loaded)
