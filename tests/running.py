"""Run the command line in a process of its own, forked from one that has loaded it and the shipped rules.

A process that starts from nothing imports and reads for half a second before it does what a test is about. Here a
server without threads has done so once for all tests of a process. The ``regimen-advisor`` that ``run`` starts, and
that a shell finds in ``programs()``, sends the server its arguments, folder, environment and streams, and ends as its
fork ends.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

LONGEST = 60
"""Seconds after which a run is ended."""
CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(4, "big") + asked], [0, 1, 2])
    status = int(server.makefile().read())
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
sys.exit(os.WEXITSTATUS(status))
"""


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What ``regimen-advisor`` prints and how it ends."""
    asked = [os.fspath(argument) if isinstance(argument, Path) else str(argument) for argument in arguments]
    command = [programs() / "regimen-advisor", *asked]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False, timeout=LONGEST)


@cache
def programs() -> Path:
    """A folder for ``PATH`` with a ``regimen-advisor`` that is a fork; without forks, with that of the environment."""
    if not hasattr(os, "fork"):
        return Path(sys.executable).parent
    folder = Path(tempfile.mkdtemp(prefix="programs-"))
    address, command = str(folder / "server"), folder / "regimen-advisor"
    command.write_text(CLIENT.format(python=sys.executable, address=address), "utf-8")
    command.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    return folder


# The server --------------------------------------------------------------------------------------------------------


def _fork_asked_for(address: str) -> list[str]:
    """Answer one connection after the other; what returns is a fork, with the arguments it was sent."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"ready\n")
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, *_ = socket.recv_fds(connection, 1_000_000, 3)
    while len(asked) < 4 + int.from_bytes(asked[:4], "big"):
        asked += connection.recv(1_000_000)
    arguments, folder, environment = json.loads(asked[4:])
    runner = os.fork()
    if runner:
        for stream in streams:
            os.close(stream)
        connection.sendall(str(os.waitpid(runner, 0)[1]).encode())
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8")  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["regimen-advisor", *arguments]
    return list(arguments)


if __name__ == "__main__":
    from regimen_advisor.api import Guideline
    from regimen_advisor.cli.app import main
    from regimen_advisor.cli.group import command
    from regimen_advisor.cli.verbs import VERBS

    for verb in VERBS:
        command(verb)
    # An answer loads the engines and the solver too. None of this starts a thread, which a fork would lose.
    Guideline.load().case({"disease": "nsclc"}).advice()
    main(_fork_asked_for(sys.argv[1]))
