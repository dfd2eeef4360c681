"""The main flows of the teaching page in a real Firefox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from conftest import ROOT, needed
from firefox import Firefox
from regimen_advisor.advising import advise
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import read
from regimen_advisor.reports.html import render_advice

ESCAPE, TAB = "\ue00c", "\ue004"
FIELD = "document.getElementById({}).value = {}, document.getElementById({}).dispatchEvent(new Event('change'))"
NAMES = ("egfr-l858r-after-osimertinib", "squamous-driver-negative-untreated", "almost-everything-unknown")
VIEWS = ("options", "map", "forest", "compare", "quiz")


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    started = Firefox(needed("firefox-esr"), tmp_path_factory.mktemp("firefox"), 1280, 800)
    yield started
    started.close()
    assert started.complaints == []


def at(firefox: Firefox, file: Path, profile: dict[str, Any], **more: str) -> None:
    state = {"patient": json.dumps(profile), **more}
    firefox.open("about:blank")
    firefox.open(f"{file.as_uri()}#{'&'.join(f'{key}={quote(value)}' for key, value in state.items())}")


def choose(firefox: Firefox, field: str, value: str) -> None:
    name = json.dumps(field)
    firefox.evaluate(f"({FIELD.format(name, json.dumps(value), name)}, new Promise(done => setTimeout(done, 50)))")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", NAMES)
def test_firefox_gives_the_standings_that_python_gives(
    firefox: Firefox, page_file: Path, rulebook: Rulebook, name: str
) -> None:
    document = read_document(ROOT / "profiles" / f"{name}.yaml")
    advice = advise(read(profile_from(document), rulebook.domain, document), rulebook)
    at(firefox, page_file, document.value)
    shown = firefox.evaluate(
        "[...document.querySelectorAll('#answer [data-regimen]')].map(({dataset: of}) => [of.regimen, of.standing])"
    )
    assert shown == [[option.regimen, option.standing.value] for option in advice.options]


def test_an_edit_in_firefox_says_what_changed_and_by_which_rule(firefox: Firefox, page_file: Path) -> None:
    at(firefox, page_file, dict(read_document(ROOT / "profiles" / "driver-negative-tps-50-untreated.yaml").value))
    choose(firefox, "fact-histology", "squamous")
    changed = firefox.evaluate("document.getElementById('changed').innerText")
    assert "no-bevacizumab-in-squamous-disease" in changed
    assert firefox.evaluate("document.getElementById('fact-histology').closest('.field').classList.contains('edited')")


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_fits_its_screen_in_firefox(firefox: Firefox, page_file: Path, view: str) -> None:
    profile = dict(read_document(ROOT / "profiles" / f"{NAMES[1]}.yaml").value)
    at(firefox, page_file, profile, view=view, kept=json.dumps({"disease": "nsclc"}))
    assert firefox.evaluate("document.documentElement.scrollWidth") <= 1280
    assert len(firefox.evaluate("document.getElementById('answer').innerText")) > 100


def test_the_quiz_is_marked_in_firefox(firefox: Firefox, page_file: Path) -> None:
    at(firefox, page_file, {"disease": "nsclc"}, view="quiz")
    answer = """document.querySelectorAll('.quiz [data-choice]').forEach(one => {
      const input = one.querySelector('select, input');
      if (input.type === 'radio') return input.click();
      input.selectedIndex = 1;
      input.dispatchEvent(new Event('change'));
    })"""
    firefox.evaluate(answer)
    firefox.evaluate("document.getElementById('quiz-check').click()")
    assert firefox.evaluate("document.querySelectorAll('.marked').length") > 0


@pytest.fixture(scope="module")
def marked_pages(page_file: Path, rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The teaching page, and the page that ``advise --format html`` writes."""
    document = read_document(ROOT / "profiles" / f"{NAMES[0]}.yaml")
    patient = read(profile_from(document), rulebook.domain, document)
    file = tmp_path_factory.mktemp("report") / "advice.html"
    file.write_text(render_advice([advise(patient, rulebook)], rulebook, [patient]), "utf-8")
    return {"teaching page": page_file, "advice": file}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("by", ["hover", "key", "tap"])
@pytest.mark.parametrize("name", ["teaching page", "advice"])
def test_a_mark_says_what_it_means_in_firefox(
    firefox: Firefox, marked_pages: dict[str, Path], name: str, by: str
) -> None:
    firefox.open("about:blank")
    firefox.open(marked_pages[name].as_uri())
    tip, mark = "document.getElementById('tip')", "button.standing[data-tip]"
    if by == "key":
        while not firefox.evaluate(f"document.activeElement.matches('{mark}')"):
            firefox.press(TAB)
    else:
        firefox.point_at(mark, by="mouse" if by == "hover" else "touch")
    assert not firefox.evaluate(f"{tip}.hidden")
    assert "the rules offer it" in firefox.evaluate(f"{tip}.innerText")
    firefox.press(ESCAPE)
    assert firefox.evaluate(f"{tip}.hidden")


def test_the_keyboard_reaches_the_views_and_the_facts_in_firefox(firefox: Firefox, page_file: Path) -> None:
    at(firefox, page_file, {"disease": "nsclc"})
    reached = []
    for _ in range(25):
        firefox.press(TAB)
        reached.append(firefox.evaluate("document.activeElement.id"))
    wanted = ["skip", "view-options", "view-map", "examples", "name", "fact-disease", "fact-ecog"]
    assert [entry for entry in reached if entry in wanted] == wanted
