"""Files to text: what cannot be read is said, and nothing is read without end."""

from __future__ import annotations

import sys
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location

MAX_BYTES = 1_000_000


def read_bytes(source: str | Path) -> bytes:
    """The bytes of a file, or of standard input for ``-``.

    Raises ``InputError`` for a file that is missing, a folder, too large or not allowed to be read.
    """
    here = Location(name_of(source))
    try:
        if str(source) == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(source, "rb") as file:  # noqa: PTH123 - `Path` would make the current folder of an empty name
                raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise InputError.at(here, "expected a file, found a folder") from None
    except FileNotFoundError:
        raise InputError.at(here, "no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(here, f"cannot be read: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise InputError.at(here, f"expected at most {MAX_BYTES:,} bytes, found more")
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
            Location(name, line, column), f"expected UTF-8 text, found the byte 0x{raw[error.start]:02x}"
        ) from None


def name_of(source: str | Path) -> str:
    """What a message calls a source."""
    return "<stdin>" if str(source) == "-" else str(source) or "``"
