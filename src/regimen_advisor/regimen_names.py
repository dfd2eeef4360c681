"""Find the regimen that a person means by an id or a name, or say why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem, part_of_names
from regimen_advisor.files.sources import named_in_python
from regimen_advisor.knowledge.publications import last_day
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.knowledge.stacking import PackChange
from regimen_advisor.patient.drugs import folded
from regimen_advisor.words.catalogue import say


def regimen_named(word: object, rulebook: Rulebook) -> str:
    """The id of the regimen with this id or name.

    Raises ``InputError`` for what is no text, with the nearest one where there is none, and for one that only sources
    after the day of the rulebook bring, or that a pack retired.
    """
    if not isinstance(word, str):
        raise InputError.at(Location("regimen"), say("explain.no_regimen", found=named_in_python(word)))
    if name := _named(word, rulebook):
        return name
    if rulebook.day is not None and (problem := _of_a_later_source(word, rulebook.day, rulebook.folders)):
        raise InputError([problem])
    if change := _retired(word, rulebook):
        message = say("explain.retired_regimen", word=word, pack=change.pack, reason=change.reason)
        raise InputError.at(Location("regimen"), message)
    help = part_of_names(word, rulebook.regimens) or say("explain.help")
    raise InputError.at(Location("regimen"), say("explain.unknown_regimen", word=word), help)


def _named(word: str, rulebook: Rulebook) -> str | None:
    known = {folded(text): name for name, regimen in rulebook.regimens.items() for text in (name, regimen.name)}
    return known.get(folded(word))


def _of_a_later_source(word: str, day: date, folders: Sequence[Path]) -> Problem | None:
    """That a regimen is unknown on ``day`` only, and from when on a source speaks of it; ``None`` for any other."""
    whole = load_rulebook(folders)
    name = _named(word, whole)
    if name is None:
        return None
    source = whole.regimens[name].source
    since = min((whole.reviews[key].speaks_to or "" for key in source.reviews), key=last_day)
    place = f"[{whole.citations.cite(source)}]"
    message = say("explain.later_regimen", word=word, since=since, place=place, day=str(day))
    return Problem(Location("regimen"), message, say("explain.later_help", since=since))


def _retired(word: str, rulebook: Rulebook) -> PackChange | None:
    """The change of a pack that retired the regimen with this id or name."""
    for change in rulebook.changes:
        if change.outcome == "retired" and change.kind == "regimen":
            position = rulebook.folders.index(rulebook.within(change.location.file)[0])
            if _named(word, load_rulebook(rulebook.folders[:position])) == change.id:
                return change
    return None
