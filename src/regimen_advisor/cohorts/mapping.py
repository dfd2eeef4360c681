"""Map the columns of somebody else's table to the keys of a profile.

A mapping is a YAML file. It may say which column holds a value, which words stand for which values, and a
factor for a number; it cannot fill in what a table lacks. A cell that no entry of a mapping reads is unknown
and counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from regimen_advisor.cohorts.event_words import listed
from regimen_advisor.cohorts.events import Events, check_events
from regimen_advisor.cohorts.filled_cells import filled, name_of_row
from regimen_advisor.cohorts.mapping_file import ENTRY_PARTS, NO_CELL, SEPARATOR, MappingFile, Reading
from regimen_advisor.cohorts.wide_history import NO_DRUGS, history_of, part_reader
from regimen_advisor.columns.cells import Cell, cell_of, plain_value
from regimen_advisor.columns.entries import entry_name
from regimen_advisor.files.drafts import unchecked
from regimen_advisor.files.errors import InputError, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Path_, read_document, validated
from regimen_advisor.patient.facts import Domain, SetFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import joined, say

JOINED = " ; "
"""Separates the cells of several rows of a second table."""
_KEY = "key of the second table"
"""A column of a join: long, because a table may have a column of any short name."""
NOT_MAPPED = ("id", "summary")
"""Keys of a profile with a place of their own in a mapping, or not at all."""


@dataclass(frozen=True)
class TableMapping:
    """A mapping with its references checked against the facts; ``document`` has the position of each part."""

    file: MappingFile
    document: Document
    domain: Domain
    _cells: dict[str, Callable[[str], Cell | None]] = field(default_factory=dict)

    @cached_property
    def readers(self) -> Mapping[str, Callable[[str], Cell | None]]:
        """For each key how one of its cells is read; cells of events are read by ``events`` already."""
        if self.file.has_events:
            return {}
        loose = Domain(self.domain.facts, (), self.domain.formulary)
        return {
            key: _reader(key, reading, loose)
            for key, reading in self.file.keys.items()
            if reading.sources and key != "history"
        }

    @property
    def labels(self) -> Mapping[str, str]:
        """For each key, and each part of an entry of the history, the columns that it was read from."""
        keys = {} if self.file.has_events else self.file.keys
        labels = {key: [reading.label] for key, reading in keys.items() if reading.sources}
        for entry in self.file.entries:
            for part in ENTRY_PARTS:
                reading: Reading | None = getattr(entry, part)
                if reading is not None and reading.sources:
                    labels.setdefault(f"{entry_name(entry.line, entry.setting)} {part}", []).append(reading.label)
        return {name: joined(found, "or") for name, found in labels.items()}

    def apply(self, table: pl.LazyFrame, place: Path, number: str | None = None) -> pl.LazyFrame:
        """``table`` with the keys of a profile as columns, cells as written; second tables are in ``place``.

        A column ``number`` of the table, which numbers its rows, is kept, and names the decisions of patients without a
        name. Raises ``InputError`` for a column or a second table that is not there.
        """
        if self.file.has_events:
            return Events(self.file, self.document, self.domain, table, place, number=number).profiles()
        joined = self._joined(table, place)
        known = joined.collect_schema().names()
        self._check_columns(known)
        columns = [
            (self._words(reading, _json) if key == "history" else self._column(reading)).alias(key)
            for key, reading in self.file.keys.items()
        ]
        if self.file.entries:
            columns.append(history_of(self.file.entries, self._part).alias("history"))
        columns.append(name_of_row(self.file))
        if self.file.given:
            given = self._words(self.file.given, part_reader("drugs", self.domain.formulary))
            columns.append(pl.when(given != NO_DRUGS).then(given).alias("given"))
        return joined.select(*columns, *([pl.col(number)] if number else []))

    def _joined(self, table: pl.LazyFrame, place: Path) -> pl.LazyFrame:
        from regimen_advisor.cohorts.tables import scan_table  # noqa: PLC0415 - the reader of tables knows mappings

        for name, second in self.file.tables.items():
            rows_of_table = scan_table([str(place / second.file)])
            columns, names = rows_of_table.collect_schema().names(), table.collect_schema().names()
            (key,), (matched,) = second.keys, second.matched
            if key not in columns:
                self._refuse(
                    ("tables", name, "key"),
                    say("mapping_error.key_column", column=key, table=second.file),
                    key,
                    columns,
                )
            if matched not in names:
                self._refuse(
                    ("tables", name, "matches"), say("mapping_error.matched_column", column=matched), matched, names
                )
            rows = rows_of_table.group_by(pl.col(key).cast(pl.String).alias(_KEY), maintain_order=True).agg(
                pl.all().exclude(key).cast(pl.String).drop_nulls().str.join(JOINED).name.prefix(f"{name}.")
            )
            twice = [f"{name}.{c}" for c in columns if f"{name}.{c}" in table.collect_schema().names()]
            if twice:
                message = say("mapping_error.column_taken", column=twice[0])
                raise InputError.at(self.document.locate_key(("tables", name)), message)
            matches = pl.col(matched).cast(pl.String).alias(_KEY)
            table = table.with_columns(matches).join(rows, on=_KEY, how="left", maintain_order="left").drop(_KEY)
        return table

    def _check_columns(self, known: list[str]) -> None:
        problems = []
        for path, reading in self.file.readings():
            for position, column in enumerate(reading.sources):
                if column not in known:
                    steps = (*path, *reading.place_of(position))
                    place = self.document.locate(steps)
                    message = say("mapping_error.column", column=column)
                    problems.append(Problem(place, message, did_you_mean(column, known)))
        for position, column in enumerate(listed(self.file.id)):
            if column not in known:
                place = self.document.locate(("id",) if isinstance(self.file.id, str) else ("id", position))
                message = say("mapping_error.id_column", column=column)
                problems.append(Problem(place, message, did_you_mean(column, known)))
        if problems:
            raise InputError(problems)

    def _refuse(self, path: Path_, message: str, word: str, known: list[str]) -> None:
        raise InputError.at(self.document.locate(path), message, did_you_mean(word, known))

    def _column(self, reading: Reading) -> pl.Expr:
        if not reading.sources:
            value = reading.constant
            return pl.lit(str(value).lower() if isinstance(value, bool) else str(value))
        cells = [filled(column, self.file.missing) for column in reading.sources]
        if len(cells) == 1:
            return cells[0]
        together = pl.concat_str([cell.fill_null(NO_CELL) for cell in cells], separator=SEPARATOR)
        return pl.when(pl.any_horizontal(*(cell.is_not_null() for cell in cells))).then(together)

    def _words(self, reading: Reading, read: Callable[[Reading, str], str | None]) -> pl.Expr:
        """A column of words as ``read`` gives them for a cell of ``reading``; each distinct cell is read once."""
        if not reading.sources:
            return pl.lit(read(reading, ""), pl.String)
        known: dict[str, str | None] = {}

        def words(cells: pl.Series) -> pl.Series:
            for text in cells.drop_nulls().unique().to_list():
                if text not in known:
                    known[text] = read(reading, text)
            return cells.replace_strict(known, return_dtype=pl.String, default=None)

        return self._column(reading).map_batches(words, return_dtype=pl.String, is_elementwise=True)

    def _part(self, _number: int, part: str, reading: Reading) -> pl.Expr:
        return self._words(reading, part_reader(part, self.domain.formulary))


def _json(reading: Reading, text: str) -> str:
    plain = reading.plain(text) if reading.sources else reading.constant
    plain = text if plain is None else plain  # what nothing reads is counted as written
    return str(plain) if isinstance(plain, str) else json.dumps(plain)


def _reader(key: str, reading: Reading, domain: Domain) -> Callable[[str], Cell | None]:
    def cell(text: str) -> Cell | None:
        plain = reading.plain(text)
        if plain is None:
            return None
        try:
            value = plain_value(key, plain, domain) if isinstance(plain, str) else plain
            return cell_of(key, value, domain)
        except (InputError, ValueError):  # what pydantic refuses is a ValueError
            return None

    return cell


def _unknown_members(file: MappingFile, document: Document, domain: Domain) -> Iterator[Problem]:
    """Problems of ``flags``: a key that is not a set, or a word that is not one of its members."""
    for path, reading in file.readings():
        fact = domain.facts.get(str(path[1])) if path[0] == "keys" else None
        if reading.flags is not None and not isinstance(fact, SetFact):
            place = document.locate_key((*path, "flags"))
            yield Problem(place, say("mapping_error.no_set"))
        for column, member in (reading.flags or {}).items():
            if isinstance(fact, SetFact) and member not in fact.members:
                place = document.locate((*path, "flags", column))
                message = say("mapping_error.no_member", members=joined(fact.members), found=member)
                yield Problem(place, message, did_you_mean(member, fact.members))


def load_mapping(path: str | Path, domain: Domain) -> TableMapping:
    """The mapping in a file.

    Raises ``InputError`` with every problem at once: a key that no profile has, a pattern that does not compile, a
    guess of a draft that nobody has checked.
    """
    document = read_document(path)
    file = validated(MappingFile, document)
    known = [name for name in Profile.model_fields if name not in NOT_MAPPED]
    problems = unchecked(path)
    problems += [
        Problem(document.locate_key(("keys", key)), say("mapping_error.no_key", key=key), did_you_mean(key, known))
        for key in file.keys
        if key not in known
    ]
    if file.history and "history" in file.keys:
        problems.append(Problem(document.locate_key(("keys", "history")), say("mapping_error.history_twice")))
    if not file.keys and not file.history:
        problems.append(Problem(document.locate(("keys",)), say("mapping_error.no_keys")))
    elif not file.columns:
        problems.append(Problem(document.locate(("keys",)), say("mapping_error.no_columns")))
    problems += _unknown_members(file, document, domain)
    problems += check_events(file, document)
    if problems:
        raise InputError(problems)
    return TableMapping(file, document, domain)
