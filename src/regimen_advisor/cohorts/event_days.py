"""Read the days of a table: as ISO dates, as whole numbers, or in the forms that a mapping names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from regimen_advisor.words.catalogue import say

ISO, NUMBERS = "iso", "days"
"""The words for days that need no form: 2020-01-31, and whole numbers."""
LAST_DAY = 10_000_000
_ISO_DAY = r"^\d{4}-\d{2}-\d{2}(?:[T ].*)?$"
_TIME = r"[T ]+\d{1,2}:\d{2}\S*(?: [AaPp][Mm])?$"
_TRIED = (date(2021, 11, 30), date(1999, 1, 2))
"""Days that a form must write and read again; of neither is a part the same as another part."""
_YEARS = (1900, 2199)


def fault_of_form(form: str) -> str | None:
    """Why days cannot be read in this form; ``None`` where they can."""
    if form in (ISO, NUMBERS):
        return None
    days = pl.Series(_TRIED)
    try:
        found = days.dt.to_string(form).str.to_date(form, strict=False)
    except pl.exceptions.PolarsError:
        return say("mapping_error.form_sign", form=form)
    if found.to_list() != list(_TRIED):
        return say("mapping_error.form_part", form=form)
    return None


def day_of(text: pl.Expr, forms: Sequence[str]) -> pl.Expr:
    """The day of a cell as a number; null where no form reads it, or where two of them read two days."""
    days = [_day(text, form) for form in forms]
    if len(days) == 1:
        return days[0]
    first, last = pl.min_horizontal(days), pl.max_horizontal(days)
    return pl.when(first == last).then(first)


def number_of(text: pl.Expr) -> pl.Expr:
    """A whole number of days."""
    number = text.cast(pl.Float64, strict=False)
    fits = number.is_finite() & (number.abs() <= LAST_DAY) & (number == number.floor())
    return pl.when(fits).then(number).cast(pl.Int64)


def _day(text: pl.Expr, form: str) -> pl.Expr:
    if form == NUMBERS:
        return number_of(text)
    if form == ISO:
        day = pl.when(text.str.contains(_ISO_DAY)).then(text.str.slice(0, 10)).str.to_date("%Y-%m-%d", strict=False)
    else:  # `20` is no year that `%Y` should read as one of the first century
        day = text.str.replace(_TIME, "").str.to_date(form, strict=False)
        day = pl.when(day.dt.year().is_between(*_YEARS)).then(day)
    return day.dt.epoch("d").cast(pl.Int64)
