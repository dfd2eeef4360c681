"""Find a place inside a condition: its path, and the condition under which that part alone decides the truth.

A part alone decides the whole where every other part on the way up lets it through: the other parts of a conjunction
are true, the other parts of a disjunction are false (masking MC/DC).
"""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Named, Not, children

Steps = tuple[int, ...]
"""The way from a condition to one of its parts: the index of the child at each level."""


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
        siblings = [part for index, part in enumerate(children(parent)) if index != step]
        needed += [Not(part) for part in siblings] if isinstance(parent, AnyOf) else siblings
    return AllOf(tuple(needed))
