"""What to ask: each question says what it decides, and questions come first where little is known."""

from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.advice import Advice, Missing
from regimen_advisor.advising import advise
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports import html, markdown, text
from regimen_advisor.reports.deciding import decides_words
from regimen_advisor.reports.depth import Depth

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))
NEGATIVE: dict[str, Any] = {
    "histology": "adenocarcinoma", "stage": "IVB", "ecog": 1, "egfr": "wild-type", "alk": "negative",
    "ros1": "negative", "history": [],
}  # fmt: skip
IMMUNOTHERAPY = "standard-immunotherapy-for-pd-l1-expressing"


def answered(rulebook: Rulebook, profile: dict[str, Any]) -> tuple[Advice, Patient]:
    patient = read(Profile.model_validate(profile), rulebook.domain)
    return advise(patient, rulebook), patient


def example(path: Path, rulebook: Rulebook) -> tuple[Advice, Patient]:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    return advise(patient, rulebook), patient


def question(advice: Advice, key: str) -> Missing:
    return next(missing for missing in advice.missing if missing.question == key)


def test_pd_l1_comes_first_with_the_standard_and_the_evidence_that_it_decides(rulebook: Rulebook) -> None:
    advice, _ = answered(rulebook, NEGATIVE)
    first = advice.missing[0]
    assert first.question == "pd_l1_tps"
    assert first.standards == (IMMUNOTHERAPY,)
    assert first.evidence == ("ivonescimab",)
    assert decides_words(first, advice) == (
        "Decides whether this is the standard: Immunotherapy with an immune checkpoint inhibitor; "
        "the evidence for ivonescimab."
    )


def test_a_question_that_only_opens_a_caution_comes_last_and_says_so(rulebook: Rulebook) -> None:
    advice, _ = answered(rulebook, NEGATIVE)
    decides = [bool(entry.standards or entry.options or entry.evidence) for entry in advice.missing]
    assert decides == sorted(decides, reverse=True)
    assert decides_words(question(advice, "nrg1"), advice) == "Can only add a caution."


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_question_decides_just_what_waits_for_it(path: Path, rulebook: Rulebook) -> None:
    advice, _ = example(path, rulebook)
    for missing in advice.missing:
        waiting = [option.regimen for option in advice.options if missing.question in option.depends_on]
        assert list(missing.options) == waiting
        assert list(missing.standards) == [
            standard.rule for standard in advice.standards if missing.question in standard.depends_on
        ]
        offered = {entry.regimen for entry in advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)}
        assert offered.issuperset(missing.evidence)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_dll3_is_never_asked(path: Path, rulebook: Rulebook) -> None:
    profile, document = read_profile(path)
    known = profile.model_copy(update={"dll3": None})
    advice = advise(read(known, rulebook.domain, document), rulebook)
    assert "dll3" not in {missing.question for missing in advice.missing}


def test_where_little_is_known_questions_come_first_and_options_by_name_only(rulebook: Rulebook) -> None:
    advice, patient = answered(rulebook, {"histology": "adenocarcinoma"})
    assert advice.is_little_known
    shown = text.render_advice([advice], rulebook, [patient])
    assert shown.index("WHAT TO ASK OR TEST FIRST") < shown.index("STANDARD STATED") < shown.index("UNDETERMINED")
    assert "AT A GLANCE" not in shown
    assert all(option.name in " ".join(shown.split()) for option in advice.of(Standing.UNDETERMINED))
    assert "MARIPOSA-2" not in shown
    assert len(shown.splitlines()) <= 80
    whole = text.render_advice([advice], rulebook, [patient], Depth(details=True))
    assert whole.index("WHAT TO ASK OR TEST FIRST") < whole.index("MARIPOSA-2")


def test_markdown_and_html_ask_first_too(rulebook: Rulebook) -> None:
    advice, patient = answered(rulebook, {"histology": "adenocarcinoma"})
    marked = markdown.render_advice([advice], rulebook, [patient])
    assert marked.index("## What to ask or test first") < marked.index("## Undetermined")
    page = html.render_advice([advice], rulebook, [patient])
    assert page.index("What to ask or test first") < page.index("Undetermined: waits for an answer")


def test_where_something_is_offered_questions_come_after_the_options(rulebook: Rulebook) -> None:
    advice, patient = answered(rulebook, NEGATIVE)
    assert not advice.is_little_known
    shown = text.render_advice([advice], rulebook, [patient])
    assert shown.index("AT A GLANCE") < shown.index("WHAT TO ASK OR TEST NEXT")


def test_little_is_known_where_more_than_half_of_the_regimens_wait_and_none_is_offered(rulebook: Rulebook) -> None:
    for path in PROFILES:
        advice, _ = example(path, rulebook)
        offered = any(option.standing.is_offered for option in advice.options)
        waiting = sum(option.standing is Standing.UNDETERMINED for option in advice.options)
        assert advice.is_little_known is (not offered and waiting > len(advice.options) / 2), path.stem


def test_standards_that_wait_are_one_sentence(rulebook: Rulebook) -> None:
    unknown = {key: value for key, value in NEGATIVE.items() if key not in ("egfr", "alk", "ros1")}
    advice, patient = answered(rulebook, unknown)
    shown = " ".join(text.render_advice([advice], rulebook, [patient]).split())
    assert "? EGFR, ALK fusion, ROS1 fusion and PD-L1 TPS decide between: An EGFR-targeted drug alone" in shown
    assert shown.count("? depends on") == 0
    details = " ".join(text.render_advice([advice], rulebook, [patient], Depth(details=True)).split())
    assert all(standard.says in details for standard in advice.standards)
