"""Read the history of a patient from columns of one row: an entry for each treatment that the mapping names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from regimen_advisor.cohorts.mapping_file import ENTRY_PARTS, EntryReading, Reading
from regimen_advisor.columns.cells import comparable, drug_list
from regimen_advisor.columns.entries import OUTCOMES
from regimen_advisor.patient.drugs import Formulary

NO_DRUGS = "[]"
"""What a mapping gives for a cell of drugs that says that there was no such treatment."""
_OUTCOMES: dict[str, str] = {comparable(word): word for word in (*OUTCOMES, "unknown")}


def history_of(entries: Sequence[EntryReading], text_of: Callable[[int, str, Reading], pl.Expr]) -> pl.Expr:
    """The entries of each row as a list; null where there is none.

    ``text_of`` gives the text of a part (``drugs``, ``outcome`` ...) of the entry with this number. Where its drugs say
    nothing there was no such treatment; where they are ``[]`` the table says so, and a history may be empty.
    """
    listed, spoken = [], []
    for number, entry in enumerate(entries):
        parts = {
            part: pl.lit(None, pl.String)
            if (reading := getattr(entry, part)) is None
            else text_of(number, part, reading)
            for part in ENTRY_PARTS
        }
        fields = pl.struct(
            pl.lit(entry.line, pl.Int8).alias("line"),
            pl.lit(entry.setting, pl.String).alias("setting"),
            *(text.alias(part) for part, text in parts.items()),
        )
        spoken.append(parts["drugs"].is_not_null())
        listed.append(pl.when(parts["drugs"] != NO_DRUGS).then(fields))
    found = pl.concat_list(listed).list.drop_nulls()
    return pl.when(pl.any_horizontal(spoken)).then(found)


def part_reader(part: str, formulary: Formulary) -> Callable[[Reading, str], str | None]:
    """How a cell of a part of an entry becomes text; ``None`` where it says that there was no such thing.

    What nothing reads is left as written, and so counted where the entries are read.
    """

    def text(reading: Reading, cell: str) -> str | None:
        if not reading.sources:
            return written(part, reading.constant, formulary)
        if reading.says_nothing(cell):
            return None
        plain = reading.plain(cell)
        return written(part, cell if plain is None else plain, formulary)

    return text


def written(part: str, plain: Any, formulary: Formulary) -> str:
    """The value of a part of an entry as the text that a table with the keys of a profile would hold."""
    if part == "drugs":
        return _drugs(plain, formulary)
    if part == "outcome":
        return _OUTCOMES.get(comparable(str(plain)), str(plain))
    return re.sub(r"\.0+$", "", str(plain))


def _drugs(plain: Any, formulary: Formulary) -> str:
    if isinstance(plain, list):
        return ";".join(map(str, plain)) or NO_DRUGS
    words = drug_list(str(plain), formulary)
    return ";".join(words) if words else json.dumps([str(plain)])  # as one word, which is then not known
