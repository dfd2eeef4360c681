"""Find the treatments with a row of another table between their start and the start of the next line."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from regimen_advisor.cohorts.event_frames import BAD_DATE, DATE, NEXT_DAY, ROW, RowValues, lines
from regimen_advisor.cohorts.event_words import conditions_of
from regimen_advisor.cohorts.mapping_file import Reading

_NUMBER, _EVENT = "number of the treatment", "day of the event"
_HAS, _UNDATED = "has in its time a row of", "has an undated row of"


def tables_of(reading: Reading | None) -> list[str]:
    """The tables that the conditions of a reading, or of what is read otherwise, ask for a row of."""
    found: list[str] = []
    while reading is not None:
        found += [test.has_row for _, test in conditions_of(reading.when) if test.has_row is not None]
        reading = reading.otherwise
    return list(dict.fromkeys(found))


def with_rows_of(treatments: pl.LazyFrame, name: str, events: pl.LazyFrame) -> pl.LazyFrame:
    """The treatments with whether ``events``, the table ``name``, has a row in their time.

    That is after the day on which they began, and not after the day on which the next line began.
    """
    numbered = treatments.with_row_index(_NUMBER)
    days = events.select(ROW, pl.col(DATE).alias(_EVENT), BAD_DATE)
    pairs = numbered.select(_NUMBER, ROW, DATE, NEXT_DAY).join(days.drop(BAD_DATE), on=ROW, how="inner")
    in_time = (pl.col(_EVENT) > pl.col(DATE)) & (pl.col(_EVENT) <= pl.col(NEXT_DAY)).fill_null(
        pl.col(NEXT_DAY).is_null()
    )
    found = pairs.filter(in_time).select(_NUMBER).unique().with_columns(pl.lit(value=True).alias(f"{_HAS} {name}"))
    undated = (
        days.filter(pl.col(_EVENT).is_null()).group_by(ROW).agg(pl.col(BAD_DATE).min().alias(f"{_UNDATED} {name}"))
    )
    joined = numbered.join(found, on=_NUMBER, how="left", maintain_order="left")
    joined = joined.join(undated, on=ROW, how="left", maintain_order="left").drop(_NUMBER)
    return joined.with_columns(pl.col(f"{_HAS} {name}").fill_null(value=False))


def where_there_is_a_row(part: Reading, values: RowValues) -> RowValues:
    """What a reading says of a treatment, where its conditions find a row of another table in its time.

    Where such a row lacks its day, it may have been in that time: then nothing is known, and the day is listed.
    """
    names = tables_of(part.model_copy(update={"otherwise": None}))
    if not names:
        return values
    has = _all(pl.col(f"{_HAS} {name}") for name in names)
    undated = lines(*(pl.when(~pl.col(f"{_HAS} {name}")).then(pl.col(f"{_UNDATED} {name}")) for name in names))
    return RowValues(
        pl.when(has).then(values.value),
        pl.when(has).then(values.unread).otherwise(undated),
        (has & values.has_value) | undated.is_not_null(),
    )


def _all(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return pl.all_horizontal(list(conditions))
