"""Judge a table, once Polars is known to be installed, and print the summary."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from regimen_advisor.cli.cohort_options import CohortFormat
from regimen_advisor.cli.cohort_report import say_blank, write_report
from regimen_advisor.cohorts.changes import changes
from regimen_advisor.cohorts.cohort import (
    GIVEN,
    given_label,
    judged,
    open_table,
    refuse_if_strict,
    second_tables,
    summarise,
)
from regimen_advisor.cohorts.concordance import concordance
from regimen_advisor.cohorts.pack_changes import changes_by_packs
from regimen_advisor.cohorts.request import CohortReport, Request
from regimen_advisor.cohorts.tables import check_output, files_of, refuse_overwriting
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.writing import target_of
from regimen_advisor.reports import cohort as report
from regimen_advisor.words.catalogue import say

if TYPE_CHECKING:
    from regimen_advisor.cohorts.mapping import TableMapping


def judge(paths: list[str], output: str | None, request: Request) -> CohortReport:
    """What the rules offer to the rows, and what was compared; the rows are written where an output is named."""
    mapping, rulebook, exact = request.mapping, request.rulebook, request.exact
    if output is not None:
        _check_output(output, paths, mapping)
    table = open_table(paths, mapping, given=request.given, id_column=request.id_column)
    say_blank(table)
    with (
        _spinner(),
        judged(table, rulebook, exact=exact, output=output) as result,
    ):
        summary = replace(summarise(result, table.name), changed_by_packs=changes_by_packs(table, rulebook))
        if request.strict:
            refuse_if_strict(summary)
        agreed = None
        if GIVEN in table.rows.collect_schema():
            agreed = concordance(result.rows, rulebook, given_label(request.given, mapping))
        compared = None
        if request.old is not None:
            with judged(table, request.old, exact=exact, output=output) as before:
                compared = changes(before, result)
        if output is not None:
            result.write(output)
    return summary, compared, agreed


def _spinner() -> AbstractContextManager[None]:
    if not sys.stderr.isatty():
        return nullcontext()
    from regimen_advisor.cli import terminal  # noqa: PLC0415 - Rich is slow to load, and a pipe needs none of it

    return terminal.spinner(say("cohort_progress.judging"))


def _check_output(output: str, paths: list[str], mapping: TableMapping | None) -> None:
    """Refuses an output that could not be written in the end, or that would overwrite what is read."""
    check_output(output)
    second_files = (
        [second_tables(mapping, paths[0]) / table.file for table in mapping.file.tables.values()] if mapping else []
    )
    refuse_overwriting(output, [*files_of(paths), *second_files, *([mapping.document.name] if mapping else [])])
    if not target_of(output).parent.is_dir():
        raise InputError.at(Location(output), say("cohort_error.no_folder"))


def print_summary(found: CohortReport, format: CohortFormat) -> None:
    """Print the summary of a judged table."""
    write_report(report, format, *found)
