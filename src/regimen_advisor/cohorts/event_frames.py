"""Join the tables of a mapping to the rows of the first one, with days as numbers and conditions on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regimen_advisor.cohorts.event_days import LAST_DAY, day_of, number_of
from regimen_advisor.cohorts.event_words import (
    DECISION,
    NEXT,
    ColumnNames,
    Condition,
    Conditions,
    conditions_of,
    listed,
)
from regimen_advisor.cohorts.filled_cells import filled
from regimen_advisor.cohorts.mapping_file import NO_CELL, SEPARATOR, HistoryOfTable, MappingFile, Reading, SecondTable
from regimen_advisor.cohorts.tables import scan_table
from regimen_advisor.columns.cells import comparable
from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.words.catalogue import joined, say

ROW, AT, DAY = "row of the first table", "place among the decisions", "day of the decision"
DATE, BAD_DATE, NEXT_DAY = "day of the row", "day that cannot be read", "day of the next line"
"""Columns of the joined tables: long, because a table may have a column of any short name."""
_KEY, _DAY_IN = "key of the join", "day in"
_FIELD = "\x00"
_DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class RowValues:
    """The result of a reading for a row: its ``value``, a line for what is ``unread``, and whether it says anything."""

    value: pl.Expr
    unread: pl.Expr
    has_value: pl.Expr


def by_cell(text: pl.Expr, read: Callable[[str], Any], dtype: Any = pl.String) -> pl.Expr:
    """``read`` of each cell of ``text``; each distinct cell is read once."""
    known: dict[str, Any] = {}

    def column(cells: pl.Series) -> pl.Series:
        for cell in cells.drop_nulls().unique().to_list():
            if cell not in known:
                known[cell] = read(cell)
        return cells.replace_strict(known, return_dtype=dtype, default=None)

    return text.map_batches(column, return_dtype=dtype, is_elementwise=True)


def lines(*parts: pl.Expr) -> pl.Expr:
    """Some lines of text as one text; null where there are none. A part is null or not empty.

    The text is written once. A ``when`` would hold it twice, as condition and as result; lines are put together from
    lines, so expressions would double at each step, and Polars would plan them for seconds.
    """
    if len(parts) <= 1:
        return parts[0] if parts else pl.lit(None, pl.String)
    joined = pl.concat_str(*parts, separator="\n", ignore_nulls=True)
    return joined.map_batches(_not_empty, return_dtype=pl.String, is_elementwise=True)


def _not_empty(texts: pl.Series) -> pl.Series:
    return texts.set(texts == "", None)


def distinct(texts: pl.Expr) -> pl.Expr:
    """The distinct texts of a list in a fixed order, one a line; null for an empty list.

    Rows are gathered into lists before, so that Polars works on all of them at once.
    """
    joined = texts.list.drop_nulls().list.unique().list.sort().list.join("\n")
    return pl.when(joined != "").then(joined)


def on_one_line(text: pl.Expr) -> pl.Expr:
    """A cell as a report shows it."""
    return text.str.replace_all(r"\s+", " ")


def sentence(key: str, field: str, value: pl.Expr) -> pl.Expr:
    """An entry of the catalogue as a column, its only field filled in from another one."""
    before, after = say(key, **{field: _FIELD}).split(_FIELD)
    return pl.concat_str(pl.lit(before), value, pl.lit(after))


def _no_column(place: Location, column: str, known: Sequence[str]) -> Problem:
    return Problem(place, say("mapping_error.column", column=column), did_you_mean(column, known))


def _no_day(columns: Sequence[str]) -> pl.Expr:
    """A line for a day that is not written."""
    return pl.lit(f"{SEPARATOR.join(columns)}: {say('event_fault.no_day', cell=NO_CELL)}")


class Frames:
    """The second tables of a mapping, each joined to the first table, read lazily.

    A column ``number`` of the first table is kept as it is. Raises ``InputError`` with every column that is not there,
    at its place in the mapping.
    """

    def __init__(
        self, file: MappingFile, document: Document, table: pl.LazyFrame, place: Path, *, number: str | None = None
    ) -> None:
        self.file, self.document = file, document
        names = table.collect_schema().names()
        scanned = {name: scan_table([str(place / table.file)]) for name, table in file.tables.items()}
        self.columns_of = {name: frame.collect_schema().names() for name, frame in scanned.items()}
        self.names = names
        self._check()
        wanted = [column for column in file.columns if column in names]
        numbered, missing = [pl.col(number)] if number else [], file.missing
        cells = (filled(name, missing) for name in dict.fromkeys(wanted))
        self.day_columns = self._day_columns()
        self.first = self._with_days(table.select(*cells, *numbered).with_row_index(ROW), names)
        self.tables: dict[str, pl.LazyFrame] = {}
        for name in self._in_order():
            self.tables[name] = self._joined(name, file.tables[name], scanned[name])

    # Names -------------------------------------------------------------------------------------------------------

    def table_of(self, column: str) -> str | None:
        """The second table that holds a column; ``None`` for a column of the first table."""
        name = column.partition(".")[0]
        return name if column not in self.names and name in self.file.tables else None

    def leaf(self, columns: Iterable[str], path: Path_) -> str | None:
        """The table whose rows hold all of these columns, by itself or through the tables that it is joined to."""
        tables = {name for name in map(self.table_of, columns) if name is not None}
        found = next((name for name in tables if tables <= set(self._line(name))), None)
        if tables and found is None:
            message = say("mapping_error.tables", tables=joined(sorted(tables)))
            raise InputError.at(self.document.locate(path), message)
        return found

    def _line(self, name: str) -> list[str]:
        """A table and those that it is joined to, up to the first."""
        found = [name]
        while (above := self.file.tables[found[-1]].of) is not None and above not in found:
            found.append(above)
        return found

    def _in_order(self) -> list[str]:
        return sorted(self.file.tables, key=lambda name: len(self._line(name)))

    def _check(self) -> None:
        problems: list[Problem] = []

        def expect(path: Path_, column: str, known: Sequence[str], table: str) -> None:
            if column not in known:
                message = say("mapping_error.column_of", column=column, table=table)
                problems.append(Problem(self.document.locate(path), message, did_you_mean(column, known)))

        known_columns = [
            *self.names,
            *(f"{name}.{column}" for name, columns in self.columns_of.items() for column in columns),
        ]
        for path, column in self.file.references():
            if column not in known_columns:
                problems.append(_no_column(self.document.locate(path), column, known_columns))
        for name, table in self.file.tables.items():
            path = ("tables", name)
            if table.of is not None and (table.of not in self.file.tables or name in self._line(table.of)):
                place = self.document.locate((*path, "of"))
                problems.append(Problem(place, say("mapping_error.of", found=table.of)))
                continue
            for column in table.keys:
                expect((*path, "key"), column, self.columns_of[name], table.file)
            for column in table.matched:
                columns = self.names if table.of is None else self.columns_of[table.of]
                expect((*path, "matches"), column, columns, table.of or say("mapping_error.first_table"))
            own_columns = [*self.columns_of[name], *known_columns]
            for column in listed(table.date):
                expect((*path, "date"), column, own_columns, table.file)
            for inner, condition in conditions_of(table.where):
                for place_, column in condition.columns():
                    expect((*path, "where", *inner, *place_), column, own_columns, table.file)
                if condition.has_row is not None or _words_of(condition):
                    place = self.document.locate((*path, "where"))
                    problems.append(Problem(place, say("mapping_error.where")))
        for column in self.file.dates_of:
            if column not in known_columns:
                place = self.document.locate_key(("dates_of", column))
                problems.append(_no_column(place, column, known_columns))
        problems += self._unknown_tables()
        if problems:
            raise InputError(problems)

    def _unknown_tables(self) -> Iterable[Problem]:
        known = list(self.file.tables)
        for path, reading in self.file.readings():
            for inner, condition in conditions_of(reading.when):
                location = self.document.locate((*path, "when", *inner))
                if condition.has_row is not None and condition.has_row not in known:
                    help = did_you_mean(condition.has_row, known)
                    yield Problem(location, say("mapping_error.no_table", key="has_row", table=condition.has_row), help)
                of_table = path[0] == "history" and isinstance(self.file.history, HistoryOfTable)
                if NEXT in _words_of(condition) and not of_table:
                    yield Problem(location, say("mapping_error.next"))

    # Joins -------------------------------------------------------------------------------------------------------

    def _joined(self, name: str, table: SecondTable, scanned: pl.LazyFrame) -> pl.LazyFrame:
        above = self.first if table.of is None else self.tables[table.of]
        missing = self.file.missing
        matched = [column if table.of is None else f"{table.of}.{column}" for column in table.matched]
        keys = [f"{_KEY} {number}" for number in range(len(matched))]
        wanted = [column for column in self.columns_of[name] if self._is_wanted(name, column)]
        renamed = scanned.select(
            *(filled(column, missing).alias(key) for column, key in zip(table.keys, keys, strict=True)),
            *(filled(column, missing).alias(f"{name}.{column}") for column in wanted),
        )
        left = above.with_columns(*(pl.col(column).alias(key) for column, key in zip(matched, keys, strict=True)))
        joined = left.join(renamed, on=keys, how="inner").drop(keys)
        joined = self._with_days(joined, [f"{name}.{column}" for column in wanted])
        if table.date is not None:
            joined = joined.with_columns(*self.dated([self._within(name, column) for column in listed(table.date)]))
        elif DATE not in joined.collect_schema():
            joined = joined.with_columns(pl.lit(None, pl.Int64).alias(DATE), pl.lit(None, pl.String).alias(BAD_DATE))
        for _, condition in conditions_of(table.where):
            joined = joined.filter(self.holds(condition, lambda column: self._within(name, column)))
        return joined

    def _within(self, name: str, column: str) -> str:
        """A column as it is called in the joined table ``name``, in whose own part of the mapping it is written."""
        return f"{name}.{column}" if column in self.columns_of[name] else column

    def _is_wanted(self, name: str, column: str) -> bool:
        table = self.file.tables[name]
        of_table = [*listed(table.date), *(c for _, test in conditions_of(table.where) for _, c in test.columns())]
        below = [c for table_below in self.file.tables.values() if table_below.of == name for c in table_below.matched]
        return f"{name}.{column}" in self.file.columns or column in (*of_table, *below)

    def is_dated(self, name: str) -> bool:
        """Whether the rows of a table have a day, of their own or of the table they are joined to."""
        return any(self.file.tables[table].date is not None for table in self._line(name))

    # Days and conditions -----------------------------------------------------------------------------------------

    def day(self, columns: Sequence[str]) -> pl.Expr:
        """A day as a number; the first column is a day as the mapping says, others are numbers of days to add."""
        days = [pl.col(f"{_DAY_IN} {columns[0]}")]
        days += [number_of(pl.col(column)) for column in columns[1:]]
        total = days[0]
        for days_added in days[1:]:
            total = total + days_added
        return total

    def _day_columns(self) -> frozenset[str]:
        """The columns that hold a day, not a number of days to add; each is read once."""
        found: list[str] = []
        for _, reading in self.file.readings():
            found += _first_of_each(reading.since, reading.until, *_days_in(reading.when))
        for name, table in self.file.tables.items():
            found += (self._within(name, column) for column in _first_of_each(table.date, *_days_in(table.where)))
        return frozenset(found)

    def _with_days(self, rows: pl.LazyFrame, columns: Iterable[str]) -> pl.LazyFrame:
        """The rows with the days of some columns as numbers."""
        days = sorted(self.day_columns.intersection(columns))
        return rows.with_columns(day_of(pl.col(name), self._forms_of(name)).alias(f"{_DAY_IN} {name}") for name in days)

    def _forms_of(self, column: str) -> Sequence[str]:
        """How the days of a column are written; the first table may have a column `a.b` and there be a table `a`."""
        of_first = column in self.names and column not in self.file.dates_of
        return listed(self.file.dates) if of_first else self.file.forms_of(column)

    def bad_day(self, columns: Sequence[str]) -> pl.Expr:
        """A line for a day that is written and cannot be read."""
        cells = [pl.col(column) for column in columns]
        written = pl.all_horizontal(*(cell.is_not_null() for cell in cells)) & self.day(columns).is_null()
        line = pl.lit(f"{SEPARATOR.join(columns)}: ") + on_one_line(pl.concat_str(*cells, separator=SEPARATOR))
        return pl.when(written).then(line)

    def dated(self, columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
        """The day of a row, and a line where there is none that can be read."""
        missing = _no_day(columns)
        day = self.day(columns)
        return day.alias(DATE), pl.when(day.is_null()).then(self.bad_day(columns).fill_null(missing)).alias(BAD_DATE)

    def holds(
        self, condition: Condition, named: Callable[[str], str] = str, decision: pl.Expr | None = None
    ) -> pl.Expr:
        """Where a condition surely holds; ``decision`` is the day of the row of the answer, ``None`` for today."""
        if condition.column is not None:
            return self._holds_of_cell(condition, pl.col(named(condition.column)))
        comparison = condition.comparison
        if comparison is None:
            return pl.lit(value=True)
        operator, moment = comparison
        day = self.day([named(column) for column in listed(condition.day)])
        if listed(moment) == (DECISION,):
            if decision is None:  # today is after every day that is known
                return day.is_not_null() if operator in ("before", "not_after") else pl.lit(value=False)
            reference = decision
        elif listed(moment) == (NEXT,):
            reference = pl.col(NEXT_DAY)
            if operator in ("before", "not_after"):
                reference = reference.fill_null(LAST_DAY * 2)
        else:
            reference = self.day([named(column) for column in listed(moment)])
        compared = {"before": day < reference, "after": day > reference,
                    "not_before": day >= reference, "not_after": day <= reference}  # fmt: skip
        return compared[operator].fill_null(value=False)

    @staticmethod
    def _holds_of_cell(condition: Condition, cell: pl.Expr) -> pl.Expr:
        if condition.known is not None:
            return cell.is_not_null() == condition.known
        words = {comparable(word) for word in (condition.any_of or condition.none_of or ())}
        wanted = condition.any_of is not None
        return by_cell(cell, lambda text: (comparable(text) in words) == wanted, pl.Boolean).fill_null(value=False)

    def bad_days(self, conditions: Iterable[Condition]) -> list[pl.Expr]:
        """Lines for the days that conditions test and that cannot be read."""
        found = []
        for condition in conditions:
            for columns in (condition.day, condition.comparison[1] if condition.comparison else None):
                names = listed(columns)
                found += [self.bad_day(names)] if names and not {*names} & {DECISION, NEXT} else []
        return found

    # Readings ----------------------------------------------------------------------------------------------------

    def text(self, reading: Reading) -> pl.Expr:
        """The cells that a reading reads, together; null where all of them are missing."""
        if reading.is_interval:
            return self._months(listed(reading.since), listed(reading.until)).cast(pl.String)
        cells = [pl.col(column) for column in reading.sources]
        if not cells:
            return pl.lit("")
        if len(cells) == 1:
            return cells[0]
        together = pl.concat_str([cell.fill_null(NO_CELL) for cell in cells], separator=SEPARATOR)
        return pl.when(pl.any_horizontal(*(cell.is_not_null() for cell in cells))).then(together)

    def _months(self, since: Sequence[str], until: Sequence[str]) -> pl.Expr:
        """The whole months between two days, as a calendar counts them where days are dates; 0 where none is over."""
        begin, end = self.day(since), self.day(until)
        if self.file.counts_days:
            months = ((end - begin) / _DAYS_A_MONTH).floor()
        else:
            first, last = (pl.from_epoch(day, time_unit="d") for day in (begin, end))
            months = (last.dt.year() - first.dt.year()) * 12 + last.dt.month().cast(pl.Int32) - first.dt.month()
            months -= (last.dt.day() < first.dt.day()).cast(pl.Int32)
        return pl.max_horizontal(months.cast(pl.Int64), pl.when(months.is_not_null()).then(0))

    def _no_first_day(self, reading: Reading) -> pl.Expr:
        """A line where the later day of an interval is known, and no earlier one is written."""
        since, until = listed(reading.since), listed(reading.until)
        missing = pl.any_horizontal(*(pl.col(column).is_null() for column in since))
        return pl.when(missing & self.day(until).is_not_null()).then(_no_day(since))

    def row_values(
        self, reading: Reading, read: Callable[[Reading, str], str | None], decision: pl.Expr | None = None
    ) -> RowValues:
        """What a reading says of each row of a table that holds its columns, by itself, not ``otherwise``.

        ``read`` gives the value of a cell, ``unknown``, or ``None`` where it cannot be read.
        """
        conditions = [condition for _, condition in conditions_of(reading.when)]
        if reading.flags is not None:
            return self._flag_values(reading, conditions, decision)
        text = self.text(reading)
        for condition in conditions:
            text = pl.when(self.holds(condition, decision=decision)).then(text)
        if reading.may_say_nothing:
            text = pl.when(~by_cell(text, reading.says_nothing, pl.Boolean)).then(text)
        value = by_cell(text, lambda cell: read(reading, cell))
        label = reading.label or "constant"
        strange = pl.when(text.is_not_null() & value.is_null()).then(pl.lit(f"{label}: ") + on_one_line(text))
        unread = lines(strange, *self.bad_days(conditions))
        if reading.is_interval:
            held = pl.all_horizontal(pl.lit(value=True), *(self.holds(test, decision=decision) for test in conditions))
            days = [
                self.bad_day(listed(reading.since)),
                self.bad_day(listed(reading.until)),
                self._no_first_day(reading),
            ]
            unread = lines(unread, *(pl.when(held).then(line) for line in days))
        return RowValues(pl.when(value != "unknown").then(value), unread, text.is_not_null() | unread.is_not_null())

    def _flag_values(self, reading: Reading, conditions: Sequence[Condition], decision: pl.Expr | None) -> RowValues:
        """The members that columns of yes and no say are there, or are not; a cell that is not read is listed alone."""
        held = pl.all_horizontal(
            pl.lit(value=True), *(self.holds(condition, decision=decision) for condition in conditions)
        )
        cells = [pl.when(held).then(pl.col(column)) for column in reading.sources]
        flags = [by_cell(cell, reading.flag_word) for cell in cells]
        strange = [
            pl.when(cell.is_not_null() & flag.is_null()).then(pl.lit(f"{column}: ") + on_one_line(cell))
            for column, cell, flag in zip(reading.sources, cells, flags, strict=True)
        ]
        says = pl.any_horizontal(*(cell.is_not_null() for cell in cells))
        words = pl.concat_str([flag.fill_null("unknown") for flag in flags], separator=SEPARATOR)
        unread = lines(*strange, *self.bad_days(conditions))
        value = by_cell(pl.when(says).then(words), reading.members_of)
        return RowValues(value, unread, says | unread.is_not_null())

    def chained(
        self,
        reading: Reading,
        read: Callable[[Reading, str], str | None],
        kept: Callable[[Reading, RowValues], RowValues] = lambda _, values: values,
    ) -> RowValues:
        """As ``row_values``, and where a reading says nothing, what it says ``otherwise``.

        ``kept`` may take something away from what one reading says.
        """
        first = kept(reading, self.row_values(reading, read))
        if reading.otherwise is None:
            return first
        fallback = self.chained(reading.otherwise, read, kept)
        return RowValues(
            pl.when(first.has_value).then(first.value).otherwise(fallback.value),
            pl.when(first.has_value).then(first.unread).otherwise(fallback.unread),
            first.has_value | fallback.has_value,
        )


def _days_in(conditions: Conditions | None) -> Iterator[ColumnNames | None]:
    """The days that conditions compare, as they are written."""
    for _, test in conditions_of(conditions):
        yield test.day
        yield test.comparison[1] if test.comparison else None


def _first_of_each(*written: ColumnNames | None) -> list[str]:
    return [listed(columns)[0] for columns in written if columns]


def _words_of(condition: Condition) -> set[str]:
    written = condition.comparison[1] if condition.comparison else None
    return {DECISION, NEXT} & {*listed(condition.day), *listed(written)}
