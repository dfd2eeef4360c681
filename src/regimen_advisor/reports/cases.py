"""Write the results of a run of cases: as a document, as data and as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from regimen_advisor.documents.blocks import Block, Findings, Found, Headline
from regimen_advisor.files.errors import printable
from regimen_advisor.reports.annotations import Annotation
from regimen_advisor.reports.places import place
from regimen_advisor.testing.cases import RuleCase
from regimen_advisor.testing.results import Failure
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True)
class CaseResult:
    """A case and what of it was not met."""

    case: RuleCase
    failures: tuple[Failure, ...]


def document(results: Sequence[CaseResult]) -> Iterator[Block]:
    """How many passed, and each expectation that is not met."""
    rows = tuple(
        Found(place(failure.location), say("cases.failed", case=name), name, printable(failure.message))
        for result in results
        for failure in result.failures
        for name in (printable(result.case.name),)
    )
    yield Headline(say("cases.title"), summary(results), good=not rows)
    yield Findings((say("findings.where"), say("cases.case"), say("cases.not_met")), rows)


def summary(results: Sequence[CaseResult]) -> str:
    """How many cases there are, and how many passed."""
    failed = sum(bool(result.failures) for result in results)
    return say("cases.summary", count=len(results), passed=len(results) - failed, failed=failed)


def data(results: Sequence[CaseResult]) -> dict[str, Any]:
    """An object with the counts and every case."""
    failed = sum(bool(result.failures) for result in results)
    return {
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
    }


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
                text = "\n".join(printable(str(failure_of_case)) for failure_of_case in result.failures)
                failure = ET.SubElement(case, "failure", message=printable(str(result.failures[0])))
                failure.text = text
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def annotated(results: Sequence[CaseResult]) -> list[Annotation]:
    """Each expectation that is not met; nothing where all cases pass."""
    return [
        Annotation("error", failure.location, result.case.name, failure.message.partition(": ")[0], failure.message)
        for result in results
        for failure in result.failures
    ]
