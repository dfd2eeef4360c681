"""The solver against the definition: everything it says is checked by enumerating all completions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

import pytest

from conftest import sized
from enumeration import completions, domain, random_condition, random_patient, random_solver, random_written
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import RegimenRules, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import ALWAYS, NEVER, AllOf, AnyOf, Leaf
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Between, Includes, Is, Truth
from regimen_advisor.patient.facts import Axiom, AxiomClause, Contained, SignedAtom
from regimen_advisor.patient.narrowing import Contradiction, narrow
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.solving import implicants
from regimen_advisor.solving.encoding import Encoding
from regimen_advisor.solving.implicants import ways_to
from regimen_advisor.solving.session import Completions
from regimen_advisor.solving.solver import DomainSolver, ImpossiblePatient, Session, Solver
from regimen_advisor.solving.witness import witness
from worlds import World, obeys


def patient_of(rulebook: Rulebook, **keys: object) -> Patient:
    return read(Profile.model_validate(keys), rulebook.domain)


# Exactness --------------------------------------------------------------------------------------------------------


def test_what_an_axiom_says_of_the_history_alone_follows_from_how_its_facts_are_defined(rulebook: Rulebook) -> None:
    session, facts = Session(Encoding(rulebook.domain, Guideline.of(rulebook).solver.size)), rulebook.domain.of_history
    of_history = [axiom for axiom in rulebook.domain.axioms if axiom.facts <= frozenset(facts)]
    assert {type(axiom) for axiom in of_history} == {AxiomClause, Contained}
    for axiom in of_history:
        for broken in ways_to_break(axiom, session.encoding):
            assert not session.can(broken), axiom.says


def ways_to_break(axiom: Axiom, encoding: Encoding) -> Iterator[list[int]]:
    """The literals of each patient of whom the axiom would not be true."""

    def literals(signed: Iterable[SignedAtom]) -> list[int]:
        return [encoding.atom(each.atom) * (1 if each.wanted else -1) for each in signed]

    if isinstance(axiom, AxiomClause):
        yield literals(~literal for literal in axiom.literals)
        return
    for drug in encoding.kinds:
        outside = [-encoding.atom(Includes(whole, drug)) for whole in axiom.wholes]
        yield [*literals(axiom.premises), encoding.atom(Includes(axiom.part, drug)), *outside]


def test_standings_and_truths_are_those_of_all_completions() -> None:
    random, seen = Random(20), Counter[Standing]()
    enumerated = settled_further = 0
    for index in range(sized(16, 6)):
        lines = 2 if index % 4 == 0 else 1
        solver = random_solver(random, lines=lines)
        for _ in range(3):
            patient = random_patient(random, lines)
            oracle = completions(solver, patient)
            enumerated += len(oracle.worlds)
            node = {name: node_by_node(patient, rules_about) for name, rules_about in solver.regimens.items()}
            exact = solver.standings(patient)
            assert solver.standings(patient, node).keys() == exact.keys()
            for name, rules_about in solver.regimens.items():
                assert exact[name].standing is oracle.standing(name)
                assert solver.standings(patient, node)[name].standing is exact[name].standing
                assert exact[name].offer is oracle.truth(rules_about.offer)
                assert exact[name].exclusion is oracle.truth(rules_about.exclusion)
                assert exact[name].caution is oracle.truth(rules_about.caution)
                seen[exact[name].standing] += 1
                settled_further += node[name] is not exact[name].standing
    assert enumerated >= sized(2_000, 700)
    assert seen[Standing.UNDETERMINED] >= 0.1 * seen.total()
    assert all(seen[standing] for standing in Standing)
    assert settled_further > 0


def node_by_node(patient: Patient, value: RegimenRules) -> Standing:
    reader = Interpreter(patient.facts)
    return standing_of(*(reader.judge(part).truth for part in (value.offer, value.exclusion, value.caution)))


def test_a_profile_is_refused_exactly_when_no_complete_patient_agrees_with_it() -> None:
    random = Random(5)
    solver = DomainSolver(domain(2))
    refused = 0
    for _ in range(400):
        written = random_written(random, 2)
        try:
            patient, is_refused = read(Profile.model_validate(written), domain(2), explain=False), False
        except InputError:
            patient, is_refused = unnarrowed(written), True
        refused += is_refused
        if patient is not None:
            assert solver.is_possible(patient) is not is_refused, written
    assert refused > 40


def unnarrowed(written: dict[str, object]) -> Patient | None:
    """The patient of a contradictory profile, each key read by itself; nothing where a single key is refused."""
    facts, history, given = dict(domain(2).unknown), None, {}
    for key, value in written.items():
        try:
            first = read(Profile.model_validate({key: value}), domain(2))
        except InputError:
            return None
        facts |= {name: entry for name, entry in first.given.get(key, ()) if key not in ("history", "prior_lines")}
        given |= first.given
        history = first.history if first.history is not None else history
    for name, entry in given.get("prior_lines", ()):
        facts[name] = entry if name == "prior_lines" else facts[name]
    return Patient("unnarrowed", facts, history, given)


def test_facts_of_a_witness_obey_every_axiom() -> None:
    random = Random(3)
    solver = Solver(domain(2), {}, {})
    found = 0
    for _ in range(40):
        condition = random_condition(random, ["stage", "extent", "last_outcome", "progressed_on", "prior_lines"], 3)
        written = witness(solver, condition, read(Profile.model_validate({"id": "anyone"}), domain(2)))
        if written is None:
            anyone = read(Profile.model_validate({"id": "anyone"}), domain(2))
            assert completions(solver, anyone, [condition]).truth(condition) is Truth.FALSE
            continue
        patient = read(Profile.model_validate(written), domain(2))
        assert Interpreter(patient.facts).judge(condition).truth is Truth.TRUE
        assert all(obeys(axiom, patient.facts) for axiom in domain(2).axioms)
        found += 1
    assert found > 20


def test_a_condition_that_every_value_meets_is_true_though_node_by_node_it_is_unknown(rulebook: Rulebook) -> None:
    either = AnyOf((Leaf(Between("pd_l1_tps", 0, 49)), Leaf(Between("pd_l1_tps", 50, 100))))
    nobody = patient_of(rulebook, id="nobody")
    assert Interpreter(nobody.facts).judge(either).truth is Truth.UNKNOWN
    assert Guideline.of(rulebook).solver.truth(either, nobody) is Truth.TRUE
    assert Guideline.of(rulebook).solver.truth(ALWAYS, nobody) is Truth.TRUE
    assert Guideline.of(rulebook).solver.truth(NEVER, nobody) is Truth.FALSE


def test_a_drug_that_no_rule_names_counts_for_its_class(rulebook: Rulebook) -> None:
    patient = patient_of(rulebook, history=[{"line": 1, "drugs": ["nedaplatin"], "outcome": "progressed"}])
    solver = Guideline.of(rulebook).solver
    assert solver.truth(Leaf(Includes("progressed_on", "platinum")), patient) is Truth.TRUE
    assert solver.truth(Leaf(Includes("progressed_on", "carboplatin")), patient) is Truth.FALSE


def test_a_condition_about_a_drug_that_no_rule_names_is_distinguished_from_its_class(rulebook: Rulebook) -> None:
    patient = patient_of(rulebook, history=[{"line": 1, "drugs": ["platinum"], "outcome": "completed"}])
    assert Guideline.of(rulebook).solver.truth(Leaf(Includes("received", "lobaplatin")), patient) is Truth.UNKNOWN
    assert Guideline.of(rulebook).solver.truth(Leaf(Includes("received", "platinum")), patient) is Truth.TRUE


def test_many_lines_are_all_read(rulebook: Rulebook) -> None:
    lines = [{"line": line, "drugs": ["docetaxel"], "outcome": "progressed"} for line in range(1, 8)]
    lines[5]["drugs"] = ["osimertinib"]
    patient = patient_of(rulebook, history=lines)
    solver = Guideline.of(rulebook).solver
    assert solver.truth(Leaf(Between("prior_lines", 7, 7)), patient) is Truth.TRUE
    assert solver.truth(Leaf(Includes("progressed_on", "osimertinib")), patient) is Truth.TRUE
    assert solver.truth(Leaf(Includes("last_drugs", "osimertinib")), patient) is Truth.FALSE


def test_what_was_shown_of_a_patient_answers_as_the_solver_does(rulebook: Rulebook) -> None:
    random, solver, answers = Random(4), Guideline.of(rulebook).solver, Counter[bool]()
    patient = patient_of(rulebook, disease="nsclc", prior_lines=1)
    session = solver.session(patient=patient)
    shown, known = Completions(session, solver.known(session, patient)), solver.known(session, patient)
    literals = [session.encoding.condition(condition) for condition in solver.rules.values()]
    for _ in range(600):
        asked = [random.choice((-1, 1)) * literal for literal in random.sample(literals, random.randint(1, 4))]
        answers[shown.can(asked)] += 1
        assert shown.can(asked) == session.can(known, asked)
    assert min(answers[True], answers[False]) > 60


def test_a_patient_whom_no_completion_fits_is_refused(rulebook: Rulebook) -> None:
    fitting = patient_of(rulebook, disease="nsclc")
    facts = {**fitting.facts, "histology": rulebook.domain.facts["histology"].unknown}
    facts["histology"] = type(facts["histology"])(frozenset({"small-cell"}))
    impossible = Patient("impossible", facts, None, {})
    with pytest.raises(Contradiction):
        narrow(list(facts.items()), rulebook.domain)
    assert not Guideline.of(rulebook).solver.is_possible(impossible)
    with pytest.raises(ImpossiblePatient):
        Guideline.of(rulebook).solver.truth(ALWAYS, impossible)


def test_the_shipped_rules_have_the_standings_of_the_table_wherever_the_table_is_settled(rulebook: Rulebook) -> None:
    patient = patient_of(
        rulebook, histology="adenocarcinoma", stage="IVB", egfr=["L858R"], history=[
            {"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"},
        ],
    )  # fmt: skip
    exact = Guideline.of(rulebook).solver.standings(patient)
    for name, rules_about in regimen_rules(rulebook).items():
        found = node_by_node(patient, rules_about)
        if found not in (Standing.UNDETERMINED, Standing.EXCLUDED):
            assert exact[name].standing.is_offered == found.is_offered


# Ways and witnesses -----------------------------------------------------------------------------------------------


def test_ways_cover_a_condition_and_none_says_more_than_it_must() -> None:
    random = Random(8)
    solver = Solver(domain(2), {}, {})
    found = 0
    for _ in range(20):
        condition = random_condition(random, ["stage", "extent", "pd_l1_tps", "prior_lines", "progressed_on"])
        ways = ways_to(solver, condition)
        found += len(ways)
        everyone = completions(solver, read(Profile.model_validate({"id": "anyone"}), domain(2)), [condition]).worlds

        for world in everyone:
            truth = Interpreter(world.facts).judge(condition).truth is Truth.TRUE
            assert any(meets(way, world) for way in ways) is truth
        for index, way in enumerate(ways):
            others = [*ways[:index], *ways[index + 1 :]]
            assert any(
                meets(way, world) and not any(meets(other_other, world) for other_other in others) for world in everyone
            )
            for part in way:
                rest = [candidate for candidate in way if candidate is not part]
                assert any(
                    meets(rest, world) and Interpreter(world.facts).judge(condition).truth is not Truth.TRUE
                    for world in everyone
                )
    assert found > 20


def meets(way: Sequence[SignedAtom], world: World) -> bool:
    return all((part.atom.judge(world.facts[part.atom.fact]) is Truth.TRUE) == part.wanted for part in way)


def test_ways_are_the_same_whatever_was_asked_before(rulebook: Rulebook) -> None:
    fresh = Solver(rulebook.domain, regimen_rules(rulebook), {})
    first = ways_to(fresh, fresh.offered["ivonescimab"])
    implicants._ways_to.cache_clear()
    used = Solver(rulebook.domain, regimen_rules(rulebook), {})
    used.standings(patient_of(rulebook, id="nobody"))
    assert ways_to(used, used.offered["ivonescimab"]) == first


def test_the_witness_of_a_regimen_is_offered_it_and_says_nothing_to_spare(rulebook: Rulebook) -> None:
    solver = Guideline.of(rulebook).solver
    compared = 0
    for name, condition in solver.offered.items():
        written = witness(solver, condition)
        assert written is not None
        assert solver.standing(name, patient_of(rulebook, **written)).standing.is_offered
        for shorter in spared(written):
            try:
                patient = patient_of(rulebook, **shorter)
            except InputError:
                continue
            assert not solver.standing(name, patient).standing.is_offered, (written, shorter)
            compared += 1
    assert compared > 2 * len(solver.offered)


def spared(written: dict) -> list[dict]:
    fewer = [{key: value for key, value in written.items() if key != left_out} for left_out in written]
    for index, entry in enumerate(written.get("history") or ()):
        for part in set(entry) & {"drugs", "outcome", "cycles"}:
            history = [dict(candidate) for candidate in written["history"]]
            del history[index][part]
            fewer.append({**written, "history": history})
    return [{"id": "anyone", **shorter} for shorter in fewer]


def test_a_witness_costs_as_much_whatever_other_rules_there_are(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: the clauses of each solver that is asked."""
    counts, can = Counter[str](), Session.can
    asked = "none"

    def counting(session: Session, *assumed: Sequence[int]) -> bool:
        counts[asked] += len(session.encoding.clauses)
        return can(session, *assumed)

    monkeypatch.setattr(Session, "can", counting)
    guideline = Guideline.of(rulebook)
    condition = next(iter(guideline.regimens.values())).offer
    alone = witness(DomainSolver(rulebook.domain), condition)
    asked = "all"
    assert witness(guideline.solver, condition) == alone
    assert counts["all"] == counts["none"]


def test_a_condition_that_no_patient_meets_has_no_witness_and_no_way(rulebook: Rulebook) -> None:
    solver = Guideline.of(rulebook).solver
    both = Leaf(Is("histology", frozenset({"small-cell"}))), Leaf(Is("disease", frozenset({"nsclc"})))
    assert witness(solver, AllOf(both)) is None
    assert ways_to(solver, AllOf(both)) == ()
    assert ways_to(solver, ALWAYS) == ((),)


def test_a_witness_agrees_with_what_is_known_of_a_patient(rulebook: Rulebook) -> None:
    patient = patient_of(
        rulebook, pd_l1_tps={"at_least": 20, "below": 50}, history=[{"line": 1, "drugs": ["platinum"]}],
    )  # fmt: skip
    written = witness(Guideline.of(rulebook).solver, Leaf(Is("last_outcome", frozenset({"progressed"}))), patient)
    assert written is not None
    assert 20 <= written["pd_l1_tps"] < 50
    (entry,) = written["history"]
    assert entry["outcome"] == "progressed"
    assert all("platinum" in rulebook.formulary.classes_of(drug) for drug in entry["drugs"])
