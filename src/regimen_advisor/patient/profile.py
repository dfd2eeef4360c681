"""Model a profile: what a person writes about one patient.

A key left out, or ``unknown``, is unknown. The words come from ``facts``; ``reading`` says what they mean.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from regimen_advisor.files.sources import Document, Record, read_document, validated
from regimen_advisor.files.validation_messages import shown
from regimen_advisor.patient.facts import (
    MOST_CYCLES,
    MOST_LINES,
    BleedingFeature,
    Comorbidity,
    Disease,
    EgfrVariant,
    Extent,
    Histology,
    MarkerResult,
    OtherDriver,
    Outcome,
    Stage,
    StageGroup,
)
from regimen_advisor.patient.vocabulary import MOST_MONTHS
from regimen_advisor.words.catalogue import joined, say

Unknown = Literal["unknown"]


class Bounds(Record):
    """A whole-number range: ``at_least`` is included, ``below`` is not."""

    at_least: int | None = Field(None, description="lowest possible value")
    at_most: int | None = Field(None, description="highest possible value")
    below: int | None = Field(None, description="first value that is no longer possible")
    above: int | None = Field(None, description="last value that is not yet possible")

    @model_validator(mode="after")
    def _holds_a_number(self) -> Bounds:
        if not self.model_fields_set:
            raise _wrong(say("profile_error.no_bound"))
        low, high = self.limits(-1, 10_000)
        if low > high:
            raise _wrong(say("profile_error.empty_range"))
        return self

    def limits(self, lowest: int, highest: int) -> tuple[int, int]:
        """Lowest and highest number in the range, both included."""
        low, high = lowest, highest
        if self.at_least is not None:
            low = max(low, self.at_least)
        if self.above is not None:
            low = max(low, self.above + 1)
        if self.at_most is not None:
            high = min(high, self.at_most)
        if self.below is not None:
            high = min(high, self.below - 1)
        return low, high


def _percent_words(value: Any) -> Any:
    """``<1``, ``1-49`` and ``>=50``, as pathology reports write them, as ranges."""
    if not isinstance(value, str) or value == "unknown":
        return value
    text = value.replace("%", "").replace(" ", "").replace("≥", ">=").replace("≤", "<=").replace("–", "-")
    if match := re.fullmatch(r"(\d{1,3})-(\d{1,3})", text):
        return {"at_least": int(match[1]), "at_most": int(match[2])}
    if match := re.fullmatch(r"(<=|>=|<|>)(\d{1,3})", text):
        word = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}[match[1]]
        return {word: int(match[2])}
    raise _wrong(say("profile_error.percentage", found=shown(value)))


def _whole_number(low: int, high: int, subject: str) -> BeforeValidator:
    """Accepts a number or bounds within ``low`` to ``high``, and says what was expected otherwise: a ``subject``."""

    def check(value: Any) -> Any:
        if value is None or value == "unknown":
            return value
        bounds: dict[str, Any] = {}
        if isinstance(value, dict):  # a word that is no bound is refused by the model
            bounds = {word: number for word, number in value.items() if word in Bounds.model_fields}
        for number in bounds.values() if isinstance(value, dict) else [value]:
            if isinstance(number, bool) or not isinstance(number, int):
                ways = say("profile_error.whole_number", low=low, high=high)
                wanted = say(f"number.{subject}")
                raise _wrong(say("profile_error.wrong_number", subject=wanted, ways=ways, found=shown(number)))
            if not low <= number <= high:
                wanted = say(f"number.{subject}")
                raise _wrong(say("profile_error.out_of_range", subject=wanted, low=low, high=high, found=shown(number)))
        if bounds:
            first, last = Bounds.model_construct(**bounds).limits(low, high)
            if first > last:
                found = joined(f"{word}: {number}" for word, number in bounds.items())
                raise _wrong(say("profile_error.range_outside", low=low, high=high, found=found))
        return value

    return BeforeValidator(check)


def _wrong(message: str) -> PydanticCustomError:
    """``message`` as pydantic carries it: through the context, since it reads braces in a template."""
    return PydanticCustomError("value_error", "{error}", {"error": message})


def _members(*words: str) -> BeforeValidator:
    """Refuses a list around a word for the whole set, such as ``[wild-type]``."""

    def check(value: Any) -> Any:
        for word in words:
            if isinstance(value, list) and word in value:
                alone = len(value) == 1
                raise _wrong(
                    say("profile_error.in_a_list", word=word)
                    if alone
                    else say("profile_error.among_members", word=word, meaning=say(f"whole_set.{word}"))
                )
        return value

    return BeforeValidator(check)


_NONE = _members("none", "unknown")


class EgfrPartly(Record):
    """Some variants were looked for, others not; what is named in neither list stays unknown."""

    found: list[EgfrVariant] = Field(default_factory=list, description="what was looked for and found")
    not_found: list[EgfrVariant] = Field(default_factory=list, description="what was looked for and not found")


class DriversPartly(Record):
    """Some drivers were looked for, others not."""

    found: list[OtherDriver] = Field(default_factory=list, description="what was looked for and found")
    not_found: list[OtherDriver] = Field(default_factory=list, description="what was looked for and not found")


class FeaturesPartly(Record):
    """Some features of bleeding risk were looked for, others not."""

    found: list[BleedingFeature] = Field(default_factory=list, description="what was looked for and found")
    not_found: list[BleedingFeature] = Field(default_factory=list, description="what was looked for and not found")


class ComorbiditiesPartly(Record):
    """Some comorbidities were asked about, others not."""

    found: list[Comorbidity] = Field(default_factory=list, description="what was asked about and is there")
    not_found: list[Comorbidity] = Field(default_factory=list, description="what was asked about and is not there")


class HistoryEntry(Record):
    """One treatment: a line for advanced disease, its maintenance, or a treatment with curative intent."""

    line: Annotated[int, Field(ge=1, le=MOST_LINES)] | None = Field(
        None, description="number of the line for advanced disease; left out for curative treatment"
    )
    drugs: list[str] | Unknown = Field("unknown", description="drugs by any known name, or classes of drugs")
    outcome: Outcome | Unknown = Field(
        "unknown", description="what the disease had done when the next line began, or by now"
    )
    cycles: Annotated[int, Field(ge=0, le=MOST_CYCLES)] | None = Field(None, description="cycles given in this entry")
    relapse_after: Annotated[int, Field(ge=0, le=MOST_MONTHS)] | None = Field(
        None,
        description="whole months from the last dose of this entry to the progression or relapse; "
        "0 = while it was given",
    )
    setting: Literal["maintenance", "curative"] | None = Field(
        None, description="left out = a line for advanced disease"
    )

    @model_validator(mode="after")
    def _line_fits_setting(self) -> HistoryEntry:
        if self.setting == "curative" and self.line is not None:
            raise _wrong(say("profile_error.line_of_curative"))
        if self.setting != "curative" and self.line is None:
            raise _wrong(say("profile_error.no_line"))
        if self.drugs == []:
            raise _wrong(say("profile_error.no_drug"))
        return self


Lines = Annotated[int | Bounds | Unknown | None, _whole_number(0, MOST_LINES, "prior_lines")]
Percent = Annotated[
    int | Bounds | Unknown | None,
    _whole_number(0, 100, "percentage"),
    BeforeValidator(_percent_words),
]


class Profile(Record):
    """One patient as a person describes them."""

    id: str | None = Field(None, description="name of the profile; the file name where left out")
    summary: str | None = Field(None, description="the patient in one sentence; not read by any rule")
    disease: Disease | Unknown | None = Field(None, description="may be left out where the histology tells")
    histology: Histology | Unknown | None = Field(None, description="histological type")
    stage: Stage | StageGroup | Unknown | None = Field(None, description="stage as of today")
    extent: Extent | Unknown | None = Field(None, description="extent as of today; read from the stage where certain")
    curative_treatment_possible: bool | Unknown | None = Field(
        None, description="stage III: surgery or (chemo)radiotherapy with curative intent can still be given"
    )
    ecog: Annotated[int | Bounds | Unknown | None, _whole_number(0, 4, "ecog")] = Field(
        None, description="ECOG performance status 0-4"
    )
    egfr: Annotated[
        list[EgfrVariant] | EgfrPartly | Literal["wild-type", "positive", "unknown"] | None,
        _members("wild-type", "positive", "unknown"),
    ] = Field(
        None, description="variants found (the others were looked for); wild-type; positive = one, not known which"
    )
    alk: MarkerResult | Unknown | None = Field(None, description="ALK fusion")
    ros1: MarkerResult | Unknown | None = Field(None, description="ROS1 fusion")
    nrg1: MarkerResult | Unknown | None = Field(None, description="NRG1 fusion")
    dll3: MarkerResult | Unknown | None = Field(None, description="DLL3 expression")
    pd_l1_tps: Percent = Field(None, description="PD-L1 tumour proportion score, whole percent, or a range")
    other_drivers: Annotated[list[OtherDriver] | DriversPartly | Literal["none", "unknown"] | None, _NONE] = Field(
        None, description="other driver alterations; used by cautions only"
    )
    brain_metastases: bool | Literal["treated", "active"] | Unknown | None = Field(
        None,
        description="brain metastases today: treated (treated and stable), active (untreated, growing or symptomatic), "
        "true (present, which is not known)",
    )
    liver_metastases: bool | Unknown | None = Field(None, description="liver metastases today")
    bleeding_risk: Annotated[list[BleedingFeature] | FeaturesPartly | Literal["none", "unknown"] | None, _NONE] = Field(
        None, description="squamous bleeding risk; none or [] = looked for, none"
    )
    comorbidities: Annotated[list[Comorbidity] | ComorbiditiesPartly | Literal["none", "unknown"] | None, _NONE] = (
        Field(None, description="used by cautions only; none or [] = none of them")
    )
    prior_lines: Lines = Field(None, description="lines begun, only where the history is not known in detail")
    last_outcome: Outcome | Unknown | None = Field(None, description="outcome of the latest line, with prior_lines")
    history: list[HistoryEntry] | Unknown | None = Field(None, description="all treatments so far; [] = untreated")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise _wrong(say("profile_error.no_profile", found=shown(value)))
        if not value:
            raise _wrong(say("profile_error.no_key"))
        return value


def read_profile(source: str | Path) -> tuple[Profile, Document]:
    """The profile in a file (``-`` for standard input), and the document that knows the position of each key.

    Raises ``InputError`` with every problem of the file at once.
    """
    document = read_document(source)
    return profile_from(document), document


def profile_from(document: Document) -> Profile:
    """The profile written in a document."""
    return validated(Profile, document)
