"""Escape cells that a spreadsheet would run."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet read a cell as a formula."""


def no_formula(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what it would run."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
