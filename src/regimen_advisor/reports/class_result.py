"""Write the result of a class: as text, as a table for a spreadsheet, and as one page."""

from __future__ import annotations

import csv
import io

from regimen_advisor.documents.blocks import Block, Bullets, Heading, Paragraph
from regimen_advisor.documents.spreadsheet import no_formula
from regimen_advisor.documents.text import lines_of, plain
from regimen_advisor.files.errors import counted
from regimen_advisor.quiz.classroom import NOT_ANSWERED, ClassResult, Missed
from regimen_advisor.quiz.models import group_words
from regimen_advisor.reports.quiz import pick_words, point_words
from regimen_advisor.wording import listed

MOST_MISSED = 10
"""How many missed points the text and the page show."""


def render_text(result: ClassResult) -> str:
    """The students with their points, and what the class missed most."""
    width = max(len(student.name) for student in result.students)
    rows = [
        f"{student.name.ljust(width)}  {student.right:>3} of {student.of}  ({' '.join(map(str, student.by_question))})"
        for student in result.students
    ]
    blocks: list[Block] = [
        Heading(f"{counted(len(result.students), 'student')}, quiz {result.quiz}", 1),
        Paragraph(average_words(result)),
        Bullets(tuple(rows)),
    ]
    if result.missed:
        blocks.append(Heading("Missed most", 2))
        blocks.append(
            Bullets(tuple(missed_words(missed_point, result) for missed_point in result.missed[:MOST_MISSED]))
        )
    blocks += [Heading("Scope", 2), Paragraph(result.scope)]
    return plain(lines_of(blocks))


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


def render_html(result: ClassResult) -> str:
    """The result as one page, without script or network."""
    from regimen_advisor.reports.pages import environment, style  # noqa: PLC0415 - slow, and only a page needs it

    templates = environment()
    templates.filters["why"] = right_words
    templates.filters["given"] = given_words
    html = templates.get_template("class_result.html.j2").render(
        **style("quiz.css"),
        title=f"{counted(len(result.students), 'student')}: quiz {result.quiz}",
        result=result,
        average=average_words(result),
        missed=result.missed[:MOST_MISSED],
    )
    return html.rstrip() + "\n"


def average_words(result: ClassResult) -> str:
    """The average of the class in one sentence."""
    points = result.students[0].of
    average = sum(student.right for student in result.students) / len(result.students)
    return f"On average {average:.1f} of {points} points."


def missed_words(missed: Missed, result: ClassResult) -> str:
    """How many missed a point, what they answered, and what is right."""
    share = f"Question {missed.question}, {missed.missed} of {len(result.students)}"
    return f"{share} ({given_words(missed)}). {right_words(missed)}"


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
