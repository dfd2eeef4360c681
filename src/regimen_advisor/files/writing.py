"""Write files whole or not at all: under a temporary name first, then renamed."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE, S_ISREG

from regimen_advisor.files.ending import unfinished
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.output import kind_of
from regimen_advisor.words.catalogue import say

_NEW = 0o666
"""The rights of a new file, before the umask takes some of them away."""
_MINE = 0o600


@contextmanager
def whole_or_nothing(output: str | Path) -> Iterator[Path]:
    """An empty file in the folder of ``output``, renamed to it if the block ends well and removed if it does not.

    Where ``output`` is a link, the file that it leads to is written. A file that is there keeps its mode; a new one
    gets what the umask leaves. Raises ``InputError`` for a folder, a pipe or a device, and where it cannot be written.
    """
    with _reported_as(output):
        try:
            status = os.stat(output)  # noqa: PTH116 - as with `realpath`, an empty name is not the current folder
        except FileNotFoundError:
            status = None
        if status is not None and not S_ISREG(status.st_mode):
            raise InputError.at(Location(str(output)), say("file.not_writable", found=kind_of(status.st_mode)))
        target = target_of(output)
        temporary = _temporary_name(target)
        with unfinished(temporary):
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW if status is None else _MINE))
            yield temporary
            if status is not None:
                temporary.chmod(S_IMODE(status.st_mode) & 0o777)
            temporary.replace(target)


def target_of(output: str | Path) -> Path:
    """The file that is written under the name ``output``: where that is a link, the one that it leads to."""
    return Path(os.path.realpath(output)) if Path(output).is_symlink() else Path(output)


def _temporary_name(target: Path) -> Path:
    """A name in the same folder that no file has, and that is not longer than a name may be."""
    return target.parent / f".{secrets.token_hex(8)}.partial"


@contextmanager
def working_folder(folder: str | Path | None, *, prefix: str, output: str | None = None) -> Iterator[Path]:
    """A new folder in ``folder`` (or where temporary files go) that only this user may enter; gone after the block.

    ``output`` is what the user asked to be written: what cannot be made is reported under that name.
    """
    place = Path(folder if folder is not None else tempfile.gettempdir()) / f"{prefix}{secrets.token_hex(8)}"
    with unfinished(place):
        with _reported_as(output or place):
            place.mkdir(0o700)
        yield place


@contextmanager
def _reported_as(output: str | Path) -> Iterator[None]:
    """Turns what the machine refuses into a problem of ``output``."""
    try:
        yield
    except OSError as error:
        raise InputError.at(
            Location(str(output)), say("broken.cannot_be_written", reason=error.strerror or error)
        ) from None
