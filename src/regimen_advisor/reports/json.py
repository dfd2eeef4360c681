"""``advise`` as the published JSON (``regimen-advisor schema advice``): one object for one profile, else a list."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json

from regimen_advisor.advice import Advice


def render_advice(advices: Sequence[Advice]) -> str:
    """The advice, indented by two, keys in the order of the schema: the same advice gives the same bytes."""
    return as_json(advices[0] if len(advices) == 1 else list(advices))


def as_json(value: object) -> str:
    """Any model, or plain data, as indented JSON with a line break at the end."""
    return to_json(value, indent=2).decode() + "\n"
