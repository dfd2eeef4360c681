"""Run the command line in a process of its own, forked from one that has loaded it and the shipped rules.

A process that starts from nothing imports and reads for half a second before it does what a test is about. Here a
server without threads has done so once for all tests; each run is its fork, with streams, folder and exit code of its
own.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

LONGEST = 60
"""Seconds after which a run is ended."""


def run(*arguments: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """What ``regimen-advisor`` prints and how it ends; without forks, in a process that starts from nothing."""
    asked = [os.fspath(argument) if isinstance(argument, Path) else str(argument) for argument in arguments]
    if "forkserver" not in multiprocessing.get_all_start_methods():
        command = [str(Path(sys.executable).with_name("regimen-advisor")), *asked]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=LONGEST)
    with tempfile.TemporaryDirectory() as folder:
        streams = [os.path.join(folder, name) for name in ("out", "err")]  # noqa: PTH118 - it is sent to another process
        process = _server().Process(target=_run, args=(asked, str(cwd), *streams))
        process.start()
        process.join(LONGEST)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(asked, LONGEST)
        out, err = (Path(file).read_text("utf-8") for file in streams)
    return subprocess.CompletedProcess(asked, process.exitcode, out, err)


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["preloaded"])
    return context


def _run(asked: list[str], folder: str, out: str, err: str) -> None:
    for number, (file, how) in enumerate([(os.devnull, os.O_RDONLY), (out, WRITE), (err, WRITE)]):
        os.dup2(os.open(file, how), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(folder)
    from regimen_advisor.cli.app import main  # noqa: PLC0415 - loaded already

    main(asked)


WRITE = os.O_WRONLY | os.O_CREAT
