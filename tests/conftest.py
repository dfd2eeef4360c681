"""What all tests share: the shipped rulebook, read once, and the programs a test may need."""

import os
import shutil
from pathlib import Path

import pytest

from regimen_advisor.rulebook import Rulebook, load_rulebook

ROOT = Path(__file__).parent.parent
EVERYTHING = os.environ.get("REGIMEN_ADVISOR_ALL_TESTS") == "1"


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
