"""Run the verb ``cite``: the citations behind an answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.citing.formats import render
from regimen_advisor.citing.items import behind, chosen, item_of
from regimen_advisor.cli import completion
from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.reading import read_files
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say


class CitationName(StrEnum):
    """How ``cite`` prints citations."""

    TEXT = "text"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"


def cite(  # noqa: PLR0917 - one parameter an option
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STUDY",
            help=say("cite_option.studies"),
            autocompletion=completion.studies,
        ),
    ] = None,
    for_: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="FILE", help=say("cite_option.for")),
    ] = None,
    format: Annotated[CitationName, typer.Option("--format", "-f", help=say("option.format"))] = CitationName.TEXT,
    style: Annotated[str | None, typer.Option("--style", metavar="STYLE", help=say("cite_option.style"))] = None,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.cite`` of the catalogue."""
    if studies and for_:
        raise InputError.at(Location("cite"), say("cite_error.both"))
    rulebook = load_rulebook(rules, as_of)
    answers = _answers(for_, rulebook) if for_ else []
    found = behind(answers, rulebook) if for_ else chosen(studies or [], rulebook)
    for change in dict.fromkeys(change.says for advice in answers for change in advice.changes):
        typer.echo(change, err=True)
    write_output(render([item_of(study, rulebook.reviews) for study in found], format.value, style), output)


def _answers(files: list[str], rulebook: Rulebook) -> list[Advice]:
    """The advice for the patients of these files, or the problems of all files at once."""
    return [advise(patient, rulebook, ask=False) for patient in read_files(files, rulebook.domain)]
