"""Judge tables that a program holds: Polars and Spark frames in, the same kind out."""

from __future__ import annotations

from typing import Any

import polars as pl

from regimen_advisor.cohorts.cohort import ROW, CohortTable, as_profiles, judged, named
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.request import Request
from regimen_advisor.cohorts.tables import table_errors
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.words.catalogue import say

NAME = "table"
"""What the table is called in a message."""


def judge_frame(
    frame: Any, rulebook: Rulebook, mapping: TableMapping | None = None, *, id_column: str = "id", exact: bool = True
) -> Any:
    """The standings of every row of a Polars or Spark frame, as a frame of the same library.

    Raises ``InputError`` for a frame of another kind, and where no column says anything that a rule tests.
    """
    if isinstance(frame, pl.DataFrame | pl.LazyFrame):
        return _polars(frame.lazy(), rulebook, mapping, id_column, exact=exact)
    if type(frame).__module__.partition(".")[0] == "pyspark":
        from regimen_advisor.cohorts.spark.engine import judge_spark_frame  # noqa: PLC0415 - needs Spark

        return judge_spark_frame(frame, Request(rulebook, mapping, id_column=id_column, exact=exact), NAME)
    found = f"{type(frame).__module__}.{type(frame).__qualname__}"
    raise InputError.at(Location(NAME), say("table_error.no_frame", found=found), say("table_error.make_frame"))


def _polars(
    rows: pl.LazyFrame, rulebook: Rulebook, mapping: TableMapping | None, id_column: str, *, exact: bool
) -> pl.DataFrame:
    with table_errors(NAME):  # a lazy frame is read here: its file may not be there, its columns neither
        read = named(as_profiles(rows, NAME, mapping, id_column=id_column).with_row_index(ROW, offset=1))
        with judged(CohortTable(read, mapping, NAME), rulebook, exact=exact) as result:
            return result.rows.collect()
