"""Run processes that work out answers for the server: some at once, each within a limit of time."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from regimen_advisor.knowledge.rulebook import Rulebook

AT_ONCE = 4
SECONDS = 2.0

Answer = Callable[[bytes, Rulebook], tuple[int, str]]


class BusyError(Exception):
    """As many answers as there are processes are being worked out."""


class EndedError(Exception):
    """The process ended before it had answered."""


class Workers:
    """Processes that answer with ``answer(body, rulebook)``, a status and a text; ``answer`` is in a module.

    One is ready when this returns, the others soon. A process that takes longer than ``seconds``, or that ends, is
    replaced before it is asked again. When the server ends, however it ends, its processes read the end of their pipes
    and end too.
    """

    def __init__(self, answer: Answer, rulebook: Rulebook, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._threads = ThreadPoolExecutor(at_once)
        first = _Worker(answer, rulebook, seconds)
        first.wait()
        self._idle = [first]
        self._workers = [first, *(_Worker(answer, rulebook, seconds) for _ in range(at_once - 1))]
        for worker in self._workers[1:]:
            self._once_done(self._threads.submit(worker.wait), worker)

    async def ask(self, body: bytes) -> tuple[int, str]:
        """The answer. Raises ``BusyError`` where no process is idle, ``TimeoutError`` where the limit is reached.

        Raises ``EndedError`` where the process ends.
        """
        if not self._idle:
            raise BusyError
        worker = self._idle.pop()
        asked = asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, body)
        asked.add_done_callback(lambda _: self._give_back(worker))
        return await asyncio.shield(asked)

    def _give_back(self, worker: _Worker) -> None:
        if worker.ready:
            self._idle.append(worker)
        else:
            self._once_done(self._threads.submit(worker.replace), worker)

    def _once_done(self, done: Future[None], worker: _Worker) -> None:
        done.add_done_callback(lambda _: self._idle.append(worker))

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Worker:
    ready = False

    def __init__(self, answer: Answer, rulebook: Rulebook, seconds: float) -> None:
        self._given = (answer, rulebook, seconds)
        self._seconds = seconds
        self._start()

    def ask(self, body: bytes) -> tuple[int, str]:
        try:
            if not self.ready:  # it could not be replaced at once
                self.replace()
            self._connection.send(body)
            if self._connection.poll(self._seconds):
                found: tuple[int, str] = self._connection.recv()
                return found
        except (EOFError, OSError):
            self.end()
            raise EndedError from None
        self.end()
        raise TimeoutError

    def wait(self) -> None:
        self._connection.recv()
        self.ready = True

    def replace(self) -> None:
        self._start()
        self.wait()

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self.ready = False
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
