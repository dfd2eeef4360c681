"""Run the verb ``list``: what the rulebook holds."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_output
from regimen_advisor.reports.listing import WIDTH, Filters, document, listed_entries
from regimen_advisor.words.catalogue import joined, say


class ListKind(StrEnum):
    """What ``list`` can list."""

    STUDIES = "studies"
    REGIMENS = "regimens"
    RULES = "rules"
    FINDINGS = "findings"
    DRUGS = "drugs"
    SETTINGS = "settings"
    SOURCES = "sources"
    ERRATA = "errata"


class ListFormat(StrEnum):
    """How ``list`` prints."""

    TEXT = "text"
    JSON = "json"


def list_entries(  # noqa: PLR0917 - one parameter an option
    kind: Annotated[ListKind, typer.Argument(metavar="WHAT", help=say("list_option.kind", kinds=joined(ListKind)))],
    setting: Annotated[
        str | None,
        typer.Option(metavar="SETTING", help=say("list_option.setting"), autocompletion=completion.settings),
    ] = None,
    drug: Annotated[
        str | None,
        typer.Option(metavar="DRUG", help=say("list_option.drug"), autocompletion=completion.drugs),
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="WORDS", help=say("list_option.text"))] = None,
    format: Annotated[ListFormat, typer.Option("--format", "-f", help=say("option.format"))] = ListFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``verb_help.list`` of the catalogue."""
    rows = listed_entries(kind.value, load_rulebook(rules), Filters(setting, drug, text))
    if not rows:
        typer.echo(say("list_kind.nothing", kind=kind.value), err=True)
    if format is ListFormat.JSON:
        write_output(as_json(rows), output)
        return
    at_terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((WIDTH, 24)).columns if at_terminal else WIDTH
    write_output(rendered(document(rows), width=width), output)
