"""Run the verb ``test``: check the advice that the example cases expect."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.case_files import Paths, Profiles, cases_at, refuse_unknown, results_of, working_rulebook
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reports import cases, sarif
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.cases import CaseResult
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.testing.cases import RuleCase
from regimen_advisor.testing.updating import updated
from regimen_advisor.words.catalogue import say


class TestFormat(StrEnum):
    """How ``test`` prints its results."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"


def run_cases(  # noqa: PLR0917 - the command line names them
    paths: Paths = None,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help=say("test_option.name"))] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help=say("test_option.rule"), autocompletion=completion.rules),
    ] = None,
    regimen: Annotated[
        list[str] | None,
        typer.Option(
            "--regimen",
            metavar="ID",
            help=say("test_option.regimen"),
            autocompletion=completion.regimens,
        ),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help=say("test_option.update"))] = False,
    fail_on_empty: Annotated[bool, typer.Option("--fail-on-empty", help=say("test_option.fail_on_empty"))] = False,
    format: Annotated[TestFormat, typer.Option("--format", "-f", help=say("option.format"))] = TestFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
) -> None:
    """The command; its help is ``verb_help.test`` of the catalogue."""
    rulebook = working_rulebook(rules)
    refuse_unknown(rule or [], rulebook.rules, say("kind_of_entry.rule"))
    refuse_unknown(regimen or [], rulebook.regimens, say("kind_of_entry.regimen"))
    cases = [
        case
        for case in cases_at(paths, rulebook, profiles)
        if (name is None or name.casefold() in case.name.casefold())
        and (not rule or not case.rules.isdisjoint(rule))
        and (not regimen or not case.expect.keys().isdisjoint(regimen))
    ]
    if update:
        _update(cases, rulebook, Path(profiles))
        cases = _again(cases, rulebook, profiles)
    results = results_of(cases, rulebook)
    write_output(_tested(results, format), output)
    if any(result.failures for result in results) or (fail_on_empty and not results):
        raise typer.Exit(1)


def _tested(results: Sequence[CaseResult], format: TestFormat) -> str:

    match format:
        case TestFormat.TEXT | TestFormat.MARKDOWN:
            return rendered(cases.document(results), format.value, below=2)
        case TestFormat.JSON:
            return as_json(cases.data(results))
        case TestFormat.JUNIT:
            return cases.render_junit(results)
        case TestFormat.GITHUB:
            return render_github(cases.annotated(results))
        case TestFormat.SARIF:
            return sarif.render_cases(cases.annotated(results))


def _update(cases: Sequence[RuleCase], rulebook: Rulebook, profiles: Path) -> None:
    """Rewrite the files of these cases: all of them, or none if any cannot be."""
    names: dict[str, list[str]] = {}
    for case in cases:
        names.setdefault(case.location.file, []).append(case.name)
    texts = {file: updated(Path(file), rulebook, profiles, names_of_cases) for file, names_of_cases in names.items()}
    for file, text in texts.items():
        if text is not None:
            write_file(Path(file), text)
            typer.echo(say("file_done.rewritten", file=file), err=True)


def _again(cases: Sequence[RuleCase], rulebook: Rulebook, profiles: str) -> list[RuleCase]:
    """The same cases, as their files now are."""
    chosen = {(case.location.file, case.name) for case in cases}
    files = list(dict.fromkeys(case.location.file for case in cases))
    return (
        [case for case in cases_at(files, rulebook, profiles) if (case.location.file, case.name) in chosen]
        if files
        else []
    )
