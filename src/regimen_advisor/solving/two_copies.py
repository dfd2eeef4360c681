"""Solve for two complete patients of one encoding at once, to see what may differ between them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from regimen_advisor.solving.encoding import Encoding

MOST_VARIABLES = 500
"""Variables that a pair may have of its own when a patient begins; each adds a few."""


class TwoCopies:
    """Two complete patients of one encoding. Variable ``v`` is 3v-2 in the left one, 3v-1 in the right."""

    def __init__(self, encoding: Encoding) -> None:
        from pysat.solvers import Glucose4  # noqa: PLC0415 - slow to import, and not every verb asks it

        self.encoding = encoding
        self._sat: Any = Glucose4()
        weakref.finalize(self, self._sat.delete)  # also at exit, when it is too late for the solver to free itself
        self._passed = self._variables = 0
        self._equal: dict[tuple[int, ...], int] = {}
        self._differs: dict[int, int] = {}
        self._disjunctions: dict[frozenset[int], int] = {}

    @property
    def is_worn(self) -> bool:
        """Whether it holds so many questions of earlier patients that a new pair is cheaper."""
        return self._variables > MOST_VARIABLES

    def _variable(self) -> int:
        self._variables += 1
        return 3 * self._variables

    def agree(self, literals: Sequence[int]) -> int:
        """A literal under which both patients agree on all of ``literals``."""
        key = tuple(literals)
        if key not in self._equal:
            equal = self._equal[key] = self._variable()
            for literal in literals:
                self._sat.add_clause([-equal, -in_left(literal), in_right(literal)])
                self._sat.add_clause([-equal, in_left(literal), -in_right(literal)])
        return self._equal[key]

    def differ(self, literal: int) -> int:
        """A literal under which ``literal`` holds in the left patient and fails in the right."""
        if literal not in self._differs:
            differs = self._differs[literal] = self._variable()
            self._sat.add_clause([-differs, in_left(literal)])
            self._sat.add_clause([-differs, -in_right(literal)])
        return self._differs[literal]

    def any_of(self, literals: Iterable[int]) -> int:
        """A literal under which at least one of ``literals`` holds."""
        key = frozenset(literals)
        if key not in self._disjunctions:
            chosen = self._disjunctions[key] = self._variable()
            self._sat.add_clause([-chosen, *sorted(key)])
        return self._disjunctions[key]

    def find(self, known: Sequence[int], *literals: int) -> Callable[[int], bool] | None:
        """Two patients of whom ``known`` holds; what is returned tells whether a literal differs between them."""
        for clause in self.encoding.clauses[self._passed :]:
            self._sat.add_clause([in_left(literal) for literal in clause])
            self._sat.add_clause([in_right(literal) for literal in clause])
        self._passed = len(self.encoding.clauses)
        if not self._sat.solve([*map(in_left, known), *map(in_right, known), *literals]):
            return None
        values = self._sat.get_model()

        def differs(literal: int) -> bool:
            variable = abs(literal)
            return bool((values[3 * variable - 3] > 0) != (values[3 * variable - 2] > 0))

        return differs


def in_left(literal: int) -> int:
    """The literal in the left patient."""
    return 3 * literal - 2 if literal > 0 else 3 * literal + 2


def in_right(literal: int) -> int:
    """The literal in the right patient."""
    return 3 * literal - 1 if literal > 0 else 3 * literal + 1
