"""Count how many of a given set of profiles get other advice from NEW than from OLD."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.sources import Document, read_document
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reviewing.comparing import RulebookComparison, cited
from regimen_advisor.reviewing.matching import RuleMatch
from regimen_advisor.solving.solver import ImpossiblePatient, PatientCompletions
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True)
class ProfileChange:
    """A profile whose advice changes: the regimens with another standing, and what else differs by its kind."""

    file: str
    standings: Mapping[str, tuple[Standing, Standing]]
    elsewhere: tuple[str, ...]
    """Regimens with the same standing but other rules, studies or cautions, and rules whose statement came or went."""


@dataclass(frozen=True)
class ProfileShare:
    """The profiles of a set that change. ``unreadable`` ones name a drug that only one rulebook knows."""

    total: int
    changed: tuple[ProfileChange, ...]
    unreadable: tuple[str, ...]


def profile_files(paths: Sequence[str]) -> list[Path]:
    """The profiles at ``paths``, in a folder those directly in it. Raises ``InputError`` if there are none."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        inside = yaml_files(path) if path.is_dir() else [path]
        if not inside:
            raise InputError.at(Location(name), say("diff_error.no_profiles"))
        found += inside
    return found


def share_of(comparison: RulebookComparison, paths: Sequence[str]) -> ProfileShare:
    """The profiles at ``paths`` whose advice changes. Raises ``InputError`` for any that neither rulebook reads."""
    problems: list[Problem] = []
    changed, unreadable = [], []
    files = profile_files(paths)
    for file in files:
        try:
            before, after = _patients(read_document(file), comparison)
        except InputError as error:
            problems += error.problems
            continue
        if before is None or after is None:
            unreadable.append(str(file))
        elif (change := _change(comparison, str(file), before, after)) is not None:
            changed.append(change)
    if problems:
        raise InputError(problems)
    return ProfileShare(len(files), tuple(changed), tuple(unreadable))


def _patients(document: Document, comparison: RulebookComparison) -> tuple[Patient | None, Patient | None]:
    """The patient as each rulebook reads the profile; raises ``InputError`` where neither can."""
    profile = profile_from(document)
    try:
        after = read(profile, comparison.new.domain, document)
    except InputError as error:
        try:
            return read(profile, comparison.old.domain, document), None
        except InputError:
            raise error from None
    try:
        return read(profile, comparison.old.domain, document), after
    except InputError:
        return None, after


def _change(comparison: RulebookComparison, file: str, before: Patient, after: Patient) -> ProfileChange | None:
    # By match and not by its id: a rule may go and one of another effect take its name.
    matches = [{rule.id: match for match in comparison.rule_matches for rule in rules(match)} for rules in _SIDES]
    old, new = _PatientAdvice(comparison.old, before, matches[0]), _PatientAdvice(comparison.new, after, matches[1])
    standings, elsewhere = {}, []
    for name in dict.fromkeys((*comparison.new.regimens, *comparison.old.regimens)):
        pair = old.standing(name), new.standing(name)
        if pair[0] is not pair[1]:
            standings[name] = pair
        elif pair[0] is not Standing.NOT_INDICATED and set(old.shown(name)) != set(new.shown(name)):
            elsewhere.append(name)
    elsewhere += sorted(match.id for match, _ in set(old.statements_shown()) ^ set(new.statements_shown()))
    return ProfileChange(file, standings, tuple(dict.fromkeys(elsewhere))) if standings or elsewhere else None


_SIDES: tuple[Callable[[RuleMatch], tuple[Rule, ...]], ...] = (lambda match: match.old, lambda match: match.new)


class _PatientAdvice:
    """What one rulebook says of one patient, rules identified by what they say."""

    def __init__(self, rulebook: Rulebook, patient: Patient, matches: Mapping[str, RuleMatch]) -> None:
        self.rulebook, self.matches = rulebook, matches
        solver = Guideline.of(rulebook).solver
        try:
            shown = PatientCompletions(patient)
            self.truths = solver.rule_truths(rulebook.rules, shown)
            self.exact = solver.standings(shown)
        except ImpossiblePatient:
            raise InputError.at(Location(patient.id), say("diff_error.impossible")) from None

    def standing(self, regimen: str) -> Standing:
        return self.exact[regimen].standing if regimen in self.exact else Standing.NOT_INDICATED

    def shown(self, regimen: str) -> Iterator[tuple[RuleMatch | str, Truth]]:
        """The rules about the regimen, each with its truth, and the studies cited for it."""
        rules_about = Guideline.of(self.rulebook).regimens[regimen]
        for rule in rules_about.rules:
            if self.truths[rule.id] is not Truth.FALSE:
                yield self.matches[rule.id], self.truths[rule.id]
        for study in cited([rule for rule in rules_about.offers if self.truths[rule.id] is Truth.TRUE]):
            yield study, Truth.TRUE

    def statements_shown(self) -> Iterator[tuple[RuleMatch, frozenset[str]]]:
        """The statements outside the options that hold, each with its studies."""
        for rule in self.rulebook.rules.values():
            if not self.rulebook.meets(rule) and self.truths[rule.id] is Truth.TRUE:
                yield self.matches[rule.id], cited([rule])
