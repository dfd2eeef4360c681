"""The smallest changes after which an option is offered: which, in which words and in which order."""

from collections.abc import Sequence

import pytest

from enumeration import domain
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.language.conditions import NEVER, AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.values import Between, Choice, Includes, Is
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.solving.changes import Changes, ChangeSet, FactChange, smallest_changes
from regimen_advisor.solving.solver import Solver
from worlds import small_domain


def found_in(where: Domain, offer: Condition, **keys: object) -> Changes:
    rules = RegimenRules("option", (), (), (), offer, NEVER, NEVER)
    patient = read(Profile.model_validate({"id": "small", **keys}), where)
    return smallest_changes(Solver(where, {"option": rules}, {}), patient, "option")


def found(offer: Condition, **keys: object) -> Changes:
    return found_in(domain(2), offer, **keys)


def in_short(changes: Changes) -> list[list[str]]:
    """Each set of changes as its words, without those to learn marked."""
    return [
        [f"{change.fact} {change.words}" + (" (change)" * (change.kind == "change")) for change in entry.changes]
        for entry in changes.sets
    ]


def is_(fact: str, *values: str) -> Condition:
    return Leaf(Is(fact, frozenset(values)))


def ecog(low: int, high: int) -> Condition:
    return Leaf(Between("ecog", low, high))


def egfr(member: str) -> Condition:
    return Leaf(Includes("egfr", member))


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (ecog(0, 1), "ecog at most 1"),
        (ecog(2, 3), "ecog 2-3"),
        (ecog(3, 4), "ecog at least 3"),
        (ecog(2, 2), "ecog 2"),
        (AllOf((egfr("L858R"), egfr("T790M"))), "egfr L858R, T790M"),
        (AllOf((egfr("L858R"), Not(egfr("T790M")))), "egfr L858R, no T790M"),
        (Not(AnyOf((egfr("L858R"), egfr("T790M")))), "egfr no L858R, no T790M"),
        (is_("stage", "IIIA", "IIIB", "IIIC"), "stage III"),
    ],
)
def test_the_value_to_be_learnt_is_worded_as_a_profile_words_it(offer: Condition, words: str) -> None:
    assert words in in_short(found(offer, disease="nsclc"))[0]


def test_where_something_leads_to_the_option_no_reason_is_given_why_nothing_does() -> None:
    assert found(is_("alk", "positive"), disease="nsclc").reason is None


def test_a_set_of_changes_is_to_learn_only_where_each_of_them_is() -> None:
    learn, change = (FactChange("alk", Choice(frozenset({"positive"})), "positive", kind, "test")
                     for kind in ("learn", "change"))  # fmt: skip
    sets: Sequence[tuple[ChangeSet, bool]] = (
        (ChangeSet((learn, learn)), True), (ChangeSet((change,)), False), (ChangeSet((learn, change)), False),
    )  # fmt: skip
    assert [entry.is_only_to_learn for entry, _ in sets] == [expected for _, expected in sets]


def test_of_what_is_to_be_learnt_few_facts_come_first_then_names() -> None:
    alk, ros1, nrg1, dll3 = (is_(name, "positive") for name in ("alk", "ros1", "nrg1", "dll3"))
    found_sets = in_short(found(AnyOf((AllOf((alk, nrg1, dll3)), AllOf((ros1, nrg1)), AllOf((alk, ros1)))),
                                disease="nsclc"))  # fmt: skip
    assert found_sets == [
        ["alk positive", "ros1 positive"],
        ["ros1 positive", "nrg1 positive"],
        ["alk positive", "nrg1 positive", "dll3 positive"],
    ]


def test_few_changes_come_before_few_facts() -> None:
    several = AllOf((is_("brain_metastases", "active"), is_("liver_metastases", "true")))
    learnt = tuple(is_(name, "positive") for name in ("alk", "ros1", "nrg1"))
    none = {"brain_metastases": False, "liver_metastases": False}
    offer = AnyOf((several, AllOf((ecog(0, 1), *learnt))))
    assert in_short(found(offer, disease="nsclc", extent="metastatic", ecog=3, **none)) == [
        ["ecog at most 1 (change)", "alk positive", "ros1 positive", "nrg1 positive"],
        ["brain_metastases active (change)", "liver_metastases true (change)"],
    ]


