"""Judge every row of a table by the rules, and count the results.

One pass over the table writes a row a patient; everything that is reported of the cohort is counted from that file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from regimen_advisor.advice import RulebookName
from regimen_advisor.cohorts.tables import (
    PARQUET,
    UNREAD_EVENTS,
    read_table,
    refuse_odd_name,
    table_errors,
    write_table,
)
from regimen_advisor.columns.engine import FAULT, HISTORY, ColumnEngine
from regimen_advisor.columns.exact.corrections import Settled, settle, write_standings
from regimen_advisor.columns.exact.needs import OpenCells
from regimen_advisor.columns.exact.open_cases import OpenCases
from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean
from regimen_advisor.files.writing import target_of, whole_or_nothing, working_folder
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import joined, say

if TYPE_CHECKING:
    from regimen_advisor.cohorts.mapping import TableMapping

ID, ROW, SET_APART, UNREAD, QUESTIONS, DIGEST, GIVEN = (
    "id", "row", "set_apart", "unread", "questions", "rulebook", "given"
)  # fmt: skip
MOST_LISTED = 1000


@dataclass(frozen=True)
class CohortTable:
    """A table ready to be judged: ``rows`` holds ``row``, ``id``, the keys of a profile, ``given`` where asked for."""

    rows: pl.LazyFrame
    mapping: TableMapping | None
    name: str
    blank: int = 0
    """How many lines without a word were passed over."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a profile that it has."""
        return tuple(
            name for name in self.rows.collect_schema().names() if name in Profile.model_fields and name != "id"
        )


def open_table(
    paths: Sequence[str], mapping: TableMapping | None = None, *, given: str | None = None, id_column: str = "id"
) -> CohortTable:
    """The table of some files, its columns as keys of a profile.

    Raises ``InputError`` where it cannot be read or no column of it says anything a rule tests.
    """
    table, blank = read_table(paths)
    rows = as_profiles(table, paths[0], mapping, given=given, id_column=id_column)
    return CohortTable(named(rows.with_row_index(ROW, offset=1)), mapping, joined(paths), blank)


def as_profiles(
    raw: pl.LazyFrame,
    table: str,
    mapping: TableMapping | None = None,
    *,
    given: str | None = None,
    id_column: str = "id",
    number: str | None = None,
) -> pl.LazyFrame:
    """The columns of a table as ``id``, the keys of a profile, and ``given`` where asked for.

    ``table`` is its name; a column ``number``, which numbers the rows, is kept. Raises ``InputError`` where no column
    of it says anything a rule tests, or one that is asked for by name is not there.
    """
    names = raw.collect_schema().names()
    asked = {"--given": given, "--id-column": id_column if id_column != ID else None}
    for option, column in asked.items():
        if column is not None and column not in names:
            message = say("cohort_error.no_column", option=option, column=column)
            raise InputError.at(Location(table), message, did_you_mean(column, names))
    if mapping is not None:
        if id_column != ID:
            raise InputError.at(Location("--id-column"), say("cohort_error.id_in_mapping"))
        if given is not None and mapping.file.row is not None:
            raise InputError.at(Location("--given"), say("cohort_error.given_in_mapping"))
        rows = mapping.apply(raw, second_tables(mapping, table), number)
        if given is not None:
            extra = raw.select(pl.col(given).cast(pl.String).alias(GIVEN))
            rows = pl.concat([rows.drop(GIVEN, strict=False), extra], how="horizontal")
        return rows
    known = [name for name in names if name in Profile.model_fields and name not in ("id", "summary")]
    if not known:
        keys = joined(name for name in Profile.model_fields if name not in ("id", "summary"))
        help = say("cohort_error.name_columns", keys=keys)
        raise InputError.at(Location(table), say("cohort_error.no_key"), help)
    kept: list[str | pl.Expr] = [*known, *([pl.col(given).cast(pl.String).alias(GIVEN)] if given else [])]
    name = pl.col(id_column).cast(pl.String) if id_column in names else pl.lit(None, pl.String)
    return raw.select(name.alias("id"), *kept, *([number] if number else []))


