"""Load rulebooks by the name a person gives them: a folder, a git revision, or the rules of the working tree."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.knowledge.finding_packs import named_folder, near_folder, project_folders
from regimen_advisor.knowledge.publications import dated
from regimen_advisor.knowledge.rulebook import Folders, Rulebook, chosen_folders, load_rulebook, stack_named
from regimen_advisor.words.catalogue import say

Archive = tuple[str, bytes]
"""The folder within its repository, and what git packs of it."""


@dataclass(frozen=True, eq=False)
class NamedRulebook:
    """A rulebook and what it was asked for as."""

    name: str
    rulebook: Rulebook


def working_folders(rules: Folders = None) -> tuple[Path, ...]:
    """The rules that are being worked on: ``rules``, or those of a project file, or the folder ``rules`` here.

    Without any of them those that ship.
    """
    working = Path("rules")
    if not rules and working.is_dir() and not project_folders():
        return (working,)
    return chosen_folders(rules)


def named_rulebook(name: str | None, rules: Folders = None, day: date | None = None) -> NamedRulebook:
    """The rulebook called ``name``: a folder, or a revision (``main``, ``HEAD~1``, a tag) of the repository around.

    Without a name that of the working tree. ``rules`` are the folders of the rules there; a revision is asked for the
    same folders. Names with a plus between them, ``shipped+packs/mine``, are a stack of folders and installed packs.
    ``day`` is that as of which they are read.

    Raises ``InputError`` where there is no such thing, or its rules cannot be read.
    """
    folders = working_folders(rules)
    if name is None:
        return NamedRulebook(dated(say("diff_name.working_tree"), day), load_rulebook(folders, day))
    stack = stack_named(name)
    if name and all(folder.is_dir() for folder in stack):
        return NamedRulebook(dated(name, day), load_rulebook(stack, day))
    return NamedRulebook(dated(name, day), _of_revision(name, folders, day))


def _of_revision(name: str, folders: Sequence[Path], day: date | None) -> Rulebook:
    """The same folders in a revision; a later one that is of another repository, or of none, is taken as it is."""
    archives = [_archive(name, folders[0]), *(_archive_if_there(name, folder) for folder in folders[1:])]
    return _unpacked(name, list(zip(folders, archives, strict=True)), day)


def _archive_if_there(name: str, folder: Path) -> Archive | None:
    try:
        return _archive(name, folder)
    except InputError:
        if folder.is_dir():
            return None
        raise


def _archive(name: str, folder: Path) -> Archive:
    directory = folder if folder.is_dir() else Path()
    if _git(directory, "rev-parse", "--git-dir") is None:
        raise InputError.at(Location(name), say("diff_error.no_folder_no_git"), _meant(name))
    commit = _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        raise InputError.at(Location(name), say("diff_error.neither"), _meant(name))
    inside = (_git(directory, "rev-parse", "--show-prefix") or "") + ("" if folder.is_dir() else folder.as_posix())
    top = Path(_git(directory, "rev-parse", "--show-toplevel") or ".")
    archive = _output(top, "archive", "--format=tar", f"{commit}:{inside.rstrip('/')}")
    if archive is None:
        raise InputError.at(Location(name), say("diff_error.no_rules", folder=inside or say("diff_name.repository")))
    return inside.rstrip("/") or folder.name, archive


def _meant(name: str) -> str | None:
    """What may be meant by the first part of a stack that is no folder."""
    return next((near_folder(part) for part in name.split("+") if not named_folder(part).is_dir()), None)


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


def _unpacked(name: str, parts: Sequence[tuple[Path, Archive | None]], day: date | None) -> Rulebook:
    """The rulebook in archives. Problems are reported by revision, for its files are gone when they are read."""
    with tempfile.TemporaryDirectory(prefix="regimen-advisor-") as temporary:
        folders, names = [], {}
        for number, (folder, archive) in enumerate(parts):
            if archive is None:
                folders.append(folder)
                continue
            inside, content = archive
            target = Path(temporary) / str(number) / PurePosixPath(inside).name
            target.mkdir(parents=True)
            _unpack(content, target)
            folders.append(target)
            names[str(target)] = f"{name}:{inside}"
        try:
            return load_rulebook(folders, day)
        except InputError as error:
            problems = list(error.problems)
            for before, after in names.items():
                problems = [_placed(problem, before, after) for problem in problems]
            raise InputError(problems) from None


def _unpack(archive: bytes, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() and ".." not in member.name.split("/") else None
            if content is not None:
                file = target / member.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())


def _placed(problem: Problem, before: str, after: str) -> Problem:
    place = problem.location
    return replace(problem, location=Location(place.file.replace(before, after), place.line, place.column))
