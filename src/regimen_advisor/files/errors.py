"""What can go wrong, said so that the person who wrote the file can mend it.

``RegimenAdvisorError``
    ``InputError``          a profile, rule, case or table cannot be read: exit code 2, all problems at once
    ``DisagreementError``   two engines gave different answers: no answer is given
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Location(NamedTuple):
    """A place in a file, counted from 1; ``line`` is ``None`` where the whole file is meant.

    A tuple because a rulebook has one for each of its 20,000 values.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what was expected, and (if something is near) what may be meant.

    What a message quotes from a file is shown as escapes where it is no visible character: one problem, one line.
    """

    location: Location
    message: str
    help: str | None = None

    def __str__(self) -> str:
        tail = f" ({self.help})" if self.help else ""
        return printable(f"{self.location}: {self.message}{tail}")


class RegimenAdvisorError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(RegimenAdvisorError):
    """Input that cannot be used; ``problems`` holds all that was found, in file order, each once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def at(cls, location: Location, message: str, help: str | None = None) -> InputError:
        """An error with a single problem."""
        return cls([Problem(location, message, help)])


class DisagreementError(RegimenAdvisorError):
    """Two engines judged the same rule differently, so neither answer is given."""


def printable(text: str) -> str:
    """``text`` with each character that is not visible written as an escape, so that none steers a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``, ``1,024 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def holding(word: str, known: Iterable[str]) -> list[str]:
    """The known words that have ``word`` in them, in their order: what somebody may mean who wrote a part of a name."""
    part = word.casefold()
    return [name for name in known if part and part in name.casefold()]


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """``did you mean `x`?`` for the nearest known word, or ``None`` where nothing is near."""
    candidates = {name.casefold(): name for name in known}
    said = str(word).casefold()
    # Of two letters half may be right by chance: `VI` must not suggest stage `I`.
    near = [said] if said in candidates else []
    if len(said) > 2 and not near:
        near = difflib.get_close_matches(said, candidates, n=1, cutoff=0.6)
    return f"did you mean `{candidates[near[0]]}`?" if near else None
