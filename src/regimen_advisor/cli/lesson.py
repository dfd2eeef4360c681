"""Run the verb ``lesson``: a teacher's sheet from the rules, and slides."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.documents.json import render_answers
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.patient.reading import read_with_documents
from regimen_advisor.quiz.lessons import lesson as lesson_of
from regimen_advisor.reports import lesson as report
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say


class LessonFormat(StrEnum):
    """How ``lesson`` writes its sheets."""

    MARKDOWN = "markdown"
    HTML = "html"
    SLIDES = "slides"
    JSON = "json"


def lesson(
    profiles: Annotated[list[str], typer.Argument(metavar="PROFILE...", help=say("lesson_option.profiles"))],
    format: Annotated[
        LessonFormat, typer.Option("--format", "-f", help=say("lesson_option.format"))
    ] = LessonFormat.MARKDOWN,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.lesson`` of the catalogue."""
    guideline = Guideline.of(load_rulebook(rules, as_of))
    read = read_with_documents(profiles, guideline.rulebook.domain)
    lessons = [lesson_of(guideline.case(patient), dict(document.value)) for patient, document in read]
    match format:
        case LessonFormat.MARKDOWN:
            write_output(report.render_markdown(lessons), output)
        case LessonFormat.HTML:
            write_output(report.render_page(lessons, guideline.rulebook), output)
        case LessonFormat.SLIDES:
            write_output(report.render_slides(lessons, guideline.rulebook), output)
        case LessonFormat.JSON:
            write_output(render_answers(lessons), output)
