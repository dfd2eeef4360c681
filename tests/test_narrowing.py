"""What one answer implies about another: never too much, and always the same."""

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators import patients, random_condition, random_patient
from regimen_advisor.knowledge.rulebook import default_folders
from regimen_advisor.language.conditions import Leaf, atoms_of
from regimen_advisor.language.interpreter import judge
from regimen_advisor.language.values import Between, Choice, Includes, Is, Members, Number, Truth, meet
from regimen_advisor.patient.axioms import Axiom, AxiomClause, Contained, SignedAtom
from regimen_advisor.patient.drugs import load_formulary
from regimen_advisor.patient.facts import Domain, domain_for
from regimen_advisor.patient.history import derived_facts
from regimen_advisor.patient.narrowing import Contradiction, close, narrow
from regimen_advisor.solving.encoding import Encoding, EncodingSize
from regimen_advisor.solving.session import Session
from worlds import SMALL_DRUGS, allows, histories, obeys, small_domain, worlds

FORMULARY = load_formulary(default_folders()[0] / "drugs.yaml")
DOMAIN, SMALL = domain_for(FORMULARY), small_domain(FORMULARY)


def one(word):
    return Choice(frozenset({word}))


def learned(domain=DOMAIN, **known):
    return narrow(known.items(), domain)


@pytest.mark.parametrize(
    ("known", "fact", "value"),
    [
        ({"histology": one("small-cell")}, "disease", one("sclc")),
        ({"histology": one("squamous")}, "disease", one("nsclc")),
        ({"disease": one("sclc")}, "histology", one("small-cell")),
        ({"disease": one("sclc")}, "extent", Choice(frozenset({"limited", "extensive"}))),
        ({"disease": one("nsclc"), "stage": one("IVB")}, "extent", one("metastatic")),
        ({"disease": one("nsclc"), "stage": one("IIA")}, "extent", one("early")),
        ({"disease": one("sclc"), "stage": one("IIA")}, "extent", one("limited")),
        ({"extent": one("metastatic")}, "stage", Choice(frozenset({"IVA", "IVB"}))),
        ({"extent": one("metastatic")}, "curative_treatment_possible", one("false")),
        ({"prior_lines": Number(0, 0)}, "last_outcome", one("none")),
        ({"prior_lines": Number(0, 0)}, "last_cycles", Number(0, -1, absent=True)),
        ({"prior_lines": Number(0, 0)}, "on_maintenance", one("false")),
        ({"last_outcome": one("progressed")}, "prior_lines", Number(1, 20)),
        ({"last_outcome": one("progressed")}, "on_maintenance", one("false")),
        (
            {"on_maintenance": one("true")},
            "last_outcome",
            Choice(frozenset({"completed", "ongoing", "stopped-for-toxicity"})),
        ),
    ],
)
def test_one_answer_tells_another(known, fact, value):
    assert learned(**known)[fact] == value


def test_stage_three_stays_open():
    facts = learned(disease=one("nsclc"), stage=one("IIIB"))
    assert {"early", "locally-advanced"} <= facts["extent"].possible
    assert facts["curative_treatment_possible"] == DOMAIN.unknown["curative_treatment_possible"]


def test_a_drug_that_was_progressed_on_was_received_and_so_was_its_class():
    facts = learned(progressed_on=Members(frozenset({"osimertinib"}), DOMAIN.unknown["progressed_on"].may))
    assert {"osimertinib", "egfr-tki-3g", "egfr-tki"} <= facts["received"].must


def test_a_class_that_was_not_received_rules_out_its_drugs():
    everything = DOMAIN.unknown["received"].may
    facts = learned(received=Members(frozenset(), everything - {"platinum"}))
    assert facts["received"].may.isdisjoint({"carboplatin", "cisplatin"})


