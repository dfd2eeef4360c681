"""Write documents as markdown: for a pull request, a wiki or a hand-out. Text from a file is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

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
    Gap,
    Heading,
    Headline,
    Item,
    Listing,
    Marked,
    Paragraph,
    Section,
    Signs,
    Sorting,
    Table,
    Tree,
    code_line,
    one_line,
    without_empty_columns,
)

_SPECIAL = re.compile(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))")
_SIGNS = {True: "✅", False: "❌"}
_FENCE = "```"


def markdown(blocks: Iterable[Block], *, below: int = 0) -> str:
    """The blocks as markdown, headings ``below`` so many levels of the place where they are set."""
    return "\n\n".join(part for block in blocks if (part := _block(block, below))) + "\n"


def escaped(text: str) -> str:
    """The text so that markdown shows it as it is; tags and links in it do nothing, unless they are our own."""
    if isinstance(text, Marked):
        return one_line(text)
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("<", "&lt;")


def _block(block: Block, below: int) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * (level + below)} {escaped(text)}"
        case Paragraph(text=text):
            return escaped(text) if isinstance(text, Marked) else _line_start(escaped(text))
        case Headline(title=title, text=text, good=good):
            return f"{'#' * (1 + below)} {_SIGNS[good]} {escaped(title)}\n\n{_line_start(escaped(text))}"
        case Fields(pairs=pairs):
            return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in pairs if value)
        case Bullets(items=items) | Choices(answers=items):
            return "\n".join(f"- {escaped(item)}" for item in items)
        case Tree(branches=branches):
            return "\n".join(f"- {'– ' * depth}{escaped(sentence)}" for depth, sentence in branches)
        case Item(name=name, lines=lines):
            head = [f"{'#' * (3 + below)} {escaped(name)}", ""] if name else []
            return "\n".join([*head, *(f"- {escaped(line.text)}" for line in lines)])
        case Table(grid=grid):
            columns, rows = (block.columns, block.rows) if grid else without_empty_columns(block)
            return _table(columns, rows, grid.numbers if grid else ())
        case Findings():
            return "\n\n".join(_block(part, below) for part in block.as_blocks())
        case Columns(titles=titles, left=left, right=right):
            return _table(titles, list(zip_longest(left, right, fillvalue="")))
        case Code(lines=lines, language=language):
            fence = _FENCE if all(_FENCE not in line for line in lines) else f"{_FENCE}`"
            return "\n".join([f"{fence}{language}", *map(code_line, lines), fence])
        case Folded(title=title, blocks=inside):
            opened = f"<details><summary>{escaped(title)}</summary>"
            return "\n\n".join([opened, *(part for inner in inside if (part := _block(inner, below))), "</details>"])
        case Section(title=title, blocks=inside, level=level):
            return markdown((Heading(title, level), *inside), below=below).rstrip()
        case Sorting(rows=rows):
            return "\n".join(f"- {escaped(name)} ({escaped(id)})" if id else f"- {escaped(name)}" for name, id in rows)
        case Gap() | Figure() | Listing() | Signs():  # an empty line, or what is for a page
            return ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    head = [_row(columns), _row("---:" if column in numbers else "---" for column, _ in enumerate(columns))]
    return "\n".join([*head, *(_row(escaped(cell) for cell in row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line_start(text: str) -> str:
    """A text that would begin a list, a heading or a quotation does not."""
    return re.sub(r"^(?=[#>+-])|^(\d+)(?=[.)])", lambda found: f"{found[1] or ''}\\", text)
