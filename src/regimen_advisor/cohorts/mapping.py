"""Mappings: how the columns of somebody else's table become the keys of a profile.

A mapping is a YAML file. It may say where a value stands, which words stand for which values, and what a number must be
multiplied by; it cannot fill in what the table does not say. A cell that no entry of a mapping reads becomes unknown
and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from regimen_advisor.cohorts.mapping_file import SEPARATOR, MappingFile, Reading
from regimen_advisor.columns.cells import Cell, plain_value
from regimen_advisor.files.errors import InputError, Problem, did_you_mean
from regimen_advisor.files.sources import Document, Path_, read_document, validated
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read

NO_CELL = "-"
"""Stands for a missing cell among them."""
JOINED = " ; "
"""Stands between the cells of several rows of a second table."""
NOT_MAPPED = ("id", "summary", "history")
"""Keys of a profile that stand elsewhere in a mapping, or not at all."""


@dataclass(frozen=True)
class TableMapping:
    """A mapping with its references checked against the facts; ``document`` knows where each part stood."""

    file: MappingFile
    document: Document
    domain: Domain
    _cells: dict[str, Callable[[str], Cell | None]] = field(default_factory=dict)

    @cached_property
    def readers(self) -> Mapping[str, Callable[[str], Cell | None]]:
        """For each key how one of its cells is read."""
        loose = Domain(self.domain.facts, (), self.domain.formulary)
        return {key: _reader(key, reading, loose) for key, reading in self.file.keys.items() if reading.sources}

    @property
    def labels(self) -> Mapping[str, str]:
        """For each key the columns that it was read from."""
        return {key: reading.label for key, reading in self.file.keys.items() if reading.sources}

    def apply(self, table: pl.LazyFrame, place: Path) -> pl.LazyFrame:
        """``table`` with the keys of a profile as columns, cells as written; second tables are in ``place``.

        Raises ``InputError`` for a column or a second table that is not there.
        """
        joined = self._joined(table, place)
        known = joined.collect_schema().names()
        self._check_columns(known)
        columns = [self._column(reading).alias(key) for key, reading in self.file.keys.items()]
        if self.file.history:
            columns.append(self._history().alias("history"))
        name = self.file.id
        columns.append(pl.col(name).cast(pl.String).alias("id") if name else pl.lit(None, pl.String).alias("id"))
        if self.file.given:
            columns.append(self._words(self.file.given).alias("given"))
        return joined.select(columns)

    def _joined(self, table: pl.LazyFrame, place: Path) -> pl.LazyFrame:
        from regimen_advisor.cohorts.tables import scan_table  # noqa: PLC0415 - the reader of tables knows mappings

        for name, second in self.file.tables.items():
            other = scan_table([str(place / second.file)])
            there = other.collect_schema().names()
            if second.key not in there:
                self._refuse(
                    ("tables", name, "key"), f"key: no column `{second.key}` in {second.file}", second.key, there
                )
            if second.matches not in table.collect_schema().names():
                names = table.collect_schema().names()
                self._refuse(
                    ("tables", name, "matches"), f"matches: no column `{second.matches}`", second.matches, names
                )
            rows = other.group_by(pl.col(second.key).cast(pl.String), maintain_order=True).agg(
                pl.exclude(second.key).cast(pl.String).drop_nulls().str.join(JOINED)
            )
            rows = rows.rename({column: f"{name}.{column}" for column in there if column != second.key})
            table = table.join(
                rows,
                left_on=pl.col(second.matches).cast(pl.String),
                right_on=second.key,
                how="left",
                maintain_order="left",
            )
        return table

    def _check_columns(self, known: list[str]) -> None:
        problems = []
        for path, reading in self.file.readings():
            for at, column in enumerate(reading.sources):
                if column not in known:
                    where = (*path, "column") if reading.column is not None else (*path, "columns", at)
                    place = self.document.locate(where)
                    problems.append(Problem(place, f"no column `{column}` in the table", did_you_mean(column, known)))
        if self.file.id and self.file.id not in known:
            near = did_you_mean(self.file.id, known)
            problems.append(
                Problem(self.document.locate(("id",)), f"id: no column `{self.file.id}` in the table", near)
            )
        if problems:
            raise InputError(problems)

    def _refuse(self, path: Path_, message: str, word: str, known: list[str]) -> None:
        raise InputError.at(self.document.locate(path), message, did_you_mean(word, known))

    def _cell(self, column: str) -> pl.Expr:
        text = pl.col(column).cast(pl.String).str.strip_chars()
        return pl.when(text.is_in([*self.file.missing, ""])).then(None).otherwise(text)

    def _column(self, reading: Reading) -> pl.Expr:
        if not reading.sources:
            value = reading.constant
            return pl.lit(str(value).lower() if isinstance(value, bool) else str(value))
        cells = [self._cell(column) for column in reading.sources]
        if len(cells) == 1:
            return cells[0]
        together = pl.concat_str([cell.fill_null(NO_CELL) for cell in cells], separator=SEPARATOR)
        return pl.when(pl.any_horizontal(*(cell.is_not_null() for cell in cells))).then(together)

    def _words(self, reading: Reading) -> pl.Expr:
        """A column of words with ``values`` put in their place; the rest stays as it was written."""
        values = {
            text: ";".join(value) if isinstance(value, list) else str(value) for text, value in reading.values.items()
        }
        column = self._column(reading)
        return column.replace(values) if values else column

    def _history(self) -> pl.Expr:
        entries = []
        for entry in self.file.history:
            drugs = self._words(entry.drugs)
            nothing = pl.lit(None, pl.String)
            fields = pl.struct(
                pl.lit(entry.line, pl.Int8).alias("line"),
                pl.lit(entry.setting, pl.String).alias("setting"),
                drugs.alias("drugs"),
                (self._words(entry.outcome) if entry.outcome else nothing).alias("outcome"),
                (
                    self._words(entry.cycles).cast(pl.Int16, strict=False) if entry.cycles else nothing.cast(pl.Int16)
                ).alias("cycles"),
            )
            entries.append(pl.when(drugs.is_not_null()).then(fields))
        listed = pl.concat_list(entries).list.drop_nulls()
        return pl.when(listed.list.len() > 0).then(listed)


def _reader(key: str, reading: Reading, domain: Domain) -> Callable[[str], Cell | None]:
    def cell(text: str) -> Cell | None:
        plain = reading.plain(text)
        if plain is None:
            return None
        try:
            value = plain_value(key, plain, domain) if isinstance(plain, str) else plain
            return Cell(value, read(Profile.model_validate({key: value}), domain))
        except (ValidationError, InputError, ValueError):
            return None

    return cell


def load_mapping(path: str | Path, domain: Domain) -> TableMapping:
    """The mapping in a file.

    Raises ``InputError`` with every problem at once: a key that no profile has, a pattern that does not compile.
    """
    document = read_document(path)
    file = validated(MappingFile, document)
    known = [name for name in Profile.model_fields if name not in NOT_MAPPED]
    problems = [
        Problem(
            document.locate_key(("keys", key)), f"keys: no key of a profile is called `{key}`", did_you_mean(key, known)
        )
        for key in file.keys
        if key not in known
    ]
    if not file.keys and not file.history:
        problems.append(Problem(document.locate(("keys",)), "keys: expected at least one key of a profile"))
    elif not file.columns:
        problems.append(Problem(document.locate(("keys",)), "keys: expected at least one that is read from a column"))
    if problems:
        raise InputError(problems)
    return TableMapping(file, document, domain)
