"""What all tests share: the shipped rulebook, read once, and the programs a test may need."""

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.page.building import example_profiles, render_page

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
EVERYTHING = os.environ.get("REGIMEN_ADVISOR_ALL_TESTS") == "1"
"""Whether every test must run, and the long ones at their full size, as under ``.ci/run``."""


def sized(full: int, first: int) -> int:
    """How much of a long test runs: all of it under ``.ci/run``, ``first`` where somebody runs the tests at home."""
    return full if EVERYTHING else first


def pairs(these: Iterable[str], those: Sequence[T]) -> list[tuple[str, T]]:
    """Each of one with each of the other; at home each of ``these`` with one of ``those``, in turn."""
    if EVERYTHING:
        return list(itertools.product(these, those))
    return list(zip(these, itertools.cycle(those)))


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook(ROOT / "rules")


def needed(program: str) -> str:
    """The path of a program; the test skips where it is absent, and fails where every test must run."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not on this machine"
        if EVERYTHING:
            pytest.fail(f"{reason}, but every test must run here")
        pytest.skip(reason)
    return path


@pytest.fixture
def chromium() -> str:
    return needed("chromium")


@pytest.fixture
def java() -> str:
    return needed("java")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium; one for all tests, since two cannot be driven at a time."""
    path = needed("chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def page_file(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teaching page of the shipped rules."""
    file = tmp_path_factory.mktemp("page") / "lung.html"
    file.write_text(render_page(rulebook, example_profiles(ROOT / "profiles")), encoding="utf-8")
    return file
