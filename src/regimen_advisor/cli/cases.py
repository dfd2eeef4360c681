"""The verbs ``test``, ``coverage`` and ``mutate``: whether the examples hold, and how good they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import Output, Rules

if TYPE_CHECKING:
    from regimen_advisor.knowledge.rulebook import Rulebook
    from regimen_advisor.reports.cases import CaseResult
    from regimen_advisor.testing.cases import RuleCase
    from regimen_advisor.testing.mutation import Mutation

DEFAULT_CASES = "tests/cases"


class TestFormat(StrEnum):
    """How ``test`` prints its results."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"


class CoverageFormat(StrEnum):
    """How ``coverage`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    GITHUB = "github"
    MARKDOWN = "markdown"


class MutationFormat(StrEnum):
    """How ``mutate`` prints what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help=f"RuleCase files and folders of them (default: {DEFAULT_CASES})."),
]
Profiles = Annotated[
    str, typer.Option("--profiles", metavar="DIR", help="Folder that `from:` in a case is looked up in.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(name="test")(run_cases)
    app.command()(coverage)
    app.command()(mutate)


def run_cases(  # noqa: PLR0917 - the command line names them
    paths: Paths = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="Only cases with TEXT in the name.")
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help="Only cases that name this rule.", autocompletion=completion.rules),
    ] = None,
    regimen: Annotated[
        list[str] | None,
        typer.Option(
            "--regimen",
            metavar="ID",
            help="Only cases that expect something of it.",
            autocompletion=completion.regimens,
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Rewrite expectations that are not met, for review by diff.")
    ] = False,
    fail_on_empty: Annotated[bool, typer.Option("--fail-on-empty", help="Exit with 1 if there is no case.")] = False,
    format: Annotated[TestFormat, typer.Option("--format", "-f", help="How to print.")] = TestFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
) -> None:
    """Run the cases: example patients with the advice expected.

    Exit code 1 if any fails.
    """
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    rulebook = _rulebook(rules)
    _known(rule or [], rulebook.rules, "rule")
    _known(regimen or [], rulebook.regimens, "regimen")
    cases = [
        case
        for case in _cases(paths, rulebook, profiles)
        if (name is None or name.casefold() in case.name.casefold())
        and (not rule or not case.rules.isdisjoint(rule))
        and (not regimen or not case.expect.keys().isdisjoint(regimen))
    ]
    if update:
        _update(cases, rulebook, Path(profiles))
        cases = _again(cases, rulebook, profiles)
    results = _results(cases, rulebook)
    write_output(_tested(results, format), output)
    if any(result.failures for result in results) or (fail_on_empty and not results):
        raise typer.Exit(1)


def _tested(results: Sequence[CaseResult], format: TestFormat) -> str:
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.documents.writing import written  # noqa: PLC0415
    from regimen_advisor.reports import annotations, cases, sarif  # noqa: PLC0415

    match format:
        case TestFormat.TEXT | TestFormat.MARKDOWN:
            return written(cases.document(results), format.value, below=2)
        case TestFormat.JSON:
            return as_json(cases.data(results))
        case TestFormat.JUNIT:
            return cases.render_junit(results)
        case TestFormat.GITHUB:
            return annotations.render_github(annotations.of_cases(results))
        case TestFormat.SARIF:
            return sarif.render_cases(annotations.of_cases(results))


def coverage(  # noqa: PLR0917
    paths: Paths = None,
    everything: Annotated[bool, typer.Option("--all", help="List every condition with its counts.")] = False,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help="Only this rule.", autocompletion=completion.rules),
    ] = None,
    fail_under: Annotated[
        float, typer.Option("--fail-under", metavar="PERCENT", help="Exit with 1 if less is covered.", min=0, max=100)
    ] = 0,
    format: Annotated[CoverageFormat, typer.Option("--format", "-f", help="How to print.")] = CoverageFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
) -> None:
    """Say how well the cases exercise each condition of each rule.

    Measured as masking MC/DC; what is missing is shown as a pair of patients.
    """
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.documents.writing import written  # noqa: PLC0415
    from regimen_advisor.reports import coverage as report  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415
    from regimen_advisor.testing.coverage import measure  # noqa: PLC0415

    rulebook = _rulebook(rules)
    _known(rule or [], rulebook.rules, "rule")
    measured = measure(rulebook, _cases(paths, rulebook, profiles), rule or None)
    match format:
        case CoverageFormat.TEXT | CoverageFormat.MARKDOWN:
            text = written(report.document(measured, everything=everything), format.value, below=2)
        case CoverageFormat.JSON:
            text = as_json(report.data(measured))
        case CoverageFormat.HTML:
            from regimen_advisor.reports.coverage_html import render_html  # noqa: PLC0415

            text = render_html(measured)
        case CoverageFormat.GITHUB:
            from regimen_advisor.reports.annotations import of_coverage, render_github  # noqa: PLC0415

            text = render_github(of_coverage(measured))
    write_output(text, output)
    if measured.share * 100 < fail_under:
        raise typer.Exit(1)


