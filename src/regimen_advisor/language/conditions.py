"""The condition language: a handful of frozen nodes over the atoms of ``values``.

A condition is a function from what is known of a patient to true, false or unknown. ``engines.interpreter`` gives that
meaning; this module says what can be written, reads it from YAML, and rewrites it without changing its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regimen_advisor.files.errors import Location, Near, Problem, near
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.files.validation_messages import shown
from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.facts import ChoiceFact, Domain, Fact, NumberFact, SetFact


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


# Reading from YAML -----------------------------------------------------------------------------------------------

_SET_WORDS = ("includes", "any_of", "all_of", "none_of")
_NUMBER_WORDS = ("at_least", "at_most", "above", "below")


class ConditionReader:
    """Reads conditions of one rulebook; what cannot be read is added to ``problems``."""

    def __init__(self, domain: Domain, findings: Mapping[str, Condition], problems: list[Problem]) -> None:
        self.domain, self.findings, self.problems = domain, findings, problems

    def read(self, document: Document, path: Path_, value: object) -> Condition:
        """The condition written at ``path``; ``ALWAYS`` stands in for what cannot be read."""
        place = document.locate(path)
        if not isinstance(value, dict) or not value:
            return self._refuse(place, "expected conditions as a mapping with at least one key")
        parts = tuple(self._part(document, (*path, key), key, inner) for key, inner in value.items())
        return parts[0] if len(parts) == 1 else AllOf(parts, place)

    def _refuse(self, place: Location, message: str, help: Near | None = None) -> Condition:
        self.problems.append(Problem(place, message, help))
        return ALWAYS

    def _part(self, document: Document, path: Path_, key: str, value: object) -> Condition:
        place, key_place = document.locate(path), document.locate_key(path)
        if key in ("any", "all"):
            if not isinstance(value, list) or not value:
                return self._refuse(place, f"{key}: expected a list of at least one condition")
            parts = tuple(self.read(document, (*path, index), item) for index, item in enumerate(value))
            return AnyOf(parts, key_place) if key == "any" else AllOf(parts, key_place)
        if key == "not":
            return Not(self.read(document, path, value), key_place)
        if key in self.findings:
            if not isinstance(value, bool):
                return self._refuse(place, f"{key}: expected true or false")
            named = Named(key, self.findings[key], key_place)
            return named if value else Not(named, key_place)
        fact = self.domain.facts.get(key)
        match fact:
            case None:
                known = (*self.domain.facts, *self.findings, "any", "all", "not")
                return self._refuse(key_place, f"{key}: unknown fact or finding", near(key, known))
            case ChoiceFact():
                return self._choice(fact, value, place, key_place)
            case NumberFact():
                return self._number(fact, value, place, key_place)
            case SetFact():
                return self._set(fact, value, place, key_place)

    def _word(self, fact: Fact, word: object, known: tuple[str, ...], place: Location) -> str | None:
        text = str(word).lower() if isinstance(word, bool) else word
        if isinstance(text, str) and text in known:
            return text
        words = ", ".join(known) if len(known) <= 16 else f"one of {len(known)} words"
        self._refuse(place, f"{fact.name}: expected {words}; found {shown(text)}", near(text, known))
        return None

    def _choice(self, fact: ChoiceFact, value: object, place: Location, key_place: Location) -> Condition:
        words = value if isinstance(value, list) else [value]
        if not words:
            return self._refuse(place, f"{fact.name}: expected at least one value")
        found: set[str] = set()
        for word in words:
            known = self._word(fact, word, (*fact.domain, *fact.groups), place)
            found.update(fact.groups.get(known, (known,)) if known else ())
        return Leaf(Is(fact.name, frozenset(found)), key_place)

    def _number(self, fact: NumberFact, value: object, place: Location, key_place: Location) -> Condition:
        if isinstance(value, int) and not isinstance(value, bool):
            bounds = {"at_least": value, "at_most": value}
        elif isinstance(value, dict) and value and set(value) <= set(_NUMBER_WORDS):
            bounds = value
        else:
            words = ", ".join(_NUMBER_WORDS)
            return self._refuse(place, f"{fact.name}: expected a whole number or a mapping of {words}")
        for bound in bounds.values():
            if isinstance(bound, bool) or not isinstance(bound, int) or not fact.low <= bound <= fact.high:
                return self._refuse(place, f"{fact.name}: expected whole numbers from {fact.low} to {fact.high}")
        low = max(bounds.get("at_least", fact.low), bounds.get("above", fact.low - 1) + 1)
        high = min(bounds.get("at_most", fact.high), bounds.get("below", fact.high + 1) - 1)
        if low > high:
            return self._refuse(place, f"{fact.name}: expected a range with at least one number in it")
        return Leaf(Between(fact.name, low, high), key_place)

    def _set(self, fact: SetFact, value: object, place: Location, key_place: Location) -> Condition:
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _SET_WORDS:
            return self._refuse(place, f"{fact.name}: expected a mapping with one of {', '.join(_SET_WORDS)}")
        how, words = next(iter(value.items()))
        words = [words] if how == "includes" else words
        if not isinstance(words, list) or not words:
            return self._refuse(place, f"{fact.name}: expected a list of at least one member")
        members = (*fact.members, fact.empty_word)
        tests = []
        for word in words:
            known = self._word(fact, word, members, place)
            if known:
                tests.append(Leaf(Includes(fact.name, known), key_place))
        if not tests:
            return ALWAYS
        if how == "none_of":
            return all_of(*(Not(test, key_place) for test in tests))
        return any_of(*tests) if how == "any_of" else all_of(*tests)
