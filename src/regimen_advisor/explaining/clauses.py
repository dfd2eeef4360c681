"""Turn a judgement into a tree in words, with the patient's own values: met, not met or unknown, and why.

Negation is pushed down to the facts, so that a reader never meets a failed "not": where a rule asks for "never
received an EGFR-TKI" and the patient did, that clause is "not met", with the drug after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regimen_advisor.explanation import Clause, State
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.interpreter import Judgement
from regimen_advisor.language.values import Includes, Truth
from regimen_advisor.patient.reading import Patient
from regimen_advisor.solving.determining_sets import unit_of
from regimen_advisor.words.catalogue import say

_STATES: dict[Truth, State] = {Truth.TRUE: "met", Truth.FALSE: "not met", Truth.UNKNOWN: "unknown"}


def state_of(truth: Truth) -> State:
    """A truth in the reader's words."""
    return _STATES[truth]


class ClauseTree:
    """Turns the judgements of one patient into trees; ``questions`` are the open ones, by key or history part."""

    def __init__(self, patient: Patient, rulebook: Rulebook, questions: Sequence[str]) -> None:
        self.patient, self.rulebook, self.questions = patient, rulebook, questions
        self.wording = Guideline.of(rulebook).wording

    def build(self, tree: Judgement, wanted: bool = True) -> Clause:
        """The tree in words; the tree of the opposite where ``wanted`` is false."""
        state = state_of(tree.truth if wanted else ~tree.truth)
        match tree.condition:
            case Not():
                return self.build(tree.parts[0], not wanted)
            case Named(name=name):
                inner = self.build(tree.parts[0], wanted)
                if not wanted:
                    return inner.model_copy(update={"finding": name})
                return inner.model_copy(update={"words": self.rulebook.findings[name].name, "finding": name})
            case AllOf() | AnyOf() if _of_one_fact(tree.condition) is None:
                return self._several(tree, state, wanted=wanted)
            case _:
                return self._leaf(tree, state, wanted=wanted)

    def _several(self, tree: Judgement, state: State, *, wanted: bool) -> Clause:
        all_wanted = isinstance(tree.condition, AllOf) == wanted
        parts: list[Clause] = []
        for clause in (self.build(part, wanted) for part in tree.parts):
            nested = clause.joined == ("all" if all_wanted else "any") and clause.finding is None
            parts += clause.parts if nested else (clause,)
        if len(parts) == 1:
            return parts[0]
        words = say("explain.all") if all_wanted else say("explain.any")
        return Clause(words=words, state=state, joined="all" if all_wanted else "any", parts=tuple(parts))

    def _leaf(self, tree: Judgement, state: State, *, wanted: bool) -> Clause:
        fact = _of_one_fact(tree.condition)
        words = self.wording.condition(tree.condition, wanted)
        if fact is None:
            return Clause(words=words, state=state)
        return Clause(
            words=words,
            state=state,
            value=self.wording.known(fact, self.patient.facts[fact]),
            asks=tuple(self._questions_about(fact)) if tree.truth is Truth.UNKNOWN else (),
        )

    def _questions_about(self, fact: str) -> Iterator[str]:
        domain = self.rulebook.domain
        yield from (key for key in self.questions if unit_of(domain, key) == unit_of(domain, fact))


def _of_one_fact(condition: Condition) -> str | None:
    """The fact that a condition reads as one clause about: a leaf, or members of one set; else ``None``."""
    match condition:
        case Leaf(atom=atom):
            return atom.fact
        case AllOf(parts=parts) | AnyOf(parts=parts) if len(parts) > 1:
            inner = [part.part if isinstance(part, Not) else part for part in parts]
            negated = {isinstance(part, Not) for part in parts}
            facts = {part.atom.fact for part in inner if isinstance(part, Leaf) and isinstance(part.atom, Includes)}
            sets = all(isinstance(part, Leaf) and isinstance(part.atom, Includes) for part in inner)
            return facts.pop() if sets and len(facts) == 1 and len(negated) == 1 else None
    return None
