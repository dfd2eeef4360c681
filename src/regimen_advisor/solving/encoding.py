"""Encode facts, axioms and treatment histories in propositional logic: the finite abstraction the solver works on.

Each number is cut at every threshold that is asked of it (order encoding), a choice has one variable a value, a set
one a member. A history is a row of slots (induction and maintenance of each line, treatments with curative intent),
from which the derived facts are defined just as ``history.derived_facts`` reads them from complete entries. Drugs that
no condition names are distinguished only by the classes that conditions name: one stands for all of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.facts import AxiomClause, ChoiceFact, Domain, NumberFact, Outcome, SetFact
from regimen_advisor.patient.vocabulary import PLATINUM, PLATINUM_FREE
from regimen_advisor.solving.encoding_size import LEAST_LINES, EncodingSize, kinds_of_drugs

__all__ = ["LEAST_LINES", "OUTCOMES", "TRUE", "Encoding", "EncodingSize", "Slot"]

OUTCOMES: tuple[str, ...] = get_args(Outcome)
ENDED = ("progressed", "relapsed")
"""The outcomes that open the next line; the first of them is that of a line that has both."""
TRUE = 1


@dataclass(frozen=True, eq=False)
class Slot:
    """One history entry that may exist: a variable for each kind of drug and each outcome.

    ``months`` are the thresholds of the months from its last dose to the progression or relapse, cut when asked.
    """

    exists: int
    drugs: Mapping[str, int]
    outcomes: Mapping[str, int]
    months: dict[int, int] = field(default_factory=dict)


class Encoding:
    """Clauses over numbered variables; literals of atoms and conditions are made when they are first asked for."""

    def __init__(self, domain: Domain, size: EncodingSize) -> None:
        self.domain, self.size = domain, size
        self.clauses: list[list[int]] = [[TRUE]]
        self.variables = TRUE
        self.kinds = kinds_of_drugs(domain, size.members)
        self._gates: dict[frozenset[int], int] = {}
        self._atoms: dict[Atom, int] = {}
        self._conditions: dict[int, tuple[Condition, int]] = {}
        self._cuts: dict[str, dict[int, int]] = {}
        self.choices: dict[str, dict[str, int]] = {}
        self.sets: dict[str, dict[str, int]] = {}
        self._clinical_facts()
        self._history()
        of_history = frozenset(domain.of_history)
        for axiom in domain.axioms:
            if axiom.facts <= of_history:  # how these facts are defined implies it
                continue
            assert isinstance(axiom, AxiomClause), axiom.says
            literals = [(self.atom(literal.atom), literal.wanted) for literal in axiom.literals]
            self.add(*(literal if wanted else -literal for literal, wanted in literals))

    # Building blocks ------------------------------------------------------------------------------------------

    def variable(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def add(self, *literals: int) -> None:
        """A clause: at least one of the literals holds."""
        self.clauses.append(list(literals))

    def conjunction(self, literals: Iterable[int]) -> int:
        """A literal that holds exactly where all of ``literals`` do."""
        parts = frozenset(literals) - {TRUE}
        if -TRUE in parts or any(-part in parts for part in parts):
            return -TRUE
        if len(parts) < 2:
            return next(iter(parts), TRUE)
        gate = self._gates.get(parts)
        if gate is None:
            gate = self._gates[parts] = self.variable()
            ordered = sorted(parts, key=abs)
            for part in ordered:
                self.add(-gate, part)
            self.add(gate, *(-part for part in ordered))
        return gate

    def disjunction(self, literals: Iterable[int]) -> int:
        """A literal that holds exactly where at least one of ``literals`` does."""
        return -self.conjunction(-literal for literal in literals)

    # Facts ----------------------------------------------------------------------------------------------------

    def _clinical_facts(self) -> None:
        for name, fact in self.domain.facts.items():
            if name in self.domain.of_history:
                continue
            match fact:
                case ChoiceFact():
                    self.choices[name] = self._one_of(fact.domain)
                case NumberFact():
                    self._cuts[name] = {}
                case SetFact():
                    members = {member: self.variable() for member in fact.members if member not in fact.groups}
                    for group, inside in fact.groups.items():
                        members[group] = self.disjunction(members[member] for member in sorted(inside))
                    members[fact.empty_word] = -self.disjunction(members.values())
                    self.sets[name] = members
        self._cuts["last_cycles"] = {}
        self._cuts[PLATINUM_FREE] = {}

    def _one_of(self, values: tuple[str, ...]) -> dict[str, int]:
        if len(values) == 2:
            first = self.variable()
            return {values[0]: first, values[1]: -first}
        table = {value: self.variable() for value in values}
        self.add(*table.values())
        self._at_most_one(list(table.values()))
        return table

    def _at_most_one(self, literals: list[int]) -> None:
        for index, literal in enumerate(literals):
            for later in literals[index + 1 :]:
                self.add(-literal, -later)

    def at_least(self, fact: str, bound: int) -> int:
        """The literal of "the number is at least ``bound``".

        Whether the number exists is not part of it, but for the platinum-free interval, which is read from an entry.
        """
        declared = self.domain.facts[fact]
        assert isinstance(declared, NumberFact)
        if bound > declared.high:
            return -TRUE
        if fact == PLATINUM_FREE:
            return self._platinum_free(max(bound, declared.low))
        if bound <= declared.low:
            return TRUE
        if fact == "prior_lines":
            return self.lines[bound - 1]
        if fact not in self._cuts:
            raise self._missing(fact)
        return self._cut(self._cuts[fact], bound)

    def _cut(self, cuts: dict[int, int], bound: int) -> int:
        """The variable of one threshold of a number, tied to those next to it."""
        if bound not in cuts:
            cuts[bound] = self.variable()
            below = [cut for cut in cuts if cut < bound]
            above = [cut for cut in cuts if cut > bound]
            if below:
                self.add(-cuts[bound], cuts[max(below)])
            if above:
                self.add(-cuts[min(above)], cuts[bound])
        return cuts[bound]

    def _platinum_free(self, bound: int) -> int:
        """The literal of "the disease progressed or relapsed so many months after the latest platinum, or later"."""
        cuts = self._cuts[PLATINUM_FREE]
        if bound not in cuts:
            platinum, parts, later = self.kinds_in(PLATINUM), list[int](), -TRUE
            for line, _, slot in reversed([*self._entries()]):
                given = self.holds(slot, platinum)
                ends = [slot.outcomes[end] if line is None else self.courses[end][line] for end in ENDED]
                months = self._cut(slot.months, bound) if bound else TRUE
                parts.append(self.conjunction([given, -later, self.disjunction(ends), months]))
                later = self.disjunction([given, later])
            cuts[bound] = self.disjunction(parts)
        return cuts[bound]

    def cuts(self, fact: str) -> list[int]:
        """The thresholds at which a number is cut so far, in order."""
        if fact == "prior_lines":
            return list(range(1, len(self.lines) + 1))
        if fact not in self._cuts:
            raise self._missing(fact)
        return sorted(self._cuts[fact])

    # Histories ------------------------------------------------------------------------------------------------

    def _history(self) -> None:
        lines = self.domain.facts["prior_lines"]
        assert isinstance(lines, NumberFact)
        self.lines = [self.variable() for _ in range(min(self.size.lines, lines.high))]
        for earlier, later in zip(self.lines, self.lines[1:], strict=False):
            self.add(-later, earlier)
        self.inductions = [self._slot(exists) for exists in self.lines]
        self.maintenances = [self._slot(self.variable()) for _ in self.lines]
        self.curatives = [self._slot(self.variable()) for _ in range(self.size.curative)]
        self.courses: dict[str, list[int]] = {end: [] for end in ENDED}
        """For each outcome that opens the next line, whether each line had it, its maintenance included."""
        for induction, maintenance in zip(self.inductions, self.maintenances, strict=True):
            self.add(-maintenance.exists, induction.exists)
            for end, courses in self.courses.items():
                self.add(-induction.outcomes[end], -maintenance.outcomes["ongoing"])
                courses.append(self.disjunction([induction.outcomes[end], maintenance.outcomes[end]]))
        following = [*self.lines[1:], -TRUE]
        self.latest = [
            self.conjunction([line, -next_line]) for line, next_line in zip(self.lines, following, strict=True)
        ]
        self.choices["last_outcome"] = self._last_outcomes()
        maintained = self.disjunction(
            self.conjunction([latest, maintenance.outcomes["ongoing"]])
            for latest, maintenance in zip(self.latest, self.maintenances, strict=True)
        )
        self.choices["on_maintenance"] = {"true": maintained, "false": -maintained}

    def _slot(self, exists: int) -> Slot:
        drugs = {kind: self.variable() for kind in self.kinds}
        outcomes = {outcome: self.variable() for outcome in OUTCOMES}
        for part in (*drugs.values(), *outcomes.values()):
            self.add(-part, exists)
        self.add(-exists, *drugs.values())
        self.add(-exists, *outcomes.values())
        self._at_most_one(list(outcomes.values()))
        return Slot(exists, drugs, outcomes)

    def _last_outcomes(self) -> dict[str, int]:
        found = {"none": -self.lines[0]}
        for outcome in OUTCOMES:
            earlier = ENDED[: ENDED.index(outcome)] if outcome in ENDED else ENDED
            found[outcome] = self.disjunction(
                self.conjunction(
                    [
                        latest,
                        self.courses[outcome][line] if outcome in ENDED else induction.outcomes[outcome],
                        *(-self.courses[end][line] for end in earlier),
                    ]
                )
                for line, (latest, induction) in enumerate(zip(self.latest, self.inductions, strict=True))
            )
        return found

    def holds(self, slot: Slot, kinds: Iterable[str]) -> int:
        """The literal of "the entry holds a drug of one of these kinds"."""
        return self.disjunction(slot.drugs[kind] for kind in kinds)

    def kinds_in(self, member: str) -> list[str]:
        """The kinds of drugs of a named class, or the one of a named drug."""
        inside = self.domain.formulary.members_of(member) if member in self.domain.formulary.classes else {member}
        return [kind for kind, drugs in self.kinds.items() if not drugs.isdisjoint(inside)]

    def _history_set(self, name: str, kinds: list[str]) -> int:
        """The literal of "a drug of one of these kinds is in an entry that passes the fact's tests"."""
        fact = self.domain.facts[name]
        assert isinstance(fact, SetFact)
        if fact.over is None:
            raise self._missing(name)
        parts = []
        for line, induction, slot in self._entries():
            passes = [self._passes(test, line, slot, induction=induction) for test in fact.over]
            if -TRUE not in passes:
                parts.append(self.conjunction([*passes, self.holds(slot, kinds)]))
        return self.disjunction(parts)

    def _entries(self) -> Iterator[tuple[int | None, bool, Slot]]:
        """Every entry that may exist, in order: its line from 0 (``None`` if curative), whether it is an induction."""
        for slot in self.curatives:
            yield None, True, slot
        for line, (induction, maintenance) in enumerate(zip(self.inductions, self.maintenances, strict=True)):
            yield line, True, induction
            yield line, False, maintenance

    def _passes(self, test: str, line: int | None, slot: Slot, *, induction: bool) -> int:
        """The literal of "the entry passes this test of a fact over the history"."""
        match test:
            case "progressed" | "relapsed":
                return slot.outcomes[test] if line is None else self.courses[test][line]
            case "latest line":
                return -TRUE if line is None else self.latest[line]
        crisp = {
            "curative": line is None,
            "numbered": line is not None,
            "first line": line == 0,
            "later line": line is not None and line > 0,
            "induction": induction,
        }
        if test not in crisp:
            raise NotImplementedError(f"no encoding of the test `{test}` of a history entry")
        return TRUE if crisp[test] else -TRUE

    @staticmethod
    def _missing(fact: str) -> NotImplementedError:
        return NotImplementedError(f"no encoding of the history fact `{fact}`: neither defined here, nor over entries")

    # Atoms and conditions -------------------------------------------------------------------------------------

    def atom(self, atom: Atom) -> int:
        """The literal of an atom."""
        if atom not in self._atoms:
            self._atoms[atom] = self._atom(atom)
        return self._atoms[atom]

    def _atom(self, atom: Atom) -> int:
        match atom:
            case Is(fact=fact, values=values):
                if fact not in self.choices:
                    raise self._missing(fact)
                return self.disjunction(literal for value, literal in self.choices[fact].items() if value in values)
            case Between(fact=fact, low=low, high=high):
                bounds = [self.at_least(fact, low), -self.at_least(fact, high + 1)]
                return self.conjunction([self.lines[0], *bounds] if fact == "last_cycles" else bounds)
            case Includes(fact=fact, member=member):
                if fact in self.sets:
                    return self.sets[fact][member]
                if member == "none":
                    return -self._history_set(fact, list(self.kinds))
                return self._history_set(fact, self.kinds_in(member))

    def knows(self, condition: Condition) -> bool:
        """Whether the condition (this very object) has been asked for before."""
        return id(condition) in self._conditions

    def condition(self, condition: Condition) -> int:
        """The literal of a condition; conditions that mean the same part by part share it."""
        seen = self._conditions.get(id(condition))
        if seen is None:
            # The condition is kept with its literal, so that its id cannot come to mean another one.
            seen = self._conditions[id(condition)] = (condition, self._condition(condition))
        return seen[1]

    def _condition(self, condition: Condition) -> int:
        match condition:
            case Leaf(atom=atom):
                return self.atom(atom)
            case Named(condition=inner):
                return self.condition(inner)
            case Not(part=inner):
                return -self.condition(inner)
            case AllOf(parts=parts):
                return self.conjunction([self.condition(part) for part in parts])
            case AnyOf(parts=parts):
                return self.disjunction([self.condition(part) for part in parts])
