"""The column engine against the interpreter, the reading of profiles and the solver."""

from __future__ import annotations

import math
from random import Random
from types import SimpleNamespace

import pytest

import enumeration
import generators
from conftest import sized
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Not, walk
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Choice, Includes, Number, Truth
from regimen_advisor.patient.facts import MOST_LINES
from regimen_advisor.patient.narrowing import Contradiction, narrow
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from tables import table

np = pytest.importorskip("numpy", reason="the extra `cohort` is not installed")
pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
from regimen_advisor.columns import engine as columns  # noqa: E402
from regimen_advisor.columns.engine import FAULT, HISTORY, ColumnEngine  # noqa: E402
from regimen_advisor.columns.exact.corrections import with_answers  # noqa: E402
from regimen_advisor.columns.exact.open_cases import OpenCases  # noqa: E402
from regimen_advisor.columns.exact.packed import PackedColumns, unpacked  # noqa: E402
from regimen_advisor.columns.program import ColumnProgram  # noqa: E402

LINES = Number(0, 0), Number(1, MOST_LINES), Number(0, MOST_LINES)
"""Of a patient without a line for advanced disease, with one, and where that is not known."""
TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


@pytest.fixture(scope="module")
def base(rulebook):
    """The rules that are judged as they are, and that generated ones are made from."""
    return rulebook


def possible_profiles(random: Random, count: int, rulebook: Rulebook):
    """Random profiles as written, and the patients read from them."""
    found = []
    while len(found) < count:
        written = generators.random_profile(random)
        try:
            found.append((written, read(Profile.model_validate(written), rulebook.domain, explain=False)))
        except InputError:
            continue
    return [written for written, _ in found], [patient for _, patient in found]


def different_nodes(rulebook: Rulebook, written, patients: list[Patient]) -> tuple[int, int]:
    """Cells (a patient by a node of a condition) that were compared with the interpreter, and how many differ."""
    conditions = {node for condition in effective_conditions(rulebook).values() for node in walk(condition)}
    nodes: dict[str, Condition] = {f"c{index}": node for index, node in enumerate(conditions)}
    engine = ColumnEngine(rulebook, also=nodes.values())
    facts = engine.facts(table(written).lazy()).collect()
    truths = engine.truths(facts.lazy(), nodes).collect()
    different = 0
    for row, patient in zip(truths.rows(named=True), patients, strict=True):
        judge = Interpreter(patient.facts).judge
        different += sum(judge(node).truth is not TRUTHS[row[name]] for name, node in nodes.items())
    return len(nodes) * len(patients), different


