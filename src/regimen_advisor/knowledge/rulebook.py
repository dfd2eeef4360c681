"""Hold a rulebook: everything in a rules folder, with every reference resolved or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import schema_line
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.sources import named_in_python
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.compiled import read_compiled
from regimen_advisor.knowledge.finding_packs import (
    INSTALLED,
    named_folder,
    near_folder,
    project_folders,
    shipped_folder,
)
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.loading import Loader
from regimen_advisor.knowledge.manifest import (
    Files,
    LocatedManifest,
    digest_of,
    files_of,
    manifest_text,
    outdated,
    read_manifest,
)
from regimen_advisor.knowledge.publications import Erratum, dated
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rule_reading import DISEASES
from regimen_advisor.knowledge.rules import Effect, Rule, Setting, regimens_met
from regimen_advisor.knowledge.source_names import SourceNames
from regimen_advisor.knowledge.stacking import PackChange
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import Domain
from regimen_advisor.words.catalogue import say

__all__ = [
    "DISEASES", "Folders", "Rulebook", "chosen_folders", "default_folders", "fresh_manifest",
    "harm_studies", "load_rulebook",
    "shipped_folder", "stack_named",
]  # fmt: skip

Folders = str | Path | Sequence[str | Path] | None
"""Rules as a person names them: a folder, several (each adds to those before it), or none for the usual ones."""


@dataclass(frozen=True, eq=False, repr=False)
class Rulebook:
    """All rules and all that they name. Two rulebooks are equal only if they are the same object; see ``digest``."""

    folders: tuple[Path, ...]
    """The folders it was read from; a later one adds to those before it."""
    digest: str
    formulary: Formulary
    domain: Domain
    regimens: Mapping[str, Regimen]
    studies: Mapping[str, Study]
    approvals: Mapping[str, Approval]
    reviews: Mapping[str, Review]
    findings: Mapping[str, Finding]
    settings: Mapping[str, Setting]
    rules: Mapping[str, Rule]
    outdated_manifest: Problem | None = None
    """What the rulebook's own manifest says that is not so."""
    changes: tuple[PackChange, ...] = ()
    """What later folders replaced or retired of earlier ones."""
    withdrawn: Mapping[str, tuple[Rule, PackChange]] = field(default_factory=dict)
    """The rules that no longer count because of such a change, by id."""
    bereft: Mapping[str, tuple[PackChange, ...]] = field(default_factory=dict)
    """The rules that lost a study or an approval by such changes, by id."""
    retired_harm: Mapping[str, str] = field(default_factory=dict)
    """By each retired study that gave the severe harm of a drug: that drug."""
    day: date | None = None
    """The day as of which it was read; ``None`` for all that it holds."""
    packs: Mapping[int, str] = field(default_factory=dict)
    """What each folder that is a pack calls itself, by its position."""

    def __repr__(self) -> str:
        """One line: the version and how much it holds."""
        return f"<Rulebook {self.version}: {len(self.rules)} rules, {len(self.regimens)} regimens>"

    @property
    def folder(self) -> Path:
        """The first of its folders."""
        return self.folders[0]

    def within(self, file: str | Path) -> tuple[Path, Path]:
        """The folder that holds a file of the rulebook, and the file from there; of a text in memory its name."""
        for folder in reversed(self.folders):
            if Path(file).is_relative_to(folder):
                return folder, Path(file).relative_to(folder)
        return self.folder, Path(file)

    @property
    def version(self) -> str:
        """A short name of exactly these files."""
        return self.digest.removeprefix("sha256:")[:12]

    @property
    def name(self) -> str:
        """What an answer calls it: its version, and the day as of which it was read."""
        return dated(self.version, self.day)

    def of(self, *effects: Effect) -> tuple[Rule, ...]:
        """The rules with one of these effects, in file order."""
        return tuple(rule for rule in self.rules.values() if rule.effect in effects)

    @cached_property
    def overridden_by(self) -> Mapping[str, tuple[Rule, ...]]:
        """For each rule id the rules that override it."""
        table: dict[str, tuple[Rule, ...]] = dict.fromkeys(self.rules, ())
        for rule in self.rules.values():
            for name in rule.overrides:
                table[name] = (*table[name], rule)
        return table

    @cached_property
    def of_last_folder(self) -> frozenset[str]:
        """The ids of the rules and findings that are written in its last folder; of an only folder all of them."""
        entries: list[Rule | Finding] = [*self.rules.values(), *self.findings.values()]
        return frozenset(entry.id for entry in entries if self.within(entry.location.file)[0] == self.folders[-1])

    def overridden_by_packs(self) -> Iterator[tuple[Rule, Rule, str]]:
        """Each rule that a rule of a later folder overrides, with that rule and the name of its pack.

        Not a silence that an offer ends: that is no decision of the pack.
        """
        for rule in self.rules.values():
            for name in rule.overrides:
                overridden = self.rules[name]
                position = self._position_of(rule)
                if position > self._position_of(overridden) and overridden.about is None:
                    yield overridden, rule, self.packs[position]

    def _position_of(self, rule: Rule) -> int:
        return self.folders.index(self.within(rule.location.file)[0])

    @cached_property
    def citations(self) -> CitationLabels:
        """How sections of its sources are cited."""
        return CitationLabels(self.reviews, self.source_names)

    @cached_property
    def source_names(self) -> SourceNames:
        """What its sources are called."""
        return SourceNames(self.reviews)

    @cached_property
    def errata(self) -> Mapping[str, Erratum]:
        """Every erratum by its id, of the studies and of the approvals."""
        sources: list[Study | Approval] = [*self.studies.values(), *self.approvals.values()]
        return {erratum.id: erratum for source in sources for erratum in source.errata}

    def meets(self, rule: Rule) -> tuple[str, ...]:
        """The ids of the regimens that a rule offers, excludes or warns of."""
        return self._met[rule.id]

    def cautions_of(self, standard: Rule) -> tuple[Rule, ...]:
        """The cautions about a patient that are about the drugs of a standard, in file order."""
        return self._of_standards[standard.id]

    @cached_property
    def _of_standards(self) -> Mapping[str, tuple[Rule, ...]]:
        cautions = [rule for rule in self.of(Effect.CAUTION) if rule.kind == "patient"]
        return {
            standard.id: tuple(
                caution
                for caution in cautions
                if standard.drugs
                and caution.target is not None
                and caution.setting.disease == standard.setting.disease
                and caution.target.covers(standard.drugs, self.formulary)
            )
            for standard in self.of(Effect.STANDARD)
        }

    @cached_property
    def _met(self) -> Mapping[str, tuple[str, ...]]:
        return {rule.id: tuple(regimens_met(rule, self.regimens, self.formulary)) for rule in self.rules.values()}


