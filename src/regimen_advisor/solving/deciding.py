"""Find answers to one question, about a set or a history, that settle a regimen by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regimen_advisor.solving.candidate_answers import CandidateAnswer
from regimen_advisor.solving.determining_sets import Settling


def decisive(
    settling: Settling, key: str, regimen: str, tests: Sequence[CandidateAnswer], wanted: set[bool]
) -> Iterator[CandidateAnswer]:
    """For each wanted outcome the first combination of tests, failing before passing, that settles it so.

    ``tests`` are what the rules of the regimen ask of the answer to the question ``key``; ``wanted`` holds whether the
    regimen is to be settled as offered, as not offered, or both.
    """
    if wanted:
        yield from _AnswerSearch(settling, key, regimen, tests, wanted).answers((), (), 0)


class _AnswerSearch:
    def __init__(
        self, settling: Settling, key: str, regimen: str, tests: Sequence[CandidateAnswer], wanted: set[bool]
    ) -> None:
        self.completions, self.tests, self.wanted = settling.completions, tests, set(wanted)
        self.offered = settling.offered[regimen]
        self.unconnected = [
            literal
            for question, literals in settling.questions.items()
            if not settling.share_an_axiom(key, question)
            for literal in literals
        ]
        self._hopeless: dict[bool, list[frozenset[int]]] = {value: [] for value in wanted}

    def answers(
        self, chosen: tuple[CandidateAnswer, ...], literals: tuple[int, ...], left: int
    ) -> Iterator[CandidateAnswer]:
        can = self.completions.can
        met, refused = can(literals, [self.offered]), can(literals, [-self.offered])
        if met != refused:
            if met in self.wanted:
                self.wanted.discard(met)
                yield self._needed(list(chosen), met)
            return
        if not met or left == len(self.tests) or all(self._is_hopeless(value, literals) for value in self.wanted):
            return
        for part in self.tests[left].opposite, self.tests[left]:
            if self.wanted:
                yield from self.answers((*chosen, part), (*literals, *part.literals), left + 1)

    def _is_hopeless(self, value: bool, literals: tuple[int, ...]) -> bool:
        """Whether it is proved that no answer that meets these literals settles the regimen so.

        The proof: with all that nothing ties to the answer as it is in one patient, the literals alone settle the
        opposite; so whatever else the answer says, the opposite stays possible.
        """
        if any(proved.issubset(literals) for proved in self._hopeless[value]):
            return True
        goal = self.offered if value else -self.offered
        patient = self.completions.example(literals, [-goal])
        rest = [literal if patient.holds(literal) else -literal for literal in self.unconnected]
        needed = self.completions.refuted(literals, [*rest, goal])
        if needed is None:
            return False
        self._hopeless[value].append(needed)
        return True

    def _needed(self, parts: list[CandidateAnswer], value: bool) -> CandidateAnswer:
        """The answer without the tests that it can do without."""
        against = -self.offered if value else self.offered
        for part in list(parts):
            rest = [kept for kept in parts if kept is not part]
            if not self.completions.can([literal for kept in rest for literal in kept.literals], [against]):
                parts = rest
        literals = tuple(literal for part in parts for literal in part.literals)
        tests = tuple(test for part in parts for test in part.tests)
        return CandidateAnswer(", ".join(part.words for part in parts), literals, tests)
