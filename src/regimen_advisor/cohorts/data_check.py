"""Check a table before any advice: what was read of each key, what was not, and what would be worth asking."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regimen_advisor.advice import RulebookName
from regimen_advisor.cohorts.cohort import (
    ID,
    SET_APART,
    UNREAD,
    CohortTable,
    column_and_cell,
    counted_cells,
    refuse_unread,
    repeated_names,
    second_tables,
    set_apart,
    unread_cells,
)
from regimen_advisor.cohorts.event_words import conditions_of, listed
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.mapping_file import Reading
from regimen_advisor.cohorts.tables import UNREAD_EVENTS, refuse_odd_name, scan_table, table_errors
from regimen_advisor.columns.codes import CellTable
from regimen_advisor.columns.engine import FAULT, HISTORY, ColumnEngine
from regimen_advisor.columns.exact.corrections import write_standings
from regimen_advisor.columns.facts import Batch
from regimen_advisor.columns.program import ColumnProgram, expression
from regimen_advisor.files.writing import working_folder
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.vocabulary import OPEN_HISTORY
from regimen_advisor.solving.questions import ASKS_HISTORY
from regimen_advisor.words.catalogue import joined, say

HISTORY_KEY = "history"
MOST_QUESTIONS = 10
_NAMED = re.compile(r"`([a-z_0-9]+)`|^([a-z_0-9]+):")


@dataclass(frozen=True)
class KeyCount:
    """How many rows have each kind of cell for one key; every row is in exactly one of the four counts."""

    key: str
    columns: str
    """The columns that it is read from, or ``constant``, with the columns that its conditions test."""
    known: int
    unknown: int
    unreadable: int
    """The cell, or a part of the history, could not be read."""
    contradictory: int
    """The row is set apart, and the reason names this key."""


@dataclass(frozen=True)
class Wanted:
    """A question, and how many options wait for its answer, judged node by node."""

    key: str
    asks: str
    options: int
    """Options of all patients, each of them counted, that are open and wait for it."""
    alone: int
    """Those among them that wait for nothing else."""
    patients: int


@dataclass(frozen=True)
class DataCheck:
    """What was read of a table."""

    table: str
    patients: int
    keys: tuple[KeyCount, ...]
    unread: tuple[tuple[str, str, int], ...]
    """Column, cell and number of rows."""
    set_apart: tuple[tuple[str, int], ...]
    """Reason and number of rows."""
    not_given: tuple[str, ...]
    """Keys that the rules test and that no column says."""
    ignored: tuple[str, ...]
    """Columns of the table that nothing reads."""
    questions: tuple[Wanted, ...]
    """The questions for which most options wait, at most ten."""
    repeated: tuple[tuple[str, int], ...]
    """Names that occur in more than one row, and in how many."""
    rules: RulebookName


def check_table(table: CohortTable, rulebook: Rulebook, columns: Sequence[str] = ()) -> DataCheck:
    """Count what was read of each key of ``table``; ``columns`` are those of the tables before they were mapped.

    Raises ``InputError`` where the table cannot be read.
    """
    mapping = table.mapping
    engine = ColumnEngine(rulebook, mapping.readers if mapping else None)
    seen = _CellCounter(engine, table.keys, mapping)
    program = ColumnProgram(engine.layout)
    wanted = _wanted(engine, program)
    with working_folder(None, prefix=".check-") as scratch, table_errors(table.name):
        refuse_odd_name(scratch, str(scratch))
        file = scratch / "check.parquet"
        facts = program.run(engine.facts(table.rows, seen.look))
        write_standings(facts.select(ID, set_apart(engine), unread_cells(facts, mapping), *wanted.values()), file)
        rows = pl.scan_parquet(file)
        totals = rows.select(pl.len().alias(ID), *(_total(name) for name in wanted)).collect().row(0, named=True)
        reasons = counted_cells(rows.select(SET_APART).drop_nulls())
        cells = counted_cells(rows.select(UNREAD).drop_nulls(), "\n")
        twice = repeated_names(rows)
    read = mapping.file.columns if mapping else {*table.keys, ID}
    return DataCheck(
        table.name,
        totals[ID],
        tuple(seen.count(key, _read_from(key, mapping), totals[ID]) for key in table.keys),
        tuple((*column_and_cell(text), count) for text, count in cells),
        reasons,
        tuple(key for key in engine.keys if key not in table.keys),
        tuple(column for column in columns if column not in read),
        _ranked(totals, rulebook.domain),
        twice,
        RulebookName.of(rulebook),
    )


def refuse_if_strict(check: DataCheck) -> None:
    """Raises ``InputError`` if a cell could not be read or a row was set apart."""
    refuse_unread(check.table, check.unread, check.set_apart)


def columns_of(key: str, mapping: TableMapping | None) -> tuple[str, ...]:
    """The columns that a key is read from, as they are named in a report; none for a constant."""
    if mapping is None:
        return (key,)
    return tuple(dict.fromkeys(reading.label for reading in readings_of(key, mapping) if reading.label))


def _read_from(key: str, mapping: TableMapping | None) -> str:
    """The columns that a key is read from; for a constant those that its conditions test."""
    columns = columns_of(key, mapping)
    if columns or mapping is None:
        return joined(columns)
    tested = [column for reading in readings_of(key, mapping) for column in tested_by(reading, mapping)]
    if not tested:
        return say("data_check.constant")
    return say("data_check.constant_by", columns=joined(dict.fromkeys(tested)))


def tested_by(reading: Reading, mapping: TableMapping) -> list[str]:
    """The columns that the conditions of a reading test; of a table that must have a row those with its day."""
    found: list[str] = []
    for _, test in conditions_of(reading.when):
        found += [column for _, column in test.columns()]
        if test.has_row is not None:
            found += [f"{test.has_row}.{column}" for column in listed(mapping.file.tables[test.has_row].date)]
    return found


def readings_of(key: str, mapping: TableMapping) -> list[Reading]:
    """What is read for a key; what the keys do not say follows from the history."""
    of_history = key not in mapping.file.keys
    return [
        reading
        for path, reading in mapping.file.readings()
        if (path[0] == HISTORY_KEY if of_history else path[:2] == ("keys", key))
    ]


def columns_of_tables(paths: Sequence[str], mapping: TableMapping | None) -> tuple[str, ...]:
    """The columns of all tables as a mapping names them, but for those that second tables are joined by."""
    found = scan_table(paths).collect_schema().names()
    if mapping is not None:
        place = second_tables(mapping, paths[0])
        for name, second in mapping.file.tables.items():
            columns = scan_table([str(place / second.file)]).collect_schema().names()
            found += [f"{name}.{column}" for column in columns if column not in second.keys]
    return tuple(found)


# What was read -------------------------------------------------------------------------------------------------------


class _CellCounter:
    """Counts the cells of each key over the batches of a table, which come from several threads."""

    def __init__(self, engine: ColumnEngine, keys: Sequence[str], mapping: TableMapping | None) -> None:
        self.engine, self.keys, self.mapping = engine, tuple(keys), mapping
        self._lock = threading.Lock()
        self._counts: dict[str, list[int]] = {key: [0, 0, 0] for key in keys}

    def look(self, frame: pl.DataFrame, batch: Batch) -> None:
        """Counts one batch."""
        kinds, places = np.unique(batch.fault * 2 + batch.has_history, return_inverse=True)
        reason_of = self.engine.reader.why
        named = [_keys_of(reason_of(int(kind) // 2, bool(kind % 2))) if kind > 1 else () for kind in kinds]
        for key in self.keys:
            apart = np.array([key in keys for keys in named], np.bool_)[places]
            unreadable = (batch.unread.get(key, False) | self._unread_events(key, frame)) & ~apart
            known = self._known(key, batch) & ~apart & ~unreadable
            with self._lock:
                counts = self._counts[key]
                for position, flags in enumerate((known, unreadable, apart)):
                    counts[position] += int(flags.sum())

    def _unread_events(self, key: str, frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """The rows for which a cell of an event, read for ``key``, could not be read."""
        if UNREAD_EVENTS not in frame.columns:
            return np.zeros(frame.height, bool)
        names = {HISTORY_KEY} if key == HISTORY_KEY else set()
        for reading in readings_of(key, self.mapping) if self.mapping else ():
            names |= {reading.label, *reading.sources} - {""}
        if not names:
            return np.zeros(frame.height, bool)
        begins = "|".join(map(re.escape, sorted(names)))
        found = frame[UNREAD_EVENTS].str.contains(f"(?m)^(?:{begins}): ")
        return np.asarray(found.fill_null(value=False).to_numpy())

    def _known(self, key: str, batch: Batch) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if key == HISTORY_KEY:
            return batch.has_history
        if key not in batch.codes:
            return np.zeros(len(batch.fault), bool)
        known = _says_something(self.engine.reader.tables[key], self.engine.rulebook.domain)[batch.codes[key]]
        return known | batch.has_history if key == "prior_lines" else known  # a history counts its lines

    def count(self, key: str, columns: str, patients: int) -> KeyCount:
        """The counts of one key among so many ``patients``."""
        known, unreadable, apart = self._counts[key]
        return KeyCount(key, columns, known, patients - known - unreadable - apart, unreadable, apart)


def _says_something(table: CellTable, domain: Domain) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each code of a column whether its cell says more than that nothing is known."""
    unknown = domain.facts[table.name].unknown
    return np.array([cell is not None and cell.facts[table.name] != unknown for cell in list(table.cells)])


