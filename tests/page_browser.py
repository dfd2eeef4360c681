"""The teaching page in a real Chromium, for the tests of what it shows and of how it judges."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import needed
from regimen_advisor.page import example_profiles, render_page
from regimen_advisor.rulebook import Rulebook

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def page_file(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "lung.html"
    file.write_text(render_page(rulebook, example_profiles(ROOT / "profiles")), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = needed("chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
