"""Gather the problems of several files, so that one run reports them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from regimen_advisor.files.errors import InputError, Problem


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
