"""Narrow facts by the axioms until nothing changes.

So stage IV implies metastatic, for every engine alike. It is sound: no completion of the patient is lost. It need not
be complete: what only several facts together exclude is for the solver to find.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from functools import lru_cache

from regimen_advisor.language.values import Facts, Members, Truth, Value, covers, meet
from regimen_advisor.patient.facts import Axiom, AxiomClause, Contained, Domain, SetFact, SignedAtom
from regimen_advisor.words.catalogue import say

_NONE = frozenset({"none"})


class Contradiction(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """No patient can be as described: ``axiom`` says why, where an axiom is broken."""

    def __init__(self, fact: str, axiom: Axiom | None = None) -> None:
        self.fact, self.axiom = fact, axiom
        super().__init__(axiom.says if axiom else say("profile_error.cannot_be_both", fact=fact))


def part_of(domain: Domain, names: Collection[str]) -> Domain:
    """Some facts of a domain, and the axioms that are about these alone."""
    facts = {name: fact for name, fact in domain.facts.items() if name in names}
    return Domain(facts, tuple(axiom for axiom in domain.axioms if axiom.facts <= facts.keys()), domain.formulary)


def narrow(known: Iterable[tuple[str, Value]], domain: Domain, start: Facts | None = None) -> Facts:
    """The facts of a patient: what is ``known`` (fact and value, in any order), and all that follows from it.

    ``start`` is what was known before, already narrowed (nothing, if left out). Raises ``Contradiction``.
    """
    facts = dict(start if start is not None else domain.unknown)
    axioms_about = domain.axioms_about
    queue: deque[Axiom] = deque()
    waiting: set[int] = set()

    def learn(name: str, value: Value | None, axiom: Axiom | None) -> None:
        before = facts[name]
        if value is not None and covers(value, before):
            return
        after = meet(before, value) if value is not None else None
        if isinstance(after, Members):
            fact = domain.facts[name]
            assert isinstance(fact, SetFact)
            after = close(fact, after)
        if after is None:
            raise Contradiction(name, axiom)
        if after != before:
            facts[name] = after
            for about in axioms_about[name]:
                if id(about) not in waiting:
                    waiting.add(id(about))
                    queue.append(about)

    for name, value in known:
        learn(name, value, None)
    while queue:
        axiom = queue.popleft()
        waiting.remove(id(axiom))
        for name, narrower in _consequences(axiom, facts):
            learn(name, narrower, axiom)
    return facts


def _judge(literal: SignedAtom, facts: Facts) -> Truth:
    truth = literal.atom.judge(facts[literal.atom.fact])
    return truth if literal.wanted else ~truth


def _keep(literal: SignedAtom, facts: Facts) -> tuple[str, Value | None]:
    return literal.atom.fact, literal.atom.keep(facts[literal.atom.fact], literal.wanted)


def _consequences(axiom: Axiom, facts: Facts) -> list[tuple[str, Value | None]]:
    if isinstance(axiom, AxiomClause):
        return _of_clause(axiom, facts)
    return _of_containment(axiom, facts)


def _of_clause(clause: AxiomClause, facts: Facts) -> list[tuple[str, Value | None]]:
    open_literals = []
    for literal in clause.literals:
        truth = _judge(literal, facts)
        if truth is Truth.TRUE:
            return []
        if truth is Truth.UNKNOWN:
            open_literals.append(literal)
    if not open_literals:
        return [(clause.literals[0].atom.fact, None)]
    return [_keep(open_literals[0], facts)] if len(open_literals) == 1 else []


def _of_containment(axiom: Contained, facts: Facts) -> list[tuple[str, Value | None]]:
    premises = [(literal, _judge(literal, facts)) for literal in axiom.premises]
    if any(truth is Truth.FALSE for _, truth in premises):
        return []
    undecided = [literal for literal, truth in premises if truth is Truth.UNKNOWN]
    part = facts[axiom.part]
    assert isinstance(part, Members)
    wholes = [(name, whole) for name in axiom.wholes if isinstance(whole := facts[name], Members)]
    reach = _NONE.union(*(whole.may for _, whole in wholes))
    if undecided:
        broken = len(undecided) == 1 and not part.must <= reach
        return [_keep(~undecided[0], facts)] if broken else []
    if not part.must <= reach:
        return [(axiom.part, None)]
    found: list[tuple[str, Value | None]] = []
    if not part.may <= reach:
        found.append((axiom.part, Members(part.must, part.may & reach)))
    surely = part.must - _NONE
    for name, whole in wholes:
        if not surely <= whole.must:
            forced = surely.difference(*(rest.may for place, rest in wholes if place != name))
            if not forced <= whole.must:
                found.append((name, Members(whole.must | forced, whole.may)))
    return found


@lru_cache(maxsize=65_536)
def close(fact: SetFact, value: Members) -> Members | None:
    """``value`` narrowed by what the set itself demands; ``None`` if it demands the impossible."""
    must, may, word = value.must, value.may, fact.empty_word
    while True:
        before = (must, may)
        for group, members in fact.groups.items():
            if not must.isdisjoint(members):
                must |= {group}
            left = may & members
            if group not in may:
                may -= members
            elif not left:
                may -= {group}
            elif len(left) == 1 and group in must:
                must |= left
        if word in must:
            may &= {word}
        elif must:
            may -= {word}
        if may == {word} or (word not in may and len(may) == 1):
            must = may
        if not must <= may or not may:
            return None
        if (must, may) == before:
            return Members(must, may)