def named(rows: pl.LazyFrame) -> pl.LazyFrame:
    """``rows``, each with an ``id``: where the table names nobody, ``row-1``, ``row-2`` by the number ``row``."""
    return rows.with_columns(pl.col("id").fill_null(pl.format("row-{}", pl.col(ROW))))


def given_label(given: str | None, mapping: TableMapping | None) -> str:
    """The name of the column of the drugs given, in the table."""
    return given or (mapping.file.label_of_given if mapping else None) or GIVEN


def second_tables(mapping: TableMapping, first: str) -> Path:
    """The folder of the second tables: that of the mapping if they are there, else that of the first table."""
    place = Path(mapping.document.name).parent
    all_there = all((place / second.file).exists() for second in mapping.file.tables.values())
    return place if all_there else Path(first).parent


@dataclass(frozen=True)
class CohortResult:
    """The answers, a row a patient in the order of the input, in a file that is gone after the block that made it."""

    rulebook: Rulebook
    file: Path
    settled: Settled | None
    """``None`` where the standings were left as they are node by node."""
    columns: tuple[str, ...]

    @property
    def rows(self) -> pl.LazyFrame:
        """``id``, a standing for each regimen, ``questions``, ``set_apart``, ``unread``, ``rulebook``."""
        return pl.scan_parquet(self.file)

    def write(self, output: str) -> None:
        """Writes the rows for the user; Parquet is what the working file is already."""
        if Path(output).suffix.lower() in PARQUET:
            with whole_or_nothing(output) as temporary:
                shutil.copyfile(self.file, temporary)
        else:
            write_table(self.rows, output)


@contextmanager
def judged(
    table: CohortTable, rulebook: Rulebook, *, exact: bool = True, output: str | None = None
) -> Iterator[CohortResult]:
    """The standings of every row of ``table``.

    Without ``exact`` they are those of the node-by-node table, which is faster. The working file is next to
    ``output``, so that a large one meets the disk that was meant for it, and nobody else may read it. It is gone after
    the block, whichever signal ends the process.
    """
    engine = ColumnEngine(rulebook, table.mapping.readers if table.mapping else None)
    keep = ["id", *([GIVEN] if GIVEN in table.rows.collect_schema() else [])]
    folder = None if output is None else target_of(output).parent
    with working_folder(folder, prefix=".cohort-", output=output) as scratch:
        refuse_odd_name(scratch, output or str(scratch))
        file = scratch / "standings.parquet"
        with table_errors(table.name, output or str(scratch)):
            cases = OpenCases(engine, Guideline.of(rulebook).kept(_open_cells)) if exact else None
            facts = engine.facts(table.rows, cases.look if cases else None)
            write_standings(standings_of(facts, engine, table.mapping, keep), file)
            settled = settle(cases, file, engine) if cases else None
        yield CohortResult(rulebook, file, settled, tuple(rulebook.regimens))


def _open_cells(rulebook: Rulebook) -> OpenCells:
    """What may be open in a table, compiled; it depends on the rules alone."""
    return OpenCells(ColumnEngine(rulebook))


def standings_of(
    facts: pl.LazyFrame, engine: ColumnEngine, mapping: TableMapping | None, keep: Sequence[str]
) -> pl.LazyFrame:
    """What is written of each row, node by node: the columns to ``keep``, the standings, the questions, the rest."""
    digest = pl.lit(engine.rulebook.digest).alias(DIGEST)
    judged = engine.standings(facts, [*keep, set_apart(engine), unread_cells(facts, mapping), digest])
    return judged.select(*keep, *engine.rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST)


