"""Files are written whole or not at all, with the right mode, to the file that was meant, whatever ends the process."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from regimen_advisor.cli.app import main
from regimen_advisor.files import ending
from regimen_advisor.files.ending import unfinished
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.writing import whole_or_nothing, working_folder
from regimen_advisor.reports.files import write_file
from running import run
from small_rulebooks import write_two_rules

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
TABLE = "id,disease,stage\na,nsclc,IVB\nb,sclc,IVB\n"
TABLES = ("csv", "tsv", "parquet", "jsonl")

unix = pytest.mark.skipif(os.name != "posix", reason="modes, links, pipes and signals as Unix has them")
pytestmark = unix


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture
def mask() -> Iterator[Callable[[int], None]]:
    """Sets the umask for one test."""
    before = os.umask(0o022)
    yield lambda value: void(os.umask(value))
    os.umask(before)


def void(_: object) -> None:
    return None


def cohort(folder: Path, output: str) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    (folder / "patients.csv").write_text(TABLE, "utf-8")
    write_two_rules(folder / "rules")
    with pytest.raises(SystemExit) as left:
        main(["cohort", str(folder / "patients.csv"), "--rules", str(folder / "rules"), "-o", str(folder / output)])
    assert left.value.code == 0


# Modes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o022, 0o002])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path, mask: Callable[[int], None], umask: int) -> None:
    mask(umask)
    write_file(tmp_path / "answer", "text")
    with whole_or_nothing(tmp_path / "table") as temporary:
        temporary.write_text("rows", "utf-8")
    assert mode(tmp_path / "answer") == mode(tmp_path / "table") == 0o666 & ~umask


@pytest.mark.parametrize("before", [0o600, 0o640, 0o664])
def test_a_file_that_is_there_keeps_its_mode_and_shows_no_more_while_it_is_written(tmp_path: Path, before: int) -> None:
    file = tmp_path / "table"
    file.write_text("old", "utf-8")
    file.chmod(before)
    with whole_or_nothing(file) as temporary:
        assert mode(temporary) == 0o600
        temporary.write_text("new", "utf-8")
    assert (file.read_text("utf-8"), mode(file)) == ("new", before)


@pytest.mark.parametrize("ending", TABLES)
def test_a_written_table_of_patients_has_the_mode_of_the_umask_or_of_the_table_before(
    tmp_path: Path, mask: Callable[[int], None], ending: str
) -> None:
    mask(0o077)
    cohort(tmp_path, f"out.{ending}")
    assert mode(tmp_path / f"out.{ending}") == 0o600
    (tmp_path / f"out.{ending}").chmod(0o640)
    cohort(tmp_path, f"out.{ending}")
    assert mode(tmp_path / f"out.{ending}") == 0o640


def test_nobody_else_may_read_the_working_folder_of_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    judging = importlib.import_module("regimen_advisor.cli.cohort_work")
    seen = []
    summarise = judging.summarise

    def look(*arguments: Any) -> Any:
        (folder,) = (file for file in tmp_path.iterdir() if file.name.startswith(".cohort-"))
        seen.append((mode(folder), {mode(file) for file in folder.iterdir()}))
        return summarise(*arguments)

    monkeypatch.setattr(judging, "summarise", look)
    cohort(tmp_path, "out.csv")
    assert seen == [(0o700, {0o600})]


# Links, pipes, the table itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing yet"])
@pytest.mark.parametrize("verb", ["advise", "cohort"])
def test_a_link_is_written_through(tmp_path: Path, there: bool, verb: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "out.csv", tmp_path / "link.csv"
    if there:
        target.write_text("old", "utf-8")
        target.chmod(0o600)
    link.symlink_to(Path("elsewhere") / "out.csv")
    if verb == "cohort":
        cohort(tmp_path, "link.csv")
    else:
        assert run("advise", PROFILE, "-o", link, cwd=ROOT).returncode == 0
    assert link.is_symlink()
    assert len(target.read_text("utf-8")) > 100
    assert mode(target) == 0o600 or not there
    assert [file.name for file in (tmp_path / "elsewhere").iterdir()] == ["out.csv"]


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(InputError, match="link: cannot be written: Too many levels of symbolic links"):
        write_file(tmp_path / "link", "text")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("value", ["t.csv", "./t.csv", "hard.csv", "soft.csv"])
def test_a_table_is_not_written_over_itself_under_whatever_name(tmp_path: Path, value: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    os.link(tmp_path / "t.csv", tmp_path / "hard.csv")
    (tmp_path / "soft.csv").symlink_to("t.csv")
    done = run("cohort", "t.csv", "-o", value, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{value}: expected another file than those that are read, found one of them\n"
    assert (tmp_path / "t.csv").read_text("utf-8") == TABLE


def test_neither_a_part_of_a_table_nor_a_second_table_is_written_over(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    (tmp_path / "parts").mkdir()
    pl.DataFrame({"id": ["a"], "disease": ["nsclc"]}).write_parquet(tmp_path / "parts" / "1.parquet")
    assert "found one of them" in run("cohort", "parts", "-o", "parts/1.parquet", cwd=tmp_path).stderr
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    (tmp_path / "more.csv").write_text("person,EGFR\na,L858R\n", "utf-8")
    (tmp_path / "mapping.yaml").write_text(
        "title: Two tables\nid: id\ntables: {more: {file: more.csv, key: person, matches: id}}\n"
        "keys: {disease: {column: disease}}\n",
        "utf-8",
    )
    done = run("cohort", "t.csv", "--mapping", "mapping.yaml", "-o", "more.csv", cwd=tmp_path)
    assert (done.returncode, "found one of them" in done.stderr) == (2, True), done.stderr


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.yaml")
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "asked",
    [
        ["advise", "pipe.yaml"],
        ["explain", "pipe.yaml"],
        ["map", "nsclc/squamous", "--profile", "pipe.yaml"],
        ["cite", "--for", "pipe.yaml"],
        ["cohort", "pipe.csv"],
        ["cohort", "*.csv"],
        ["cohort", "t.csv", "--mapping", "pipe.yaml"],
        ["explain", "pipe.csv", "--id", "a"],
        ["advise", "/dev/zero"],
    ],
    ids=" ".join,
)
def test_a_pipe_or_a_device_is_refused_where_a_file_is_read(pipe: Path, asked: list[str]) -> None:
    (pipe / "t.csv").write_text(TABLE, "utf-8")
    done = run(*asked, cwd=pipe)
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected a file, found a pipe" in done.stderr or "/dev/zero: expected a file, found a device" in done.stderr


@pytest.mark.parametrize("place", ["nsclc/pipe.yaml", "studies/pipe.yaml", "manifest.yaml"])
def test_a_pipe_among_the_rules_is_refused(tmp_path: Path, place: str) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "rules" / place).unlink(missing_ok=True)
    os.mkfifo(tmp_path / "rules" / place)
    done = run("check", "--rules", "rules", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"rules/{place}: expected a file, found a pipe" in done.stderr


def test_a_pipe_among_cases_and_profiles_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.case.yaml")
    found = "x.case.yaml: expected a file, found a pipe (`-` reads standard input)\n"
    assert run("test", tmp_path, cwd=ROOT).stderr.endswith(found)
    assert run("page", "--profiles", tmp_path, "-o", "-", cwd=ROOT).stderr.endswith(found)


def test_a_table_is_not_written_into_a_pipe_and_a_text_only_where_somebody_reads_it(pipe: Path) -> None:
    (pipe / "t.csv").write_text(TABLE, "utf-8")
    done = run("cohort", "t.csv", "-o", "pipe.csv", cwd=pipe)
    assert done.stderr == "pipe.csv: expected the name of a file to write, found a pipe\n"
    done = run("advise", PROFILE, "-o", pipe / "pipe.yaml", cwd=ROOT)
    assert done.stderr == f"{pipe / 'pipe.yaml'}: cannot be written: nothing reads this pipe\n"
    with open(os.open(pipe / "pipe.yaml", os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:  # noqa: PTH123 - a handle
        assert run("advise", PROFILE, "-o", pipe / "pipe.yaml", cwd=ROOT).returncode == 0
        assert b"amivantamab" in reader.read().lower()


# Where it cannot be written ----------------------------------------------------------------------------------------


def test_a_folder_that_one_may_not_write_to_is_reported_by_the_output_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    output = str(tmp_path / "out.csv")
    with (
        pytest.raises(InputError) as caught,
        working_folder(tmp_path, prefix=".cohort-", output=output),
    ):
        pass
    assert str(caught.value) == f"{output}: cannot be written: Permission denied"
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError) as caught:
        write_file(tmp_path / "out.csv", "text")
    assert str(caught.value) == f"{output}: cannot be written: Permission denied"


def test_a_cohort_names_the_output_where_its_folder_cannot_be_written_to(tmp_path: Path) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("no folder here that nobody may write to")
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    done = run("cohort", "t.csv", "-o", "/proc/out.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("/proc/out.csv: cannot be written: ")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (["cohort", ""], "``: expected a table, found an empty name\n"),
        (["cohort", "/"], "/: expected a table or a folder of Parquet files, found the root of all files\n"),
        (["cohort", "t.csv", "-o", ""], "``: expected a name that ends in .parquet, .csv, .tsv or .jsonl\n"),
        (["cohort", "nowhere.csv"], "nowhere.csv: expected a table, found no such file\n"),
        (["cohort", "link.csv"], "link.csv: cannot be read: No such file or directory\n"),
    ],
    ids=lambda entry: " ".join(entry) if isinstance(entry, list) else "",
)
def test_a_name_that_is_no_table_is_reported_at_once(tmp_path: Path, asked: list[str], value: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    (tmp_path / "link.csv").symlink_to("nothing")
    done = run(*asked, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", value)


def test_rules_to_compare_with_are_not_left_out_where_their_name_is_empty(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    assert run("cohort", "t.csv", "--compare", "", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    "asked",
    [["test", ""], ["check", "--rules", ""], ["diff", "", "shipped"], ["map", "nsclc/nrg1", "-o", ""]],
    ids=" ".join,
)
def test_an_empty_name_is_not_taken_for_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(asked)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith(("``: ", ".: "))
    assert not list(tmp_path.iterdir())


# Ends that come early ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, MemoryError, KeyboardInterrupt, SystemExit, OSError, RuntimeError])
@pytest.mark.parametrize("sink", ["sink_csv", "sink_parquet", "sink_ndjson"])
def test_whatever_ends_the_writing_of_a_table_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], sink: str
) -> None:
    pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    write_table = importlib.import_module("regimen_advisor.cohorts.tables").write_table

    def fail(_self: object, file: Path, **_: object) -> None:
        Path(file).write_text("half", "utf-8")
        raise error

    monkeypatch.setattr(pl.LazyFrame, sink, fail)
    suffix = {"sink_csv": "csv", "sink_parquet": "parquet", "sink_ndjson": "jsonl"}[sink]
    with pytest.raises(InputError if error is OSError else error):
        write_table(pl.LazyFrame({"id": ["a"]}), str(tmp_path / f"out.{suffix}"))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_of_the_removal_itself_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree
    calls = []

    def interrupted(*arguments: Any, **more: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(*arguments, **more)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), unfinished(tmp_path / "folder"):
        (tmp_path / "folder").mkdir()
    assert list(tmp_path.iterdir()) == []
    assert not ending._unfinished


def test_what_two_interrupts_left_is_removed_when_the_process_ends(tmp_path: Path) -> None:
    program = f"""
