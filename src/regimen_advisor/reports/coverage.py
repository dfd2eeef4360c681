"""Write coverage as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regimen_advisor.documents.blocks import (
    Block,
    Code,
    Findings,
    Folded,
    Found,
    Heading,
    Headline,
    Item,
    Paragraph,
    Table,
)
from regimen_advisor.guideline import Guideline
from regimen_advisor.language.values import Truth
from regimen_advisor.reports.annotations import Annotation
from regimen_advisor.reports.coverage_listing import listed_rules, signs
from regimen_advisor.reports.coverage_words import (
    lacking_words,
    occurrence_words,
    percent,
    proof_lines,
    truth_words,
)
from regimen_advisor.reports.places import place
from regimen_advisor.testing.coverage import Coverage, Covered
from regimen_advisor.testing.suggesting import case_of_occurrence, missing_examples
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import say

_SHOWN = (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)
MOST_PAIRS = 10
"""How many missing pairs are spelt out, unless all are asked for; the JSON holds all of them."""


def document(
    coverage: Coverage, *, everything: bool = False, part: Path | None = None, listed: bool = False
) -> Iterator[Block]:
    """The share, what is missing with cases to paste; with ``everything`` also what does not matter, and all counts.

    With ``listed`` each rule follows, line by line. ``part`` is the folder whose rules alone were measured.
    """
    wording = Guideline.of(coverage.rulebook).wording
    missing, proved = coverage.of("missing"), coverage.of("cannot matter")
    yield Headline(say("coverage.title"), f"{summary(coverage)}{_not_counted(coverage)}", good=coverage.is_whole)
    if part is not None:
        yield Paragraph(only_of(part))
    if listed:
        yield from signs(coverage)
    places = ((name, coverage.rulebook.rules[name].location) for name in coverage.unused)
    yield Findings(
        (say("findings.where"), say("coverage.rule"), say("coverage.not_shown")),
        tuple(Found(place(location), name, name, say("coverage.holds_in_no_case")) for name, location in places),
    )
    for covered in missing if everything else missing[:MOST_PAIRS]:
        yield Folded(_named(covered, wording), tuple(_missing(covered, coverage)), 3)
    if len(missing) > MOST_PAIRS and not everything:
        yield Paragraph(say("coverage.more_missing", count=len(missing) - MOST_PAIRS))
    if everything and proved:
        yield Folded(say("coverage.cannot_matter"), tuple(_proved(covered, wording) for covered in proved))
    if everything:
        counts = tuple(_counts(covered, wording) for found in coverage.rules.values() for covered in found)
        yield Folded(
            say("coverage.every_condition"),
            (Table((say("coverage.condition"), *(say(f"truth.{truth.value}") for truth in _SHOWN), ""), counts),),
        )
    if listed:
        yield from listed_rules(coverage)


def render_html(coverage: Coverage, *, everything: bool = False, part: Path | None = None) -> str:
    """The document with each rule line by line, as one self-contained page."""
    from regimen_advisor.reports.pages import page  # noqa: PLC0415 - Jinja2 is slow to load, and no text needs it

    title = say("coverage.page_title")
    blocks = document(coverage, everything=everything, part=part, listed=True)
    return page(title, [Heading(title, 1), *blocks], "coverage.css")


def only_of(part: Path) -> str:
    """That only the rules of the last folder of a stack were looked at, and how to take them all."""
    return say("coverage.only_of", folder=part.name)


def summary(coverage: Coverage) -> str:
    """How much is covered, in one line."""
    covered, missing = len(coverage.of("covered")), len(coverage.of("missing"))
    return say(
        "coverage.summary",
        rules=say("coverage.rules", count=len(coverage.rules)),
        cases=say("coverage.cases", count=coverage.cases),
        covered=covered,
        conditions=say("coverage.conditions", count=covered + missing),
        share=percent(coverage.share),
    )


def _not_counted(coverage: Coverage) -> str:
    """What is left out of the count; ``--all`` lists it."""
    proved = len(coverage.of("cannot matter"))
    return say("coverage.not_counted", count=proved) if proved else ""


def _named(covered: Covered, wording: Wording) -> str:
    return f"{place(covered.occurrence.place, column=True)}: {occurrence_words(covered, wording)}"


def _missing(covered: Covered, coverage: Coverage) -> Iterator[Block]:
    yield Paragraph(lacking_words(covered))
    for value, case in pasted(covered, coverage):
        yield Paragraph(say("coverage.to_paste", truth=truth_words(value)))
        yield Code(tuple(case))


def pasted(covered: Covered, coverage: Coverage) -> Iterator[tuple[bool, list[str]]]:
    """For each value that no case shows, the lines of a case that does."""
    for value, profile in missing_examples(covered, coverage.rulebook):
        yield value, case_of_occurrence(covered, profile, coverage.rulebook, value=value)


def _proved(covered: Covered, wording: Wording) -> Item:
    return Item(_named(covered, wording), tuple(map(Paragraph, proof_lines(covered))))


def _counts(covered: Covered, wording: Wording) -> tuple[str, ...]:
    counts = (str(len(covered.by_truth[truth])) for truth in _SHOWN)
    return (_named(covered, wording), *counts, say(f"covered.{covered.status}"))


def data(coverage: Coverage) -> dict[str, Any]:
    """Every rule with every occurrence and the cases behind it."""
    wording = Guideline.of(coverage.rulebook).wording
    return {
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
                "occurrences": [_object(covered, coverage, wording) for covered in found],
            }
            for name, found in coverage.rules.items()
        ],
    }


def _object(covered: Covered, coverage: Coverage, wording: Wording) -> dict[str, Any]:
    occurrence = covered.occurrence
    examples = missing_examples(covered, coverage.rulebook) if covered.status == "missing" else []
    return {
        "condition": wording.atom(occurrence.leaf.atom),
        "within": occurrence.within,
        "file": occurrence.place.file,
        "line": occurrence.place.line,
        "status": covered.status,
        "true": covered.by_truth[Truth.TRUE],
        "false": covered.by_truth[Truth.FALSE],
        "unknown": covered.by_truth[Truth.UNKNOWN],
        "decides_true": covered.decided[True],
        "decides_false": covered.decided[False],
        "proofs": [{"value": proof.value, "axioms": proof.axioms} for proof in covered.proofs],
        "missing": [{"value": value, "profile": profile} for value, profile in examples],
    }


def annotated(coverage: Coverage) -> list[Annotation]:
    """Each rule that holds in no case, and each condition that the cases do not show to matter."""
    wording = Guideline.of(coverage.rulebook).wording
    unused = [
        Annotation(
            "warning",
            coverage.rulebook.rules[name].location,
            say("annotation.unused_rule"),
            name,
            say("check.flaw", subject=name, sentence=say("coverage.holds_in_no_case")),
        )
        for name in coverage.unused
    ]
    return unused + [
        Annotation(
            "warning", covered.occurrence.place, say("annotation.not_covered"), covered.occurrence.rule,
            say("check.flaw", subject=occurrence_words(covered, wording), sentence=lacking_words(covered)),
        )
        for covered in coverage.of("missing")
    ]  # fmt: skip
