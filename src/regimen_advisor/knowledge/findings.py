"""Load findings: named conditions (``driver-negative``, ``progressing``) that rules and findings test by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regimen_advisor.files.chains import LONGEST
from regimen_advisor.files.errors import Location, Problem
from regimen_advisor.files.sources import Document, Record, validated
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.language.conditions import NEVER, Condition, Named, children
from regimen_advisor.patient.facts import Domain
from regimen_advisor.words.catalogue import say


class FindingText(Record):
    """A finding as written in ``findings.yaml``."""

    id: str
    name: str
    says: str
    when: dict[str, Any]
    source: Sources | None = None
    basis: str | None = None


@dataclass(frozen=True)
class Finding:
    """A named condition, the source of its wording, and its place."""

    id: str
    name: str
    says: str
    condition: Condition
    source: Sources | None
    location: Location


class _Resolver:
    """Reads findings in the order in which they need each other."""

    def __init__(self, document: Document, domain: Domain, problems: list[Problem]) -> None:
        self.document, self.domain, self.problems = document, domain, problems
        self.texts = validated(list[FindingText], document)
        self.index = {text.id: position for position, text in enumerate(self.texts)}
        self.conditions: dict[str, Condition] = {}
        self.trail: list[str] = []
        self.levels: dict[str, int] = {}

    def resolve(self) -> dict[str, Finding]:
        for position, text in enumerate(self.texts):
            place = self.document.locate((position, "id"))
            if self.index[text.id] != position:
                self.problems.append(Problem(place, say("finding_error.twice", id=text.id)))
            if text.id in self.domain.facts:
                self.problems.append(Problem(place, say("finding_error.name_of_fact", id=text.id)))
            if (text.source is None) == (text.basis is None):
                self.problems.append(Problem(place, say("finding_error.source_or_basis", id=text.id)))
        return {
            text.id: Finding(
                text.id, text.name, text.says, self.condition(text.id), text.source, self.document.locate((position,))
            )
            for position, text in enumerate(self.texts)
        }

    def condition(self, name: str) -> Condition:
        """The condition of a finding; those it needs are read first."""
        if name in self.conditions:
            return self.conditions[name]
        position = self.index[name]
        if name in self.trail:
            circle = " -> ".join([*self.trail[self.trail.index(name) :], name])
            place = self.document.locate((position, "when"))
            self.problems.append(Problem(place, say("finding_error.circle", circle=circle)))
            self.conditions[name] = NEVER
            return NEVER
        if len(self.trail) >= LONGEST:
            message = say("finding_error.long_chain", most=LONGEST)
            self.problems.append(Problem(self.document.locate((position, "when")), message))
            return self.conditions.setdefault(name, NEVER)
        self.trail.append(name)
        reader = ConditionReader(self.domain, _Lazy(self), self.problems)
        condition = reader.read(self.document, (position, "when"), self.texts[position].when)
        self.trail.pop()
        self.levels[name] = self._levels(condition)
        if self.levels[name] > MOST_LEVELS:
            message = say("finding_error.deep", most=MOST_LEVELS)
            self.problems.append(Problem(self.document.locate((position, "when")), message))
            condition, self.levels[name] = NEVER, 1
        return self.conditions.setdefault(name, condition)

    def _levels(self, condition: Condition) -> int:
        if isinstance(condition, Named):
            return 1 + self.levels.get(condition.name, 1)
        return 1 + max(map(self._levels, children(condition)), default=0)


MOST_LEVELS = 60
"""How deep a condition may be with its findings opened; all that is made of it walks down to its leaves."""


class _Lazy(Mapping[str, Condition]):
    """The findings by name, each read when it is first asked for."""

    def __init__(self, resolver: _Resolver) -> None:
        self.resolver = resolver

    def __getitem__(self, name: str) -> Condition:
        if name not in self.resolver.index:
            raise KeyError(name)
        return self.resolver.condition(name)

    def __iter__(self) -> Any:
        return iter(self.resolver.index)

    def __len__(self) -> int:
        return len(self.resolver.index)

    def __contains__(self, name: object) -> bool:
        return name in self.resolver.index


def read_findings(document: Document, domain: Domain, problems: list[Problem]) -> dict[str, Finding]:
    """The findings of a document by id; what is wrong with them is added to ``problems``."""
    return _Resolver(document, domain, problems).resolve()
