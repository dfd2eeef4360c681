"""Cases: what they may say, how they fail, and how their expectations are rewritten."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from regimen_advisor.cli.app import main
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.testing.cases import case_files, parse_cases, read_cases
from regimen_advisor.testing.results import compare, run_case
from regimen_advisor.testing.updating import updated

ROOT = Path(__file__).parent.parent
CASES, PROFILES = ROOT / "tests" / "cases", ROOT / "profiles"

THIRD_LINE = """\
profile:
  histology: adenocarcinoma
  stage: IVA
  ecog: 1
  brain_metastases: false
  bleeding_risk: none
  egfr: wild-type
  alk: negative
  ros1: negative
  history:
    - {line: 1, drugs: [carboplatin, pemetrexed], outcome: progressed}
    - {line: 2, drugs: [docetaxel], outcome: progressed}
"""


def failures_of(text: str, rulebook: Rulebook) -> list[str]:
    return [str(failure) for case in parse_cases(text, "x.case.yaml", rulebook) for failure in run_case(case, rulebook)]


def problems_of(text: str, rulebook: Rulebook) -> list[str]:
    with pytest.raises(InputError) as raised:
        parse_cases(text, "x.case.yaml", rulebook, PROFILES)
    return [str(problem) for problem in raised.value.problems]


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


# What holds of the shipped cases -----------------------------------------------------------------------------------


ACROSS = {"nsclc/board"}
"""Files of cases about patients in whom several rules meet."""


def test_every_rule_file_has_a_case_file_at_the_same_path(shipped: Rulebook) -> None:
    """A reader of a rule finds its cases."""
    files = {path.relative_to(CASES).as_posix().removesuffix(".case.yaml") for path in case_files([CASES])}
    assert files - ACROSS == set(shipped.settings)


def test_every_shipped_case_passes(shipped: Rulebook, request: pytest.FixtureRequest) -> None:
    if request.config.pluginmanager.has_plugin("regimen_advisor"):
        pytest.skip("the plugin of this package, which is installed, runs each case as a test of its own")
    cases = [case for path in case_files([CASES]) for case in read_cases(path, shipped, PROFILES)]
    assert [str(failure) for case in cases for failure in run_case(case, shipped)] == []


def test_every_shipped_case_is_named_by_a_sentence_of_its_own(shipped: Rulebook) -> None:
    cases = [case for path in case_files([CASES]) for case in read_cases(path, shipped, PROFILES)]
    for path in case_files([CASES]):
        names = [case.name for case in cases if case.location.file == str(path)]
        assert len(names) == len(set(names))
        assert all(name.endswith(".") and " " in name for name in names)


# What a case says and how it fails ---------------------------------------------------------------------------------


def test_a_case_that_is_met_has_no_failure(rulebook: Rulebook) -> None:
    text = (
        f"name: Third line.\n{THIRD_LINE}expect:\n  anlotinib: {{standing: offered, rules: [anlotinib-third-line]}}\n"
    )
    assert failures_of(text, rulebook) == []


def test_a_failure_names_file_line_standing_and_what_it_waits_for(rulebook: Rulebook) -> None:
    text = f"name: x y.\n{THIRD_LINE}expect:\n  anlotinib: offered\n".replace("outcome: progressed}\n    - {line: 2", (
        "outcome: progressed}\n    - {line: 2")).replace("[docetaxel], outcome: progressed", "[docetaxel]")  # fmt: skip
    (failure,) = failures_of(text, rulebook)
    assert failure == ("x.case.yaml:15: anlotinib: expected offered, is undetermined (waits for history[1].outcome)")


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        ("anlotinib: {standing: offered, rules: []}", "anlotinib: rules: unexpected anlotinib-third-line"),
        ("anlotinib: {standing: offered, studies: [enrgy]}", "anlotinib: studies: missing enrgy; unexpected alter0303"),
        ("lenvatinib-pembrolizumab: {standing: offered-with-caution, because: [apatinib-beyond-the-third-line]}",
         ("lenvatinib-pembrolizumab: because: missing apatinib-beyond-the-third-line; unexpected "
          "lenvatinib-pembrolizumab-is-small")),
        ("tarlatamab: offered", "tarlatamab: expected offered, is not an option for this disease"),
    ],
)  # fmt: skip
def test_what_decided_a_standing_must_be_all_that_decided_it(
    rulebook: Rulebook, expectation: str, message: str
) -> None:
    (failure,) = failures_of(f"name: x y.\n{THIRD_LINE}expect:\n  {expectation}\n", rulebook)
    assert failure == f"x.case.yaml:15: {message}"


def test_exactly_closes_the_list_of_regimens_and_where_given_of_statements(rulebook: Rulebook) -> None:
    open_ = f"name: x y.\n{THIRD_LINE}expect:\n  anlotinib: offered\n"
    assert failures_of(open_, rulebook) == []
    closed = failures_of(open_ + "exactly: true\n", rulebook)
    assert "x.case.yaml:1: apatinib: not expected, is offered" in closed
    assert not any("oral-antiangiogenic-drugs" in failure for failure in closed)
    found = failures_of(open_ + "exactly: true\nsays: []\n", rulebook)
    assert "x.case.yaml:1: oral-antiangiogenic-drugs: not expected, is shown" in found


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("says: [silent-on-alk-drugs]", "silent-on-alk-drugs: expected to be shown, is not"),
        ("says_not: [oral-antiangiogenic-drugs]", "oral-antiangiogenic-drugs: expected not to be shown, is"),
        ("says: [{silent: oral-antiangiogenic-drugs}]", "oral-antiangiogenic-drugs: expected as silent, is a note"),
        ("says: [{note: oral-antiangiogenic-drugs, studies: []}]",
         "oral-antiangiogenic-drugs: studies: unexpected statement-oral-antiangiogenic"),
    ],
)  # fmt: skip
def test_statements_are_expected_by_rule_effect_and_studies(rulebook: Rulebook, says: str, message: str) -> None:
    (failure,) = failures_of(f"name: x y.\n{THIRD_LINE}{says}\n", rulebook)
    assert failure == f"x.case.yaml:1: {message}"


def test_a_profile_is_taken_from_another_one_with_changes_and_null_takes_a_key_away(rulebook: Rulebook) -> None:
    text = (
        "name: x y.\nprofile: {from: egfr-l858r-after-osimertinib, change: {ecog: null, egfr: wild-type}}\nsays: []\n"
    )
    (case,) = parse_cases(text, "x.case.yaml", rulebook, PROFILES)
    assert "ecog" not in case.profile
    assert case.profile["egfr"] == "wild-type"
    assert case.profile["histology"] == "adenocarcinoma"


def test_a_file_holds_several_cases_each_with_its_own_line(rulebook: Rulebook) -> None:
    text = f"name: One case.\n{THIRD_LINE}exactly: true\n---\n# remark\nname: Two cases.\n{THIRD_LINE}exactly: true\n"
    assert [(case.name, case.location.line) for case in parse_cases(text, "x", rulebook)] == [
        ("One case.", 1), ("Two cases.", 17),
    ]  # fmt: skip


# What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("expect: {anlotinb: offered}", "x.case.yaml:14:10: unknown regimen `anlotinb` (did you mean `anlotinib`?)"),
        ("expect: {anlotinib: {standing: offered, rules: [anlotinib-third-lin]}}",
         "x.case.yaml:14:49: unknown rule `anlotinib-third-lin` (did you mean `anlotinib-third-line`?)"),
        ("expect: {anlotinib: {standing: offered, studies: [alter-0303]}}",
         "x.case.yaml:14:51: unknown study `alter-0303` (did you mean `alter0303`?)"),
        ("says: [silent-on-alk-drug]",
         "x.case.yaml:14:8: unknown rule `silent-on-alk-drug` (did you mean `silent-on-alk-drugs`?)"),
        ("expect: {anlotinib: {standing: offered, depends_on: [alk]}}",
         "x.case.yaml:14:41: anlotinib: only an undetermined regimen waits for facts; this one is offered"),
        ("expect: {anlotinib: {standing: not-indicated, studies: [alter0303]}}",
         "x.case.yaml:14:47: anlotinib: a regimen that is not indicated has no studies"),
        ("expect: {anlotinib: {standing: offered, because: [nsclc-ecog-2]}}",
         "x.case.yaml:14:41: anlotinib: expected `offered-with-caution` where cautions are named"),
        ("says: [silent-on-alk-drugs]\nsays_not: [silent-on-alk-drugs]",
         "x.case.yaml:15:12: silent-on-alk-drugs: is under `says` and under `says_not`"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_meant_is_refused_with_its_place(rulebook: Rulebook, lines: str, message: str) -> None:
    assert problems_of(f"name: x y.\n{THIRD_LINE}{lines}\n", rulebook) == [message]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("{from: egfr-l858r-after-osimertinb}", "from: no profile `egfr-l858r-after-osimertinb`"),
        (f"{{from: {'long-name-' * 400}}}", "from: no profile `long-name-long-name-"),
        ("{from: [egfr-untreated]}", "from: expected the name of a profile, found a list"),
        ("{from: ../tests/invalid/profiles/list-instead-of-mapping}", "from: expected a profile in "),
        ("{from: egfr-l858r-after-osimertinib, chagne: {}}", "chagne: expected only `change` with `from`"),
        ("{from: egfr-l858r-after-osimertinib, change: {egrf: wild-type}}", "egrf"),
        ("{from: egfr-l858r-after-osimertinib, change: [alk]}", "change: expected a mapping of profile keys"),
    ],
)
def test_a_profile_that_cannot_be_built_is_refused(rulebook: Rulebook, profile: str, message: str) -> None:
    (problem,) = problems_of(f"name: x y.\nprofile: {profile}\nexactly: true\n", rulebook)
    assert problem.startswith("x.case.yaml:2:")
    assert message in problem


def test_a_case_that_expects_nothing_is_refused(rulebook: Rulebook) -> None:
    (problem,) = problems_of(f"name: x y.\n{THIRD_LINE}", rulebook)
    assert "expected at least one of `expect`, `says`, `says_not` and `exactly: true`" in problem


def test_every_problem_of_a_file_is_reported_at_once(rulebook: Rulebook) -> None:
    text = f"name: x y.\n{THIRD_LINE}expect: {{a: offered}}\n---\nname: x z.\n{THIRD_LINE}expect: {{b: offered}}\n"
    assert len(problems_of(text, rulebook)) == 2


# The verb ----------------------------------------------------------------------------------------------------------

WRONG = f"""\
# a remark on the file
name: Third line.
{THIRD_LINE}expect:
  # why this one
  anlotinib: {{standing: not-indicated}}   # changed on purpose
  apatinib:
    standing: offered
    rules: [apatinib-third-line]
