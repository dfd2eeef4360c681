"""Write the summary of a cohort as text, JSON and a page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from regimen_advisor.cohorts.changes import CohortChanges
from regimen_advisor.cohorts.cohort import Summary
from regimen_advisor.cohorts.concordance import MEANINGS, Concordance
from regimen_advisor.files.errors import counted, printable
from regimen_advisor.language.standings import Standing

SCOPE = (
    "For teaching and for testing guideline logic; knowledge as of its sources; not a medical device. "
    "Not tested is never negative: what a table does not say stays unknown."
)
_SHORT = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "caution",
    Standing.UNDETERMINED: "open",
    Standing.EXCLUDED: "excluded",
    Standing.NOT_INDICATED: "not ind.",
}
_SHOWN = 30


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


def as_text(summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None) -> str:
    """The summary for a terminal."""
    lines = [
        f"{summary.table}: {counted(summary.patients, 'patient')}, rulebook {summary.version}",
        (
            f"  something offered {summary.with_an_option:,} · nothing offered, something open {summary.open:,} · "
            f"without any option {summary.without:,} · set apart {sum(count for _, count in summary.set_apart):,}"
        ),
        settled_words(summary),
        "",
        *_standings(summary),
    ]
    if summary.questions:
        lines += ["", "Most wanted (patients with an open regimen that waits for it)"]
        lines += [f"{count:>9,}  {key}" for key, count in summary.questions]
    lines += ["", "Cells that could not be read (taken as unknown)"]
    lines += [f"{count:>9,}  {column}: {cell}" for column, cell, count in summary.unread[:_SHOWN]] or ["        0"]
    if len(summary.unread) > _SHOWN:
        lines.append(f"           and {counted(len(summary.unread) - _SHOWN, 'kind')} more")
    lines += ["", "Rows set apart (they contradict themselves, or are of another disease)"]
    lines += [f"{count:>9,}  {reason}" for reason, count in summary.set_apart] or ["        0"]
    if summary.repeated:
        lines += ["", "Names that occur in more than one row (each row is judged by itself)"]
        lines += [f"{count:>9,}  {name}" for name, count in summary.repeated[:_SHOWN]]
        if len(summary.repeated) > _SHOWN:
            lines.append(f"           and {counted(len(summary.repeated) - _SHOWN, 'name')} more")
    if agreed is not None:
        lines += ["", *_agreement(agreed)]
    if compared is not None:
        lines += ["", *_changes(compared)]
    return "\n".join(map(printable, [*lines, "", SCOPE, ""]))  # a cell may hold what steers a terminal


def _standings(summary: Summary) -> list[str]:
    width = max((len(name) for name in summary.standings), default=7)
    lines = ["regimen".ljust(width) + "".join(f"{word:>10}" for word in _SHORT.values())]
    for name, counts in summary.standings.items():
        lines.append(name.ljust(width) + "".join(f"{counts[standing.value]:>10,}" for standing in Standing))
    return lines


def _agreement(agreed: Concordance) -> list[str]:
    lines = [f"Concordance with `{agreed.column}`"]
    lines += [f"{agreed.offered:>9,}  with something offered and a treatment that is known; only they can agree", ""]
    lines += [f"{agreed.counts[kind.value]:>9,}  {kind.value}: {meaning}" for kind, meaning in MEANINGS.items()]
    lines += ["", "Disagreements by reason"]
    for found in agreed.disagreements[:_SHOWN]:
        lines.append(f"{found.patients:>9,}  {found.given or '(nothing)'} [{found.agreement.value}] {found.reasons}")
    if len(agreed.disagreements) > _SHOWN:
        lines.append(f"           and {len(agreed.disagreements) - _SHOWN} more")
    return lines


def _changes(compared: CohortChanges) -> list[str]:
    lines = [f"From rulebook {compared.old} to {compared.new}: {_changing(compared)}"]
    for change in compared.changes[:_SHOWN]:
        ids = ", ".join(change.ids[:5]) + (" ..." if change.patients > len(change.ids[:5]) else "")
        lines.append(f"{change.patients:>9,}  {change.regimen}: {change.before} -> {change.after} ({ids})")
    return lines


def _changing(compared: CohortChanges) -> str:
    return f"{counted(compared.patients, 'patient')} change{'s' if compared.patients == 1 else ''}"


def as_data(
    summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None
) -> dict[str, Any]:
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


def as_json(summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None) -> str:
    """The summary as JSON; the same counts give the same bytes."""
    return json.dumps(as_data(summary, compared, agreed), ensure_ascii=False, indent=2) + "\n"


def as_html(summary: Summary, compared: CohortChanges | None = None, agreed: Concordance | None = None) -> str:
    """The summary as one self-contained page with bar plots: no script, no network."""
    from regimen_advisor.reports.pages import environment, style  # noqa: PLC0415 - slow, and only a page needs it

    page = (
        environment()
        .get_template("cohort.html.j2")
        .render(
            **style("cohort.css"),
            title=f"Cohort: {summary.table}",
            summary=summary,
            patients=counted(summary.patients, "patient"),
            compared=compared,
            changing=_changing(compared) if compared else None,
            agreed=agreed,
            meanings=MEANINGS,
            standings=[standing.value for standing in Standing],
            settled=settled_words(summary),
            scope=SCOPE,
        )
    )
    return page.rstrip() + "\n"
