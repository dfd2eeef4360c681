"""Write documents as plain text of a fixed width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from regimen_advisor.documents.blocks import (
    Block,
    Bullets,
    Choices,
    Code,
    Columns,
    Fields,
    Figure,
    Findings,
    Folded,
    Found,
    Gap,
    Grid,
    Heading,
    Headline,
    Item,
    Listing,
    Paragraph,
    Section,
    Signs,
    Sorting,
    StackedRow,
    Table,
    Tree,
    code_line,
    one_line,
    shortened,
)
from regimen_advisor.documents.tokens import terminal_styles

WIDTH = 80
WIDEST = 100
STYLES = terminal_styles()

# A number and its percent sign, and a short reference such as ``[XY 4.1]``, are not torn apart by a line break.
_KEPT_TOGETHER = re.compile(r"\d %|\[[^\]]{1,24}\]|\bn \d+")
_GLUE = "\x00"
_BETWEEN = "  "
_LEAST_NAME = 14
"""Letters that a name needs next to its label; with fewer it has the line alone."""


@dataclass(frozen=True)
class Line:
    """One line of plain text, and the style a terminal may give it."""

    text: str
    style: str = ""


def lines_of(blocks: Iterable[Block], width: int = WIDTH) -> list[Line]:
    """The blocks as lines of at most ``width`` characters; a longer word gets a line of its own."""
    lines: list[Line] = []
    ending: list[Line] = []
    for block in blocks:
        if isinstance(block, Headline):
            ending.append(Line(one_line(block.text), "name"))  # one line, for a script that reads the last
            continue
        if lines and lines[-1].text and _has_title(block):
            lines.append(Line(""))
        lines += _block(block, width)
    return [*lines, *([Line("")] if lines and ending and lines[-1].text else []), *ending]


def _has_title(block: Block) -> bool:
    return isinstance(block, Heading | Section) or (isinstance(block, Folded) and bool(block.level))


def _block(block: Block, width: int) -> Iterable[Line]:
    match block:
        case Heading(text=text, level=level):
            style = "title" if level == 1 else "heading"
            return _wrapped(text.upper() if level == 2 else text, style, 0, 0, width)
        case Paragraph(text=text, style=style, indent=indent, hang=hang):
            return _wrapped(text, style, indent, hang, width)
        case Fields(pairs=pairs):
            known = [f"{name}: {value}" for name, value in pairs if value]
            return chain.from_iterable(_wrapped(sentence, "", 2, 4, width) for sentence in known)
        case Bullets(items=items) | Choices(answers=items):
            return chain.from_iterable(_wrapped(f"- {item}", "", 2, 2, width) for item in items)
        case Tree(branches=branches, indent=indent):
            return chain.from_iterable(
                _wrapped(sentence, "", indent + 2 * depth, 4, width) for depth, sentence in branches
            )
        case Table():
            return _table(block, width)
        case Item(name=name, lines=inside, run_in=run_in):
            return _item(name, inside, width, run_in=run_in)
        case Folded():
            return _folded(block, width)
        case Section(title=title, blocks=inside, level=level):
            return lines_of((Heading(title, level), *inside), width)
        case Sorting(rows=rows):
            return _block(Bullets(tuple(f"{name} ({id})" if id else name for name, id in rows)), width)
        case Code(lines=lines, indent=indent):
            return [Line(f"{' ' * indent}{code_line(line)}") for line in lines]
        case Findings(rows=rows):
            return chain.from_iterable(map(_found, rows))
        case Columns():
            return _side_by_side(block, width)
        case Gap():
            return [Line("")]
        case Figure() | Listing() | Signs() | Headline():  # the first three are for a page, and a headline comes last
            return ()


def _found(found: Found) -> Iterator[Line]:
    yield Line(": ".join(part for part in (found.place, found.label, one_line(found.message)) if part))
    yield from (Line(f"    {code_line(line)}") for line in found.code)


def _folded(folded: Folded, width: int) -> list[Line]:
    """The blocks under their title; those of one entry among many are set in by two."""
    if not folded.level:
        return lines_of(folded.blocks, width)
    if folded.level == 2:
        return lines_of((Heading(folded.title), *folded.blocks), width)
    inside = lines_of(folded.blocks, width - 2)
    title = Line(one_line(folded.title), "name")  # not wrapped: it may be led by a place, which an editor opens
    return [title, *(Line(f"  {line.text}".rstrip(), line.style) for line in inside)]


def _table(table: Table, width: int) -> Iterator[Line]:
    if table.stack:
        yield from _stacked(table.columns, table.rows, table.stack, width)
        return
    if table.grid:
        yield from _grid(table, table.grid, width)
        return
    for first, *further in table.rows:
        rest = " · ".join(cell for cell in further if cell)
        yield from _wrapped(f"- {first}: {rest}" if rest else f"- {first}", "", 2, 2, width)


def _grid(table: Table, grid: Grid, width: int) -> Iterator[Line]:
    """A line a row under a line of names, each column as wide as its widest cell."""
    rows = [table.columns, *(tuple(map(one_line, row)) for row in table.rows)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    left = max(width - sum(widths[:-1]) - len(_BETWEEN) * (len(widths) - 1), grid.least)
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(space) if column in grid.numbers else cell.ljust(space)
            for column, (cell, space) in enumerate(zip(row, widths, strict=True))
        ]
        if grid.least:
            cells[-1] = shortened(row[-1], left)
        yield Line(_BETWEEN.join(cells).rstrip(), "" if number else "heading")


def _side_by_side(columns: Columns, width: int) -> Iterator[Line]:
    room = (width - 3) // 2
    sides = [
        [
            title,
            *chain.from_iterable(
                textwrap.wrap(one_line(sentence), room, subsequent_indent="  ") for sentence in several
            ),
        ]
        for title, several in zip(columns.titles, (columns.left, columns.right), strict=True)
    ]
    for side in sides:
        side.insert(1, "-" * room)
    for left, right in zip_longest(*sides, fillvalue=""):
        yield Line(f"{left:<{room}} | {right}".rstrip())


def _wrapped(text: str, style: str, indent: int, hang: int, width: int) -> list[Line]:
    together = _KEPT_TOGETHER.sub(lambda found: found[0].replace(" ", _GLUE), one_line(text))
    room = width - indent - hang
    wrapped = textwrap.wrap(
        " ".join(word if len(word) <= room else word.replace(_GLUE, " ") for word in together.split(" ")),
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
        fits_on_line = width - len(label) > _LEAST_NAME
        room = width - len(label) - 2 if fits_on_line else width
        first, *left = _wrapped(f"{number.ljust(indent - 1)} {name}", style, 0, indent, room)
        if fits_on_line:
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


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, with a line break at the end."""
    return "".join(f"{line.text}\n" for line in lines)
