"""Translate a patient into solver assumptions, grouped by question; list the questions that are still open.

A unit is a profile key (``alk``) or a part of a history entry (``history[1].outcome``, by its position in the file);
``lines`` is the number of lines of a history that is given, ``structure`` which further entries it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regimen_advisor.language.values import Choice, Members, Number, Value
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact
from regimen_advisor.patient.history import ENDED, Entry
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient.vocabulary import OPEN_HISTORY, PLATINUM
from regimen_advisor.solving.encoding import OUTCOMES, TRUE, Encoding, Slot

Units = Mapping[str, list[int]]


def is_asked_of_history(name: str, encoding: Encoding) -> bool:
    """Whether a fact is read from the history, if one is given."""
    return name in encoding.domain.of_history


def assumption_groups(encoding: Encoding, patient: Patient) -> Units:
    """The literals that hold for every completion of the patient, by unit; a unit without literals is unknown."""
    found: dict[str, list[int]] = {}
    for name in encoding.domain.facts:
        if name in OPEN_HISTORY or not is_asked_of_history(name, encoding):
            found[name] = value_literals(encoding, name, patient.facts[name])
    if patient.history is not None:
        found |= _of_history(encoding, patient.history)
    return found


def value_literals(encoding: Encoding, name: str, value: Value) -> list[int]:
    """The literals of "the fact is what it can still be"."""
    fact = encoding.domain.facts[name]
    match value:
        case Choice(possible=possible):
            assert isinstance(fact, ChoiceFact)
            table = encoding.choices[name]
            if len(possible) == 1:
                return [table[value] for value in fact.domain if value in possible]
            return [-literal for word, literal in table.items() if word not in possible]
        case Number():
            assert isinstance(fact, NumberFact)
            return _bounds(encoding, name, value)
        case Members(must=must, may=may):
            assert isinstance(fact, SetFact)
            table = encoding.sets[name]
            return [
                literal if member in must else -literal
                for member, literal in table.items()
                if member in must or member not in may
            ]


def _bounds(encoding: Encoding, name: str, value: Number) -> list[int]:
    """Of the thresholds, the highest that is surely reached and the lowest that surely is not."""
    cuts = encoding.cuts(name)
    reached = [cut for cut in cuts if cut <= value.low]
    missed = [cut for cut in cuts if cut > value.high]
    found = [encoding.at_least(name, max(reached))] if reached else []
    return found + ([-encoding.at_least(name, min(missed))] if missed else [])


@dataclass(frozen=True)
class EntrySlot:
    """An entry of the history, and its slot in the encoding."""

    entry: Entry
    slot: Slot


def given_entries(encoding: Encoding, history: tuple[Entry, ...]) -> list[EntrySlot]:
    """The entries in the order of the history, each with its slot."""
    curatives = iter(encoding.curatives)
    found = []
    for entry in history:
        if entry.line is None:
            slot = next(curatives)
        else:
            slot = (encoding.maintenances if entry.maintenance else encoding.inductions)[entry.line - 1]
        found.append(EntrySlot(entry, slot))
    return found


def _of_history(encoding: Encoding, history: tuple[Entry, ...]) -> dict[str, list[int]]:
    entries = given_entries(encoding, history)
    taken = {id(entry.slot) for entry in entries}
    count = max((entry.line or 0 for entry in history), default=0)
    found = {
        "lines": [-encoding.lines[count]] if count < len(encoding.lines) else [],
        "structure": [encoding.lines[count - 1]] if count else [],
    }
    for slot in [*encoding.maintenances[:count], *encoding.curatives]:
        found["structure"].append(slot.exists if id(slot) in taken else -slot.exists)
    for given_entry in entries:
        key = f"history[{given_entry.entry.position}]"
        found[f"{key}.drugs"] = _drugs(encoding, given_entry)
        found[f"{key}.outcome"] = [
            -given_entry.slot.outcomes[word] for word in OUTCOMES if word not in given_entry.entry.outcomes
        ]
        if given_entry.entry.line == count and not given_entry.entry.maintenance:
            found[f"{key}.cycles"] = _bounds(encoding, "last_cycles", given_entry.entry.cycles)
        months, cuts = given_entry.entry.months, given_entry.slot.months
        reached = [literal for cut, literal in cuts.items() if cut <= months.low]
        found[f"{key}.relapse_after"] = reached + [-literal for cut, literal in cuts.items() if cut > months.high]
    return found


def _drugs(encoding: Encoding, given_entry: EntrySlot) -> list[int]:
    must, may = given_entry.entry.drugs.must, given_entry.entry.drugs.may
    found = []
    sure: set[str] = set()
    for kind, drugs in encoding.kinds.items():
        if not drugs.isdisjoint(must):
            found.append(given_entry.slot.drugs[kind])
            sure |= drugs & must
        elif drugs.isdisjoint(may):
            found.append(-given_entry.slot.drugs[kind])
    formulary = encoding.domain.formulary
    for name in sorted(must & formulary.classes.keys()):
        inside = formulary.members_of(name) & may
        if inside.isdisjoint(sure):
            kinds = [kind for kind, drugs in encoding.kinds.items() if not drugs.isdisjoint(inside)]
            found.append(encoding.holds(given_entry.slot, kinds))
    return [literal for literal in found if literal != TRUE]


def open_questions(encoding: Encoding, patient: Patient) -> dict[str, list[int]]:
    """Every question whose answer is not known yet, with the literals that its answer settles."""
    found: dict[str, list[int]] = {}
    for name, fact in encoding.domain.facts.items():
        if is_asked_of_history(name, encoding):
            continue
        found[name] = fact_literals(encoding, name)
        if _is_known(patient.facts[name]) or (isinstance(fact, NumberFact) and not found[name]):
            del found[name]
    if patient.history is None:
        return found | _of_open_history(encoding, patient)
    count = max((entry.line or 0 for entry in patient.history), default=0)
    for given_entry in given_entries(encoding, patient.history):
        key = f"history[{given_entry.entry.position}]"
        if given_entry.entry.drugs.must != given_entry.entry.drugs.may:
            found[f"{key}.drugs"] = list(given_entry.slot.drugs.values())
        if len(given_entry.entry.outcomes) > 1:
            found[f"{key}.outcome"] = list(given_entry.slot.outcomes.values())
        if (
            given_entry.entry.line == count
            and not given_entry.entry.maintenance
            and not _is_known(given_entry.entry.cycles)
        ):
            found[f"{key}.cycles"] = fact_literals(encoding, "last_cycles")
        entry = given_entry.entry
        if PLATINUM in entry.drugs.may and entry.outcomes & ENDED and not _is_known(entry.months):
            found[f"{key}.relapse_after"] = list(given_entry.slot.months.values())
    return {key: literals for key, literals in found.items() if literals}


def _of_open_history(encoding: Encoding, patient: Patient) -> dict[str, list[int]]:
    slots = [*encoding.inductions, *encoding.maintenances, *encoding.curatives]
    found = {"prior_lines": list(encoding.lines), "last_outcome": list(encoding.choices["last_outcome"].values())}
    found = {key: literals for key, literals in found.items() if not _is_known(patient.facts[key])}
    everything = [part for slot in slots for part in slot_literals(slot)]
    found["history"] = [*encoding.lines, *everything, *fact_literals(encoding, "last_cycles")]
    return found


def slot_literals(slot: Slot) -> list[int]:
    """The literals that say all of an entry but its cycles."""
    return [slot.exists, *slot.drugs.values(), *slot.outcomes.values(), *slot.months.values()]


def fact_literals(encoding: Encoding, name: str) -> list[int]:
    """The literals that say which value a fact has, as far as anything asked so far tells values apart."""
    match encoding.domain.facts[name]:
        case ChoiceFact():
            return list(encoding.choices[name].values())
        case NumberFact():
            return [encoding.at_least(name, cut) for cut in encoding.cuts(name)]
        case SetFact():
            return list(encoding.sets[name].values())


def _is_known(value: Value) -> bool:
    match value:
        case Choice(possible=possible):
            return len(possible) == 1
        case Number(low=low, high=high, absent=absent):
            return low > high or (low == high and not absent)
        case Members(must=must, may=may):
            return must == may
