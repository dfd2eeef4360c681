"""The verbs ``check`` and ``diff``: is the rulebook sound, and what does a change of it change."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli.options import Output, Rules, day_of

if TYPE_CHECKING:
    from regimen_advisor.reports.diff import DiffReport
    from regimen_advisor.reviewing.checking import Checked
    from regimen_advisor.reviewing.comparing import RulebookComparison


class CheckFormat(StrEnum):
    """How ``check`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"


class DiffFormat(StrEnum):
    """How ``diff`` prints what changed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command()(check)
    app.command()(diff)


def check(
    rules: Rules = None,
    format: Annotated[CheckFormat, typer.Option("--format", "-f", help="How to print.")] = CheckFormat.TEXT,
    output: Output = None,
    write_manifest: Annotated[
        bool,
        typer.Option(
            "--write-manifest",
            help="First write down how many rules there are and their digest, and bring its `schemas` up to date.",
        ),
    ] = False,
) -> None:
    """Find faults of the rulebook without any patient. Exit code 1 if there are some; warnings do not count."""
    from regimen_advisor.cli.schema import write_schemas  # noqa: PLC0415
    from regimen_advisor.files.folders import MANIFEST, SCHEMAS  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import fresh_manifest, load_rulebook  # noqa: PLC0415
    from regimen_advisor.reports.files import write_file, write_output  # noqa: PLC0415
    from regimen_advisor.reviewing.checking import check as check_rulebook  # noqa: PLC0415
    from regimen_advisor.reviewing.revisions import working_folders  # noqa: PLC0415

    folders = working_folders(rules)
    if write_manifest:
        folder = folders[-1]
        write_file(folder / MANIFEST, fresh_manifest(folder, *folders[:-1]))
        if (folder / SCHEMAS).is_dir():
            write_schemas(load_rulebook(folders), folder / SCHEMAS)
    checked = check_rulebook(load_rulebook(folders))
    write_output(_checked(checked, format), output)
    if checked.faults:
        raise typer.Exit(1)


def _checked(checked: Checked, format: CheckFormat) -> str:
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.documents.writing import written  # noqa: PLC0415
    from regimen_advisor.reports import annotations, check, sarif  # noqa: PLC0415

    match format:
        case CheckFormat.TEXT | CheckFormat.MARKDOWN:
            return written(check.document(checked), format.value, below=2)
        case CheckFormat.JSON:
            return as_json(check.data(checked))
        case CheckFormat.GITHUB:
            return annotations.render_github(annotations.of_check(checked))
        case CheckFormat.SARIF:
            return sarif.render_check(annotations.of_check(checked))


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
    from regimen_advisor.reports.diff import DiffReport  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415
    from regimen_advisor.reviewing.comparing import compare  # noqa: PLC0415
    from regimen_advisor.reviewing.profile_share import share_of  # noqa: PLC0415
    from regimen_advisor.reviewing.revisions import named_rulebook  # noqa: PLC0415

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
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.documents.writing import written  # noqa: PLC0415
    from regimen_advisor.reports.diff import data, document  # noqa: PLC0415

    match format:
        case DiffFormat.TEXT | DiffFormat.MARKDOWN:
            return written(document(report), format.value, below=2)
        case DiffFormat.JSON:
            return as_json(data(report))
        case DiffFormat.GITHUB:
            from regimen_advisor.reports.annotations import of_diff, render_github  # noqa: PLC0415

            return render_github(of_diff(report))


def _save_witnesses(comparison: RulebookComparison, folder: Path) -> None:
    from regimen_advisor.files.errors import InputError, Location  # noqa: PLC0415
    from regimen_advisor.patient.profile_yaml import flow, profile_lines  # noqa: PLC0415
    from regimen_advisor.reports.diff import standings_words  # noqa: PLC0415
    from regimen_advisor.reports.files import write_file  # noqa: PLC0415

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at(Location(str(folder)), f"cannot be made: {error.strerror or error}") from None
    for change in comparison.changes:
        words = standings_words(change)
        id = "-".join(re.findall(r"[a-z0-9]+", f"{change.subject} {words}".replace("->", "to")))
        lines = [f"id: {id}", f"summary: {flow(f'Witness of a change of the rules: {change.subject}, {words}.')}"]
        write_file(folder / f"{id}.yaml", "\n".join([*lines, *profile_lines(change.witness)]) + "\n")
