"""Cases: example patients with the advice that is expected, for testing rule changes.

A case file (``*.case.yaml``) holds several documents, one case each, laid out like ``rules/`` path for path. A case
says what must be true of the advice; what it does not mention is free, unless it says ``exactly: true``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.errors import InputError, Location, Problem, did_you_mean
from regimen_advisor.facts import Domain
from regimen_advisor.profile import profile_from
from regimen_advisor.reading import Patient, read
from regimen_advisor.regimens import Source
from regimen_advisor.rulebook import Rulebook
from regimen_advisor.sources import Document, Path_, Record, parse_documents, read_document, read_text, validated
from regimen_advisor.standings import Standing

SUFFIX = ".case.yaml"


class Expectation(Record):
    """What is expected of one regimen; a list names all that decided, in any order."""

    standing: Standing
    rules: tuple[str, ...] | None = Field(None, description="the offer rules that hold (or may, if undetermined)")
    studies: tuple[str, ...] | None = Field(None, description="the studies cited")
    because: tuple[str, ...] | None = Field(None, description="the rules that exclude, or the cautions that hold")
    depends_on: tuple[str, ...] | None = Field(None, description="the questions it waits for")


class CaseText(Record):
    """A case as it stands in a file."""

    name: str = Field(description="what the case teaches, as a sentence")
    profile: dict[str, Any] = Field(
        description="a profile, or `from` (a profile by path) with `change` (keys that differ; null takes a key away)"
    )
    expect: dict[str, Standing | Expectation] = Field({}, description="standings by regimen")
    says: tuple[str, ...] = Field((), description="standards, notes, silences and trials that must be shown, by rule")
    exactly: bool = Field(False, description="regimens not listed are expected not to be indicated")
    source: Source | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not (self.expect or self.says or self.exactly):
            raise ValueError("expected at least one of `expect`, `says` and `exactly: true`")
        return self


@dataclass(frozen=True, eq=False)
class Case:
    """A case ready to run: the patient, and what is expected of each regimen and where that is written."""

    name: str
    patient: Patient
    profile: Mapping[str, Any]
    expect: Mapping[str, Expectation]
    says: tuple[str, ...]
    exactly: bool
    source: Source | None
    location: Location
    places: Mapping[str, Location]

    def place(self, regimen: str) -> Location:
        """Where the expectation for a regimen stands; the case itself where it is not listed."""
        return self.places.get(regimen, self.location)


@dataclass(frozen=True)
class Failure:
    """One expectation that is not met."""

    case: Case
    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location.file}:{self.location.line}: {self.message}"


# Reading ---------------------------------------------------------------------------------------------------------


def case_files(paths: Iterable[str | Path]) -> list[Path]:
    """The case files at ``paths``, folders searched through. Raises ``InputError`` for a path that is not there."""
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(path.rglob(f"*{SUFFIX}"))
        elif path.is_file():
            found.append(path)
        else:
            raise InputError.at(Location(str(path)), "no such file or folder of cases")
    return list(dict.fromkeys(found))


def read_cases(path: str | Path, rulebook: Rulebook, profiles: str | Path = "profiles") -> list[Case]:
    """The cases of one file, in order. Raises ``InputError`` with every problem of the file at once."""
    text, name = read_text(path)
    return parse_cases(text, name, rulebook, profiles)


def parse_cases(text: str, name: str, rulebook: Rulebook, profiles: str | Path = "profiles") -> list[Case]:
    """The cases written in ``text``; ``profiles`` is the folder that ``from`` is looked up in."""
    problems: list[Problem] = []
    cases: list[Case] = []
    for document in parse_documents(text, name):
        if document.value is None:
            continue
        try:
            cases.append(_case(document, rulebook, Path(profiles)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return cases


def _case(document: Document, rulebook: Rulebook, profiles: Path) -> Case:
    text = validated(CaseText, document)
    problems = list(_unknown_names(text, document, rulebook))
    if problems:
        raise InputError(problems)
    expect = {
        regimen: wanted if isinstance(wanted, Expectation) else Expectation(standing=wanted)
        for regimen, wanted in text.expect.items()
    }
    problems = list(_contradictions(expect, document))
    if problems:
        raise InputError(problems)
    profile, inline = _profile(text, document, profiles)
    patient = _patient(profile, inline, document, rulebook.domain)
    return Case(
        text.name, patient, profile, expect, text.says, text.exactly, text.source, document.locate(),
        {regimen: document.locate_key(("expect", regimen)) for regimen in expect},
    )  # fmt: skip


def _unknown_names(text: CaseText, document: Document, rulebook: Rulebook) -> Iterator[Problem]:
    def unknown(name: str, words: Mapping[str, object], what: str, *path: str | int) -> Iterator[Problem]:
        if name not in words:
            yield Problem(document.locate_key(path), f"unknown {what} `{name}`", did_you_mean(name, words))

    for index, rule in enumerate(text.says):
        yield from unknown(rule, rulebook.rules, "rule", "says", index)
    for regimen, wanted in text.expect.items():
        yield from unknown(regimen, rulebook.regimens, "regimen", "expect", regimen)
        if isinstance(wanted, Expectation):
            for key in ("rules", "because"):
                for index, rule in enumerate(getattr(wanted, key) or ()):
                    yield from unknown(rule, rulebook.rules, "rule", "expect", regimen, key, index)
            for index, study in enumerate(wanted.studies or ()):
                yield from unknown(study, rulebook.studies, "study", "expect", regimen, "studies", index)


def _contradictions(expect: Mapping[str, Expectation], document: Document) -> Iterator[Problem]:
    for regimen, wanted in expect.items():
        if wanted.depends_on and wanted.standing is not Standing.UNDETERMINED:
            place = document.locate_key(("expect", regimen, "depends_on"))
            yield Problem(place, f"{regimen}: only an undetermined regimen waits for facts, not a {wanted.standing} one")
        if wanted.standing is Standing.NOT_INDICATED and (wanted.rules or wanted.studies):
            key = "rules" if wanted.rules else "studies"
            place = document.locate_key(("expect", regimen, key))
            yield Problem(place, f"{regimen}: a regimen that is not indicated has no {key}")
        if wanted.standing is Standing.OFFERED and wanted.because:
            place = document.locate_key(("expect", regimen, "because"))
            yield Problem(place, f"{regimen}: expected `offered-with-caution` where cautions are named")


def _profile(text: CaseText, document: Document, profiles: Path) -> tuple[dict[str, Any], bool]:
    written = text.profile
    if "from" not in written:
        return dict(written), True
    place = document.locate_key(("profile", "from"))
    extra = set(written) - {"from", "change"}
    if extra:
        here = document.locate_key(("profile", sorted(extra)[0]))
        raise InputError.at(here, f"{sorted(extra)[0]}: expected only `change` beside `from`")
    name = str(written["from"])
    candidates = [profiles / f"{name}.yaml", profiles / name, Path(document.name).parent / name]
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None:
        known = [path.relative_to(profiles).with_suffix("").as_posix() for path in profiles.rglob("*.yaml")]
        raise InputError.at(place, f"from: no profile `{name}` in {profiles}", did_you_mean(name, known))
    base = read_document(file).value
    change = written.get("change") or {}
    if not isinstance(base, dict) or not isinstance(change, dict):
        raise InputError.at(document.locate(("profile", "change")), "change: expected a mapping of profile keys")
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


# Running ---------------------------------------------------------------------------------------------------------


def run_case(case: Case, rulebook: Rulebook) -> list[Failure]:
    """What of the case is not met; an empty list if it passes."""
    return compare(case, advise(case.patient, rulebook, ask=False))


def compare(case: Case, advice: Advice) -> list[Failure]:
    """What of the case the advice does not meet."""
    options = {option.regimen: option for option in advice.options}
    failures = []
    for regimen, wanted in case.expect.items():
        option = options.get(regimen)
        messages = _differences(regimen, wanted, option)
        failures += [Failure(case, case.place(regimen), message) for message in messages]
    if case.exactly:
        for regimen, option in options.items():
            if regimen not in case.expect and option.standing is not Standing.NOT_INDICATED:
                message = f"{regimen}: not expected, is {described(option)}"
                failures.append(Failure(case, case.location, message))
    shown = {statement.rule for statement in (*advice.standards, *advice.notes, *advice.silent)}
    shown |= {trial.rule for trial in advice.trials}
    for rule in case.says:
        if rule not in shown:
            failures.append(Failure(case, case.location, f"{rule}: expected to be said, is not"))
    return failures


def _differences(regimen: str, wanted: Expectation, option: Option | None) -> list[str]:
    if option is None:
        if wanted.standing is Standing.NOT_INDICATED:
            return []
        return [f"{regimen}: expected {wanted.standing}, is no option of this disease"]
    if option.standing is not wanted.standing:
        return [f"{regimen}: expected {wanted.standing}, is {described(option)}"]
    found = {
        "rules": option.rules,
        "studies": option.studies,
        "because": decided_by(option),
        "depends_on": option.depends_on,
    }
    messages = []
    for key, actual in found.items():
        expected = getattr(wanted, key)
        if expected is not None and set(expected) != set(actual):
            missing, more = sorted(set(expected) - set(actual)), sorted(set(actual) - set(expected))
            parts = (("missing", missing), ("unexpected", more))
            said = "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)
            messages.append(f"{regimen}: {key}: {said}")
    return messages


def decided_by(option: Option) -> tuple[str, ...]:
    """The rules that exclude a regimen, or the cautions that hold on one that is offered."""
    if option.standing is Standing.EXCLUDED:
        return tuple(reason.rule for reason in option.reasons if reason.effect == "exclude" and reason.state == "met")
    if option.standing.is_offered:
        return tuple(caution.rule for caution in option.cautions if caution.state == "holds")
    return ()


def described(option: Option) -> str:
    """The standing, and what it waits for."""
    return f"{option.standing} (waits for {', '.join(option.depends_on)})" if option.depends_on else str(option.standing)


def expectation_of(option: Option) -> dict[str, Any] | str:
    """An option as a case file writes it, with all that decided it."""
    if option.standing is Standing.NOT_INDICATED:
        return str(option.standing)
    written: dict[str, Any] = {"standing": str(option.standing), "rules": list(option.rules), "studies": list(option.studies)}
    if decided_by(option):
        written["because"] = list(decided_by(option))
    if option.depends_on:
        written["depends_on"] = list(option.depends_on)
    return written
