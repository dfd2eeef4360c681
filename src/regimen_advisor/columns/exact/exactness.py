"""Find which open cells of some rows are exactly open, and settle the standings that depend on the others.

Completions that the solver has found for some rows are tried on all others (``columns.exact.donors``). What they do
not settle is asked of the solver, once for a case of each question (``columns.exact.cases``). Where a question is not
exactly open, the solver gives the standings that depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.entries import Bits, Ints
from regimen_advisor.columns.exact.combinations import MetCombinations
from regimen_advisor.columns.exact.donors import CellLiterals, Donor, OpenRows
from regimen_advisor.columns.exact.needs import Need, OpenCells
from regimen_advisor.columns.rows import patient_of
from regimen_advisor.patient.reading import Patient
from regimen_advisor.solving.solver import Model, PatientCompletions, Session, Solver

_FIRST, _MOST = 5_000, 100_000
"""Cases that are settled together: few at first, since the solver is asked most while it knows least."""
_AT_ONCE = 100_000
"""Rows, filled in by one patient or another, that are judged together."""
_ASKED = 16
"""Rows that the solver is asked about before the patients it found are tried on the others."""
_KEPT = 256
"""Patients that are kept from batch to batch, those that settled most cells."""


class _RatedDonor:
    """A donor and its record: how many cells it has settled of each question."""

    def __init__(self, donor: Donor, questions: int) -> None:
        self.donor = donor
        self.cells_settled = np.zeros((2, questions), np.int64)
        self._new = True

    def useful(self, need: Need) -> Ints:
        """The places of the rows in which it may settle something, judged by what it has settled before."""
        if self._new:
            return np.arange(len(need.rows))
        good = self.cells_settled > 0
        return np.flatnonzero(need.true[good[0]].any(axis=0) | need.false[good[1]].any(axis=0))

    def note(self, settled: Ints) -> None:
        """Takes note of what it has settled."""
        self.cells_settled += settled
        self._new = False


class _Patients(dict[int, Patient]):
    """The patients of the rows of a batch, each read when it is first asked for."""

    def __init__(self, table: pl.DataFrame, engine: ColumnEngine) -> None:
        self.table, self.engine = table, engine

    def __missing__(self, position: int) -> Patient:
        self[position] = patient_of(self.table.row(position, named=True), self.engine)
        return self[position]


class Settler:
    """Settles rows, each a case of its own; what was asked of the solver once is kept."""

    def __init__(self, engine: ColumnEngine, cells: OpenCells) -> None:
        self.engine, self._open, self._questions = engine, cells, cells.questions
        # One of its own: which completions it finds, and so what it is asked, must not hang on what was asked before.
        self.solver = Solver(engine.rulebook.domain, engine.regimens, engine.effective)
        self._stays: list[dict[int, bool]] = [{} for _ in self._questions]
        self._met = MetCombinations(engine.reader.clinical.worlds)
        self._donors: list[_RatedDonor] = []
        self._prepared: Session | None = None
        session = self._session()
        for question in self._questions:
            literal = session.encoding.condition(question.condition)
            for model in (session.model([literal]), session.model([-literal])):
                if model is not None:
                    self._add_donor(model)

    @property
    def asked(self) -> int:
        """How many cases of a question were asked of the solver."""
        return sum(map(len, self._stays))

    def settled(self, table: pl.DataFrame) -> dict[int, dict[str, str]]:
        """For some rows of ``table``, by place, the exact standings of the regimens of which not all is open."""
        found = {}
        for start, size in _pieces(table.height):
            patients = _Patients(table.slice(start, size), self.engine)
            for position, regimens in self._in_doubt(patients).items():
                shown = PatientCompletions(patients[position])
                standings = {name: self.solver.standing(name, shown).standing.value for name in regimens}
                found[start + position] = standings
        return found

    def _in_doubt(self, patients: _Patients) -> dict[int, set[str]]:
        """For some rows the regimens whose exact standing may differ from the one node by node."""
        batch = self.engine.reader.batch(patients.table)
        need = self._open.need(batch)
        rows = OpenRows.of(batch, self.engine.reader, self._met).at(need.rows)
        need, rows = self._fill(need, rows, self._donors)
        need.cases = self._open.cases(batch.at(need.rows), patients.table[need.rows])
        return self._asked_of_solver(patients, need, rows)

    def _fill(self, need: Need, rows: OpenRows, donors: list[_RatedDonor]) -> tuple[Need, OpenRows]:
        """What is still needed after the donors have been tried, those that settled most first."""
        order = sorted(donors, key=lambda donor: -donor.cells_settled.sum())
        while order and len(need.rows):
            together: list[tuple[_RatedDonor, Ints, list[Bits]]] = []
            size = 0
            while order and size < _AT_ONCE:
                donor = order.pop(0)
                places = donor.useful(need)
                if len(places):
                    together.append((donor, places, donor.donor.into(rows.at(places))))
                    size += len(places)
            if not together:
                break
            words = [np.concatenate(parts) for parts in zip(*(words for _, _, words in together), strict=True)]
            true, false = self._open.truths(words)
            start = 0
            for donor, places, _ in together:
                places_of_donor = slice(start, start + len(places))
                donor.note(need.meet(true[:, places_of_donor], false[:, places_of_donor], places))
                start += len(places)
            left = need.open_places()
            need, rows = need.left(), rows.at(left)
        return need, rows

    def _asked_of_solver(self, patients: _Patients, need: Need, rows: OpenRows) -> dict[int, set[str]]:
        """Asks about the cells that no donor settles; gives for some rows the regimens whose standing may differ."""
        found: dict[int, set[str]] = {}
        while len(need.rows):
            self._recall(need, found)
            before = len(self._donors)
            for place in need.open_places()[:_ASKED]:
                self._ask(patients, need, int(place))
            self._recall(need, found)
            places, need = need.open_places(), need.left()
            need, rows = self._fill(need, rows.at(places), self._donors[before:])
        self._donors = sorted(self._donors, key=lambda donor: -donor.cells_settled.sum())[:_KEPT]
        return found

    def _recall(self, need: Need, found: dict[int, set[str]]) -> None:
        """Drops what was settled for a case before; where the cell turned out not to be open, notes its regimens."""
        for index, place in np.argwhere(need.true | need.false).tolist():
            stays = self._stays[index].get(int(need.cases[index, place]))
            if stays is not None:
                need.true[index, place] = need.false[index, place] = False
            if stays is False:
                found.setdefault(int(need.rows[place]), set()).update(self._questions[index].regimens)

    def _ask(self, patients: _Patients, need: Need, place: int) -> None:
        """Ask the solver about every needed cell of a row; each completion it finds becomes a donor for other rows."""
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
                    holds = np.array([[model.holds(each_literal)] for each_literal in literals])
                    need.meet(holds, ~holds, np.array([place]))
                    self._add_donor(model)
            self._stays[index][int(need.cases[index, place])] = not need.at(index, place)

    def _add_donor(self, model: Model) -> None:
        donor = Donor(model, self._literals, self._met)
        self._donors.append(_RatedDonor(donor, len(self._questions)))

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
