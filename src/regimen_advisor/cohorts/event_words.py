"""Model the words of a mapping about events: conditions, days, and which rows of a table are taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from regimen_advisor.files.sources import Path_, Record
from regimen_advisor.words.catalogue import say

DECISION, NEXT = "decision", "next"
"""Days that are no column: that of the row of the answer, and that on which the next line began."""
Take = Literal["all", "all before", "first", "first before", "last", "last before", "this"]
ColumnNames = str | Annotated[list[str], Field(min_length=1)]
_TESTS = ("any_of", "none_of", "known", "before", "after", "not_before", "not_after")


def listed(columns: ColumnNames | None) -> tuple[str, ...]:
    """One column or several as several."""
    return () if columns is None else (columns,) if isinstance(columns, str) else tuple(columns)


class Condition(Record):
    """What must surely hold: of a cell, of a day, or of a table that must have a row. What is missing does not hold."""

    column: str | None = Field(None, description="the column whose cell is tested")
    any_of: list[str] | None = Field(None, description="the cell is one of these words")
    none_of: list[str] | None = Field(None, description="the cell says something, and none of these words")
    known: bool | None = Field(None, description="whether the cell says anything")
    day: ColumnNames | None = Field(None, description="the column with the day that is tested; several are added up")
    before: ColumnNames | None = Field(None, description="columns of a later day, `decision`, or `next` in a history")
    after: ColumnNames | None = Field(None, description="columns of an earlier day, or one of these words")
    not_before: ColumnNames | None = Field(None, description="as `after`, or the same day")
    not_after: ColumnNames | None = Field(None, description="as `before`, or the same day")
    has_row: str | None = Field(
        None, description="the second table that must have a row: before the decision, if dated; for an `outcome` of a "
        "history between the start of the treatment and that of the next line"
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = [name for name in _TESTS if getattr(self, name) is not None]
        of_a_cell, of_a_day = tests[:1] and tests[0] in _TESTS[:3], tests[:1] and tests[0] in _TESTS[3:]
        fits = (
            (self.column is not None) + (self.day is not None) + (self.has_row is not None) == 1
            and len(tests) == (0 if self.has_row is not None else 1)
            and bool(of_a_cell) == (self.column is not None)
            and bool(of_a_day) == (self.day is not None)
        )
        if not fits:
            raise ValueError(say("mapping_error.one_test"))
        days = [listed(self.day), *(listed(getattr(self, name)) for name in _TESTS[3:])]
        if {DECISION, NEXT} & {*days[0]} or any(len(day) > 1 and {DECISION, NEXT} & {*day} for day in days):
            raise ValueError(say("mapping_error.compared_day"))
        return self

    @property
    def comparison(self) -> tuple[str, ColumnNames] | None:
        """How its day is compared, and with what."""
        return next(((name, getattr(self, name)) for name in _TESTS[3:] if getattr(self, name) is not None), None)

    def columns(self) -> Iterator[tuple[Path_, str]]:
        """Every column that it tests, with the place of it."""
        if self.column is not None:
            yield ("column",), self.column
        for name in ("day", *_TESTS[3:]):
            written = getattr(self, name)
            for position, column in enumerate(listed(written)):
                if column not in (DECISION, NEXT):
                    yield ((name,) if isinstance(written, str) else (name, position)), column


Conditions = Condition | Annotated[list[Condition], Field(min_length=1)]


def conditions_of(when: Conditions | None) -> tuple[tuple[Path_, Condition], ...]:
    """One condition or several, all of which must hold, each with its place."""
    if when is None:
        return ()
    if isinstance(when, Condition):
        return (((), when),)
    return tuple(((position,), condition) for position, condition in enumerate(when))


class RowOf(Record):
    """What a row of the answer is, where it is not a row of the first table."""

    each: str = Field(description="the second table of treatments: a row each, as of the day before it began")
