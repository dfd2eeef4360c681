"""Write the result of a class: as a document, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from regimen_advisor.documents.blocks import Block, Bullets, Grid, Heading, Paragraph, Table
from regimen_advisor.documents.spreadsheet import no_formula
from regimen_advisor.quiz.classroom import NOT_ANSWERED, ClassResult, Missed
from regimen_advisor.quiz.models import group_words
from regimen_advisor.reports.quiz import pick_words, point_words
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import say

MOST_MISSED = 10
"""How many missed points are shown."""


def title(result: ClassResult) -> str:
    """The title of the result, in one line."""
    return say("class_result.title", count=len(result.students), quiz=result.quiz)


def document(result: ClassResult) -> Iterator[Block]:
    """The students with their points, and what the class missed most."""
    yield Heading(title(result), 1)
    yield Paragraph(average_words(result))
    points = result.students[0].of
    columns = (
        say("class_result.student"),
        say("class_result.points", points=points),
        *(
            say("class_result.question", number=number, points=points)
            for number, points in enumerate(result.by_question, 1)
        ),
    )
    rows = tuple((student.name, str(student.right), *map(str, student.by_question)) for student in result.students)
    yield Table(columns, rows, grid=Grid(tuple(range(1, len(columns)))))
    if result.missed:
        yield Heading(say("class_result.missed_most"))
        yield Bullets(tuple(missed_words(missed_point, result) for missed_point in result.missed[:MOST_MISSED]))
    yield Heading(say("quiz.scope"))
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
    return say("class_result.average", average=f"{average:.1f}", points=points)


def missed_words(missed: Missed, result: ClassResult) -> str:
    """How many missed a point, what they answered, and what is right."""
    return say(
        "class_result.missed",
        question=missed.question,
        number=missed.missed,
        all=len(result.students),
        answers=given_words(missed),
        right=right_words(missed),
    )


def right_words(missed: Missed) -> str:
    """The right answer, and why."""
    return point_words(missed.point) if missed.point else pick_words(missed.pick) if missed.pick else ""


def given_words(missed: Missed) -> str:
    """``3 offered and 1 not answered``: what was answered; of something picked ``3 picked b``."""
    return listed(
        say("class_result.given", number=number, answer=_answer_words(given, missed))
        for given, number in missed.given.items()
    )


def _answer_words(given: str, missed: Missed) -> str:
    if given == NOT_ANSWERED:
        return say("page_quiz.not_answered")
    return say("class_result.picked", letter=given) if missed.pick else group_words(given)
