"""Turn one row of a table into a profile, to explain it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from regimen_advisor.columns.codes import as_text
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.facts import as_entries, plain_entry
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read

if TYPE_CHECKING:
    pass


def plain_profile(row: Mapping[str, Any], engine: ColumnEngine) -> dict[str, Any]:
    """The profile that a row states, as a person would write it; a cell that cannot be read is left out."""
    plain: dict[str, Any] = {}
    for key, table in engine.reader.tables.items():
        if row.get(key) is None:
            continue
        text = _text(row[key])
        cell = table.cells[table.code(text)]
        if cell is not None and cell.plain != "unknown":
            plain[key] = cell.plain
    history = row.get("history")
    if history is not None:
        entries = as_entries(pl.Series([history]))[0].to_list()[0] if isinstance(history, str) else history
        if entries is not None:
            plain["history"] = [plain_entry(entry, engine.reader.histories[0].drugs) for entry in entries]
    return plain


def _text(cell: Any) -> str:
    """The cell as a column of text would hold it; the common kinds without a column."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell) if isinstance(cell, str | int) else str(as_text(pl.Series([cell]))[0])


def patient_of(row: Mapping[str, Any], engine: ColumnEngine) -> Patient:
    """The patient of a row that is not set apart."""
    plain = plain_profile(row, engine) or {"disease": "unknown"}  # a row that says nothing is a patient all the same
    return read(Profile.model_validate(plain), engine.rulebook.domain)
