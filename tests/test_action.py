"""The action for pull requests and the hooks for pre-commit, on a made-up repository with a proposed change."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import needed
from running import programs
from small_rulebooks import write_two_rules

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "review-in-github.md"
PROFILES = {"tps-0.yaml": 0, "tps-1.yaml": 1}
CASE = """
name: At a TPS of 1 % ivonescimab carries no warning.
profile: {from: tps-1.yaml}
expect:
  ivonescimab: offered
"""


RULE_FILE = "rules/nsclc/first-line.yaml"


class Repository:
    """A clone that holds one commit only, as a runner has it, with a proposal in its working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder / "clone", folder / "bin"
        origin = folder / "origin"
        write_two_rules(origin / "rules")
        (origin / "profiles").mkdir()
        for name, tps in PROFILES.items():
            (origin / "profiles" / name).write_text(f"disease: nsclc\nprior_lines: 0\npd_l1_tps: {tps}\n", "utf-8")
        (origin / "tests" / "cases").mkdir(parents=True)
        (origin / "tests" / "cases" / "one.case.yaml").write_text(CASE, "utf-8")
        self.git(origin, "init", "-q", "-b", "main")
        self.commit(origin, "The rules as they are")
        self.git(origin, "checkout", "-q", "-b", "proposal")
        (origin / "README.md").write_text("A proposal.\n", "utf-8")
        self.commit(origin, "A proposal")
        self.git(folder, "clone", "-q", "--depth=1", "--branch=proposal", origin.as_uri(), str(self.folder))
        self.bin.mkdir()

    def git(self, folder: Path, *arguments: str) -> None:
        author = ("-c", "user.name=An editor", "-c", "user.email=editor@example.org")
        subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)

    def commit(self, folder: Path, why: str) -> None:
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-qm", why)

    def program(self, name: str, text: str) -> None:
        file = self.bin / name
        file.write_text(f"#!/usr/bin/env bash\n{text}\n", "utf-8")
        file.chmod(0o755)

    def change(self, file: str, before: str, after: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), "utf-8")

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"PATH": os.pathsep.join([str(self.bin), str(programs()), os.environ["PATH"]])} | variables
        return subprocess.run(
            command, cwd=self.folder, env=env, check=False, capture_output=True, text=True, encoding="utf-8"
        )

    def review(self, **variables: str) -> tuple[subprocess.CompletedProcess[str], str]:
        """The run of the script, and the step summary."""
        summary = self.folder.parent / "summary.md"
        summary.write_text("", "utf-8")
        given = {"BASE": "main", "REPORT": str(self.report), "GITHUB_STEP_SUMMARY": str(summary)} | variables
        done = self.run("bash", str(ROOT / "action" / "review.sh"), **given)
        return done, summary.read_text("utf-8")

    @property
    def report(self) -> Path:
        return self.folder.parent / "report.md"


@pytest.fixture
def repository(tmp_path):
    needed("git")
    needed("bash")
    return Repository(tmp_path)


WARN_BELOW_50 = (RULE_FILE, "pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}")


def test_the_action_reports_of_a_proposal_what_breaks_and_who_gets_other_advice_and_writes_sarif(repository):
    repository.change(*WARN_BELOW_50)
    done, summary = repository.review(SARIF="found")
    assert done.stderr == ""
    assert done.returncode == 1
    annotated = done.stdout.splitlines()
    assert any(re.match(r"::warning file=rules/manifest\.yaml,line=2,", line) for line in annotated)
    assert any(re.match(r"::error file=tests/cases/one\.case\.yaml,line=5,", line) for line in annotated)
    assert any(re.match(r"::warning file=rules/.*title=not covered::", line) for line in annotated)
    assert any(
        re.match(rf"::notice file={RULE_FILE},line=11,col=5,title=change of advice::iv", line) for line in annotated
    )
    titles = [line for line in summary.splitlines() if line.startswith("###")]
    assert titles == ["### ✅ Check", "### ❌ Cases", "### ❌ Coverage", "### Rules: origin/main -> the working tree"]
    moved = "profiles/tps-1.yaml: ivonescimab offered -> offered-with-caution"
    assert f"- {moved}\n" in summary
    assert "1 of 2 profiles (50 %) get other advice" in summary
    assert repository.report.read_text("utf-8") == summary
    sarif = {file.name: json.loads(file.read_text("utf-8")) for file in (repository.folder / "found").iterdir()}
    assert sorted(sarif) == ["check.sarif", "test.sarif"]
    assert len(sarif["test.sarif"]["runs"][0]["results"]) == 1


def test_a_proposal_that_changes_nothing_passes(repository):
    done, summary = repository.review()
    assert (done.returncode, done.stderr) == (0, "")
    assert "No change of advice" in summary


def test_less_coverage_than_is_asked_for_fails(repository):
    assert repository.review(FAIL_UNDER="100", BASE="")[0].returncode == 1


