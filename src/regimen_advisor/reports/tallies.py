"""Write counts over a table of patients as blocks: a row each with a bar, the most frequent first."""

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


def not_taken(
    unread: Sequence[tuple[str, str, int]],
    set_apart: Sequence[tuple[str, int]],
    repeated: Sequence[tuple[str, int]],
    total: int,
    *,
    note: str = "",
) -> Iterator[Block]:
    """The cells of a table that could not be read, the rows set apart, and the names of several rows.

    ``unread`` has column, cell and number of rows; ``note`` is about the repeated names.
    """
    rows, cells = say("cohort.rows"), [(f"{column}: {cell}", count) for column, cell, count in unread]
    taken = say("cohort.taken_as_unknown") if cells else ""
    yield from tally(say("cohort.unread"), "kind", cells, total, (rows, say("cohort.column_and_cell")), note=taken)
    contradict = say("cohort.contradict") if set_apart else ""
    yield from tally(say("cohort.set_apart"), "reason", set_apart, total, (rows, say("cohort.reason")), note=contradict)
    if repeated:
        yield from tally(say("cohort.repeated"), "name", repeated, total, (rows, say("cohort.name")), note=note)


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
