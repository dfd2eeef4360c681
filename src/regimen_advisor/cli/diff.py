"""Run the verb ``diff``: what a change of the rules changes."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Output, Rules, day_of
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.patient.profile_yaml import flow, profile_lines
from regimen_advisor.reports.annotations import of_diff, render_github
from regimen_advisor.reports.diff import DiffReport, data, document, standings_words
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.reviewing.comparing import RulebookComparison, compare
from regimen_advisor.reviewing.profile_share import share_of
from regimen_advisor.reviewing.revisions import named_rulebook


class DiffFormat(StrEnum):
    """How ``diff`` prints what changed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    GITHUB = "github"


def diff(
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="OLD",
            help="A folder of rules, a git revision (default: HEAD), or a stack: shipped+packs/mine.",
            show_default=False,
        ),
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="NEW", help="Another one (default: the rules of the working tree).")
    ] = None,
    *,
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--profiles",
            metavar="PATH",
            help="Also tell how many of these profiles change: a file, or all in a folder.",
        ),
    ] = None,
    save_witnesses: Annotated[
        str | None, typer.Option("--save-witnesses", metavar="DIR", help="Save each witness as a profile.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if the advice changes.")] = False,
    format: Annotated[DiffFormat, typer.Option("--format", "-f", help="How to print.")] = DiffFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: Annotated[
        list[str] | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Read both as of this date; given twice, the first is that of OLD and the second that of NEW.",
        ),
    ] = None,
) -> None:
    """Say exactly what changed between two rulebooks.

    Over all patients, not over a sample, with a witness for each change.
    """
    days = [day_of(written) for written in as_of or ()] or [None]
    if len(days) > 2:
        raise typer.BadParameter("expected at most two dates, one for OLD and one for NEW", param_hint="--as-of")
    if old is None and len(days) == 1:
        old = "HEAD"
    before, after = named_rulebook(old, rules, days[0]), named_rulebook(new, rules, days[-1])
    comparison = compare(before.rulebook, after.rulebook)
    share = share_of(comparison, profiles) if profiles else None
    report = DiffReport(comparison, before.name, after.name, share)
    rendered = _compared(report, format)
    if save_witnesses is not None:
        _save_witnesses(comparison, Path(save_witnesses))
    write_output(rendered, output)
    if exit_code and not comparison.is_equal:
        raise typer.Exit(1)


def _compared(report: DiffReport, format: DiffFormat) -> str:
    match format:
        case DiffFormat.TEXT | DiffFormat.MARKDOWN:
            return rendered(document(report), format.value, below=2)
        case DiffFormat.JSON:
            return as_json(data(report))
        case DiffFormat.GITHUB:
            return render_github(of_diff(report))


def _save_witnesses(comparison: RulebookComparison, folder: Path) -> None:

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at(Location(str(folder)), f"cannot be made: {error.strerror or error}") from None
    for change in comparison.changes:
        words = standings_words(change)
        id = "-".join(re.findall(r"[a-z0-9]+", f"{change.subject} {words}".replace("->", "to")))
        lines = [f"id: {id}", f"summary: {flow(f'Witness of a change of the rules: {change.subject}, {words}.')}"]
        write_file(folder / f"{id}.yaml", "\n".join([*lines, *profile_lines(change.witness)]) + "\n")
