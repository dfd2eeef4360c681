"""A real Spark with two executors here; one of them is killed in the middle of the run."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from regimen_advisor.errors import InputError
from regimen_advisor.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
pytest.importorskip("pyspark", reason="the extra `spark` is not installed")

from regimen_advisor.cohorts import spark  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.synthesis import synthetic_patients  # noqa: E402

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # what PySpark warns of is not ours to mend

PARTS = 12
ROWS = 600


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
            time.sleep(0.02)


def rows(folder: Path):
    return pl.read_parquet(folder / "*.parquet").sort("id")


@needs_java
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="executors are found in /proc")
def test_a_run_that_loses_an_executor_gives_the_rows_of_the_undisturbed_run(table, tmp_path, capfd, monkeypatch):
    source = str(Path(spark.__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")])))
    rulebook = load_rulebook()
    memory = ["spark.executor.memory=512m", "spark.driver.memory=1g"]
    a_file_a_task = ["spark.sql.files.maxPartitionBytes=64m", "spark.sql.files.openCostInBytes=64m"]
    session = spark.start_session("local-cluster[2,1,600]", [*memory, *a_file_a_task])
    try:
        session.sparkContext.setLogLevel("WARN")
        spark.judge_table(session, str(table), str(tmp_path / "calm"), rulebook, exact=False)
        counted = spark.summary_of(session, str(table), str(tmp_path / "calm"), rulebook, exact=False)
        killer = Killer(session)
        killer.start()
        spark.judge_table(session, str(table), str(tmp_path / "disturbed"), rulebook, exact=False)
        killer.over.set()
        killer.join()
    finally:
        session.stop()
    log = "".join(capfd.readouterr())
    assert killer.killed is not None
    assert "Lost executor" in log
    calm_rows, disturbed = rows(tmp_path / "calm"), rows(tmp_path / "disturbed")
    assert calm_rows.height == PARTS * ROWS
    assert calm_rows.equals(disturbed)
    with judged(open_table([str(table)]), rulebook, exact=False) as result:
        summary = summarise(result, str(table))
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
    task = spark.Task(spark._rule_files(rulebook), spark._mapping_files(read, tmp_path))
    (batch,) = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()
    (answer,) = spark._judge(task)(iter([batch]))
    with judged(open_table([str(tmp_path / "rows.parquet")], read), rulebook) as result:
        expected = result.rows.with_columns(pl.all().cast(pl.String)).collect()
    assert pl.DataFrame(answer).equals(expected)
    assert expected["unread"].to_list() == [None, None, "kind: ?"]


def test_a_missing_java_is_said_in_words(monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="Java is not installed"):
        spark.start_session("local[1]", [])


@needs_java
def test_a_setting_that_is_none_is_refused():
    with pytest.raises(InputError, match="KEY=VALUE"):
        spark.start_session("local[1]", ["executor memory 1g"])
