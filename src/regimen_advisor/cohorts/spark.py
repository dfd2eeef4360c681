"""The same expressions on a cluster: Spark hands out Arrow batches, each is judged like a small table.

Scheduling, retries and storage are Spark's. What a worker needs of the rulebook travels with the task, so that the
rules need not be installed there; the package itself must be.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from regimen_advisor.cohorts.cohort import (
    DIGEST,
    MOST_TOLD,
    QUESTIONS,
    SET_APART,
    UNREAD,
    Summary,
    column_and_cell,
    digest,
    relabelled,
    second_tables,
    set_apart,
)
from regimen_advisor.cohorts.mapping import TableMapping, load_mapping
from regimen_advisor.cohorts.open_cases import OpenCases
from regimen_advisor.cohorts.settling import Settled, with_answers
from regimen_advisor.engines.columns import ColumnEngine
from regimen_advisor.errors import InputError, Location
from regimen_advisor.files import read_bytes, rule_files
from regimen_advisor.profile import Profile
from regimen_advisor.rulebook import Rulebook, load_rulebook
from regimen_advisor.standings import Standing

Files = tuple[tuple[str, bytes], ...]
_TOLD = 300


@dataclass(frozen=True)
class Task:
    """What a worker needs besides the rows: the files of the rules, and the mapping with its second tables."""

    rules: Files
    mapping: Files = ()
    """The mapping first."""
    exact: bool = True


def run_on_spark(
    table: str,
    output: str,
    rulebook: Rulebook,
    master: str,
    conf: Sequence[str],
    *,
    mapping: TableMapping | None = None,
    exact: bool = True,
) -> Summary:
    """Judges the Parquet ``table`` on the cluster at ``master`` and writes ``output`` there, as a folder of Parquet.

    Gives the counts of what was written. Raises ``InputError`` where Spark or Java is missing, the table cannot be
    read, or the output exists.
    """
    session = start_session(master, conf)
    try:
        judge_table(session, table, output, rulebook, mapping=mapping, exact=exact)
        return summary_of(session, table, output, rulebook, exact=exact)
    finally:
        session.stop()


def start_session(master: str, conf: Sequence[str]) -> Any:
    """A Spark session; ``conf`` are settings as ``KEY=VALUE``."""
    place = Location("--engine spark")
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError:
        raise InputError.at(place, "PySpark is not installed", "pip install 'regimen-advisor[spark]'") from None
    java = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    if not (os.environ.get("JAVA_HOME") and java.exists()) and shutil.which("java") is None:
        raise InputError.at(place, "Java is not installed: Spark needs a Java runtime, version 17 or later")
    builder = SparkSession.builder.master(master).appName("regimen-advisor cohort")
    settings = {"spark.ui.enabled": "false", "spark.sql.execution.arrow.maxRecordsPerBatch": "50000"}
    if master.startswith("local"):  # workers on this machine run in this environment
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for pair in conf:
        key, equals, value = pair.partition("=")
        if not equals or not key.startswith("spark."):
            raise InputError.at(Location("--conf"), f"expected spark.KEY=VALUE, found `{pair}`")
        settings[key] = value
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise InputError.at(place, f"Spark did not start: {_short(error)}") from None


def judge_table(
    session: Any,
    table: str,
    output: str,
    rulebook: Rulebook,
    *,
    mapping: TableMapping | None = None,
    exact: bool = True,
) -> None:
    """Judges ``table`` in a running session; a row a patient, in no fixed order of files."""
    from pyspark.errors import PySparkException  # noqa: PLC0415

    task = Task(_rule_files(rulebook), _mapping_files(mapping, Path(table).parent) if mapping else (), exact)
    try:
        rows = session.read.parquet(table)
        if mapping is None:
            known = [name for name in rows.columns if name in Profile.model_fields and name != "summary"]
            if not set(known) - {"id"}:
                raise InputError.at(Location(table), "no usable column: none has the name of a key of a profile")
            rows = rows.select(*known)
        else:  # names what is missing here, before anything is sent out
            mapping.apply(pl.LazyFrame(schema=dict.fromkeys(rows.columns, pl.String)), second_tables(mapping, table))
        has_id = mapping is not None or "id" in rows.columns
        judged = rows.mapInArrow(_judge(task), _schema(rulebook, has_id=has_id))
        judged.write.mode("errorifexists").parquet(output)
    except PySparkException as error:
        raise InputError.at(Location(table), f"Spark could not judge the table: {_short(error)}") from None


def summary_of(session: Any, table: str, output: str, rulebook: Rulebook, *, exact: bool) -> Summary:
    """The counts of a cohort, counted by Spark from what it wrote."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    rows = session.read.parquet(output)
    words = [standing.value for standing in Standing]

    def has(*wanted: str) -> Any:
        return reduce(or_, (f.col(f"`{name}`").isin(*wanted) for name in rulebook.regimens))

    def number(condition: Any) -> Any:
        return f.sum(f.when(condition, 1).otherwise(0))

    def counted(column: Any) -> tuple[tuple[str, int], ...]:
        groups = rows.select(column.alias("text")).dropna().groupBy("text").count()
        ranked = groups.orderBy(f.desc("count"), "text").limit(MOST_TOLD).collect()
        return tuple((row["text"], row["count"]) for row in ranked)

    sound, offered = f.col(SET_APART).isNull(), has("offered", "offered-with-caution")
    waits = has("undetermined")
    cells = [number(f.col(f"`{name}`") == word) for name in rulebook.regimens for word in words]
    patients, given, open_, without, *counts = rows.agg(
        f.count("*"), number(sound & offered), number(sound & ~offered & waits), number(sound & ~offered & ~waits),
        *cells,
    ).first()  # fmt: skip
    each = iter(counts)
    standings = {name: {word: next(each) or 0 for word in words} for name in rulebook.regimens}
    unread = tuple((*column_and_cell(text), count) for text, count in counted(f.explode(f.split(f.col(UNREAD), "\n"))))
    questions = counted(f.explode(f.split(f.col(QUESTIONS), "; ")))
    return Summary(
        table, patients, counted(f.col(SET_APART)), unread, standings, questions, given or 0, open_ or 0, without or 0,
        Settled(exact), rulebook.digest, rulebook.version,
    )  # fmt: skip


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:_TOLD]


