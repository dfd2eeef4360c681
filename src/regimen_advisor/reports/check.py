"""Write ``check`` as a document and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regimen_advisor.documents.blocks import Block, Findings, Folded, Found, Headline, Paragraph
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reports.annotations import Annotation, AnnotationLevel
from regimen_advisor.reports.places import place
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import say

MOST_OF_A_KIND = 12
"""How many warnings of one kind are written out; the rest is counted."""


def document(checked: Checked) -> Iterator[Block]:
    """How much there is of each, the faults with the patients that show them, and the warnings."""
    yield Headline(say("check.title"), summary(checked), good=not checked.faults)
    yield _findings("fault", (say("findings.where"), say("check.fault"), say("check.wrong")), checked.faults)
    if checked.warnings:
        yield Folded(say("count.warning", count=len(checked.warnings)), tuple(_warnings(checked.warnings)), 0)
    if checked.left_out:
        folder = checked.rulebook.folders[-1]
        yield Paragraph(say("check.left_out", count=checked.left_out, folder=folder))


def _warnings(warnings: Sequence[Flaw]) -> Iterator[Block]:
    for kind in dict.fromkeys(flaw.kind for flaw in warnings):
        found = [flaw for flaw in warnings if flaw.kind == kind]
        yield _findings(
            "warning", (say("findings.where"), say("check.warning"), say("check.look")), found[:MOST_OF_A_KIND]
        )
        if len(found) > MOST_OF_A_KIND:
            yield Paragraph(say("check.more", count=len(found) - MOST_OF_A_KIND, kind=say(f"flaw_kind.{kind}")))


def _findings(level: str, columns: tuple[str, str, str], flaws: Sequence[Flaw]) -> Findings:
    sentences = [say("check.flaw", subject=flaw.subject, sentence=flaw.says) for flaw in flaws]
    return Findings(columns, tuple(
        Found(place(flaw.location), level, say(f"flaw_kind.{flaw.kind}"), words, _witness(flaw))
        for flaw, words in zip(flaws, sentences, strict=True)
    ))  # fmt: skip


def _witness(flaw: Flaw) -> tuple[str, ...]:
    """A profile that shows it; where nobody is offered anything, any patient of the setting does."""
    return tuple(profile_lines(flaw.witness)) if flaw.witness is not None and flaw.kind != "no option" else ()


def summary(checked: Checked) -> str:
    """How much was looked at, and how much was found."""
    rulebook = checked.rulebook
    faults, warnings = len(checked.faults), len(checked.warnings)
    return say(
        "check.summary",
        rules=len(rulebook.rules),
        findings=len(rulebook.findings),
        regimens=len(rulebook.regimens),
        faults=say("check.faults", count=faults) if faults else say("check.no_faults"),
        warnings=say("count.warning", count=warnings) if warnings else say("check.no_warnings"),
    )


def data(checked: Checked) -> dict[str, Any]:
    """Everything found, with the digest of the rulebook; of a stack also how many warnings are left out."""
    left_out = {} if len(checked.rulebook.folders) == 1 else {"warnings_left_out": checked.left_out}
    return {
        "schema_version": "1",
        "rulebook": {"version": checked.rulebook.version, "digest": checked.rulebook.digest},
        "faults": [_data(flaw) for flaw in checked.faults],
        "warnings": [_data(flaw) for flaw in checked.warnings],
        **left_out,
    }


def _data(flaw: Flaw) -> dict[str, Any]:
    return {
        "kind": flaw.kind,
        "subject": flaw.subject,
        "file": flaw.location.file,
        "line": flaw.location.line,
        "says": flaw.says,
        "witness": flaw.witness,
    }


def annotated(checked: Checked) -> list[Annotation]:
    """Faults as errors, then warnings as warnings."""
    levels: tuple[AnnotationLevel, AnnotationLevel] = ("error", "warning")
    return [
        Annotation(level, flaw.location, flaw.kind, flaw.subject, f"{flaw.subject}: {flaw.says}")
        for level, found in zip(levels, (checked.faults, checked.warnings), strict=True)
        for flaw in found
    ]
