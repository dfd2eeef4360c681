"""Rewrite what cases expect, for review by diff: only the lines of expectations that are not met are touched.

The name, the profile, comments and every expectation that is met stay byte for byte. A file is written whole or not
at all, and only once every file of the run could be rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.output import read_text
from regimen_advisor.files.sources import Document, parse_documents
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile_yaml import flow
from regimen_advisor.testing.cases import Expectation, ExpectedStatement, RuleCase, parse_cases
from regimen_advisor.testing.results import DECIDERS, ShownStatement, compare, decided_by, differences, statements_of
from regimen_advisor.words.catalogue import say

WIDTH = 118


def updated(path: Path, rulebook: Rulebook, profiles: Path, names: Iterable[str] | None = None) -> str | None:
    """The text of a case file with its expectations as the rules have it now; ``None`` if nothing changes.

    ``names`` are those of the cases that may be rewritten (all, if left out). Raises ``InputError`` where the file
    cannot be read, or where what would be written is not met after all.
    """
    text, name = read_text(path)
    cases = parse_cases(text, name, rulebook, profiles)
    documents = [document for document in parse_documents(text, name) if document.value is not None]
    lines = text.split("\n")
    wanted = set(names) if names is not None else None
    # From the last case to the first, so that the lines of those before stay where they are.
    for index, (case, document) in reversed(list(enumerate(zip(cases, documents, strict=True)))):
        if wanted is None or case.name in wanted:
            end = (documents[index + 1].locate().line or 1) - 1 if index + 1 < len(documents) else len(lines)
            _Rewriter(case, document, advise(case.patient, rulebook, ask=False), lines, end).rewrite()
    after = "\n".join(lines)
    if after == text:
        return None
    left = [
        failure
        for case in parse_cases(after, name, rulebook, profiles)
        if wanted is None or case.name in wanted
        for failure in compare(case, advise(case.patient, rulebook, ask=False))
    ]
    if left:
        raise InputError.at(
            Location(name, left[0].location.line), say("case_error.not_rewritten", reason=left[0].message)
        )
    return after


class _Rewriter:
    """Rewrites one document in ``lines``; ``end`` is the index of the first line that is no longer part of it."""

    def __init__(self, case: RuleCase, document: Document, advice: Advice, lines: list[str], end: int) -> None:
        self.case, self.document, self.lines = case, document, lines
        self.end = next((index for index in range(self._first(), end) if lines[index].startswith("---")), end)
        self.options = {option.regimen: option for option in advice.options}
        self.shown = statements_of(advice)

    def _first(self) -> int:
        return (self.document.locate().line or 1) - 1

    def rewrite(self) -> None:
        edits = [edit for edit in (self._expect(), self._says(), self._says_not()) if edit is not None]
        for first, last, new in sorted(edits, reverse=True):
            self.lines[first:last] = new

    def _block(self, *path: str) -> tuple[int, int]:
        """The lines of a key and its value: up to the next key of the same depth, less what comes before that."""
        starts = sorted(
            (place.line or 1) - 1
            for step, place in self.document.key_places.items()
            if len(step) <= len(path) and step[: len(step) - 1] == path[: len(step) - 1]
        )
        first = (self.document.key_places[path].line or 1) - 1
        last = next((start for start in starts if start > first), self.end)
        while last > first + 1 and (not self.lines[last - 1].strip() or self.lines[last - 1].lstrip().startswith("#")):
            last -= 1
        return first, last

    # Expectations of regimens -----------------------------------------------------------------------------------

    def _expect(self) -> tuple[int, int, list[str]] | None:
        case = self.case
        wrong = {
            regimen
            for regimen, wanted in case.expect.items()
            if any(True for _ in differences(regimen, wanted, self.options.get(regimen)))
        }
        unlisted = [
            regimen
            for regimen, option in self.options.items()
            if case.exactly and regimen not in case.expect and option.standing is not Standing.NOT_INDICATED
        ]
        if not wrong and not unlisted:
            return None
        new = [line for regimen in unlisted for line in self._entry(regimen, None)]
        if ("expect",) not in self.document.key_places:
            return self.end, self.end, ["expect:", *new]
        first, last = self._block("expect")
        blocks = [self._block("expect", regimen) for regimen in case.expect]
        if any(start == first for start, _ in blocks) or not blocks:  # written on one line
            entries = [line for regimen, wanted in case.expect.items() for line in self._entry(regimen, wanted)]
            return first, last, ["expect:", *entries, *new]
        lines = self.lines[first:last]
        for regimen, (start, stop) in sorted(zip(case.expect, blocks, strict=True), key=lambda item: -item[1][0]):
            if regimen in wrong:
                lines[start - first : stop - first] = self._entry(regimen, case.expect[regimen])
        return first, last, [*lines, *new]

    def _entry(self, regimen: str, wanted: Expectation | None) -> list[str]:
        option = self.options.get(regimen)
        if wanted is not None and not any(True for _ in differences(regimen, wanted, option)):
            return entry_lines(regimen, _as_written(wanted))
        keys = None
        if wanted is not None and (wanted.standing is (option.standing if option else None)):
            keys = [key for key in DECIDERS if getattr(wanted, key) is not None]
        elif wanted is not None and all(getattr(wanted, key) is None for key in DECIDERS):
            keys = []
        return entry_lines(regimen, expectation_of(option, keys))

    # Statements -------------------------------------------------------------------------------------------------

    def _says(self) -> tuple[int, int, list[str]] | None:
        says = self.case.says
        if says is None:
            return None
        shown = dict(self.shown)
        kept = [_updated_statement(statement, shown[statement.rule]) for statement in says if statement.rule in shown]
        if self.case.exactly:
            named = {statement.rule for statement in says}
            kept += [
                ExpectedStatement(rule, statement.effect, statement.studies)
                for rule, statement in shown.items()
                if rule not in named
            ]
        if tuple(kept) == says:
            return None
        first, last = self._block("says")
        return first, last, statement_lines(kept)

    def _says_not(self) -> tuple[int, int, list[str]] | None:
        kept = [rule for rule in self.case.says_not if rule not in self.shown]
        if len(kept) == len(self.case.says_not):
            return None
        first, last = self._block("says_not")
        return first, last, [f"says_not: [{', '.join(kept)}]"]


def _updated_statement(expected: ExpectedStatement, shown: ShownStatement) -> ExpectedStatement:
    effect = expected.effect and shown.effect
    studies = expected.studies
    if studies is not None and set(studies) != set(shown.studies):
        studies = shown.studies
    return ExpectedStatement(expected.rule, effect, studies)


# How expectations are written ----------------------------------------------------------------------------------------


def expectation_of(option: Option | None, keys: Sequence[str] | None = None) -> dict[str, Any] | str:
    """An option as a case file writes it; ``keys`` are the deciding rules to list, all of them if left out."""
    if option is None or option.standing is Standing.NOT_INDICATED:
        return str(Standing.NOT_INDICATED)
    found = {
        "rules": option.rules,
        "studies": option.studies,
        "because": decided_by(option),
        "depends_on": option.depends_on,
    }
    if keys is None:
        keys = [key for key in DECIDERS if found[key] or key in ("rules", "studies")]
    deciders = {key: list(found[key]) for key in keys}
    return {"standing": str(option.standing), **deciders} if deciders else str(option.standing)


def _as_written(wanted: Expectation) -> dict[str, Any] | str:
    deciders = {key: list(getattr(wanted, key)) for key in DECIDERS if getattr(wanted, key) is not None}
    return {"standing": str(wanted.standing), **deciders} if deciders else str(wanted.standing)


def entry_lines(regimen: str, expected: dict[str, Any] | str) -> list[str]:
    """An expectation as lines of a case file: on one line where it fits, else a line for each key."""
    if isinstance(expected, str):
        return [f"  {regimen}: {expected}"]
    line = f"  {regimen}: {flow(expected)}"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"  {regimen}:"]
    for key, value in expected.items():
        line = f"    {key}: {flow(value)}"
        lines += [line] if len(line) <= WIDTH else [f"    {key}:", *(f"      - {word}" for word in value)]
    return lines


def statement_lines(says: Sequence[ExpectedStatement]) -> list[str]:
    """The statements of a case as lines of its file."""
    if not says:
        return ["says: []"]
    lines = ["says:"]
    for statement in says:
        if statement.effect is None and statement.studies is None:
            lines.append(f"  - {statement.rule}")
            continue
        assert statement.effect is not None
        written: dict[str, Any] = {statement.effect.value: statement.rule}
        if statement.studies is not None:
            written["studies"] = list(statement.studies)
        lines.append(f"  - {flow(written)}")
    return lines
