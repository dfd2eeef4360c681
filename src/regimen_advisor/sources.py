"""YAML text to plain values that remember where they stood.

The reader is strict because the files are clinical: scalars follow YAML 1.2, so ``NO``, ``010``, ``1_000`` and
``12:30:45`` stay the text that was written; a duplicate key, an alias, a tag, a second document where one is
expected, more than ``MAX_BYTES`` or ``MAX_DEPTH`` are refused. Nothing is guessed and nothing is lost.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from regimen_advisor.complaints import printable, problems_of, shown
from regimen_advisor.errors import InputError, Location, Problem

MAX_BYTES = 1_000_000
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

_NO_TEXT = re.compile("[^\\t\\n\\r -~\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")

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


def read_text(source: str | Path) -> tuple[str, str]:
    """The text of a file, or of standard input for ``-``, and the name to show for it.

    Raises ``InputError`` for a file that is missing, a folder, too large or not UTF-8.
    """
    name = "<stdin>" if str(source) == "-" else str(source)
    here = Location(name)
    try:
        if str(source) == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise InputError.at(here, "expected a file, found a folder") from None
    except FileNotFoundError:
        raise InputError.at(here, "no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(here, f"cannot be read: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise InputError.at(here, f"expected at most {MAX_BYTES:,} bytes, found more")
    try:
        return raw.decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise InputError.at(
            Location(name, line, column), f"expected UTF-8 text, found the byte 0x{raw[error.start]:02x}"
        ) from None


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
    try:
        # Depth is bounded on the events, before nodes are composed: composing recurses.
        _refuse_unsafe(text, name)
        loader = _Loader(text)
        documents = []
        try:
            while loader.check_node():
                root = loader.get_node()
                assert root is not None
                documents.append(_read_node(root, name))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise InputError([_syntax_problem(error, text, name)]) from None
    return documents


def _refuse_control_characters(text: str, name: str) -> None:
    """Raise ``InputError`` for what YAML does not allow in a text; its parser would not say where it stood."""
    found = _NO_TEXT.search(text)
    if found:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        message = f"expected text, found the control character `{printable(found[0])}`"
        raise InputError.at(Location(name, line, column), message)


def _refuse_unsafe(text: str, name: str) -> None:
    """Raise ``InputError`` for aliases, tags and nesting beyond ``MAX_DEPTH``."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
        if isinstance(event, yaml.AliasEvent):
            raise InputError.at(place, "expected the value itself, found an alias (`*`): aliases are not allowed")
        if getattr(event, "anchor", None):
            raise InputError.at(place, "expected a plain value, found an anchor (`&`): anchors are not allowed")
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            raise InputError.at(place, f"expected a plain value, found the tag {shown(tag)}: tags are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise InputError.at(place, f"expected at most {MAX_DEPTH} levels of nesting, found more")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _read_node(root: Node, name: str) -> Document:
    places: dict[Path_, Location] = {}
    key_places: dict[Path_, Location] = {}
    problems: list[Problem] = []

    def place_of(node: Node) -> Location:
        mark = node.start_mark
        return Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)

    def convert(node: Node, path: Path_) -> Any:
        places[path] = place_of(node)
        if isinstance(node, ScalarNode):
            return _SCALARS[node.tag](node.value)
        if isinstance(node, SequenceNode):
            return [convert(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            here = place_of(key_node)
            if not isinstance(key_node, ScalarNode):
                problems.append(Problem(here, "expected a word as key, found a list or a mapping"))
                continue
            key = key_node.value  # a key is always the text that was written
            if key in mapping:
                first = key_places[(*path, key)]
                message = f"{printable(key)}: expected each key once, but it stands in line {first.line} too"
                problems.append(Problem(here, message))
                continue
            key_places[(*path, key)] = here
            mapping[key] = convert(value_node, (*path, key))
        return mapping

    value = convert(root, ())
    if problems:
        raise InputError(problems)
    return Document(name, value, places, key_places)


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    if isinstance(error, ConstructorError):  # pragma: no cover - we construct nothing ourselves
        return Problem(Location(name), str(error))
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
    rest = "".join(text.split("\n")[mark.line : mark.line + 1])[mark.column :] if mark else ""
    if rest.startswith("\t"):
        return Problem(place, "not valid YAML: found a tab, expected spaces")
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable text"
    return Problem(place, f"not valid YAML: {what}")


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
