"""Print a report on a table, and how many blank lines were skipped."""

from __future__ import annotations

from typing import Any

import typer

from regimen_advisor.cli.cohort_options import CohortFormat
from regimen_advisor.cohorts.cohort import CohortTable
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import printable
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say


def write_report(report: Any, format: CohortFormat, *found: Any) -> None:
    """Print a result in the format asked for, as the document, title and data of its module of ``reports``."""
    match format:
        case CohortFormat.JSON:
            write_output(as_json(report.data(*found)), None)
        case CohortFormat.HTML:
            from regimen_advisor.reports.pages import page  # noqa: PLC0415 - Jinja2 is slow to load

            write_output(page(report.title(found[0]), report.document(*found), "cohort.css"), None)
        case CohortFormat.TEXT:
            write_output(rendered(report.document(*found)), None)


def say_blank(table: CohortTable) -> None:
    """Report on standard error how many blank lines were skipped, if any."""
    if table.blank:
        message = say("cohort_error.blank", name=printable(table.name), count=table.blank)
        typer.echo(message, err=True)
