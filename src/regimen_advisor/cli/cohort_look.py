"""Show a table without judging it: a check of its data, its rows as profiles, one row in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import typer

from regimen_advisor.cli.cohort_options import CohortFormat
from regimen_advisor.cohorts.cohort import CohortTable, open_table
from regimen_advisor.cohorts.data_check import check_table, columns_of_tables, refuse_if_strict
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.origins import show_row
from regimen_advisor.cohorts.profile_files import write_profiles
from regimen_advisor.cohorts.tables import files_of, refuse_overwriting
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location, counted, printable
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reports import data_check, row
from regimen_advisor.reports.files import write_output


@dataclass(frozen=True)
class Look:
    """A table as the command line names it."""

    paths: list[str]
    mapping: TableMapping | None
    rulebook: Rulebook
    given: str | None
    id_column: str

    def open(self) -> CohortTable:
        """The table, its columns as keys of a profile."""
        return open_table(self.paths, self.mapping, given=self.given, id_column=self.id_column)


def write_report(report: Any, format: CohortFormat, *found: Any) -> None:
    """Print what was found as a module of ``reports`` makes a document, a title and data of it."""
    match format:
        case CohortFormat.JSON:
            write_output(as_json(report.data(*found)), None)
        case CohortFormat.HTML:
            from regimen_advisor.reports.pages import page  # noqa: PLC0415 - Jinja2 is slow to load

            write_output(page(report.title(found[0]), report.document(*found), "cohort.css"), None)
        case CohortFormat.TEXT:
            write_output(rendered(report.document(*found)), None)


def say_blank(table: CohortTable) -> None:
    """Says on standard error how many lines without a word were passed over, where there were any."""
    if table.blank:
        message = f"{printable(table.name)}: passed over {counted(table.blank, 'line')} without a word"
        typer.echo(message, err=True)


def print_check(look: Look, format: CohortFormat, *, strict: bool) -> None:
    """Prints what was read of the table. Raises ``InputError`` if ``strict`` and something was not."""
    columns = [name for name in columns_of_tables(look.paths, look.mapping) if name not in (look.given, look.id_column)]
    table = look.open()
    say_blank(table)
    found = check_table(table, look.rulebook, columns)
    if strict:
        refuse_if_strict(found)
    write_report(data_check, format, found)


def print_row(look: Look, id: str, format: CohortFormat) -> None:
    """Prints one row as a profile, with the cells that its keys came from."""
    if format is CohortFormat.HTML:
        raise InputError.at(Location("--format html"), "a row is shown as text or JSON")
    shown = show_row(look.paths, id, look.open(), look.rulebook)
    write_output(row.as_json(shown) if format is CohortFormat.JSON else row.as_text(shown), None)


def print_profiles(look: Look, output: str, *, strict: bool) -> None:
    """Writes what each row became and says how many. Raises ``InputError`` if ``strict`` and something was not read."""
    refuse_overwriting(output, files_of(look.paths))
    table = look.open()
    if strict:
        refuse_if_strict(check_table(table, look.rulebook))
    write_output(rendered(row.profiles_written(write_profiles(table, look.rulebook, output))), None)
