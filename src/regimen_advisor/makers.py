"""Keep who makes the answers of a case, which knows none of the rooms that make them.

The package itself, which is above every room and is imported before any of them, enters the makers here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAKERS: dict[str, Callable[..., Any]] = {}
"""For each kind of answer the function that makes it of a case."""
