"""Draw a guideline map as SVG: an indented tree of boxes, so that nothing crosses and a phone can show it.

The patient's path is shown by the style of lines and by words: solid and heavy is taken, dashed open, dotted not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regimen_advisor.drawing.guideline_map import GuidelineMap, Node, Path
from regimen_advisor.drawing.map_text import box_lines, with_path
from regimen_advisor.drawing.svg import LINE, element, line, number, picture, text, wrapped
from regimen_advisor.explanation import State
from regimen_advisor.words.catalogue import joined, say

WIDTH = 600
INDENT = 26
PADDING = 10
GAP = 12
STROKES: dict[Path | None, dict[str, object]] = {
    None: {"stroke_width": 1.5},
    "taken": {"stroke_width": 3.5},
    "open": {"stroke_width": 2, "stroke_dasharray": "9 5"},
    "not taken": {"stroke_width": 1.2, "stroke_dasharray": "1.5 4"},
}
SIGNS: dict[State, str] = {"met": "✓", "not met": "✗", "unknown": "?"}
LEGEND = say("map.legend")


@dataclass(frozen=True)
class Box:
    """A node with its place."""

    node: Node
    depth: int
    top: float
    lines: tuple[tuple[str, bool], ...]
    parent: Box | None

    @property
    def left(self) -> float:
        """Its left edge: a step to the right for each level."""
        return 4 + self.depth * INDENT

    @property
    def height(self) -> float:
        """High enough for its lines."""
        return len(self.lines) * LINE + 2 * PADDING - 4


def placed(roots: Sequence[Node], top: float = 0) -> list[Box]:
    """Every node below the one before it, each level a step further to the right."""
    boxes: list[Box] = []

    def place(nodes: Sequence[Node], depth: int, parent: Box | None) -> None:
        nonlocal top
        for node in nodes:
            width = WIDTH - 8 - depth * INDENT - 2 * PADDING
            box = Box(node, depth, top, tuple(_lines(node, width)), parent)
            boxes.append(box)
            top += box.height + GAP
            place(node.children, depth + 1, box)

    place(roots, 0, None)
    return boxes


def _lines(node: Node, width: float) -> Iterator[tuple[str, bool]]:
    """The lines of a box, the path first, and whether each is bold: the effect is."""
    written = box_lines(node, SIGNS)
    if node.path:
        written[0] = say("map.path_first", path=say(f"path.{node.path}").upper(), box=written[0])
    for index, words in enumerate(written):
        bold = index == 0 and node.kind == "effect"
        yield from ((part, bold) for part in wrapped(words, width, bold=bold))


def map_picture(drawn: GuidelineMap, *, id: str = "map") -> str:
    """The map as SVG."""
    parts = []
    y = 6.0
    for words in wrapped(drawn.title, WIDTH - 8, 16, bold=True):
        y += LINE
        parts.append(text(4, y, words, font_weight="bold", font_size=16))
    boxes = placed(drawn.roots, y + 14)
    for box in boxes:
        parts += _edge(box)
        parts += _box(box)
    bottom = boxes[-1].top + boxes[-1].height if boxes else y
    if drawn.patient:
        for words in wrapped(LEGEND, WIDTH - 8, 13):
            bottom += LINE + 2
            parts.append(text(4, bottom, words, font_size=13))
    return picture(WIDTH, bottom + 10, title_of(drawn), description(drawn), parts, id=id)


def title_of(drawn: GuidelineMap) -> str:
    """What the picture shows."""
    if drawn.patient:
        return say("map.title_with_path", title=drawn.title, patient=drawn.patient)
    return say("map.title", title=drawn.title)


def description(drawn: GuidelineMap) -> str:
    """Every way from the root to an effect in words."""
    sentences: list[str] = []

    def visit(nodes: Sequence[Node], above: tuple[str, ...]) -> None:
        for node in nodes:
            words = joined(box_lines(node), "lists")
            if node.kind == "effect":
                sentences.append(say("map.described", above=joined(above, "lists"), box=with_path(words, node)))
            visit(node.children, (*above, words))

    visit(drawn.roots, ())
    return " ".join(sentences)


def _box(box: Box) -> list[str]:
    effect = box.node.kind == "effect"
    place = {"x": number(box.left), "y": number(box.top), "width": number(WIDTH - 4 - box.left)}
    look = {"height": number(box.height), "rx": 14 if effect else 2, "fill": "none", "stroke": "currentColor"}
    path = {"class": f"path {box.node.path.replace(' ', '-')}"} if box.node.path else {}
    shape = element("rect", {**place, **look, **STROKES[box.node.path], **path})
    first = box.top + PADDING + 11
    return [
        shape,
        *(
            text(box.left + PADDING, first + index * LINE, words, font_weight="bold" if bold else None)
            for index, (words, bold) in enumerate(box.lines)
        ),
    ]


def _edge(box: Box) -> list[str]:
    if box.parent is None:
        return []
    x, start = box.parent.left + INDENT / 2, box.parent.top + box.parent.height
    middle = box.top + box.height / 2
    style = STROKES[box.node.path]
    return [line(x, start, x, middle, **style), line(x, middle, box.left, middle, **style)]
