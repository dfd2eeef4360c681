"""Take the pictures of README and docs again, from the product as it is.

Run it from the checkout: ``python benchmarks/screenshots.py [NAME ...] [--browser PATH]``. Each picture is kept in few
colours, which a screen of text does not miss, so that none weighs much.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLOURS = 224
START = "from regimen_advisor.cli.app import main; main()"
AFTER_OSIMERTINIB = "egfr-l858r-after-osimertinib"
PROFILE = f"profiles/{AFTER_OSIMERTINIB}.yaml"

# What each picture is taken of: a file name, and the command that writes it.
FILES: dict[str, list[str]] = {
    "page.html": ["page"],
    "class.html": ["page", "--quiz", "setting=nsclc/nrg1,level=2,count=3,seed=7"],
    "advice.html": ["advise", PROFILE, "--format", "html"],
    "untreated.html": ["advise", "profiles/driver-negative-tps-50-untreated.yaml", "--format", "html"],
    "why.html": [
        "explain", "profiles/adenocarcinoma-drivers-unknown-untreated.yaml", "ivonescimab", "--format", "html",
    ],
    "map.svg": ["map", "later-line-egfr", "--profile", PROFILE, "--format", "svg"],
    "quiz.html": ["quiz", "--seed", "42", "--count", "6", "--level", "2"],
}  # fmt: skip


def nothing(page: Page) -> None:
    """The file as it opens."""


def example(name: str) -> Callable[[Page], None]:
    """One of the example patients of the teaching page."""

    def choose(page: Page) -> None:
        place = page.evaluate("name => page.data.examples.findIndex(one => one.name === name)", name)
        page.evaluate(
            "([menu, value]) => { menu.value = value; menu.dispatchEvent(new Event('change')); }",
            [page.query_selector("#examples"), str(place)],
        )
        page.evaluate("page.say('')")

    return choose


def edit(page: Page) -> None:
    page.select_option("#fact-histology", "squamous")


def map_of_example(page: Page) -> None:
    example(AFTER_OSIMERTINIB)(page)
    page.click("#view-map")


def marked_question(page: Page) -> None:
    page.click("#view-quiz")
    page.select_option("#quiz-level", "3")
    page.click(".setup button")
    some_answers(page)


def some_answers(page: Page) -> None:
    """Some answer to everything that a question asks, and its marks."""
    for group in page.query_selector_all(".quiz fieldset.pick"):
        group.query_selector("input").check()  # type: ignore[union-attr]
    for place, field in enumerate(page.query_selector_all(".quiz .field select")):
        field.select_option(index=2 if place % 3 else 1)
    page.click("#quiz-check")


def result(page: Page) -> None:
    for _ in range(3):
        some_answers(page)
        page.click("#quiz-next")


def projector(page: Page) -> None:
    page.click("#projector")


@dataclass(frozen=True)
class Shot:
    """One picture: of which file, how large, and after which steps."""

    file: str
    width: int
    height: int
    steps: Callable[[Page], None] = nothing
    scheme: Literal["light", "dark"] = "light"
    element: str | None = None
    """Only this part of the page."""


SHOTS = {
    "teaching-page-desktop": Shot("page.html", 1440, 900, edit),
    "teaching-page-phone": Shot("page.html", 360, 740, example(AFTER_OSIMERTINIB)),
    "teaching-page-map-dark": Shot("page.html", 1280, 800, map_of_example, "dark"),
    "teaching-page-quiz": Shot("page.html", 1000, 1150, marked_question),
    "advise-page-desktop": Shot("advice.html", 1280, 1330),
    "explain-page-desktop": Shot("why.html", 1280, 1500),
    "explain-page-phone": Shot("why.html", 390, 1500),
    "forest-plot": Shot("untreated.html", 800, 900, element="figure svg"),
    "map-later-line-egfr": Shot("map.svg", 600, 996, element="svg"),
    "quiz-page": Shot("quiz.html", 1000, 1150),
    "class-page-result": Shot("class.html", 1000, 820, result),
    "projector": Shot("class.html", 1000, 820, projector),
}


def write(name: str, folder: Path) -> Path:
    """The file of a command, made once."""
    file = folder / name
    if not file.exists():
        to = "--export" if name == "quiz.html" else "--output"
        run = [sys.executable, "-c", START, *FILES[name], to, str(file)]
        subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return file


def small(png: bytes) -> bytes:
    """The picture in few colours."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def main() -> None:
    """Take the pictures named, or all."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", choices=[*SHOTS, []], metavar="NAME", help=", ".join(SHOTS))
    arguments.add_argument("--browser", default=shutil.which("chromium"))
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
        for name in given.names or SHOTS:
            shot = SHOTS[name]
            size = {"width": shot.width, "height": shot.height}
            page = browser.new_page(viewport=size, color_scheme=shot.scheme)  # type: ignore[arg-type]
            page.goto(write(shot.file, Path(folder)).as_uri(), timeout=120_000)
            shot.steps(page)
            page.wait_for_timeout(500)  # what is worked out after an answer
            png = page.locator(shot.element).first.screenshot() if shot.element else page.screenshot()
            (IMAGES / f"{name}.png").write_bytes(small(png))
            print(f"{name:24} {len(small(png)) / 1000:6.1f} kB")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
