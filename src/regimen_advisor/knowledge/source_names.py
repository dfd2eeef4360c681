"""Name the sources of the rules by what they are: a review is called a review, a guideline a guideline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regimen_advisor.knowledge.studies import Review, SourceKind

_SEVERAL: Mapping[SourceKind, str] = {
    "review": "reviews",
    "guideline": "guidelines",
    "consensus": "consensus statements",
    "label": "labels",
    "trial report": "trial reports",
}


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
            return "the sources"
        return f"the {kinds[0] if len(kinds) == 1 else _SEVERAL[kinds[0]]}"

    @property
    def outside(self) -> str:
        """What is called so that no source says."""
        return f"outside {self.loaded}"

    @property
    def standard(self) -> str:
        """The title of what they state as the standard."""
        return f"Standard stated by {self.loaded}"

    @property
    def silent(self) -> str:
        """The title of what they do not speak of."""
        return f"Silent: not spoken of by {self.loaded}"

    @property
    def trials(self) -> str:
        """The title of the trials that had no result yet."""
        return f"Trials under way when {self.loaded} {'were' if len(self._reviews) > 1 else 'was'} written"
