"""Open cells settled exactly: what judging node by node leaves open is asked of the solver, once for each case.

``engines.column_cases`` says which cells are one case. Where the solver finds that a case is open in truth, all its
cells stand as they are; every other row is settled whole, once for each distinct profile. Not-indicated and offered
with caution are exact already, and so is a standing whose conditions are all settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from regimen_advisor.cohorts.rows import patient_of
from regimen_advisor.conditions import Condition
from regimen_advisor.engines.column_cases import CELL, PAST, CaseFinder
from regimen_advisor.engines.column_program import TRUE, Program
from regimen_advisor.engines.columns import FAULT, HISTORY, STANDINGS, ColumnEngine
from regimen_advisor.facts import SetFact
from regimen_advisor.standings import Standing
from regimen_advisor.values import Truth

if TYPE_CHECKING:
    from regimen_advisor.cohorts.cohort import CohortTable
    from regimen_advisor.engines.solver import Solver
    from regimen_advisor.reading import Patient

_BATCH = 200_000
_OPEN = [Standing.UNDETERMINED.value, Standing.EXCLUDED.value, Standing.OFFERED.value]


@dataclass(frozen=True)
class Settled:
    """How it went: ``cases`` were asked of the solver, ``changed`` cells took another standing.

    Where the standings are not ``exact``, ``cases`` is the number of rows with an open cell. On a cluster neither is
    counted.
    """

    exact: bool
    cases: int | None = None
    changed: int | None = None


def settle(table: CohortTable, engine: ColumnEngine, file: Path, *, exact: bool) -> Settled:
    """Settles the open cells of the standings in ``file``, in place."""
    regimens = list(engine.rulebook.regimens)
    if not exact:
        waits = pl.any_horizontal(*(pl.col(regimen).is_in(_OPEN[:2]) for regimen in regimens))
        count = pl.scan_parquet(file).select(waits.sum()).collect(engine="streaming").item() or 0
        return Settled(not count, count, 0)
    may_change = pl.any_horizontal(*(pl.col(regimen).is_in(_OPEN) for regimen in regimens))
    rows = _numbered(file).filter(may_change).select("row").collect(engine="streaming")
    if not rows.height:
        return Settled(exact=True, cases=0, changed=0)
    settler = Settler(engine)
    found = [answers for batch in _batches(table.rows, rows) if (answers := settler.answers(batch)).height]
    if not found:
        return Settled(exact=True, cases=settler.cases, changed=0)
    answers = pl.concat(found)
    before = answers.select("row").lazy().join(_numbered(file), on="row", how="left", maintain_order="left").collect()
    changed = sum(int((before[name].cast(pl.String) != answers[name].cast(pl.String)).sum()) for name in regimens)
    if changed:
        _replace(file, answers, regimens)
    return Settled(exact=True, cases=settler.cases, changed=changed)


def _numbered(file: Path) -> pl.LazyFrame:
    """The standings with the number of each row, from 1, as in the table."""
    return pl.scan_parquet(file).with_row_index("row", offset=1)


def _batches(table: pl.LazyFrame, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of the table with these numbers, so many at a time that memory does not grow with the table."""
    chosen = table.join(rows.lazy(), on="row", how="semi")
    yield from chosen.collect_batches(chunk_size=_BATCH, maintain_order=True, engine="streaming")


@dataclass(frozen=True)
class _Question:
    """A condition that is open in some cells; ``leaves`` says which truth leaves their standing as it is."""

    condition: Condition
    leaves: Callable[[Truth], bool]


