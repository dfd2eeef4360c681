"""Rows imputed from patients that the solver found: each is a possible patient, and settles open cells."""

from random import Random

import numpy as np
import pytest

import generators
from conftest import sized
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.values import Between, Includes, Is, Truth
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.solving.assumptions import assumption_groups
from regimen_advisor.solving.determining_sets import axiom_groups, unit_of
from regimen_advisor.solving.solver import Solver
from tables import table

pytest.importorskip("polars", reason="the extra `cohort` is not installed")
from regimen_advisor.cohorts.synthesis import synthetic_patients
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.exact.cases import Cases
from regimen_advisor.columns.exact.combinations import MetCombinations
from regimen_advisor.columns.exact.corrections import with_answers
from regimen_advisor.columns.exact.donors import CellLiterals, Donor, OpenRows
from regimen_advisor.columns.exact.needs import OpenCells
from regimen_advisor.columns.exact.open_cases import OpenCases
from regimen_advisor.columns.exact.packed import PackedColumns, unpacked
from regimen_advisor.columns.program import ColumnProgram


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
            found.append((written, read(Profile.model_validate(written), rulebook.domain, explain=False)))
        except InputError:
            continue
    return [written for written, _ in found], [patient for _, patient in found]


def donors_from(solver: Solver, patients: list[Patient], engine: ColumnEngine) -> list[Donor]:
    """For some patients a completion of each, one offered something where that can be."""
    met, found = MetCombinations(engine.reader.clinical.worlds), []
    for patient, name in zip(patients, solver.offered, strict=False):
        session = solver.session(patient=patient)
        known = [literal for part in assumption_groups(session.encoding, patient).values() for literal in part]
        model = session.model(known, [session.encoding.condition(solver.offered[name])]) or session.model(known)
        assert model is not None
        found.append(Donor(model, CellLiterals(session.encoding, engine.reader), met))
    return found


def test_what_is_found_of_a_row_that_was_filled_in_is_true_of_some_completion_of_the_row(rulebook):
    solver, engine = Guideline.of(rulebook).solver, ColumnEngine(rulebook)
    written, patients = vague_profiles(90, rulebook)
    cells = OpenCells(engine)
    batch = engine.reader.batch(table(written))
    donors = donors_from(solver, patients[60:], engine)
    rows = OpenRows.of(batch, engine.reader, donors[0].met)
    wanted = cells.need(batch)
    possibly = np.zeros((2, len(cells.questions), len(patients)), bool)
    for donor in donors:
        filled = donor.into(rows)
        assert all((after & ~before == 0).all() for before, after in zip(batch.words, filled, strict=True))
        possibly |= cells.truths(filled)
    for place, patient in enumerate(patients):
        exact = solver.truths([question.condition for question in cells.questions], patient)
        for truth, true, false in zip(exact, *possibly[:, :, place], strict=True):
            assert not (true and truth is Truth.FALSE)
            assert not (false and truth is Truth.TRUE)
    settled = possibly[0][:, wanted.rows] & possibly[1][:, wanted.rows] & wanted.true
    assert np.count_nonzero(settled) > 0.5 * np.count_nonzero(wanted.true)


def variants(written: list[dict], rulebook) -> list[tuple[dict, Patient]]:
    """Each profile, and others that differ from it in one key or in one part of its history."""
    found = []
    for profile in written:
        second = generators.random_profile(Random(str(profile)), known=0.9)
        changed = [profile, *({**profile, key: second[key]} for key in second if key not in ("history", "id"))]
        history = profile.get("history")
        for number, entry in enumerate(history if isinstance(history, list) else ()):
            for part in ("outcome", "cycles", "relapse_after", "drugs"):
                entries = [*history]
                entries[number] = {key: value for key, value in entry.items() if key != part}
                changed.append({**profile, "history": entries})
        for each_entry in changed:
            try:
                found.append((each_entry, read(Profile.model_validate(each_entry), rulebook.domain, explain=False)))
            except InputError:
                continue
    return found


def entangled_condition(random: Random, rulebook) -> Condition:
    """A few tests of facts that axioms tie together, or of one fact: node by node they are often open for nothing."""
    group = sorted(random.choice(sorted(set(axiom_groups(rulebook.domain).values()), key=sorted)) | {"egfr"})
    names = [name for name in rulebook.domain.facts if unit_of(rulebook.domain, name) in group]
    chosen = random.sample(names, min(2, len(names)))
    parts: list[Condition] = []
    while len(parts) < 3:
        atom = generators.random_atom(random, rulebook.domain)
        if atom.fact in chosen:
            parts.append(random.choice([Leaf(atom), Not(Leaf(atom))]))
    return random.choice([AllOf, AnyOf])((parts[0], random.choice([AllOf, AnyOf])(tuple(parts[1:]))))


def test_rows_of_one_case_have_the_same_truths(rulebook):
    random, solver = Random(4), Guideline.of(rulebook).solver
    written, patients = zip(*variants(vague_profiles(sized(60, 40), rulebook)[0], rulebook), strict=True)
    rows = table(written)
    conditions = [entangled_condition(random, rulebook) for _ in range(sized(100, 20))]
    engine = ColumnEngine(rulebook, also=conditions)
    batch = engine.reader.batch(rows)
    settled = 0
    for condition in conditions:
        program = ColumnProgram(engine.layout)
        unknown = program.unknown(condition)
        open_ = unpacked(PackedColumns(program, [unknown])(batch.words), rows.height)[0]
        cases = Cases(engine.reader, program, [(condition, unknown)]).numbers(batch, rows)
        alike: dict[int, list[int]] = {}
        for row in np.flatnonzero(open_).tolist():
            alike.setdefault(int(cases[row]), []).append(row)
        for group in alike.values():
            truths = {solver.truth(condition, patients[row]) for row in random.sample(group, min(4, len(group)))}
            assert len(truths) == 1, condition
            settled += truths != {Truth.UNKNOWN}
    assert settled > sized(40, 4)