def default_folders() -> tuple[Path, ...]:
    """The rules of a project file here; else the rules in the current folder; else those that ship."""
    return project_folders() or (named_folder(None),)


@lru_cache(maxsize=8)
def _loaded(
    folders: tuple[Path, ...], files: tuple[Files, ...], manifests: tuple[LocatedManifest | None, ...], day: date | None
) -> Rulebook:
    digests = [seen.digest for seen in files]
    kept = read_compiled(folders[0], digests[0]) if len(folders) == 1 and day is None else None
    found = kept or Loader(folders, day, [draft for seen in files for draft in seen.drafts]).load()
    stale = None
    for manifest, count, digest in zip(manifests, found.counts, digests, strict=True):
        stale = stale or (outdated(manifest, count, digest) if manifest else None)
    return Rulebook(
        folders, _digest_of_all(digests, day), found.formulary, found.domain, found.regimens, found.studies,
        found.approvals, found.reviews, found.findings, found.settings, found.rules, stale, found.changes,
        found.withdrawn, found.bereft, found.retired_harm, day, found.packs,
    )  # fmt: skip


def load_rulebook(folder: Folders = None, day: date | None = None) -> Rulebook:
    """The rulebook in ``folder``, or in several folders of which a later one adds to those before it.

    Without one, see ``default_folders``. With ``day`` as of that day: without sources, approvals and all that rests on
    them which came later. Raises ``InputError`` with every problem of every file at once, and where the rules of an
    installed package are not those that its manifest names.
    """
    if day is not None and type(day) is not date:  # a datetime is a date too, but cannot be compared with one
        raise InputError.at(Location("day"), say("rulebook_error.no_day", found=named_in_python(day)))
    folders = chosen_folders(folder)
    if missing := [path for path in folders if not path.exists() and not path.is_symlink()]:
        raise InputError(Problem(Location(str(path)), say("file.no_folder"), near_folder(path)) for path in missing)
    found = Gathered()
    manifests: list[LocatedManifest | None] = [None] * len(folders)
    for position, path in enumerate(folders):
        with found.one_file():
            manifests[position] = read_manifest(path)
    installed = [
        (path, manifest)
        for path, manifest in zip(folders, manifests, strict=True)
        if path.resolve() == INSTALLED.resolve()
    ]
    try:
        rulebook = _loaded(folders, tuple(map(files_of, folders)), tuple(manifests), day)
    except InputError as error:
        # What a lost file leaves behind, such as an unknown rule, is no fault of those who installed the package.
        for path, manifest in installed:
            if manifest and (problem := outdated(manifest, manifest.manifest.rules, digest_of(path))):
                raise InputError([replace(problem, help=say("rulebook_error.install_again"))]) from None
        raise InputError([*found.problems, *error.problems]) from None
    found.refuse()
    for _, manifest in installed:
        _refuse_other_rules(rulebook, manifest)
    return rulebook


