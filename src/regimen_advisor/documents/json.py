"""Models and plain data as JSON: the same value gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json


def render_answers(answers: Sequence[object]) -> str:
    """The answers of a verb as published: one object for one profile, else a list of them."""
    return as_json(answers[0] if len(answers) == 1 else list(answers))


def as_json(value: object) -> str:
    """Any model, or plain data, as indented JSON with a line break at the end."""
    return to_json(value, indent=2).decode() + "\n"