def test_rules_that_cannot_be_read_are_reported_once_at_their_place(repository):
    repository.change(RULE_FILE, "pd_l1_tps: {below: 1}", "pd_l1_tsp: {below: 1}")
    done, summary = repository.review()
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"::error file={RULE_FILE},line=15,col=7,title=cannot be read::pd_l1_tsp")
    assert summary.startswith(f"### ❌ Check\n\n```text\n{RULE_FILE}:15:7: pd_l1_tsp: unknown fact")
    assert summary.count("###") == 1


def test_a_base_that_is_no_branch_is_an_error(repository):
    done, summary = repository.review(BASE="no-such-branch", CASES="no-cases")
    assert done.returncode == 1
    assert "::error title=base branch::no-such-branch is no branch of origin" in done.stdout
    assert "There are no cases" in summary


# The comment -------------------------------------------------------------------------------------------------------

# It stands in for the program `gh`: one comment by somebody else, and what was posted and changed.
GH = r"""
echo "$*" >> "$CALLS"
case "$*" in
  *--paginate*) [ -e "$BODY" ] && echo 77; exit 0 ;;
  *POST*|*PATCH*) for one in "$@"; do case "$one" in body=@*) cp "${one#body=@}" "$BODY" ;; esac; done
    exit "${REFUSE:-0}" ;;
esac
"""


@pytest.fixture
def comment(repository):
    repository.program("gh", GH)
    calls, body = repository.folder.parent / "calls", repository.folder.parent / "body"

    def write(report, **more):
        repository.report.write_text(report, "utf-8")
        calls.write_text("", "utf-8")
        variables = {
            "CALLS": str(calls), "BODY": str(body), "REPORT": str(repository.report), "REPOSITORY": "some/where",
            "PULL_REQUEST": "5", "RUN": "https://example.org/run",
        }  # fmt: skip
        done = repository.run("bash", str(ROOT / "action" / "comment.sh"), **variables, **more)
        assert (done.returncode, done.stderr) == (0, "")
        found = calls.read_text("utf-8").splitlines()
        return done, found, body.read_text("utf-8") if body.exists() else ""

    return write


def test_the_comment_is_written_once_and_then_changed(comment):
    _, calls, body = comment("### One\n")
    assert "--method POST repos/some/where/issues/5/comments" in calls[-1]
    assert body == "<!-- regimen-advisor: review of the rules -->\n### One\n"
    _, calls, body = comment("### Two\n")
    assert "--method PATCH repos/some/where/issues/comments/77" in calls[-1]
    assert body.endswith("### Two\n")
    assert body.splitlines()[0] in calls[0]


def test_a_long_report_is_cut_at_a_line_with_its_folds_closed(comment):
    lines = ["<details><summary>Much</summary>", "", "```yaml", *["ä" * 99] * 700, "```", "</details>"]
    _, _, body = comment("\n".join(lines) + "\n")
    assert 59_000 < len(body.encode()) < 61_000
    assert body.count("```") == 2
    assert body.count("<details>") == body.count("</details>") == 1
    assert body.rstrip().endswith("The rest is in [the summary of the run](https://example.org/run).")


def test_where_the_comment_may_not_be_written_the_run_goes_on(comment):
    done, _, _ = comment("### One\n", REFUSE="1")
    assert done.stdout.startswith("::warning title=comment::")


# What is to be copied ----------------------------------------------------------------------------------------------


def test_each_input_of_the_action_is_handed_to_its_script(tmp_path):
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    text = (ROOT / "action.yml").read_text("utf-8")
    for name, given in action["inputs"].items():
        assert f"inputs.{name}" in text
        assert given["description"]
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], "a name that somebody chose would be run as a command"
        script = re.search(r"\$GITHUB_ACTION_PATH/(action/\w+\.sh)", step["run"])
        if script:
            read = (ROOT / script[1]).read_text("utf-8")
            assert all(f"${{{name}" in read or f"${name}" in read for name in step["env"] if name != "GH_TOKEN")


def test_the_workflow_to_copy_names_inputs_that_there_are():
    workflow, hooks = (
        yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    )
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert set(workflow["jobs"]["review"]["steps"][1]["with"]) <= set(inputs)
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks["repos"][0]["hooks"]] == [entry["id"] for entry in offered]


def test_each_hook_runs_and_fails_where_it_should(repository):
    offered = {entry["id"]: entry for entry in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    repository.change(*WARN_BELOW_50)
    codes = {id: repository.run(*shlex.split(entry["entry"])).returncode for id, entry in offered.items()}
    assert codes == {"regimen-advisor-check": 0, "regimen-advisor-test": 1, "regimen-advisor-diff": 0}
    strict = [*shlex.split(offered["regimen-advisor-diff"]["entry"]), "--exit-code"]
    assert repository.run(*strict).returncode == 1