def unread_cells(facts: pl.LazyFrame, mapping: TableMapping | None) -> pl.Expr:
    """The cells of a row that were not read, under the names of the columns of the tables, in lines; null for none."""
    unread = relabelled(mapping)
    if UNREAD_EVENTS not in facts.collect_schema():
        return unread
    cells = pl.concat_str(unread, pl.col(UNREAD_EVENTS), separator="\n", ignore_nulls=True)
    return pl.when(cells != "").then(cells).alias(UNREAD)


def set_apart(engine: ColumnEngine) -> pl.Expr:
    """Why a row was set apart, in words; null where it was not."""

    def words(faults: pl.Series) -> pl.Series:
        found = faults.struct.unnest()
        distinct = found.filter(pl.col(FAULT) != 0).unique()
        if not distinct.height:
            return pl.repeat(None, len(faults), dtype=pl.String, eager=True).alias(SET_APART)
        reasons = [engine.reader.why(fault, history) for fault, history in distinct.rows()]
        known = distinct.with_columns(pl.Series(SET_APART, reasons, pl.String))
        return found.join(known, on=[FAULT, HISTORY], how="left", maintain_order="left")[SET_APART]

    faults_and_histories = pl.struct(pl.col(FAULT), pl.col(HISTORY))
    return faults_and_histories.map_batches(words, return_dtype=pl.String, is_elementwise=True).alias(SET_APART)


def relabelled(mapping: TableMapping | None) -> pl.Expr:
    """Unread cells under the names of the columns of the table, not of the keys they were mapped to."""
    unread = pl.col(UNREAD)
    for key, label in mapping.labels.items() if mapping else ():
        unread = unread.str.replace_all(f"(?m)^{re.escape(key)}: ", label.replace("$", "$$") + ": ")
    if mapping is not None and (written := mapping.file.keys.get("history")) is not None:  # JSON in a column
        parts = r"(?m)^(history (?:curative|line \d+)[^:]*: )"
        unread = unread.str.replace_all(parts, written.label.replace("$", "$$") + ": ${1}")
    if mapping is not None:  # a column may be read for several keys: each of its cells is listed once a row
        unread = unread.str.split("\n").list.unique(maintain_order=True).list.join("\n")
    return unread.alias(UNREAD)


# Counting ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangeByPack:
    """A change of a pack, in words with its reason, and on how many patients it bears or may bear."""

    says: str
    patients: int


@dataclass(frozen=True)
class Summary:
    """The counts of a cohort."""

    table: str
    patients: int
    set_apart: tuple[tuple[str, int], ...]
    """Reason and number of rows."""
    unread: tuple[tuple[str, str, int], ...]
    """Column, cell and number of rows."""
    standings: Mapping[str, Mapping[str, int]]
    questions: tuple[tuple[str, int], ...]
    with_an_option: int
    open: int
    """Patients to whom nothing is offered and for whom at least one regimen is undetermined."""
    without: int
    """Patients to whom nothing is offered and nothing is undetermined."""
    settled: Settled
    rules: RulebookName
    repeated: tuple[tuple[str, int], ...] = ()
    """Names that occur more than once, and in how many rows; the first of them."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What each regimen is called, by id."""
    changed_by_packs: tuple[ChangeByPack, ...] = ()
    """What packs changed that bears on some patient."""
    decisions: str | None = None
    """The table of which each row is a decision, so that a patient can have several; ``None`` for a row a patient."""


_OPEN = (Standing.UNDETERMINED.value, Standing.EXCLUDED.value)
"""Node by node these may be another standing when judged exactly."""
_OFFERED = (Standing.OFFERED.value, Standing.OFFERED_WITH_CAUTION.value)


