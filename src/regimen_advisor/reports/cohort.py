"""The summary of a cohort as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from regimen_advisor.cohorts.changes import CohortChanges
from regimen_advisor.cohorts.cohort import Summary
from regimen_advisor.cohorts.concordance import MEANINGS, Concordance
from regimen_advisor.documents.blocks import Block, Grid, Heading, Paragraph, Table
from regimen_advisor.files.errors import counted, printable
from regimen_advisor.language.standings import Standing
from regimen_advisor.reports.tallies import MOST_SHOWN, count_table, left_out, tally
from regimen_advisor.words.catalogue import say

SCOPE = (
    "For teaching and for testing guideline logic; knowledge as of its sources; not a medical device. "
    "Not tested is never negative: what a table does not say stays unknown."
)


def settled_words(summary: Summary) -> str:
    """Whether the standings are exact, in a sentence."""
    settled = summary.settled
    if settled.cases is None:
        return f"Standings are {'exact: open cells were settled by the solver' if settled.exact else 'node by node'}."
    if settled.exact:
        return (
            f"Standings are exact: the solver was asked about {counted(settled.cases, 'case')} among the open cells "
            f"and changed {counted(settled.changed or 0, 'cell')}."
        )
    return (
        f"Standings are node by node: {counted(settled.cases, 'patient')} with open cells "
        f"{'was' if settled.cases == 1 else 'were'} not asked about of the solver. "
        "Not-indicated, and that an option is offered, are exact; without --node-by-node all of them are."
    )


def title(summary: Summary) -> str:
    """What a page about it is called."""
    return f"Cohort: {summary.table}"


def document(
    summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None
) -> Iterator[Block]:
    """The standings by regimen, what is most wanted, what could not be read, and what was compared."""
    total = summary.patients
    yield Heading(f"{summary.table}: {counted(total, 'patient')}, rulebook {summary.version}", 1)
    yield Paragraph(
        f"something offered {summary.with_an_option:,} · nothing offered, something open {summary.open:,} · "
        f"without any option {summary.without:,} · set apart {sum(count for _, count in summary.set_apart):,}"
    )
    yield Paragraph(settled_words(summary))
    yield Heading("Standings by regimen")
    yield _standings(summary)
    if summary.questions:
        note = "Patients with an undetermined regimen that waits for it."
        yield from tally("Most wanted", "question", summary.questions, total, ("Patients", "Question"), note=note)
    unread = [(f"{column}: {cell}", count) for column, cell, count in summary.unread]
    note = "They are taken as unknown." if unread else ""
    yield from tally("Cells that could not be read", "kind", unread, total, ("Rows", "Column and cell"), note=note)
    apart = "They contradict themselves, or are of another disease." if summary.set_apart else ""
    yield from tally("Rows set apart", "reason", summary.set_apart, total, ("Rows", "Reason"), note=apart)
    if summary.repeated:
        note = "Each row is judged by itself."
        yield from tally(
            "Names that occur in more than one row", "name", summary.repeated, total, ("Rows", "Name"), note=note
        )
    if agreed is not None:
        yield from _agreement(agreed, total)
    if compared is not None:
        yield from _changes(compared, total)
    yield Heading("Scope")
    yield Paragraph(SCOPE, "scope")


def _standings(summary: Summary) -> Table:
    columns = ("Regimen", *(standing.value.replace("-", " ") for standing in Standing))
    names = tuple(summary.names.get(name, "") for name in summary.standings)
    words = {standing: "waiting" if standing is Standing.UNDETERMINED else standing.value for standing in Standing}
    meanings = tuple((standing.value, say(f"group_meaning.{word}")) for standing, word in words.items())
    rows, bars = [], []
    for name, counts in summary.standings.items():
        patients = sum(counts.values()) or 1
        rows.append((name, *(f"{counts[standing.value]:,}" for standing in Standing)))
        bars.append(tuple((standing.value, counts[standing.value] / patients) for standing in Standing))
    grid = Grid(tuple(range(1, len(columns))), bars=tuple(bars), names=names, meanings=meanings)
    return Table(columns, tuple(rows), grid=grid)


def _agreement(agreed: Concordance, total: int) -> Iterator[Block]:
    yield Heading("Concordance with what was given")
    known = f"{agreed.offered:,} with something offered and a treatment that is known; only they can agree."
    yield Paragraph(f"Column {printable(agreed.column)}: {known}")
    counts = [(agreed.counts[kind.value], kind.value, meaning) for kind, meaning in MEANINGS.items()]
    rows = [(f"{count:,}", kind, meaning) for count, kind, meaning in counts]
    yield count_table(("Patients", "Agreement", "Meaning"), rows, [count / (total or 1) for count, *_ in counts])
    reasons = [
        (f"{found.given or '(nothing)'} [{found.agreement.value}] {found.reasons}", found.patients)
        for found in agreed.disagreements
    ]
    yield from tally("Disagreements by reason", "reason", reasons, total, ("Patients", "Given, agreement and reason"))


def _changes(compared: CohortChanges, total: int) -> Iterator[Block]:
    yield Heading("What the change of rules changes")
    how_many = f"{counted(compared.patients, 'patient')} change{'s' if compared.patients == 1 else ''}."
    yield Paragraph(f"From rulebook {compared.old} to {compared.new}: {how_many}")
    shown = compared.changes[:MOST_SHOWN]
    rows = [
        (f"{change.patients:,}", change.regimen, change.before, change.after, printable(", ".join(change.ids[:5])
         + (" ..." if change.patients > len(change.ids[:5]) else "")))
        for change in shown
    ]  # fmt: skip
    if rows:
        columns = ("Patients", "Regimen", "Before", "After", "First of them")
        yield count_table(columns, rows, [change.patients / (total or 1) for change in shown])
    yield from left_out(len(compared.changes), "change")


def data(summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None) -> dict[str, Any]:
    """The summary as plain data."""
    return {
        "schema_version": "1",
        "rulebook": {"version": summary.version, "digest": summary.digest},
        "table": summary.table,
        "patients": {
            "all": summary.patients,
            "something_offered": summary.with_an_option,
            "open": summary.open,
            "without_any_option": summary.without,
            "set_apart": sum(count for _, count in summary.set_apart),
        },
        "settled": asdict(summary.settled),
        "standings": {name: dict(counts) for name, counts in summary.standings.items()},
        "questions": [{"question": key, "patients": count} for key, count in summary.questions],
        "unread": [{"column": column, "cell": cell, "rows": count} for column, cell, count in summary.unread],
        "set_apart": [{"reason": reason, "rows": count} for reason, count in summary.set_apart],
        "repeated": [{"id": name, "rows": count} for name, count in summary.repeated],
        "concordance": asdict(agreed) if agreed else None,
        "changes": asdict(compared) if compared else None,
        "scope": SCOPE,
    }
