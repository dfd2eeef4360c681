"""Write models and plain data as JSON: the same value gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

_HALF = re.compile("[\ud800-\udfff]")


def render_answers(answers: Sequence[object]) -> str:
    """The answers of a verb as published: one object for one profile, else a list of them."""
    return as_json(answers[0] if len(answers) == 1 else list(answers))


def as_json(value: object) -> str:
    r"""Any model, or plain data, as indented JSON with a line break at the end.

    Half a character, as a file name that is not UTF-8 has, becomes the text ``\udcff``: no JSON has it raw.
    """
    try:
        return to_json(value, indent=2).decode() + "\n"
    except PydanticSerializationError:
        text = json.dumps(to_jsonable_python(value), indent=2, ensure_ascii=False) + "\n"
        if not _HALF.search(text):
            raise
        return _HALF.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text)