says: [silent-on-alk-drugs]
---
name: Another one.
{THIRD_LINE}expect: {{anlotinib: offered}}
"""


def test_test_exits_with_1_when_a_case_fails_and_prints_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG)
    code, out, _ = command(capsys, "test", file, "--rules", ROOT / "rules")
    assert code == 1
    assert f"{file}:17: FAILED Third line.: anlotinib: expected not-indicated, is offered" in out
    assert "2 cases: 1 passed, 1 failed" in out


def test_update_rewrites_only_what_is_not_met_and_keeps_the_rest(rulebook: Rulebook, tmp_path: Path) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG)
    after = updated(file, rulebook, PROFILES)
    assert after is not None
    before, now = WRONG.splitlines(), after.splitlines()
    assert [line for line in before if line not in now] == [
        "  anlotinib: {standing: not-indicated}   # changed on purpose",
        "says: [silent-on-alk-drugs]",
    ]
    assert [line for line in now if line not in before] == ["  anlotinib: offered", "says: []"]


def test_update_adds_what_an_exact_case_does_not_list(rulebook: Rulebook, tmp_path: Path) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(f"name: Exact case.\n{THIRD_LINE}exactly: true\nsays: []\n")
    after = updated(file, rulebook, PROFILES)
    assert after is not None
    assert "\n  anlotinib: {standing: offered, rules: [anlotinib-third-line], studies: [alter0303]}\n" in after
    assert "{note: oral-antiangiogenic-drugs, studies: [statement-oral-antiangiogenic]}" in after


def test_update_leaves_a_file_of_met_cases_alone(rulebook: Rulebook) -> None:
    assert updated(CASES / "nsclc" / "squamous.case.yaml", rulebook, PROFILES) is None


def test_the_verb_update_writes_and_the_cases_pass_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG)
    code, out, err = command(capsys, "test", file, "--update", "--rules", ROOT / "rules")
    assert (code, out) == (0, "2 cases: 2 passed, 0 failed\n")
    assert err == f"rewritten: {file}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.case.yaml"]


def test_update_writes_no_file_where_one_of_them_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.case.yaml").write_text(WRONG)
    (tmp_path / "b.case.yaml").write_text("name: [\n")
    code, _, err = command(capsys, "test", tmp_path, "--update", "--rules", ROOT / "rules")
    assert code == 2
    assert "b.case.yaml" in err
    assert (tmp_path / "a.case.yaml").read_text() == WRONG


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--name", "another"], "1 case: 1 passed"),
        (["--rule", "apatinib-third-line"], "1 case: 0 passed, 1 failed"),
        (["--regimen", "anlotinib"], "2 cases"),
        (["--regimen", "tarlatamab"], "0 cases"),
    ],
)
def test_cases_are_chosen_by_name_rule_and_regimen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], count: str
) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG)
    assert count in command(capsys, "test", file, *options, "--rules", ROOT / "rules")[1]


def test_no_case_at_all_fails_only_where_that_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--rules", ROOT / "rules"]
    assert command(capsys, "test", tmp_path, *rules)[0] == 0
    assert command(capsys, "test", tmp_path, "--fail-on-empty", *rules)[0] == 1


def test_an_unknown_filter_is_refused_with_what_may_be_meant(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, "test", "--rule", "anlotinib-third-lin", "--rules", ROOT / "rules")
    assert code == 2
    assert "unknown rule `anlotinib-third-lin` (part of 1 name: anlotinib-third-line)" in err


def test_a_path_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, "test", "nowhere", "--rules", ROOT / "rules")
    assert (code, err) == (2, "nowhere: no such file or folder of cases\n")


def test_results_as_json_and_junit_name_case_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG)
    rules = ["--rules", ROOT / "rules"]
    found = json.loads(command(capsys, "test", file, "--format", "json", *rules)[1])
    assert (found["passed"], found["failed"]) == (1, 1)
    assert found["cases"][0]["failures"][0]["line"] == 17
    root = ET.fromstring(command(capsys, "test", file, "--format", "junit", *rules)[1].encode())
    assert root.attrib == {"tests": "2", "failures": "1"}
    assert [case.get("name") for case in root.iter("testcase")] == ["Third line.", "Another one."]
    (failure,) = root.iter("failure")
    assert failure.get("message") == f"{file}:17: anlotinib: expected not-indicated, is offered"


def test_a_name_that_could_steer_a_terminal_is_printed_as_escapes_and_leaves_the_junit_file_readable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text(WRONG.replace("name: Third line.", r'name: "Third \x1b[31mline\x07."'))
    code, out, _ = command(capsys, "test", file, "--rules", ROOT / "rules")
    assert code == 1
    assert out.splitlines()[0].startswith(rf"{file}:17: FAILED Third \x1b[31mline\x07.: anlotinib: ")
    xml = command(capsys, "test", file, "--format", "junit", "--rules", ROOT / "rules")[1]
    assert next(ET.fromstring(xml.encode()).iter("testcase")).get("name") == r"Third \x1b[31mline\x07."


def test_a_case_compares_with_advice_that_was_made_elsewhere(rulebook: Rulebook) -> None:
    from regimen_advisor.advising import advise  # noqa: PLC0415

    (case,) = parse_cases(f"name: x y.\n{THIRD_LINE}expect: {{anlotinib: excluded}}\n", "x.case.yaml", rulebook)
    (failure,) = compare(case, advise(case.patient, rulebook, ask=False))
    assert failure.case is case
