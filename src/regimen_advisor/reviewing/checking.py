"""Find faults of a rulebook without a patient, proved by the solver over all possible patients.

A *fault* is something that can only be a mistake: a rule that never holds, a test that tests nothing, a part that
nothing uses. A *warning* is something to look at; see ``warnings``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from regimen_advisor.files.errors import Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, Condition, Named, Not
from regimen_advisor.language.paths import Steps, nodes
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.reviewing.pack_warnings import of_last_folder
from regimen_advisor.reviewing.silences import ends
from regimen_advisor.reviewing.tracing import wrong_figures
from regimen_advisor.reviewing.unused import unused_of
from regimen_advisor.reviewing.warnings import warnings_of
from regimen_advisor.solving.solver import Session, Solver
from regimen_advisor.solving.witness import witness
from regimen_advisor.words.catalogue import joined, say

MOST_CLAUSES = 6_000
"""Some four times as many as a solver has at its start for the rules that ship."""


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found in a rulebook, each in file order; a rulebook is sound where there are no faults."""

    rulebook: Rulebook
    faults: tuple[Flaw, ...]
    warnings: tuple[Flaw, ...]
    left_out: int = 0
    """How many warnings are left out, as they are there without the last folder too."""


def check(rulebook: Rulebook, *, warn: bool = True, whole_stack: bool = True) -> Checked:
    """The faults of a rulebook and, unless it is asked not to, its warnings.

    Without ``whole_stack`` of several folders only the warnings that are of the last one or that it changes.
    """
    faults = [*Checker(rulebook).faults(), *unused_of(rulebook), *wrong_figures(rulebook)]
    warnings = warnings_of(rulebook) if warn else []
    shown = warnings if whole_stack or len(rulebook.folders) == 1 else of_last_folder(warnings, rulebook)
    return Checked(rulebook, tuple(sorted(faults, key=_place)), tuple(shown), len(warnings) - len(shown))


def _place(flaw: Flaw) -> tuple[str, int, str]:
    return flaw.location.file, flaw.location.line or 0, flaw.says


