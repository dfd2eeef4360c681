"""durable-rules fires exactly what the interpreter means."""

import gc
import random
import sys
import threading
from collections import Counter

import pytest

from conftest import sized
from generators import is_settled, random_condition, random_facts, random_findings, random_rulebook
from regimen_advisor.engines import forward_chaining
from regimen_advisor.engines import two_valued as ways
from regimen_advisor.engines.forward_chaining import EngineError, ForwardChaining
from regimen_advisor.engines.two_valued import Check
from regimen_advisor.knowledge.effective import effective_conditions
from regimen_advisor.language import interpreter
from regimen_advisor.language.conditions import ALWAYS, NEVER, AllOf, AnyOf, Leaf, Named, Not
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.values import Between, Choice, Includes, Is, Members, Number, Truth
from regimen_advisor.patient.narrowing import narrow

pytestmark = pytest.mark.skipif(
    not forward_chaining.available(), reason="durable-rules cannot be imported here (Python 3.13 and later, Windows)"
)
PAIRS = sized(9_000, 4_000)
RULES = 40


def truths_of(conditions, facts):
    reader = Interpreter(facts)
    return {name: reader.judge(condition).truth for name, condition in conditions.items()}


def differences(engine, conditions, facts):
    fired = engine.judge(facts)
    return [name for name, truth in truths_of(conditions, facts).items() if fired[name] is not truth]


def random_engine(dice, domain):
    findings = random_findings(dice, domain)
    conditions = {f"r{index}": random_condition(dice, domain, findings) for index in range(RULES)}
    return ForwardChaining(conditions, findings, domain), conditions


def engine_of(book):
    findings = {name: found.condition for name, found in book.findings.items()}
    return ForwardChaining(effective_conditions(book), findings, book.domain)


def only(condition, rulebook):
    return ForwardChaining({"rule": condition}, {}, rulebook.domain)


def test_where_durable_rules_cannot_be_imported_it_is_not_available(monkeypatch):
    monkeypatch.setitem(sys.modules, "durable.engine", None)
    assert not forward_chaining.available()


@pytest.mark.parametrize(
    ("most_rules", "most_fields", "sizes"), [(3, 9, [3, 3, 1]), (9, 2, [4, 3]), (9, 9, [7]), (3, 2, [3, 3, 1])]
)
def test_a_ruleset_holds_no_more_rules_nor_fields_than_the_library_bears(monkeypatch, most_rules, most_fields, sizes):
    monkeypatch.setattr(forward_chaining, "MOST_RULES", most_rules)
    monkeypatch.setattr(forward_chaining, "MOST_FIELDS", most_fields)
    by_goal = {f"goal {number}": [(Check(f"field {number // 2}", "is", number),)] for number in range(7)}
    portions = list(forward_chaining._portions(by_goal, by_goal))
    assert [len(portion) for portion in portions] == sizes
    assert sorted(goal for portion in portions for _, goals in portion for goal in goals) == sorted(by_goal)


def test_no_random_rule_fires_otherwise_than_the_interpreter_judges_it(rulebook):
    dice = random.Random(1)
    truths, facts_seen, facts_unknown = Counter(), 0, 0
    while truths.total() < PAIRS:
        engine, conditions = random_engine(dice, rulebook.domain)
        for _ in range(50):
            facts = random_facts(dice, rulebook.domain)
            assert not differences(engine, conditions, facts)
            truths.update(engine.judge(facts).values())
            facts_seen += len(facts)
            facts_unknown += sum(not is_settled(value) for value in facts.values())
    assert truths.total() >= PAIRS
    assert facts_unknown >= 0.3 * facts_seen
    assert all(truths[truth] >= 0.1 * truths.total() for truth in Truth), truths


def test_rules_that_override_each_other_fire_as_the_interpreter_judges_them(rulebook):
    dice = random.Random(2)
    overridden = 0
    for _ in range(10):
        book = random_rulebook(dice, rulebook)
        overridden += sum(bool(rule.overrides) for rule in book.rules.values())
        engine = engine_of(book)
        for _ in range(20):
            assert not differences(engine, effective_conditions(book), random_facts(dice, book.domain))
    assert overridden > 5


def test_every_shipped_rule_fires_as_the_interpreter_judges_it(rulebook):
    dice = random.Random(3)
    engine = engine_of(rulebook)
    for known in (0.1, 0.4, 0.7, 1.0) * 8:
        assert not differences(engine, effective_conditions(rulebook), random_facts(dice, rulebook.domain, known))


