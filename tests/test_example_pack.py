"""What each verb prints with the example pack and without it; how packs are read is in ``test_packs.py``."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regimen_advisor import advise, explain, judge_table
from regimen_advisor.citing.items import behind, chosen
from regimen_advisor.cli.app import app
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.page import quizzes
from regimen_advisor.page.building import render_page
from regimen_advisor.page.data import page_data
from regimen_advisor.patient.reading import read_files
from regimen_advisor.quiz.generating import generate, settings_of
from regimen_advisor.quiz.key import answer_key
from regimen_advisor.quiz.making import group_of
from regimen_advisor.reports.explanation import document
from regimen_advisor.reports.html import render_explanation
from test_page_engine import ADVISE_ONLY, patient_of, shown

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
PACK = ROOT / "examples" / "invented-consensus"
PROFILES = {
    name: ROOT / "profiles" / f"{name}.yaml"
    for name in ("alk-untreated", "egfr-l858r-brain-metastases-untreated", "driver-negative-tps-50-untreated")
}
ALK, BRAIN, _ = PROFILES.values()
WITH = ["--rules", str(RULES), "--rules", str(PACK)]


@pytest.fixture(scope="module")
def stack() -> Rulebook:
    return load_rulebook([RULES, PACK])


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    return done.output


# explain -------------------------------------------------------------------------------------------------------------


def test_explain_gives_the_argument_of_the_consensus_only_with_it(shipped: Rulebook, stack: Rulebook) -> None:
    def arguments(rules: Rulebook) -> set[str]:
        (answer,) = explain(BRAIN, rules, regimen="erlotinib-bevacizumab").options
        return {argument.rule for argument in answer.arguments}

    assert arguments(stack) - arguments(shipped) == {"ic-no-erlotinib-bevacizumab-in-brain-metastases"}
    assert arguments(shipped) <= arguments(stack)


def test_explain_prints_the_grade_and_the_place_of_the_consensus_only_with_it() -> None:
    asked = ["explain", str(BRAIN), "erlotinib-bevacizumab"]
    output = " ".join(run(*asked, *WITH).split())
    assert "ERLOTINIB + BEVACIZUMAB: EXCLUDED" in output
    assert "[IC 3]" in output
    assert "[IC 3]" not in run(*asked, "--rules", str(RULES))


def test_explain_says_where_the_sources_differ_on_the_regimen_and_why_a_pack_changed_it(tmp_path: Path) -> None:
    later = tmp_path / "later"
    (later / "studies").mkdir(parents=True)
    shutil.copy(PACK / "studies" / "ic-harmoni-a.yaml", later / "studies")
    (later / "pack.yaml").write_text(f"name: later\ntitle: A later pack\n{CHANGES}", "utf-8")
    later_stack = load_rulebook([RULES, PACK, later])
    tps = PROFILES["driver-negative-tps-50-untreated"]
    patient = read_files([str(tps)], later_stack.domain)[0]

    found = explain(patient, later_stack, regimen="ivonescimab")
    assert [difference.subject for difference in found.differences] == ["HARMONi-2, PFS median"]
    assert "The sources differ" in render_explanation(found, later_stack, patient)
    assert "the sources differ" in rendered(document(found, later_stack, patient), "text").lower()
    assert not explain(patient, later_stack, regimen="alectinib").differences

    found = explain(BRAIN, later_stack, regimen="erlotinib-bevacizumab")
    assert "The experts no longer hold it." in [change.reason for change in found.changes]
    assert (
        "replaced, retired or overridden by a pack" in rendered(document(found, later_stack, patient), "text").lower()
    )
    assert "The experts no longer hold it." not in [
        change.reason for change in explain(BRAIN, later_stack, regimen="osimertinib-bevacizumab").changes
    ]


# page ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def without_quiz(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that draws no questions, which takes most of the time to build one."""
    monkeypatch.setattr(quizzes, "POOL", ())


@pytest.mark.usefixtures("without_quiz")
def test_the_page_knows_the_consensus_only_with_it(shipped: Rulebook, stack: Rulebook) -> None:
    without, with_it = page_data(shipped), page_data(stack)
    assert with_it["reviews"].keys() - without["reviews"].keys() == {"invented-consensus"}
    assert with_it["regimens"].keys() - without["regimens"].keys() == {"alectinib"}
    assert with_it["studies"].keys() - without["studies"].keys() == {"ic-alk-1", "ic-harmoni-2", "ic-harmoni-a"}
    assert without["rules"].keys() < with_it["rules"].keys()


CHANGES = """\
replaces:
  - {study: ic-harmoni-a, reason: A later report has other figures.}
retires:
  - {rule: ic-no-erlotinib-bevacizumab-in-brain-metastases, reason: The experts no longer hold it.}
  - {study: jo25567, reason: Withdrawn.}
"""


