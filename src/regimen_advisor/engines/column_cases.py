"""Which open cells of a table are one case: alike in everything that can still decide a condition.

Judged node by node a condition may stay unknown though every completion of the patient agrees on it. Whether that is
so is asked of the solver, once for a case, and a case is made by expressions. Two rows are one case for a condition if
they agree on

- the truth of each atom that stands below unknown parts only (a part that is settled has one value in every
  completion, so nothing inside it matters any more);
- where an atom of a fact is open, all that the condition can tell of that fact; of a set, its cell as it was written,
  since members that the condition does not name count too ("positive, and none of the others");
- where an atom of a fact is open that the axioms tie to others, all that is known of the tied facts: of those of the
  patient today, and of the past the number of lines and the latest outcome; or the whole history where one is given
  and it leaves an atom open.

No axiom mentions any other fact, so what is known of it can be completed whatever the rest turns out to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from regimen_advisor.conditions import Condition, Leaf, Named, Not, atoms_of, children
from regimen_advisor.engines.column_layout import Layout
from regimen_advisor.engines.column_program import TRUE, Column, Program, expression
from regimen_advisor.facts import Domain, SetFact
from regimen_advisor.narrowing import facts_of
from regimen_advisor.values import Atom

PAST = "_past"
"""The column that tells histories apart; null where none is given."""
CELL = "_cell_"
"""The columns that tell the cells of set facts apart begin like this, the name of the fact follows."""
_OPEN_PAST = ("prior_lines", "last_outcome")


@dataclass(frozen=True)
class Cases:
    """Where a condition is open (``open``), and columns that are equal for rows of one case."""

    open: pl.Expr
    columns: tuple[pl.Expr, ...]


class CaseFinder:
    """Makes the cases of conditions, over the machine words of ``layout`` and the columns of ``program``."""

    def __init__(self, domain: Domain, layout: Layout, program: Program) -> None:
        self.domain, self.layout, self.program = domain, layout, program
        self.tied = frozenset().union(*(facts_of(axiom) for axiom in domain.axioms))
        past = {name for name, fact in domain.facts.items() if fact.permanence == "treatment"}
        self.past = frozenset(past)
        self.tied_today = tuple(name for name in domain.facts if name in self.tied - past)

    def cases(self, condition: Condition, among: Column) -> Cases | None:
        """The cases of ``condition`` in the rows of ``among`` where it is unknown; none where it never is."""
        open_ = self.program.both((among, self.program.unknown(condition)))
        if open_.constant is False:
            return None
        own = Layout(self.domain, atoms_of(condition))
        reached: dict[Atom, list[Column]] = {}
        for atom, column in self._reached(condition, TRUE):
            reached.setdefault(atom, []).append(column)
        where = {atom: self.program.either(columns) for atom, columns in reached.items()}
        alive = {atom: self.program.both((at, self.program.unknown(Leaf(atom)))) for atom, at in where.items()}
        columns = [*self._truths(where), *self._own(own, alive), *self._tied(alive)]
        return Cases(expression(open_), tuple(columns))

    def _reached(self, condition: Condition, above: Column) -> Iterator[tuple[Atom, Column]]:
        """Each atom, with the column that says that everything above it is unknown."""
        match condition:
            case Leaf(atom=atom):
                yield atom, above
            case Named() | Not():
                yield from self._reached(children(condition)[0], above)
            case _:
                here = self.program.both((above, self.program.unknown(condition)))
                for part in children(condition):
                    yield from self._reached(part, here)

    def _truths(self, where: dict[Atom, Column]) -> Iterator[pl.Expr]:
        """The truth of each atom that is reached: 1 and 2 for surely true and false, 0 for neither."""
        for atom, at in where.items():
            true, false = (expression(self.program.truth(Leaf(atom), wanted)) for wanted in (True, False))
            told = true.cast(pl.UInt8) + false.cast(pl.UInt8) * 2
            yield pl.when(expression(at)).then(told).otherwise(3)

    def _own(self, own: Layout, alive: dict[Atom, Column]) -> Iterator[pl.Expr]:
        """Where an atom of a fact is open: which of the possibilities are left that the condition tells apart."""
        for name in {atom.fact for atom in alive}:
            open_ = expression(self.program.either(at for atom, at in alive.items() if atom.fact == name))
            if name in self.past:
                continue  # see ``_tied``
            if isinstance(self.domain.facts[name], SetFact):
                yield pl.when(open_).then(pl.col(f"{CELL}{name}"))
                continue
            for mine in own.fields[name]:
                for word, mask in self._possibilities(name, mine.cuts):
                    left = pl.col(f"_w{word}") & pl.lit(mask, pl.UInt64) != pl.lit(0, pl.UInt64)
                    yield pl.when(open_).then(left)

    def _possibilities(self, name: str, cuts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        """For each possibility of a fact, as a coarser layout has it, the machine word and its bits."""
        for field in self.layout.fields[name]:
            if field.cuts:
                starts = [index for index, cut in enumerate(field.cuts) if cut in cuts] + [len(field.cuts)]
                for first, after in pairwise(starts):
                    yield field.word, ((1 << after - first) - 1) << field.offset + first
                yield field.word, 1 << field.offset + len(field.cuts)
            else:
                yield from ((field.word, 1 << field.offset + index) for index in range(field.width))

    def _tied(self, alive: dict[Atom, Column]) -> Iterator[pl.Expr]:
        """Where an atom of a tied fact is open: what is known of all facts that axioms may tie to it."""
        past = expression(self.program.either(at for atom, at in alive.items() if atom.fact in self.past))
        tied = expression(self.program.either(at for atom, at in alive.items() if atom.fact in self.tied | self.past))
        masks: dict[int, int] = {}
        for name in (*self.tied_today, *_OPEN_PAST):
            for field in self.layout.fields[name]:
                masks[field.word] = masks.get(field.word, 0) | field.all_bits
        for word, mask in masks.items():
            yield pl.when(tied).then(pl.col(f"_w{word}") & pl.lit(mask, pl.UInt64))
        yield pl.when(tied).then(pl.col(PAST).is_null())
        yield pl.when(past).then(pl.col(PAST))
