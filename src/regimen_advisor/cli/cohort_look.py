"""Look at a table without judging it: a check of its data, its rows as profiles, one row in full, a draft mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regimen_advisor.cli.cohort_options import CohortFormat
from regimen_advisor.cli.cohort_report import say_blank, write_report
from regimen_advisor.cohorts.cohort import CohortTable, open_table
from regimen_advisor.cohorts.data_check import check_table, columns_of_tables, refuse_if_strict
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.mapping_draft import suggest_mapping
from regimen_advisor.cohorts.origins import show_row
from regimen_advisor.cohorts.profile_files import write_profiles
from regimen_advisor.cohorts.synthesis import for_text, synthetic_patients
from regimen_advisor.cohorts.tables import check_output, files_of, refuse_overwriting, scan_table, write_table
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reports import data_check, row
from regimen_advisor.reports.files import write_output
from regimen_advisor.reports.population import synthesised_as_text
from regimen_advisor.words.catalogue import say


@dataclass(frozen=True)
class Look:
    """A table to look at, as the command line names it."""

    paths: list[str]
    mapping: TableMapping | None
    rulebook: Rulebook
    given: str | None
    id_column: str

    def open(self) -> CohortTable:
        """The table, its columns as keys of a profile."""
        return open_table(self.paths, self.mapping, given=self.given, id_column=self.id_column)


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
        raise InputError.at(Location("--format html"), say("cohort_error.row_format"))
    shown = show_row(look.paths, id, look.open(), look.rulebook)
    write_output(row.as_json(shown) if format is CohortFormat.JSON else row.as_text(shown), None)


def print_profiles(look: Look, output: str, *, strict: bool) -> None:
    """Writes what each row became and says how many. Raises ``InputError`` if ``strict`` and something was not read."""
    refuse_overwriting(output, files_of(look.paths))
    table = look.open()
    if strict:
        refuse_if_strict(check_table(table, look.rulebook))
    write_output(rendered(row.profiles_written(write_profiles(table, look.rulebook, output))), None)


def look(  # noqa: PLR0917 - what the command line says
    paths: list[str],
    mapping: TableMapping | None,
    rulebook: Rulebook,
    strict: bool,
    given: str | None,
    id_column: str,
    format: CohortFormat,
    show: str | None,
    profiles: str | None,
) -> None:
    """Show what was read of a table, and judge nobody."""
    asked = Look(paths, mapping, rulebook, given, id_column)
    if show is not None:
        print_row(asked, show, format)
    elif profiles is not None:
        print_profiles(asked, profiles, strict=strict)
    else:
        print_check(asked, format, strict=strict)


def print_suggestion(table: list[str], rulebook: Rulebook) -> None:
    """Print a draft of a mapping for a table."""
    write_output(suggest_mapping(scan_table(table), rulebook.domain, Path(table[0]).name), None)


def write_synthetic(count: int, seed: int, output: str | None) -> None:
    """Write invented patients. Raises ``InputError`` where no output is named."""
    if output is None:
        raise InputError.at(Location("cohort"), say("cohort_error.no_output"))
    patients = synthetic_patients(count, seed)
    write_table(for_text(patients) if check_output(output) in (".csv", ".tsv", ".txt") else patients, output)
    write_output(synthesised_as_text(count, output), None)