@pytest.mark.parametrize(
    "known",
    [
        {"histology": one("small-cell"), "disease": one("nsclc")},
        {"stage": one("IVA"), "extent": one("early")},
        {"prior_lines": Number(0, 0), "last_outcome": one("progressed")},
        {"prior_lines": Number(1, 1), "received": Members(frozenset({"none"}), frozenset({"none"}))},
    ],
)
def test_what_cannot_be_true_of_one_patient_is_a_contradiction_that_says_why(known):
    with pytest.raises(Contradiction) as found:
        learned(**known)
    assert found.value.axiom is not None


def test_two_answers_to_one_question_contradict_each_other_without_an_axiom():
    with pytest.raises(Contradiction) as found:
        narrow([("disease", one("nsclc")), ("disease", one("sclc"))], DOMAIN)
    assert (found.value.fact, found.value.axiom) == ("disease", None)


def holding(*drugs):
    """A set over the history that holds these drugs, their classes, and nothing else."""
    known = FORMULARY.expand(frozenset(drugs))
    return Members(known, known)


def test_a_set_can_hold_nothing_beyond_the_set_that_contains_it():
    facts = learned(received=holding("carboplatin"))
    assert facts["progressed_on"].may == holding("carboplatin").may | {"none"}
    assert facts["progressed_on"].must == frozenset()


def test_drugs_between_the_first_and_the_latest_of_three_lines_are_received_too():
    ends = {"first_line_drugs": holding("osimertinib"), "last_drugs": holding("docetaxel")}
    received = holding("osimertinib", "docetaxel", "carboplatin")
    three = learned(prior_lines=Number(3, 3), received=received, **ends)
    assert three["received"] == received
    assert "none" in three["received_in_curative"].may
    two = learned(prior_lines=Number(2, 2), received=received, **ends)
    assert "carboplatin" in two["received_in_curative"].must


@pytest.mark.parametrize(
    ("ended", "name"), [("progressed", "progressed_on_in_lines"), ("relapsed", "relapsed_after_in_lines")]
)
def test_the_latest_line_ended_on_its_own_drugs(ended, name):
    facts = learned(last_outcome=one(ended), last_drugs=holding("osimertinib"))
    assert "osimertinib" in facts[name].must
    assert "none" not in learned(last_outcome=one(ended))[name.removesuffix("_in_lines")].may


def test_a_set_that_holds_what_the_set_around_it_cannot_is_named_with_the_reason():
    with pytest.raises(Contradiction) as found:
        learned(received=holding("carboplatin"), progressed_on=holding("osimertinib"))
    assert found.value.fact == "progressed_on"
    assert found.value.axiom.says == "progressed_on holds only drugs of received"
    assert str(found.value) == found.value.axiom.says


def test_facts_that_break_a_clause_are_named_by_its_first_fact_and_the_reason():
    with pytest.raises(Contradiction) as found:
        learned(disease=one("sclc"), histology=one("squamous"))
    assert found.value.axiom.says == "small-cell histology is small cell lung cancer, and no other is"
    assert found.value.fact == found.value.axiom.literals[0].atom.fact


def test_what_would_make_a_set_hold_too_much_did_not_happen():
    facts = learned(last_drugs=holding("osimertinib"), progressed_on=holding("docetaxel"))
    assert "progressed" not in facts["last_outcome"].possible
    both = learned(last_drugs=holding("osimertinib"), progressed_on=holding("osimertinib"))
    assert "progressed" in both["last_outcome"].possible


def test_what_only_one_of_the_sets_around_can_hold_it_surely_holds():
    facts = learned(
        prior_lines=Number(2, 2), received=holding("osimertinib", "docetaxel"),
        first_line_drugs=holding("osimertinib"), received_in_curative=one_word("none"),
    )  # fmt: skip
    assert "docetaxel" in facts["last_drugs"].must
    assert "osimertinib" not in facts["last_drugs"].must


def one_word(word):
    return Members(frozenset({word}), frozenset({word}))


NONE = one_word("none")


