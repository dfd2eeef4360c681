"""Coverage as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regimen_advisor.documents.json import as_json
from regimen_advisor.files.errors import counted
from regimen_advisor.guideline import Guideline
from regimen_advisor.language.values import Truth
from regimen_advisor.testing.coverage import Coverage, Covered
from regimen_advisor.testing.suggesting import case_of_occurrence, missing_examples
from regimen_advisor.wording import Wording

MOST_PAIRS = 10
"""How many missing pairs the text spells out, unless all are asked for; the JSON holds all of them."""


def render_text(coverage: Coverage, *, everything: bool = False) -> str:
    """The share, what is missing with profiles to paste, and what is proved not to matter."""
    wording = Guideline.of(coverage.rulebook).wording
    if coverage.is_whole and not everything:
        return f"{summary(coverage)}{_not_counted(coverage)}\n"
    lines = [summary(coverage), f"not counted: {_aside(coverage)}", ""]
    lines += [f"{coverage.rulebook.rules[name].location}: {name}: holds in no case" for name in coverage.unused]
    missing = coverage.of("missing")
    for one in missing if everything else missing[:MOST_PAIRS]:
        lines += [*_missing(one, coverage, wording), ""]
    if len(missing) > MOST_PAIRS and not everything:
        lines.append(f"{len(missing) - MOST_PAIRS} more are missing; --all spells out each of them")
    proved = coverage.of("cannot matter")
    if proved:
        lines += [*_gap(lines), f"Cannot matter, proved by the solver ({len(proved)}):"]
        lines += [line for one in proved for line in _proved(one, wording)]
    if everything:
        lines += [*_gap(lines), "Every occurrence, with the number of cases that made it true / false / unknown:"]
        lines += [_counted(one, wording) for found in coverage.rules.values() for one in found]
    return "\n".join(lines).rstrip() + "\n"


def _gap(lines: Sequence[str]) -> list[str]:
    return [""] if lines[-1] else []


def summary(coverage: Coverage) -> str:
    """How much is covered, in one line."""
    covered, missing = len(coverage.of("covered")), len(coverage.of("missing"))
    return (
        f"{counted(len(coverage.rules), 'rule')}, {counted(coverage.cases, 'case')}: {covered} of "
        f"{counted(covered + missing, 'condition')} covered by masking MC/DC ({percent(coverage.share)})"
    )


def _aside(coverage: Coverage) -> str:
    guards, proved = len(coverage.of("guard")), len(coverage.of("cannot matter"))
    return f"{proved} that cannot matter (proved), {counted(guards, 'test')} of the disease (guards)"


def _not_counted(coverage: Coverage) -> str:
    """What the one line of a whole coverage leaves to ``--all``."""
    proved = len(coverage.of("cannot matter"))
    return f"; {proved} more cannot matter, proved (--all lists them)" if proved else ""


def percent(share: float) -> str:
    """A share in per cent, rounded down, so that 100.0 % means all."""
    return f"{int(share * 1000) / 10:.1f} %"


def occurrence_words(one: Covered, wording: Wording) -> str:
    """The rule, the test, and the findings that it is written in."""
    occurrence = one.occurrence
    opened = f" (in {' > '.join(occurrence.within)})" if occurrence.within else ""
    return f"{occurrence.rule}: {wording.atom(occurrence.leaf.atom)}{opened}"


def _missing(one: Covered, coverage: Coverage, wording: Wording) -> Iterator[str]:
    yield f"{one.occurrence.place}: {occurrence_words(one, wording)}"
    yield f"  {lacking_words(one)}"
    for value, case in pasted(one, coverage):
        yield f"  a patient with it {'true' if value else 'false'}, ready to paste as a case:"
        yield from (f"    {line}" for line in case)


def lacking_words(one: Covered) -> str:
    """What no case shows of an occurrence."""
    values = " nor ".join("true" if value else "false" for value in one.lacking)
    return f"no case has it {values} where it alone decides the rule"


def pasted(one: Covered, coverage: Coverage) -> Iterator[tuple[bool, list[str]]]:
    """For each value that no case shows, the lines of a case that does."""
    for value, profile in missing_examples(one, coverage.rulebook):
        yield value, case_of_occurrence(one, profile, coverage.rulebook, value=value)


def _proved(one: Covered, wording: Wording) -> Iterator[str]:
    yield f"  {one.occurrence.place}: {occurrence_words(one, wording)}"
    for proof in one.proofs:
        because = "; ".join(proof.axioms) or "another part of the rule already says so"
        yield f"    never {'true' if proof.value else 'false'} where it alone decides: {because}"


def _counted(one: Covered, wording: Wording) -> str:
    counts = " / ".join(str(len(one.by_truth[truth])) for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN))
    return f"  {one.occurrence.place}: {occurrence_words(one, wording)}: {counts}, {one.status}"


def render_json(coverage: Coverage) -> str:
    """Every rule with every occurrence and the cases behind it."""
    wording = Guideline.of(coverage.rulebook).wording
    return as_json({
        "cases": coverage.cases,
        "share": round(coverage.share, 6),
        "counts": {
            "covered": len(coverage.of("covered")),
            "missing": len(coverage.of("missing")),
            "cannot_matter": len(coverage.of("cannot matter")),
            "guards": len(coverage.of("guard")),
        },
        "rules": [
            {
                "rule": name,
                "held": name in coverage.held,
                "occurrences": [_object(one, coverage, wording) for one in found],
            }
            for name, found in coverage.rules.items()
        ],
    })  # fmt: skip


def _object(one: Covered, coverage: Coverage, wording: Wording) -> dict[str, Any]:
    occurrence = one.occurrence
    examples = missing_examples(one, coverage.rulebook) if one.status == "missing" else []
    return {
        "condition": wording.atom(occurrence.leaf.atom),
        "within": occurrence.within,
        "file": occurrence.place.file,
        "line": occurrence.place.line,
        "status": one.status,
        "true": one.by_truth[Truth.TRUE],
        "false": one.by_truth[Truth.FALSE],
        "unknown": one.by_truth[Truth.UNKNOWN],
        "decides_true": one.decided[True],
        "decides_false": one.decided[False],
        "proofs": [{"value": proof.value, "axioms": proof.axioms} for proof in one.proofs],
        "missing": [{"value": value, "profile": profile} for value, profile in examples],
    }
