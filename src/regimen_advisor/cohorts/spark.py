"""The same expressions on a cluster: Spark hands out Arrow batches, each is judged like a small table.

Scheduling, retries and storage are Spark's: what was judged is kept on the disks of its executors while it is counted
and written, and judged again where an executor is lost.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from regimen_advisor.cohorts.changes import CohortChanges
from regimen_advisor.cohorts.cohort import (
    DIGEST,
    GIVEN,
    QUESTIONS,
    SET_APART,
    UNREAD,
    Summary,
    as_profiles,
    given_label,
    refuse_if_strict,
)
from regimen_advisor.cohorts.concordance import Concordance
from regimen_advisor.cohorts.mapping import TableMapping
from regimen_advisor.cohorts.spark_counts import changes_on_spark, concordance_on_spark, summary_of
from regimen_advisor.cohorts.spark_worker import CHANGED, NUMBER, Task, judge, mapping_of, rules_of
from regimen_advisor.errors import InputError, Location
from regimen_advisor.profile import Profile
from regimen_advisor.rulebook import Rulebook

Told = tuple[Summary, CohortChanges | None, Concordance | None]
_TOLD = 300


@dataclass(frozen=True)
class Request:
    """What is asked of a table: the options of ``cohort``, under the same names."""

    rulebook: Rulebook
    mapping: TableMapping | None = None
    given: str | None = None
    id_column: str = "id"
    old: Rulebook | None = None
    """The rules to compare with."""
    strict: bool = False
    exact: bool = True


def run_on_spark(tables: Sequence[str], output: str | None, request: Request, master: str, conf: Sequence[str]) -> Told:
    """Judges the Parquet ``tables`` on the cluster at ``master`` and writes ``output`` there, as a folder of Parquet.

    Raises ``InputError`` where Spark or Java is missing, a table cannot be read, a strict request is refused, or the
    output exists; nothing is left at ``output`` then.
    """
    session = start_session(master, conf)
    try:
        return judge_tables(session, tables, output, request)
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
            raise InputError.at(Location("--conf"), f"expected spark.KEY=VALUE, found `{pair}`")
        settings[key] = value
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise InputError.at(place, f"Spark did not start: {_short(error)}") from None


def judge_tables(session: Any, tables: Sequence[str], output: str | None, request: Request) -> Told:
    """Judges ``tables`` in a running session; the rows of ``output`` stand in no fixed order of files."""
    from pyspark import StorageLevel  # noqa: PLC0415

    rulebook, mapping, old = request.rulebook, request.mapping, request.old
    with _spark_errors(tables[0], "Spark could not judge the table"):
        _check_paths(session, tables, output)
        rows = _numbered(session, tables)
        keep, needed = _columns(rows.drop(NUMBER).columns, tables[0], request)
        written = [*keep, *rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST]
        task = Task(
            tables[0],
            (*written, *((CHANGED, NUMBER) if old else ())),
            rules_of(rulebook),
            rules_of(old) if old else (),
            mapping_of(mapping, tables[0]) if mapping else (),
            request.given,
            request.id_column,
            request.exact,
        )
        schema = ", ".join(f"`{name}` {'bigint' if name == NUMBER else 'string'}" for name in task.columns)
        judged = rows.select(*map(_quoted, [*needed, NUMBER])).mapInArrow(judge(task), schema)
        judged = judged.persist(StorageLevel.DISK_ONLY)
        try:
            summary = summary_of(judged, ", ".join(tables), rulebook, exact=request.exact)
            if request.strict:
                refuse_if_strict(summary)
            label = given_label(request.given, mapping)
            agreed = concordance_on_spark(judged, rulebook, label) if GIVEN in keep else None
            compared = changes_on_spark(judged, old.version, rulebook.version) if old else None
            if output is not None:
                _write(session, judged.select(*map(_quoted, written)), output)
        finally:
            judged.unpersist()
    return summary, compared, agreed


def _columns(names: Sequence[str], table: str, request: Request) -> tuple[list[str], list[str]]:
    """The columns that are kept for the output, and those of the table that a worker needs.

    What is missing is named here, before anything is sent out.
    """
    mapping, given, id_column = request.mapping, request.given, request.id_column
    empty = pl.LazyFrame(schema=dict.fromkeys(names, pl.String))
    read = as_profiles(empty, table, mapping, given=given, id_column=id_column).collect_schema()
    needed = [n for n in names if mapping or n in (given, id_column) or (n in Profile.model_fields and n in read)]
    return [name for name in ("id", GIVEN) if name in read], needed


def _numbered(session: Any, tables: Sequence[str]) -> Any:
    """The rows of all tables, each with its number in them, from 1: file by file in the order of names."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    file, at, start = f"{NUMBER}: file", f"{NUMBER}: in the file", f"{NUMBER}: rows before"
    parts, before = [], 0
    for table in tables:
        rows = session.read.option("mergeSchema", "true").parquet(table)  # a column that some files lack is not lost
        place = rows.metadataColumn("_metadata")
        rows = rows.select("*", place["file_path"].alias(file), place["row_index"].alias(at))
        starts = []
        for name, count in sorted(rows.groupBy(_quoted(file)).count().collect(), key=lambda row: unquote(row[0])):
            starts.append((name, before))
            before += count
        offsets = f.broadcast(session.createDataFrame(starts, f"`{file}` string, `{start}` bigint"))
        number = f.col(_quoted(start)) + f.col(_quoted(at)) + 1
        parts.append(rows.join(offsets, file, "left").withColumn(NUMBER, number).drop(file, at, start))
    return reduce(lambda one, other: one.unionByName(other), parts)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


# Writing -------------------------------------------------------------------------------------------------------------


def _place(session: Any, output: str) -> tuple[Any, Any]:
    """The storage of a path, whatever it is, and the path there."""
    path = session._jvm.org.apache.hadoop.fs.Path(output)  # noqa: SLF001 - PySpark has no other way to storage
    return path.getFileSystem(session._jsc.hadoopConfiguration()), path  # noqa: SLF001


def _check_paths(session: Any, tables: Sequence[str], output: str | None) -> None:
    """Refuses a table that is missing, and an output that is not."""
    for table in tables:
        storage, path = _place(session, table)
        if not storage.globStatus(path):
            raise InputError.at(Location(table), "expected a table, found no such file")
    if output is not None:
        storage, path = _place(session, output)
        if storage.exists(path):
            raise InputError.at(Location(output), "is there already: Spark writes a new folder")


def _write(session: Any, rows: Any, output: str) -> None:
    """Writes a new folder, which is gone again if that fails."""
    from pyspark.errors import AnalysisException  # noqa: PLC0415

    storage, path = _place(session, output)
    with _spark_errors(output, "Spark could not write"):
        try:
            rows.write.mode("errorifexists").parquet(output)
        except AnalysisException:  # refused before anything is made: what is there now is somebody else's
            raise
        except BaseException:
            storage.delete(path, True)
            raise


@contextmanager
def _spark_errors(place: str, what: str) -> Iterator[None]:
    """Turns what goes wrong inside Spark into a problem of the table or the output at ``place``."""
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise InputError.at(Location(place), f"{what}: {_short(error)}") from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:_TOLD]
