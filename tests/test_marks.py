"""A short mark says what it means on every page of a report: by hover, by keyboard, and by a tap on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.advising import advise
from regimen_advisor.cohorts.cohort import judged, open_table, summarise
from regimen_advisor.explaining.explain import explain
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.generating import generate
from regimen_advisor.quiz.key import answer_key
from regimen_advisor.quiz.lessons import lesson as lesson_of
from regimen_advisor.reports import cohort, lesson
from regimen_advisor.reports.coverage import render_html as coverage_page
from regimen_advisor.reports.html import render_advice, render_explanation
from regimen_advisor.reports.marks import explained
from regimen_advisor.reports.quiz import render_html as quiz_page
from regimen_advisor.testing.coverage import measure
from seeing import page_of

PHONE = {"width": 360, "height": 740}
SHOWN = {
    "advice": (".standing", ".level", ".cite.ref", ".standing.badge"),
    "explanation": (".standing", "button.state", "summary .state", "summary .warn", "summary .cite.ref"),
    "coverage": (".mark.missing", ".mark.guard"),
    "cohort": ("th .word",),
    "quiz": (".cite.ref",),
    "lesson": (".cite.ref",),
    "slides": (".cite.ref",),
}
"""The kinds of marks that each page has."""


def profile_of(rulebook: Rulebook, name: str) -> tuple[Patient, dict[str, Any]]:
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    return read(profile, rulebook.domain, document), dict(document.value)


@pytest.fixture(scope="module")
def pages(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    first, written = profile_of(rulebook, "driver-negative-tps-50-untreated")
    squamous, _ = profile_of(rulebook, "squamous-driver-negative-untreated")
    table = tmp_path_factory.mktemp("table") / "patients.csv"
    table.write_text("id,disease,histology\na,nsclc,adenocarcinoma\n", encoding="utf-8")
    with judged(open_table([str(table)]), rulebook) as result:
        counted = summarise(result, "patients.csv")
    quiz = generate(rulebook, seed=42, count=2, level=3)
    sheet = lesson_of(Guideline.of(rulebook).case(first), written)
    return {
        "advice": render_advice([advise(first, rulebook)], rulebook, [first]),
        "explanation": render_explanation(
            explain(squamous, rulebook, ["bevacizumab-carboplatin-paclitaxel"]), rulebook, squamous
        ),
        "coverage": coverage_page(measure(rulebook, [], ["anlotinib-third-line"])),
        "cohort": page_of(cohort, counted),
        "quiz": quiz_page(quiz, answer_key(quiz, rulebook), rulebook),
        "lesson": lesson.render_page([sheet], rulebook),
        "slides": lesson.render_slides([sheet], rulebook),
    }


@pytest.fixture
def look(browser: Any, pages: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """Opens a page in a browser, unfolded; ``touch`` for a phone."""
    opened: list[Any] = []

    def at(name: str, *, touch: bool) -> Any:
        file = tmp_path / f"{name}.html"
        file.write_text(pages[name], "utf-8")
        size = PHONE if touch else {"width": 1280, "height": 800}
        opened.append(browser.new_context(viewport=size, has_touch=touch, is_mobile=touch))
        page = opened[-1].new_page()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        return page

    yield at
    for entry in opened:
        entry.close()


@pytest.mark.sampled(4)
@pytest.mark.parametrize("by", ["hover", "focus", "tap"])
@pytest.mark.parametrize("name", SHOWN)
def test_every_kind_of_mark_shows_what_it_means(look: Any, name: str, by: str) -> None:
    page = look(name, touch=by == "tap")
    if name == "slides":
        page.evaluate("location.hash = document.querySelector('.cite.ref').closest('.slide').id")
    tip = page.locator("#tip")
    for kind in SHOWN[name]:
        mark = page.locator(f"{kind}[data-tip]").first
        words = mark.get_attribute("data-tip")
        if by == "focus":
            page.keyboard.press("Tab")  # what is focused next is focused by keyboard
            mark.evaluate("mark => (mark.closest('summary') ?? mark).focus()")
        else:
            {"hover": mark.hover, "tap": mark.tap}[by]()
        assert tip.is_visible(), kind
        assert words in tip.inner_text()
        box = tip.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.viewport_size["width"]
        page.keyboard.press("Escape")
        assert tip.is_hidden()


@pytest.mark.parametrize("name", SHOWN)
def test_no_mark_keeps_its_meaning_where_a_phone_does_not_show_it(pages: dict[str, str], name: str) -> None:
    assert " title=" not in pages[name]


def test_a_tip_stays_with_its_mark_while_the_page_is_scrolled_and_goes_when_another_place_is_tapped(look: Any) -> None:
    page = look("advice", touch=True)
    page.locator(".option .cite.ref").first.tap()
    before = page.locator("#tip").bounding_box()["y"]
    page.evaluate("window.scrollBy(0, 40)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator("#tip").bounding_box()["y"] == pytest.approx(before - 40, abs=1)
    page.locator("h1").tap()
    assert page.locator("#tip").is_hidden()


def test_a_mark_of_a_source_names_its_title_section_and_erratum_wherever_it_is(rulebook: Rulebook) -> None:
    label, title = next((review.cited_as, review.title) for review in rulebook.reviews.values())
    erratum = next(iter(rulebook.errata))
    page = explained(
        f'<p>So [{label} 4.1, rules/a.yaml:7 †{erratum}].</p><a href="#x">[{label} 4.1]</a> <i>[not {label}]</i>',
        rulebook,
    )
    (words,) = re.findall(r'data-tip="([^"]*)"', page)
    assert words.startswith(f"{label}: {title}, section 4.1. † {erratum}, ")
    assert f'<a href="#x">[{label} 4.1]</a> <i>[not {label}]</i>' in page
