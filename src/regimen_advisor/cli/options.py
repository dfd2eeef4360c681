"""Options that several verbs share, so that they read the same in every help text."""

from typing import Annotated

import typer

Rules = Annotated[
    str | None,
    typer.Option("--rules", metavar="DIR", help="Rules folder (default: ./rules, else the shipped rules)."),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, whole or not at all.")
]
Examples = Annotated[
    str | None, typer.Option("--profiles", metavar="DIR", help="Example patients for the menu of the page.")
]
