"""Which cells of a table are open node by node, and what it takes to show that they are open in truth.

A cell is open in truth if one completion of its row makes the condition true and another makes it false; of an offer
beside a sure exclusion only the first is asked, since it then stays excluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from regimen_advisor.conditions import Condition
from regimen_advisor.engines.column_cases import CELL, PAST, CaseFinder
from regimen_advisor.engines.column_entries import Bits, Flags, Ints
from regimen_advisor.engines.column_program import TRUE, Program, expression
from regimen_advisor.engines.columns import HISTORY, ColumnEngine
from regimen_advisor.facts import SetFact


@dataclass(frozen=True)
class Question:
    """A condition that is open in some cells; ``both`` says whether it must be possible too that it is false."""

    condition: Condition
    both: bool


@dataclass
class Need:
    """For each question and some rows (by number) whether a completion is still needed in which it is true, or false.

    ``cases`` is the number of the case of each cell, where it was asked for.
    """

    rows: Ints
    true: Flags
    false: Flags
    cases: Ints

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
        served = np.empty((2, len(self.true)), np.int64)
        for number, (wanted, found) in enumerate(((self.true, true), (self.false, false))):
            before = wanted[:, places]
            served[number] = np.count_nonzero(before & found, axis=1)
            wanted[:, places] = before & ~found
        return served


class OpenCells:
    """The questions that the rules of a rulebook may leave open, compiled; equal ones are one question.

    ``offered`` is for each regimen the condition that it is offered and not excluded.
    """

    def __init__(self, engine: ColumnEngine, offered: Mapping[str, Condition]) -> None:
        self.engine = engine
        self._opening, self._casing, self._judging = (Program(engine.layout) for _ in range(3))
        self._open: list[pl.Expr] = []
        self._cases: list[pl.Expr] = []
        self.questions: list[Question] = []
        finder = CaseFinder(engine.rulebook.domain, engine.layout, self._casing)
        seen: set[tuple[object, ...]] = set()
        for name, rules in engine.regimens.items():
            for condition, among, both in (
                (offered[name], None, True),
                (rules.offer, rules.exclusion, False),
                (rules.caution, offered[name], True),
            ):
                within = TRUE if among is None else self._opening.truth(among, wanted=True)
                where = self._opening.both((within, self._opening.unknown(condition)))
                key = (where, self._opening.truth(condition, wanted=True), both)
                found = finder.cases(condition, TRUE if among is None else self._casing.truth(among, wanted=True))
                if where.constant is False or found is None or key in seen:
                    continue
                seen.add(key)
                self.questions.append(Question(condition, both))
                self._open.append(expression(where))
                told = pl.struct(*(part.alias(f"{index}") for index, part in enumerate(found.columns))).hash(0)
                self._cases.append(pl.when(found.open).then(told))
        self._truths = [
            expression(self._judging.truth(question.condition, wanted))
            for wanted in (True, False)
            for question in self.questions
        ]
        facts = engine.rulebook.domain.facts.values()
        self._sets = [fact.name for fact in facts if isinstance(fact, SetFact) and fact.permanence != "treatment"]

    def need(self, words: list[Bits], sound: Flags) -> Need:
        """What is needed for the open cells of some rows; only the rows that need anything."""
        wanted = self._flags(self._opening, self._open, words) & sound
        both = np.array([question.both for question in self.questions], bool)
        return Need(np.arange(len(sound)), wanted, wanted & both[:, None], np.zeros(0, np.int64)).left()

    def truths(self, words: list[Bits]) -> tuple[Flags, Flags]:
        """For each question and row whether its condition is surely true, and whether it is surely false."""
        told = self._flags(self._judging, self._truths, words)
        return told[: len(self.questions)], told[len(self.questions) :]

    def _flags(self, program: Program, columns: list[pl.Expr], words: list[Bits]) -> Flags:
        frame = pl.DataFrame([pl.Series(f"_w{index}", word) for index, word in enumerate(words)])
        named = [column.alias(f"{index}") for index, column in enumerate(columns)]
        told = program.run(frame.lazy()).select("_w0", *named).collect()  # a word, so that constants fill all rows
        flags = np.empty((len(columns), frame.height), bool)
        for index in range(len(columns)):
            flags[index] = told[f"{index}"].to_numpy()
        return flags

    def cases(self, batch: pl.DataFrame) -> Ints:
        """For each question and row of a table the number of its case (``engines.column_cases``)."""

        def told_apart(column: str) -> pl.Expr:
            return pl.col(column).hash(0) if column in batch.columns else pl.lit(0, pl.UInt64)

        cells = [told_apart(name).alias(f"{CELL}{name}") for name in self._sets]
        facts = self.engine.facts(batch.lazy().with_columns(told_apart("history").alias(PAST), *cells))
        facts = facts.with_columns(pl.when(HISTORY).then(PAST).alias(PAST))
        named = [column.alias(f"{index}") for index, column in enumerate(self._cases)]
        told = self._casing.run(facts).select(named).collect()
        return np.stack([column.fill_null(0).to_numpy() for column in told.iter_columns()])
