"""Read histories by columns: the entries of all rows in one table, and what the rules ask of them as bits.

The meaning is that of ``history.derived_facts``. Drugs become bit masks once (what a set surely and possibly holds);
a fact about a history is then a bitwise-or over some of its entries. No row is handled one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from regimen_advisor.columns.cells import Cell
from regimen_advisor.columns.codes import CellTable
from regimen_advisor.columns.entries import (
    ANY_OUTCOME,
    BITS,
    ONGOING,
    Bits,
    Entries,
    Flags,
    Ints,
    Sets,
    as_lists,
    every_bit,
    faults_of,
    firsts_of,
    lasts_of,
    outcomes_of,
    places_of,
    settled,
    settled_timed,
    twins_of,
    whole_numbers,
)
from regimen_advisor.patient.facts import MOST_CYCLES, MOST_LINES, Domain, SetFact
from regimen_advisor.patient.history import line_outcomes
from regimen_advisor.patient.vocabulary import MOST_MONTHS, PLATINUM, PLATINUM_FREE

NO_CYCLES = -2
ENDS = ("progressed", "relapsed")
"""The tests of an entry that ask how its whole line ended."""
SETTINGS = ("maintenance", "curative", "line", "")


@dataclass
class Months:
    """The least and the most months of each row, and whether there may be none; more than most where there is none."""

    low: Ints
    high: Ints
    absent: Flags


@dataclass
class Histories:
    """What the histories of a batch say; rows without a history hold nothing of meaning."""

    lines: Ints
    sets: Mapping[str, Sets]
    last_outcome: npt.NDArray[np.uint8]
    """The possible ones as bits; none of them where no line was given."""
    cycles: Ints
    """-1 where it is not known, ``NO_CYCLES`` where no line was given."""
    on_maintenance: tuple[Flags, Flags]
    """Whether it may be true, and whether it may be false."""
    fault: npt.NDArray[np.uint16]
    platinum_free: Months | None
    """None where no rule asks for it, or this reader does not know of platinum."""


class HistoryReader:
    """Reads batches of histories for the rules that test ``members`` of the facts ``wanted``."""

    def __init__(self, domain: Domain, members: Sequence[str], wanted: Sequence[str], drugs: CellTable) -> None:
        self.domain, self.members, self.wanted, self.drugs = domain, tuple(members), tuple(wanted), drugs
        self.none_bit = np.uint64(1 << self.members.index("none"))
        self.every_bit = np.uint64((1 << len(self.members)) - 1)

    def bits(self, ids: frozenset[str]) -> int:
        """The members among ``ids`` that are asked for, as bits."""
        return sum(1 << index for index, member in enumerate(self.members) if member in ids)

    def moved(self, masks: Bits, members: tuple[str, ...], offset: int) -> Bits:
        """The bits of some of the members, side by side from ``offset`` on."""
        found = np.zeros(len(masks), np.uint64)
        for number, table in enumerate(self._moves(members, offset)):
            if table is not None:
                found |= table.take((masks >> np.uint64(16 * number)).astype(np.uint16))
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - one reader lives as long as its table
    def _moves(self, members: tuple[str, ...], offset: int) -> list[Bits | None]:
        """For every sixteen bits a table of where they go; ``None`` where none of them goes anywhere."""
        tables: list[Bits | None] = []
        for start in range(0, len(self.members), 16):
            table = np.zeros(1, np.uint64)
            for place in range(start, start + 16):  # the second half is the first with one bit more
                member = self.members[place] if place < len(self.members) else None
                bit = 1 << offset + members.index(member) if member in members else 0
                table = np.concatenate([table, table | np.uint64(bit)])
            tables.append(table if table.any() else None)
        return tables

    def read(self, row_of_entry: Ints, entries: pl.DataFrame) -> tuple[Entries, Flags]:
        """The ``entries`` (line, setting, drugs, outcome, ...) in order, and where a word was not read."""
        drugs, drugs_unknown, unread = self._drugs(entries["drugs"])
        numbered, strange = whole_numbers(entries["cycles"], MOST_CYCLES)
        timed, odd = whole_numbers(entries["relapse_after"], MOST_MONTHS)
        outcomes, other_words = outcomes_of(entries["outcome"])
        unread |= other_words | strange | odd
        numbers = entries.select(
            pl.col("line").cast(pl.Int64, strict=False).fill_null(0),
            pl.lit(numbered.fill_null(-1)).alias("cycles"),
            pl.lit(timed.fill_null(-1)).alias("relapse_after"),
            pl.col("setting").is_null(),
        )
        line, cycles, months, unset = (column.to_numpy() for column in numbers)
        setting = places_of(entries["setting"], SETTINGS)
        maintenance, curative = setting == SETTINGS.index("maintenance"), setting == SETTINGS.index("curative")
        named = (setting < len(SETTINGS)) | unset
        bad = (curative != (line == 0)) | (line < 0) | (line > MOST_LINES) | ~named
        bad |= (cycles > MOST_CYCLES) | (months > MOST_MONTHS)
        line = np.where(bad, 0, line)
        found = Entries(row_of_entry, line, maintenance, outcomes, cycles, months, drugs, drugs_unknown, bad)
        order = row_of_entry * 64 + line * 2 + maintenance
        if np.any(order[1:] < order[:-1]):
            found = found.at(np.argsort(order, kind="stable"))
        return found, unread

    def _drugs(self, column: pl.Series) -> tuple[Sets, Flags, Flags]:
        """What each entry surely and possibly held; where nothing is known of it; where a drug could not be read."""
        lists = as_lists(column)
        counts = lists.list.len().fill_null(0).cast(pl.Int64).to_numpy()
        codes = self.drugs.codes(lists.explode(empty_as_null=False, keep_nulls=False))
        filled = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[filled]
        unknown = counts == 0
        unread = np.zeros(len(counts), bool)
        found = [np.zeros(len(counts), np.uint64) for _ in range(2)]
        for total, name in zip(found, ("must", "may"), strict=True):
            if len(filled):
                mask = self.drugs.column(name, self._mask(name), np.uint64)
                total[filled] = np.bitwise_or.reduceat(mask.take(codes), begins)
        for flags, of_code in (
            (unknown, self.drugs.column("unknown", _is_unknown, np.bool_)),
            (unread, self.drugs.unread()),
        ):
            if of_code.any():  # rare, so looked for drug by drug
                flags[filled[np.searchsorted(begins, np.flatnonzero(of_code[codes]), "right") - 1]] = True
        must, may = found
        must[unknown], may[unknown] = 0, self.every_bit & ~self.none_bit
        return Sets(must, may), unknown, unread

    def _mask(self, name: str) -> Callable[[Cell | None], int]:
        def bits(cell: Cell | None) -> int:
            if cell is None or not cell.patient.history:
                return 0
            return self.bits(getattr(cell.patient.history[0].drugs, name))

        return bits

    def derive(self, rows: int, all_entries: Entries) -> Histories:
        """What the rules may ask of the histories of so many rows; a history with a fault says nothing.

        Entries of row -1 belong to none of them.
        """
        if (all_entries.row < 0).any():
            all_entries = all_entries.at(np.flatnonzero(all_entries.row >= 0))
        all_entries = settled_timed(all_entries)
        fault = faults_of(rows, all_entries)
        entries = settled(all_entries.at(fault[all_entries.row] == 0) if fault.any() else all_entries)
        row, line = entries.row, entries.line
        lines = np.zeros(rows, np.int64)
        begins = firsts_of(row)
        ends = lasts_of(begins, len(row))
        lines[row[begins]] = line[ends]  # sorted: the highest line comes last
        last_entry = np.full(rows, -1)
        last_entry[row[begins]] = np.where(line[ends] > 0, ends, -1)
        kept = row[ends[entries.maintenance[ends]]]
        induction = last_entry.copy()
        induction[kept] -= 1
        return Histories(
            lines,
            {name: self._set(name, rows, entries, lines) for name in self.wanted if name in self.domain.history_sets},
            *_latest(entries, induction, kept),
            fault,
            self._platinum_free(rows, entries),
        )

    def _set(self, name: str, rows: int, entries: Entries, lines: Ints) -> Sets:
        """A fact over the history: the union of the drugs of the entries that pass its tests."""
        fact = self.domain.facts[name]
        if not isinstance(fact, SetFact) or fact.over is None:
            raise NotImplementedError(f"no reading by columns of the history fact `{name}`: it names no entries")
        passes = np.ones(len(entries.row), bool)
        for test in fact.over:
            if test not in ENDS:
                passes &= _passes(test, entries, lines)
        for end in ENDS:
            if end in fact.over:
                return self._ended(rows, entries, passes, np.uint8(BITS[end]))
        return self._over(rows, entries, slice(None) if passes.all() else np.flatnonzero(passes))

    def _platinum_free(self, rows: int, entries: Entries) -> Months | None:
        """See ``history.derived_facts``."""
        if PLATINUM not in self.members or PLATINUM_FREE not in self.wanted:
            return None
        bit, ended = np.uint64(1 << self.members.index(PLATINUM)), np.uint8(BITS["progressed"] | BITS["relapsed"])
        sure = (entries.drugs.must & bit) > 0
        counted = np.cumsum(sure)
        begins = firsts_of(entries.row)
        last = np.repeat(counted[lasts_of(begins, len(sure))], np.diff(begins, append=len(sure)))
        latest = ((entries.drugs.may & bit) > 0) & (counted == last)
        ends = latest & _whole_course(entries, (entries.outcomes & ended) > 0)
        open_ = latest & ~_whole_course(entries, entries.outcomes & ~ended == 0)
        absent = np.ones(rows, bool)
        absent[entries.row[sure]] = False
        absent[entries.row[open_]] = True
        low, high = np.full(rows, MOST_MONTHS + 1), np.full(rows, -1)
        months, row = entries.months[ends], entries.row[ends]
        np.minimum.at(low, row, np.maximum(months, 0))
        np.maximum.at(high, row, np.where(months < 0, MOST_MONTHS, months))
        return Months(low, high, absent)

    def _over(self, rows: int, entries: Entries, places: Ints | slice) -> Sets:
        """The union over the entries at some places; the empty word where there is none."""
        found = Sets(np.full(rows, self.none_bit), np.full(rows, self.none_bit))
        masks = (found.must, entries.drugs.must[places]), (found.may, entries.drugs.may[places])
        _unite(entries.row[places], *masks)
        return found

    def _ended(self, rows: int, entries: Entries, passes: Flags, end: np.uint8) -> Sets:
        surely = np.flatnonzero(_whole_course(entries, entries.outcomes == end) & passes)
        possibly = np.flatnonzero(_whole_course(entries, (entries.outcomes & end) > 0) & passes)
        must = np.full(rows, self.none_bit)
        must[entries.row[possibly]] = 0
        sure = np.zeros(rows, bool)
        sure[entries.row[surely]] = True
        may = np.zeros(rows, np.uint64)
        _unite(entries.row[possibly], (may, entries.drugs.may[possibly]))
        _unite(entries.row[surely], (must, entries.drugs.must[surely]))
        return Sets(must, may | (self.none_bit & ~every_bit(sure)))


def _is_unknown(cell: Cell | None) -> bool:
    return cell is None


def _unite(row: Ints, *totals_and_masks: tuple[Bits, Bits]) -> None:
    """Put the union of the masks of each row in its place in the total."""
    begins = firsts_of(row)
    for total, mask in totals_and_masks if len(begins) else ():
        total[row[begins]] = np.bitwise_or.reduceat(mask, begins)


def _passes(test: str, entries: Entries, lines: Ints) -> Flags:
    """Which entries pass a test that is certain of each; ``lines`` is the number of lines of each row."""
    line = entries.line
    passes: Flags
    match test:
        case "curative":
            passes = line == 0
        case "numbered":
            passes = line > 0
        case "first line":
            passes = line == 1
        case "later line":
            passes = line > 1
        case "latest line":
            passes = (line > 0) & (line == lines[entries.row])
        case "induction":
            passes = ~entries.maintenance
        case _:
            raise NotImplementedError(f"no reading by columns of the test `{test}` of a history entry")
    return passes


def _whole_course(entries: Entries, holds: Flags) -> Flags:
    """Where ``holds`` does, for the entry itself or for the other entry of its line."""
    maintenance = twins_of(entries)
    whole = holds.copy()
    whole[maintenance] = whole[maintenance - 1] = holds[maintenance] | holds[maintenance - 1]
    return whole


def _with_maintenance() -> npt.NDArray[np.uint8]:
    """The outcomes of a line by those of its induction and of its maintenance, all as bits."""
    sets = [frozenset(word for word, bit in BITS.items() if bits & bit) for bits in range(ANY_OUTCOME + 1)]
    return np.array(
        [
            [sum(BITS[word] for word in line_outcomes(induction, maintenance)) for maintenance in sets]
            for induction in sets
        ],
        np.uint8,
    )


_WITH_MAINTENANCE = _with_maintenance()


def _latest(entries: Entries, induction: Ints, kept: Ints) -> tuple[npt.NDArray[np.uint8], Ints, tuple[Flags, Flags]]:
    """Outcome, cycles and maintenance of the latest line of each patient."""
    outcome = np.append(entries.outcomes, np.uint8(0)).take(induction)  # the last place, -1, is that of no entry
    cycles = np.append(entries.cycles, NO_CYCLES).take(induction)
    begun, maintenance = outcome[kept], entries.outcomes[induction[kept] + 1]
    outcome[kept] = _WITH_MAINTENANCE[begun, maintenance]
    may_run, may_not = np.zeros(len(induction), bool), np.ones(len(induction), bool)
    may_run[kept] = (maintenance & ONGOING) > 0
    may_not[kept] = maintenance != ONGOING
    return outcome, cycles, (may_run, may_not)
