"""Gather the problems of several files, so that one run reports them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from regimen_advisor.files.errors import InputError, Problem

Held = TypeVar("Held")
Entry = TypeVar("Entry")


class Unread(dict[str, Any]):
    """The entries of a file that cannot be read: none is known, and any name may be that of one."""

    def __contains__(self, name: object) -> bool:
        """Any name is taken to be that of an entry, so that a reference to the file is no problem of its own."""
        return True


def changed(entries: Held, change: Callable[[Held], dict[str, Entry]]) -> dict[str, Entry]:
    """What ``change`` makes of the entries of a file; of a file that cannot be read it may still be any."""
    return entries if isinstance(entries, Unread) else change(entries)


class Gathered:
    """The problems found so far, and whether a file could not be read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.unread = False

    @contextmanager
    def one_file(self) -> Iterator[None]:
        """Keep the problems of this file, so that the next one is still read."""
        try:
            yield
        except InputError as error:
            self.problems += error.problems
            self.unread = True

    def refuse(self) -> None:
        """Raise ``InputError`` with every problem, if there are any."""
        if self.problems:
            raise InputError(self.problems)
