"""Compute the prime implicants of a condition, modulo the axioms.

A way is a conjunction of atoms and negated atoms that suffices, of which no part can be left out. The ways found cover
the condition, and none of them is covered by the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from regimen_advisor.language.conditions import Condition, atoms_of, fields_of
from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.facts import Domain, NumberFact, SignedAtom
from regimen_advisor.patient.narrowing import part_of
from regimen_advisor.solving.determining_sets import HISTORY, connected_facts, unit_of
from regimen_advisor.solving.encoding import Encoding, EncodingSize
from regimen_advisor.solving.solver import DomainSolver, Session

Implicant = tuple[SignedAtom, ...]
TOO_MANY = 2_000


def place_of(atom: Atom) -> str:
    """A fixed order of atoms: by fact, then by what is asked of it."""
    match atom:
        case Is(fact=fact, values=values):
            return f"{fact} {' '.join(sorted(values))}"
        case Between(fact=fact, low=low, high=high):
            return f"{fact} {low:03} {high:03}"
        case Includes(fact=fact, member=member):
            return f"{fact} {member}"


def ways_to(solver: DomainSolver, condition: Condition) -> tuple[Implicant, ...]:
    """An irredundant set of ways to meet a condition, shortest first; none where no patient meets it.

    The empty way means that every patient does. What was found for a condition is kept.
    """
    return _ways_to(solver.domain, condition)


def way_to(solver: DomainSolver, condition: Condition) -> Implicant | None:
    """One way to meet a condition, the first that is found; ``None`` where no patient meets it.

    Of a condition over thousands of rules there are too many ways to go through them all for the shortest.
    """
    session, goal = _asked(solver.domain, condition)
    way = next(primes(session, goal, tests_of(condition, solver.domain)), None)
    return None if way is None else tuple(_joined(way, solver.domain))


@lru_cache(maxsize=1024)
def _ways_to(domain: Domain, condition: Condition) -> tuple[Implicant, ...]:
    session, goal = _asked(domain, condition)
    found = list(primes(session, goal, tests_of(condition, domain)))
    kept = _irredundant(session, found)
    return tuple(sorted((tuple(_joined(way, domain)) for way in kept), key=_rank))


def _asked(domain: Domain, condition: Condition) -> tuple[Session, int]:
    """A separate solver, so that the result does not depend on earlier questions, and the literal to reach.

    It knows only the facts that can bear on the condition: no fact that is declared besides changes the ways.
    """
    asked = connected_facts(domain, frozenset({*fields_of(condition), HISTORY}))
    part = part_of(domain, [name for name in domain.facts if unit_of(domain, name) in asked])
    encoding = Encoding(part, EncodingSize.of([condition], part))
    goal = encoding.condition(condition)
    return Session(encoding), goal


def tests_of(condition: Condition, domain: Domain) -> list[Atom]:
    """The atoms that ways to meet a condition are made of, in a fixed order.

    Those of the condition; but a range is taken apart into "at least" its start and "at least" what follows its end,
    so that a way asks no more of a number than it must.
    """
    found: set[Atom] = set()
    for atom in atoms_of(condition):
        fact = domain.facts[atom.fact]
        if isinstance(atom, Between) and isinstance(fact, NumberFact):
            starts = (atom.low, atom.high + 1)
            found |= {
                Between(atom.fact, start, fact.high)
                for start in starts
                if fact.low + (not fact.optional) <= start <= fact.high
            }
        else:
            found.add(atom)
    return sorted(found, key=place_of)


def _joined(way: Implicant, domain: Domain) -> Iterator[SignedAtom]:
    """The way with "at least" and "not at least" of one number as one range."""
    done: set[str] = set()
    for literal in way:
        name, fact = literal.atom.fact, domain.facts[literal.atom.fact]
        if not isinstance(fact, NumberFact):
            yield literal
        elif name not in done:
            done.add(name)
            ranges = [(part.atom, part.wanted) for part in way if part.atom.fact == name]
            low = max((atom.low for atom, wanted in ranges if wanted and isinstance(atom, Between)), default=None)
            end = min((atom.low for atom, wanted in ranges if not wanted and isinstance(atom, Between)), default=None)
            if low is None and fact.optional:
                yield literal  # below a bound, or not there at all
            else:
                yield SignedAtom(Between(name, fact.low if low is None else low, fact.high if end is None else end - 1))


def primes(session: Session, goal: int, atoms: Sequence[Atom], assumed: Sequence[int] = ()) -> Iterator[Implicant]:
    """Ways to reach the literal ``goal`` given the literals ``assumed``, until they cover every such patient.

    Blocks what it found in the session: give it one of its own.
    """
    encoding = session.encoding
    literals = {encoding.atom(atom): atom for atom in atoms}
    active = encoding.variable()
    for _ in range(TOO_MANY):
        model = session.model(assumed, [goal, active])
        if model is None:
            return
        cube = [literal if model.holds(literal) else -literal for literal in literals]
        cube = shortest(session, cube, goal, assumed)
        session.add([-active, *(-literal for literal in cube)])
        yield tuple(_as_literal(literals, literal) for literal in cube)


def _as_literal(literals: dict[int, Atom], literal: int) -> SignedAtom:
    return SignedAtom(literals[literal]) if literal in literals else SignedAtom(literals[-literal], wanted=False)


def shortest(session: Session, cube: Sequence[int], goal: int, assumed: Sequence[int] = ()) -> list[int]:
    """The cube without every part it can do without; negated atoms, which say least, are left out first."""
    session.can(assumed, [-goal], cube)
    core = session.core()
    left = [literal for literal in cube if literal in core]
    for literal in [*(part for part in left if part < 0), *(part for part in left if part > 0)]:
        rest = [kept for kept in left if kept != literal]
        if not session.can(assumed, [-goal], rest):
            left = rest
    return left


def _irredundant(session: Session, ways: Sequence[Implicant]) -> list[Implicant]:
    """The ways without those that the others cover."""
    encoding = session.encoding
    cubes = [_cube(encoding, way) for way in ways]
    gates = [encoding.conjunction(cube) for cube in cubes]
    kept = list(range(len(ways)))
    for index in sorted(kept, key=lambda index: _rank(ways[index]), reverse=True):
        uncovered = [-gates[index_kept] for index_kept in kept if index_kept != index]
        if not session.can(cubes[index], uncovered):
            kept.remove(index)
    return [ways[index] for index in kept]


def _cube(encoding: Encoding, way: Implicant) -> list[int]:
    return [encoding.atom(literal.atom) if literal.wanted else -encoding.atom(literal.atom) for literal in way]


def _rank(way: Implicant) -> tuple[int, list[str]]:
    return len(way), sorted(f"{place_of(literal.atom)} {literal.wanted}" for literal in way)
