"""Write a document in the format asked for. The writers of markdown and HTML are imported when they are used."""

from __future__ import annotations

from collections.abc import Iterable

from regimen_advisor.documents.blocks import Block
from regimen_advisor.documents.text import WIDTH, lines_of, plain


def rendered(blocks: Iterable[Block], format: str = "text", *, width: int = WIDTH, below: int = 0) -> str:
    """The blocks as ``text`` of a width, or as ``markdown`` with its headings ``below`` so many levels."""
    if format == "markdown":
        from regimen_advisor.documents.markdown import markdown  # noqa: PLC0415 - text needs none of it

        return markdown(blocks, below=below)
    return plain(lines_of(blocks, width))
