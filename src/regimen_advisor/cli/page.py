"""Run the verb ``page``: the teaching page as a file."""

from __future__ import annotations

from typing import Annotated

import typer

from regimen_advisor.cli.options import AsOf, Examples, Output, Rules
from regimen_advisor.cli.quiz_choice import files_of, quiz_chosen
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.page.building import page_html, render_page
from regimen_advisor.quiz.own_patients import quiz_of_files
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import joined, say

DEFAULT_PAGE = "regimen-advisor.html"


def page(  # noqa: PLR0917 - one parameter an option
    further: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help=say("option.more"), hidden=True)
    ] = None,
    quiz: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help=say("page_option.quiz"),
        ),
    ] = None,
    patients: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE...", help=say("page_option.patients")),
    ] = None,
    output: Output = None,
    profiles: Examples = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.page`` of the catalogue."""
    files = files_of(patients, further, "page")
    is_for_class = quiz is not None or files
    rulebook = load_rulebook(rules, as_of)
    html = _class_page(rulebook, profiles, quiz, files) if is_for_class else page_html(rulebook, profiles)
    write_output(html, DEFAULT_PAGE if output is None else output)
    if output is None:
        typer.echo(say("file_done.written", file=DEFAULT_PAGE), err=True)


def _class_page(rulebook: Rulebook, profiles: str | None, quiz: str | None, files: list[str]) -> str:
    """The page that asks one quiz and shows nothing else."""
    given = [name for name, value in (("--quiz", quiz), ("--patients", files), ("--profiles", profiles)) if value]
    if len(given) > 1:
        message = say("page_option_error.one", found=joined(given, "and"))
        raise InputError.at(Location("page"), message)
    return render_page(rulebook, (), quiz_of_files(rulebook, files) if quiz is None else quiz_chosen(quiz, rulebook))
