"""Write profiles as the table that would hold them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

HISTORY = pl.List(
    pl.Struct(
        {
            "line": pl.Int8,
            "setting": pl.String,
            "drugs": pl.List(pl.String),
            "outcome": pl.String,
            "cycles": pl.Int16,
            "relapse_after": pl.Int16,
        }
    )
)


def cell(value: Any) -> str | None:
    """A value of a profile as the text of a cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def table(profiles: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """A column for each key that one of the profiles has; history as a list of entries."""
    keys = list(dict.fromkeys(key for profile in profiles for key in profile if key != "history"))
    columns = [pl.Series(key, [cell(profile.get(key)) for profile in profiles], pl.String) for key in keys]
    if any("history" in profile for profile in profiles):
        rows = [_history(profile.get("history")) for profile in profiles]
        columns.append(pl.Series("history", rows, HISTORY))
    return pl.DataFrame(columns)


def _history(entries: Any) -> list[dict[str, Any]] | None:
    if not isinstance(entries, list):
        return None
    names = ("line", "setting", "drugs", "outcome", "cycles", "relapse_after")
    return [{name: None if (value := entry.get(name)) == "unknown" else value for name in names} for entry in entries]
