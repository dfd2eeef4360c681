"""Write each measured rule as its own YAML, every line marked with what the cases showed of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Folded, Heading, ListedLine, Listing, Paragraph, Remark, Sign, Signs
from regimen_advisor.files.output import read_text
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Truth
from regimen_advisor.reports.coverage_words import condition_words, proof_lines
from regimen_advisor.testing.coverage import Coverage, Covered, Status
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import joined, say

_WORST_FIRST: tuple[Status, ...] = ("missing", "covered", "cannot matter", "guard")
_SIGNS: dict[Status, str] = {"covered": "✓", "missing": "✗", "cannot matter": "–", "guard": "·"}
MOST_NAMES = 2


def signs(coverage: Coverage) -> Iterator[Block]:
    """What the signs of the lines mean, and how often each is given."""
    yield Paragraph(say("coverage.meaning"))
    yield Signs(tuple((_sign(status), _count(coverage, status)) for status in _SIGNS))


def listed_rules(coverage: Coverage) -> Iterator[Block]:
    """Under each rule file its rules, line by line; a rule that lacks something is open."""
    wording = Guideline.of(coverage.rulebook).wording
    for setting in coverage.rulebook.settings.values():
        names = [name for name in coverage.rules if coverage.rulebook.rules[name].setting is setting]
        if names:
            text = read_text(setting.file)[0].split("\n")
            yield Heading(say("map.head", title=setting.title, setting=setting.id))
            yield from (_rule(name, coverage, text, wording) for name in names)


def _sign(status: Status) -> Sign:
    words = say(f"covered.{status}")
    meaning = say("page_answer.standing_tip", standing=words, meaning=say(f"coverage.means_{status}"))
    return Sign(status.replace(" ", "-"), f"{_SIGNS[status]} {words}", meaning)


def _count(coverage: Coverage, status: Status) -> str:
    number = len(coverage.of(status))
    match status:
        case "cannot matter":
            return say("coverage.proved_count", number=number)
        case "guard":
            return say("coverage.guard_count", number=number)
        case _:
            return str(number)


def _rule(name: str, coverage: Coverage, text: Sequence[str], wording: Wording) -> Folded:
    found = coverage.rules[name]
    counted = [part for part in found if part.status in ("covered", "missing")]
    covered = sum(part.status == "covered" for part in counted)
    lines = tuple(
        _line(number, text[number - 1], [part for part in found if part.occurrence.line_in_rule == number], wording)
        for number in _line_numbers(name, coverage.rulebook, text)
    )
    is_held = name in coverage.held
    unused = Sign("missing", say("coverage.holds_in_no_case"), say("coverage.means_no_case"))
    return Folded(
        say("coverage.of_rule", says=coverage.rulebook.rules[name].says, number=covered, all=len(counted)),
        (Listing(lines),),
        3,
        id=name,
        sign=None if is_held else unused,
        opened=not is_held or covered < len(counted),
    )


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


def _line(number: int, text: str, found: Sequence[Covered], wording: Wording) -> ListedLine:
    status = next((mark for mark in _WORST_FIRST if any(part.status == mark for part in found)), None)
    return ListedLine(number, text, _sign(status) if status else None, tuple(_remark(part, wording) for part in found))


def _remark(covered: Covered, wording: Wording) -> Remark:
    """What a condition was in the cases, in which it decides its rule, and why it cannot matter."""
    counts = joined(
        say("coverage.in_cases", truth=say(f"truth.{truth.value}"), number=len(covered.by_truth[truth]))
        for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)
    )
    deciding = (
        say("coverage.true_in", cases=_names(covered.decided[True])),
        say("coverage.false_in", cases=_names(covered.decided[False])),
    )
    return Remark(
        _sign(covered.status),
        (
            say("coverage.remark", condition=condition_words(covered, wording), counts=counts),
            *(deciding if covered.status in ("covered", "missing") else ()),
            *proof_lines(covered),
        ),
    )


def _names(cases: Sequence[str]) -> str:
    shown = " / ".join(cases[:MOST_NAMES])
    if len(cases) > MOST_NAMES:
        return say("coverage.and_more", cases=shown, count=len(cases) - MOST_NAMES)
    return shown or say("coverage.no_case")
