"""The pages of ``advise`` and ``explain``: self-contained, escaped, and usable by keyboard, screen reader and phone."""

import base64
import hashlib
import itertools
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.advising import advise
from regimen_advisor.documents.blocks import (
    BarKind,
    Bullets,
    Fields,
    Folded,
    Gap,
    Grid,
    Heading,
    Item,
    Paragraph,
    Table,
)
from regimen_advisor.documents.html import html as html_of
from regimen_advisor.explaining.explain import explain
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import profile_from, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.generating import generate
from regimen_advisor.quiz.key import answer_key
from regimen_advisor.reports import notebook
from regimen_advisor.reports.html import advice_fragment, explanation_fragment, render_advice, render_explanation
from regimen_advisor.reports.quiz import render_html
from seeing import LOOKS, Look, faults, without_tips

HOSTILE = """<script>alert("1")</script>' onmouseover='x"""


def patient(rulebook: Rulebook, name: str) -> Patient:
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    return read(profile, rulebook.domain, document)


def written(rulebook: Rulebook, text: str) -> Patient:
    document = parse_document(text, "patient.yaml")
    return read(profile_from(document), rulebook.domain, document)


def advice_page(rulebook: Rulebook, *patients: Patient) -> str:
    return render_advice([advise(entry, rulebook) for entry in patients], rulebook, patients)


def explanation_page(rulebook: Rulebook, value: Patient, *regimens: str) -> str:
    return render_explanation(explain(value, rulebook, regimens), rulebook, value)


@pytest.fixture(scope="module")
def pages(rulebook: Rulebook) -> dict[str, str]:
    after_osimertinib = patient(rulebook, "egfr-l858r-after-osimertinib")
    squamous = patient(rulebook, "squamous-driver-negative-untreated")
    open_patient = patient(rulebook, "adenocarcinoma-drivers-unknown-untreated")
    return {
        "advice": advice_page(rulebook, after_osimertinib),
        "open advice": advice_page(rulebook, open_patient),
        "short advice": advice_page(rulebook, patient(rulebook, "small-cell-after-platinum-etoposide")),
        "two patients": advice_page(rulebook, squamous, patient(rulebook, "small-cell-after-platinum-etoposide")),
        "one option": explanation_page(rulebook, open_patient, "bevacizumab-carboplatin-paclitaxel"),
        "all options": explanation_page(rulebook, after_osimertinib),
        "open options": explanation_page(rulebook, open_patient),
        "quiz": quiz_page(rulebook),
    }


NAMES = ("advice", "open advice", "short advice", "two patients", "one option", "all options", "open options", "quiz")


