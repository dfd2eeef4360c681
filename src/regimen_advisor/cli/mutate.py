"""Run the verb ``mutate``: which changes of the rules no example notices."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.case_files import (
    Paths,
    Profiles,
    WholeStack,
    cases_at,
    own_part,
    refuse_unknown,
    results_of,
    working_rulebook,
)
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Problem
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reports import mutation as report
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.files import write_output
from regimen_advisor.testing.cases import RuleCase
from regimen_advisor.testing.mutation import Mutation
from regimen_advisor.testing.mutation import mutate as mutate_rules
from regimen_advisor.words.catalogue import say


class MutationFormat(StrEnum):
    """How ``mutate`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"


def mutate(  # noqa: PLR0917
    paths: Paths = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            "--only",
            metavar="ID",
            help=say("mutate_option.rule"),
            autocompletion=completion.rules,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=say("mutate_option.all"))] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help=say("mutate_option.workers"))
    ] = None,
    format: Annotated[MutationFormat, typer.Option("--format", "-f", help=say("option.format"))] = MutationFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
    whole_stack: WholeStack = False,
) -> None:
    """The command; its help is ``verb_help.mutate`` of the catalogue."""
    rulebook = working_rulebook(rules)
    refuse_unknown(subject or [], {**rulebook.findings, **rulebook.rules}, say("kind_of_entry.rule_or_finding"))
    cases = cases_at(paths, rulebook, profiles)
    _refuse_failing(cases, rulebook)
    part = None if subject else own_part(rulebook, whole_stack=whole_stack)
    subjects = subject or (sorted(rulebook.of_last_folder) if part else None)
    with _bar() as moved:
        mutation = mutate_rules(rulebook, cases, subjects=subjects, workers=workers, progress=moved)
    write_output(_mutated(mutation, format, everything=everything, part=part), output)
    if mutation.of("survived"):
        raise typer.Exit(1)


def _bar() -> AbstractContextManager[Callable[[int, int], None] | None]:
    if not sys.stderr.isatty():
        return nullcontext()
    from regimen_advisor.cli import terminal  # noqa: PLC0415 - Rich is slow to load, and a pipe needs none of it

    return terminal.bar(say("mutate_progress.changing"))


def _mutated(mutation: Mutation, format: MutationFormat, *, everything: bool, part: Path | None) -> str:
    match format:
        case MutationFormat.TEXT | MutationFormat.MARKDOWN:
            return rendered(report.document(mutation, everything=everything, part=part), format.value, below=2)
        case MutationFormat.JSON:
            return as_json(report.data(mutation))
        case MutationFormat.GITHUB:
            return render_github(report.annotated(mutation))


def _refuse_failing(cases: Sequence[RuleCase], rulebook: Rulebook) -> None:
    """Raise ``InputError`` where cases fail already: they could not tell a changed rulebook from this one."""
    failures = [failure for result in results_of(cases, rulebook) for failure in result.failures]
    if failures:
        raise InputError(
            Problem(failure.location, failure.message, say("mutate_progress.cases_first")) for failure in failures
        )