@pytest.mark.usefixtures("without_quiz")
def test_the_page_advises_with_the_consensus_as_python_does(browser: Any, tmp_path: Path) -> None:
    later = tmp_path / "later"
    (later / "studies").mkdir(parents=True)
    shutil.copy(PACK / "studies" / "ic-harmoni-a.yaml", later / "studies")
    (later / "pack.yaml").write_text(f"name: later\ntitle: A later pack\n{CHANGES}", "utf-8")
    stack = load_rulebook([RULES, PACK, later])
    found = {path.stem: advise(path, stack, ask=False) for path in PROFILES.values()}
    assert [difference.subject for difference in found["driver-negative-tps-50-untreated"].differences] == [
        "HARMONi-2, PFS median"
    ]
    assert [change.reason for change in found[BRAIN.stem].changes] == ["The experts no longer hold it.", "Withdrawn."]
    file = tmp_path / "page.html"
    file.write_text(render_page(stack), encoding="utf-8")
    page = browser.new_page()
    try:
        page.goto(file.as_uri())
        for path in PROFILES.values():
            profile = json.loads(json.dumps(read_document(path).value))
            patient = patient_of(profile, stack)
            assert patient is not None
            assert page.evaluate(ADVISE_ONLY, profile) == shown(found[path.stem])
    finally:
        page.close()


# quiz ----------------------------------------------------------------------------------------------------------------


def test_a_quiz_asks_about_the_consensus_only_with_it(shipped: Rulebook, stack: Rulebook) -> None:
    assert {entry.id for entry in settings_of(stack)} - {entry.id for entry in settings_of(shipped)} == {
        "nsclc/invented-consensus"
    }
    with pytest.raises(InputError, match="invented-consensus"):
        generate(shipped, seed=3, count=1, setting="nsclc/invented-consensus")


def test_the_key_of_a_quiz_with_the_consensus_is_what_it_advises(stack: Rulebook) -> None:
    quiz = generate(stack, seed=3, count=9, setting="nsclc/invented-consensus")
    named = set()
    for question, solution in zip(quiz.questions, answer_key(quiz, stack).solutions, strict=True):
        patient = patient_of(dict(question.profile), stack)
        assert patient is not None
        advice = advise(patient, stack, ask=False)
        assert {point.regimen: point.group for point in solution.points} == {
            point.regimen: group_of(advice.standing(point.regimen)) for point in solution.points
        }
        named |= {entry.rule for point in solution.points for entry in point.because}
    assert any(rule.startswith("ic-") for rule in named)


# cohort --------------------------------------------------------------------------------------------------------------


def test_a_table_is_judged_by_the_consensus_only_with_it(shipped: Rulebook, stack: Rulebook) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    from tables import table  # noqa: PLC0415 - it needs Polars

    rows = table([dict(read_document(path).value) for path in PROFILES.values()])
    without, with_it = judge_table(rows, shipped), judge_table(rows, stack)
    assert set(with_it.columns) - set(without.columns) == {"alectinib"}
    for row, path in zip(with_it.iter_rows(named=True), PROFILES.values(), strict=True):
        advice = advise(path, stack, ask=False)
        assert {option.regimen: row[option.regimen] for option in advice.options} == {
            option.regimen: option.standing.value for option in advice.options
        }
    assert with_it["alectinib"].to_list()[0] == "offered"


def test_a_cohort_names_the_patients_whom_the_consensus_changes(tmp_path: Path) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    table = tmp_path / "patients.csv"
    table.write_text("id,disease,extent,alk,history\na,nsclc,metastatic,positive,[]\n", "utf-8")
    output = run("cohort", str(table), "--compare", str(RULES), *WITH)
    assert "alectinib" in output
    assert "alectinib" not in run("cohort", str(table), "--compare", str(RULES), "--rules", str(RULES))


# cite ----------------------------------------------------------------------------------------------------------------


def test_cite_knows_the_studies_of_the_consensus_only_with_it(shipped: Rulebook, stack: Rulebook) -> None:
    assert [study.id for study in chosen(["ALK-INVENTED-1"], stack)] == ["ic-alk-1"]
    with pytest.raises(InputError, match="unknown study"):
        chosen(["ALK-INVENTED-1"], shipped)
    assert "ALK-INVENTED-1" in run("cite", "ic-alk-1", *WITH)


def test_the_studies_behind_an_answer_are_those_of_each_source(shipped: Rulebook, stack: Rulebook) -> None:
    def cited(path: Path, rules: Rulebook) -> set[str]:
        return {study.id for study in behind([advise(path, rules)], rules)}

    assert cited(ALK, stack) - cited(ALK, shipped) == {"ic-alk-1"}
    tps = PROFILES["driver-negative-tps-50-untreated"]
    assert {"harmoni-2", "ic-harmoni-2"} <= cited(tps, stack)
    assert "ic-harmoni-2" not in cited(tps, shipped)
