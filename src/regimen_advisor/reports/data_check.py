"""Write a data check as text, JSON and a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import wrap

from regimen_advisor.cohorts.data_check import DataCheck
from regimen_advisor.files.errors import counted, printable

READINGS = ("known", "unknown", "unreadable", "contradictory")
NODE_BY_NODE = (
    "Options of all patients that are open, judged node by node, and wait for the answer; alone: for nothing else."
)
_SHOWN = 30
_WIDTH = 100


def as_text(check: DataCheck) -> str:
    """The check for a terminal."""
    lines = [f"{check.table}: {counted(check.patients, 'row')}, rulebook {check.version}", "", *_keys(check)]
    cells, apart = check.unread, check.set_apart
    lines += ["", "Cells that could not be read (taken as unknown)"]
    lines += _some([f"{count:>9,}  {column}: {cell}" for column, cell, count in cells], "kind")
    lines += ["", "Rows set apart (they contradict themselves, or are of another disease)"]
    lines += _some([f"{count:>9,}  {reason}" for reason, count in apart], "reason")
    if check.repeated:
        lines += ["", "Names that occur in more than one row"]
        lines += _some([f"{count:>9,}  {name}" for name, count in check.repeated], "name")
    lines += ["", "Keys that the rules test and that no column says (unknown for everybody)"]
    lines += _listed(check.unsaid)
    lines += ["", "Columns that nothing reads"]
    lines += _listed(check.ignored)
    lines += ["", "Questions that would open most options", f"  {NODE_BY_NODE}"]
    lines += [f"{'options':>9} {'alone':>9} {'patients':>9}  question"]
    lines += [
        f"{question.options:>9,} {question.alone:>9,} {question.patients:>9,}  {question.key}: {question.asks}"
        for question in check.questions
    ] or ["        0"]
    return "\n".join(map(printable, [*lines, ""]))  # a cell may hold what steers a terminal


def _keys(check: DataCheck) -> list[str]:
    width = max((len(reading.key) for reading in check.keys), default=3)
    lines = ["key".ljust(width) + "".join(f"{word:>14}" for word in READINGS) + "  read from"]
    for reading in check.keys:
        counts = "".join(f"{getattr(reading, word):>14,}" for word in READINGS)
        lines.append(f"{reading.key.ljust(width)}{counts}  {reading.columns}")
    return lines


def _some(lines: Sequence[str], noun: str) -> list[str]:
    left = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"           and {counted(left, noun)} more"] if left > 0 else [])] or ["        0"]


def _listed(names: Sequence[str]) -> list[str]:
    """Names in lines of a width that is still read at a glance."""
    text = ", ".join(names) or "none"
    return wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def as_json(check: DataCheck) -> str:
    """The check as JSON; the same table gives the same bytes."""
    data = {
        "schema_version": "1",
        "rulebook": {"version": check.version, "digest": check.digest},
        "table": check.table,
        "rows": check.patients,
        "keys": [asdict(reading) for reading in check.keys],
        "unread": [{"column": column, "cell": cell, "rows": count} for column, cell, count in check.unread],
        "set_apart": [{"reason": reason, "rows": count} for reason, count in check.set_apart],
        "repeated": [{"id": name, "rows": count} for name, count in check.repeated],
        "unsaid": list(check.unsaid),
        "ignored": list(check.ignored),
        "questions": [asdict(question) for question in check.questions],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_html(check: DataCheck) -> str:
    """The check as one self-contained page with bars: no script, no network."""
    from regimen_advisor.reports.pages import environment, style  # noqa: PLC0415 - slow, and only a page needs it

    page = (
        environment()
        .get_template("data_check.html.j2")
        .render(
            **style("cohort.css"),
            title=f"Data check: {check.table}",
            check=check,
            rows=counted(check.patients, "row"),
            readings=READINGS,
            node_by_node=NODE_BY_NODE,
            most=max((question.options for question in check.questions), default=0),
        )
    )
    return page.rstrip() + "\n"
