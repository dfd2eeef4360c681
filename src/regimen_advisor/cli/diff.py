"""Run the verb ``diff``: what a change of the rules changes."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Output, Rules, day_of
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.publications import dated
from regimen_advisor.patient.profile_yaml import flow, profile_lines
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.diff import DiffReport, annotated, data, document, standings_words
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.reviewing.comparing import RulebookComparison, compare
from regimen_advisor.reviewing.profile_share import share_of
from regimen_advisor.reviewing.revisions import named_rulebook
from regimen_advisor.words.catalogue import say


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
            help=say("diff_option.old"),
            show_default=False,
        ),
    ] = None,
    new: Annotated[str | None, typer.Argument(metavar="NEW", help=say("diff_option.new"))] = None,
    *,
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--profiles",
            metavar="PATH",
            help=say("diff_option.profiles"),
        ),
    ] = None,
    save_witnesses: Annotated[
        str | None, typer.Option("--save-witnesses", metavar="DIR", help=say("diff_option.save_witnesses"))
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help=say("diff_option.exit_code"))] = False,
    format: Annotated[DiffFormat, typer.Option("--format", "-f", help=say("option.format"))] = DiffFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: Annotated[
        list[date] | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            parser=day_of,
            help=say("diff_option.as_of"),
        ),
    ] = None,
) -> None:
    """The command; its help is ``verb_help.diff`` of the catalogue."""
    days: list[date | None] = [*(as_of or ())] or [None]
    if len(days) > 2:
        raise typer.BadParameter(say("diff_error.dates"), param_hint="--as-of")
    if old is None and len(days) == 1:
        old = "HEAD"
    before, after = named_rulebook(old, rules, days[0]), named_rulebook(new, rules, days[-1])
    comparison = compare(before.rulebook, after.rulebook)
    share = share_of(comparison, profiles) if profiles else None
    # Two dates compare the folders that were given with themselves: then they are what is named.
    stack = "+".join(rules or ()) if len(days) == 2 else ""
    names = [
        dated(stack, day) if stack and name is None else found.name
        for name, found, day in zip((old, new), (before, after), (days[0], days[-1]), strict=True)
    ]
    report = DiffReport(comparison, names[0], names[1], share)
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
            return render_github(annotated(report))


def _save_witnesses(comparison: RulebookComparison, folder: Path) -> None:

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at(Location(str(folder)), say("file_error.not_made", reason=error.strerror or error)) from None
    for change in comparison.changes:
        words = standings_words(change)
        id = "-".join(re.findall(r"[a-z0-9]+", f"{change.subject} {words}".replace("->", "to")))
        summary = say("diff_saved.summary", change=change.subject, standings=words)
        lines = [f"id: {id}", f"summary: {flow(summary)}"]
        write_file(folder / f"{id}.yaml", "\n".join([*lines, *profile_lines(change.witness)]) + "\n")
