"""Read the cases that ``test``, ``coverage`` and ``mutate`` take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.files.errors import InputError, Location, Problem, part_of_names
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.reports.cases import CaseResult
from regimen_advisor.reviewing.revisions import working_folders
from regimen_advisor.testing.cases import RuleCase, case_files, read_cases
from regimen_advisor.testing.results import run_case
from regimen_advisor.words.catalogue import say

DEFAULT_CASES = "tests/cases"

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help=say("case_option.paths", cases=DEFAULT_CASES)),
]
Profiles = Annotated[str, typer.Option("--profiles", metavar="DIR", help=say("case_option.profiles"))]
WholeStack = Annotated[bool, typer.Option("--whole-stack", help=say("case_option.whole_stack"))]


def working_rulebook(rules: list[str] | None) -> Rulebook:
    """The rules that the working tree is about."""
    return load_rulebook(working_folders(rules))


def cases_at(paths: Sequence[str] | None, rulebook: Rulebook, profiles: str) -> list[RuleCase]:
    """The cases at the paths, or the problems of all their files at once."""
    cases: list[RuleCase] = []
    found = Gathered()
    for file in case_files(paths or [DEFAULT_CASES]):
        with found.one_file():
            cases += read_cases(file, rulebook, profiles)
    found.refuse()
    return cases


def refuse_unknown(names: Sequence[str], words: Iterable[str], kind: str) -> None:
    """Raise ``InputError`` for a name that a filter gives and the rulebook does not know."""
    known = list(words)
    problems = [
        Problem(
            Location(say("place.command_line")),
            say("case_option.unknown_name", kind=kind, name=name),
            part_of_names(name, known),
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def own_part(rulebook: Rulebook, *, whole_stack: bool) -> Path | None:
    """The folder whose rules alone are looked at: of several the last, as the earlier ones have cases of their own."""
    return None if whole_stack or len(rulebook.folders) == 1 else rulebook.folders[-1]


def results_of(cases: Sequence[RuleCase], rulebook: Rulebook) -> list[CaseResult]:
    """Each case with what it expected and did not get."""
    return [CaseResult(case, tuple(run_case(case, rulebook))) for case in cases]
