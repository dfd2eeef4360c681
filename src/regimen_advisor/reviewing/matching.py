"""Match the rules of two rulebooks that say the same thing, whatever their names and places.

A rule is known by its id; where an id is gone, by its words; where those are new too, by its meaning: same effect on
the same regimens with the same studies, under conditions that no patient tells apart. Rules of one rulebook with the
same words say one thing, so that a rule may be split in two or two be joined.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Literal

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule

Fate = Literal["added", "removed", "changed", "rewritten", "renamed", "moved"]


@dataclass(frozen=True, eq=False)
class RuleMatch:
    """What one or several rules say, and the rules that say it in OLD and in NEW."""

    effect: Effect
    old: tuple[Rule, ...]
    new: tuple[Rule, ...]

    @property
    def id(self) -> str:
        """The id of its first rule, that of NEW where there is one."""
        return (self.new or self.old)[0].id

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules in NEW, or those in OLD where NEW has none."""
        return self.new or self.old


def rule_matches(
    old: Rulebook, new: Rulebook, is_same: Callable[[list[Rule], list[Rule]], bool]
) -> tuple[RuleMatch, ...]:
    """Every rule of both rulebooks, each in one match, in the order of NEW and then of OLD.

    ``is_same`` tells whether some rules of OLD hold for just the patients for whom some rules of NEW do.
    """
    groups = _Groups()
    for side, rulebook in (("new", new), ("old", old)):
        for rule in rulebook.rules.values():
            groups.join((side, rule.id), ("id", rule.id, rule.effect))
            groups.join((side, rule.id), ("words", *_words(rule)))
    found = list(_collected(groups, old, new))
    gone = [rule_match for rule_match in found if not rule_match.new]
    left = []
    for rule_match in found:
        if not rule_match.new:
            continue
        twin = (
            None
            if rule_match.old
            else next(
                (
                    candidate
                    for candidate in gone
                    if _may_be(candidate, rule_match) and is_same([*candidate.old], [*rule_match.new])
                ),
                None,
            )
        )
        if twin is not None:
            gone.remove(twin)
        left.append(rule_match if twin is None else RuleMatch(rule_match.effect, twin.old, rule_match.new))
    return (*left, *gone)


class _Groups:
    """Things put together, at one or more removes."""

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def of(self, item: Hashable) -> Hashable:
        while (above := self._above.get(item, item)) != item:
            item = above
        return item

    def join(self, first: Hashable, second: Hashable) -> None:
        self._above[self.of(second)] = self.of(first)


def _collected(groups: _Groups, old: Rulebook, new: Rulebook) -> Iterator[RuleMatch]:
    table: dict[Hashable, tuple[list[Rule], list[Rule]]] = {}
    for index, (side, rulebook) in enumerate((("new", new), ("old", old))):
        for rule in rulebook.rules.values():
            table.setdefault(groups.of((side, rule.id)), ([], []))[index].append(rule)
    for after, before in table.values():
        yield RuleMatch((after or before)[0].effect, tuple(before), tuple(after))


def _words(rule: Rule) -> tuple[Hashable, ...]:
    """All that a rule says but for its name and condition."""
    return (
        rule.effect, rule.subject, str(rule.target), frozenset(rule.studies), frozenset(rule.approvals), rule.says,
        rule.if_open, rule.kind, rule.source, rule.basis, rule.certainty, rule.setting.disease,
    )  # fmt: skip


def _may_be(gone: RuleMatch, come: RuleMatch) -> bool:
    def acts(rule: Rule) -> tuple[Hashable, ...]:
        return rule.effect, rule.kind, rule.subject, str(rule.target), frozenset(rule.studies), rule.setting.disease

    return {acts(rule) for rule in gone.old} == {acts(rule) for rule in come.new}


# What became of a rule --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RuleChange:
    """How a rule changed, with its ids and places (``nsclc/notes.yaml:12``) in OLD and in NEW.

    ``changed`` is a change of meaning: other patients, other studies or other regimens. ``rewritten`` keeps them.
    """

    fate: Fate
    before: tuple[str, ...]
    after: tuple[str, ...]
    places_before: tuple[str, ...]
    places_after: tuple[str, ...]


def rule_changes(
    found: tuple[RuleMatch, ...], is_changed: Callable[[RuleMatch], bool], old: Rulebook, new: Rulebook
) -> tuple[RuleChange, ...]:
    """The rules that are not as they were; ``is_changed`` says whether a match changed in meaning."""
    changes = []
    for rule_match in found:
        fate = _fate(rule_match, is_changed=is_changed(rule_match))
        if fate is not None:
            changes.append(
                RuleChange(
                    fate,
                    tuple(rule.id for rule in rule_match.old),
                    tuple(rule.id for rule in rule_match.new),
                    tuple(place_in(rule, old) for rule in rule_match.old),
                    tuple(place_in(rule, new) for rule in rule_match.new),
                )
            )
    return tuple(changes)


def _fate(rule_match: RuleMatch, *, is_changed: bool) -> Fate | None:
    if not rule_match.old:
        return "added"
    if not rule_match.new:
        return "removed"
    if is_changed:
        return "changed"
    if sorted(rule.id for rule in rule_match.old) != sorted(rule.id for rule in rule_match.new):
        return "renamed" if len(rule_match.old) == len(rule_match.new) else "rewritten"
    before = {rule.id: rule for rule in rule_match.old}
    if any(
        before[rule.id].written != rule.written or before[rule.id].overrides != rule.overrides
        for rule in rule_match.new
    ):
        return "rewritten"
    if any(before[rule.id].setting.id != rule.setting.id for rule in rule_match.new):
        return "moved"
    return None


def place_in(rule: Rule, rulebook: Rulebook) -> str:
    """The place of a rule, from the folder of its rulebook: ``nsclc/later-line-egfr.yaml:6``."""
    file = rulebook.within(rule.location.file)[1].as_posix()
    return f"{file}:{rule.location.line}" if rule.location.line else file
