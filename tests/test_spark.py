"""A real Spark: it answers as Polars does, leaves nothing half done, and may lose one of two executors midway."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from conftest import SHORT_LIVED
from regimen_advisor import Guideline, judge_table
from regimen_advisor.cli import cohort as cohort_command
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
pytest.importorskip("pyspark", reason="the extra `spark` is not installed")

from pyspark.sql import SparkSession  # noqa: E402

from regimen_advisor.cohorts.changes import SHOWN  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.spark import engine as spark  # noqa: E402
from regimen_advisor.cohorts.spark import worker as spark_worker  # noqa: E402
from regimen_advisor.cohorts.synthesis import for_text, synthetic_patients  # noqa: E402
from regimen_advisor.cohorts.tables import write_table  # noqa: E402

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # what PySpark warns of is not ours to mend

PARTS = 8
ROWS = 250


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table") / "patients"
    folder.mkdir()
    patients = synthetic_patients(PARTS * ROWS, 3).collect()
    for part in range(PARTS):
        patients.slice(part * ROWS, ROWS).write_parquet(folder / f"part-{part:02}.parquet")
    return folder


def executors() -> list[int]:
    """The executor processes of this user's local clusters that were started below this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in command and below(int(entry.name), os.getpid()):
                found.append(int(entry.name))
    return found


