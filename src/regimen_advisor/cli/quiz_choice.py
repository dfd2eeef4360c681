"""Read which quiz is wanted: a choice in one word, as ``page --quiz`` takes it, or profile files."""

from __future__ import annotations

from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.generating import generate, kinds_named
from regimen_advisor.quiz.models import Level, Quiz
from regimen_advisor.words.catalogue import joined, say

KEYS = ("setting", "level", "count", "seed", "kind")


def quiz_chosen(words: str, rulebook: Rulebook) -> Quiz:
    """The quiz of ``setting=nsclc/nrg1,level=2,count=5,seed=7``; what is left out has the default of ``quiz``.

    ``kind`` may come several times. Raises ``InputError`` for what cannot be read.
    """
    choices: dict[str, str] = {}
    kinds: list[str] = []
    for part in words.split(","):
        key, sign, value = (word.strip() for word in part.partition("="))
        if not sign or key not in KEYS or not value:
            message = say("quiz_choice.key", known=joined(f"{known}=..." for known in KEYS), found=part)
            raise InputError.at(Location("page"), message, did_you_mean(key, KEYS))
        if key == "kind":
            kinds.append(value)
        elif key in choices:
            raise InputError.at(Location("page"), say("quiz_choice.twice", key=key))
        else:
            choices[key] = value
    levels: tuple[Level, ...] = (1, 2, 3)
    level = levels[_number(choices.get("level", "2"), "level", 1, 3) - 1]
    count, seed = (
        _number(choices.get("count", "5"), "count", 1, 50),
        _number(choices.get("seed", "1"), "seed", 0, 10**9),
    )
    return generate(rulebook, seed, count, choices.get("setting"), level, kinds_named(kinds))


def _number(word: str, name: str, low: int, high: int) -> int:
    if not (word.isascii() and word.isdigit() and low <= int(word[:12]) <= high):
        message = say("quiz_choice.number", name=name, low=low, high=high, word=word)
        raise InputError.at(Location("page"), message)
    return int(word)


def files_of(patients: list[str] | None, more: list[str] | None, verb: str) -> list[str]:
    """The files of ``--patients FILE...``: a shell puts those after the first among the arguments."""
    if more and not patients:
        raise InputError.at(Location(verb), say("quiz_choice.no_patients", file=more[0]))
    return [*(patients or []), *(more or [])]
