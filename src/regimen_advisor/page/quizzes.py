"""Export quiz questions to the teaching page, each with its answers in the words of the answer key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Setting
from regimen_advisor.quiz.generating import settings_of
from regimen_advisor.quiz.key import Picked, Solution, solution
from regimen_advisor.quiz.making import questions
from regimen_advisor.quiz.models import GROUPS, LETTERS, Level, QuestionKind, Quiz, QuizQuestion
from regimen_advisor.reports.quiz import (
    changed_words,
    contrast_words,
    deciding_words,
    pick_words,
    standard_words,
    title,
    vignette,
)
from regimen_advisor.wording import listed

Json = dict[str, Any]
POOL_SEED = 1
POOL: tuple[tuple[Level, int, tuple[QuestionKind, ...]], ...] = (
    (1, 6, ("boundary", "exclusion", "caution", "study", "standard", "event")),
    (2, 2, ("unknown", "next-test")),
    (3, 1, ("unknown",)),
)
"""For each setting how many questions of which kinds; a level asks those of the levels below it too."""
_PLACE = re.compile(r"\[[^\[\]]*, ([a-z0-9-]+)\]")


def page_quiz(rulebook: Rulebook, chosen: Quiz | None = None) -> Json:
    """All that the page asks: the questions it chooses from, or those of one quiz and nothing else."""
    settings = [] if chosen else [{"id": setting.id, "title": setting.title} for setting in settings_of(rulebook)]
    return {
        "settings": settings,
        "asks": {str(level): [*groups, "not-indicated"] for level, groups in GROUPS.items()},
        "pool": [] if chosen else list(pool(rulebook)),
        "chosen": _chosen(chosen, rulebook) if chosen else None,
    }


def _chosen(quiz: Quiz, rulebook: Rulebook) -> Json:
    return {
        "name": quiz.name,
        "title": title(quiz),
        "level": quiz.level,
        "questions": [question_data(question, solution(question, rulebook), rulebook) for question in quiz.questions],
    }


def pool(rulebook: Rulebook) -> tuple[Json, ...]:
    """The questions that the page chooses from, for every setting; fewer where a small rulebook has too little."""
    return Guideline.of(rulebook).kept(_pool)


def _pool(rulebook: Rulebook) -> tuple[Json, ...]:
    return tuple(
        # What would lift an exclusion takes longest to find, and few such changes are ones that happen.
        {
            "setting": setting.id,
            "level": level,
            **question_data(question, solution(question, rulebook, contrast=question.kind != "exclusion"), rulebook),
        }
        for setting in settings_of(rulebook)
        for level, question in _of_setting(setting, rulebook)
    )


def _of_setting(setting: Setting, rulebook: Rulebook) -> Iterator[tuple[Level, QuizQuestion]]:
    for level, count, kinds in POOL:
        with suppress(InputError):  # fewer can be made
            for question in questions(rulebook, POOL_SEED, count, setting, level, kinds):
                yield level, question


def question_data(question: QuizQuestion, key: Solution, rulebook: Rulebook) -> Json:
    """A question and its answers: of regimens by group, of picks by the place of the right answer."""
    found: Json = {"kind": question.kind, "profile": question.profile, "vignette": vignette(question)}
    if question.difference:
        found |= {"like": question.like, "difference": question.difference}
    if question.event:
        found["event"] = question.event
    if key.changes:
        found["changes"] = changed_words(key.changes)
    if question.picks:
        picks = zip(question.picks, key.picks, strict=True)
        return found | {"picks": [_pick(list(pick.answers), pick.asks, right, rulebook) for pick, right in picks]}
    answers = [
        {
            "regimen": point.regimen,
            "name": point.name,
            "group": point.group,
            "waits_for": listed(point.waits_for),
            "because": [
                {"rule": reason.rule, "words": deciding_words(reason, point.group)} for reason in point.because
            ],
        }
        for point in key.points
    ]
    contrast = key.contrast
    contrast_data = {"words": contrast_words(contrast), "profile": contrast.profile} if contrast else None
    return found | {"sort": answers, "standards": list(map(standard_words, key.standards)), "contrast": contrast_data}


def _pick(answers: Sequence[str], asks: str, right: Picked, rulebook: Rulebook) -> Json:
    return {
        "asks": asks,
        "answers": answers,
        "right": LETTERS.index(right.right),
        "words": pick_words(right).removeprefix(f"{right.asks} "),
        "rules": [name for name in dict.fromkeys(_PLACE.findall(right.because)) if name in rulebook.rules],
    }
