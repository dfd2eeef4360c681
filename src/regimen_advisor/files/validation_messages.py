"""Turn the errors of a model into messages in the words of the file: one for each wrong value.

pydantic tries every member of a union and reports each refusal. A reader wants one sentence: where, what was expected,
what was found. A refusal of a whole value is therefore dropped where a part of that value was refused, and the
refusals of one value are merged into "expected A, B or C".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Protocol

from pydantic_core import ErrorDetails

from regimen_advisor.files.errors import Location, Near, Problem, did_you_mean, near, printable
from regimen_advisor.words.catalogue import joined, say

Path_ = tuple[str | int, ...]

LONGEST_SHOWN = 60

_TYPES = {
    "model_type": "mapping",
    "model_attributes_type": "mapping",
    "dict_type": "mapping",
    "list_type": "list",
    "tuple_type": "list",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "int_from_float": "whole_number",
    "float_type": "number",
    "string_type": "text",
}
_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_YES_NO = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
_OTHER_TYPE = re.compile(r"[-+]?[0-9][0-9.eE+-]*|true|false|null|~|", re.IGNORECASE)


class LocatedDocument(Protocol):
    """What is needed of a document: the places of its values and of its keys."""

    @property
    def places(self) -> Mapping[Path_, Location]:
        """The place of every value."""

    def locate(self, path: Path_ = ()) -> Location:
        """The place of the value at ``path``, or of its nearest parent."""

    def locate_key(self, path: Path_) -> Location:
        """The place of the key of the value at ``path``."""


def shown(value: object) -> str:
    """A value of a file as a message shows it: short, on one line, and unable to steer a terminal."""
    if isinstance(value, dict):
        return say("type.mapping" if value else "type.empty_mapping")
    if isinstance(value, list):
        return say("type.list" if value else "type.empty_list")
    if value is None:
        return say("type.nothing")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = printable(str(value))
    text = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
    # A quoted "1" would otherwise look like the number that was expected.
    return f'`"{text}"`' if isinstance(value, str) and _OTHER_TYPE.fullmatch(value) else f"`{text}`"


def listed(words: Iterable[str], joint: str = "or") -> str:
    """``a, b or c``, each word once."""
    unique = list(dict.fromkeys(words))
    if len(unique) < 2:
        return "".join(unique)
    return say(f"list.{joint}", first=joined(unique[:-1]), last=unique[-1])


def problems_of(
    errors: Iterable[ErrorDetails], document: LocatedDocument, root: Path_, keys: AbstractSet[str]
) -> list[Problem]:
    """The problems behind the refusals of a model that was read from ``root`` in ``document``, in file order.

    ``keys`` are the keys that the model knows, for "did you mean".
    """
    problems: list[Problem] = []
    refused: dict[Path_, list[ErrorDetails]] = {}
    errors = list(errors)
    missing: dict[Path_, list[str]] = {}
    for details in errors:
        if details["type"] == "missing":
            missing.setdefault(details["loc"][:-1], []).append(str(details["loc"][-1]))
    for details in errors:
        path = root + tuple(_real_steps(details["loc"], document, root))
        if details["type"] == "extra_forbidden":
            key = str(details["loc"][-1])
            place = document.locate_key(path if path[-1:] == (key,) else (*path, key))
            missed = missing.get(details["loc"][:-1], [])
            help: Near | str | None = Near(key, partial(_misplaced, key, missed)) if key in keys else near(key, keys)
            if details["input"] is None and " " in key:  # {title: First line, squamous} has a key of no value
                help = say("broken.comma_in_braces")
            problems.append(Problem(place, say("broken.unknown_key", key=key), help))
            refused.setdefault(path, [])
        elif details["type"] == "missing":
            place = document.locate(path)
            problems.append(Problem(place, say("broken.missing_key", key=details["loc"][-1])))
            refused.setdefault((*path, details["loc"][-1]), [])
        else:
            refused.setdefault(path, []).append(details)
    parents = {path[:length] for path in refused for length in range(len(path))}
    for path, found in refused.items():
        if found and path not in parents:
            problems += _refusals(found, path, document)
    return sorted(dict.fromkeys(problems), key=lambda problem: (_order(problem.location), problem.message))


def _misplaced(key: str, missing: Iterable[str]) -> str:
    """What may be meant by a key of another place: one that is missing in this one, or that place."""
    return did_you_mean(key, missing) or say("broken.elsewhere")


def _order(place: Location) -> tuple[int, int]:
    return place.line or 0, place.column or 0


def _real_steps(loc: tuple[str | int, ...], document: LocatedDocument, root: Path_) -> Iterator[str | int]:
    """The steps of a pydantic location that exist in the file; union members add steps that do not."""
    found: Path_ = root
    for step in loc:
        if (*found, step) in document.places:
            found = (*found, step)
            yield step


def _refusals(found: list[ErrorDetails], path: Path_, document: LocatedDocument) -> Iterator[Problem]:
    """One problem for a value that nothing fits; sentences that a model itself says are kept as they are."""
    place = document.locate(path)
    keys = [str(step) for step in path if not isinstance(step, int)]
    own_messages = [details for details in found if details["type"] in ("value_error", "assertion_error")]
    for details in own_messages:
        message = str(details.get("ctx", {}).get("error", details["msg"]))
        yield Problem(place, say("broken.at_key", key=keys[-1], message=message) if keys else message)
    if not own_messages:
        value = found[0].get("input")
        help = (
            Near(str(value)[:LONGEST_SHOWN], partial(_help, found, value))
            if isinstance(value, str)
            else _help(found, value)
        )
        expected = listed(word for details in found for word in _expected(details))
        fields = {"expected": expected, "found": shown(value)}
        message = say("broken.expected_there", key=keys[-1], **fields) if keys else say("broken.expected", **fields)
        yield Problem(place, message, help)


def _expected(details: ErrorDetails) -> list[str]:
    kind, context = details["type"], details.get("ctx", {})
    if kind in _TYPES:
        return [say(f"type.{_TYPES[kind]}")]
    if kind in ("literal_error", "enum"):
        return [f"`{word}`" for word in _words(details)]
    if kind == "bool_type":
        return ["`true`", "`false`"]
    match kind:
        case "none_required":  # every key may be left out: nobody needs to be asked to write nothing
            return []
        case "greater_than_equal":
            return [say("known.at_least", number=context["ge"])]
        case "less_than_equal":
            return [say("known.at_most", number=context["le"])]
        case "string_pattern_mismatch":
            form = context["pattern"]
            return [say("broken.id") if form == _ID else say("broken.form", pattern=form)]
        case _:
            return [details["msg"].removeprefix("Input should be ").removeprefix("Value should ")]


def _words(details: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(details.get("ctx", {}).get("expected", "")))


def _help(found: list[ErrorDetails], value: Any) -> str | None:
    """What may be meant: the nearest word, ``true`` for ``YES``, or a list for a single word."""
    kinds = {details["type"] for details in found}
    if "string_type" in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return say("broken.quotes")
    if not isinstance(value, str):
        return None
    if "bool_type" in kinds and value.lower() in _YES_NO:
        return say("broken.did_you_mean", word=_YES_NO[value.lower()])
    meant = did_you_mean(value, [word for details in found for word in _words(details)])
    if meant is None and kinds & {"list_type", "tuple_type"} and value.strip() not in ("", "none"):
        return say("broken.list_is_written", value=value[:LONGEST_SHOWN])
    return meant
