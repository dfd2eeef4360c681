"""Documents as a list of blocks, and the blocks as plain text of a fixed width.

A report says what it holds (a heading, a paragraph, a table); how that looks is decided here, in ``markdown`` and in
``html``. Meaning is carried by words and signs; colour only repeats them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WIDTH = 80
WIDEST = 100
STYLES = {
    "title": "bold",
    "heading": "bold",
    "name": "bold",
    "caution": "yellow",
    "open": "cyan",
    "quiet": "dim",
}

# A number and its percent sign, and a short reference such as ``[AA 4.1]``, are not torn apart by a line break.
_KEPT_TOGETHER = re.compile(r"\d %|\[[^\]]{1,24}\]|\bn \d+")
_GLUE = "\x00"
_LEAST_NAME = 14
"""Letters that a name needs beside its label; with fewer it has the line alone."""


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

    With ``stack``, plain text sets the cells of a row on lines of their own instead.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stack: StackedRow | None = None


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
class Item:
    """A name and the sentences under it, or sentences alone where it is empty.

    With ``run_in``, plain text sets the first sentence on the line of the name.
    """

    name: str
    lines: tuple[Paragraph, ...]
    run_in: bool = False


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown when asked for, under their title; plain text shows them at once."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Gap:
    """An empty line."""


Block = Heading | Paragraph | Fields | Bullets | Table | Item | Folded | Gap


@dataclass(frozen=True)
class Line:
    """One line of plain text, and the style a terminal may give it."""

    text: str
    style: str = ""


def one_line(text: str) -> str:
    """The text without line breaks and without anything that could steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shortened(text: str, width: int) -> str:
    """The text cut at a word, with a sign that it was cut."""
    return text if len(text) <= width else textwrap.shorten(text, width, placeholder=" ...")


def lines_of(blocks: Iterable[Block], width: int = WIDTH) -> list[Line]:
    """The blocks as lines of at most ``width`` characters; a longer word stands on a line of its own."""
    lines: list[Line] = []
    for block in blocks:
        match block:
            case Heading(text=text, level=level):
                if lines and lines[-1].text:
                    lines.append(Line(""))
                lines += _wrapped(
                    text.upper() if level == 2 else text, "title" if level == 1 else "heading", 0, 0, width
                )
            case Paragraph(text=text, style=style, indent=indent, hang=hang):
                lines += _wrapped(text, style, indent, hang, width)
            case Fields(pairs=pairs):
                known = [(name, value) for name, value in pairs if value]
                for name, value in known:
                    lines += _wrapped(f"{name}: {value}", "", 2, 4, width)
            case Bullets(items=items):
                for item in items:
                    lines += _wrapped(f"- {item}", "", 2, 2, width)
            case Table(columns=columns, rows=rows, stack=stack) if stack:
                lines += _stacked(columns, rows, stack, width)
            case Table(rows=rows):
                for row in rows:
                    rest = " · ".join(cell for cell in row[1:] if cell)
                    lines += _wrapped(f"- {row[0]}: {rest}" if rest else f"- {row[0]}", "", 2, 2, width)
            case Item(name=name, lines=inside, run_in=run_in):
                lines += _item(name, inside, width, run_in=run_in)
            case Folded(title=title, blocks=inside):
                lines += lines_of((Heading(title), *inside), width) if title else lines_of(inside, width)
            case Gap():
                lines.append(Line(""))
    return lines


def _wrapped(text: str, style: str, indent: int, hang: int, width: int) -> list[Line]:
    together = _KEPT_TOGETHER.sub(lambda found: found[0].replace(" ", _GLUE), one_line(text))
    wrapped = textwrap.wrap(
        together,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [Line(part.replace(_GLUE, " "), style) for part in wrapped]


def _item(name: str, inside: tuple[Paragraph, ...], width: int, *, run_in: bool) -> Iterator[Line]:
    if not name:
        for line in inside:
            yield from _wrapped(line.text, line.style, 2, 2, width)
        return
    first, *left = inside if run_in and inside else (Paragraph("", "name"), *inside)
    yield from _wrapped(f"{name}. {first.text}" if first.text else name, first.style, 0, 3, width)
    for line in left:
        yield from _wrapped(line.text, line.style, 3, 2, width)


def _stacked(
    columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], stack: StackedRow, width: int
) -> Iterator[Line]:
    """Each row as its name with a label at the right margin, and the other cells on lines below."""
    indent = max((len(row[stack.head[0]]) for row in rows), default=0) + 1
    for row, style in zip(rows, stack.styles, strict=True):
        number, name = (row[column] for column in stack.head)
        label = " · ".join(row[column] for column in stack.right if row[column])
        is_beside = width - len(label) > _LEAST_NAME
        room = width - len(label) - 2 if is_beside else width
        first, *left = _wrapped(f"{number.ljust(indent - 1)} {name}", style, 0, indent, room)
        if is_beside:
            yield Line(f"{first.text.ljust(width - len(label))}{label}".rstrip(), style)
        else:  # on a narrow screen the label has a line of its own
            yield Line(first.text, style)
            left = [*left, *_wrapped(label, style, indent, 0, width)]
        yield from left
        for below in stack.below:
            cells = [
                f"{columns[column].lower()} {row[column]}" if column in stack.named else row[column]
                for column in below
                if row[column]
            ]
            yield from _wrapped(" · ".join(cells), "", indent, 0, width)


def without_empty_columns(table: Table) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The columns and rows of a table but for columns in which every row is empty."""
    kept = [at for at, _ in enumerate(table.columns) if not table.rows or any(row[at] for row in table.rows)]
    return tuple(table.columns[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in table.rows)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, with a line break at the end."""
    return "".join(f"{line.text}\n" for line in lines)
