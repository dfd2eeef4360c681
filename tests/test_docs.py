"""Every command shown in the README and the docs runs, and prints what is shown.

A ``console`` block holds lines with ``$ command`` and below each its output; a line ``[...]`` stands for any lines.
A command that is shown to fail has its exit code behind it: ``$ regimen-advisor check  # exit 1``. A command that ends
in ``<<'END'`` goes on to the line ``END``: this is how a page shows a file that the reader writes.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LEFT_OUT = "[...]"


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


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_the_page_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    for name in ("rules", "profiles", "tests/cases"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=False)
    for steps in blocks(page):
        for command, shown in steps:
            wanted = re.search(r"# exit (\d+)$", command)
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            printed = done.stdout + done.stderr
            assert done.returncode == (int(wanted[1]) if wanted else 0), f"$ {command}\n{printed}"
            assert fits(printed, shown), f"$ {command}\nprinted:\n{printed}\nbut the page shows:\n{shown}"


def fits(printed: str, shown: str) -> bool:
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    if not any(lines):
        return True
    pattern = "\n".join(".*" if line.strip() == LEFT_OUT else re.escape(line) for line in lines)
    text = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern.replace("\n.*", "(?:\n.*)?").replace(".*\n", "(?:.*\n)?"), text, re.DOTALL) is not None
