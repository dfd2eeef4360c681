"""Make the JSON schema of a condition: the facts and findings that a rule may test, and how each is tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact

Schema = dict[str, Any]


def condition_schema(rulebook: Rulebook) -> Schema:
    """The schema of the value of ``when``, whole."""
    definitions = condition_definitions(rulebook)
    return {**definitions["condition"], "title": "Condition", "$defs": definitions}


def condition_definitions(rulebook: Rulebook) -> dict[str, Schema]:
    """``condition`` and what it refers to, as definitions of a schema."""
    members = _members(rulebook)
    return {
        **{name: {"enum": list(words)} for words, name in members.items()},
        "condition": _condition(rulebook, members),
    }


def _members(rulebook: Rulebook) -> dict[tuple[str, ...], str]:
    """The members of each set, by the name of the first fact that has them: most sets are of the same drugs."""
    found: dict[tuple[str, ...], str] = {}
    for fact in rulebook.domain.facts.values():
        if isinstance(fact, SetFact):
            found.setdefault((*fact.members, fact.empty_word), f"members-of-{fact.name}")
    return found


def _condition(rulebook: Rulebook, members: Mapping[tuple[str, ...], str]) -> Schema:
    several = {"type": "array", "minItems": 1, "items": _ref("condition")}
    keys: dict[str, Schema] = {
        "any": {**several, "description": "at least one of these holds"},
        "all": {**several, "description": "all of these hold"},
        "not": {**_ref("condition"), "description": "this does not hold"},
    }
    for finding in rulebook.findings.values():
        keys[finding.id] = {"type": "boolean", "description": f"{finding.name}: {finding.says}"}
    for fact in rulebook.domain.facts.values():
        keys[fact.name] = {"description": _meaning(fact), **_tests(fact, members)}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": keys}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _tests(fact: Fact, members: Mapping[tuple[str, ...], str]) -> Schema:
    """The ways in which a condition may test a fact; ``members`` names the members of sets."""
    match fact:
        case ChoiceFact():
            words = {"enum": [_YAML.get(word, word) for word in (*fact.domain, *fact.groups)]}
            return {"anyOf": [words, {"type": "array", "minItems": 1, "items": words}]}
        case NumberFact():
            number = {"type": "integer", "minimum": fact.low, "maximum": fact.high}
            bounds = {
                "at_least": {**number, "description": "this number or more"},
                "at_most": {**number, "description": "this number or less"},
                "above": {**number, "description": "more than this number"},
                "below": {**number, "description": "less than this number"},
            }
            return {"anyOf": [number, {
                "type": "object", "minProperties": 1, "additionalProperties": False, "properties": bounds,
            }]}  # fmt: skip
        case SetFact():
            word = _ref(members[*fact.members, fact.empty_word])
            list_ = {"type": "array", "minItems": 1, "items": word}
            return {
                "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
                "properties": {
                    "includes": {**word, "description": "this one is in the set"},
                    "any_of": {**list_, "description": "at least one of these is in the set"},
                    "all_of": {**list_, "description": "all of these are in the set"},
                    "none_of": {**list_, "description": "none of these is in the set"},
                },
            }  # fmt: skip


_YAML: Mapping[str, Any] = {"true": True, "false": False}
"""Words that YAML reads as another value."""


def _meaning(fact: Fact) -> str:
    unit = f" (in {fact.unit})" if isinstance(fact, NumberFact) and fact.unit else ""
    return f"{fact.label}{unit}: {fact.question}"
