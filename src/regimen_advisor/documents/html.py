"""Write documents as HTML without a style of its own, for a page or a notebook. Text from files is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import assert_never

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
    Grid,
    Heading,
    Headline,
    Item,
    Listing,
    Paragraph,
    Section,
    Sign,
    Signs,
    Sorting,
    Table,
    Tree,
    code_line,
    one_line,
    without_empty_columns,
)

_LOWEST = 6
_SIGNS = {True: "✓", False: "✗"}
_MARK = "mark"
"""The style of every sign, to which that of its kind is added."""
_BOX = '<span class="box" aria-hidden="true"></span>'
"""A box to tick on paper."""


def html(blocks: Iterable[Block], *, below: int = 0) -> str:
    """The blocks as elements of HTML, headings ``below`` so many levels of the place where they are set."""
    return "\n".join(part for block in blocks for part in _block(block, below))


def marked(style: str, text: str, words: str, *, inside: bool = False) -> str:
    """A mark with what it means in its ``data-tip``, which a page shows on hover, focus and tap; ``text`` is escaped.

    ``inside`` a summary it is no stop of its own for the keyboard: the summary is.
    """
    opened, closed = ("span", "span") if inside else ('button type="button"', "button")
    return f'<{opened} class="{escape(style)}" data-tip="{escape(words)}">{text}</{closed}>'


def _block(block: Block, below: int) -> Iterator[str]:
    match block:
        case Heading(text=text, level=level):
            yield _heading(text, level + below)
        case Paragraph(text=text, style=style):
            yield f'<p class="{style}">{_text(text)}</p>' if style else f"<p>{_text(text)}</p>"
        case Headline(title=title, text=text, good=good):
            yield f'<p class="verdict"><strong>{_SIGNS[good]} {_text(title)}</strong> {_text(text)}</p>'
        case Fields(pairs=pairs):
            yield _list(f"{_text(name)}: {_text(value)}" for name, value in pairs if value)
        case Bullets(items=items):
            yield _list(_text(item) for item in items)
        case Tree(branches=branches):
            yield _list(f"{'– ' * depth}{_text(sentence)}" for depth, sentence in branches)
        case Item(name=name, lines=lines):
            if name:
                yield _heading(name, 3 + below)
            yield _list(_text(line.text) for line in lines)
        case Table():
            yield from _table(block)
        case Findings():
            yield from (line for part in block.as_blocks() for line in _block(part, below))
        case Columns(titles=titles, left=left, right=right):
            sides = zip(titles, (left, right), strict=True)
            inside = "".join(
                f"<div>{_heading(name, 3 + below)}{_list(map(_text, sentences))}</div>" for name, sentences in sides
            )
            yield f'<div class="sides">{inside}</div>'
        case Code(lines=lines):
            yield "<pre><code>" + "\n".join(escape(code_line(line)) for line in lines) + "</code></pre>"
        case Figure(svg=svg, caption=caption):
            yield f"<figure>{svg}<figcaption>{_text(caption)}</figcaption></figure>"
        case Folded():
            yield from _folded(block, below)
        case Section(title=title, blocks=inside, kind=kind, level=level):
            yield f'<article class="{escape(kind)}">{_heading(title, level + below)}'
            yield from (line for inner in inside for line in _block(inner, below))
            yield "</article>"
        case Signs(items=items):
            yield _list(f"{_sign(sign)} {_text(words)}" for sign, words in items)
        case Listing():
            yield from _listing(block)
        case Choices(answers=answers):
            yield _list((f"{_BOX} {_text(answer)}" for answer in answers), "choices")
        case Sorting():
            yield from _sorting(block)
        case Gap():
            return
        case _:
            assert_never(block)


def _heading(text: str, level: int) -> str:
    rank = min(level, _LOWEST)
    return f"<h{rank}>{_text(text)}</h{rank}>"


def _folded(folded: Folded, below: int) -> Iterator[str]:
    id = f' id="{escape(folded.id)}"' if folded.id else ""
    code = f" <code>{_text(folded.id)}</code>" if folded.id else ""
    sign = f" {_sign(folded.sign, inside=True)}" if folded.sign else ""
    opened = " open" if folded.opened else ""
    yield f"<details{id}{opened}><summary>{_text(folded.title)}{code}{sign}</summary>"
    yield from (part for inner in folded.blocks for part in _block(inner, below))
    yield "</details>"


def _sign(sign: Sign, *, inside: bool = False) -> str:
    return marked(f"{_MARK} {sign.kind}", _text(sign.label), sign.meaning, inside=inside)


def _listing(listing: Listing) -> Iterator[str]:
    """Each line as it is and its sign, which opens the remarks."""
    yield '<div class="listing">'
    for line in listing.lines:
        kind = f" {escape(line.sign.kind)}" if line.sign else ""
        text = f'<span class="number">{line.number}</span><code class="text">{escape(code_line(line.text))}</code>'
        behind = ""
        if line.sign:
            remarks = _list(f"{_sign(remark.sign)} {'<br>'.join(map(_text, remark.lines))}" for remark in line.remarks)
            behind = f'<details class="behind"><summary>{_sign(line.sign, inside=True)}</summary>{remarks}</details>'
        yield f'<div class="line{kind}">{text}{behind}</div>'
    yield "</div>"


def _sorting(sorting: Sorting) -> Iterator[str]:
    """A table of boxes; on a narrow screen each box is followed by the name of its group."""
    heads = (f'<th scope="col">{marked("word", _text(group.label), group.meaning)}</th>' for group in sorting.groups)
    label = escape(one_line(sorting.title))
    yield f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table class="sort">'
    yield f'<thead><tr><th scope="col">{_text(sorting.head)}</th>{"".join(heads)}</tr></thead><tbody>'
    names = (
        f'<span class="group" aria-hidden="true" data-tip="{escape(group.meaning)}">{_text(group.label)}</span>'
        for group in sorting.groups
    )
    boxes = "".join(f"<td>{_BOX}{name}</td>" for name in names)
    yield from (f'<tr><th scope="row">{_text(name)}</th>{boxes}</tr>' for name, _ in sorting.rows)
    yield "</tbody></table></div>"


def _table(table: Table) -> Iterator[str]:
    grid = table.grid
    columns, rows = (table.columns, table.rows) if grid else without_empty_columns(table)
    numbers = grid.numbers if grid else ()
    if grid:
        yield from _legend(grid)
        label = escape(one_line(" ".join(filter(None, columns))))
        yield f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
    tips = _tips(grid, len(columns))
    heads = (marked("word", _text(name), tip) if tip else _text(name) for name, tip in zip(columns, tips, strict=True))
    head = [f'<th scope="col"{_number(number in numbers)}>{name}</th>' for number, name in enumerate(heads)]
    plot = ["<td></td>"] if grid and grid.bars else []
    opened = '<table class="wide">' if grid else "<table>"
    yield f"{opened}<thead><tr>{''.join([*head[:1], *plot, *head[1:]])}</tr></thead><tbody>"
    named = next((number for number, _ in enumerate(columns) if number not in numbers), 0)
    for number, row in enumerate(rows):
        cells = [
            _row_name(cell, grid.names[number] if grid and grid.names else "") if column == named
            else f"<td{_number(column in numbers)}>{_text(cell)}</td>"
            for column, cell in enumerate(row)
        ]  # fmt: skip
        drawn = [_bar(grid.bars[number])] if grid and grid.bars else []
        yield f"<tr>{''.join([*cells[:1], *drawn, *cells[1:]])}</tr>"
    yield f"</tbody></table>{'</div>' if grid else ''}"


def _tips(grid: Grid | None, columns: int) -> list[str]:
    """For each column what its head shows on hover: what is counted in it."""
    tips = {kind.name: kind.tip for kind in grid.kinds} if grid else {}
    counts = grid.counts if grid and grid.counts else ("",) * columns
    return [tips.get(kind, "") for kind in counts]


def _row_name(cell: str, name: str) -> str:
    """The head of a row; an id comes after what it is called."""
    words = f"{_text(name)} <code>{_text(cell)}</code>" if name and name != cell else _text(cell)
    return f'<th scope="row">{words}</th>'


def _number(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _legend(grid: Grid) -> Iterator[str]:
    """What the areas of the bars mean, where there is more than one kind."""
    kinds = dict.fromkeys(kind for bar in grid.bars for kind, _ in bar)
    if len(kinds) > 1:
        square = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{}" width="10" height="10"/></svg>'
        legend = {kind.name: kind.legend for kind in grid.kinds}
        areas = (f"<li>{square.format(escape(kind))}{_text(legend[kind])}</li>" for kind in kinds)
        yield f'<ul class="key">{"".join(areas)}</ul>'


def _bar(shares: Iterable[tuple[str, float]]) -> str:
    drawn, start = [], 0.0
    for kind, share in shares:
        drawn.append(f'<rect class="{escape(kind)}" x="{start:.3f}" y="0" width="{100 * share:.3f}" height="10"/>')
        start += 100 * share
    opened = '<td class="plot"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
    return f"{opened}{''.join(drawn)}</svg></td>"


def _list(items: Iterable[str], style: str = "") -> str:
    opened = f'<ul class="{style}">' if style else "<ul>"
    return f"{opened}{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _text(text: str) -> str:
    return escape(one_line(text))
