"""Group the options shown: for a marker of this tumour, for any such tumour, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regimen_advisor.advice import Advice, Option
from regimen_advisor.language.standings import Standing
from regimen_advisor.words.catalogue import joined, say

ANY_TUMOUR = say("group.any_tumour")
OFFERED = say("standing_title.offered")


@dataclass(frozen=True)
class OptionGroup:
    """Options under one heading, each with its number in the whole list."""

    title: str
    options: tuple[tuple[int, Option], ...]


def groups(advice: Advice) -> tuple[OptionGroup, ...]:
    """The options that are offered or may be, in the order of the advice; a group without options is left out."""
    offered = [option for option in advice.options if option.standing.is_offered]
    marked = [option for option in offered if option.markers]
    unmarked = [option for option in offered if not option.markers]
    found: list[OptionGroup] = []
    parts = (
        (for_markers(marked), marked),
        (ANY_TUMOUR if marked else OFFERED, unmarked),
        (say("standing_title.undetermined"), advice.of(Standing.UNDETERMINED)),
    )
    number = 0
    for title, options in parts:
        if options:
            found.append(OptionGroup(title, tuple(enumerate(options, start=number + 1))))
            number += len(options)
    return tuple(found)


def for_markers(options: Sequence[Option]) -> str:
    """The heading of options for a marker: it names those that the options ask for."""
    names = dict.fromkeys(name for option in options for name in option.markers)
    return say("group.for_markers", markers=joined(names, "lists"))
