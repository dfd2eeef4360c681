"""Small random rules and patients, judged by enumerating all completions: the oracle for the solver."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from generators import drawn, random_profile
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Not, atoms_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Atom, Between, Includes, Is, Truth
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient.vocabulary import PLATINUM_FREE
from regimen_advisor.solving.solver import Solver
from worlds import SMALL_DRUGS, World, small_domain, worlds

CLINICAL = ("histology", "stage", "extent", "curative_treatment_possible", "alk", "pd_l1_tps", "egfr")
NUMBERS = {"pd_l1_tps": (1, 50), "prior_lines": (1, 2), "last_cycles": (0, 1), PLATINUM_FREE: (0, 1), "ecog": (1, 2)}


@lru_cache(maxsize=2)
def domain(lines: int = 1) -> Domain:
    """Two drugs with their classes, few lines, two counts of cycles."""
    return small_domain(load_rulebook().formulary, most_lines=lines)


def random_atom(random: Random, name: str) -> Atom:
    """A test of one fact of the small domain."""
    fact = domain().facts[name]
    match fact:
        case ChoiceFact():
            return Is(name, frozenset(random.sample(fact.domain, random.randint(1, len(fact.domain) - 1))))
        case NumberFact():
            bound = random.choice(NUMBERS.get(name, (fact.low, fact.low + 1)))
            low, high = random.choice([(bound, fact.high), (fact.low, bound), (bound, bound)])
            return Between(name, low, high)
        case SetFact():
            members = ("ex19del", "L858R", "wild-type") if name == "egfr" else (*fact.members, fact.empty_word)
            return Includes(name, random.choice(members))


def random_condition(random: Random, names: Sequence[str], depth: int = 2) -> Condition:
    """A condition over these facts."""
    kind = random.choices(("leaf", "all", "any", "not"), (2, 3, 2, 1))[0] if depth else "leaf"
    if kind == "leaf":
        return Leaf(random_atom(random, random.choice(names)))
    if kind == "not":
        return Not(random_condition(random, names, depth - 1))
    parts = tuple(random_condition(random, names, depth - 1) for _ in range(random.randint(2, 3)))
    return AllOf(parts) if kind == "all" else AnyOf(parts)


def random_solver(random: Random, regimens: int = 3, lines: int = 1) -> Solver:
    """A solver for a few regimens whose rules ask two clinical facts and two of the history."""
    names = [*drawn(random, CLINICAL, 2), *drawn(random, domain().of_history, 2)]
    table = {}
    for index in range(regimens):
        offer, exclusion, caution = (random_condition(random, names, depth) for depth in (2, 1, 1))
        if random.random() < 0.4:
            exclusion = AllOf((exclusion, offer))
        if random.random() < 0.4:
            caution = AnyOf((caution, offer))
        table[f"regimen-{index}"] = RegimenRules(f"regimen-{index}", (), (), (), offer, exclusion, caution)
    return Solver(domain(lines), table, {})


def random_written(random: Random, lines: int = 1) -> dict[str, Any]:
    """A profile over the small domain; it may contradict itself."""
    known = random.choice((0.15, 0.4, 0.7))
    profile = random_profile(random, known)
    words = (*SMALL_DRUGS, "egfr-tki", "platinum")
    if "history" in profile:
        profile["history"] = [entry for entry in profile["history"] if entry.get("line", 0) <= lines]
        for entry in profile["history"]:
            if entry["drugs"] != "unknown":
                entry["drugs"] = sorted(random.sample(words, random.randint(1, 2)))
            if "cycles" in entry:
                entry["cycles"] = random.randint(0, 1)
    if isinstance(profile.get("prior_lines"), int):
        profile["prior_lines"] = min(profile["prior_lines"], lines)
    return profile


def random_patient(random: Random, lines: int = 1, **fixed: Any) -> Patient:
    """A patient of the small domain, with some keys of the profile as given."""
    while True:
        try:
            return read(Profile.model_validate(random_written(random, lines) | fixed), domain(lines), explain=False)
        except InputError:
            continue


@dataclass(frozen=True)
class Completions:
    """All completions of a patient that some condition of a solver can tell apart."""

    worlds: tuple[World, ...]
    solver: Solver

    def truth(self, condition: Condition) -> Truth:
        """The truth of a condition over all of them."""
        return over(holds(condition, world.facts) for world in self.worlds)

    def standing(self, regimen: str) -> Standing:
        """The standing by its definition: what the standings of the completions say together."""
        rules_about = self.solver.regimens[regimen]
        seen = {_standing(rules_about, world) for world in self.worlds}
        offered = {standing.is_offered for standing in seen}
        if offered == {True, False}:
            return Standing.UNDETERMINED
        if offered == {True}:
            return Standing.OFFERED if Standing.OFFERED in seen else Standing.OFFERED_WITH_CAUTION
        return Standing.EXCLUDED if Standing.EXCLUDED in seen else Standing.NOT_INDICATED


def completions(solver: Solver, patient: Patient, more: Sequence[Condition] = ()) -> Completions:
    """The completions of a patient; ``more`` are conditions beyond the rules that must be distinguished too."""
    of_rules = [
        part for regimen in solver.regimens.values() for part in (regimen.offer, regimen.exclusion, regimen.caution)
    ]
    atoms = frozenset[Atom]().union(*(atoms_of(condition) for condition in (*of_rules, *more)))
    return Completions(tuple(worlds(solver.domain, atoms, patient)), solver)


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether a condition holds for a completely known patient, by two-valued logic."""
    match condition:
        case Leaf(atom=atom):
            return atom.judge(facts[atom.fact]) is Truth.TRUE
        case Not(part=part):
            return not holds(part, facts)
        case AllOf(parts=parts):
            return all(holds(part, facts) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, facts) for part in parts)
    raise TypeError(condition)


def _standing(regimen_rules: RegimenRules, world: World) -> Standing:
    offer, exclusion, caution = (
        holds(part, world.facts) for part in (regimen_rules.offer, regimen_rules.exclusion, regimen_rules.caution)
    )
    if not offer:
        return Standing.NOT_INDICATED
    if exclusion:
        return Standing.EXCLUDED
    return Standing.OFFERED_WITH_CAUTION if caution else Standing.OFFERED


def over(values: Iterator[bool]) -> Truth:
    """True if all are, false if none is."""
    seen = set(values)
    if seen == {True, False}:
        return Truth.UNKNOWN
    return Truth.TRUE if seen == {True} else Truth.FALSE


def is_offered(solver: Solver, regimen: str, facts: Mapping[str, Any]) -> bool:
    """Whether a regimen is offered to a completely known patient."""
    return holds(solver.offered[regimen], facts)
