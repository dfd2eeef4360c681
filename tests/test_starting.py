"""``init-pack``: the pack that it makes is whole, and what cannot be made is refused."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from regimen_advisor import advise
from regimen_advisor.cli.app import app
from regimen_advisor.cli.case_files import own_part
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.reports.files import write_folder
from regimen_advisor.reviewing.numbering import numbered, table_text
from regimen_advisor.reviewing.starting import new_pack

ROOT = Path(__file__).parent.parent


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    return done.output


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["init-pack", *arguments])
    assert isinstance(done.exception, InputError)
    return str(done.exception)


def test_a_new_pack_loads_and_passes_check_and_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed = run("init-pack", "my-guideline").splitlines()
    made = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()]
    assert sorted(listed) == sorted(made)
    monkeypatch.chdir(tmp_path / "my-guideline")
    assert "no faults" in run("check")
    assert run("test", "cases").strip() == "3 cases: 3 passed, 0 failed"


def test_the_example_is_written_out_whole_and_can_be_used_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init-pack", "tutorial", "--example").split() == ["tutorial/examples", "tutorial/profiles"]
    for name in ("examples", "profiles"):
        texts = [
            {str(file.relative_to(folder)): file.read_text("utf-8") for file in (folder / name).rglob("*.*")}
            for folder in (ROOT, tmp_path / "tutorial")
        ]
        assert texts[0] == texts[1]
    monkeypatch.chdir(tmp_path / "tutorial")
    stack = ["--rules", "shipped", "--rules", "examples/invented-consensus"]
    assert "alectinib" in run("advise", "profiles/alk-untreated.yaml", *stack)


def test_a_new_pack_offers_nothing_and_adds_one_note(rulebook: Rulebook, tmp_path: Path) -> None:
    write_folder(tmp_path / "mine", new_pack("mine", rulebook))
    stack = load_rulebook([*rulebook.folders, tmp_path / "mine" / "pack"])
    assert stack.rules.keys() - rulebook.rules.keys() == {"mine-alk-note"}
    assert stack.studies.keys() - rulebook.studies.keys() == {"mine-study"}
    patient = ROOT / "profiles" / "alk-untreated.yaml"
    before, after = advise(patient, rulebook), advise(patient, stack)
    assert [option.standing for option in before.options] == [option.standing for option in after.options]
    assert {note.rule for note in after.notes} - {note.rule for note in before.notes} == {"mine-alk-note"}


def test_coverage_and_mutate_take_the_rules_of_the_pack_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("init-pack", "mine")
    monkeypatch.chdir(tmp_path / "mine")
    covered = run("coverage", "cases")
    assert "Only the rules of pack/" in covered
    assert "1 rule, 3 cases" in covered
    assert "(100.0 %)" in covered, "the cases of a new pack are an example of what is asked of cases"
    changed = json.loads(run("mutate", "cases", "--workers", "1", "--format", "json"))
    assert {verdict["subject"] for verdict in changed["verdicts"]} == {"mine-alk-note"}
    assert changed["survived"] == 0
    stack = load_rulebook(["shipped", "pack"])
    assert own_part(stack, whole_stack=False) == stack.folders[1]
    assert own_part(stack, whole_stack=True) is None
    assert own_part(load_rulebook(["shipped"]), whole_stack=False) is None


def test_a_rule_that_is_named_is_looked_at_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("init-pack", "mine")
    monkeypatch.chdir(tmp_path / "mine")
    assert "1 rule, 3 cases" in run("coverage", "cases", "--rule", "anlotinib-third-line")


def test_the_table_of_numbers_of_a_new_pack_is_that_of_its_text(rulebook: Rulebook, tmp_path: Path) -> None:
    write_folder(tmp_path / "mine", new_pack("mine", rulebook))
    stack = load_rulebook([*rulebook.folders, tmp_path / "mine" / "pack"])
    text = table_text({"mine": numbered(stack.reviews["mine"], str(tmp_path / "mine" / "text.txt"))})
    written = (tmp_path / "mine" / "pack" / "section-numbers.yaml").read_text("utf-8")
    assert yaml.safe_load(written) == yaml.safe_load(text)


def test_the_workflow_of_a_new_pack_runs_check_and_the_cases(rulebook: Rulebook) -> None:
    files = new_pack("mine", rulebook)
    steps = yaml.safe_load(files[".github/workflows/rules.yml"])["jobs"]["check"]["steps"]
    ran = [step["run"] for step in steps if "run" in step]
    assert [entry.split()[:2] for entry in ran[1:]] == [["regimen-advisor", "check"], ["regimen-advisor", "test"]]
    for command in ran[1:]:
        assert subprocess.run(["bash", "-nc", command], check=False).returncode == 0


def test_a_label_that_another_source_has_is_not_taken(rulebook: Rulebook) -> None:
    label = next(review.cited_as for review in rulebook.reviews.values())
    name = "-".join(f"{letter}x" for letter in label.lower())
    files = new_pack(name, rulebook)
    assert f"cited_as: {name.upper()}\n" in files["pack/reviews.yaml"]


@pytest.mark.parametrize("name", ["Mine", "my_guideline", "", "-x", "7up", "a--b"])
def test_a_name_that_is_no_id_is_refused(name: str, tmp_path: Path) -> None:
    assert "expected a name such as `my-guideline`" in refused(str(tmp_path / "mine"), "--name", name)
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_source_that_is_there_is_refused(rulebook: Rulebook, tmp_path: Path) -> None:
    source = next(iter(rulebook.reviews))
    message = refused(str(tmp_path / "mine"), "--name", source)
    assert message == f"--name: expected a new name: the source `{source}` already exists"
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("Mine.", "utf-8")
    assert "expected the name of a new folder, or of an empty one" in refused(str(tmp_path / "mine"))
    (tmp_path / "file").write_text("", "utf-8")
    assert "expected the name of a new folder" in refused(str(tmp_path / "file"))
    assert "cannot be written" in refused(str(tmp_path / "none" / "mine"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "notes.txt"]


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    run("init-pack", str(tmp_path / "mine"))
    assert (tmp_path / "mine" / "pack" / "pack.yaml").is_file()
