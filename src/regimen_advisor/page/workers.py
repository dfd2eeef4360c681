"""Processes that work out answers beside the server: some at once, and each answer within a limit of time."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from regimen_advisor.knowledge.rulebook import Rulebook

AT_ONCE = 4
SECONDS = 2.0

Answer = Callable[[bytes, Rulebook], tuple[int, str]]


class BusyError(Exception):
    """As many answers as there are processes are being worked out."""


class Workers:
    """Processes that answer with ``answer(body, rulebook)``, a status and a text; ``answer`` stands in a module.

    A process that takes longer than ``seconds`` is killed, and another is started in its place. When the server ends,
    however it ends, its processes read the end of their pipes and end too.
    """

    def __init__(self, answer: Answer, rulebook: Rulebook, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._idle = [_Worker(answer, rulebook, seconds) for _ in range(at_once)]

    async def ask(self, body: bytes) -> tuple[int, str]:
        """The answer. Raises ``BusyError`` where no process is idle, ``TimeoutError`` where the limit is reached."""
        if not self._idle:
            raise BusyError
        worker = self._idle.pop()
        asked = asyncio.get_running_loop().run_in_executor(None, worker.ask, body)
        asked.add_done_callback(lambda _: self._idle.append(worker))
        return await asyncio.shield(asked)

    def close(self) -> None:
        """End the idle processes."""
        for worker in self._idle:
            worker.end()


class _Worker:
    def __init__(self, answer: Answer, rulebook: Rulebook, seconds: float) -> None:
        self._given = (answer, rulebook, seconds)
        self._seconds = seconds
        self._ready = False
        self._start()

    def ask(self, body: bytes) -> tuple[int, str]:
        try:
            if not self._process.is_alive():
                self._ready = False
                self._start()
            if not self._ready:
                self._connection.recv()
                self._ready = True
            self._connection.send(body)
            if self._connection.poll(self._seconds):
                found: tuple[int, str] = self._connection.recv()
                return found
        except BaseException:
            self.end()
            raise
        self.end()
        raise TimeoutError

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _start(self) -> None:
        # A forked process would hold the pipes of the others open, and so outlive the server.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, *self._given), daemon=True)
        self._process.start()
        theirs.close()


def _work(connection: Connection[Any, Any], answer: Answer, rulebook: Rulebook, seconds: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        answer(b'{"disease": "nsclc"}', rulebook)
        connection.send(None)
        while True:
            body = connection.recv()
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, seconds + 1)
            connection.send(answer(body, rulebook))
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, OSError):
        return
