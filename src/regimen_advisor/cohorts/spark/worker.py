"""Judge Arrow batches on the workers of a cluster, each like a small table.

What a worker needs of the rulebook travels with the task, so that the rules need not be installed there; the package
itself must be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from regimen_advisor.cohorts.changes import in_words, regimens_of_both, side_by_side
from regimen_advisor.cohorts.cohort import GIVEN, ROW, as_profiles, named, second_tables, standings_of
from regimen_advisor.cohorts.mapping import TableMapping, load_mapping
from regimen_advisor.cohorts.pack_changes import bearing_conditions, may_bear
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.exact.corrections import with_answers
from regimen_advisor.columns.exact.open_cases import OpenCases
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.folders import rule_files
from regimen_advisor.files.output import read_bytes
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.language.conditions import Condition
from regimen_advisor.words.catalogue import say

Files = tuple[tuple[str, bytes], ...]
NUMBER = "number of the row in the table"
"""A column of the batches: long, because a table may have a column of any short name."""
CHANGED = "changed"
BEARING = "pack_changes"
"""The numbers of the changes that packs made and that bear, or may bear, on a patient, a line each."""


@dataclass(frozen=True)
class Task:
    """What a worker needs besides the rows."""

    table: str
    cells: tuple[str, ...]
    """The names of the columns of each batch."""
    columns: tuple[str, ...]
    """What it gives back of a patient: text, but for ``NUMBER``."""
    rules: Files
    old: Files = ()
    """The rules that are compared with, if there are any."""
    mapping: Files = ()
    """The mapping first, then its second tables."""
    given: str | None = None
    id_column: str = "id"
    exact: bool = True
    day: date | None = None
    """The day as of which the rules are read."""
    old_day: date | None = None
    """The same of those that are compared with."""


def rules_of(rulebook: Rulebook) -> Files:
    """The files of a rulebook."""
    return tuple(
        (f"{position}/{file.relative_to(folder).as_posix()}", read_bytes(file))
        for position, folder in enumerate(rulebook.folders)
        for file in rule_files(folder)
    )


def mapping_of(mapping: TableMapping, table: str) -> Files:
    """A mapping and its second tables, which are next to it or to ``table``, under names of their own."""
    document = Path(mapping.document.name)
    folder = second_tables(mapping, table)
    try:
        second_files = [(name, (folder / file).read_bytes()) for file, name in _names_of(mapping).items()]
        return ((document.name, document.read_bytes()), *second_files)
    except OSError as error:
        raise InputError.at(
            Location(str(error.filename)), say("broken.cannot_be_read", reason=error.strerror)
        ) from None


def _names_of(mapping: TableMapping) -> dict[str, str]:
    """By each file of a second table its name on a worker: it may be anywhere here, and stays in one folder there."""
    files = dict.fromkeys(second.file for second in mapping.file.tables.values())
    return {file: f"table-{number}{Path(file).suffix}" for number, file in enumerate(files)}


def _there(mapping: TableMapping) -> TableMapping:
    """A mapping that reads its second tables under the names they have on a worker."""
    names = _names_of(mapping)
    tables = {
        name: second.model_copy(update={"file": names[second.file]}) for name, second in mapping.file.tables.items()
    }
    return replace(mapping, file=mapping.file.model_copy(update={"tables": tables}))


def _put(files: Files, folder: str) -> None:
    for name, content in files:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _rulebook(files: Files, day: date | None) -> Rulebook:
    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        _put(files, folder)
        names = sorted({name.partition("/")[0] for name, _ in files}, key=int)
        return load_rulebook([Path(folder) / name for name in names], day)


class _Judge:
    """One rulebook, compiled for the tables of a mapping."""

    def __init__(self, rulebook: Rulebook, mapping: TableMapping | None, *, exact: bool) -> None:
        self.regimens, self.mapping = list(rulebook.regimens), mapping
        self.engine = ColumnEngine(rulebook, mapping.readers if mapping else None)
        self.cases = OpenCases(self.engine) if exact else None

    def judged(self, rows: pl.DataFrame) -> pl.LazyFrame:
        """A row a patient, in the order of ``rows``."""
        keep = [name for name in (ROW, "id", GIVEN, NUMBER) if name in rows.columns]
        facts = self.engine.facts(rows.lazy(), self.cases.look if self.cases else None)
        standings = standings_of(facts, self.engine, self.mapping, keep).collect(engine="in-memory").lazy()
        if self.cases is not None:
            self.cases.settle()
            standings = (
                with_answers(standings, self.cases.corrections().lazy(), self.regimens)
                .collect(engine="in-memory")
                .lazy()
            )
        return standings


class Worker:
    """The rules compiled and the mapping read, once in each worker process."""

    def __init__(self, task: Task) -> None:
        self.task = task
        rulebook = _rulebook(task.rules, task.day)
        self.mapping: TableMapping | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="mapping-")  # second tables are read again for each batch
        if task.mapping:
            _put(task.mapping, self._folder.name)
            self.mapping = _there(load_mapping(Path(self._folder.name) / task.mapping[0][0], rulebook.domain))
        self.bearing: tuple[ColumnEngine, dict[str, Condition]] | None = None
        if task.columns == (BEARING,):
            conditions = bearing_conditions(rulebook)
            readers = self.mapping.readers if self.mapping else None
            self.bearing = ColumnEngine(rulebook, readers, conditions.values()), conditions
            return
        self.new = _Judge(rulebook, self.mapping, exact=task.exact)
        self.old = _Judge(_rulebook(task.old, task.old_day), self.mapping, exact=task.exact) if task.old else None

    def answers(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A row a patient or decision, in the order of ``frame``; with old rules only those who change, and how.

        Where ``BEARING`` is asked for, only the patients on whom a change of a pack bears.
        """
        task = self.task
        read = as_profiles(
            frame.lazy(), task.table, self.mapping, given=task.given, id_column=task.id_column, number=NUMBER
        )
        rows = named(read.rename({NUMBER: ROW})).rename({ROW: NUMBER}).with_row_index(ROW).collect()
        if self.bearing is not None:
            numbers = [pl.when(pl.col(number)).then(pl.lit(number)) for number in self.bearing[1]]
            bears = pl.concat_str(numbers, separator="\n", ignore_nulls=True).alias(BEARING)
            return may_bear(rows.lazy(), *self.bearing).select(bears).filter(pl.col(BEARING) != "").collect()
        standings = self.new.judged(rows)
        if self.old is not None:
            regimens = regimens_of_both(self.old.regimens, self.new.regimens)
            compared = side_by_side(self.old.judged(rows), standings, regimens).with_columns(
                in_words(regimens).alias(CHANGED)
            )
            standings = pl.concat([compared, standings.select(NUMBER)], how="horizontal").filter(
                pl.col(CHANGED).is_not_null()
            )
        return standings.select(task.columns).collect(engine="in-memory")


@lru_cache(maxsize=1)
def _worker(task: Task) -> Worker:
    return Worker(task)


def judge(task: Task) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that Spark runs on the batches of a partition."""

    def answers_of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        worker = _worker(task)
        target = pa.schema([(name, pa.int64() if name == NUMBER else pa.string()) for name in task.columns])
        for batch in batches:
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            frame.columns = list(task.cells)
            answers = worker.answers(frame).with_columns(pl.exclude(NUMBER).cast(pl.String))
            yield from answers.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(target).to_batches()

    return answers_of
