"""Compile conditions to columns of booleans: "surely true" and "surely false", each made once and shared.

``not`` exchanges the two. They are built from the questions of ``layout``; the atoms of a conjunction are asked
together, one question for each machine word. A column that nobody asks for is never computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any

import polars as pl

from regimen_advisor.columns.layout import Layout
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not


@dataclass(frozen=True)
class Column:
    """A column of booleans by name, or a constant where ``constant`` says so; ``level`` is when it can be computed."""

    name: str
    level: int
    constant: bool | None = None


TRUE, FALSE = Column("", 0, constant=True), Column("", 0, constant=False)


Step = tuple[Any, ...]
"""How a column is made: ``none``, a machine word and a mask; or ``and``, ``or``, ``not`` and the columns it joins."""


def needed_by(step: Step) -> tuple[str, ...]:
    """The names of the columns that a column is made of."""
    match step:
        case ("not", name):
            return (name,)
        case ("and" | "or", names):
            return tuple(names)
    return ()


@dataclass
class ColumnProgram:
    """The columns that are needed, level by level; each level needs only those before it."""

    layout: Layout
    _made: dict[Step, Column] = field(default_factory=dict)
    _steps: dict[str, Step] = field(default_factory=dict)
    """By the name of the column; names are numbers in the order in which columns can be made."""
    _truths: dict[tuple[Condition, bool], Column] = field(default_factory=dict)
    _seen: dict[tuple[int, bool], tuple[Condition, Column]] = field(default_factory=dict)
    """By identity; the condition is kept with it, so that no other takes its place."""

    def _make(self, step: Step, level: int) -> Column:
        if step not in self._made:
            self._made[step] = Column(f"_{len(self._made)}", level)
            self._steps[self._made[step].name] = step
        return self._made[step]

    def steps(self, columns: Iterable[Column]) -> list[tuple[str, Step]]:
        """How ``columns`` are made: the name and the making of each column that they need, those needed first."""
        made: set[str] = set()
        asked = [column.name for column in columns if column.constant is None]
        while asked:
            name = asked.pop()
            if name not in made:
                made.add(name)
                asked += needed_by(self._steps[name])
        return [(name, self._steps[name]) for name in sorted(made, key=lambda name: int(name[1:]))]

    def none_left(self, word: int, mask: int) -> Column:
        """Whether none of the bits of ``mask`` is left in a machine word."""
        if mask == 0:
            return TRUE
        return self._make(("none", word, mask), 0)

    def all_of(self, parts: Iterable[Column]) -> Column:
        """Whether all of the columns hold."""
        return self._joined("and", parts, decisive=False)

    def any_of(self, parts: Iterable[Column]) -> Column:
        """Whether one of the columns holds."""
        return self._joined("or", parts, decisive=True)

    def _joined(self, word: str, parts: Iterable[Column], *, decisive: bool) -> Column:
        found = {part.name: part for part in parts if part.constant is not (not decisive)}
        if any(part.constant is decisive for part in found.values()):
            return TRUE if decisive else FALSE
        if not found:
            return FALSE if decisive else TRUE
        if len(found) == 1:
            return next(iter(found.values()))
        return self._make((word, frozenset(found)), max(part.level for part in found.values()) + 1)

    def negated(self, part: Column) -> Column:
        """Whether the column does not hold."""
        if part.constant is not None:
            return FALSE if part.constant else TRUE
        return self._make(("not", part.name), part.level + 1)

    def truth(self, condition: Condition, wanted: bool) -> Column:
        """Whether ``condition`` is surely true (``wanted``) or surely false."""
        identity = (id(condition), wanted)
        if identity not in self._seen:  # first, since the hash of a condition goes through all of its parts
            key = (condition, wanted)
            if key not in self._truths:
                self._truths[key] = self._truth(condition, wanted)
            self._seen[identity] = condition, self._truths[key]
        return self._seen[identity][1]

    def _truth(self, condition: Condition, wanted: bool) -> Column:
        match condition:
            case Named(condition=inner):
                return self.truth(inner, wanted)
            case Not(part=part):
                return self.truth(part, not wanted)
            case Leaf(atom=atom):
                test = self.layout.test(atom, wanted)
                return self.none_left(test.word, test.mask)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                if isinstance(condition, AllOf) == wanted:
                    return self._all(condition, wanted)
                return self.any_of(self.truth(part, wanted) for part in parts)

    def _all(self, condition: Condition, wanted: bool) -> Column:
        """A conjunction: its atoms are asked together, one question for each machine word."""
        masks: dict[int, int] = {}
        compound: list[Column] = []
        for part, sign in _conjuncts(condition, wanted):
            if isinstance(part, Leaf):
                test = self.layout.test(part.atom, sign)
                masks[test.word] = masks.get(test.word, 0) | test.mask
            else:
                compound.append(self.truth(part, sign))
        return self.all_of([*(self.none_left(word, mask) for word, mask in masks.items()), *compound])

    def unknown(self, condition: Condition) -> Column:
        """Whether ``condition`` is neither surely true nor surely false."""
        settled = self.any_of((self.truth(condition, True), self.truth(condition, False)))
        return self.negated(settled)

    def run(self, table: pl.LazyFrame) -> pl.LazyFrame:
        """``table`` with every column of the program."""
        levels: dict[int, dict[str, pl.Expr]] = {}
        for step, made in self._made.items():
            levels.setdefault(made.level, {})[made.name] = _as_expression(step)
        for _, columns in sorted(levels.items()):
            table = table.with_columns(**columns)
        return table


def _as_expression(step: Step) -> pl.Expr:
    match step:
        case ("none", word, mask):
            return pl.col(f"_w{word}") & pl.lit(mask, pl.UInt64) == pl.lit(0, pl.UInt64)
        case ("not", name):
            return ~pl.col(name)
        case (word, names):
            return reduce(or_ if word == "or" else and_, map(pl.col, sorted(names)))
    raise NotImplementedError(step)


def _conjuncts(condition: Condition, wanted: bool) -> Iterable[tuple[Condition, bool]]:
    """The parts of which all must have their truth, nested conjunctions opened."""
    match condition:
        case Named(condition=inner):
            yield from _conjuncts(inner, wanted)
        case Not(part=part):
            yield from _conjuncts(part, not wanted)
        case AllOf(parts=parts) | AnyOf(parts=parts) if isinstance(condition, AllOf) == wanted:
            for part in parts:
                yield from _conjuncts(part, wanted)
        case _:
            yield condition, wanted


def expression(column: Column) -> pl.Expr:
    """The column as an expression."""
    return pl.col(column.name) if column.constant is None else pl.lit(column.constant)