def below(process: int, ancestor: int) -> bool:
    while process > 1:
        if process == ancestor:
            return True
        try:
            process = int((Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


class Killer(threading.Thread):
    """Kills one executor once the first task of the run has finished."""

    def __init__(self, session) -> None:
        super().__init__(daemon=True)
        self.session, self.killed, self.over = session, None, threading.Event()

    def run(self) -> None:
        tracker = self.session.sparkContext.statusTracker()
        while not self.over.is_set():
            done = 0
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                done = max(done, info.numCompletedTasks if info and info.numTasks == PARTS else 0)
            running = executors()
            if done >= 1 and len(running) == 2:
                self.killed = running[0]
                os.kill(self.killed, signal.SIGKILL)
                return
            time.sleep(0.1)


def executors_lost(session) -> int:
    """How many executors Spark itself saw end."""
    seen = session.sparkContext._jsc.sc().statusStore().executorList(False)
    return sum(not seen.apply(at).isActive() for at in range(seen.size()))


def rows(folder: Path):
    return pl.read_parquet(folder / "*.parquet").sort("id")


@needs_java
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="executors are found in /proc")
def test_a_run_that_loses_an_executor_gives_the_rows_of_this_machine(table, tmp_path, monkeypatch):
    source = str(Path(spark.__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")])))
    rulebook = load_rulebook()
    if already := SparkSession.getActiveSession():  # of another test, and Spark would go on with its one process
        already.stop()
    memory = ["spark.executor.memory=512m", "spark.driver.memory=1g", f"spark.executor.extraJavaOptions={SHORT_LIVED}"]
    a_file_a_task = ["spark.sql.files.maxPartitionBytes=64m", "spark.sql.files.openCostInBytes=64m"]
    session = spark.start_session("local-cluster[2,1,600]", [*memory, *a_file_a_task])
    try:
        request = spark.Request(rulebook, exact=False)
        killer = Killer(session)
        killer.start()
        counted, *_ = spark.judge_tables(session, [str(table)], str(tmp_path / "disturbed"), request)
        killer.over.set()
        killer.join()
        lost = executors_lost(session)
    finally:
        session.stop()
    assert killer.killed is not None
    assert lost == 1
    with judged(open_table([str(table)]), rulebook, exact=False) as result:
        summary = summarise(result, str(table))
        expected = result.rows.with_columns(pl.all().cast(pl.String)).collect().sort("id")
    disturbed = rows(tmp_path / "disturbed")
    assert disturbed.height == PARTS * ROWS
    assert disturbed.select(expected.columns).equals(expected)
    assert replace(counted, settled=summary.settled) == summary


def test_a_worker_gives_the_rows_of_the_embedded_engine_with_a_mapping_and_a_second_table(tmp_path):
    (tmp_path / "sv.csv").write_text("who,change\n2,EML4-ALK fusion\n", encoding="utf-8")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "title: small\nid: who\ntables:\n  sv: {file: sv.csv, key: who, matches: who}\n"
        "keys:\n  disease: {column: kind, values: {NSCLC: nsclc}}\n"
        "  alk: {column: sv.change, patterns: [{match: '.*ALK fusion', gives: positive}]}\n",
        encoding="utf-8",
    )
    rows = pl.DataFrame({"who": ["1", "2", "3"], "kind": ["NSCLC", "NSCLC", "?"]})
    rows.write_parquet(tmp_path / "rows.parquet")
    rulebook = load_rulebook()
    read = load_mapping(mapping, rulebook.domain)
    with judged(open_table([str(tmp_path / "rows.parquet")], read), rulebook) as result:
        expected = result.rows.with_columns(pl.all().cast(pl.String)).collect()
    table, rules = str(tmp_path / "rows.parquet"), spark_worker.rules_of(rulebook)
    mapped = spark_worker.mapping_of(read, table)
    cells = ("who", "kind", spark_worker.NUMBER)
    task = spark_worker.Task(table, cells, tuple(expected.columns), rules, mapping=mapped)
    numbered = rows.with_columns(pl.Series([1, 2, 3]).alias(spark_worker.NUMBER))
    (batch,) = numbered.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()
    (answer,) = spark_worker.judge(task)(iter([batch]))
    assert pl.DataFrame(answer).equals(expected)
    assert expected["unread"].to_list() == [None, None, "kind: ?"]


def test_a_missing_java_is_reported_in_words(monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="Java is not installed"):
        spark.start_session("local[1]", [])


@needs_java
def test_a_setting_that_is_none_is_refused():
    with pytest.raises(InputError, match="KEY=VALUE"):
        spark.start_session("local[1]", ["executor memory 1g"])


# One session for what follows ----------------------------------------------------------------------------------------

OLD_THRESHOLD = ("nsclc/later-line-immunotherapy.yaml", "prior_lines: {at_least: 1}", "prior_lines: {at_least: 2}")
GIVEN = ["ivonescimab", "Amivantamab + carboplatin + pemetrexed", "pembrolizumab", "no such drug", None]


@pytest.fixture
def session():
    """The session of this process; another one where a test has stopped it."""
    return spark.start_session("local[1]", ["spark.driver.memory=1g"])


@pytest.fixture
def cohort(session, monkeypatch):
    """The command, in a session that outlives it."""
    app = typer.Typer()
    app.command()(cohort_command.cohort)
    monkeypatch.setattr(session, "stop", lambda: None)
    monkeypatch.setattr(spark, "start_session", lambda _master, _conf: session)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def registry(tmp_path):
    """Two tables, one a folder of two files: names missing and repeated, a cell without sense, contradictory rows."""
    at = pl.int_range(pl.len())
    patients = synthetic_patients(3000, 5).collect().with_columns(pl.col("egfr", "stage", "extent").cast(pl.String))
    patients = patients.select(
        pl.when(at % 50 == 3).then(None).when(at % 40 == 1).then(pl.lit("twice")).otherwise("id").alias("patient.name"),
        pl.when(at % 101 == 5).then(pl.lit("L999X?")).otherwise("egfr").alias("egfr"),
        pl.when(at % 211 == 7).then(pl.lit("IA")).otherwise("stage").alias("stage"),
        pl.when(at % 211 == 7).then(pl.lit("metastatic")).otherwise("extent").alias("extent"),
        pl.Series("drugs.given", [GIVEN[row * 7 % len(GIVEN)] for row in range(3000)], pl.String),
        pl.exclude("id", "egfr", "stage", "extent"),
    )
    (tmp_path / "first").mkdir()
    patients[:700].write_parquet(tmp_path / "first" / "part b.parquet")
    patients[700:2000].write_parquet(tmp_path / "first" / "part c.parquet", row_group_size=300)
    patients[2000:].write_parquet(tmp_path / "second.parquet")
    return [tmp_path / "first", tmp_path / "second.parquet"]


@needs_java
def test_spark_tells_and_writes_of_a_table_what_polars_does(cohort, registry, tmp_path):
    file, before, after = OLD_THRESHOLD
    shutil.copytree(load_rulebook().folder, tmp_path / "old")
    text = (tmp_path / "old" / file).read_text("utf-8")
    assert before in text
    (tmp_path / "old" / file).write_text(text.replace(before, after), "utf-8")
    asked = [*registry, "--given", "drugs.given", "--compare", tmp_path / "old", "--id-column", "patient.name"]
    here = cohort(*asked, "--format", "json", "--output", tmp_path / "polars.parquet")
    there = cohort(*asked, "--format", "json", "--engine", "spark", "--output", tmp_path / "spark")
    answer, expected = json.loads(there.stdout), json.loads(here.stdout)
    assert answer.pop("settled") == {"exact": True, "cases": None, "changed": None}
    assert expected.pop("settled")["exact"]
    assert answer == expected
    assert all(answer["concordance"]["counts"][kind] for kind in ("exact", "partial", "none", "not known"))
    assert any(change["patients"] > len(change["ids"]) == SHOWN for change in answer["changes"]["changes"])
    assert answer["unread"] == [{"column": "egfr", "cell": "L999X?", "rows": 30}]
    assert answer["patients"]["set_apart"]
    written = pl.read_parquet(tmp_path / "spark" / "*.parquet")
    rows = pl.read_parquet(tmp_path / "polars.parquet").with_columns(pl.all().cast(pl.String))
    assert written.sort(written.columns).equals(rows.sort(rows.columns))
    assert "row-54" in written["id"].to_list()


PACK = """\
name: mine
title: Mine
retires: [{rule: erlotinib-bevacizumab-first-line, reason: For a reason.}]
"""


@needs_java
def test_spark_names_what_a_pack_changed_and_on_how_many_patients_it_bears(cohort, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pack.yaml").write_text(PACK, "utf-8")
    patients = {"id": ["a", "b", "c"], "disease": "nsclc", "egfr": ["L858R", "wild-type", None], "prior_lines": 0}
    pl.DataFrame(patients).write_parquet(tmp_path / "t.parquet")
    rules = ["--rules", load_rulebook().folder, "--rules", tmp_path / "mine"]
    here, there = (
        json.loads(cohort(tmp_path / "t.parquet", *rules, "--format", "json", "--engine", engine).stdout)
        for engine in ("polars", "spark")
    )
    (change,) = here["changed_by_packs"]
    assert "For a reason." in change["says"]
    assert change["patients"] == 2
    assert there["changed_by_packs"] == [change]


@needs_java
def test_without_output_spark_tells_the_summary_and_writes_nothing(cohort, registry, tmp_path):
    there = {path.name for path in tmp_path.iterdir()}
    assert "1,000 patients" in cohort(registry[1], "--engine", "spark", "--node-by-node").stdout
    assert {path.name for path in tmp_path.iterdir()} == there


@needs_java
def test_strict_is_refused_on_spark_in_the_same_words_and_leaves_nothing_behind(cohort, registry, tmp_path):
    there = {path.name for path in tmp_path.iterdir()}
    asked = [*registry, "--strict", "--node-by-node", "--output"]
    here = cohort(*asked, tmp_path / "polars.parquet").exception
    refused = cohort(*asked, tmp_path / "out", "--engine", "spark").exception
    assert isinstance(refused, InputError)
    assert "egfr: cannot read `L999X?` (30 rows)" in str(refused)
    assert str(refused) == str(here)
    assert {path.name for path in tmp_path.iterdir()} == there


@needs_java
def test_a_run_that_fails_midway_leaves_nothing_behind(cohort, registry, tmp_path):
    whole = registry[1].read_bytes()
    registry[1].write_bytes(whole[:2000] + b"\x07" * 4000 + whole[6000:])
    asked = [*registry, "--engine", "spark", "--node-by-node", "--output", tmp_path / "out"]
    assert "second.parquet" in str(cohort(*asked).exception)
    assert not (tmp_path / "out").exists()


@needs_java
def test_a_run_that_is_ended_while_it_writes_leaves_nothing_behind(table, tmp_path):
    output = tmp_path / "out"
    program = "from regimen_advisor.cli.app import main; main()"
    command = [sys.executable, "-c", program, "cohort", str(table), "--engine", "spark", "--output", str(output)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while not output.exists() and running.poll() is None:
            time.sleep(0.05)
        assert output.exists()
        running.terminate()
        assert running.wait() == 143
    assert list(tmp_path.iterdir()) == []


@needs_java
def test_what_spark_cannot_read_or_must_not_replace_is_reported_in_words(cohort, registry, tmp_path):
    def refused(*asked) -> str:
        error = cohort(*asked, "--engine", "spark").exception
        assert isinstance(error, InputError)
        return str(error)

    assert "already exists" in refused(*registry, "--output", registry[0])
    assert registry[0].is_dir()
    assert "no such file" in refused(tmp_path / "nowhere.parquet")
    assert "--given: no column `drug` in the table" in refused(*registry, "--given", "drug")
    pl.read_parquet(registry[1]).drop("egfr").write_parquet(registry[1])
    assert "second.parquet: expected the columns of" in refused(*registry)
    registry[1].write_text("id,disease\n1,nsclc\n", encoding="utf-8")
    assert "is not a Parquet file" in refused(registry[1])


@needs_java
def test_spark_loses_no_column_that_some_files_lack_or_that_differs_from_another_in_capitals(cohort, registry):
    first = registry[0] / "part b.parquet"
    pl.read_parquet(first).drop("egfr").write_parquet(first)
    second = registry[0] / "part c.parquet"
    pl.read_parquet(second).with_columns(pl.lit("TRUE").alias("EGFR")).write_parquet(second)
    output = json.loads(cohort(registry[0], "--engine", "spark", "--node-by-node", "--format", "json").stdout)
    assert output["patients"]["all"] == 2000
    assert output["unread"] == [{"column": "egfr", "cell": "L999X?", "rows": 13}]


# Frames ------------------------------------------------------------------------------------------------------------

REFERENCE = Path(__file__).parents[1] / "docs" / "reference" / "python.md"
PROFILES = Path(__file__).parents[1] / "profiles"


@needs_java
def test_a_spark_frame_is_judged_as_a_polars_frame_is_and_as_the_reference_shows(session, tmp_path):
    guideline, patients = Guideline.load(), synthetic_patients(300, 4).collect()
    write_table(for_text(patients.lazy()), str(tmp_path / "patients.parquet"))
    (shown,) = re.findall(r"```python\n(from regimen_advisor.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    # Spark takes names from the folder in which its machine began, which another test may have started.
    exec(re.sub(r'"(\w+\.parquet)"', lambda name: repr(str(tmp_path / name[1])), shown), {"spark": session})
    with pytest.raises(InputError, match="no usable column"):
        judge_table(session.createDataFrame([(60,)], ["age"]), guideline)
    answer = pl.read_parquet(tmp_path / "standings.parquet" / "*.parquet").sort("id")
    wanted = judge_table(patients, guideline).with_columns(pl.all().cast(pl.String)).sort("id")
    assert answer.equals(wanted.select(answer.columns))


@needs_java
def test_each_treatment_of_linked_tables_is_a_row_on_spark_as_it_is_in_polars(session, tmp_path):
    shutil.copytree(PROFILES / "registry", tmp_path, dirs_exist_ok=True)
    mapping = tmp_path / "mapping.yaml"
    shutil.copy(PROFILES / "mappings" / "invented-registry.yaml", mapping)
    first = str(tmp_path / "cancer_level_dataset_index.csv")
    on_spark = judge_table(session.read.option("header", True).csv(first), mapping=mapping)
    there = pl.from_arrow(on_spark.toArrow()).sort("id")
    here = judge_table(pl.read_csv(first, infer_schema=False), mapping=mapping).cast(pl.String).sort("id")
    assert "INV-01:3" in there["id"]
    assert there.equals(here.select(there.columns))
