"""Share options between verbs, so that they read the same in every help text."""

from datetime import date
from typing import Annotated

import typer

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.publications import last_day

Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help="Rules folder (default: ./rules, else the shipped rules). Again for a pack that adds to it.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Only what sources and approvals reported by this date, such as 2024 or 2024-06-15.",
    ),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, whole or not at all.")
]
Examples = Annotated[
    str | None, typer.Option("--profiles", metavar="DIR", help="Example patients for the menu of the page.")
]


def day_of(written: str | None) -> date | None:
    """The date after ``--as-of``. Raises ``InputError`` for what is none."""
    try:
        return None if written is None else last_day(written)
    except ValueError as error:
        raise InputError.at(Location("--as-of"), str(error)) from None
