"""Rows filled in from patients that the solver found: what is then said of them is possible, and settles open cells."""

from random import Random

import numpy as np
import pytest

import generators
from regimen_advisor.engines.knowing import units
from regimen_advisor.engines.solver import Solver, solver_for
from regimen_advisor.errors import InputError
from regimen_advisor.profile import Profile
from regimen_advisor.reading import Patient, read
from regimen_advisor.values import Truth
from tables import table

pytest.importorskip("polars", reason="the extra `cohort` is not installed")
from regimen_advisor.engines.column_combinations import Clinicals
from regimen_advisor.engines.column_filling import Filling, OpenRows
from regimen_advisor.engines.column_needs import OpenCells
from regimen_advisor.engines.columns import ColumnEngine


def vague_profiles(count, rulebook):
    """Profiles of possible patients of whom much is unknown, half of them with parts of their history left out."""
    random = Random(77)
    found = []
    while len(found) < count:
        written = generators.random_profile(random, known=random.choice([0.3, 0.6]))
        for entry in written.get("history") or ():
            if random.random() < 0.5:
                entry.pop(random.choice(["outcome", "cycles"]), None)
            if random.random() < 0.3:
                entry["drugs"] = "unknown"
        try:
            found.append((written, read(Profile.model_validate(written), rulebook.domain)))
        except InputError:
            continue
    return [written for written, _ in found], [patient for _, patient in found]


def fillings_from(solver: Solver, patients: list[Patient], engine: ColumnEngine) -> list[Filling]:
    """For some patients a completion of each, one offered something where that can be."""
    clinicals, found = Clinicals(engine.reader), []
    for patient, name in zip(patients, solver.offered, strict=False):
        session = solver.session(patient=patient)
        known = [literal for part in units(session.encoding, patient).values() for literal in part]
        model = session.model(known, [session.encoding.condition(solver.offered[name])]) or session.model(known)
        assert model is not None
        found.append(Filling(model, session.encoding, engine.reader, clinicals))
    return found


def test_what_is_said_of_a_row_that_was_filled_in_is_true_of_some_completion_of_the_row(rulebook):
    solver, engine = solver_for(rulebook), ColumnEngine(rulebook)
    written, patients = vague_profiles(90, rulebook)
    cells = OpenCells(engine, solver.offered)
    batch = engine.reader.batch(table(written))
    fillings = fillings_from(solver, patients[60:], engine)
    rows = OpenRows.of(batch, engine.reader, fillings[0].clinicals)
    wanted = cells.need(batch.words, batch.fault == 0)
    possibly = np.zeros((2, len(cells.questions), len(patients)), bool)
    for filling in fillings:
        filled = filling.into(rows)
        assert all((after & ~before == 0).all() for before, after in zip(batch.words, filled, strict=True))
        possibly |= cells.truths(filled)
    for place, patient in enumerate(patients):
        exact = solver.truths([question.condition for question in cells.questions], patient)
        for truth, true, false in zip(exact, *possibly[:, :, place], strict=True):
            assert not (true and truth is Truth.FALSE)
            assert not (false and truth is Truth.TRUE)
    settled = possibly[0][:, wanted.rows] & possibly[1][:, wanted.rows] & wanted.true
    assert np.count_nonzero(settled) > 0.5 * np.count_nonzero(wanted.true)
