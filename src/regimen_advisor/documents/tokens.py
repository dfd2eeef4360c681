"""Read the design tokens (colours, type, spacing) for the terminal and for pictures.

``tokens.css`` is the one file of colours, type and spacing. Pages take it whole; a terminal has a palette of its own,
which its reader chose, so of it the file names the colour to take (``--terminal-caution: yellow``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")


@cache
def tokens() -> Mapping[str, str]:
    """Every token of the light page by name, without its dashes."""
    text = files("regimen_advisor").joinpath("reports", "templates", "tokens.css").read_text("utf-8")
    return dict(_TOKEN.findall(text.split("@media", 1)[0]))


def terminal_styles() -> Mapping[str, str]:
    """How a terminal prints each style of a line."""
    prefix = "terminal-"
    return {name.removeprefix(prefix): value for name, value in tokens().items() if name.startswith(prefix)}
