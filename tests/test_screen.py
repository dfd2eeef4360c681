"""The whole screen: how long it is, in which order it speaks, and what it leaves to ``--details``."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conftest import PROFILES, ROOT
from regimen_advisor.advice import Advice, SourceDifference
from regimen_advisor.advising import advise
from regimen_advisor.cli.app import app
from regimen_advisor.documents.markdown import escaped as markdown_of
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports import glance, markdown, text
from regimen_advisor.reports.depth import PLAIN, Depth
from regimen_advisor.reports.screen import review_names, screen
from small_rulebooks import LABEL, rulebook_of

NOT_PLAIN = {
    "adenocarcinoma-drivers-unknown-untreated": "no driver is known, so 11 options wait",
    "driver-negative-after-chemo-immunotherapy": "five options with two or three cautions each, and four trials",
    "driver-negative-two-prior-lines": "five options with two or three cautions each, and four trials",
    "egfr-ex19del-after-osimertinib-and-platinum": "ten options",
    "egfr-l858r-after-gefitinib-and-platinum": "seven options, each with cautions about the patient",
    "first-line-drugs-unknown": "the drugs of the first line are not known",
    "prior-lines-known-without-details": "no treatment is known by name",
    "relapse-after-consolidation-durvalumab": "three statements first, and cautions on six options",
    "small-cell-extent-unknown": "neither the extent nor the treatments are known",
}
"""Profiles whose answer may take more than a screen, and why; every other one is a plain patient."""
SCREEN, LONG_SCREEN, SMALL_PRINT = 60, 80, 3


def example(path: Path, rulebook: Rulebook) -> tuple[Advice, Patient]:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    return advise(patient, rulebook), patient


def named(name: str, rulebook: Rulebook) -> tuple[Advice, Patient]:
    return example(ROOT / "profiles" / f"{name}.yaml", rulebook)


def shown(name: str, rulebook: Rulebook, depth: Depth = PLAIN) -> str:
    advice, patient = named(name, rulebook)
    return text.render_advice([advice], rulebook, [patient], depth)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_plain_patient_takes_60_lines_and_any_other_one_80(path: Path, shipped: Rulebook) -> None:
    lines = shown(path.stem, shipped).splitlines()
    assert len(lines) <= (LONG_SCREEN if path.stem in NOT_PLAIN else SCREEN)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_plain_patient_is_shown_the_harm_of_bevacizumab_wherever_it_is_offered(path: Path, shipped: Rulebook) -> None:
    advice, patient = example(path, shipped)
    offered = [option.regimen for option in advice.options if option.standing.is_offered]
    written = text.render_advice([advice], shipped, [patient])
    assert ("Harm of bevacizumab" in written) is any("bevacizumab" in regimen for regimen in offered)


def test_the_whole_writes_each_study_and_each_reason_once(rulebook: Rulebook) -> None:
    """Both doublets rest on one statement, which is also why they are offered."""
    written = " ".join(shown("alk-after-alectinib", rulebook, Depth(details=True)).split())
    assert written.count("Kind: review statement") == 1
    assert written.count("The review names carboplatin and paclitaxel with bevacizumab as a choice") == 1
    assert "or immunotherapy: as under 1." in written


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_harm_of_an_option_is_shown_or_named_as_behind_details(path: Path, rulebook: Rulebook) -> None:
    written = " ".join(shown(path.stem, rulebook).split())
    is_offered = any(option.standing.is_offered for option in example(path, rulebook)[0].options)
    if is_offered and "Harm" in shown(path.stem, rulebook, Depth(details=True)):
        assert "Harm" in written or "More: --details (harm" in written


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_small_print_takes_three_lines_and_at_most_one_for_each_source(path: Path, rulebook: Rulebook) -> None:
    *_, last = shown(path.stem, rulebook).rstrip("\n").split("\n\n")
    assert len(last.split("\n")) <= SMALL_PRINT + len(rulebook.reviews)
    joined = " ".join(last.split())
    assert all(name in joined for name in review_names(rulebook))
    assert "--details" in joined


def test_where_the_sources_differ_costs_the_options_no_room(rulebook: Rulebook) -> None:
    advice, patient = named("driver-negative-tps-50-untreated", rulebook)
    sides = (" ".join(["One side."] * 90), " ".join(["The other side."] * 90))
    differing = SourceDifference(kind="recommendation", subject="anlotinib", sides=sides)
    without, with_it = (
        text.render_advice([advice.model_copy(update={"differences": found})], rulebook, [patient])
        for found in ((), (differing,))
    )
    assert len(with_it.splitlines()) > LONG_SCREEN
    assert set(without.splitlines()) <= set(with_it.splitlines())


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_patient_first_standard_and_glance_come_in_this_order(path: Path, rulebook: Rulebook) -> None:
    written = shown(path.stem, rulebook).casefold()
    marks = (
        "patient: ",
        "\nfirst\n",
        f"standard stated by {rulebook.source_names.loaded}",
        "at a glance",
        "silent: not spoken of",
    )
    places = [written.index(mark) for mark in marks if mark in written]
    assert places == sorted(places)


def test_the_patient_line_names_curative_treatment_and_what_is_not_known(rulebook: Rulebook) -> None:
    line = " ".join(shown("egfr-ex19del-relapse-after-adjuvant-osimertinib", rulebook).split())
    assert "curative treatment: osimertinib (progressed)" in line
    assert "Not known: EGFR, ALK fusion, ROS1 fusion, PD-L1 TPS" in " ".join(
        shown("adenocarcinoma-drivers-unknown-untreated", rulebook).split()
    )
    assert "Not known" not in shown("alk-after-alectinib", rulebook)


def test_a_table_row_holds_design_size_arms_warning_and_approval(rulebook: Rulebook) -> None:
    advice, _ = named("egfr-l858r-after-osimertinib", rulebook)
    first, second, *_ = glance.rows(advice, rulebook)
    assert first.study == "MARIPOSA-2, phase III, n 657"
    figure = re.escape("PFS 6.3 v 4.2 months (chemotherapy), risk 52 % lower")
    assert re.fullmatch(rf"{figure} \[{LABEL} [\d.]+\]", first.endpoint)
    assert re.fullmatch(rf"FDA 2024-09 \[{LABEL} [\d.]+ †D12b\]", first.approval)
    assert second.warning.startswith("Before the first dose: Venous thromboembolism")


def test_an_option_that_a_standard_names_carries_the_badge_where_the_standard_holds(rulebook: Rulebook) -> None:
    for name, options in {
        "driver-negative-tps-50-untreated": {"bevacizumab-carboplatin-paclitaxel", "bevacizumab-platinum-pemetrexed"},
        "small-cell-after-platinum-etoposide": {"tarlatamab"},
        "small-cell-extent-unknown": set(),  # the standard waits
        "alk-after-alectinib": set(),  # the same regimens, and no standard
    }.items():
        advice, _ = named(name, rulebook)
        badged = {row.option.regimen for row in glance.rows(advice, rulebook) if row.badge}
        assert badged == options, name
        assert ("standard · " in shown(name, rulebook)) is bool(options)


def test_what_there_is_no_room_for_is_named_and_behind_details(rulebook: Rulebook) -> None:
    harm = "Harm: Chiefly haematological toxicity"
    brief, whole = (shown("egfr-l858r-after-osimertinib", rulebook, depth) for depth in (PLAIN, Depth(details=True)))
    assert harm not in brief
    assert "More: --details (harm, notes)" in " ".join(brief.split())
    assert harm in whole
    roomy = shown("small-cell-after-tarlatamab", rulebook)
    assert "Harm: " in roomy
    assert "(harm" not in roomy


def test_brief_ends_after_the_options_at_a_glance(rulebook: Rulebook) -> None:
    written = shown("nrg1-after-platinum-pemetrexed", rulebook, Depth(brief=True))
    assert "Patient: " in written
    assert "AT A GLANCE" in written
    assert not any(title in written for title in ("OFFERED", "SILENT", "WORTH KNOWING"))


def test_brief_is_refused_with_details() -> None:
    path = str(ROOT / "profiles" / "nrg1-untreated.yaml")
    result = CliRunner().invoke(app, ["advise", path, "--brief", "--details"])
    assert result.exit_code == 2
    assert "expected --brief alone" in " ".join(result.output.split())


def test_brief_is_shown_by_the_command_line() -> None:
    path = str(ROOT / "profiles" / "nrg1-untreated.yaml")
    for form in ("text", "markdown"):
        result = CliRunner().invoke(app, ["advise", path, "--brief", "--format", form])
        assert result.exit_code == 0
        assert "at a glance" in result.output.casefold()
        assert "worth knowing" not in result.output.casefold()


def test_a_note_that_bears_on_no_option_of_the_patient_is_left_to_the_details(rulebook: Rulebook) -> None:
    hope = "Camrelizumab with apatinib in every line is a hope"
    advice, patient = named("driver-negative-tps-50-untreated", rulebook)
    assert any(note.title.startswith(hope) for note in advice.notes)
    for write in (text.render_advice, markdown.render_advice):
        assert hope not in write([advice], rulebook, [patient])
        assert hope in write([advice], rulebook, [patient], Depth(details=True))
    assert "PD-L1 in IMpower150" in markdown.render_advice([advice], rulebook, [patient])


def test_a_trial_says_first_how_it_ended(rulebook: Rulebook) -> None:
    advice, patient = named("driver-negative-after-chemo-immunotherapy", rulebook)
    (trial,) = (entry for entry in screen(advice, rulebook, patient).trials if entry.startswith("CONTACT-01"))
    assert trial.startswith("CONTACT-01 (NCT04471428): The trial has ended without success (confirmed, †D33c). A phase")


PROFILE: dict[str, Any] = {"histology": "adenocarcinoma", "stage": "IVB", "ecog": 1}


def test_text_and_markdown_write_the_same_sentences_of_an_option(rulebook: Rulebook) -> None:
    book = rulebook_of(
        rulebook,
        """
        - {id: a, offer: anlotinib, when: {disease: nsclc}}
        - {id: c, offer: apatinib, when: {disease: nsclc}}
        - {id: b, caution: {drug: anlotinib}, kind: patient, when: {ecog: 1}}
        """,
    )
    patient = read(Profile.model_validate(PROFILE), book.domain)
    advice = advise(patient, book)
    assert advice.standing("anlotinib") is Standing.OFFERED_WITH_CAUTION
    written = " ".join(text.render_advice([advice], book, [patient]).split())
    marked = markdown.render_advice([advice], book, [patient])
    for row in glance.rows(advice, book):
        assert " ".join(row.warning.split()) in written
        assert markdown_of(row.warning) in marked


def test_an_interval_that_an_erratum_calls_wrong_is_not_printed(rulebook: Rulebook) -> None:
    """D02: the intervals that the review prints with the medians of DeLLphi-304 do not hold."""
    advice, patient = named("small-cell-after-platinum-etoposide", rulebook)
    marked = markdown.render_advice([advice], rulebook, [patient])
    assert "OS 13.6 v 8.3 months (chemotherapy), HR 0.60 (95 % CI 0.47 to 0.77)" in marked
    assert "11.8 to 15.4" not in marked
    assert "11.8 to 15.4" in markdown.render_advice(
        [advice], rulebook, [patient], Depth(details=True)
    )  # the study as reviewed


def test_a_caution_of_several_options_is_written_out_once_with_their_numbers(rulebook: Rulebook) -> None:
    joined = " ".join(shown("relapse-after-consolidation-durvalumab", rulebook).split())
    assert "without it or long after it. (outside, recalled) Also of 3, 5 and 6." in joined


def test_a_reason_that_excludes_several_options_is_written_once_with_every_section(rulebook: Rulebook) -> None:
    profile = {
        "histology": "adenocarcinoma",
        "stage": "IVB",
        "egfr": "wild-type",
        "alk": "negative",
        "ros1": "negative",
    }
    drugs = (["carboplatin", "pemetrexed"], ["camrelizumab", "apatinib"], ["anlotinib"])
    lines = [{"line": n, "drugs": list(given), "outcome": "progressed"} for n, given in enumerate(drugs, start=1)]
    patient = read(Profile.model_validate(profile | {"history": lines}), rulebook.domain)
    advice = advise(patient, rulebook)
    excluded = advice.of(Standing.EXCLUDED)
    reasons = [reason for option in excluded for reason in option.reasons if reason.effect == "exclude"]
    assert len({str(reason.source) for reason in reasons}) > 1
    (says,) = {reason.says for reason in reasons}
    for write in (text.render_advice, markdown.render_advice):
        written = " ".join(write([advice], rulebook, [patient]).split())
        assert written.count(says) == 1
    ((names, words),) = screen(advice, rulebook, patient).excluded
    assert names == "; ".join(option.name for option in excluded)
    assert all(place.section in words for reason in reasons for place in reason.source.places)


def test_what_is_read_with_care_is_about_a_figure_that_is_shown(rulebook: Rulebook) -> None:
    care = "its interval is that of all tumour types"
    advice, patient = named("nrg1-after-platinum-pemetrexed", rulebook)
    written = text.render_advice([advice], rulebook, [patient])
    assert (care in written) is ("PFS" in written)  # the second endpoint, where there is room for it
    marked = markdown.render_advice([advice], rulebook, [patient])
    assert "PFS median 6.8 months" in marked
    assert care in marked


# Standards ------------------------------------------------------------------------------------------------------------


def changed(name: str, rulebook: Rulebook, **facts: Any) -> tuple[Advice, str]:
    """The answer to an example with some of its facts changed, and its text without line breaks."""
    profile, _ = read_profile(ROOT / "profiles" / f"{name}.yaml")
    patient = read(profile.model_copy(update=facts), rulebook.domain)
    advice = advise(patient, rulebook)
    return advice, " ".join(text.render_advice([advice], rulebook, [patient]).split())


def test_what_speaks_against_the_drugs_of_a_standard_is_said_with_it_and_only_pointed_to_from_the_options(
    rulebook: Rulebook,
) -> None:
    advice, answer = changed("driver-negative-tps-50-untreated", rulebook, comorbidities=["autoimmune-disease"])
    against = {standard.rule: [caution.rule for caution in standard.cautions] for standard in advice.standards}
    assert against["standard-immunotherapy-for-pd-l1-expressing"] == ["nsclc-autoimmune-disease-with-immunotherapy"]
    assert against["standard-pemetrexed-platinum"] == []
    says = "There is an autoimmune disease, which immunotherapy can make flare up"
    assert answer.count(says) == 1
    assert answer.index("Immunotherapy with an immune") < answer.index(says) < answer.index("Pemetrexed with platinum")
    assert answer.count("! For this patient: There is an autoimmune disease (see the standard)") == 4


def test_a_warning_that_is_true_of_the_patient_is_written_out_under_an_option_that_waits(shipped: Rulebook) -> None:
    _, answer = changed("squamous-drivers-unknown-untreated", shipped, comorbidities=["proteinuria"])
    waiting = answer.partition("UNDETERMINED")[2].partition("EXCLUDED")[0]
    assert "1. ivonescimab ! For this patient: There is proteinuria, which drugs against VEGF" in waiting
    assert "2. sintilimab + anlotinib ! For this patient: There is proteinuria (see 1)" in waiting


def test_what_can_kill_at_the_first_dose_comes_before_what_limits_the_evidence(shipped: Rulebook) -> None:
    advice, _ = changed("driver-negative-after-chemo-immunotherapy", shipped, bleeding_risk=["haemoptysis"], ecog=2)
    assert [first.rules[0] for first in advice.first if first.state == "holds"][:2] == [
        "nsclc-bleeding-features-with-antiangiogenic-drugs",
        "nsclc-ecog-2",
    ]


def test_where_there_is_no_option_what_holds_for_every_standard_comes_first(shipped: Rulebook) -> None:
    advice, answer = changed("alk-untreated", shipped, ecog=3)
    assert [caution.rule for caution in advice.standards[0].cautions] == [
        "nsclc-ecog-3-4", "alk-fusion-has-its-own-drugs"
    ]  # fmt: skip
    assert answer.count("At ECOG 3 or 4 supportive care comes first") == 1
    assert answer.index("At ECOG 3 or 4 supportive") < answer.index("An ALK-targeted drug alone")


@pytest.mark.parametrize("facts", [{"nrg1": "positive"}, {"other_drivers": ["RET"]}])
def test_a_driver_that_comes_first_makes_the_standards_of_driver_negative_disease_those_of_others(
    facts: dict[str, Any], rulebook: Rulebook
) -> None:
    advice, answer = changed("driver-negative-tps-50-untreated", rulebook, **facts)
    assert {(standard.state, standard.meant_for) for standard in advice.standards} == {
        ("of others", "driver-negative disease")
    }
    assert "Not for this tumour, but for driver-negative disease: Immunotherapy with an immune" in answer
    assert "standard · " not in answer
    assert "Guidelines recommend immunotherapy first" not in answer


def test_an_option_is_excluded_for_what_holds_and_not_for_what_may_hold(rulebook: Rulebook) -> None:
    profile = {"disease": "nsclc", "histology": "squamous", "stage": "IVA", "egfr": "wild-type", "alk": "negative"}
    patient = read(Profile.model_validate(profile | {"ros1": "negative", "ecog": 0}), rulebook.domain)
    advice = advise(patient, rulebook)
    open_reasons = [reason.says for option in advice.of(Standing.EXCLUDED) for reason in option.reasons]
    assert any("already progressed on every drug" in says for says in open_reasons)
    written = " ".join(text.render_advice([advice], rulebook, [patient]).split())
    assert "The review finds bevacizumab unsuitable in squamous lung cancer" in written
    assert "already progressed on every drug" not in written


def test_limited_small_cell_cancer_reads_first_that_its_treatment_is_not_described(rulebook: Rulebook) -> None:
    _, patient = example(ROOT / "profiles" / "small-cell-limited-progressed-after-chemoradiotherapy.yaml", rulebook)
    written = text.render_advice([advise(patient, rulebook)], rulebook, [patient])
    assert "FIRST\n  ! Limited-stage small cell lung cancer: The review names extensive disease" in written


def test_a_patient_with_curative_treatment_alone_has_had_no_line_for_advanced_disease(rulebook: Rulebook) -> None:
    _, patient = example(ROOT / "profiles" / "egfr-ex19del-relapse-after-adjuvant-osimertinib.yaml", rulebook)
    written = " ".join(text.render_advice([advise(patient, rulebook)], rulebook, [patient]).split())
    assert "no line for advanced disease yet; curative treatment: osimertinib (progressed)" in written