class Settler:
    """The exact standings of rows, batch by batch; what was asked of the solver once is kept."""

    def __init__(self, engine: ColumnEngine) -> None:
        from regimen_advisor.engines.solver import solver_for  # noqa: PLC0415 - only where something is open

        self.engine = engine
        self.solver: Solver = solver_for(engine.rulebook)
        self._program = Program(engine.layout)
        self._questions: list[_Question] = []
        self._columns: list[pl.Expr] = []
        finder = CaseFinder(engine.rulebook.domain, engine.layout, self._program)
        for name, rules in engine.regimens.items():
            offered = self.solver.offered[name]
            asked = (
                (_Question(offered, lambda truth: truth is Truth.UNKNOWN), TRUE),
                (_Question(rules.offer, lambda truth: truth is not Truth.FALSE), self._truth(rules.exclusion)),
                (_Question(rules.caution, lambda truth: truth is Truth.UNKNOWN), self._truth(offered)),
            )
            for question, among in asked:
                cases = finder.cases(question.condition, among)
                if cases is not None:
                    key = pl.struct(*(part.alias(f"{index}") for index, part in enumerate(cases.columns))).hash(0)
                    self._columns.append(pl.when(cases.open).then(key).alias(f"case{len(self._questions)}"))
                    self._questions.append(question)
        facts_ = engine.rulebook.domain.facts.values()
        self._sets = [fact.name for fact in facts_ if isinstance(fact, SetFact) and fact.permanence != "treatment"]
        self._stays: list[dict[int, bool]] = [{} for _ in self._questions]
        self._profiles: dict[str, dict[str, str]] = {}

    def _truth(self, condition: Condition) -> Any:
        return self._program.truth(condition, True)

    @property
    def cases(self) -> int:
        """How many cases were asked of the solver."""
        return sum(map(len, self._stays))

    def answers(self, batch: pl.DataFrame) -> pl.DataFrame:
        """``row`` and the exact standing of every regimen, for rows of ``batch`` that the cases leave in doubt."""
        told_apart = [self._hashed(batch, "history").alias(PAST)]
        told_apart += [self._hashed(batch, name).alias(f"{CELL}{name}") for name in self._sets]
        facts = self.engine.facts(batch.lazy().with_columns(told_apart))
        facts = facts.with_columns(pl.when(HISTORY).then(PAST).alias(PAST))
        told = self._program.run(facts)
        cases = told.select(*(pl.when(pl.col(FAULT) == 0).then(column) for column in self._columns)).collect()
        self._ask(batch, cases)
        return self._settled(batch, self._doubtful(cases))

    @staticmethod
    def _hashed(batch: pl.DataFrame, column: str) -> pl.Expr:
        return pl.col(column).hash(0) if column in batch.columns else pl.lit(0, pl.UInt64)

    def _ask(self, batch: pl.DataFrame, cases: pl.DataFrame) -> None:
        """Asks about each case that is new, of the first row that shows it."""
        asked: dict[int, list[tuple[int, int]]] = {}
        for index, stays in enumerate(self._stays):
            column = cases.select(pl.col(f"case{index}").alias("case")).with_row_index("at")
            for case, at in column.drop_nulls().group_by("case").agg(pl.col("at").min()).rows():
                if case not in stays:
                    asked.setdefault(at, []).append((index, case))
        for at, questions in sorted(asked.items()):
            patient = self._patient(batch, at)
            truths = self.solver.truths([self._questions[index].condition for index, _ in questions], patient)
            for (index, case), truth in zip(questions, truths, strict=True):
                self._stays[index][case] = self._questions[index].leaves(truth)

    def _patient(self, batch: pl.DataFrame, at: int) -> Patient:
        return patient_of(batch.row(at, named=True), self.engine)

    def _doubtful(self, cases: pl.DataFrame) -> list[int]:
        """The rows with a cell whose case does not say how it stands."""
        doubtful = [
            pl.col(f"case{index}").is_in([case for case, leaves in stays.items() if not leaves])
            for index, stays in enumerate(self._stays)
            if not all(stays.values())
        ]
        if not doubtful:
            return []
        return cases.select(pl.any_horizontal(*doubtful).fill_null(value=False).arg_true()).to_series().to_list()

    def _settled(self, batch: pl.DataFrame, rows: list[int]) -> pl.DataFrame:
        found: list[Mapping[str, Any]] = []
        for at in rows:
            row = batch.row(at, named=True)
            profile = repr([row.get(key) for key in self.engine.keys])
            if profile not in self._profiles:
                exact = self.solver.standings(self._patient(batch, at))
                self._profiles[profile] = {name: one.standing.value for name, one in exact.items()}
            found.append({"row": row["row"], **self._profiles[profile]})
        kinds = {"row": batch.schema["row"], **dict.fromkeys(self.engine.regimens, STANDINGS)}
        return pl.DataFrame(found, schema=kinds)


def with_answers(standings: pl.LazyFrame, answers: pl.LazyFrame, regimens: list[str]) -> pl.LazyFrame:
    """``standings`` with the exact ones of the rows in ``answers`` in their place, joined by ``row``."""
    renamed = answers.rename({name: f"{name} exactly" for name in regimens})
    joined = standings.join(renamed, on="row", how="left", maintain_order="left")
    whole = joined.with_columns(pl.coalesce(pl.col(f"{name} exactly"), pl.col(name)).alias(name) for name in regimens)
    waits = pl.any_horizontal(*(pl.col(name) == Standing.UNDETERMINED.value for name in regimens))
    return whole.with_columns(pl.when(waits).then("questions").alias("questions"))


def _replace(file: Path, answers: pl.DataFrame, regimens: list[str]) -> None:
    new = file.with_suffix(".settled.parquet")
    order = pl.scan_parquet(file).collect_schema().names()
    whole = with_answers(_numbered(file), answers.lazy(), regimens)
    whole.select(order).sink_parquet(new, compression="zstd", compression_level=1)
    new.replace(file)
