"""The results of a run of cases, as text, JSON and JUnit XML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree as ET

from regimen_advisor.documents.json import as_json
from regimen_advisor.files.errors import printable
from regimen_advisor.testing.cases import RuleCase
from regimen_advisor.testing.results import Failure


@dataclass(frozen=True)
class CaseResult:
    """A case and what of it was not met."""

    case: RuleCase
    failures: tuple[Failure, ...]


def render_text(results: Sequence[CaseResult]) -> str:
    """Each case that failed with its lines, then the count."""
    lines = []
    for result in results:
        if result.failures:
            lines += [
                f"FAILED  {printable(result.case.name)}",
                *(f"  {_told(failure)}" for failure in result.failures),
                "",
            ]
    return "\n".join([*lines, summary(results)]) + "\n"


def summary(results: Sequence[CaseResult]) -> str:
    """How many cases there are, and how many passed."""
    failed = sum(bool(result.failures) for result in results)
    return f"{_cases(len(results))}: {len(results) - failed} passed, {failed} failed"


def _cases(number: int) -> str:
    return "1 case" if number == 1 else f"{number} cases"


def _told(failure: Failure) -> str:
    """A failure on one line, without what XML does not allow and a terminal would obey."""
    return printable(str(failure))


def render_json(results: Sequence[CaseResult]) -> str:
    """An object with the counts and every case."""
    failed = sum(bool(result.failures) for result in results)
    return as_json({
        "passed": len(results) - failed,
        "failed": failed,
        "cases": [
            {
                "name": result.case.name,
                "file": result.case.location.file,
                "line": result.case.location.line,
                "passed": not result.failures,
                "failures": [
                    {"file": failure.location.file, "line": failure.location.line, "message": failure.message}
                    for failure in result.failures
                ],
            }
            for result in results
        ],
    })  # fmt: skip


def render_junit(results: Sequence[CaseResult]) -> str:
    """JUnit XML: a test suite for each file, a test case for each case."""
    failed = sum(bool(result.failures) for result in results)
    root = ET.Element("testsuites", tests=str(len(results)), failures=str(failed))
    for file, group in groupby(results, key=lambda result: result.case.location.file):
        members = list(group)
        broken = sum(bool(result.failures) for result in members)
        suite = ET.SubElement(root, "testsuite", name=file, tests=str(len(members)), failures=str(broken), errors="0")
        for result in members:
            line = str(result.case.location.line)
            case = ET.SubElement(
                suite, "testcase", name=printable(result.case.name), classname=file, file=file, line=line
            )
            if result.failures:
                text = "\n".join(map(_told, result.failures))
                failure = ET.SubElement(case, "failure", message=_told(result.failures[0]))
                failure.text = text
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
