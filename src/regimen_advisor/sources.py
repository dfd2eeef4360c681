"""YAML text to plain values that remember where they stood.

The reader is strict because the files are clinical: scalars follow YAML 1.2, so ``NO``, ``010``, ``1_000`` and
``12:30:45`` stay the text that was written; a duplicate key, an alias, a tag, a second document where one is
expected, more than ``MAX_DEPTH`` levels of nesting are refused. Nothing is guessed and nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
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

from regimen_advisor.complaints import problems_of, shown
from regimen_advisor.errors import InputError, Location, Problem
from regimen_advisor.files import read_text

MAX_DEPTH = 30

Path_ = tuple[str | int, ...]
T = TypeVar("T")

try:  # the C parser is some ten times faster and gives the same events and marks
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]


class Record(BaseModel):
    """Base of every model read from a file: strict types, no unknown key, frozen once read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


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


@dataclass(frozen=True)
class Document:
    """One YAML document: ``value`` is plain Python data, ``places`` says where each part of it stood."""

    name: str
    value: Any
    places: Mapping[Path_, Location] = field(repr=False)
    key_places: Mapping[Path_, Location] = field(repr=False)

    def locate(self, path: Path_ = ()) -> Location:
        """Where the value at ``path`` begins; for a path that does not exist, its nearest parent."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Location(self.name))

    def locate_key(self, path: Path_) -> Location:
        """Where the key of the value at ``path`` stands, or the value itself in a list."""
        return self.key_places.get(path) or self.locate(path)


def read_document(source: str | Path) -> Document:
    """The single YAML document of a file (or of standard input for ``-``)."""
    text, name = read_text(source)
    return parse_document(text, name)


def parse_document(text: str, name: str = "<text>") -> Document:
    """The single YAML document in ``text``; an empty text is a document whose value is ``None``."""
    documents = parse_documents(text, name)
    if len(documents) > 1:
        place = documents[1].locate()
        raise InputError.at(place, "expected one document in the file, found a second one after `---`")
    return documents[0] if documents else Document(name, None, {(): Location(name, 1, 1)}, {})


def parse_documents(text: str, name: str = "<text>") -> list[Document]:
    """Every YAML document in ``text``, for the files that may hold several."""
    _refuse_control_characters(text, name)
    loader = _Loader(text)
    try:
        return _Builder(loader, name).documents()
    except yaml.YAMLError as error:
        raise InputError([_syntax_problem(error, text, name)]) from None
    finally:
        loader.dispose()


def _refuse_control_characters(text: str, name: str) -> None:
    """Raise ``InputError`` for what YAML does not allow in a text; its parser would not say where it stood."""
    found = _NO_TEXT.search(text)
    if found:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        message = f"expected text, found the control character `{found[0]}`"
        raise InputError.at(Location(name, line, column), message)


class _Builder:
    """Builds values straight from the parser's events: half the time that composing nodes first would take.

    Aliases, anchors, tags and nesting beyond ``MAX_DEPTH`` are refused where they are met: the recursion stays shallow.
    """

    def __init__(self, loader: _Loader, name: str) -> None:
        self.next: Callable[[], Any] = loader.get_event
        self.name = name
        self.problems: list[Problem] = []
        self.places: dict[Path_, Location] = {}
        self.key_places: dict[Path_, Location] = {}

    def documents(self) -> list[Document]:
        found: list[Document] = []
        while not isinstance(event := self.next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self.places, self.key_places = {}, {}
                value = self._value(self.next(), ())
                found.append(Document(self.name, value, self.places, self.key_places))
        if self.problems:
            raise InputError(self.problems)
        return found

    def _place(self, event: Any) -> Location:
        mark = event.start_mark
        return Location(self.name, mark.line + 1, mark.column + 1)

    def _value(self, event: Any, path: Path_) -> Any:
        place = self.places[path] = self._place(event)
        if isinstance(event, AliasEvent):
            raise InputError.at(place, "expected the value itself, found an alias (`*`): aliases are not allowed")
        if event.anchor:
            raise InputError.at(place, "expected a plain value, found an anchor (`&`): anchors are not allowed")
        if event.tag and event.tag != "!":
            raise InputError.at(
                place, f"expected a plain value, found the tag {shown(event.tag)}: tags are not allowed"
            )
        if isinstance(event, ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if len(path) >= MAX_DEPTH:
            raise InputError.at(place, f"expected at most {MAX_DEPTH} levels of nesting, found more")
        return self._mapping(path) if isinstance(event, MappingStartEvent) else self._sequence(path)

    def _sequence(self, path: Path_) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path_) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            here = self._place(event)
            if not isinstance(event, ScalarEvent) or event.anchor or event.tag:
                # Read for its own faults, and its value to the end, though neither is kept.
                self._value(event, (*path, ""))
                self.places.pop((*path, ""), None)
                if not isinstance(event, ScalarEvent):
                    self.problems.append(Problem(here, "expected a word as key, found a list or a mapping"))
                    self._dropped(path)
                    continue
            key = event.value  # a key is always the text that was written
            if key in mapping:
                first = self.key_places[(*path, key)]
                message = f"{key}: expected each key once, but it stands in line {first.line} too"
                self.problems.append(Problem(here, message))
                self._dropped(path)
                continue
            self.key_places[(*path, key)] = here
            mapping[key] = self._value(self.next(), (*path, key))
        return mapping

    def _dropped(self, path: Path_) -> None:
        """Read a value that is not kept; its places are not those of a value that is."""
        kept = self.places, self.key_places
        self.places, self.key_places = {}, {}
        self._value(self.next(), (*path, ""))
        self.places, self.key_places = kept


def _scalar(text: str) -> Any:
    """The value of a plain scalar."""
    for tag, pattern in _Loader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _SCALARS[tag](text)
    return text


# What the parser says, in the words of a person who writes such a file; anything else is passed on as it is.
_SYNTAX = {
    "mapping values are not allowed in this context": (
        "found a `:` out of place: text with `: ` in it stands in quotes, and keys that belong together begin in the "
        "same column, each with a space after its `:`"
    ),
    "did not find expected key": "expected the next key, in the same column as the keys before it",
    "did not find expected '-' indicator": "expected `- ` and the next item, in the same column as those before it",
    "did not find expected ',' or ']'": "expected `,` or `]`",
    "did not find expected ',' or '}'": "expected `,` or `}`",
    "found unexpected end of stream": "expected the closing quote, found the end of the file",
    "found character that cannot start any token": "expected text in quotes where it begins with this sign",
}


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    if isinstance(error, ConstructorError):  # pragma: no cover - we construct nothing ourselves
        return Problem(Location(name), str(error))
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable text"
    if what == "could not find expected ':'" and start:  # found missing only at the next line
        return Problem(Location(name, start.line + 1, start.column + 1), "not valid YAML: expected `: ` after a key")
    mark = mark or start
    place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
    rest = "".join(text.split("\n")[mark.line : mark.line + 1])[mark.column :] if mark else ""
    if rest.startswith("\t"):
        return Problem(place, "not valid YAML: found a tab, expected spaces")
    bracketed = re.search(r"flow (?:sequence|mapping)|quoted", getattr(error, "context", None) or "")
    opened = f"opened in line {start.line + 1}, column {start.column + 1}" if start and bracketed else None
    return Problem(place, f"not valid YAML: {_SYNTAX.get(what, what)}", opened)


def validated(model: type[T], document: Document, path: Path_ = ()) -> T:
    """The part of a document at ``path`` as ``model``.

    Raises ``InputError`` with every problem of the document at once, each at its line and column.
    """
    value = document.value
    for step in path:
        value = value[step]
    adapter = _adapter(cast("Any", model))
    try:
        # Through JSON, since strict lists-to-tuples and words-to-enums are a matter of the file format.
        return cast("T", adapter.validate_json(json.dumps(value), strict=True))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InputError(problems_of(details, document, path, _keys_of(adapter))) from None


@lru_cache(maxsize=64)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _keys_of(adapter: TypeAdapter[Any]) -> set[str]:
    """Every key that the model or a model inside it knows."""
    schema = adapter.json_schema()
    models = (schema, *schema.get("$defs", {}).values())
    return {key for model in models for key in model.get("properties", {})}