import shutil, sys
from pathlib import Path
from regimen_advisor.files.ending import unfinished
remove, calls = shutil.rmtree, []
def interrupted(*arguments, **more):
    calls.append(1)
    if len(calls) <= 2:
        raise KeyboardInterrupt
    remove(*arguments, **more)
shutil.rmtree = interrupted
try:
    with unfinished(Path({str(tmp_path / "folder")!r})):
        Path({str(tmp_path / "folder")!r}).mkdir()
except KeyboardInterrupt:
    assert Path({str(tmp_path / "folder")!r}).exists()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    assert list(tmp_path.iterdir()) == []


def test_handlers_of_signals_are_as_before_afterwards_and_those_of_others_are_never_touched(tmp_path: Path) -> None:
    with unfinished(tmp_path / "a"):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    for handler in (signal.SIG_IGN, lambda *_: None):
        before = signal.signal(signal.SIGHUP, handler)
        try:
            with unfinished(tmp_path / "a"):
                assert signal.getsignal(signal.SIGHUP) is handler
        finally:
            signal.signal(signal.SIGHUP, before)


BUSY = """
import signal, sys, threading, os
from pathlib import Path
signal.signal(signal.SIGINT, signal.{start})
import polars as pl
from regimen_advisor.cli import app
from regimen_advisor.files.writing import working_folder
def work(*_, **__):
    with working_folder(sys.argv[1], prefix=".cohort-") as folder:
        (folder / "half").write_text("half")
        threading.Timer(0.5, os.kill, (os.getpid(), signal.{number})).start()
        many = pl.LazyFrame({{"a": range(200_000)}}).join(pl.LazyFrame({{"b": range(200_000)}}), how="cross")
        many.select((pl.col("a").cast(pl.Float64).sin() * pl.col("b")).sum()).collect(engine="streaming")
app.app = work
app.main(["cohort"])
"""


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("number", "start", "code"),
    [
        ("SIGTERM", "default_int_handler", 143),
        ("SIGHUP", "default_int_handler", 129),
        ("SIGINT", "default_int_handler", 130),
        ("SIGTERM", "SIG_IGN", 143),  # as a shell starts what is to run in the background
    ],
)
def test_a_signal_is_heeded_while_polars_works_and_leaves_nothing_behind(
    tmp_path: Path, number: str, start: str, code: int
) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    program = BUSY.format(number=number, start=start)
    done = subprocess.run([sys.executable, "-c", program, tmp_path], check=False, timeout=120, capture_output=True)
    assert done.returncode == code, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_set_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from regimen_advisor.files.writing import whole_or_nothing
