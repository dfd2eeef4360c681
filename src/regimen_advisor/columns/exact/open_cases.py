"""Collect the open rows of a table while it is read, and settle each of their cases once."""

from __future__ import annotations

import threading

import numpy as np
import polars as pl

from regimen_advisor.columns.engine import STANDINGS, ColumnEngine
from regimen_advisor.columns.entries import Bits, Ints
from regimen_advisor.columns.exact.exactness import Settler
from regimen_advisor.columns.exact.needs import OpenCells
from regimen_advisor.columns.facts import Batch

_CASE = "_case"


class OpenCases:
    """Look at rows batch by batch, settle their cases, and give the rows whose exact standings differ.

    Batches may be shown in any order, by several threads. The solver is asked the same in any order, since each case
    is settled by its first row. ``cells`` are those of the same rulebook, where they are compiled already.
    """

    def __init__(self, engine: ColumnEngine, cells: OpenCells | None = None) -> None:
        self.engine = engine
        self._cells = cells or OpenCells(engine)
        self._lock = threading.Lock()
        self._met: Bits = np.zeros(0, np.uint64)
        self._first: Ints = np.zeros(0, np.int64)
        """The number of the row by which each case of ``_met`` is settled; -1 where it has been."""
        self._waiting: list[pl.DataFrame] = []
        self._looked: list[tuple[Ints, Bits]] = []
        self._corrected: dict[int, dict[str, str]] = {}
        self._settler: Settler | None = None
        """Made where there is anything to settle."""

    @property
    def asked(self) -> int:
        """How many cases of a question were asked of the solver."""
        return self._settler.asked if self._settler is not None else 0

    def answers(self, table: pl.DataFrame) -> pl.DataFrame:
        """See ``corrections``, for all rows of a table."""
        self.look(table, self.engine.reader.batch(table))
        self.settle()
        return self.corrections()

    def look(self, table: pl.DataFrame, batch: Batch) -> None:
        """Notes the open rows of ``table`` (with ``row``, their number), of which ``batch`` holds the patients."""
        open_ = self._cells.open_rows(batch)
        if not len(open_):
            return
        rows = table["row"].to_numpy()[open_].astype(np.int64)
        kept = table.select(key for key in ("row", *self.engine.keys) if key in table.columns)[open_]
        cases = self._cells.case(batch.at(open_), kept)
        distinct, places = np.unique(cases, return_index=True)
        first = rows[places]
        with self._lock:
            self._looked.append((rows, cases))
            places_met = np.searchsorted(self._met, distinct)
            new = (places_met == len(self._met)) | (np.append(self._met, distinct[:1])[places_met] != distinct)
            earlier = ~new & (first < np.append(self._first, -1)[places_met])
            self._first[places_met[earlier]] = first[earlier]
            self._met = np.insert(self._met, places_met[new], distinct[new])
            self._first = np.insert(self._first, places_met[new], first[new])
            chosen = np.sort(places[new | earlier])
            self._waiting.append(kept[chosen].with_columns(pl.Series(_CASE, cases[chosen])))

    def settle(self) -> None:
        """Settles all cases that wait."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        rows = pl.concat(waiting).sort("row").unique(_CASE, keep="first", maintain_order=True)
        self._first[:] = -1
        self._settler = self._settler or Settler(self.engine, self._cells)
        for place, standings in self._settler.settled(rows).items():
            self._corrected[rows[_CASE][place]] = standings

    def corrections(self) -> pl.DataFrame:
        """``row`` and the standings of the rows looked at that are others exactly; null where a standing stays."""
        corrected = np.array(sorted(self._corrected), np.uint64)
        looked, self._looked = self._looked, []
        found = [
            {"row": row, **self._corrected[case]}
            for rows, cases in looked
            for in_rows in [np.isin(cases, corrected)]
            for row, case in zip(rows[in_rows].tolist(), cases[in_rows].tolist(), strict=True)
        ]
        kinds = {"row": pl.Int64(), **dict.fromkeys(self.engine.regimens, STANDINGS)}
        return pl.DataFrame(found, schema=kinds).sort("row")
