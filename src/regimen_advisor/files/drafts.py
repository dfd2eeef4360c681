"""Check drafts that a program writes: each guess ends in ``# CHECK``, and nothing is used while one is left."""

from __future__ import annotations

import re
from pathlib import Path

from regimen_advisor.files.errors import Location, Problem
from regimen_advisor.files.output import read_text
from regimen_advisor.words.catalogue import say

CHECK = "CHECK"
"""Marks a guess, in a comment; a person deletes the mark."""
_CHECK = re.compile(rf"(?:^|\s)#\s*{CHECK}\b")


def may_be_draft(raw: bytes) -> bool:
    """Whether a file of these bytes can hold a guess; nearly none does, so that only these are looked at by line."""
    return CHECK.encode() in raw


def unchecked(path: str | Path) -> list[Problem]:
    """The first guess of a draft that still says ``CHECK``, with how many there are."""
    if str(path) == "-":  # standard input is read once
        return []
    lines = read_text(path)[0].splitlines()
    left = [(number, found) for number, line in enumerate(lines, start=1) if (found := _CHECK.search(line))]
    if not left:
        return []
    number, found = left[0]
    message = say("file.unchecked", count=len(left), mark=CHECK)
    help = say("file.check_guess")
    return [Problem(Location(str(path), number, found.start() + 1), message, help)]
