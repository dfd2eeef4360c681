"""Describe the clinic that the quiz takes its patients from: whom it sees, their treatment, what may happen to them.

All of it is data: ``clinic.yaml`` here, and the shares and treatments of ``patient/population.yaml``, which invented
tables have too. It makes patients plausible and claims nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import Field

from regimen_advisor.files.sources import Document, Record, read_document, validated
from regimen_advisor.patient.population import LineTreatment, population
from regimen_advisor.patient.vocabulary import OtherDriver
from regimen_advisor.quiz.seeded_random import SeededRandom

Written = dict[str, Any]
Drugs = tuple[str, ...]
FILE = Path(__file__).with_name("clinic.yaml")
SQUAMOUS_OR_NONE = ("squamous", "large-cell")
"""Histologies that the population has no driver in."""


class ClinicSituation(Record):
    """How far a disease has spread, and how often."""

    stage: str
    extent: str
    curative: bool = Field(description="whether curative treatment is possible")
    weight: float = Field(gt=0)


class ClinicFact(Record):
    """A condition that every patient of the clinic meets."""

    says: str
    when: dict[str, Any]


class ClinicEvent(Record):
    """Something that happens to a patient: facts that are other then, or how the latest line ends."""

    says: str = Field(description="what happens, in a sentence")
    set: dict[str, Any] = Field(default_factory=dict, description="facts and their new values")
    add: dict[str, str] = Field(default_factory=dict, description="members that a set gains")
    before: str | None = Field(None, description="the outcome of the latest line before an event that ends it")
    outcome: str | None = Field(None, description="how it ends")


class Clinic(Record):
    """What patients of the quiz are drawn from."""

    situations: Mapping[str, list[ClinicSituation]]
    ecog: Mapping[str, float]
    pd_l1_tps: Mapping[str, float]
    lines: Mapping[str, float]
    earlier: Mapping[str, float] = Field(description="how lines before the latest end")
    latest: Mapping[str, float]
    cycles: list[int]
    found: float = Field(description="how often something is found that no rule of the question asks for")
    maintained: float = Field(description="how often a treatment that was completed goes on as maintenance")
    seen: list[ClinicFact]
    events: list[ClinicEvent]


@cache
def clinic() -> Clinic:
    """The clinic that ships."""
    return validated(Clinic, document())


@cache
def document() -> Document:
    """Its file, for the places of its conditions."""
    return read_document(FILE)


# Usual patients ---------------------------------------------------------------------------------------------------


def usual_facts(disease: str, random: SeededRandom) -> Written:
    """What was found of a usual patient: how far the disease has spread, the tumour, and how the patient is."""
    usual = clinic()
    situation = random.weighted([(candidate, candidate.weight) for candidate in usual.situations[disease]])
    histology = _word("histology", random) if disease == "nsclc" else "small-cell"
    has_driver = disease == "nsclc" and histology not in SQUAMOUS_OR_NONE
    driver = _word("driver", random) if has_driver else "none"
    variant = _word(driver, random) if driver in ("egfr", "egfr-other", "kras") else driver
    return {
        "disease": disease,
        "histology": histology,
        "stage": situation.stage,
        "extent": situation.extent,
        "curative_treatment_possible": situation.curative,
        "ecog": int(_of(usual.ecog, random)),
        "egfr": [variant] if driver.startswith("egfr") else "wild-type",
        **{gene: "positive" if driver == gene else "negative" for gene in ("alk", "ros1", "nrg1")},
        "dll3": _word("dll3", random),
        "pd_l1_tps": int(_of(usual.pd_l1_tps, random)),
        "other_drivers": _other(driver, variant),
    }


def _other(driver: str, variant: str) -> Any:
    word = variant if driver == "kras" else driver
    return [word] if word in get_args(OtherDriver) else "none"


def _word(name: str, random: SeededRandom) -> str:
    shares = population()
    return random.weighted(list(zip(shares.words(name), shares.weights(name), strict=True)))


def _of(weights: Mapping[str, float], random: SeededRandom) -> str:
    return random.weighted(list(weights.items()))


def usual_history(profile: Written, random: SeededRandom) -> list[Written]:
    """Lines that such a patient was usually given, the latest with maintenance where it goes on with it."""
    usual_clinic = clinic()
    count = 0 if profile["curative_treatment_possible"] else int(_of(usual_clinic.lines, random))
    found: list[Written] = []
    treated: list[Drugs] = []
    for line in range(1, count + 1):
        usual = [treatment for treatment in treatments_in(profile, line) if tuple(treatment.drugs) not in treated]
        if not usual:
            break
        chosen = random.weighted([(chosen, chosen.weight) for chosen in usual])
        treated.append(tuple(chosen.drugs))
        outcome = _of(usual_clinic.latest if line == count else usual_clinic.earlier, random)
        found.append(
            {"line": line, "drugs": list(chosen.drugs), "outcome": outcome, "cycles": random.pick(usual_clinic.cycles)}
        )
        if line == count and outcome == "completed" and chosen.then and random.chance(usual_clinic.maintained):
            kept = random.pick(chosen.then)
            found.append({"line": line, "setting": "maintenance", "drugs": list(kept), "outcome": "ongoing"})
    return found


def treatments_in(profile: Written, line: int) -> list[LineTreatment]:
    """What this patient is usually given in a line: for the driver, without any for a high TPS, else for histology."""
    table = population().first_line if line == 1 else population().later_line
    return next((table[group] for group in _groups(profile) if group in table), [])


def _groups(profile: Written) -> Iterator[str]:
    if profile["disease"] == "sclc":
        yield "sclc"
        return
    found = profile.get("egfr")
    if isinstance(found, list):
        yield "egfr" if set(found) & set(population().words("egfr")) else "egfr-other"
    yield from (gene for gene in ("alk", "ros1") if profile.get(gene) == "positive")
    further = profile.get("other_drivers")
    yield from further if isinstance(further, list) else ()
    is_squamous, tps = profile.get("histology") == "squamous", profile.get("pd_l1_tps")
    if isinstance(tps, int) and tps >= 50 and not is_squamous:
        yield "tps-50"
    yield "squamous" if is_squamous else "non-squamous"


def all_treatments(disease: str) -> tuple[Drugs, ...]:
    """Everything that the tables know for patients with this disease, for whomever."""
    return _unique(treatment.drugs for treatment in _of_lines(disease))


def all_maintenance(disease: str) -> tuple[Drugs, ...]:
    """Everything that the tables know a line to go on with."""
    return _unique(drugs for treatment in _of_lines(disease) for drugs in treatment.then)


def all_curative(disease: str) -> tuple[Drugs, ...]:
    """Every drug treatment with curative intent that the tables know for this disease."""
    return _unique(treatment.drugs for treatment in _of_disease(disease, population().curative))


def _of_lines(disease: str) -> Iterator[LineTreatment]:
    yield from _of_disease(disease, population().first_line)
    yield from _of_disease(disease, population().later_line)


def _of_disease(disease: str, table: Mapping[str, Sequence[LineTreatment]]) -> Iterator[LineTreatment]:
    for group, treatments in table.items():
        if (group == "sclc") == (disease == "sclc"):
            yield from treatments


def _unique(treatments: Iterable[Sequence[str]]) -> tuple[Drugs, ...]:
    return tuple(dict.fromkeys(map(tuple, treatments)))
