"""The options at a glance: a row each, before the details of any of them."""

import re
from pathlib import Path

import pytest

from conftest import PROFILES, ROOT
from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.documents.blocks import StackedRow, Table
from regimen_advisor.documents.text import lines_of
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports import glance, html, markdown, text
from regimen_advisor.wording import clause
from small_rulebooks import LABEL

SCREEN = 40
"""Lines of a screen."""


def example(path: Path, rulebook: Rulebook) -> tuple[Advice, Patient]:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    return advise(patient, rulebook), patient


def named(name: str, rulebook: Rulebook) -> tuple[Advice, Patient]:
    return example(ROOT / "profiles" / f"{name}.yaml", rulebook)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [80, 100])
def test_the_table_has_a_row_for_each_option_within_the_width(path: Path, width: int, rulebook: Rulebook) -> None:
    advice, _ = example(path, rulebook)
    table = glance.table(glance.rows(advice, rulebook))
    shown = advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED)
    assert [row[0] for row in table.rows] == [str(number) for number in range(1, len(shown) + 1)]
    assert sorted(row[1] for row in table.rows) == sorted(option.name for option in shown)
    assert max((len(line.text) for line in lines_of([table], width)), default=0) <= width


@pytest.mark.parametrize("name", ["egfr-l858r-after-osimertinib", "driver-negative-tps-50-untreated"])
def test_all_options_of_a_plain_patient_fit_one_screen(name: str, rulebook: Rulebook) -> None:
    advice, _ = named(name, rulebook)
    assert len(lines_of([glance.table(glance.rows(advice, rulebook))], 80)) < SCREEN


@pytest.mark.parametrize("name", ["egfr-l858r-after-osimertinib", "small-cell-after-chemo-immunotherapy"])
def test_the_table_comes_before_the_options_in_text_markdown_and_html(name: str, rulebook: Rulebook) -> None:
    advice, patient = named(name, rulebook)
    shown = text.render_advice([advice], rulebook, [patient])
    assert shown.index("AT A GLANCE") < shown.index("\nOrder: ") < shown.index("\nOFFERED")
    marked = markdown.render_advice([advice], rulebook, [patient])
    assert marked.index("## At a glance") < marked.index("### 1. ")
    page = html.render_advice([advice], rulebook, [patient])
    assert page.index(">At a glance</h2>") < page.index("<article")


def test_a_row_names_the_best_study_with_its_design_and_size(rulebook: Rulebook) -> None:
    advice, _ = named("egfr-l858r-after-osimertinib", rulebook)
    studies = {row.option.regimen: row.study for row in glance.rows(advice, rulebook)}
    assert studies["amivantamab-platinum-chemotherapy"] == "MARIPOSA-2, phase III, n 657"
    assert studies["ivonescimab-pemetrexed-carboplatin"] == "HARMONi-A, randomised trial, n 322"
    assert re.fullmatch(
        rf"a statement of the review, no study \[{LABEL} [\d.]+ †D43\]", studies["bevacizumab-platinum-pemetrexed"]
    )


def test_the_first_warning_is_about_the_patient_where_there_is_one(rulebook: Rulebook) -> None:
    advice, _ = named("egfr-l858r-after-osimertinib", rulebook)
    warnings = {row.option.regimen: row.warning for row in glance.rows(advice, rulebook)}
    assert warnings["amivantamab-platinum-chemotherapy"] == ""
    assert warnings["ivonescimab"].startswith("! For this patient: EGFR is not wild-type")
    assert warnings["amivantamab-lazertinib-platinum-chemotherapy"].startswith(
        "Before the first dose: Venous thromboembolism"
    )


def test_a_drug_given_again_is_warned_of_before_what_no_study_shows(rulebook: Rulebook) -> None:
    advice, _ = named("driver-negative-after-pembrolizumab", rulebook)
    row = next(row for row in glance.rows(advice, rulebook) if row.option.regimen == "pd-1-inhibitor-bevacizumab")
    assert "already progressed on a PD-1 inhibitor" in row.warning
    warnings = [caution.says for caution in row.option.cautions if caution.kind == "patient"]
    assert [words for words in warnings if "no trial of an immunotherapy combination" in words] == warnings[1:]


