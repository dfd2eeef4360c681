"""Narrow combinations of cells by the axioms: each distinct one once, then looked up.

Two groups of facts are tied by axioms: disease with extent, and the facts of the history. They touch only in whether
a line for advanced disease was given.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regimen_advisor.columns.cells import Cell
from regimen_advisor.columns.clinical_worlds import ClinicalWorlds
from regimen_advisor.columns.codes import CellTable, Codes
from regimen_advisor.columns.entries import Bits, Ints
from regimen_advisor.columns.layout import Layout
from regimen_advisor.files.errors import InputError
from regimen_advisor.language.values import Choice, Number, Value
from regimen_advisor.patient.facts import MOST_LINES, ChoiceFact, Domain
from regimen_advisor.patient.narrowing import Contradiction, narrow
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.words.catalogue import say

UNTREATED, TREATED, EITHER = 0, 1, 2
"""Whether a line for advanced disease was given."""

_RADIX = MOST_LINES + 1
ANY_LINES = MOST_LINES
_OUTCOMES = 8
CONTRADICTIONS = 1_000_000
"""Fault codes from here on are combinations of disease and extent that cannot be."""
_AT_ONCE = 10_000
"""Combinations that are narrowed together."""

Reason = Callable[[str], int]
"""The code of a reason why a row is set apart."""


@dataclass(frozen=True)
class Narrowed:
    """What follows for some rows; ``flag`` and ``fault`` as the group says."""

    table: Bits
    """The machine words of each combination met so far."""
    place: Ints
    flag: Ints
    fault: Ints

    def word(self, index: int) -> Bits | None:
        """One machine word of every row; nothing where no combination has a bit in it."""
        column = self.table[:, index]
        return column.take(self.place) if column.any() else None


class Combinations(ABC):
    """A cache of what follows from each combination of cells, computed when it first occurs."""

    def __init__(self, domain: Domain, layout: Layout, reason: Reason, size: int) -> None:
        self.domain, self.layout, self.reason = domain, layout, reason
        self._place = np.full(size, -1, np.int64)
        self._words = np.zeros((0, layout.size), np.uint64)
        self._extra = np.zeros((0, 2), np.int64)
        self._lock = threading.Lock()

    def __call__(self, keys: Ints) -> Narrowed:
        """What follows from each of ``keys``."""
        place = self._place.take(keys)
        if (absent := place < 0).any():
            self._learn(np.unique(keys[absent]))
            place = self._place.take(keys)
        return Narrowed(self._words, place, *(column.take(place) for column in self._extra.T))

    def _learn(self, keys: Ints) -> None:
        with self._lock:
            new = keys[self._place[keys] < 0]
            if not len(new):
                return
            before = len(self._words)
            for piece in np.array_split(new, len(new) // _AT_ONCE + 1):
                words, flag, fault = self._narrow(piece)
                self._words = np.vstack([self._words, words])
                self._extra = np.vstack([self._extra, np.column_stack([flag, fault])])
            self._place[new] = np.arange(before, len(self._words))  # last, since other threads look here without a lock

    @abstractmethod
    def _narrow(self, keys: Ints) -> tuple[Bits, Ints, Ints]:
        """The machine words, the flag and the fault of each of some combinations."""


class ClinicalCombinations(Combinations):
    """Disease, histology, stage and the like; the flag says that no line can have been given."""

    def __init__(self, domain: Domain, layout: Layout, reason: Reason) -> None:
        self.worlds = ClinicalWorlds(domain, layout)
        self.names = tuple(self.worlds.options)
        super().__init__(domain, layout, reason, math.prod(self.worlds.sizes) * 3)
        with_line = np.arange(len(self.worlds.worlds)) >= self.worlds.untreated
        self._by_line = np.array([~with_line, with_line, np.ones(len(with_line), bool)])
        """Which complete combinations are left by whether a line was given (``UNTREATED``, ``TREATED``, ``EITHER``)."""

    def keys(self, tables: Mapping[str, CellTable], codes: Mapping[str, Codes], treated: Ints) -> Ints:
        """The combination that each row holds."""
        keys = np.zeros(len(treated), np.int64)
        for name, options in self.worlds.options.items():
            keys *= len(options)
            if name in codes:
                held = tables[name].column("option", _option(options), np.int64)
                keys += held[codes[name]].astype(np.int64, copy=False)
        return keys * 3 + treated

    def _narrow(self, keys: Ints) -> tuple[Bits, Ints, Ints]:
        combinations, treated = np.divmod(keys, 3)
        allowed = self.worlds.allowed(combinations) & self._by_line[treated]
        possible = allowed.any(axis=1)
        untreated = possible & ~allowed[:, self.worlds.untreated :].any(axis=1)
        return self.worlds.bits(allowed), untreated.astype(np.int64), np.where(possible, 0, CONTRADICTIONS + keys)

    def _decoded(self, key: int) -> tuple[dict[str, str], int]:
        """The words of a combination, and whether a line was given."""
        combination, treated = divmod(key, 3)
        places = np.unravel_index(combination, self.worlds.sizes)
        options = self.worlds.options
        return {name: options[name][place] for name, place in zip(options, places, strict=True) if place}, treated

    def why(self, fault: int, history: bool) -> str:
        """Why a combination cannot be, in the words of ``reading``, which names the keys."""
        words, treated = self._decoded(fault - CONTRADICTIONS)
        plain: dict[str, object] = {
            name: word == "true" if word in ("true", "false") else word for name, word in words.items()
        }
        if treated != EITHER:
            plain["prior_lines"] = {"at_least": 1} if treated == TREATED else {"at_most": 0}
        try:
            read(Profile.model_validate(plain), self.domain)
        except InputError as error:
            message = error.problems[0].message
            return message.replace("`prior_lines`", "`history`") if history else message
        raise AssertionError(plain)  # pragma: no cover - ``narrow`` has refused the same


class OpenHistory(Combinations):
    """Number of lines and latest outcome where the history is not known in detail; the flag says whether treated."""

    def __init__(self, domain: Domain, layout: Layout, reason: Reason) -> None:
        super().__init__(domain, layout, reason, _RADIX * _RADIX * _OUTCOMES)
        self._bounds = np.divmod(np.arange(_RADIX * _RADIX), _RADIX)
        """The least and the most lines of each range; more than any history has where none is stated."""

    def keys(self, tables: Mapping[str, CellTable], codes: Mapping[str, Codes], rows: int) -> Ints:
        """The combination that each row holds."""
        lines, outcome = np.full(rows, ANY_LINES, np.int64), np.zeros(rows, np.int64)
        if "prior_lines" in codes:
            lines = (
                tables["prior_lines"]
                .column("range", _range, np.int64)[codes["prior_lines"]]
                .astype(np.int64, copy=False)
            )
        if "last_outcome" in codes:
            fact = self.domain.facts["last_outcome"]
            assert isinstance(fact, ChoiceFact)
            held = tables["last_outcome"].column("option", _option(("", *fact.domain)), np.int64)
            outcome = held[codes["last_outcome"]].astype(np.int64, copy=False)
        return lines * _OUTCOMES + outcome

    def says_more(
        self, tables: Mapping[str, CellTable], codes: Mapping[str, Codes], lines: Ints, outcomes: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.bool_]:
        """Rows whose lines or outcome differ from what their history says (``outcomes`` as bits)."""
        keys = self.keys(tables, codes, len(lines))
        ranges = keys // _OUTCOMES
        outcome = keys - ranges * _OUTCOMES
        low, high = (bounds.take(ranges) for bounds in self._bounds)
        other_outcome = (outcome > 0) & (outcomes.astype(np.int64) << 1 != np.int64(1) << np.maximum(outcome - 1, 0))
        return np.asarray((lines < low) | (lines > high) | other_outcome)

    @staticmethod
    def without_lines(keys: Ints) -> Ints:
        """The same combinations with no line given."""
        return keys % _OUTCOMES

    def _narrow(self, keys: Ints) -> tuple[Bits, Ints, Ints]:
        words, flags, faults = zip(*map(self._narrowed, keys.tolist()), strict=True)
        return np.array(words, np.uint64), np.array(flags, np.int64), np.array(faults, np.int64)

    def _narrowed(self, key: int) -> tuple[tuple[int, ...], int, int]:
        lines, outcome = divmod(key, _OUTCOMES)
        known: list[tuple[str, Value]] = [("prior_lines", Number(*divmod(lines, _RADIX)))]
        if outcome:
            fact = self.domain.facts["last_outcome"]
            assert isinstance(fact, ChoiceFact)
            known.append(("last_outcome", Choice(frozenset({fact.domain[outcome - 1]}))))
        try:
            facts = narrow(known, self.domain)
        except Contradiction as contradiction:
            reason = contradiction.axiom.says if contradiction.axiom else say("row_error.same_fact")
            fault = self.reason(say("row_error.contradict", reason=reason))
            return (0,) * self.layout.size, EITHER, fault
        found = facts["prior_lines"]
        assert isinstance(found, Number)
        treated = UNTREATED if found.high == 0 else TREATED if found.low else EITHER
        return self.layout.encode({name: facts[name] for name in self.domain.of_history}), treated, 0


def _option(options: tuple[str, ...]) -> Callable[[Cell | None], int]:
    def place(cell: Cell | None) -> int:
        if cell is None or cell.plain == "unknown":
            return 0
        return options.index(str(cell.plain).lower() if isinstance(cell.plain, bool) else str(cell.plain))

    return place


def _range(cell: Cell | None) -> int:
    if cell is None or cell.plain == "unknown":
        return ANY_LINES
    value = dict(cell.patient.given["prior_lines"])["prior_lines"]
    assert isinstance(value, Number)
    return value.low * _RADIX + value.high
