"""Impute what a row leaves open from a complete donor patient, as far as the two agree (hot-deck imputation).

A cell that is open node by node is exactly open if one completion of the row is offered and another is not. The
solver finds completions one by one; here one that it has found for some row is tried on all others at once. The facts
of a patient fall into groups that no axiom ties to each other, and each group is filled by itself or left as it is:

- a fact that no axiom mentions, where the patient agrees with the cell;
- the clinical facts: of all combinations that obey the axioms and that the cells allow, the one most like the patient;
- a history that is not given, where the patient agrees with the number of lines and the latest outcome;
- of a history that is given, each outcome, number of cycles or months, and list of drugs that is wholly unknown.

So a row that is filled in is still a possible patient, who agrees with all that the row says: what is then surely
true is true in some completion of the row. Where nothing fits, the row stays as open as it was, and nothing is lost
but the chance to spare the solver a question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regimen_advisor.columns.cells import Cell
from regimen_advisor.columns.entries import ENDED, OUTCOMES, Bits, Entries, Flags, Ints
from regimen_advisor.columns.exact.combinations import MetCombinations
from regimen_advisor.columns.facts import Batch, FactReader
from regimen_advisor.columns.history import HistoryReader
from regimen_advisor.columns.layout import WORD_BITS
from regimen_advisor.language.values import Choice, Includes, Members, Number, Value
from regimen_advisor.patient.facts import MOST_LINES, ChoiceFact, NumberFact
from regimen_advisor.patient.vocabulary import OPEN_HISTORY, PLATINUM_FREE
from regimen_advisor.solving.assumptions import assumption_groups, value_literals
from regimen_advisor.solving.encoding import Encoding, Slot
from regimen_advisor.solving.solver import Model

_ALL = (1 << WORD_BITS) - 1
_NOT_ASKED = -2


@dataclass
class OpenRows:
    """Some rows of a batch, and all that decides what may be filled in."""

    batch: Batch
    """Without the entries of the histories that are ``history_fixed``."""
    history_fixed: Flags
    """A history is given, and nothing of it is filled in: it leaves nothing open, or other cells say more."""
    combinations: Ints
    """The combination of clinical cells (``MetCombinations.places``)."""

    @classmethod
    def of(cls, batch: Batch, reader: FactReader, met: MetCombinations) -> OpenRows:
        """All rows of a batch."""
        keys = reader.clinical.keys(reader.tables, batch.codes, np.zeros(len(batch.fault), np.int64)) // 3
        fixed = batch.has_history.copy()
        for entries in batch.entries[:1]:
            vague = (
                entries.drugs_unknown
                | (entries.cycles < 0)
                | (entries.months < 0)
                | (entries.outcomes & entries.outcomes - 1 > 0)
            )
            fixed[entries.row[vague]] = False
        fixed |= batch.overspecified
        open_entries = [entries.at(~fixed[entries.row]) for entries in batch.entries]
        return cls(replace(batch, entries=open_entries), fixed, met.places(keys))

    def at(self, rows: Ints) -> OpenRows:
        """Some of them, by number in rising order."""
        return OpenRows(self.batch.at(rows), self.history_fixed[rows], self.combinations[rows])


class CellLiterals:
    """The literals of what each distinct cell of a table says, and of what the rules test, in one encoding."""

    def __init__(self, encoding: Encoding, reader: FactReader) -> None:
        self.encoding, self.reader = encoding, reader
        self._known: dict[str, list[list[int]]] = {}
        self._members: dict[str, list[tuple[str, int]]] = {}

    def members(self, name: str) -> list[tuple[str, int]]:
        """The members of a set that the rules test, and the literal of each."""
        if name not in self._members:
            tested = [member for field in self.reader.layout.fields[name] for member in field.members]
            self._members[name] = [(member, self.encoding.atom(Includes(name, member))) for member in tested]
        return self._members[name]

    def of(self, key: str) -> list[list[int]]:
        """Those of each cell of a column, by its code."""
        cells = self.reader.tables[key].cells
        known = self._known.setdefault(key, [])
        known += [self._literals(key, cell) if cell is not None else [] for cell in cells[len(known) :]]
        return known

    def _literals(self, key: str, cell: Cell) -> list[int]:
        if key in OPEN_HISTORY:  # no line at all says more than their number
            return [literal for part in assumption_groups(self.encoding, cell.patient).values() for literal in part]
        return value_literals(self.encoding, key, cell.facts[key])


class Donor:
    """A complete patient, who supplies what other rows leave open (hot-deck imputation)."""

    def __init__(self, model: Model, literals: CellLiterals, met: MetCombinations) -> None:
        self.reader, self.met = literals.reader, met
        self._model, self._encoding, self._literals = model, literals.encoding, literals
        reader, encoding = self.reader, self._encoding
        layout, facts = reader.layout, reader.domain.facts
        held = {name: self._value(name) for name in facts}
        self._bits = {name: [field.bits(held[name]) for field in layout.fields[name]] for name in facts}
        of_history = reader.domain.of_history
        self._free = [name for name in facts if name not in of_history and name not in reader.clinical.names]
        self._clinical, self._past = self._masks(reader.clinical.names), self._masks(of_history)
        self._past_bits = layout.encode({name: held[name] for name in of_history})
        self._likeness = met.worlds.likeness({name: held[name].possible for name in reader.clinical.names})  # type: ignore[union-attr]
        self._treated = int(model.holds(encoding.lines[0]))
        self._chosen = np.zeros((0, 2), np.int64)
        self._held: dict[tuple[str, int], Bits] = {}
        self._agreed: dict[str, Flags] = {}
        self._slots = [self._by_slot(histories) for histories in reader.histories]
        cycles = held["last_cycles"]
        assert isinstance(cycles, Number)
        self._cycles = cycles.low if cycles.low <= cycles.high else -1
        months = held[PLATINUM_FREE]
        assert isinstance(months, Number)
        self._months = months.low if PLATINUM_FREE in layout.asked_facts else -1

    def _masks(self, names: Iterable[str]) -> list[int]:
        """The bits of some facts in each machine word."""
        masks = [0] * self.reader.layout.size
        for name in names:
            for field in self.reader.layout.fields[name]:
                masks[field.word] |= field.all_bits
        return masks

    def _value(self, name: str) -> Value:
        """What a fact is in the patient, as far as the rules tell its values apart."""
        model, encoding = self._model, self._encoding
        fact = self.reader.domain.facts[name]
        if isinstance(fact, ChoiceFact):
            return Choice(frozenset(word for word, literal in encoding.choices[name].items() if model.holds(literal)))
        if isinstance(fact, NumberFact):
            if name == "last_cycles" and not model.holds(encoding.lines[0]):
                return Number(0, -1, absent=True)
            if name == PLATINUM_FREE and fact.low not in encoding.cuts(name):  # the model says nothing of it
                return fact.unknown
            if name == PLATINUM_FREE and not model.holds(encoding.at_least(name, fact.low)):
                return Number(0, -1, absent=True)
            number = max(
                (cut for cut in encoding.cuts(name) if model.holds(encoding.at_least(name, cut))), default=fact.low
            )
            return Number(number, number)
        members = frozenset(member for member, literal in self._literals.members(name) if model.holds(literal))
        return Members(members, members)

    def _by_slot(self, histories: HistoryReader) -> tuple[Bits, npt.NDArray[np.uint8]]:
        """The drugs and the outcome of each entry, by line and setting; the latest stands for those beyond it."""
        encoding, holds = self._encoding, self._model.holds
        drugs, outcomes = np.zeros(2 * MOST_LINES + 2, np.uint64), np.zeros(2 * MOST_LINES + 2, np.uint8)
        slots: dict[int, Slot] = {0: encoding.curatives[0]}
        slots |= {2 * line: slot for line, slot in enumerate(encoding.inductions, start=1)}
        slots |= {2 * line + 1: slot for line, slot in enumerate(encoding.maintenances, start=1)}
        held = {
            place: (
                histories.bits(self.reader.domain.formulary.expand(filter(lambda k: holds(slot.drugs[k]), slot.drugs))),
                sum(1 << OUTCOMES.index(word) for word, literal in slot.outcomes.items() if holds(literal)),
            )
            for place, slot in slots.items()
            if holds(slot.exists)
        }
        for place in range(len(drugs)):
            near = next((known for known in (place, *range(2 * MOST_LINES, 0, -2), 0) if known in held), None)
            if near is not None:
                drugs[place], outcomes[place] = held[near]
        return drugs, outcomes

    def _agrees(self, key: str) -> Flags:
        """For each distinct cell of a column whether the patient agrees with it."""
        literals, known = self._literals.of(key), self._agreed.get(key, np.zeros(0, bool))
        if len(known) < len(literals):
            agreeing = [all(map(self._model.holds, cell)) for cell in literals[len(known) :]]
            known = self._agreed[key] = np.concatenate([known, np.array(agreeing, bool)])
        return known

    def into(self, rows: OpenRows) -> list[Bits]:
        """The machine words of ``rows`` with what they leave open filled in."""
        batch, has_history = rows.batch, rows.batch.has_history
        past = ~has_history
        for name in OPEN_HISTORY:
            if name in batch.codes:
                past &= self._agrees(name)[batch.codes[name]]
        treated = np.where(has_history, np.minimum(batch.lines, 1), self._treated)
        chosen = np.where(has_history | past, self._choices(rows.combinations)[rows.combinations, treated], -1)
        past &= chosen >= 0
        words = [np.zeros(len(past), np.uint64) for _ in batch.words]
        for name in self._free:
            self._impute(words, batch, name)
        known = chosen >= 0
        for index, mask in enumerate(self._clinical):
            if mask:
                table = self.met.worlds.words[:, index]
                words[index] |= np.where(known, table[chosen], batch.words[index] & np.uint64(mask))
        for index, (mask, bits) in enumerate(zip(self._past, self._past_bits, strict=True)):
            if mask:
                words[index] |= np.where(past, np.uint64(bits), batch.words[index] & np.uint64(mask))
        vague = np.flatnonzero(has_history & ~rows.history_fixed)
        if len(vague):
            self._fill_histories(words, batch, vague)
        return words

    def _impute(self, words: list[Bits], batch: Batch, name: str) -> None:
        """Puts a fact that no axiom mentions: of the patient where it agrees with the cell, else what the cell says."""
        for number, (field, bits) in enumerate(zip(self.reader.layout.fields[name], self._bits[name], strict=True)):
            if name not in batch.codes:
                words[field.word] |= np.uint64(bits)
                continue
            agrees = self._agrees(name)
            held = self._held.get((name, number))
            if held is None or len(held) < len(agrees):
                from_cell = self.reader.bits(name, number)[: len(agrees)]
                held = self._held[name, number] = np.where(agrees, np.uint64(bits), from_cell)
            words[field.word] |= held[batch.codes[name]]

    def _choices(self, combinations: Ints) -> Ints:
        """By combination met the likest complete one, without a line and with one; -1 for none.

        Only those of ``combinations`` and of earlier calls are filled in: most donors meet few of them.
        """
        allowed, split = self.met.allowed, self.met.worlds.untreated
        beyond = np.full((len(allowed) - len(self._chosen), 2), _NOT_ASKED)
        self._chosen = np.vstack([self._chosen, beyond]) if len(beyond) else self._chosen
        asked = np.zeros(len(allowed), bool)
        asked[combinations] = True
        new = np.flatnonzero(asked & (self._chosen[:, 0] == _NOT_ASKED))
        likeness = allowed[new] * (self._likeness + np.int8(1))
        for with_line, before, worlds in ((0, 0, likeness[:, :split]), (1, split, likeness[:, split:])):
            likest = worlds.argmax(axis=1)
            self._chosen[new, with_line] = np.where(worlds[np.arange(len(new)), likest] > 0, before + likest, -1)
        return self._chosen

    def _fill_histories(self, words: list[Bits], batch: Batch, vague: Ints) -> None:
        place = np.full(len(batch.fault), -1)
        place[vague] = np.arange(len(vague))
        sound, parts = np.ones(len(vague), bool), []
        for histories, entries, slots in zip(self.reader.histories, batch.entries, self._slots, strict=True):
            moved = replace(entries, row=place[entries.row])
            parts.append(histories.derive(len(vague), self._filled(moved, *slots)))
            sound &= parts[-1].fault == 0
        filled = [word[vague] & np.uint64(~mask & _ALL) for word, mask in zip(words, self._past, strict=True)]
        self.reader.add_histories(filled, sound, parts)
        for index, word in enumerate(filled):
            words[index][vague[sound]] = word[sound]

    def _filled(self, entries: Entries, drugs: Bits, outcomes: npt.NDArray[np.uint8]) -> Entries:
        place = entries.line * 2 + entries.maintenance
        outcome = entries.outcomes & outcomes[place]
        held = drugs[place]
        drugs_unknown = entries.drugs_unknown & (held > 0)
        outcomes = np.where(outcome > 0, outcome, entries.outcomes)
        return replace(
            entries,
            outcomes=outcomes,
            months=np.where((entries.months < 0) & (outcomes & ~np.uint8(ENDED) == 0), self._months, entries.months),
            cycles=np.where(entries.cycles < 0, self._cycles, entries.cycles),
            drugs=replace(
                entries.drugs,
                must=np.where(drugs_unknown, held, entries.drugs.must),
                may=np.where(drugs_unknown, held, entries.drugs.may),
            ),
        )
