"""A lesson: a sheet and slides for a patient, all of it from the rules."""

import io
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.cli.app import main
from regimen_advisor.files.sources import read_document
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.lessons import Lesson, lesson
from regimen_advisor.quiz.making import group_of, patients_of
from regimen_advisor.quiz.own_patients import quiz_of_files
from regimen_advisor.quiz.variants import Variants
from regimen_advisor.quiz.vignettes import vignette

PROFILE = ROOT / "profiles" / "nrg1-after-platinum-pemetrexed.yaml"


@pytest.fixture(scope="module")
def made(rulebook: Rulebook) -> Lesson:
    return lesson(Guideline.of(rulebook).case(PROFILE), dict(read_document(PROFILE).value))


def test_a_lesson_expects_what_advise_says(made: Lesson, rulebook: Rulebook) -> None:
    standings = Guideline.of(rulebook).case(PROFILE).standings
    expected = {name: group_of(standing) for name, standing in standings.items()}
    assert {point.regimen: point.group for point in made.options} == {
        name: group for name, group in expected.items() if group != "not-indicated"
    }


def test_a_flipped_fact_changes_what_the_lesson_says_it_changes(made: Lesson, rulebook: Rulebook) -> None:
    profile = {key: value for key, value in read_document(PROFILE).value.items() if key not in ("id", "summary")}
    profile.setdefault("disease", "nsclc")
    patients = patients_of(rulebook)
    variants = {entry.says: entry for entry in Variants(patients).changed(profile)}
    assert made.flips
    assert all(flip.changes != entry.changes for flip, entry in itertools.combinations(made.flips, 2))
    for flip in made.flips:
        standings = patients.standings(patients.read(variants[flip.says].profile))
        for change, point in zip(flip.changes, flip.points, strict=True):
            assert change.to == point.group == group_of(standings[change.regimen])
            assert change.from_.startswith("offered") != change.to.startswith("offered")
            assert point.because


def test_what_students_get_wrong_is_one_condition_short(made: Lesson) -> None:
    assert made.traps
    for point in made.traps:
        assert point.group == "not-indicated"
        assert any(len(deciding.not_met) == 1 for deciding in point.because)


def test_a_flip_makes_a_patient_whom_a_clinic_sees(rulebook: Rulebook) -> None:
    profile = ROOT / "profiles" / "alk-after-alectinib.yaml"
    made = lesson(Guideline.of(rulebook).case(profile), dict(read_document(profile).value))
    assert made.flips
    # No second driver, and no alectinib without the fusion.
    assert not any(flip.says.startswith(("EGFR", "ALK", "NRG1", "ROS1")) for flip in made.flips)


def test_what_holds_for_every_option_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["lesson", str(ROOT / "profiles" / "alk-after-alectinib.yaml"), "--rules", str(ROOT / "rules")])
    sheet = capsys.readouterr().out
    assert sheet.count("The tumour has an ALK fusion, which no option here hits") == 1
    assert "Before the options:\n\n- The tumour has an ALK fusion" in sheet
    assert "- anlotinib and apatinib: not indicated. The nearest rule of each asks for: third line or later." in sheet


def test_a_lesson_and_a_quiz_describe_the_patient_in_the_same_sentences(made: Lesson, rulebook: Rulebook) -> None:
    (question,) = quiz_of_files(rulebook, [str(PROFILE)]).questions
    assert made.vignette == question.known
    assert made.vignette[0] == "A patient with stage IVA adenocarcinoma, ECOG 1."
    assert made.vignette[-1] == "First line: carboplatin and pemetrexed; the disease progressed."
    assert not made.title.endswith(".")


def sentences(rulebook: Rulebook, **profile: Any) -> tuple[str, ...]:
    guideline = Guideline.of(rulebook)
    return vignette(guideline.case({"id": "x", **profile}).patient, guideline.wording)


