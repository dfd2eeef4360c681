"""Look a row of a table up, and read it as a profile."""

from __future__ import annotations

import polars as pl

from regimen_advisor.cohorts.cohort import open_table
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.tables import table_errors
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.rows import plain_profile
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import say


def profile_of_row(
    paths: list[str], id: str, rulebook: Rulebook, mapping: TableMapping | None = None, *, id_column: str = "id"
) -> Profile:
    """The profile of the row of a table that is called ``id`` (or ``row-N``, counted from 1).

    Raises ``InputError`` if there is no such row, more than one, or nothing in it can be read.
    """
    table = open_table(paths, mapping, id_column=id_column)
    engine = ColumnEngine(rulebook, mapping.readers if mapping else None)
    with table_errors(table.name):
        found = table.rows.filter(pl.col("id") == id).head(2).collect()
    if found.height != 1:
        raise InputError.at(Location(paths[0]), say("row_error.several" if found.height else "row_error.none", id=id))
    row = found.row(0, named=True)
    table_of = engine.reader.tables["disease"]
    cell = table_of.cells[table_of.code(row["disease"])] if isinstance(row.get("disease"), str) else None
    if cell is not None and cell.apart:
        raise InputError.at(Location(paths[0]), say("row_error.set_apart", id=id, reason=cell.apart))
    plain = plain_profile(row, engine)
    if not plain:
        raise InputError.at(Location(paths[0]), say("row_error.says_nothing", id=id))
    return Profile.model_validate({"id": id, **plain})