class Checker:
    """Looks at the conditions of one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.solver: Solver = Guideline.of(rulebook).solver
        self.effective = Guideline.of(rulebook).effective
        self.wording = Guideline.of(rulebook).wording
        findings = [finding.condition for finding in rulebook.findings.values()]
        self.solver.session(*findings, *(rule.condition for rule in rulebook.rules.values()))
        self._session: Session = self.solver.new_session()
        self.reachable = [rule for rule in rulebook.rules.values() if self.is_possible(self.effective[rule.id])]

    def is_possible(self, *conditions: Condition) -> bool:
        """Whether some patient meets all the conditions.

        The more rules a solver knows, the longer a question takes. So one with few
        conditions is asked, and replaced by a new one once it knows many.
        """
        if len(self._session.encoding.clauses) > MOST_CLAUSES:
            self._session = self.solver.new_session()
        session = self._session
        return session.can([session.encoding.condition(condition) for condition in conditions])

    def faults(self) -> Iterator[Flaw]:
        """Every fault that lies in conditions."""
        yield from self._unreachable()
        yield from self._constant()
        yield from self._alike()
        yield from self._always_excluded()
        yield from self._idle_overrides()

    # Rules that never hold -------------------------------------------------------------------------------------------

    def _unreachable(self) -> Iterator[Flaw]:
        for rule in self.rulebook.rules.values():
            if rule not in self.reachable and not self._is_ended(rule):
                overriders = joined(overrider.id for overrider in self.rulebook.overridden_by[rule.id])
                possible = self.is_possible(rule.condition)
                says = say("flaw.overridden", rules=overriders) if possible else say("flaw.unreachable")
                shown = witness(self.solver, rule.condition) if possible else None
                yield Flaw("unreachable rule", rule.id, rule.location, says, shown)

    def _is_ended(self, rule: Rule) -> bool:
        """Whether a rule is a silence that sources ended for every patient: no mistake, and a warning says it."""
        overriders = self.rulebook.overridden_by[rule.id]
        is_offered = any(
            overrider.effect is Effect.OFFER and ends(overrider, rule, self.rulebook) for overrider in overriders
        )
        return is_offered and self.is_possible(rule.condition)

    # Tests that test nothing -----------------------------------------------------------------------------------------

    def _constant(self) -> Iterator[Flaw]:
        for finding in self.rulebook.findings.values():
            yield from self._constant_parts(finding.id, finding.condition, finding.location, is_rule=False)
        for rule in self.rulebook.rules.values():
            yield from self._constant_parts(rule.id, rule.condition, rule.location, is_rule=True)

    def _constant_parts(self, subject: str, condition: Condition, place: Location, *, is_rule: bool) -> Iterator[Flaw]:
        parts = list(nodes(condition, opened=False))
        constant: dict[Steps, bool] = {}
        for steps, part in reversed(parts):  # inner parts first: what is around a constant one is not reported too
            if any(inner[: len(steps)] == steps for inner in constant):
                continue
            value = self._constant_value(part)
            if value is not None and not (isinstance(part, Named) and self._is_constant_finding(part)):
                constant[steps] = value
        for steps, part in parts:
            if steps in constant and not (is_rule and steps == () and not constant[steps]):
                words = self.wording.condition(part)
                says = say("flaw.always_true" if constant[steps] else "flaw.always_false", condition=words)
                yield Flaw("constant condition", subject, part.place or place, says)

    def _constant_value(self, condition: Condition) -> bool | None:
        if not self.is_possible(condition):
            return False
        return None if self.is_possible(Not(condition)) else True

    def _is_constant_finding(self, part: Named) -> bool:
        return self._constant_value(self.rulebook.findings[part.name].condition) is not None

    # Rules that say what another says --------------------------------------------------------------------------------

    def _alike(self) -> Iterator[Flaw]:
        groups: dict[Hashable, list[Rule]] = {}
        for rule in self.reachable:
            groups.setdefault(_effect_of(rule), []).append(rule)
        for group in groups.values():
            reported: set[str] = set()
            for rule, wider in self._pairs(group):
                if rule.id in reported or not self._is_within(rule, wider):
                    continue
                equal = self._is_within(wider, rule)
                if equal and list(self.rulebook.rules).index(rule.id) < list(self.rulebook.rules).index(wider.id):
                    continue  # the later one is reported
                reported.add(rule.id)
                yield self._twin(rule, wider, equal=equal)

    def _pairs(self, group: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
        """Each rule of a group with each other one that is about its first regimen, if it is about any."""
        about: dict[str, list[Rule]] = {}
        for rule in group:
            for regimen in self.rulebook.meets(rule):
                about.setdefault(regimen, []).append(rule)
        for rule in group:
            met = self.rulebook.meets(rule)
            yield from ((rule, wider) for wider in (about[met[0]] if met else group) if wider is not rule)

    def _is_within(self, rule: Rule, wider: Rule) -> bool:
        """Whether ``wider`` says all that ``rule`` says."""
        met, also = set(self.rulebook.meets(rule)), set(self.rulebook.meets(wider))
        return met <= also and not self.is_possible(self.effective[rule.id], Not(self.effective[wider.id]))

    def _twin(self, rule: Rule, wider: Rule, *, equal: bool) -> Flaw:
        shown = witness(self.solver, AllOf((self.effective[rule.id], self.effective[wider.id])))
        twin = f"`{wider.id}` ({wider.location})"
        if equal and self.rulebook.meets(rule) == self.rulebook.meets(wider):
            return Flaw("equal rules", rule.id, rule.location, say("flaw.equal", rule=twin), shown)
        says = say("flaw.subsumed", rule=twin)
        return Flaw("subsumed rule", rule.id, rule.location, says, shown)

    # Regimens and overrides ------------------------------------------------------------------------------------------

    def _always_excluded(self) -> Iterator[Flaw]:
        for name, rules_about in Guideline.of(self.rulebook).regimens.items():
            if (
                rules_about.offers
                and self.is_possible(rules_about.offer)
                and not self.is_possible(rules_about.offer, Not(rules_about.exclusion))
            ):
                excluders = joined(rule.id for rule in rules_about.exclusions)
                shown = witness(self.solver, AllOf((rules_about.offer, rules_about.exclusion)))
                says = say("flaw.always_excluded", rules=excluders)
                yield Flaw("regimen always excluded", name, rules_about.offers[0].location, says, shown)

    def _idle_overrides(self) -> Iterator[Flaw]:
        for rule in self.rulebook.rules.values():
            for name in rule.overrides:
                if not self.is_possible(self.effective[rule.id], self.rulebook.rules[name].condition):
                    says = say("flaw.idle_override", rule=name)
                    yield Flaw("idle override", rule.id, rule.location, says)


def _effect_of(rule: Rule) -> tuple[Hashable, ...]:
    """The effect of a rule with its studies. For rules that do not offer it includes the sentence."""
    subject: Sequence[str] = (rule.subject,) if rule.target is None else ()
    reason = "" if rule.effect is Effect.OFFER else rule.says
    return rule.effect, tuple(subject), frozenset(rule.studies), frozenset(rule.approvals), reason
