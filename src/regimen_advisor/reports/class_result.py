"""The result of a class: as a document, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from regimen_advisor.documents.blocks import Block, Bullets, Grid, Heading, Paragraph, Table
from regimen_advisor.documents.spreadsheet import no_formula
from regimen_advisor.files.errors import counted
from regimen_advisor.quiz.classroom import NOT_ANSWERED, ClassResult, Missed
from regimen_advisor.quiz.models import group_words
from regimen_advisor.reports.quiz import pick_words, point_words
from regimen_advisor.wording import listed

MOST_MISSED = 10
"""How many missed points are shown."""


def title(result: ClassResult) -> str:
    """What the result is, in one line."""
    return f"{counted(len(result.students), 'student')}, quiz {result.quiz}"


def document(result: ClassResult) -> Iterator[Block]:
    """The students with their points, and what the class missed most."""
    yield Heading(title(result), 1)
    yield Paragraph(average_words(result))
    points = result.students[0].of
    columns = (
        "Student",
        f"Points of {points}",
        *(f"Q{number} of {points}" for number, points in enumerate(result.by_question, 1)),
    )
    rows = tuple((student.name, str(student.right), *map(str, student.by_question)) for student in result.students)
    yield Table(columns, rows, grid=Grid(tuple(range(1, len(columns)))))
    if result.missed:
        yield Heading("Missed most")
        yield Bullets(tuple(missed_words(missed_point, result) for missed_point in result.missed[:MOST_MISSED]))
    yield Heading("Scope")
    yield Paragraph(result.scope, "scope")


def render_csv(result: ClassResult) -> str:
    """A row a student: the points in all, then those of each question."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    numbers = range(1, len(result.by_question) + 1)
    rows.writerow(["student", "right", "of", *(f"question {number}" for number in numbers)])
    rows.writerows(
        [no_formula(student.name), student.right, student.of, *student.by_question] for student in result.students
    )
    return written.getvalue()


def average_words(result: ClassResult) -> str:
    """The average of the class in one sentence."""
    points = result.students[0].of
    average = sum(student.right for student in result.students) / len(result.students)
    return f"On average {average:.1f} of {points} points."


def missed_words(missed: Missed, result: ClassResult) -> str:
    """How many missed a point, what they answered, and what is right."""
    share = f"Question {missed.question}, missed by {missed.missed} of {len(result.students)}"
    return f"{share} (answered: {given_words(missed)}). {right_words(missed)}"


def right_words(missed: Missed) -> str:
    """The right answer, and why."""
    return point_words(missed.point) if missed.point else pick_words(missed.pick) if missed.pick else ""


def given_words(missed: Missed) -> str:
    """``3 offered and 1 not answered``: what was answered; of something picked ``3 picked b``."""
    picked = "picked " if missed.pick else ""
    words = ((count, group) for group, count in missed.given.items())
    return listed(
        f"{count} {group_words(group) if group == NOT_ANSWERED else picked + group_words(group)}"
        for count, group in words
    )
