"""A mapping as it stands in a file: which columns of a table say what, and how their cells are read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from regimen_advisor.cohorts.patterns import fault_of, given_by
from regimen_advisor.columns.cells import comparable
from regimen_advisor.files.sources import Path_, Record

CHECK = "CHECK"
"""Ends a line of a draft, as a comment, until somebody has looked at it."""
NO_CELL = "-"
"""Stands for a missing cell among several that are read together."""
SEPARATOR = " | "
"""Stands between the cells of several columns that are read together."""


class Pattern(Record):
    r"""A regular expression that must match the whole cell, and the value it stands for.

    ``\1`` in the value is the first group. Look-around and back-references are not known, so that no pattern can hang.
    """

    match: str
    gives: Any

    @model_validator(mode="after")
    def _compiles(self) -> Pattern:
        fault = fault_of(self.match, self.gives)
        if fault is not None:
            raise PydanticCustomError(
                "value_error",
                "expected a regular expression and the groups that it has, found `{found}` giving `{gives}`: {why}",
                {"found": self.match, "gives": str(self.gives), "why": fault},
            )
        return self


class Reading(Record):
    """Where a value stands and how its cells are read: by ``values`` first, then by ``patterns``, else as they are."""

    column: str | None = Field(None, description="a column; `table.column` for one of a second table")
    columns: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="columns that are read together"
    )
    at_least: str | None = Field(None, description="the column with the lower bound of a number, for two of them")
    at_most: str | None = Field(None, description="the column with the upper bound")
    constant: Any = Field(None, description="the same value for every row")
    values: dict[str, Any] = Field(default_factory=dict, description="what each cell stands for")
    patterns: list[Pattern] = Field(default_factory=list)
    multiply: int | float | None = Field(None, description="what a number is multiplied by, such as 100 for a fraction")
    add: int | None = Field(None, description="what is added to a number after that")

    @model_validator(mode="after")
    def _one_place(self) -> Reading:
        given = [name for name in ("column", "columns", "constant") if getattr(self, name) is not None]
        if len(given) + bool(self.bounds) != 1:
            raise PydanticCustomError(
                "value_error", "expected exactly one of `column`, `columns`, `constant`, and `at_least` with `at_most`"
            )
        return self

    @property
    def bounds(self) -> tuple[str, ...]:
        """The words of the bounds that have a column each."""
        return tuple(name for name in ("at_least", "at_most") if getattr(self, name) is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        if self.bounds:
            return tuple(getattr(self, name) for name in self.bounds)
        return (self.column,) if self.column is not None else tuple(self.columns or ())

    def place_of(self, at: int) -> Path_:
        """Where the source number ``at`` is written in the reading."""
        if self.bounds:
            return (self.bounds[at],)
        return ("column",) if self.column is not None else ("columns", at)

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
        if text in self.values:
            return self.values[text]
        if (word := comparable(text)) in self._words:
            return self._words[word]
        for pattern in self.patterns:
            matches, given = given_by(pattern.match, pattern.gives, text)
            if matches:
                return given
        if self.bounds:
            return self._range(text)
        return self._number(text) if self.multiply is not None or self.add is not None else text

    def _range(self, text: str) -> dict[str, int] | None:
        cells = dict(zip(self.bounds, text.split(SEPARATOR), strict=False))
        limits = {word: self._number(cell) for word, cell in cells.items() if cell != NO_CELL}
        known = {word: number for word, number in limits.items() if number is not None}
        return known if known and len(known) == len(limits) else None

    def _number(self, text: str) -> int | None:
        try:
            number = round(float(text) * (1 if self.multiply is None else self.multiply) + (self.add or 0), 6)
        except (ValueError, OverflowError):
            return None
        return int(number) if number.is_integer() else None


class EntryReading(Record):
    """One entry of the history, from one or more columns; left out for rows in which its drugs are missing."""

    drugs: Reading
    line: int | None = None
    setting: str | None = None
    outcome: Reading | None = None
    cycles: Reading | None = None


class SecondTable(Record):
    """A table beside the first; the rows whose ``key`` equals the cell of ``matches`` belong to a patient."""

    file: str
    key: str
    matches: str


class MappingFile(Record):
    """A mapping as it stands in a file."""

    title: str
    id: str | None = Field(None, description="the column that names the patient")
    missing: list[str] = Field(default_factory=lambda: ["NA"], description="cells that say nothing")
    tables: dict[str, SecondTable] = Field(default_factory=dict)
    keys: dict[str, Reading]
    history: list[EntryReading] = Field(default_factory=list)
    given: Reading | None = Field(None, description="the drugs actually given, for concordance")

    def readings(self) -> Iterator[tuple[Path_, Reading]]:
        """Everything that is read from columns, with its place in the file."""
        yield from ((("keys", key), reading) for key, reading in self.keys.items())
        for index, entry in enumerate(self.history):
            parts = {"drugs": entry.drugs, "outcome": entry.outcome, "cycles": entry.cycles}
            yield from ((("history", index, part), reading) for part, reading in parts.items() if reading is not None)
        if self.given is not None:
            yield ("given",), self.given

    @property
    def columns(self) -> frozenset[str]:
        """Every column that it reads; those of a second table as ``table.column``."""
        named = [*([self.id] if self.id else []), *(table.matches for table in self.tables.values())]
        return frozenset(named).union(*(reading.sources for _, reading in self.readings()))
