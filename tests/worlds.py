"""All complete patients over a small domain: the oracle for whatever reasons about completions.

Nothing here narrows or solves. Clinical facts are every combination of values that some atom can tell apart, histories
are every combination of entries, the facts of a history come from ``history.derived_facts``, and a patient is kept if
every axiom, read as the sentence it is, is true of it.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from regimen_advisor.language.values import Atom, Between, Choice, Facts, Includes, Is, Members, Number, Truth, Value
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import (
    Axiom,
    AxiomClause,
    ChoiceFact,
    Contained,
    Domain,
    NumberFact,
    SetFact,
    SignedAtom,
    domain_for,
)
from regimen_advisor.patient.history import ANY_OUTCOME, ENDED, Entry, derived_facts
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient.vocabulary import PLATINUM_FREE

_Derived = tuple[tuple[str, Value], ...]
SMALL_DRUGS = ("osimertinib", "carboplatin")


@dataclass(frozen=True)
class World:
    """A completely known patient; every fact has one value."""

    facts: Facts
    history: tuple[Entry, ...]


# The small domain --------------------------------------------------------------------------------------------------


def small_formulary(formulary: Formulary, drugs: Sequence[str] = SMALL_DRUGS) -> Formulary:
    """The formulary with these drugs only, and the classes that hold them."""
    kept = frozenset().union(*(formulary.classes_of(name) for name in drugs))
    classes = {name: item for name, item in formulary.classes.items() if name in kept}
    return Formulary({name: formulary.drugs[name] for name in drugs}, classes)


def small_domain(
    formulary: Formulary, drugs: Sequence[str] = SMALL_DRUGS, most_lines: int = 2, most_cycles: int = 1
) -> Domain:
    """The facts and axioms as declared, with few drugs, few lines and few cycles."""
    domain = domain_for(small_formulary(formulary, drugs))
    facts = dict(domain.facts)
    for name, high in (("prior_lines", most_lines), ("last_cycles", most_cycles)):
        fact = facts[name]
        assert isinstance(fact, NumberFact)
        facts[name] = replace(fact, high=high)
    return Domain(facts, domain.axioms, domain.formulary)


# Axioms, read as sentences -----------------------------------------------------------------------------------------


def _true(literal: SignedAtom, facts: Facts) -> bool:
    return (literal.atom.judge(facts[literal.atom.fact]) is Truth.TRUE) == literal.wanted


def obeys(axiom: Axiom, facts: Facts) -> bool:
    """Whether an axiom is true of completely known facts."""
    match axiom:
        case AxiomClause(literals=literals):
            return any(_true(literal, facts) for literal in literals)
        case Contained(part=part, wholes=wholes, premises=given):
            held = frozenset().union(*(facts[name].must for name in wholes)) | {"none"}
            return not all(_true(literal, facts) for literal in given) or facts[part].must <= held


# Values of one fact ------------------------------------------------------------------------------------------------


def values_of(domain: Domain, name: str, atoms: Iterable[Atom]) -> list[Value]:
    """Complete values of a clinical fact, one for each that the atoms can tell apart from another (at least)."""
    fact = domain.facts[name]
    match fact:
        case ChoiceFact():
            return [Choice(frozenset({word})) for word in fact.domain]
        case NumberFact():
            ends = {end for atom in atoms if isinstance(atom, Between) for end in (atom.low, atom.high + 1)}
            starts = sorted({fact.low, *(end for end in ends if fact.low < end <= fact.high)})
            return [Number(start, start) for start in starts]
        case SetFact():
            tested = {atom.member for atom in atoms if isinstance(atom, Includes)} - {fact.empty_word}
            spare = next((member for member in fact.members if member not in tested), None)
            members = [*sorted(tested), *([spare] if spare else [])]
            return [_members(found, fact.empty_word) for found in _subsets(members)]


def _subsets(members: Sequence[str]) -> Iterator[frozenset[str]]:
    for size in range(len(members) + 1):
        yield from map(frozenset, itertools.combinations(members, size))


def _members(found: frozenset[str], empty_word: str) -> Members:
    held = found or frozenset({empty_word})
    return Members(held, held)


# Histories ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def histories(
    domain: Domain, asked: frozenset[str] | None = None, *, curative: bool = True, maintenance: bool = True
) -> tuple[tuple[Entry, ...], ...]:
    """Complete histories, one for each set of facts that a history can have; of ``asked`` facts, if they are given.

    Of a line before the latest only its drugs and whether it progressed or relapsed follow from the facts. A fact
    is a union over the entries or one of the latest line, so that curative treatments, earlier lines and latest lines
    that do not differ in the facts asked need no telling apart before they are combined.
    """
    lines, cycles = domain.facts["prior_lines"], domain.facts["last_cycles"]
    assert isinstance(lines, NumberFact)
    assert isinstance(cycles, NumberFact)
    drugs = [Members(held, held) for held in _drug_sets(domain.formulary)]
    counts = [Number(count, count) for count in range(cycles.low, cycles.high + 1)]
    earlier = [(held, outcome) for held in drugs for outcome in ("progressed", "relapsed", "completed")]
    curatives: list[tuple[Entry, ...]] = [()]
    if curative:
        first = [_entry(None, held, outcome, counts[0]) for held, outcome in earlier]
        pairs = itertools.permutations if asked is None or PLATINUM_FREE in asked else itertools.combinations
        curatives += [(entry,) for entry in first] + list(pairs(first, 2))
    nothing = Members(frozenset(), frozenset())

    def different(found: Iterable[tuple[Entry, ...]], *after: Entry) -> Collection[tuple[Entry, ...]]:
        return {_facts((*entries, *after), domain, asked): entries for entries in found}.values()

    together = list(different(curatives))
    for count in range(1, lines.high + 1):
        passed = (
            tuple(_entry(line, held, outcome, counts[0]) for line, (held, outcome) in enumerate(parts, 1))
            for parts in itertools.product(earlier, repeat=count - 1)
        )
        latest = (
            tuple(replace(entry, line=count) for entry in entries)
            for entries in _latest(drugs, counts, maintenance=maintenance)
        )
        after = _entry(count, nothing, "completed", counts[0])  # with a later line, the lines passed are not the latest
        parts = itertools.product(different(curatives), different(passed, after), different(latest))
        together += [(*before, *between, *last) for before, between, last in parts]
    return tuple(different(together))


def _facts(history: tuple[Entry, ...], domain: Domain, asked: frozenset[str] | None) -> _Derived:
    found = _complete(derived_facts(history, domain), domain)
    return tuple((name, value) for name, value in found.items() if asked is None or name in asked)


def _timed(history: tuple[Entry, ...], domain: Domain, months: Sequence[Number]) -> Iterator[tuple[Entry, ...]]:
    """The history with each of these months from the latest platinum on, where they are not known."""
    interval = dict(derived_facts(history, domain))[PLATINUM_FREE] if months else None
    if not isinstance(interval, Number) or interval.low >= interval.high:
        yield history
        return
    latest = max(place for place, entry in enumerate(history) if "platinum" in entry.drugs.must)
    for month in months:
        yield (*history[:latest], replace(history[latest], months=month), *history[latest + 1 :])


def _drug_sets(formulary: Formulary) -> list[frozenset[str]]:
    return [formulary.expand(names) for names in _subsets(sorted(formulary.drugs)) if names]


def _entry(line: int | None, drugs: Members, outcome: str, cycles: Number, *, maintenance: bool = False) -> Entry:
    return Entry(0, line, maintenance, drugs, frozenset({outcome}), cycles)


def _latest(drugs: Sequence[Members], cycles: Sequence[Number], *, maintenance: bool) -> Iterator[tuple[Entry, ...]]:
    for held, outcome, count in itertools.product(drugs, sorted(ANY_OUTCOME), cycles):
        induction = _entry(1, held, outcome, count)
        yield (induction,)
        for upkeep, after in itertools.product(drugs, sorted(ANY_OUTCOME)) if maintenance else ():
            if not (outcome in ENDED and after == "ongoing"):
                yield induction, _entry(1, upkeep, after, cycles[0], maintenance=True)


def completed(entries: Sequence[Entry], domain: Domain) -> Iterator[tuple[Entry, ...]]:
    """Every complete history that partly known entries can turn out to be."""
    yield from itertools.product(*([*_completed(entry, domain)] for entry in entries))


def _completed(entry: Entry, domain: Domain) -> Iterator[Entry]:
    cycles = domain.facts["last_cycles"]
    assert isinstance(cycles, NumberFact)
    held = [held for held in _drug_sets(domain.formulary) if entry.drugs.must <= held <= entry.drugs.may]
    counts = range(max(entry.cycles.low, cycles.low), min(entry.cycles.high, cycles.high) + 1)
    for drugs, outcome, count in itertools.product(held, sorted(entry.outcomes), counts):
        yield replace(entry, drugs=Members(drugs, drugs), outcomes=frozenset({outcome}), cycles=Number(count, count))


def _possible(history: Sequence[Entry]) -> bool:
    """The maintenance of a line cannot be running once the line has progressed or relapsed."""
    upkeep = {entry.line: entry for entry in history if entry.maintenance}
    return not any(
        entry.outcomes <= ENDED and upkeep[entry.line].outcomes == {"ongoing"}
        for entry in history
        if entry.line in upkeep and not entry.maintenance
    )


# Patients ----------------------------------------------------------------------------------------------------------


def worlds(domain: Domain, atoms: Iterable[Atom], patient: Patient | None = None, **kinds: bool) -> Iterator[World]:
    """All complete patients that the atoms can tell apart; of ``patient``, if one is given, the completions.

    Facts that no atom tests and no tested fact is tied to by an axiom have one value only, the first that fits.
    ``kinds`` are ``curative`` and ``maintenance``, as for ``histories``.
    """
    tested = tuple(atoms)
    known: Facts = patient.facts if patient else domain.unknown
    given = _given(patient)
    asked = frozenset(atom.fact for atom in tested)
    of_treatment = {name for name, fact in domain.facts.items() if fact.permanence == "treatment"}
    of_history = [axiom for axiom in domain.axioms if axiom.facts <= of_treatment]
    across = [axiom for axiom in domain.axioms if not axiom.facts.isdisjoint(of_treatment)]
    across = [axiom for axiom in across if axiom not in of_history]
    kept = asked.union(*(axiom.facts for axiom in across))
    timed = [atom for atom in tested if atom.fact == PLATINUM_FREE]
    months = [value for value in values_of(domain, PLATINUM_FREE, timed) if timed and isinstance(value, Number)]
    if patient and patient.history is not None:
        pasts: Iterable[tuple[Entry, ...]] = filter(_possible, completed(patient.history, domain))
        pasts = itertools.chain.from_iterable(_timed(past, domain, months) for past in pasts)
    else:
        of_platinum = {"received"} if timed else set[str]()  # no interval says whether there was platinum
        pasts = histories(domain, kept.union(given, of_platinum), **kinds)
        pasts = itertools.chain.from_iterable(_timed(past, domain, months) for past in pasts)
    clinical = _clinical(domain, tested, known, kept)
    seen: set[tuple[Value, ...]] = set()
    order = sorted(asked)
    for past in pasts:
        treated = _complete(derived_facts(past, domain), domain)
        if not all(_within(treated[name], value) for name, value in given.items() if name in treated):
            continue
        if not all(obeys(axiom, treated) for axiom in of_history):
            continue
        for facts in clinical:
            together = {**facts, **treated}
            key = tuple(together[name] for name in order)
            if key not in seen and all(obeys(axiom, together) for axiom in across):
                seen.add(key)
                yield World(together, past)


def _given(patient: Patient | None) -> dict[str, Value]:
    return {name: value for facts in patient.given.values() for name, value in facts} if patient else {}


def _within(value: Value, known: Value) -> bool:
    """Whether a complete value is among those that are still possible."""
    match value, known:
        case Choice(), Choice():
            return value.possible <= known.possible
        case Number(), Number():
            return known.absent if value.low > value.high else known.low <= value.low <= known.high
        case Members(), Members():
            return known.must <= value.must <= known.may
    raise TypeError


def allows(known: Facts, world: World) -> bool:
    """Whether ``known`` leaves this world possible, fact by fact."""
    return all(_within(value, known[name]) for name, value in world.facts.items())


def _complete(derived: Iterable[tuple[str, Value]], domain: Domain) -> dict[str, Value]:
    """The facts of a history; where there was no line, those of the latest one are absent."""
    received = domain.facts["received"]
    assert isinstance(received, SetFact)
    found: dict[str, Value] = dict.fromkeys(("first_line_drugs", "last_drugs", "last_induction_drugs"), received.empty)
    found |= {"last_outcome": Choice(frozenset({"none"})), "last_cycles": Number(0, -1, absent=True)}
    for name, value in derived:
        found[name] = received.empty if isinstance(value, Members) and value.may == received.empty.may else value
    return found


def _clinical(domain: Domain, atoms: Sequence[Atom], known: Facts, kept: frozenset[str]) -> Collection[Facts]:
    """Combinations of the clinical facts that the axioms among them allow, one for each set of values of ``kept``.

    Fact by fact: what no later fact is tied to, and nobody asks, is no longer distinguished.
    """
    names = [name for name, fact in domain.facts.items() if fact.permanence != "treatment"]
    asked = {atom.fact for atom in atoms}
    open_axioms = [axiom for axiom in domain.axioms if axiom.facts <= set(names)]
    coupled = kept.union(*(axiom.facts for axiom in domain.axioms))

    def options(name: str) -> list[Value]:
        here = [atom for atom in atoms if atom.fact == name]
        fitting = [value for value in _with_bounds(domain, name, here, known) if _within(value, known[name])]
        return fitting if name in asked or name in coupled else fitting[:1]

    found: Collection[Facts] = [{}]
    for at, name in enumerate(names, 1):
        so_far = set(names[:at])
        closed = [axiom for axiom in open_axioms if axiom.facts <= so_far]
        open_axioms = [axiom for axiom in open_axioms if axiom not in closed]
        apart = sorted(so_far & kept.union(*(axiom.facts for axiom in open_axioms)))
        extended = ({**facts, name: value} for facts in found for value in options(name))
        allowed = (facts for facts in extended if all(obeys(axiom, facts) for axiom in closed))
        found = {tuple(facts[name] for name in apart): facts for facts in allowed}.values()
    return found


def _with_bounds(domain: Domain, name: str, atoms: Sequence[Atom], known: Facts) -> list[Value]:
    """The values the atoms tell apart, within what is known: its own bounds and members are distinguished too."""
    value = known[name]
    match value:
        case Number(low=low, high=high):
            return values_of(domain, name, [*atoms, Between(name, low, high)])
        case Members(must=must, may=may):
            fact = domain.facts[name]
            assert isinstance(fact, SetFact)
            words = sorted(must if may == fact.unknown.may else may)
            return values_of(domain, name, [*atoms, *(Includes(name, word) for word in words)])
        case Choice():
            return values_of(domain, name, [*atoms, Is(name, value.possible)])
