"""End a process early: what is half-written is removed first, whichever signal ends it.

``SIGTERM`` (an orderly stop) and ``SIGHUP`` (a terminal that was closed) end Python on the spot, and what it would have
removed stays behind. While a half-written file exists they are therefore treated as an interrupt from the keyboard.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_PATIENCE = 0.2
"""Seconds after which the main thread, if it has not heard of a signal, is taken to be busy outside Python."""

_unfinished: set[Path] = set()
_ended_by: list[int] = []


def exit_code() -> int | None:
    """128 and the number of the signal that was treated as an interrupt; ``None`` where there was none.

    It is reported once: the next one counts from zero.
    """
    code = 128 + _ended_by[0] if _ended_by else None
    _ended_by.clear()
    return code


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """A file or folder that must not be left behind: gone after the block, and if the process ends within it.

    What was renamed by then is not touched. Enter it before ``path`` is made, so that there is no moment between.
    """
    _unfinished.add(path)
    try:
        with interrupted_by_every_signal():
            try:
                yield
            finally:
                try:
                    _remove(path)
                finally:  # an interrupt may meet the removal itself
                    _remove(path)
    finally:
        if not os.path.lexists(path):  # else one more did, and it is tried again on leaving
            _unfinished.discard(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@atexit.register
def _remove_all() -> None:
    for path in tuple(_unfinished):
        _remove(path)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unfinished.clear)  # they are the parent's


@contextmanager
def interrupted_by_every_signal() -> Iterator[None]:
    """Within it ``SIGTERM`` and ``SIGHUP`` raise ``KeyboardInterrupt`` in the main thread.

    Signals that the process ignores (``nohup``) or handles already are left as they are, and so is everything in
    another thread than the main one, where Python sets no handlers.
    """
    unhandled = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    if not unhandled or threading.current_thread() is not threading.main_thread():
        yield
        return
    relay = _Relay()
    try:
        for number in unhandled:
            signal.signal(number, relay.heard)
        yield
    finally:
        for number in unhandled:
            signal.signal(number, signal.SIG_DFL)
        relay.close()


class _Relay:
    """Passes a signal on as ``SIGINT`` where the main thread does not hear it: Polars heeds that one alone.

    The part of Python that is written in C notes each signal in a socket at once; a thread waits there.
    """

    def __init__(self) -> None:
        self._noticed = threading.Event()
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._wait, daemon=True).start()

    def heard(self, number: int, _frame: FrameType | None) -> None:
        """The handler of the signals."""
        self._noticed.set()
        first = not _ended_by
        _ended_by.append(number)
        if first:  # a second one would interrupt the removal
            raise KeyboardInterrupt

    def _wait(self) -> None:
        with self._reader:
            while heard := self._reader.recv(1):
                if heard[0] in _SIGNALS and not self._noticed.wait(_PATIENCE):
                    self._noticed.set()
                    _ended_by.append(heard[0])
                    signal.raise_signal(signal.SIGINT)

    def close(self) -> None:
        """Take no signal any more."""
        signal.set_wakeup_fd(self._before)
        self._writer.close()  # which ends the thread
