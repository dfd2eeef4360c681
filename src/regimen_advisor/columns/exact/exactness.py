"""Which open cells of some rows are open in truth, and how the regimens stand that turn on the others.

Completions that the solver has found for some rows are tried on all others (``engines.column_filling``). What they do
not settle is asked of the solver, once for a case of each question (``engines.column_cases``). Where a question is not
open in truth, the solver tells how the regimens stand that turn on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.entries import Bits, Ints
from regimen_advisor.columns.exact.combinations import ClinicalWorlds
from regimen_advisor.columns.exact.donors import CellLiterals, Donor, OpenRows
from regimen_advisor.columns.exact.needs import Need, OpenCells
from regimen_advisor.columns.rows import patient_of

if TYPE_CHECKING:
    from regimen_advisor.patient.reading import Patient
    from regimen_advisor.solving.solver import Model, Session

_FIRST, _MOST = 5_000, 100_000
"""Cases that are settled together: few at first, since the solver is asked most while it knows least."""
_AT_ONCE = 100_000
"""Rows, filled in by one patient or another, that are judged together."""
_ASKED = 16
"""Rows that the solver is asked about before the patients it found are tried on the others."""
_KEPT = 256
"""Patients that are kept from batch to batch, those that settled most cells."""


class _RatedDonor:
    """A filling, and what it has been good for: how many cells it has settled of each question."""

    def __init__(self, filling: Donor, questions: int) -> None:
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


class _Patients(dict[int, "Patient"]):
    """The patients of the rows of a batch, each read when it is first asked for."""

    def __init__(self, table: pl.DataFrame, engine: ColumnEngine) -> None:
        self.table, self.engine = table, engine

    def __missing__(self, at: int) -> Patient:
        self[at] = patient_of(self.table.row(at, named=True), self.engine)
        return self[at]


class Settler:
    """Settles rows, each a case of its own; what was asked of the solver once is kept."""

    def __init__(self, engine: ColumnEngine, cells: OpenCells) -> None:
        from regimen_advisor.solving.solver import Solver  # noqa: PLC0415 - only where something is open

        self.engine, self._open, self._questions = engine, cells, cells.questions
        # One of its own: which completions it finds, and so what it is asked, must not hang on what was asked before.
        self.solver = Solver(engine.rulebook.domain, engine.regimens, engine.effective)
        self._stays: list[dict[int, bool]] = [{} for _ in self._questions]
        self._clinicals = ClinicalWorlds(engine.reader)
        self._fillings: list[_RatedDonor] = []
        self._prepared: Session | None = None
        session = self._session()
        for question in self._questions:
            literal = session.encoding.condition(question.condition)
            for model in (session.model([literal]), session.model([-literal])):
                if model is not None:
                    self._lends(model)

    @property
    def asked(self) -> int:
        """How many cases of a question were asked of the solver."""
        return sum(map(len, self._stays))

    def settled(self, table: pl.DataFrame) -> dict[int, dict[str, str]]:
        """For some rows of ``table``, by place, the exact standings of the regimens of which not all is open."""
        found = {}
        for start, size in _pieces(table.height):
            patients = _Patients(table.slice(start, size), self.engine)
            for at, regimens in self._in_doubt(patients).items():
                standings = {name: self.solver.standing(name, patients[at]).standing.value for name in regimens}
                found[start + at] = standings
        return found

    def _in_doubt(self, patients: _Patients) -> dict[int, set[str]]:
        """For some rows the regimens that may stand otherwise than node by node."""
        batch = self.engine.reader.batch(patients.table)
        need = self._open.need(batch)
        rows = OpenRows.of(batch, self.engine.reader, self._clinicals).at(need.rows)
        need, rows = self._fill(need, rows, self._fillings)
        need.cases = self._open.cases(batch.at(need.rows), patients.table[need.rows])
        return self._asked_of_solver(patients, need, rows)

    def _fill(self, need: Need, rows: OpenRows, fillings: list[_RatedDonor]) -> tuple[Need, OpenRows]:
        """What is still needed after the fillings have been tried, those that have served most first."""
        order = sorted(fillings, key=lambda one: -one.served.sum())
        while order and len(need.rows):
            together: list[tuple[_RatedDonor, Ints, list[Bits]]] = []
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

    def _asked_of_solver(self, patients: _Patients, need: Need, rows: OpenRows) -> dict[int, set[str]]:
        """Asks about the cells that no filling settles; gives for some rows the regimens that may stand otherwise."""
        found: dict[int, set[str]] = {}
        while len(need.rows):
            self._recall(need, found)
            before = len(self._fillings)
            for place in need.open_places()[:_ASKED]:
                self._ask(patients, need, int(place))
            self._recall(need, found)
            places, need = need.open_places(), need.left()
            need, rows = self._fill(need, rows.at(places), self._fillings[before:])
        self._fillings = sorted(self._fillings, key=lambda one: -one.served.sum())[:_KEPT]
        return found

    def _recall(self, need: Need, found: dict[int, set[str]]) -> None:
        """Drops what is known of a case already; where that is that the cell is not open, its regimens are noted."""
        for index, place in np.argwhere(need.true | need.false).tolist():
            stays = self._stays[index].get(int(need.cases[index, place]))
            if stays is not None:
                need.true[index, place] = need.false[index, place] = False
            if stays is False:
                found.setdefault(int(need.rows[place]), set()).update(self._questions[index].regimens)

    def _ask(self, patients: _Patients, need: Need, place: int) -> None:
        """What the solver says of every cell of a row that is needed; each completion it finds is lent to others."""
        patient = patients[int(need.rows[place])]
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
                    self._lends(model)
            self._stays[index][int(need.cases[index, place])] = not need.at(index, place)

    def _lends(self, model: Model) -> None:
        filling = Donor(model, self._literals, self._clinicals)
        self._fillings.append(_RatedDonor(filling, len(self._questions)))

    def _session(self, patient: Patient | None = None) -> Session:
        session = self.solver.session(patient=patient)
        if session is not self._prepared:
            for atom in self.engine.layout.atoms:  # before the first model, so that every model tells them
                session.encoding.atom(atom)
            self._prepared, self._literals = session, CellLiterals(session.encoding, self.engine.reader)
        return session


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    """Where each piece of so many cases starts, and its size; the sizes are fixed, so that the same is asked again."""
    start, size = 0, _FIRST
    while start < count:
        yield start, size
        start, size = start + size, min(4 * size, _MOST)
