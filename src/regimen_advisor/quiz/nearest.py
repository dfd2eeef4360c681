"""Find the patient nearest to a usual one for whom a condition holds, with the solver.

The solver keeps what is true of every patient of the clinic and of the usual patient, as far as the condition allows:
first the number of lines, then what was found, then each treatment, which is one that such patients are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any

from regimen_advisor.files.errors import Problem
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import Condition, atoms_of
from regimen_advisor.language.values import Choice, Members, Number
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.patient.population import population
from regimen_advisor.patient.vocabulary import CHEMOTHERAPY, OPEN_HISTORY, PLATINUM, PLATINUM_FREE
from regimen_advisor.quiz.clinic import (
    Drugs,
    Written,
    all_curative,
    all_maintenance,
    all_treatments,
    clinic,
    document,
    treatments_in,
    usual_facts,
    usual_history,
)
from regimen_advisor.quiz.seeded_random import SeededRandom
from regimen_advisor.solving.assumptions import value_literals
from regimen_advisor.solving.encoding import ENDED, OUTCOMES, Encoding, Slot
from regimen_advisor.solving.encoding_size import EncodingSize
from regimen_advisor.solving.nearest import NearestPatient, Wish
from regimen_advisor.solving.session import Session

MONTHS = (1, 3, 5, 8, 12)
"""From the last dose to the progression or relapse, where a rule asks for it."""


class PatientSource:
    """The clinic of one rulebook: what its drug list has of the usual treatments, and its own regimens."""

    def __init__(self, rulebook: Rulebook, edges: Mapping[str, tuple[int, ...]]) -> None:
        self.rulebook, self.domain, self.edges = rulebook, rulebook.domain, edges
        self._exactly: dict[tuple[int, Drugs], int] = {}

    # What the solver knows ------------------------------------------------------------------------------------

    @cached_property
    def session(self) -> Session:
        """A running solver that tells every treatment of the clinic apart."""
        pools = [self.treatments[disease] for disease in clinic().situations]
        members = frozenset(drug for pool in pools for drugs in pool for drug in drugs)
        shape = EncodingSize.of([*Guideline.of(self.rulebook).effective.values(), *self.seen], self.domain)
        return Session(Encoding(self.domain, replace(shape, members=shape.members | members)))

    @cached_property
    def seen(self) -> tuple[Condition, ...]:
        """What is true of every patient; a statement about drugs that the rulebook does not have is left out."""
        found = []
        for index, statement in enumerate(clinic().seen):
            problems: list[Problem] = []
            condition = ConditionReader(self.domain, {}, problems).read(
                document(), ("seen", index, "when"), statement.when
            )
            found += [] if problems else [condition]
        return tuple(found)

    @cached_property
    def treatments(self) -> Mapping[str, tuple[Drugs, ...]]:
        """For each disease every treatment: the usual ones, then the regimens of the rulebook, single drugs named."""
        return {
            disease: self.in_drug_list([*all_treatments(disease), *all_curative(disease), *self._regimens(disease)])
            for disease in clinic().situations
        }

    def in_drug_list(self, pool: Iterable[Drugs]) -> tuple[Drugs, ...]:
        """Those treatments of which the rulebook has every drug."""
        drugs = self.domain.formulary.drugs
        return tuple(dict.fromkeys(treatment for treatment in pool if all(drug in drugs for drug in treatment)))

    def _regimens(self, disease: str) -> Iterator[Drugs]:
        regimens = self.rulebook.regimens.values()
        yield from (tuple(regimen.drug_names) for regimen in regimens if regimen.disease == disease)

    @cached_property
    def usually_given(self) -> Mapping[str, tuple[int, ...]]:
        """For each disease the literals of "this entry, if there is one, is a treatment of the clinic"."""
        encoding = self.session.encoding
        slots = (*encoding.inductions, *encoding.curatives)
        return {
            disease: tuple(
                encoding.disjunction([-slot.exists, *(self.exactly(slot, drugs) for drugs in pool)]) for slot in slots
            )
            for disease, pool in self.treatments.items()
        }

    def exactly(self, slot: Slot, drugs: Drugs) -> int:
        """The literal of "the entry holds these drugs and no others"."""
        if (slot.exists, drugs) not in self._exactly:
            encoding = self.session.encoding
            held = {kind for kind, inside in encoding.kinds.items() if not inside.isdisjoint(drugs)}
            parts = [literal if kind in held else -literal for kind, literal in slot.drugs.items()]
            self._exactly[slot.exists, drugs] = encoding.conjunction(parts)
        return self._exactly[slot.exists, drugs]

    @cached_property
    def months_asked(self) -> frozenset[str]:
        """The diseases of which some rule asks how long ago platinum was given."""
        effective = Guideline.of(self.rulebook).effective
        return frozenset(
            rule.setting.disease
            for rule in self.rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION)
            if _asks_months(effective[rule.id])
        )

    def usual(self, profile: Written, line: int) -> tuple[Drugs, ...]:
        """What such a patient is usually given in this line."""
        return self.in_drug_list(tuple(treatment.drugs) for treatment in treatments_in(profile, line))

    def around_edges(self, name: str) -> list[int]:
        """The last number before each threshold that a rule has for a fact, and the threshold."""
        return [edge + step for edge in self.edges.get(name, ()) for step in (-1, 0)]

    # A patient ------------------------------------------------------------------------------------------------

    def patient(self, condition: Condition, disease: str, keys: Sequence[str], random: SeededRandom) -> Written | None:
        """The patient with this disease who meets the condition and is nearest to a usual one; ``None`` if none is."""
        return _NearestSearch(self, condition, disease, random).profile(keys)


class _NearestSearch:
    def __init__(self, source: PatientSource, condition: Condition, disease: str, random: SeededRandom) -> None:
        self.source, self.disease, self.random = source, disease, random
        self.encoding = source.session.encoding
        self.asks_cycles = any(atom.fact == "last_cycles" for atom in atoms_of(condition))
        self.asks_months = disease in source.months_asked or _asks_months(condition)
        self.wanted = (
            *(self.encoding.condition(condition_seen) for condition_seen in source.seen),
            *source.usually_given[disease],
        )
        goal = [self.encoding.condition(condition), self.encoding.choices["disease"][disease]]
        self.found = NearestPatient(source.session, goal)

    def profile(self, keys: Sequence[str]) -> Written | None:
        if not self.found.is_possible:
            return None
        facts = usual_facts(self.disease, self.random)
        usual = usual_history(facts, self.random)
        for literal in self.wanted:
            self.found.keep([Wish((literal,))])
        count = self._lines(max((entry.get("line", 0) for entry in usual), default=0))
        maintained = {entry["line"] for entry in usual if entry.get("setting") == "maintenance"}
        for line, slot in enumerate(self.encoding.maintenances, start=1):
            if line not in maintained:
                self.found.keep([Wish((-slot.exists,))])
        profile: Written = {}
        for key in keys:
            fact = self.source.domain.facts.get(key)
            if fact is not None and key not in OPEN_HISTORY:
                kept = self.found.keep([*self._facts_say(key, facts.get(key)), *self._other_values(fact)])
                if kept is None:
                    return None
                profile[key] = kept.says
        history = self._history(profile, usual, count)
        return None if history is None else {**profile, "history": history}

    def _lines(self, usual: int) -> int:
        lines = self.encoding.lines
        wishes = []
        for count in sorted(range(len(lines)), key=lambda count: (abs(count - usual), count)):
            literals = [*lines[count - 1 : count], -lines[count]] if count else [-lines[0]]
            wishes.append(Wish(tuple(literals), count))
        kept = self.found.keep(wishes)
        return kept.says if kept else 0

    # Facts ----------------------------------------------------------------------------------------------------

    def _facts_say(self, name: str, value: Any) -> list[Wish]:
        """The usual value of a fact; without one, what is not found in most patients."""
        fact = self.source.domain.facts[name]
        if value is None:
            if self.random.chance(clinic().found):
                return []
            value = _nothing_found(fact)
        return [Wish(tuple(value_literals(self.encoding, name, _complete(fact, value))), value)]

    def _other_values(self, fact: Fact) -> list[Wish]:
        """Every other value of the fact that is worth a thought, what is frequent first."""
        return [
            Wish(tuple(value_literals(self.encoding, fact.name, _complete(fact, value))), value)
            for values in self._values(fact)
            for value in self.random.shuffled(values)
        ]

    def _values(self, fact: Fact) -> Iterator[list[Any]]:
        match fact:
            case ChoiceFact():
                yield [fact.plain(word) for word in fact.domain]
            case NumberFact():
                usual = [int(word) for word in getattr(clinic(), fact.name, {})]
                numbers = (*usual, *self.source.around_edges(fact.name))
                yield list(dict.fromkeys(number for number in numbers if fact.low <= number <= fact.high))
            case SetFact():
                bases = [word for word in population().words("egfr") if word in fact.members]
                yield [[word] for word in bases]
                yield [fact.empty_word, *([word] for word in fact.members if word not in bases)]
                yield [[base, word] for base in bases for word in fact.members if word not in bases]

    # Treatments -----------------------------------------------------------------------------------------------

    def _history(self, profile: Written, usual: Sequence[Written], count: int) -> list[Written] | None:
        """The entries: treatment with curative intent, then each line, then maintenance of the latest."""
        found: list[Written] = []
        for slot in self.encoding.curatives:
            kept = self.found.keep(chain([Wish((-slot.exists,))], self._curative(slot)))
            if kept is None:
                return None
            found += [self._timed(slot, kept.says)] if kept.says else []
        given: set[Drugs] = set()
        for line in range(1, count + 1):
            entry = self._line(profile, usual, line, given, is_latest=line == count)
            if entry is None:
                return None
            found.append(self._timed(self.encoding.inductions[line - 1], entry))
            given.add(tuple(entry["drugs"]))
            slot = self.encoding.maintenances[line - 1]
            kept = self.found.keep(
                chain(
                    self._maintenance(slot, line, usual, entry),
                    [Wish((-slot.exists,))],
                    self._any_maintenance(slot, entry),
                )
            )
            if kept is None:
                return None
            found += [self._timed(slot, kept.says)] if kept.says else []
        return found

    def _timed(self, slot: Slot, entry: Written) -> Written:
        """The entry with its months to the progression or relapse, where a rule asks for them.

        What may be wished never depends on the thresholds that the solver has met so far.
        """
        if not self.asks_months or entry["outcome"] not in ENDED or not self._is_platinum(entry):
            return entry
        edges = [months for months in self.source.around_edges(PLATINUM_FREE) if months > 0]
        wishes = [
            Wish(tuple(literal if cut <= months else -literal for cut, literal in slot.months.items()), months)
            for months in self.random.shuffled(sorted({*MONTHS, *edges}))
        ]
        kept = self.found.keep(wishes)
        return {**entry, "relapse_after": kept.says} if kept else entry

    def _is_platinum(self, entry: Written) -> bool:
        return PLATINUM in self.source.domain.formulary.expand(entry["drugs"])

    def _line(
        self, profile: Written, usual: Sequence[Written], line: int, given: set[Drugs], *, is_latest: bool
    ) -> Written | None:
        slot = self.encoding.inductions[line - 1]
        drawn = next((entry for entry in usual if entry.get("line") == line and "setting" not in entry), None)
        pool = [
            *([tuple(drawn["drugs"])] if drawn else []),
            *(drugs for drugs in self.random.shuffled(self.source.usual(profile, line)) if drugs not in given),
            *self.random.shuffled(self.source.treatments[self.disease]),
            *((drug,) for drug in self.random.shuffled(self.encoding.kinds)),
        ]
        drugs = self.found.keep(Wish((self.source.exactly(slot, drugs),), drugs) for drugs in pool)
        weights = clinic().latest if is_latest else clinic().earlier
        outcomes = [*([drawn["outcome"]] if drawn else []), *self.random.shuffled(weights), *OUTCOMES]
        outcome = self.found.keep([Wish((slot.outcomes[word],), word) for word in outcomes])
        if drugs is None or outcome is None:
            return None
        entry = {"line": line, "drugs": list(drugs.says), "outcome": outcome.says}
        is_counted = CHEMOTHERAPY in self.source.domain.formulary.expand(drugs.says)
        if not is_counted and not (is_latest and self.asks_cycles):
            return entry
        usual_cycles = drawn["cycles"] if drawn else self.random.pick(clinic().cycles)
        cycles = self._cycles(usual_cycles) if is_latest else usual_cycles
        return entry if cycles is None else {**entry, "cycles": cycles}

    def _cycles(self, usual: int) -> int | None:
        ends = [cycles for cycles in self.source.around_edges("last_cycles") if cycles > 0]
        numbers = dict.fromkeys((usual, *self.random.shuffled((*clinic().cycles, *ends))))
        wishes = [
            Wish(tuple(value_literals(self.encoding, "last_cycles", Number(number, number))), number)
            for number in numbers
        ]
        kept = self.found.keep(wishes)
        return kept.says if kept else None

    def _maintenance(self, slot: Slot, line: int, usual: Sequence[Written], entry: Written) -> Iterator[Wish]:
        """The maintenance that was drawn, where the line is the one that was drawn with it."""
        for drawn in usual:
            if drawn.get("line") == line and "setting" in drawn and set(drawn["drugs"]) <= set(entry["drugs"]):
                yield self._entry(slot, tuple(drawn["drugs"]), drawn["outcome"], drawn)

    def _any_maintenance(self, slot: Slot, entry: Written) -> Iterator[Wish]:
        """Maintenance with drugs of the line, for a condition that asks for one."""
        pool = [*all_maintenance(self.disease), *((drug,) for drug in entry["drugs"])]
        for drugs in pool:
            if set(drugs) <= set(entry["drugs"]):
                for outcome in ("ongoing", "completed", *OUTCOMES):
                    written = {
                        "line": entry["line"],
                        "setting": "maintenance",
                        "drugs": list(drugs),
                        "outcome": outcome,
                    }
                    yield self._entry(slot, drugs, outcome, written)

    def _curative(self, slot: Slot) -> Iterator[Wish]:
        pool = [*all_curative(self.disease), *self.source.treatments[self.disease]]
        for drugs in self.source.in_drug_list(pool):
            for outcome in ("completed", "relapsed", "progressed", *OUTCOMES):
                written = {"setting": "curative", "drugs": list(drugs), "outcome": outcome}
                yield self._entry(slot, drugs, outcome, written)

    def _entry(self, slot: Slot, drugs: Drugs, outcome: str, written: Written) -> Wish:
        return Wish((slot.exists, self.source.exactly(slot, drugs), slot.outcomes[outcome]), written)


def _asks_months(condition: Condition) -> bool:
    return any(atom.fact == PLATINUM_FREE for atom in atoms_of(condition))


def _nothing_found(fact: Fact) -> Any:
    match fact:
        case ChoiceFact(domain=domain):
            return fact.plain(next((word for word in ("negative", "false") if word in domain), domain[0]))
        case NumberFact(low=low):
            return low
        case SetFact(empty_word=empty):
            return empty


def _complete(fact: Fact, value: Any) -> Choice | Number | Members:
    """A value of a profile as a fact of which nothing is open."""
    match fact:
        case ChoiceFact():
            return Choice(frozenset({str(value).lower() if isinstance(value, bool) else value}))
        case NumberFact():
            return Number(value, value)
        case SetFact():
            held = frozenset([value] if isinstance(value, str) else value)
            held |= {group for group, inside in fact.groups.items() if inside & held}
            return Members(held, held)
