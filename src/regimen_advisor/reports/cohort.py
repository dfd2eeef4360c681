"""Write the summary of a cohort as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from regimen_advisor.cohorts.changes import CohortChanges
from regimen_advisor.cohorts.cohort import Summary
from regimen_advisor.cohorts.concordance import Agreement, Concordance
from regimen_advisor.documents.blocks import BarKind, Block, Bullets, Grid, Heading, Paragraph, Table
from regimen_advisor.files.errors import printable
from regimen_advisor.language.standings import Standing
from regimen_advisor.reports.tallies import MOST_SHOWN, count_table, left_out, not_taken, tally
from regimen_advisor.wording import standing_words
from regimen_advisor.words.catalogue import joined, say

SCOPE = say("cohort.scope_sentence")


def settled_words(summary: Summary) -> str:
    """Whether the standings are exact, in a sentence."""
    settled = summary.settled
    if settled.cases is None:
        return say("cohort.exact") if settled.exact else say("cohort.node_by_node")
    if settled.exact:
        cells = say("count.cell", count=settled.changed or 0)
        return say("cohort.exact_counted", count=settled.cases, cells=cells)
    return say("cohort.node_by_node_counted", count=settled.cases)


def title(summary: Summary) -> str:
    """What a page about it is called."""
    return say("cohort.page_title", table=summary.table)


def document(
    summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None
) -> Iterator[Block]:
    """The standings by regimen, what is most wanted, what could not be read, and what was compared."""
    total = summary.patients
    title_key = "cohort.title" if summary.decisions is None else "cohort.title_decisions"
    yield Heading(
        say(title_key, count=total, table=summary.table, version=summary.rules.dated(summary.rules.version)), 1
    )
    if summary.decisions is not None:
        yield Paragraph(say("cohort.decisions", table=summary.decisions))
    yield Paragraph(
        say(
            "cohort.patients",
            offered=f"{summary.with_an_option:,}",
            open=f"{summary.open:,}",
            without=f"{summary.without:,}",
            apart=f"{sum(count for _, count in summary.set_apart):,}",
        )
    )
    yield Paragraph(settled_words(summary))
    yield Heading(say("cohort.standings"))
    yield _standings(summary)
    if summary.questions:
        note = say("cohort.wanted_note")
        yield from tally(
            say("cohort.wanted"),
            "question",
            summary.questions,
            total,
            (say("cohort.patients_column"), say("cohort.question")),
            note=note,
        )
    yield from not_taken(summary.unread, summary.set_apart, summary.repeated, total, note=say("cohort.each_row"))
    if summary.changed_by_packs:
        yield Heading(say("advice.changed"))
        yield Bullets(
            tuple(
                say("cohort.changed_by_pack", count=found.patients, change=found.says, patients=f"{found.patients:,}")
                for found in summary.changed_by_packs
            )
        )
    if agreed is not None:
        yield from _agreement(agreed, total)
    if compared is not None:
        yield from _changes(compared, total)
    yield Heading(say("quiz.scope"))
    yield Paragraph(SCOPE, "scope")


def _standings(summary: Summary) -> Table:
    columns = (say("advice.regimen"), *map(standing_words, Standing))
    names = tuple(summary.names.get(name, "") for name in summary.standings)
    kinds = tuple(map(_kind, Standing))
    rows, bars = [], []
    for name, counts in summary.standings.items():
        patients = sum(counts.values()) or 1
        rows.append((name, *(f"{counts[standing.value]:,}" for standing in Standing)))
        bars.append(tuple((standing.value, counts[standing.value] / patients) for standing in Standing))
    counted = ("", *(kind.name for kind in kinds))
    grid = Grid(tuple(range(1, len(columns))), bars=tuple(bars), names=names, kinds=kinds, counts=counted)
    return Table(columns, tuple(rows), grid=grid)


def _kind(standing: Standing) -> BarKind:
    meaning = say(f"group_meaning.{'waiting' if standing is Standing.UNDETERMINED else standing.value}")
    words = {"standing": standing_words(standing), "meaning": meaning}
    return BarKind(standing.value, say("cohort.bar", **words), say("cohort.bar_tip", **words))


def _agreement(agreed: Concordance, total: int) -> Iterator[Block]:
    yield Heading(say("cohort.concordance"))
    yield Paragraph(say("cohort.known", column=printable(agreed.column), number=f"{agreed.offered:,}"))
    rows = [
        (f"{agreed.counts[kind.value]:,}", _agreement_words(kind), say(f"agreement_meaning.{kind.value}"))
        for kind in Agreement
    ]
    columns = (say("cohort.patients_column"), say("cohort.agreement"), say("cohort.meaning"))
    yield count_table(columns, rows, [agreed.counts[kind.value] / (total or 1) for kind in Agreement])
    reasons = [
        (
            f"{found.given or say('cohort.nothing_given')} [{_agreement_words(found.agreement)}] {found.reasons}",
            found.patients,
        )
        for found in agreed.disagreements
    ]
    yield from tally(
        say("cohort.disagreements"),
        "reason",
        reasons,
        total,
        (say("cohort.patients_column"), say("cohort.given_and_reason")),
    )


def _agreement_words(agreement: Agreement) -> str:
    return say(f"agreement.{agreement.value}")


def _standing(word: str) -> str:
    """What a row has of a regimen under one rulebook, in words: a standing, or why it has none."""
    return standing_words(Standing(word)) if word in {*Standing} else say(f"no_standing.{word}")


def _changes(compared: CohortChanges, total: int) -> Iterator[Block]:
    yield Heading(say("cohort.changes"))
    yield Paragraph(say("cohort.changed", count=compared.patients, old=compared.old, new=compared.new))
    shown = compared.changes[:MOST_SHOWN]
    rows = [
        (f"{change.patients:,}", change.regimen, _standing(change.before), _standing(change.after),
         printable(joined(change.ids[:5])
         + (" ..." if change.patients > len(change.ids[:5]) else "")))
        for change in shown
    ]  # fmt: skip
    if rows:
        columns = (
            say("cohort.patients_column"),
            say("advice.regimen"),
            say("cohort.before"),
            say("cohort.after"),
            say("cohort.first_of_them"),
        )
        yield count_table(columns, rows, [change.patients / (total or 1) for change in shown])
    yield from left_out(len(compared.changes), "change")


def data(summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None) -> dict[str, Any]:
    """The summary as plain data."""
    return {
        "schema_version": "1",
        "rulebook": summary.rules,
        "table": summary.table,
        **({} if summary.decisions is None else {"each_row_is_a_decision_of": summary.decisions}),
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
        **(
            {"changed_by_packs": [asdict(found) for found in summary.changed_by_packs]}
            if summary.changed_by_packs
            else {}
        ),
        "concordance": asdict(agreed) if agreed else None,
        "changes": asdict(compared) if compared else None,
        "scope": SCOPE,
    }
