"""The verbs ``page`` and ``serve``: the teaching page as a file, and the same page from a small local server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Examples, Output, Rules

DEFAULT_PORT = 8000
DEFAULT_PAGE = "regimen-advisor.html"


def register(app: typer.Typer) -> None:
    """Add both verbs to the command line."""
    app.command()(page)
    app.command()(serve)


def page(
    output: Output = None,
    profiles: Examples = None,
    rules: Rules = None,
) -> None:
    """Write the teaching page: one HTML file for any browser.

    It holds rules, evidence and evaluator, and needs no network. Without --output it is
    regimen-advisor.html; `-o -` prints it.
    """
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    write_output(_html(rules, profiles), output or DEFAULT_PAGE)
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


def _html(rules: list[str] | None, profiles: str | None) -> str:
    from regimen_advisor.files.errors import InputError, Location  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.page.building import example_profiles, render_page  # noqa: PLC0415

    folder = None if profiles is None else Path(profiles)
    if folder is not None and not folder.is_dir():
        raise InputError.at(Location(str(folder)), "expected a folder of profiles, found no folder")
    return render_page(load_rulebook(rules), example_profiles(folder))
