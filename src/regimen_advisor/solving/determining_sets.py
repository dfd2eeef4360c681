"""Find the smallest sets of questions that determine a regimen, with two copies of the patient.

A set of questions settles a regimen if no two completions that agree on it differ in whether the regimen is offered.
Every settling set meets every set of questions in which such a pair differs; so the smallest settling sets are the
smallest sets that meet all of those.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from regimen_advisor.language.conditions import fields_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.axioms import AxiomClause
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.vocabulary import PLATINUM_FREE
from regimen_advisor.solving.assumptions import open_questions
from regimen_advisor.solving.solver import AnyPatient, Exact, Solver, completions_of

Keys = frozenset[str]
HISTORY = "history"


class Settling:
    """The settling sets of the regimens that are undetermined for one patient. ``questions`` is in a fixed order.

    ``standings`` are the exact standings of the patient, where they have been found already.
    """

    def __init__(self, solver: Solver, patient: AnyPatient, standings: Mapping[str, Exact] | None = None) -> None:
        self.shown = completions_of(patient)
        self.solver, self.patient = solver, self.shown.patient
        self.standings = solver.standings(self.shown) if standings is None else standings
        self.session = solver.session(patient=self.patient)
        encoding = self.session.encoding
        self.questions = open_questions(encoding, self.patient)
        self.completions = self.shown.under(self.session)
        self.known = self.completions.known
        self.offered = {name: encoding.condition(condition) for name, condition in solver.offered.items()}
        self.undetermined = [name for name, exact in self.standings.items() if exact.standing is Standing.UNDETERMINED]
        self._cones: dict[str, list[str]] = {}
        self._found: dict[str, tuple[Keys, ...]] = {}
        self._families: dict[str, list[Keys]] = {}
        self._pair = self.session.pair

    # Which questions can matter -------------------------------------------------------------------------------

    def cone(self, regimen: str) -> list[str]:
        """The open questions that bear on a regimen: those its rules ask, and those that axioms connect to them."""
        if regimen not in self._cones:
            fields = fields_of(self.solver.offered[regimen])
            self._cones[regimen] = self.questions_about(fields)
        return self._cones[regimen]

    def questions_about(self, fields: Iterable[str]) -> list[str]:
        """The open questions that have to do with any of these facts."""
        units = connected_facts(self.solver.domain, frozenset(fields))
        return [key for key in self.questions if unit_of(self.solver.domain, key) in units]

    def share_an_axiom(self, key: str, other_key: str) -> bool:
        """Whether axioms connect the answers of two questions."""
        domain = self.solver.domain
        return unit_of(domain, other_key) in connected_facts(domain, frozenset({unit_of(domain, key)}))

    # Settling sets --------------------------------------------------------------------------------------------

    def depends_on(self, regimen: str) -> tuple[str, ...]:
        """All questions that are in a smallest settling set of the regimen; none unless it is undetermined."""
        if regimen not in self.undetermined:
            return ()
        together = frozenset().union(*self.smallest(regimen))
        return tuple(key for key in self.questions if key in together)

    def smallest(self, regimen: str) -> tuple[Keys, ...]:
        """The smallest sets of questions that settle the regimen."""
        if regimen not in self._found:
            self._essential()
            self._found[regimen] = self._search([regimen], self._families[regimen], self.cone(regimen))
        return self._found[regimen]

    def smallest_for_all(self) -> tuple[Keys, ...]:
        """The smallest sets of questions that settle every undetermined regimen."""
        for name in self.undetermined:
            self.smallest(name)
        family = list(dict.fromkeys(keys for name in self.undetermined for keys in self._families[name]))
        return self._search(self.undetermined, family, list(self.questions)) if self.undetermined else ()

    def _agree(self, keys: Iterable[str]) -> list[int]:
        return [self._pair.agree(self.questions[key]) for key in keys]

    def _essential(self) -> None:
        """For each regimen the questions without which nothing settles it: a pair differs in that answer alone."""
        if self._families:
            return
        self._families = {name: [] for name in self.undetermined}
        for key in self.questions:
            waiting = [name for name in self.undetermined if key in self.cone(name)]
            rest = self._agree(name for name in self.questions if name != key)
            while waiting:
                any_difference = self._pair.any_of(self._pair.differ(self.offered[name]) for name in waiting)
                differs = self._pair.find(self.known, any_difference, *rest)
                if differs is None:
                    break
                for name in [name for name in waiting if differs(self.offered[name])]:
                    self._families[name].append(frozenset({key}))
                    waiting.remove(name)

    def _search(self, regimens: Sequence[str], family: list[Keys], keys: Sequence[str]) -> tuple[Keys, ...]:
        while True:
            candidates = minimum_hitting_sets(family, keys)
            missed = next(filter(None, (self._disagreement(regimens, chosen, keys) for chosen in candidates)), None)
            if missed is None:
                return tuple(candidates)
            family.append(missed)

    def _disagreement(self, regimens: Sequence[str], chosen: Keys, keys: Sequence[str]) -> Keys | None:
        """Questions outside ``chosen`` in which two completions differ that differ on a regimen, and no fewer."""
        any_difference = self._pair.any_of(self._pair.differ(self.offered[name]) for name in regimens)
        agreed = [key for key in keys if key in chosen]
        differs = self._pair.find(self.known, any_difference, *self._agree(agreed))
        if differs is None:
            return None
        for key in keys:
            if key in agreed:
                continue
            if not any(map(differs, self.questions[key])):
                agreed.append(key)
                continue
            closer = self._pair.find(self.known, any_difference, *self._agree([*agreed, key]))
            if closer is not None:
                agreed.append(key)
                differs = closer
        return frozenset(keys) - frozenset(agreed)


def minimum_hitting_sets(family: Sequence[Keys], keys: Sequence[str]) -> list[Keys]:
    """All smallest sets of ``keys`` that share a member with each set of the family, in the order of ``keys``."""
    forced = frozenset(itertools.chain.from_iterable(group for group in family if len(group) == 1))
    rest = [group for group in family if group.isdisjoint(forced)]
    order = {key: index for index, key in enumerate(keys)}
    layer: list[Keys] = [frozenset()]
    while True:
        done = [chosen for chosen in layer if all(not group.isdisjoint(chosen) for group in rest)]
        if done:
            found = {chosen | forced for chosen in done}
            return sorted(found, key=lambda chosen: sorted(order[key] for key in chosen))
        grown = {
            chosen | {key} for chosen in layer for key in next(group for group in rest if group.isdisjoint(chosen))
        }
        layer = list(grown)


_PARTS = {"cycles": "last_cycles", "relapse_after": PLATINUM_FREE}
"""The parts of a history entry that tell of one fact alone."""


def bears_on(domain: Domain, key: str, fact: str) -> bool:
    """Whether the answer to a question can tell something of a fact."""
    if unit_of(domain, key) != unit_of(domain, fact):
        return False
    part = key.rpartition(".")[2] if key.startswith(f"{HISTORY}[") else HISTORY
    sole = _PARTS.get(part)
    return part == HISTORY or (fact == sole if sole else fact != "last_cycles")


def unit_of(domain: Domain, key: str) -> str:
    """The fact a question is about; ``history`` for all that is read from the history."""
    fact = domain.facts.get(key)
    return HISTORY if fact is None or fact.permanence == "treatment" else key


@lru_cache(maxsize=8)
def axiom_groups(domain: Domain) -> Mapping[str, frozenset[str]]:
    """For each fact (the history being one) those that axioms tie it to, at one or more removes."""
    groups: list[frozenset[str]] = [frozenset({unit_of(domain, name)}) for name in domain.facts]
    for axiom in domain.axioms:
        if isinstance(axiom, AxiomClause):
            joined = frozenset(unit_of(domain, literal.atom.fact) for literal in axiom.literals)
            merged = joined.union(*(group for group in groups if not group.isdisjoint(joined)))
            groups = [*(group for group in groups if group.isdisjoint(joined)), merged]
    return {name: group for group in groups for name in group}


def connected_facts(domain: Domain, fields: frozenset[str]) -> frozenset[str]:
    """All facts that axioms tie to any of these, the history being one fact; themselves included."""
    groups = axiom_groups(domain)
    return frozenset().union(*(groups[unit_of(domain, name)] for name in fields))
