"""The standing of a regimen from three truths."""

from itertools import product

import pytest

from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@pytest.mark.parametrize(("exclusion", "caution"), [*product(Truth, Truth)])
def test_what_no_rule_offers_is_not_indicated_whatever_else_holds(exclusion: Truth, caution: Truth) -> None:
    assert standing_of(F, exclusion, caution) is Standing.NOT_INDICATED


@pytest.mark.parametrize(("offer", "caution"), [*product((T, U), Truth)])
def test_an_exclusion_that_holds_excludes_what_is_or_may_be_offered(offer: Truth, caution: Truth) -> None:
    assert standing_of(offer, T, caution) is Standing.EXCLUDED


@pytest.mark.parametrize(
    ("offer", "exclusion", "caution"), [*product((U,), (F, U), Truth), *product((T,), (U,), Truth)]
)
def test_while_the_offer_or_an_exclusion_is_unknown_the_standing_is_too(
    offer: Truth, exclusion: Truth, caution: Truth
) -> None:
    assert standing_of(offer, exclusion, caution) is Standing.UNDETERMINED


def test_an_offer_shows_a_caution_only_where_it_surely_holds() -> None:
    assert [standing_of(T, F, caution) for caution in (T, U, F)] == [
        Standing.OFFERED_WITH_CAUTION,
        Standing.OFFERED,
        Standing.OFFERED,
    ]


def test_two_standings_are_offers() -> None:
    assert [standing for standing in Standing if standing.is_offered] == [
        Standing.OFFERED,
        Standing.OFFERED_WITH_CAUTION,
    ]