def mutate(  # noqa: PLR0917
    paths: Paths = None,
    subject: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Only changes of this rule or finding.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also list the changes that are equivalent.")] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Processes (default: one a processor).")
    ] = None,
    format: Annotated[MutationFormat, typer.Option("--format", "-f", help="How to print.")] = MutationFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    profiles: Profiles = "profiles",
) -> None:
    """Change the rules in small ways, to see what goes unnoticed.

    Exit code 1 if there are some that no case notices.
    """
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415
    from regimen_advisor.testing.mutation import mutate as mutate_rules  # noqa: PLC0415

    rulebook = _rulebook(rules)
    _known(subject or [], {**rulebook.findings, **rulebook.rules}, "rule or finding")
    cases = _cases(paths, rulebook, profiles)
    _refuse_failing(cases, rulebook)
    with _progress() as told:
        mutation = mutate_rules(rulebook, cases, subjects=subject or None, workers=workers, progress=told)
    write_output(_mutated(mutation, format, everything=everything), output)
    if mutation.of("survived"):
        raise typer.Exit(1)


def _mutated(mutation: Mutation, format: MutationFormat, *, everything: bool) -> str:
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.documents.writing import written  # noqa: PLC0415
    from regimen_advisor.reports import annotations  # noqa: PLC0415
    from regimen_advisor.reports import mutation as report  # noqa: PLC0415

    match format:
        case MutationFormat.TEXT | MutationFormat.MARKDOWN:
            return written(report.document(mutation, everything=everything), format.value, below=2)
        case MutationFormat.JSON:
            return as_json(report.data(mutation))
        case MutationFormat.GITHUB:
            return annotations.render_github(annotations.of_mutation(mutation))


# What the verbs share ----------------------------------------------------------------------------------------------


def _rulebook(rules: list[str] | None) -> Rulebook:
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.reviewing.revisions import working_folders  # noqa: PLC0415

    return load_rulebook(working_folders(rules))


def _cases(paths: Sequence[str] | None, rulebook: Rulebook, profiles: str) -> list[RuleCase]:
    """The cases at the paths, or the problems of all their files at once."""
    from regimen_advisor.files.gathering import Gathered  # noqa: PLC0415
    from regimen_advisor.testing.cases import case_files, read_cases  # noqa: PLC0415

    cases: list[RuleCase] = []
    found = Gathered()
    for file in case_files(paths or [DEFAULT_CASES]):
        with found.one_file():
            cases += read_cases(file, rulebook, profiles)
    found.refuse()
    return cases


def _known(names: Sequence[str], words: Iterable[str], what: str) -> None:
    """Raise ``InputError`` for a name that a filter gives and the rulebook does not know."""
    from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean  # noqa: PLC0415

    known = list(words)
    problems = [
        Problem(Location("command line"), f"unknown {what} `{name}`", did_you_mean(name, known))
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def _results(cases: Sequence[RuleCase], rulebook: Rulebook) -> list[CaseResult]:
    from regimen_advisor.reports.cases import CaseResult  # noqa: PLC0415
    from regimen_advisor.testing.results import run_case  # noqa: PLC0415

    return [CaseResult(case, tuple(run_case(case, rulebook))) for case in cases]


def _update(cases: Sequence[RuleCase], rulebook: Rulebook, profiles: Path) -> None:
    """Rewrite the files of these cases: all of them, or none if any cannot be."""
    from regimen_advisor.reports.files import write_file  # noqa: PLC0415
    from regimen_advisor.testing.updating import updated  # noqa: PLC0415

    names: dict[str, list[str]] = {}
    for case in cases:
        names.setdefault(case.location.file, []).append(case.name)
    texts = {file: updated(Path(file), rulebook, profiles, only) for file, only in names.items()}
    for file, text in texts.items():
        if text is not None:
            write_file(Path(file), text)
            typer.echo(f"rewritten: {file}", err=True)


def _again(cases: Sequence[RuleCase], rulebook: Rulebook, profiles: str) -> list[RuleCase]:
    """The same cases, as their files now stand."""
    chosen = {(case.location.file, case.name) for case in cases}
    files = list(dict.fromkeys(case.location.file for case in cases))
    return (
        [case for case in _cases(files, rulebook, profiles) if (case.location.file, case.name) in chosen]
        if files
        else []
    )


def _refuse_failing(cases: Sequence[RuleCase], rulebook: Rulebook) -> None:
    """Raise ``InputError`` where cases fail already: they could not tell a changed rulebook from this one."""
    from regimen_advisor.files.errors import InputError, Problem  # noqa: PLC0415

    failures = [failure for result in _results(cases, rulebook) for failure in result.failures]
    if failures:
        raise InputError(Problem(failure.location, failure.message, "cases must pass first") for failure in failures)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error where there is a person to see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    # Without a thread of its own: the workers are forked while it is shown.
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("Changing the rules", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)
