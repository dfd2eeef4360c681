"""Hold the history entries of a whole table in columns, and find impossible histories."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from regimen_advisor.patient.facts import Outcome

OUTCOMES = get_args(Outcome)
BITS = {outcome: 1 << place for place, outcome in enumerate(OUTCOMES)}
ENDED = BITS["progressed"] | BITS["relapsed"]
ONGOING = BITS["ongoing"]
_FEW = 255
ANY_OUTCOME = (1 << len(OUTCOMES)) - 1

FAULTS = (
    "",
    "no_line",
    "line_twice",
    "gap",
    "maintenance_of_none",
    "ongoing_maintenance",
    "months_without_end",
)
"""Entries of the room ``history_fault``; the first for none."""

Number = TypeVar("Number", bound=np.generic)
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sets:
    """What a set surely holds (``must``) and possibly (``may``), a bit for each member, a row for each patient."""

    must: Bits
    may: Bits


@dataclass(frozen=True)
class Entries:
    """The entries of all rows, those of a row together: curative first, then by line, induction before maintenance."""

    row: Ints
    line: Ints
    """0 for treatment with curative intent."""
    maintenance: Flags
    outcomes: npt.NDArray[np.uint8]
    cycles: Ints
    """-1 where it is not known."""
    months: Ints
    """From the last dose to the progression or relapse; -1 where it is not known."""
    drugs: Sets
    drugs_unknown: Flags
    """Nothing is known of the drugs."""
    bad: Flags

    def at(self, keep: npt.NDArray[np.generic]) -> Entries:
        """Some of the entries, or all in another order."""
        drugs = Sets(self.drugs.must[keep], self.drugs.may[keep])
        return Entries(
            self.row[keep],
            self.line[keep],
            self.maintenance[keep],
            self.outcomes[keep],
            self.cycles[keep],
            self.months[keep],
            drugs,
            self.drugs_unknown[keep],
            self.bad[keep],
        )


def every_bit(flags: Flags) -> Bits:
    """All bits where a flag is set and none elsewhere: to mask with it is ten times faster than to choose by a flag."""
    return np.negative(flags.astype(np.uint64))


def firsts_of(groups: Ints) -> Ints:
    """The places where a group of equal numbers begins."""
    begins = np.ones(len(groups), bool)
    begins[1:] = groups[1:] != groups[:-1]
    return np.flatnonzero(begins)


def lasts_of(begins: Ints, count: int) -> Ints:
    """The places where each group ends, of which ``begins`` are the first and ``count`` comes after the last."""
    return np.append(begins[1:], count)[: len(begins)] - 1


def as_lists(drugs: pl.Series) -> pl.Series:
    """The drugs of each entry as a list; as text they are JSON or joined by ``;``."""
    if isinstance(drugs.dtype, pl.List):
        return drugs
    text = drugs.cast(pl.String).str.strip_chars()
    is_json = text.str.starts_with("[").fill_null(value=False)
    lists = text.set(is_json, None).str.split(";")
    if not is_json.any():
        return lists
    try:
        decoded = text.set(~is_json, None).str.json_decode(pl.List(pl.String))
    except pl.exceptions.ComputeError:  # some are no list of words: each of these is one word, which is not known
        decoded = pl.Series([_words(cell) for cell in text.set(~is_json, None).to_list()], dtype=pl.List(pl.String))
    return pl.select(pl.when(is_json).then(decoded).otherwise(lists)).to_series()


def _words(text: str | None) -> list[str] | None:
    try:
        words = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return [str(text)]
    return words if words is None or all(isinstance(word, str) for word in words) else [str(text)]


def entry_name(line: int | None, setting: str | None) -> str:
    """An entry as it is named in a report."""
    if setting == "curative" or line is None:
        return "history curative"
    return f"history line {line}{' maintenance' if setting == 'maintenance' else ''}"


def whole_numbers(column: pl.Series, highest: int) -> tuple[pl.Series, Flags]:
    """The numbers of cycles or months, and which cells of text are not such a number."""
    if column.dtype != pl.String:
        return column.cast(pl.Int64, strict=False), np.zeros(len(column), bool)
    numbers = column.str.strip_chars().cast(pl.Int64, strict=False)
    numbers = numbers.set(~numbers.is_between(0, highest), None)
    silent = column.is_null() | column.is_in(["", "unknown"])
    return numbers, np.asarray((numbers.is_null() & ~silent.fill_null(value=True)).to_numpy())


def outcomes_of(column: pl.Series) -> tuple[npt.NDArray[np.uint8], Flags]:
    """The possible outcomes, and which cells hold a word that is not an outcome, which is unknown."""
    table = np.array([*(1 << index for index in range(len(OUTCOMES))), ANY_OUTCOME], np.uint8)
    places = places_of(column, OUTCOMES)
    unread = places == len(OUTCOMES)
    words = column.filter(pl.Series(unread)).cast(pl.String)
    unread[unread] = (words.is_not_null() & ~words.is_in(["", "unknown"])).to_numpy()
    return np.asarray(table[places]), unread


def places_of(column: pl.Series, words: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """For each cell its place among a few words; the number of words where it is not among them."""
    if isinstance(column.dtype, pl.Enum) and len(column.dtype.categories) < _FEW:  # looked up, not written out as text
        found = [words.index(word) if word in words else len(words) for word in column.dtype.categories]
        table = np.array([*found, *[len(words)] * (256 - len(found))], np.uint8)
        return np.asarray(table[column.to_physical().cast(pl.UInt8).fill_null(255).to_numpy()])
    coded = column.cast(pl.String).cast(pl.Enum(words), strict=False).to_physical()
    return np.asarray(coded.cast(pl.UInt8).fill_null(len(words)).to_numpy())


def twins_of(entries: Entries) -> Ints:
    """The places of the maintenance entries; the induction of each comes right before it."""
    return np.flatnonzero(entries.maintenance)


def settled_timed(entries: Entries) -> Entries:
    """See ``history.settle_timed``; where no outcome is left, the months contradict those that are written."""
    timed = entries.months >= 0
    if not timed.any():
        return entries
    outcomes, ended = entries.outcomes.copy(), np.uint8(ENDED)
    twin = np.arange(len(outcomes))
    maintenance = twins_of(entries)
    maintenance = maintenance[
        (maintenance > 0)
        & (entries.row[maintenance - 1] == entries.row[maintenance])
        & (entries.line[maintenance - 1] == entries.line[maintenance])
    ]
    twin[maintenance], twin[maintenance - 1] = maintenance - 1, maintenance
    for is_maintenance in (False, True):  # the induction first
        near = outcomes[twin]
        open_ = timed & (entries.maintenance == is_maintenance) & (near & ~ended > 0)
        of_twin = open_ & (near & ended > 0) & (outcomes & ended == 0)
        outcomes[np.flatnonzero(open_ & ~of_twin)] &= ended
        outcomes[twin[of_twin]] &= ended
    return replace(entries, outcomes=outcomes)


def settled(entries: Entries) -> Entries:
    """See ``history.settle_outcomes``; what months say is settled already."""
    maintenance = twins_of(entries)
    outcomes = entries.outcomes.copy()
    kept, begun = entries.outcomes[maintenance], entries.outcomes[maintenance - 1]
    outcomes[maintenance] = np.where(begun & ~np.uint8(ENDED) == 0, kept & ~np.uint8(ONGOING), kept)
    outcomes[maintenance - 1] = np.where(kept == ONGOING, begun & ~np.uint8(ENDED), begun)
    return replace(entries, outcomes=outcomes)


def _previous(values: npt.NDArray[Number], first: int) -> npt.NDArray[Number]:
    """The value before each; ``first`` before the first."""
    found = np.empty_like(values)
    found[:1], found[1:] = first, values[:-1]
    return found


def faults_of(rows: int, entries: Entries) -> npt.NDArray[np.uint16]:
    """For each row the fault of its history (a place in ``FAULTS``), the gravest last; 0 for none.

    In ``entries`` what months say is settled already.
    """
    fault = np.zeros(rows, np.uint16)
    row, line, maintenance = entries.row, entries.line, entries.maintenance
    if not len(row):
        return fault
    outcomes = entries.outcomes
    same_row = row == _previous(row, -1)
    before, after_maintenance = np.where(same_row, _previous(line, 0), 0), _previous(maintenance, 0)
    twice = same_row & (line > 0) & (line == before) & (maintenance == after_maintenance)
    orphan = maintenance & ~(same_row & (line == before) & ~after_maintenance)
    gap = (line > before + 1) & ~maintenance
    broken = maintenance & ~orphan & (outcomes == ONGOING) & (_previous(outcomes, 0) & ~np.uint8(ENDED) == 0)
    for number, faulty in ((5, broken), (6, outcomes == 0), (4, orphan), (3, gap), (2, twice), (1, entries.bad)):
        fault[row[faulty]] = number
    return fault
