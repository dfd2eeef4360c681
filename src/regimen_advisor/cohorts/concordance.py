"""Concordance: the treatment that was given beside what the rules offer.

It says nothing of who was right: the rules know two reviews, and whoever treated knew the patient.
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


class Agreement(StrEnum):
    """How the treatment given relates to the regimens offered."""

    EXACT = "exact"
    PARTIAL = "partial"
    NONE = "none"
    OUTSIDE = "outside the reviews"
    UNKNOWN = "not known"


MEANINGS: Mapping[Agreement, str] = {
    Agreement.EXACT: "an offered regimen has exactly these drugs",
    Agreement.PARTIAL: "an offered regimen shares a drug with them",
    Agreement.NONE: "no offered regimen shares a drug with them, another regimen of the reviews does",
    Agreement.OUTSIDE: "no regimen of the reviews holds any of them",
    Agreement.UNKNOWN: "no treatment stands in the table, it cannot be read, or the row was set apart",
}


@dataclass(frozen=True)
class Disagreement:
    """Patients given the same drugs without an exact match; ``reasons`` are the nearest regimens and how they stand."""

    given: str
    agreement: Agreement
    reasons: str
    patients: int


@dataclass(frozen=True)
class Concordance:
    """The counts by agreement, and what was given where it was not exact."""

    column: str
    counts: Mapping[str, int]
    disagreements: tuple[Disagreement, ...]


def concordance(rows: pl.LazyFrame, rulebook: Rulebook, column: str) -> Concordance:
    """The concordance of the column ``given`` of judged rows; each distinct combination is compared once."""
    groups = rows.group_by(compared(rulebook)).len("n").collect(engine="streaming")
    return concordance_of(groups, rulebook, column)


def compared(rulebook: Rulebook) -> list[str]:
    """The columns of judged rows that concordance hangs on: rows that are equal in them count together."""
    return ["given", "set_apart", *rulebook.regimens]


def concordance_of(groups: pl.DataFrame, rulebook: Rulebook, column: str) -> Concordance:
    """The concordance of groups of judged rows, each told once, with how many rows it has, ``n``."""
    counts: Counter[str] = Counter()
    told: Counter[tuple[str, Agreement, str]] = Counter()
    comparer = _Comparer(rulebook)
    for group in groups.rows(named=True):
        agreement, reasons = comparer.compare(group)
        counts[agreement.value] += group["n"]
        if agreement is not Agreement.EXACT:
            told[group["given"] or "", agreement, reasons] += group["n"]
    ranked = sorted(told.items(), key=lambda item: (-item[1], item[0][0], item[0][2]))
    found = tuple(Disagreement(given, agreement, reasons, number) for (given, agreement, reasons), number in ranked)
    return Concordance(column, {kind.value: counts[kind.value] for kind in Agreement}, found)


class _Comparer:
    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._drugs: dict[str, frozenset[str] | None] = {}
        self._matches: dict[tuple[frozenset[str], str], tuple[bool, bool]] = {}

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
        """How one combination of treatment and standings agrees, and why not exactly."""
        text = str(group["given"] or "")
        drugs = self.drugs(text)
        if group["set_apart"] is not None:
            return Agreement.UNKNOWN, "the row was set apart"
        if not drugs:
            return Agreement.UNKNOWN, self._unknown(text)
        standings = {name: Standing(str(group[name])) for name in self.rulebook.regimens}
        same = {name for name in standings if self._match(drugs, name)[0]}
        near = {name for name in standings if self._match(drugs, name)[1]}
        offered = {name for name, standing in standings.items() if standing.is_offered}
        reasons = ", ".join(f"{name}: {standings[name].value}" for name in sorted(same or near)[:3])
        if same & offered:
            return Agreement.EXACT, ""
        if near & offered:
            return Agreement.PARTIAL, ", ".join(sorted(near & offered)[:3]) + " offered" + (
                f"; {reasons}" if same else ""
            )
        if near:
            return Agreement.NONE, reasons
        return Agreement.OUTSIDE, "no regimen of the reviews holds these drugs"

    def _unknown(self, text: str) -> str:
        """Why nothing can be compared: the words that are no drug, by name."""
        formulary = self.rulebook.formulary
        words = [word for word in drug_parts(text, formulary) if drug_word(word, formulary) is None]
        return (
            "not known as a drug: " + ", ".join(f"`{word}`" for word in words) if words else "no treatment in the table"
        )

    def _match(self, drugs: frozenset[str], name: str) -> tuple[bool, bool]:
        key = (drugs, name)
        if key not in self._matches:
            regimen = self.rulebook.regimens[name]
            self._matches[key] = _matching(drugs, regimen, self.rulebook.formulary)
        return self._matches[key]


def _matching(drugs: frozenset[str], regimen: Regimen, formulary: Formulary) -> tuple[bool, bool]:
    """Whether the drugs are exactly those of the regimen, and whether they share one."""
    parts = regimen.drug_names
    filled = [part for part in parts if any(formulary.belongs(drug, part) for drug in drugs)]
    used = [drug for drug in drugs if any(formulary.belongs(drug, part) for part in parts)]
    exact = len(filled) == len(parts) and len(used) == len(drugs)
    return exact, bool(used)
