"""Build the map of a clinical setting from its rules: what they ask for, and what they then do.

Conditions that several rules share are asked once: the map is the tree in which each rule is one way from the root to
its effect. With a patient given, each way is taken, not taken or open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from regimen_advisor.explaining.clauses import state_of
from regimen_advisor.explaining.sentences import effect_words, source_words
from regimen_advisor.explanation import State
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, Condition, Leaf
from regimen_advisor.language.interpreter import Interpreter, conjunction
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.reading import Patient
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import say

Path = Literal["taken", "not taken", "open"]
_PATHS: dict[Truth, Path] = {Truth.TRUE: "taken", Truth.FALSE: "not taken", Truth.UNKNOWN: "open"}
_EXCEPTIONS = {Truth.TRUE: "map.unless_applies", Truth.FALSE: "map.unless_not", Truth.UNKNOWN: "map.unless_open"}


@dataclass(frozen=True)
class MapTest:
    """One thing asked for, and whether the patient meets it where one is given."""

    words: str
    state: State | None = None

    __test__ = False  # no test of pytest's


@dataclass(frozen=True)
class Node:
    """A box of the map: what is asked for there, or what a rule does; ``path`` says whether the patient comes here."""

    kind: Literal["question", "effect"]
    tests: tuple[MapTest, ...]
    title: str = ""
    source: str = ""
    path: Path | None = None
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class GuidelineMap:
    """The map of one setting; ``patient`` is the id of the patient whose path is drawn."""

    setting: str
    title: str
    roots: tuple[Node, ...]
    patient: str | None = None


def guideline_map(setting: str, rulebook: Rulebook, patient: Patient | None = None) -> GuidelineMap:
    """The map of a setting (by its id); with a patient, with the path drawn."""
    found = rulebook.settings[setting]
    rules = [rule for rule in rulebook.rules.values() if rule.setting.id == setting]
    return GuidelineMap(setting, found.title, _Mapper(rulebook, patient).tree(rules), patient.id if patient else None)


Branch = tuple[Rule, tuple[Condition, ...]]


class _Mapper:
    def __init__(self, rulebook: Rulebook, patient: Patient | None) -> None:
        self.rulebook = rulebook
        self.wording = Guideline.of(rulebook).wording
        self.reader = Interpreter(patient.facts) if patient else None

    def tree(self, rules: Sequence[Rule]) -> tuple[Node, ...]:
        return self._nodes([(rule, _parts(rule.condition)) for rule in rules], Truth.TRUE)

    def _nodes(self, branches: Sequence[Branch], above: Truth) -> tuple[Node, ...]:
        """What is left of some rules as boxes: the condition that most of them share is asked first."""
        nodes = [self._effect(rule, above) for rule, parts in branches if not parts]
        left = [branch for branch in branches if branch[1]]
        while left:
            counts = Counter(part for _, parts in left for part in parts)
            first = max(counts, key=lambda part: counts[part])
            inside = [(rule, parts) for rule, parts in left if first in parts]
            left = [branch for branch in left if first not in branch[1]]
            shared = [part for part in inside[0][1] if all(part in parts for _, parts in inside)]
            rest = [(rule, tuple(part for part in parts if part not in shared)) for rule, parts in inside]
            nodes.append(self._question(shared, rest, above))
        return tuple(nodes)

    def _question(self, shared: Sequence[Condition], rest: Sequence[Branch], above: Truth) -> Node:
        truths = [self.reader.judge(part).truth for part in shared] if self.reader else []
        truth_so_far = conjunction([above, *truths])
        states: Sequence[State | None] = [state_of(truth) for truth in truths] or [None] * len(shared)
        tests = tuple(MapTest(self.wording.condition(part), state) for part, state in zip(shared, states, strict=True))
        return Node("question", tests, path=self._path(truth_so_far), children=self._nodes(rest, truth_so_far))

    def _effect(self, rule: Rule, above: Truth) -> Node:
        exceptions = list(self._exceptions(rule))
        truth_so_far = conjunction([above, *(~truth for _, truth in exceptions)]) if self.reader else above
        title = effect_words(rule, self.rulebook)
        source = source_words(replace(rule, studies=()), self.rulebook)  # only the section, so that the box stays small
        tests = tuple(MapTest(words) for words, _ in exceptions)
        return Node("effect", tests, f"{title[0].upper()}{title[1:]}", source, self._path(truth_so_far))

    def _exceptions(self, rule: Rule) -> Iterator[tuple[str, Truth]]:
        """What keeps the rule from its effect: rules that override it, and contraindications to what it offers."""
        against = [*self.rulebook.overridden_by[rule.id]]
        if rule.effect is Effect.OFFER:
            against += Guideline.of(self.rulebook).regimens[rule.subject].exclusions
        asked = _parts(rule.condition)
        for exception in against:
            truth = self.reader.judge(exception.condition).truth if self.reader else Truth.UNKNOWN
            if exception.declared and not (self.reader and truth is not Truth.FALSE):
                continue  # one for each regimen: drawn only where it acts
            parts = [part for part in _parts(exception.condition) if part not in asked and not _is_disease(part)]
            conditions = listed(map(self.wording.condition, parts)) or exception.id
            yield say(_EXCEPTIONS[truth] if self.reader else "map.unless", conditions=conditions), truth

    def _path(self, truth: Truth) -> Path | None:
        return _PATHS[truth] if self.reader else None


def _parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all hold, the nested ones with the others."""
    if not isinstance(condition, AllOf):
        return (condition,)
    found = [inner for part in condition.parts for inner in _parts(part)]
    return tuple(dict.fromkeys(found))


def _is_disease(condition: Condition) -> bool:
    return isinstance(condition, Leaf) and condition.atom.fact == "disease"
