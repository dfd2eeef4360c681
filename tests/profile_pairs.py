"""Pairs of example profiles that differ in one key, and the boundaries of the rules that such a pair shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import atoms_of
from regimen_advisor.language.values import Atom, Between, Facts, Includes, Is, Number, Truth
from regimen_advisor.patient.facts import Domain, NumberFact
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, read

NOT_READ_BY_RULES = ("id", "summary")

# These cannot change alone: the histology says the disease, the stage says the extent, and in metastatic or treated
# disease curative treatment is never possible.
NEVER_ALONE = ("disease", "extent", "curative_treatment_possible")


@dataclass(frozen=True)
class Example:
    """One example profile: as it is written, as it is read, and the truth of every rule for it."""

    path: Path
    written: Mapping[str, Any]
    patient: Patient
    truths: Mapping[str, Truth]

    @property
    def facts(self) -> Facts:
        return self.patient.facts


@dataclass(frozen=True)
class Boundary:
    """What a pair must show of a rule: one value next to the other, and the rule true for one of the two only."""

    rule: str
    atom: Atom
    edge: tuple[int, int] | None = None

    def __str__(self) -> str:
        match self.atom:
            case Between():
                what = f"{self.edge[0]} beside {self.edge[1]}" if self.edge else ""
            case Includes():
                what = self.atom.member
            case Is():
                what = " or ".join(sorted(self.atom.values))
        return f"{self.rule}: {self.atom.fact} {what}"

    def shown_by(self, first: Facts, second: Facts) -> bool:
        if self.edge:
            exact = [Number(value, value) for value in self.edge]
            return [first[self.atom.fact], second[self.atom.fact]] in (exact, exact[::-1])
        return {self.atom.judge(first[self.atom.fact]), self.atom.judge(second[self.atom.fact])} == {
            Truth.TRUE,
            Truth.FALSE,
        }


def boundaries(rulebook: Rulebook) -> Iterator[Boundary]:
    """Every threshold, set member and value that is written in a rule; the drugs of a regimen are not."""
    for rule in (rule for rule in rulebook.rules.values() if not rule.declared):
        for atom in sorted(atoms_of(rule.condition), key=repr):
            if atom.fact in NEVER_ALONE:
                continue
            edges = _edges(atom, rulebook.domain)
            yield from (Boundary(rule.id, atom, edge) for edge in edges)


def _edges(atom: Atom, domain: Domain) -> list[tuple[int, int] | None]:
    fact = domain.facts[atom.fact]
    if not isinstance(atom, Between):
        return [None]
    assert isinstance(fact, NumberFact)
    low = [(atom.low - 1, atom.low)] if atom.low > fact.low else []
    high = [(atom.high, atom.high + 1)] if atom.high < fact.high else []
    return [*low, *high]


class Judge:
    """Reads profiles and judges every rule of a rulebook for them."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.program = RuleProgram({rule.id: rule.condition for rule in rulebook.rules.values()})

    def example(self, path: Path) -> Example:
        document = read_document(path)
        patient = read(profile_from(document), self.rulebook.domain, document)
        return Example(path, document.value, patient, self.truths(patient.facts))

    def truths(self, facts: Facts) -> dict[str, Truth]:
        return self.program.truths(facts)


def examples(folder: Path, rulebook: Rulebook) -> list[Example]:
    """Every profile in the folder and below."""
    judge = Judge(rulebook)
    return [judge.example(path) for path in sorted(folder.rglob("*.yaml")) if path.parent.name != "mappings"]


def one_key_apart(all_examples: Iterable[Example]) -> Iterator[tuple[Example, Example]]:
    """Pairs that differ in exactly one key (left out counts as a value too)."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in all_examples:
        found = {key: value for key, value in example.written.items() if key not in NOT_READ_BY_RULES}
        for key in found:
            rest = repr(sorted((entry, value) for entry, value in found.items() if entry != key))
            groups[key, rest].append(example)
    for group in groups.values():
        yield from ((entry, candidate) for index, entry in enumerate(group) for candidate in group[index + 1 :])


def shown(pairs: Iterable[tuple[Example, Example]], wanted: Iterable[Boundary]) -> set[Boundary]:
    """The boundaries that at least one pair shows."""
    by_rule: dict[str, list[Boundary]] = defaultdict(list)
    for boundary in wanted:
        by_rule[boundary.rule].append(boundary)
    found: set[Boundary] = set()
    for first, second in pairs:
        for rule, truth in first.truths.items():
            if rule in by_rule and {truth, second.truths[rule]} == {Truth.TRUE, Truth.FALSE}:
                found.update(edge for edge in by_rule[rule] if edge.shown_by(first.facts, second.facts))
    return found
