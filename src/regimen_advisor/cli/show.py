"""Run the verb ``show``: one entry of the rulebook."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_output
from regimen_advisor.reports.show import render
from regimen_advisor.words.catalogue import say


class EntryFormat(StrEnum):
    """How ``show`` prints an entry."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class EntryKind(StrEnum):
    """What ``show`` can show."""

    STUDY = "study"
    REGIMEN = "regimen"
    DRUG = "drug"
    RULE = "rule"
    FINDING = "finding"


def show(
    kind: Annotated[EntryKind, typer.Argument(metavar="KIND", help=say("show_option.kind"))],
    id: Annotated[
        str,
        typer.Argument(metavar="ID", help=say("show_option.id"), autocompletion=completion.entries),
    ],
    format: Annotated[EntryFormat, typer.Option("--format", "-f", help=say("option.format"))] = EntryFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``verb_help.show`` of the catalogue."""
    write_output(render(kind.value, id, load_rulebook(rules), format.value), output)
