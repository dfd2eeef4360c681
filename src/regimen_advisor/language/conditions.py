"""Define the condition language: a handful of frozen nodes over the atoms of ``values``.

A condition is a function from what is known of a patient to true, false or unknown. ``language.interpreter`` gives
that meaning; this module says what can be written, and rewrites it without changing its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from regimen_advisor.files.errors import Location
from regimen_advisor.language.values import Atom


@dataclass(frozen=True, slots=True)
class Leaf:
    """An atom where it is written in a rule; ``place`` is not part of what it means."""

    atom: Atom
    place: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """True if every part is; an empty one is true."""

    parts: tuple[Condition, ...]
    place: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if at least one part is; an empty one is false."""

    parts: tuple[Condition, ...]
    place: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false, unknown if it is unknown."""

    part: Condition
    place: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A finding tested by its name; it means its condition."""

    name: str
    condition: Condition
    place: Location | None = field(default=None, compare=False)


Condition = Leaf | AllOf | AnyOf | Not | Named

ALWAYS = AllOf(())
NEVER = AnyOf(())


def all_of(*parts: Condition) -> Condition:
    """All of the parts; a single part is itself."""
    return parts[0] if len(parts) == 1 else AllOf(parts)


def any_of(*parts: Condition) -> Condition:
    """At least one of the parts; a single part is itself."""
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def children(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside, in the order in which they were written."""
    match condition:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
        case Named(condition=inner):
            return (inner,)
        case Leaf():
            return ()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and all inside it, parents first."""
    yield condition
    for child in children(condition):
        yield from walk(child)


def atoms_of(condition: Condition) -> frozenset[Atom]:
    """Every atom the condition tests, findings opened."""
    return frozenset(node.atom for node in walk(condition) if isinstance(node, Leaf))


def fields_of(condition: Condition) -> frozenset[str]:
    """The names of the facts the condition tests, findings opened."""
    return frozenset(atom.fact for atom in atoms_of(condition))


def findings_of(condition: Condition) -> frozenset[str]:
    """The names of the findings the condition uses, through other findings too."""
    return frozenset(node.name for node in walk(condition) if isinstance(node, Named))


def negation_normal_form(condition: Condition, positive: bool = True) -> Condition:
    """The same condition with ``not`` only on atoms and findings opened.

    For a condition in this form "an atom that is not surely true does not match" is exactly "true", which is what
    an engine with two truth values computes; the form of ``Not(c)`` gives "false" in the same way.
    """
    match condition:
        case Leaf():
            return condition if positive else Not(condition)
        case Named(condition=inner):
            return negation_normal_form(inner, positive)
        case Not(part=part):
            return negation_normal_form(part, not positive)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            inner_parts = tuple(negation_normal_form(part, positive) for part in parts)
            return AllOf(inner_parts) if isinstance(condition, AllOf) == positive else AnyOf(inner_parts)
