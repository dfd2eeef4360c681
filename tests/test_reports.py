"""Reports: figures in words, warnings apart by where they come from, and the first screen of six teaching profiles."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import example as with_example
from hypothesis import given
from hypothesis import strategies as st

from regimen_advisor.advising import advise
from regimen_advisor.documents import markdown as documents_markdown
from regimen_advisor.documents.blocks import Bullets, Fields, Heading, Paragraph, Table, one_line
from regimen_advisor.documents.text import lines_of, plain
from regimen_advisor.explaining.explain import explain
from regimen_advisor.figure_wording import (
    brief_result,
    by_arm,
    compared,
    endpoint_words,
    main_results,
    matching_arms,
    signed,
    value_words,
)
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.evidence import Comparison, Interval, Result, Study, Value
from regimen_advisor.knowledge.publications import Source, Sources
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import profile_from, read_profile
from regimen_advisor.patient.reading import read
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.reports import markdown, text
from regimen_advisor.reports.depth import Depth
from regimen_advisor.reports.show import render
from regimen_advisor.reports.studies import link
from small_rulebooks import LABEL

PROFILES = Path(__file__).parent.parent / "profiles"
TEACHING = (
    "egfr-l858r-after-osimertinib",
    "egfr-ex19del-untreated",
    "driver-negative-tps-50-untreated",
    "squamous-drivers-unknown-untreated",
    "driver-negative-after-pembrolizumab",
    "small-cell-after-platinum-etoposide",
)


def answered(rulebook, written):
    document = parse_document(written)
    patient = read(profile_from(document), rulebook.domain, document)
    return advise(patient, rulebook), patient


def example(rulebook, name):
    profile, document = read_profile(PROFILES / f"{name}.yaml")
    patient = read(profile, rulebook.domain, document)
    return advise(patient, rulebook), patient


def as_text(rulebook, written, **more):
    advice, patient = answered(rulebook, written)
    return text.render_advice([advice], rulebook, [patient], **more)


def joined(shown):
    """The text without its line breaks, so that a sentence can be looked for."""
    return " ".join(shown.split())


def without_version(shown):
    return re.sub(r"(Rules )\S+;.*?(agreed|alone|interpreter)\.", r"\1<these>.", shown, flags=re.DOTALL)


# The first screens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEACHING)
def test_the_advice_for_a_teaching_profile_reads_as_reviewed(shipped, snapshot, name):
    advice, patient = example(shipped, name)
    assert without_version(text.render_advice([advice], shipped, [patient])) == snapshot


@pytest.mark.parametrize("name", ["small-cell-after-platinum-etoposide", "squamous-drivers-unknown-untreated"])
def test_the_markdown_for_a_teaching_profile_reads_as_reviewed(shipped, snapshot, name):
    advice, patient = example(shipped, name)
    assert without_version(markdown.render_advice([advice], shipped, [patient], Depth(everything=True))) == snapshot


def test_the_harm_on_the_first_screen_is_one_with_figures_where_there_is_one(rulebook):
    advice, patient = example(rulebook, "small-cell-induction-with-atezolizumab-completed")
    shown = joined(text.render_advice([advice], rulebook, [patient]))
    assert "Harm: cytokine release syndrome of grade 1-2, the most common event: 53.4 %" in shown


def test_every_option_with_bevacizumab_tells_the_figures_of_its_severe_harm_and_when_to_stop(rulebook):
    found = (
        "thromboembolism 8 %, hypertension 6 %, bleeding 4 %, proteinuria 3 %, pulmonary "
        "haemorrhage 1 % (grade 3 or worse)."
    )
    stop = "Treatment should end when supportive medication cannot control a reaction."
    for name in ("driver-negative-tps-50-untreated", "egfr-ex19del-untreated", "alk-after-alectinib"):
        advice, patient = example(rulebook, name)
        offered = [option for option in advice.options if option.standing.is_offered]
        holding = [option for option in offered if "bevacizumab" in option.drugs]
        assert holding
        assert [option.regimen for option in offered if option.harm] == [option.regimen for option in holding]
        assert not any("sail" in option.studies for option in offered)
        shown = joined(text.render_advice([advice], rulebook, [patient]))
        marked = joined(markdown.render_advice([advice], rulebook, [patient]))
        for written in (shown, marked):
            assert written.count(found) == written.count(stop) == 1
            also = re.search(r"Harm of bevacizumab \(also of ([\d, and]+)\): thromboembolism", written)
            assert len(re.findall(r"\d+", also[1])) == len(holding) - 1


def test_the_patient_line_names_each_line_with_its_drugs_outcome_and_cycles(rulebook):
    advice, patient = example(rulebook, "driver-negative-induction-with-bevacizumab-completed")
    assert "line 1: bevacizumab, cisplatin and pemetrexed (completed, 6 cycles); " in joined(
        text.render_advice([advice], rulebook, [patient])
    )


@pytest.mark.parametrize(
    ("kind", "id"),
    [("study", "dellphi-304"), ("regimen", "iza-bren"), ("drug", "ivonescimab"), ("rule", "platinum-again"),
     ("finding", "driver-negative")],
)  # fmt: skip
def test_a_shown_entry_reads_as_reviewed(shipped, snapshot, kind, id):
    assert re.sub(r"(\.yaml):\d+", r"\1:<line>", render(kind, id, shipped)) == snapshot


@pytest.mark.parametrize(("here", "folder"), [("", "rules"), ("rules", "."), ("rules/nsclc", "..")])
def test_a_shown_file_can_be_opened_from_where_the_rules_were_named(rulebook, tmp_path, monkeypatch, here, folder):
    shutil.copytree(rulebook.folder, tmp_path / "rules")
    monkeypatch.chdir(tmp_path / here)
    file, _, line = re.search(r"File: (.*)", render("finding", "driver-negative", load_rulebook(folder)))[1].partition(
        ":"
    )
    assert "id: driver-negative" in Path(file).read_text("utf-8").splitlines()[int(line) - 1]


def test_show_and_explain_name_the_place_of_a_rule_alike(rulebook):
    patient = example(rulebook, "egfr-l858r-after-osimertinib")[1]
    (option,) = explain(patient, rulebook, ["amivantamab-platinum-chemotherapy"]).options
    for argument in option.arguments:
        assert f"File: {argument.written_in}\n" in render("rule", argument.rule, rulebook)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_option_warning_and_open_question_of_the_advice_is_in_text_and_markdown(rulebook, path):
    advice, patient = example(rulebook, path.stem)
    shown = joined(text.render_advice([advice], rulebook, [patient], Depth(details=True)))
    marked = markdown.render_advice([advice], rulebook, [patient], Depth(details=True))
    for option in advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED):
        for caution in option.cautions:
            assert caution.says in shown
            assert documents_markdown.escaped(caution.says) in marked
    for option in advice.of(*Standing):
        if option.standing is not Standing.NOT_INDICATED:
            assert option.name in shown
            assert documents_markdown.escaped(option.name) in marked
    for entry in (*advice.standards, *advice.notes, *advice.silent, *advice.trials):
        assert entry.says in shown
        assert documents_markdown.escaped(entry.says) in marked
    assert advice.scope in shown
    assert advice.scope in marked


def test_the_first_40_lines_name_every_option_of_a_small_cell_patient_with_study_and_warning(rulebook):
    advice, patient = example(rulebook, "small-cell-after-platinum-etoposide")
    first = "\n".join(text.render_advice([advice], rulebook, [patient]).splitlines()[:40])
    assert all(name in first for name in ("tarlatamab", "PM8002 + paclitaxel", "iza-bren"))
    assert "DeLLphi-304" in first
    assert "Cytokine release syndrome" in first


# Warnings ----------------------------------------------------------------------------------------------------------

AFTER_OSIMERTINIB = """
histology: adenocarcinoma
stage: IVB
ecog: 1
egfr: [L858R]
alk: negative
ros1: negative
nrg1: negative
history: [{line: 1, drugs: [osimertinib], outcome: progressed}]
"""

ALL_BUT_BLEEDING = "other_drivers: none\ncomorbidities: none\nbrain_metastases: false\n"
"""So little is left open then that each open warning has its own line."""


def test_a_warning_of_the_review_and_one_from_outside_are_distinguished(rulebook):
    shown = as_text(rulebook, AFTER_OSIMERTINIB + "bleeding_risk: none\n", depth=Depth(details=True))
    found = joined(shown)
    assert re.search(rf"Evidence is thin: [^\[]*\. \[{LABEL} 4\.1\]", found)
    assert re.search(r"For this patient: [^\[]*\. \(outside, recalled\)", found)


def test_an_open_warning_names_the_fact_it_waits_for(rulebook):
    shown = as_text(rulebook, AFTER_OSIMERTINIB + ALL_BUT_BLEEDING)
    assert "? waits for bleeding risk: " in shown


def test_a_warning_on_several_options_is_written_out_once_and_then_points_to_the_first(rulebook):
    shown = joined(as_text(rulebook, AFTER_OSIMERTINIB + ALL_BUT_BLEEDING))
    whole = "can make it bleed, in any histology."
    assert shown.count(whole) == 1
    assert re.search(r"\(see \d\)", shown)


def test_an_undetermined_option_names_what_it_waits_for(rulebook):
    shown = as_text(rulebook, AFTER_OSIMERTINIB.replace("nrg1: negative", "nrg1: unknown"))
    assert "WAITS FOR AN ANSWER zenocutuzumab: waits for NRG1 fusion." in joined(shown)


def test_an_excluded_option_shows_the_reason_and_its_section(rulebook):
    shown = joined(
        as_text(
            rulebook, "histology: squamous\nstage: IVA\negfr: wild-type\nalk: negative\nros1: negative\nhistory: []"
        )
    )
    assert "EXCLUDED x bevacizumab + carboplatin + paclitaxel" in shown
    assert "unsuitable in squamous lung cancer" in shown
    assert re.search(rf"bleeding\. \[{LABEL} 4\.1\]", shown)


def test_a_figure_that_the_published_record_contradicts_carries_the_sign_and_what_follows(rulebook):
    advice, patient = example(rulebook, "small-cell-after-platinum-etoposide")
    shown = joined(text.render_advice([advice], rulebook, [patient], Depth(details=True)))
    assert re.search(rf"\[{LABEL} 4\.1 †D02\]", shown)
    assert "Read with care: The medians and the hazard ratio hold" in shown
    assert "published: " in shown


def test_a_patient_without_any_option_is_reported_so(rulebook):
    shown = as_text(rulebook, "histology: adenocarcinoma\nstage: IA\nhistory: []\n")
    assert "NO OPTION" in shown
    assert "No regimen of these rules is offered" in joined(shown)


def test_a_note_on_the_input_comes_before_the_options(rulebook):
    shown = as_text(rulebook, "histology: small-cell\negfr: [L858R]\n")
    assert "! input: " in shown.split("STANDARD")[0]


def test_several_patients_are_set_apart(rulebook):
    advice, patient = answered(rulebook, "id: first\nhistology: squamous")
    further, second = answered(rulebook, "id: second\nhistology: squamous")
    shown = text.render_advice([advice, further], rulebook, [patient, second])
    assert shown.index("first\n") < shown.index("=" * 80) < shown.index("second\n")


# Figures in words --------------------------------------------------------------------------------------------------

CONTROLLED = Result(
    endpoint="PFS",
    measure="median",
    unit="months",
    values=(Value(of="A + B", value=6.3, interval=Interval(low=5.6, high=8.4, level=95)), Value(of="B", value=4.2)),
    comparisons=(Comparison(of="A + B", against="B", hazard_ratio=0.48, p="<0.001", risk_reduction=52),),
    source=Sources(Source(review="some-source", section="3.1")),
)


def test_a_comparison_tells_both_arms_the_unit_the_interval_and_the_comparator():
    assert brief_result(CONTROLLED, ["A + B"], {}) == (
        "PFS median 6.3 (95 % CI 5.6 to 8.4) v 4.2 months (B), HR 0.48, p <0.001"
    )


def test_the_comparator_is_named_once_and_by_its_drugs_where_its_name_is_an_abbreviation():
    assert "(bevacizumab)" in brief_result(CONTROLLED, ["A + B"], {"B": "bevacizumab"})
    assert "(B)" not in brief_result(CONTROLLED, ["A + B"], {}, name_comparator=False)


def test_both_arms_are_named_where_the_option_is_the_comparator():
    assert brief_result(CONTROLLED, ["B"], {}).startswith("PFS median A + B 6.3 (95 % CI 5.6 to 8.4) v B 4.2 months")


def test_a_table_shows_every_arm_and_everything_the_review_prints_of_the_comparison():
    assert by_arm(CONTROLLED) == "A + B 6.3 months (95 % CI 5.6 to 8.4); B 4.2 months"
    assert compared(CONTROLLED) == "A + B v B: HR 0.48, risk 52 % lower, p <0.001"


def test_a_hazard_ratio_without_figures_by_arm_names_its_comparator():
    result = Result(
        endpoint="OS",
        measure="hazard ratio for death",
        comparisons=(Comparison(of="A", against="B", hazard_ratio=0.9),),
        source=Sources(Source(review="some-source", section="4.1")),
    )
    assert brief_result(result, ["A"], {}) == "OS HR 0.9 v B"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Value(of="a", value=40, about=True), "about 40 %"),
        (Value(of="a", value=9, to=11), "9 to 11 %"),
        (Value(of="a", value=80.0, n=20), "80.0 % (n 20)"),
        (Value(of="a", status="immature"), "immature"),
    ],
)
def test_a_value_is_reported_as_the_review_prints_it(value, words):
    assert value_words(value, "%") == words


def test_a_subgroup_is_part_of_the_endpoint():
    result = CONTROLLED.model_copy(update={"subgroup": "brain metastases"})
    assert endpoint_words(result) == "PFS median, brain metastases"


def test_the_arm_of_an_option_is_found_by_its_drugs(rulebook):
    def arms(regimen, study):
        return matching_arms(rulebook.studies[study], rulebook.regimens[regimen], rulebook.formulary)

    assert arms("amivantamab-platinum-chemotherapy", "mariposa-2") == ("amivantamab + chemotherapy",)
    assert arms("amivantamab-lazertinib-platinum-chemotherapy", "mariposa-2") == (
        "amivantamab + lazertinib + chemotherapy",
    )
    assert arms("amivantamab-iv-lazertinib", "paloma-3") == ("intravenous",)
    assert arms("atezolizumab-bevacizumab-carboplatin-paclitaxel", "impower150") == ("ABCP",)


def test_the_gain_the_review_states_comes_first_and_an_unsound_figure_after_a_sound_one(rulebook):
    study = rulebook.studies["harmoni-2"]
    assert [result.endpoint for result in main_results(study, ["ivonescimab"], study.shown_benefit)] == ["PFS", "ORR"]


def test_the_arms_of_every_study_behind_an_option_can_be_recognised(rulebook):
    for rule in rulebook.rules.values():
        if rule.subject in rulebook.regimens:
            for name in rule.studies:
                study: Study = rulebook.studies[name]
                arms = matching_arms(study, rulebook.regimens[rule.subject], rulebook.formulary)
                assert all(brief_result(result, arms, {}) for result in study.results)


def test_a_place_is_cited_in_the_short_form_of_the_review(rulebook):
    for review in rulebook.reviews.values():
        assert rulebook.citations.at(review.key, "4.1", "4.2") == f"{review.cited_as} 4.1, 4.2"
    assert signed("XY 4.1", ["D02"]) == "[XY 4.1 †D02]"
    assert signed("XY 4.1", []) == "[XY 4.1]"


def test_a_question_about_a_treatment_names_it_as_a_clinician_does(rulebook):
    text = """
