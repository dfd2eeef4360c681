"""Group the rows of a table into cases: rows alike in everything that can still decide some conditions.

Judged node by node a condition may stay unknown though every completion of the patient agrees on it. Whether that is
so is found out once for a case. Two rows are one case if, of each condition that is open, the same parts are unknown
below unknown parts only (a part that is settled has one value in every completion, so nothing inside it matters any
more), and if they agree on what is known of each fact by which such a part is unknown:

- of a set its cell as it was written, since members that no rule names count too ("positive, and none of the others");
- of a fact that the axioms tie to others, all that is known of the tied facts: of those of the patient today, and of
  the past the number of lines and the latest outcome;
- of a history that is given and leaves such a fact open, what each entry leaves possible of what the conditions ask.

No axiom mentions any other fact, so what is known of it can be completed whatever the rest turns out to be.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from regimen_advisor.columns.entries import Bits, Flags, firsts_of
from regimen_advisor.columns.exact.packed import PackedColumns, as_words, unpacked
from regimen_advisor.columns.facts import Batch, FactReader
from regimen_advisor.columns.program import Column, ColumnProgram
from regimen_advisor.language.conditions import Condition, Leaf, Named, Not, atoms_of, children
from regimen_advisor.language.values import Includes
from regimen_advisor.patient.facts import SetFact
from regimen_advisor.patient.vocabulary import OPEN_HISTORY, PLATINUM, PLATINUM_FREE


class Cases:
    """Numbers the cases of some conditions; each condition comes with the column that says where it is open.

    ``flags`` are columns in which the rows of a case are alike too.
    """

    def __init__(
        self,
        reader: FactReader,
        program: ColumnProgram,
        conditions: Iterable[tuple[Condition, Column]],
        flags: Iterable[Column] = (),
    ) -> None:
        self.reader, self.program = reader, program
        domain = reader.domain
        self._nodes = {column.name: column for column in flags}
        self._alive: dict[str, dict[str, Column]] = {}
        self._met: set[tuple[int, str]] = set()
        self._asks: list[tuple[list[Bits], bool, bool]] = []
        """For each condition the members of sets that it asks about, and whether it asks for cycles and for months."""
        opens = []
        for condition, open_ in conditions:
            self._nodes[open_.name] = open_
            self._walk(condition, open_)
            opens.append(open_)
            atoms = atoms_of(condition)
            months = any(atom.fact == PLATINUM_FREE for atom in atoms)
            members = frozenset(atom.member for atom in atoms if isinstance(atom, Includes))
            members |= {PLATINUM} if months else set[str]()
            masks = [np.array(histories.bits(members), np.uint64) for histories in reader.histories]
            self._asks.append((masks, any(atom.fact == "last_cycles" for atom in atoms), months))
        past = domain.of_history
        tied = {*reader.clinical.names, *past}
        self._untied = [name for name in self._alive if name not in tied]
        by_fact = {name: program.any_of(columns.values()) for name, columns in self._alive.items()}
        alive = [by_fact[name] for name in self._untied]
        alive.append(program.any_of(column for name, column in by_fact.items() if name in tied))
        alive.append(program.any_of(column for name, column in by_fact.items() if name in past))
        self._tied = [*reader.clinical.names, *OPEN_HISTORY]
        self._packed = PackedColumns(program, [*self._nodes.values(), *opens, *alive])

    def _walk(self, condition: Condition, open_: Column) -> None:
        """Notes where each part, and each fact, is unknown below unknown parts only."""
        met = (id(condition), open_.name)
        if open_.constant is False or met in self._met:
            return
        self._met.add(met)
        match condition:
            case Leaf(atom=atom):
                self._alive.setdefault(atom.fact, {})[open_.name] = open_
            case Named() | Not():
                self._walk(children(condition)[0], open_)
            case _:
                self._nodes[open_.name] = open_
                for part in children(condition):
                    self._walk(part, self.program.all_of((open_, self.program.unknown(part))))

    def numbers(self, batch: Batch, table: pl.DataFrame) -> Bits:
        """The number of the case of each row, equal where they are one case; ``table`` holds the rows as written."""
        count = len(batch.fault)
        packed = self._packed(batch.words)
        nodes = len(self._nodes)
        number = np.zeros(count, np.uint64)
        for word in as_words(packed[:nodes], count):
            number = mixed(number, word)
        opens = packed[nodes : nodes + len(self._asks)]
        *untied, tied, past = unpacked(packed[nodes + len(self._asks) :], count)
        known = [np.zeros(count, np.uint64) for _ in batch.words]
        for name, alive in zip(self._untied, untied, strict=True):
            if isinstance(self.reader.domain.facts[name], SetFact):
                if name in batch.codes:
                    number = mixed(number, np.where(alive, batch.codes[name], -1).astype(np.uint64))
            else:
                self._add(known, name, alive)
        for name in self._tied:
            self._add(known, name, tied)
        for word, mask in zip(batch.words, known, strict=True):
            number = mixed(number, word & mask)
        number = mixed(number, past.astype(np.uint64))
        asked = past & batch.has_history
        histories = self._histories(batch, asked, unpacked(opens, count), table)
        return mixed(number, np.where(asked, histories, np.uint64(0)))

    def _add(self, known: list[Bits], name: str, alive: Flags) -> None:
        for field in self.reader.layout.fields[name]:
            known[field.word] |= np.where(alive, np.uint64(field.all_bits), np.uint64(0))

    def _histories(self, batch: Batch, asked: Flags, opens: Flags, table: pl.DataFrame) -> Bits:
        """A number for what each history that is asked for leaves possible; equal where they leave the same.

        Where a list of drugs is known in part, how its parts combine counts too: it is distinguished as written.
        """
        numbers = np.zeros(len(asked), np.uint64)
        if not asked.any():
            return numbers
        in_part = np.zeros(len(asked), bool)
        cycles: Flags = np.logical_or.reduce(opens[[asked for _, asked, _ in self._asks]], axis=0)
        months: Flags = np.logical_or.reduce(opens[[asked for _, _, asked in self._asks]], axis=0)
        for reader, entries in enumerate(batch.entries):
            members = np.zeros(len(asked), np.uint64)
            for open_, (masks, *_) in zip(opens, self._asks, strict=True):
                members |= np.where(open_, masks[reader], np.uint64(0))
            selected = entries.at(asked[entries.row])
            begins = firsts_of(selected.row)
            place, wanted = selected.line * 2 + selected.maintenance, members[selected.row]
            number = mixed(wanted, (place * 256 + selected.outcomes).astype(np.uint64))
            number = mixed(number, np.where(cycles[selected.row], selected.cycles + 1, 0).astype(np.uint64))
            number = mixed(number, np.where(months[selected.row], selected.months + 1, 0).astype(np.uint64))
            must, may = selected.drugs.must & wanted, selected.drugs.may & wanted
            number = mixed(mixed(number, must), may)
            numbers[selected.row[begins]] += np.add.reduceat(number, begins)
            in_part[selected.row[~selected.drugs_unknown & (must != may)]] = True
        if in_part.any():
            written = table["history"].filter(pl.Series(in_part)).hash(0)
            numbers[in_part] = mixed(numbers[in_part], written.to_numpy())
        return numbers


_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))


def mixed(number: Bits | np.uint64, word: Bits) -> Bits:
    """A number that depends on every bit of both, as hashes do."""
    with np.errstate(over="ignore"):
        found = (number ^ word) * _ODD[0]
        found ^= found >> np.uint64(32)
        return (found + _ODD[1]) * _ODD[1]
