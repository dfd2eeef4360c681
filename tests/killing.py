"""Run a verb again and again, and kill it at each write under a folder in turn.

As a program: ``killing.py VERB FOLDER [ARGUMENT ...]``. It prints a line of JSON for every run: the signal, the number
of the write before which it was sent, how the process ended, and what was then in the folder. ``SIGKILL`` and
``SIGTERM`` are sent before every write, the others before each fourth. The rulebooks, and what is compared, are read
once; each run is a fork that has them, or (for ``cohort``, whose threads no fork survives) the same process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from regimen_advisor.cli import diff, run_cases
from regimen_advisor.cli.app import main
from regimen_advisor.reviewing import comparing, revisions

CHANGES = {"open", "os.rename", "os.chmod", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


class Killer:
    """Sends ``number`` before write ``at`` under ``folder``; ``seen`` counts the writes."""

    def __init__(self) -> None:
        self.folder, self.number, self.at, self.seen, self.on = "", 0, 0, 0, False
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or event not in CHANGES or (event == "open" and not (arguments[2] or 0) & WRITES):
            return
        if isinstance(arguments[0], int) or self.folder not in str(Path.cwd() / os.fsdecode(arguments[0])):
            return
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), self.number)

    def run(self, work: Callable[[], int], number: int = 0, at: int = 0) -> int:
        self.number, self.at, self.seen, self.on = number, at, 0, True
        try:
            return work()
        finally:
            self.on = False


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): "" if file.is_dir() else file.read_bytes().decode("utf-8", "replace")
            for file in sorted(folder.rglob("*"))}  # fmt: skip


def put(folder: Path, before: dict[str, str]) -> None:
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    for name, text in before.items():
        (folder / name).write_text(text, "utf-8")


def tell(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def call(*arguments: str) -> int:
    try:
        main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


def forked(work: Callable[[], int]) -> int:
    """How a fork of this process ends: its exit code, or the negative number of the signal that ended it."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def every_kill(
    folder: Path, work: Callable[[], int], signals: list[signal.Signals], separate: Callable[..., int]
) -> None:
    killer = Killer()
    killer.folder = str(folder)
    before = contents(folder)
    assert killer.run(work) == 0
    writes, after = killer.seen, contents(folder)
    tell({"before": before, "after": after, "writes": writes})
    for number in signals:
        for at in range(1, writes + 1, 1 if number in (signal.SIGKILL, signal.SIGTERM) else 4):
            put(folder, before)
            ended = separate(lambda number=number, at=at: killer.run(work, number, at))
            found = {"signal": int(number), "at": at, "ended": ended, "found": contents(folder)}
            found["again"] = work() if separate is forked and number == signal.SIGKILL else 0
            found["then"] = contents(folder)
            tell(found)


def start(verb: str, folder: Path, *more: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background hands it on ignored
    if verb == "test":
        ours = run_cases.working_rulebook(None)
        run_cases.working_rulebook = lambda _rules: ours
        every_kill(folder, lambda: call("test", str(folder), "--update", "-o", os.devnull), SIGNALS, forked)
    elif verb == "diff":
        old, new = (revisions.named_rulebook(name, None) for name in more)
        compared = comparing.compare(old.rulebook, new.rulebook)
        diff.named_rulebook = lambda name, *_: old if name == more[0] else new
        diff.compare = lambda _old, _new: compared
        witnesses = ("--save-witnesses", str(folder / "witnesses"), "-o", os.devnull)
        every_kill(folder, lambda: call("diff", *more, *witnesses), SIGNALS, forked)
    else:
        heard = [entry for entry in SIGNALS if entry != signal.SIGKILL]
        output = str(folder / "out.csv")
        every_kill(folder, lambda: call("cohort", *more, "-o", output), heard, lambda work: work())


if __name__ == "__main__":
    start(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
