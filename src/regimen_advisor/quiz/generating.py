"""The quiz: patients worth asking about, and which options the rules offer them, exclude or leave waiting.

``generate`` is a pure function: the same rulebook, seed and choices give the same quiz on every machine, and a longer
quiz begins with the shorter one. A quiz holds no answers; ``quiz_key`` works them out and ``quiz_grading`` marks.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from regimen_advisor.advice import RulebookName
from regimen_advisor.files.errors import InputError, Location, did_you_mean, holding
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Setting
from regimen_advisor.quiz.making import questions
from regimen_advisor.quiz.models import GROUPS, MOST_QUESTIONS, Level, Quiz

Count = Annotated[int, Field(ge=1, le=MOST_QUESTIONS)]


def generate(rulebook: Rulebook, seed: int = 1, count: int = 5, setting: str | None = None, level: Level = 2) -> Quiz:
    """A quiz of ``count`` questions.

    ``setting`` keeps it to the rules of one clinical setting; ``level`` 1 knows all of a patient, 2 leaves a fact open
    and 3 several. Raises ``InputError`` for an unknown setting, or one that no question can
    be asked of, and where fewer different questions than asked for can be made.
    """
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
