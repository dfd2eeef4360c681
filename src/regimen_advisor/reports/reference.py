"""Report a file format from its model, so that the reference page and the reader cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel

from regimen_advisor.documents.blocks import Block, Grid, Heading, Marked, Paragraph, Table
from regimen_advisor.words.catalogue import joined, say


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
    """The keys of a model, each with its meaning and what it takes in plain words."""
    return [
        (
            key,
            say("reference.key_takes", meaning=field["description"], takes=_plain(_takes(field)))
            if field.get("description")
            else _takes(field),
        )
        for key, field in model.model_json_schema()["properties"].items()
    ]


def _plain(markdown: str) -> str:
    return re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", markdown).replace("`", "")


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


def _takes(schema: dict[str, Any]) -> str:
    """What a key takes, in a few words."""
    match schema:
        case {"$ref": ref}:
            name = ref.rsplit("/", 1)[-1]
            return f"[{name}](#{name.lower()})"
        case {"allOf": [inner]}:
            return _takes(inner)
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return joined(f"`{value}`" for value in values)
        case {"anyOf": options} | {"oneOf": options}:
            words = [_takes(option) for option in options if option.get("type") != "null"]
            return joined(dict.fromkeys(words), "or")
        case {"type": "array"}:
            return say("takes.list", item=_takes(schema.get("items", {})))
        case {"type": "object", "additionalProperties": dict(inner)}:
            return say("takes.mapping", value=_takes(inner))
        case {"type": "object"}:
            return say("takes.any_mapping")
        case {"type": "integer", "minimum": low, "maximum": high}:
            return say("takes.number_between", low=low, high=high)
        case {"type": str(kind)}:
            return say(f"takes_kind.{kind}")
    return say("takes.anything")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
