"""Rulebooks by the name a person gives them: a folder, a git revision, or the rules of the working tree."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.knowledge.rulebook import Rulebook, default_folder, load_rulebook

WORKING_TREE = "the working tree"


@dataclass(frozen=True, eq=False)
class Named:
    """A rulebook and what it was asked for as."""

    name: str
    rulebook: Rulebook


def working_folder(rules: str | None = None) -> Path:
    """The rules that are being worked on: ``rules``, or the folder of that name here, or those that ship."""
    if rules is not None:
        return Path(rules)
    here = Path("rules")
    return here if here.is_dir() else default_folder()


def named_rulebook(name: str | None, rules: str | None = None) -> Named:
    """The rulebook called ``name``: a folder, or a revision (``main``, ``HEAD~1``, a tag) of the repository around.

    Without a name that of the working tree. ``rules`` is the folder of the rules there; a revision is asked for the
    same folder. Raises ``InputError`` where there is no such thing, or its rules cannot be read.
    """
    folder = working_folder(rules)
    if name is None:
        return Named(WORKING_TREE, load_rulebook(folder))
    if name and Path(name).is_dir():
        return Named(name, load_rulebook(name))
    return Named(name, _of_revision(name, folder))


def _of_revision(name: str, folder: Path) -> Rulebook:
    place = Location(name)
    where = folder if folder.is_dir() else Path()
    if _git(where, "rev-parse", "--git-dir") is None:
        raise InputError.at(place, "expected a folder of rules, found none of this name, and no git repository here")
    commit = _git(where, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        raise InputError.at(place, "expected a folder of rules or a git revision, found neither")
    inside = (_git(where, "rev-parse", "--show-prefix") or "") + ("" if folder.is_dir() else folder.as_posix())
    top = Path(_git(where, "rev-parse", "--show-toplevel") or ".")
    archive = _output(top, "archive", "--format=tar", f"{commit}:{inside.rstrip('/')}")
    if archive is None:
        raise InputError.at(
            place, f"expected rules in {inside or 'the repository'}, found no such folder in this revision"
        )
    return _unpacked(name, inside.rstrip("/") or folder.name, archive)


def _git(folder: Path, *arguments: str) -> str | None:
    output = _output(folder, *arguments)
    return None if output is None else output.decode("utf-8", "replace").strip()


def _output(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; ``None`` where it fails or is not there."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell reads the arguments
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _unpacked(name: str, folder: str, archive: bytes) -> Rulebook:
    """The rulebook in an archive. Problems are told by revision, for its files are gone when they are read."""
    with tempfile.TemporaryDirectory(prefix="regimen-advisor-") as temporary:
        target = Path(temporary) / PurePosixPath(folder).name
        target.mkdir()
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() and ".." not in member.name.split("/") else None
                if content is not None:
                    file = target / member.name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content.read())
        try:
            return load_rulebook(target)
        except InputError as error:
            raise InputError(_placed(problem, str(target), f"{name}:{folder}") for problem in error.problems) from None


def _placed(problem: Problem, before: str, after: str) -> Problem:
    place = problem.location
    return replace(problem, location=Location(place.file.replace(before, after), place.line, place.column))
