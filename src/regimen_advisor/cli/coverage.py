"""Run the verb ``coverage``: how well the examples exercise each rule."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.case_files import (
    Paths,
    Profiles,
    WholeStack,
    cases_at,
    own_part,
    refuse_unknown,
    working_rulebook,
)
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.reports import coverage as report
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.files import write_output
from regimen_advisor.testing.coverage import measure
from regimen_advisor.words.catalogue import say


class CoverageFormat(StrEnum):
    """How ``coverage`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    GITHUB = "github"
    MARKDOWN = "markdown"


def coverage(  # noqa: PLR0917
    paths: Paths = None,
    everything: Annotated[bool, typer.Option("--all", help=say("coverage_option.all"))] = False,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help=say("coverage_option.rule"), autocompletion=completion.rules),
    ] = None,
    fail_under: Annotated[
        float, typer.Option("--fail-under", metavar="PERCENT", help=say("coverage_option.fail_under"), min=0, max=100)
    ] = 0,
    format: Annotated[CoverageFormat, typer.Option("--format", "-f", help=say("option.format"))] = CoverageFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
    whole_stack: WholeStack = False,
) -> None:
    """The command; its help is ``verb_help.coverage`` of the catalogue."""
    rulebook = working_rulebook(rules)
    refuse_unknown(rule or [], rulebook.rules, say("kind_of_entry.rule"))
    part = None if rule else own_part(rulebook, whole_stack=whole_stack)
    names = rule or ([name for name in rulebook.rules if name in rulebook.of_last_folder] if part else None)
    measured = measure(rulebook, cases_at(paths, rulebook, profiles), names)
    match format:
        case CoverageFormat.TEXT | CoverageFormat.MARKDOWN:
            text = rendered(report.document(measured, everything=everything, part=part), format.value, below=2)
        case CoverageFormat.JSON:
            text = as_json(report.data(measured))
        case CoverageFormat.HTML:
            text = report.render_html(measured, everything=everything, part=part)
        case CoverageFormat.GITHUB:
            text = render_github(report.annotated(measured))
    write_output(text, output)
    if measured.share * 100 < fail_under:
        raise typer.Exit(1)