def chosen_folders(folder: Folders = None) -> tuple[Path, ...]:
    """The folders that are meant by one name or several, or by none.

    Raises ``InputError`` for what is no name of a folder.
    """
    if not _is_name_or_names(folder):
        raise InputError.at(Location("rules"), say("rulebook_error.no_path", found=named_in_python(folder)))
    if folder is None or (not isinstance(folder, str | Path) and not folder):
        return default_folders()
    names = [folder] if isinstance(folder, str | Path) else list(folder)
    return tuple(map(named_folder, names))


def _is_name_or_names(folder: object) -> bool:
    if folder is None or isinstance(folder, str | Path):
        return True
    names = folder if isinstance(folder, Sequence) and not isinstance(folder, bytes | bytearray) else [None]
    return all(isinstance(name, str | Path) for name in names)


def stack_named(name: str) -> tuple[Path, ...]:
    """The folders of a stack written in one word: ``shipped+packs/mine``, or the path of one folder."""
    return (Path(name),) if name and Path(name).exists() else tuple(map(named_folder, name.split("+")))


def _digest_of_all(digests: Sequence[str], day: date | None) -> str:
    """The digest of a stack: that of its only folder, else one of them all, and of the day they are read as of."""
    if len(digests) == 1 and day is None:
        return digests[0]
    return "sha256:" + hashlib.sha256(" ".join([*digests, str(day or "")]).encode()).hexdigest()


def _refuse_other_rules(rulebook: Rulebook, manifest: LocatedManifest | None) -> None:
    """Raise ``InputError`` where the files of an installed package are not those that it was made with."""
    if manifest is None:
        message = say("rulebook_error.no_manifest")
        raise InputError.at(Location(str(rulebook.folder)), message, say("rulebook_error.install_again"))
    if rulebook.outdated_manifest is not None:
        raise InputError([replace(rulebook.outdated_manifest, help=say("rulebook_error.install_again"))])


def fresh_manifest(folder: Path, *before: Path) -> str:
    """The text of a manifest for the rules of ``folder`` as they are now, whatever its manifest says, if it has one.

    ``before`` are the folders that it adds to.

    Raises ``InputError`` where the rules cannot be read, and for those of an installed package.
    """
    if folder.resolve() == INSTALLED.resolve():
        raise InputError.at(Location(str(folder)), say("rulebook_error.installed"))
    found = Loader(tuple(dict.fromkeys((*before, folder)))).load()
    return schema_line(folder, "manifest") + manifest_text(found.counts[-1], digest_of(folder))


def harm_studies(regimen: Regimen, rulebook: Rulebook) -> list[Study]:
    """The studies that report severe harm of a drug that the regimen names."""
    named = named_drugs(regimen)
    return [study for study in rulebook.studies.values() if study.harm_of in named]


def named_drugs(regimen: Regimen) -> set[str]:
    """The drugs that the regimen names; of a component that is any drug of a class there is none."""
    return {component.drug for component in regimen.drugs if component.drug}
