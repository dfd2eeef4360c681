"""Columns of cells as small codes: each distinct cell is read once, by whoever knows how, and looked up after that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from regimen_advisor.engines.column_cells import MISSING, Cell
from regimen_advisor.errors import InputError, Location

MOST_DISTINCT = 50_000
_FEW = 255
_NUMBERS = tuple(str(number) for number in range(101))
"""Whole numbers as cells; no number of a profile is larger than 100."""

Codes = npt.NDArray[np.int64]
ReadCell = Callable[[str], Cell | None]
"""What the text of a cell says; ``None`` if it cannot be read. Cells that say nothing are never asked."""


@dataclass
class CellTable:
    """The distinct cells of one column: ``cells[code]``; code 0 says nothing, ``None`` could not be read."""

    name: str
    read: ReadCell
    texts: list[str] = field(default_factory=lambda: [""])
    cells: list[Cell | None] = field(default_factory=lambda: [None])

    def __post_init__(self) -> None:
        self._codes: dict[str, int] = {"": 0}
        self._lock = threading.Lock()
        self._columns: dict[str, npt.NDArray[np.generic]] = {}
        self._tables: dict[tuple[str, ...], Codes] = {}

    def code(self, text: str) -> int:
        """The code of a cell."""
        found = self._codes.get(text)
        return found if found is not None else self._add(text)

    def _add(self, text: str) -> int:
        with self._lock:
            if text in self._codes:
                return self._codes[text]
            if len(self.texts) >= MOST_DISTINCT:
                raise InputError.at(
                    Location(self.name),
                    f"expected a column of a few words, found more than {MOST_DISTINCT:,} distinct cells",
                )
            stripped = text.strip()
            silent = stripped in MISSING or stripped.lower() == "null"
            cell = None if silent else self.read(stripped)
            code = 0 if silent else len(self.texts)
            if not silent:
                self.cells.append(cell)
                self.texts.append(text)
            self._codes[text] = code
            return code

    def codes(self, column: pl.Series) -> Codes:
        """The code of every row."""
        dtype = column.dtype
        if dtype == pl.Boolean:
            return self._by_index(column.cast(pl.UInt8), ("false", "true"))
        if isinstance(dtype, pl.Enum) and len(dtype.categories) < _FEW:
            return self._by_index(column.to_physical(), tuple(dtype.categories))
        if dtype.is_integer():
            low, high = column.min(), column.max()
            if low is None or (int(low) >= 0 and int(high) < len(_NUMBERS)):  # type: ignore[arg-type]
                return self._by_index(column.cast(pl.UInt8), _NUMBERS)
        return self._by_text(as_text(column))

    def _by_index(self, column: pl.Series, words: tuple[str, ...]) -> Codes:
        """The codes of bytes that are places in ``words``; the words are looked at once for all batches."""
        if words not in self._tables:
            self._tables[words] = np.array([self.code(word) for word in words] + [0] * (256 - len(words)))
        return np.asarray(self._tables[words][column.fill_null(255).to_numpy()])

    def _by_text(self, column: pl.Series) -> Codes:
        while True:
            known = list(self._codes)
            coded = column.cast(pl.Enum(known), strict=False)
            if coded.null_count() == column.null_count():
                break
            for text in column.filter(coded.is_null() & column.is_not_null()).unique().to_list():
                self.code(text)
        table = np.array([self._codes[text] for text in known] + [0])
        return np.asarray(table[coded.to_physical().cast(pl.Int64).fill_null(len(known)).to_numpy()])

    def column(self, what: str, of: Callable[[Cell | None], int], dtype: type[np.generic]) -> npt.NDArray[np.generic]:
        """A number for each code, computed once; ``what`` names the kind of number."""
        held = self._columns.get(what)
        if held is None or len(held) < len(self.cells):
            held = self._columns[what] = np.array([of(cell) for cell in list(self.cells)], dtype)
        return held

    def unread(self) -> npt.NDArray[np.bool_]:
        """For each code whether it stands for a cell that could not be read."""
        missing = np.array([cell is None for cell in list(self.cells)])
        missing[0] = False
        return missing


def as_text(column: pl.Series) -> pl.Series:
    """The cells as text; a list is joined by ``;``, an empty one is ``[]``."""
    if isinstance(column.dtype, pl.List):
        joined = column.cast(pl.List(pl.String)).list.join(";")
        return pl.select(pl.when(column.list.len() == 0).then(pl.lit("[]")).otherwise(joined)).to_series()
    if isinstance(column.dtype, pl.Struct):
        return column.struct.json_encode()
    if column.dtype.is_float():
        return column.fill_nan(None).cast(pl.String)
    return column if column.dtype == pl.String else column.cast(pl.String)
