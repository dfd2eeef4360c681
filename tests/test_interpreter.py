"""Kleene's logic, the tree that shows it, and the compiled form that must not differ from it."""

import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generators import conditions, is_settled, patients, random_condition, random_facts, random_findings
from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.knowledge.rulebook import default_folders
from regimen_advisor.language.conditions import ALWAYS, NEVER, AllOf, AnyOf, Leaf, Named, Not, children, fields_of
from regimen_advisor.language.interpreter import Interpreter, conjunction, disjunction, judge
from regimen_advisor.language.values import Between, Choice, Includes, Is, Members, Number, Truth
from regimen_advisor.patient.drugs import load_formulary
from regimen_advisor.patient.facts import domain_for

DOMAIN = domain_for(load_formulary(default_folders()[0] / "drugs.yaml"))
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SAYS = {T: Choice(frozenset({"true"})), F: Choice(frozenset({"false"})), U: Choice(frozenset({"true", "false"}))}


def compiled(condition, facts):
    return RuleProgram({"it": condition}).truths(facts)["it"]


def yes(fact: str) -> Leaf:
    return Leaf(Is(fact, frozenset({"true"})))


@pytest.mark.parametrize(
    ("first", "second", "both", "either"),
    [
        (T, T, T, T), (T, U, U, T), (T, F, F, T),
        (U, T, U, T), (U, U, U, U), (U, F, F, U),
        (F, T, F, T), (F, U, F, U), (F, F, F, F),
    ],
)  # fmt: skip
def test_and_and_or_follow_the_strong_tables_of_kleene(first, second, both, either):
    facts = {"brain_metastases": SAYS[first], "liver_metastases": SAYS[second]}
    parts = (yes("brain_metastases"), yes("liver_metastases"))
    assert judge(AllOf(parts), facts).truth is compiled(AllOf(parts), facts) is both
    assert judge(AnyOf(parts), facts).truth is compiled(AnyOf(parts), facts) is either


@pytest.mark.parametrize(("truth", "opposite"), [(T, F), (U, U), (F, T)])
def test_not_and_a_name_follow_their_part(truth, opposite):
    facts = {"brain_metastases": SAYS[truth]}
    assert judge(Not(yes("brain_metastases")), facts).truth is opposite
    assert judge(Named("spread", yes("brain_metastases")), facts).truth is truth


def test_an_empty_conjunction_is_true_and_an_empty_disjunction_is_false():
    assert (judge(ALWAYS, {}).truth, judge(NEVER, {}).truth) == (T, F)
    assert (compiled(ALWAYS, {}), compiled(NEVER, {})) == (T, F)


@pytest.mark.parametrize("truths", list(itertools.product(Truth, repeat=3)))
def test_conjunction_and_disjunction_are_each_others_mirror(truths):
    mirrored = [~truth for truth in truths]
    assert ~conjunction(list(truths)) is disjunction(mirrored)


def test_the_tree_holds_every_part_even_where_the_first_one_decides():
    egfr = Members(frozenset(), frozenset({"L858R", "wild-type"}))
    facts = {"disease": Choice(frozenset({"sclc"})), "ecog": Number(0, 4), "egfr": egfr}
    condition = AllOf((
        Leaf(Is("disease", frozenset({"nsclc"}))), Leaf(Between("ecog", 0, 1)), Not(Leaf(Includes("egfr", "L858R"))),
    ))  # fmt: skip
    judgement = judge(condition, facts)
    assert judgement.truth is F
    assert [part.truth for part in judgement.parts] == [F, U, U]
    assert [part.value for part in judgement.parts] == [facts["disease"], facts["ecog"], None]
    assert judgement.parts[2].parts[0].value == facts["egfr"]


def test_a_condition_asked_twice_is_judged_once():
    shared = yes("brain_metastases")
    reader = Interpreter({"brain_metastases": SAYS[U]})
    whole = reader.judge(AllOf((shared, Not(shared))))
    assert whole.parts[0] is whole.parts[1].parts[0] is reader.judge(shared)


def test_a_condition_made_where_another_one_was_is_judged_again():
    """A condition that nobody holds any more may leave its address, and with it its id, to the next one."""
    truths = {"brain_metastases": T, "liver_metastases": F}
    reader = Interpreter({name: SAYS[truth] for name, truth in truths.items()})
    dice = Random(1)
    for name in dice.choices(list(truths), k=200):
        assert reader.judge(yes(name)).truth is truths[name]


@settings(max_examples=150)
@given(conditions(DOMAIN), patients(DOMAIN))
def test_the_tree_of_a_condition_has_the_shape_of_the_condition(condition, patient):
    def same(judgement):
        parts = children(judgement.condition)
        return tuple(part.condition for part in judgement.parts) == parts and all(map(same, judgement.parts))

    assert same(judge(condition, patient.facts))


@settings(max_examples=150)
@given(conditions(DOMAIN), patients(DOMAIN))
def test_the_compiled_condition_says_what_its_tree_says(condition, patient):
    assert compiled(condition, patient.facts) is judge(condition, patient.facts).truth


def test_ten_thousand_random_conditions_are_compiled_to_what_they_mean():
    dice = Random(5)
    findings = random_findings(dice, DOMAIN)
    made = [random_condition(dice, DOMAIN, findings) for _ in range(200)]
    program = RuleProgram({str(number): condition for number, condition in enumerate(made)})
    for _ in range(50):
        facts = random_facts(dice, DOMAIN)
        reader = Interpreter(facts)
        expected = [reader.judge(condition) for condition in made]
        assert list(program.judge(facts).values()) == expected
        assert list(program.truths(facts).values()) == [judgement.truth for judgement in expected]


def test_what_is_true_or_false_stays_so_when_more_becomes_known():
    seen = Counter()

    @settings(max_examples=150)
    @given(conditions(DOMAIN), patients(DOMAIN), st.data())
    def holds(condition, patient, data):
        open_names = sorted(name for name in fields_of(condition) if not is_settled(patient.facts[name]))
        assume(open_names)
        name = data.draw(st.sampled_from(open_names))
        before = judge(condition, patient.facts).truth
        after = judge(condition, {**patient.facts, name: _one_answer(patient.facts[name])}).truth
        assert before is U or after is before
        seen[before is U, after is U] += 1

    holds()
    assert seen[False, False] > 15, "the truth was there before"
    assert seen[True, False] > 5, "the answer brings it"


def _one_answer(value):
    match value:
        case Choice(possible=possible):
            return Choice(frozenset({min(possible)}))
        case Number(low=low):
            return Number(low, low)
        case Members(may=may):
            return Members(may, may)
