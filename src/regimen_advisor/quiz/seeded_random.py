"""Draw reproducible random numbers: from ``Random.random`` alone, whose sequence Python promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """A random sequence seeded by a text: the same text gives the same sequence on every Python."""

    def __init__(self, *texts: object) -> None:
        self._random = Random(":".join(map(str, texts)))  # noqa: S311 - no secret depends on it

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self._random.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each with the same probability."""
        return items[int(self._random.random() * len(items))]

    def weighted(self, items: Sequence[tuple[T, float]]) -> T:
        """One of the items, as likely as its weight says."""
        left = self._random.random() * sum(weight for _, weight in items)
        for item, weight in items:
            left -= weight
            if left < 0:
                return item
        return items[-1][0]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in a random order."""
        rest, found = list(items), []
        while rest:
            found.append(rest.pop(int(self._random.random() * len(rest))))
        return found
