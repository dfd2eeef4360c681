"""Write the few SVG shapes the pictures need, escaped, and without styles, so that any page may hold them.

Strokes and letters take the colour of the text around them: the pictures follow a dark page and print black.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from html import escape

from regimen_advisor.documents.tokens import tokens

FONT = tokens()["font"].replace('"', "'")
SIZE = int(tokens()["picture-type"])
LINE = 18
LETTER = 0.57
"""Width of a letter as a share of its size, wide ones allowed for: lines are broken by it, since no font is at hand."""
BOLDER = 1.12


def wrapped(words: str, width: float, size: float = SIZE, *, bold: bool = False) -> list[str]:
    """The words broken into lines that fit into ``width``."""
    letter = size * LETTER * (BOLDER if bold else 1)
    kept_together = words.replace(" %", "\u00a0%")
    return textwrap.wrap(kept_together, max(8, int(width / letter))) or [""]


def element(name: str, attributes: Mapping[str, object], content: str = "") -> str:
    """An element; an underscore in the name of an attribute stands for a hyphen, and ``None`` leaves it out."""
    written = "".join(
        f' {key.replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: str, **attributes: object) -> str:
    """A line of text with its baseline at ``y``."""
    given = {"x": number(x), "y": number(y), "fill": "currentColor"} | attributes
    return element("text", given, escape(words))


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """A straight line."""
    ends = {"x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2)}
    return element("line", {**ends, "stroke": "currentColor", **attributes})


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def picture(width: float, height: float, title: str, description: str, parts: Iterable[str], *, id: str) -> str:
    """An SVG image with a title and a description for those who do not see it."""
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" '
        f'aria-labelledby="{id}-title {id}-desc" font-family="{FONT}" font-size="{SIZE}">'
        f'<title id="{id}-title">{escape(title)}</title><desc id="{id}-desc">{escape(description)}</desc>{body}</svg>'
    )
