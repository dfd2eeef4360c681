"""Mark the answers of a class: one file a student, all together, with what the class missed most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, SchemaVersion, Scope
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.sources import Record, read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.generating import quiz_named
from regimen_advisor.quiz.grading import Grade, grade, read_handed
from regimen_advisor.quiz.key import AnswerKey, Picked, Point
from regimen_advisor.quiz.models import Quiz
from regimen_advisor.words.catalogue import say


class Student(Record):
    """One student's result."""

    name: str = Field(description="who answered, as the file says; else the name of the file without its ending")
    right: int = Field(description="points won")
    of: int = Field(description="points that could be won")
    by_question: tuple[int, ...] = Field(description="points won in each question, in order")


class Missed(Record):
    """A point that students missed, and how often."""

    question: int = Field(description="number of the question")
    point: Point | None = Field(None, description="of a regimen that was sorted: where it belongs, and why")
    pick: Picked | None = Field(None, description="of something that was picked: the right answer, and why")
    missed: int = Field(description="how many students got it wrong")
    given: dict[str, int] = Field(description="what they answered, and how many did; `not answered` is one of these")


class ClassResult(Record):
    """A class, marked. Students are in the order of their names, what was missed most comes first."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    students: tuple[Student, ...] = Field(description="each student's points")
    by_question: tuple[int, ...] = Field(description="points that could be won in each question")
    missed: tuple[Missed, ...] = Field(description="every point that someone missed")
    scope: Scope = SCOPE


NOT_ANSWERED = "not answered"


def quiz_of_class(folder: str | Path, rulebook: Rulebook) -> Quiz | None:
    """The quiz that the files of a folder name, where the first of them names one of this rulebook."""
    for file in sorted([*yaml_files(folder), *yaml_files(folder, ".json")])[:1]:
        with suppress(InputError):
            written = read_document(file).value
            name = written.get("quiz") if isinstance(written, dict) else None
            return quiz_named(name, rulebook) if isinstance(name, str) else None
    return None


def grade_class(folder: str | Path, quiz: Quiz, key: AnswerKey) -> ClassResult:
    """The answers in a folder, one file (YAML or JSON) a student.

    Raises ``InputError`` with every problem of every file, and for a folder without any.
    """
    files = [*yaml_files(folder), *yaml_files(folder, ".json")]
    if not files:
        raise InputError.at(Location(str(folder)), say("quiz_error.no_answers"))
    graded: dict[str, Grade] = {}
    found = Gathered()
    for file in sorted(files):
        with found.one_file():
            handed = read_handed(file, quiz)
            name = handed.student or file.stem
            if name in graded:
                message = say("quiz_error.two_files", student=name)
                raise InputError.at(Location(str(file)), message)
            graded[name] = grade(quiz, key, handed.given)
    found.refuse()
    students = tuple(
        Student(
            name=name,
            right=student_grade.right,
            of=student_grade.of,
            by_question=tuple(marked.right for marked in student_grade.questions),
        )
        for name, student_grade in sorted(graded.items())
    )
    return ClassResult(
        quiz=quiz.name,
        students=students,
        by_question=tuple(len(solution.points) + len(solution.picks) for solution in key.solutions),
        missed=_missed(key, graded),
    )


def _missed(key: AnswerKey, graded: Mapping[str, Grade]) -> tuple[Missed, ...]:
    found = []
    for number, solution in enumerate(key.solutions):
        answered = [student_grade.questions[number] for student_grade in graded.values()]
        for place, point in enumerate(solution.points):
            wrong = [
                marked.points[place].given or NOT_ANSWERED for marked in answered if not marked.points[place].right
            ]
            found += [Missed(question=solution.number, point=point, missed=len(wrong), given=_counted(wrong))]
        for place, pick in enumerate(solution.picks):
            wrong = [marked.picks[place].given or NOT_ANSWERED for marked in answered if not marked.picks[place].right]
            found += [Missed(question=solution.number, pick=pick, missed=len(wrong), given=_counted(wrong))]
    return tuple(sorted((missed for missed in found if missed.missed), key=lambda missed: -missed.missed))


def _counted(words: Sequence[str]) -> dict[str, int]:
    return {
        word: words.count(word)
        for word in sorted(set(words), key=lambda word_counted: (-words.count(word_counted), word_counted))
    }
