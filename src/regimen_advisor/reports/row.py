"""Write a row of a table as a profile with its cells, and a summary of what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from regimen_advisor.cohorts.origins import CellRead, KeyShown, RowShown
from regimen_advisor.cohorts.profile_files import WrittenProfiles
from regimen_advisor.documents.blocks import Block, Heading
from regimen_advisor.files.errors import counted, printable
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reports.tallies import tally


def as_text(shown: RowShown) -> str:
    """The row as a profile file: above each key, in comments, the cells that it came from."""
    lines = [f"# Row {shown.row:,} of {shown.table}"]
    if shown.set_apart is not None:
        lines.append(f"# Set apart: {shown.set_apart}")
    lines += [f"# Could not be read: {cell}" for cell in shown.unread]
    lines += profile_lines({"id": shown.id})
    for key in shown.keys:
        lines += ["", *_key(key)]
    return "\n".join(map(printable, [*lines, ""]))


def _key(key: KeyShown) -> Iterator[str]:
    if all(source.tested for source in key.sources):
        yield "# constant in the mapping" + (", where a condition holds" if key.sources else "")
    for source in key.sources:
        cells = ", ".join(map(_cell, source.cells)) or "missing"
        yield f"# {'tested: ' if source.tested else ''}{source.table}, {source.column}: {cells}"
    if key.value is None:
        yield f"# {key.key}: unknown"
    elif key.value == []:
        yield f"{key.key}: []"
    else:
        yield from profile_lines({key.key: key.value})


def _cell(cell: CellRead) -> str:
    text = f"`{' '.join(cell.text.split())}`"
    return text if cell.day is None else f"{text} (day {cell.day})"


def as_json(shown: RowShown) -> str:
    """The row as JSON."""
    return json.dumps({"schema_version": "1", **asdict(shown)}, ensure_ascii=False, indent=2) + "\n"


def profiles_written(written: WrittenProfiles) -> Iterator[Block]:
    """How many profiles were written, and the rows that are none."""
    yield Heading(f"{counted(written.profiles, 'profile')} in {printable(written.output)}", 1)
    if written.set_apart:
        total = sum(count for _, count in written.set_apart)
        yield from tally("Rows set apart, which are none", "reason", written.set_apart, total, ("Rows", "Reason"))