@pytest.mark.parametrize(
    ("broken", "wrong"),
    [
        ("conjunction", lambda truths: Truth.TRUE if Truth.TRUE in truths else Truth.FALSE),
        ("disjunction", lambda truths: Truth.TRUE if truths.count(Truth.TRUE) == len(truths) else Truth.FALSE),
    ],
)
def test_a_node_kind_that_one_engine_gets_wrong_is_found(rulebook, monkeypatch, broken, wrong):
    dice = random.Random(4)
    engine, conditions = random_engine(dice, rulebook.domain)
    patients = [random_facts(dice, rulebook.domain) for _ in range(10)]
    assert not any(differences(engine, conditions, facts) for facts in patients)
    monkeypatch.setattr(interpreter, broken, wrong)
    assert any(differences(engine, conditions, facts) for facts in patients)


def test_an_atom_that_durable_rules_gets_wrong_is_found(rulebook, monkeypatch):
    def off_by_one(self, name, value):
        return self._check(f"{name}_lo", ways._low(name), "at least", value + 1)

    monkeypatch.setattr(ways.Compiler, "_at_least", off_by_one)
    condition = Leaf(Between("ecog", 1, 3))
    facts = narrow([("ecog", Number(1, 1))], rulebook.domain)
    assert differences(only(condition, rulebook), {"rule": condition}, facts) == ["rule"]


# What the engine is given -------------------------------------------------------------------------------------------


def messages_to(engine, facts, monkeypatch):
    """Every message of one judgement."""
    from durable import engine as durable  # noqa: PLC0415 (absent on some machines)

    heard, assert_fact = [], durable.Ruleset.assert_fact
    monkeypatch.setattr(
        durable.Ruleset, "assert_fact", lambda self, message: heard.append(message) or assert_fact(self, message)
    )
    engine.judge(facts)
    return heard


def test_messages_carry_facts_and_what_the_engine_itself_derived_never_a_rule(rulebook, monkeypatch):
    findings = {"small-cell": Leaf(Is("disease", frozenset({"sclc"})))}
    condition = AllOf((
        Leaf(Is("extent", frozenset({"metastatic"}))),
        Leaf(Between("ecog", 0, 1)),
        Leaf(Includes("received", "platinum")),
        Named("small-cell", findings["small-cell"]),
    ))  # fmt: skip
    engine = ForwardChaining({"rule": condition}, findings, rulebook.domain)
    known = narrow([("ecog", Number(1, 3)), ("disease", Choice(frozenset({"sclc"})))], rulebook.domain)
    heard = list(messages_to(engine, known, monkeypatch))
    possible = rulebook.domain.unknown["received"].may
    others = [
        [("received", Members(frozenset({"carboplatin", "platinum"}), possible))],
        [("received", Members(frozenset(), possible - {"platinum"})), ("disease", Choice(frozenset({"nsclc"})))],
    ]
    keys = set().union(
        *heard, *(keys for given in others for keys in messages_to(engine, narrow(given, rulebook.domain), monkeypatch))
    )
    assert keys == {
        "kind", "sid",
        "extent_can_be_early", "extent_can_be_locally-advanced", "extent_can_be_metastatic",
        "extent_can_be_limited", "extent_can_be_extensive",
        "ecog_lo", "ecog_hi",
        "received_has_platinum", "received_can_have_platinum",
        "disease_can_be_nsclc", "disease_can_be_sclc",
        "finding_small-cell_holds", "finding_small-cell_fails",
    }  # fmt: skip
    assert {message["ecog_lo"] for message in heard if "ecog_lo" in message} == {1}
    assert {message["ecog_hi"] for message in heard if "ecog_hi" in message} == {3}
    assert [message["finding_small-cell_holds"] for message in heard if "finding_small-cell_holds" in message] == [True]


def test_keys_of_the_shipped_rulebook_name_a_fact_a_finding_or_a_piece_of_a_condition(rulebook, monkeypatch):
    heard = messages_to(engine_of(rulebook), rulebook.domain.unknown, monkeypatch)
    for key in set().union(*heard) - {"kind", "sid"}:
        fact = any(key.startswith(f"{name}_") for name in rulebook.domain.facts)
        finding = any(key in (f"finding_{name}_holds", f"finding_{name}_fails") for name in rulebook.findings)
        assert fact or finding or key.startswith("piece_"), key


