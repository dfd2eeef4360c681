"""Run the verb ``sources``: number a text, find what the rulebook does not hold of it, draft a study from a section."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import schema_line
from regimen_advisor.knowledge.figure_audit import NUMBERS_FILE, section_numbers
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.reports.sources import document
from regimen_advisor.reviewing.drafting import draft as draft_study
from regimen_advisor.reviewing.drafting import has_figures
from regimen_advisor.reviewing.numbering import numbered, table_text
from regimen_advisor.reviewing.source_gaps import as_data, gaps, sections_named, source_named
from regimen_advisor.words.catalogue import joined, say

Source = Annotated[str, typer.Argument(metavar="SOURCE", help=say("sources_option.source"))]
Text = Annotated[str, typer.Option("--text", metavar="FILE", help=say("sources_option.text"))]


class GapsFormat(StrEnum):
    """How ``sources missing`` prints."""

    TEXT = "text"
    JSON = "json"


def number(
    text: Annotated[str, typer.Argument(metavar="TEXT", help=say("sources_option.text"))],
    source: Annotated[str, typer.Option("--source", metavar="SOURCE", help=say("sources_option.key"))],
    *,
    write: Annotated[bool, typer.Option("--write", help=say("sources_option.write"))] = False,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``sources_verb.number`` of the catalogue."""
    rulebook = load_rulebook(rules)
    review = source_named(source, rulebook)
    table = {review.key: numbered(review, text)}
    if write:
        file = rulebook.folders[-1] / NUMBERS_FILE
        written = table_text({**section_numbers(file.parent), **table})
        write_file(file, schema_line(file.parent, "section-numbers") + written)
        typer.echo(say("sources_written.numbers", source=review.key, file=file), err=True)
        return
    write_output(table_text(table), output)


def missing(
    source: Source,
    text: Text,
    *,
    background: Annotated[bool, typer.Option("--background", help=say("sources_option.background"))] = False,
    format: Annotated[GapsFormat, typer.Option("--format", "-f", help=say("option.format"))] = GapsFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``sources_verb.missing`` of the catalogue."""
    rulebook = load_rulebook(rules)
    found = gaps(source_named(source, rulebook), text, rulebook)
    shown = as_json(as_data(found)) if format is GapsFormat.JSON else rendered(document(found, background=background))
    write_output(shown, output)
    if found.missing:
        raise typer.Exit(1)


def draft(
    source: Source,
    sections: Annotated[
        list[str] | None, typer.Argument(metavar="[SECTION]...", help=say("sources_option.section"))
    ] = None,
    *,
    text: Text,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help=say("sources_option.into"))
    ] = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``sources_verb.draft`` of the catalogue."""
    review = source_named(source, load_rulebook(rules))
    printed = sections_named(sections or (), review, text)
    empty = [section for section, words in printed.items() if not has_figures(words)]
    drafts = {
        section: draft_study(review.key, section, words)
        for section, words in printed.items()
        if len(printed) == 1 or section not in empty
    }
    if empty:
        message = say("sources_written.no_numbers", count=len(empty), source=review.key, sections=joined(empty))
        typer.echo(message, err=True)
    if len(printed) == 1:
        write_output("".join(drafts.values()), output)
    elif output in (None, "-"):
        write_output("---\n".join(drafts.values()), None)
    else:
        _write_each(drafts, review.key, Path(str(output)))


def _write_each(drafts: Mapping[str, str], source: str, folder: Path) -> None:
    """A file a draft, named by source and section. Raises ``InputError`` for one that is there already."""
    files = {folder / f"{source}-{section.replace('.', '-')}.yaml": text for section, text in drafts.items()}
    if taken := [file for file in files if file.exists()]:
        raise InputError(Problem(Location(str(file)), say("sources_error.draft_there")) for file in taken)
    for file, text in files.items():
        write_file(file, text)
        typer.echo(say("file_done.written", file=file), err=True)


sources = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=say("verb.sources"),
)
for _verb in (number, missing, draft):
    sources.command(help=say(f"sources_verb.{_verb.__name__}"))(_verb)
