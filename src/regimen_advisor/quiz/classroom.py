"""The answers of a class: one file a student, marked together, with what the class missed most."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, SchemaVersion, Scope
from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.sources import Record
from regimen_advisor.quiz.grading import Grade, grade, read_answers
from regimen_advisor.quiz.key import AnswerKey, Point
from regimen_advisor.quiz.models import Quiz


class Student(Record):
    """One student's result."""

    name: str = Field(description="the name of the file of answers, without its ending")
    right: int = Field(description="points won")
    of: int = Field(description="points that could be won")
    by_question: tuple[int, ...] = Field(description="points won in each question, in order")


class Missed(Record):
    """A point that students missed, and how often."""

    question: int = Field(description="number of the question")
    point: Point = Field(description="where the regimen belongs, and why")
    missed: int = Field(description="how many students put it elsewhere")
    given: dict[str, int] = Field(description="where they put it, and how many did; `not answered` is one of these")


class ClassResult(Record):
    """A class, marked. Students are in the order of their names, what was missed most comes first."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    students: tuple[Student, ...] = Field(description="each student's points")
    by_question: tuple[int, ...] = Field(description="points that could be won in each question")
    missed: tuple[Missed, ...] = Field(description="every point that someone missed")
    scope: Scope = SCOPE


NOT_ANSWERED = "not answered"


def grade_class(folder: str | Path, quiz: Quiz, key: AnswerKey) -> ClassResult:
    """The answers in a folder, one file (YAML or JSON) a student.

    Raises ``InputError`` with every problem of every file, and for a folder without any.
    """
    files = [*yaml_files(folder), *yaml_files(folder, ".json")]
    if not files:
        raise InputError.at(Location(str(folder)), "expected files of answers (.yaml or .json), found none")
    graded: dict[str, Grade] = {}
    found = Gathered()
    for file in sorted(files):
        if file.stem in graded:
            message = f"expected one file of answers for each student, found two for `{file.stem}`"
            found.problems.append(Problem(Location(str(file)), message))
        with found.one_file():
            graded[file.stem] = grade(quiz, key, read_answers(file, quiz))
    found.refuse()
    students = tuple(
        Student(name=name, right=one.right, of=one.of, by_question=tuple(marked.right for marked in one.questions))
        for name, one in graded.items()
    )
    return ClassResult(
        quiz=quiz.name,
        students=students,
        by_question=tuple(len(solution.points) for solution in key.solutions),
        missed=_missed(key, graded),
    )


def _missed(key: AnswerKey, graded: Mapping[str, Grade]) -> tuple[Missed, ...]:
    found = []
    for at, solution in enumerate(key.solutions):
        for place, point in enumerate(solution.points):
            marked = [one.questions[at].points[place] for one in graded.values()]
            wrong = [one.given or NOT_ANSWERED for one in marked if not one.right]
            if wrong:
                given = {
                    group: wrong.count(group) for group in sorted(set(wrong), key=lambda one: (-wrong.count(one), one))
                }
                found.append(Missed(question=solution.number, point=point, missed=len(wrong), given=given))
    return tuple(sorted(found, key=lambda one: -one.missed))
