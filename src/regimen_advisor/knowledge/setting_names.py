"""Find the clinical setting that a person names, by its id or by the name of its file."""

from __future__ import annotations

from collections.abc import Iterable

from regimen_advisor.files.errors import InputError, Location, did_you_mean, holding
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Setting
from regimen_advisor.words.catalogue import joined, say


def setting_named(word: str, rulebook: Rulebook, among: Iterable[Setting] | None = None) -> Setting:
    """The setting with this id or file name: one of ``among``, or any of the rulebook.

    Raises ``InputError`` where none of them has that name, and where other settings have it in theirs: ``later-line``
    may be any of five.
    """
    known = {setting.id: setting for setting in (rulebook.settings.values() if among is None else among)}
    if word in known:
        return known[word]
    found = holding(word, known)
    if len(found) == 1 and found[0].split("/")[-1] == word:
        return known[found[0]]
    location = Location("setting")
    if len(found) > 1:
        raise InputError.at(location, say("setting_name.several", word=word, settings=joined(found)))
    one_of = say("setting_name.one_of", settings=joined(known))
    if word in rulebook.settings:
        raise InputError.at(location, say("setting_name.left_out", word=word), one_of)
    help = did_you_mean(word, [*known, *(id.split("/")[-1] for id in known)])
    raise InputError.at(location, say("setting_name.unknown", word=word), help or one_of)