history:
  - {setting: curative, drugs: unknown, outcome: relapsed}
  - {line: 1, drugs: [carboplatin, pemetrexed], outcome: completed}
  - {line: 1, setting: maintenance, drugs: [pemetrexed], outcome: unknown}
  - {line: 2, drugs: [docetaxel], outcome: unknown}
"""
    patient = read(profile_from(parse_document(text)), rulebook.domain)
    names = QuestionNames.of(patient, rulebook.domain)
    assert names.name_of("history[0].drugs") == "drugs of the treatment with curative intent"
    assert names.list_of(["history[3].outcome", "alk", "history[2].outcome"]) == (
        "outcome of the maintenance of line 1 and line 2, ALK fusion"
    )
    assert names.name_of("history[1].relapse_after") == "months to relapse after line 1"


@pytest.mark.parametrize(
    ("name", "value", "address"),
    [
        ("doi", "10.1056/x", "https://doi.org/10.1056/x"),
        ("pmid", "12345678", "https://pubmed.ncbi.nlm.nih.gov/12345678/"),
        ("registry", "NCT01234567", "https://clinicaltrials.gov/study/NCT01234567"),
        ("registry", "UMIN000001234", "UMIN000001234, https://center6.umin.ac.jp/cgi-open-bin/ctr_e/index.cgi"),
    ],
)
def test_a_number_becomes_the_address_it_is_found_at(name, value, address):
    assert link(name, value) == address


# Layout ------------------------------------------------------------------------------------------------------------


def test_a_steering_character_in_a_profile_does_not_reach_the_terminal(rulebook):
    evil = 'id: "evil\\e[31m"\nsummary: "two\\nlines\\a"\nhistology: squamous\n'
    shown = as_text(rulebook, evil, depth=Depth(details=True))
    assert "\x1b" not in shown
    assert "\a" not in shown
    assert "two lines" in shown


def test_a_tag_a_link_and_a_table_line_in_a_profile_do_nothing_in_markdown(rulebook):
    advice, patient = answered(rulebook, 'id: "# x"\nsummary: "<b>[a](b)|`*"\nhistology: squamous\n')
    shown = markdown.render_advice([advice], rulebook, [patient])
    assert "&lt;b>\\[a\\](b)\\|\\`\\*" in shown


def test_a_percentage_and_a_reference_are_not_torn_apart():
    lines = lines_of([Paragraph("word " * 14 + "12 % [XY 4.1]")], 76)
    assert [line.text[:4] for line in lines] == ["word", "[XY "]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=8), st.integers(20, 100))
@with_example(words=["00000000[", "00000000]"], width=20)  # together they are wider than a line
def test_wrapping_loses_no_word_and_keeps_to_the_width(words, width):
    lines = lines_of([Paragraph(" ".join(words), indent=2, hang=2)], width)
    assert " ".join(line.text.strip() for line in lines).split() == one_line(" ".join(words)).split()
    assert all(len(line.text) <= width or " " not in line.text.strip() for line in lines)


def test_every_kind_of_block_is_reported_in_text_and_in_markdown():
    blocks = [
        Heading("Title", 1),
        Heading("part"),
        Fields((("name", "value"), ("absent", None))),
        Bullets(("one",)),
        Table(("a", "b"), (("x", "y"), ("z", ""))),
    ]
    assert plain(lines_of(blocks)) == "Title\n\nPART\n  name: value\n  - one\n  - x: y\n  - z\n"
    assert documents_markdown.markdown(blocks) == (
        "# Title\n\n## part\n\n- **name**: value\n\n- one\n\n| a | b |\n| --- | --- |\n| x | y |\n| z |  |\n"
    )


def test_treatment_with_curative_intent_is_read_back_with_its_outcome(rulebook):
    advice, patient = example(rulebook, "relapse-after-consolidation-durvalumab")
    shown = joined(text.render_advice([advice], rulebook, [patient]))
    assert "curative treatment: durvalumab (progressed)" in shown


def test_what_holds_for_every_option_is_shown_once_above_them(rulebook):
    advice, patient = example(rulebook, "egfr-t790m-after-gefitinib")
    assert len([option for option in advice.options if option.standing.is_offered]) > 2
    for written in (text.render_advice, markdown.render_advice):
        shown = joined(written([advice], rulebook, [patient]))
        assert shown.count("T790M was found") == 1
        assert shown.casefold().index("first") < shown.index("T790M was found")


def test_a_caution_of_a_single_option_stays_with_it(rulebook):
    advice, _ = example(rulebook, "egfr-l858r-after-osimertinib")
    assert advice.first == ()
