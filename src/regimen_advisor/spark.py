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
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from regimen_advisor.cohort import DIGEST, QUESTIONS, SET_APART, UNREAD, digest, set_apart
from regimen_advisor.engines.columns import ColumnEngine
from regimen_advisor.errors import InputError, Location
from regimen_advisor.profile import Profile
from regimen_advisor.rulebook import Rulebook, load_rulebook

RuleFiles = tuple[tuple[str, bytes], ...]
_TOLD = 300


def run_on_spark(table: str, output: str, rulebook: Rulebook, master: str, conf: Sequence[str]) -> None:
    """Judges the Parquet ``table`` on the cluster at ``master`` and writes ``output`` there, as a folder of Parquet.

    Raises ``InputError`` where Spark or Java is missing, the table cannot be read, or the output exists.
    """
    session = start_session(master, conf)
    try:
        judge_table(session, table, output, rulebook)
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


def judge_table(session: Any, table: str, output: str, rulebook: Rulebook) -> None:
    """Judges ``table`` in a running session; a row a patient, in no fixed order of files."""
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        rows = session.read.parquet(table)
        known = [name for name in rows.columns if name in Profile.model_fields and name != "summary"]
        if not set(known) - {"id"}:
            raise InputError.at(Location(table), "no usable column: none has the name of a key of a profile")
        judged = rows.select(*known).mapInArrow(_judge(_rule_files(rulebook)), _schema(rulebook, has_id="id" in known))
        judged.write.mode("errorifexists").parquet(output)
    except PySparkException as error:
        raise InputError.at(Location(table), f"Spark could not judge the table: {_short(error)}") from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:_TOLD]


def _rule_files(rulebook: Rulebook) -> RuleFiles:
    folder = rulebook.folder
    return tuple((file.relative_to(folder).as_posix(), file.read_bytes()) for file in sorted(folder.rglob("*.yaml")))


def _schema(rulebook: Rulebook, *, has_id: bool) -> str:
    names = [*(["id"] if has_id else []), *rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST]
    return ", ".join(f"`{name}` string" for name in names)


@lru_cache(maxsize=1)
def _engine(files: RuleFiles) -> ColumnEngine:
    """The rules, compiled once in each worker process."""
    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        for name, content in files:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return ColumnEngine(load_rulebook(folder))


def _judge(files: RuleFiles) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that Spark runs on the batches of a partition."""

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        engine = _engine(files)
        for batch in batches:
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            keep = [name for name in ("id",) if name in frame.columns]
            answers = engine.standings(
                engine.facts(frame.lazy()), [*keep, set_apart(engine), UNREAD, digest(engine.rulebook)]
            ).select(*keep, *engine.rulebook.regimens, QUESTIONS, SET_APART, UNREAD, DIGEST)
            told = answers.with_columns(pl.all().cast(pl.String)).collect(engine="in-memory")
            arrow = told.to_arrow(compat_level=pl.CompatLevel.oldest())
            target = pa.schema([pa.field(name, pa.string()) for name in arrow.schema.names])
            yield from arrow.cast(target).to_batches()

    return judge
