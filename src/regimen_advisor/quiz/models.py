"""Model a quiz: questions without their answers, and the groups that regimens are sorted into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, JudgedBy, SchemaVersion, Scope
from regimen_advisor.files.sources import Record
from regimen_advisor.words.catalogue import CATALOGUE, say

Level = Literal[1, 2, 3]
QuestionKind = Literal[
    "boundary", "neighbour", "exclusion", "unknown", "next-test", "caution", "study", "standard", "event", "patient"
]
SortKind = Literal["boundary", "neighbour", "exclusion", "unknown"]
PickKind = Literal["next-test", "caution", "study", "standard", "event"]
SORT_KINDS: tuple[SortKind, ...] = get_args(SortKind)
"""Kinds of questions that sort regimens."""
PICK_KINDS: tuple[PickKind, ...] = get_args(PickKind)
"""Kinds of questions with answers to choose from."""
Group = Literal["offered", "offered-with-caution", "waiting", "excluded", "not-indicated"]

MOST_QUESTIONS = 50
GROUPS: dict[int, tuple[Group, ...]] = {
    1: ("offered", "offered-with-caution", "excluded"),
    2: ("offered", "offered-with-caution", "waiting", "excluded"),
    3: ("offered", "offered-with-caution", "waiting", "excluded"),
}
"""What is asked at each level; a regimen that is put in none of the groups is answered as not indicated."""
MEANINGS: Mapping[str, str] = CATALOGUE.room("group_meaning")


LETTERS = "abcdefgh"


def group_words(group: str) -> str:
    """A group as it is read: ``not indicated``."""
    return say(f"standing.{group}")


class Candidate(Record):
    """A regimen that a question asks about."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="display name")


class Pick(Record):
    """Something asked with one right answer among several."""

    asks: str = Field(description="the question")
    answers: tuple[str, ...] = Field(description="the answers to choose from; the first is `a`")


class QuizQuestion(Record):
    """One patient, and either the regimens to sort or what to pick."""

    number: int = Field(ge=1, description="its place in the quiz, from 1")
    kind: QuestionKind = Field(
        description="of a question that sorts regimens, why this patient: at a threshold, one fact away from another "
        "patient, excluded, or not fully known; else what is asked: which test comes next, which caution holds, which "
        "study supports an option, what the standard is, or what changes after an event; `patient`: one whom "
        "the teacher chose"
    )
    like: int | None = Field(None, description="number of the question whose patient differs in one fact only")
    difference: str | None = Field(None, description="that fact, in words")
    profile: dict[str, Any] = Field(description="the patient, as a profile file says it")
    known: tuple[str, ...] = Field(description="the patient in sentences")
    unknown: tuple[str, ...] = Field((), description="what rules may ask for and is not known, in words")
    choices: tuple[Candidate, ...] = Field((), description="the regimens to sort, in the order of the rulebook")
    about: str | None = Field(None, description="id of the regimen that is asked about")
    event: str | None = Field(None, description="what happens to the patient, in a sentence")
    after: dict[str, Any] | None = Field(None, description="the patient after it, as a profile file says it")
    picks: tuple[Pick, ...] = Field((), description="what to pick, each with one right answer")


class Quiz(Record):
    """A set of questions without their answers."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    name: str = Field(description="of exactly these questions: rules, seed, level, number, setting and kinds")
    rulebook: JudgedBy
    seed: int = Field(
        description="the number that the questions were drawn with; the same one gives the same questions"
    )
    level: Level = Field(description="1: all is known; 2: a fact is open; 3: several are")
    setting: str | None = Field(None, description="id of the clinical setting that it keeps to")
    setting_title: str | None = Field(None, description="the title of that setting")
    kinds: tuple[QuestionKind, ...] = Field(
        (), description="the kinds of questions that it keeps to; none named: all of its level"
    )
    asks: tuple[Group, ...] = Field(description="the groups to sort into; what is left out is not indicated")
    questions: tuple[QuizQuestion, ...] = Field(description="the patients to think about, in order")
    scope: Scope = SCOPE

    def question(self, number: int) -> QuizQuestion:
        """The question with this number. Raises ``KeyError`` where there is none."""
        for question in self.questions:
            if question.number == number:
                return question
        raise KeyError(number)