def test_what_comes_first_is_no_warning_of_a_row(rulebook: Rulebook) -> None:
    advice, _ = named("egfr-t790m-after-gefitinib", rulebook)
    found = {row.option.regimen: row.warning for row in glance.rows(advice, rulebook)}
    assert not any("T790M" in warning for warning in found.values())
    assert found["ivonescimab-pemetrexed-carboplatin"] == ""
    (row,) = (
        entry for entry in glance.table(glance.rows(advice, rulebook)).rows if entry[1].startswith("ivonescimab + ")
    )
    assert row[2] == "with caution, see above"


def test_an_option_that_waits_says_for_what(rulebook: Rulebook) -> None:
    advice, _ = named("adenocarcinoma-drivers-unknown-untreated", rulebook)
    found = {row.option.regimen: row.warning for row in glance.rows(advice, rulebook)}
    assert found["erlotinib-bevacizumab"] == "waits for EGFR"


def test_where_something_is_offered_or_waits_there_is_a_table(rulebook: Rulebook) -> None:
    for path in PROFILES:
        advice, patient = example(path, rulebook)
        shown = text.render_advice([advice], rulebook, [patient])
        is_any = bool(advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED))
        assert ("AT A GLANCE" in shown) is (is_any and not advice.is_little_known), path.stem


def test_a_table_may_be_stacked_with_a_label_at_the_right_margin() -> None:
    stack = StackedRow((0, 1), (3, 2), ((4, 5), (6,)), ("name", "open"), named=(5,))
    columns = ("", "Name", "Standing", "Badge", "Study", "Approved", "Warning")
    rows = (
        ("1", "a long name of it", "offered", "standard", "one, n 657", "2024", ""),
        ("2", "b", "waits", "", "two", "", "asks"),
    )
    assert [line.text for line in lines_of([Table(columns, rows, stack)], 36)] == [
        "1 a long name of  standard · offered",
        "  it",
        "  one, n 657 · approved 2024",
        "2 b                            waits",
        "  two",
        "  asks",
    ]


def test_on_a_narrow_screen_the_label_of_a_row_has_a_line_of_its_own() -> None:
    stack = StackedRow((0, 1), (2,), ((3,),), ("name",))
    table = Table(
        ("", "Name", "Standing", "Study"), (("1", "anlotinib", "with caution, explained above", "a study"),), stack
    )
    assert [line.text for line in lines_of([table], 40)] == [
        "1 anlotinib",
        "  with caution, explained above",
        "  a study",
    ]


@pytest.mark.parametrize("name", ["driver-negative-ecog-3-untreated", "egfr-l858r-after-osimertinib"])
@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_answer_can_be_written_at_any_width_of_a_terminal(name: str, width: int, rulebook: Rulebook) -> None:
    advice, patient = named(name, rulebook)
    lines = text.render_advice([advice], rulebook, [patient], width=width).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("sentence", "few"),
    [
        ("Platinum was given before, so lasting toxicity may speak against it.", "Platinum was given before"),
        ("Two trials failed, one is open, and nobody knows more of either of them.", "Two trials failed, one is open"),
        ("The 69 patients were seen late, drivers are not told apart.", "The 69 patients were seen late"),
        ("A sentence of one clause which is longer than there is room for.", None),
        ("It is short.", "It is short"),
    ],
)
def test_a_sentence_with_little_room_ends_where_a_clause_ends(sentence: str, few: str | None) -> None:
    assert clause(sentence, 32) == (few or sentence.removesuffix("."))


def test_no_sentence_of_a_table_ends_in_the_middle(rulebook: Rulebook) -> None:
    for rule in rulebook.rules.values():
        for width in (40, 54, 74):
            words = clause(rule.says, width)
            assert rule.says.startswith(words)
            assert not rule.says[len(words) :] or rule.says[len(words)] in ".,;: "
            assert words.split()[-1] not in ("and", "or", "the", "a", "of", "with", "in", "to", "by", "no")
