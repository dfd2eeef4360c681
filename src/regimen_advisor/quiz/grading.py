"""Answers to a quiz: read from a file, refused by line where they do not fit, and marked with the deciding rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, SchemaVersion, Scope
from regimen_advisor.files.errors import InputError, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Record, read_document, validated
from regimen_advisor.files.validation_messages import listed
from regimen_advisor.quiz.key import AnswerKey, Contrast, Point, Solution, Standard
from regimen_advisor.quiz.models import Group, Question, Quiz

Sorted = Mapping[str, Group]
"""Regimens by id and the group that each was put in; a regimen left out was answered as not indicated."""


class Answer(Record):
    """The regimens of one question, sorted; what stands in no list is answered as not indicated."""

    offered: tuple[str, ...] = Field((), description="the rules offer it, whatever is still unknown")
    offered_with_caution: tuple[str, ...] = Field(
        (), alias="offered-with-caution", description="offered, and a caution surely holds"
    )
    waiting: tuple[str, ...] = Field((), description="asked from level 2 on")
    excluded: tuple[str, ...] = Field((), description="a rule would offer it, and another one excludes it")


class Answers(Record):
    """A file of answers. A question that is left out counts as not answered."""

    quiz: str | None = Field(None, description="name of the quiz; refused where it is another one")
    answers: dict[str, Answer] = Field(description="by the number of the question; regimens by id or name")


class GradedPoint(Record):
    """One regimen as it was sorted and as it should have been, with the reason."""

    given: Group | None = Field(description="nothing where the question was not answered")
    right: bool = Field(description="whether it was put where it belongs")
    point: Point = Field(description="where it belongs, and why")


class GradedQuestion(Record):
    """One question, marked: a point for each regimen in its group."""

    number: int = Field(description="number of the question")
    answered: bool = Field(description="whether the answers speak of it at all")
    right: int = Field(description="points won")
    of: int = Field(description="points that could be won, one a regimen")
    points: tuple[GradedPoint, ...] = Field(description="its regimens, each marked")
    standards: tuple[Standard, ...] = Field((), description="what the sources state as the standard for this patient")
    contrast: Contrast | None = Field(None, description="what one fact would change, where one changes something")


class Grade(Record):
    """A quiz, marked."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    right: int = Field(description="points won in all questions")
    of: int = Field(description="points that could be won")
    questions: tuple[GradedQuestion, ...] = Field(description="each question, marked")
    scope: Scope = SCOPE


def grade(quiz: Quiz, key: AnswerKey, given: Mapping[int, Sorted]) -> Grade:
    """The answers marked; ``given`` holds those to the questions that were answered, by number."""
    marked = [
        _marked(question, solution, given.get(question.number))
        for question, solution in zip(quiz.questions, key.solutions, strict=True)
    ]
    right, of = sum(one.right for one in marked), sum(one.of for one in marked)
    return Grade(quiz=quiz.name, right=right, of=of, questions=tuple(marked))


def _marked(question: Question, solution: Solution, given: Sorted | None) -> GradedQuestion:
    graded = []
    for point in solution.points:
        group: Group | None = None if given is None else given.get(point.regimen, "not-indicated")
        graded.append(GradedPoint(given=group, right=group == point.group, point=point))
    return GradedQuestion(
        number=question.number,
        answered=given is not None,
        right=sum(one.right for one in graded),
        of=len(graded),
        points=tuple(graded),
        standards=solution.standards,
        contrast=solution.contrast,
    )


# Reading -------------------------------------------------------------------------------------------------------------


def read_answers(source: str | Path, quiz: Quiz) -> dict[int, Sorted]:
    """The answers in a file (``-`` for standard input), by the number of the question.

    Raises ``InputError`` with the place of everything that does not fit the quiz.
    """
    document = read_document(source)
    answers = validated(Answers, document)
    problems: list[Problem] = []
    if answers.quiz is not None and answers.quiz != quiz.name:
        message = f"quiz: these answers are for the quiz `{answers.quiz}`, found the quiz `{quiz.name}`"
        help = "the seed, level, number, setting and rules must be those of the quiz that was answered"
        problems.append(Problem(document.locate(("quiz",)), message, help))
    questions = {str(question.number): question for question in quiz.questions}
    found: dict[int, Sorted] = {}
    for number, answer in answers.answers.items():
        if number not in questions:
            place = document.locate_key(("answers", number))
            message = f"answers: expected the number of a question, 1 to {len(questions)}, found `{number}`"
            problems.append(Problem(place, message))
            continue
        found[int(number)] = dict(_sorted(answer, questions[number], quiz, document, problems))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.location))
    return found


def _sorted(
    answer: Answer, question: Question, quiz: Quiz, document: Document, problems: list[Problem]
) -> Iterator[tuple[str, Group]]:
    groups: tuple[tuple[Group, tuple[str, ...]], ...] = (
        ("offered", answer.offered),
        ("offered-with-caution", answer.offered_with_caution),
        ("waiting", answer.waiting),
        ("excluded", answer.excluded),
    )
    seen: dict[str, Group] = {}
    path = ("answers", str(question.number))
    for group, words in groups:
        if words and group not in quiz.asks:
            message = f"{group}: a quiz of level {quiz.level} asks for {listed(quiz.asks, 'and')} only"
            problems.append(Problem(document.locate_key((*path, group)), message))
            continue
        for index, word in enumerate(words):
            place = document.locate((*path, group, index))
            try:
                regimen = chosen_regimen(word, question)
            except KeyError as error:
                message = f"{group}: expected a regimen that question {question.number} asks about"
                problems.append(Problem(place, f"{message}, found `{word}`", error.args[0]))
                continue
            if regimen in seen:
                where = "twice" if seen[regimen] == group else f"under {seen[regimen]} too"
                problems.append(Problem(place, f"{group}: expected each regimen once, found `{regimen}` {where}"))
                continue
            seen[regimen] = group
            yield regimen, group


def chosen_regimen(word: str, question: Question) -> str:
    """The id of a regimen of the question by its id or name. Raises ``KeyError`` with the nearest, if there is one."""
    known = {text.casefold(): one.regimen for one in question.choices for text in (one.name, one.regimen)}
    if word.casefold() in known:
        return known[word.casefold()]
    raise KeyError(did_you_mean(word, [choice.regimen for choice in question.choices]))
