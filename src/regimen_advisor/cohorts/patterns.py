"""Match the regular expressions of a mapping with Polars' engine: linear in the cell, so none can hang.

It knows no look-around and no back-reference. What a pattern gives may hold its groups, by number or name.
"""

from __future__ import annotations

import re

import polars as pl

from regimen_advisor.words.catalogue import say

_GROUP = re.compile(r"\\(?:([0-9]{1,2})|g<([^>]*)>|(.?))", re.DOTALL)


def fault_of(pattern: str, template: object) -> str | None:
    """Why ``pattern`` cannot be matched, or ``template`` not be filled from it; ``None`` where both can."""
    try:
        for regex in (pattern, _whole(pattern)):
            pl.Series([""]).str.contains(regex)
    except pl.exceptions.PolarsError as error:
        return _reason(str(error))
    if isinstance(template, str):
        try:
            _filled(template, dict.fromkeys(_names(pattern), ""))
        except LookupError as error:
            return str(error.args[0])
    return None


def given_by(pattern: str, template: object, text: str) -> tuple[bool, object]:
    """Whether ``pattern`` matches the whole of ``text``, and ``template`` with the groups of the match in it."""
    cell, regex = pl.Series([text]), _whole(pattern)
    if not cell.str.contains(regex)[0]:
        return False, None
    if not isinstance(template, str) or "\\" not in template:
        return True, template
    names = _names(pattern)
    groups = list(cell.str.extract_groups(regex)[0].values()) if names else []
    return True, _filled(template, {name: group or "" for name, group in zip(names, groups, strict=True)})


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


def _names(pattern: str) -> list[str]:
    """The groups in order; one without a name is called by its number."""
    dtype = pl.Series([""]).str.extract_groups(_whole(pattern)).dtype
    return [entry.name for entry in dtype.fields] if isinstance(dtype, pl.Struct) else []


def _filled(template: str, groups: dict[str, str]) -> str:
    in_order = list(groups.values())

    def put(found: re.Match[str]) -> str:
        number, name, escaped = found.groups()
        if escaped == "\\":
            return "\\"
        if escaped is not None:
            raise LookupError(say("mapping_error.pattern_escape", escaped=escaped))
        word = number or name
        if word.isdecimal() and 1 <= int(word) <= len(in_order):
            return in_order[int(word) - 1]
        if word not in groups:
            raise LookupError(say("mapping_error.pattern_group", word=word))
        return groups[word]

    return _GROUP.sub(put, template)


def _reason(message: str) -> str:
    """The line of the engine's message that says what is wrong."""
    lines = [line.strip() for line in message.splitlines()]
    error = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), None)
    return error or next((line for line in lines if line), say("mapping_error.pattern_unreadable"))
