"""A data check as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from regimen_advisor.cohorts.data_check import DataCheck
from regimen_advisor.documents.blocks import Block, Grid, Heading, Paragraph, Table
from regimen_advisor.files.errors import counted, printable
from regimen_advisor.reports.tallies import count_table, tally

READINGS = ("known", "unknown", "unreadable", "contradictory")
NODE_BY_NODE = (
    "Options of all patients that are open, judged node by node, and wait for the answer; alone: for nothing else."
)


def title(check: DataCheck) -> str:
    """What a page about it is called."""
    return f"Data check: {check.table}"


def document(check: DataCheck) -> Iterator[Block]:
    """What each key says, what could not be read, what no column says, and what is most worth asking."""
    total = check.patients
    yield Heading(f"{check.table}: {counted(total, 'row')}, rulebook {check.version}", 1)
    yield Paragraph("What was read of the table, before any advice.")
    yield Heading("What each key says")
    yield _keys(check)
    unread = [(f"{column}: {cell}", count) for column, cell, count in check.unread]
    note = "They are taken as unknown." if unread else ""
    yield from tally("Cells that could not be read", "kind", unread, total, ("Rows", "Column and cell"), note=note)
    apart = "They contradict themselves, or are of another disease." if check.set_apart else ""
    yield from tally("Rows set apart", "reason", check.set_apart, total, ("Rows", "Reason"), note=apart)
    if check.repeated:
        yield from tally("Names that occur in more than one row", "name", check.repeated, total, ("Rows", "Name"))
    yield Heading("Keys that the rules test and that no column says (unknown for everybody)")
    yield Paragraph(", ".join(check.unsaid) or "none", indent=2)
    yield Heading("Columns that nothing reads")
    yield Paragraph(printable(", ".join(check.ignored)) or "none", indent=2)
    yield Heading("Questions that would open most options")
    yield from _questions(check)


def _keys(check: DataCheck) -> Table:
    rows, bars = [], []
    for reading in check.keys:
        counts = [(word, getattr(reading, word)) for word in READINGS]
        rows.append((reading.key, *(f"{count:,}" for _, count in counts), printable(reading.columns)))
        bars.append(tuple((word, count / (check.patients or 1)) for word, count in counts))
    return Table(("Key", *READINGS, "Read from"), tuple(rows), grid=Grid((1, 2, 3, 4), bars=tuple(bars)))


def _questions(check: DataCheck) -> Iterator[Block]:
    if not check.questions:
        yield Paragraph("None: nothing is open.")
        return
    yield Paragraph(NODE_BY_NODE)
    largest = max(question.options for question in check.questions)
    rows = [
        (*(f"{count:,}" for count in (question.options, question.alone, question.patients)),
         f"{question.key}: {question.asks}")
        for question in check.questions
    ]  # fmt: skip
    yield count_table(
        ("Options", "Alone", "Patients", "Question"),
        rows,
        [question.options / largest for question in check.questions],
        numbers=3,
    )


def data(check: DataCheck) -> dict[str, Any]:
    """The check as plain data."""
    return {
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
