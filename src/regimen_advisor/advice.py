"""Advice: what ``advise`` answers, as the models of its published JSON (``regimen-advisor schema advice``)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from regimen_advisor.evidence import (
    Approval,
    Arm,
    Citation,
    Count,
    DesignLevel,
    Erratum,
    Finding,
    Limits,
    Place,
    Population,
    Result,
    Safety,
)
from regimen_advisor.regimens import Schedule, Source
from regimen_advisor.sources import Record
from regimen_advisor.standings import Standing

SCHEMA_VERSION = "1"
SCOPE = (
    "For teaching and for testing guideline logic: what two published reviews support, as of those reviews. Not a "
    "medical device, and no basis for treating a patient. The order says how well an option was studied, not how well "
    "it works: figures of different trials are not compared. The rules do not look at organ function, other diseases, "
    "other medicines, cost or availability."
)
Basis = Literal["review", "outside the reviews"]


class RulebookName(Record):
    """Which rules gave the answer."""

    version: str
    digest: str


class ProfileName(Record):
    """Which profile was read, and remarks on how it was read."""

    id: str
    summary: str | None = None
    notes: tuple[str, ...] = Field((), description="remarks on the input, for the person who wrote it")


class Evidence(Record):
    """One study behind an option, as its review reports it, with what the published record says otherwise."""

    study: str
    name: str
    kind: str
    phase: str | None = None
    design_level: DesignLevel
    n: Count | None = None
    population: Population
    arms: tuple[Arm, ...] = ()
    results: tuple[Result, ...] = ()
    safety: tuple[Safety, ...] = ()
    findings: tuple[Finding, ...] = ()
    limits: Limits
    errata: tuple[Erratum, ...] = ()
    cited_in: tuple[Place, ...]
    citation: Citation


class Caution(Record):
    """A reason to hesitate: ``holds``, or ``open`` where it waits for facts that are not known."""

    rule: str
    says: str
    basis: Basis
    certainty: str | None = None
    source: Source
    state: Literal["holds", "open"]
    depends_on: tuple[str, ...] = ()
    errata: tuple[str, ...] = ()


class Reason(Record):
    """Why an option stands as it does: the rule that decides, and what of it is met, not met or unknown."""

    rule: str
    effect: Literal["offer", "exclude"]
    state: Literal["met", "not met", "unknown"]
    says: str
    source: Source
    not_met: tuple[str, ...] = Field((), description="conditions that are not met, in words")
    unknown: tuple[str, ...] = Field((), description="conditions that are not known, in words")


class Option(Record):
    """How one regimen stands for this patient, and on what evidence."""

    regimen: str
    name: str
    drugs: tuple[str, ...] = Field(description="standard names of drugs and classes")
    standing: Standing
    setting: tuple[str, ...] = Field((), description="titles of the clinical settings of the rules that hold")
    says: tuple[str, ...] = ()
    rules: tuple[str, ...] = Field((), description="offer rules that hold; for an undetermined option those that may")
    studies: tuple[str, ...] = Field((), description="studies of these rules")
    evidence: tuple[Evidence, ...] = ()
    design_level: DesignLevel
    shown_benefit: Literal["OS", "PFS", "response"] | None = None
    approvals: tuple[Approval, ...] = ()
    schedule: Schedule | None = None
    cautions: tuple[Caution, ...] = ()
    reasons: tuple[Reason, ...] = ()
    depends_on: tuple[str, ...] = Field((), description="profile keys and history parts it waits for")


class Statement(Record):
    """A standard, a note or a silence of the reviews that concerns this patient."""

    rule: str
    title: str
    says: str
    basis: Basis
    certainty: str | None = None
    source: Source
    studies: tuple[str, ...] = ()
    state: Literal["holds", "open"] = "holds"
    depends_on: tuple[str, ...] = ()


class Trial(Record):
    """A study that was ongoing when its review was written, and what has become of it."""

    rule: str
    study: str
    name: str
    phase: str | None = None
    registry: str | None = None
    says: str
    errata: tuple[Erratum, ...] = ()
    source: Source


class Missing(Record):
    """A question whose answer would settle options."""

    question: str = Field(description="profile key or part of a history entry")
    asks: str
    settles: tuple[str, ...] = Field((), description="regimens that some answer to this question alone settles")


class Advice(Record):
    """All that the rules say of one patient. Same input, same bytes."""

    schema_version: str = SCHEMA_VERSION
    rulebook: RulebookName
    engines: tuple[str, ...]
    profile: ProfileName
    standards: tuple[Statement, ...] = ()
    options: tuple[Option, ...] = ()
    order: str = Field(description="how the options are ordered, and why")
    trials: tuple[Trial, ...] = ()
    notes: tuple[Statement, ...] = ()
    silent: tuple[Statement, ...] = ()
    missing: tuple[Missing, ...] = ()
    scope: str = SCOPE

    def standing(self, regimen: str) -> Standing:
        """The standing of one regimen. Raises ``KeyError`` for one that is no option of this disease."""
        for option in self.options:
            if option.regimen == regimen:
                return option.standing
        raise KeyError(regimen)

    def of(self, *standings: Standing) -> tuple[Option, ...]:
        """The options with one of these standings, in order."""
        return tuple(option for option in self.options if option.standing in standings)

    def _repr_html_(self) -> str:
        """The advice as a notebook shows it."""
        from regimen_advisor.reports.html import advice_fragment  # noqa: PLC0415 - only a notebook needs it

        return advice_fragment(self)
