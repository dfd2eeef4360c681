"""What each answer to a question brings, in full: the words of the answers and the standings that they change."""

from dataclasses import replace
from typing import Any

import pytest

from enumeration import domain
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import NEVER, AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Includes, Is
from regimen_advisor.patient.facts import SetFact, SignedAtom
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient.vocabulary import MOST_MONTHS, PLATINUM_FREE
from regimen_advisor.solving.determining_sets import Settling, bears_on
from regimen_advisor.solving.questions import KeyQuestion, questions
from regimen_advisor.solving.solver import Solver


def small_patient(**keys: object) -> Patient:
    return read(Profile.model_validate({"id": "small", **keys}), domain(2))


def settling_of(patient: Patient, **offers: Condition) -> Settling:
    """A solver of regimens that are offered where a condition holds, and never excluded."""
    regimens = {name: RegimenRules(name, (), (), (), offer, NEVER, NEVER) for name, offer in offers.items()}
    return Settling(Solver(domain(2), regimens, {}), patient)


def is_(fact: str, *values: str) -> Condition:
    return Leaf(Is(fact, frozenset(values)))


def asked(patient: Patient, offer: Condition) -> dict[str, KeyQuestion]:
    return {question.key: question for question in questions(settling_of(patient, option=offer)).single}


def in_short(question: KeyQuestion) -> dict[str, tuple[str, ...]]:
    """The answers to a question by the standing of ``option`` that they bring."""
    return {answer.standings["option"].value: answer.values for answer in question.answers}


def months(low: int, high: int = MOST_MONTHS) -> Condition:
    return Leaf(Between(PLATINUM_FREE, low, high))


OSIMERTINIB = Leaf(Includes("received", "osimertinib"))
BOTH = AllOf((Leaf(Includes("egfr", "L858R")), Leaf(Includes("egfr", "T790M"))))
OTHER_OUTCOMES = ("relapsed", "completed", "ongoing", "stopped-for-toxicity")
RELAPSED = {"disease": "sclc", "history": [{"line": 1, "drugs": ["carboplatin"], "outcome": "relapsed"}]}
COMPLETED = {"disease": "nsclc", "history": [{"line": 1, "drugs": ["carboplatin"], "outcome": "completed"}]}
SWITCHED = {
    "disease": "nsclc",
    "history": [
        {"line": 1, "drugs": ["carboplatin"], "outcome": "completed"},
        {"line": 1, "setting": "maintenance", "drugs": ["osimertinib"]},
    ],
}


@pytest.mark.parametrize(
    ("patient", "offer", "key", "offered", "not_offered"),
    [
        (RELAPSED, AnyOf((months(3, 5), months(6))), "history[0].relapse_after", ("3-5", "6-240"), ("0-2",)),
        (RELAPSED, months(3, 5), "history[0].relapse_after", ("3-5",), ("0-2", "6-240")),
        (RELAPSED, Not(months(3, 5)), "history[0].relapse_after", ("0-2", "6-240"), ("3-5",)),
        (COMPLETED, Leaf(Between("last_cycles", 1, 100)), "history[0].cycles", ("1",), ("0",)),
        (SWITCHED, is_("last_outcome", "progressed"), "history[1].outcome", ("progressed",), OTHER_OUTCOMES),
        ({"disease": "nsclc", "extent": "metastatic"}, is_("stage", "IVB"), "stage", ("IVB",), ("IVA",)),
        ({"ecog": "unknown"}, AnyOf((Leaf(Between("ecog", 1, 1)), Leaf(Between("ecog", 3, 4)))),
         "ecog", ("1", "3-4"), ("0", "2")),
        ({"ecog": {"at_least": 1, "at_most": 3}}, Leaf(Between("ecog", 2, 2)), "ecog", ("2",), ("1", "3")),
        ({"disease": "nsclc"}, is_("last_outcome", "progressed"), "last_outcome", ("progressed",),
         ("none", *OTHER_OUTCOMES)),
        ({"disease": "nsclc"}, is_("last_outcome", "progressed"), "history", ("last_outcome progressed",),
         ("prior_lines 0", *(f"last_outcome {word}" for word in ("none", *OTHER_OUTCOMES)))),
        ({"disease": "nsclc", "stage": "IVB"},
         AllOf((OSIMERTINIB, Leaf(Between("prior_lines", 1, 2)))), "history",
         ("prior_lines 1-2, received with osimertinib",), ("prior_lines 0", "last_outcome none")),
        ({"disease": "nsclc", "prior_lines": 0}, OSIMERTINIB, "history",
         ("received with osimertinib",), ("received without osimertinib",)),
        ({"disease": "nsclc", "history": [{"setting": "curative"}]}, OSIMERTINIB,
         "history[0].drugs", ("osimertinib",), ("no osimertinib",)),
        ({"disease": "nsclc"}, AllOf((Leaf(Includes("egfr", "L858R")), is_("alk", "positive"))), "alk", (),
         ("negative",)),
        ({"disease": "nsclc"}, AnyOf((is_("alk", "positive"), BOTH)), "egfr", ("L858R, T790M",), ()),
        ({"disease": "nsclc"}, AllOf((is_("curative_treatment_possible", "false"), OSIMERTINIB)), "history",
         ("prior_lines other than 0, received with osimertinib",), ("received without osimertinib",)),
    ],
)  # fmt: skip
def test_each_answer_brings_the_option_or_takes_it_away(
    patient: dict[str, Any], offer: Condition, key: str, offered: tuple[str, ...], not_offered: tuple[str, ...]
) -> None:
    found = in_short(asked(small_patient(**patient), offer)[key])
    assert found == {name: values for name, values in (("offered", offered), ("not-indicated", not_offered)) if values}


