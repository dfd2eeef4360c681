"""What to ask next and what to change, against enumeration of all completions."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

import pytest

from conftest import sized
from enumeration import completions, domain, is_offered, random_patient, random_solver, random_written
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import RegimenRules, effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import ALWAYS, AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Choice, Includes, Is, Members, Number, Truth, Value
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.solving.changes import ChangeSet, FactChange, smallest_changes
from regimen_advisor.solving.determining_sets import Settling, minimum_hitting_sets
from regimen_advisor.solving.questions import KeyQuestion, is_anything_open, questions
from regimen_advisor.solving.solver import Exact, Solver
from worlds import World


def small_patient(**keys: object) -> Patient:
    return read(Profile.model_validate({"id": "small", **keys}), domain(2))


def solver_of(offer: Condition, exclusion: Condition | None = None) -> Solver:
    never = AllOf((Leaf(Is("disease", frozenset())),))
    return Solver(domain(2), {"option": RegimenRules("option", (), (), (), offer, exclusion or never, never)}, {})


def is_(fact: str, *values: str) -> Condition:
    return Leaf(Is(fact, frozenset(values)))


# The oracle: questions answered in worlds -------------------------------------------------------------------------


def answer(key: str, world: World) -> object:
    """What a complete patient answers to a question, as far as the facts of the history go."""
    return _of_history(world) if key == "history" else world.facts[key]


def _of_history(world: World) -> object:
    treated = [value for name, value in sorted(world.facts.items()) if domain().facts[name].permanence == "treatment"]
    return tuple(treated)


def settles(keys: Iterable[str], worlds: Sequence[World], offered: Callable[[World], bool]) -> bool:
    seen: dict[tuple[object, ...], bool] = {}
    for world in worlds:
        answers = tuple(answer(key, world) for key in sorted(keys))
        if seen.setdefault(answers, offered(world)) != offered(world):
            return False
    return True


def smallest_by_enumeration(
    keys: Sequence[str], worlds: Sequence[World], offered: Callable[[World], bool]
) -> set[frozenset[str]]:
    for size in range(len(keys) + 1):
        found = {frozenset(key) for key in itertools.combinations(keys, size) if settles(key, worlds, offered)}
        if found:
            return found
    raise AssertionError("all questions together settle everything")


TOLD_APART: tuple[Condition, ...] = (
    Leaf(Between("prior_lines", 1, 1)),
    *(
        is_(name, "none")
        for name in ("last_outcome", "disease", "histology", "stage", "extent", "brain_metastases", "liver_metastases")
    ),
    is_("curative_treatment_possible", "true"),
)


def cases(random: Random) -> Iterator[tuple[Solver, Patient, list[World]]]:
    """Solvers and patients whose questions worlds can answer: the disease is known, or there is no history."""
    known = {"histology": "adenocarcinoma", "stage": "IVB", "history": "unknown"}
    untreated = {"history": [], "curative_treatment_possible": False}
    while True:
        for fixed in (known, untreated):
            solver, patient = random_solver(random, 2), random_patient(random, **fixed)
            if Settling(solver, patient).undetermined:
                yield solver, patient, list(completions(solver, patient, TOLD_APART).worlds)


def test_the_smallest_settling_sets_are_those_of_enumeration() -> None:
    several = unlike = 0
    for solver, patient, worlds in itertools.islice(cases(Random(14)), 16):
        for name, sets in questions(Settling(solver, patient)).by_regimen.items():
            keys = Settling(solver, patient).cone(name)
            expected = smallest_by_enumeration(
                keys, worlds, lambda world, name=name, solver=solver: is_offered(solver, name, world.facts)
            )
            assert set(map(frozenset, sets)) == expected
            assert set(Settling(solver, patient).depends_on(name)) == frozenset().union(*expected)
            several += len(expected) > 1
            unlike += len(next(iter(expected))) > 1
    assert several
    assert unlike


def test_a_single_question_settles_an_option_exactly_where_some_answer_does() -> None:
    deciding = 0
    for solver, patient, worlds in itertools.islice(cases(Random(12)), 14):
        found = {question.key: question for question in questions(Settling(solver, patient)).single}
        settling = Settling(solver, patient)
        for key in settling.questions:
            expected = {
                name
                for name in settling.undetermined
                if key in settling.cone(name) and settled_by_some_answer(key, worlds, solver, name)
            }
            assert set(found[key].settles if key in found else ()) == expected, key
            deciding += bool(expected)
    assert deciding >= 10


def settled_by_some_answer(key: str, worlds: Iterable[World], solver: Solver, regimen: str) -> bool:
    by_answer: dict[object, set[bool]] = {}
    for world in worlds:
        by_answer.setdefault(answer(key, world), set()).add(is_offered(solver, regimen, world.facts))
    return any(len(outcomes) == 1 for outcomes in by_answer.values())


def test_parts_of_a_given_history_are_asked_by_entry() -> None:
    offer = AllOf((is_("last_outcome", "progressed"), Leaf(Includes("progressed_on", "osimertinib"))))
    patient = small_patient(disease="nsclc", history=[{"line": 1, "drugs": ["egfr-tki"]}, {"line": 2}])
    waits = ("history[0].outcome", "history[1].drugs", "history[1].outcome")
    found = questions(Settling(solver_of(offer), patient))
    assert found.by_regimen["option"] == (waits,)
    assert found.together == (waits,)
    outcome = next(question for question in found.single if question.key == "history[1].outcome")
    assert outcome.asks == "What was the outcome of line 2?"
    words = {value for entry in outcome.answers for value in entry.values}
    assert words == {"completed", "ongoing", "relapsed", "stopped-for-toxicity"}
    assert Settling(solver_of(offer), patient).depends_on("option") == waits


def test_an_answer_says_which_standing_it_brings() -> None:
    patient = small_patient(disease="nsclc", pd_l1_tps={"at_least": 1})
    solver = solver_of(Leaf(Between("pd_l1_tps", 50, 100)))
    (question,) = questions(Settling(solver, patient)).single
    assert question.key == "pd_l1_tps"
    assert {entry.values: dict(entry.standings) for entry in question.answers} == {
        ("1-49",): {"option": Standing.NOT_INDICATED},
        ("50-100",): {"option": Standing.OFFERED},
    }


def test_two_answers_that_say_the_same_are_either_one_enough() -> None:
    solver = solver_of(is_("disease", "sclc"))
    found = questions(Settling(solver, small_patient(ecog=1)))
    assert found.by_regimen["option"] == (("disease",), ("histology",), ("extent",))


def test_what_an_answer_that_is_always_needed_leaves_open_is_settled_by_one_more() -> None:
    offer = AnyOf((is_("disease", "sclc"), is_("alk", "positive")))
    found = questions(Settling(solver_of(offer), small_patient(ecog=1)))
    assert set(map(frozenset, found.by_regimen["option"])) == {
        frozenset({"alk", candidate}) for candidate in ("disease", "histology", "extent")
    }


def test_a_caution_that_may_hold_is_asked_for_though_the_option_is_offered() -> None:
    warned = RegimenRules("option", (), (), (), ALWAYS, is_("disease"), is_("brain_metastases", "active"))
    found = questions(Settling(Solver(domain(2), {"option": warned}, {}), small_patient(disease="nsclc")))
    (question,) = found.single
    assert question.key == "brain_metastases"
    assert question.settles == ()
    assert question.answers[0].standings == {"option": Standing.OFFERED_WITH_CAUTION}


@pytest.mark.parametrize(
    ("standing", "caution", "is_open"),
    [
        (Standing.UNDETERMINED, Truth.FALSE, True),
        (Standing.OFFERED, Truth.UNKNOWN, True),
        (Standing.OFFERED, Truth.FALSE, False),
        (Standing.OFFERED_WITH_CAUTION, Truth.UNKNOWN, False),
        (Standing.NOT_INDICATED, Truth.UNKNOWN, False),
    ],
)
def test_a_standing_is_open_where_it_is_undetermined_or_may_get_a_caution(
    standing: Standing, caution: Truth, is_open: bool
) -> None:
    settled = Exact(Standing.EXCLUDED, Truth.FALSE, Truth.TRUE, Truth.TRUE)
    assert is_anything_open([settled, Exact(standing, caution, Truth.TRUE, Truth.FALSE)]) is is_open


def effects(question: KeyQuestion) -> dict[tuple[str, ...], dict[str, Standing]]:
    return {entry.values: dict(entry.standings) for entry in question.answers}


def test_the_members_of_a_set_that_act_alone_or_only_together_are_answers() -> None:
    others = ("wild-type", "ex19del", "L858R", "T790M", "ex20ins", "G719X", "S768I", "L861Q", "C797S", "other")
    untested = small_patient(disease="nsclc")
    alone, both = Leaf(Includes("egfr", "L858R")), Leaf(Includes("egfr", "T790M"))
    (question,) = questions(Settling(solver_of(alone), untested)).single
    assert effects(question) == {
        tuple(word for word in others if word != "L858R"): {"option": Standing.NOT_INDICATED},
        ("L858R",): {"option": Standing.OFFERED},
    }
    (question,) = questions(Settling(solver_of(AllOf((alone, both))), untested)).single
    assert effects(question) == {
        others: {"option": Standing.NOT_INDICATED},
        ("L858R, T790M",): {"option": Standing.OFFERED},
    }


def test_the_drugs_of_an_entry_are_asked_by_what_rules_ask_of_a_history_and_by_nothing_else() -> None:
    offer = AllOf((Leaf(Includes("received", "osimertinib")), Leaf(Includes("egfr", "L858R"))))
    patient = small_patient(disease="nsclc", egfr=["L858R"], history=[{"line": 1}])
    found = questions(Settling(solver_of(offer), patient)).single
    drugs = next(question for question in found if question.key == "history[0].drugs")
    assert {word.removeprefix("no ") for entry in drugs.answers for word in entry.values} == {"osimertinib"}


def test_a_question_settles_what_any_of_its_answers_settles() -> None:
    never, fit = is_("disease"), Leaf(Between("ecog", 0, 1))
    regimens = {
        name: RegimenRules(name, (), (), (), AllOf((is_("brain_metastases", word), fit)), never, never)
        for name, word in (("for-none", "false"), ("for-active", "active"))
    }
    found = questions(Settling(Solver(domain(2), regimens, {}), small_patient(disease="nsclc"))).single
    brain = next(question for question in found if question.key == "brain_metastases")
    assert set(brain.settles) == set(regimens)
    assert effects(brain)["false",] == {"for-active": Standing.NOT_INDICATED}


def test_nothing_is_asked_where_nothing_is_open(rulebook: Rulebook) -> None:
    patient = read(
        Profile.model_validate({"histology": "squamous", "stage": "IVB", "egfr": "wild-type", "alk": "negative",
                                "ros1": "negative", "nrg1": "negative", "pd_l1_tps": 0, "history": [],
                                "ecog": 1, "brain_metastases": False, "liver_metastases": False,
                                "bleeding_risk": "none", "other_drivers": "none"}), rulebook.domain,
    )  # fmt: skip
    found = questions(Settling(Guideline.of(rulebook).solver, patient))
    assert found.single == ()
    assert found.by_regimen == {}
    assert found.together == ()


def test_questions_do_not_depend_on_what_was_asked_before(rulebook: Rulebook) -> None:
    def patient() -> Patient:
        return read(Profile.model_validate({"disease": "nsclc", "stage": "IVB"}), rulebook.domain)

    first = questions(Settling(Guideline.of(rulebook).solver, patient()))
    Guideline.of(rulebook).solver.standings(read(Profile.model_validate({"disease": "sclc"}), rulebook.domain))
    again = questions(Settling(Guideline.of(rulebook).solver, patient()))
    assert again.single == first.single
    assert again.by_regimen == first.by_regimen
    assert again.together == first.together


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ([], [""]),
        (["a", "bc"], ["ab", "ac"]),
        (["ab", "bc", "ac"], ["ab", "ac", "bc"]),
        (["ab", "b"], ["b"]),
    ],
)
def test_smallest_meeting_sets_share_a_member_with_every_set(family: list[str], expected: list[str]) -> None:
    found = minimum_hitting_sets([frozenset(group) for group in family], "abc")
    assert ["".join(sorted(chosen)) for chosen in found] == expected


# Smallest changes -------------------------------------------------------------------------------------------------


def test_every_set_of_changes_offers_the_option_and_no_subset_does() -> None:
    random, compared, learnt, changed = Random(13), 0, 0, 0
    while compared < sized(50, 16):
        solver, written = random_solver(random, 1), random_written(random)
        try:
            patient = read(Profile.model_validate(written), domain(), explain=False)
        except InputError:
            continue
        found = smallest_changes(solver, patient, "regimen-0").sets
        few = [*found[:2], *[entry for entry in found[2:] if not entry.is_only_to_learn][:2]]
        for entry in few:
            if len(entry.changes) > 3 or ("lines" in entry.relaxed and patient.history):
                continue
            if any(change.fact == "egfr" for change in entry.changes):
                continue  # worlds would tell more variants apart than can be counted
            assert offers(solver, written, entry.changes, entry), (written, entry)
            for size in range(len(entry.changes)):
                for some in itertools.combinations(entry.changes, size):
                    assert not offers(solver, written, some, entry), (written, entry, some)
            compared += 1
            learnt += entry.is_only_to_learn
            changed += not entry.is_only_to_learn
    assert learnt >= sized(5, 2)
    assert changed >= sized(5, 2)


def offers(solver: Solver, written: dict, changes: Sequence[FactChange], whole: ChangeSet) -> bool:
    """Whether every world that fits the profile after the changes is offered the option, and there is one."""
    new = {change.fact: change.value for change in changes}
    profile = {"id": "changed", **{key: value for key, value in written.items() if key not in new}}
    if any(key.startswith("history[") for key in new):
        profile["history"] = [dict(entry) for entry in written["history"]]
    for key, value in list(new.items()):
        if key.startswith("history["):
            assert isinstance(value, Choice)
            profile["history"][int(key[8:-9])]["outcome"] = next(iter(value.possible))
            del new[key]
    if "prior_lines" in new and "lines" in whole.relaxed:  # the first line of a patient without history
        profile.pop("history", None)
        new["received_in_curative"] = domain().facts["received_in_curative"].empty
    try:
        patient = read(Profile.model_validate(profile), domain(), explain=False)
    except InputError:
        return False
    worlds = completions(solver, patient, [test for name, value in new.items() for test in telling(name, value)]).worlds
    fitting = [world for world in worlds if all(fits(world, name, value) for name, value in new.items())]
    return bool(fitting) and all(is_offered(solver, "regimen-0", world.facts) for world in fitting)


def telling(name: str, value: Value) -> list[Condition]:
    """Conditions that tell the value apart from others, so that the worlds do."""
    match value:
        case Choice(possible=possible):
            return [Leaf(Is(name, possible))]
        case Number(low=low, high=high):
            return [Leaf(Between(name, low, high))]
        case Members(must=must):
            return [Leaf(Includes(name, member)) for member in sorted(must)]


def fits(world: World, name: str, value: Value) -> bool:
    own_rules = world.facts[name]
    match value, own_rules:
        case Choice(), Choice():
            return own_rules.possible <= value.possible
        case Number(), Number():
            return value.absent if own_rules.low > own_rules.high else value.low <= own_rules.low <= value.high
        case Members(), Members():
            return value.must <= own_rules.must <= value.may
    raise TypeError


def changes_of(offer: Condition, **keys: object) -> list[list[tuple[str, str, str]]]:
    found = smallest_changes(solver_of(offer), small_patient(**keys), "option")
    return [[(change.fact, change.words, change.kind) for change in entry.changes] for entry in found.sets]


def test_what_is_unknown_is_to_be_learnt() -> None:
    assert changes_of(is_("alk", "positive"), disease="nsclc") == [[("alk", "positive", "learn")]]


def test_what_hangs_together_changes_together() -> None:
    found = changes_of(is_("extent", "locally-advanced"), disease="nsclc", stage="IVB", extent="metastatic")
    assert found == [[("stage", "III", "change"), ("extent", "locally-advanced", "change")]]


def test_the_latest_line_may_turn_out_to_have_progressed() -> None:
    offer = AllOf((is_("last_outcome", "progressed"), Leaf(Includes("progressed_on", "osimertinib"))))
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "ongoing"}]
    found = changes_of(offer, disease="nsclc", history=history)
    assert found[0] == [("history[0].outcome", "progressed", "change")]


def test_a_further_line_may_follow() -> None:
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]
    found = changes_of(Leaf(Between("prior_lines", 2, 2)), disease="nsclc", history=history)
    assert found == [[("prior_lines", "2", "change")]]


@pytest.mark.parametrize(
    "history",
    [[], [{"setting": "curative", "drugs": ["osimertinib"], "outcome": "relapsed"}]],
    ids=["none", "curative"],
)
def test_the_first_line_may_follow_where_none_was_given_or_only_treatment_with_curative_intent(history: object) -> None:
    offer = Leaf(Between("prior_lines", 1, 3))
    found = changes_of(offer, disease="nsclc", curative_treatment_possible=False, history=history)
    assert found[0] == [("prior_lines", "at least 1", "change")]


def test_several_facts_change_together_though_another_one_alone_would_do() -> None:
    several = AllOf((is_("brain_metastases", "active"), is_("liver_metastases", "true")))
    offer = AnyOf((Leaf(Between("ecog", 0, 1)), several))
    none = {"brain_metastases": False, "liver_metastases": False}
    found = changes_of(offer, disease="nsclc", extent="metastatic", ecog=3, **none)
    assert [{fact for fact, _, _ in entry} for entry in found] == [{"ecog"}, set(none)]


def test_a_number_that_must_change_with_another_fact_is_named_though_any_other_one_will_do() -> None:
    (found,) = changes_of(is_("last_outcome", "progressed"), disease="nsclc", prior_lines=0)
    assert {(fact, kind) for fact, _, kind in found} == {("last_outcome", "learn"), ("prior_lines", "change")}


def test_what_must_not_be_is_told_by_what_may_be() -> None:
    found = changes_of(Not(is_("extent", "metastatic")), disease="nsclc")
    assert [("extent", "early or locally-advanced", "learn")] in found


def test_only_the_history_changes_with_a_treatment_and_the_rest_is_learnt() -> None:
    offer = AllOf((is_("last_outcome", "progressed"), is_("alk", "positive")))
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "ongoing"}]
    found = changes_of(offer, disease="nsclc", history=history)
    assert {(fact, kind) for fact, _, kind in found[0]} == {("history[0].outcome", "change"), ("alk", "learn")}
    unknown = changes_of(is_("last_outcome", "progressed"), disease="nsclc")
    assert {(fact, kind) for fact, _, kind in unknown[0]} == {("last_outcome", "learn")}


def test_a_treatment_that_was_given_is_not_undone() -> None:
    history = [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]
    found = smallest_changes(
        solver_of(Leaf(Between("prior_lines", 0, 0))), small_patient(disease="nsclc", history=history), "option"
    )
    assert found.sets == ()
    assert found.reason == "nothing that is open or can change leads to it"


def test_what_never_changes_is_only_named() -> None:
    patient = small_patient(histology="adenocarcinoma")
    found = smallest_changes(solver_of(is_("histology", "squamous")), patient, "option")
    assert found.sets == ()
    assert found.fixed == (("histology",),)
    assert found.reason == "only facts that never change rule it out"


def test_an_option_that_is_offered_needs_no_change() -> None:
    found = smallest_changes(solver_of(is_("disease", "nsclc")), small_patient(disease="nsclc"), "option")
    assert (found.sets, found.reason) == ((), "it is offered already")


def test_learning_comes_before_changing_and_few_before_many(rulebook: Rulebook) -> None:
    patient = read(Profile.model_validate({"histology": "adenocarcinoma", "stage": "IVB", "ecog": 1}), rulebook.domain)
    solver = Guideline.of(rulebook).solver
    for name in solver.regimens:
        found = smallest_changes(solver, patient, name).sets
        kinds = [entry.is_only_to_learn for entry in found]
        assert kinds == sorted(kinds, reverse=True)


def test_questions_do_not_depend_on_who_was_asked_about_before(rulebook: Rulebook) -> None:
    solver = Solver(rulebook.domain, regimen_rules(rulebook), effective_conditions(rulebook))
    written = {"id": "one", "disease": "nsclc", "extent": "metastatic"}
    first = read(Profile.model_validate(written), rulebook.domain)
    before = questions(Settling(solver, first)).single
    history = [{"line": line, "drugs": ["docetaxel"], "outcome": "progressed"} for line in range(1, 8)]
    second = read(Profile.model_validate({**written, "id": "seven lines", "history": history}), rulebook.domain)
    solver.standings(second)
    assert questions(Settling(solver, first)).single == before
