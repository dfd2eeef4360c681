"""Grade answers to a quiz: read from a file, refused by line where they do not fit, marked with the deciding rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, SchemaVersion, Scope
from regimen_advisor.files.errors import InputError, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Record, read_document, validated
from regimen_advisor.files.validation_messages import listed
from regimen_advisor.quiz.key import AnswerKey, Contrast, Picked, Point, Solution, Standard
from regimen_advisor.quiz.models import LETTERS, Group, Pick, Quiz, QuizQuestion
from regimen_advisor.words.catalogue import say

Sorted = Mapping[str, Group]
"""Regimens by id and the group that each was put in; a regimen left out was answered as not indicated."""
Picks = tuple[str | None, ...]
"""The letters that were picked, in order; ``None`` or nothing where none was."""
Given = Sorted | Picks
"""The answer to one question: regimens that were sorted, or letters that were picked."""


class QuizAnswer(Record):
    """The regimens of one question, sorted; what is in no list is answered as not indicated."""

    offered: tuple[str, ...] = Field((), description="the rules offer it, whatever is still unknown")
    offered_with_caution: tuple[str, ...] = Field(
        (), alias="offered-with-caution", description="offered, and a caution surely holds"
    )
    waiting: tuple[str, ...] = Field((), description="asked from level 2 on")
    excluded: tuple[str, ...] = Field((), description="a rule would offer it, and another one excludes it")

    picks: tuple[str | None, ...] = Field(
        (), description="of a question with answers to pick: the letter or the words of each, in order; null: none"
    )


class Answers(Record):
    """A file of answers. A question that is left out counts as not answered."""

    quiz: str | None = Field(None, description="name of the quiz; refused where it is another one")
    student: str | None = Field(None, description="who answered; without it the name of the file")
    answers: dict[str, QuizAnswer] = Field(description="by the number of the question; regimens by id or name")


class GradedPoint(Record):
    """One regimen as it was sorted and as it should have been, with the reason."""

    given: Group | None = Field(description="nothing where the question was not answered")
    right: bool = Field(description="whether it was put where it belongs")
    point: Point = Field(description="where it belongs, and why")


class GradedPick(Record):
    """Something that was picked, and what the right answer is."""

    given: str | None = Field(description="the letter that was picked; nothing where none was")
    right: bool = Field(description="whether it is the right one")
    pick: Picked = Field(description="the right answer, and why")


class GradedQuestion(Record):
    """One question, marked: a point for each regimen in its group, or for each right answer picked."""

    number: int = Field(description="number of the question")
    answered: bool = Field(description="whether the answers speak of it at all")
    right: int = Field(description="points won")
    of: int = Field(description="points that could be won, one a regimen or pick")
    points: tuple[GradedPoint, ...] = Field((), description="its regimens, each marked")
    picks: tuple[GradedPick, ...] = Field((), description="what was picked, each marked")
    standards: tuple[Standard, ...] = Field((), description="what the sources state as the standard for this patient")
    contrast: Contrast | None = Field(None, description="what one fact would change, where one changes something")
    changes: tuple[str, ...] = Field((), description="what packs changed that bears on this patient, and why, in words")


class Grade(Record):
    """A quiz, marked."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    quiz: str = Field(description="name of the quiz")
    right: int = Field(description="points won in all questions")
    of: int = Field(description="points that could be won")
    questions: tuple[GradedQuestion, ...] = Field(description="each question, marked")
    scope: Scope = SCOPE


def grade(quiz: Quiz, key: AnswerKey, given: Mapping[int, Given]) -> Grade:
    """The answers marked; ``given`` holds those to the questions that were answered, by number."""
    marked = [
        _marked(question, solution, given.get(question.number))
        for question, solution in zip(quiz.questions, key.solutions, strict=True)
    ]
    right, total = (
        sum(marked_question.right for marked_question in marked),
        sum(marked_question.of for marked_question in marked),
    )
    return Grade(quiz=quiz.name, right=right, of=total, questions=tuple(marked))


def _marked(question: QuizQuestion, solution: Solution, given: Given | None) -> GradedQuestion:
    sorted_ = given if isinstance(given, Mapping) else {}
    letters = given if isinstance(given, tuple) else ()
    points = []
    for point in solution.points:
        group: Group | None = None if given is None else sorted_.get(point.regimen, "not-indicated")
        points.append(GradedPoint(given=group, right=group == point.group, point=point))
    picks = []
    for pick, letter in zip(solution.picks, (*letters, *[None] * len(solution.picks)), strict=False):
        picks.append(GradedPick(given=letter, right=letter == pick.right, pick=pick))
    won = [part.right for part in points] + [part.right for part in picks]
    return GradedQuestion(
        number=question.number,
        answered=given is not None,
        right=sum(won),
        of=len(won),
        points=tuple(points),
        picks=tuple(picks),
        standards=solution.standards,
        contrast=solution.contrast,
        changes=solution.changes,
    )


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandedIn:
    """A file of answers: who answered, if it says so, and the answer to each question by its number."""

    student: str | None
    given: Mapping[int, Given]