def test_the_question_that_settles_most_options_comes_first() -> None:
    by_two = {"disease": "nsclc", "histology": "adenocarcinoma", "curative_treatment_possible": False}
    for many, few in (("alk", "ros1"), ("ros1", "alk")):
        offers = {"first": is_(many, "positive"), "second": is_(many, "negative"), "third": is_(few, "positive")}
        found = questions(settling_of(small_patient(**by_two), **offers)).single
        assert [question.key for question in found if question.key in offers or question.settles] == [many, few]


def test_about_one_option_only_what_it_waits_for_is_asked() -> None:
    patient = small_patient(disease="nsclc")
    settling = settling_of(patient, first=is_("alk", "positive"), second=is_("ros1", "positive"))
    assert [question.key for question in questions(settling, "second").single] == ["ros1"]
    assert [question.key for question in questions(settling).single] == ["alk", "ros1"]


def test_an_answer_is_not_asked_for_to_lift_an_exclusion_from_an_option_that_is_not_offered() -> None:
    lost = RegimenRules("lost", (), (), (), is_("alk", "positive"), is_("disease", "nsclc"), NEVER)
    open_one = RegimenRules("open", (), (), (), is_("alk", "negative"), NEVER, NEVER)
    solver, patient = Solver(domain(2), {"lost": lost, "open": open_one}, {}), small_patient(disease="nsclc")
    assert solver.standings(patient)["lost"].standing is Standing.EXCLUDED
    (question,) = questions(Settling(solver, patient)).single
    assert {name for answer in question.answers for name in answer.standings} == {"open"}


@pytest.mark.parametrize(
    ("patient", "offer", "key", "asks"),
    [
        ({"disease": "nsclc"}, is_("last_outcome", "progressed"), "history",
         "Which treatments were given so far, line by line?"),
        ({"disease": "nsclc", "prior_lines": 1}, OSIMERTINIB, "history",
         "Which treatments were given so far, line by line?"),
        ({"disease": "nsclc", "prior_lines": 0}, OSIMERTINIB, "history",
         "Was there treatment with curative intent, and which drugs were given?"),
        ({"disease": "nsclc", "history": [{"setting": "curative"}]}, OSIMERTINIB,
         "history[0].drugs", "Which drugs were given in the treatment with curative intent?"),
        (RELAPSED, months(6), "history[0].relapse_after",
         "How many months after the last dose of line 1 did the disease progress or relapse?"),
        (COMPLETED, Leaf(Between("last_cycles", 1, 100)), "history[0].cycles", "How many cycles did line 1 have?"),
        (SWITCHED, is_("last_outcome", "progressed"), "history[1].outcome",
         "What was the outcome of the maintenance of line 1?"),
    ],
)  # fmt: skip
def test_a_question_names_the_part_of_the_history_that_it_asks_for(
    patient: dict[str, Any], offer: Condition, key: str, asks: str
) -> None:
    assert asked(small_patient(**patient), offer)[key].asks == asks