def test_an_older_line_does_not_turn_out_otherwise() -> None:
    history = [
        {"line": 1, "drugs": ["osimertinib"], "outcome": "completed"},
        {"line": 2, "drugs": ["carboplatin"], "outcome": "progressed"},
    ]
    offer = Leaf(Includes("progressed_on", "osimertinib"))
    assert in_short(found(offer, disease="nsclc", history=history)) == []


def test_the_first_of_the_outcomes_that_will_not_do_hides_none_of_the_others() -> None:
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]
    offer = AllOf((is_("last_outcome", "stopped-for-toxicity"), Leaf(Between("prior_lines", 1, 1))))
    assert in_short(found(offer, disease="nsclc", history=history)) == [
        ["history[0].outcome stopped-for-toxicity (change)"]
    ]


def test_lines_counted_beside_a_history_are_one_thing_to_change() -> None:
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]
    changes = found(Leaf(Between("prior_lines", 2, 2)), disease="nsclc", history=history, prior_lines=1)
    assert [entry.relaxed for entry in changes.sets] == [{"lines"}]


def test_the_cycles_of_the_latest_line_stay_as_they_were_counted() -> None:
    history = [{"line": 1, "drugs": ["carboplatin"], "outcome": "completed", "cycles": 0}]
    offer = AllOf((Leaf(Between("last_cycles", 1, 6)), Leaf(Between("prior_lines", 1, 1))))
    assert found(offer, disease="nsclc", history=history).sets == ()
    further = found(Leaf(Between("last_cycles", 1, 6)), disease="nsclc", history=history)
    assert in_short(further) == [["prior_lines 2 (change)", "last_cycles 1 (change)"]]


def test_what_never_changes_is_named_though_something_else_would_have_to_change_with_it() -> None:
    patient = {"histology": "adenocarcinoma", "ecog": 3, "egfr": ["L858R"]}
    changes = found(AllOf((is_("histology", "squamous"), ecog(0, 1))), **patient)
    assert changes.sets == ()
    assert changes.fixed == (("histology",),)
    assert changes.reason == "only facts that never change rule it out"


def test_at_most_three_known_facts_change_together() -> None:
    none = {"brain_metastases": False, "liver_metastases": False, "ecog": 3, "alk": "negative"}
    three = (is_("brain_metastases", "active"), is_("liver_metastases", "true"), ecog(0, 1))
    known = {"disease": "nsclc", "extent": "metastatic", **none}
    (only,) = found(AllOf(three), **known).sets
    assert len(only.changes) == 3
    bleeding = {"bleeding_risk": "none", **known}
    assert found(AllOf((*three, Leaf(Includes("bleeding_risk", "central")))), **bleeding).sets == ()


def test_of_many_ways_eight_are_kept_for_what_is_given_up_and_two_dozen_in_all() -> None:
    ways = tuple(Leaf(Includes("egfr", member)) for member in domain(2).facts["egfr"].members)
    assert len(ways) > 8
    assert len(found(AnyOf(ways), disease="nsclc").sets) == 8
    none = {"brain_metastases": False, "liver_metastases": False, "ecog": 3, "bleeding_risk": "none"}
    reasons = (is_("brain_metastases", "active"), is_("liver_metastases", "true"), ecog(0, 1),
               Leaf(Includes("bleeding_risk", "central")))  # fmt: skip
    several = AllOf((AnyOf(ways), AnyOf(reasons)))
    assert len(found(several, disease="nsclc", extent="metastatic", **none).sets) == 24


def test_after_four_lines_there_is_room_for_one_that_progressed_one_that_relapsed_and_a_latest() -> None:
    where = small_domain(domain(2).formulary, most_lines=8)
    history = [{"line": line, "drugs": ["carboplatin"], "outcome": "completed"} for line in range(1, 5)]
    offer = AllOf(
        (
            Leaf(Includes("progressed_on", "osimertinib")),
            Leaf(Includes("relapsed_after", "carboplatin")),
            Not(Leaf(Includes("progressed_on", "carboplatin"))),
            Not(Leaf(Includes("relapsed_after", "osimertinib"))),
            is_("last_outcome", "ongoing"),
        )
    )
    changes = found_in(where, offer, disease="nsclc", history=history)
    assert [entry.relaxed for entry in changes.sets] == [{"lines"}]
