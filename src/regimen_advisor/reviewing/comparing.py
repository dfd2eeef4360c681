"""Compare two rulebooks, exactly, over all patients whom both can describe.

Two rulebooks are equal where no complete patient differs in the standing of a regimen, its deciding rules, studies or
cautions, nor in the statements outside the options. The name and the place of a rule make no difference; see
``matching``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Leaf, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Is, Truth
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reviewing.joining import Joined, Side, join
from regimen_advisor.reviewing.matching import RuleChange, RuleMatch, rule_changes, rule_matches
from regimen_advisor.reviewing.smallest import is_smallest
from regimen_advisor.reviewing.wording_changes import WordingChange, wording_changes
from regimen_advisor.solving.implicants import Implicant, ways_to
from regimen_advisor.solving.solver import DomainSolver, PatientCompletions, Session
from regimen_advisor.solving.witness import witness
from regimen_advisor.wording import Wording

Only = Literal["old", "new"]
_SIDES: tuple[Only, Only] = ("old", "new")
DecidingPart = Literal["rule", "study", "exclusion", "caution", "said"]
_PARTS: Mapping[Effect, DecidingPart] = {Effect.OFFER: "rule", Effect.EXCLUDE: "exclusion", Effect.CAUTION: "caution"}
_SHOWN: Mapping[Standing, tuple[DecidingPart, ...]] = {
    Standing.OFFERED: ("rule", "study", "caution"),  # of the kind `measure`: no other holds there
    Standing.OFFERED_WITH_CAUTION: ("rule", "study", "caution"),
    Standing.EXCLUDED: ("rule", "study", "caution", "exclusion"),
    Standing.NOT_INDICATED: (),
}
"""What decides, or is shown, with each standing of a complete patient."""


@dataclass(frozen=True)
class Difference:
    """A rule, study or caution that is shown for some patients of a change in one rulebook only."""

    part: DecidingPart
    id: str
    only_in: Only


@dataclass(frozen=True)
class AdviceChange:
    """Patients for whom the advice differs in one way.

    ``subject`` is a regimen with its standing ``before`` and ``after`` (equal where only the rules, studies or
    cautions differ), or a rule that is no option, with no standing. ``ways`` are prime conditions that
    together cover all those patients, none redundant. Every completion of ``witness`` (a profile) is such a patient,
    and none of what it says can be left out; ``is_smallest`` where it is proved that no profile says fewer things.
    """

    subject: str
    name: str
    before: Standing | None
    after: Standing | None
    differences: tuple[Difference, ...]
    ways: tuple[Implicant, ...]
    witness: Mapping[str, Any]
    is_smallest: bool
    shown_before: tuple[Difference, ...]
    shown_after: tuple[Difference, ...]

    @property
    def is_loss(self) -> bool:
        """Whether patients lose an option by it."""
        return self.before is not None and self.after is not None and self.before.is_offered > self.after.is_offered


@dataclass(frozen=True, eq=False, repr=False)
class RulebookComparison:
    """All that differs between two rulebooks. ``wording`` holds what reads otherwise but advises the same."""

    old: Rulebook
    new: Rulebook
    joined: Joined
    rule_matches: tuple[RuleMatch, ...]
    regimens: tuple[AdviceChange, ...]
    """Those by which an option is lost come first."""
    statements: tuple[AdviceChange, ...]
    rules: tuple[RuleChange, ...]
    wording: tuple[WordingChange, ...]

    def __repr__(self) -> str:
        """One line: both versions, and how much changed."""
        found = f"{len(self.changes)} changes of advice, {len(self.rules)} of rules"
        return f"<RulebookComparison {self.old.version} -> {self.new.version}: {found}>"

    @property
    def changes(self) -> tuple[AdviceChange, ...]:
        """Every change of advice, those of regimens first."""
        return (*self.regimens, *self.statements)

    @property
    def is_equal(self) -> bool:
        """Whether no complete patient whom both can describe gets other advice."""
        return not self.changes

    @cached_property
    def words(self) -> Wording:
        """Words for the conditions of the changes."""
        return Wording(self.joined.domain, self.new.findings)


def compare(old: Rulebook, new: Rulebook) -> RulebookComparison:
    """What changed from ``old`` to ``new``."""
    return _RulebookComparer(old, new).comparison()


@dataclass(frozen=True, eq=False)
class _Feature:
    """Something that may be shown of a regimen, and for which patients, in each rulebook."""

    part: DecidingPart
    id: str
    before: Condition
    after: Condition


class _RulebookComparer:
    def __init__(self, old: Rulebook, new: Rulebook) -> None:
        self.old, self.new = old, new
        self.joined = join(old, new)
        self.solver = DomainSolver(self.joined.domain)
        sides = (self.joined.old, self.joined.new)
        self.session: Session = self.solver.session(
            *(condition for side in sides for condition in side.effective.values())
        )
        self._equal: dict[tuple[int, int], bool] = {}
        self.rule_matches = rule_matches(old, new, self._hold_for_the_same)

    def comparison(self) -> RulebookComparison:
        names = list(dict.fromkeys((*self.new.regimens, *self.old.regimens)))
        found = [change for name in names for change in self._of_regimen(name)]
        regimens = tuple(sorted(found, key=lambda change: not change.is_loss))
        statements = tuple(change for rule_match in self.rule_matches for change in self._of_statement(rule_match))
        return RulebookComparison(
            self.old, self.new, self.joined, self.rule_matches, regimens, statements,
            rule_changes(self.rule_matches, self._is_changed, self.old, self.new),
            wording_changes(self.rule_matches, self.old, self.new),
        )  # fmt: skip

    # Asking -------------------------------------------------------------------------------------------------------

    def _is_possible(self, condition: Condition) -> bool:
        literal = self.session.encoding.condition(condition)
        return self.session.can([literal])

    def _is_same(self, left: Condition, right: Condition) -> bool:
        first, second = self.session.encoding.condition(left), self.session.encoding.condition(right)
        if (first, second) not in self._equal:
            self._equal[first, second] = first == second or not self._is_possible(differ(left, right))
        return self._equal[first, second]

    def _holds(self, side: Side, rules: Sequence[Rule], regimen: str | None = None) -> Condition:
        """The condition under which any of the rules counts (and is about the regimen)."""
        meant = [rule for rule in rules if regimen is None or regimen in side.rulebook.meets(rule)]
        return AnyOf(tuple(side.effective[rule.id] for rule in meant)) if meant else NEVER

    def _hold_for_the_same(self, before: list[Rule], after: list[Rule]) -> bool:
        return self._is_same(self._holds(self.joined.old, before), self._holds(self.joined.new, after))

    def _is_changed(self, rule_match: RuleMatch) -> bool:
        if not self._hold_for_the_same([*rule_match.old], [*rule_match.new]):
            return True
        met = [
            {regimen for rule in rules for regimen in book.meets(rule)}
            for rules, book in ((rule_match.old, self.old), (rule_match.new, self.new))
        ]
        known = self.old.regimens.keys() & self.new.regimens.keys()
        return met[0] & known != met[1] & known or cited(rule_match.old) != cited(rule_match.new)

    # Regimens -----------------------------------------------------------------------------------------------------

    def _of_regimen(self, name: str) -> Iterator[AdviceChange]:
        features = list(self._features(name))
        before, after = self._standings(self.joined.old, name), self._standings(self.joined.new, name)
        for standing, cell in before.items():
            for after_standing, place in after.items():
                in_both = AllOf((cell, place))
                if standing is not after_standing:
                    if self._is_possible(in_both):
                        yield self._change(name, (standing, after_standing), in_both, features)
                    continue
                shown = [
                    feature
                    for feature in features
                    if feature.part in _SHOWN[standing] and not self._is_same(feature.before, feature.after)
                ]
                apart = AllOf((in_both, AnyOf(tuple(differ(feature.before, feature.after) for feature in shown))))
                if shown and self._is_possible(apart):
                    yield self._change(name, (standing, after_standing), apart, features)

    def _standings(self, side: Side, name: str) -> Mapping[Standing, Condition]:
        """For each standing the complete patients who have it; a regimen that is not known is never indicated."""
        if name not in side.regimens:
            return {Standing.NOT_INDICATED: ALWAYS}
        rules_about, disease = side.regimens[name], side.rulebook.regimens[name].disease
        offer = AllOf((Leaf(Is("disease", frozenset({disease}))), rules_about.offer))
        return {
            Standing.OFFERED: AllOf((offer, Not(rules_about.exclusion), Not(rules_about.caution))),
            Standing.OFFERED_WITH_CAUTION: AllOf((offer, Not(rules_about.exclusion), rules_about.caution)),
            Standing.EXCLUDED: AllOf((offer, rules_about.exclusion)),
            Standing.NOT_INDICATED: Not(offer),
        }

    def _features(self, name: str) -> Iterator[_Feature]:
        sides = (self.joined.old, self.joined.new)
        spoken = {rule.id for side in sides for rule in side.rules_of(name)}
        for rule_match in self.rule_matches:
            if rule_match.effect in _PARTS and spoken & {rule.id for rule in (*rule_match.old, *rule_match.new)}:
                before, after = (
                    self._holds(side, rules, name)
                    for side, rules in zip(sides, (rule_match.old, rule_match.new), strict=True)
                )
                yield _Feature(_PARTS[rule_match.effect], rule_match.id, before, after)
        offers = [side.regimens[name].offers if name in side.regimens else () for side in sides]
        for study in dict.fromkeys(study for rules in reversed(offers) for rule in rules for study in rule.studies):
            before, after = (
                self._holds(side, [rule for rule in rules if study in rule.studies])
                for side, rules in zip(sides, offers, strict=True)
            )
            yield _Feature("study", study, before, after)

    def _change(
        self, name: str, standings: tuple[Standing, Standing], condition: Condition, features: Sequence[_Feature]
    ) -> AdviceChange:
        written = witness(self.solver, condition)
        assert written is not None  # it was found possible
        patient = read(Profile.model_validate(written), self.joined.domain)
        completions = PatientCompletions(patient)
        truths = [self.solver.truths([feature.before for feature in features], completions),
                  self.solver.truths([feature.after for feature in features], completions)]  # fmt: skip
        shown = [
            tuple(
                Difference(feature.part, feature.id, side)
                for feature, truth in zip(features, found, strict=True)
                if truth is Truth.TRUE and feature.part in _SHOWN[standing]
            )
            for found, standing, side in zip(truths, standings, _SIDES, strict=True)
        ]
        is_same_standing = standings[0] is standings[1]
        regimen = self.new.regimens.get(name) or self.old.regimens[name]
        return AdviceChange(
            name, regimen.name, *standings,
            tuple(self._differences(condition, standings[0], features)) if is_same_standing else (),
            ways_to(self.solver, condition), written, is_smallest(self.solver, condition, written), shown[0], shown[1],
        )  # fmt: skip

    def _differences(
        self, condition: Condition, standing: Standing, features: Sequence[_Feature]
    ) -> Iterator[Difference]:
        for feature in features:
            if feature.part not in _SHOWN[standing]:
                continue
            if self._is_possible(AllOf((condition, feature.before, Not(feature.after)))):
                yield Difference(feature.part, feature.id, "old")
            if self._is_possible(AllOf((condition, feature.after, Not(feature.before)))):
                yield Difference(feature.part, feature.id, "new")

    # Statements outside the options ----------------------------------------------------------------------------------

    def _of_statement(self, rule_match: RuleMatch) -> Iterator[AdviceChange]:
        if rule_match.effect in _PARTS:
            return
        before, after = self._holds(self.joined.old, rule_match.old), self._holds(self.joined.new, rule_match.new)
        old_studies, new_studies = cited(rule_match.old), cited(rule_match.new)
        cases: list[tuple[Condition, tuple[Difference, ...]]] = [
            (AllOf((before, Not(after))), (Difference("said", rule_match.id, "old"),)),
            (AllOf((after, Not(before))), (Difference("said", rule_match.id, "new"),)),
        ]
        if old_studies != new_studies:
            gone = tuple(Difference("study", study, "old") for study in sorted(old_studies - new_studies))
            come = tuple(Difference("study", study, "new") for study in sorted(new_studies - old_studies))
            cases.append((AllOf((before, after)), (*gone, *come)))
        for condition, differences in cases:
            if self._is_possible(condition):
                written = witness(self.solver, condition)
                assert written is not None  # it was found possible
                ways = ways_to(self.solver, condition)
                smallest = is_smallest(self.solver, condition, written)
                yield AdviceChange(
                    rule_match.id, rule_match.rules[0].subject, None, None, differences, ways, written, smallest, (), ()
                )


def differ(left: Condition, right: Condition) -> Condition:
    """The condition that exactly one of the two holds."""
    return AnyOf((AllOf((left, Not(right))), AllOf((right, Not(left)))))


def cited(rules: Sequence[Rule]) -> frozenset[str]:
    """The studies that rules cite; a trial cites the study it is about."""
    return frozenset(
        study for rule in rules for study in (*rule.studies, *((rule.subject,) if rule.effect is Effect.TRIAL else ()))
    )