def test_a_vignette_says_what_is_known_and_no_more(rulebook: Rulebook) -> None:
    assert sentences(rulebook) == ("A patient with lung cancer.",)
    assert sentences(rulebook, disease="sclc", extent="extensive", dll3="positive", prior_lines=0) == (
        "A patient with small cell lung cancer, extensive disease.",
        "Tests found DLL3 positive.",
        "No line of treatment has been given for advanced disease.",
    )
    curative = {"setting": "curative", "drugs": ["osimertinib"], "outcome": "relapsed", "relapse_after": 9}
    assert sentences(rulebook, disease="nsclc", ecog={"at_most": 1}, pd_l1_tps="1-49", history=[curative]) == (
        "A patient with non-small cell lung cancer, ECOG 0 to 1.",
        "Tests found PD-L1 TPS 1 to 49 %.",
        "With curative intent: osimertinib; the disease relapsed 9 months after the last dose.",
    )


def test_a_sheet_and_its_page_say_the_same_patient_question_and_rules(
    made: Lesson, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["lesson", str(PROFILE)])
    sheet = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["lesson", str(PROFILE), "--format", "html", "--output", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text("utf-8")
    for heading in ("Ask", "Expect", "Flip one fact", "What students get wrong"):
        assert f"## {heading}" in sheet
        assert f"<h2>{heading}</h2>" in page
    for rule in {deciding.rule for point in made.options for deciding in point.because}:
        assert rule in sheet
        assert rule in page


def test_slides_move_by_the_arrow_keys_and_print_one_to_a_page(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "slides.html"
    longest = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
    with pytest.raises(SystemExit):
        main(["lesson", str(longest), "--format", "slides", "--output", str(file)])
    text = file.read_text("utf-8")
    assert not re.search(r"(src|href)=\"?https?:", text)
    count = text.count('<section class="slide"')
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(file.as_uri())
    shown = "() => [...document.querySelectorAll('.slide')].filter(one => one.offsetParent).map(one => one.id)"
    assert page.evaluate(shown) == ["slide-1"]
    heights = "() => [...document.querySelectorAll('.slide')].map(one => one.scrollHeight)"
    page.evaluate("() => document.body.classList.remove('moving')")
    assert all(height <= 720 for height in page.evaluate(heights)), "each slide fits a projector"
    page.evaluate("() => document.body.classList.add('moving')")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.hash === '#slide-2'")
    assert page.evaluate(shown) == ["slide-2"]
    page.keyboard.press("End")
    page.wait_for_function(f"() => location.hash === '#slide-{count}'")
    page.reload()
    assert page.evaluate(shown) == [f"slide-{count}"]
    page.emulate_media(media="print")
    assert len(page.evaluate(shown)) == count
    page.close()


SHIPPED = sorted((ROOT / "docs" / "lessons").glob("*.md"))


@pytest.mark.parametrize("sheet", SHIPPED, ids=lambda sheet: sheet.stem)
def test_a_shipped_lesson_is_what_the_rules_make_of_its_patient(
    sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = ROOT / "profiles" / f"{sheet.stem}.yaml"
    with pytest.raises(SystemExit):
        main(["lesson", str(profile), "--rules", str(ROOT / "rules")])
    assert capsys.readouterr().out == sheet.read_text("utf-8"), "run `just lessons` and read the diff"


def test_lessons_ship_of_either_disease(rulebook: Rulebook) -> None:
    diseases = {Guideline.of(rulebook).case(ROOT / "profiles" / f"{entry.stem}.yaml").patient.facts["disease"].possible
                for entry in SHIPPED}  # fmt: skip
    assert diseases == {frozenset({"nsclc"}), frozenset({"sclc"})}


def test_a_profile_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["lesson", "nobody.yaml"])
    assert left.value.code == 2
    assert "nobody.yaml: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "profile",
    [
        {"disease": "sclc", "ecog": {"at_most": 1}, "pd_l1_tps": "1-49", "extent": "extensive"},
        {"disease": "sclc", "extent": "extensive", "history": [{"line": 1, "drugs": ["tarlatamab"], "cycles": 0}]},
        {"disease": "sclc", "history": [{"line": 1, "drugs": "unknown"}]},
        {"stage": "IV", "pd_l1_tps": 49, "liver_metastases": True},
    ],
    ids=["between bounds", "outcome not known", "drugs not known", "disease not known"],
)
def test_a_lesson_is_made_of_whatever_a_profile_leaves_open(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], profile: dict[str, Any]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(profile).encode())))
    with pytest.raises(SystemExit) as left:
        main(["lesson", "-", "--rules", str(ROOT / "rules")])
    assert not left.value.code
    assert capsys.readouterr().out.startswith("# ")
