"""Size an encoding: which drugs and classes it tells apart by name, how many lines and curative treatments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regimen_advisor.language.conditions import Condition, atoms_of
from regimen_advisor.language.values import Between, Includes
from regimen_advisor.patient.facts import MOST_LINES, Domain
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient.vocabulary import PLATINUM, PLATINUM_FREE

LEAST_LINES = 4
"""First, latest, and between them one that progressed and one that did not: more lines tell no set fact apart."""
LEAST_CURATIVE = 2
"""One that progressed and one that did not."""


@dataclass(frozen=True)
class EncodingSize:
    """How much an encoding can tell apart: drugs and classes by name, lines and curative treatments by number."""

    members: frozenset[str]
    lines: int
    curative: int

    @classmethod
    def of(cls, conditions: Iterable[Condition], domain: Domain) -> EncodingSize:
        """The smallest size in which each condition means what it means for every patient with an open history."""
        members: set[str] = set()
        lines = LEAST_LINES
        for condition in conditions:
            for atom in atoms_of(condition):
                if isinstance(atom, Includes) and atom.fact in domain.history_sets:
                    members.add(atom.member)
                elif atom.fact == PLATINUM_FREE:
                    members.add(PLATINUM)
                elif isinstance(atom, Between) and atom.fact == "prior_lines":
                    lines = max(lines, atom.low, atom.high + 1 if atom.high < MOST_LINES else 0)
        return cls(frozenset(members), lines, LEAST_CURATIVE)

    def widened(self, size: EncodingSize) -> EncodingSize:
        """A size that tells apart what either does."""
        return EncodingSize(self.members | size.members, max(self.lines, size.lines), max(self.curative, size.curative))

    def covers(self, size: EncodingSize) -> bool:
        """Whether this size tells apart all that ``size`` does."""
        return self.widened(size) == self


def size_for(patient: Patient, further_lines: int = 0) -> EncodingSize:
    """The size that the history of a patient needs, and room for lines that may still be added to it."""
    entries = patient.history or ()
    lines = max((entry.line or 0 for entry in entries), default=0)
    return EncodingSize(frozenset(), lines + further_lines, sum(entry.line is None for entry in entries))


def kinds_of_drugs(domain: Domain, members: frozenset[str]) -> dict[str, frozenset[str]]:
    """The drugs that conditions can tell apart: each named one, and the others by the named classes they are in.

    A kind bears the name of its first drug.
    """
    formulary = domain.formulary
    classes = members & formulary.classes.keys()
    together: dict[object, list[str]] = {}
    for drug in sorted(formulary.drugs):
        key: object = drug if drug in members else formulary.classes_of(drug) & classes
        together.setdefault(key, []).append(drug)
    return {drugs[0]: frozenset(drugs) for drugs in together.values()}
