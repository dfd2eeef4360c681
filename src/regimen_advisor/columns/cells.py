"""What one cell of a table says, read by the same model as a profile: a distinct cell is read once, never a row.

A cell holds what the key of a profile may hold, written as text: a word, ``true``, a number, a range such as ``<1``
or ``1-49``, the members of a set joined by ``;`` (``not`` before a member that was looked for and not found), or JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from regimen_advisor.files.errors import InputError
from regimen_advisor.language.values import Facts
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact
from regimen_advisor.patient.profile import HistoryEntry, Profile
from regimen_advisor.patient.reading import Patient, read

MISSING = frozenset({"", "unknown"})
"""Cells that say nothing; they are unknown and not counted as unreadable."""

_RANGE = re.compile(r"(\d{1,3})\s*-\s*(\d{1,3})")
_BOUND = re.compile(r"(<=|>=|<|>)\s*(\d{1,3})")
_BOUND_WORDS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}


@dataclass(frozen=True)
class Cell:
    """``plain`` is the value as a profile would hold it; ``patient`` a patient of whom nothing else is known."""

    plain: Any
    patient: Patient

    @property
    def facts(self) -> Facts:
        """The facts as the cell alone narrows them."""
        return self.patient.facts


def read_cell(key: str, text: str, domain: Domain) -> Cell | None:
    """What the cell ``text`` of the column ``key`` says; ``None`` if it cannot be read."""
    try:
        plain = plain_value(key, text, domain)
        return Cell(plain, read(Profile.model_validate({key: plain}), domain))
    except (ValidationError, InputError, ValueError, RecursionError):
        return None


def plain_value(key: str, text: str, domain: Domain) -> Any:
    """The cell as a profile would hold it; it may still be refused by the profile's model."""
    text = text.strip()
    if text[:1] in ("[", "{"):
        return json.loads(text)
    fact = domain.facts.get(key)
    match fact:
        case ChoiceFact() if fact.is_yes_no and text.lower() in ("true", "false"):
            return text.lower() == "true"
        case NumberFact():
            return _number(text)
        case SetFact() if text not in (fact.empty_word, "positive"):
            return _set(text)
    return text


def _number(text: str) -> Any:
    """A whole number (``60`` and ``60.0``, as spreadsheets write it) or a range."""
    if re.fullmatch(r"\d{1,3}(\.0+)?", text):
        return int(float(text))
    bare = text.removesuffix("%").strip().replace("≥", ">=").replace("≤", "<=").replace("–", "-")
    if match := _RANGE.fullmatch(bare):
        return {"at_least": int(match[1]), "at_most": int(match[2])}
    if match := _BOUND.fullmatch(bare):
        return {_BOUND_WORDS[match[1]]: int(match[2])}
    if bare.isdigit():
        return int(bare)
    return text


def _set(text: str) -> Any:
    members = [part.strip() for part in text.split(";") if part.strip()]
    absent = [part.removeprefix("not ").strip() for part in members if part.startswith("not ")]
    found = [part for part in members if not part.startswith("not ")]
    return {"found": found, "not_found": absent} if absent else found


def history_entries(text: str) -> list[dict[str, Any]] | None:
    """The entries of a history written as JSON, drugs as text; ``None`` if it is missing or cannot be read."""
    try:
        written = json.loads(text)
        entries = [HistoryEntry.model_validate(entry) for entry in written] if isinstance(written, list) else None
    except (ValidationError, ValueError, RecursionError):
        return None
    if entries is None:
        return None
    return [
        {**entry.model_dump(), "drugs": entry.drugs if isinstance(entry.drugs, str) else json.dumps(entry.drugs)}
        for entry in entries
    ]
