"""List the atoms of a rule by place, findings opened: an atom written twice is two instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import Condition, Leaf, Named, children
from regimen_advisor.language.paths import Steps

GUARD = "disease"
"""The fact that every rule of a file tests: a guard, not a condition that has to be shown to matter."""


@dataclass(frozen=True)
class ConditionInstance:
    """An atom at one place of a rule. ``within`` names the findings that were opened on the way, outermost first."""

    rule: str
    steps: Steps
    leaf: Leaf
    within: tuple[str, ...]
    place: Location
    """Where it is written: in the rule, or in the finding opened last."""
    line_in_rule: int | None
    """The line of the rule that brings it in."""

    @property
    def is_guard(self) -> bool:
        """Whether it tests the disease only."""
        return self.leaf.atom.fact == GUARD


def occurrences(rule: Rule) -> tuple[ConditionInstance, ...]:
    """Every occurrence in a rule's own condition, in the order in which it is written."""
    return tuple(_occurrences(rule, rule.condition, (), (), None))


def _occurrences(
    rule: Rule, condition: Condition, steps: Steps, within: tuple[str, ...], line: int | None
) -> Iterator[ConditionInstance]:
    own_line = line or (condition.place.line if condition.place and not within else None)
    if isinstance(condition, Leaf):
        yield ConditionInstance(rule.id, steps, condition, within, condition.place or rule.location, own_line)
        return
    inner = within
    if isinstance(condition, Named):
        inner, line = (*within, condition.name), own_line
    for index, child in enumerate(children(condition)):
        yield from _occurrences(rule, child, (*steps, index), inner, line)
