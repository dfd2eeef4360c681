"""Find the rules to use: by the path of a folder, the name of an installed pack, or a project file."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from pydantic import Field

from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.files.folders import unlisted
from regimen_advisor.files.output import name_of
from regimen_advisor.files.sources import Record, read_document, validated
from regimen_advisor.words.catalogue import say

PROJECT = "regimen-advisor.yaml"
SHIPPED = "shipped"
GROUP = "regimen_advisor.packs"
"""Entry points of this group name packs: each is a module, whose folder holds the pack."""
INSTALLED = Path(__file__).parents[1] / "rules"
"""The rules inside an installed package; in a checkout there are none."""


class Project(Record):
    """The whole of a project file."""

    rules: tuple[str, ...] = Field(
        min_length=1, description="folders of rules or names of packs, each adding to those before"
    )


def shipped_folder() -> Path:
    """The rules that ship with the package: inside it when installed, next to ``src`` in a checkout."""
    return INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[3] / "rules"


def named_folder(name: str | Path | None) -> Path:
    """The folder that is meant by a path, by `shipped`, or by the name of an installed pack.

    Without a name the rules in the current folder, where someone edits them; else the rules that ship.
    """
    if name is None:
        return _rules_here()
    if not str(name):  # to Python an empty path is the current folder
        raise InputError.at(Location(name_of("")), say("rulebook_error.no_name"))
    if isinstance(name, Path) or Path(name).exists():
        return Path(name)
    if name == SHIPPED:
        return shipped_folder()
    return _installed_pack(name) or Path(name)


def near_folder(name: str | Path) -> str | None:
    """What may be meant by a name that leads nowhere: `shipped`, an installed pack, or rules in a folder next to it."""
    path = Path(name)
    neighbours: list[str] = []
    with suppress(OSError):
        neighbours = [str(path.parent / folder.name) for folder in path.parent.iterdir() if _holds_rules(folder)]
    return did_you_mean(name, [SHIPPED, *(entry.name for entry in entry_points(group=GROUP)), *sorted(neighbours)])


def _holds_rules(folder: Path) -> bool:
    return any((folder / file).is_file() for file in ("pack.yaml", "drugs.yaml"))


def _rules_here() -> Path:
    rules = Path("rules")
    try:
        (rules / "drugs.yaml").stat()
    except (FileNotFoundError, NotADirectoryError):
        return shipped_folder()
    except OSError as error:  # they are there: other rules in their place would be a wrong answer
        raise unlisted(rules, error) from None
    return rules


def _installed_pack(name: str) -> Path | None:
    """The folder of an installed pack; its module is found, not run."""
    for entry in entry_points(group=GROUP, name=name):
        spec = find_spec(entry.module)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            return Path(place)
        raise InputError.at(Location(name), say("rulebook_error.pack_no_folder", place=entry.value))
    return None


def project_folders() -> tuple[Path, ...]:
    """The rules that the project file in the current folder names; empty without such a file."""
    file = Path(PROJECT)
    if not file.exists() and not file.is_symlink():
        return ()
    return tuple(map(named_folder, validated(Project, read_document(file)).rules))
