"""Run the verb ``advise``: the options for each patient."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise as advise_one
from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.documents import json
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.reading import Patient, read_files
from regimen_advisor.reports import markdown, text
from regimen_advisor.reports.depth import Depth
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say

MANY_FILES = 10


class AdviceFormat(StrEnum):
    """How ``advise`` prints its answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def advise(  # noqa: PLR0917 - the command line names them
    files: Annotated[list[str], typer.Argument(metavar="FILE", help=say("advise_option.files"))],
    everything: Annotated[bool, typer.Option("--all", help=say("advise_option.all"))] = False,
    details: Annotated[bool, typer.Option("--details", help=say("advise_option.details"))] = False,
    brief: Annotated[bool, typer.Option("--brief", help=say("advise_option.brief"))] = False,
    format: Annotated[AdviceFormat, typer.Option("--format", "-f", help=say("option.format"))] = AdviceFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.advise`` of the catalogue."""
    if brief and (everything or details):
        raise typer.BadParameter(say("advise_error.brief_alone"), param_hint="--brief")
    depth = Depth(brief=brief, details=details, everything=everything)
    rulebook = load_rulebook(rules, as_of)
    patients = _patients(files, rulebook)
    advices = _advices(patients, rulebook)
    if format is AdviceFormat.TEXT and output is None and sys.stdout.isatty():
        from regimen_advisor.cli import terminal  # noqa: PLC0415 - Rich is slow to load, and a pipe needs none of it

        terminal.print_lines(text.lines(advices, rulebook, patients, depth, width=terminal.width()))
        return
    write_output(_rendered(advices, rulebook, patients, format, depth), output)


def _patients(files: Sequence[str], rulebook: Rulebook) -> list[Patient]:
    """All patients, or the problems of all files at once."""
    if files.count("-") > 1:
        raise InputError.at(Location("-"), say("advise_error.input_once"))
    return read_files(files, rulebook.domain)


def _advices(patients: Sequence[Patient], rulebook: Rulebook) -> list[Advice]:
    """The advice for each, with a bar where there is a person to see it and something to wait for."""
    followed: Iterable[Patient] = patients
    if len(patients) >= MANY_FILES and sys.stderr.isatty():
        from regimen_advisor.cli import terminal  # noqa: PLC0415 - as above

        followed = terminal.followed(patients, say("advise_progress.advising"))
    return [advise_one(patient, rulebook) for patient in followed]


def _rendered(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    format: AdviceFormat,
    depth: Depth,
) -> str:
    match format:
        case AdviceFormat.JSON:
            return json.render_answers(advices)
        case AdviceFormat.MARKDOWN:
            return markdown.render_advice(advices, rulebook, patients, depth)
        case AdviceFormat.HTML:
            from regimen_advisor.reports import html  # noqa: PLC0415 - Jinja2 is slow to load, and no text needs it

            return html.render_advice(advices, rulebook, patients)
        case AdviceFormat.TEXT:
            return text.render_advice(advices, rulebook, patients, depth)
