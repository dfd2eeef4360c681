"""Number the combinations of clinical cells that were met, and hold which complete ones each of them allows."""

from __future__ import annotations

import math

import numpy as np

from regimen_advisor.columns.clinical_worlds import ClinicalWorlds
from regimen_advisor.columns.entries import Ints


class MetCombinations:
    """The combinations of cells met so far, in a table that grows."""

    def __init__(self, worlds: ClinicalWorlds) -> None:
        self.worlds = worlds
        self._place = np.full(math.prod(worlds.sizes), -1)
        self.allowed = worlds.allowed(np.zeros(0, np.int64))
        """For each of them, which of the complete combinations it allows."""

    def places(self, combinations: Ints) -> Ints:
        """The place in ``allowed`` of the combination of cells that each row holds."""
        place = self._place.take(combinations)
        if (absent := place < 0).any():
            new = np.unique(combinations[absent])
            self._place[new] = np.arange(len(self.allowed), len(self.allowed) + len(new))
            self.allowed = np.vstack([self.allowed, self.worlds.allowed(new)])
            place = self._place.take(combinations)
        return place
