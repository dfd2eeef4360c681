"""Define errors that carry the place and the remedy, so that the author of the file can mend it.

``RegimenAdvisorError``
    ``InputError``          a profile, rule, case or table cannot be read: exit code 2, all problems at once
    ``DisagreementError``   two engines gave different answers: no answer is given
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple

from regimen_advisor.words.catalogue import joined, say


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
class Near:
    """A search for what may be meant by a word, made when it is shown: it is slow, and a file can hold many words."""

    word: str
    search: Callable[[], str | None] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what was expected, and (if something is near) what may be meant.

    ``help`` may be a search, which is made when the problem is shown. What a message quotes from a file is shown as
    escapes where it is no visible character: one problem, one line.
    """

    location: Location
    message: str
    help: str | Near | None = None

    def searched(self) -> Problem:
        """The same problem, its help found."""
        return replace(self, help=self.help.search()) if isinstance(self.help, Near) else self

    def __str__(self) -> str:
        help = self.searched().help
        tail = f" ({help})" if help else ""
        return printable(f"{self.location}: {self.message}{tail}")


class RegimenAdvisorError(Exception):
    """Base of every error this package raises on purpose."""


LONGEST_WORD = 100
"""A longer word is like none that is known."""
MOST_SHOWN = 500
"""How many problems are shown; the rest are counted."""
MOST_SEARCHED = 20
"""For how many words of a file it is searched what may be meant; the rest is counted."""


class InputError(RegimenAdvisorError):
    """Input that cannot be used; ``problems`` holds all that was found, in file order, each once.

    ``shown`` are those that a person sees, and ``left_out`` says how many more there are.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.shown), *self.left_out])

    @cached_property
    def shown(self) -> tuple[Problem, ...]:
        """The first ``MOST_SHOWN`` problems; in each file the first ``MOST_SEARCHED`` words with what may be meant."""
        searched: Counter[str] = Counter()
        shown: list[Problem] = []
        for problem in self.problems[:MOST_SHOWN]:
            if isinstance(problem.help, Near):
                searched[problem.location.file] += 1
                may_search = searched[problem.location.file] <= MOST_SEARCHED
                shown.append(problem.searched() if may_search else replace(problem, help=None))
            else:
                shown.append(problem)
        return tuple(shown)

    @property
    def left_out(self) -> list[str]:
        """A sentence on the problems that are not shown, and one on the words for which nothing was searched."""
        words = Counter(problem.location.file for problem in self.problems if isinstance(problem.help, Near))
        unsearched = sum(count - min(count, MOST_SEARCHED) for count in words.values())
        hidden = len(self.problems) - MOST_SHOWN
        sentences = [say("broken.and_more", count=hidden)] if hidden > 0 else []
        if unsearched:
            sentences.append(say("broken.not_searched", count=unsearched))
        return sentences

    @classmethod
    def at(cls, location: Location, message: str, help: str | Near | None = None) -> InputError:
        """An error with a single problem."""
        return cls([Problem(location, message, help)])


class DisagreementError(RegimenAdvisorError):
    """Two engines judged the same rule differently, so neither answer is given."""


def printable(text: str) -> str:
    """``text`` with each character that is not visible written as an escape, so that none steers a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def near(word: object, known: Iterable[str]) -> Near:
    """The search of ``did_you_mean``, made when it is shown: a file may have many such words."""
    return Near(str(word), partial(did_you_mean, word, known))


def holding(word: str, known: Iterable[str]) -> list[str]:
    """The known words that have ``word`` in them, in their order: what somebody may mean who wrote a part of a name."""
    part = word.casefold()
    return [name for name in known if part and part in name.casefold()]


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """``did you mean `x`?`` for the nearest known word, or ``None`` where nothing is near."""
    candidates = {name.casefold(): name for name in known}
    text = str(word).casefold()
    # Of two letters half may be right by chance: `VI` must not suggest stage `I`.
    found = [text] if text in candidates else []
    if 2 < len(text) <= LONGEST_WORD and not found:
        found = difflib.get_close_matches(text, candidates, n=1, cutoff=0.6)
    return say("broken.did_you_mean", word=candidates[found[0]]) if found else None


def part_of_names(word: str, known: Iterable[str]) -> str | None:
    """Every known word that has ``word`` in it, else the nearest one: for the id that somebody typed in part."""
    known = list(known)
    found = holding(word, known)
    if not found:
        return did_you_mean(word, known)
    return say("broken.part_of", count=len(found), names=joined(found))
