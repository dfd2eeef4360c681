"""Turn columns of cells into small codes: each distinct cell is read once, then looked up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from regimen_advisor.columns.cells import MISSING, Cell
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.words.catalogue import say

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
                    say("row_error.many_words", count=MOST_DISTINCT),
                )
            stripped = text.strip()
            silent = stripped.lower() in (*MISSING, "null")
            cell = None if silent else self.read(stripped)
            code = 0 if silent else len(self.texts)
            if not silent:
                self.cells.append(cell)
                self.texts.append(text)
            self._codes[text] = code
            return code

    def codes(self, column: pl.Series) -> Codes:
        """The code of every row."""
        return codes_of({self.name: self}, column.alias(self.name).to_frame())[self.name]

    def by_place(self, words: tuple[str, ...], places: npt.NDArray[np.uint8]) -> Codes:
        """The codes of places in ``words``, 255 for no cell; the words are looked at once for all batches."""
        if words not in self._tables:
            self._tables[words] = np.array([self.code(word) for word in words] + [0] * (256 - len(words)))
        return self._tables[words].take(places)

    def by_text(self, column: pl.Series) -> Codes:
        """The codes of cells as text."""
        while True:
            known = list(self._codes)
            coded = column.cast(pl.Enum(known), strict=False)
            if coded.null_count() == column.null_count():
                break
            for text in column.filter(coded.is_null() & column.is_not_null()).unique().to_list():
                self.code(text)
        table = np.array([self._codes[text] for text in known] + [0])
        return np.asarray(table[coded.to_physical().cast(pl.Int64).fill_null(len(known)).to_numpy()])

    def column(
        self, kind: str, number_of: Callable[[Cell | None], int], dtype: type[np.generic]
    ) -> npt.NDArray[np.generic]:
        """A number for each code, computed once; ``kind`` names it."""
        held = self._columns.get(kind)
        if held is None or len(held) < len(self.cells):
            held = self._columns[kind] = np.array([number_of(cell) for cell in list(self.cells)], dtype)
        return held

    def is_unread(self, text: str) -> bool:
        """Whether a cell says something that could not be read."""
        code = self.code(text)
        return code != 0 and self.cells[code] is None

    def unread(self) -> npt.NDArray[np.bool_]:
        """For each code whether its cell could not be read."""
        missing = np.array([cell is None for cell in list(self.cells)])
        missing[0] = False
        return missing


def codes_of(tables: Mapping[str, CellTable], rows: pl.DataFrame) -> dict[str, Codes]:
    """The code of every row for each of the tables that ``rows`` has the column of."""
    words = {key: _words_of(rows[key]) for key in tables if key in rows.columns}
    placed = [key for key, found in words.items() if found]
    places = rows.select(pl.col(placed).to_physical().cast(pl.UInt8).fill_null(255))  # together: each call costs
    return {
        key: tables[key].by_place(found, places[key].to_numpy()) if found else tables[key].by_text(as_text(rows[key]))
        for key, found in words.items()
    }


def _words_of(column: pl.Series) -> tuple[str, ...]:
    """The few words among which the cells are places; empty where they are none."""
    dtype = column.dtype
    if dtype == pl.Boolean:
        return "false", "true"
    if isinstance(dtype, pl.Enum) and len(dtype.categories) < _FEW:
        return tuple(dtype.categories)
    if dtype.is_integer():
        low, high = column.min(), column.max()
        if low is None:
            return _NUMBERS[:1]
        if int(low) >= 0 and int(high) < len(_NUMBERS):  # type: ignore[arg-type]
            return _NUMBERS[: int(high) + 1]  # type: ignore[arg-type]
    return ()


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
