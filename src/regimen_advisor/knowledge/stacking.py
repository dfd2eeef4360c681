"""Read a stack of rules folders as one: a later folder, a pack, adds to those before it.

A pack replaces or retires an entry of an earlier folder only by name and with a reason, in its ``pack.yaml``. The files
of one name are joined to one document in which every value still knows the file, line and column it was written at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from regimen_advisor.files.errors import InputError, Location, Problem, near
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.sources import Document, Path_, Record, parse_document, read_document, validated
from regimen_advisor.knowledge.finding_packs import SHIPPED
from regimen_advisor.knowledge.publications import Text
from regimen_advisor.words.catalogue import joined, say

PACK = "pack.yaml"
PackEntryKind = Literal["rule", "regimen", "study", "approval", "finding", "source"]
KINDS: tuple[PackEntryKind, ...] = ("rule", "regimen", "study", "approval", "finding", "source")
_LISTS: Mapping[str, tuple[PackEntryKind, str]] = {
    "regimens.yaml": ("regimen", "id"),
    "approvals.yaml": ("approval", "id"),
    "findings.yaml": ("finding", "id"),
    "reviews.yaml": ("source", "key"),
}


class ChangeText(Record):
    """One entry of an earlier folder that a pack replaces or retires, and why; exactly one kind of entry is named."""

    rule: Text | None = Field(None, description="id of a rule")
    regimen: Text | None = Field(None, description="id of a regimen")
    study: Text | None = Field(None, description="id of a study")
    approval: Text | None = Field(None, description="id of an approval")
    finding: Text | None = Field(None, description="id of a finding")
    source: Text | None = Field(None, description="key of a source")
    reason: Text = Field(description="why, in one sentence; it is printed wherever the entry mattered")

    @model_validator(mode="after")
    def _one_entry(self) -> ChangeText:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(say("pack_error.one_kind", kinds=joined(KINDS)))
        return self

    @property
    def entry(self) -> tuple[PackEntryKind, str]:
        """The kind and the id of the entry."""
        return next((kind, getattr(self, kind)) for kind in KINDS if getattr(self, kind) is not None)


class Pack(Record):
    """The description of a pack, from its ``pack.yaml``."""

    name: Text = Field(description="what it is called where one of its changes is shown")
    title: Text = Field(description="what it holds, in a few words")
    replaces: tuple[ChangeText, ...] = Field((), description="entries of earlier folders of which it has its own")
    retires: tuple[ChangeText, ...] = Field((), description="entries of earlier folders that no longer count")


@dataclass(frozen=True)
class PackChange:
    """An entry of an earlier folder that a pack replaces or retires."""

    kind: PackEntryKind
    id: str
    outcome: Literal["replaced", "retired"]
    pack: str
    reason: str
    location: Location


class RulebookStack:
    """The folders of a rulebook, earliest first, and their files joined by name."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self.problems: list[Problem] = []
        self.unread: set[str] = set()
        """Names of files of which one folder's cannot be read, ``pack.yaml`` among them."""
        self.names: dict[int, str] = {}
        """What each folder that is a pack calls itself, by its position."""
        self.retired_studies: list[Path] = []
        """The files of studies that a later folder retires, once ``study_files`` are known."""
        self.incomplete: set[PackEntryKind] = set()
        """Kinds of entries of which some are in a file that cannot be read."""

    @cached_property
    def _changes(self) -> Mapping[int, tuple[PackChange, ...]]:
        """What each folder that is a pack replaces or retires, by its position; one that adds to others must be one."""
        found = {}
        for position, folder in enumerate(self.folders):
            file = folder / PACK
            if file.exists() or file.is_symlink():
                try:
                    document = read_document(file)
                    pack = validated(Pack, document)
                    self.names[position] = pack.name
                    found[position] = tuple(_changes_of(pack, document))
                except InputError as error:
                    self.problems += error.problems
                    self.unread.add(PACK)
            elif position:
                self.problems.append(Problem(Location(str(file)), say("pack_error.no_name")))
        return found

    def lone(self) -> Iterator[Problem]:
        """The first folder where it is a pack that adds to rules which nobody named."""
        first = self.folders[0]
        if (first / PACK).is_file() and not (first / "drugs.yaml").exists():
            help = say("pack_error.name_before", shipped=SHIPPED, pack=first)
            yield Problem(Location(str(first / PACK)), say("pack_error.alone"), help)

    @cached_property
    def changes(self) -> tuple[PackChange, ...]:
        """All that packs replace or retire, in order."""
        return tuple(change for changes in self._changes.values() for change in changes)

    def changed_after(self, position: int, kind: PackEntryKind) -> Mapping[str, PackChange]:
        """The entries of one kind, by id, of the folder at ``position`` that a later folder replaces or retires."""
        return {
            change.id: change
            for later, changes in self._changes.items()
            if later > position
            for change in changes
            if change.kind == kind
        }

    def document(self, name: str) -> Document:
        """The files of one name as one document; an earlier entry that a later folder changes is left out.

        The first folder must have the file, a later one may. One that cannot be read is left out, its name among
        ``unread``; raises ``InputError`` where there is no other.
        """
        parts = []
        for position, folder in enumerate(self.folders):
            file = folder / name
            if position == 0 or file.exists() or file.is_symlink():
                try:
                    document = read_document(file)
                except InputError as error:
                    self._miss(name, error)
                    continue
                if name in _LISTS and isinstance(document.value, list):
                    kind, key = _LISTS[name]
                    ids = {
                        str(item.get(key)): document.locate((index, key))
                        for index, item in enumerate(document.value)
                        if isinstance(item, dict)
                    }
                    self.note(position, kind, ids)
                    document = _without(
                        document, key, self.changed_after(position, kind).keys() | self.clashes(position, kind)
                    )
                parts.append(document)
        if not parts:
            raise InputError(())
        return parts[0] if len(parts) == 1 else one_document(parts)

    def _miss(self, name: str, error: InputError) -> None:
        self.problems += error.problems
        self.unread.add(name)
        if name in _LISTS:
            self.incomplete.add(_LISTS[name][0])

    def optional(self, name: str) -> Document:
        """As ``document``, of a file that no folder need have; an empty mapping where none has it."""
        parts = [read_document(folder / name) for folder in self.folders if (folder / name).is_file()]
        return one_document(parts) if parts else parse_document("{}", str(self.folders[0] / name))

    def study_files(self) -> list[Path]:
        """The files of all studies; an earlier study that a later folder changes is left out."""
        found = []
        for position, folder in enumerate(self.folders):
            if position == 0 or (folder / "studies").exists():
                files = yaml_files(folder / "studies")
                self.note(position, "study", {file.stem: Location(str(file), 1, 1) for file in files})
                changes = self.changed_after(position, "study")
                left_out = changes.keys() | self.clashes(position, "study")
                found += [file for file in files if file.stem not in left_out]
                retired = {id for id, change in changes.items() if change.outcome == "retired"}
                self.retired_studies += [file for file in files if file.stem in retired]
        return found

    def note(self, position: int, kind: PackEntryKind, ids: Mapping[str, Location]) -> None:
        """Record the entries of a kind in the folder at ``position``, so that ``unsound`` can tell what clashes."""
        self._held.setdefault(kind, {}).setdefault(position, {}).update(ids)

    @cached_property
    def _held(self) -> dict[PackEntryKind, dict[int, dict[str, Location]]]:
        return {}

    def unsound(self) -> Iterator[Problem]:
        """What does not fit together, once all files are read.

        An entry of two folders that is not named as replaced, and a change of an entry that is not there.
        """
        yield from self.problems
        for position, changes in self._changes.items():
            for change in changes:
                yield from self._unmet(position, change)
            for kind, held in self._held.items():
                for id in sorted(self.clashes(position, kind)):
                    yield Problem(
                        held[position][id],
                        say("pack_error.name_taken", kind=kind, id=id, place=self._before(position, kind)[id]),
                        say("pack_error.replaces_with_reason", file=PACK),
                    )

    def clashes(self, position: int, kind: PackEntryKind) -> set[str]:
        """The entries of the folder at ``position`` with the name of an earlier one that it does not replace."""
        held = self._held.get(kind, {}).get(position, {})
        named = {change.id for change in self._changes.get(position, ()) if change.kind == kind}
        return (held.keys() & self._before(position, kind).keys()) - named

    def _before(self, position: int, kind: PackEntryKind) -> dict[str, Location]:
        return {id: place for i, ids in self._held.get(kind, {}).items() if i < position for id, place in ids.items()}

    def _unmet(self, position: int, change: PackChange) -> Iterator[Problem]:
        before = self._before(position, change.kind)
        held = self._held.get(change.kind, {}).get(position, {})
        if change.kind in self.incomplete:  # what is missing may be in the file that cannot be read
            return
        if change.id not in before:
            message = say("pack_error.no_entry_before", kind=change.kind, found=change.id)
            yield Problem(change.location, message, near(change.id, before))
        elif change.outcome == "replaced" and change.id not in held:
            yield Problem(change.location, say("pack_error.no_entry_here", kind=change.kind, id=change.id))
        elif change.outcome == "retired" and change.id in held:
            message = say("pack_error.retired", kind=change.kind, id=change.id)
            yield Problem(change.location, message, say("pack_error.write_replaces"))