def test_an_outcome_without_a_line_is_a_contradiction_whatever_the_next_row_says(base):
    progressed = {"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}
    rows = table([{"last_outcome": "progressed", "history": history} for history in ([], [progressed])])
    reader = ColumnEngine(base).reader
    untreated, treated = reader.batch(rows).fault.tolist()
    assert "without a line for advanced disease there is no outcome" in reader.why(untreated, history=True)
    assert treated == 0


def node_by_node(rulebook: Rulebook, patient: Patient) -> dict[str, str]:
    judge = Interpreter(patient.facts).judge
    return {
        name: standing_of(judge(rules.offer).truth, judge(rules.exclusion).truth, judge(rules.caution).truth).value
        for name, rules in regimen_rules(rulebook).items()
    }


def test_columns_and_interpreter_agree_on_a_million_nodes(base):
    random = Random(20261123)
    cells = different = 0
    written, patients = possible_profiles(random, sized(900, 600), base)
    for rulebook in (base, *(generators.random_rulebook(random, base, rules=30) for _ in range(sized(12, 2)))):
        compared, wrong = different_nodes(rulebook, written, patients)
        cells, different = cells + compared, different + wrong
    assert cells >= sized(1_000_000, 300_000)
    assert different == 0


def test_a_batch_judged_eight_patients_to_a_byte_says_what_the_expressions_say(base):
    random = Random(5)
    rulebook = generators.random_rulebook(random, base, rules=30)
    written, _ = possible_profiles(random, 101, base)  # no whole number of bytes
    conditions = {f"c{index}": condition for index, condition in enumerate(effective_conditions(rulebook).values())}
    engine = ColumnEngine(rulebook, also=conditions.values())
    found = engine.truths(engine.facts(table(written).lazy()), conditions).collect()
    program = ColumnProgram(engine.layout)
    columns_ = [
        (program.truth(condition, True), program.truth(condition, False), program.unknown(condition))
        for condition in conditions.values()
    ]
    packed = PackedColumns(program, [column for three in columns_ for column in three])
    flags = unpacked(packed(engine.reader.batch(table(written)).words), len(written))
    for name, (true, false, unknown) in zip(conditions, flags.reshape(len(conditions), 3, -1), strict=True):
        assert true.tolist() == (found[name] == True).fill_null(value=False).to_list()  # noqa: E712
        assert false.tolist() == (found[name] == False).fill_null(value=False).to_list()  # noqa: E712
        assert unknown.tolist() == found[name].is_null().to_list()


def test_columns_narrow_every_fact_exactly_as_a_profile_is_read(base):
    written, patients = possible_profiles(Random(7), 400, base)
    engine = ColumnEngine(base)
    facts = engine.facts(table(written).lazy()).collect()
    for row, patient in zip(facts.rows(named=True), patients, strict=True):
        words = tuple(row[f"_w{index}"] for index in range(engine.layout.size))
        assert words == engine.layout.encode(patient.facts)


def test_combinations_of_clinical_cells_are_narrowed_as_the_axioms_are_followed_one_by_one(base):
    """What follows is read from the complete combinations; there, following the axioms must not fall short of it."""
    engine = ColumnEngine(base)
    clinical, options = engine.reader.clinical, engine.reader.clinical.worlds.options
    sizes = (*map(len, options.values()), len(LINES))
    keys = Random(8).sample(range(math.prod(sizes)), sized(20_000, 1_500))
    found = clinical(np.array(keys))
    impossible = 0
    for key, place, untreated, fault in zip(keys, found.place, found.flag, found.fault, strict=True):
        *cells, lines = np.unravel_index(key, sizes)
        words = {name: words[cell] for (name, words), cell in zip(options.items(), cells, strict=True) if cell}
        groups = {name: base.domain.facts[name].groups for name in words}
        known = [(name, Choice(frozenset(groups[name].get(word, (word,))))) for name, word in words.items()]
        try:
            facts = narrow([("prior_lines", LINES[lines]), *known], base.domain)
        except Contradiction:
            impossible += 1
            assert fault > 0, words
            continue
        assert fault == 0, words
        assert tuple(found.table[place]) == engine.layout.encode({name: facts[name] for name in options}), words
        assert untreated == (facts["prior_lines"].high == 0), words
    assert 0.3 * len(keys) < impossible < 0.95 * len(keys)


def test_columns_give_the_standings_of_the_node_by_node_table(base):
    written, patients = possible_profiles(Random(8), 150, base)
    engine = ColumnEngine(base)
    standings = engine.standings(engine.facts(table(written).lazy())).drop("questions").collect()
    for row, patient in zip(standings.rows(named=True), patients, strict=True):
        assert row == node_by_node(base, patient)


def test_a_row_is_set_apart_exactly_when_the_profile_is_refused(base):
    random = Random(9)
    written = [generators.random_profile(random, known=0.7) for _ in range(500)]
    engine = ColumnEngine(base)
    facts = engine.facts(table(written).lazy()).collect()
    refused = 0
    for profile, fault, history in zip(written, facts[FAULT], facts[HISTORY], strict=True):
        try:
            read(Profile.model_validate(profile), base.domain, explain=False)
            assert fault == 0, (profile, engine.reader.why(fault, history))
        except InputError:
            refused += 1
            assert engine.reader.why(fault, history)
    assert refused > 50


def test_solver_and_columns_agree_on_every_offered_and_not_indicated_cell(base):
    solver = Guideline.of(base).solver
    written, patients = possible_profiles(Random(10), 40, base)
    engine = ColumnEngine(base)
    standings = engine.standings(engine.facts(table(written).lazy())).drop("questions").collect()
    compared = 0
    for row, patient in zip(standings.rows(named=True), patients, strict=True):
        for regimen in base.regimens:
            standing = Standing(row[regimen])
            exact = solver.standing(regimen, patient).standing
            if standing.is_offered:
                assert exact.is_offered
                compared += 1
            elif standing is Standing.NOT_INDICATED:
                assert exact is standing
                compared += 1
    assert compared > 500


def test_exact_standings_of_a_table_are_those_of_all_completions_on_small_domains(monkeypatch):
    """The columns, then the solver where a case is in doubt; enumeration is the oracle."""
    random, cells, settled_further = Random(31), 0, 0
    count = sized(14, 4)
    for _ in range(count):
        solver = enumeration.random_solver(random)
        rules = SimpleNamespace(domain=solver.domain, regimens=dict.fromkeys(solver.regimens))
        monkeypatch.setattr(columns, "effective_conditions", lambda _, solver=solver: solver.rules)
        monkeypatch.setattr(columns, "regimen_rules", lambda *_, solver=solver: solver.regimens)
        written, patients = possible_small_profiles(random, 4, solver)
        rows = table(written).with_row_index("row")
        engine = ColumnEngine(rules)
        node = engine.standings(engine.facts(rows.lazy()), ["row"]).collect()
        answers = OpenCases(engine).answers(rows)
        exact = with_answers(node.lazy(), answers.lazy(), list(solver.regimens)).collect()
        for row, before, patient in zip(exact.rows(named=True), node.rows(named=True), patients, strict=True):
            oracle = enumeration.completions(solver, patient)
            for name in solver.regimens:
                assert row[name] == oracle.standing(name).value
                cells += 1
                settled_further += row[name] != before[name]
                if before[name] in ("offered", "offered-with-caution", "not-indicated"):
                    assert oracle.standing(name).is_offered == before[name].startswith("offered")
    assert cells == count * 4 * 3
    assert settled_further > 0


def possible_small_profiles(random, count, solver):
    found = []
    while len(found) < count:
        written = enumeration.random_written(random)
        try:
            found.append((written, read(Profile.model_validate(written), solver.domain, explain=False)))
        except InputError:
            continue
    return [written for written, _ in found], [patient for _, patient in found]


def test_columns_and_durable_rules_agree_on_a_hundred_thousand_cells(base):
    chaining = pytest.importorskip("regimen_advisor.engines.forward_chaining")
    if not chaining.available():
        pytest.skip("durable-rules cannot be imported on this Python")
    written, patients = possible_profiles(Random(11), sized(600, 150), base)
    conditions = effective_conditions(base)
    engine = ColumnEngine(base, also=conditions.values())
    truths = engine.truths(engine.facts(table(written).lazy()), conditions).collect()
    findings = {name: finding.condition for name, finding in base.findings.items()}
    durable = chaining.ForwardChaining(conditions, findings, base.domain)
    different = cells = 0
    for row, patient in zip(truths.rows(named=True), patients, strict=True):
        fired = durable.judge(patient.facts)
        cells += len(fired)
        different += sum(fired[name] is not TRUTHS[row[name]] for name in fired)
    assert cells >= sized(100_000, 25_000)
    assert different == 0


def test_a_rulebook_that_tests_more_members_than_a_machine_word_holds_is_read_right(base):
    random = Random(12)
    drugs = sorted(base.formulary.drugs)
    conditions = {f"c{index}": Leaf(Includes("received", drug)) for index, drug in enumerate(drugs[:90])}
    written, patients = possible_profiles(random, 60, base)
    for profile in written[:30]:
        profile["history"] = [{"line": 1, "drugs": random.sample(drugs[:90], 2), "outcome": "progressed"}]
        profile.pop("prior_lines", None)
        profile.pop("last_outcome", None)
        profile.pop("curative_treatment_possible", None)
        profile.setdefault("ecog", 1)
    patients = [read(Profile.model_validate(profile), base.domain) for profile in written]
    engine = ColumnEngine(base, also=conditions.values())
    truths = engine.truths(engine.facts(table(written).lazy()), conditions).collect()
    for row, patient in zip(truths.rows(named=True), patients, strict=True):
        judge = Interpreter(patient.facts).judge
        assert {name: TRUTHS[value] for name, value in row.items()} == {
            name: judge(condition).truth for name, condition in conditions.items()
        }


def test_empty_conditions_are_constants(base):
    engine = ColumnEngine(base)
    facts = engine.facts(table([{"disease": "nsclc"}]).lazy())
    nodes = {"all": AllOf(()), "any": AnyOf(()), "not": Not(AnyOf(())), "nested": AllOf((AnyOf(()), AllOf(())))}
    assert engine.truths(facts.with_row_index(), nodes).collect().row(0, named=True) == {
        "all": True, "any": False, "not": True, "nested": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([{"line": 1, "drugs": ["osimertinib"]}, {"line": 1, "drugs": ["docetaxel"]}], "twice"),
        ([{"line": 2, "drugs": ["osimertinib"]}], "gap"),
        ([{"line": 1, "setting": "maintenance", "drugs": ["pemetrexed"]}], "maintenance of a line"),
        ([{"drugs": ["osimertinib"]}], "needs a line"),
        ([{"line": 1, "setting": "curative", "drugs": ["cisplatin"]}], "needs a line"),
        (
            [
                {"line": 1, "drugs": ["carboplatin"], "outcome": "progressed"},
                {"line": 1, "setting": "maintenance", "drugs": ["pemetrexed"], "outcome": "ongoing"},
            ],
            "cannot be ongoing",
        ),
    ],
)
def test_a_history_that_does_not_hang_together_is_set_apart_with_the_reason(base, entries, fault):
    engine = ColumnEngine(base)
    rows = engine.facts(table([{"disease": "nsclc", "history": entries}]).lazy()).collect()
    assert fault in engine.reader.why(rows[FAULT][0], rows[HISTORY][0])


def test_the_order_of_history_entries_in_the_table_means_nothing(base):
    entries = [
        {"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"},
        {"line": 2, "drugs": ["carboplatin", "pemetrexed"], "outcome": "completed", "cycles": 4},
        {"line": 2, "setting": "maintenance", "drugs": ["pemetrexed"], "outcome": "ongoing"},
        {"setting": "curative", "drugs": ["cisplatin"], "outcome": "completed"},
    ]
    engine = ColumnEngine(base)
    orders = [entries, entries[::-1], [entries[2], entries[0], entries[3], entries[1]]]
    rows = engine.facts(table([{"disease": "nsclc", "history": order} for order in orders]).lazy()).collect()
    assert rows.n_unique() == 1


def test_a_word_next_to_a_history_that_says_more_is_read_like_a_profile(base):
    profile = {"disease": "nsclc", "last_outcome": "progressed", "history": [{"line": 1, "drugs": ["osimertinib"]}]}
    engine = ColumnEngine(base)
    rows = engine.facts(table([profile]).lazy()).collect()
    facts = read(Profile.model_validate(profile), base.domain).facts
    assert tuple(rows.row(0)[: engine.layout.size]) == engine.layout.encode(facts)
