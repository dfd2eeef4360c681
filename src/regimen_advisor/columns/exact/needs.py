"""Find the cells of a table that are open node by node, and what it takes to show that they are exactly open.

A cell is exactly open if one completion of its row makes the condition true and another makes it false; of an offer
with a sure exclusion only the first is asked, since it then stays excluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.entries import Bits, Flags, Ints
from regimen_advisor.columns.exact.cases import Cases
from regimen_advisor.columns.exact.packed import Packed, PackedColumns, unpacked
from regimen_advisor.columns.facts import Batch
from regimen_advisor.columns.program import TRUE, Column, ColumnProgram
from regimen_advisor.language.conditions import Condition

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class OpenCondition:
    """A condition that is open in some cells; ``both`` says whether it must be possible too that it is false."""

    condition: Condition
    open_cells: Column
    """Where it is open, judged node by node."""
    two_sided: bool
    regimens: set[str]
    """Those whose standing may turn on it."""


@dataclass
class Need:
    """For each question and some rows (by number) whether a completion is still needed in which it is true, or false.

    ``cases`` is the number of the case of each cell, where it was asked for.
    """

    rows: Ints
    true: Flags
    false: Flags
    cases: Bits

    def open_places(self) -> Ints:
        """The places of the rows that still need one."""
        return np.flatnonzero(self.true.any(axis=0) | self.false.any(axis=0))

    def left(self) -> Need:
        """Only the rows that still need one."""
        places = self.open_places()
        cases = self.cases[:, places] if self.cases.size else self.cases
        return Need(self.rows[places], self.true[:, places], self.false[:, places], cases)

    def at(self, index: int, place: int) -> bool:
        """Whether the row in this place needs any for the question."""
        return bool(self.true[index, place] or self.false[index, place])

    def meet(self, true: Flags, false: Flags, places: Ints) -> Ints:
        """Takes note of completions of some rows in which questions are true, or false; how many cells each served."""
        settled = np.empty((2, len(self.true)), np.int64)
        chosen = slice(None) if len(places) == len(self.rows) else places  # a view, where it is all of them
        for number, (wanted, found) in enumerate(((self.true, true), (self.false, false))):
            before = wanted[:, chosen]
            served = before & found
            settled[number] = [np.count_nonzero(row) for row in served]  # several times faster than along an axis
            wanted[:, chosen] = before ^ served
        return settled


class OpenCells:
    """The questions that the rules of a rulebook may leave open, compiled; equal ones are one question."""

    def __init__(self, engine: ColumnEngine) -> None:
        program = ColumnProgram(engine.layout)
        found: dict[tuple[Column, Column, bool], OpenCondition] = {}
        for name, rules in engine.regimens.items():
            for condition, among, two_sided in (
                (rules.offered, None, True),
                (rules.offer, rules.exclusion, False),
                (rules.caution, rules.offered, True),
            ):
                considered = TRUE if among is None else program.truth(among, wanted=True)
                open_cells = program.all_of((considered, program.unknown(condition)))
                if open_cells.constant is not False:
                    key = open_cells, program.truth(condition, wanted=True), two_sided
                    found.setdefault(key, OpenCondition(condition, open_cells, two_sided, set())).regimens.add(name)
        self.questions = list(found.values())
        self._open = PackedColumns(program, [question.open_cells for question in self.questions])
        truths = [program.truth(question.condition, wanted) for wanted in (True, False) for question in self.questions]
        self._truths = PackedColumns(program, truths)
        asked = [(question.condition, question.open_cells) for question in self.questions]
        self._case_of_each = [Cases(engine.reader, program, [question]) for question in asked]
        # The standing of a regimen that is offered exactly, though not node by node, depends on its caution.
        perhaps = [(rules.caution, program.unknown(rules.offered)) for rules in engine.regimens.values()]
        cautions = [(caution, program.all_of((open_, program.unknown(caution)))) for caution, open_ in perhaps]
        sure = [program.all_of((open_, program.truth(caution, wanted=True))) for caution, open_ in perhaps]
        self._cases = Cases(engine.reader, program, [*asked, *cautions], sure)

    def open_rows(self, batch: Batch) -> Ints:
        """The places of the rows of which any question is open."""
        if not self.questions:
            return np.zeros(0, np.int64)
        any_open: Packed = np.bitwise_or.reduce(self._open(batch.words), axis=0)
        return np.flatnonzero(unpacked(any_open, len(batch.fault)) & (batch.fault == 0))

    def need(self, batch: Batch) -> Need:
        """What is needed for the open cells of some rows; only the rows that need anything."""
        wanted = unpacked(self._open(batch.words), len(batch.fault)) & (batch.fault == 0)
        two_sided = np.array([question.two_sided for question in self.questions], bool)
        return Need(np.arange(len(batch.fault)), wanted, wanted & two_sided[:, None], np.zeros(0, np.uint64)).left()

    def truths(self, words: list[Bits]) -> tuple[Flags, Flags]:
        """For each question and row whether its condition is surely true, and whether it is surely false."""
        truths = unpacked(self._truths(words), len(words[0]))
        return truths[: len(self.questions)], truths[len(self.questions) :]

    def case(self, batch: Batch, table: pl.DataFrame) -> Bits:
        """The number of the case of each row, all questions taken together (``columns.exact.cases``)."""
        return self._cases.numbers(batch, table)

    def cases(self, batch: Batch, table: pl.DataFrame) -> Bits:
        """For each question and row the number of its case."""
        return np.stack([cases.numbers(batch, table) for cases in self._case_of_each])
