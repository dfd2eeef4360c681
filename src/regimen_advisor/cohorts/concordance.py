"""Compare the treatment that was given with what the rules offer: the concordance of a cohort.

It says nothing of who was right: the rules know their sources, and the doctors knew the patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from regimen_advisor.columns.cells import drug_parts, drug_word
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.vocabulary import CHEMOTHERAPY
from regimen_advisor.words.catalogue import joined, say


class Agreement(StrEnum):
    """How the treatment given relates to the regimens offered."""

    EXACT = "exact"
    PARTIAL = "partial"
    NONE = "none"
    OUTSIDE = "outside the rules"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Disagreement:
    """Patients given the same drugs without an exact match; ``reasons``: the nearest regimens and their standings."""

    given: str
    agreement: Agreement
    reasons: str
    patients: int


@dataclass(frozen=True)
class Concordance:
    """The counts by agreement, and what was given where it was not exact."""

    column: str
    counts: Mapping[str, int]
    offered: int
    """Patients whose treatment is known and to whom something is offered: only they can agree."""
    disagreements: tuple[Disagreement, ...]


def concordance(rows: pl.LazyFrame, rulebook: Rulebook, column: str) -> Concordance:
    """The concordance of the column ``given`` of judged rows; each distinct combination is compared once."""
    groups = rows.group_by(compared(rulebook)).len("n").collect(engine="streaming")
    return concordance_of(groups, rulebook, column)


def compared(rulebook: Rulebook) -> list[str]:
    """The columns of judged rows that decide concordance; rows that are equal in all of them are counted together."""
    return ["given", "set_apart", *rulebook.regimens]


def concordance_of(groups: pl.DataFrame, rulebook: Rulebook, column: str) -> Concordance:
    """The concordance of groups of judged rows, each listed once, with how many rows it has, ``n``."""
    counts: Counter[str] = Counter()
    disagreements: Counter[tuple[str, Agreement, str]] = Counter()
    comparer = _ConcordanceCounter(rulebook)
    offered = 0
    for group in groups.rows(named=True):
        agreement, reasons = comparer.compare(group)
        counts[agreement.value] += group["n"]
        if agreement is not Agreement.UNKNOWN and any(Standing(group[name]).is_offered for name in rulebook.regimens):
            offered += group["n"]
        if agreement is not Agreement.EXACT:
            given = say("disagreement.any") if group["set_apart"] is not None else comparer.named(group["given"] or "")
            disagreements[given, agreement, reasons] += group["n"]
    ranked = sorted(disagreements.items(), key=lambda item: (-item[1], item[0][0], item[0][2]))
    found = tuple(Disagreement(given, agreement, reasons, number) for (given, agreement, reasons), number in ranked)
    return Concordance(column, {kind.value: counts[kind.value] for kind in Agreement}, offered, found)


class _ConcordanceCounter:
    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._drugs: dict[str, frozenset[str] | None] = {}
        self._matches: dict[tuple[frozenset[str], str], _Match] = {}

    def drugs(self, text: str) -> frozenset[str] | None:
        """The drugs of a cell, parted by ``;``, ``,``, ``+`` or ``/``; ``None`` where one of them is not known."""
        if text not in self._drugs:
            words = drug_parts(text, self.rulebook.formulary)
            try:
                self._drugs[text] = frozenset(self.rulebook.formulary.resolve(word) for word in words)
            except KeyError:
                self._drugs[text] = None
        return self._drugs[text]

    def compare(self, group: Mapping[str, object]) -> tuple[Agreement, str]:
        """How far one combination of treatment and standings agrees, and why not exactly."""
        text = str(group["given"] or "")
        drugs = self.drugs(text)
        if group["set_apart"] is not None:
            return Agreement.UNKNOWN, say("disagreement.set_apart")
        if not drugs:
            return Agreement.UNKNOWN, self._unknown(text)
        standings = {name: Standing(str(group[name])) for name in self.rulebook.regimens}
        regimens = self._of_the_disease(standings)
        matches = {name: self._match(drugs, name) for name in regimens}
        exact = {name for name, match in matches.items() if match is _Match.EXACT}
        near = {name for name, match in matches.items() if match in (_Match.EXACT, _Match.SHARED)}
        offered = {name for name in regimens if standings[name].is_offered}
        reasons = joined(
            say("disagreement.standing", regimen=name, standing=standings[name].value)
            for name in sorted(exact or near)[:3]
        )
        if exact & offered:
            return Agreement.EXACT, ""
        if near & offered:
            shared = say("disagreement.offered", regimens=joined(sorted(near & offered)[:3]))
            return Agreement.PARTIAL, joined([shared, *([reasons] if exact else [])], "lists")
        if near:
            return Agreement.NONE, reasons
        if _Match.BACKBONE in matches.values():
            return Agreement.NONE, say("disagreement.chemotherapy")
        return Agreement.OUTSIDE, say("disagreement.outside")

    def named(self, text: str) -> str:
        """The drugs of a cell in one order and under one name each, so that they count together."""
        drugs = self.drugs(text)
        if not drugs:
            return text
        return " + ".join(sorted(map(self.rulebook.formulary.name_of, drugs)))

    def _of_the_disease(self, standings: Mapping[str, Standing]) -> list[str]:
        """The regimens for the disease of a patient.

        A disease is another one where none of its regimens is indicated and one of the other disease may be; where
        nothing is indicated at all, the disease is not known.
        """
        possible = {
            self.rulebook.regimens[name].disease
            for name, standing in standings.items()
            if standing is not Standing.NOT_INDICATED
        }
        return [name for name in standings if not possible or self.rulebook.regimens[name].disease in possible]

    def _unknown(self, text: str) -> str:
        """Why nothing can be compared: the words that are no drug, by name."""
        formulary = self.rulebook.formulary
        words = [word for word in drug_parts(text, formulary) if drug_word(word, formulary) is None]
        if not words:
            return say("disagreement.no_treatment")
        return say("disagreement.no_drug", words=joined(f"`{word}`" for word in words))

    def _match(self, drugs: frozenset[str], name: str) -> _Match:
        key = (drugs, name)
        if key not in self._matches:
            regimen = self.rulebook.regimens[name]
            self._matches[key] = _matching(drugs, regimen, self.rulebook.formulary)
        return self._matches[key]


class _Match(StrEnum):
    """What drugs have in common with a regimen."""

    EXACT = "exact"
    SHARED = "shared"
    BACKBONE = "backbone"
    NOTHING = "nothing"


def _matching(drugs: frozenset[str], regimen: Regimen, formulary: Formulary) -> _Match:
    """Chemotherapy is the backbone of many regimens: to share it says little, unless it is all there is."""
    parts = regimen.drug_names
    filled = [part for part in parts if any(formulary.belongs(drug, part) for drug in drugs)]
    used = [drug for drug in drugs if any(formulary.belongs(drug, part) for part in parts)]
    if len(filled) == len(parts) and len(used) == len(drugs):
        return _Match.EXACT
    if any(not formulary.belongs(drug, CHEMOTHERAPY) for drug in used):
        return _Match.SHARED
    return _Match.BACKBONE if used else _Match.NOTHING
