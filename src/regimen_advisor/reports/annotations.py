"""Turn what a verb found into workflow commands of GitHub, which appear at their line in a pull request.

``sarif`` prints the same findings in another form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from regimen_advisor.files.errors import Location, printable
from regimen_advisor.guideline import Guideline
from regimen_advisor.reports.cases import CaseResult
from regimen_advisor.reports.coverage_words import lacking_words, occurrence_words
from regimen_advisor.reports.diff import DiffReport, headline, rule_words, standings_words
from regimen_advisor.reports.mutation import operator_words
from regimen_advisor.reports.places import here
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.comparing import AdviceChange
from regimen_advisor.reviewing.implicant_text import way_words
from regimen_advisor.testing.coverage import Coverage
from regimen_advisor.testing.mutation import Mutation
from regimen_advisor.words.catalogue import CATALOGUE, say

Level = Literal["error", "warning", "notice"]
_KIND_WORDS = CATALOGUE.room("flaw_kind")


@dataclass(frozen=True)
class Annotation:
    """Something found at a place: ``kind`` is its heading, ``subject`` the rule, regimen or case it is about."""

    level: Level
    location: Location
    kind: str
    subject: str
    message: str


def of_check(checked: Checked) -> list[Annotation]:
    """Faults as errors, then warnings as warnings."""
    levels: tuple[Level, Level] = ("error", "warning")
    return [
        Annotation(level, flaw.location, flaw.kind, flaw.subject, f"{flaw.subject}: {flaw.says}")
        for level, found in zip(levels, (checked.faults, checked.warnings), strict=True)
        for flaw in found
    ]


def of_cases(results: Sequence[CaseResult]) -> list[Annotation]:
    """Each expectation that is not met; nothing where all cases pass."""
    return [
        Annotation("error", failure.location, result.case.name, failure.message.partition(": ")[0], failure.message)
        for result in results
        for failure in result.failures
    ]


def of_coverage(coverage: Coverage) -> list[Annotation]:
    """Each rule that holds in no case, and each condition that the cases do not show to matter."""
    wording = Guideline.of(coverage.rulebook).wording
    unused = [
        Annotation(
            "warning",
            coverage.rulebook.rules[name].location,
            say("annotation.unused_rule"),
            name,
            say("check.flaw", subject=name, sentence=say("coverage.holds_in_no_case")),
        )
        for name in coverage.unused
    ]
    return unused + [
        Annotation(
            "warning", covered.occurrence.place, say("annotation.not_covered"), covered.occurrence.rule,
            say("check.flaw", subject=occurrence_words(covered, wording), sentence=lacking_words(covered)),
        )
        for covered in coverage.of("missing")
    ]  # fmt: skip


def of_mutation(mutation: Mutation) -> list[Annotation]:
    """Each change of the rules that no case notices."""
    found = []
    for mutant, _ in mutation.of("survived"):
        change = say("check.flaw", subject=mutant.subject, sentence=operator_words(mutant.operator))
        message = say("mutation.not_noticed", change=change)
        kind = say("annotation.change_not_noticed")
        found.append(Annotation("error", mutant.place, kind, mutant.subject, message))
    return found


def of_diff(report: DiffReport) -> list[Annotation]:
    """Each change of advice, at the rule that was changed for it: a warning where an option is lost, else a notice.

    Where NEW has no such rule (it was removed) the regimen has its place; where NEW lacks that too, the folder.
    """
    found = report.comparison
    annotations = [_of_change(report, change) for change in found.changes]
    if not annotations:
        annotations = [
            Annotation("notice", Location(found.new.folder.as_posix()), say("annotation.advice"), "", headline(report)),
        ]
    return annotations


def _of_change(report: DiffReport, change: AdviceChange) -> Annotation:
    ways = [way_words(way, report.comparison.words) for way in change.ways]
    further_ways = say("diff.more_ways", count=len(ways) - 1) if len(ways) > 1 else ""
    message = say(
        "diff.annotation",
        subject=change.subject,
        change=standings_words(change),
        patients=f"{ways[0]}{further_ways}",
    )
    causes = list(_causes(report, change))
    if causes:
        message += f"; {causes[0][1]}"
    place = causes[0][0] if causes else Location(report.comparison.new.folder.as_posix())
    return Annotation(
        "warning" if change.is_loss else "notice", place, say("annotation.change_of_advice"), change.subject, message
    )


def _causes(report: DiffReport, change: AdviceChange) -> Iterator[tuple[Location, str]]:
    """The rules of NEW that were added or changed and concern what changes, with what became of each."""
    found = report.comparison
    for change_of_rule in found.rules:
        for id in change_of_rule.after:
            rule = found.new.rules[id]
            if change_of_rule.fate in ("added", "changed") and (
                change.subject == id or change.subject in found.new.meets(rule)
            ):
                yield rule.location, rule_words(change_of_rule)
    for change_of_rule in found.rules:
        for id in change_of_rule.before:
            if change_of_rule.fate == "removed" and (
                change.subject == id or change.subject in found.old.meets(found.old.rules[id])
            ):
                yield (
                    Location((found.new.folder / change_of_rule.places_before[0].rpartition(":")[0]).as_posix()),
                    rule_words(change_of_rule),
                )


def render_github(annotations: Iterable[Annotation]) -> str:
    """One workflow command a line."""
    return "".join(_command(annotation) for annotation in annotations)


def _command(annotation: Annotation) -> str:
    place = {
        "file": here(annotation.location.file),
        "line": annotation.location.line,
        "col": annotation.location.column,
        "title": _KIND_WORDS.get(annotation.kind, annotation.kind),
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
    return f"::{annotation.level} {properties}::{_escaped(annotation.message)}\n"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
