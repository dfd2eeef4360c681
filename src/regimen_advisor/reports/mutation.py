"""Write mutation testing as a document and as data: what no case notices, before and after, with a patient."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regimen_advisor.documents.blocks import Block, Bullets, Code, Folded, Grid, Headline, Paragraph, Table
from regimen_advisor.knowledge.conditions_yaml import written
from regimen_advisor.language.conditions import Condition
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile_yaml import flow, profile_lines
from regimen_advisor.reports.annotations import Annotation
from regimen_advisor.reports.coverage import only_of
from regimen_advisor.reports.coverage_words import percent
from regimen_advisor.reports.places import place
from regimen_advisor.testing.mutants import Mutant, Operator
from regimen_advisor.testing.mutation import MutantResult, Mutation
from regimen_advisor.words.catalogue import say

MOST_SURVIVORS = 20
"""How many changes that no case notices are spelt out, unless all are asked for; the JSON holds all of them."""


def document(mutation: Mutation, *, everything: bool = False, part: Path | None = None) -> Iterator[Block]:
    """The result of the changes; each one that no case notices, with a patient; with ``everything`` the equivalent too.

    ``part`` is the folder whose rules alone were changed.
    """
    survived, equivalent = mutation.of("survived"), mutation.of("equivalent")
    yield Headline(say("mutation.title"), summary(mutation), good=not survived)
    if part is not None:
        yield Paragraph(only_of(part))
    for mutant, verdict in survived if everything else survived[:MOST_SURVIVORS]:
        title = say("mutation.not_noticed", change=_named(mutant))
        yield Folded(title, tuple(_survivor(mutant, verdict, mutation.rulebook.domain)), 3)
    if len(survived) > MOST_SURVIVORS and not everything:
        yield Paragraph(say("mutation.more", count=len(survived) - MOST_SURVIVORS))
    if everything and equivalent:
        title = say("mutation.equivalent_title")
        yield Folded(title, (Bullets(tuple(_named(mutant) for mutant, _ in equivalent)),))
    rows = tuple((operator_words(name), *map(str, counts)) for name, *counts in operator_counts(mutation))
    columns = tuple(say(f"mutation_column.{name}") for name in ("kind", "noticed", "not_noticed", "equivalent"))
    yield Folded(say("mutation.by_kind"), (Table(columns, rows, grid=Grid((1, 2, 3))),))


def summary(mutation: Mutation) -> str:
    """How many changes were made, and what became of them."""
    killed, survived, equivalent = (mutation.of(fate) for fate in ("killed", "survived", "equivalent"))
    return say(
        "mutation.summary",
        all=len(mutation.mutants),
        killed=len(killed),
        survived=len(survived),
        equivalent=len(equivalent),
        share=percent(mutation.share),
    )


def operator_counts(mutation: Mutation) -> Iterator[tuple[Operator, int, int, int]]:
    """Each kind of change with how many were noticed, not noticed and equivalent."""
    fates = Counter((mutant.operator, verdict.fate) for mutant, verdict in _pairs(mutation))
    for operator in dict.fromkeys(mutant.operator for mutant in mutation.mutants):
        yield operator, fates[operator, "killed"], fates[operator, "survived"], fates[operator, "equivalent"]


def operator_words(operator: Operator) -> str:
    """A kind of change as it is read."""
    return say(f"mutation_operator.{operator}")


def _pairs(mutation: Mutation) -> Iterator[tuple[Mutant, MutantResult]]:
    return zip(mutation.mutants, mutation.verdicts, strict=True)


def _named(mutant: Mutant) -> str:
    return f"{place(mutant.place)}: {mutant.subject}: {operator_words(mutant.operator)}"


def _survivor(mutant: Mutant, verdict: MutantResult, domain: Domain) -> Iterator[Block]:
    yield Code(tuple(change_lines(mutant, domain)), "diff")
    if verdict.witness:
        yield Paragraph(say("mutation.patient"))
        yield Code(tuple(profile_lines(verdict.witness)))


def change_lines(mutant: Mutant, domain: Domain) -> list[str]:
    """What was written and what is written now, as the lines of a ``diff``."""
    before, after = (_lines(side, domain) for side in (mutant.before, mutant.after))
    return [line for line in difflib.ndiff(before, after) if not line.startswith("?")]


def _lines(side: Condition | str, domain: Domain) -> list[str]:
    """A condition as it is written under ``when``, or the words that stand for what is not one."""
    if isinstance(side, str):
        return [side]
    lines = ["when:"]
    for key, value in written(side, domain).items():
        if key in ("any", "all"):
            lines += [f"  {key}:", *(f"    - {flow(item)}" for item in value)]
        else:
            lines.append(f"  {key}: {flow(value)}")
    return lines if len(lines) > 1 else ["when: always"]


def data(mutation: Mutation) -> dict[str, Any]:
    """The counts and every mutant with what became of it."""
    domain = mutation.rulebook.domain
    fates = Counter(verdict.fate for verdict in mutation.verdicts)
    return {
        "mutants": len(mutation.mutants),
        "killed": fates["killed"],
        "survived": fates["survived"],
        "equivalent": fates["equivalent"],
        "share": round(mutation.share, 6),
        "verdicts": [_object(mutant, verdict, domain) for mutant, verdict in _pairs(mutation)],
    }


def _object(mutant: Mutant, verdict: MutantResult, domain: Domain) -> dict[str, Any]:
    return {
        "operator": mutant.operator,
        "subject": mutant.subject,
        "file": mutant.place.file,
        "line": mutant.place.line,
        "before": _side(mutant.before, domain),
        "after": _side(mutant.after, domain),
        "fate": verdict.fate,
        "case": verdict.case,
        "witness": verdict.witness,
    }


def _side(side: Condition | str, domain: Domain) -> Any:
    return side if isinstance(side, str) else written(side, domain)


def annotated(mutation: Mutation) -> list[Annotation]:
    """Each change of the rules that no case notices."""
    found = []
    for mutant, _ in mutation.of("survived"):
        change = say("check.flaw", subject=mutant.subject, sentence=operator_words(mutant.operator))
        message = say("mutation.not_noticed", change=change)
        kind = say("annotation.change_not_noticed")
        found.append(Annotation("error", mutant.place, kind, mutant.subject, message))
    return found