def test_the_answers_about_a_set_speak_of_no_other_set() -> None:
    proteinuria, necrosis = Leaf(Includes("comorbidities", "proteinuria")), Leaf(Includes("bleeding_risk", "necrosis"))
    found = asked(
        small_patient(disease="nsclc"), AllOf((Not(necrosis), AnyOf((Not(proteinuria), is_("alk", "positive")))))
    )
    assert "bleeding_risk" in found
    assert "comorbidities" not in found


def test_an_answer_in_months_carries_the_test_of_just_these_months() -> None:
    question = asked(small_patient(**RELAPSED), months(3, 5))["history[0].relapse_after"]
    tests = {
        words: test for answer in question.answers for words, test in zip(answer.values, answer.tests, strict=True)
    }
    bounds = {"0-2": (0, 2), "3-5": (3, 5), "6-240": (6, 240)}
    assert tests == {words: (SignedAtom(Between(PLATINUM_FREE, *pair)),) for words, pair in bounds.items()}


def test_the_words_of_a_set_that_name_other_words_are_no_obstacle_to_an_answer() -> None:
    """``uncommon`` is true of a patient with G719X, and is not denied where G719X is the answer."""
    egfr = domain(2).facts["egfr"]
    assert isinstance(egfr, SetFact)
    grouped = replace(
        egfr, members=(*egfr.members, "uncommon"), groups={"uncommon": frozenset({"G719X", "S768I", "L861Q"})}
    )
    wider = replace(domain(2), facts={**domain(2).facts, "egfr": grouped})
    rules = RegimenRules("option", (), (), (), Leaf(Includes("egfr", "uncommon")), NEVER, NEVER)
    patient = read(Profile.model_validate({"disease": "nsclc"}), wider)
    (question,) = questions(Settling(Solver(wider, {"option": rules}, {}), patient)).single
    assert in_short(question)["offered"] == ("G719X", "S768I", "L861Q")


# Settling sets --------------------------------------------------------------------------------------------------------


def test_what_settles_all_options_is_found_before_what_settles_each() -> None:
    offers = {"first": is_("alk", "positive"), "second": is_("ros1", "positive")}
    assert questions(settling_of(small_patient(disease="nsclc"), **offers)).together == (("alk", "ros1"),)


def test_standings_found_elsewhere_do_for_a_patient_of_many_lines(rulebook: Rulebook) -> None:
    history = [{"line": line, "drugs": ["docetaxel"], "outcome": "progressed"} for line in range(1, 7)]
    patient = read(Profile.model_validate({"disease": "nsclc", "history": [*history, {"line": 7}]}), rulebook.domain)
    rules = RegimenRules("option", (), (), (), is_("last_outcome", "progressed"), NEVER, NEVER)
    standings = Solver(rulebook.domain, {"option": rules}, {}).standings(patient)
    settling = Settling(Solver(rulebook.domain, {"option": rules}, {}), patient, standings)
    assert questions(settling).together == (("history[6].outcome",),)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("alk", {"alk"}),
        ("prior_lines", {"prior_lines", "last_cycles", PLATINUM_FREE, "received"}),
        ("history", {"prior_lines", "last_cycles", PLATINUM_FREE, "received"}),
        ("history[0].cycles", {"last_cycles"}),
        ("history[0].relapse_after", {PLATINUM_FREE}),
        ("history[0].drugs", {"prior_lines", PLATINUM_FREE, "received"}),
        ("history[0].outcome", {"prior_lines", PLATINUM_FREE, "received"}),
    ],
)
def test_the_answer_to_a_question_tells_of_the_facts_that_are_read_from_it(key: str, facts: set[str]) -> None:
    names = ("alk", "ros1", "prior_lines", "last_cycles", PLATINUM_FREE, "received")
    assert {fact for fact in names if bears_on(domain(2), key, fact)} == facts
