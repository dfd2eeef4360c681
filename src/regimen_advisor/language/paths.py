"""Where a condition stands inside a rule, and when it alone decides the rule.

An occurrence is one atom at one place of a rule, findings opened: an atom that stands twice is two occurrences. It
alone decides where every other part on the way up lets it through: the parts beside it in a conjunction are true, the
parts beside it in a disjunction are false (masking MC/DC).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not, children

Steps = tuple[int, ...]
"""The way from a condition to one of its parts: the index of the child at each level."""

GUARD = "disease"
"""The fact that every rule of a file tests: a guard, not a condition that has to be shown to matter."""


@dataclass(frozen=True)
class Occurrence:
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


def occurrences(rule: Rule) -> tuple[Occurrence, ...]:
    """Every occurrence in a rule's own condition, in the order in which it is written."""
    return tuple(_occurrences(rule, rule.condition, (), (), None))


def _occurrences(
    rule: Rule, condition: Condition, steps: Steps, within: tuple[str, ...], line: int | None
) -> Iterator[Occurrence]:
    own_line = line or (condition.place.line if condition.place and not within else None)
    if isinstance(condition, Leaf):
        yield Occurrence(rule.id, steps, condition, within, condition.place or rule.location, own_line)
        return
    inner = within
    if isinstance(condition, Named):
        inner, line = (*within, condition.name), own_line
    for index, child in enumerate(children(condition)):
        yield from _occurrences(rule, child, (*steps, index), inner, line)


def nodes(condition: Condition, *, opened: bool = True) -> Iterator[tuple[Steps, Condition]]:
    """Every part of a condition with the way to it, parents first; findings are opened only where ``opened``."""
    yield (), condition
    if isinstance(condition, Named) and not opened:
        return
    for index, child in enumerate(children(condition)):
        for steps, node in nodes(child, opened=opened):
            yield (index, *steps), node


def trail(condition: Condition, steps: Steps) -> tuple[Condition, ...]:
    """The conditions on the way from ``condition`` to its part, both included."""
    found = [condition]
    for step in steps:
        found.append(children(found[-1])[step])
    return tuple(found)


def part_at(condition: Condition, steps: Steps) -> Condition:
    """The part of a condition that ``steps`` lead to."""
    return trail(condition, steps)[-1]


def replaced(condition: Condition, steps: Steps, new: Condition | None) -> Condition:
    """The condition with the part at ``steps`` replaced by ``new``, or taken away where ``new`` is ``None``.

    What is left when the last part is taken away is the empty conjunction or disjunction.
    """
    if not steps:
        return new if new is not None else AllOf(())
    first, rest = steps[0], steps[1:]
    if isinstance(condition, AllOf | AnyOf):
        kept = new is not None or bool(rest)
        middle = (replaced(condition.parts[first], rest, new),) if kept else ()
        parts = (*condition.parts[:first], *middle, *condition.parts[first + 1 :])
        return type(condition)(parts, condition.place)
    if isinstance(condition, Not):
        return Not(replaced(condition.part, rest, new), condition.place)
    assert isinstance(condition, Named)
    return Named(condition.name, replaced(condition.condition, rest, new), condition.place)


def deciding(condition: Condition, steps: Steps) -> Condition:
    """The condition under which the part at ``steps`` alone decides the truth of the whole."""
    needed: list[Condition] = []
    for parent, step in zip(trail(condition, steps), steps, strict=False):
        beside = [part for index, part in enumerate(children(parent)) if index != step]
        needed += [Not(part) for part in beside] if isinstance(parent, AnyOf) else beside
    return AllOf(tuple(needed))
