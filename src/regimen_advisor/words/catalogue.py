"""Fetch a sentence of the program by its key, in the language chosen at the start.

A language is one JSON file of this folder: rooms, and in each the entries by name, so that ``glance.title`` is the
entry ``title`` of the room ``glance``. An entry is a text with named fields, ``waits for {questions}``. Where a number
decides its form it is two texts, ``one`` for exactly one and ``other`` for any other number, by the field ``count``.
What the rules, the facts and the sources say is knowledge and has its words there, not here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

LANGUAGE = "REGIMEN_ADVISOR_LANGUAGE"
"""The environment variable that chooses the language: the name of a file of this folder, or the path of one."""
DEFAULT = "english"
HERE = Path(__file__).parent
_FORMS = {"one", "other"}

CatalogueEntry = str | dict[str, str]
Rooms = Mapping[str, Mapping[str, CatalogueEntry]]


class UnknownWordsError(LookupError):
    """The catalogue has no such entry, or the entry other fields than those given: a fault of the code."""


class LanguageError(ValueError):
    """A language file that cannot be used; the message has a line for each fault."""


@cache
def fields_of(template: str) -> frozenset[str]:
    """The names of the fields of a text. Raises ``ValueError`` for one that is no plain ``{name}``."""
    found = set()
    for _, name, style, conversion in Formatter().parse(template):
        if name is not None:
            if not name.isidentifier() or style or conversion:
                raise ValueError(f"expected a plain field such as {{count}}, found {{{name}...}} in {template!r}")
            found.add(name)
    return frozenset(found)


class Catalogue:
    """The entries of one language."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.entries = {f"{room}.{name}": entry for room, inside in rooms.items() for name, entry in inside.items()}

    def say(self, key: str, /, **fields: object) -> str:
        """The entry with its fields filled in; the field ``count`` chooses its form and gets thousands separators.

        Raises ``UnknownWordsError`` for an unknown key, and for a field that is missing or that the entry has not.
        """
        entry = self.entries.get(key)
        if entry is None:
            raise UnknownWordsError(f"expected a key of the catalogue, found `{key}`")
        if isinstance(entry, dict):
            template = entry["one" if fields.get("count") == 1 else "other"]
            expected = fields_of(entry["one"]) | fields_of(entry["other"]) | {"count"}
        else:
            template, expected = entry, fields_of(entry)
        if fields.keys() != expected:
            wanted, found = (", ".join(sorted(names)) or "none" for names in (expected, fields))
            raise UnknownWordsError(f"`{key}`: expected the fields {wanted}; found {found}")
        if "count" in fields:
            fields["count"] = f"{fields['count']:,}"
        return template.format_map(fields)

    def room(self, name: str) -> dict[str, str]:
        """The entries of a room by name, where they are words without fields."""
        return {key: self.say(f"{name}.{key}") for key in self.rooms[name]}


def differences(rooms: Rooms, model: Rooms) -> Iterator[str]:
    """What keeps one language from being used in the place of another: a line for each fault."""
    entries, expected = Catalogue(rooms).entries, Catalogue(model).entries
    yield from (f"`{key}` is missing" for key in expected if key not in entries)
    for key, entry in entries.items():
        if key not in expected:
            yield f"`{key}` is no entry of the program"
            continue
        try:
            found, wanted = _fields(entry), _fields(expected[key])
        except ValueError as error:
            yield f"`{key}`: {error}"
            continue
        if found - wanted:
            yield f"`{key}` has no field {', '.join(sorted(found - wanted))}"
        elif isinstance(expected[key], str) and (found != wanted or not isinstance(entry, str)):
            yield f"`{key}`: expected one text with the fields {', '.join(sorted(wanted)) or 'none'}"


def _fields(entry: CatalogueEntry) -> frozenset[str]:
    texts = [entry] if isinstance(entry, str) else list(entry.values())
    return frozenset[str]().union(*map(fields_of, texts))


def load(language: str = DEFAULT) -> Catalogue:
    """The catalogue of a language: one of this folder by name, or the file at a path that ends in ``.json``.

    Raises ``LanguageError`` where there is none, or where its entries are not those of English.
    """
    path = Path(language) if language.endswith(".json") else HERE / f"{language}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in HERE.glob("*.json")))
        raise LanguageError(f"expected one of {known}, or the path of a JSON file; found `{language}`")
    rooms = _read(path)
    if language != DEFAULT:
        faults = list(differences(rooms, load().rooms))
        if faults:
            raise LanguageError("\n".join(f"{path}: {fault}" for fault in faults))
    return Catalogue(rooms)


def _read(path: Path) -> Rooms:
    try:
        rooms = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise LanguageError(f"{path}:{error.lineno}:{error.colno}: expected JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LanguageError(f"{path}: {error}") from error
    if not isinstance(rooms, dict) or not all(isinstance(inside, dict) for inside in rooms.values()):
        raise LanguageError(f"{path}: expected an object of rooms, and in each an object of entries")
    faults = [
        f"{path}: `{room}.{name}`: expected a text, or an object of the texts `one` and `other`"
        for room, inside in rooms.items()
        for name, entry in inside.items()
        if not _is_entry(entry)
    ]
    if faults:
        raise LanguageError("\n".join(faults))
    found: Rooms = rooms
    return found


def _is_entry(entry: object) -> bool:
    if isinstance(entry, dict):
        return entry.keys() == _FORMS and all(isinstance(text, str) for text in entry.values())
    return isinstance(entry, str)


def _chosen() -> Catalogue:
    """The language of this run; a message and exit code 2 where the environment names one that cannot be used."""
    try:
        return load(os.environ.get(LANGUAGE) or DEFAULT)
    except LanguageError as error:
        sys.stderr.write("".join(f"{LANGUAGE}: {line}\n" for line in str(error).splitlines()))
        raise SystemExit(2) from error


CATALOGUE = _chosen()
say = CATALOGUE.say
OF_RULES = CATALOGUE if os.environ.get(LANGUAGE, DEFAULT) in {"", DEFAULT} else load()
"""The language of the rules that ship, whichever was chosen for the words of the program."""


def joined(words: Iterable[str], between: str = "items") -> str:
    """Words in a row, with what the room ``between`` puts there: ``items``, ``lists``, ``or``, ``and``."""
    return say(f"between.{between}").join(words)
