"""Documents as HTML without a style of its own, for a page or a notebook. Text that comes from a file is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from regimen_advisor.documents.blocks import (
    Block,
    Bullets,
    Fields,
    Folded,
    Gap,
    Heading,
    Item,
    Paragraph,
    Table,
    one_line,
    without_empty_columns,
)

_LOWEST = 6


def html(blocks: Iterable[Block], *, below: int = 0) -> str:
    """The blocks as elements of HTML, headings ``below`` so many levels of the place where they are set."""
    return "\n".join(part for block in blocks for part in _block(block, below))


def _block(block: Block, below: int) -> Iterator[str]:
    match block:
        case Heading(text=text, level=level):
            rank = min(level + below, _LOWEST)
            yield f"<h{rank}>{_text(text)}</h{rank}>"
        case Paragraph(text=text, style=style):
            yield f'<p class="{style}">{_text(text)}</p>' if style else f"<p>{_text(text)}</p>"
        case Fields(pairs=pairs):
            yield _list(f"{_text(name)}: {_text(value)}" for name, value in pairs if value)
        case Bullets(items=items):
            yield _list(_text(item) for item in items)
        case Item(name=name, lines=lines):
            if name:
                rank = min(3 + below, _LOWEST)
                yield f"<h{rank}>{_text(name)}</h{rank}>"
            yield _list(_text(line.text) for line in lines)
        case Table():
            columns, rows = without_empty_columns(block)
            head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
            yield f"<table><thead><tr>{head}</tr></thead><tbody>"
            for first, *cells in rows:
                rest = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
                yield f'<tr><th scope="row">{_text(first)}</th>{rest}</tr>'
            yield "</tbody></table>"
        case Folded(title=title, blocks=inside):
            yield f"<details><summary>{_text(title)}</summary>"
            yield from (part for one in inside for part in _block(one, below))
            yield "</details>"
        case Gap():
            return


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _text(text: str) -> str:
    return escape(one_line(text))