with whole_or_nothing({str(tmp_path / "out")!r}) as file:
    os.kill(os.getpid(), signal.SIGHUP)
    file.write_text("whole")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    assert (tmp_path / "out").read_text("utf-8") == "whole"


# Kills at every write ----------------------------------------------------------------------------------------------


def kills(verb: str, folder: Path, *more: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What ``killing.py`` found: what was there before and after, and each run that was ended at a write."""
    command = [sys.executable, Path(__file__).with_name("killing.py"), verb, folder, *map(str, more)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert "Traceback" not in done.stderr
    return found[0], found[1:]


EXITS = {
    signal.SIGKILL: (-signal.SIGKILL,),
    signal.SIGTERM: (143, -signal.SIGTERM),  # between two files there is nothing to remove, and it ends on the spot
    signal.SIGHUP: (129, -signal.SIGHUP),
    signal.SIGINT: (130,),
}


def check(whole: dict[str, Any], runs: list[dict[str, Any]], at_least: int) -> None:
    """Each file is as before or as after, never between; only a kill that nobody hears leaves a hidden one behind."""
    assert whole["writes"] >= at_least
    for number in {each["signal"] for each in runs} & {signal.SIGKILL, signal.SIGTERM}:
        assert [each["at"] for each in runs if each["signal"] == number] == list(range(1, whole["writes"] + 1))
    states = set()
    for entry in runs:
        hidden = {name for name in entry["found"] if name.startswith(".") or "/." in name}
        assert len(hidden) <= (entry["signal"] == signal.SIGKILL), entry
        found = {name: text for name, text in entry["found"].items() if name not in hidden}
        for name, text in found.items():
            assert text in (whole["before"].get(name), whole["after"].get(name)), (entry["signal"], entry["at"], name)
        assert whole["before"].keys() <= found.keys()
        assert entry["ended"] in EXITS[entry["signal"]], entry
        states.add(tuple(sorted(found.items())))
        if entry["signal"] == signal.SIGKILL:
            then = {name: text for name, text in entry["then"].items() if name not in hidden}
            assert (entry["again"], then) == (0, whole["after"]), "what was left keeps the next run from ending well"
    assert len(states) > 1, "every run was ended at the same place"


def test_cases_are_rewritten_file_by_file_whole_wherever_the_update_is_ended(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "cases" / "nsclc" / "squamous.case.yaml").read_text("utf-8").partition("---\n")[0]
    wrong = text.replace("{standing: excluded, because: [no-bevacizumab-in-squamous-disease]}", "offered", 1)
    assert wrong != text
    for name in ("a", "b"):
        (tmp_path / f"{name}.case.yaml").write_text(wrong, "utf-8")
    whole, runs = kills("test", tmp_path)
    assert set(whole["after"].values()).isdisjoint(whole["before"].values())
    check(whole, runs, at_least=10)


def test_witnesses_are_saved_file_by_file_whole_wherever_the_comparison_is_ended(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    file = tmp_path / "rules" / "nsclc" / "cautions-review.yaml"
    before = file.read_text("utf-8")
    file.write_text(before.replace("pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}", 1), "utf-8")
    assert file.read_text("utf-8") != before
    (tmp_path / "saved").mkdir()
    whole, runs = kills("diff", tmp_path / "saved", ROOT / "rules", tmp_path / "rules")
    assert len([file for file in whole["after"] if file.endswith(".yaml")]) == 3
    check(whole, runs, at_least=10)


def test_a_cohort_leaves_no_answers_of_patients_behind_wherever_it_is_ended(tmp_path: Path) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    (tmp_path / "t.csv").write_text(TABLE, "utf-8")
    (tmp_path / "out").mkdir()
    write_two_rules(tmp_path / "rules")
    whole, runs = kills("cohort", tmp_path / "out", tmp_path / "t.csv", "--rules", tmp_path / "rules")
    assert list(whole["after"]) == ["out.csv"]
    check(whole, runs, at_least=7)
