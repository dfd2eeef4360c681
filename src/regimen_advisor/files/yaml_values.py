"""Parse YAML text into plain values with the position of each.

Scalars follow YAML 1.2, so ``NO``, ``010``, ``1_000`` and ``12:30:45`` stay the text that was written; a duplicate key,
an alias, an anchor, a tag and more than ``MAX_DEPTH`` levels are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

import yaml
from yaml.constructor import ConstructorError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)  # fmt: skip

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.validation_messages import shown
from regimen_advisor.words.catalogue import say

MAX_DEPTH = 30

Path_ = tuple[str | int, ...]

try:  # the C parser is some ten times faster and gives the same events and marks
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]


class SourceMap(Mapping[Path_, Location]):
    """The position of each part of a document. A mark becomes a ``Location`` when it is asked for; few ever are."""

    def __init__(self, name: str, marks: Mapping[Path_, Any]) -> None:
        self._name, self._marks = name, marks

    def __getitem__(self, path: Path_) -> Location:
        return _location(self._name, self._marks[path])

    def __contains__(self, path: object) -> bool:
        return path in self._marks

    def __iter__(self) -> Iterator[Path_]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)


class Read(NamedTuple):
    """One document: its value, the position of each part, and of the key of each part."""

    value: Any
    places: Mapping[Path_, Location]
    key_places: Mapping[Path_, Location]


def read_yaml(text: str, name: str) -> list[Read]:
    """Every document in ``text``, which is shown as ``name``. Raises ``InputError`` with each problem at its place."""
    _refuse_control_characters(text, name)
    loader = _Loader(text)
    try:
        return _Builder(loader, name).documents()
    except yaml.YAMLError as error:
        raise InputError([_syntax_problem(error, text, name)]) from None
    finally:
        loader.dispose()


def _refuse_control_characters(text: str, name: str) -> None:
    """Raise ``InputError`` for what YAML does not allow in a text; its parser would give no position."""
    found = _NO_TEXT.search(text)
    if found:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        message = say("yaml.control_character", character=found[0])
        raise InputError.at(Location(name, line, column), message)


class _Loader(_BaseLoader):
    """Safe loader with the scalars of the YAML 1.2 core schema and nothing else."""

    # A table of its own: the resolvers of the base class stay as they are.
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)

# What YAML does not allow, spelt out: the complement of what it allows takes thirty times as long to compile.
_NO_TEXT = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")

MAX_DIGITS = 18
"""A longer number is no measurement: it stays the text that was written, and is refused where a number is expected."""

_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": lambda text: int(text) if len(text) <= MAX_DIGITS else text,
    "tag:yaml.org,2002:float": lambda text: float(text) if isfinite(float(text)) else text,
    "tag:yaml.org,2002:str": str,
}


def _location(name: str, mark: Any) -> Location:
    return Location(name, mark.line + 1, mark.column + 1)


class _Builder:
    """Builds values straight from the parser's events: half the time that composing nodes first would take.

    Aliases, anchors, tags and nesting beyond ``MAX_DEPTH`` are refused where they are met: the recursion stays shallow.
    """

    def __init__(self, loader: _Loader, name: str) -> None:
        self.next: Callable[[], Any] = loader.get_event
        self.name = name
        self.problems: list[Problem] = []
        self.marks: dict[Path_, Any] = {}
        self.key_marks: dict[Path_, Any] = {}

    def documents(self) -> list[Read]:
        found: list[Read] = []
        while not isinstance(event := self.next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self.marks, self.key_marks = {}, {}
                value = self._value(self.next(), ())
                found.append(Read(value, SourceMap(self.name, self.marks), SourceMap(self.name, self.key_marks)))
        if self.problems:
            raise InputError(self.problems)
        return found

    def _value(self, event: Any, path: Path_) -> Any:
        self.marks[path] = event.start_mark
        kind = type(event)
        if kind is AliasEvent or event.anchor or event.tag:
            self._refuse_extras(event)
        if kind is ScalarEvent:
            return _scalar(event.value) if event.implicit[0] else event.value
        if len(path) >= MAX_DEPTH:
            place = _location(self.name, event.start_mark)
            raise InputError.at(place, say("broken.deep", most=MAX_DEPTH))
        return self._mapping(path) if kind is MappingStartEvent else self._sequence(path)

    def _refuse_extras(self, event: Any) -> None:
        """Raise ``InputError`` for an alias, an anchor or a tag; ``!`` alone says that a value is a text."""
        place = _location(self.name, event.start_mark)
        if isinstance(event, AliasEvent):
            raise InputError.at(place, say("yaml.alias"))
        if event.anchor:
            raise InputError.at(place, say("yaml.anchor"))
        if event.tag != "!":
            raise InputError.at(place, say("yaml.tag", tag=shown(event.tag)))

    def _sequence(self, path: Path_) -> list[Any]:
        items: list[Any] = []
        while type(event := self.next()) is not SequenceEndEvent:
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path_) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while type(event := self.next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor or event.tag:
                # Read for its own faults, and its value to the end, though neither is kept.
                self._value(event, (*path, ""))
                self.marks.pop((*path, ""), None)
                if not isinstance(event, ScalarEvent):
                    location = _location(self.name, event.start_mark)
                    self.problems.append(Problem(location, say("yaml.key_no_word")))
                    self._dropped(path)
                    continue
            key = event.value  # a key is always the text that was written
            inside = (*path, key)
            if key in mapping:
                first = self.key_marks[inside].line + 1
                message = say("broken.twice", key=key, line=first)
                self.problems.append(Problem(_location(self.name, event.start_mark), message))
                self._dropped(path)
                continue
            self.key_marks[inside] = event.start_mark
            mapping[key] = self._value(self.next(), inside)
        return mapping

    def _dropped(self, path: Path_) -> None:
        """Read a value that is not kept; its marks are not those of a value that is."""
        kept = self.marks, self.key_marks
        self.marks, self.key_marks = {}, {}
        self._value(self.next(), (*path, ""))
        self.marks, self.key_marks = kept


def _scalar(text: str) -> Any:
    """The value of a plain scalar."""
    for tag, pattern in _Loader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _SCALARS[tag](text)
    return text


# What the parser says, in the words of a person who writes such a file; anything else is passed on as it is.
_SYNTAX = {
    "mapping values are not allowed in this context": "colon",
    "did not find expected key": "next_key",
    "did not find expected '-' indicator": "next_item",
    "did not find expected ',' or ']'": "end_of_list",
    "did not find expected ',' or '}'": "end_of_mapping",
    "found unexpected end of stream": "end_of_quotes",
    "found character that cannot start any token": "sign",
}


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    if isinstance(error, ConstructorError):  # pragma: no cover - we construct nothing ourselves
        return Problem(Location(name), str(error))
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    cause = getattr(error, "problem", None) or getattr(error, "reason", None) or say("yaml.unreadable")
    if cause == "could not find expected ':'" and start:  # found missing only at the next line
        return Problem(Location(name, start.line + 1, start.column + 1), say("yaml.no_colon"))
    mark = mark or start
    place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
    rest = "".join(text.split("\n")[mark.line : mark.line + 1])[mark.column :] if mark else ""
    if rest.startswith("\t"):
        return Problem(place, say("yaml.tab"))
    bracketed = re.search(r"flow (?:sequence|mapping)|quoted", getattr(error, "context", None) or "")
    opened = say("yaml.opened", line=start.line + 1, column=start.column + 1) if start and bracketed else None
    return Problem(
        place, say("yaml.invalid", cause=say(f"syntax.{_SYNTAX[cause]}") if cause in _SYNTAX else cause), opened
    )
