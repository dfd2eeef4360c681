"""Share options between verbs, so that they read the same in every help text."""

from datetime import date
from typing import Annotated

import typer

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.publications import last_day
from regimen_advisor.words.catalogue import say

Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help=say("option.rules"),
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help=say("option.as_of"),
    ),
]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help=say("option.output"))]
Examples = Annotated[str | None, typer.Option("--profiles", metavar="DIR", help=say("option.examples"))]


def day_of(written: str | None) -> date | None:
    """The date after ``--as-of``. Raises ``InputError`` for what is none."""
    try:
        return None if written is None else last_day(written)
    except ValueError as error:
        raise InputError.at(Location("--as-of"), str(error)) from None
