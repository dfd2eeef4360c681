"""Write coverage as one self-contained page: the rules' own YAML, each line marked with what the cases showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regimen_advisor.files.output import read_text
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Truth
from regimen_advisor.reports.coverage import percent, proof_lines
from regimen_advisor.reports.pages import environment, style
from regimen_advisor.testing.coverage import Coverage, Covered, Status
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import joined, say

_WORST_FIRST: tuple[Status, ...] = ("missing", "covered", "cannot matter", "guard")
MOST_NAMES = 2


@dataclass(frozen=True)
class Remark:
    """One occurrence as the page tells it."""

    words: str
    status: Status
    counts: str
    shown_true: str
    shown_false: str
    proofs: tuple[str, ...]


@dataclass(frozen=True)
class RuleLine:
    """A line of a rule, its worst mark and the reasons for it."""

    number: int
    text: str
    status: Status | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class RuleView:
    """A rule as the page shows it."""

    id: str
    says: str
    held: bool
    complete: bool
    covered: int
    counted: int
    lines: tuple[RuleLine, ...]


def render_html(coverage: Coverage) -> str:
    """The page. Whatever comes from rules and cases is escaped by the template."""
    return environment().get_template("coverage.html.j2").render(
        title=say("coverage.page_title"),
        **style("coverage.css"),
        coverage=coverage,
        share=percent(coverage.share),
        counts={status: len(coverage.of(status)) for status in _WORST_FIRST},
        settings=_settings(coverage),
    ).rstrip() + "\n"  # fmt: skip


def _settings(coverage: Coverage) -> list[tuple[str, str, list[RuleView]]]:
    """For each rule file its id, its title and its rules."""
    wording = Guideline.of(coverage.rulebook).wording
    texts = _texts(coverage.rulebook)
    found = []
    for setting in coverage.rulebook.settings.values():
        names = [name for name in coverage.rules if coverage.rulebook.rules[name].setting is setting]
        views = [_rule_view(name, coverage, texts.get(setting.file, []), wording) for name in names]
        if views:
            found.append((setting.id, setting.title, views))
    return found


def _texts(rulebook: Rulebook) -> dict[str, list[str]]:
    return {setting.file: read_text(setting.file)[0].split("\n") for setting in rulebook.settings.values()}


def _rule_view(name: str, coverage: Coverage, text: Sequence[str], wording: Wording) -> RuleView:
    found = coverage.rules[name]
    counted = [part for part in found if part.status in ("covered", "missing")]
    covered = sum(part.status == "covered" for part in counted)
    lines = tuple(
        _line(number, text[number - 1], [part for part in found if part.occurrence.line_in_rule == number], wording)
        for number in _line_numbers(name, coverage.rulebook, text)
    )
    says = coverage.rulebook.rules[name].says
    return RuleView(name, says, name in coverage.held, covered == len(counted), covered, len(counted), lines)


def _line_numbers(name: str, rulebook: Rulebook, text: Sequence[str]) -> range:
    """The lines of a rule: from its own to the next item of the list, less what comes before that."""
    place = rulebook.rules[name].location
    first = place.line or 1
    depth = (place.column or 1) - 1  # a rule is an item of a list, so its text is indented deeper than its dash
    last = first
    for number in range(first + 1, len(text) + 1):
        line = text[number - 1]
        if line.strip() and len(line) - len(line.lstrip()) < depth:
            break
        if line.strip():
            last = number
    return range(first, last + 1)


def _line(number: int, text: str, found: Sequence[Covered], wording: Wording) -> RuleLine:
    status = next((mark for mark in _WORST_FIRST if any(part.status == mark for part in found)), None)
    return RuleLine(number, text, status, tuple(_remark(part, wording) for part in found))


def _remark(covered: Covered, wording: Wording) -> Remark:
    occurrence = covered.occurrence
    opened = say("coverage.within", findings=" > ".join(occurrence.within)) if occurrence.within else ""
    counts = joined(
        say("coverage.in_cases", truth=say(f"truth.{truth.value}"), number=len(covered.by_truth[truth]))
        for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)
    )
    words = wording.atom(occurrence.leaf.atom) + opened
    return Remark(
        words,
        covered.status,
        counts,
        _names(covered.decided[True]),
        _names(covered.decided[False]),
        tuple(proof_lines(covered)),
    )


def _names(cases: Sequence[str]) -> str:
    shown = " / ".join(cases[:MOST_NAMES])
    if len(cases) > MOST_NAMES:
        return say("coverage.and_more", cases=shown, count=len(cases) - MOST_NAMES)
    return shown or say("coverage.no_case")
