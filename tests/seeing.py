"""Look at a page of a report in a browser: what is wrong with it at a given width and colour scheme."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from regimen_advisor.reports.pages import page as as_page
from regimen_advisor.reports.pages import style

Look = tuple[str, int]
"""Colours, and how many pixels the screen is wide."""

LOOKS: list[Look] = [("light", 1280), ("dark", 320)]
"""What a person may see a page on."""
looks = pytest.mark.parametrize("look", LOOKS, ids=["light desktop", "small dark phone"])
"""Runs a test for each."""


def faults(browser: Any, html: str, folder: Path, look: Look) -> list[Any]:
    """What axe-core finds with everything unfolded, whether it is wider than the screen, and what it loads."""
    reason = "axe-playwright-python is not installed"
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason)
    scheme, width = look
    file = folder / "page.html"
    file.write_text(html, "utf-8")
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    unfolded = page.evaluate("document.documentElement.scrollWidth")
    found = axe.Axe().run(page).response["violations"]
    page.close()
    wrong: list[Any] = [(entry["id"], [node["html"][:200] for node in entry["nodes"][:3]]) for entry in found]
    wrong += [f"{pixels} pixels wide on {width}" for pixels in (wide, unfolded) if pixels > width]
    return wrong + [url for url in asked if url != file.as_uri()]


def without_tips(page: str) -> str:
    """The page without its one script, which is that of the tips and the only one that its policy lets run."""
    script = style()["tips"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert re.findall(r"script-src ('[^;]*)", page) == [f"'sha256-{digest}'"]
    before, after = page.split(f"<script>{script}</script>")
    return before + after


def page_of(report: Any, *found: Any) -> str:
    """The page that ``cohort --format html`` writes of what was found."""
    return as_page(report.title(found[0]), report.document(*found), "cohort.css")
