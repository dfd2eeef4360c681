"""Run the verb ``check``: find faults of the rulebook."""

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.folders import MANIFEST, SCHEMAS
from regimen_advisor.knowledge.rulebook import fresh_manifest, load_rulebook
from regimen_advisor.reports import check as report
from regimen_advisor.reports import sarif
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.checking import check as check_rulebook
from regimen_advisor.reviewing.revisions import working_folders
from regimen_advisor.words.catalogue import say


class CheckFormat(StrEnum):
    """How ``check`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"


def check(
    rules: Rules = None,
    format: Annotated[CheckFormat, typer.Option("--format", "-f", help=say("option.format"))] = CheckFormat.TEXT,
    output: Output = None,
    write_manifest: Annotated[
        bool,
        typer.Option(
            "--write-manifest",
            help=say("check_option.write_manifest"),
        ),
    ] = False,
    whole_stack: Annotated[bool, typer.Option("--whole-stack", help=say("check_option.whole_stack"))] = False,
) -> None:
    """The command; its help is ``verb_help.check`` of the catalogue."""
    folders = working_folders(rules)
    if write_manifest:
        folder = folders[-1]
        write_file(folder / MANIFEST, fresh_manifest(folder, *folders[:-1]))
        if (folder / SCHEMAS).is_dir():
            from regimen_advisor.cli.schema import write_schemas  # noqa: PLC0415 - only to write a manifest

            write_schemas(load_rulebook(folders), folder / SCHEMAS)
    checked = check_rulebook(load_rulebook(folders), whole_stack=whole_stack)
    write_output(_checked(checked, format), output)
    if checked.faults:
        raise typer.Exit(1)


def _checked(checked: Checked, format: CheckFormat) -> str:

    match format:
        case CheckFormat.TEXT | CheckFormat.MARKDOWN:
            return rendered(report.document(checked), format.value, below=2)
        case CheckFormat.JSON:
            return as_json(report.data(checked))
        case CheckFormat.GITHUB:
            return render_github(report.annotated(checked))
        case CheckFormat.SARIF:
            return sarif.render_check(report.annotated(checked))
