"""Every command shown in the README and the docs runs, and prints what is shown.

A ``console`` block holds lines with ``$ command`` and below each its output; a line ``[...]`` stands for any lines.
A command that is shown to fail has its exit code behind it: ``$ regimen-advisor check  # exit 1``. A command that ends
in ``<<'END'`` goes on to the line ``END``: this is how a page shows a file that the reader writes.
"""

import doctest
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import EVERYTHING, needed
from running import programs

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LEFT_OUT = "[...]"
PUBLIC_TABLE = ROOT.parent / "shared" / "data" / "lung_msk_mind_2020"
"""The table of one how-to: public, but not ours, so not part of the project."""


def blocks(page: Path) -> list[list[tuple[str, str]]]:
    """The console blocks of a page as lists of command and output."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        found.append([command_and_output(step) for step in steps])
    return found


def command_and_output(step: str) -> tuple[str, str]:
    command, _, output = step.partition("\n")
    if command.endswith("<<'END'"):
        written, _, output = output.partition("\nEND\n")
        command = f"{command}\n{written}\nEND"
    return command, output


PAGES_WITH_COMMANDS = [page for page in PAGES if blocks(page)]
if not EVERYTHING:
    # Four minutes of commands: at home the README and the first tutorial are tried, under .ci/run every page.
    PAGES_WITH_COMMANDS = [ROOT / "README.md", ROOT / "docs" / "tutorials" / "write-your-own-profile.md"]


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_the_page_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    for name in ("rules", "profiles", "tests/cases", "examples"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
    for file in ("clinical_data.tsv", "data_sv.txt"):
        if PUBLIC_TABLE.is_dir():
            shutil.copyfile(PUBLIC_TABLE / file, tmp_path / file)
    environment = os.environ | {
        "PATH": os.pathsep.join([str(programs()), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }
    identity = ["-c", "user.name=An editor", "-c", "user.email=editor@example.org"]
    for step in (["init", "-q", "-b", "main"], ["add", "rules"], [*identity, "commit", "-qm", "The rules as they are"]):
        subprocess.run(["git", *step], cwd=tmp_path, check=False)
    left_out = False
    for steps in blocks(page):
        for command, shown in steps:
            if "clinical_data.tsv" in command and not PUBLIC_TABLE.is_dir():
                left_out = True
                continue
            wanted = re.search(r"# exit (\d+)$", command)
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            printed = done.stdout + done.stderr
            assert done.returncode == (int(wanted[1]) if wanted else 0), f"$ {command}\n{printed}"
            assert fits(printed, shown), f"$ {command}\nprinted:\n{printed}\nbut the page shows:\n{shown}"
    if left_out:
        pytest.skip("the public table is not at hand; all other commands of the page were run")


@pytest.mark.skipif(not EVERYTHING, reason="the commands of all pages run under .ci/run")
def test_the_server_of_the_page_answers_the_request_of_the_page(tmp_path: Path) -> None:
    needed("curl")
    pytest.importorskip("uvicorn", reason="the extra `web` is not installed")
    page = (ROOT / "docs" / "how-to" / "teaching-page.md").read_text("utf-8")
    serve, ask = re.findall(r"^(regimen-advisor serve .*|curl .*)$", page, re.MULTILINE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen(
        [Path(sys.executable).parent / "regimen-advisor", *serve.replace("8000", port).split()[1:]]
    )
    try:
        patient = ask.replace("8000", port).replace("curl", "curl --retry 20 --retry-connrefused --retry-delay 1", 1)
        answer = subprocess.run(["bash", "-c", patient], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout)["scope"]
    finally:
        server.terminate()
        server.wait(timeout=10)


PAGES_WITH_PYTHON = [page for page in PAGES if "```python\n>>> " in page.read_text("utf-8")]


@pytest.mark.parametrize("page", PAGES_WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_line_of_python_on_the_page_gives_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rules", "profiles"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    text = re.sub(r"^```.*$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    printed: list[str] = []
    ran = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=printed.append)
    assert ran.attempted
    assert not ran.failed, "".join(printed)


def fits(printed: str, shown: str) -> bool:
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    if not any(lines):
        return True
    pattern = "\n".join(".*" if line.strip() == LEFT_OUT else re.escape(line) for line in lines)
    text = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern.replace("\n.*", "(?:\n.*)?").replace(".*\n", "(?:.*\n)?"), text, re.DOTALL) is not None
