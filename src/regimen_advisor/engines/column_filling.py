"""Rows filled in: what a row leaves open is taken from a complete patient, as far as that agrees with the row.

A cell that is open node by node is open in truth if one completion of the row is offered and another is not. The
solver finds completions one by one; here one that it has found for some row is tried on all others at once. The facts
of a patient fall into groups that no axiom ties to each other, and each group is filled by itself or left as it is:

- a fact that no axiom mentions, where the patient agrees with the cell;
- the clinical facts: of all combinations that obey the axioms and that the cells allow, the one most like the patient;
- a history that is not given, where the patient agrees with the number of lines and the latest outcome;
- of a history that is given, each outcome, number of cycles and list of drugs that is wholly unknown.

So a row that is filled in is still a possible patient, who agrees with all that the row says: what is then surely
true is true in some completion of the row. Where nothing fits, the row stays as open as it was, and nothing is lost
but a chance to spare the solver a question.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regimen_advisor.engines.column_codes import Codes
from regimen_advisor.engines.column_entries import OUTCOMES, Bits, Entries, Flags, Ints
from regimen_advisor.engines.column_facts import Batch, FactReader
from regimen_advisor.engines.column_history import HistoryReader
from regimen_advisor.engines.column_tied import DERIVED
from regimen_advisor.engines.encoding import Encoding, Slot
from regimen_advisor.engines.knowing import units, value_literals
from regimen_advisor.engines.solver import Model
from regimen_advisor.facts import MOST_LINES, ChoiceFact, NumberFact
from regimen_advisor.narrowing import Contradiction, narrow
from regimen_advisor.values import Choice, Includes, Members, Number, Value

_OPEN_PAST = ("prior_lines", "last_outcome")


class Clinicals:
    """The complete combinations of the clinical facts that obey the axioms, and which of them some cells allow."""

    def __init__(self, reader: FactReader) -> None:
        self.reader, self.names = reader, reader.clinical.names
        facts = [reader.domain.facts[name] for name in self.names]
        self.all: list[tuple[str, ...]] = []
        treated = []
        for words in itertools.product(*(fact.domain for fact in facts if isinstance(fact, ChoiceFact))):
            for lines in (0, 1):
                known: list[tuple[str, Value]] = [
                    (name, _only(word)) for name, word in zip(self.names, words, strict=True)
                ]
                try:
                    narrow([*known, ("prior_lines", Number(lines, lines))], reader.clinical.part)
                except Contradiction:
                    continue
                self.all.append(words)
                treated.append(lines)
        self.treated = np.array(treated)
        self.words = np.array(
            [
                reader.layout.encode({name: _only(word) for name, word in zip(self.names, words, strict=True)})
                for words in self.all
            ],
            np.uint64,
        )
        self._allowed: dict[int, Flags] = {}

    def allowed(self, combination: int) -> Flags:
        """Which of the complete combinations the cells of ``combination`` allow."""
        if combination not in self._allowed:
            possible = self.reader.clinical.possible(combination)
            self._allowed[combination] = np.array(
                [
                    all(word in possible[name] for name, word in zip(self.names, words, strict=True))
                    for words in self.all
                ]
            )
        return self._allowed[combination]


def _only(word: str) -> Choice:
    return Choice(frozenset({word}))


@dataclass
class OpenRows:
    """Some rows of a batch: their machine words and all that decides what may be filled in."""

    words: list[Bits]
    codes: Mapping[str, Codes]
    given: Flags
    """A history is given."""
    kept: Flags
    """Nothing of the past is filled in: the row says more than its history, and was read by itself."""
    lines: Ints
    entries: list[Entries]
    combinations: Ints
    """The number of the combination of clinical cells, a place in ``distinct``."""
    distinct: list[int]

    @classmethod
    def of(cls, batch: Batch, reader: FactReader) -> OpenRows:
        """All rows of a batch."""
        keys = reader.clinical.keys(reader.tables, batch.codes, np.zeros(len(batch.fault), np.int64)) // 3
        distinct, places = np.unique(keys, return_inverse=True)
        return cls(
            batch.words,
            batch.codes,
            batch.has_history,
            batch.odd,
            batch.lines,
            batch.entries,
            places,
            distinct.tolist(),
        )

    def at(self, rows: Ints) -> OpenRows:
        """Some of them, by number in rising order."""
        place = np.full(len(self.given), -1)
        place[rows] = np.arange(len(rows))
        entries = []
        for all_ in self.entries:
            some = all_.at(place[all_.row] >= 0)
            entries.append(replace(some, row=place[some.row]))
        present, combinations = np.unique(self.combinations[rows], return_inverse=True)
        return OpenRows(
            [word[rows] for word in self.words],
            {key: codes[rows] for key, codes in self.codes.items()},
            self.given[rows],
            self.kept[rows],
            self.lines[rows],
            entries,
            combinations,
            [self.distinct[one] for one in present.tolist()],
        )


class Filling:
    """A complete patient, who lends other rows what they leave open."""

    def __init__(self, model: Model, encoding: Encoding, reader: FactReader, clinicals: Clinicals) -> None:
        self.reader, self.clinicals = reader, clinicals
        self._model, self._encoding = model, encoding
        layout, facts = reader.layout, reader.domain.facts
        held = {name: self._value(name) for name in facts}
        self._bits = {
            name: [(field.word, field.all_bits, field.bits(held[name])) for field in layout.fields[name]]
            for name in facts
        }
        self._free = [name for name in facts if name not in DERIVED and name not in reader.clinical.names]
        self._likeness = np.array(
            [
                sum(word in held[name].possible for name, word in zip(clinicals.names, words, strict=True))  # type: ignore[union-attr]
                for words in clinicals.all
            ]
        )
        self._treated = int(model.holds(encoding.lines[0]))
        self._chosen: dict[tuple[int, int], int] = {}
        self._agreed: dict[str, Flags] = {}
        self._slots = [self._by_slot(histories) for histories in reader.histories]
        cycles = held["last_cycles"]
        assert isinstance(cycles, Number)
        self._cycles = cycles.low if cycles.low <= cycles.high else -1

    def _value(self, name: str) -> Value:
        """What a fact is in the patient, as far as the rules tell its values apart."""
        model, encoding = self._model, self._encoding
        fact = self.reader.domain.facts[name]
        if isinstance(fact, ChoiceFact):
            return Choice(frozenset(word for word, literal in encoding.choices[name].items() if model.holds(literal)))
        if isinstance(fact, NumberFact):
            if name == "last_cycles" and not model.holds(encoding.lines[0]):
                return Number(0, -1, absent=True)
            number = max(
                (cut for cut in encoding.cuts(name) if model.holds(encoding.at_least(name, cut))), default=fact.low
            )
            return Number(number, number)
        asked = [member for field in self.reader.layout.fields[name] for member in field.members]
        members = frozenset(member for member in asked if model.holds(encoding.atom(Includes(name, member))))
        return Members(members, members)

    def _by_slot(self, histories: HistoryReader) -> tuple[Bits, npt.NDArray[np.uint8]]:
        """The drugs and the outcome of each entry, by line and setting; the latest stands for those beyond it."""
        encoding, holds = self._encoding, self._model.holds
        drugs, outcomes = np.zeros(2 * MOST_LINES + 2, np.uint64), np.zeros(2 * MOST_LINES + 2, np.uint8)
        there: dict[int, Slot] = {0: encoding.curatives[0]}
        there |= {2 * line: slot for line, slot in enumerate(encoding.inductions, start=1)}
        there |= {2 * line + 1: slot for line, slot in enumerate(encoding.maintenances, start=1)}
        for place in range(len(drugs)):
            near = [other for other in (place, *range(2 * MOST_LINES, 0, -2), 0) if other in there]
            slot = next((there[other] for other in near if holds(there[other].exists)), None)
            if slot is not None:
                kinds = [kind for kind, literal in slot.drugs.items() if holds(literal)]
                drugs[place] = histories.bits(self.reader.domain.formulary.expand(kinds))
                outcomes[place] = sum(
                    1 << OUTCOMES.index(word) for word, literal in slot.outcomes.items() if holds(literal)
                )
        return drugs, outcomes

    def _agrees(self, key: str) -> Flags:
        """For each distinct cell of a column whether the patient agrees with it."""
        cells = self.reader.tables[key].cells
        known = self._agreed.get(key)
        if known is None or len(known) < len(cells):
            told = []
            for cell in cells[0 if known is None else len(known) :]:
                literals: list[int] = []
                if cell is not None and key in _OPEN_PAST:  # no line at all says more than their number
                    literals = [literal for part in units(self._encoding, cell.patient).values() for literal in part]
                elif cell is not None:
                    literals = value_literals(self._encoding, key, cell.facts[key])
                told.append(all(map(self._model.holds, literals)))
            known = self._agreed[key] = np.concatenate(
                [np.zeros(0, bool) if known is None else known, np.array(told, bool)]
            )
        return known

    def into(self, rows: OpenRows) -> list[Bits]:
        """The machine words of ``rows`` with what they leave open filled in."""
        words = [word.copy() for word in rows.words]
        for name in self._free:
            where = self._agrees(name)[rows.codes[name]] if name in rows.codes else None
            self._put(words, name, where)
        past = ~rows.given
        for name in _OPEN_PAST:
            if name in rows.codes:
                past &= self._agrees(name)[rows.codes[name]]
        chosen = self._combination(rows, past)
        past &= chosen >= 0
        for name in DERIVED:
            self._put(words, name, past)
        for name in self.clinicals.names:
            for word, mask, _ in self._bits[name]:
                bits = self.clinicals.words[:, word][chosen] & np.uint64(mask)
                words[word] = np.where(chosen >= 0, words[word] & ~np.uint64(mask) | bits, words[word])
        if rows.entries and rows.given.any():
            self._fill_histories(words, rows)
        return words

    def _put(self, words: list[Bits], name: str, where: Flags | None) -> None:
        for word, mask, bits in self._bits[name]:
            filled = words[word] & ~np.uint64(mask) | np.uint64(bits)
            words[word] = filled if where is None else np.where(where, filled, words[word])

    def _combination(self, rows: OpenRows, past: Flags) -> Ints:
        """The combination of clinical facts that each row is given; -1 for none."""
        table = np.array([[self._choice(one, treated) for treated in (0, 1)] for one in rows.distinct])
        treated = np.where(rows.given, np.minimum(rows.lines, 1), self._treated)
        chosen = table[rows.combinations, treated] if len(table) else np.zeros(0, np.int64)
        return np.where(rows.given | past, chosen, -1)

    def _choice(self, combination: int, treated: int) -> int:
        key = (combination, treated)
        if key not in self._chosen:
            fits = self.clinicals.allowed(combination) & (self.clinicals.treated == treated)
            self._chosen[key] = int(np.argmax(np.where(fits, self._likeness, -1))) if fits.any() else -1
        return self._chosen[key]

    def _fill_histories(self, words: list[Bits], rows: OpenRows) -> None:
        parts, sound = [], rows.given & ~rows.kept
        for histories, entries, slots in zip(self.reader.histories, rows.entries, self._slots, strict=True):
            parts.append(histories.derive(len(rows.given), self._filled(entries, *slots)))
            sound &= parts[-1].fault == 0
        filled = [word.copy() for word in words]
        for name in DERIVED:
            for word, mask, _ in self._bits[name]:
                filled[word] &= ~np.uint64(mask)
        self.reader.add_histories(filled, rows.given, parts)
        for index, word in enumerate(filled):
            words[index] = np.where(sound, word, words[index])

    def _filled(self, entries: Entries, drugs: Bits, outcomes: npt.NDArray[np.uint8]) -> Entries:
        place = entries.line * 2 + entries.upkeep
        outcome = entries.outcomes & outcomes[place]
        held = drugs[place]
        untold = entries.untold & (held > 0)
        return replace(
            entries,
            outcomes=np.where(outcome > 0, outcome, entries.outcomes),
            cycles=np.where(entries.cycles < 0, self._cycles, entries.cycles),
            drugs=replace(
                entries.drugs,
                must=np.where(untold, held, entries.drugs.must),
                may=np.where(untold, held, entries.drugs.may),
            ),
        )