def read_answers(source: str | Path, quiz: Quiz) -> dict[int, Given]:
    """The answers in a file (``-`` for standard input), by the number of the question.

    Raises ``InputError`` with the place of everything that does not fit the quiz.
    """
    return dict(read_handed(source, quiz).given)


def read_handed(source: str | Path, quiz: Quiz) -> HandedIn:
    """The answers in a file, and whose they are. Raises ``InputError`` as ``read_answers`` does."""
    document = read_document(source)
    answers = validated(Answers, document)
    problems: list[Problem] = []
    if answers.quiz is not None and answers.quiz != quiz.name:
        message = say("quiz_error.wrong_quiz", given=answers.quiz, quiz=quiz.name)
        help = say("quiz_error.same_choices")
        problems.append(Problem(document.locate(("quiz",)), message, help))
    questions = {str(question.number): question for question in quiz.questions}
    found: dict[int, Given] = {}
    for number, answer in answers.answers.items():
        if number not in questions:
            place = document.locate_key(("answers", number))
            message = say("quiz_error.no_question", last=len(questions), found=number)
            problems.append(Problem(place, message))
            continue
        question = questions[number]
        sorted_ = dict(_sorted(answer, question, quiz, document, problems))
        letters = tuple(_letters(answer, question, document, problems))
        found[int(number)] = letters if question.picks else sorted_
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.location))
    return HandedIn(answers.student, found)


def _letters(
    answer: QuizAnswer, question: QuizQuestion, document: Document, problems: list[Problem]
) -> Iterator[str | None]:
    path = ("answers", str(question.number), "picks")
    if len(answer.picks) > len(question.picks):
        found = len(answer.picks)
        message = say("quiz_error.picks", most=len(question.picks), question=question.number, found=found)
        problems.append(Problem(document.locate(path), message))
        return
    for index, (word, pick) in enumerate(zip(answer.picks, question.picks, strict=False)):
        try:
            yield None if word is None else chosen_letter(word, pick)
        except KeyError as error:
            place, known = (
                document.locate((*path, index)),
                say("card.from_to", first=LETTERS[0], last=LETTERS[len(pick.answers) - 1]),
            )
            message = say("quiz_error.letter", letters=known, found=word)
            problems.append(Problem(place, message, error.args[0]))


def chosen_letter(word: str, pick: Pick) -> str:
    """The letter of an answer by itself or by its words. Raises ``KeyError`` with the nearest, if there is one."""
    known = {answer.casefold(): letter for letter, answer in zip(LETTERS, pick.answers, strict=False)}
    letters = LETTERS[: len(pick.answers)]
    if len(word) == 1 and word.casefold() in letters:
        return word.casefold()
    if word.casefold() in known:
        return known[word.casefold()]
    raise KeyError(did_you_mean(word, pick.answers))


def _sorted(
    answer: QuizAnswer, question: QuizQuestion, quiz: Quiz, document: Document, problems: list[Problem]
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
            message = say("quiz_error.level", group=group, level=quiz.level, groups=listed(quiz.asks, "and"))
            problems.append(Problem(document.locate_key((*path, group)), message))
            continue
        for index, word in enumerate(words):
            place = document.locate((*path, group, index))
            try:
                regimen = chosen_regimen(word, question)
            except KeyError as error:
                message = say("quiz_error.regimen", group=group, question=question.number, found=word)
                problems.append(Problem(place, message, error.args[0]))
                continue
            if regimen in seen:
                place_found = (
                    say("quiz_error.twice") if seen[regimen] == group else say("quiz_error.under", group=seen[regimen])
                )
                problems.append(Problem(place, say("quiz_error.once", group=group, regimen=regimen, place=place_found)))
                continue
            seen[regimen] = group
            yield regimen, group


def chosen_regimen(word: str, question: QuizQuestion) -> str:
    """The id of a regimen of the question by its id or name. Raises ``KeyError`` with the nearest, if there is one."""
    known = {text.casefold(): choice.regimen for choice in question.choices for text in (choice.name, choice.regimen)}
    if word.casefold() in known:
        return known[word.casefold()]
    raise KeyError(did_you_mean(word, [choice.regimen for choice in question.choices]))
