"""Compare the wording of two rulebooks: sentences, names, figures, sources; none of it changes the advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.reviewing.matching import RuleMatch
from regimen_advisor.words.catalogue import joined

_OF_RULE = (
    "says",
    "if_open",
    "kind",
    "is_first",
    "regimens",
    "drugs",
    "gives_way_to",
    "meant_for",
    "subject",
    "source",
    "approvals",
    "basis",
    "certainty",
    "errata",
)
_OF_FINDING = ("name", "says", "source")
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class WordingChange:
    """A field of a rule, finding, regimen, drug, class, study, approval or review that reads otherwise.

    ``field`` is ``None`` where only one rulebook has the whole thing; ``before`` or ``after`` is then ``None``.
    """

    kind: str
    id: str
    field: str | None
    before: str | None
    after: str | None


def wording_changes(found: tuple[RuleMatch, ...], old: Rulebook, new: Rulebook) -> tuple[WordingChange, ...]:
    """Every difference in wording, rules first; rules that came or went are reported elsewhere."""
    return (*_of_rules(found), *_of_others(old, new))


def _of_rules(found: tuple[RuleMatch, ...]) -> Iterator[WordingChange]:
    for rule_match in found:
        before = {rule.id: rule for rule in rule_match.old}
        for rule in rule_match.new:
            twin = before.get(rule.id) or (
                rule_match.old[0] if len(rule_match.old) == len(rule_match.new) == 1 else None
            )
            if twin is not None:
                yield from _fields("rule", rule.id, _picked(twin, _OF_RULE), _picked(rule, _OF_RULE))


def _picked(item: Rule | Finding, names: tuple[str, ...]) -> Fields:
    return {name: getattr(item, name) for name in names}


def _of_others(old: Rulebook, new: Rulebook) -> Iterator[WordingChange]:
    pairs: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("finding", old.findings, new.findings),
        ("regimen", old.regimens, new.regimens),
        ("drug", old.formulary.drugs, new.formulary.drugs),
        ("class", old.formulary.classes, new.formulary.classes),
        ("study", old.studies, new.studies),
        ("approval", old.approvals, new.approvals),
        ("review", old.reviews, new.reviews),
        ("setting", old.settings, new.settings),
    )
    for kind, before, after in pairs:
        for id in dict.fromkeys((*after, *before)):
            if id not in before or id not in after:
                old_entry, gone = ("there" if id in before else None), ("there" if id in after else None)
                yield WordingChange(kind, id, None, old_entry, gone)
            else:
                yield from _fields(kind, id, _all_of(before[id]), _all_of(after[id]))


def _all_of(item: object) -> Fields:
    if isinstance(item, Record):
        return {name: getattr(item, name) for name in type(item).model_fields}
    if isinstance(item, Finding):
        return _picked(item, _OF_FINDING)
    return {"title": getattr(item, "title", None)}


def _fields(kind: str, id: str, before: Fields, after: Fields) -> Iterator[WordingChange]:
    for name in after:
        old_value, new_value = _plain(before[name]), _plain(after[name])
        if old_value == new_value:
            continue
        if isinstance(old_value, list) and isinstance(new_value, list):  # of a long list only what came and what went
            gone = [part for part in old_value if part not in new_value]
            come = [part for part in new_value if part not in old_value]
            old_value, new_value = (gone, come) if gone or come else (old_value, new_value)
        yield WordingChange(kind, id, name, _one_line(old_value), _one_line(new_value))


def _plain(value: object) -> Any:
    """A value of a file without the places where it was read."""
    if isinstance(value, Record):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def _one_line(value: object) -> str | None:
    """A plain value as one line of text."""
    if value is None or value == []:
        return None
    if isinstance(value, dict):
        return joined(f"{name}: {_one_line(part)}" for name, part in value.items())
    if isinstance(value, list):
        return joined((str(_one_line(part)) for part in value), "lists")
    return str(value)
