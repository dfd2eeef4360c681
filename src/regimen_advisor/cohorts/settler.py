"""The exact standings of rows: which open cells are open in truth, and how the others stand.

Completions that the solver has found for some rows are tried on all others (``engines.column_filling``). What they do
not settle is asked of the solver, once for each case (``engines.column_cases``). Where a case is not open in truth, its
rows are settled whole, once for each distinct profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from regimen_advisor.cohorts.rows import patient_of
from regimen_advisor.engines.column_combinations import Clinicals
from regimen_advisor.engines.column_entries import Bits, Ints
from regimen_advisor.engines.column_filling import Filling, OpenRows
from regimen_advisor.engines.column_needs import Need, OpenCells
from regimen_advisor.engines.columns import STANDINGS, ColumnEngine

if TYPE_CHECKING:
    from regimen_advisor.engines.solver import Model, Session
    from regimen_advisor.reading import Patient

_AT_ONCE = 100_000
"""Rows, filled in by one patient or another, that are judged together."""
_ASKED = 16
"""Rows that the solver is asked about before the patients it found are tried on the others."""
_KEPT = 256
"""Patients that are kept from batch to batch, those that settled most cells."""


class _Tried:
    """A filling, and what it has been good for: how many cells it has settled of each question."""

    def __init__(self, filling: Filling, questions: int) -> None:
        self.filling = filling
        self.served = np.zeros((2, questions), np.int64)
        self._new = True

    def useful(self, need: Need) -> Ints:
        """The places of the rows in which it may settle something, judged by what it has settled before."""
        if self._new:
            return np.arange(len(need.rows))
        good = self.served > 0
        return np.flatnonzero(need.true[good[0]].any(axis=0) | need.false[good[1]].any(axis=0))

    def note(self, served: Ints) -> None:
        """Takes note of what it has settled."""
        self.served += served
        self._new = False


class Settler:
    """The exact standings of rows, batch by batch; what was asked of the solver once is kept."""

    def __init__(self, engine: ColumnEngine) -> None:
        from regimen_advisor.engines.solver import Solver, solver_for  # noqa: PLC0415 - only where something is open

        self.engine = engine
        known = solver_for(engine.rulebook)
        # One of its own: which completions it finds, and so what it is asked, must not hang on what was asked before.
        self.solver = Solver(known.domain, known.regimens, known.rules)
        self._open = OpenCells(engine, self.solver.offered)
        self._questions = self._open.questions
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
                    self._lends(model, session)

    @property
    def cases(self) -> int:
        """How many cases were asked of the solver."""
        return sum(map(len, self._stays))

    def answers(self, batch: pl.DataFrame) -> pl.DataFrame:
        """``row`` and the exact standing of every regimen, for rows of ``batch`` whose standings may be others."""
        read = self.engine.reader.batch(batch)
        if not self._questions:
            return self._settled(batch, [])
        need = self._open.need(read.words, read.fault == 0)
        rows = OpenRows.of(read, self.engine.reader, self._clinicals).at(need.rows)
        need, rows = self._fill(need, rows, self._fillings)
        return self._settled(batch, self._asked_of_solver(batch, need, rows))

    def _fill(self, need: Need, rows: OpenRows, fillings: list[_Tried]) -> tuple[Need, OpenRows]:
        """What is still needed after the fillings have been tried, those that have served most first."""
        order = sorted(fillings, key=lambda one: -one.served.sum())
        while order and len(need.rows):
            together: list[tuple[_Tried, Ints, list[Bits]]] = []
            size = 0
            while order and size < _AT_ONCE:
                one = order.pop(0)
                places = one.useful(need)
                if len(places):
                    together.append((one, places, one.filling.into(rows.at(places))))
                    size += len(places)
            if not together:
                break
            words = [np.concatenate(parts) for parts in zip(*(words for _, _, words in together), strict=True)]
            true, false = self._open.truths(words)
            start = 0
            for one, places, _ in together:
                mine = slice(start, start + len(places))
                one.note(need.meet(true[:, mine], false[:, mine], places))
                start += len(places)
            left = need.open_places()
            need, rows = need.left(), rows.at(left)
        return need, rows

    def _asked_of_solver(self, batch: pl.DataFrame, need: Need, rows: OpenRows) -> list[int]:
        """Asks about the cells that no filling settles, one row of each case; gives the rows that are in doubt."""
        doubtful: list[int] = []
        if len(need.rows):
            need.cases = self._open.cases(batch[need.rows])
        while len(need.rows):
            doubtful += self._recalled(need)
            before = len(self._fillings)
            for place in need.open_places()[:_ASKED]:
                self._ask(batch, need, int(place))
            doubtful += self._recalled(need)
            places, need = need.open_places(), need.left()
            need, rows = self._fill(need, rows.at(places), self._fillings[before:])
        self._fillings = sorted(self._fillings, key=lambda one: -one.served.sum())[:_KEPT]
        return sorted(doubtful)

    def _recalled(self, need: Need) -> list[int]:
        """Drops what is known of a case already; gives the rows with a cell whose standing may not stay."""
        doubtful = []
        for index, place in np.argwhere(need.true | need.false).tolist():
            stays = self._stays[index].get(int(need.cases[index, place]))
            if stays:
                need.true[index, place] = need.false[index, place] = False
            elif stays is False and need.at(index, place):
                doubtful.append(int(need.rows[place]))
                need.true[:, place] = need.false[:, place] = False
        return doubtful

    def _ask(self, batch: pl.DataFrame, need: Need, place: int) -> None:
        """What the solver says of every cell of a row that is needed; each completion it finds is lent to others."""
        patient = self._patient(batch, int(need.rows[place]))
        session = self._session(patient)
        known = self.solver.known(session, patient)
        literals = [session.encoding.condition(question.condition) for question in self._questions]
        for index, literal in enumerate(literals):
            if not need.at(index, place):
                continue
            for wanted, goal in ((need.true, literal), (need.false, -literal)):
                model = session.model(known, [goal]) if wanted[index, place] else None
                if model is not None:
                    holds = np.array([[model.holds(other)] for other in literals])
                    need.meet(holds, ~holds, np.array([place]))
                    self._lends(model, session)
            self._stays[index][int(need.cases[index, place])] = not need.at(index, place)

    def _lends(self, model: Model, session: Session) -> None:
        filling = Filling(model, session.encoding, self.engine.reader, self._clinicals)
        self._fillings.append(_Tried(filling, len(self._questions)))

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
