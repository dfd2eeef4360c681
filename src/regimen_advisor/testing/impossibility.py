"""Prove that no possible patient meets a condition, with the axioms that the proof needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, Condition, Leaf, Not, negation_normal_form
from regimen_advisor.language.values import Value
from regimen_advisor.patient.facts import AxiomClause
from regimen_advisor.patient.narrowing import Contradiction, narrow
from regimen_advisor.solving.encoding import Encoding, EncodingSize
from regimen_advisor.solving.solver import Session


class Impossibility:
    """Searches for patients while any axiom may be set aside."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.domain = rulebook.domain
        self.rules = Guideline.of(rulebook).effective
        self.size = EncodingSize.of(self.rules.values(), self.domain)
        self._session: Session | None = None
        self._axioms: list[tuple[str, int]] = []

    def axioms(self, condition: Condition) -> tuple[str, ...] | None:
        """What the axioms say that together leave no patient who meets ``condition``; none of them is redundant.

        ``None`` where there is such a patient. Empty where the condition contradicts itself, or what the facts of a
        history and the classes of drugs mean forbids it.
        """
        session = self._ready(condition)
        wanted = session.encoding.condition(condition)
        if session.can([wanted], [literal for _, literal in self._axioms]):
            return None
        core = session.core()
        needed = [(says, literal) for says, literal in self._axioms if literal in core]
        for axiom in list(needed):
            rest = [kept for kept in needed if kept is not axiom]
            if not session.can([wanted], [literal for _, literal in rest]):
                needed = rest
        return tuple(dict.fromkeys(says for says, _ in needed)) or self._axiom_of_narrowing(condition)

    def _axiom_of_narrowing(self, condition: Condition) -> tuple[str, ...]:
        """The axiom that names it, where what a history means forbids it: the solver has that in its definitions."""
        known: list[tuple[str, Value]] = []
        for literal in _conjuncts(condition):
            leaf, wanted = (literal.part, False) if isinstance(literal, Not) else (literal, True)
            if isinstance(leaf, Leaf):
                value = leaf.atom.keep(self.domain.unknown[leaf.atom.fact], wanted)
                known += [(leaf.atom.fact, value)] if value is not None else []
        try:
            narrow(known, self.domain)
        except Contradiction as contradiction:
            return (contradiction.axiom.says,) if contradiction.axiom else ()
        return ()

    def _ready(self, condition: Condition) -> Session:
        wanted = EncodingSize.of([condition], self.domain)
        if self._session is None or not self._session.encoding.size.covers(wanted):
            self.size = self.size.widened(wanted)
            encoding = Encoding(replace(self.domain, axioms=()), self.size)
            self._axioms = [
                (axiom.says, encoding.disjunction(
                    encoding.atom(literal.atom) if literal.wanted else -encoding.atom(literal.atom)
                    for literal in axiom.literals
                ))
                for axiom in self.domain.axioms
                if isinstance(axiom, AxiomClause)
            ]  # fmt: skip
            self._session = Session(encoding)
        return self._session


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    """What has to hold wherever a condition does, as far as it is plain to see."""
    normal = negation_normal_form(condition)
    for part in normal.parts if isinstance(normal, AllOf) else (normal,):
        yield from _conjuncts(part) if isinstance(part, AllOf) else (part,)