def summarise(result: CohortResult, name: str) -> Summary:
    """The counts of a cohort, read from what was written."""
    rows, regimens = result.rows, list(result.columns)
    sound = pl.col(SET_APART).is_null()
    offered = pl.any_horizontal(*(pl.col(regimen) == word for regimen in regimens for word in _OFFERED))
    offered = offered.fill_null(value=False)
    undetermined = Standing.UNDETERMINED.value
    waits = pl.any_horizontal(*(pl.col(regimen) == undetermined for regimen in regimens)).fill_null(value=False)
    inexact = pl.any_horizontal(*(pl.col(regimen) == word for regimen in regimens for word in _OPEN))
    counts = [
        (pl.col(regimen) == standing.value).sum().alias(f"{regimen}\n{standing.value}")
        for regimen in regimens
        for standing in Standing
    ]
    with table_errors(name):
        totals = rows.select(
            pl.len().alias("patients"),
            (sound & offered).sum().alias("offered"),
            (sound & ~offered & waits).sum().alias("open"),
            (sound & ~offered & ~waits).sum().alias("without"),
            inexact.sum().alias("inexact"),
            pl.col(ID).hash().n_unique().alias("names"),
            *counts,
        ).collect(engine="streaming").row(0, named=True)  # fmt: skip
        reasons = counted_cells(rows.select(SET_APART).drop_nulls())
        cells = counted_cells(rows.select(UNREAD).drop_nulls(), "\n")
        questions = counted_cells(rows.select(QUESTIONS).drop_nulls(), "; ")
        # Equal names have equal hashes, and these are compared in half the time.
        repeated = repeated_names(rows) if totals["names"] < totals["patients"] else ()
    return Summary(
        name,
        totals["patients"],
        reasons,
        tuple((*column_and_cell(text), count) for text, count in cells),
        {
            regimen: {standing.value: totals[f"{regimen}\n{standing.value}"] for standing in Standing}
            for regimen in regimens
        },
        questions,
        totals["offered"],
        totals["open"],
        totals["without"],
        result.settled or Settled(not totals["inexact"], totals["inexact"], 0),
        RulebookName.of(result.rulebook),
        repeated,
        {regimen: result.rulebook.regimens[regimen].name for regimen in regimens},
    )


def counted_cells(column: pl.LazyFrame, separator: str | None = None) -> tuple[tuple[str, int], ...]:
    """The distinct cells of the only column, the commonest first; ``separator`` parts cells that are counted in parts.

    The cells are then counted whole before they are split, so they should be few.
    """
    (name,) = column.collect_schema().names()
    counts = column.group_by(name).len("n")
    if separator is not None:
        counts = (
            counts.with_columns(pl.col(name).str.split(separator))
            .explode(name, empty_as_null=False)
            .group_by(name)
            .agg(pl.sum("n"))
        )
    counts = counts.sort(["n", name], descending=[True, False]).head(MOST_LISTED)
    return tuple((text, count) for text, count in counts.collect(engine="streaming").rows())


def repeated_names(rows: pl.LazyFrame) -> tuple[tuple[str, int], ...]:
    """Names that occur in more than one row, and in how many, the commonest first."""
    twice = rows.group_by(ID).len("n").filter(pl.col("n") > 1).sort(["n", ID], descending=[True, False])
    return tuple(twice.head(MOST_LISTED).collect(engine="streaming").iter_rows())


def column_and_cell(text: str) -> tuple[str, str]:
    """The column and the cell of an entry of ``unread``."""
    column, _, cell = text.partition(": ")
    return column, cell


def refuse_if_strict(summary: Summary) -> None:
    """Raises ``InputError`` if a cell could not be read or a row was set apart."""
    refuse_unread(summary.table, summary.unread, summary.set_apart)


def refuse_unread(table: str, unread: Sequence[tuple[str, str, int]], apart: Sequence[tuple[str, int]]) -> None:
    """Raises ``InputError`` with every cell that could not be read and every reason why a row was set apart."""
    place = Location(table)
    problems = [
        Problem(place, say("cohort_error.unread", column=column, cell=cell, count=count))
        for column, cell, count in unread
    ]
    problems += [Problem(place, say("cohort_error.set_apart", count=count, reason=reason)) for reason, count in apart]
    if problems:
        raise InputError(problems)