@pytest.mark.parametrize(
    ("known", "fact", "value"),
    [
        # One kind or the other: curative or numbered, the first line or a later one.
        (
            {"progressed_on": holding("osimertinib"), "progressed_on_in_lines": NONE},
            "received_in_curative",
            holding("osimertinib").must,
        ),
        (
            {"progressed_on_in_lines": holding("osimertinib"), "first_line_progressed_on": NONE},
            "progressed_on_after_first_line",
            holding("osimertinib").must,
        ),
        # A later line is a line.
        ({"progressed_on_in_lines": NONE}, "progressed_on_after_first_line", NONE.must),
    ],
)
def test_what_one_set_over_the_history_holds_bears_on_the_others(known, fact, value):
    assert learned(**known)[fact].must == value


def test_what_was_known_before_stays_known_and_tells_more_with_what_is_added():
    before = learned(first_line_drugs=holding("osimertinib"), ecog=Number(1, 1))
    after = narrow([("prior_lines", Number(1, 1))], DOMAIN, before)
    assert after["ecog"] == Number(1, 1)
    assert "osimertinib" in after["last_drugs"].must
    assert "osimertinib" not in before["last_drugs"].must


def test_an_axiom_speaks_of_every_fact_in_it():
    given = (SignedAtom(Is("given", frozenset({"yes"}))),)
    assert Contained("part", ("one", "other"), "", given).facts == {"part", "one", "other", "given"}
    assert AxiomClause((*given, SignedAtom(Between("number", 0, 1))), "").facts == {"given", "number"}


@settings(max_examples=60)
@given(patients(DOMAIN))
def test_narrowing_again_tells_nothing_new(patient):
    assert narrow(patient.facts.items(), DOMAIN) == patient.facts


@settings(max_examples=60)
@given(patients(DOMAIN), st.randoms(use_true_random=False))
def test_the_order_of_answers_tells_nothing(patient, dice):
    known = [pair for facts in patient.given.values() for pair in facts]
    dice.shuffle(known)
    assert narrow(known, DOMAIN) == patient.facts


@settings(max_examples=60)
@given(patients(DOMAIN))
def test_narrowing_only_takes_away(patient):
    assert all(meet(value, DOMAIN.unknown[name]) == value for name, value in patient.facts.items())


def test_no_completion_of_a_patient_is_lost_and_every_one_obeys_the_axioms():
    dice = Random(7)
    found = 0
    for _ in range(25):
        patient = random_patient(dice, SMALL, dice.choice((0.1, 0.3, 0.6)))
        condition = random_condition(dice, SMALL, depth=2)
        for world in worlds(SMALL, atoms_of(condition), patient, curative=False, maintenance=False):
            found += 1
            assert allows(patient.facts, world)
    assert found > 200


def test_a_condition_that_is_true_or_false_is_so_in_every_completion():
    dice = Random(8)
    settled = 0
    for _ in range(25):
        patient = random_patient(dice, SMALL, dice.choice((0.3, 0.6)))
        condition = random_condition(dice, SMALL, depth=2)
        truth = judge(condition, patient.facts).truth
        completions = {
            judge(condition, world.facts).truth
            for world in worlds(SMALL, atoms_of(condition), patient, curative=False, maintenance=False)
        }
        assert Truth.UNKNOWN not in completions
        assert truth is Truth.UNKNOWN or completions <= {truth}
        settled += truth is not Truth.UNKNOWN
    assert settled > 5


def test_a_completely_known_patient_is_narrowed_to_itself():
    atoms = [Is("extent", frozenset({"metastatic"})), Includes("received", "platinum"), Between("ecog", 0, 1)]
    found = list(worlds(SMALL, atoms, curative=False))
    assert len(found) > 30
    for world in found:
        assert narrow(world.facts.items(), SMALL) == world.facts
        assert all(obeys(axiom, world.facts) for axiom in SMALL.axioms)


def test_every_history_can_have_happened():
    for history in histories(SMALL, maintenance=False):
        narrow(derived_facts(history, SMALL), SMALL)


EGFR = DOMAIN.facts["egfr"]


