"""Model a mapping file: which columns of a table hold what, and how their cells are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from regimen_advisor.cohorts.event_days import ISO, NUMBERS, fault_of_form
from regimen_advisor.cohorts.event_words import ColumnNames, Conditions, RowOf, Take, conditions_of, listed
from regimen_advisor.cohorts.patterns import fault_of, given_by
from regimen_advisor.columns.cells import comparable
from regimen_advisor.files.sources import Path_, Record
from regimen_advisor.words.catalogue import joined, say

CHECK = "CHECK"
"""Ends a line of a draft, as a comment, until somebody has looked at it."""
NO_CELL = "-"
"""Means a missing cell among several that are read together."""
SEPARATOR = " | "
"""Separates the cells of several columns that are read together."""


def _form(text: str) -> str:
    fault = fault_of_form(text)
    if fault is not None:
        raise ValueError(say("mapping_error.form", reason=fault))
    return text


Form = Annotated[str, AfterValidator(_form)]
Forms = Form | Annotated[list[Form], Field(min_length=1)]
"""How days are written, in one way or in several."""


class Pattern(Record):
    r"""A regular expression that must match the whole cell, and the value it stands for.

    ``\1`` in the value is the first group. Look-around and back-references are not known, so that no pattern can hang.
    """

    match: str = Field(description="a regular expression for the whole cell")
    gives: Any = Field(description="the value that such a cell stands for; `\\1` in it is the first group")

    @model_validator(mode="after")
    def _compiles(self) -> Pattern:
        fault = fault_of(self.match, self.gives)
        if fault is not None:
            raise ValueError(say("mapping_error.pattern", found=self.match, gives=self.gives, reason=fault))
        return self


class Reading(Record):
    """The columns of a value and how their cells are read: by ``values`` first, then by ``patterns``, else as is."""

    column: str | None = Field(None, description="a column; `table.column` for one of a second table")
    columns: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="columns that are read together"
    )
    flags: Annotated[dict[str, str], Field(min_length=1)] | None = Field(
        None, description="by a column of yes and no the member of a set that it is about; `1` and `0` are read too"
    )
    at_least: str | None = Field(None, description="the column with the lower bound of a number, for two of them")
    at_most: str | None = Field(None, description="the column with the upper bound")
    since: ColumnNames | None = Field(None, description="a day, for the whole months from it to `until`")
    until: ColumnNames | None = Field(None, description="the later day; 0 months where it came before `since`")
    constant: Any = Field(None, description="the same value for every row")
    values: dict[str, Any] = Field(default_factory=dict, description="what each cell stands for")
    patterns: list[Pattern] = Field(
        default_factory=list, description="what cells of a kind stand for; the first that matches is taken"
    )
    multiply: int | float | None = Field(None, description="what a number is multiplied by, such as 100 for a fraction")
    add: int | None = Field(None, description="what is added to a number after that")
    take: Take | None = Field(None, description="which rows of a second table, by its date; left out = all of them")
    when: Conditions | None = Field(None, description="what must hold, or the cell says nothing here")
    otherwise: Reading | None = Field(None, description="what is read where this says nothing at all")

    @model_validator(mode="after")
    def _one_place(self) -> Reading:
        given = [name for name in ("column", "columns", "flags", "constant") if getattr(self, name) is not None]
        if len(given) + bool(self.bounds) + (self.since is not None) != 1 or (self.since is None) != (
            self.until is None
        ):
            raise ValueError(say("mapping_error.one_source"))
        return self

    @property
    def is_interval(self) -> bool:
        """Whether it is the number of whole months between two days."""
        return self.since is not None

    @property
    def bounds(self) -> tuple[str, ...]:
        """The words of the bounds that have a column each."""
        return tuple(name for name in ("at_least", "at_most") if getattr(self, name) is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        if self.bounds:
            return tuple(getattr(self, name) for name in self.bounds)
        if self.is_interval:
            return (*listed(self.since), *listed(self.until))
        if self.flags is not None:
            return tuple(self.flags)
        return (self.column,) if self.column is not None else tuple(self.columns or ())

    def place_of(self, position: int) -> Path_:
        """Where the source number ``position`` is written in the reading."""
        if self.bounds:
            return (self.bounds[position],)
        if self.is_interval:
            days = [(name, place) for name in ("since", "until") for place in range(len(listed(getattr(self, name))))]
            name, place = days[position]
            return (name,) if isinstance(getattr(self, name), str) else (name, place)
        if self.flags is not None:
            return ("flags", self.sources[position])
        return ("column",) if self.column is not None else ("columns", position)

    @property
    def label(self) -> str:
        """The columns as they are named in a report."""
        return SEPARATOR.join(self.sources)

    @cached_property
    def _words(self) -> dict[str, Any]:
        """``values`` by the form in which words are compared; words that differ only there must stand for one thing."""
        found: dict[str, list[Any]] = {}
        for text, value in self.values.items():
            found.setdefault(comparable(text), []).append(value)
        return {word: values[0] for word, values in found.items() if all(value == values[0] for value in values)}

    def plain(self, text: str) -> Any:
        """What a cell stands for: by ``values``, then by ``patterns``, then as it is; ``None`` if nothing reads it."""
        found, given = self._given(text)
        if found:
            return "unknown" if given is None else given
        if self.bounds:
            return self._range(text)
        return self._number(text) if self.multiply is not None or self.add is not None else text

    def flag_word(self, text: str) -> str | None:
        """What a cell of a column of ``flags`` says: ``yes``, ``no`` or ``unknown``; ``None`` if nothing reads it."""
        plain = self.plain(text)
        word = comparable(str(plain))
        return next((answer for answer, words in _FLAGS.items() if word in words), None)

    def members_of(self, answers: str) -> str | None:
        """The members found and not found by the answers of the columns of ``flags``; ``None`` if there are none.

        A member of several columns is found by any of them, and not found where all of them say so.
        """
        by_member: dict[str, list[str]] = {}
        for member, answer in zip((self.flags or {}).values(), answers.split(SEPARATOR), strict=True):
            by_member.setdefault(member, []).append(answer)
        found = [member for member, given in by_member.items() if "yes" in given]
        absent = [member for member, given in by_member.items() if set(given) == {"no"}]
        return json.dumps({"found": found, "not_found": absent}) if found or absent else None

    def says_nothing(self, text: str) -> bool:
        """Whether a cell is mapped to null: it says nothing about this key, so that another reading may."""
        return self._given(text) == (True, None)

    @property
    def may_say_nothing(self) -> bool:
        """Whether any cell may be mapped to null."""
        return None in self.values.values() or any(pattern.gives is None for pattern in self.patterns)

    def _given(self, text: str) -> tuple[bool, Any]:
        """Whether ``values`` or ``patterns`` know a cell, and what it stands for."""
        if text in self.values:
            return True, self.values[text]
        if (word := comparable(text)) in self._words:
            return True, self._words[word]
        for pattern in self.patterns:
            matches, given = given_by(pattern.match, pattern.gives, text)
            if matches:
                return True, given
        return False, None

    def _range(self, text: str) -> dict[str, int] | None:
        cells = dict(zip(self.bounds, text.split(SEPARATOR), strict=False))
        limits = {word: self._number(cell.removesuffix("%")) for word, cell in cells.items() if cell != NO_CELL}
        known = {word: number for word, number in limits.items() if number is not None}
        return known if known and len(known) == len(limits) else None

    def _number(self, text: str) -> int | None:
        try:
            number = round(float(text) * (1 if self.multiply is None else self.multiply) + (self.add or 0), 6)
        except (ValueError, OverflowError):
            return None
        return int(number) if number.is_integer() else None


_FLAGS = {
    "yes": ("1", "1.0", "yes", "y", "true", "positive", "present"),
    "no": ("0", "0.0", "no", "n", "false", "negative", "absent", "none"),
    "unknown": ("unknown",),
}
"""The words of a column of yes and no, in the form in which they are compared."""

ENTRY_PARTS = ("drugs", "outcome", "cycles", "relapse_after")
"""What is read of each entry of a history."""


class EntryReading(Record):
    """One entry of the history, from one or more columns; left out for rows in which its drugs are missing."""

    drugs: Reading = Field(description="the drugs; missing ones mean that there was no such treatment")
    line: int | None = Field(None, description="the number of the line; left out for curative treatment")
    setting: str | None = Field(None, description="`maintenance` or `curative`; left out = the line itself")
    outcome: Reading | None = Field(None, description="how the treatment ended, as in a profile")
    cycles: Reading | None = Field(None, description="the number of cycles")
    relapse_after: Reading | None = Field(None, description="months from the last dose to the progression or relapse")


class SecondTable(Record):
    """A table joined to the first; the rows whose ``key`` equals the cells of ``matches`` belong to a patient."""

    file: str = Field(description="its name, in the folder of the mapping or of the first table")
    key: ColumnNames = Field(description="the columns that name the patient in it, or the row of the table `of`")
    matches: ColumnNames | None = Field(
        None, description="the columns that are equal to them; left out = the same names"
    )
    of: str | None = Field(None, description="the second table that `matches` is of; left out = the first table")
    date: ColumnNames | None = Field(None, description="the column with its day; several are added up")
    dates: Forms | None = Field(None, description="how its days are written; left out = as in the mapping")
    where: Conditions | None = Field(None, description="only the rows for which this holds")

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of ``key``."""
        return listed(self.key)

    @property
    def matched(self) -> tuple[str, ...]:
        """The columns of ``matches``."""
        return listed(self.matches) or self.keys

    @model_validator(mode="after")
    def _as_many(self) -> SecondTable:
        if len(self.keys) != len(self.matched):
            raise ValueError(say("mapping_error.as_many"))
        return self

    @property
    def has_events(self) -> bool:
        """Whether it says more than a table that is joined by one column of the first."""
        return len(self.keys) > 1 or any(part is not None for part in (self.of, self.date, self.where))


