"""Load a stack of rules folders whole, or refuse it with every problem of every file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from regimen_advisor.files.drafts import unchecked
from regimen_advisor.files.errors import InputError, Location, Problem, near
from regimen_advisor.files.folders import rule_files
from regimen_advisor.files.gathering import Gathered, Unread, changed
from regimen_advisor.files.sources import Document, read_document
from regimen_advisor.knowledge.evidence import load_approvals, load_reviews, load_study, misplaced, studies_of
from regimen_advisor.knowledge.findings import Finding, read_findings
from regimen_advisor.knowledge.gone import Gone
from regimen_advisor.knowledge.places import unplaced_entries, unplaced_regimens
from regimen_advisor.knowledge.regimens import Regimen, load_regimens
from regimen_advisor.knowledge.rule_reading import DISEASES, RuleReader
from regimen_advisor.knowledge.rules import Rule, Setting
from regimen_advisor.knowledge.stacking import PackChange, RulebookStack
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.patient.drugs import Formulary, load_formulary
from regimen_advisor.patient.facts import Domain, domain_for
from regimen_advisor.words.catalogue import joined, say

_FILES = (
    "pack",
    "drugs",
    "reviews",
    "approvals",
    "regimens",
    "findings",
    "section-numbers",
    "background",
    "each-regimen",
)


Held = TypeVar("Held")
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Loaded:
    """The contents of all files of a stack."""

    formulary: Formulary
    domain: Domain
    regimens: Mapping[str, Regimen]
    studies: Mapping[str, Study]
    approvals: Mapping[str, Approval]
    reviews: Mapping[str, Review]
    findings: Mapping[str, Finding]
    settings: Mapping[str, Setting]
    rules: Mapping[str, Rule]
    changes: tuple[PackChange, ...]
    withdrawn: Mapping[str, tuple[Rule, PackChange]]
    bereft: Mapping[str, tuple[PackChange, ...]]
    retired_harm: Mapping[str, str]
    counts: tuple[int, ...]
    """How many rules each folder holds."""
    packs: Mapping[int, str]
    """What each folder that is a pack calls itself, by its position."""


class Loader:
    """Loads a stack as it is on ``day``, or with all that it holds.

    ``drafts`` are the files that can hold a guess, where that is known already; else each is looked at for one.
    """

    def __init__(self, folders: Sequence[Path], day: date | None = None, drafts: Iterable[Path] | None = None) -> None:
        self.stack, self.drafts, self.day = RulebookStack(folders), drafts, day
        self.found = Gathered()
        self.problems = self.found.problems

    def load(self) -> Loaded:
        """All that the files hold. Raises ``InputError`` with every problem at once."""
        stack = self.stack
        self.problems += stack.lone()
        self._refuse_unless(not self.problems)
        guesses = self._guesses()
        gone = Gone(stack.changes, self.day)
        formulary = self._read("drugs.yaml", load_formulary) or Formulary(Unread(), Unread())
        reviews = self._entries("reviews.yaml", load_reviews)
        approvals = self._entries("approvals.yaml", load_approvals)
        studies, unread = self._studies()
        gone.sources(reviews)
        left = changed(approvals, gone.approvals)
        named = changed(studies, lambda known: dict.fromkeys(known.keys() | unread))
        self.problems += misplaced(gone.approved(studies), left, reviews, named)
        self._check_harm(studies, formulary)
        domain = domain_for(formulary)
        regimens = self._entries("regimens.yaml", lambda document: self._regimens(document, formulary, reviews))
        findings = self._entries("findings.yaml", lambda document: self._findings(document, domain, reviews))
        retired_harm = self._retired_harm()
        regimens, studies = changed(regimens, gone.regimens), changed(studies, gone.studies)
        approvals = changed(approvals, gone.approvals)
        reader = RuleReader(
            stack, gone, self.found, formulary=formulary, domain=domain, reviews=reviews, approvals=approvals,
            studies=studies, regimens=regimens, findings=findings, unread=unread,
        )  # fmt: skip
        settings, rules = reader.read()
        self.problems += stack.unsound()
        self._refuse_unread_files()
        # a draft is not complete yet, so that its other problems only distract
        drafts = {problem.location.file for problem in guesses}
        self.problems[:] = [*guesses, *(problem for problem in self.problems if problem.location.file not in drafts)]
        self._refuse_unless(not self.problems)
        return Loaded(
            formulary, domain, regimens, gone.approved(studies), approvals,
            {key: review for key, review in reviews.items() if key not in gone.later},
            findings, settings, rules, stack.changes, reader.withdrawn, reader.bereft,
            retired_harm, tuple(reader.counts), stack.names,
        )  # fmt: skip

    def _guesses(self) -> list[Problem]:
        """The first guess of each draft that nobody has looked at."""
        files = (file for folder in self.stack.folders for file in rule_files(folder))
        found: list[Problem] = []
        for file in files if self.drafts is None else self.drafts:
            with self.found.one_file():
                found += unchecked(file)
        return found

    def _studies(self) -> tuple[dict[str, Study], set[str]]:
        """The studies that can be read, and the names of those that cannot."""
        with self.found.one_file():
            files = self.stack.study_files()
            studies = studies_of(files, self.stack.folders[0] / "studies", self.problems)
            return studies, {file.stem for file in files} - studies.keys()
        return Unread(), set()

    def _retired_harm(self) -> dict[str, str]:
        """By each retired study that gave the severe harm of a drug: that drug."""
        harm = {}
        for file in self.stack.retired_studies:
            with self.found.one_file():
                study = load_study(file)
                if study.harm_of is not None:
                    harm[study.id] = study.harm_of
        return harm

    def _read(self, name: str, load: Callable[[Document], Held]) -> Held | None:
        """What the files of one name hold; ``None`` where one of them cannot be read, though not for want of others."""
        with self.found.one_file():
            found = load(self.stack.document(name))
            if name not in self.stack.unread:
                return found
        return None

    def _entries(self, name: str, load: Callable[[Document], dict[str, Entry]]) -> dict[str, Entry]:
        """The entries of the files of one name; where one of them cannot be read any name may be an entry of it."""
        found = self._read(name, load)
        return Unread() if found is None else found

    def _regimens(self, document: Document, formulary: Formulary, reviews: Mapping[str, Review]) -> dict[str, Regimen]:
        regimens = load_regimens(document, formulary)
        self.problems += unplaced_regimens(regimens, reviews, document)
        return regimens

    def _findings(self, document: Document, domain: Domain, reviews: Mapping[str, Review]) -> dict[str, Finding]:
        findings = read_findings(document, domain, self.problems)
        self.problems += unplaced_entries(findings, reviews, document)
        return findings

    def _refuse_unless(self, sound: bool) -> None:
        if not sound:
            raise InputError(
                sorted(self.problems, key=lambda problem: (problem.location.file, problem.location.line or 0))
            )

    def _check_harm(self, studies: Mapping[str, Study], formulary: Formulary) -> None:
        for study in studies.values():
            if study.harm_of is not None and study.harm_of not in formulary.drugs:
                assert study.location is not None
                place = read_document(study.location.file).locate(("harm_of",))
                help = near(study.harm_of, formulary.drugs)
                self.problems.append(Problem(place, say("rulebook_error.harm_of_unknown", drug=study.harm_of), help))

    def _refuse_unread_files(self) -> None:
        """A file in a place where nothing looks for it would be a rule that is lost."""
        for top in self.stack.folders:
            read = {top / f"{name}.yaml" for name in _FILES}
            folders = {top / name for name in ("studies", *DISEASES)}
            for file in rule_files(top):
                if file not in read and file.parent not in folders:
                    message = say("rulebook_error.other_folder", folders=joined(DISEASES, "and"))
                    self.problems.append(Problem(Location(str(file)), message))
