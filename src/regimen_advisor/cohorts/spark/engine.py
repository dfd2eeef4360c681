"""Run the same expressions on a cluster: Spark hands out Arrow batches, each judged like a small table.

Scheduling, retries and storage are Spark's, and so is counting: a cohort is counted from what was written.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from regimen_advisor.cohorts.cohort import (
    DIGEST,
    GIVEN,
    QUESTIONS,
    SET_APART,
    UNREAD,
    as_profiles,
    given_label,
    refuse_if_strict,
)
from regimen_advisor.cohorts.request import CohortReport, Request
from regimen_advisor.cohorts.spark.counts import bearing_on_spark, changes_on_spark, concordance_on_spark, summary_of
from regimen_advisor.cohorts.spark.worker import BEARING, CHANGED, NUMBER, Task, judge, mapping_of, rules_of
from regimen_advisor.files.ending import interrupted_by_every_signal
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import joined, say

_MOST_OF_REASON = 300  # letters of what another program gives as its reason


def run_on_spark(
    tables: Sequence[str], output: str | None, request: Request, master: str, conf: Sequence[str]
) -> CohortReport:
    """Judges the Parquet ``tables`` on the cluster at ``master`` and writes ``output`` there, as a folder of Parquet.

    Raises ``InputError`` where Spark or Java is missing, a table cannot be read, a strict request is refused, or the
    output exists; nothing is left at ``output`` then.
    """
    with interrupted_by_every_signal():
        session = start_session(master, conf)
        try:
            return judge_tables(session, tables, output, request)
        finally:
            session.stop()


def start_session(master: str, conf: Sequence[str]) -> Any:
    """A Spark session; ``conf`` are settings as ``KEY=VALUE``."""
    place = Location("--engine spark")
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError.at(
            place, say("missing_extra.not_installed", name="PySpark"), "pip install 'regimen-advisor[spark]'"
        ) from None
    java = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    if not (os.environ.get("JAVA_HOME") and java.exists()) and shutil.which("java") is None:
        raise InputError.at(place, say("spark_error.no_java"))
    builder = SparkSession.builder.master(master).appName("regimen-advisor cohort")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower(),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
        "spark.sql.caseSensitive": "true",  # as the columns of a table are everywhere else
    }
    if master.startswith("local"):  # workers on this machine run in this environment
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for pair in conf:
        key, equals, value = pair.partition("=")
        if not equals or not key.startswith("spark."):
            raise InputError.at(Location("--conf"), say("spark_error.setting", found=pair))
        settings[key] = value
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise InputError.at(place, say("spark_error.not_started", reason=_short(error))) from None


def judge_tables(session: Any, tables: Sequence[str], output: str | None, request: Request) -> CohortReport:
    """Judges ``tables`` in a running session; the files of ``output`` are in no fixed order."""
    rulebook, mapping, old = request.rulebook, request.mapping, request.old
    with _spark_errors(tables[0], output):
        _check_paths(session, tables, output)
        rows = _numbered(session, tables)
        keep, task = _task(rows.drop(NUMBER).columns, tables[0], request)
        with _kept(session, _judged(rows, task), output) as judged:
            summary = summary_of(judged, joined(tables), rulebook, exact=request.exact)
            if request.strict:
                refuse_if_strict(summary)
            if Guideline.of(rulebook).bearings:
                bearing = _judged(rows, replace(task, columns=(BEARING,)))
                summary = replace(summary, changed_by_packs=bearing_on_spark(bearing, rulebook))
            agreed = None
            if GIVEN in keep:
                agreed = concordance_on_spark(judged, rulebook, given_label(request.given, mapping))
            compared = None
            if old is not None:
                comparison = replace(task, columns=("id", NUMBER, CHANGED), old=rules_of(old), old_day=old.day)
                with _kept(session, _judged(rows, comparison), None) as changed:
                    compared = changes_on_spark(changed, old.name, rulebook.name)
    return summary, compared, agreed


def judge_spark_frame(frame: Any, request: Request, name: str) -> Any:
    """``frame``, which is called ``name`` in messages, judged when the answer is asked for: a row of text a patient.

    A patient without a name is called ``row-N`` by a number that Spark gives the row, unlike any other. Raises
    ``InputError`` where a column is missing.
    """
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    with _spark_errors(name, None):
        _, task = _task(frame.columns, name, request)
        return _judged(frame.withColumn(NUMBER, f.monotonically_increasing_id() + 1), task)


def _task(names: Sequence[str], table: str, request: Request) -> tuple[list[str], Task]:
    """The columns that are kept of a table with these columns, and what a worker needs to judge it."""
    mapping, rulebook = request.mapping, request.rulebook
    keep, needed = _columns(names, table, request)
    return keep, Task(
        table,
        (*needed, NUMBER),
        (*keep, *rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST),
        rules_of(rulebook),
        mapping=mapping_of(mapping, table) if mapping else (),
        given=request.given,
        id_column=request.id_column,
        exact=request.exact,
        day=rulebook.day,
    )


def _judged(rows: Any, task: Task) -> Any:
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    # Under other names, since mapInArrow takes a dot in a name for a field of a struct.
    rows = rows.select(*(f.col(_quoted(name)).alias(f"c{position}") for position, name in enumerate(task.cells)))
    schema = ", ".join(f"`{name}` {'bigint' if name == NUMBER else 'string'}" for name in task.columns)
    return rows.mapInArrow(judge(task), schema)


def _columns(names: Sequence[str], table: str, request: Request) -> tuple[list[str], list[str]]:
    """The columns that are kept for the output, and those of the table that a worker needs.

    What is missing is named here, before anything is sent out.
    """
    mapping, given, id_column = request.mapping, request.given, request.id_column
    empty = pl.LazyFrame(schema=dict.fromkeys(names, pl.String))
    read = as_profiles(empty, table, mapping, given=given, id_column=id_column).collect_schema()
    profile = mapping.file.columns if mapping else Profile.model_fields.keys() & set(read.names())
    needed = [name for name in names if name in profile or name in (given, id_column)]
    return [name for name in ("id", GIVEN) if name in read], needed


def _numbered(session: Any, tables: Sequence[str]) -> Any:
    """The rows of all tables, each with its number in them, from 1: file by file in the order of names."""
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    file, in_file, start = f"{NUMBER}: file", f"{NUMBER}: in the file", f"{NUMBER}: rows before"
    parts, before = [], 0
    names: set[str] = set()
    for table in tables:
        rows = session.read.option("mergeSchema", "true").parquet(table)  # a column that some files lack is not lost
        names = names or set(rows.columns)
        for name in sorted(names ^ set(rows.columns)):
            raise InputError.at(Location(table), say("spark_error.columns", table=tables[0], column=name))
        place = rows.metadataColumn("_metadata")
        rows = rows.select("*", place["file_path"].alias(file), place["row_index"].alias(in_file))
        starts = []
        for name, count in sorted(rows.groupBy(_quoted(file)).count().collect(), key=lambda row: unquote(row[0])):
            starts.append((name, before))
            before += count
        offsets = f.broadcast(session.createDataFrame(starts, f"`{file}` string, `{start}` bigint"))
        number = f.col(_quoted(start)) + f.col(_quoted(in_file)) + 1
        parts.append(rows.join(offsets, file, "left").withColumn(NUMBER, number).drop(file, in_file, start))
    return reduce(lambda rows, further_rows: rows.unionByName(further_rows), parts)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _place(session: Any, output: str) -> tuple[Any, Any]:
    """The storage of a path, whatever it is, and the path there."""
    path = session._jvm.org.apache.hadoop.fs.Path(output)  # noqa: SLF001 - PySpark has no other way to storage
    return path.getFileSystem(session._jsc.hadoopConfiguration()), path  # noqa: SLF001


def _check_paths(session: Any, tables: Sequence[str], output: str | None) -> None:
    """Refuses a table that is missing, and an output that is not."""
    for table in tables:
        storage, path = _place(session, table)
        if not storage.globStatus(path):
            raise InputError.at(Location(table), say("table_error.no_file"))
    if output is not None:
        storage, path = _place(session, output)
        if storage.exists(path):
            raise InputError.at(Location(output), say("spark_error.taken"))


@contextmanager
def _kept(session: Any, rows: Any, output: str | None) -> Iterator[Any]:
    """``rows`` to be counted, computed once: as written to ``output``, which is gone again if anything fails.

    Without ``output`` the executors keep them on their disks meanwhile.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    if output is None:
        rows = rows.persist(StorageLevel.DISK_ONLY)
        try:
            yield rows
        finally:
            rows.unpersist()
        return
    storage, path = _place(session, output)
    try:
        rows.write.mode("errorifexists").parquet(output)
        yield session.read.parquet(output)
    except BaseException as error:
        # What is there by now may be somebody else's.
        if not (isinstance(error, PySparkException) and error.getCondition() == "PATH_ALREADY_EXISTS"):
            # Where Spark itself is gone, that is what should be reported; an interrupt may cost the first call only.
            with suppress(Py4JError):
                session.stop()  # first, since a task that still runs would make the folder again
            with suppress(Py4JError):
                storage.delete(path, True)
        raise


@contextmanager
def _spark_errors(table: str, output: str | None) -> Iterator[None]:
    """Turns what goes wrong inside Spark into a problem of ``table``, or of ``output`` where the disk is full."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    try:
        yield
    except (PySparkException, Py4JError) as error:
        text = _short(error)
        if output is not None and "No space left" in text:
            raise InputError.at(Location(output), say("spark_error.no_space")) from None
        raise InputError.at(Location(table), say("spark_error.failed", reason=text)) from None


def _short(error: Any) -> str:
    """What went wrong in the end: the last cause in Java with the name Spark has for it, or a worker's last line."""
    text, cause = str(error), getattr(error, "java_exception", None)
    first = cause.getMessage() or "" if cause is not None else ""
    while cause is not None:
        text, cause = cause.getMessage() or cause.toString(), cause.getCause()
    if "Traceback (most recent call last)" in text:
        text = text.rstrip().splitlines()[-1]
    elif first.startswith("[") and first != text:
        text = f"{text} ({first})"
    return " ".join(text.split())[:_MOST_OF_REASON]
