"""The verbs ``explain`` and ``map``: why an option stands as it does, and a setting as a picture."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import AsOf, Output, Rules, day_of

if TYPE_CHECKING:
    from regimen_advisor.explaining.explanation import Explanation
    from regimen_advisor.knowledge.rulebook import Rulebook
    from regimen_advisor.patient.reading import Patient


class ExplainFormat(StrEnum):
    """How ``explain`` prints its answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class MapFormat(StrEnum):
    """How ``map`` draws a setting."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command()(explain)
    app.command(name="map")(draw_map)


_TABLES = (".csv", ".tsv", ".parquet", ".jsonl")


def explain(  # noqa: PLR0917 - one parameter an option
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A profile (`-` reads standard input), or a table with --id.")
    ],
    regimen: Annotated[
        str | None,
        typer.Argument(
            metavar="REGIMEN",
            help="Its id or name; without it, all options in short.",
            autocompletion=completion.regimens,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also show the rules that are far from holding.")] = False,
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Explain this row of a table (`row-N` where it has no id).")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="FILE", help="How the columns of the table become the keys of a profile.")
    ] = None,
    id_column: Annotated[
        str, typer.Option("--id-column", metavar="COLUMN", help="The column of the table that names the patient.")
    ] = "id",
    format: Annotated[ExplainFormat, typer.Option("--format", "-f", help="How to print.")] = ExplainFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Say why an option stands as it does, and what would change it.

    And what to ask or test next. Without a REGIMEN, a paragraph on each.
    """
    from regimen_advisor.explaining.explain import explain as explain_one  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    rulebook = load_rulebook(rules, day_of(as_of))
    patient = _patient(file, rulebook) if not _is_table(file, id) else _row(file, id, mapping, id_column, rulebook)
    explanation = explain_one(patient, rulebook, [regimen] if regimen else [])
    if format is ExplainFormat.TEXT and output is None and sys.stdout.isatty():
        _print_in_colour(explanation, rulebook, everything=everything)
        return
    _write(_rendered(explanation, patient, rulebook, format, everything=everything), output)


def draw_map(
    setting: Annotated[
        str,
        typer.Argument(
            metavar="SETTING",
            help="A setting, such as nsclc/later-line-egfr.",
            autocompletion=completion.settings,
        ),
    ],
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="FILE", help="Draw the path of this patient.")
    ] = None,
    format: Annotated[MapFormat, typer.Option("--format", "-f", help="How to draw.")] = MapFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """Draw the map of a clinical setting, with a patient's path.

    From what its rules ask for to what they do.
    """
    from regimen_advisor.drawing.guideline_map import guideline_map, setting_named  # noqa: PLC0415
    from regimen_advisor.drawing.map_picture import map_picture  # noqa: PLC0415
    from regimen_advisor.drawing.map_text import FORMATS  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    rulebook = load_rulebook(rules)
    patient = _patient(profile, rulebook) if profile else None
    drawn = guideline_map(setting_named(setting, rulebook), rulebook, patient)
    _write(f"{map_picture(drawn)}\n" if format is MapFormat.SVG else FORMATS[format.value](drawn), output)


def _patient(file: str, rulebook: Rulebook) -> Patient:
    from regimen_advisor.patient.profile import read_profile  # noqa: PLC0415
    from regimen_advisor.patient.reading import read  # noqa: PLC0415

    profile, document = read_profile(file)
    return read(profile, rulebook.domain, document)


def _is_table(file: str, id: str | None) -> bool:
    return id is not None or Path(file).suffix.lower() in _TABLES


def _row(file: str, id: str | None, mapping: str | None, id_column: str, rulebook: Rulebook) -> Patient:
    """The patient of one row of a table."""
    from regimen_advisor.files.errors import InputError, Location  # noqa: PLC0415
    from regimen_advisor.patient.reading import read  # noqa: PLC0415

    if id is None:
        raise InputError.at(Location(file), "is a table: which of its patients?", "add --id ID, or --id row-1")
    if find_spec("polars") is None:
        raise InputError.at(Location(file), "Polars is not installed", "pip install 'regimen-advisor[cohort]'")
    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415
    from regimen_advisor.cohorts.rows import profile_of_row  # noqa: PLC0415

    how = load_mapping(mapping, rulebook.domain) if mapping else None
    return read(profile_of_row([file], id, rulebook, how, id_column=id_column), rulebook.domain)


def _rendered(
    explanation: Explanation, patient: Patient, rulebook: Rulebook, format: ExplainFormat, *, everything: bool
) -> str:
    match format:
        case ExplainFormat.JSON:
            from regimen_advisor.documents.json import as_json  # noqa: PLC0415

            return as_json(explanation)
        case ExplainFormat.HTML:
            from regimen_advisor.reports.html import render_explanation  # noqa: PLC0415

            return render_explanation(explanation, rulebook, patient)
        case ExplainFormat.MARKDOWN:
            from regimen_advisor.reports.explanation import render_markdown  # noqa: PLC0415

            return render_markdown(explanation, rulebook, everything=everything)
        case ExplainFormat.TEXT:
            from regimen_advisor.reports.explanation import render_text  # noqa: PLC0415

            return render_text(explanation, rulebook, everything=everything)


def _print_in_colour(explanation: Explanation, rulebook: Rulebook, *, everything: bool) -> None:
    import shutil  # noqa: PLC0415

    from regimen_advisor.documents import text as layout  # noqa: PLC0415
    from regimen_advisor.reports import explanation as report  # noqa: PLC0415

    width = min(shutil.get_terminal_size((layout.WIDTH, 24)).columns, layout.WIDEST)
    layout.print_to_terminal(report.lines(explanation, rulebook, max(width, 40), everything=everything))


def _write(text: str, output: str | None) -> None:
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    write_output(text, output)
