"""Histories read by columns: the entries of all rows side by side, and what the rules ask of them as bits.

The meaning is that of ``history.derived_facts``. Drugs become bit masks once (what a set surely and possibly holds);
a fact about a history is then a bitwise-or over some of its entries. No row is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from regimen_advisor.engines.column_cells import Cell
from regimen_advisor.engines.column_codes import CellTable
from regimen_advisor.engines.column_entries import (
    ONGOING,
    PROGRESSED,
    Bits,
    Entries,
    Flags,
    Ints,
    Sets,
    as_lists,
    faults_of,
    outcomes_of,
    places_of,
    settled,
    twins_of,
)
from regimen_advisor.facts import MOST_CYCLES, MOST_LINES, Domain

SETTINGS = ("maintenance", "curative", "line", "")


@dataclass
class Histories:
    """What the histories of a batch say; rows without a history hold nothing of meaning."""

    lines: Ints
    sets: Mapping[str, Sets]
    last_outcome: npt.NDArray[np.uint8]
    cycles: Ints
    """-1 where it is not known."""
    on_maintenance: tuple[Flags, Flags]
    """Whether it may be true, and whether it may be false."""
    fault: npt.NDArray[np.uint16]


class HistoryReader:
    """Reads batches of histories for the rules that test ``members`` of the facts ``wanted``."""

    def __init__(self, domain: Domain, members: Sequence[str], wanted: Sequence[str], drugs: CellTable) -> None:
        self.domain, self.members, self.wanted, self.drugs = domain, tuple(members), tuple(wanted), drugs
        self.none = np.uint64(1 << self.members.index("none"))
        self.every = np.uint64((1 << len(self.members)) - 1)

    def bits(self, ids: frozenset[str]) -> int:
        """The members among ``ids`` that are asked for, as bits."""
        return sum(1 << index for index, member in enumerate(self.members) if member in ids)

    def moved(self, masks: Bits, members: tuple[str, ...], offset: int) -> Bits:
        """The bits of some of the members, side by side from ``offset`` on."""
        found = np.zeros(len(masks), np.uint64)
        for number, table in enumerate(self._moves(members, offset)):
            if table is not None:
                found |= table[(masks >> np.uint64(16 * number)).astype(np.uint16)]
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - one reader lives as long as its table
    def _moves(self, members: tuple[str, ...], offset: int) -> list[Bits | None]:
        """For every sixteen bits a table of where they go; ``None`` where none of them goes anywhere."""
        tables: list[Bits | None] = []
        for start in range(0, len(self.members), 16):
            halves = np.arange(1 << 16, dtype=np.uint64)
            table = np.zeros(1 << 16, np.uint64)
            for place, member in enumerate(self.members[start : start + 16]):
                if member in members:
                    bit = halves >> np.uint64(place) & np.uint64(1)
                    table |= bit << np.uint64(offset + members.index(member))
            tables.append(table if table.any() else None)
        return tables

    def read(self, row_of_entry: Ints, entries: pl.DataFrame) -> tuple[Entries, Flags]:
        """The ``entries`` (line, setting, drugs, outcome, cycles) in order, and which drugs could not be read."""
        drugs, untold, unread = self._drugs(entries["drugs"])
        line = entries["line"].cast(pl.Int64, strict=False).fill_null(0).to_numpy()
        setting = places_of(entries["setting"], SETTINGS)
        upkeep, curative = setting == SETTINGS.index("maintenance"), setting == SETTINGS.index("curative")
        named = (setting < len(SETTINGS)) | entries["setting"].is_null().to_numpy()
        bad = (curative != (line == 0)) | (line < 0) | (line > MOST_LINES) | ~named
        cycles = entries["cycles"].cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
        bad |= cycles > MOST_CYCLES
        line = np.where(bad, 0, line)
        found = Entries(row_of_entry, line, upkeep, outcomes_of(entries["outcome"]), cycles, drugs, untold, bad)
        order = row_of_entry * 64 + line * 2 + upkeep
        if np.any(order[1:] < order[:-1]):
            found = found.at(np.argsort(order, kind="stable"))
        return found, unread

    def _drugs(self, given: pl.Series) -> tuple[Sets, Flags, Flags]:
        """What each entry surely and possibly held; where nothing is known of it; where a drug could not be read."""
        lists = as_lists(given)
        counts = lists.list.len().fill_null(0).cast(pl.Int64).to_numpy()
        codes = self.drugs.codes(lists.explode(empty_as_null=False, keep_nulls=False))
        filled = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[filled]
        unknown = np.ones(len(counts), bool)
        unread = np.zeros(len(counts), bool)
        found = [np.zeros(len(counts), np.uint64) for _ in range(2)]
        if len(filled):
            unknown[filled] = np.logical_or.reduceat(self.drugs.column("unknown", _is_unknown, np.bool_)[codes], begins)
            unread[filled] = np.logical_or.reduceat(self.drugs.unread()[codes], begins)
            for total, name in zip(found, ("must", "may"), strict=True):
                total[filled] = np.bitwise_or.reduceat(
                    self.drugs.column(name, self._mask(name), np.uint64)[codes], begins
                )
        must, may = found
        must[unknown], may[unknown] = 0, self.every & ~self.none
        return Sets(must, may), unknown, unread

    def _mask(self, name: str) -> Callable[[Cell | None], int]:
        def bits(cell: Cell | None) -> int:
            if cell is None or not cell.patient.history:
                return 0
            return self.bits(getattr(cell.patient.history[0].drugs, name))

        return bits

    def derive(self, rows: int, all_entries: Entries) -> Histories:
        """What the rules may ask of the histories of so many rows; a history with a fault says nothing."""
        fault = faults_of(rows, all_entries)
        entries = all_entries.at(fault[all_entries.row] == 0)
        entries = settled(entries)
        row, line = entries.row, entries.line
        lines = np.zeros(rows, np.int64)
        begins = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if len(row) else np.zeros(0, np.int64)
        ends = np.r_[begins[1:], len(row)] - 1 if len(row) else begins
        lines[row[begins]] = line[ends]  # sorted: the highest line stands last
        last_entry = np.full(rows, -1)
        last_entry[row[begins]] = np.where(line[ends] > 0, ends, -1)
        kept = entries.upkeep[last_entry] & (last_entry >= 0) if len(row) else np.zeros(rows, bool)
        induction = np.where(kept, last_entry - 1, last_entry)
        return Histories(
            lines,
            {name: self._set(name, rows, entries, begins, induction, kept) for name in self.wanted},
            *_latest(entries, induction, kept),
            fault,
        )

    def _set(  # noqa: PLR0917 - a batch in its parts
        self, name: str, rows: int, entries: Entries, begins: Ints, induction: Ints, kept: Flags
    ) -> Sets:
        match name:
            case "received":
                return self._over(rows, entries, begins, np.ones(len(entries.row), bool))
            case "received_in_curative":
                return self._over(rows, entries, begins, entries.line == 0)
            case "progressed_on":
                return self._progressed(rows, entries, begins)
            case "first_line_drugs":
                first = np.full(rows, -1)
                opening = np.flatnonzero((entries.line == 1) & ~entries.upkeep)
                first[entries.row[opening]] = opening
                after = np.r_[entries.upkeep[1:], False] & (np.r_[entries.line[1:], 0] == 1)
                return self._line(entries, first, (first >= 0) & after[first] if len(after) else first >= 0)
            case "last_drugs":
                return self._line(entries, induction, kept)
            case "last_induction_drugs":
                return self._line(entries, induction, np.zeros_like(kept))
        raise NotImplementedError(f"{name}: no reading by columns for this fact of the history")

    def _line(self, entries: Entries, induction: Ints, kept: Flags) -> Sets:
        """The drugs of one line of each patient; the empty word where there is none."""
        if not len(entries.row):
            none = np.full(len(induction), self.none)
            return Sets(none, none)
        found = []
        for mask in (entries.drugs.must, entries.drugs.may):
            both = mask[induction] | np.where(kept, mask[np.minimum(induction + 1, len(mask) - 1)], np.uint64(0))
            found.append(np.where(induction >= 0, both, self.none))
        return Sets(*found)

    def _over(self, rows: int, entries: Entries, begins: Ints, member: Flags) -> Sets:
        """The union over the entries that are ``member``; the empty word where there is none."""
        any_member = np.zeros(rows, bool)
        any_member[entries.row[member]] = True
        found = [np.where(any_member, _union(rows, entries, begins, mask, member), self.none)
                 for mask in (entries.drugs.must, entries.drugs.may)]  # fmt: skip
        return Sets(*found)

    def _progressed(self, rows: int, entries: Entries, begins: Ints) -> Sets:
        surely = _whole_course(entries, entries.outcomes == PROGRESSED)
        possibly = _whole_course(entries, (entries.outcomes & PROGRESSED) > 0)
        any_sure, any_possible = np.zeros(rows, bool), np.zeros(rows, bool)
        any_sure[entries.row[surely]] = True
        any_possible[entries.row[possibly]] = True
        must = _union(rows, entries, begins, entries.drugs.must, surely)
        may = _union(rows, entries, begins, entries.drugs.may, possibly)
        may |= np.where(any_sure, np.uint64(0), self.none)
        return Sets(np.where(any_possible, must, self.none), may)


def _is_unknown(cell: Cell | None) -> bool:
    return cell is None


def _union(rows: int, entries: Entries, begins: Ints, mask: Bits, member: Flags) -> Bits:
    total = np.zeros(rows, np.uint64)
    if len(begins):
        total[entries.row[begins]] = np.bitwise_or.reduceat(np.where(member, mask, np.uint64(0)), begins)
    return total


def _whole_course(entries: Entries, holds: Flags) -> Flags:
    """``holds`` for an entry or for the other entry of its line."""
    upkeep = twins_of(entries)
    either = holds[upkeep] | holds[upkeep - 1]
    whole = holds.copy()
    whole[upkeep] = either
    whole[upkeep - 1] = either
    return whole


def _latest(entries: Entries, induction: Ints, kept: Flags) -> tuple[npt.NDArray[np.uint8], Ints, tuple[Flags, Flags]]:
    """Outcome, cycles and maintenance of the latest line of each patient."""
    if not len(entries.row):
        rows = len(induction)
        none = np.zeros(rows, np.int64)
        return np.zeros(rows, np.uint8), none, (np.zeros(rows, bool), np.ones(rows, bool))
    begun = entries.outcomes[induction]
    upkeep = entries.outcomes[np.minimum(induction + 1, len(entries.row) - 1)]
    outcome = np.where(kept, np.where(upkeep == PROGRESSED, upkeep, begun | (upkeep & PROGRESSED)), begun)
    given = entries.cycles[induction]
    may_run = kept & ((upkeep & ONGOING) > 0)
    return outcome.astype(np.uint8), given, (may_run, ~may_run | (upkeep != ONGOING))
