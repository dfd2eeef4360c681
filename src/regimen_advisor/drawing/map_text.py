"""Write a guideline map as text: an outline, Mermaid and DOT."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from regimen_advisor.documents.blocks import Block, Heading, Paragraph, Tree
from regimen_advisor.documents.writing import rendered
from regimen_advisor.drawing.guideline_map import GuidelineMap, Node, Path
from regimen_advisor.explanation import SIGNS, State
from regimen_advisor.words.catalogue import joined, say

MERMAID_ARROWS: dict[Path | None, str] = {None: "-->", "taken": "==>", "open": "-->", "not taken": "-.->"}
DOT_STYLES: dict[Path, str] = {"taken": "bold", "open": "dashed", "not taken": "dotted"}


def box_lines(node: Node, signs: Mapping[State, str] = SIGNS) -> list[str]:
    """The lines in the box of a node, each with sign and word for whether it is met: ``+ met: advanced``."""
    lines = [node.title] if node.title else []
    lines += [
        say("map.test", sign=signs[test.state], state=say(f"state.{test.state}"), words=test.words)
        if test.state
        else test.words
        for test in node.tests
    ]
    return lines + ([f"[{node.source}]"] if node.source else [])


def with_path(words: str, node: Node) -> str:
    """The words of a box, and whether the patient comes there, where one is given."""
    return say("map.on_path", box=words, path=say(f"path.{node.path}")) if node.path else words


def outline(drawn: GuidelineMap) -> Iterator[Block]:
    """The map as a document: its title, whose path it shows, and the boxes below each other."""
    yield Heading(say("map.head", title=drawn.title, setting=drawn.setting), 1)
    if drawn.patient:
        yield Paragraph(say("map.path_of", patient=drawn.patient))
    yield Tree(tuple(_branches(drawn.roots, 0)), indent=0)


def _branches(nodes: Sequence[Node], depth: int) -> Iterator[tuple[int, str]]:
    for node in nodes:
        words = joined(box_lines(node), "lists") if node.kind == "question" else " ".join(box_lines(node))
        mark = "=> " if node.kind == "effect" else ""
        yield depth, f"{mark}{with_path(words, node)}"
        yield from _branches(node.children, depth + 1)


def as_mermaid(drawn: GuidelineMap) -> str:
    """The map as Mermaid text: thick arrows are taken, dotted ones are not, and each says so in words."""
    lines = ["flowchart TD", f'  start(["{_mermaid(drawn.title)}"])']
    for name, node, parent in _numbered(drawn.roots):
        opening, closing = ('(["', '"])') if node.kind == "effect" else ('["', '"]')
        lines.append(f"  {name}{opening}{'<br>'.join(map(_mermaid, box_lines(node)))}{closing}")
        label = f"|{say(f'path.{node.path}')}|" if node.path else ""
        lines.append(f"  {parent} {MERMAID_ARROWS[node.path]}{label} {name}")
    return "\n".join(lines) + "\n"


def _mermaid(words: str) -> str:
    """Mermaid reads quotes, brackets and numbers signs in a label: each is written as its entity."""
    escaped = words.replace("#", "#35;").replace("&", "#amp;")
    for letter, entity in (('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;"), ("\\", "#92;")):
        escaped = escaped.replace(letter, entity)
    return escaped


def as_dot(drawn: GuidelineMap) -> str:
    """The map in the language of Graphviz."""
    lines = ["digraph guideline_map {", '  node [shape=box, fontname="sans-serif"];', '  edge [fontname="sans-serif"];']
    lines.append(f'  start [label="{_dot(drawn.title)}", shape=ellipse];')
    for name, node, parent in _numbered(drawn.roots):
        shape = ", style=rounded, penwidth=2" if node.kind == "effect" else ""
        lines.append(f'  {name} [label="{"".join(_dot(line) + chr(92) + "l" for line in box_lines(node))}"{shape}];')
        style = f' [style={DOT_STYLES[node.path]}, label="{say(f"path.{node.path}")}"]' if node.path else ""
        lines.append(f"  {parent} -> {name}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _dot(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _numbered(roots: Sequence[Node]) -> Iterator[tuple[str, Node, str]]:
    """Every node with its name and that of its parent, parents first."""
    count = 0

    def visit(nodes: Sequence[Node], parent: str) -> Iterator[tuple[str, Node, str]]:
        nonlocal count
        for node in nodes:
            count += 1
            name = f"n{count}"
            yield name, node, parent
            yield from visit(node.children, name)

    yield from visit(roots, "start")


FORMATS: dict[str, Callable[[GuidelineMap], str]] = {
    "text": lambda drawn: rendered(outline(drawn)),
    "mermaid": as_mermaid,
    "dot": as_dot,
}
