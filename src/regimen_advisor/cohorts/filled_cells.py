"""Separate filled cells from those that a mapping calls missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from regimen_advisor.cohorts.event_words import listed
from regimen_advisor.cohorts.mapping_file import MappingFile
from regimen_advisor.columns.cells import comparable

_GAP = r"(?:\s+|[-_\x{2010}-\x{2013}])?"
"""What may part two words, or a word and a number; see ``comparable``."""


def filled(column: str, missing: Sequence[str]) -> pl.Expr:
    """The cells of a column without the spaces around them; null for empty ones and the words that mean missing.

    Words are compared as everywhere, regardless of case, hyphens and spaces.
    """
    text = pl.col(column).cast(pl.String).str.strip_chars()
    words = [_spelled(comparable(word)) for word in dict.fromkeys(missing) if word.strip()]
    silent = text == ""
    if words:
        silent |= text.str.contains(f"^(?i:{'|'.join(words)})$")
    return pl.when(silent).then(None).otherwise(text).alias(column)


def name_of_row(file: MappingFile) -> pl.Expr:
    """The name of the patient of a row; null where a part of it is missing."""
    parts = [filled(column, file.missing) for column in listed(file.id)]
    return (pl.concat_str(parts, separator="-") if parts else pl.lit(None, pl.String)).alias("id")


def _spelled(word: str) -> str:
    """A pattern for every way of writing a word in the form of ``comparable``."""
    parts = [re.escape(word[:1])]
    for left, right in pairwise(word):
        joins_words = (left.isalpha() and (right.isalnum() or right == "_")) or (
            (left.isalnum() or left == "_") and right.isalpha()
        )
        parts.append((_GAP if joins_words else "") + (r"\s+" if right == " " else re.escape(right)))
    return "".join(parts)
