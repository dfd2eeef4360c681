"""Write a data check as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from regimen_advisor.cohorts.data_check import DataCheck
from regimen_advisor.documents.blocks import BarKind, Block, Grid, Heading, Paragraph, Table
from regimen_advisor.files.errors import printable
from regimen_advisor.reports.tallies import count_table, not_taken
from regimen_advisor.words.catalogue import joined, say

READINGS = ("known", "unknown", "unreadable", "contradictory")
NODE_BY_NODE = say("data_check.node_by_node")


def title(check: DataCheck) -> str:
    """What a page about it is called."""
    return say("data_check.page_title", table=check.table)


def document(check: DataCheck) -> Iterator[Block]:
    """What each key says, what could not be read, what no column says, and what is most worth asking."""
    total = check.patients
    yield Heading(
        say("data_check.title", count=total, table=check.table, version=check.rules.dated(check.rules.version)), 1
    )
    yield Paragraph(say("data_check.lead"))
    yield Heading(say("data_check.keys"))
    yield _keys(check)
    yield from not_taken(check.unread, check.set_apart, check.repeated, total)
    yield Heading(say("data_check.not_given"))
    yield Paragraph(joined(check.not_given) or say("value.none"), indent=2)
    yield Heading(say("data_check.ignored"))
    yield Paragraph(printable(joined(check.ignored)) or say("value.none"), indent=2)
    yield Heading(say("data_check.questions"))
    yield from _questions(check)


def _keys(check: DataCheck) -> Table:
    rows, bars = [], []
    for reading in check.keys:
        counts = [(word, getattr(reading, word)) for word in READINGS]
        rows.append((reading.key, *(f"{count:,}" for _, count in counts), printable(reading.columns)))
        bars.append(tuple((word, count / (check.patients or 1)) for word, count in counts))
    kinds = tuple(BarKind(word, say(f"data_reading.{word}")) for word in READINGS)
    return Table(
        (say("data_check.key"), *(kind.legend for kind in kinds), say("data_check.read_from")),
        tuple(rows),
        grid=Grid((1, 2, 3, 4), bars=tuple(bars), kinds=kinds),
    )


def _questions(check: DataCheck) -> Iterator[Block]:
    if not check.questions:
        yield Paragraph(say("data_check.nothing_open"))
        return
    yield Paragraph(NODE_BY_NODE)
    largest = max(question.options for question in check.questions)
    rows = [
        (*(f"{count:,}" for count in (question.options, question.alone, question.patients)),
         say("data_check.question", key=question.key, asks=question.asks))
        for question in check.questions
    ]  # fmt: skip
    yield count_table(
        (say("page_view.options"), say("data_check.alone"), say("cohort.patients_column"), say("cohort.question")),
        rows,
        [question.options / largest for question in check.questions],
        numbers=3,
    )


def data(check: DataCheck) -> dict[str, Any]:
    """The check as plain data."""
    return {
        "schema_version": "1",
        "rulebook": check.rules,
        "table": check.table,
        "rows": check.patients,
        "keys": [asdict(reading) for reading in check.keys],
        "unread": [{"column": column, "cell": cell, "rows": count} for column, cell, count in check.unread],
        "set_apart": [{"reason": reason, "rows": count} for reason, count in check.set_apart],
        "repeated": [{"id": name, "rows": count} for name, count in check.repeated],
        "unsaid": list(check.not_given),
        "ignored": list(check.ignored),
        "questions": [asdict(question) for question in check.questions],
    }
