"""Load a stack of rules folders whole, or refuse it with every problem of every file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from regimen_advisor.files.drafts import unchecked
from regimen_advisor.files.errors import InputError, Location, Problem, near
from regimen_advisor.files.folders import rule_files
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.evidence import load_approvals, load_reviews, misplaced, studies_of
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


@dataclass(frozen=True)
class Loaded:
    """All that the files of a stack hold."""

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
    counts: tuple[int, ...]
    """How many rules each folder holds."""


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
        stack, folders = self.stack, self.stack.folders
        self.problems += stack.lone()
        self._refuse_unless(not self.problems)
        files = (file for folder in folders for file in rule_files(folder)) if self.drafts is None else self.drafts
        self.problems += [problem for file in files for problem in unchecked(file)]
        self._refuse_unless(not self.problems)  # a draft is not complete yet, so that its other problems only distract
        with self.found.one_file():
            gone = Gone(stack.changes, self.day)
        self._refuse_unless(not self.found.unread)
        with self.found.one_file():
            formulary = load_formulary(stack.document("drugs.yaml"))
        with self.found.one_file():
            reviews = load_reviews(stack.document("reviews.yaml"))
        with self.found.one_file():
            approvals = load_approvals(stack.document("approvals.yaml"))
        study_files: list[Path] = []
        with self.found.one_file():
            study_files = stack.study_files()
        studies = studies_of(study_files, folders[0] / "studies", self.problems)
        # nothing that names drugs or reviews can be read without them
        self._refuse_unless(not self.found.unread)
        unread = {file.stem for file in study_files} - studies.keys()
        gone.sources(reviews)
        left = gone.approvals(approvals)
        if not unread:
            self.problems += misplaced(gone.approved(studies), left, reviews)
        self._check_harm(studies, formulary)
        domain = domain_for(formulary)
        with self.found.one_file():
            document = stack.document("regimens.yaml")
            regimens = load_regimens(document, formulary)
            self.problems += unplaced_regimens(regimens, reviews, document)
        with self.found.one_file():
            document = stack.document("findings.yaml")
            findings = read_findings(document, domain, self.problems)
            self.problems += unplaced_entries(findings, reviews, document)
        self._refuse_unless(not self.found.unread)
        regimens, studies = gone.regimens(regimens), gone.studies(studies)
        approvals = gone.approvals(approvals)
        reader = RuleReader(
            stack, gone, self.found, formulary=formulary, domain=domain, reviews=reviews, approvals=approvals,
            studies=studies, regimens=regimens, findings=findings, unread=unread,
        )  # fmt: skip
        settings, rules = reader.read()
        self.problems += stack.unsound()
        self._refuse_unread_files()
        self._refuse_unless(not self.problems)
        return Loaded(
            formulary, domain, regimens, gone.approved(studies), approvals,
            {key: review for key, review in reviews.items() if key not in gone.later},
            findings, settings, rules, stack.changes, reader.withdrawn, reader.bereft,
            tuple(reader.counts),
        )  # fmt: skip

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
