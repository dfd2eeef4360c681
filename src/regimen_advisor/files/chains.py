"""Limit how long a chain of entries that name each other may be: far longer than any that is meant.

Findings name findings, rules override rules, classes lie within classes; all of them are followed to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LONGEST = 10


def starts_of_long_chains(links: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, in order, from which one can follow more than ``LONGEST`` links: a circle, or a chain that long."""
    alive = set(links)
    for _ in range(LONGEST + 1):
        alive = {name for name in alive if not alive.isdisjoint(links[name])}
    return [name for name in links if name in alive]
