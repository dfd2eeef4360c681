"""Compute the columns of a program for a batch of patients in memory, eight patients to a byte.

Polars plans a thousand columns again for every batch, which takes longer than a small batch itself. Here the same steps
are taken one after the other, and a step over eight patients is one operation on a byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt

from regimen_advisor.columns.entries import Bits, Flags
from regimen_advisor.columns.program import Column, ColumnProgram

Packed = npt.NDArray[np.uint8]
_BYTE = 8


class PackedColumns:
    """Some columns of a program, ready to be computed."""

    def __init__(self, program: ColumnProgram, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._steps = program.steps(columns)

    def __call__(self, words: Sequence[Bits]) -> Packed:
        """A row for each column, from the machine words of the patients; the last byte may hold more than them."""
        size = -(-len(words[0]) // _BYTE)
        made: dict[str, Packed] = {}
        for name, step in self._steps:
            match step:
                case ("none", word, mask):
                    made[name] = np.packbits(words[word] & np.uint64(mask) == 0)
                case ("not", part):
                    made[name] = ~made[part]
                case ("and", parts):
                    made[name] = reduce(np.bitwise_and, [made[part] for part in parts])
                case ("or", parts):
                    made[name] = reduce(np.bitwise_or, [made[part] for part in parts])
        found = np.empty((len(self.columns), size), np.uint8)
        for index, column in enumerate(self.columns):
            found[index] = made[column.name] if column.constant is None else 255 * column.constant
        return found


def unpacked(packed: Packed, count: int) -> Flags:
    """The same, a patient to a place."""
    return np.unpackbits(packed, axis=-1, count=count).view(np.bool_)


def as_words(packed: Packed, count: int) -> list[Bits]:
    """The rows turned about: for each patient the columns side by side, 64 to a word."""
    found = []
    for start in range(0, len(packed), 8 * _BYTE):
        word = np.zeros((count, 8), np.uint8)
        for place in range(8):
            byte = np.zeros(count, np.uint8)
            for flags in packed[start + _BYTE * place :][:_BYTE]:
                byte += byte  # many times faster than a shift
                byte |= np.unpackbits(flags, count=count)
            word[:, place] = byte
        found.append(word.view(np.uint64).ravel())
    return found
