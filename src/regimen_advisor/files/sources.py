"""Parse YAML into values and models, keeping source positions.

The reader is strict because the files are clinical: YAML as ``yaml_values`` reads it, and no second document where one
is expected. Nothing is guessed and nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from regimen_advisor.files.errors import InputError, Location, Problem, printable
from regimen_advisor.files.output import read_text
from regimen_advisor.files.validation_messages import problems_of, shown
from regimen_advisor.files.yaml_values import MAX_DEPTH, Path_, read_yaml
from regimen_advisor.words.catalogue import say

__all__ = [
    "MAX_DEPTH", "Document", "Path_", "Record", "as_document", "document_of", "named_in_python", "parse_document",
    "parse_documents", "read_document", "validated",
]  # fmt: skip

T = TypeVar("T")
_HALF = re.compile("[\ud800-\udfff]")
_MOST_BITS = 1024
"""A whole number of more bits is none that a file is meant to hold, and Python may refuse to write it out."""


class Record(BaseModel):
    """Base of every model read from a file: strict types, no unknown key, frozen once read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


@dataclass(frozen=True)
class Document:
    """One YAML document: ``value`` is plain Python data, ``places`` gives the position of each part."""

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
        """The position of the key of the value at ``path``, or of the value itself in a list."""
        return self.key_places.get(path) or self.locate(path)


def read_document(source: str | Path) -> Document:
    """The single YAML document of a file (or of standard input for ``-``)."""
    text, name = read_text(source)
    return parse_document(text, name)


def as_document(source: Document | str | Path) -> Document:
    """A document as it is, or that of a file."""
    return source if isinstance(source, Document) else read_document(source)


def parse_document(text: str, name: str = "<text>") -> Document:
    """The single YAML document in ``text``; an empty text is a document whose value is ``None``."""
    documents = parse_documents(text, name)
    if len(documents) > 1:
        place = documents[1].locate()
        raise InputError.at(place, say("file.second_document"))
    return documents[0] if documents else Document(name, None, {(): Location(name, 1, 1)}, {})


def parse_documents(text: str, name: str = "<text>") -> list[Document]:
    """Every YAML document in ``text``, for the files that may hold several."""
    return [Document(name, value, places, key_places) for value, places, key_places in read_yaml(text, name)]


def document_of(value: Any, name: str = "<mapping>") -> Document:
    """A value that no file holds, as a document: its problems name the key, and ``name`` in place of a file.

    Any mapping is read as a dict, a tuple as a list, and a scalar of NumPy as the value it holds. Raises ``InputError``
    where it is nested too deeply, and for every part that no file can hold.
    """
    problems: list[Problem] = []
    plain = _plain(value, name, (), problems)
    if problems:
        raise InputError(problems)
    places = dict.fromkeys(_paths(plain), Location(name))
    return Document(name, plain, places, places)


def named_in_python(value: object) -> str:
    """A value that a program gave as a message shows it: what a file can hold as there, anything else by its type."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return say("type.long_number")
    is_plain = value is None or isinstance(value, str | int | float | list | dict)
    return shown(value) if is_plain else f"`{type(value).__qualname__}`"


def _plain(value: Any, name: str, path: Path_, problems: list[Problem]) -> Any:
    if len(path) > MAX_DEPTH:
        raise InputError.at(Location(name), say("broken.deep", most=MAX_DEPTH))
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a scalar of NumPy, which may not be there
        value = value.item()
    match value:
        case Mapping():
            odd = [say("broken.key_no_text", found=named_in_python(key)) for key in value if not isinstance(key, str)]
            problems.extend(_problem_in(name, path, message) for message in odd)
            items = [(key, part) for key, part in value.items() if isinstance(key, str)]
            return {key: _plain(part, name, (*path, key), problems) for key, part in items}
        case list() | tuple():
            return [_plain(part, name, (*path, index), problems) for index, part in enumerate(value)]
        case str() if half := _HALF.search(value):
            problems.append(_problem_in(name, path, say("broken.half_character", half=printable(half[0]))))
        case None | str() | float():
            return value
        case int() if value.bit_length() <= _MOST_BITS:
            return value
        case _:
            expected = say("broken.expected", expected=say("type.any"), found=named_in_python(value))
            problems.append(_problem_in(name, path, expected))
    return None


def _problem_in(name: str, path: Path_, message: str) -> Problem:
    """A problem of a value that has no place in a file: its message begins with the key, where there is one."""
    keys = [step for step in path if isinstance(step, str)]
    return Problem(Location(name), say("broken.at_key", key=keys[-1], message=message) if keys else message)


def _paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from _paths(part, (*path, step))


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
        return cast("T", adapter.validate_json(json.dumps(value, ensure_ascii=False).encode(), strict=True))
    except UnicodeEncodeError:
        raise InputError(_halves(value, document, path)) from None
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InputError(problems_of(details, document, path, _keys_of(adapter))) from None


def _halves(value: Any, document: Document, path: Path_) -> Iterator[Problem]:
    """A problem for each text with half of a surrogate pair in it: JSON can hold one, no file can."""
    if isinstance(value, str) and (half := _HALF.search(value)):
        yield Problem(document.locate(path), say("broken.half_character", half=printable(half[0])))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if half := _HALF.search(key):
                place = document.locate_key((*path, key))
                yield Problem(place, say("broken.half_character", half=printable(half[0])))
            yield from _halves(inner, document, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _halves(inner, document, (*path, index))


@lru_cache(maxsize=64)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _keys_of(adapter: TypeAdapter[Any]) -> set[str]:
    """Every key that the model or a model inside it knows."""
    schema = adapter.json_schema()
    models = (schema, *schema.get("$defs", {}).values())
    return {key for model in models for key in model.get("properties", {})}