class HistoryOfTable(Record):
    """The history from a second table with a row for each treatment or for each drug of one."""

    table: str = Field(alias="from", description="the second table of the treatments; its `date` is their start")
    complete: bool = Field(
        description="whether it lists every treatment of a patient; if not, only `prior_lines` is read"
    )
    drugs: Reading = Field(description="the drugs; several columns hold a drug each")
    outcome: Reading | None = Field(None, description="how the treatment ended, as in a profile")
    cycles: Reading | None = Field(None, description="the number of cycles")
    relapse_after: Reading | None = Field(None, description="months from the last dose to the progression or relapse")
    setting: Reading | None = Field(
        None, description="read as `line`, `maintenance` or `curative`; left out = every treatment is a line"
    )
    line: Reading | None = Field(None, description="the number of the line; left out = by order of start")
    within: Annotated[int, Field(ge=0)] = Field(
        0, description="treatments that begin at most so many days after the one before are one line with it"
    )

    def parts(self) -> dict[str, Reading]:
        """Its readings by name."""
        named = {name: getattr(self, name) for name in (*ENTRY_PARTS, "setting", "line")}
        return {name: reading for name, reading in named.items() if reading is not None}


class MappingFile(Record):
    """A mapping as a file holds it."""

    title: str = Field(description="what the mapping is for; not read by any rule")
    id: ColumnNames | None = Field(
        None, description="the column that names the patient; several are joined by a hyphen, such as site and number"
    )
    missing: list[str] = Field(default_factory=lambda: ["NA"], description="cells that say nothing")
    dates: Forms = Field(
        ISO, description="how days are written: `iso` (2020-01-31), `days` (whole numbers), a form such as `%d.%m.%Y`, "
        "or a list of forms"
    )  # fmt: skip
    dates_of: dict[str, Forms] = Field(
        default_factory=dict, description="the same for one column; `table.column` for one of a second table"
    )
    row: RowOf | None = Field(None, description="what a row of the answer is; left out = a row of the first table")
    tables: dict[str, SecondTable] = Field(default_factory=dict, description="second tables, by the name used here")
    keys: dict[str, Reading] = Field(description="by the key of a profile what it is read from")
    history: list[EntryReading] | HistoryOfTable = Field(
        default_factory=list, description="the treatments so far: entries from columns, or a table of treatments"
    )
    given: Reading | None = Field(None, description="the drugs actually given, for concordance")

    @model_validator(mode="after")
    def _numbers_or_dates(self) -> MappingFile:
        tables = [table.dates for table in self.tables.values() if table.dates is not None]
        forms = {form for written in (self.dates, *self.dates_of.values(), *tables) for form in listed(written)}
        if NUMBERS in forms and (len(forms) > 1):
            raise ValueError(say("mapping_error.days", found=joined(f"`{form}`" for form in sorted(forms))))
        return self

    @property
    def counts_days(self) -> bool:
        """Whether days are whole numbers."""
        return listed(self.dates) == (NUMBERS,)

    def forms_of(self, column: str) -> tuple[str, ...]:
        """How the days of a column are written; ``column`` is ``table.column`` for one of a second table."""
        table = self.tables.get(column.partition(".")[0])
        return listed(self.dates_of.get(column) or (table.dates if table else None) or self.dates)

    @property
    def entries(self) -> list[EntryReading]:
        """The entries of the history that are read from columns of the first table."""
        return [] if isinstance(self.history, HistoryOfTable) else self.history

    @property
    def has_events(self) -> bool:
        """Whether it uses days, rows of second tables or conditions, and so is read by ``events``."""
        return (
            self.row is not None
            or isinstance(self.history, HistoryOfTable)
            or any(table.has_events for table in self.tables.values())
            or any(
                part is not None
                for _, read in self.readings()
                for part in (read.take, read.when, read.since, read.flags)
            )
            or any(reading.otherwise is not None for _, reading in self.readings())
        )

    @property
    def row_table(self) -> str | None:
        """The table whose rows are the decisions; ``None`` where a row is a patient, today."""
        return self.row.each if self.row else None

    @property
    def label_of_given(self) -> str | None:
        """What the column of the drugs given is called in the table, if there is one."""
        if isinstance(self.history, HistoryOfTable) and self.row is not None:
            return self.history.drugs.label
        return self.given.label if self.given else None

    def readings(self) -> Iterator[tuple[Path_, Reading]]:
        """Everything that is read from columns, with its place in the file; `otherwise` is a reading of its own."""
        for path, first in self._readings():
            place, reading = path, first
            yield place, reading
            while reading.otherwise is not None:
                place, reading = (*place, "otherwise"), reading.otherwise
                yield place, reading

    def _readings(self) -> Iterator[tuple[Path_, Reading]]:
        yield from ((("keys", key), reading) for key, reading in self.keys.items())
        if isinstance(self.history, HistoryOfTable):
            yield from ((("history", part), reading) for part, reading in self.history.parts().items())
        for index, entry in enumerate(self.entries):
            parts = {part: getattr(entry, part) for part in ENTRY_PARTS}
            yield from ((("history", index, part), reading) for part, reading in parts.items() if reading is not None)
        if self.given is not None:
            yield ("given",), self.given

    def references(self) -> Iterator[tuple[Path_, str]]:
        """Every column that it names, with its place; those of a second table as ``table.column``."""
        for path, reading in self.readings():
            yield from (
                ((*path, *reading.place_of(position)), column) for position, column in enumerate(reading.sources)
            )
            for inner, condition in conditions_of(reading.when):
                yield from (((*path, "when", *inner, *place), column) for place, column in condition.columns())
        for position, column in enumerate(listed(self.id)):
            yield (("id",) if isinstance(self.id, str) else ("id", position)), column

    @property
    def columns(self) -> frozenset[str]:
        """Every column that it reads; those of a second table as ``table.column``."""
        named = [column for _, column in self.references()]
        for name, table in self.tables.items():
            named += [f"{table.of}.{column}" if table.of else column for column in table.matched]
            for _, condition in conditions_of(table.where):
                named += (written := [column for _, column in condition.columns()])
                named += [f"{name}.{column}" for column in written if column.partition(".")[0] not in self.tables]
            named += listed(table.date)
            named += [f"{name}.{column}" for column in listed(table.date)]
        return frozenset(named)
