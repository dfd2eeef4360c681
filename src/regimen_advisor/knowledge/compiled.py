"""Keep a rulebook that was read once, so that a start need not read and check its YAML again.

A wheel holds one, made while it was built (``hatch_build.py``). It counts only for rules whose bytes are the same, on
the Python and the pydantic that made it; in any other case the YAML is read. It holds no path of the machine that made
it: a place in a file is kept from the folder of the rules on.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any, cast

import pydantic

from regimen_advisor.knowledge.loading import Loaded, Loader
from regimen_advisor.knowledge.manifest import digest_of

FILE = Path(__file__).parents[1] / "rules.compiled"
"""Where a wheel holds it; a checkout has none, since its code and its rules change."""


def compiled(folder: Path) -> bytes:
    """The rulebook in ``folder``, an absolute path. Raises ``InputError`` where it cannot be read."""
    written = io.BytesIO()
    written.write(_heading(digest_of(folder)))
    _CompiledWriter(written, folder).dump(Loader((folder,)).load())
    return written.getvalue()


def read_compiled(folder: Path, digest: str, file: Path = FILE) -> Loaded | None:
    """The compiled contents of ``folder``; ``None`` where there is no compiled rulebook of exactly these files."""
    try:
        with file.open("rb") as stream:
            if stream.readline() != _heading(digest):
                return None
            found = _CompiledReader(stream, folder).load()
    except FileNotFoundError:
        return None
    return cast("Loaded", found)


def _heading(digest: str) -> bytes:
    """What identifies a compiled rulebook: the digest of the rules, and whatever else its bytes depend on."""
    made_of = {"rules": digest, "python": sys.version_info[:2], "pydantic": pydantic.VERSION}
    return json.dumps(made_of).encode() + b"\n"


class _CompiledWriter(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, folder: Path) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder, self._within = folder, f"{folder}/"

    def persistent_id(self, obj: Any) -> tuple[bool, str] | None:
        """For a path, whether it is a ``Path``, and how it goes on from the folder."""
        if isinstance(obj, str) and obj.startswith(self._within):
            return False, obj.removeprefix(self._within)
        if isinstance(obj, Path) and obj.is_relative_to(self._folder):
            return True, obj.relative_to(self._folder).as_posix()
        return None


class _CompiledReader(pickle.Unpickler):
    def __init__(self, stream: io.BufferedReader, folder: Path) -> None:
        super().__init__(stream)
        self._folder = folder
        self._names: dict[str, str] = {}

    def persistent_load(self, pid: tuple[bool, str]) -> str | Path:
        """The path in the folder that is read now."""
        is_path, rest = pid
        if is_path:
            return self._folder / rest
        return self._names.get(rest) or self._names.setdefault(rest, str(self._folder / rest))