def test_a_finding_is_derived_once_and_passed_to_the_next_stratum(rulebook, monkeypatch):
    findings = {"fit": Leaf(Between("ecog", 0, 1))}
    engine = ForwardChaining({"rule": Not(Named("fit", findings["fit"]))}, findings, rulebook.domain)
    heard = messages_to(engine, narrow([("ecog", Number(3, 3))], rulebook.domain), monkeypatch)
    assert [message.get("finding_fit_fails") for message in heard] == [None, True]


# The corners of the language ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (ALWAYS, Truth.TRUE),
        (NEVER, Truth.FALSE),
        (Not(ALWAYS), Truth.FALSE),
        (AnyOf((AllOf((NEVER,)), Not(NEVER))), Truth.TRUE),
        (Leaf(Between("ecog", 0, 4)), Truth.TRUE),
        (Leaf(Between("last_cycles", 0, 99)), Truth.UNKNOWN),
        (Named("nobody-defined-it", Leaf(Is("disease", frozenset({"nsclc", "sclc"})))), Truth.TRUE),
        (AllOf(()), Truth.TRUE),
    ],
)
def test_of_a_patient_of_whom_nothing_is_known(rulebook, condition, truth):
    assert only(condition, rulebook).judge(rulebook.domain.unknown) == {"rule": truth}


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (Number(0, -1, absent=True), Truth.FALSE),
        (Number(4, 6), Truth.TRUE),
        (Number(4, 6, absent=True), Truth.UNKNOWN),
        (Number(0, 3, absent=True), Truth.FALSE),
        (Number(3, 4), Truth.UNKNOWN),
    ],
)
def test_a_number_that_need_not_exist_is_in_a_range_only_where_it_exists(rulebook, value, truth):
    facts = {**rulebook.domain.unknown, "last_cycles": value}
    assert only(Leaf(Between("last_cycles", 4, 6)), rulebook).judge(facts) == {"rule": truth}


def test_a_condition_with_more_ways_and_more_parts_than_the_engine_bears_still_fires(rulebook):
    members = sorted(rulebook.formulary.drugs)
    wide = AllOf(tuple(Not(Leaf(Includes("received", name))) for name in members))
    many = AllOf(tuple(
        AnyOf(tuple(Leaf(Includes(fact, name)) for name in members[:6]))
        for fact in ("received", "progressed_on", "last_drugs", "first_line_drugs")
    ))  # fmt: skip
    conditions = {"wide": wide, "many": many, "both": AllOf((many, Not(wide)))}
    engine = ForwardChaining(conditions, {}, rulebook.domain)
    for facts in (rulebook.domain.unknown, narrow([("prior_lines", Number(0, 0))], rulebook.domain)):
        assert not differences(engine, conditions, facts)
    drugs = Members(frozenset(members[:1]), frozenset(members[:1]))
    history = dict.fromkeys(("received", "progressed_on", "last_drugs", "first_line_drugs"), drugs)
    assert set(engine.judge({**rulebook.domain.unknown, **history}).values()) == {Truth.TRUE, Truth.FALSE}


def test_hundreds_of_rules_with_one_condition_fire_together(rulebook):
    condition = Leaf(Is("disease", frozenset({"nsclc"})))
    conditions = {f"r{index}": condition for index in range(300)}
    engine = ForwardChaining(conditions, {}, rulebook.domain)
    facts = narrow([("disease", Choice(frozenset({"nsclc"})))], rulebook.domain)
    assert set(engine.judge(facts).values()) == {Truth.TRUE}


def test_hundreds_of_different_rules_that_hold_at_once_all_fire(rulebook):
    ranges = [(low, high) for low in range(20) for high in range(80, 100)]
    conditions = {f"r{low}-{high}": Leaf(Between("pd_l1_tps", low, high)) for low, high in ranges}
    engine = ForwardChaining(conditions, {}, rulebook.domain)
    facts = narrow([("pd_l1_tps", Number(50, 50))], rulebook.domain)
    assert set(engine.judge(facts).values()) == {Truth.TRUE}


# Failing loudly ----------------------------------------------------------------------------------------------------


