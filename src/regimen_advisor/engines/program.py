"""Interpret a whole rulebook: the same meaning, with every distinct part of the rules judged once a patient.

Truths are ranked (false 0, unknown 1, true 2), so that "all of" is the least of its parts and "any of" the greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not, children
from regimen_advisor.language.interpreter import Judgement
from regimen_advisor.language.values import Facts, Truth, Value

_TRUTHS = (Truth.FALSE, Truth.UNKNOWN, Truth.TRUE)
_INVERTED = (2, 1, 0).__getitem__


class RuleProgram:
    """Conditions by name, compiled together. Agrees with ``interpreter.judge`` on every one of them."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._index: dict[Condition, int] = {}
        self._nodes: list[tuple[Condition, Callable[[Sequence[Any]], Any] | None]] = []
        self._start: list[int] = []
        self._atoms: dict[str, list[tuple[int, Callable[[Value], Truth]]]] = {}
        self._steps: list[tuple[int, Callable[[Any], int], Callable[[Sequence[int]], Any]]] = []
        self._rules = {name: self._add(condition) for name, condition in conditions.items()}

    def _add(self, condition: Condition) -> int:
        """The number of a node; its parts have lower numbers, equal conditions the same one."""
        known = self._index.get(condition)
        if known is not None:
            return known
        parts = [self._add(part) for part in children(condition)]
        number = self._index[condition] = len(self._nodes)
        self._nodes.append((condition, _several(parts) if parts else None))
        self._start.append(Truth.TRUE.rank if condition == AllOf(()) else Truth.FALSE.rank)
        match condition:
            case Leaf(atom=atom):
                self._atoms.setdefault(atom.fact, []).append((number, atom.judge))
            case Named():
                self._steps.append((number, int, itemgetter(*parts)))
            case Not():
                self._steps.append((number, _INVERTED, itemgetter(*parts)))
            case AllOf() | AnyOf() if parts:
                self._steps.append((number, min if isinstance(condition, AllOf) else max, _several(parts)))
        return number

    def _ranks(self, facts: Facts) -> list[int]:
        ranks = self._start.copy()
        for fact, atoms in self._atoms.items():
            value = facts[fact]
            for number, judge in atoms:
                ranks[number] = judge(value).rank
        for number, decide, parts in self._steps:
            ranks[number] = decide(parts(ranks))
        return ranks

    def truths(self, facts: Facts) -> dict[str, Truth]:
        """The truth of every condition for a patient of whom ``facts`` are known."""
        ranks = self._ranks(facts)
        return {name: _TRUTHS[ranks[number]] for name, number in self._rules.items()}

    def judge(self, facts: Facts) -> dict[str, Judgement]:
        """The same with the tree that shows why; equal parts of different conditions share one judgement."""
        made: list[Judgement] = []
        for (condition, parts), rank in zip(self._nodes, self._ranks(facts), strict=True):
            if parts is not None:
                made.append(Judgement(condition, _TRUTHS[rank], parts(made)))
            elif isinstance(condition, Leaf):
                made.append(Judgement(condition, _TRUTHS[rank], (), facts[condition.atom.fact]))
            else:
                made.append(Judgement(condition, _TRUTHS[rank]))
        return {name: made[number] for name, number in self._rules.items()}


def _several(numbers: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    """A function from a list to the tuple of its items at ``numbers``."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    (number,) = numbers
    return lambda items: (items[number],)
