"""Describe a possible answer to a question: as a profile words it, as solver literals, and as tests of facts."""

from __future__ import annotations

from dataclasses import dataclass

from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.facts import SignedAtom
from regimen_advisor.words.catalogue import say

Tests = tuple[SignedAtom, ...]
"""Tests of facts that an answer meets, all of them."""


@dataclass(frozen=True)
class CandidateAnswer:
    """A possible answer; ``unless`` words the opposite where it is a single test."""

    words: str
    literals: tuple[int, ...]
    tests: Tests
    unless: str = ""

    @property
    def opposite(self) -> CandidateAnswer:
        """The answer that the test is not met."""
        return CandidateAnswer(self.unless, (-self.literals[0],), tuple(~test for test in self.tests), self.words)


def is_word(fact: str, word: str) -> Tests:
    """The test that a choice is this word."""
    return (SignedAtom(Is(fact, frozenset({word}))),)


def in_words(atom: Atom, *, wanted: bool = True) -> str:
    """An atom about a history, or its opposite, short, in the words of a profile."""

    def phrase(fact: str, value: object) -> str:
        return say("atom.is" if wanted else "atom.is_not", fact=fact, value=value)

    match atom:
        case Is(fact=fact, values=values):
            return phrase(fact, " or ".join(sorted(values)))
        case Between(fact=fact, low=low, high=high):
            return phrase(fact, low if low == high else f"{low}-{high}")
        case Includes(fact=fact, member=member):
            return say("atom.with" if wanted else "atom.without", fact=fact, member=member)
