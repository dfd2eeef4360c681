"""Prove that a profile which makes a condition sure is minimum, not just minimal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regimen_advisor.language.conditions import Condition
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.solving.assumptions import fact_literals, is_asked_of_history, slot_literals
from regimen_advisor.solving.determining_sets import HISTORY, axiom_groups, unit_of
from regimen_advisor.solving.solver import DomainSolver, Model, Session


def is_smallest(solver: DomainSolver, condition: Condition, written: Mapping[str, Any]) -> bool:
    """Whether it is proved that no profile says fewer things and makes the condition sure.

    The proof: what the profile says is of groups of facts that no axiom ties to each other, one thing of each, and
    each group has values with which no patient meets the condition, so that it must be stated. Where this
    proof does not work the answer is no, though a smaller profile may not exist either.
    """
    groups = [axiom_groups(solver.domain)[unit_of(solver.domain, key)] for key in stated_keys(written)]
    if len(groups) <= 1:
        return True  # it says one thing, and with nothing stated the condition would hold for every patient
    if len(set(groups)) < len(groups):
        return False
    return all(_must_be_stated(solver, condition, written, key) for key in written)


def stated_keys(written: Mapping[str, Any]) -> Iterator[str]:
    """The key of each thing a profile says; an entry of the history says as many as it has parts."""
    for key, value in written.items():
        if key == "history" and value:
            for entry in value:
                yield from [HISTORY] * max(1, len(entry.keys() - {"line", "setting"}))
        else:
            yield key


def _must_be_stated(solver: DomainSolver, condition: Condition, written: Mapping[str, Any], key: str) -> bool:
    """Whether some values of the group of facts of ``key`` leave no patient who meets the condition."""
    rest = {name: value for name, value in written.items() if name != key}
    if not rest:
        return True
    patient = read(Profile.model_validate(rest), solver.domain)
    session = solver.session(condition, patient=patient)
    goal = session.encoding.condition(condition)
    against = session.model(solver.known(session, patient), [-goal])
    if against is None:
        return False
    group = axiom_groups(solver.domain)[unit_of(solver.domain, key)]
    return not session.can([goal], list(_values(session, solver.domain, group, against)))


def _values(session: Session, domain: Domain, group: frozenset[str], model: Model) -> Iterator[int]:
    """What a model says of the facts of a group."""
    encoding = session.encoding
    literals: list[int] = []
    for name in domain.facts:
        if unit_of(domain, name) in group and not is_asked_of_history(name, encoding):
            literals += fact_literals(encoding, name)
    if HISTORY in group:
        slots = (*encoding.inductions, *encoding.maintenances, *encoding.curatives)
        literals += [part for slot in slots for part in slot_literals(slot)]
        literals += fact_literals(encoding, "last_cycles")
    yield from (literal if model.holds(literal) else -literal for literal in literals)
