"""Export the solver's clauses to the teaching page, with the literals by which the page asks about them.

The page answers over all completions of a patient just as the solver behind the command line does, because its clauses
are the same. They tell apart a fixed number of lines and of curative treatments; the page says so where there are more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import Condition, atoms_of, fields_of
from regimen_advisor.language.values import Atom, Between, Includes
from regimen_advisor.patient.facts import Domain, NumberFact, SetFact
from regimen_advisor.solving.determining_sets import HISTORY, unit_of
from regimen_advisor.solving.determining_sets import connected_facts as tied_units
from regimen_advisor.solving.encoding import OUTCOMES, Encoding, EncodingSize, Slot
from regimen_advisor.solving.implicants import place_of
from regimen_advisor.solving.solver import Solver
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import say

LINES_APART = 12
"""Lines that the clauses tell apart."""
CURATIVE_APART = 4
"""Curative treatments, likewise."""

Json = dict[str, Any]


def clauses(rulebook: Rulebook) -> Json:
    """The literals of every rule, regimen and fact, the slots of a history, and all clauses between them."""
    rules_of = Guideline.of(rulebook).solver
    solver = Solver(rulebook.domain, rules_of.regimens, rules_of.rules)  # one that no patient has widened yet
    shape = solver.size.widened(EncodingSize(frozenset(), LINES_APART, CURATIVE_APART))
    encoding = Encoding(rulebook.domain, shape)
    literal: Callable[[Condition], int] = encoding.condition
    wording = Guideline.of(rulebook).wording
    rules = {name: literal(condition) for name, condition in solver.rules.items()}
    regimens = {name: _regimen_literals(name, solver, encoding, wording) for name in solver.regimens}
    slots = [slot for pair in zip(encoding.inductions, encoding.maintenances, strict=True) for slot in pair]
    numbers = [
        name for name, fact in rulebook.domain.facts.items() if isinstance(fact, NumberFact) and name != "prior_lines"
    ]
    found: Json = {
        "rules": rules,
        "regimens": regimens,
        "choices": {name: dict(table) for name, table in encoding.choices.items()},
        "sets": {name: dict(table) for name, table in encoding.sets.items()},
        "cuts": {name: [[cut, encoding.at_least(name, cut)] for cut in encoding.cuts(name)] for name in numbers},
        "lines": encoding.lines,
        "open": {"lines": solver.size.lines, "curative": solver.size.curative},
        "slots": [_slot(slot, encoding) for slot in [*slots, *encoding.curatives]],
        "kinds": [[name, sorted(drugs)] for name, drugs in encoding.kinds.items()],
        "ties": {name: sorted(tied_units(rulebook.domain, frozenset({name}))) for name in rulebook.domain.facts}
        | {HISTORY: sorted(tied_units(rulebook.domain, frozenset({HISTORY})))},
        "untreated": _test(Between("prior_lines", 0, 0), encoding, wording),
    }
    # What was asked for above may have added to the clauses, so they come last.
    return found | {"variables": encoding.variables, "clauses": encoding.clauses}


def _regimen_literals(name: str, solver: Solver, encoding: Encoding, wording: Wording) -> Json:
    """The literals of a regimen's conditions, the facts that have to do with them, and what is asked of histories."""
    rules_about = solver.regimens[name]
    atoms = sorted(atoms_of(solver.offered[name]), key=place_of)
    members = {atom.member for atom in atoms if isinstance(atom, Includes) and atom.fact in solver.domain.history_sets}
    return {
        "offered": encoding.condition(solver.offered[name]),
        "offer": encoding.condition(rules_about.offer),
        "caution": encoding.condition(rules_about.caution),
        "about": sorted(tied_units(solver.domain, fields_of(solver.offered[name]))),
        "warned_about": sorted(tied_units(solver.domain, fields_of(rules_about.caution))),
        "tests": [_test(atom, encoding, wording) for atom in atoms if _is_asked(atom, solver.domain)],
        "members": sorted(members - {"none"}),
    }


def _is_asked(atom: Atom, domain: Domain) -> bool:
    return unit_of(domain, atom.fact) == HISTORY or isinstance(domain.facts[atom.fact], SetFact)


def _test(atom: Atom, encoding: Encoding, wording: Wording) -> Json:
    if unit_of(encoding.domain, atom.fact) == HISTORY:
        words, unless, key = wording.atom(atom), wording.atom(atom, wanted=False), HISTORY
    else:
        assert isinstance(atom, Includes)
        words, unless, key = atom.member, say("ask.lacks", member=atom.member), atom.fact
    return {"key": key, "words": words, "unless": unless, "literal": encoding.atom(atom)}


def _slot(slot: Slot, encoding: Encoding) -> list[Any]:
    """A history entry: whether it is there, its kinds of drugs, outcomes, what it holds that rules name, its months."""
    names = sorted(encoding.size.members - {"none"})
    holds = {name: encoding.holds(slot, encoding.kinds_in(name)) for name in names}
    outcomes = [slot.outcomes[outcome] for outcome in OUTCOMES]
    months = [list(cut) for cut in sorted(slot.months.items())]
    return [slot.exists, list(slot.drugs.values()), outcomes, holds, months]
