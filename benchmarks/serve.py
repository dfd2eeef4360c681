"""Measure how many answers `serve` gives a second, and whether its memory stays flat.

    python benchmarks/serve.py speed [SECONDS]
    python benchmarks/serve.py memory [REQUESTS]

Both start the server as a process of its own and ask it about the example profiles and as many random ones, some of
which it must refuse. *speed* asks by one connection, then by 50 at once, for SECONDS (10 if left out) each, and reports
the 50 as ratios to the one, so that a busy machine hurts both alike. A connection that is sent away (503) does
so after the second that `Retry-After` names. *memory* sends REQUESTS (100,000 if left out) by four connections, a page,
a schema and a refusal among every hundred, and prints the memory of the server and of its workers as it goes.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from generators import random_profile

ROOT = Path(__file__).parent.parent
START = "from regimen_advisor.cli.app import main; main()"
PATIENT = """
from functools import partial
from regimen_advisor.page import serving
serving.Workers = partial(serving.Workers, seconds=60)
"""
"""Where memory is measured, no worker is replaced because the machine is busy."""
JSON = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
CONNECTIONS = 50
TICKS = 100
"""Of processor time in a second, as Linux counts it."""


def main(what: str, amount: int | None) -> None:
    bodies = mixed()
    with server(START if what == "speed" else f"{PATIENT}\n{START}") as (process, port):
        if what == "speed":
            asyncio.run(speed(process, port, bodies, amount or 10))
        else:
            asyncio.run(memory(process, port, bodies, amount or 100_000))


def mixed() -> list[bytes]:
    """The example profiles, and a random one after each."""
    dice = Random(1)
    shipped = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "profiles").glob("*.yaml"))]
    return [json.dumps(entry, default=str).encode() for each in shipped for entry in (each, random_profile(dice))]


@contextmanager
def server(start: str) -> Iterator[tuple[int, int]]:
    """Its process and its port."""
    command = [sys.executable, "-c", start, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            process.stderr.readline()
            yield process.pid, int(process.stderr.readline().split("/")[2].split(":")[1])
        finally:
            process.terminate()


class Connection:
    """One connection that stays open, and what was answered on it."""

    def __init__(self, port: int) -> None:
        self.port, self.streams = port, None

    async def ask(self, body: bytes | None = None, path: str = "/advise") -> int:
        """The status of the answer, which is read whole."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        if body is None:
            writer.write(f"GET {path} HTTP/1.1\r\n{JSON}\r\n".encode())
        else:
            writer.write(f"POST {path} HTTP/1.1\r\n{JSON}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
            await reader.readexactly(int(length.partition(":")[2]))
        except (ConnectionResetError, asyncio.IncompleteReadError):  # refused while the body was on its way
            self.streams = None
            return 413
        if "connection: close" in head:
            writer.close()
            self.streams = None
        return int(head.split()[1])


async def speed(process: int, port: int, bodies: Sequence[bytes], seconds: int) -> None:
    await asyncio.sleep(5)  # until all workers are ready
    alone = await asked_by(1, process, port, bodies, seconds)
    many = await asked_by(CONNECTIONS, process, port, bodies, seconds)
    for name, entry in ((1, alone), (CONNECTIONS, many)):
        print(f"\n{name} connection{'s' * (name > 1)}, {seconds} s")
        print(f"  {entry['rate']:8.1f} answers a second, {entry['cores']:.2f} cores used by the server and its workers")
        print(f"  {entry['p50'] * 1e3:8.0f} ms p50, {entry['p99'] * 1e3:.0f} ms p99, of the request that was answered")
        print(f"  {entry['wait50'] * 1e3:8.0f} ms p50, {entry['wait99'] * 1e3:.0f} ms p99, from the first request on")
        print(f"  {entry['refused']:8.1%} of requests were asked to come again")
    print(f"\n{CONNECTIONS} connections against one")
    for name, key in (
        ("answers a second", "rate"), ("cores", "cores"), ("p50", "p50"), ("p99", "p99"), ("p50 with waits", "wait50"),
    ):  # fmt: skip
        print(f"  {many[key] / alone[key]:8.2f} times  {name}")


async def asked_by(count: int, process: int, port: int, bodies: Sequence[bytes], seconds: int) -> Mapping[str, float]:
    """Answers a second and latencies of ``count`` connections that ask for so many seconds."""
    turn = iter(int, 1)
    position = 0
    answers: list[float] = []
    waits: list[float] = []
    statuses: Counter[int] = Counter()
    until = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal position
        connection = Connection(port)
        for _ in turn:
            body = bodies[position % len(bodies)]
            position += 1
            first = time.perf_counter()
            while (asked := time.perf_counter()) < until:
                status = await connection.ask(body)
                statuses[status] += 1
                if status != 503:
                    answers.append(time.perf_counter() - asked)
                    waits.append(time.perf_counter() - first)
                    break
                await asyncio.sleep(1)
            else:
                return

    before, start = processor(process), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(count)))
    spent = time.perf_counter() - start
    assert set(statuses) <= {200, 400, 503}, statuses
    centiles, waited = (statistics.quantiles(each, n=100) for each in (answers, waits))
    return {
        "rate": len(answers) / spent,
        "cores": (processor(process) - before) / spent,
        "p50": centiles[49],
        "p99": centiles[98],
        "wait50": waited[49],
        "wait99": waited[98],
        "refused": statuses[503] / statuses.total(),
    }


def family(process: int) -> list[int]:
    """The server, and its workers after it."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process, *map(int, children)]


def processor(process: int) -> float:
    """Seconds of processor time that the server and its workers have taken."""
    server_now, *workers = (
        Path(f"/proc/{entry}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:15]
        for entry in family(process)
    )
    # Of the server with those of its workers that have ended.
    return sum(map(int, server_now + [ticks for each in workers for ticks in each[:2]])) / TICKS


def resident(process: int) -> float:
    """The memory of a process in MB."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


async def memory(process: int, port: int, bodies: Sequence[bytes], requests: int) -> None:
    sent, statuses = 0, Counter[int]()
    steps = [requests * step // 20 for step in (1, 2, 4, 8, 12, 16, 20)]
    start, measured = time.perf_counter(), {}

    async def client() -> None:
        nonlocal sent
        connection = Connection(port)
        while sent < requests:
            sent += 1
            number = sent
            match number % 100:
                case 1:
                    status = await connection.ask(path="/")
                case 2:
                    status = await connection.ask(path="/schema/profile")
                case 3:
                    status = await connection.ask(b"x" * 1_000_001)
                case 4:
                    status = await connection.ask(b'{"history": [{"line": 1, "drugs": ["osimertinip"]}]}')
                case _:
                    while (status := await connection.ask(bodies[number % len(bodies)])) == 503:
                        statuses[status] += 1
                        await asyncio.sleep(0.05)
            statuses[status] += 1
            if number in steps:
                measured[number] = [resident(entry) for entry in family(process)]
                server_now, *workers = (f"{entry:6.1f}" for entry in measured[number] if entry > 30)
                spent = time.perf_counter() - start
                print(f"{number:>9,} requests {spent:6.0f} s, MB: server {server_now}, workers", *workers, flush=True)

    await asyncio.gather(*(client() for _ in range(4)))
    print("statuses:", dict(sorted(statuses.items())))
    total = {number: sum(each) for number, each in measured.items()}
    for earlier in (steps[1], steps[3]):
        print(f"growth after {earlier:,} requests, all processes together: {total[steps[-1]] - total[earlier]:+.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
