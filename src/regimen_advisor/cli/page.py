"""The verb ``page``: the teaching page as a file."""

from __future__ import annotations

from pathlib import Path

import typer

from regimen_advisor.cli.options import Examples, Output, Rules
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.page.building import example_profiles, render_page
from regimen_advisor.reports.files import write_output

DEFAULT_PAGE = "regimen-advisor.html"


def page(
    output: Output = None,
    profiles: Examples = None,
    rules: Rules = None,
) -> None:
    """Write the teaching page: one HTML file for any browser.

    It holds rules, evidence and evaluator, and needs no network. Without --output it is
    regimen-advisor.html; `-o -` prints it.
    """
    write_output(page_html(rules, profiles), DEFAULT_PAGE if output is None else output)
    if output is None:
        typer.echo(f"written: {DEFAULT_PAGE}", err=True)


def page_html(rules: list[str] | None, profiles: str | None) -> str:
    """The page. Raises ``InputError`` where the folder of profiles is none."""
    folder = None if profiles is None else Path(profiles)
    if folder is not None and not folder.is_dir():
        raise InputError.at(Location(str(folder)), "expected a folder of profiles, found no folder")
    return render_page(load_rulebook(rules), example_profiles(folder))
