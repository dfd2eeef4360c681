"""Conditions as they are written in rule files: the way back from the nodes to YAML."""

from __future__ import annotations

from typing import Any

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Between, Includes, Is
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact


def written(condition: Condition, domain: Domain) -> dict[str, Any]:
    """The condition as the mapping that stands under ``when``; an empty one always holds."""
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
    each = [written(part, domain) for part in parts]
    keys = [key for one in each for key in one]
    if len(set(keys)) == len(keys):
        return {key: value for one in each for key, value in one.items()}
    return {"all": each}


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
            if fact.is_yes_no:
                words = [word == "true" for word in words]
            return words[0] if len(words) == 1 else words
        case Includes(member=member):
            return {"includes": member}
        case Between(low=low, high=high):
            assert isinstance(fact, NumberFact)
            if low == high:
                return low
            bounds = {} if low <= fact.low and high < fact.high else {"at_least": low}
            return bounds | ({"at_most": high} if high < fact.high else {})
