"""What all tests share: the shipped rulebook, read once, and the programs a test may need."""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regimen_advisor.knowledge import rulebook as rulebooks
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.page import quizzes
from regimen_advisor.page.building import example_profiles, render_page

ROOT = Path(__file__).parent.parent
EVERYTHING = os.environ.get("REGIMEN_ADVISOR_ALL_TESTS") == "1"
"""Whether every test must run, and the long ones at their full size, as under ``.ci/run``."""


def sized(full: int, first: int) -> int:
    """How much of a long test runs: all of it under ``.ci/run``, ``first`` where somebody runs the tests at home."""
    return full if EVERYTHING else first


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, at home, all but every n-th case of a test that is marked ``sampled(n)``."""
    if EVERYTHING:
        return
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        mark = item.get_closest_marker("sampled")
        if mark is None or seen[test] % mark.args[0] == 0:
            kept.append(item)
        seen[test] += 1
    chosen = set(kept)
    if left_out := [item for item in items if item not in chosen]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


# A page draws its questions for some five seconds; at home it holds a third of them.
WHOLE_POOL = quizzes.POOL
quizzes.POOL = tuple((level, sized(count, min(count, 2)), kinds) for level, count, kinds in WHOLE_POOL)

# A Spark of a test ends long before its code is worth compiling well.
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
os.environ.setdefault("SPARK_SUBMIT_OPTS", SHORT_LIVED)

# A test holds rulebooks and solvers for long: to look through them again and again takes a tenth of the time.
gc.set_threshold(100_000, 50, 100)


PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))[:: sized(1, 2)]
"""The example profiles; at home every second one."""


# Everything again with a pack: what tests call the shipped rules is then a stack ------------------------------------

PACK = os.environ.get("REGIMEN_ADVISOR_TEST_PACK")
"""The folder of a pack, from the checkout on, that is added to the rules that ship wherever a test names them alone.

What is true of any rules is tested on the fixture ``rulebook``, which then is the stack. A test of exactly what the
rules that ship say asks for the fixture ``shipped``: the pack is then left out of all that the test reads.
"""


collect_ignore = ["cases"] if PACK else []
"""The cases are of the rules that ship; ``test_cases.py`` runs them."""


class _WithPack:
    """Chooses folders as usual, and adds the pack to the rules that ship where they are named alone."""

    def __init__(self, pack: Path) -> None:
        self.pack, self.usual, self.is_on = pack, rulebooks.chosen_folders, True

    def __call__(self, folder: rulebooks.Folders = None) -> tuple[Path, ...]:
        found = self.usual(folder)
        is_alone = isinstance(folder, str | Path | None) and [path.resolve() for path in found] == [ROOT / "rules"]
        return (*found, self.pack) if self.is_on and is_alone else found


_WITH_PACK = _WithPack(ROOT / PACK) if PACK else None
if _WITH_PACK:
    rulebooks.chosen_folders = _WITH_PACK


@pytest.fixture(autouse=True)
def _pack_or_none(request: pytest.FixtureRequest) -> Iterator[None]:
    if _WITH_PACK:
        _WITH_PACK.is_on = "shipped" not in request.fixturenames
    yield
    if _WITH_PACK:
        _WITH_PACK.is_on = True


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The rules that ship; with a pack where one is added."""
    return load_rulebook(ROOT / "rules")


@pytest.fixture(scope="session")
def shipped() -> Rulebook:
    """The rules that ship and no pack, for a test of exactly what they say."""
    return load_rulebook([ROOT / "rules"])


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
def java() -> str:
    return needed("java")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium; one for all tests, since two cannot be driven at a time."""
    # The shell opens a page for a third of the processor time: no extensions, no window.
    path = shutil.which("chromium-headless-shell") or needed("chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def page_file(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teaching page of the shipped rules."""
    # One worker builds it for all: their folders are next to each other.
    folder = tmp_path_factory.getbasetemp()
    file = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "lung.html"
    if not file.exists():
        built = folder / "lung.html"
        built.write_text(render_page(rulebook, example_profiles(ROOT / "profiles")), encoding="utf-8")
        if built != file:
            built.replace(file)
    return file