def quiz_page(rulebook: Rulebook) -> str:
    quiz = generate(rulebook, seed=42, count=2, level=3)
    return render_html(quiz, answer_key(quiz, rulebook), rulebook)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_loads_nothing_and_runs_no_script_but_that_of_its_tips(pages: dict[str, str], name: str) -> None:
    page = without_tips(pages[name])
    assert not re.search(r"<(script|link|img|iframe|object|embed|form|base)\b|\bon[a-z]+=|\bsrc=|@import|url\(", page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize("name", NAMES)
def test_the_only_style_is_the_one_that_the_policy_of_the_page_names(pages: dict[str, str], name: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", pages[name], re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in pages[name]
    assert " style=" not in pages[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_leads_to_one_place(pages: dict[str, str], name: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', pages[name])
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', pages[name])) <= set(ids)


def test_text_from_a_profile_is_escaped_on_every_page(rulebook: Rulebook) -> None:
    found = HOSTILE.replace("'", "''")
    first = written(rulebook, f"id: '{found}'\nsummary: '{found}'\ndisease: nsclc\nhistology: adenocarcinoma\n")
    pages = (
        advice_page(rulebook, first),
        explanation_page(rulebook, first, "anlotinib"),
        explanation_page(rulebook, first),
    )
    for page in map(without_tips, pages):
        assert "<script" not in page
        assert "' onmouseover='" not in page
        assert "&lt;script&gt;" in page


def test_text_in_an_answer_shown_by_a_notebook_is_escaped(rulebook: Rulebook) -> None:
    found = HOSTILE.replace("'", "''")
    first = written(rulebook, f"id: '{found}'\nsummary: '{found}'\ndisease: sclc\n")
    for shown in (advice_fragment(advise(first, rulebook)), explanation_fragment(explain(first, rulebook))):
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown


def test_an_answer_in_a_notebook_names_every_option_that_is_offered(rulebook: Rulebook) -> None:
    advice = advise(patient(rulebook, "egfr-l858r-after-osimertinib"), rulebook)
    notebook.register()
    shown = advice._repr_html_()
    assert all(option.name in shown for option in advice.options if option.standing.is_offered)


def test_a_notebook_shows_the_document_and_the_bare_options_where_the_case_is_not_at_hand(rulebook: Rulebook) -> None:
    first = patient(rulebook, "driver-negative-tps-50-untreated")
    advice = advise(first, rulebook)
    shown = advice_fragment(advice)
    assert "Patient: adenocarcinoma" in shown
    assert "PFS 11.14 v 5.82 months (pembrolizumab), HR 0.51" in shown
    assert "Harm of bevacizumab" in shown
    elsewhere = pickle.loads(pickle.dumps(advice))
    assert elsewhere == advice
    assert elsewhere.case is None
    assert "Patient: " not in advice_fragment(elsewhere)
    assert "ivonescimab" in advice_fragment(elsewhere)


def test_every_kind_of_block_is_an_element_and_is_escaped() -> None:
    blocks = (
        Heading("<b>", 1), Paragraph("a & b", "quiet"), Fields((("<i>", "x"), ("left out", None))), Bullets(("<u>",)),
        Table(("", "<a>", "empty"), (("1", "<s>", ""),)), Item("<name>", (Paragraph("<line>"),)), Gap(),
        Folded("<fold>", (Paragraph("inside"),)),
    )  # fmt: skip
    shown = html_of(blocks, below=1)
    assert not re.search(r"<(b|i|a|s|name|line|fold)>", shown)
    assert shown.startswith('<h2>&lt;b&gt;</h2>\n<p class="quiet">a &amp; b</p>')
    assert "<h4>&lt;name&gt;</h4>\n<ul><li>&lt;line&gt;</li></ul>" in shown
    assert "<details><summary>&lt;fold&gt;</summary>\n<p>inside</p>\n</details>" in shown
    assert "left out" not in shown
    assert "empty" not in shown


def test_a_column_shows_the_tip_of_what_it_counts_whatever_it_is_called() -> None:
    kinds = (BarKind("open", "<the rest>", "It waits."), BarKind("known", "the known"))
    grid = Grid((1, 2), bars=((("open", 0.5), ("known", 0.5)),), kinds=kinds, counts=("", "open", "known"))
    shown = html_of([Table(("", "offen", "open"), (("a", "1", "1"),), grid=grid)])
    assert '<button type="button" class="word" data-tip="It waits.">offen</button></th>' in shown
    assert '<th scope="col" class="number">open</th>' in shown
    assert re.findall(r"</svg>([^<]+)</li>", shown) == ["&lt;the rest&gt;", "the known"]


def test_the_page_of_an_option_says_met_and_not_met_in_words(rulebook: Rulebook) -> None:
    page = explanation_page(rulebook, patient(rulebook, "egfr-l858r-after-osimertinib"), "anlotinib")
    assert '<span aria-hidden="true">✗</span> not met</button> third line or later' in page
    assert "prior lines: 1" in page
    assert "rules/nsclc/later-line-any.yaml:" in page


def test_what_is_open_about_a_treatment_is_named_by_its_line_in_the_rules_of_each_option(rulebook: Rulebook) -> None:
    names = ("egfr-l858r-after-osimertinib", "egfr-l858r-after-gefitinib-and-platinum")
    page = advice_page(rulebook, *(patient(rulebook, name) for name in names))
    assert "ask: cycles of line 2, months to relapse after line 2" in page
    assert "treatment 2 of the history" not in page


def test_a_page_carries_the_plot_the_map_and_the_citations(pages: dict[str, str]) -> None:
    page = pages["advice"]
    assert "Not a comparison between trials" in page
    assert "Map of the setting: EGFR-mutated NSCLC after an EGFR-TKI, with the path of egfr-l858r" in page
    assert 'href="https://doi.org/10.1016/j.annonc.2023.10.117"' in page


def test_each_standing_and_level_of_a_page_has_its_meaning_at_hand_and_a_row_the_standing_of_its_option(
    pages: dict[str, str],
) -> None:
    page = pages["open advice"]
    legend = page.partition("<h2>What the signs mean</h2>")[2]
    for standing in Standing:
        assert f'<dt><span class="standing {standing.value}">' in legend
    assert "whether it is offered depends on something that is not known</dd>" in legend
    assert '<tr class="undetermined"><th scope="row">' in page
    assert 'class="point waits"' in page
    assert 'data-tip="Level 2 of the design (OCEBM 2011, 1 is best): randomised' in pages["advice"]


# In a browser -------------------------------------------------------------------------------------------------------


# A long answer with its plot and map takes axe ten seconds and more, and has no other parts than a short one.
LOOKED_AT = [name for name in NAMES if name not in ("advice", "open advice", "two patients")]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("name", "look"), list(zip(LOOKED_AT, itertools.cycle(LOOKS))))
def test_a_page_is_sound_on_every_screen(
    pages: dict[str, str], name: str, look: Look, browser: Any, tmp_path: Path
) -> None:
    assert faults(browser, pages[name], tmp_path, look) == []


def test_on_paper_what_is_folded_up_stays_so_but_for_the_citations(
    pages: dict[str, str], browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(pages["advice"], "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    hidden = "one => !one.checkVisibility({contentVisibilityAuto: true})"
    reasons = page.locator("details.argument:not([open]) .tree")
    assert reasons.count() > 10
    assert all(reason.evaluate(hidden) for reason in reasons.all()[:5])
    assert not page.locator("details.study a").first.evaluate(hidden)
    page.close()
