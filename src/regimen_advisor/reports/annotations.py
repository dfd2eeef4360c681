"""What ``check`` and ``test`` found as workflow commands of GitHub: each stands at its line in the pull request."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.files.errors import Location, printable
from regimen_advisor.reports.cases import Result
from regimen_advisor.reviewing.checking import Checked


def render_check(checked: Checked) -> str:
    """One command a line: faults as errors, then warnings as warnings."""
    faults = [_command("error", flaw.location, flaw.kind, f"{flaw.subject}: {flaw.says}") for flaw in checked.faults]
    return "".join(faults) + "".join(
        _command("warning", flaw.location, flaw.kind, f"{flaw.subject}: {flaw.says}") for flaw in checked.warnings
    )


def render_cases(results: Sequence[Result]) -> str:
    """One command a line for each expectation that is not met; nothing where all cases pass."""
    return "".join(
        _command("error", failure.location, result.case.name, failure.message)
        for result in results
        for failure in result.failures
    )


def _command(level: str, location: Location, title: str, message: str) -> str:
    place = {"file": location.file, "line": location.line, "col": location.column, "title": title}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
    return f"::{level} {properties}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
