"""Write results: a file whole or not at all, and standard output that may be closed or full."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.writing import whole_or_nothing, working_folder
from regimen_advisor.words.catalogue import say

UNENCODABLE = "backslashreplace"
"""How half a character is written that no encoding has, such as a byte of a file name that is not UTF-8."""


def write_output(text: str, output: str | None) -> None:
    """``text`` to the file ``output``, or to standard output for ``None`` and ``-``.

    Raises ``InputError`` where it cannot be written; no half-written file is left behind.
    """
    if output in (None, "-"):
        write_to_stdout(text)
    else:
        write_file(Path(str(output)), text)


def write_to_stdout(text: str) -> None:
    """``text`` to standard output; a reader that has seen enough (``| head``) is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        close_stdout()
    except OSError as error:
        close_stdout()
        raise _not_written(say("written.standard_output"), error) from None


def close_stdout() -> None:
    """Let nothing more be written at exit, where Python would complain about it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """``text`` to ``path`` in one step: under a temporary name in its folder, then renamed.

    A device or a pipe, such as ``/dev/stdout``, is written to as it is. Raises ``InputError`` where the folder is
    missing, may not be written to, or the disk is full. Whatever ends it, an interrupt too, no half-written file is
    left. A file name in it that is not UTF-8 is escaped.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with open(path, "w", encoding="utf-8", errors=UNENCODABLE, opener=_at_once) as stream:
                stream.write(text)
            return
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise InputError.at(Location(str(path)), say("written.no_reader")) from None
        raise _not_written(str(path), error) from None
    with (
        whole_or_nothing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=UNENCODABLE, newline="\n") as file,
    ):
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_bytes(path: Path, data: bytes) -> None:
    """``data`` to ``path`` in one step, or ``InputError``; see ``write_file``."""
    with whole_or_nothing(path) as temporary, temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """A new folder with these files, by their paths in it: all of them or none.

    An empty folder of this name may be there. Raises ``InputError`` where there is anything else, or where it cannot
    be written.
    """
    try:
        if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError.at(Location(str(folder)), say("written.folder"))
        with working_folder(folder.resolve().parent, prefix=".", output=str(folder)) as working:
            made = working / "made"
            for path, text in files.items():
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                (made / path).write_text(text, "utf-8", newline="\n")
            made.replace(folder.resolve())
    except OSError as error:
        raise _not_written(str(folder), error) from None


def _at_once(name: str, flags: int) -> int:
    """Opens without waiting: a pipe that nobody reads is refused instead."""
    if not hasattr(os, "O_NONBLOCK"):
        return os.open(name, flags)
    handle = os.open(name, flags | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    return handle


def _not_written(name: str, error: OSError) -> InputError:
    return InputError.at(Location(name), say("broken.cannot_be_written", reason=error.strerror or error))
