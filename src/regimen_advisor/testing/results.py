"""Run cases: list each expectation that the advice does not meet, with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.files.errors import Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.standings import Standing
from regimen_advisor.testing.cases import Expectation, RuleCase
from regimen_advisor.words.catalogue import joined, say

DECIDERS = ("rules", "studies", "because", "depends_on")
"""What an expectation may say besides the standing: each a list that names all there are, in any order."""


@dataclass(frozen=True)
class Failure:
    """One expectation that is not met."""

    case: RuleCase
    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location.file}:{self.location.line}: {self.message}"


def run_case(case: RuleCase, rulebook: Rulebook) -> list[Failure]:
    """The expectations of the case that are not met; an empty list if it passes."""
    return compare(case, advise(case.patient, rulebook, ask=False))


def compare(case: RuleCase, advice: Advice) -> list[Failure]:
    """The expectations of the case that the advice does not meet."""
    options = {option.regimen: option for option in advice.options}
    failures = [
        Failure(case, case.place(regimen), message)
        for regimen, wanted in case.expect.items()
        for message in differences(regimen, wanted, options.get(regimen))
    ]
    if case.exactly:
        failures += [
            Failure(case, case.location, say("unmet.not_expected", regimen=regimen, standing=described(option)))
            for regimen, option in options.items()
            if regimen not in case.expect and option.standing is not Standing.NOT_INDICATED
        ]
    return failures + [
        Failure(case, case.location, message) for message in _missing_statements(case, statements_of(advice))
    ]


def differences(regimen: str, wanted: Expectation, option: Option | None) -> Iterator[str]:
    """The parts of one expectation that are not met, in words."""
    if option is None:
        if wanted.standing is not Standing.NOT_INDICATED:
            yield say("unmet.no_option", regimen=regimen, expected=wanted.standing)
        return
    if option.standing is not wanted.standing:
        yield say("unmet.standing", regimen=regimen, expected=wanted.standing, found=described(option))
        return
    found = {
        "rules": option.rules,
        "studies": option.studies,
        "because": decided_by(option),
        "depends_on": option.depends_on,
    }
    for key in DECIDERS:
        expected = getattr(wanted, key)
        if expected is not None and set(expected) != set(found[key]):
            yield f"{regimen}: {key}: {_set_difference(expected, found[key])}"


def _set_difference(expected: Iterable[str], found: Iterable[str]) -> str:
    missing, unexpected = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    parts = (("missing", missing), ("unexpected", unexpected))
    return joined((say(f"unmet_names.{key}", names=joined(names)) for key, names in parts if names), "lists")


@dataclass(frozen=True)
class ShownStatement:
    """A statement as it is shown."""

    rule: str
    effect: Effect
    studies: tuple[str, ...]


def statements_of(advice: Advice) -> dict[str, ShownStatement]:
    """The standards, notes, silences and trials that surely hold, by rule; one that is open is not shown."""
    shown = {}
    for effect, statements in (
        (Effect.STANDARD, advice.standards), (Effect.NOTE, advice.notes), (Effect.SILENT, advice.silent),
    ):  # fmt: skip
        for statement in statements:
            if statement.state == "holds":
                shown[statement.rule] = ShownStatement(statement.rule, effect, statement.studies)
    for trial in advice.trials:
        shown[trial.rule] = ShownStatement(trial.rule, Effect.TRIAL, (trial.study,))
    return shown


def _missing_statements(case: RuleCase, shown: dict[str, ShownStatement]) -> Iterator[str]:
    for expected in case.says or ():
        actual = shown.get(expected.rule)
        if actual is None:
            yield say("unmet.not_shown", rule=expected.rule)
        elif expected.effect is not None and expected.effect is not actual.effect:
            yield say("unmet.effect", rule=expected.rule, expected=expected.effect, found=actual.effect)
        elif expected.studies is not None and set(expected.studies) != set(actual.studies):
            difference = _set_difference(expected.studies, actual.studies)
            yield say("unmet.studies", rule=expected.rule, difference=difference)
    if case.exactly and case.says is not None:
        for rule in sorted(set(shown) - {expected.rule for expected in case.says}):
            yield say("unmet.shown", rule=rule)
    for rule in case.says_not:
        if rule in shown:
            yield say("unmet.shown_though_not", rule=rule)


def decided_by(option: Option) -> tuple[str, ...]:
    """The rules that exclude a regimen, or the cautions and measures that hold on one that is offered."""
    if option.standing is Standing.EXCLUDED:
        return tuple(reason.rule for reason in option.reasons if reason.effect == "exclude" and reason.state == "met")
    if option.standing.is_offered:
        return tuple(caution.rule for caution in option.cautions if caution.state == "holds")
    return ()


def described(option: Option) -> str:
    """The standing, and what it waits for."""
    return (
        say("unmet.waiting", standing=option.standing, facts=joined(option.depends_on))
        if option.depends_on
        else str(option.standing)
    )