def _changes_of(pack: Pack, document: Document) -> Iterator[PackChange]:
    """What a pack replaces and retires, each with its place in ``document``."""
    hows: tuple[tuple[Literal["replaced", "retired"], str, tuple[ChangeText, ...]], ...] = (
        ("replaced", "replaces", pack.replaces), ("retired", "retires", pack.retires),
    )  # fmt: skip
    for outcome, key, texts in hows:
        for index, text in enumerate(texts):
            kind, id = text.entry
            yield PackChange(kind, id, outcome, pack.name, text.reason, document.locate((key, index, kind)))


def _without(document: Document, key: str, ids: set[str]) -> Document:
    """A list without the entries of these ids; the places of the others move up with them."""
    if not ids:
        return document
    kept = [
        index for index, item in enumerate(document.value) if not isinstance(item, dict) or item.get(key) not in ids
    ]
    moved = {old: new for new, old in enumerate(kept)}

    def shifted(places: Mapping[Path_, Location]) -> dict[Path_, Location]:
        return {
            (moved[path[0]], *path[1:]) if path else path: place  # type: ignore[index]
            for path, place in places.items()
            if not path or path[0] in moved
        }

    value = [document.value[index] for index in kept]
    return Document(document.name, value, shifted(document.places), shifted(document.key_places))


