"""The rulebook: everything in a rules folder, loaded, with every reference resolved or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.folders import is_folder, rule_files, schema_line
from regimen_advisor.files.output import read_bytes
<<<<<<< HEAD
from regimen_advisor.files.sources import Document, Path_, read_document, validated
from regimen_advisor.knowledge import each_regimen
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.evidence import load_approvals, load_reviews, load_studies, misplaced
from regimen_advisor.knowledge.findings import Finding, read_findings
from regimen_advisor.knowledge.manifest import Written, manifest_text, outdated, read_manifest
from regimen_advisor.knowledge.publications import Erratum
from regimen_advisor.knowledge.regimens import Regimen, load_regimens
from regimen_advisor.knowledge.rules import (
    OUTSIDE,
    CautionKind,
    Effect,
    Rule,
    RuleFile,
    RuleText,
    Setting,
    of_disease,
)
=======
from regimen_advisor.knowledge.finding_packs import named_folder, project_folders, shipped_folder
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.loading import Loader
from regimen_advisor.knowledge.manifest import Written, manifest_text, outdated, read_manifest
from regimen_advisor.knowledge.publications import Erratum
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rule_reading import DISEASES
from regimen_advisor.knowledge.rules import Effect, Rule, Setting, regimens_met
from regimen_advisor.knowledge.stacking import Change
>>>>>>> origin/main
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import Domain

<<<<<<< HEAD
DISEASES = ("nsclc", "sclc")
_FILES = ("drugs", "reviews", "approvals", "regimens", "findings", "section-numbers", "background", "each-regimen")
=======
__all__ = [
    "DISEASES", "Folders", "Rulebook", "chosen_folders", "default_folder", "default_folders", "fresh_manifest",
    "harm_studies", "load_rulebook",
    "shipped_folder", "stack_named",
]  # fmt: skip

Folders = str | Path | Sequence[str | Path] | None
"""Rules as a person names them: a folder, several (each adds to those before it), or none for the usual ones."""
>>>>>>> origin/main


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
    changes: tuple[Change, ...] = ()
    """What later folders replaced or retired of earlier ones."""
    withdrawn: Mapping[str, tuple[Rule, Change]] = field(default_factory=dict)
    """The rules that no longer count because of such a change, by id."""
    day: date | None = None
    """The day as of which it was read; ``None`` for all that it holds."""

    def __repr__(self) -> str:
        """One line: the version and how much it holds."""
        return f"<Rulebook {self.version}: {len(self.rules)} rules, {len(self.regimens)} regimens>"

    @property
    def folder(self) -> Path:
        """The first of its folders."""
        return self.folders[0]

    def within(self, file: str | Path) -> tuple[Path, Path]:
        """The folder that holds a file of the rulebook, and the file from there."""
        folder = next((one for one in reversed(self.folders) if Path(file).is_relative_to(one)), self.folder)
        return folder, Path(file).relative_to(folder)

    @property
    def version(self) -> str:
        """A short name of exactly these files."""
        return self.digest.removeprefix("sha256:")[:12]

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
    def errata(self) -> Mapping[str, Erratum]:
        """Every erratum by its id, of the studies and of the approvals."""
        sources: list[Study | Approval] = [*self.studies.values(), *self.approvals.values()]
        return {erratum.id: erratum for source in sources for erratum in source.errata}

    def meets(self, rule: Rule) -> tuple[str, ...]:
        """The ids of the regimens that a rule offers, excludes or warns of."""
        return self._met[rule.id]

    @cached_property
    def _met(self) -> Mapping[str, tuple[str, ...]]:
        return {rule.id: tuple(regimens_met(rule, self.regimens, self.formulary)) for rule in self.rules.values()}


def default_folder() -> Path:
    """The first folder of ``default_folders``."""
    return default_folders()[0]


def default_folders() -> tuple[Path, ...]:
    """The rules of a project file here; else the rules in the current folder; else those that ship."""
    return project_folders() or (named_folder(None),)


_INSTALLED = Path(__file__).parents[1] / "rules"


@lru_cache(maxsize=8)
def _loaded(
    folders: tuple[Path, ...], digests: tuple[str, ...], manifests: tuple[Written | None, ...], day: date | None
) -> Rulebook:
    found = Loader(folders, day).load()
    stale = None
    for manifest, count, digest in zip(manifests, found.counts, digests, strict=True):
        stale = stale or (outdated(manifest, count, digest) if manifest else None)
    return Rulebook(
        folders, _digest_of_all(digests, day), found.formulary, found.domain, found.regimens, found.studies,
        found.approvals, found.reviews, found.findings, found.settings, found.rules, stale, found.changes,
        found.withdrawn, day,
    )  # fmt: skip


def load_rulebook(folder: Folders = None, day: date | None = None) -> Rulebook:
    """The rulebook in ``folder``, or in several folders of which a later one adds to those before it.

    Without one, see ``default_folders``. With ``day`` as of that day: without sources, approvals and all that rests on
    them which came later. Raises ``InputError`` with every problem of every file at once, and where the rules of an
    installed package are not those that its manifest names.
    """
    folders = chosen_folders(folder)
    manifests = tuple(map(read_manifest, folders))
    rulebook = _loaded(folders, tuple(map(_digest, folders)), manifests, day)
    if any(path.resolve() == _INSTALLED.resolve() for path in folders):
        at = [path.resolve() for path in folders].index(_INSTALLED.resolve())
        _refuse_other_rules(rulebook, manifests[at])
    return rulebook


def chosen_folders(folder: Folders = None) -> tuple[Path, ...]:
    """The folders that are meant by one name or several, or by none."""
    if folder is None or (not isinstance(folder, str | Path) and not folder):
        return default_folders()
    names = [folder] if isinstance(folder, str | Path) else list(folder)
    return tuple(map(named_folder, names))


def stack_named(name: str) -> tuple[Path, ...]:
    """The folders of a stack written in one word: ``shipped+packs/mine``, or the path of one folder."""
    return (Path(name),) if Path(name).exists() else tuple(map(named_folder, name.split("+")))


def _digest_of_all(digests: Sequence[str], day: date | None) -> str:
    """The digest of a stack: that of its only folder, else one of them all, and of the day they are read as of."""
    if len(digests) == 1 and day is None:
        return digests[0]
    return "sha256:" + hashlib.sha256(" ".join([*digests, str(day or "")]).encode()).hexdigest()


def _refuse_other_rules(rulebook: Rulebook, manifest: Written | None) -> None:
    """Raise ``InputError`` where the files of an installed package are not those that it was made with."""
    help = "install the package anew"
    if manifest is None:
        raise InputError.at(Location(str(rulebook.folder)), "expected the manifest of these rules, found none", help)
    if rulebook.outdated_manifest is not None:
        raise InputError([replace(rulebook.outdated_manifest, help=help)])


def fresh_manifest(folder: Path, *before: Path) -> str:
    """The text of a manifest for the rules of ``folder`` as they are now, whatever its manifest says, if it has one.

    ``before`` are the folders that it adds to.

    Raises ``InputError`` where the rules cannot be read, and for those of an installed package.
    """
    if folder.resolve() == _INSTALLED.resolve():
        raise InputError.at(Location(str(folder)), "the rules of an installed package are not to be changed")
    found = Loader(tuple(dict.fromkeys((*before, folder)))).load()
    return schema_line(folder, "manifest") + manifest_text(found.counts[-1], _digest(folder))


def _digest(folder: Path) -> str:
    """A digest of the names and the bytes of all rule files."""
    if not is_folder(folder):
        raise InputError.at(Location(str(folder)), "expected a folder of rules, found no folder")
    total = hashlib.sha256()
    for file in rule_files(folder):
        total.update(file.relative_to(folder).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        total.update(read_bytes(file) + b"\0")
    return "sha256:" + total.hexdigest()


def harm_studies(regimen: Regimen, rulebook: Rulebook) -> list[Study]:
    """The studies that tell the severe harm of a drug that the regimen names."""
    named = {component.drug for component in regimen.drugs if component.drug}
    return [study for study in rulebook.studies.values() if study.harm_of in named]
<<<<<<< HEAD


class _Loader:
    def __init__(self, folder: Path, digest: str, manifest: Written | None) -> None:
        self.folder, self.digest, self.manifest = folder, digest, manifest
        self.problems: list[Problem] = []
        self.unread = False

    def load(self) -> Rulebook:
        folder = self.folder
        self.problems += [problem for file in rule_files(folder) for problem in unchecked(file)]
        self._refuse_unless(not self.problems)  # a draft is not complete yet, so that its other problems only distract
        with self._one_file():
            self.formulary = load_formulary(folder / "drugs.yaml")
        with self._one_file():
            self.reviews = load_reviews(folder / "reviews.yaml")
        with self._one_file():
            self.approvals = load_approvals(folder / "approvals.yaml")
        with self._one_file():
            self.studies = load_studies(folder / "studies")
        self._refuse_unless(not self.unread)  # nothing that names drugs, reviews or studies can be read without them
        self.problems += misplaced(self.studies, self.approvals, self.reviews)
        self._check_harm(folder / "studies")
        self.domain = domain_for(self.formulary)
        with self._one_file():
            self.regimens = load_regimens(folder / "regimens.yaml", self.formulary)
        with self._one_file():
            self.findings = read_findings(read_document(folder / "findings.yaml"), self.domain, self.problems)
        self._refuse_unless(not self.unread)
        settings, rules = self._settings_and_rules()
        self._refuse_unread_files()
        self._refuse_unless(not self.problems)
        stale = outdated(self.manifest, len(rules), self.digest) if self.manifest else None
        return Rulebook(
            self.folder, self.digest, self.formulary, self.domain, self.regimens, self.studies, self.approvals,
            self.reviews, self.findings, settings, rules, stale,
        )  # fmt: skip

    @contextmanager
    def _one_file(self) -> Iterator[None]:
        """What is wrong with one file is kept while the next is read, so that all problems are told at once."""
        try:
            yield
        except InputError as error:
            self.problems += error.problems
            self.unread = True

    def _refuse_unless(self, sound: bool) -> None:
        if not sound:
            raise InputError(
                sorted(self.problems, key=lambda problem: (problem.location.file, problem.location.line or 0))
            )

    def _check_harm(self, folder: Path) -> None:
        for study in self.studies.values():
            if study.harm_of is not None and study.harm_of not in self.formulary.drugs:
                self._refuse(
                    read_document(folder / f"{study.id}.yaml"), ("harm_of",),
                    f"harm_of: unknown drug `{study.harm_of}`", near(study.harm_of, self.formulary.drugs),
                )  # fmt: skip

    def _settings_and_rules(self) -> tuple[dict[str, Setting], dict[str, Rule]]:
        settings: dict[str, Setting] = {}
        rules: dict[str, Rule] = {}
        places: dict[str, tuple[Document, Path_]] = {}
        for disease in DISEASES:
            for file in self._files_of(disease):
                read = self._rule_file(file)
                if read is None:
                    continue
                text, document = read
                setting = Setting(f"{disease}/{text.setting}", text.title, text.disease, str(file))
                self._check_file(text, file, disease, document)
                settings[setting.id] = setting
                for index, rule_text in enumerate(text.rules):
                    path: Path_ = ("rules", index)
                    if rule_text.id in rules:
                        first = rules[rule_text.id].location
                        self._refuse(document, (*path, "id"), f"id: the rule `{rule_text.id}` stands in {first} too")
                        continue
                    rule = self._rule(rule_text, setting, document, path)
                    if rule is not None:
                        rules[rule.id], places[rule.id] = rule, (document, path)
        with self._one_file():
            self._add_each_regimen(settings, rules, places)
        if not self.unread:  # else a rule that is named may stand in a file that could not be read
            self._check_overrides(rules, places)
            self._check_offers(rules)
        return settings, rules

    def _add_each_regimen(
        self, settings: dict[str, Setting], rules: dict[str, Rule], places: dict[str, tuple[Document, Path_]]
    ) -> None:
        """The rules that are declared once for each regimen; a rulebook need not have any."""
        document, texts = each_regimen.declared(self.folder, self.regimens)
        for index, text in enumerate(texts):
            path: Path_ = (index,)
            before = len(self.problems)
            for rule_text, setting in each_regimen.rules_of(text, self.regimens, document.name):
                if rule_text.id in rules:
                    first = rules[rule_text.id].location
                    self._refuse(document, (*path, "id"), f"id: the rule `{rule_text.id}` stands in {first} too")
                rule = self._rule(rule_text, setting, document, path)
                if len(self.problems) > before:  # what is wrong with the text is wrong for each regimen
                    break
                if rule is not None:
                    settings[setting.id] = setting
                    rules[rule.id], places[rule.id] = replace(rule, declared=text.id), (document, path)

    def _files_of(self, disease: str) -> list[Path]:
        """The rule files for a disease; a folder without any is refused, and none at all where a regimen is for it."""
        folder = self.folder / disease
        is_named = any(regimen.disease == disease for regimen in self.regimens.values())
        if not is_named and not folder.exists() and not folder.is_symlink():
            return []
        with self._one_file():
            if files := yaml_files(folder):
                return files
            raise InputError.at(Location(str(folder)), "expected a folder of rules, found no .yaml file in it")
        return []

    def _check_offers(self, rules: Mapping[str, Rule]) -> None:
        """A disease with regimens of which none is ever offered has lost its rules."""
        offered = {rule.setting.disease for rule in rules.values() if rule.effect is Effect.OFFER}
        for disease in dict.fromkeys(regimen.disease for regimen in self.regimens.values()):
            if disease not in offered and not self.problems:
                message = "expected a rule that offers a regimen, since regimens.yaml names some for it; found none"
                self.problems.append(Problem(Location(str(self.folder / disease)), message))

    def _refuse_unread_files(self) -> None:
        """A file in a place where nothing looks for it would be a rule that is lost."""
        read = {self.folder / f"{name}.yaml" for name in _FILES}
        folders = {self.folder / name for name in ("studies", *DISEASES)}
        for file in rule_files(self.folder):
            if file not in read and file.parent not in folders:
                message = f"expected rules in the folders {' and '.join(DISEASES)}: a file in this place is not read"
                self.problems.append(Problem(Location(str(file)), message))

    def _refuse(self, document: Document, path: Path_, message: str, help: str | Near | None = None) -> None:
        self.problems.append(Problem(document.locate(path), message, help))

    def _rule_file(self, file: Path) -> tuple[RuleFile, Document] | None:
        with self._one_file():
            document = read_document(file)
            return validated(RuleFile, document), document
        return None

    def _check_file(self, text: RuleFile, file: Path, disease: str, document: Document) -> None:
        if text.setting != file.stem:
            self._refuse(document, ("setting",), f"setting: expected the name of the file, `{file.stem}`")
        if text.disease != disease:
            self._refuse(document, ("disease",), f"disease: expected the name of the folder, `{disease}`")

    def _rule(self, text: RuleText, setting: Setting, document: Document, path: Path_) -> Rule | None:
        given = [effect for effect in Effect if getattr(text, effect.value) is not None]
        if len(given) != 1:
            shown = ", ".join(effect.value for effect in given) or "none"
            words = ", ".join(effect.value for effect in Effect)
            self._refuse(document, path, f"{text.id}: expected exactly one effect of {words}; found {shown}")
            return None
        (effect,) = given
        subject = getattr(text, effect.value)
        target = subject if effect in (Effect.EXCLUDE, Effect.CAUTION) else None
        conditions = {name: finding.condition for name, finding in self.findings.items()}
        written = ConditionReader(self.domain, conditions, self.problems).read(document, (*path, "when"), text.when)
        condition = of_disease(written, setting.disease)
        self._check_references(text, effect, document, path)
        return Rule(
            text.id, effect, str(subject), target, condition, text.studies, text.approvals, text.source, text.says,
            text.overrides, text.basis, text.certainty, text.errata, setting, document.locate(path), text.when,
            text.if_open, text.kind, text.place == "first", text.regimens,
        )  # fmt: skip

    def _check_references(self, text: RuleText, effect: Effect, document: Document, path: Path_) -> None:
        def known(name: str, words: Mapping[str, object], what: str, *steps: str | int) -> None:
            if name not in words:
                self._refuse(document, (*path, *steps), f"{steps[0]}: unknown {what} `{name}`", near(name, words))

        if effect is Effect.OFFER:
            known(text.offer or "", self.regimens, "regimen", "offer")
        if effect is Effect.TRIAL:
            known(text.trial or "", self.studies, "study", "trial")
        for target, key in ((text.exclude, "exclude"), (text.caution, "caution")):
            if target is not None:
                self.problems += target.unknown(self.formulary, self.regimens, document, (*path, key))
        for index, study in enumerate(text.studies):
            known(study, self.studies, "study", "studies", index)
        for index, approval in enumerate(text.approvals):
            known(approval, self.approvals, "approval", "approvals", index)
        for index, regimen in enumerate(text.regimens):
            known(regimen, self.regimens, "regimen", "regimens", index)
        if text.regimens and effect is not Effect.STANDARD:
            message = f"regimens: only a standard may name them, never {effect.value}"
            self._refuse(document, (*path, "regimens"), message)
        review = self.reviews.get(text.source.review)
        if review is None:
            where, words = (*path, "source", "review"), ", ".join(self.reviews)
            self._refuse(document, where, f"review: expected a review of reviews.yaml: {words}")
        elif text.source.section not in review.section_numbers:
            sections = ", ".join(review.section_numbers)
            where = (*path, "source", "section")
            self._refuse(document, where, f"section: expected a section of the {review.key} review: {sections}")
        if text.basis and effect not in (Effect.CAUTION, Effect.NOTE, Effect.SILENT):
            self._refuse(document, (*path, "basis"), f"basis: `{OUTSIDE}` may only warn or note, never {effect.value}")
        if text.if_open and effect is not Effect.CAUTION:
            self._refuse(document, (*path, "if_open"), f"if_open: only a caution may have it, never {effect.value}")
        if text.kind and effect is not Effect.CAUTION:
            self._refuse(document, (*path, "kind"), f"kind: only a caution may have it, never {effect.value}")
        if effect is Effect.CAUTION and text.kind is None:
            kinds = ", ".join(get_args(CautionKind))
            self._refuse(document, path, f"{text.id}: expected `kind` beside `caution`: one of {kinds}")
        self._check_place(text, effect, document, path)
        if (text.basis is None) != (text.certainty is None):
            self._refuse(document, path, f"{text.id}: expected `basis` and `certainty` together")

    def _check_place(self, text: RuleText, effect: Effect, document: Document, path: Path_) -> None:
        if text.place and effect not in (Effect.CAUTION, Effect.NOTE, Effect.SILENT):
            expected = "only a caution, a note or a silence may stand first"
            self._refuse(document, (*path, "place"), f"place: {expected}, never {effect.value}")
        elif text.place and effect is Effect.CAUTION and text.kind != "patient":
            expected = "only a caution of the kind `patient` may stand first"
            self._refuse(document, (*path, "place"), f"place: {expected}, found `{text.kind}`")

    def _check_overrides(self, rules: dict[str, Rule], places: Mapping[str, tuple[Document, Path_]]) -> None:
        for rule in rules.values():
            document, path = places[rule.id]
            for index, name in enumerate(rule.overrides):
                here = (*path, "overrides", index)
                if name not in rules:
                    self._refuse(document, here, f"overrides: unknown rule `{name}`", near(name, rules))
                elif not set(_regimens_met(rule, self.regimens, self.formulary)) & set(
                    _regimens_met(rules[name], self.regimens, self.formulary)
                ):
                    self._refuse(document, here, f"overrides: `{rule.id}` and `{name}` share no regimen")
        links = {rule.id: [name for name in rule.overrides if name in rules] for rule in rules.values()}
        circle, long = _circle(links), starts_of_long_chains(links)
        if circle:
            document, path = places[circle[0]]
            self._refuse(document, (*path, "overrides"), f"overrides go in a circle: {' -> '.join(circle)}")
        elif long:
            document, path = places[long[0]]
            message = f"overrides: expected at most {LONGEST} overrides one after another, found more"
            self._refuse(document, (*path, "overrides"), message)


def _circle(links: Mapping[str, list[str]]) -> list[str]:
    """A circle of links, its first name repeated at the end; empty if there is none, or none but very long ones."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done or len(trail) > LONGEST:
            return []
        for other in links[name]:
            if found := visit(other, [*trail, name]):
                return found
        done.add(name)
        return []

    for name in links:
        if found := visit(name, []):
            return found
    return []
=======
>>>>>>> origin/main
