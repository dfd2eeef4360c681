"""Documents as markdown: for a pull request, a wiki or a hand-out. Text that comes from a file is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable

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

_SPECIAL = re.compile(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))")


def markdown(blocks: Iterable[Block]) -> str:
    """The blocks as markdown."""
    return "\n\n".join(part for block in blocks if (part := _block(block))) + "\n"


def escaped(text: str) -> str:
    """The text so that markdown shows it as it is; tags and links in it do nothing."""
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("<", "&lt;")


def _block(block: Block) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * level} {escaped(text)}"
        case Paragraph(text=text):
            return _line_start(escaped(text))
        case Fields(pairs=pairs):
            return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in pairs if value)
        case Bullets(items=items):
            return "\n".join(f"- {escaped(item)}" for item in items)
        case Item(name=name, lines=lines):
            head = [f"### {escaped(name)}", ""] if name else []
            return "\n".join([*head, *(f"- {escaped(line.text)}" for line in lines)])
        case Table():
            columns, rows = without_empty_columns(block)
            head = [_row(columns), _row("---" for _ in columns)]
            return "\n".join([*head, *(_row(escaped(cell) for cell in row) for row in rows)])
        case Folded(title=title, blocks=inside):
            opened = f"<details><summary>{escaped(title)}</summary>"
            return "\n\n".join([opened, *(part for one in inside if (part := _block(one))), "</details>"])
        case Gap():
            return ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line_start(text: str) -> str:
    """A text that would begin a list, a heading or a quotation does not."""
    return re.sub(r"^(?=[#>+-])|^(\d+)(?=[.)])", lambda found: f"{found[1] or ''}\\", text)
