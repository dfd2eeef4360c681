"""Gather the problems of several files, so that one run reports them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from regimen_advisor.files.errors import InputError, Problem


class Unread(dict[str, Any]):
    """The entries of a file that cannot be read: none is known, and any name may be that of one."""

    def __contains__(self, name: object) -> bool:
        """Whatever names an entry of the file is not wrong for that reason."""
        return True


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