def _keys_of(reason: str) -> tuple[str, ...]:
    """The keys that a reason for setting a row apart names."""
    return tuple(first or second for first, second in _NAMED.findall(reason))


# What would be worth asking ------------------------------------------------------------------------------------------


def _wanted(engine: ColumnEngine, program: ColumnProgram) -> dict[str, pl.Expr]:
    """For each question the number of open options of a row that wait for it, and for nothing else."""
    waits: dict[str, list[pl.Expr]] = {}
    alone: dict[str, list[pl.Expr]] = {}
    for columns in engine.waiting(program).values():
        live = {key: expression(column) for key, column in columns.items()}
        from_history = {key: live.pop(key) for key in (HISTORY_KEY, *OPEN_HISTORY) if key in live}
        elsewhere, parts = _number(live.values()), _number(from_history.values())
        for key, waiting in live.items():
            waits.setdefault(key, []).append(waiting)
            alone.setdefault(key, []).append(waiting & (elsewhere == 1) & (parts == 0))
        if from_history:  # a history answers the questions about its parts too
            waits.setdefault(HISTORY_KEY, []).append(parts > 0)
            alone.setdefault(HISTORY_KEY, []).append((parts > 0) & (elsewhere == 0))
        for key in from_history.keys() - {HISTORY_KEY}:
            waits.setdefault(key, []).append(from_history[key] & ~pl.col(HISTORY))
            alone.setdefault(key, []).append(from_history[key] & ~pl.col(HISTORY) & (elsewhere == 0) & (parts == 1))
    sound = pl.col(FAULT) == 0
    return {
        f"{kind}\n{key}": pl.sum_horizontal(*((flag & sound).cast(pl.UInt16) for flag in flags)).alias(f"{kind}\n{key}")
        for kind, found in (("options", waits), ("alone", alone))
        for key, flags in found.items()
    }


def _number(flags: Iterable[pl.Expr]) -> pl.Expr:
    """How many of the columns hold."""
    return pl.sum_horizontal(pl.lit(0, pl.UInt8), *(flag.cast(pl.UInt8) for flag in flags))


def _total(name: str) -> pl.Expr:
    kind, _, key = name.partition("\n")
    total = pl.col(name).sum().cast(pl.Int64)
    if kind == "alone":
        return total
    return pl.struct(total.alias("options"), (pl.col(name) > 0).sum().alias("patients")).alias(f"options\n{key}")


def _ranked(totals: Mapping[str, object], domain: Domain) -> tuple[Wanted, ...]:
    found = []
    for name, total in totals.items():
        kind, _, key = name.partition("\n")
        if kind == "options" and isinstance(total, dict) and total["options"]:
            asks = ASKS_HISTORY if key == HISTORY_KEY else domain.facts[key].question
            alone = totals[f"alone\n{key}"]
            assert isinstance(alone, int)
            found.append(Wanted(key, asks, total["options"], alone, total["patients"]))
    found.sort(key=lambda wanted: (-wanted.options, -wanted.alone, -wanted.patients, wanted.key))
    return tuple(found[:MOST_QUESTIONS])