def case_numbers(engine: ColumnEngine, condition: Condition, profiles: list[dict]) -> list[int]:
    program, rows = ColumnProgram(engine.layout), table(profiles)
    cases = Cases(engine.reader, program, [(condition, program.unknown(condition))])
    return cases.numbers(engine.reader.batch(rows), rows).tolist()


def test_cells_that_leave_a_set_open_in_other_ways_are_other_cases(rulebook):
    variants_ = [Leaf(Includes("egfr", name)) for name in rulebook.domain.facts["egfr"].members]
    condition = AllOf((AnyOf(tuple(variants_[1:])), Not(variants_[0])))
    positive, unknown, again = case_numbers(
        ColumnEngine(rulebook, also=[condition]), condition,
        [{"egfr": "positive", "ecog": 0}, {"disease": "nsclc", "ecog": 0}, {"disease": "nsclc", "ecog": 2}],
    )  # fmt: skip
    assert positive != unknown == again


GEFITINIB = {"line": 1, "drugs": ["gefitinib"], "outcome": "progressed", "cycles": 4}
UNKNOWN = {"line": 2, "drugs": "unknown", "outcome": "unknown"}
ASKS_ALL = AllOf((
    *(Leaf(Includes("received", name)) for name in ("platinum", "gefitinib")), Leaf(Between("last_cycles", 4, 6))
))  # fmt: skip
CHEMOTHERAPY = {"line": 3, "drugs": ["docetaxel"], "outcome": "completed"}


@pytest.mark.parametrize(
    ("history", "value"),
    [
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "outcome": "completed"}, UNKNOWN]),
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "outcome": "unknown"}, UNKNOWN]),
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "cycles": 3}, UNKNOWN]),
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "drugs": ["osimertinib"]}, UNKNOWN]),
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "drugs": "unknown"}, UNKNOWN]),
        ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "line": 2}, {**UNKNOWN, "line": 1}]),
        ([GEFITINIB, UNKNOWN], [GEFITINIB, UNKNOWN, {**UNKNOWN, "setting": "maintenance"}]),
        ([{**GEFITINIB, "drugs": ["egfr-tki"]}, UNKNOWN], [{**GEFITINIB, "drugs": ["egfr-tki", "targeted"]}, UNKNOWN]),
    ],
)
def test_a_history_is_distinguished_from_one_that_leaves_something_else_possible(rulebook, history, value):
    rows = [{"history": [*entry, CHEMOTHERAPY]} for entry in (history, value, history)]
    rows[2]["ecog"] = 0
    first, another, again = case_numbers(ColumnEngine(rulebook, also=[ASKS_ALL]), ASKS_ALL, rows)
    assert first != another
    assert first == again


def test_a_history_that_settles_a_test_is_distinguished_from_none(rulebook):
    early = Leaf(Is("extent", frozenset({"early"})))
    condition = AllOf((early, AnyOf((Not(early), Leaf(Includes("last_drugs", "egfr-tki"))))))
    rows = [{"history": [{**CHEMOTHERAPY, "line": 1, "outcome": "unknown"}]}, {"prior_lines": 1}]
    given, none = case_numbers(ColumnEngine(rulebook, also=[condition]), condition, rows)
    assert given != none


def test_of_a_history_only_what_the_condition_asks_tells_it_apart(rulebook):
    condition = Leaf(Includes("received", "platinum"))
    histories = ([GEFITINIB, UNKNOWN], [{**GEFITINIB, "drugs": ["osimertinib"], "cycles": 3}, UNKNOWN])
    first, another = case_numbers(ColumnEngine(rulebook), condition, [{"history": history} for history in histories])
    assert first == another


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", [6, 11])
def test_exact_standings_of_rows_that_are_one_case_are_those_of_each_row(rulebook, seed):
    random = Random(seed)
    written, patients = zip(*variants(vague_profiles(40, rulebook)[0], rulebook), strict=True)
    rows = table(written).with_row_index("row")
    changed = 0
    count = sized(4, 2)
    for _ in range(count):
        book = generators.random_rulebook(random, rulebook, rules=30)
        engine, solver = ColumnEngine(book), Guideline.of(book).solver
        node = engine.standings(engine.facts(rows.lazy()), ["row"]).collect()
        answers = OpenCases(engine).answers(rows)
        found = with_answers(node.lazy(), answers.lazy(), list(book.regimens)).collect()
        for row, before, patient in zip(found.rows(named=True), node.rows(named=True), patients, strict=True):
            exact = {name: entry.standing.value for name, entry in solver.standings(patient).items()}
            assert {name: row[name] for name in exact} == exact
            changed += {name: before[name] for name in exact} != exact
    assert changed > 4 * count


def test_the_order_in_which_batches_come_changes_neither_what_is_asked_nor_what_is_reported(rulebook):
    rows = synthetic_patients(sized(24_000, 12_000), seed=1).collect().with_row_index("row", offset=1)
    found = []
    for backwards in (False, True):
        cases = OpenCases(ColumnEngine(rulebook))
        batches = list(rows.iter_slices(5_000))
        for batch in reversed(batches) if backwards else batches:
            cases.look(batch, cases.engine.reader.batch(batch))
        cases.settle()
        found.append((cases.asked, cases.corrections().rows()))
    assert found[0] == found[1]
    assert len(found[0][1]) >= sized(3, 1)
