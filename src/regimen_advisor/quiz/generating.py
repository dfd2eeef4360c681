"""Generate a quiz: patients worth asking about, and the options that rules offer, exclude or leave waiting.

``generate`` is a pure function: the same rulebook, seed and choices give the same quiz on every machine, and a longer
quiz begins with the shorter one. A quiz holds no answers; ``key`` works them out and ``grading`` marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from regimen_advisor.advice import RulebookName
from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Setting
from regimen_advisor.knowledge.setting_names import setting_named
from regimen_advisor.quiz.making import KINDS, questions
from regimen_advisor.quiz.models import GROUPS, MOST_QUESTIONS, PICK_KINDS, SORT_KINDS, Level, QuestionKind, Quiz
from regimen_advisor.words.catalogue import joined, say

Count = Annotated[int, Field(ge=1, le=MOST_QUESTIONS)]


def generate(  # noqa: PLR0917 - what a person may choose
    rulebook: Rulebook,
    seed: int = 1,
    count: int = 5,
    setting: str | None = None,
    level: Level = 2,
    kinds: Sequence[QuestionKind] = (),
) -> Quiz:
    """A quiz of ``count`` questions.

    ``setting`` keeps it to the rules of one clinical setting; ``level`` 1 knows all of a patient, 2 leaves a fact open
    and 3 several; ``kinds`` keep it to these kinds of questions. Raises ``InputError`` for an unknown setting, or one
    that no question can be asked of, and where fewer different questions than asked for can be made.
    """
    chosen = setting_named(setting, rulebook, settings_of(rulebook)) if setting is not None else None
    if not 1 <= count <= MOST_QUESTIONS:
        raise InputError.at(Location("quiz"), say("quiz_error.count", most=MOST_QUESTIONS, found=count))
    impossible = [kind for kind in kinds if kind not in KINDS[level]]
    if impossible:
        known = joined(dict.fromkeys(KINDS[level]))
        message = say("quiz_error.kind_of_level", level=level, known=known, found=impossible[0])
        raise InputError.at(Location("quiz"), message, did_you_mean(impossible[0], KINDS[level]))
    parts = [rulebook.version, f"s{seed}", f"l{level}", f"n{count}"]
    return Quiz(
        name="-".join([*parts, *([chosen.id.replace("/", ".")] if chosen else []), *kinds]),
        rulebook=RulebookName.of(rulebook),
        seed=seed,
        level=level,
        setting=chosen.id if chosen else None,
        setting_title=chosen.title if chosen else None,
        kinds=tuple(kinds),
        asks=GROUPS[level],
        questions=tuple(questions(rulebook, seed, count, chosen, level, kinds)),
    )


_NAME = re.compile(
    r"(?P<rules>[0-9a-f]{12})-s(?P<seed>\d{1,12})-l(?P<level>[123])-n(?P<count>\d{1,2})(?:-(?P<rest>.+))?"
)


def quiz_named(name: str, rulebook: Rulebook) -> Quiz | None:
    """The quiz that bears this name; ``None`` where it was not generated from this rulebook."""
    found = _NAME.fullmatch(name)
    if found is None or found["rules"] != rulebook.version:
        return None
    rest = f"{found['rest'] or ''}-"
    named = ((known.id, known.id.replace("/", ".")) for known in settings_of(rulebook))
    settings = (id for id, words in named if rest.startswith(f"{words}-"))
    kinds = kinds_named(re.findall("|".join((*SORT_KINDS, *PICK_KINDS)), rest))
    levels: tuple[Level, ...] = (1, 2, 3)
    level = levels[int(found["level"]) - 1]
    quiz = generate(rulebook, int(found["seed"]), int(found["count"]), next(settings, None), level, kinds)
    return quiz if quiz.name == name else None


def kinds_named(words: Sequence[str]) -> tuple[QuestionKind, ...]:
    """The kinds of questions with these names. Raises ``InputError`` for any other word."""
    known: tuple[QuestionKind, ...] = (*SORT_KINDS, *PICK_KINDS)
    for word in words:
        if word not in known:
            message = say("quiz_error.kind", known=joined(known), found=word)
            raise InputError.at(Location("quiz"), message, did_you_mean(word, known))
    return tuple(kind for word in dict.fromkeys(words) for kind in known if kind == word)


def settings_of(rulebook: Rulebook) -> tuple[Setting, ...]:
    """The settings that a quiz can be kept to: those whose rules offer or exclude something."""
    asked = {rule.setting.id for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE)}
    return tuple(setting for setting in rulebook.settings.values() if setting.id in asked)
