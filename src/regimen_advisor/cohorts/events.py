"""Turn linked, dated tables into profile keys, by a mapping, for a patient today or for each decision.

What the rows of a table say together is worked out in Polars, lazily: distinct cells are read once, rows are joined
and grouped. What a table does not hold stays unknown, and every cell that is not read is listed in ``UNREAD_EVENTS``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from regimen_advisor.cohorts.event_frames import (
    AT,
    BAD_DATE,
    DATE,
    DAY,
    ROW,
    Frames,
    by_cell,
    distinct,
    lines,
    on_one_line,
)
from regimen_advisor.cohorts.event_history import DRUGS, HISTORY, LINES, UNREAD_ENTRIES, HistoryOfEvents
from regimen_advisor.cohorts.event_words import DECISION, conditions_of, listed
from regimen_advisor.cohorts.filled_cells import name_of_row
from regimen_advisor.cohorts.mapping_file import ENTRY_PARTS, HistoryOfTable, MappingFile, Reading
from regimen_advisor.cohorts.tables import UNREAD_EVENTS, table_errors
from regimen_advisor.cohorts.wide_history import history_of, part_reader
from regimen_advisor.columns.cells import cell_of, history_entries, plain_value
from regimen_advisor.files.errors import InputError, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.patient.facts import Domain, SetFact
from regimen_advisor.words.catalogue import say

_VALUE, _UNREAD, _HAS_VALUE = "value", "unread", "has value"
_ON = [ROW, AT]


def check_events(file: MappingFile, document: Document) -> Iterator[Problem]:
    """What is wrong with the events of a mapping, whatever the tables hold."""
    history = file.history
    if isinstance(history, HistoryOfTable) and history.table not in file.tables:
        near = did_you_mean(history.table, file.tables)
        yield Problem(
            document.locate(("history", "from")), say("mapping_error.no_table", key="from", table=history.table), near
        )
    elif isinstance(history, HistoryOfTable) and file.tables[history.table].date is None and history.line is None:
        place = document.locate_key(("tables", history.table))
        yield Problem(place, say("mapping_error.no_date"))
    if file.row is not None and not (isinstance(history, HistoryOfTable) and history.table == file.row.each):
        yield Problem(document.locate(("row", "each")), say("mapping_error.each"))
    if isinstance(history, HistoryOfTable) and history.drugs.otherwise is not None:
        yield Problem(document.locate(("history", "drugs", "otherwise")), say("mapping_error.drugs_otherwise"))
    if file.given is not None and file.row is not None:
        yield Problem(document.locate_key(("given",)), say("mapping_error.given"))
    for path, reading in file.readings():
        if reading.take == "this" and file.row is None:
            yield Problem(document.locate((*path, "take")), say("mapping_error.take_this"))
        of_table = path[0] == "history" and isinstance(history, HistoryOfTable)
        if of_table and reading.take is not None:
            yield Problem(document.locate((*path, "take")), say("mapping_error.take_of_history"))
        if of_table:
            for inner, condition in conditions_of(reading.when):
                words = {*listed(condition.comparison[1])} if condition.comparison else set()
                place = document.locate((*path, "when", *inner))
                if DECISION in {*words, *listed(condition.day)}:
                    yield Problem(place, say("mapping_error.when_decision"))
                if condition.has_row is not None and path[1] != "outcome":
                    yield Problem(place, say("mapping_error.when_row"))
                table = file.tables.get(condition.has_row or "")
                if table is not None and table.date is None and path[1] == "outcome":
                    yield Problem(place, say("mapping_error.when_date"))
        if reading.constant is not None and reading.when is None and reading.take is not None:
            yield Problem(document.locate((*path, "take")), say("mapping_error.take_of_constant"))


class Events:
    """A mapping of events applied to a table."""

    def __init__(
        self,
        file: MappingFile,
        document: Document,
        domain: Domain,
        table: pl.LazyFrame,
        place: Path,
        *,
        number: str | None = None,
    ) -> None:
        self.file, self.document, self.domain, self.number = file, document, domain, number
        self.loose = Domain(domain.facts, (), domain.formulary)
        self.frames = Frames(file, document, table, place, number=number)
        self._rows: dict[str, pl.LazyFrame] = dict(self.frames.tables)
        self._days = pl.LazyFrame()

    def profiles(self) -> pl.LazyFrame:
        """``id``, the keys of a profile as text, ``history``, ``given`` where known, and ``UNREAD_EVENTS``.

        The column ``number`` of the table, which numbers its rows, is kept.
        """
        base = self._base()
        self._days = base.select(ROW, AT, DAY)
        if self.file.row is not None:  # asked for by nearly every key: worked out once, three numbers a decision
            with table_errors(self.document.name):
                self._days = self._days.collect(engine="streaming").lazy()
        keys, unread_columns = [], []
        for number, (key, reading) in enumerate(self.file.keys.items()):
            base = self._answered(base, key, reading, str(number))
            keys.append(pl.col(f"{_VALUE} {number}").alias(key))
            unread_columns.append(pl.col(f"{_UNREAD} {number}"))
        if self.file.given is not None:
            base = self._answered(base, "given", self.file.given, "given")
            keys.append(pl.col(f"{_VALUE} given").alias("given"))
        elif self.file.row is not None:
            keys.append(pl.col(DRUGS).alias("given"))
        if self.file.entries:
            base, entries, unread_parts = self._entries(base)
            keys.append(entries.alias("history"))
            unread_columns += unread_parts
        if isinstance(self.file.history, HistoryOfTable):
            keys.append(pl.col(HISTORY))
            unread_columns.append(pl.col(UNREAD_ENTRIES))
            if "prior_lines" not in self.file.keys:
                begun = pl.when(pl.col(HISTORY).is_null() & (pl.col(LINES) > 0)).then(pl.format(">={}", pl.col(LINES)))
                keys.append(begun.alias("prior_lines"))
        unread = lines(*unread_columns).str.split("\n").list.unique(maintain_order=True).list.join("\n")
        numbered = [pl.col(self.number)] if self.number else []
        return base.sort(_ON).select(self._id(), *keys, unread.alias(UNREAD_EVENTS), *numbered)

    def places(self) -> pl.LazyFrame:
        """For each row of ``profiles`` the row of the first table, its place among the decisions, and its day."""
        return self._base().sort(_ON).select(*_ON, DAY)

    # Rows of the answer ------------------------------------------------------------------------------------------

    def _base(self) -> pl.LazyFrame:
        """The rows of the answer with the columns of the first table and the history, if a table holds it."""
        first = self.frames.first
        history = self.file.history
        if not isinstance(history, HistoryOfTable):
            return first.with_columns(pl.lit(0, pl.Int64).alias(AT), pl.lit(None, pl.Int64).alias(DAY))
        per_treatment = self.file.row is not None
        reader = HistoryOfEvents(self.frames, history, self.domain.formulary, per_treatment=per_treatment)
        courses = reader.courses()
        self._rows[history.table] = courses.rows
        known = reader.known(courses.groups)
        if per_treatment:
            return first.join(known, on=ROW, how="inner")
        base = first.join(known, on=ROW, how="left").with_columns(pl.lit(0, pl.Int64).alias(AT))
        if history.complete:
            base = base.with_columns(
                pl.when(pl.col(LINES).is_null()).then([]).otherwise(pl.col(HISTORY)).alias(HISTORY)
            )
        return base

    def _id(self) -> pl.Expr:
        name = name_of_row(self.file)
        if self.file.row is not None:
            row = pl.col(self.number) if self.number else pl.col(ROW) + 1
            name = pl.format("{}:{}", name.fill_null(pl.format("row-{}", row)), pl.col(AT) + 1)
        return name.alias("id")

    # Keys --------------------------------------------------------------------------------------------------------

    def _entries(self, base: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.Expr, list[pl.Expr]]:
        """``base`` with the parts of the entries that columns hold, the entries, and the lines of what is unread."""
        names = []
        for number, entry in enumerate(self.file.entries):
            for part in ENTRY_PARTS:
                reading: Reading | None = getattr(entry, part)
                if reading is not None:
                    names.append(f"history {number} {part}")
                    base = self._answered(base, names[-1], reading, names[-1])

        def text_of(number: int, part: str, _: Reading) -> pl.Expr:
            name = f"history {number} {part}"
            value, has_value = pl.col(f"{_VALUE} {name}"), pl.col(f"{_HAS_VALUE} {name}")
            return pl.when(value.is_null() & has_value).then(pl.lit("unknown")).otherwise(value)

        # Where it is not known whether there was a treatment, neither is the history.
        open_ = [pl.col(f"{_UNREAD} {name}").is_not_null() for name in names if name.endswith(" drugs")]
        history = pl.when(~pl.any_horizontal(open_)).then(history_of(self.file.entries, text_of))
        return base, history, [pl.col(f"{_UNREAD} {name}") for name in names]

    @staticmethod
    def _path(key: str) -> Path_:
        """Where a key, or ``history 0 drugs``, is in the mapping."""
        name, *entry = key.split(" ")
        if entry:
            return (name, int(entry[0]), entry[1])
        return ("given",) if key == "given" else ("keys", key)

    def _answered(self, base: pl.LazyFrame, key: str, reading: Reading, name: str) -> pl.LazyFrame:
        """``base`` with what ``reading`` says of each row: its value, what is unread, and whether it says anything."""
        columns = [f"{part} {name}" for part in (_VALUE, _UNREAD, _HAS_VALUE)]
        value, unread, has_value = map(pl.col, columns)
        base = self._with_values(base, key, reading, columns)
        for _, condition in conditions_of(reading.when):
            if condition.has_row is not None:
                base = self._with_row(base, condition.has_row, name)
                has = pl.col(f"has {name}")
                base = base.with_columns(
                    pl.when(has).then(value).alias(columns[0]),
                    pl.when(has).then(unread).alias(columns[1]),
                    (has & has_value).alias(columns[2]),
                ).drop(f"has {name}")
        if reading.otherwise is not None:
            fallback = [f"{part} {name} otherwise" for part in (_VALUE, _UNREAD, _HAS_VALUE)]
            base = self._answered(base, key, reading.otherwise, f"{name} otherwise")
            base = base.with_columns(
                *(pl.when(has_value).then(pl.col(column)).otherwise(pl.col(two)).alias(column)
                  for column, two in zip(columns[:2], fallback[:2], strict=True)),
                (has_value | pl.col(fallback[2])).alias(columns[2]),
            ).drop(fallback)  # fmt: skip
        return base

    def _with_values(self, base: pl.LazyFrame, key: str, reading: Reading, columns: list[str]) -> pl.LazyFrame:
        named = [*reading.sources, *(c for _, test in conditions_of(reading.when) for _, c in test.columns())]
        leaf = self.frames.leaf(named, self._path(key))
        if leaf is not None:
            return base.join(self._of_rows(key, reading, leaf, columns), on=_ON, how="left").with_columns(
                pl.col(columns[2]).fill_null(value=False)
            )
        decision = pl.col(DAY) if self.file.row is not None else None
        values = self.frames.row_values(reading, self._reader(key), decision)
        return base.with_columns(
            values.value.alias(columns[0]), values.unread.alias(columns[1]), values.has_value.alias(columns[2])
        )

    def _of_rows(self, key: str, reading: Reading, leaf: str, columns: list[str]) -> pl.LazyFrame:
        """What the rows of a second table say together, a row for each row of the answer that has some of them."""
        take, per_decision = reading.take or "all", self.file.row is not None
        rows = self._rows[leaf]
        decision = pl.col(DAY) if per_decision else None
        conditions = [test for _, test in conditions_of(reading.when)]
        depends = any(
            test.comparison and DECISION in {*listed(test.comparison[1]), *listed(test.day)} for test in conditions
        )
        days = self._days
        keys = _ON if take == "this" else [ROW]
        if take == "this" and leaf != self.file.row_table:
            location = self.document.locate((*self._path(key), "take"))
            message = say("mapping_error.take_of_other", table=self.file.row_table, found=leaf)
            raise InputError.at(location, message)
        if depends:
            rows = days.join(rows.drop(AT, strict=False) if keys == [ROW] else rows, on=keys, how="inner")
        values = self.frames.row_values(reading, self._reader(key), decision)
        kept = [ROW, DATE, BAD_DATE, *([AT, DAY] if depends else [AT] if take == "this" else [])]
        rows = rows.select(
            *kept, values.value.alias(_VALUE), values.unread.alias(_UNREAD), values.has_value.alias(_HAS_VALUE)
        ).filter(pl.col(_HAS_VALUE))
        if not depends:
            rows = days.join(rows, on=keys, how="inner")
        return self._together(self._taken(rows, take, leaf, per_decision=per_decision), key, reading, take, columns)

    def _taken(self, rows: pl.LazyFrame, take: str, leaf: str, *, per_decision: bool) -> pl.LazyFrame:
        """The rows that ``take`` means; one without a day says nothing, and makes the first and the last unknown."""
        ordered = take.startswith(("first", "last"))
        before = take.endswith("before") and per_decision and self.frames.is_dated(leaf)
        if not (ordered or before):
            return rows
        undated = pl.col(DATE).is_null()
        rows = rows.with_columns(
            pl.when(~undated).then(pl.col(_VALUE)).alias(_VALUE),
            pl.when(undated).then(pl.col(BAD_DATE)).otherwise(pl.col(_UNREAD)).alias(_UNREAD),
        )
        if before:
            rows = rows.filter(undated | (pl.col(DATE) < pl.col(DAY)).fill_null(value=False))
        if ordered:
            end = pl.col(DATE).max() if take.startswith("last") else pl.col(DATE).min()
            wanted = undated | (pl.col(DATE) == end.over(_ON))
            rows = rows.filter(wanted).with_columns(
                pl.when(~undated.any().over(_ON)).then(pl.col(_VALUE)).alias(_VALUE)
            )
        return rows

    def _together(self, rows: pl.LazyFrame, key: str, reading: Reading, take: str, columns: list[str]) -> pl.LazyFrame:
        """One value of each row of the answer: the union for a set, else what all rows agree on."""
        gathered = rows.group_by(_ON).agg(_VALUE, _UNREAD)
        grouped = gathered.select(*_ON, distinct(pl.col(_VALUE)), distinct(pl.col(_UNREAD)))
        values = pl.col(_VALUE)
        value = by_cell(values, self._merger(key))
        conflict = pl.when(values.is_not_null() & value.is_null()).then(
            pl.lit(f"{reading.label or take}: ") + on_one_line(values.str.replace_all("\n", " ; "))
        )
        return grouped.select(
            *_ON,
            value.alias(columns[0]),
            lines(pl.col(_UNREAD), conflict).alias(columns[1]),
            pl.lit(value=True).alias(columns[2]),
        )

    def _with_row(self, base: pl.LazyFrame, table: str, name: str) -> pl.LazyFrame:
        """``base`` with whether ``table`` has a row for each of its rows, before the decision if it is dated."""
        rows = self._rows[table].select(ROW, DATE)
        found = self._days.join(rows, on=ROW, how="inner")
        if self.file.row is not None and self.frames.is_dated(table):
            found = found.filter(pl.col(DATE) < pl.col(DAY))
        found = found.select(_ON).unique().with_columns(pl.lit(value=True).alias(f"has {name}"))
        return base.join(found, on=_ON, how="left").with_columns(pl.col(f"has {name}").fill_null(value=False))

    # Cells -------------------------------------------------------------------------------------------------------

    def _reader(self, key: str) -> Callable[[Reading, str], str | None]:
        """How a cell of ``key`` becomes the text that a table with the keys of a profile would hold."""
        if self._path(key)[0] == "history":
            return part_reader(key.rpartition(" ")[2], self.domain.formulary)

        def value(reading: Reading, text: str) -> str | None:
            plain = reading.constant if not reading.sources else reading.plain(text)
            if plain is None:
                return None
            if key == "given":
                return ";".join(map(str, plain)) if isinstance(plain, list) else str(plain)
            if key == "history":
                text_of_history = plain if isinstance(plain, str) else json.dumps(plain)
                return (
                    text_of_history
                    if text_of_history == "unknown" or history_entries(text_of_history) is not None
                    else None
                )
            with suppress(ValidationError, InputError, ValueError, RecursionError):
                cell = cell_of(
                    key, plain_value(key, plain, self.loose) if isinstance(plain, str) else plain, self.loose
                )
                return str(plain) if cell.apart else _as_text(cell.plain)
            return None

        return value

    def _merger(self, key: str) -> Callable[[str], str | None]:
        fact = self.domain.facts.get(key)

        def merged(joined: str) -> str | None:
            values = joined.split("\n")
            if len(values) == 1:
                return values[0]
            return _union(values, fact) if isinstance(fact, SetFact) else None

        return merged


def _as_text(plain: Any) -> str:
    return plain if isinstance(plain, str) else json.dumps(plain)


def _union(values: list[str], fact: SetFact) -> str | None:
    """The members that any of some values found; ``None`` where one of them is a word that is no member.

    A row that found none of them says nothing against what another row found.
    """
    found: list[str] = []
    absent: list[str] = []
    partly = False
    for text in values:
        if text in {fact.empty_word, "[]"}:
            continue
        try:
            value = json.loads(text)
        except ValueError:
            return None
        if isinstance(value, dict):
            partly = True
            found += value.get("found", [])
            absent += value.get("not_found", [])
        else:
            found += value
    members = [member for member in fact.members if member in found]
    if not partly:
        return json.dumps(members)
    not_found = [member for member in fact.members if member in absent and member not in found]
    return json.dumps({"found": members, "not_found": not_found})
