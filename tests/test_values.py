"""What a fact can still be, and the truth of the smallest tests of it."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimen_advisor.language.values import (
    Atom,
    Between,
    Choice,
    Includes,
    Is,
    Members,
    Number,
    Truth,
    Value,
    covers,
    join,
    meet,
)

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ABC = frozenset("abc")


def choice(*words: str) -> Choice:
    return Choice(frozenset(words))


def members(must: str, may: str) -> Members:
    return Members(frozenset(must), frozenset(may))


def answers(value: Value) -> set[Value]:
    """Every complete answer that a value leaves."""
    return set(_answers(value))


def _answers(value: Value) -> Iterator[Value]:
    match value:
        case Choice(possible=possible):
            yield from (choice(word) for word in possible)
        case Number(low=low, high=high, absent=absent):
            yield from (Number(number, number) for number in range(low, high + 1))
            if absent:
                yield Number(0, -1, absent=True)
        case Members(must=must, may=may):
            rest = sorted(may - must)
            for size in range(len(rest) + 1):
                for more in combinations(rest, size):
                    yield Members(must | set(more), must | set(more))


choices = st.sets(st.sampled_from("abc"), min_size=1).map(lambda words: Choice(frozenset(words)))
numbers = st.builds(
    lambda ends, absent: Number(*sorted(ends), absent), st.tuples(st.integers(0, 5), st.integers(0, 5)), st.booleans()
) | st.just(Number(0, -1, absent=True))
sets = st.builds(
    lambda must, more: Members(frozenset(must), frozenset(must | more)),
    st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")),
)  # fmt: skip
is_ = st.sets(st.sampled_from("abc"), min_size=1).map(lambda words: Is("fact", frozenset(words)))
between = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda ends: Between("fact", *sorted(ends)))
includes = st.sampled_from("abc").map(lambda word: Includes("fact", word))
tested = st.tuples(is_, choices) | st.tuples(between, numbers) | st.tuples(includes, sets)
pairs = st.tuples(choices, choices) | st.tuples(numbers, numbers) | st.tuples(sets, sets)


@pytest.mark.parametrize(("truth", "opposite"), [(TRUE, FALSE), (FALSE, TRUE), (UNKNOWN, UNKNOWN)])
def test_not_turns_true_and_false_around_and_leaves_unknown(truth, opposite):
    assert ~truth is opposite


@pytest.mark.parametrize(
    ("atom", "value", "truth"),
    [
        (Is("f", frozenset("a")), choice("a"), TRUE),
        (Is("f", frozenset("ab")), choice("a", "b"), TRUE),
        (Is("f", frozenset("a")), choice("a", "b"), UNKNOWN),
        (Is("f", frozenset("a")), choice("b", "c"), FALSE),
        (Between("f", 1, 49), Number(1, 49), TRUE),
        (Between("f", 1, 49), Number(0, 1), UNKNOWN),
        (Between("f", 1, 49), Number(49, 50), UNKNOWN),
        (Between("f", 1, 49), Number(50, 100), FALSE),
        (Between("f", 1, 49), Number(0, 0), FALSE),
        (Between("f", 4, 6), Number(5, 5, absent=True), UNKNOWN),
        (Between("f", 0, 99), Number(0, -1, absent=True), FALSE),
        (Includes("f", "a"), members("a", "ab"), TRUE),
        (Includes("f", "b"), members("a", "ab"), UNKNOWN),
        (Includes("f", "c"), members("a", "ab"), FALSE),
    ],
)
def test_an_atom_is_true_if_every_possible_value_meets_it_and_false_if_none_does(atom, value, truth):
    assert atom.judge(value) is truth


@given(tested)
def test_an_atom_says_what_all_answers_together_say(pair):
    atom, value = pair
    truths = {atom.judge(answer) for answer in answers(value)}
    assert UNKNOWN not in truths
    assert atom.judge(value) is (truths.pop() if len(truths) == 1 else UNKNOWN)


@given(tested, st.booleans())
def test_keeping_what_makes_an_atom_true_or_false_loses_no_such_answer(pair, wanted):
    atom, value = pair
    kept = atom.keep(value, wanted)
    fitting = {answer for answer in answers(value) if (atom.judge(answer) is TRUE) == wanted}
    left = answers(kept) if kept is not None else set()
    assert fitting <= left <= answers(value)
    assert (kept is None) == (not left), "nothing is left"
    assert left == fitting or _a_hole_in_the_middle(atom, value)


def _a_hole_in_the_middle(atom: Atom, value: Value) -> bool:
    """Numbers without a range in their middle are no range; numbers that need not exist keep their absence apart."""
    return isinstance(atom, Between) and isinstance(value, Number) and value.low < atom.low and atom.high < value.high


@given(pairs)
def test_two_values_meet_in_exactly_the_answers_of_both(pair):
    first, second = pair
    both = meet(first, second)
    assert (answers(both) if both is not None else set()) == answers(first) & answers(second)
    assert (both is None) == answers(first).isdisjoint(answers(second))


@given(pairs)
def test_two_values_join_in_the_narrowest_value_that_allows_the_answers_of_either(pair):
    first, second = pair
    joined = join(first, second)
    assert answers(first) | answers(second) <= answers(joined)
    assert join(second, first) == joined
    assert join(joined, first) == joined


def test_a_number_that_surely_does_not_exist_is_written_in_one_way_only():
    nowhere = Number(0, -1, absent=True)
    assert Between("n", 0, 5).keep(Number(1, 5, absent=True), False) == nowhere
    assert meet(Number(0, 1, absent=True), Number(2, 3, absent=True)) == nowhere


def test_values_of_different_kinds_do_not_meet():
    with pytest.raises(TypeError, match="different kinds"):
        meet(choice("a"), Number(0, 1))


SUBSETS = [frozenset(words) for size in range(3) for words in combinations("ab", size)]
SMALL: list[list[Value]] = [
    [Choice(words) for words in SUBSETS if words],
    [Number(low, high, absent) for low in range(3) for high in range(low, 3) for absent in (True, False)],
    [Members(must, may) for must in SUBSETS for may in SUBSETS if must <= may],
]


@pytest.mark.parametrize("values", SMALL)
def test_a_value_covers_another_one_just_where_meeting_it_changes_nothing(values: list[Value]) -> None:
    for wide in values:
        for narrow in values:
            assert covers(wide, narrow) == (meet(wide, narrow) == narrow), (wide, narrow)
