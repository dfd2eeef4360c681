"""List the complete combinations of the clinical facts (disease, histology, stage, extent) that obey the axioms."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from regimen_advisor.columns.connected_facts import TREATED, UNTREATED
from regimen_advisor.columns.entries import Flags, Ints
from regimen_advisor.columns.facts import FactReader
from regimen_advisor.language.values import Choice
from regimen_advisor.patient.facts import ChoiceFact


class ClinicalWorlds:
    """The complete combinations of the clinical facts that obey the axioms, and which of them some cells allow."""

    def __init__(self, reader: FactReader) -> None:
        self.reader, self.names = reader, reader.clinical.names
        self.worlds = list(self._complete(UNTREATED, ()))
        self.untreated = len(self.worlds)
        """How many are without a line for advanced disease; they come first, those with a line after them."""
        self.worlds += self._complete(TREATED, ())
        self.words = np.array(
            [
                reader.layout.encode({name: _only(word) for name, word in zip(self.names, words, strict=True)})
                for words in self.worlds
            ],
            np.uint64,
        )
        self._place = np.full(math.prod(map(len, reader.clinical.options.values())), -1)
        self._words = [np.unique(column, return_inverse=True) for column in zip(*self.worlds, strict=True)]
        """For each fact its words, and the place among them of the word of each combination."""
        self.allowed = np.zeros((0, len(self.worlds)), bool)
        """For each combination of cells met so far, which of the complete combinations it allows."""

    def _complete(self, lines: int, begun: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The complete combinations that begin so; what contradicts itself is not gone into."""
        if self.reader.clinical.facts(lines, tuple(zip(self.names, begun, strict=False))) is None:
            return
        if len(begun) == len(self.names):
            yield begun
            return
        fact = self.reader.domain.facts[self.names[len(begun)]]
        assert isinstance(fact, ChoiceFact)
        for word in fact.domain:
            yield from self._complete(lines, (*begun, word))

    def places(self, keys: Ints) -> Ints:
        """The place in ``allowed`` of the combination of cells that each row holds."""
        place = self._place.take(keys)
        if (absent := place < 0).any():
            new = np.unique(keys[absent])
            self._place[new] = np.arange(len(self.allowed), len(self.allowed) + len(new))
            self.allowed = np.vstack([self.allowed, *map(self._allowed, new.tolist())])
            place = self._place.take(keys)
        return place

    def _allowed(self, combination: int) -> Flags:
        allowed: Flags = np.logical_and.reduce(self._fitting(self.reader.clinical.possible(combination)))
        return allowed

    def likeness(self, possible: Mapping[str, Collection[str]]) -> npt.NDArray[np.int8]:
        """How many words of each complete combination are possible; small numbers, since many are compared at once."""
        likeness: npt.NDArray[np.int8] = self._fitting(possible).sum(axis=0, dtype=np.int8)
        return likeness

    def _fitting(self, possible: Mapping[str, Collection[str]]) -> Flags:
        """For each fact and complete combination whether its word is possible."""
        return np.array(
            [
                np.array([word in possible[name] for word in words])[places]
                for name, (words, places) in zip(self.names, self._words, strict=True)
            ]
        )


def _only(word: str) -> Choice:
    return Choice(frozenset({word}))
