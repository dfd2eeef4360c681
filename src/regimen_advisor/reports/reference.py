"""Report a file format from its model, so that the reference page and the reader cannot differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import BaseModel

from regimen_advisor.documents.blocks import Block, Grid, Heading, Marked, Paragraph, Table
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

_SHAPES = CATALOGUE.room("takes_shape")
"""Models by name, for which there is more to say than which keys they have."""


def document(
    model: type[BaseModel], title: str, mode: Literal["validation", "serialization"] = "validation"
) -> Iterator[Block]:
    """One table a model: key, what it takes, what it means."""
    schema = model.model_json_schema(mode=mode)
    parts = {model.__name__: schema, **schema.get("$defs", {})}
    yield Heading(Marked(title), 1)
    yield Paragraph(say("reference.generated"))
    for name, part in parts.items():
        yield Heading(name)
        about = part.get("description", "")
        if "properties" in part:
            yield Paragraph(Marked(_cell(about.split("\n\n")[0])))
            yield from _keys(part)
        else:  # a value that takes several shapes, or one of some words
            yield Paragraph(Marked(_cell(about)))
            yield Paragraph(Marked(say("reference.takes", words=_takes(part))))


def keys_of(model: type[BaseModel]) -> list[tuple[str, str]]:
    """The keys of a model, each with its meaning and what it takes in plain words, which name no model."""
    schema = model.model_json_schema()
    parts = schema.get("$defs", {})

    def shape(name: str) -> str:
        return _shape(name, parts[name])

    return [
        (key, _key_words(field, _takes(field, shape).replace("`", ""))) for key, field in schema["properties"].items()
    ]


def _key_words(field: dict[str, Any], takes: str) -> str:
    meaning = re.sub(r"\[(\w+)\]\(\w+\.md\)", r"\1", field.get("description", ""))
    return say("reference.key_takes", meaning=meaning, takes=takes) if meaning else takes


def _shape(name: str, part: dict[str, Any]) -> str:
    """What a value of a model looks like: the words of the catalogue for it, or its keys."""
    if name in _SHAPES:
        return _SHAPES[name]
    if "properties" not in part:
        return _takes(part)
    keys = (f"{key}: {'[...]' if field.get('type') == 'array' else '...'}" for key, field in part["properties"].items())
    return f"{{{', '.join(keys)}}}"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _keys(part: dict[str, Any]) -> Iterator[Block]:
    required = set(part.get("required", ()))
    columns = tuple(say(f"reference_column.{column}") for column in ("key", "takes", "meaning"))
    rows = tuple(
        (
            Marked(f"`{key}`{' *' if key in required else ''}"),
            Marked(_takes(value)),
            Marked(_cell(value.get("description", ""))),
        )
        for key, value in part["properties"].items()
    )
    yield Table(columns, rows, grid=Grid())
    if required:
        yield Paragraph(f"* {say('reference.required')}")


def _takes(schema: dict[str, Any], named: Callable[[str], str] = _link) -> str:
    """What a key takes, in a few words; a model by what ``named`` makes of its name."""
    match schema:
        case {"$ref": ref}:
            return named(ref.rsplit("/", 1)[-1])
        case {"allOf": [inner]}:
            return _takes(inner, named)
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return joined(f"`{value}`" for value in values)
        case {"anyOf": options} | {"oneOf": options}:
            words = [_takes(option, named) for option in options if option.get("type") != "null"]
            return joined(dict.fromkeys(words), "or")
        case {"type": "array"}:
            return say("takes.list", item=_takes(schema.get("items", {}), named))
        case {"type": "object", "additionalProperties": dict(inner)}:
            return say("takes.mapping", value=_takes(inner, named))
        case {"type": "object"}:
            return say("takes.any_mapping")
        case {"type": "integer", "minimum": low, "maximum": high}:
            return say("takes.number_between", low=low, high=high)
        case {"type": str(kind)}:
            return say(f"takes_kind.{kind}")
    return say("takes.anything")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
