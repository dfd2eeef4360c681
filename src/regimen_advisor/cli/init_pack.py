"""Run the verb ``init-pack``: begin a pack of rules of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Rules
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_folder
from regimen_advisor.reviewing.starting import new_pack
from regimen_advisor.words.catalogue import say


def init_pack(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help=say("init_pack_option.folder"))],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help=say("init_pack_option.name")),
    ] = None,
    rules: Rules = None,
) -> None:
    """Begin a pack: rules of a guideline of your own.

    They add to the shipped rules. Makes a folder with a source, a study, a rule, a case and a workflow for GitHub, all
    invented, to be written over; `check` and `test` pass from the start.
    """
    target = Path(folder)
    made = new_pack(target.resolve().name if name is None else name, load_rulebook(rules))
    write_folder(target, made)
    for path in made:
        typer.echo(target / path)
