"""The teaching page by what a person sees and does, in a real Chromium."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from conftest import ROOT, sized
from regimen_advisor.advising import advise
from regimen_advisor.cli.app import app
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.page.building import SCRIPTS, example_profiles, page_script, render_page
from regimen_advisor.page.clauses import LINES_APART
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reports.screen import screen
from regimen_advisor.words.catalogue import say
from small_rulebooks import LABEL, write_two_rules

UNTREATED = {
    "disease": "nsclc", "histology": "adenocarcinoma", "stage": "IVB", "ecog": 1, "egfr": "wild-type",
    "alk": "negative", "ros1": "negative", "nrg1": "negative", "history": [],
}  # fmt: skip
OPEN_ALL = "root => { fillAll(root); root.querySelectorAll('details').forEach(one => one.open = true); }"
# As though everything had been scrolled to: the text of what is not laid out yet is empty.
ALL_IN_VIEW = "document.styleSheets[0].insertRule('#answer * { content-visibility: visible !important }', 0)"
AFTER_OSIMERTINIB = "egfr-l858r-after-osimertinib"
SETTLED = "() => document.documentElement.dataset.settled === 'true'"


class Opened:
    """The page as a person has it before them; whatever it complains of or asks the network for is kept."""

    def __init__(self, browser: Any, file: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.file, self.complaints, self.requests = file, [], []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def at(self, profile: dict[str, Any] | None = None, **more: str) -> Any:
        state = {"patient": json.dumps(profile)} if profile is not None else {}
        address = "&".join(f"{key}={quote(value)}" for key, value in {**state, **more}.items())
        self.page.goto("about:blank")
        self.page.goto(f"{self.file.as_uri()}#{address}" if address else self.file.as_uri())
        self.page.evaluate(ALL_IN_VIEW)
        return self.page

    def standings(self) -> dict[str, str]:
        pairs = "all => all.map(one => [one.dataset.regimen, one.dataset.standing])"
        return dict(self.page.eval_on_selector_all("#answer [data-regimen]", pairs))


def expect(found: Any) -> Any:
    """What must come to be true of the page: waited for, since a page under load is slow."""
    from playwright.sync_api import expect as expected  # noqa: PLC0415 - only where there is a browser to drive

    return expected(found)


def without_complaints(browser: Any, file: Path) -> Iterator[Opened]:
    """A page for a test, which must end without a complaint."""
    here = Opened(browser, file)
    yield here
    here.context.close()
    assert here.complaints == []


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Any:
    for here in without_complaints(browser, page_file):
        yield here
    assert all(url.startswith(("file:", "about:", "blob:")) for url in here.requests), here.requests


# The file ------------------------------------------------------------------------------------------------------------


def test_the_page_is_one_file_under_two_megabytes_that_needs_no_network(page_file: Path) -> None:
    html = page_file.read_text(encoding="utf-8")
    assert len(html.encode()) < 2_000_000
    assert "default-src 'none'" in html
    assert not re.search(r"""<(script|link|img|iframe)[^>]*\s(src|href)=""", html)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", re.sub(r"(?s)<script.*?</script>", "", html))


def test_the_evaluator_stays_small() -> None:
    folder = ROOT / "src" / "regimen_advisor" / "page" / "assets"
    lengths = {name: len((folder / f"{name}.js").read_text(encoding="utf-8").splitlines()) for name in SCRIPTS}
    assert lengths["evaluator"] < 400
    assert max(lengths.values()) < 400
    assert "</" not in page_script()


def test_the_same_rulebook_gives_the_same_bytes(rulebook: Rulebook) -> None:
    assert render_page(rulebook) == render_page(rulebook)


def test_a_rule_or_example_that_holds_markup_does_nothing(rulebook: Rulebook, browser: Any, tmp_path: Path) -> None:
    evil = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 1'>\"'"
    example = tmp_path / "evil.yaml"
    example.write_text(f"id: {json.dumps(evil)}\nsummary: {json.dumps(evil)}\ndisease: nsclc\n", encoding="utf-8")
    file = tmp_path / "page.html"
    file.write_text(render_page(rulebook, [example]), encoding="utf-8")
    here = Opened(browser, file)
    page = here.at()
    assert page.inner_text("#who") == evil
    page = here.at({"id": evil, "disease": evil})
    assert "Expected nsclc" in page.inner_text("#fact-disease-problem")
    assert page.evaluate("window.evil") is None
    here.context.close()


def test_the_policy_of_the_page_forbids_the_network(opened: Opened) -> None:
    page = opened.at()
    asked = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'answered', () => 'refused')")
    assert asked == "refused"
    assert all("Content Security Policy" in text or "Fetch API" in text for text in opened.complaints)
    opened.complaints.clear()
    opened.requests.clear()


# One patient ---------------------------------------------------------------------------------------------------------


def test_the_page_opens_with_an_example_and_its_options(opened: Opened) -> None:
    page = opened.at()
    assert page.inner_text("#who").startswith("Metastatic adenocarcinoma without a driver")
    assert opened.standings()["ivonescimab"] == "offered"
    text = page.inner_text('article[data-regimen="ivonescimab"]')
    assert "HARMONi-2" in text
    assert re.search(rf"{LABEL} \d\.\d", text)


def test_a_change_of_one_fact_shows_what_changed_with_which_fact_and_by_which_rule(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "pd_l1_tps": 60, "alk": "positive"})
    assert opened.standings()["ivonescimab"] == "not-indicated"
    page.select_option("#fact-alk", "negative")
    changed = page.inner_text('[data-section="changed"]')
    assert "ALK fusion (positive → negative)" in changed
    assert "ivonescimab: not indicated → offered" in changed
    assert "Rule ivonescimab-first-line-pd-l1-positive: Ivonescimab alone gave longer PFS" in changed
    assert page.inner_text('article[data-regimen="ivonescimab"] h3 .mark:last-child') == "appeared"
    page.wait_for_selector(".field.edited #fact-alk")
    label = "document.querySelector('.field:has(> #fact-alk) > label')"
    assert page.evaluate(f"getComputedStyle({label}, '::after').content") == f'" {say("page_form.changed")}"'
    page.go_back()
    page.wait_for_function("() => document.getElementById('fact-alk').value === 'positive'")


def test_every_kind_of_answer_can_be_given_in_the_form(opened: Opened) -> None:
    page = opened.at({"disease": "nsclc"})
    page.select_option("#fact-histology", "squamous")
    page.select_option("#fact-stage", "IV")
    page.select_option("#fact-brain_metastases", "false")
    page.fill("#fact-pd_l1_tps", "60 %")
    page.press("#fact-pd_l1_tps", "Tab")
    assert page.evaluate("page.profile.pd_l1_tps") == 60
    page.fill("#fact-pd_l1_tps", "1-49")
    page.press("#fact-pd_l1_tps", "Tab")
    page.select_option("#fact-egfr", "found")
    page.check("#fact-egfr-T790M")
    page.select_option("#fact-bleeding_risk", "partly")
    page.select_option("#fact-bleeding_risk-central", "not found")
    page.select_option("#history-mode", "listed")
    page.fill("#entry-0-drugs", "Tagrisso, 卡铂")
    page.press("#entry-0-drugs", "Tab")
    page.select_option("#entry-0-outcome", "progressed")
    page.fill("#entry-0-cycles", "4")
    page.press("#entry-0-cycles", "Tab")
    page.click("#add-line")
    page.select_option("#entry-1-setting", "curative")
    assert page.evaluate("page.profile") == {
        "disease": "nsclc", "histology": "squamous", "stage": "IV", "egfr": ["ex19del", "T790M"],
        "pd_l1_tps": {"at_least": 1, "at_most": 49}, "brain_metastases": False,
        "bleeding_risk": {"found": [], "not_found": ["central"]},
        "history": [
            {"line": 1, "drugs": ["Tagrisso", "卡铂"], "outcome": "progressed", "cycles": 4},
            {"drugs": "unknown", "outcome": "unknown", "setting": "curative"},
        ],
    }  # fmt: skip
    assert page.inner_text("#problems") == ""


def test_edits_that_follow_at_once_do_not_undo_each_other(opened: Opened) -> None:
    entry = {"line": 1, "drugs": "unknown", "outcome": "unknown"}
    page = opened.at({"disease": "nsclc", "egfr": ["L858R"], "history": [entry]})
    # Before the form is made again, as when a computer is slow and a hand is quick.
    page.evaluate("""() => {
      const set = (id, change) => {
        const field = document.getElementById(id);
        change(field);
        field.dispatchEvent(new Event("change"));
      };
      set("entry-0-outcome", field => { field.value = "progressed"; });
      set("entry-0-cycles", field => { field.value = "4"; });
      set("fact-egfr-T790M", field => { field.checked = true; });
      set("fact-egfr-C797S", field => { field.checked = true; });
    }""")
    assert page.evaluate("page.profile") == {
        "disease": "nsclc", "egfr": ["L858R", "T790M", "C797S"],
        "history": [{**entry, "outcome": "progressed", "cycles": 4}],
    }  # fmt: skip


def test_the_summary_of_a_patient_says_that_it_was_of_the_patient_before_the_change(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "summary": "Untreated."})
    for word in ("positive", "unknown"):
        page.select_option("#fact-alk", word)
        assert page.inner_text("#who") == "Changed from: Untreated."


def test_a_history_longer_than_the_page_reads_is_reported(opened: Opened) -> None:
    line = {"drugs": ["docetaxel"], "outcome": "progressed"}
    page = opened.at(
        {"disease": "nsclc", "history": [{"line": number, **line} for number in range(1, LINES_APART + 2)]}
    )
    assert "line of treatment 13" in page.inner_text("#problems")
    message = page.inner_text("#entry-12-line-problem")
    assert f"1 to {LINES_APART} (the command line reads more), found {LINES_APART + 1}" in message


def test_unknown_is_a_choice_of_its_own(opened: Opened) -> None:
    page = opened.at({"disease": "nsclc", "alk": "negative", "pd_l1_tps": 5, "history": []})
    page.select_option("#fact-alk", "unknown")
    page.fill("#fact-pd_l1_tps", "unknown")
    page.press("#fact-pd_l1_tps", "Tab")
    page.select_option("#history-mode", "unknown")
    assert page.evaluate("page.profile") == {"disease": "nsclc"}


def test_an_undetermined_option_says_what_it_waits_for_and_what_each_answer_settles(opened: Opened) -> None:
    page = opened.at({key: value for key, value in UNTREATED.items() if key != "alk"})
    page.wait_for_function(SETTLED)
    waits = page.inner_text('article[data-regimen="ivonescimab"] .waits')
    assert waits == "? waits for ALK fusion"
    question = page.locator('[data-question="alk"]')
    assert "Is there an ALK fusion?" in question.inner_text()
    question.locator("summary").click()
    assert "ivonescimab" in question.inner_text()


def test_what_a_press_discloses_is_there_before_anything_else_happens(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "histology": "squamous"})
    press = "summary => { summary.click(); return summary.parentElement.innerText }"
    shown = page.locator('article[data-standing="excluded"] summary').first.evaluate(press)
    assert "All of" in shown
    shown = page.locator('article[data-standing="excluded"] .studies summary').first.evaluate(press)
    assert "Citation" in shown


def test_why_not_is_a_nested_tree_with_the_patients_values(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "histology": "squamous"})
    article = page.locator('article[data-regimen="bevacizumab-carboplatin-paclitaxel"]')
    assert article.get_attribute("data-standing") == "excluded"
    article.evaluate(OPEN_ALL)
    text = article.inner_text()
    assert "met: " in text
    assert "(patient: squamous carcinoma)" in text


def test_facts_that_contradict_each_other_are_refused_in_place(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    page.select_option("#fact-extent", "early")
    assert "stage and extent contradict each other: stage IV is" in page.inner_text("#problems")
    expect(page.locator("#fact-extent-problem")).to_have_text("does not fit: stage")
    expect(page.locator("#fact-stage")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#fact-extent")).to_have_attribute("aria-invalid", "true")
    assert page.locator("#answer article").count() == 0
    page.select_option("#fact-extent", "metastatic")
    assert page.inner_text("#problems") == ""
    expect(page.locator("#answer article")).not_to_have_count(0)


def test_an_unknown_drug_in_the_history_is_reported_in_place_and_nothing_is_lost(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]})
    page.fill("#entry-0-drugs", "osimertinb")
    page.press("#entry-0-drugs", "Tab")
    assert "found osimertinb (did you mean osimertinib?)" in page.inner_text("#entry-0-drugs-problem")
    assert page.inner_text("#problems").count("osimertinb") == 0
    assert page.input_value("#entry-0-drugs") == "osimertinb"
    page.fill("#entry-0-drugs", "avastin")
    page.press("#entry-0-drugs", "Tab")
    assert page.inner_text("#problems") == ""


SAID = [
    "egfr-l858r-after-osimertinib", "squamous-driver-negative-untreated", "adenocarcinoma-drivers-unknown-untreated",
    "small-cell-after-platinum-etoposide", "stage-iiib-curative-treatment-possible", "almost-everything-unknown",
    "egfr-g719x-untreated", "driver-negative-maintenance-ongoing",
]  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", SAID)
def test_the_page_says_in_order_and_words_what_advise_says(opened: Opened, rulebook: Rulebook, name: str) -> None:
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    patient = read(profile, rulebook.domain, document)
    advice = advise(patient, rulebook)
    found = screen(advice, rulebook, patient)
    page = opened.at(document.value)
    page.wait_for_function(SETTLED)
    page.locator("#answer").evaluate(OPEN_ALL)
    page.locator("#summary").evaluate(OPEN_ALL)
    head, body = (" ".join(page.inner_text(part).split()) for part in ("#summary", "#answer"))
    assert list(opened.standings()) == [option.regimen for option in advice.options]
    unknown = f" Not known: {found.unknown}." if found.unknown else ""
    assert page.inner_text("p.patient") == f"Patient: {found.patient}.{unknown}"
    assert found.counts in head
    rows = page.eval_on_selector_all("[data-row]", "rows => rows.map(row => [row.dataset.row, row.innerText])")
    at_a_glance = () if found.is_little_known else found.rows  # as long as little is known, options go by name only
    assert [row for row, _ in rows] == [row.option.regimen for row in at_a_glance]
    for (_, shown), row in zip(rows, at_a_glance, strict=True):
        words = " ".join(shown.split())
        missing = [
            entry for entry in (row.study, row.endpoint, row.approval, row.badge) if entry and entry not in words
        ]
        assert not missing, (words, row)
    # What comes first, standards, questions and statements, and what warns of each option.
    for entry in (*advice.first, *advice.standards):
        assert entry.says in head or entry.state == "open", entry
    for question in found.questions:
        if not question.startswith("then: "):
            assert question in head + body, question
    statements = [entry for entry in (*advice.silent, *advice.trials, *advice.notes) if not advice.is_first(entry.rule)]
    shown = [option for option in advice.options if option.standing.value != "excluded"]
    warned = [caution for option in shown for caution in option.cautions if not advice.is_first(caution.rule)]
    assert [entry.says for entry in (*statements, *warned) if entry.says not in body] == []


# Links and files -----------------------------------------------------------------------------------------------------


def test_a_patient_can_be_linked(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    page.fill("#fact-ecog", "≤1")
    page.press("#fact-ecog", "Tab")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert page.evaluate("page.profile") == {**UNTREATED, "ecog": {"at_most": 1}}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("nonsense", ["patient=%7Bnope", "wrong=1", "%%%", "patient=5", "patient=%22x%22"])
def test_a_link_with_nonsense_is_reported(opened: Opened, nonsense: str) -> None:
    page = opened.page
    page.goto(f"{opened.file.as_uri()}#{nonsense}")
    assert "The link cannot be read" in page.inner_text("#problems")
    page.select_option("#fact-disease", "nsclc")
    expect(page.locator("#answer [data-regimen]")).not_to_have_count(0)


def test_a_patient_saved_as_yaml_is_a_profile_that_the_command_line_reads(opened: Opened, tmp_path: Path) -> None:
    page = opened.at({**UNTREATED, "id": "saved-patient", "pd_l1_tps": {"at_least": 1, "below": 50}})
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "saved-patient.yaml"
    file = tmp_path / "saved.yaml"
    download.value.save_as(file)
    profile, document = read_profile(file)
    assert document.value == page.evaluate("page.profile")
    assert profile.id == "saved-patient"


def test_a_profile_file_can_be_opened(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    page.set_input_files("#file", ROOT / "profiles" / "alk-untreated.yaml")
    page.wait_for_function("() => page.profile.id === 'alk-untreated'")
    expect(page.locator("#fact-alk")).to_have_value("positive")


NONSENSE = [
    None, True, 7, -1, 1e300, "", "x", "<b>", [], {}, [None], [{}], [[1]], {"found": 5},
    {"found": "x", "not_found": {}}, {"at_least": []}, {"__proto__": 1},
    [{"line": {}, "drugs": [1], "outcome": []}], [{"line": 1, "drugs": {"a": 1}}],
]  # fmt: skip


def test_nonsense_in_place_of_any_answer_is_shown_or_refused_and_breaks_nothing(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    # The form is made again after each, once the browser has moved the focus on.
    page.evaluate(
        """async ([profile, values]) => {
          for (const key of page.data.keys) for (const value of values) {
            page.begin({...profile, [key]: value});
            await new Promise(done => setTimeout(done));
          }
        }""",
        [UNTREATED, NONSENSE[:: sized(1, 6)]],
    )
    page.evaluate("profile => page.begin(profile)", UNTREATED)
    expect(page.locator("#answer article").first).to_be_visible()


BROKEN = {
    "no profile": "- a\n- b\n",
    "another encoding": "summary: caf\u00e9\n".encode("latin-1"),
    "markup": "<script>alert(1)</script>",
    "an unknown key": "diseas: nsclc\n",
    "an unfinished list": "egfr: [L858R\n",
    "a contradiction": "disease: sclc\nhistology: squamous\n",
    "an unknown drug": "disease: nsclc\nhistory:\n  - {line: 1, drugs: [aspirinol]}\n",
    "a key that occurs twice": "disease: nsclc\ndisease: sclc\n",
    "too much": "summary: " + "x" * 5_000_000,
}


def test_a_file_that_is_no_profile_is_reported_and_the_patient_stays(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    before = opened.standings()
    for number, (what, text) in enumerate(BROKEN.items()):
        buffer = text if isinstance(text, bytes) else text.encode()
        page.set_input_files("#file", {"name": f"bad{number}.yaml", "mimeType": "text/yaml", "buffer": buffer})
        refused = page.locator("#problems .refused")
        expect(refused).to_contain_text(f"bad{number}.yaml is not used; the patient stays as before")
        assert page.evaluate("page.profile") == UNTREATED, what
        assert opened.standings() == before, what


def test_a_profile_written_as_json_can_be_opened(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    profile = {"disease": "sclc", "history": [{"line": 1, "drugs": ["etoposide"], "outcome": "progressed"}]}
    text = json.dumps(profile, separators=(",", ":"))
    page.set_input_files("#file", {"name": "posted.json", "mimeType": "text/yaml", "buffer": text.encode()})
    page.wait_for_function("() => page.profile.disease === 'sclc'")
    assert page.evaluate("page.profile") == profile


def test_a_file_can_be_dropped_on_the_page(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    page.evaluate("""() => {
      const carried = new DataTransfer();
      carried.items.add(new File(["disease: sclc\\nextent: extensive\\n"], "dropped.yaml"));
      document.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
    }""")
    page.wait_for_function("() => page.profile.disease === 'sclc'")
    assert "Opened dropped.yaml." in page.inner_text("#status")


def test_an_example_can_be_chosen_from_the_menu_and_again_after_an_edit(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    names = [path.stem for path in example_profiles(ROOT / "profiles")]
    page.select_option("#examples", str(names.index("small-cell-extensive-untreated")))
    assert page.evaluate("page.profile.id") == "small-cell-extensive-untreated"
    page.fill("#fact-ecog", "2")
    page.press("#fact-ecog", "Tab")
    assert page.input_value("#examples") == ""
    page.select_option("#examples", str(names.index("small-cell-extensive-untreated")))
    assert page.evaluate("page.profile.ecog") != 2


# Other views ---------------------------------------------------------------------------------------------------------


def test_the_map_shows_the_path_of_the_patient(opened: Opened) -> None:
    page = opened.at()
    page.evaluate("name => page.open(page.data.examples.find(one => one.name === name).text, name)", AFTER_OSIMERTINIB)
    page.click("#view-map")
    assert page.input_value("#setting") == "EGFR-mutated NSCLC after an EGFR-TKI"
    taken = page.locator(".map li.taken > .effect").all_inner_texts()
    assert any("amivantamab" in text and text.startswith("taken: ") for text in taken)
    page.select_option("#setting", index=0)
    assert page.locator(".map li").count() > 0


def test_the_forest_plot_names_comparator_and_endpoint_and_warns(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "pd_l1_tps": 60})
    page.click("#view-forest")
    assert page.locator("svg[role=img] rect").count() > 0
    assert "Not a comparison between trials" in page.inner_text("#answer")
    assert "95 % CI" in page.locator("svg desc").text_content()


def test_two_patients_are_side_by_side(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "alk": "positive"})
    page.click("#keep")
    page.select_option("#fact-alk", "negative")
    page.click("#view-compare")
    row = page.locator('tr.differs[data-regimen="ivonescimab"]').inner_text()
    assert "not indicated" in row
    assert "ALK fusion" in page.inner_text("#answer")


# For everyone --------------------------------------------------------------------------------------------------------

VIEWS = ["options", "map", "forest", "compare", "quiz"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_runs_over_the_edge(browser: Any, page_file: Path, view: str, width: int) -> None:
    here = Opened(browser, page_file, viewport={"width": width, "height": 800})
    page = here.at({**UNTREATED, "histology": "squamous"}, kept=json.dumps(UNTREATED), view=view)
    if view == "options":
        page.wait_for_function(SETTLED)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    here.context.close()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("view", "scheme"), list(zip([*VIEWS[1:], "refused", "options"], itertools.cycle(["light", "dark"])))
)
def test_axe_finds_nothing(browser: Any, page_file: Path, view: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    here = Opened(browser, page_file, color_scheme=scheme)
    profile = {**UNTREATED, "histology": "squamous"} | ({"extent": "early"} if view == "refused" else {})
    page = here.at(profile, kept=json.dumps(UNTREATED), view="options" if view == "refused" else view)
    if view == "options":
        page.wait_for_function(SETTLED)
    page.locator("body").evaluate(OPEN_ALL)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    here.context.close()


def test_the_keyboard_alone_is_enough(opened: Opened) -> None:
    page = opened.at(UNTREATED)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "fact-ecog":
            break
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    assert page.evaluate("page.profile.ecog") == 2
    assert page.evaluate("document.activeElement !== document.body")


def test_a_standing_is_reported_in_words_and_never_by_colour_alone(opened: Opened) -> None:
    page = opened.at({**UNTREATED, "histology": "squamous"})
    for article in page.locator("#answer article").all():
        standing = article.get_attribute("data-standing") or ""
        assert standing.replace("-", " ") in article.locator("h3").inner_text()


def test_the_print_is_a_hand_out_without_the_form(browser: Any, page_file: Path) -> None:
    here = Opened(browser, page_file)
    page = here.at()
    page.evaluate("name => page.open(page.data.examples.find(one => one.name === name).text, name)", AFTER_OSIMERTINIB)
    page.emulate_media(media="print")
    assert not page.is_visible("#form")
    assert "osimertinib; progressed" in page.inner_text(".printed").replace("\n", " ")
    assert page.is_visible('article[data-regimen="amivantamab-platinum-chemotherapy"]')
    assert page.pdf()[:4] == b"%PDF"
    here.context.close()


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    file = tmp_path / "lung.html"
    rules = write_two_rules(tmp_path / "rules")
    asked = ["page", "--output", str(file), "--profiles", str(ROOT / "profiles"), "--rules", str(rules)]
    run = CliRunner().invoke(app, asked)
    assert run.exit_code == 0, run.output
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
