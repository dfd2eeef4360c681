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
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help=say("option.output"))]
Examples = Annotated[str | None, typer.Option("--profiles", metavar="DIR", help=say("option.examples"))]


def day_of(written: str) -> date:
    """The date given with ``--as-of``. Raises ``InputError`` where it is not a date."""
    try:
        return last_day(written)
    except ValueError as error:
        raise InputError.at(Location("--as-of"), str(error)) from None


AsOf = Annotated[date | None, typer.Option("--as-of", metavar="DATE", parser=day_of, help=say("option.as_of"))]
