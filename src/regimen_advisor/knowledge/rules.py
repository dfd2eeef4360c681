"""Model a rule: a condition, an effect, and the evidence for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from regimen_advisor.files.errors import Location
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.open_sentences import BEGINS, OpenSentence
from regimen_advisor.knowledge.publications import Certainty, Sources
from regimen_advisor.knowledge.regimens import Component, Regimen, Target
from regimen_advisor.language.conditions import AllOf, Condition, Leaf
from regimen_advisor.language.values import Is
from regimen_advisor.patient.drugs import Formulary

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
CautionKind = Literal["patient", "evidence", "measure"]
OUTSIDE = "outside the reviews"


class Effect(StrEnum):
    """What a rule does where its condition holds."""

    OFFER = "offer"
    EXCLUDE = "exclude"
    CAUTION = "caution"
    TRIAL = "trial"
    NOTE = "note"
    STANDARD = "standard"
    SILENT = "silent"


class RuleText(Record):
    """A rule as written in a file; exactly one of the effects is given."""

    id: Id = Field(description="small letters, digits and hyphens; each once in the rulebook")
    offer: Id | None = Field(None, description="a regimen")
    exclude: Target | None = Field(None, description="a contraindication to the regimens that the target meets")
    caution: Target | None = Field(None, description="a reason to use caution with the regimens that the target meets")
    kind: CautionKind | None = Field(
        None,
        description="of a caution, which must have one: `patient`, something about this patient; `evidence`, a "
        "reservation on the studies, the same for everyone; `measure`, a harm that asks for a step before the first "
        "dose, the same for everyone. A `measure` is shown, but the option stays `offered`",
    )
    place: Literal["first"] | None = Field(
        None,
        description="of a caution about the patient, a note or a silence: `first`, above the options, where it holds "
        "for all of them",
    )
    trial: Id | None = Field(None, description="an ongoing study worth knowing; never an option")
    note: str | None = Field(None, description="a short title; the sentence is under `says`")
    standard: str | None = Field(None, description="what a source states as the standard without studying it")
    silent: str | None = Field(None, description="what the sources do not speak of for this patient")
    regimens: tuple[Id, ...] = Field(
        (), description="of a standard: the regimens that it names, which are marked as standard where it holds"
    )
    drugs: tuple[Component, ...] = Field(
        (), description="of a standard: its drugs and classes; a caution about them that holds is shown with it"
    )
    gives_way_to: tuple[Id, ...] = Field(
        (),
        description="of a standard: rules; where one of them holds, it is named as that of others, not of this patient",
    )
    meant_for: str | None = Field(
        None, description="with `gives_way_to`: the disease that the standard is stated for, in a few words"
    )
    when: dict[str, Any] = Field(description="the condition; see [conditions](conditions.md)")
    studies: tuple[Id, ...] = Field((), description="studies whose own population fits this patient")
    approvals: tuple[Id, ...] = Field((), description="ids of approvals.yaml that belong to this use")
    source: Sources = Field(description="the places in the sources: `{review, section}`, or a list of several")
    says: str = Field(description="the rule in one sentence")
    grade: str | None = Field(None, description="the grade of the source for it, in its own words")
    about: Target | None = Field(
        None, description="of a silence: regimens; where a loaded source offers one of them, the silence does not count"
    )
    if_open: Annotated[str, Field(pattern=BEGINS)] | None = Field(
        None,
        description="cautions only: the same as a condition (`If ...: ...`), where it is not known to hold. Of several "
        "conditions, `If [A](key) and [B](key): ...` marks which is about which key of `when`; only what is open of a "
        "patient is then named",
    )
    overrides: tuple[Id, ...] = Field((), description="rules that do not count where this one holds")
    basis: Literal["outside the reviews"] | None = Field(None, description="cautions and notes only")
    certainty: Certainty | None = Field(None, description="how sure an outside statement is")
    errata: tuple[str, ...] = Field((), description="ids of errata that concern it")


class RuleFile(Record):
    """The rules of one clinical setting; ``setting`` is the name of the file."""

    setting: Id = Field(description="name of the file without `.yaml`")
    title: str = Field(description="what a reader sees as its heading")
    disease: Literal["nsclc", "sclc"] = Field(description="name of the folder")
    rules: list[RuleText] = Field(description="in the order in which they are shown")


@dataclass(frozen=True)
class Setting:
    """A clinical setting: the rules of one file."""

    id: str
    title: str
    disease: str
    file: str


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule as it is judged. ``subject`` is the regimen offered, the study of a trial, or the title of a note."""

    id: str
    effect: Effect
    subject: str
    target: Target | None
    condition: Condition
    studies: tuple[str, ...]
    approvals: tuple[str, ...]
    source: Sources
    says: str
    overrides: tuple[str, ...]
    basis: str | None
    certainty: str | None
    errata: tuple[str, ...]
    setting: Setting
    location: Location
    written: dict[str, Any] = field(repr=False)
    """The condition as it was written, for showing and editing the rule."""

    if_open: str | None = None
    """What a caution says where its condition is not settled: a condition, never a finding."""

    kind: CautionKind | None = None
    """What sort of caution it is; ``None`` for every other effect."""

    grade: str | None = None
    """The grade of its source, in the words of the source; ``says`` ends with it."""

    about: Target | None = None
    """Of a silence: the regimens that, where a source offers one, end it."""

    is_first: bool = False
    """Whether it is shown above the options, not with each of them or after them."""

    regimens: tuple[str, ...] = ()
    """The regimens that a standard names."""

    drugs: tuple[Component, ...] = ()
    """The drugs and classes of a standard."""

    gives_way_to: tuple[str, ...] = ()
    """The rules of which one, where it holds, makes a standard that of others."""

    meant_for: str | None = None
    """The disease that a standard with ``gives_way_to`` is stated for."""

    declared: str | None = None
    """The declaration of ``each-regimen.yaml`` that it was made of."""

    @property
    def is_measure(self) -> bool:
        """Whether it only asks for a step before the first dose, so that the option stays offered."""
        return self.kind == "measure"

    @cached_property
    def open_sentence(self) -> OpenSentence | None:
        """What it says of a patient for whom its condition is not settled; ``None`` where it has no such sentence."""
        return OpenSentence.of(self.if_open, self.condition) if self.if_open else None

    @property
    def is_outside(self) -> bool:
        """Whether the rule rests on knowledge from outside the sources."""
        return self.basis == OUTSIDE


def of_disease(condition: Condition, disease: str) -> Condition:
    """The condition of a rule in the folder of ``disease``: a rule that does not test the disease is kept to it.

    Otherwise it would treat a patient of unknown disease as one with this disease.
    """
    guard = Leaf(Is("disease", frozenset({disease})))
    if isinstance(condition, AllOf) and condition.place:  # written as several keys; one key may be several tests
        return condition if guard in condition.parts else AllOf((guard, *condition.parts), condition.place)
    return condition if guard == condition else AllOf((guard, condition))


def regimens_met(rule: Rule, regimens: Mapping[str, Regimen], formulary: Formulary) -> Iterator[str]:
    """The ids of the regimens that a rule offers, excludes or warns of."""
    if rule.effect is Effect.OFFER:
        yield from (name for name in (rule.subject,) if name in regimens)
    elif rule.target is not None:
        named = next((item.regimen for item in rule.target.items if item.regimen), None)
        # Most rules name their regimen; to look through all of them for each rule costs the square of their number.
        for name in regimens if named is None else {named} & regimens.keys():
            if regimens[name].disease == rule.setting.disease and rule.target.meets(regimens[name], formulary):
                yield name
