"""Read the scripts of the page for tests: their texts, and the calls that fetch words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_REGEX_AFTER = re.compile(r"(?:^|[(,=:\[!&|?{};>]|\breturn)\s*$")
_CALL = re.compile(r"(?<![\w.#])say(?:With)?\(")
_KEY = re.compile(r'"(\w+\.[\w -]+)"|`(\w+\.[^`]*)`')
_NAME = re.compile(r"^\s*(\w+)\s*(?=:|$)")


class Literal(NamedTuple):
    """A string or template of a script; fields of a template are ``{}``. ``before`` is the code in front of it."""

    line: int
    before: str
    text: str


def literals(source: str) -> Iterator[Literal]:
    """Each string and template outside comments and patterns."""
    found, _ = _read(source, 0, nested=False)
    yield from found


def _read(source: str, at: int, *, nested: bool) -> tuple[list[Literal], int]:
    """The literals from here to the end, or in a template to the brace that closes its field; and where that is."""
    found: list[Literal] = []
    depth = 0
    while at < len(source):
        sign = source[at]
        if source.startswith("//", at):
            at = _end(source, "\n", at)
        elif source.startswith("/*", at):
            at = _end(source, "*/", at)
        elif sign == "/" and _REGEX_AFTER.search(source[max(0, at - 40) : at]):
            at = _end_of_pattern(source, at)
        elif sign in "\"'":
            end = _end_of_string(source, at)
            found.append(Literal(source.count("\n", 0, at) + 1, source[max(0, at - 80) : at], source[at + 1 : end - 1]))
            at = end
        elif sign == "`":
            text, inside, end = _template(source, at)
            found += [Literal(source.count("\n", 0, at) + 1, source[max(0, at - 80) : at], text), *inside]
            at = end
        else:
            depth += {"{": 1, "}": -1}.get(sign, 0)
            at += 1
            if nested and depth < 0:
                break
    return found, at


def _template(source: str, at: int) -> tuple[str, list[Literal], int]:
    text, inside = "", []
    at += 1
    while source[at] != "`":
        if source.startswith("${", at):
            found, at = _read(source, at + 2, nested=True)
            inside += found
            text += "{}"
            continue
        step = 2 if source[at] == "\\" else 1
        text += source[at : at + step]
        at += step
    return text, inside, at + 1


def _end(source: str, mark: str, at: int) -> int:
    end = source.find(mark, at)
    return len(source) if end < 0 else end + len(mark)


def _end_of_string(source: str, at: int) -> int:
    quote, at = source[at], at + 1
    while source[at] != quote:
        at += 2 if source[at] == "\\" else 1
    return at + 1


def _end_of_pattern(source: str, at: int) -> int:
    at, is_class = at + 1, False
    while source[at] != "/" or is_class:
        is_class = {"[": True, "]": False}.get(source[at], is_class)
        at += 2 if source[at] == "\\" else 1
    return at + 1


class Fetched(NamedTuple):
    """A call of ``say``: its keys, ``{}`` in them for what is put in, and its fields where they are written out."""

    line: int
    keys: tuple[str, ...]
    fields: frozenset[str] | None


def fetched(source: str) -> Iterator[Fetched]:
    """Each call that fetches words."""
    for call in _CALL.finditer(source):
        key, *rest = _arguments(source, call.end())
        keys = tuple(re.sub(r"\$\{[^}]*\}", "{}", found[1] or found[2]) for found in _KEY.finditer(key))
        yield Fetched(source.count("\n", 0, call.start()) + 1, keys, _fields(rest[0]) if rest else frozenset())


def _fields(written: str) -> frozenset[str] | None:
    inside = written.strip()
    if not inside.startswith("{") or "..." in inside:
        return None
    names = (_NAME.match(part) for part in _arguments(inside[1:-1] + ")", 0))
    return frozenset(name[1] for name in names if name)


def _arguments(source: str, at: int) -> list[str]:
    """The arguments of a call from behind its bracket; what is in brackets, strings and templates is not parted."""
    parts, depth, start = [], 0, at
    while depth >= 0:
        sign = source[at]
        if sign in "\"'":
            at = _end_of_string(source, at)
            continue
        if sign == "`":
            _, _, at = _template(source, at)
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
        if depth < 0 or (sign == "," and not depth):
            parts.append(source[start:at])
            start = at + 1
        at += 1
    return parts


def scripts(folder: Path) -> list[Path]:
    """The scripts of the page."""
    return sorted(folder.glob("*.js"))
