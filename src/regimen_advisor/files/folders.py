"""List the files of a folder: none is left out because it cannot be listed or has a slightly different name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISDIR

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.words.catalogue import say

YAML = ".yaml"
MANIFEST = "manifest.yaml"
"""What a rulebook says of itself: it is no part of what it counts."""
SCHEMAS = "schemas"
"""The folder of a rulebook with schemas for editors."""


def yaml_files(folder: str | Path, ending: str = YAML, *, deep: bool = False) -> list[Path]:
    """The files of a folder whose names end so, by name; not the hidden ones that editors leave next to a file.

    With ``deep`` those of the folders below too. Raises ``InputError`` for a folder that is not there or cannot be
    read, and for a file named ``.yml`` or ``.YAML``, which someone believes to be read.
    """
    found = []
    for file in files_in(folder, deep=deep, taken=lambda name: _as_usual(name).endswith(ending)):
        if not file.name.endswith(ending):
            raise InputError.at(Location(str(file)), say("file.other_ending", ending=ending))
        found.append(file)
    return found


def _as_usual(name: str) -> str:
    name = name.lower()
    return name.removesuffix(".yml") + YAML if name.endswith(".yml") else name


def files_in(folder: str | Path, *, deep: bool = False, taken: Callable[[str], bool]) -> list[Path]:
    """The entries of a folder (with ``deep`` of those below too) whose names are ``taken``, sorted; hidden ones not.

    Whatever has such a name is listed, a folder too: the one who reads it refuses it by name. Links to folders are
    followed. Raises ``InputError`` for each folder that is not there or cannot be read.
    """
    return sorted(_walk(Path(folder), deep, taken, frozenset()))


def _walk(folder: Path, deep: bool, taken: Callable[[str], bool], above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".")]
        status = folder.stat()
    except OSError as error:
        raise unlisted(folder, error) from None
    identity = status.st_dev, status.st_ino
    if identity in above:
        raise InputError.at(Location(str(folder)), say("file.link_around"))
    for name in names:
        if taken(name):
            yield folder / name
        elif deep and is_folder(folder / name):
            yield from _walk(folder / name, deep, taken, above | {identity})


def is_folder(path: Path) -> bool:
    """Whether this is a folder. Raises ``InputError`` where it cannot be accessed; a link to nothing is no folder."""
    try:
        return S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unlisted(path, error) from None


def unlisted(folder: Path, error: OSError) -> InputError:
    """Why a folder could not be listed."""
    if isinstance(error, FileNotFoundError):
        return InputError.at(Location(str(folder)), say("file.no_folder"))
    if isinstance(error, NotADirectoryError):
        return InputError.at(Location(str(folder)), say("file.not_a_folder"))
    return InputError.at(Location(str(folder)), say("broken.cannot_be_read", reason=error.strerror or error))


def schema_line(folder: Path, kind: str) -> str:
    """What the first line of a file of ``folder`` tells an editor; nothing where the folder has no schemas."""
    return f"# yaml-language-server: $schema={SCHEMAS}/{kind}.json\n" if (folder / SCHEMAS).is_dir() else ""


def rule_files(folder: Path) -> list[Path]:
    """Every file of a rules folder but its manifest, in the order in which the digest takes them.

    Raises ``InputError`` where there are none, or a folder cannot be listed.
    """
    files = [file for file in yaml_files(folder, deep=True) if file != folder / MANIFEST]
    if not files:
        raise InputError.at(Location(str(folder)), say("file.no_rules"))
    return files
