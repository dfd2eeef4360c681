"""Writing results: a file whole or not at all, and standard output that may be closed or full."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location

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
        raise _not_written("standard output", error) from None


def close_stdout() -> None:
    """Let nothing more be written at exit, where Python would complain about it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """``text`` to ``path`` in one step: under a temporary name beside it, then renamed.

    Raises ``InputError`` where the folder is missing, may not be written to, or the disk is full. Whatever ends it, an
    interrupt too, no half-written file is left. A file name in it that is not UTF-8 is escaped.
    """
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():  # a device or a pipe, such as /dev/stdout
            if path.is_dir():
                raise InputError.at(Location(str(path)), "expected the name of a file to write, found a folder")
            path.write_text(text, encoding="utf-8", errors=UNENCODABLE)
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with open(handle, "w", encoding="utf-8", errors=UNENCODABLE, newline="\n") as file:  # noqa: PTH123 - a handle, not a path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))  # noqa: PTH101 - the name is text
        os.replace(temporary, path)  # noqa: PTH105
        temporary = None
    except OSError as error:
        raise _not_written(str(path), error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


def _mode(path: Path) -> int:
    """The rights a new file gets by default, or those of the file that is replaced."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _not_written(name: str, error: OSError) -> InputError:
    return InputError.at(Location(name), f"cannot be written: {error.strerror or error}")