def test_a_rule_that_both_holds_and_fails_is_an_error(rulebook):
    impossible = {**rulebook.domain.unknown, "egfr": Members(frozenset({"L858R"}), frozenset())}
    with pytest.raises(EngineError, match="both holds and fails"):
        only(Leaf(Includes("egfr", "L858R")), rulebook).judge(impossible)


@pytest.mark.parametrize("call", ["start_action_for_state", "complete_and_start_action"])
def test_an_engine_that_fails_is_not_taken_for_a_rule_that_did_not_fire(rulebook, monkeypatch, call):
    def fail(*_):
        raise RuntimeError("lost")

    engine = only(ALWAYS, rulebook)
    monkeypatch.setattr(f"durable_rules_engine.{call}", fail)
    with pytest.raises(EngineError, match="lost"):
        engine.judge(rulebook.domain.unknown)


def test_a_rule_that_the_engine_was_not_given_is_an_error_where_it_fires(rulebook, monkeypatch):
    engine = only(ALWAYS, rulebook)
    monkeypatch.setattr("durable_rules_engine.start_action_for_state", lambda *_: ("{}", '{"another":{}}'))
    with pytest.raises(EngineError, match="another"):
        engine.judge(rulebook.domain.unknown)


def test_what_fires_is_what_the_loop_of_the_library_fires(rulebook, monkeypatch):
    """The loop around the engine is ours; the one that the library has must take the same actions."""
    dice = random.Random(3)
    engine = engine_of(rulebook)
    fired, compared = [], 0
    for _, rulesets in engine._strata:
        for ruleset in rulesets:
            for name in ruleset._goals:
                action = ruleset._ruleset._actions[name]
                monkeypatch.setattr(action, "_func", lambda _, name=name: fired.append(name))
    for number in range(sized(20, 5)):
        known = {field: reads(random_facts(dice, rulebook.domain)) for field, reads in engine._readers.items()}
        for ruleset in engine._strata[0][1]:
            message = {"kind": "patient", **{field: known[field] for field in ruleset._bounds}}
            message.update((field, value) for field, value in ruleset._words if known[field] == value)
            actions = {}
            for patient in (f"ours-{number}", f"theirs-{number}"):
                state = ruleset._ruleset.assert_fact({**message, "sid": patient})
                if patient.startswith("ours"):
                    actions["ours"] = list(ruleset._actions(state))
                else:
                    fired.clear()
                    ruleset._ruleset.do_actions(state, lambda *_: None)
                    actions["theirs"] = list(fired)
                ruleset._ruleset.delete_state(patient)
            assert actions["ours"] == actions["theirs"]
            compared += len(actions["ours"])
    assert compared > sized(500, 100)


def test_threads_share_an_engine_without_mixing_patients(rulebook):
    engine = only(Leaf(Between("ecog", 0, 1)), rulebook)
    wrong = []

    def ask(ecog, truth):
        facts = narrow([("ecog", Number(ecog, ecog))], rulebook.domain)
        wrong.extend(1 for _ in range(100) if engine.judge(facts) != {"rule": truth})

    threads = [threading.Thread(target=ask, args=pair) for pair in [(0, Truth.TRUE), (3, Truth.FALSE)] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_more_patients_than_the_engine_can_hold_at_once_are_judged_one_after_the_other(rulebook):
    engine = only(Leaf(Between("ecog", 0, 1)), rulebook)
    facts = [narrow([("ecog", Number(ecog, ecog))], rulebook.domain) for ecog in (1, 2)]
    found = Counter(engine.judge(facts[index % 2])["rule"] for index in range(1_100))
    assert found == {Truth.TRUE: 550, Truth.FALSE: 550}


def test_an_engine_that_is_no_longer_used_is_freed(rulebook, monkeypatch):
    import durable_rules_engine  # noqa: PLC0415 (absent on some machines)

    gc.collect()
    freed, delete = [], durable_rules_engine.delete_ruleset
    monkeypatch.setattr(durable_rules_engine, "delete_ruleset", lambda handle: freed.append(handle) or delete(handle))
    engine = only(ALWAYS, rulebook)
    handles = [ruleset.handle for _, rulesets in engine._strata for ruleset in rulesets]
    del engine
    gc.collect()
    assert freed == handles


def test_atoms_of_another_kind_than_their_fact_are_refused_by_name(rulebook):
    with pytest.raises(TypeError, match="does not test a SetFact"):
        only(Leaf(Is("received", frozenset({"carboplatin"}))), rulebook)
