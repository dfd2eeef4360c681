"""``check``, ``test``, ``coverage`` and ``mutate`` as markdown: a headline, what is wrong, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regimen_advisor.documents.markdown import escaped
from regimen_advisor.files.errors import Location, counted
from regimen_advisor.guideline import Guideline
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reports.annotations import Annotation, here, of_cases, of_check
from regimen_advisor.reports.cases import CaseResult
from regimen_advisor.reports.cases import summary as cases_summary
from regimen_advisor.reports.check import summary as check_summary
from regimen_advisor.reports.coverage import MOST_PAIRS, lacking_words, occurrence_words, pasted
from regimen_advisor.reports.coverage import summary as coverage_summary
from regimen_advisor.reports.mutation import change_lines, operator_counts
from regimen_advisor.reports.mutation import summary as mutation_summary
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.testing.coverage import Coverage
from regimen_advisor.testing.mutation import Mutation

MOST_SURVIVORS = 20
"""How many changes that no case notices are spelt out; the JSON holds all of them."""


def check_markdown(checked: Checked) -> str:
    """The faults as a table, the warnings folded."""
    found = of_check(checked)
    faults = [one for one in found if one.level == "error"]
    warnings = [one for one in found if one.level == "warning"]
    lines = _headline("Check", check_summary(checked), good=not faults)
    lines += _table(("Where", "Fault", "What is wrong"), faults)
    if warnings:
        lines += _folded(counted(len(warnings), "warning"), _table(("Where", "Warning", "What to look at"), warnings))
    return _text(lines)


def cases_markdown(results: Sequence[CaseResult]) -> str:
    """The count, and each expectation that is not met."""
    found = of_cases(results)
    lines = _headline("Cases", cases_summary(results), good=not found)
    return _text([*lines, *_table(("Where", "Case", "What is not met"), found)])


def coverage_markdown(coverage: Coverage) -> str:
    """The share, the rules that hold in no case, and what is missing, each with a case to paste."""
    missing = coverage.of("missing")
    lines = _headline("Coverage", coverage_summary(coverage), good=not missing and not coverage.unused)
    lines += [f"- {_place(coverage.rulebook.rules[name].location)} {escaped(name)}: holds in no case"
              for name in coverage.unused]  # fmt: skip
    lines += [""] if coverage.unused else []
    wording = Guideline.of(coverage.rulebook).wording
    for one in missing[:MOST_PAIRS]:
        inside = [f"{_place(one.occurrence.place)}: {escaped(lacking_words(one))}.", ""]
        for value, case in pasted(one, coverage):
            inside += [f"A patient with it {str(value).lower()}, ready to paste as a case:", "", *_fenced("yaml", case)]
        lines += _folded(occurrence_words(one, wording), inside)
    if len(missing) > MOST_PAIRS:
        lines.append(f"{len(missing) - MOST_PAIRS} more are missing; `coverage --all` spells out each of them.")
    return _text(lines)


def mutation_markdown(mutation: Mutation) -> str:
    """The count by kind of change, and each change that no case notices with a patient to tell them apart."""
    survived = mutation.of("survived")
    lines = _headline("Mutants", mutation_summary(mutation), good=not survived)
    for mutant, verdict in survived[:MOST_SURVIVORS]:
        inside = [f"{_place(mutant.place)}", "", *_fenced("diff", change_lines(mutant, mutation.rulebook.domain))]
        if verdict.witness:
            inside += ["A patient that tells them apart:", "", *_fenced("yaml", profile_lines(verdict.witness))]
        lines += _folded(f"{mutant.subject}: {mutant.operator}, and no case notices", inside)
    if len(survived) > MOST_SURVIVORS:
        lines += [f"{len(survived) - MOST_SURVIVORS} more are not noticed; `mutate --format json` lists them all.", ""]
    counts = ["| Kind of change | Noticed | Not noticed | Equivalent |", "| --- | ---: | ---: | ---: |"]
    counts += [f"| {name} | {killed} | {missed} | {same} |" for name, killed, missed, same in operator_counts(mutation)]
    return _text([*lines, *_folded("By kind of change", [*counts, ""])])


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _headline(title: str, summary: str, *, good: bool) -> list[str]:
    return [f"### {'✅' if good else '❌'} {title}", "", escaped(summary), ""]


def _table(titles: Sequence[str], found: Sequence[Annotation]) -> list[str]:
    if not found:
        return []
    rows = [f"| {_place(one.location)} | {escaped(one.kind)} | {escaped(one.message)} |" for one in found]
    return [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}", *rows, ""]


def _place(location: Location) -> str:
    return escaped(str(Location(here(location.file), location.line)))


def _folded(title: str, lines: Iterable[str]) -> list[str]:
    return [f"<details><summary>{escaped(title)}</summary>", "", *lines, "</details>", ""]


def _fenced(language: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"```{language}"
    yield from lines
    yield "```"
    yield ""
