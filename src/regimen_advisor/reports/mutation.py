"""Mutation testing as text and JSON: the survivors, each as the rule before and after, with a patient."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from regimen_advisor.documents.json import as_json
from regimen_advisor.knowledge.conditions_yaml import written
from regimen_advisor.language.conditions import Condition
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile_yaml import flow, profile_lines
from regimen_advisor.reports.coverage import percent
from regimen_advisor.testing.mutants import Mutant
from regimen_advisor.testing.mutation import MutantResult, Mutation


def render_text(mutation: Mutation, *, everything: bool = False) -> str:
    """The count, then each survivor; with ``everything`` also the mutants that are equivalent."""
    lines = [summary(mutation), *_by_operator(mutation)]
    equivalent = mutation.of("equivalent")
    for mutant, verdict in mutation.of("survived"):
        lines += ["", *_survivor(mutant, verdict, mutation.rulebook.domain)]
    if everything and equivalent:
        lines += ["", "Equivalent: no possible patient tells them apart"]
        lines += [f"  {mutant.place}: {mutant.subject}: {mutant.operator}" for mutant, _ in equivalent]
    return "\n".join(lines) + "\n"


def summary(mutation: Mutation) -> str:
    """How many changes were made, and what became of them."""
    killed, survived, equivalent = (mutation.of(fate) for fate in ("killed", "survived", "equivalent"))
    return (
        f"{len(mutation.mutants)} mutants: {len(killed)} noticed, {len(survived)} not noticed by any case, "
        f"{len(equivalent)} equivalent (proved, not counted): {percent(mutation.share)} noticed"
    )


def _by_operator(mutation: Mutation) -> Iterator[str]:
    for operator, noticed, missed, same in operator_counts(mutation):
        yield f"  {operator:<20} {noticed:>5} noticed {missed:>5} not noticed {same:>5} equivalent"


def operator_counts(mutation: Mutation) -> Iterator[tuple[str, int, int, int]]:
    """Each kind of change with how many were noticed, not noticed and equivalent."""
    fates = Counter((mutant.operator, verdict.fate) for mutant, verdict in _pairs(mutation))
    for operator in dict.fromkeys(mutant.operator for mutant in mutation.mutants):
        yield operator, fates[operator, "killed"], fates[operator, "survived"], fates[operator, "equivalent"]


def _pairs(mutation: Mutation) -> Iterator[tuple[Mutant, MutantResult]]:
    return zip(mutation.mutants, mutation.verdicts, strict=True)


def _survivor(mutant: Mutant, verdict: MutantResult, domain: Domain) -> Iterator[str]:
    yield f"{mutant.place}: {mutant.subject}: {mutant.operator}, and no case notices"
    yield from (f"  {line}" for line in change_lines(mutant, domain))
    if verdict.witness:
        yield "  a patient that tells them apart:"
        yield from (f"    {line}" for line in profile_lines(verdict.witness))


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


def render_json(mutation: Mutation) -> str:
    """The counts and every mutant with what became of it."""
    domain = mutation.rulebook.domain
    fates = Counter(verdict.fate for verdict in mutation.verdicts)
    return as_json({
        "mutants": len(mutation.mutants),
        "killed": fates["killed"],
        "survived": fates["survived"],
        "equivalent": fates["equivalent"],
        "share": round(mutation.share, 6),
        "verdicts": [_object(mutant, verdict, domain) for mutant, verdict in _pairs(mutation)],
    })  # fmt: skip


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
