"""The teaching page as a person looks at it: what is in sight, what a mark means, what an edit says."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from small_rulebooks import LABEL
from test_page import AFTER_OSIMERTINIB, SETTLED, UNTREATED, Opened, expect

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
WIDE = {"width": 1440, "height": 900}
IN_SIGHT = """element => {
  const {top, bottom} = element.getBoundingClientRect(), bar = document.querySelector(".panes").getBoundingClientRect();
  return top >= 0 && bottom <= (bar.height ? bar.top : innerHeight) && bottom > top;
}"""
EDITS = """() => {
  const {engine, solver} = page, judge = engine.judge, can = solver.sat.can;
  let judged = 0, asked = 0;
  engine.judge = function (facts) { judged++; return judge.call(this, facts); };
  solver.sat.can = function (literals) { asked++; return can.call(this, literals); };
  const edits = [["fact-alk", "positive"], ["fact-alk", "negative"], ["fact-alk", "positive"]];
  return edits.map(([id, value]) => {
    const field = document.getElementById(id);
    [judged, asked] = [0, 0];
    field.value = value;
    field.dispatchEvent(new Event("change"));
    return [judged, asked];
  });
}"""


def example(name: str) -> dict[str, Any]:
    return dict(read_document(ROOT / "profiles" / f"{name}.yaml").value)


@pytest.fixture
def look(browser: Any, page_file: Path) -> Iterator[Any]:
    """Opens the page of a profile on a screen of some size."""
    opened: list[Opened] = []

    def at(size: dict[str, int], profile: dict[str, Any] | None = None, **more: str) -> Any:
        opened.append(Opened(browser, page_file, viewport=size))
        return opened[-1].at(profile, **more)

    yield at
    for entry in opened:
        entry.context.close()
        assert entry.complaints == []


def test_a_phone_shows_patient_and_first_options_on_its_first_screen(look: Any) -> None:
    page = look(PHONE, example(AFTER_OSIMERTINIB))
    assert page.locator("p.patient").evaluate(IN_SIGHT)
    rows = page.locator("[data-row]")
    assert rows.count() == 8
    assert sum(rows.nth(index).evaluate(IN_SIGHT) for index in range(8)) >= 7
    page = look(PHONE, example("driver-negative-ecog-3-untreated"))
    assert page.locator('[data-section="first"]').evaluate(IN_SIGHT)


def test_on_a_phone_every_view_has_its_tab_in_sight(look: Any) -> None:
    page = look(PHONE, UNTREATED)
    tabs = page.locator("#views button")
    assert tabs.all_inner_texts() == ["Options", "Map", "Forest plot", "Compare", "Quiz"]
    assert page.locator("#views").evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    assert page.locator("#views").evaluate("bar => bar.getBoundingClientRect().right <= innerWidth")


def test_on_a_phone_the_letters_of_the_forest_plot_are_as_large_as_others(look: Any) -> None:
    page = look(PHONE, view="forest")
    sizes = page.eval_on_selector_all("svg text", "all => all.map(one => one.getBoundingClientRect().height)")
    assert len(sizes) > 10
    assert min(sizes) > 14
    page.set_viewport_size(WIDE)
    expect(page.locator("svg").first).to_have_attribute("viewBox", re.compile("^0 0 600 "))


def test_on_a_phone_what_was_done_is_shown_in_either_pane_and_takes_no_room(look: Any) -> None:
    page = look(PHONE, UNTREATED)
    top = page.locator("[data-row]").first.evaluate("row => row.getBoundingClientRect().top")
    page.click("#pane-facts")
    page.click("#keep")
    assert page.locator("#status > span").evaluate(IN_SIGHT)
    page.click("#pane-answer")
    assert page.locator("[data-row]").first.evaluate("row => row.getBoundingClientRect().top") == top


def test_on_a_phone_a_whole_row_of_the_table_leads_to_the_card(look: Any) -> None:
    page = look(PHONE, example(AFTER_OSIMERTINIB))
    place = page.locator("[data-row] .evidence").first.bounding_box()
    page.mouse.click(place["x"] + 5, place["y"] + 5)
    assert page.evaluate("document.activeElement.closest('article').dataset.standing") == "offered"


def test_as_long_as_little_is_known_the_options_go_by_name_and_each_opens_to_its_card(look: Any) -> None:
    page = look(DESK, {"disease": "nsclc"})
    page.wait_for_function(SETTLED)
    assert page.locator("[data-row], article").count() == 0
    option = page.locator('[data-section="undetermined"] [data-regimen="ivonescimab"]')
    assert option.inner_text() == "ivonescimab"
    option.locator("summary").first.click()
    assert "? waits for " in option.inner_text()
    assert "HARMONi-2" in option.inner_text()


def test_a_phone_has_facts_and_answer_as_two_panes(look: Any) -> None:
    page = look(PHONE, UNTREATED)
    assert not page.is_visible("#fact-alk")
    page.click("#pane-facts")
    assert page.is_visible("#fact-alk")
    assert page.is_visible("#fact-histology")
    assert not page.is_visible("#summary")
    expect(page.locator("#pane-facts")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("size", [PHONE, DESK, WIDE], ids=["phone", "desk", "wide"])
def test_after_an_edit_a_bar_in_sight_says_what_changed_by_which_rule_and_leads_to_the_card(
    look: Any, size: dict[str, int]
) -> None:
    page = look(size, {**UNTREATED, "pd_l1_tps": 60})
    if size is PHONE:
        page.click("#pane-facts")
    page.evaluate("scrollTo(0, 300)")
    page.select_option("#fact-histology", "squamous")
    bar = page.locator("#changed")
    assert bar.evaluate(IN_SIGHT)
    assert "histology (adenocarcinoma → squamous carcinoma)" in bar.inner_text()
    assert "no-bevacizumab-in-squamous-disease" in bar.inner_text()
    bar.locator("button.link").first.click()
    focused = page.evaluate("document.activeElement.closest('[data-regimen]').dataset.regimen")
    assert page.locator(f'article[data-regimen="{focused}"] h3').is_visible()
    assert page.locator(f'article[data-regimen="{focused}"]').get_attribute("data-standing") == "excluded"


@pytest.mark.parametrize("size", [DESK, WIDE], ids=["desk", "wide"])
def test_on_a_wide_screen_the_table_stays_next_to_the_form_while_the_options_scroll(
    look: Any, size: dict[str, int]
) -> None:
    page = look(size, example(AFTER_OSIMERTINIB))
    page.evaluate("scrollTo(0, 2500)")
    assert page.locator("[data-row]").first.evaluate(IN_SIGHT)
    assert page.locator("#fact-disease").evaluate(IN_SIGHT)


def test_on_a_wide_screen_the_bar_of_an_edit_leaves_the_table_where_it_is(look: Any) -> None:
    page = look(WIDE, {**UNTREATED, "pd_l1_tps": 60})
    top = "() => document.querySelector('table.glance').getBoundingClientRect().top"
    before = page.evaluate(top)
    page.select_option("#fact-liver_metastases", "true")  # nothing comes first for it, so the head is as long as before
    assert page.locator("#changed").evaluate(IN_SIGHT)
    assert page.evaluate(top) == before


def test_a_long_choice_is_shown_whole_below_its_label(look: Any) -> None:
    page = look(WIDE, {**UNTREATED, "histology": "nsclc-nos"})
    field = page.locator("#fact-histology")
    assert field.evaluate("select => select.classList.contains('whole-line')")
    box, label = field.bounding_box(), page.locator("label[for='fact-histology']").bounding_box()
    assert box["y"] > label["y"]
    assert box["width"] > 200


def test_what_changed_is_announced(look: Any) -> None:
    page = look(WIDE, {**UNTREATED, "pd_l1_tps": 60, "alk": "positive"})
    page.select_option("#fact-alk", "negative")
    expect(page.get_by_role("status")).to_contain_text("Changed ALK fusion (positive → negative): ")
    expect(page.get_by_role("status")).to_contain_text("ivonescimab is now offered")


@pytest.mark.parametrize("by", ["hover", "focus", "tap"])
def test_a_mark_of_a_review_shows_its_title(look: Any, by: str, rulebook: Rulebook) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    mark = page.locator(".cite.ref").first
    label, section = mark.inner_text().strip("[]").split()
    (title,) = (review.title for review in rulebook.reviews.values() if review.cited_as == label)
    {"hover": mark.hover, "focus": mark.focus, "tap": mark.click}[by]()
    expect(page.locator("#tip")).to_have_text(f"{label}: {title}, section {section}.")
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()


def test_a_mark_of_an_erratum_shows_what_the_record_says(look: Any) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    page.get_by_text(re.compile(rf"^\[{LABEL} [\d.]+ †D12b\]$")).first.hover()
    expect(page.locator("#tip")).to_contain_text("† D12b, scope of the approval (confirmed):")


def test_standing_and_level_have_their_meaning_at_hand(look: Any) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    card = page.locator("article").first
    card.locator(".standing").hover()
    expect(page.locator("#tip")).to_contain_text("offered: the rules offer it")
    card.locator(".level").first.hover()
    expect(page.locator("#tip")).to_contain_text("OCEBM 2011")


def test_option_cards_are_named_after_their_regimen(look: Any) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    expect(page.get_by_role("article", name="3. ivonescimab + pemetrexed + carboplatin")).to_have_count(1)


def test_no_backtick_is_shown(look: Any) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    page.fill("#fact-pd_l1_tps", "abc")
    page.press("#fact-pd_l1_tps", "Tab")
    assert "`" not in page.inner_text("body")
    page.fill("#fact-pd_l1_tps", "60")
    page.press("#fact-pd_l1_tps", "Tab")
    assert "`" not in page.inner_text("body")


def test_an_answer_that_cannot_be_read_is_shown_once_in_the_words_of_the_form(look: Any) -> None:
    page = look(WIDE, UNTREATED)
    page.fill("#fact-pd_l1_tps", "abc")
    page.press("#fact-pd_l1_tps", "Tab")
    found = "Expected a whole number from 0 to 100, or a range such as <1, 1-49 or ≥50; found abc."
    expect(page.locator("#fact-pd_l1_tps-problem")).to_have_text(found)
    assert page.inner_text("body").count("found abc") == 1
    page.locator("#problems button.link").click()
    assert page.evaluate("document.activeElement.id") == "fact-pd_l1_tps"


def test_a_change_of_disease_keeps_what_fits_and_says_what_it_cleared(look: Any) -> None:
    page = look(WIDE, {**UNTREATED, "extent": "metastatic"})
    page.select_option("#fact-disease", "sclc")
    shown = page.inner_text("#changed")
    assert "Cleared, since it does not fit:" in shown
    assert "histology (adenocarcinoma)" in shown
    profile = page.evaluate("page.profile")
    assert "histology" not in profile
    assert profile["ecog"] == 1
    assert profile["history"] == []
    assert page.inner_text("#problems") == ""


def test_an_edited_example_loses_its_id_and_a_named_patient_keeps_its_name(look: Any) -> None:
    page = look(WIDE, example(AFTER_OSIMERTINIB))
    page.select_option("#fact-histology", "squamous")
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename.startswith("Changed-from-Stage-IV")
    assert "id" not in page.evaluate("page.profile")
    page.fill("#name", "Case for Monday")
    page.press("#name", "Tab")
    page.select_option("#fact-histology", "adenocarcinoma")
    assert page.inner_text("#who") == "Case for Monday"
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "Case-for-Monday.yaml"


def test_examples_are_grouped_by_disease_and_line(look: Any) -> None:
    page = look(WIDE)
    groups = page.eval_on_selector_all("#examples optgroup", "all => all.map(one => [one.label, one.children.length])")
    labels = [label for label, _ in groups]
    assert "NSCLC: not treated for advanced disease" in labels
    assert "SCLC: two lines or more" in labels
    assert labels == sorted(labels)
    assert sum(count for _, count in groups) == len(list((ROOT / "profiles").glob("*.yaml")))


def test_the_forest_plot_leaves_out_what_is_excluded_and_names_it(look: Any) -> None:
    page = look(WIDE, example("squamous-driver-negative-untreated"), view="forest")
    text = page.inner_text("#answer")
    assert "IMpower150" not in text
    assert "Not drawn, since excluded for this patient: " in text
    assert "bevacizumab + carboplatin + paclitaxel" in text


def test_the_patient_the_page_starts_with_has_a_forest_plot(look: Any) -> None:
    page = look(WIDE, view="forest")
    assert page.locator("svg .point").count() >= 4


def test_what_waits_is_drawn_hollow_and_named_so(look: Any) -> None:
    page = look(WIDE, example("adenocarcinoma-drivers-unknown-untreated"), view="forest")
    assert page.locator("svg .point.waits").count() >= 4
    shown = " ".join(page.locator("svg text").all_text_contents()[:2])
    assert "waits for an answer" in shown


def test_two_patients_side_by_side_carry_their_names_and_the_rule(look: Any) -> None:
    kept, now = example("driver-negative-tps-50-untreated"), example("squamous-driver-negative-untreated")
    page = look(WIDE, now, kept=json.dumps(kept), view="compare")
    heads = page.locator("table.compare thead th").all_inner_texts()
    assert kept["summary"] in heads
    assert now["summary"] in heads
    row = page.locator('tr.differs[data-regimen="bevacizumab-carboplatin-paclitaxel"]')
    assert "no-bevacizumab-in-squamous-disease" in row.inner_text()
    row.locator("button.link").first.click()
    assert page.locator('article[data-regimen="bevacizumab-carboplatin-paclitaxel"] h3').evaluate(IN_SIGHT)


def test_two_patients_differ_in_their_treatments_in_words_and_what_follows_is_folded(look: Any) -> None:
    kept, now = example("driver-negative-after-pembrolizumab"), example("nrg1-untreated")
    page = look(WIDE, now, kept=json.dumps(kept), view="compare")
    row = page.locator("table.compare tr", has_text="treatment history")
    assert row.inner_text().split("\t") == [
        "treatment history",
        "line 1: pembrolizumab (progressed)",
        "not treated yet",
    ]
    page.locator("summary", has_text="What follows from the treatments").click()
    follows = page.locator("details[open] table.compare").inner_text()
    assert "cycles of the latest induction\tunknown\tnone" in follows
    assert "only in the first: " in page.inner_text("#answer")


WORDS_FIT = """select => {
  const text = document.createElement("canvas").getContext("2d"), style = getComputedStyle(select);
  text.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 24; // the arrow
  return [...select.options].every(option => text.measureText(option.text).width <= room);
}"""


def test_the_levels_of_the_quiz_fit_their_box_on_a_phone(look: Any) -> None:
    assert look(PHONE, view="quiz").locator("#quiz-level").evaluate(WORDS_FIT)


def test_no_count_of_another_patient_is_above_the_quiz(look: Any) -> None:
    page = look(WIDE, view="quiz")
    assert "regimens:" not in page.inner_text("body")
    assert not page.is_visible("#who")


def test_the_header_says_that_it_is_not_a_medical_device(look: Any) -> None:
    for size in (PHONE, WIDE):
        page = look(size)
        assert page.get_by_text("Not a medical device", exact=True).evaluate(IN_SIGHT)


def test_an_edit_judges_its_patient_once_and_asks_the_solver_nothing_it_was_asked_before(look: Any) -> None:
    page = look(WIDE, {"disease": "nsclc"})  # almost nothing is known, so almost everything is open
    page.wait_for_function(SETTLED)
    first, _, again = page.evaluate(EDITS)
    assert (first[0], again[0]) == (1, 1)
    # Patients found for an earlier answer count again: only what holds in none of them is asked for once more.
    assert 0 < again[1] < first[1] < 60


ON_A_PHONE = ["options", "map", "forest", "compare", "facts", "refused", "changed"]


# In the other colours than on a wide screen, in `test_page.py`.
@pytest.mark.sampled(3)
@pytest.mark.parametrize(("view", "scheme"), list(zip(ON_A_PHONE, itertools.cycle(["light", "dark"]))))
def test_axe_finds_nothing_on_a_phone(browser: Any, page_file: Path, view: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    here = Opened(browser, page_file, viewport=PHONE, color_scheme=scheme)
    page = here.at(
        {**UNTREATED, "histology": "squamous"},
        kept=json.dumps(UNTREATED),
        view=view if view in ON_A_PHONE[:4] else "options",
    )
    if view not in ON_A_PHONE[1:4]:
        page.wait_for_function(SETTLED)
    if view in ON_A_PHONE[4:]:
        page.click("#pane-facts")
    if view == "changed":
        page.select_option("#fact-histology", "adenocarcinoma")
    if view == "refused":
        page.select_option("#fact-extent", "early")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    here.context.close()
