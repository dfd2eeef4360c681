"""Read an entry as of a day: without the places of later sources, and without later errata."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, TypeVar

from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.publications import Erratum, Place, Sources, last_day

Entry = TypeVar("Entry", bound=Record)


def later_errata(entry: object, day: date) -> Iterator[str]:
    """The ids of the errata of an entry that the published record gives only after ``day``; undated ones count."""
    if isinstance(entry, Erratum):
        if entry.since is not None and last_day(entry.since) > day:
            yield entry.id
    elif isinstance(entry, Record):
        for name in type(entry).model_fields:
            yield from later_errata(getattr(entry, name), day)
    elif isinstance(entry, tuple):
        for item in entry:
            yield from later_errata(item, day)


def as_of_day(entry: Entry, later: AbstractSet[str], errata: AbstractSet[str]) -> Entry | None:
    """An entry without what only the sources ``later`` say and without these errata; ``None`` where nothing is left.

    A part that several sources say keeps the places of those that speak.
    """
    changes: dict[str, Any] = {}
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        left = _left(value, later, errata)
        if isinstance(value, Sources) and left is None:
            return None
        if left is not value:
            changes[name] = left
    return entry.model_copy(update=changes) if changes else entry


def _left(value: object, later: AbstractSet[str], errata: AbstractSet[str]) -> Any:
    match value:
        case Sources():
            return value.without(later)
        case Place():
            return None if value.review in later else value
        case Erratum() if value.id in errata:
            return None
        case Record():
            return as_of_day(value, later, errata)
        case tuple():
            kept = [(item, _left(item, later, errata)) for item in value]
            left = tuple(
                item_left
                for _, item_left in kept
                if item_left is not None and not (isinstance(item_left, str) and item_left in errata)
            )
            return value if left == value and all(item is item_left for item, item_left in kept) else left
    return value
