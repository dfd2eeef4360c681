"""Reports as a list of blocks, and the blocks as plain text of a fixed width.

A report says what it holds (a heading, a paragraph, a table); how that looks is decided here and in ``markdown``.
Standing and warnings are told by words and signs; colour only repeats them.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterable
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

    With ``widths``, one for each column, plain text sets the cells side by side and wraps what is longer.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gap:
    """An empty line."""


Block = Heading | Paragraph | Fields | Bullets | Table | Gap


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
            case Table(columns=columns, rows=rows, widths=widths) if widths:
                lines += _aligned(columns, rows, widths)
            case Table(rows=rows):
                for row in rows:
                    rest = " · ".join(cell for cell in row[1:] if cell)
                    lines += _wrapped(f"- {row[0]}: {rest}" if rest else f"- {row[0]}", "", 2, 2, width)
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


def _aligned(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], widths: tuple[int, ...]) -> list[Line]:
    """The cells of each row side by side; a row is as high as its longest cell."""
    found = []
    for index, row in enumerate((columns, *rows)):
        wrapped = [
            [line.text for line in _wrapped(cell, "", 0, 0, width)] for cell, width in zip(row, widths, strict=True)
        ]
        for parts in itertools.zip_longest(*wrapped, fillvalue=""):
            cells = " ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))
            found.append(Line(cells.rstrip(), "heading" if index == 0 else ""))
    return found


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, with a line break at the end."""
    return "".join(f"{line.text}\n" for line in lines)


def print_to_terminal(lines: Iterable[Line]) -> None:
    """The lines on standard output with the styles a terminal shows; ``NO_COLOR`` is kept."""
    from rich.console import Console  # noqa: PLC0415 - rich costs time that a pipe need not pay
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line.text, style=STYLES.get(line.style, "")))
