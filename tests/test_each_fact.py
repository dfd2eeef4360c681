"""Every fact is known everywhere: a place that forgot one fails here and names the place and the fact.

The tests go through the declaration, so a new fact is held to them without a word here. Each fact has a rule that
offers a regimen of its own where one test of the fact holds, a patient of whom the test surely holds, and one of whom
it surely does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

import test_conformance as conformance
from generators import atom_over, drawn, random_profile, words_of
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.condition_schema import condition_schema
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.conditions import Condition, Leaf, Not
from regimen_advisor.language.values import Atom, Between, Includes, Is, Truth
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.quiz.seeded_random import SeededRandom
from regimen_advisor.schemas import reference_of, schema_of
from regimen_advisor.solving.witness import witness
from small_rulebooks import rulebook_of
from worlds import small_domain, worlds

BOOK = load_rulebook(Path(__file__).parent.parent / "rules")
FACTS = BOOK.domain.facts
SIDES = {"true": True, "false": False}
each_fact = pytest.mark.parametrize("name", FACTS)
Answers = Mapping[str, list[dict[str, Any]]]


def atom_of(fact: Fact) -> Atom:
    """One test of a fact, of which its declaration alone says that it can hold and not hold."""
    match fact:
        case ChoiceFact():
            return Is(fact.name, frozenset({fact.domain[-1]}))
        case NumberFact():
            return Between(fact.name, fact.low + 1, fact.high)
        case SetFact():
            return Includes(fact.name, words_of(fact)[0])


def written(atom: Atom) -> str:
    match atom:
        case Is(values=values):
            return f"[{', '.join(sorted(values))}]"
        case Between(low=low):
            return f"{{at_least: {low}}}"
        case Includes(member=member):
            return f"{{includes: {member}}}"


def condition_of(name: str, side: bool) -> Condition:
    test = Leaf(atom_of(FACTS[name]))
    return test if side else Not(test)


REGIMENS = {name: f"option-{name.replace('_', '-')}" for name in FACTS}
"""The regimen that the rule over a fact offers."""


@pytest.fixture(scope="module")
def guideline() -> Guideline:
    """The guideline of one rule a fact."""
    template = next(iter(BOOK.regimens.values()))
    regimens = {id: template.model_copy(update={"id": id, "name": id}) for id in REGIMENS.values()}
    rules = [
        f"- {{id: about-{name}, offer: {REGIMENS[name]}, when: {{{name}: {written(atom_of(fact))}}}}}"
        for name, fact in FACTS.items()
    ]
    return Guideline.of(rulebook_of(replace(BOOK, regimens=regimens), "\n".join(rules)))


@pytest.fixture(scope="module")
def profiles(guideline: Guideline) -> Mapping[tuple[str, bool], dict[str, Any]]:
    """For each fact and side a patient; the solver finds one, so both sides are possible."""
    found = {}
    for name in FACTS:
        for side in SIDES.values():
            profile = witness(guideline.solver, condition_of(name, side))
            assert profile is not None, f"no patient for one side of the fact `{name}`"
            found[name, side] = profile
    return found


@pytest.fixture(scope="module")
def answers(guideline: Guideline, profiles: Mapping[tuple[str, bool], dict[str, Any]]) -> Callable[[str], Answers]:
    """What an engine answers of every one of these patients, and of one of whom nothing is known."""
    corpus = [{"profile": profile} for profile in profiles.values()] + [
        {"profile": {"disease": "unknown"}, "questions": {}}
    ]
    return cache(lambda engine: conformance.ENGINES[engine](corpus, guideline))


# Every engine --------------------------------------------------------------------------------------------------------


@each_fact
@pytest.mark.parametrize("engine", conformance.ENGINES)
def test_every_engine_judges_both_sides_of_the_fact(
    engine: str, name: str, answers: Callable[[str], Any], profiles: Mapping[tuple[str, bool], Any]
) -> None:
    for aspect in {"node_by_node", "standings"} - conformance.GAPS[engine]:
        *answered, unknown = answers(engine)
        by_side = {key: answer[aspect].get(REGIMENS[name]) for key, answer in zip(profiles, answered, strict=True)}
        assert by_side[name, True] == "offered", f"{engine} does not know the fact `{name}`"
        assert by_side[name, False] is None, f"{engine} does not know the fact `{name}`"
        assert unknown[aspect].get(REGIMENS[name]) == "undetermined", f"{engine} guesses the fact `{name}`"


@each_fact
def test_python_and_page_know_the_same_value_of_the_fact(name: str, answers: Callable[[str], Any]) -> None:
    values = [
        [answer["facts"].get(name) for answer in answers(engine)[:-1]]
        for engine in ("interpreter", "page")
        if "facts" not in conformance.GAPS[engine]
    ]
    assert len(values) == 2
    assert any(values[0]), f"reading leaves the fact `{name}` unknown"
    assert values[0] == values[1], f"the page does not know the fact `{name}`"


@each_fact
@pytest.mark.parametrize("engine", ["solver", "page"])
def test_the_fact_is_asked_for_where_a_rule_waits_for_it(engine: str, name: str, answers: Callable[[str], Any]) -> None:
    settled = answers(engine)[-1]["questions"]
    assert REGIMENS[name] in settled.get(FACTS[name].key, ()), f"{engine}: no question about the fact `{name}`"


# Words and schemas ---------------------------------------------------------------------------------------------------


@each_fact
def test_the_fact_has_words_that_are_more_than_its_value(name: str, guideline: Guideline) -> None:
    fact = FACTS[name]
    assert fact.label
    assert fact.question.endswith("?")
    both = [guideline.wording.condition(condition_of(name, side)) for side in SIDES.values()]
    assert all(words and "{" not in words and "_" not in words for words in both), both
    assert len(set(both)) == 2, f"no words that tell the sides of the fact `{name}` apart: {both[0]}"


@each_fact
def test_the_fact_is_in_every_schema(name: str) -> None:
    key = FACTS[name].key
    assert key in schema_of("profile")["properties"], f"no profile key `{key}` for the fact `{name}`"
    assert name in condition_schema(BOOK)["properties"], f"no fact `{name}` in the schema of a condition"
    assert f"| `{name}` |" in reference_of("conditions")


# Quiz ----------------------------------------------------------------------------------------------------------------


@each_fact
def test_the_quiz_draws_patients_on_both_sides_of_the_fact(name: str, guideline: Guideline) -> None:
    patients = Patients(guideline.rulebook)
    for side in SIDES.values():
        draws = (
            patients.meeting(condition_of(name, side), disease, SeededRandom(f"{name} {disease} {number}"))
            for number in range(5)
            for disease in ("nsclc", "sclc")
        )
        assert any(draws), f"the quiz draws no patient with `{name}` {written(atom_of(FACTS[name]))}: {side}"


# The patients of the tests themselves --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def random_patients() -> list[Patient]:
    found = []
    for seed in range(300):
        try:
            profile = random_profile(Random(seed), 0.45, domain=BOOK.domain)
            found.append(read(Profile.model_validate(profile), BOOK.domain, explain=False))
        except InputError:
            continue
    return found


@each_fact
def test_random_patients_and_conditions_are_on_both_sides_of_the_fact(
    name: str, random_patients: list[Patient]
) -> None:
    atoms = {atom_over(Random(seed), FACTS[name]) for seed in range(24)}
    known = [{atom.judge(patient.facts[name]) for patient in random_patients} for atom in atoms]
    assert any(truths >= {Truth.TRUE, Truth.FALSE} for truths in known), f"no generator of the fact `{name}`"
    assert any(drawn(Random(seed), FACTS) == [name] for seed in range(500)), f"no random condition on `{name}`"


@pytest.mark.sampled(2)
@each_fact
def test_the_worlds_that_check_the_solver_are_on_both_sides_of_the_fact(name: str) -> None:
    is_later = "later line" in (getattr(FACTS[name], "over", None) or ())
    kinds = {"curative": False, "maintenance": False} if is_later else {}
    domain = small_domain(BOOK.formulary, most_lines=2 if is_later else 1)
    atom = atom_of(domain.facts[name])
    seen = set()
    for world in worlds(domain, [atom], **kinds):
        seen.add(atom.judge(world.facts[name]))
        if len(seen) == 2:
            break
    assert seen == {Truth.TRUE, Truth.FALSE}, f"no world on one side of the fact `{name}`"


@pytest.mark.parametrize("left_out", list(FACTS)[:4])
def test_a_further_fact_shifts_no_other(left_out: str) -> None:
    fewer = [name for name in FACTS if name != left_out]
    for seed in range(60):
        (choice,) = drawn(Random(seed), FACTS)
        assert choice == left_out or drawn(Random(seed), fewer) == [choice]
