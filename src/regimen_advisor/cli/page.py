"""The verbs ``page`` and ``serve``: the teaching page as a file, and the same page from a small local server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Examples, Output, Rules
from regimen_advisor.cli.quiz_choice import files_of

DEFAULT_PORT = 8000
DEFAULT_PAGE = "regimen-advisor.html"


def register(app: typer.Typer) -> None:
    """Add both verbs to the command line."""
    app.command()(page)
    app.command()(serve)


def page(  # noqa: PLR0917 - one parameter an option
    more: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", help="More patients.", hidden=True)] = None,
    quiz: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE",
            help="For a class: only this quiz, such as setting=nsclc/nrg1,level=2,count=5,seed=7 (kind=... too).",
        ),
    ] = None,
    patients: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE...", help="For a class: only a quiz about these profiles."),
    ] = None,
    output: Output = None,
    profiles: Examples = None,
    rules: Rules = None,
) -> None:
    """Write the teaching page: one HTML file for any browser.

    It holds rules, evidence and evaluator, and needs no network. Without --output it is
    regimen-advisor.html; `-o -` prints it.
    """
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    files = files_of(patients, more, "page")
    if quiz is None and not files:
        write_output(_html(rules, profiles), output or DEFAULT_PAGE)
    else:
        write_output(_class_page(rules, profiles, quiz, files), output or DEFAULT_PAGE)
    if output is None:
        typer.echo(f"written: {DEFAULT_PAGE}", err=True)


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this computer; 0 takes a free one.")
    ] = DEFAULT_PORT,
    profiles: Examples = None,
    rules: Rules = None,
) -> None:
    """Offer the teaching page to this computer only.

    And `POST /advise` beside it, until interrupted.
    """
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.page.serving import run  # noqa: PLC0415

    run(load_rulebook(rules), _html(rules, profiles), port)


def _class_page(rules: list[str] | None, profiles: str | None, quiz: str | None, files: list[str]) -> str:
    """The page that asks one quiz and shows nothing else."""
    from regimen_advisor.cli.quiz_choice import quiz_chosen  # noqa: PLC0415
    from regimen_advisor.files.errors import InputError, Location  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.page.building import render_page  # noqa: PLC0415
    from regimen_advisor.quiz.own_patients import quiz_of_files  # noqa: PLC0415

    given = [name for name, value in (("--quiz", quiz), ("--patients", files), ("--profiles", profiles)) if value]
    if len(given) > 1:
        raise InputError.at(
            Location("page"), f"expected one of --quiz, --patients, --profiles; found {' and '.join(given)}"
        )
    rulebook = load_rulebook(rules)
    return render_page(rulebook, (), quiz_of_files(rulebook, files) if quiz is None else quiz_chosen(quiz, rulebook))


def _html(rules: list[str] | None, profiles: str | None) -> str:
    from regimen_advisor.files.errors import InputError, Location  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.page.building import example_profiles, render_page  # noqa: PLC0415

    folder = None if profiles is None else Path(profiles)
    if folder is not None and not folder.is_dir():
        raise InputError.at(Location(str(folder)), "expected a folder of profiles, found no folder")
    return render_page(load_rulebook(rules), example_profiles(folder))
