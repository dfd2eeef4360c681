"""Turn the cells of a table into the bits of its patients, narrowed by the axioms.

Facts that no axiom ties to another are looked up cell by cell, the others by combination (``connected_facts``). Facts
read from a history that is given are already as narrow as the axioms can make them; a row that says more than its
history, which is rare, is read like a profile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from regimen_advisor.columns.cells import MISSING, Cell, drug_word, history_entries, read_cell
from regimen_advisor.columns.codes import CellTable, Codes, ReadCell, as_text, codes_of
from regimen_advisor.columns.connected_facts import (
    CONTRADICTIONS,
    EITHER,
    ClinicalCombinations,
    OpenHistory,
)
from regimen_advisor.columns.entries import (
    FAULTS,
    OUTCOMES,
    Bits,
    Entries,
    Flags,
    Ints,
    as_lists,
    entry_name,
    every_bit,
    whole_numbers,
)
from regimen_advisor.columns.history import Histories, HistoryReader, Months
from regimen_advisor.columns.layout import Field, Layout
from regimen_advisor.files.errors import InputError
from regimen_advisor.language.values import Choice, Number
from regimen_advisor.patient.facts import MOST_CYCLES, MOST_LINES, Domain
from regimen_advisor.patient.profile import HistoryEntry, Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.patient.vocabulary import MOST_MONTHS, OPEN_HISTORY, PLATINUM_FREE
from regimen_advisor.words.catalogue import say

HISTORY_FIELDS = ("line", "setting", "drugs", "outcome", "cycles", "relapse_after")
_NUMBERS = {"cycles": MOST_CYCLES, "relapse_after": MOST_MONTHS}
_SETTLED_BY_HISTORY = ("prior_lines", "last_outcome", "last_cycles", "on_maintenance", PLATINUM_FREE)
"""What of a history is no set (``FactReader.add_histories``)."""
_MEMBERS_AT_A_TIME = 63


@dataclass
class Batch:
    """The bits of a batch of patients (a column for each machine word), and what is wrong with their rows."""

    words: list[Bits]
    fault: Ints
    """0 where the row can be read, else what ``FactReader.why`` explains."""
    has_history: Flags
    unread: dict[str, Flags]
    """For each column with cells that cannot be read, the rows that hold them."""
    codes: Mapping[str, Codes]
    entries: list[Entries]
    """The entries of the histories, for each reader of histories; none where there is no such column."""
    lines: Ints
    """The number of lines where a history is given."""
    strange: pl.Series | None
    """For each row what of its history could not be read, in lines; ``None`` where all could be."""
    overspecified: Flags
    """Rows whose other cells say more than their history implies."""

    def at(self, rows: Ints) -> Batch:
        """Some of the patients, by place in rising order."""
        place = np.full(len(self.fault), -1)
        place[rows] = np.arange(len(rows))
        entries = [of_reader.at(place[of_reader.row] >= 0) for of_reader in self.entries]
        return Batch(
            [word[rows] for word in self.words],
            self.fault[rows],
            self.has_history[rows],
            {key: unread[rows] for key, unread in self.unread.items()},
            {key: codes[rows] for key, codes in self.codes.items()},
            [replace(of_reader, row=place[of_reader.row]) for of_reader in entries],
            self.lines[rows],
            None if self.strange is None else self.strange.gather(rows),
            self.overspecified[rows],
        )


class FactReader:
    """Reads batches of cells; keeps what it has learnt of distinct cells, so one reader serves a whole table."""

    def __init__(self, domain: Domain, layout: Layout, readers: Mapping[str, ReadCell] | None = None) -> None:
        self.domain, self.layout = domain, layout
        self.reasons: list[str] = [say(f"history_fault.{fault}") if fault else "" for fault in FAULTS]
        self._reason_codes = {reason: code for code, reason in enumerate(self.reasons)}
        own_readers = readers or {}
        # One cell alone breaks no axiom, so it is read without them; combinations are narrowed later.
        self._loose = Domain(domain.facts, (), domain.formulary)
        keys = [name for name in domain.facts if name not in domain.of_history or name in OPEN_HISTORY]
        self.tables = {
            key: CellTable(key, own_readers.get(key) or (lambda text, key=key: read_cell(key, text, self._loose)))  # type: ignore[misc]
            for key in keys
        }
        self.clinical = ClinicalCombinations(domain, layout, self.reason)
        self.course = OpenHistory(domain, layout, self.reason)
        members = [member for member in layout.history_members if member != "none"]
        wanted = [name for name in domain.of_history if name in layout.asked_facts]
        for name in wanted:
            if name not in domain.history_sets and name not in _SETTLED_BY_HISTORY:
                raise NotImplementedError(f"no reading by columns of the history fact `{name}`")
        self.histories = [
            HistoryReader(domain, ("none", *members[start : start + _MEMBERS_AT_A_TIME]), wanted,
                          CellTable("drugs", own_readers.get("drugs") or self._read_drug))
            for start in range(0, max(len(members), 1), _MEMBERS_AT_A_TIME)
        ]  # fmt: skip

        self._lines = self._settled_bits("prior_lines", [Number(n, n) for n in range(MOST_LINES + 1)])
        cycles = [Number(n, n) for n in range(MOST_CYCLES + 1)]
        # -1 for unknown and ``NO_CYCLES`` for none count from the end.
        self._cycles = self._settled_bits("last_cycles", [*cycles, Number(0, -1, absent=True), Number(0, MOST_CYCLES)])
        no_line = Choice(frozenset({"none"}))
        self._outcomes = self._settled_bits("last_outcome", [no_line, *map(Choice, _subsets(OUTCOMES))])
        self._maintenance = self._settled_bits(
            "on_maintenance", [Choice(frozenset()), *map(Choice, _subsets(("true", "false")))]
        )

    def _settled_bits(self, name: str, values: list[Number] | list[Choice]) -> Bits:
        """The bits of some values of a fact that a history settles."""
        (field,) = self.layout.fields[name]
        return np.array([field.bits(value) for value in values], np.uint64)

    def _read_drug(self, text: str) -> Cell | None:
        try:
            word = drug_word(text, self.domain.formulary) or text
            return Cell(word, read(Profile(history=[HistoryEntry(line=1, drugs=[word])]), self._loose))
        except InputError:
            return None

    def reason(self, text: str) -> int:
        """The code of a reason why a row is set apart."""
        if text not in self._reason_codes:
            self.reasons.append(text)
            self._reason_codes[text] = len(self.reasons) - 1
        return self._reason_codes[text]

    def why(self, fault: int, history: bool) -> str:
        """The reason of a fault in words; ``history`` says whether the row gives a history."""
        return self.reasons[fault] if fault < CONTRADICTIONS else self.clinical.why(fault, history)

    def batch(self, table: pl.DataFrame) -> Batch:
        """The patients of ``table``; a column that is not there is unknown for all."""
        rows = table.height
        codes = codes_of(self.tables, table)
        unread = {key: strange[code] for key, code in codes.items() if (strange := self.tables[key].unread()).any()}
        words = [np.zeros(rows, np.uint64) for _ in range(self.layout.size)]
        self._add_free(words, codes)
        history, entries, unread_parts = self._entries(table, unread)
        parts = [reader.derive(rows, read) for reader, read in zip(self.histories, entries, strict=False)]
        fault = self._add_tied(words, codes, history, parts)
        fault = self._another_disease(fault, codes)
        overspecified = np.zeros(rows, bool)
        if parts:
            self.add_histories(words, history, parts)
            overspecified = (
                history
                & (fault == 0)
                & self.course.says_more(self.tables, codes, parts[0].lines, parts[0].last_outcome)
            )
            self._add_odd(words, fault, table, codes, overspecified)
        lines = parts[0].lines if parts else np.zeros(rows, np.int64)
        seen = {key: rows for key, rows in unread.items() if rows.any()}
        return Batch(words, fault, history, seen, codes, entries, lines, unread_parts, overspecified)

    def _add_free(self, words: list[Bits], codes: Mapping[str, Codes]) -> None:
        """Facts that no axiom ties to another: a look-up each."""
        for name, fact in self.domain.facts.items():
            if name in self.domain.of_history or name in self.clinical.names:
                continue
            for number, field in enumerate(self.layout.fields[name]):
                if name in codes:
                    words[field.word] |= self.bits(name, number)[codes[name]]
                else:
                    words[field.word] |= np.uint64(field.bits(fact.unknown))

    def bits(self, name: str, number: int) -> Bits:
        """For each distinct cell of a fact its bits in one of the fields of the fact."""
        field, unknown = self.layout.fields[name][number], self.domain.facts[name].unknown
        held = self.tables[name].column(
            f"bits {number}", lambda cell: field.bits(cell.facts[name] if cell else unknown), np.uint64
        )
        return held.astype(np.uint64, copy=False)

    def _add_tied(self, words: list[Bits], codes: Mapping[str, Codes], history: Flags, parts: list[Histories]) -> Ints:
        """Facts that axioms tie to each other; for each row the fault that they find, or that of its history."""
        course = self.course.keys(self.tables, codes, len(history))
        state = self.course(course)
        treated = np.where(history, np.minimum(parts[0].lines, 1), state.flag) if parts else state.flag
        clinical = self.clinical(self.clinical.keys(self.tables, codes, treated))
        forced = (clinical.flag > 0) & (treated == EITHER)
        if forced.any():  # curative treatment is still possible, so no line was given
            state = self.course(np.where(forced, self.course.without_lines(course), course))
        no_history = every_bit(~history)
        for index in range(len(words)):
            if (word := clinical.word(index)) is not None:
                words[index] |= word
            if (word := state.word(index)) is not None:
                words[index] |= word & no_history
        fault = parts[0].fault.astype(np.int64) if parts else np.zeros(len(history), np.int64)
        fault = np.where(fault == 0, clinical.fault, fault)
        return np.where((fault == 0) & ~history, state.fault, fault)

    def _another_disease(self, fault: Ints, codes: Mapping[str, Codes]) -> Ints:
        """The faults, with rows of another disease set apart for it."""
        if "disease" not in codes or not any(cell and cell.apart for cell in self.tables["disease"].cells):
            return fault
        reasons = self.tables["disease"].column(
            "apart", lambda cell: self.reason(cell.apart) if cell and cell.apart else 0, np.int64
        )
        of_row = reasons[codes["disease"]].astype(np.int64)
        return np.where(of_row > 0, of_row, fault)

    def _entries(self, table: pl.DataFrame, unread: dict[str, Flags]) -> tuple[Flags, list[Entries], pl.Series | None]:
        """Which rows give a history, their entries for each handful of members that fits a word, what was not read."""
        rows = table.height
        if "history" not in table.columns:
            return np.zeros(rows, bool), [], None
        column, strange_rows = as_entries(table["history"])
        flat = column.explode(empty_as_null=False, keep_nulls=False)
        row_of_entry = np.repeat(np.arange(rows), column.list.len().fill_null(0).to_numpy())
        fields = flat.struct.unnest()
        missing = [
            pl.lit(None, pl.Int64 if name in _NUMBERS else pl.String).alias(name)
            for name in HISTORY_FIELDS
            if name not in fields.columns
        ]
        entries = (fields.with_columns(missing) if missing else fields).select(HISTORY_FIELDS)
        read_all = [reader.read(row_of_entry, entries) for reader in self.histories]
        strange = read_all[0][1]
        unread_parts = None
        if strange.any() or strange_rows.any():
            unread["history"] = strange_rows
            unread_parts = self._strange(table["history"], strange_rows, row_of_entry[strange], entries.filter(strange))
            unread["history"][row_of_entry[strange]] = True
        return column.is_not_null().to_numpy(), [read for read, _ in read_all], unread_parts

    def _strange(self, column: pl.Series, rows: Flags, row_of_entry: Ints, entries: pl.DataFrame) -> pl.Series:
        """What could not be read of each history, as ``entry part: cell`` in lines."""
        unread_parts: dict[int, list[str]] = {}
        if rows.any():
            texts = as_text(column)
            unread_parts = {row: [f"history: {texts[row]}"] for row in np.flatnonzero(rows).tolist()}
        drugs = as_lists(entries["drugs"]).to_list()
        for row, entry, words in zip(row_of_entry.tolist(), entries.iter_rows(named=True), drugs, strict=True):
            name = entry_name(entry["line"], entry["setting"])
            cells = [("drugs", word) for word in words or () if self.histories[0].drugs.is_unread(word)]
            cells += [("outcome", entry["outcome"])] if _is_no_outcome(entry["outcome"]) else []
            for part, highest in _NUMBERS.items():
                _, bad = whole_numbers(pl.Series([entry[part]]), highest)
                cells += [(part, entry[part])] if bad[0] else []
            unread_parts.setdefault(row, []).extend(
                f"{name} {part}: {' '.join(str(cell).split())}" for part, cell in cells
            )
        return pl.Series(
            "history", ["\n".join(unread_parts[row]) if row in unread_parts else None for row in range(len(column))]
        )

    def add_histories(self, words: list[Bits], has_history: Flags, parts: Sequence[Histories]) -> None:
        """Sets the bits of the facts that a history settles, in the rows that give one."""
        settled: dict[int, Bits] = {}

        def add(field: Field, bits: Bits) -> None:
            settled[field.word] = settled[field.word] | bits if field.word in settled else bits

        for reader, part in zip(self.histories, parts, strict=True):
            for name, sets in part.sets.items():
                for field in self.layout.fields[name]:
                    add(field, reader.moved(sets.may, field.members, field.offset))
                    add(field, reader.moved(~sets.must, field.members, field.offset + len(field.members)))
        part = parts[0]
        may, may_not = part.on_maintenance
        for name, bits in (
            ("prior_lines", self._lines.take(part.lines)),
            ("last_outcome", self._outcomes.take(part.last_outcome)),
            ("last_cycles", self._cycles.take(part.cycles)),
            ("on_maintenance", self._maintenance.take(may + may_not * np.uint8(2))),
        ):
            (field,) = self.layout.fields[name]
            add(field, bits)
        (field,) = self.layout.fields[PLATINUM_FREE]
        months = next((part.platinum_free for part in parts if part.platinum_free), None)
        add(field, _interval_bits(field, months) if months else np.full(len(has_history), field.all_bits, np.uint64))
        mask = every_bit(has_history)
        for index, bits in settled.items():
            words[index] |= bits & mask

    def _add_odd(
        self, words: list[Bits], fault: Ints, table: pl.DataFrame, codes: Mapping[str, Codes], overspecified: Flags
    ) -> None:
        """Rows whose other cells say more than their history implies: read one by one, like a profile."""
        histories = as_entries(table["history"])[0] if overspecified.any() else pl.Series()
        for row in np.flatnonzero(overspecified).tolist():
            plain: dict[str, Any] = {
                key: cell.plain
                for key, code in codes.items()
                if (cell := self.tables[key].cells[code[row]]) is not None
            }
            plain["history"] = [plain_entry(entry, self.histories[0].drugs) for entry in histories[row].to_list()]
            try:
                patient = read(Profile.model_validate(plain), self.domain)
            except InputError as error:
                fault[row] = self.reason(error.problems[0].message)
                continue
            for index, word in enumerate(self.layout.encode(patient.facts)):
                words[index][row] = word


def _interval_bits(field: Field, months: Months) -> Bits:
    """The bits of an interval of each row; rows that are alike are looked up once."""
    low, radix = months.low, MOST_MONTHS + 2
    alike, place = np.unique((low * radix + months.high + 1) * 2 + months.absent, return_inverse=True)
    values = [((key // 2) // radix, (key // 2) % radix - 1, bool(key % 2)) for key in alike.tolist()]
    bits = [
        field.bits(Number(low, high, absent) if low <= high else Number(0, -1, absent=True))
        for low, high, absent in values
    ]
    return np.array(bits, np.uint64)[place]


def _is_no_outcome(text: str | None) -> bool:
    return text not in (None, *MISSING, *OUTCOMES)


def _subsets(words: Sequence[str]) -> list[frozenset[str]]:
    """All sets of some of the words but the empty one, in the order of the numbers that have a bit for each word."""
    numbers = range(1, 1 << len(words))
    return [frozenset(word for index, word in enumerate(words) if number >> index & 1) for number in numbers]


_ENTRY = pl.Struct(
    {"line": pl.Int64} | dict.fromkeys(("setting", "drugs", "outcome", "cycles", "relapse_after"), pl.String)
)


def as_entries(column: pl.Series) -> tuple[pl.Series, Flags]:
    """The histories as lists of entries, and the rows whose text is not a history."""
    if isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.Struct):
        return column, np.zeros(len(column), bool)
    texts = as_text(column)
    read = {text: history_entries(text) for text in texts.drop_nulls().unique().to_list()}
    rows = [None if text is None else read[text] for text in texts.to_list()]
    is_filled = texts.is_not_null() & ~texts.str.strip_chars().is_in(list(MISSING))
    entries = pl.Series(column.name, rows, pl.List(_ENTRY))
    return entries, (entries.is_null() & is_filled.fill_null(value=False)).to_numpy().copy()


def plain_entry(written: Mapping[str, Any], drugs: CellTable) -> dict[str, Any]:
    """An entry of a history as a profile would hold it; drugs or an outcome that cannot be read are unknown."""
    entry = {key: value for key, value in written.items() if value not in (None, "", "unknown", [])}
    if entry.get("outcome") not in OUTCOMES:
        entry.pop("outcome", None)
    for part, highest in _NUMBERS.items():
        if isinstance(entry.get(part), str):
            number = whole_numbers(pl.Series([entry.pop(part)]), highest)[0][0]
            entry |= {} if number is None else {part: number}
    drug_words = written.get("drugs")
    words = as_lists(pl.Series([drug_words])).to_list()[0] if isinstance(drug_words, str) else drug_words or []
    cells = [drugs.cells[drugs.code(word)] for word in words]
    known = [cell.plain for cell in cells if cell is not None]
    return {**entry, "drugs": known if known and len(known) == len(cells) else "unknown"}
