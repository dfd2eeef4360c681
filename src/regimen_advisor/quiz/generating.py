"""The quiz: patients worth asking about, and which options the rules offer them, exclude or leave waiting.

``generate`` is a pure function: the same rulebook, seed and choices give the same quiz on every machine, and a longer
quiz begins with the shorter one. A quiz holds no answers; ``quiz_key`` works them out and ``quiz_grading`` marks.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, JudgedBy, RulebookName, SchemaVersion, Scope
from regimen_advisor.files.errors import InputError, Location, did_you_mean, holding
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Setting

Level = Literal[1, 2, 3]
Kind = Literal["boundary", "neighbour", "exclusion", "unknown"]
Group = Literal["offered", "offered-with-caution", "waiting", "excluded", "not-indicated"]

MOST_QUESTIONS = 50
GROUPS: dict[int, tuple[Group, ...]] = {
    1: ("offered", "excluded"),
    2: ("offered", "waiting", "excluded"),
    3: ("offered", "offered-with-caution", "waiting", "excluded"),
}
"""What is asked at each level; a regimen that is put in none of the groups is answered as not indicated."""
MEANINGS: dict[str, str] = {
    "offered": "the rules offer it, whatever is still unknown",
    "offered-with-caution": "offered, and a caution surely holds",
    "waiting": "whether it is offered depends on something that is not known",
    "excluded": "a rule would offer it, and another one excludes it",
    "not-indicated": "no rule offers it",
}


class Choice(Record):
    """A regimen that a question asks about."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="as a reader is told it")


class Question(Record):
    """One patient, and the regimens to sort."""

    number: int = Field(ge=1, description="its place in the quiz, from 1")
    kind: Kind = Field(
        description="why this patient: at a threshold, one fact away from another patient, excluded, or not fully known"
    )
    like: int | None = Field(None, description="number of the question whose patient differs in one fact only")
    difference: str | None = Field(None, description="that fact, in words")
    profile: dict[str, Any] = Field(description="the patient, as a profile file says it")
    known: tuple[str, ...] = Field(description="the patient in words")
    unknown: tuple[str, ...] = Field((), description="what rules may ask for and is not known, in words")
    choices: tuple[Choice, ...] = Field(description="the regimens to sort, in the order of the rulebook")


class Quiz(Record):
    """A set of questions without their answers."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    name: str = Field(description="of exactly these questions: rules, seed, level, number and setting")
    rulebook: JudgedBy
    seed: int = Field(
        description="the number that the questions were drawn with; the same one gives the same questions"
    )
    level: Level = Field(description="1: all is known; 2: a fact is open; 3: several are, and cautions are told apart")
    setting: str | None = Field(None, description="id of the clinical setting that it keeps to")
    asks: tuple[Group, ...] = Field(description="the groups to sort into; what is left out is not indicated")
    questions: tuple[Question, ...] = Field(description="the patients to think about, in order")
    scope: Scope = SCOPE

    def question(self, number: int) -> Question:
        """The question with this number. Raises ``KeyError`` where there is none."""
        for question in self.questions:
            if question.number == number:
                return question
        raise KeyError(number)


Count = Annotated[int, Field(ge=1, le=MOST_QUESTIONS)]


def generate(rulebook: Rulebook, seed: int = 1, count: int = 5, setting: str | None = None, level: Level = 2) -> Quiz:
    """A quiz of ``count`` questions.

    ``setting`` keeps it to the rules of one clinical setting; ``level`` 1 knows all of a patient, 2 leaves a fact open
    and 3 several, and tells cautions apart. Raises ``InputError`` for an unknown setting, or one that no question can
    be asked of, and where fewer different questions than asked for can be made.
    """
    from regimen_advisor.quiz.making import questions  # noqa: PLC0415 - it makes what this module declares

    chosen = setting_named(setting, rulebook) if setting is not None else None
    if not 1 <= count <= MOST_QUESTIONS:
        raise InputError.at(Location("quiz"), f"--count: expected from 1 to {MOST_QUESTIONS} questions, found {count}")
    name = f"{rulebook.version}-s{seed}-l{level}-n{count}"
    return Quiz(
        name=f"{name}-{chosen.id.replace('/', '.')}" if chosen else name,
        rulebook=RulebookName(version=rulebook.version, digest=rulebook.digest),
        seed=seed,
        level=level,
        setting=chosen.id if chosen else None,
        asks=GROUPS[level],
        questions=tuple(questions(rulebook, seed, count, chosen, level)),
    )


def settings_of(rulebook: Rulebook) -> tuple[Setting, ...]:
    """The settings that a quiz can be kept to: those whose rules offer or exclude something."""
    asked = {rule.setting.id for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE)}
    return tuple(setting for setting in rulebook.settings.values() if setting.id in asked)


def setting_named(word: str, rulebook: Rulebook) -> Setting:
    """The setting with this id, or with this file name where no other one has it in its name. Raises ``InputError``."""
    known = {setting.id: setting for setting in settings_of(rulebook)}
    if word in known:
        return known[word]
    found = holding(word, known)
    if len(found) == 1 and found[0].split("/")[-1] == word:
        return known[found[0]]
    help = None if found else did_you_mean(word, known)
    expected = " or ".join(found) if found else f"one of {', '.join(known)}"
    raise InputError.at(Location("quiz"), f"--setting: expected {expected}, found `{word}`", help)
