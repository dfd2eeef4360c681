"""Make a quiz from profile files that a teacher chose: each is a question that sorts regimens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regimen_advisor.advice import RulebookName
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.sources import read_document
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Choice as Values
from regimen_advisor.patient.reading import read_files
from regimen_advisor.quiz.making import group_of, patients_of
from regimen_advisor.quiz.models import GROUPS, MOST_QUESTIONS, Candidate, Level, Quiz, QuizQuestion
from regimen_advisor.quiz.vignettes import vignette
from regimen_advisor.quiz.words import unknown_words
from regimen_advisor.words.catalogue import say

MOST_CHOICES = 10


def quiz_of_files(rulebook: Rulebook, files: Sequence[str]) -> Quiz:
    """A question for each profile, in the order of the files. Raises ``InputError`` with all problems of all files."""
    if len(files) > MOST_QUESTIONS:
        message = say("quiz_error.patients", most=MOST_QUESTIONS, found=len(files))
        raise InputError.at(Location("quiz"), message)
    guideline = Guideline.of(rulebook)
    patients = read_files(files, rulebook.domain)
    for file, patient in zip(files, patients, strict=True):
        disease = patient.facts["disease"]
        if not isinstance(disease, Values) or len(disease.possible) != 1:
            raise InputError.at(Location(file), say("quiz_error.no_disease"))
    written = [dict(read_document(file).value) for file in files]
    cases = [guideline.case(file) for file in files]
    digest = hashlib.sha256(json.dumps(written, sort_keys=True, default=str).encode()).hexdigest()[:8]
    waits = any(group_of(standing).startswith("waiting") for case in cases for standing in case.standings.values())
    level: Level = 2 if waits else 1
    questions = [
        _question(number, case, profile) for number, (case, profile) in enumerate(zip(cases, written, strict=True), 1)
    ]
    return Quiz(
        name=f"{rulebook.version}-p{digest}-n{len(files)}",
        rulebook=RulebookName.of(rulebook),
        seed=0,
        level=level,
        asks=GROUPS[level],
        questions=tuple(questions),
    )


def _question(number: int, case: Case, written: Mapping[str, Any]) -> QuizQuestion:
    disease = case.patient.facts["disease"]
    assert isinstance(disease, Values)
    profile = {key: value for key, value in written.items() if key not in ("id", "summary")}
    profile = {"id": f"patient-{number}", "disease": min(disease.possible), **profile}
    return QuizQuestion(
        number=number,
        kind="patient",
        profile=profile,
        known=vignette(case.patient, case.guideline.wording),
        unknown=tuple(_unknown(case, profile)),
        choices=tuple(_choices(case)),
    )


def _unknown(case: Case, profile: Mapping[str, Any]) -> Iterator[str]:
    """What rules ask for and is not known; what follows from the rest of the profile is known."""
    facts = case.guideline.rulebook.domain.facts
    known = {fact.label for name, fact in facts.items() if case.patient.facts[name] != fact.unknown}
    for words in unknown_words(dict(profile), patients_of(case.guideline.rulebook)):
        if words not in known:
            yield words


def _choices(case: Case) -> list[Candidate]:
    """What the rules are about, and half as many that are not indicated, in the order of the rulebook."""
    rulebook = case.guideline.rulebook
    groups = {name: group_of(standing) for name, standing in case.standings.items()}
    telling = [name for name, group in groups.items() if group != "not-indicated"][:MOST_CHOICES]
    disease = case.patient.facts["disease"]
    assert isinstance(disease, Values)
    barren = [
        name
        for name, group in groups.items()
        if group == "not-indicated" and rulebook.regimens[name].disease in disease.possible
    ]
    kept = {*telling, *barren[: max(len(telling) // 2, 2 - len(telling))]}
    return [Candidate(regimen=name, name=regimen.name) for name, regimen in rulebook.regimens.items() if name in kept]