def _rule_files(rulebook: Rulebook) -> Files:
    folder = rulebook.folder
    return tuple((file.relative_to(folder).as_posix(), read_bytes(file)) for file in rule_files(folder))


def _schema(rulebook: Rulebook, *, has_id: bool) -> str:
    names = [*(["id"] if has_id else []), *rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST]
    return ", ".join(f"`{name}` string" for name in names)


def _mapping_files(mapping: TableMapping, place: Path) -> Files:
    """The mapping and its second tables, which stand beside it or in ``place``."""
    document = Path(mapping.document.name)
    folder = second_tables(mapping, str(place / "table"))
    try:
        others = [(second.file, (folder / second.file).read_bytes()) for second in mapping.file.tables.values()]
        return ((document.name, document.read_bytes()), *others)
    except OSError as error:
        raise InputError.at(Location(str(error.filename)), f"cannot be read: {error.strerror}") from None


def _put(files: Files, folder: str) -> None:
    for name, content in files:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Worker:
    """The rules compiled and the mapping read, once in each worker process."""

    def __init__(self, task: Task) -> None:
        with tempfile.TemporaryDirectory(prefix="rules-") as folder:
            _put(task.rules, folder)
            rulebook = load_rulebook(folder)
        self._folder = tempfile.TemporaryDirectory(prefix="mapping-")  # second tables are read again for each batch
        self.mapping: TableMapping | None = None
        if task.mapping:
            _put(task.mapping, self._folder.name)
            self.mapping = load_mapping(Path(self._folder.name) / task.mapping[0][0], rulebook.domain)
        self.engine = ColumnEngine(rulebook, self.mapping.readers if self.mapping else None)
        self.cases = OpenCases(self.engine) if task.exact else None

    def judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A row a patient, in the order of ``frame``."""
        engine, mapping = self.engine, self.mapping
        rows = mapping.apply(frame.lazy(), Path(self._folder.name)) if mapping else frame.lazy()
        read = rows.with_row_index("row").collect()
        keep = [name for name in ("id",) if name in read.columns]
        answers = engine.standings(
            engine.facts(read.lazy()), ["row", *keep, set_apart(engine), relabelled(mapping), digest(engine.rulebook)]
        )
        if self.cases is not None:
            answers = with_answers(answers, self.cases.answers(read).lazy(), list(engine.rulebook.regimens))
        return answers.select(*keep, *engine.rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST).collect(
            engine="in-memory"
        )


@lru_cache(maxsize=1)
def _worker(task: Task) -> Worker:
    return Worker(task)


def _judge(task: Task) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that Spark runs on the batches of a partition."""

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        worker = _worker(task)
        for batch in batches:
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            told = worker.judged(frame).with_columns(pl.all().cast(pl.String))
            arrow = told.to_arrow(compat_level=pl.CompatLevel.oldest())
            target = pa.schema([pa.field(name, pa.string()) for name in arrow.schema.names])
            yield from arrow.cast(target).to_batches()

    return judge
