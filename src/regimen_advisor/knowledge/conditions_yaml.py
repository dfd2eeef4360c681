"""Read and write conditions as rule files hold them under ``when``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimen_advisor.files.errors import Location, Near, Problem, near
from regimen_advisor.files.gathering import Unread
from regimen_advisor.files.sources import Document, Path_
from regimen_advisor.files.validation_messages import shown
from regimen_advisor.language.conditions import ALWAYS, AllOf, AnyOf, Condition, Leaf, Named, Not, all_of, any_of
from regimen_advisor.language.values import Between, Includes, Is
from regimen_advisor.patient.facts import ChoiceFact, Domain, Fact, NumberFact, SetFact
from regimen_advisor.words.catalogue import joined, say

_SET_WORDS = ("includes", "any_of", "all_of", "none_of")
_NUMBER_WORDS = ("at_least", "at_most", "above", "below")


class ConditionReader:
    """Reads conditions of one rulebook; what cannot be read is added to ``problems``."""

    def __init__(self, domain: Domain, findings: Mapping[str, Condition], problems: list[Problem]) -> None:
        self.domain, self.findings, self.problems = domain, findings, problems

    def read(self, document: Document, path: Path_, value: object) -> Condition:
        """The condition written at ``path``; ``ALWAYS`` takes the place of what cannot be read."""
        place = document.locate(path)
        if not isinstance(value, dict) or not value:
            return self._refuse(place, say("condition_error.no_mapping"))
        parts = tuple(self._part(document, (*path, key), key, inner) for key, inner in value.items())
        return parts[0] if len(parts) == 1 else AllOf(parts, place)

    def _refuse(self, place: Location, message: str, help: Near | None = None) -> Condition:
        self.problems.append(Problem(place, message, help))
        return ALWAYS

    def _part(self, document: Document, path: Path_, key: str, value: object) -> Condition:
        place, key_place = document.locate(path), document.locate_key(path)
        if key in ("any", "all"):
            if not isinstance(value, list) or not value:
                return self._refuse(place, say("condition_error.no_conditions", key=key))
            parts = tuple(self.read(document, (*path, index), item) for index, item in enumerate(value))
            return AnyOf(parts, key_place) if key == "any" else AllOf(parts, key_place)
        if key == "not":
            return Not(self.read(document, path, value), key_place)
        if key in tuple(self.findings):  # by name, since those of a file that cannot be read may be any
            if not isinstance(value, bool):
                return self._refuse(place, say("condition_error.no_truth", key=key))
            named = Named(key, self.findings[key], key_place)
            return named if value else Not(named, key_place)
        fact = self.domain.facts.get(key)
        match fact:
            case None if key in self.findings and isinstance(value, bool):
                return ALWAYS  # it may be a finding of a file that cannot be read
            case None:
                known = (*self.domain.facts, *self.findings, "any", "all", "not")
                return self._refuse(key_place, say("condition_error.unknown", key=key), near(key, known))
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
        words = joined(known) if len(known) <= 16 else say("condition_error.one_of", number=len(known))
        self._refuse(
            place, say("broken.word_there", key=fact.name, expected=words, found=shown(text)), near(text, known)
        )
        return None

    def _choice(self, fact: ChoiceFact, value: object, place: Location, key_place: Location) -> Condition:
        words = value if isinstance(value, list) else [value]
        if not words:
            return self._refuse(place, say("condition_error.no_value", key=fact.name))
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
            words = joined(_NUMBER_WORDS)
            return self._refuse(place, say("condition_error.no_number", key=fact.name, words=words))
        for bound in bounds.values():
            if isinstance(bound, bool) or not isinstance(bound, int) or not fact.low <= bound <= fact.high:
                return self._refuse(
                    place, say("condition_error.out_of_range", key=fact.name, low=fact.low, high=fact.high)
                )
        low = max(bounds.get("at_least", fact.low), bounds.get("above", fact.low - 1) + 1)
        high = min(bounds.get("at_most", fact.high), bounds.get("below", fact.high + 1) - 1)
        if low > high:
            return self._refuse(place, say("condition_error.empty_range", key=fact.name))
        return Leaf(Between(fact.name, low, high), key_place)

    def _set(self, fact: SetFact, value: object, place: Location, key_place: Location) -> Condition:
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _SET_WORDS:
            return self._refuse(place, say("condition_error.no_test", key=fact.name, words=joined(_SET_WORDS)))
        test_word, words = next(iter(value.items()))
        words = [words] if test_word == "includes" else words
        if not isinstance(words, list) or not words:
            return self._refuse(place, say("condition_error.no_members", key=fact.name))
        if fact.over is not None and isinstance(self.domain.formulary.drugs, Unread):
            return ALWAYS
        members = (*fact.members, fact.empty_word)
        tests = []
        for word in words:
            known = self._word(fact, word, members, place)
            if known:
                tests.append(Leaf(Includes(fact.name, known), key_place))
        if not tests:
            return ALWAYS
        if test_word == "none_of":
            return all_of(*(Not(test, key_place) for test in tests))
        return any_of(*tests) if test_word == "any_of" else all_of(*tests)


def written(condition: Condition, domain: Domain) -> dict[str, Any]:
    """The condition as the mapping under ``when``; an empty one always holds."""
    match condition:
        case Leaf():
            return {condition.atom.fact: _atom(condition, domain)}
        case Named(name=name):
            return {name: True}
        case Not(part=Named(name=name)):
            return {name: False}
        case Not(part=Leaf(atom=Includes(fact=fact, member=member))):
            return {fact: {"none_of": [member]}}
        case Not(part=part):
            return {"not": written(part, domain)}
        case AnyOf(parts=parts):
            members = _members(parts)
            if members:
                return {members[0]: {"any_of": members[1]}}
            return {"any": [written(part, domain) for part in parts]}
        case AllOf(parts=parts):
            return _all(parts, domain)


def _all(parts: tuple[Condition, ...], domain: Domain) -> dict[str, Any]:
    members = _members(parts)
    if members:
        return {members[0]: {"all_of": members[1]}}
    absent = _members(tuple(part.part for part in parts if isinstance(part, Not)))
    if absent and len(absent[1]) == len(parts):
        return {absent[0]: {"none_of": absent[1]}}
    parts_written = [written(part, domain) for part in parts]
    keys = [key for mapping in parts_written for key in mapping]
    if len(set(keys)) == len(keys):
        return {key: value for mapping in parts_written for key, value in mapping.items()}
    return {"all": parts_written}


def _members(parts: tuple[Condition, ...]) -> tuple[str, list[str]] | None:
    """The set fact and its members, where every part tests a member of one and the same set."""
    atoms = [part.atom for part in parts if isinstance(part, Leaf) and isinstance(part.atom, Includes)]
    facts = {atom.fact for atom in atoms}
    if len(atoms) < 2 or len(atoms) != len(parts) or len(facts) != 1:
        return None
    return atoms[0].fact, [atom.member for atom in atoms]


def _atom(leaf: Leaf, domain: Domain) -> Any:
    fact = domain.facts[leaf.atom.fact]
    match leaf.atom:
        case Is(values=values):
            assert isinstance(fact, ChoiceFact)
            words: list[Any] = [word for word in fact.domain if word in values]
            for group, members in fact.groups.items():
                if fact.is_presence and values == set(members):
                    words = [group]
            words = [fact.plain(word) for word in words]
            return words[0] if len(words) == 1 else words
        case Includes(member=member):
            return {"includes": member}
        case Between(low=low, high=high):
            assert isinstance(fact, NumberFact)
            if low == high:
                return low
            bounds = {} if low <= fact.low and high < fact.high else {"at_least": low}
            return bounds | ({"at_most": high} if high < fact.high else {})
