"""Read cases: example patients with the expected advice, for testing rule changes.

A case file (``*.case.yaml``) holds several documents, one case each, laid out like ``rules/`` path for path. A case
says what must be true of the advice; what it does not mention is free, unless it says ``exactly: true``.
``results`` runs cases, ``updating`` rewrites what they expect.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean, near
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.gathering import Gathered
from regimen_advisor.files.output import name_of, read_text
from regimen_advisor.files.sources import Document, Path_, Record, parse_documents, read_document, validated
from regimen_advisor.files.validation_messages import shown
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.words.catalogue import say

SUFFIX = ".case.yaml"


class Expectation(Record):
    """What is expected of one regimen; a list names all that decided, in any order."""

    standing: Standing = Field(description="how the regimen stands for this patient")
    rules: tuple[str, ...] | None = Field(None, description="the offer rules that hold (or may, if undetermined)")
    studies: tuple[str, ...] | None = Field(None, description="the studies cited")
    because: tuple[str, ...] | None = Field(
        None, description="the rules that exclude, or the cautions of every kind that hold"
    )
    depends_on: tuple[str, ...] | None = Field(None, description="the questions it waits for")


STATEMENTS = (Effect.STANDARD, Effect.NOTE, Effect.SILENT, Effect.TRIAL)
"""The effects of rules that say something without deciding on a regimen."""


class StatementText(Record):
    """A statement that must be shown, by its effect, with the studies it cites."""

    standard: str | None = Field(None, description="id of a rule that states a standard")
    note: str | None = Field(None, description="id of a rule that notes something")
    silent: str | None = Field(None, description="id of a rule that states a silence")
    trial: str | None = Field(None, description="id of a rule that names a trial")
    studies: tuple[str, ...] | None = Field(None, description="the studies cited, all of them")

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if sum(getattr(self, effect.value) is not None for effect in STATEMENTS) != 1:
            raise ValueError(say("case_error.one_effect"))
        return self


@dataclass(frozen=True)
class ExpectedStatement:
    """A statement rule that must be shown; ``effect`` and ``studies`` are free where they are ``None``."""

    rule: str
    effect: Effect | None = None
    studies: tuple[str, ...] | None = None


class CaseText(Record):
    """A case as a file holds it."""

    name: str = Field(description="what the case teaches, as a sentence")
    profile: dict[str, Any] = Field(
        description="a profile, or `from` (a profile by path) with `change` (keys that differ; null takes a key away)"
    )
    expect: dict[str, Standing | Expectation] = Field({}, description="standings by regimen")
    says: tuple[str | StatementText, ...] | None = Field(
        None, description="standards, notes, silences and trials that must be shown, by rule"
    )
    says_not: tuple[str, ...] = Field((), description="statements that must not be shown, by rule")
    exactly: bool = Field(
        False, description="regimens not listed are not indicated; where `says` is given, nothing else is shown"
    )
    source: Sources | None = Field(None, description="where a review says what the case teaches")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not (self.expect or self.says is not None or self.says_not or self.exactly):
            raise ValueError(say("case_error.nothing_expected"))
        return self


@dataclass(frozen=True, eq=False)
class RuleCase:
    """A case ready to run: the patient, and what is expected of each regimen and where that is written."""

    name: str
    patient: Patient
    profile: Mapping[str, Any]
    expect: Mapping[str, Expectation]
    says: tuple[ExpectedStatement, ...] | None
    says_not: tuple[str, ...]
    exactly: bool
    source: Sources | None
    location: Location
    places: Mapping[str, Location]

    @property
    def rules(self) -> frozenset[str]:
        """Every rule the case names."""
        named = {statement.rule for statement in self.says or ()} | set(self.says_not)
        for wanted in self.expect.values():
            named.update(wanted.rules or (), wanted.because or ())
        return frozenset(named)

    def place(self, regimen: str) -> Location:
        """The place of the expectation for a regimen; that of the case itself where it is not listed."""
        return self.places.get(regimen, self.location)


# Reading ---------------------------------------------------------------------------------------------------------


def case_files(paths: Iterable[str | Path]) -> list[Path]:
    """The case files at ``paths``, folders searched through. Raises ``InputError`` for a path that is not there."""
    found: list[Path] = []
    for name in paths:
        if not str(name):  # to Python an empty path is the current folder
            raise InputError.at(Location(name_of("")), say("case_error.no_name"))
        path = Path(name)
        if path.is_dir():
            found += yaml_files(path, SUFFIX, deep=True)
        elif path.is_file():
            found.append(path)
        else:
            raise InputError.at(Location(str(path)), say("case_error.no_such_file"))
    return list(dict.fromkeys(found))


def read_cases(path: str | Path, rulebook: Rulebook, profiles: str | Path = "profiles") -> list[RuleCase]:
    """The cases of one file, in order. Raises ``InputError`` with every problem of the file at once."""
    text, name = read_text(path)
    return parse_cases(text, name, rulebook, profiles)


def parse_cases(text: str, name: str, rulebook: Rulebook, profiles: str | Path = "profiles") -> list[RuleCase]:
    """The cases written in ``text``; ``profiles`` is the folder that ``from`` is looked up in."""
    found = Gathered()
    cases: list[RuleCase] = []
    for document in parse_documents(text, name):
        if document.value is None:
            continue
        with found.one_file():
            cases.append(_case(document, rulebook, Path(profiles)))
    found.refuse()
    return cases


def _case(document: Document, rulebook: Rulebook, profiles: Path) -> RuleCase:
    text = validated(CaseText, document)
    problems = list(_unknown_names(text, document, rulebook))
    if problems:
        raise InputError(problems)
    expect = {
        regimen: wanted if isinstance(wanted, Expectation) else Expectation(standing=wanted)
        for regimen, wanted in text.expect.items()
    }
    problems = [*_contradictions(expect, document, rulebook), *_required_and_forbidden(text, document)]
    if problems:
        raise InputError(problems)
    profile, inline = _profile(text, document, profiles)
    patient = _patient(profile, inline, document, rulebook.domain)
    places = {regimen: document.locate_key(("expect", regimen)) for regimen in expect}
    says = None if text.says is None else tuple(_statement(written) for written in text.says)
    return RuleCase(
        text.name, patient, profile, expect, says, text.says_not, text.exactly, text.source, document.locate(), places
    )


def _statement(text: str | StatementText) -> ExpectedStatement:
    if isinstance(text, str):
        return ExpectedStatement(text)
    effect = next(effect for effect in STATEMENTS if getattr(text, effect.value) is not None)
    return ExpectedStatement(getattr(text, effect.value), effect, text.studies)


def _unknown_names(text: CaseText, document: Document, rulebook: Rulebook) -> Iterator[Problem]:
    def unknown(name: str, words: Mapping[str, object], kind: str, *path: str | int) -> Iterator[Problem]:
        if name not in words:
            yield Problem(
                document.locate_key(path), say("case_option.unknown_name", kind=kind, name=name), near(name, words)
            )

    for index, written in enumerate(text.says or ()):
        statement = _statement(written)
        yield from unknown(statement.rule, rulebook.rules, say("kind_of_entry.rule"), "says", index)
        for study in statement.studies or ():
            yield from unknown(study, rulebook.studies, say("kind_of_entry.study"), "says", index, "studies")
    for index, rule in enumerate(text.says_not):
        yield from unknown(rule, rulebook.rules, say("kind_of_entry.rule"), "says_not", index)
    for regimen, wanted in text.expect.items():
        yield from unknown(regimen, rulebook.regimens, say("kind_of_entry.regimen"), "expect", regimen)
        if isinstance(wanted, Expectation):
            for key in ("rules", "because"):
                for index, rule in enumerate(getattr(wanted, key) or ()):
                    yield from unknown(rule, rulebook.rules, say("kind_of_entry.rule"), "expect", regimen, key, index)
            for index, study in enumerate(wanted.studies or ()):
                yield from unknown(
                    study, rulebook.studies, say("kind_of_entry.study"), "expect", regimen, "studies", index
                )


def _contradictions(expect: Mapping[str, Expectation], document: Document, rulebook: Rulebook) -> Iterator[Problem]:
    for regimen, wanted in expect.items():
        if wanted.depends_on and wanted.standing is not Standing.UNDETERMINED:
            place = document.locate_key(("expect", regimen, "depends_on"))
            yield Problem(place, say("case_error.waits", regimen=regimen, standing=wanted.standing))
        if wanted.standing is Standing.NOT_INDICATED and (wanted.rules or wanted.studies):
            key = "rules" if wanted.rules else "studies"
            place = document.locate_key(("expect", regimen, key))
            yield Problem(place, say("case_error.not_indicated", regimen=regimen, key=key))
        warned = [rule for rule in wanted.because or () if not rulebook.rules[rule].is_measure]
        if wanted.standing is Standing.OFFERED and warned:
            place = document.locate_key(("expect", regimen, "because"))
            yield Problem(place, say("case_error.cautions", regimen=regimen))


def _required_and_forbidden(text: CaseText, document: Document) -> Iterator[Problem]:
    expected = {_statement(written).rule for written in text.says or ()}
    for index, rule in enumerate(text.says_not):
        if rule in expected:
            yield Problem(document.locate(("says_not", index)), say("case_error.says_and_not", rule=rule))


def _profile(text: CaseText, document: Document, profiles: Path) -> tuple[dict[str, Any], bool]:
    written = text.profile
    if "from" not in written:
        return dict(written), True
    place = document.locate_key(("profile", "from"))
    extra = set(written) - {"from", "change"}
    if extra:
        location = document.locate_key(("profile", min(extra)))
        raise InputError.at(location, say("case_error.only_change", key=min(extra)))
    name = written["from"]
    if not isinstance(name, str):
        raise InputError.at(place, say("case_error.profile_name", found=shown(name)))
    candidates = [profiles / f"{name}.yaml", profiles / name, Path(document.name).parent / name]
    file = next((candidate for candidate in candidates if os.path.isfile(candidate)), None)  # noqa: PTH113 - any name
    if file is None:
        files = yaml_files(profiles, deep=True) if profiles.is_dir() else []
        known = [path.relative_to(profiles).with_suffix("").as_posix() for path in files]
        raise InputError.at(
            place, say("case_error.no_profile", name=shown(name), folder=profiles), did_you_mean(name, known)
        )
    base = read_document(file).value
    if not isinstance(base, dict):
        raise InputError.at(place, say("case_error.no_mapping", file=file, found=shown(base)))
    change = written.get("change") or {}
    if not isinstance(change, dict):
        raise InputError.at(document.locate(("profile", "change")), say("case_error.change"))
    return {key: value for key, value in (base | change).items() if value is not None}, False


def _patient(profile: dict[str, Any], inline: bool, document: Document, domain: Domain) -> Patient:
    """The patient of a case; places are those of the case file, where the profile is written there."""
    inside = _part(document, ("profile",) if inline else ("profile", "change"), profile)
    return read(profile_from(inside), domain, inside)


def _part(document: Document, path: Path_, value: Any) -> Document:
    """The part of a document at ``path`` as a document of its own, that still knows its places."""
    depth = len(path)
    places = {step[depth:]: place for step, place in document.places.items() if step[:depth] == path}
    keys = {step[depth:]: place for step, place in document.key_places.items() if step[:depth] == path and step != path}
    return Document(document.name, value, places or {(): document.locate(("profile",))}, keys)