@pytest.mark.parametrize(
    ("must", "may", "left"),
    [
        ({"wild-type"}, {"wild-type", "L858R"}, ({"wild-type"}, {"wild-type"})),
        ({"L858R"}, {"L858R", "wild-type"}, ({"L858R"}, {"L858R"})),
        (set(), {"wild-type"}, ({"wild-type"}, {"wild-type"})),
        (set(), {"L858R"}, ({"L858R"}, {"L858R"})),
    ],
)
def test_a_set_that_holds_its_empty_word_holds_nothing_else(must, may, left):
    assert close(EGFR, Members(frozenset(must), frozenset(may))) == Members(*map(frozenset, left))


def test_a_set_that_can_hold_nothing_not_even_its_empty_word_is_impossible():
    assert close(EGFR, Members(frozenset(), frozenset())) is None


# Every axiom is needed ------------------------------------------------------------------------------------------------

DERIVED = re.compile(r"^\w+ holds only drugs of \w+$|^what \w+ holds is of one kind or the other$")
WRITTEN = [axiom for axiom in SMALL.axioms if not DERIVED.match(axiom.says)]


def situations(axiom: Axiom) -> Iterator[list[SignedAtom]]:
    """What breaks the axiom, then what falls short of that by one thing, so that the axiom rules that one out."""
    if isinstance(axiom, AxiomClause):
        broken = [~literal for literal in axiom.literals]
        yield broken
        yield from ([*broken[:at], *broken[at + 1 :]] for at in range(len(broken)))
    else:
        part, *wholes = (SignedAtom(Includes(name, SMALL_DRUGS[0])) for name in (axiom.part, *axiom.wholes))
        held = [part, *(~whole for whole in wholes)]
        yield [*axiom.premises, *held]
        yield held


def outcome(known: list[SignedAtom], domain: Domain) -> object:
    """What follows, or the reason why it cannot be."""
    stated = [
        (entry.atom.fact, entry.atom.keep(domain.facts[entry.atom.fact].unknown, entry.wanted)) for entry in known
    ]
    try:
        return dict(narrow(stated, domain))
    except Contradiction as contradiction:
        return contradiction.axiom and contradiction.axiom.says


@pytest.mark.parametrize("left_out", WRITTEN, ids=lambda axiom: axiom.says)
def test_without_any_one_written_axiom_something_impossible_is_let_through_or_has_another_reason(
    left_out: Axiom, solver_of_small: Session
) -> None:
    without = replace(SMALL, axioms=tuple(axiom for axiom in SMALL.axioms if axiom is not left_out))
    missed = [known for known in situations(left_out) if outcome(known, SMALL) != outcome(known, without)]
    assert missed, "nothing depends on this axiom: is it said twice?"
    encoding = solver_of_small.encoding
    broken = [encoding.atom(entry.atom) * (1 if entry.wanted else -1) for entry in next(situations(left_out))]
    assert not solver_of_small.can(broken), "the solver, which builds histories of entries, knows such a patient"


@pytest.fixture(scope="module")
def solver_of_small() -> Session:
    """All patients of the small domain, as the solver has them."""
    atoms = [Leaf(Includes(name, SMALL_DRUGS[0])) for name in SMALL.history_sets]
    return Session(Encoding(SMALL, EncodingSize.of(atoms, SMALL)))


RECEIVED = DOMAIN.facts["received"]


def test_of_a_group_that_surely_has_a_member_the_only_one_left_is_surely_it():
    left = {"platinum", "chemotherapy", "carboplatin"}
    assert "carboplatin" in close(RECEIVED, Members(frozenset({"platinum"}), frozenset(left))).must
    assert close(RECEIVED, Members(frozenset({"platinum"}), frozenset(left | {"cisplatin"}))).must.isdisjoint(
        {"carboplatin", "cisplatin"}
    )


def test_a_group_of_which_no_member_is_left_is_not_in_the_set():
    assert close(RECEIVED, Members(frozenset(), frozenset({"platinum", "none"}))) == RECEIVED.empty


def test_a_group_that_is_not_in_the_set_takes_its_members_with_it():
    assert close(RECEIVED, Members(frozenset(), frozenset({"carboplatin", "none"}))) == RECEIVED.empty
