"""Read files as bytes or text, up to a limit of size, with an error for what cannot be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.words.catalogue import say

MAX_BYTES = 1_000_000


def read_bytes(source: str | Path) -> bytes:
    """The bytes of a file, or of standard input for ``-``.

    Raises ``InputError`` for a file that is missing, no file (a folder, a pipe), too large or not allowed to be read.
    """
    location = Location(name_of(source))
    try:
        if str(source) == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            refuse_unless_file(source, say("file.dash_reads"))
            with open(source, "rb") as file:  # noqa: PTH123 - `Path` would make the current folder of an empty name
                raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError.at(location, say("file.none_such")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(location, say("broken.cannot_be_read", reason=reason)) from None
    if len(raw) > MAX_BYTES:
        raise InputError.at(location, say("file.too_large", count=MAX_BYTES))
    return raw


def read_text(source: str | Path) -> tuple[str, str]:
    """The text of a file, or of standard input for ``-``, and the name to show for it.

    Raises ``InputError`` for what ``read_bytes`` refuses, and for a file that is not UTF-8.
    """
    raw, name = read_bytes(source), name_of(source)
    try:
        return raw.decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise InputError.at(
            Location(name, line, column), say("file.not_utf8", byte=f"{raw[error.start]:02x}")
        ) from None


def refuse_unless_file(source: str | Path, instead: str) -> None:
    """Raises ``InputError`` for a folder, a pipe or a device: opening a pipe waits for somebody who may never come.

    ``instead`` says what to do with a pipe. What is not there, or may not be looked at, raises ``OSError``.
    """
    mode = os.stat(source).st_mode  # noqa: PTH116 - `Path` would make the current folder of an empty name
    if not S_ISREG(mode):
        help = None if S_ISDIR(mode) else instead
        raise InputError.at(Location(name_of(source)), say("file.not_a_file", found=kind_of(mode)), help)


def kind_of(mode: int) -> str:
    """What a name leads to, by its mode, in words: ``a folder``."""
    kinds = (
        (S_ISREG, "file"),
        (S_ISDIR, "folder"),
        (S_ISFIFO, "pipe"),
        (S_ISSOCK, "socket"),
        (S_ISCHR, "device"),
        (S_ISBLK, "device"),
    )
    return say(f"kind_of_file.{next((kind for is_kind, kind in kinds if is_kind(mode)), 'unknown')}")


def name_of(source: str | Path) -> str:
    """What a message calls a source."""
    return "<stdin>" if str(source) == "-" else str(source) or "``"
