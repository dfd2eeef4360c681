"""Turn a quiz into items of a course system: plain texts and choices, the same for every format.

A question that sorts regimens gives three: sort them all (matching), say which are offered (several answers), and say
where the most telling one belongs (one answer). Each thing to pick gives one. Each answer has its reason, with the rule
and its section.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from regimen_advisor.quiz.key import AnswerKey, Picked, Point, Solution
from regimen_advisor.quiz.models import LETTERS, MEANINGS, Group, Quiz, QuizQuestion, group_words
from regimen_advisor.words.catalogue import say

ItemKind = Literal["matching", "several", "single"]


@dataclass(frozen=True)
class ItemAnswer:
    """One answer that can be given: whether it is right, and what it is about: a regimen, or something to pick."""

    words: str
    right: bool
    point: Point | None
    group: Group = "not-indicated"
    pick: Picked | None = None


@dataclass(frozen=True)
class QuizItem:
    """One item: ``id`` is the same whenever the same quiz is made. Of a matching item ``answers`` are the pairs."""

    id: str
    name: str
    kind: ItemKind
    question: QuizQuestion
    solution: Solution
    asks: str
    answers: tuple[ItemAnswer, ...]
    groups: tuple[Group, ...]


def items(quiz: Quiz, key: AnswerKey) -> Iterator[QuizItem]:
    """The items of a quiz, in order."""
    groups: tuple[Group, ...] = (*quiz.asks, "not-indicated")
    for question, solution in zip(quiz.questions, key.solutions, strict=True):
        yield from _picks(quiz, question, solution)
        if not solution.points:
            continue
        telling = _telling(solution)
        made: tuple[tuple[ItemKind, str, tuple[ItemAnswer, ...]], ...] = (
            ("matching", say("page_quiz.where"), _pairs(solution)),
            ("several", say("course.which_offered"), _offered(solution)),
            ("single", say("course.where_one", option=telling.name), _places(telling, groups)),
        )
        for kind, asks, answers in made:
            id = f"{quiz.name}-q{question.number}-{kind}"
            name = say("course.item", quiz=quiz.name, question=question.number, part=kind)
            yield QuizItem(id, name, kind, question, solution, asks, answers, groups)


def _picks(quiz: Quiz, question: QuizQuestion, solution: Solution) -> Iterator[QuizItem]:
    """One item for each thing that is picked; an event is repeated in each."""
    for number, (pick, right) in enumerate(zip(question.picks, solution.picks, strict=True), start=1):
        letters = zip(LETTERS, pick.answers, strict=False)
        answers = tuple(
            ItemAnswer(words, right=letter == right.right, point=None, pick=right) for letter, words in letters
        )
        asks = say("course.event", event=question.event, option=pick.asks) if question.event else pick.asks
        name = say("course.item", quiz=quiz.name, question=question.number, part=number)
        yield QuizItem(
            f"{quiz.name}-q{question.number}-{number}", name, "single", question, solution, asks, answers, ()
        )


def _pairs(solution: Solution) -> tuple[ItemAnswer, ...]:
    return tuple(ItemAnswer(point.name, right=True, point=point, group=point.group) for point in solution.points)


def _offered(solution: Solution) -> tuple[ItemAnswer, ...]:
    found = [
        ItemAnswer(point.name, right=point.group.startswith("offered"), point=point, group=point.group)
        for point in solution.points
    ]
    none_of_these = ItemAnswer(
        say("course.none_of_these"), right=not any(answer.right for answer in found), point=None, group="not-indicated"
    )
    return (*found, none_of_these)


def _telling(solution: Solution) -> Point:
    """The point that teaches most: an exclusion, then what waits, then a caution."""
    order: Sequence[Group] = ("excluded", "waiting", "offered-with-caution", "offered", "not-indicated")
    return min(solution.points, key=lambda point: order.index(point.group))


def _places(point: Point, groups: Sequence[Group]) -> tuple[ItemAnswer, ...]:
    return tuple(
        ItemAnswer(
            say("quiz.group", group=group_words(group), meaning=MEANINGS[group]),
            right=group == point.group,
            point=point,
            group=group,
        )
        for group in groups
    )
