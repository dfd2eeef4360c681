"""Check what a rulebook records of itself: how many rules it holds, and the digest of its files.

A rulebook may carry one as ``manifest.yaml``. Files that were lost or changed on the way are then found out: an
installed package refuses its own rules where they differ, and ``check`` warns of a manifest that is behind its rules.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from regimen_advisor.files.drafts import may_be_draft
from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import MANIFEST, is_folder, rule_files
from regimen_advisor.files.output import read_bytes
from regimen_advisor.files.sources import Record, read_document, validated
from regimen_advisor.words.catalogue import say

REFRESH = "regimen-advisor check --write-manifest"


class Manifest(Record):
    """What a rulebook is made of."""

    rules: int = Field(ge=0, description="how many rules it holds")
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="digest of the names and bytes of its files")


class ManifestFile(Record):
    """The whole of ``manifest.yaml``."""

    manifest: Manifest


class LocatedManifest(NamedTuple):
    """A manifest and its place in the file."""

    manifest: Manifest
    place: Location


def read_manifest(folder: Path) -> LocatedManifest | None:
    """The manifest of a rulebook; ``None`` where it carries none. Raises ``InputError`` for one that is broken."""
    file = folder / MANIFEST
    if not os.path.lexists(file):  # of a folder that one may not enter, the files that it must have say so
        return None
    document = read_document(file)
    found = validated(ManifestFile, document).manifest
    return LocatedManifest(found, document.locate_key(("manifest",)))


def outdated(written: LocatedManifest, rules: int, digest: str) -> Problem | None:
    """What a manifest says that does not match a rulebook with this count of rules and this digest."""
    manifest = written.manifest
    if manifest.rules != rules:
        message = say("rulebook_error.other_count", manifest=manifest.rules, rules=rules)
    elif manifest.digest != digest:
        message = say("rulebook_error.other_files")
    else:
        return None
    return Problem(written.place, message)


def manifest_text(rules: int, digest: str) -> str:
    """The text of ``manifest.yaml`` for a rulebook with this count of rules and this digest."""
    return f"# Written by `{REFRESH}`.\nmanifest:\n  rules: {rules}\n  digest: {digest}\n"


class Files(NamedTuple):
    """What the rule files of a folder are: a digest of their bytes, and those that can hold a guess of a draft."""

    digest: str
    drafts: tuple[Path, ...]


def files_of(folder: Path) -> Files:
    """The digest and drafts of the rule files. Raises ``InputError`` where there is no such folder."""
    if not is_folder(folder):
        raise InputError.at(Location(str(folder)), say("rulebook_error.no_folder"))
    total, drafts = hashlib.sha256(), []
    for file in rule_files(folder):
        raw = read_bytes(file)
        total.update(file.relative_to(folder).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        total.update(raw + b"\0")
        if may_be_draft(raw):
            drafts.append(file)
    return Files("sha256:" + total.hexdigest(), tuple(drafts))


def digest_of(folder: Path) -> str:
    """A digest of the names and the bytes of all rule files. Raises ``InputError`` where there is no such folder."""
    return files_of(folder).digest
