"""Run the verb ``explain``: why an option is or is not offered."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.text import lines_of
from regimen_advisor.documents.writing import rendered
from regimen_advisor.explaining.explain import explain as explain_one
from regimen_advisor.explanation import Explanation
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.reading import Patient, read, read_files
from regimen_advisor.reports.explanation import document
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say


class ExplainFormat(StrEnum):
    """How ``explain`` prints its answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


_TABLES = (".csv", ".tsv", ".parquet", ".jsonl")


def explain(  # noqa: PLR0917 - one parameter an option
    file: Annotated[str, typer.Argument(metavar="FILE", help=say("explain_option.file"))],
    regimen: Annotated[
        str | None,
        typer.Argument(
            metavar="REGIMEN",
            help=say("explain_option.regimen"),
            autocompletion=completion.regimens,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=say("explain_option.all"))] = False,
    id: Annotated[str | None, typer.Option("--id", metavar="ID", help=say("explain_option.id"))] = None,
    mapping: Annotated[str | None, typer.Option(metavar="FILE", help=say("explain_option.mapping"))] = None,
    id_column: Annotated[
        str, typer.Option("--id-column", metavar="COLUMN", help=say("explain_option.id_column"))
    ] = "id",
    format: Annotated[ExplainFormat, typer.Option("--format", "-f", help=say("option.format"))] = ExplainFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.explain`` of the catalogue."""
    rulebook = load_rulebook(rules, as_of)
    patient = (
        read_files([file], rulebook.domain)[0]
        if not _is_table(file, id)
        else _row(file, id, mapping, id_column, rulebook)
    )
    explanation = explain_one(patient, rulebook, [regimen] if regimen else [])
    if format is ExplainFormat.TEXT and output is None and sys.stdout.isatty():
        from regimen_advisor.cli import terminal  # noqa: PLC0415 - Rich is slow to load, and a pipe needs none of it

        blocks = document(explanation, rulebook, patient, everything=everything)
        terminal.print_lines(lines_of(blocks, terminal.width()))
        return
    write_output(_rendered(explanation, patient, rulebook, format, everything=everything), output)


def _is_table(file: str, id: str | None) -> bool:
    return id is not None or Path(file).suffix.lower() in _TABLES


def _row(file: str, id: str | None, mapping: str | None, id_column: str, rulebook: Rulebook) -> Patient:
    """The patient of one row of a table."""
    if id is None:
        raise InputError.at(Location(file), say("explain_error.which_patient"), say("explain_error.add_id"))
    if find_spec("polars") is None:
        raise InputError.at(
            Location(file), say("missing_extra.not_installed", name="Polars"), "pip install 'regimen-advisor[cohort]'"
        )

    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415 - Polars is an extra
    from regimen_advisor.cohorts.rows import profile_of_row  # noqa: PLC0415 - as above

    loaded = load_mapping(mapping, rulebook.domain) if mapping else None
    return read(profile_of_row([file], id, rulebook, loaded, id_column=id_column), rulebook.domain)


def _rendered(
    explanation: Explanation, patient: Patient, rulebook: Rulebook, format: ExplainFormat, *, everything: bool
) -> str:
    match format:
        case ExplainFormat.JSON:
            return as_json(explanation)
        case ExplainFormat.HTML:
            from regimen_advisor.reports.html import render_explanation  # noqa: PLC0415 - Jinja2 is slow to load

            return render_explanation(explanation, rulebook, patient)
        case ExplainFormat.TEXT | ExplainFormat.MARKDOWN:
            return rendered(document(explanation, rulebook, patient, everything=everything), format.value)
