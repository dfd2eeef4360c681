"""Write a row of a table as a profile with its cells, and the summary of a run that wrote profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from regimen_advisor.cohorts.origins import CellRead, KeyShown, RowShown
from regimen_advisor.cohorts.profile_files import WrittenProfiles
from regimen_advisor.documents.blocks import Block, Heading
from regimen_advisor.files.errors import printable
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reports.tallies import tally
from regimen_advisor.words.catalogue import joined, say


def as_text(shown: RowShown) -> str:
    """The row as a profile file, with the cells that each key came from in comments above it."""
    lines = [f"# {say('row.title', count=shown.row, table=shown.table)}"]
    if shown.set_apart is not None:
        lines.append(f"# {say('row.set_apart', reason=shown.set_apart)}")
    lines += [f"# {say('row.unread', cell=cell)}" for cell in shown.unread]
    lines += profile_lines({"id": shown.id})
    for key in shown.keys:
        lines += ["", *_key(key)]
    return "\n".join(map(printable, [*lines, ""]))


def _key(key: KeyShown) -> Iterator[str]:
    if all(source.tested for source in key.sources):
        yield f"# {say('row.constant_where') if key.sources else say('row.constant')}"
    for source in key.sources:
        cells = joined(map(_cell, source.cells)) or say("row.missing")
        key_of_words = "row.tested" if source.tested else "row.source"
        yield f"# {say(key_of_words, table=source.table, column=source.column, cells=cells)}"
    if key.value is None:
        yield f"# {say('row.unknown', key=key.key)}"
    elif key.value == []:
        yield f"{key.key}: []"
    else:
        yield from profile_lines({key.key: key.value})


def _cell(cell: CellRead) -> str:
    text = f"`{' '.join(cell.text.split())}`"
    return text if cell.day is None else say("row.day", cell=text, day=cell.day)


def as_json(shown: RowShown) -> str:
    """The row as JSON."""
    return json.dumps({"schema_version": "1", **asdict(shown)}, ensure_ascii=False, indent=2) + "\n"


def profiles_written(written: WrittenProfiles) -> Iterator[Block]:
    """How many profiles were written, and the rows without one."""
    yield Heading(say("row.profiles", count=written.profiles, file=printable(written.output)), 1)
    if written.set_apart:
        total = sum(count for _, count in written.set_apart)
        yield from tally(
            say("row.none"), "reason", written.set_apart, total, (say("cohort.rows"), say("cohort.reason"))
        )
