"""Show one row of a table as a profile, with the cells that each of its keys came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from regimen_advisor.cohorts.cohort import ID, ROW, UNREAD, CohortTable, second_tables, unread_cells
from regimen_advisor.cohorts.data_check import HISTORY_KEY, readings_of, tested_by
from regimen_advisor.cohorts.event_frames import DATE, DAY, Frames
from regimen_advisor.cohorts.event_frames import ROW as FIRST_ROW
from regimen_advisor.cohorts.events import Events
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.tables import scan_table, table_errors
from regimen_advisor.columns.codes import as_text
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.rows import plain_profile
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.words.catalogue import joined, say

_BY_NUMBER = re.compile(r"row-(\d+)")
_MOST_NAMED = 5


@dataclass(frozen=True)
class CellRead:
    """A cell as its table holds it; ``day`` is that of its row, where the mapping gives the table one."""

    text: str
    day: int | None = None


@dataclass(frozen=True)
class ColumnSource:
    """A column of a table that a key is read from, and what it holds for the patient."""

    table: str
    column: str
    cells: tuple[CellRead, ...]
    """The cells that say something, in the rows of the patient that the mapping takes."""
    tested: bool = False
    """Whether a condition of the mapping tests the cells, and the value is not read from them."""


@dataclass(frozen=True)
class KeyShown:
    """One key of the profile: its value (``None`` where it is unknown) and where it came from."""

    key: str
    value: Any
    sources: tuple[ColumnSource, ...]
    """None where the mapping gives a constant."""


@dataclass(frozen=True)
class RowShown:
    """What one row of a table became."""

    id: str
    table: str
    row: int
    """The row of the first table, from 1."""
    keys: tuple[KeyShown, ...]
    unread: tuple[str, ...]
    """``column: cell`` for each cell that could not be read."""
    set_apart: str | None
    """Why the row is no patient for the rules."""


def show_row(paths: Sequence[str], id: str, table: CohortTable, rulebook: Rulebook) -> RowShown:
    """The row of ``table``, read from ``paths``, that is called ``id``, or else is the row of the number in ``row-N``.

    Raises ``InputError`` if there is no such row, or more than one.
    """
    mapping = table.mapping
    engine = ColumnEngine(rulebook, mapping.readers if mapping else None)
    with table_errors(table.name):
        row, number = _row(paths[0], id, table)
        batch = engine.reader.batch(row)
        unread = engine.facts(row.lazy()).pipe(lambda facts: facts.select(unread_cells(facts, mapping))).collect()
        sources = _Sources(paths, mapping, number) if mapping else None
        first = sources.row + 1 if sources else number
        plain = plain_profile(row.row(0, named=True), engine)
        shown = tuple(
            KeyShown(key, plain.get(key), tuple(sources.of(key)) if sources else (_cell(paths, key, row),))
            for key in table.keys
            if key != "prior_lines" or plain.get(HISTORY_KEY) is None or key in plain  # a history counts its lines
        )
    fault, cells = int(batch.fault[0]), unread[UNREAD][0]
    reason = engine.reader.why(fault, bool(batch.has_history[0])) if fault else None
    return RowShown(row[ID][0], joined(paths), first, shown, tuple(cells.split("\n")) if cells else (), reason)


def _row(place: str, id: str, table: CohortTable) -> tuple[pl.DataFrame, int]:
    """The row that is called ``id``, and its number."""
    found = table.rows.filter(pl.col(ID) == id).head(_MOST_NAMED).collect()
    if not found.height and (by_number := _BY_NUMBER.fullmatch(id)):
        found = table.rows.filter(pl.col(ROW) == int(by_number[1])).collect()
    if not found.height:
        raise InputError.at(Location(place), say("row_error.none", id=id), say("row_error.first_row"))
    if found.height > 1:
        numbers = joined(f"row-{number}" for number in found[ROW])
        help = say("row_error.by_number", numbers=numbers)
        raise InputError.at(Location(place), say("row_error.several", id=id), help)
    return found, int(found[ROW][0])


def _cell(paths: Sequence[str], key: str, row: pl.DataFrame) -> ColumnSource:
    """The only cell of a key in a table that has the keys of a profile as columns."""
    text = as_text(row[key])[0] if row[key][0] is not None and key != HISTORY_KEY else row[key][0]
    if isinstance(row[key].dtype, pl.List) and key == HISTORY_KEY and text is not None:
        text = pl.DataFrame({key: row[key]}).write_json()
    return ColumnSource(_name(paths), key, () if text is None else (CellRead(str(text)),))


def _name(paths: Sequence[str]) -> str:
    return joined(Path(path).name for path in paths)


class _Sources:
    """The cells behind one row of a mapped table."""

    def __init__(self, paths: Sequence[str], mapping: TableMapping, number: int) -> None:
        self.mapping, self.first_name = mapping, _name(paths)
        first, place = scan_table(paths), second_tables(mapping, paths[0])
        self.frames = Frames(mapping.file, mapping.document, first, place)
        self.row, self.day = number - 1, None
        if mapping.file.has_events:
            events = Events(mapping.file, mapping.document, mapping.domain, first, place)
            found = events.places().slice(number - 1, 1).collect().row(0, named=True)
            self.row, self.day = found[FIRST_ROW], found[DAY]

    def of(self, key: str) -> Iterator[ColumnSource]:
        """The columns that a key is read from."""
        seen: set[str] = set()
        for reading in readings_of(key, self.mapping):
            take = "before" if key == HISTORY_KEY else reading.take or "all"
            for column in (*reading.sources, *tested_by(reading, self.mapping)):
                if column not in seen and self._is_there(column):
                    seen.add(column)
                    source = self._source(column, take)
                    yield source if column in reading.sources else replace(source, tested=True)

    def _is_there(self, column: str) -> bool:
        """Whether it is a column of its table: the day of a table may be one of the table above it."""
        table = self.frames.table_of(column)
        return column in self.frames.names if table is None else (
            column.removeprefix(f"{table}.") in self.frames.columns_of[table]
        )  # fmt: skip

    def _source(self, column: str, take: str) -> ColumnSource:
        table = self.frames.table_of(column)
        if table is None:
            rows = self.frames.first.filter(pl.col(FIRST_ROW) == self.row).select(column)
            return ColumnSource(self.first_name, column, tuple(CellRead(text) for text in _texts(rows)))
        rows = self.frames.tables[table].filter(pl.col(FIRST_ROW) == self.row)
        rows = rows.select(column, DATE).drop_nulls(column)
        day = pl.col(DATE)
        if self.day is not None and take.endswith(("before", "this")):
            wanted = day < self.day if take.endswith("before") else day == self.day
            rows = rows.filter(wanted.fill_null(value=True))
        if take.startswith(("first", "last")):
            rows = rows.filter((day == (day.min() if take.startswith("first") else day.max())).fill_null(value=True))
        cells = tuple(CellRead(text, day) for text, day in rows.sort(DATE, maintain_order=True).collect().iter_rows())
        return ColumnSource(self.mapping.file.tables[table].file, column.removeprefix(f"{table}."), cells)


def _texts(rows: pl.LazyFrame) -> list[str]:
    return rows.collect().to_series().drop_nulls().to_list()