def one_document(documents: Sequence[Document]) -> Document:
    """Documents of one shape as one: lists one after the other, mappings key by key; else the later value counts."""
    joint = _Joint(documents[0])
    for document in documents[1:]:
        joint.add(document)
    return Document(documents[0].name, joint.value, joint.places, joint.keys)


class _Joint:
    def __init__(self, first: Document) -> None:
        self.value, self.places, self.keys = first.value, dict(first.places), dict(first.key_places)

    def add(self, document: Document) -> None:
        self.value = self._joined((), self.value, (), document)

    def _joined(self, path: Path_, value: Any, inner: Path_, document: Document) -> Any:
        """A value with that at ``inner`` of a later document added to it."""
        addition = document.value
        for step in inner:
            addition = addition[step]
        if isinstance(value, list) and isinstance(addition, list):
            for index, item in enumerate(addition):
                self._place((*path, len(value) + index), (*inner, index), item, document)
            return [*value, *addition]
        if isinstance(value, dict) and isinstance(addition, dict):
            result = dict(value)
            for key, item in addition.items():
                if key in result:
                    result[key] = self._joined((*path, key), result[key], (*inner, key), document)
                else:
                    result[key] = item
                    self._place((*path, key), (*inner, key), item, document)
            return result
        self._place(path, inner, addition, document)
        return addition

    def _place(self, path: Path_, inner: Path_, value: Any, document: Document) -> None:
        """Give a value and all that is in it the places of another document."""
        self.places[path] = document.locate(inner)
        if inner in document.key_places:
            self.keys[path] = document.key_places[inner]
        steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, item in steps:
            self._place((*path, step), (*inner, step), item, document)
