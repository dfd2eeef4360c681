"""Define the values of a fact (what it can still be), and the atoms, the smallest tests of one.

The value of a fact is never "the answer" but all answers that remain possible: a ``Choice`` is the non-empty set of
values that are left, a ``Number`` a whole-number range, a ``Members`` the members a set surely and possibly holds.
Unknown is the whole domain. An ``Atom`` is true if every possible value meets it, false if none does, else unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Truth(Enum):
    """The three truth values of Kleene's strong logic."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __invert__(self) -> Truth:
        return _NOT[self]

    rank: int
    """0 for false, 1 for unknown, 2 for true: a conjunction is the least of its parts, a disjunction the greatest."""


Truth.FALSE.rank, Truth.UNKNOWN.rank, Truth.TRUE.rank = range(3)
_NOT = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``possible``; yes/no facts use the words ``true`` and ``false``."""

    possible: frozenset[str]


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from ``low`` to ``high``; ``absent`` where it may also not exist (no cycles without a line).

    A number that surely does not exist has ``low > high`` and ``absent``.
    """

    low: int
    high: int
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """A set that surely holds ``must`` and can hold nothing beyond ``may``."""

    must: frozenset[str]
    may: frozenset[str]


Value = Choice | Number | Members


@dataclass(frozen=True, slots=True)
class Is:
    """The fact is one of ``values``."""

    fact: str
    values: frozenset[str]

    def judge(self, value: Value) -> Truth:
        """The truth of this atom for what the fact can still be."""
        assert isinstance(value, Choice)
        if value.possible <= self.values:
            return Truth.TRUE
        return Truth.FALSE if value.possible.isdisjoint(self.values) else Truth.UNKNOWN

    def keep(self, value: Value, wanted: bool) -> Value | None:
        """``value`` without the possibilities that make this atom other than ``wanted``; ``None`` if none is left."""
        assert isinstance(value, Choice)
        left = value.possible & self.values if wanted else value.possible - self.values
        return Choice(left) if left else None


@dataclass(frozen=True, slots=True)
class Between:
    """The number exists and lies from ``low`` to ``high``, both included."""

    fact: str
    low: int
    high: int

    def judge(self, value: Value) -> Truth:
        """The truth of this atom for what the fact can still be."""
        assert isinstance(value, Number)
        if value.low > value.high or value.high < self.low or value.low > self.high:
            return Truth.FALSE
        if self.low <= value.low and value.high <= self.high and not value.absent:
            return Truth.TRUE
        return Truth.UNKNOWN

    def keep(self, value: Value, wanted: bool) -> Value | None:
        """``value`` without what makes this atom other than ``wanted``; ``None`` if nothing is left."""
        assert isinstance(value, Number)
        low, high = max(value.low, self.low), min(value.high, self.high)
        if wanted:
            return Number(low, high) if low <= high else None
        if low > high:  # they do not meet: nothing to take away
            return value
        if low == value.low and high == value.high:
            return Number(0, -1, absent=True) if value.absent else None
        if low == value.low:
            return Number(high + 1, value.high, value.absent)
        if high == value.high:
            return Number(value.low, low - 1, value.absent)
        return value  # a hole in the middle is no range


@dataclass(frozen=True, slots=True)
class Includes:
    """The set holds ``member``."""

    fact: str
    member: str

    def judge(self, value: Value) -> Truth:
        """The truth of this atom for what the fact can still be."""
        assert isinstance(value, Members)
        if self.member in value.must:
            return Truth.TRUE
        return Truth.UNKNOWN if self.member in value.may else Truth.FALSE

    def keep(self, value: Value, wanted: bool) -> Value | None:
        """``value`` without what makes this atom other than ``wanted``; ``None`` if nothing is left."""
        assert isinstance(value, Members)
        if wanted:
            return Members(value.must | {self.member}, value.may) if self.member in value.may else None
        return Members(value.must, value.may - {self.member}) if self.member not in value.must else None


Atom = Is | Between | Includes


def meet(left: Value, right: Value) -> Value | None:
    """What both values allow; ``None`` if they contradict each other."""
    match left, right:
        case Choice(), Choice():
            shared = left.possible & right.possible
            return Choice(shared) if shared else None
        case Number(), Number():
            low, high, absent = max(left.low, right.low), min(left.high, right.high), left.absent and right.absent
            if low <= high:
                return Number(low, high, absent)
            return Number(0, -1, absent=True) if absent else None
        case Members(), Members():
            must, may = left.must | right.must, left.may & right.may
            return Members(must, may) if must <= may else None
    raise TypeError(f"values of different kinds: {left!r}, {right!r}")


def covers(wide: Value, narrow: Value) -> bool:
    """Whether ``wide`` allows all that ``narrow`` allows, so that meeting it changes nothing."""
    match wide, narrow:
        case Choice(), Choice():
            return narrow.possible <= wide.possible
        case Number(), Number():
            return wide.low <= narrow.low and narrow.high <= wide.high and wide.absent >= narrow.absent
        case Members(), Members():
            return wide.must <= narrow.must and narrow.may <= wide.may
    raise TypeError(f"values of different kinds: {wide!r}, {narrow!r}")


def join(left: Value, right: Value) -> Value:
    """The narrowest value that allows all that either of them allows."""
    match left, right:
        case Choice(), Choice():
            return Choice(left.possible | right.possible)
        case Number(), Number():
            if left.low > left.high:
                return Number(right.low, right.high, absent=True)
            if right.low > right.high:
                return Number(left.low, left.high, absent=True)
            return Number(min(left.low, right.low), max(left.high, right.high), left.absent or right.absent)
        case Members(), Members():
            return Members(left.must & right.must, left.may | right.may)
    raise TypeError(f"values of different kinds: {left!r}, {right!r}")


Facts = Mapping[str, Value]
"""What is known of a patient: for each fact by name what it can still be."""
