"""Describe a document as a list of blocks: its content, not its looks.

A report says what it holds (a heading, a paragraph, a table); ``text``, ``markdown`` and ``html`` write it. Meaning is
carried by words and signs; colour only repeats them.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


class Marked(str):
    """Text of this package that marks code and links as markdown does. Other writers show it as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Heading:
    """A heading; ``level`` 1 is the title of a report."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: indented as a whole, its further lines by ``hang`` more."""

    text: str
    style: str = ""
    indent: int = 0
    hang: int = 0


@dataclass(frozen=True)
class Fields:
    """Names and what they stand for; a pair without a value is left out."""

    pairs: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows under column names. In plain text each row is a sentence, since few tables fit 80 columns.

    With ``stack``, plain text sets the cells of a row on lines of their own; with ``grid`` it keeps the columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stack: StackedRow | None = None
    grid: Grid | None = None


@dataclass(frozen=True)
class StackedRow:
    """How plain text sets a row on several lines: the number and the name of it, the label at the right margin.

    ``below`` holds the columns of each further line, joined by a dot; ``styles`` has a style for the head of each row.
    """

    head: tuple[int, int]
    right: tuple[int, ...]
    below: tuple[tuple[int, ...], ...]
    styles: tuple[str, ...]

    named: tuple[int, ...] = ()
    """Columns whose cells are led by the name of the column."""


@dataclass(frozen=True)
class Grid:
    """A table whose columns are kept in plain text too.

    ``numbers`` holds the columns of numbers, set to the right. The last column is cut to the width where ``least`` is
    given, but never below so many letters. ``bars`` has for each row the shares of a bar, as kind and share of one,
    that a page draws after the first column.
    """

    numbers: tuple[int, ...] = ()
    least: int = 0
    bars: tuple[tuple[tuple[str, float], ...], ...] = ()
    names: tuple[str, ...] = ()
    """What a page calls each row, before its first cell: an id, which plain text shows alone."""
    kinds: tuple[BarKind, ...] = ()
    """The kinds of the areas of bars, where a page explains them in a legend."""
    counts: tuple[str, ...] = ()
    """For each column the kind of area that it counts, empty for none: its head shows the tip of the kind."""


@dataclass(frozen=True)
class BarKind:
    """A kind of area of bars: its name for the style of a page, its line in the legend, and a tip on what it means."""

    name: str
    legend: str
    tip: str = ""


@dataclass(frozen=True)
class Item:
    """A name and the sentences under it, or sentences alone where it is empty.

    With ``run_in``, plain text sets the first sentence on the line of the name.
    """

    name: str
    lines: tuple[Paragraph, ...]
    run_in: bool = False


@dataclass(frozen=True)
class Sign:
    """A label in a word or two. A page colours it by its ``kind`` and shows ``meaning`` on hover, focus and tap."""

    kind: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Signs:
    """The signs that a listing uses, each with a word on it; only a page has them."""

    items: tuple[tuple[Sign, str], ...]


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown when asked for, under their title; plain text shows them at once.

    ``level`` is that of a heading: 2 for a part of the report, 3 for one entry of many, 0 where plain text needs none
    because each line says what it is. ``id`` follows the title and is where a link leads; a page shows the blocks at
    once where it is ``opened``.
    """

    title: str
    blocks: tuple[Block, ...]
    level: int = 2
    id: str = ""
    sign: Sign | None = None
    opened: bool = False


@dataclass(frozen=True)
class Remark:
    """What a sign on a line of a file stands for."""

    sign: Sign
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ListedLine:
    """A line of a file, its sign, and the remarks behind the sign, which a page folds."""

    number: int
    text: str
    sign: Sign | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Listing:
    """Lines of a file with their numbers and signs; only a page has it."""

    lines: tuple[ListedLine, ...]


@dataclass(frozen=True)
class Choices:
    """Answers of which a reader ticks one; a page draws a box before each."""

    answers: tuple[str, ...]


@dataclass(frozen=True)
class Sorting:
    """Things to sort into groups: a page draws a box for each group, plain text lists names and any ids.

    ``head`` is what the things are; a group is a sign with its meaning. ``title`` is what a screen reader calls the
    boxes, which no other part of the page is called.
    """

    title: str
    head: str
    groups: tuple[Sign, ...]
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """Blocks that belong together under their title, such as a question; printed, they stay on one sheet.

    ``kind`` is a word for the style of a page.
    """

    title: str
    blocks: tuple[Block, ...]
    kind: str
    level: int = 3


@dataclass(frozen=True)
class Headline:
    """The result in a sentence. It leads a page; plain text ends with it, where a terminal shows it."""

    title: str
    text: str
    good: bool


@dataclass(frozen=True)
class Code:
    """Lines that are kept as they are, to be copied: a profile, a case, a difference."""

    lines: tuple[str, ...]
    language: str = "yaml"
    indent: int = 2
    """By how much plain text sets them in."""


@dataclass(frozen=True)
class Found:
    """Something found at a place. ``label`` is what plain text calls it, ``kind`` its cell in a table.

    ``code`` shows it: in plain text under its line, else folded under the table.
    """

    place: str
    label: str
    kind: str
    message: str
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """What was found: a line each as compilers write it (``file:line: error: message``), or rows of a table."""

    columns: tuple[str, str, str]
    rows: tuple[Found, ...]

    def as_blocks(self) -> tuple[Block, ...]:
        """The table, and what shows each row, folded."""
        table = Table(self.columns, tuple((finding.place, finding.kind, finding.message) for finding in self.rows))
        return (
            (table, *(Folded(finding.message, (Code(finding.code),), 3) for finding in self.rows if finding.code))
            if self.rows
            else ()
        )


@dataclass(frozen=True)
class Columns:
    """Two lists of sentences side by side, under their titles."""

    titles: tuple[str, str]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """Sentences below each other, each with its depth, 0 for the outermost, set in as a whole by ``indent``."""

    branches: tuple[tuple[int, str], ...]
    indent: int = 6


@dataclass(frozen=True)
class Figure:
    """A picture as SVG, drawn and escaped by its maker, and what it shows; only a page has it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Gap:
    """An empty line."""


Block = (
    Heading | Paragraph | Fields | Bullets | Table | Item | Folded | Headline | Code | Findings | Columns | Tree
    | Figure | Gap | Signs | Listing | Choices | Sorting | Section
)  # fmt: skip


def one_line(text: str) -> str:
    """The text without line breaks and without anything that could steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shortened(text: str, width: int) -> str:
    """The text cut at a word, with a sign that it was cut."""
    return text if len(text) <= width else textwrap.shorten(text, width, placeholder=" ...")


def code_line(text: str) -> str:
    """The line with its spaces, without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()


def without_empty_columns(table: Table) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The columns and rows of a table but for columns in which every row is empty."""
    kept = [
        position
        for position, _ in enumerate(table.columns)
        if not table.rows or any(row[position] for row in table.rows)
    ]
    return tuple(table.columns[position] for position in kept), tuple(
        tuple(row[position] for position in kept) for row in table.rows
    )
