"""Open cells settled exactly: which of them are open in truth, and how the others stand.

A cell is open in truth if two completions of its row differ in it. Completions that the solver has found for some rows
are tried on all others (``engines.column_filling``); what they do not settle is asked of the solver, once for each
case (``engines.column_cases``). Where a case is not open in truth, its rows are settled whole, once for each distinct
profile. Not-indicated and offered with caution are exact already, and so is a standing whose conditions are settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from regimen_advisor.cohorts.rows import patient_of
from regimen_advisor.conditions import Condition
from regimen_advisor.engines.column_cases import CELL, PAST, CaseFinder
from regimen_advisor.engines.column_entries import Bits, Flags, Ints
from regimen_advisor.engines.column_filling import Clinicals, Filling, OpenRows
from regimen_advisor.engines.column_program import TRUE, Program, expression
from regimen_advisor.engines.columns import HISTORY, STANDINGS, ColumnEngine
from regimen_advisor.facts import SetFact
from regimen_advisor.standings import Standing

if TYPE_CHECKING:
    from regimen_advisor.cohorts.cohort import CohortTable
    from regimen_advisor.engines.solver import Session, Solver
    from regimen_advisor.reading import Patient

_BATCH = 200_000
_AT_ONCE = 100_000
"""Rows, filled in by one patient or another, that are judged together."""
_ASKED = 16
"""Rows that the solver is asked about before the patients it found are tried on the others."""
_KEPT = 256
"""Patients that are kept from batch to batch, those that settled most cells."""
_NO_CASES = np.zeros(0, np.int64)
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
    """A condition that is open in some cells; their standing stays if it can still be each of ``both`` truths.

    Where it only has to be possible, it need not be possible that it is false.
    """

    condition: Condition
    both: bool


class Settler:
    """The exact standings of rows, batch by batch; what was asked of the solver once is kept."""

    def __init__(self, engine: ColumnEngine) -> None:
        from regimen_advisor.engines.solver import solver_for  # noqa: PLC0415 - only where something is open

        self.engine = engine
        self.solver: Solver = solver_for(engine.rulebook)
        self._questions, self._open, self._cases = self._asked()
        self._truths = Program(engine.layout)
        self._said = [
            expression(self._truths.truth(question.condition, wanted)).alias(f"{wanted}{index}")
            for wanted in (True, False)
            for index, question in enumerate(self._questions)
        ]
        facts_ = engine.rulebook.domain.facts.values()
        self._sets = [fact.name for fact in facts_ if isinstance(fact, SetFact) and fact.permanence != "treatment"]
        self._stays: list[dict[int, bool]] = [{} for _ in self._questions]
        self._profiles: dict[str, dict[str, str]] = {}
        self._clinicals = Clinicals(engine.reader)
        self._fillings: list[_Tried] = []
        self._prepared: Session | None = None
        session = self._session()
        for question in self._questions:
            literal = session.encoding.condition(question.condition)
            for model in (session.model([literal]), session.model([-literal])):
                if model is not None:
                    self._fillings.append(_Tried(Filling(model, session.encoding, engine.reader, self._clinicals)))

    def _asked(self) -> tuple[list[_Question], tuple[Program, list[pl.Expr]], tuple[Program, list[pl.Expr]]]:
        """What is asked, with the programs that say where it is open and which case each open cell is."""
        engine = self.engine
        opening, program = Program(engine.layout), Program(engine.layout)
        finder = CaseFinder(engine.rulebook.domain, engine.layout, program)
        questions: dict[tuple[object, ...], _Question] = {}
        open_: list[pl.Expr] = []
        cases: list[pl.Expr] = []
        for name, rules in engine.regimens.items():
            offered = self.solver.offered[name]
            asked = ((_Question(offered, both=True), None), (_Question(rules.offer, both=False), rules.exclusion),
                     (_Question(rules.caution, both=True), offered))  # fmt: skip
            for question, among in asked:
                where = opening.truth(among, wanted=True) if among is not None else TRUE
                where = opening.both((where, opening.unknown(question.condition)))
                key = (where, opening.truth(question.condition, wanted=True), question.both)
                if where.constant is False or key in questions:
                    continue
                found = finder.cases(
                    question.condition, program.truth(among, wanted=True) if among is not None else TRUE
                )
                if found is None:
                    continue
                questions[key] = question
                open_.append(expression(where).alias(f"{len(open_)}"))
                told = pl.struct(*(part.alias(f"{index}") for index, part in enumerate(found.columns))).hash(0)
                cases.append(pl.when(found.open).then(told).alias(f"{len(cases)}"))
        return list(questions.values()), (opening, open_), (program, cases)

    @property
    def cases(self) -> int:
        """How many cases were asked of the solver."""
        return sum(map(len, self._stays))

    def answers(self, batch: pl.DataFrame) -> pl.DataFrame:
        """``row`` and the exact standing of every regimen, for rows of ``batch`` whose standings may be others."""
        read = self.engine.reader.batch(batch)
        program, columns = self._open
        wanted = _flags(self._run(program, columns, read.words))
        wanted &= (read.fault == 0)[:, None]
        both = np.array([question.both for question in self._questions])
        need = _Need(np.arange(len(wanted)), wanted, wanted & both, _NO_CASES).left()
        rows = OpenRows.of(read, self.engine.reader).at(need.rows)
        need, rows = self._fill(need, rows, self._fillings)
        return self._settled(batch, self._asked_of_solver(batch, need, rows))

    def _run(self, program: Program, columns: list[pl.Expr], words: list[Bits]) -> pl.DataFrame:
        frame = pl.DataFrame([pl.Series(f"_w{index}", word) for index, word in enumerate(words)])
        return program.run(frame.lazy()).select(columns).collect()

    def _fill(self, need: _Need, rows: OpenRows, fillings: list[_Tried]) -> tuple[_Need, OpenRows]:
        """What is still needed after the fillings have been tried, those that have served most first."""
        order = sorted(fillings, key=lambda one: -one.served)
        while order and len(need.rows):
            several = max(1, _AT_ONCE // len(need.rows))
            together, order = order[:several], order[several:]
            filled = [one.filling.into(rows) for one in together]
            words = [np.concatenate(parts) for parts in zip(*filled, strict=True)]
            said = _flags(self._run(self._truths, self._said, words))
            half = len(self._questions)
            for index, one in enumerate(together):
                mine = said[index * len(need.rows) : (index + 1) * len(need.rows)]
                one.served += need.meet(mine[:, :half], mine[:, half:])
            places, need = need.open_places(), need.left()
            rows = rows.at(places)
        return need, rows

    def _asked_of_solver(self, batch: pl.DataFrame, need: _Need, rows: OpenRows) -> list[int]:
        """Asks about the cells that no filling settles, one row of each case; gives the rows that are in doubt."""
        doubtful: list[int] = []
        if len(need.rows):
            need.cases = self._case_numbers(batch[need.rows])
        while len(need.rows):
            doubtful += self._recalled(need)
            before = len(self._fillings)
            for place in need.open_places()[:_ASKED]:
                self._ask(batch, need, int(place))
            doubtful += self._recalled(need)
            places, need = need.open_places(), need.left()
            need, rows = self._fill(need, rows.at(places), self._fillings[before:])
        served = sorted(self._fillings, key=lambda one: -one.served)
        self._fillings = served[:_KEPT]
        return sorted(doubtful)

    def _case_numbers(self, batch: pl.DataFrame) -> Ints:
        program, columns = self._cases
        told_apart = [self._hashed(batch, "history").alias(PAST)]
        told_apart += [self._hashed(batch, name).alias(f"{CELL}{name}") for name in self._sets]
        facts = self.engine.facts(batch.lazy().with_columns(told_apart))
        facts = facts.with_columns(pl.when(HISTORY).then(PAST).alias(PAST))
        found = program.run(facts).select(columns).collect()
        return np.column_stack([column.fill_null(0).to_numpy() for column in found.iter_columns()])

    @staticmethod
    def _hashed(batch: pl.DataFrame, column: str) -> pl.Expr:
        return pl.col(column).hash(0) if column in batch.columns else pl.lit(0, pl.UInt64)

    def _recalled(self, need: _Need) -> list[int]:
        """Drops what is known of a case already; gives the rows with a cell whose standing may not stay."""
        doubtful = []
        for place, index in np.argwhere(need.true | need.false).tolist():
            stays = self._stays[index].get(int(need.cases[place, index]))
            if stays:
                need.true[place, index] = need.false[place, index] = False
            elif stays is False and need.at(place, index):
                doubtful.append(int(need.rows[place]))
                need.true[place] = need.false[place] = False
        return doubtful

    def _ask(self, batch: pl.DataFrame, need: _Need, place: int) -> None:
        """What the solver says of every cell of a row that is needed; each completion it finds is lent to others."""
        patient = self._patient(batch, int(need.rows[place]))
        session = self._session(patient)
        known = self.solver.known(session, patient)
        literals = [session.encoding.condition(question.condition) for question in self._questions]
        for index, literal in enumerate(literals):
            if not need.at(place, index):
                continue
            for wanted, goal in ((need.true, literal), (need.false, -literal)):
                model = session.model(known, [goal]) if wanted[place, index] else None
                if model is not None:
                    holds = np.array([model.holds(other) for other in literals])
                    need.meet(holds, ~holds, place)
                    self._fillings.append(_Tried(Filling(model, session.encoding, self.engine.reader, self._clinicals)))
            self._stays[index][int(need.cases[place, index])] = not need.at(place, index)

    def _session(self, patient: Patient | None = None) -> Session:
        session = self.solver.session(patient=patient)
        if session is not self._prepared:
            for atom in self.engine.layout.atoms:  # before the first model, so that every model tells them
                session.encoding.atom(atom)
            self._prepared = session
        return session

    def _patient(self, batch: pl.DataFrame, at: int) -> Patient:
        return patient_of(batch.row(at, named=True), self.engine)

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


@dataclass
class _Tried:
    """A filling, and how many cells it has settled."""

    filling: Filling
    served: int = 0


@dataclass
class _Need:
    """For some rows (by number) and each question whether a completion is still needed in which it is true, or false.

    ``cases`` is the number of the case of each cell.
    """

    rows: Ints
    true: Flags
    false: Flags
    cases: Ints

    def open_places(self) -> Ints:
        """The places of the rows that still need one."""
        return np.flatnonzero((self.true | self.false).any(axis=1))

    def left(self) -> _Need:
        """Only the rows that still need one."""
        places = self.open_places()
        cases = self.cases[places] if len(self.cases) else self.cases
        return _Need(self.rows[places], self.true[places], self.false[places], cases)

    def at(self, place: int, index: int) -> bool:
        """Whether the row in this place needs any for the question."""
        return bool(self.true[place, index] or self.false[place, index])

    def meet(self, true: Flags, false: Flags, place: int | slice = slice(None)) -> int:
        """Takes note of completions of rows (all, or one) in which questions are true, or false; how many served."""
        served = np.count_nonzero(self.true[place] & true) + np.count_nonzero(self.false[place] & false)
        self.true[place] &= ~true
        self.false[place] &= ~false
        return served


def _flags(frame: pl.DataFrame) -> Flags:
    return np.column_stack([column.to_numpy() for column in frame.iter_columns()])


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
