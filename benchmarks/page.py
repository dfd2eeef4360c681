"""Time the teaching page in Chromium: size, first paint, and an edit until the new options are shown.

Run it from the checkout: ``python benchmarks/page.py [--browser PATH]``.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.page.building import example_profiles, render_page

OPENINGS = 7
EDITS = 40

FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
READY = "() => performance.timing.loadEventEnd - performance.timing.navigationStart"
# An edit as a person makes one: the value is set, `change` is sent, and the new options are laid out.
EDIT = """([id, value]) => {
  const field = document.getElementById(id), start = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("change"));
  document.getElementById("answer").getBoundingClientRect();
  return performance.now() - start;
}"""
# Many edits at once, so that the clock of the process, of 10 ms, is fine enough; what is worked out later never begins.
MANY_EDITS = """rounds => {
  const edits = [
    ["fact-pd_l1_tps", ["0", "60", "", "1-49"]], ["fact-alk", ["negative", "positive", "unknown", "negative"]],
    ["fact-histology", ["squamous", "adenocarcinoma", "unknown", "adenocarcinoma"]],
    ["fact-ecog", ["1", "3", "", "0-1"]],
  ];
  for (let round = 0; round < rounds; round++) {
    for (const [id, values] of edits) {
      const field = document.getElementById(id);
      field.value = values[round % values.length];
      field.dispatchEvent(new Event("change"));
      document.getElementById("answer").getBoundingClientRect();
    }
  }
  return rounds * edits.length;
}"""
SETTLE = """() => {
  const {advice} = page.answer, start = performance.now();
  advice.advisor.dependsOn();
  advice.advisor.missing(advice);
  return performance.now() - start;
}"""


def spread(times: list[float]) -> str:
    ordered = sorted(times)
    most = ordered[int(0.95 * len(ordered))]
    return f"median {statistics.median(ordered):6.1f}  95 % {most:6.1f}  worst {ordered[-1]:6.1f} ms"


def edits(page: Page) -> tuple[list[float], list[float]]:
    """Times of edits, and of what is worked out after each: the questions."""
    found, later = [], []
    for index in range(EDITS):
        field = ("fact-pd_l1_tps", "fact-alk", "fact-histology", "fact-ecog")[index % 4]
        value = {
            "fact-pd_l1_tps": ("0", "60", "", "1-49"),
            "fact-alk": ("negative", "positive", "unknown", "negative"),
            "fact-histology": ("squamous", "adenocarcinoma", "unknown", "adenocarcinoma"),
            "fact-ecog": ("1", "3", "", "0-1"),
        }[field][index // 4 % 4]
        found.append(page.evaluate(EDIT, [field, value]))
        page.wait_for_function("() => document.documentElement.dataset.settled === 'true'")
        later.append(page.evaluate(SETTLE))
    return found, later


def processor_time(browser: Browser, page: Page) -> list[float]:
    """Processor time of an edit in milliseconds, several times: of all threads of the process that shows the page."""

    def spent() -> float:
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return sum(process["cpuTime"] for process in processes if process["type"] == "renderer")

    session = browser.new_browser_cdp_session()
    page.evaluate(MANY_EDITS, 4)  # the code is compiled by the time that a person edits
    found = []
    for _ in range(7):
        before = spent()
        count = page.evaluate(MANY_EDITS, 8)
        found.append((spent() - before) / count * 1000)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--browser", default=shutil.which("chromium"))
    browser_path = arguments.parse_args().browser
    start = time.perf_counter()
    html = render_page(load_rulebook(), example_profiles())
    print(f"writing the page          {time.perf_counter() - start:6.2f} s")
    print(f"size                      {len(html.encode()) / 1e6:6.2f} MB")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        file = Path(folder) / "lung.html"
        file.write_text(html, encoding="utf-8")
        browser = running.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        paints, loads = [], []
        for _ in range(OPENINGS):
            page = browser.new_page()
            page.goto(file.as_uri())
            page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
            paints.append(page.evaluate(FIRST_PAINT))
            loads.append(page.evaluate(READY))
            page.close()
        print(f"first paint               {spread(paints)}")
        print(f"options are shown after   {spread(loads)}")
        for name, profile in (("a patient known but for little", None), ("almost nothing known", {"disease": "nsclc"})):
            page = browser.new_page()
            page.goto(file.as_uri() + ("" if profile is None else f"#patient={json.dumps(profile)}"))
            times, later = edits(page)
            print(f"{name}\n  edit to new options     {spread(times)}\n  its questions, later    {spread(later)}")
            print(f"  processor time of edit  {spread(processor_time(browser, page))}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
