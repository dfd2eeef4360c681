"""Run the verb ``init-pack``: begin a pack of rules of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Rules
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_folder
from regimen_advisor.reviewing import starting
from regimen_advisor.words.catalogue import say


def init_pack(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help=say("init_pack_option.folder"))],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help=say("init_pack_option.name")),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help=say("init_pack_option.example"))] = False,
    rules: Rules = None,
) -> None:
    """The command; its help is ``verb_help.init-pack`` of the catalogue."""
    target = Path(folder)
    if example:
        made = starting.example()
        shown = dict.fromkeys(path.partition("/")[0] for path in made)
    else:
        made = starting.new_pack(target.resolve().name if name is None else name, load_rulebook(rules))
        shown = dict.fromkeys(made)
    write_folder(target, made)
    for path in shown:
        typer.echo(target / path)
