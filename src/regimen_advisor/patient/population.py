"""Load the population that synthetic patients imitate: published shares with their sources, and treatments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from regimen_advisor.files.sources import Record, read_document, validated
from regimen_advisor.words.catalogue import say

FILE = Path(__file__).with_name("population.yaml")
INVENTED = "invented"
"""The source of a share that is made up."""


class Share(Record):
    """Of how many patients in a hundred something is true."""

    share: float | None = Field(None, ge=0, le=100, description="per cent; left out = the rest")
    source: str = Field(INVENTED, description="the id of a source, or `invented`")


class LineTreatment(Record):
    """A line of treatment."""

    drugs: list[str] = Field(min_length=1)
    weight: float = Field(1, gt=0)
    then: list[list[str]] = Field(default_factory=list, description="what it may go on with as maintenance")


class Acquired(Record):
    """A variant that a tumour with a driver acquires under some drugs."""

    variant: str
    driver: str
    after: list[str]
    share: float
    source: str


class SyntheticPopulation(Record):
    """What invented patients are drawn from."""

    title: str
    imitates: str
    sources: Mapping[str, str]
    shares: Mapping[str, Mapping[str, Share]]
    acquired: list[Acquired]
    first_line: Mapping[str, list[LineTreatment]]
    later_line: Mapping[str, list[LineTreatment]]
    curative: Mapping[str, list[LineTreatment]]

    @model_validator(mode="after")
    def _adds_up(self) -> SyntheticPopulation:
        for name, words in self.shares.items():
            given = [word.share for word in words.values() if word.share is not None]
            if len(given) != len(words) - 1 or sum(given) > 100:
                raise ValueError(say("population_file.shares", name=name))
        named = [word.source for words in self.shares.values() for word in words.values()]
        named += [variant.source for variant in self.acquired]
        for source in named:
            if source != INVENTED and source not in self.sources:
                raise ValueError(say("population_file.no_source", source=source))
        return self

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a share, in the order of ``weights``."""
        return tuple(self.shares[name])

    def weights(self, name: str) -> tuple[float, ...]:
        """The shares of a hundred."""
        given = [word.share for word in self.shares[name].values()]
        rest = 100 - sum(share for share in given if share is not None)
        return tuple(rest if share is None else share for share in given)

    @property
    def treatments(self) -> tuple[Mapping[str, list[LineTreatment]], ...]:
        """First lines, later lines and treatments with curative intent, by driver or kind of tumour."""
        return self.first_line, self.later_line, self.curative


@cache
def population() -> SyntheticPopulation:
    """The population that ships."""
    return validated(SyntheticPopulation, read_document(FILE))
