"""Counted things of a table of patients as blocks: a row each with a bar, the most frequent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Grid, Heading, Paragraph, Table
from regimen_advisor.files.errors import printable
from regimen_advisor.words.catalogue import say

MOST_SHOWN = 30
"""How many rows of a kind are written out; the rest is counted."""


def tally(
    title: str, noun: str, rows: Sequence[tuple[str, int]], total: int, columns: tuple[str, str], *, note: str = ""
) -> Iterator[Block]:
    """What was counted, under its title; ``total`` is what a whole bar stands for.

    ``noun`` is one of the things, by its key in the room ``tally_more`` of the catalogue. A cell of a
    table may hold what steers a terminal: it is written as escapes.
    """
    yield Heading(title)
    if note:
        yield Paragraph(note)
    if not rows:
        yield Paragraph(say("explain.none"))
        return
    yield count_table(columns, [(f"{count:,}", printable(name)) for name, count in rows[:MOST_SHOWN]], [
        count / total if total else 0.0 for _, count in rows[:MOST_SHOWN]
    ])  # fmt: skip
    yield from left_out(len(rows), noun)


def count_table(
    columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], shares: Sequence[float], *, numbers: int = 1
) -> Table:
    """A table whose first columns are numbers, with a bar for the first."""
    bars = tuple((("count", share),) for share in shares)
    return Table(columns, tuple(rows), grid=Grid(tuple(range(numbers)), bars=bars))


def left_out(number: int, noun: str) -> Iterator[Block]:
    """How many are not written out, if any."""
    if number > MOST_SHOWN:
        yield Paragraph(say(f"tally_more.{noun}", count=number - MOST_SHOWN))
