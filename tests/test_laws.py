"""The laws every answer obeys, over generated rulebooks and patients and over the shipped rulebook."""

import dataclasses
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import random_profile, random_rulebook
from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import ALWAYS
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.solving.solver import ImpossiblePatient

SETTLED_AS_NOT_OFFERED = (Standing.EXCLUDED, Standing.NOT_INDICATED)
law = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
seeds = st.integers(min_value=0, max_value=2**32)


@pytest.fixture(params=["generated", "shipped"])
def book(request: pytest.FixtureRequest, rulebook: Rulebook) -> Any:
    """A function from a seed to a rulebook: a few generated ones, or the shipped one."""
    if request.param == "shipped":
        return lambda _: rulebook
    made = [random_rulebook(Random(number), rulebook) for number in range(5)]
    return lambda seed: made[seed % len(made)]


def advice_on(profile: dict[str, Any], rulebook: Rulebook) -> Advice | None:
    """The advice on a profile; ``None`` where no patient can be as it says."""
    try:
        return advise(read(Profile.model_validate(profile), rulebook.domain), rulebook, ask=False)
    except (InputError, ImpossiblePatient):
        return None


@law
@given(seed=seeds)
def test_learning_a_fact_never_turns_an_offered_option_into_one_not_offered_or_the_reverse(
    book: Any, seed: int
) -> None:
    random, rulebook = Random(seed), book(seed)
    more = random_profile(random, known=0.7)
    less = {key: value for key, value in more.items() if random.random() < 0.6} or {"ecog": {"at_least": 0}}
    before, after = advice_on(less, rulebook), advice_on(more, rulebook)
    if before is None or after is None:
        return
    for option in after.options:
        earlier = before.standing(option.regimen)
        if earlier.is_offered:
            assert option.standing.is_offered
        if earlier is Standing.OFFERED_WITH_CAUTION:
            assert option.standing is Standing.OFFERED_WITH_CAUTION
        if earlier in SETTLED_AS_NOT_OFFERED:
            assert option.standing in SETTLED_AS_NOT_OFFERED


@law
@given(seed=seeds)
def test_the_order_of_rules_keys_and_history_changes_nothing(book: Any, seed: int) -> None:
    random, rulebook = Random(seed), book(seed)
    profile = random_profile(random)
    shuffled = dict(random.sample(list(profile.items()), len(profile)))
    if isinstance(shuffled.get("history"), list):
        shuffled["history"] = random.sample(shuffled["history"], len(shuffled["history"]))
    rules = dict(random.sample(list(rulebook.rules.items()), len(rulebook.rules)))
    one, other = advice_on(profile, rulebook), advice_on(shuffled, dataclasses.replace(rulebook, rules=rules))
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    for option in one.options:
        twin = next(twin for twin in other.options if twin.regimen == option.regimen)
        assert (twin.standing, set(twin.rules), set(twin.studies)) == (
            option.standing, set(option.rules), set(option.studies),
        )  # fmt: skip
        assert {(caution.rule, caution.state) for caution in twin.cautions} == {
            (caution.rule, caution.state) for caution in option.cautions
        }


@law
@given(seed=seeds)
def test_adding_an_offer_rule_removes_no_option(book: Any, seed: int) -> None:
    random, rulebook = Random(seed), book(seed)
    profile = random_profile(random)
    offer = random.choice(rulebook.of(Effect.OFFER))
    condition = random.choice([ALWAYS, *(rule.condition for rule in rulebook.rules.values())])
    added = dataclasses.replace(offer, id="added", condition=condition, overrides=())
    wider = dataclasses.replace(rulebook, rules={**rulebook.rules, "added": added})
    before, after = advice_on(profile, rulebook), advice_on(profile, wider)
    if before is None or after is None:
        return
    for option in before.options:
        if option.standing.is_offered:
            assert after.standing(option.regimen).is_offered


@law
@given(seed=seeds)
def test_an_excluded_option_names_the_rule_that_excludes_it(book: Any, seed: int) -> None:
    advice = advice_on(random_profile(Random(seed), known=0.8), book(seed))
    for option in advice.of(Standing.EXCLUDED) if advice else ():
        assert any(reason.effect == "exclude" for reason in option.reasons)


@law
@given(seed=seeds)
def test_the_same_profile_gives_the_same_bytes(book: Any, seed: int) -> None:
    profile, rulebook = random_profile(Random(seed)), book(seed)
    one, other = advice_on(profile, rulebook), advice_on(dict(profile), rulebook)
    assert (one and one.model_dump_json()) == (other and other.model_dump_json())
