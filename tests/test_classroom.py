"""A class is marked from a folder of answers: points by student and question, and what was missed most."""

import csv
import io
import json
from pathlib import Path

import pytest

from regimen_advisor.cli.app import main
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.classroom import ClassResult, grade_class
from regimen_advisor.quiz.generating import generate, quiz_named
from regimen_advisor.quiz.key import AnswerKey, answer_key
from regimen_advisor.quiz.models import Quiz

QUIZ = ("quiz", "--seed", "3", "--count", "4", "--kind", "exclusion", "--kind", "study")


@pytest.fixture(scope="module")
def quiz(rulebook: Rulebook) -> Quiz:
    return generate(rulebook, seed=3, count=4, kinds=("exclusion", "study"))


@pytest.fixture(scope="module")
def key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    return answer_key(quiz, rulebook)


@pytest.fixture
def folder(tmp_path: Path, quiz: Quiz, key: AnswerKey) -> Path:
    """Three students: one knows all, one answers the first question only, one answers always the first thing."""
    right: dict[str, object] = {
        str(solution.number): {"picks": [pick.right for pick in solution.picks]}
        if solution.picks
        else {group: [point.regimen for point in solution.points if point.group == group] for group in quiz.asks}
        for solution in key.solutions
    }
    first: dict[str, object] = {
        str(solution.number): {"picks": ["a"] * len(solution.picks)}
        if solution.picks
        else {"offered": [point.regimen for point in solution.points]}
        for solution in key.solutions
    }
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "ada.json").write_text(json.dumps({"answers": right}), "utf-8")
    (answers / "b.yaml").write_text(
        json.dumps({"quiz": quiz.name, "student": "ben", "answers": {"1": right["1"]}}), "utf-8"
    )
    (answers / "cyd.yaml").write_text(json.dumps({"answers": first}), "utf-8")
    return answers


def test_each_student_has_the_points_that_the_key_gives(folder: Path, quiz: Quiz, key: AnswerKey) -> None:
    result = grade_class(folder, quiz, key)
    ada, ben, cyd = result.students
    assert (ada.name, ada.right, ada.of) == ("ada", sum(result.by_question), sum(result.by_question))
    assert (ben.right, ben.by_question) == (result.by_question[0], (result.by_question[0], 0, 0, 0))
    offered = [point for solution in key.solutions for point in solution.points if point.group == "offered"]
    picked = [pick for solution in key.solutions for pick in solution.picks if pick.right == "a"]
    assert cyd.right == len(offered) + len(picked)


def test_what_was_missed_most_comes_first_with_where_it_was_put(folder: Path, quiz: Quiz, key: AnswerKey) -> None:
    missed = grade_class(folder, quiz, key).missed
    assert [entry.missed for entry in missed] == sorted((entry.missed for entry in missed), reverse=True)
    assert {"not answered": 1, "offered": 1} in [entry.given for entry in missed if entry.point]
    assert {"not answered": 1, "a": 1} in [entry.given for entry in missed if entry.pick]
    assert sum(sum(entry.given.values()) for entry in missed) == sum(entry.missed for entry in missed)


def test_a_class_that_names_its_quiz_is_marked_without_saying_which(
    folder: Path, tmp_path: Path, quiz: Quiz, rulebook: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    named = json.loads((folder / "b.yaml").read_text("utf-8"))
    assert named["quiz"] == quiz.name
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "b.json").write_text(json.dumps(named), "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["quiz", "--grade", str(tmp_path / "only"), "--format", "json"])
    assert not left.value.code
    assert ClassResult.model_validate_json(capsys.readouterr().out).quiz == quiz.name
    chosen = generate(rulebook, seed=3, count=2, setting="nsclc/later-line-egfr", level=1, kinds=("study", "standard"))
    assert quiz_named(chosen.name, rulebook) == chosen
    assert quiz_named(chosen.name.replace("-s3", "-x3"), rulebook) is None


@pytest.mark.parametrize("ending", [None, ".csv", ".html"])
def test_the_result_is_written_as_text_table_and_page(
    folder: Path, tmp_path: Path, ending: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--output", str(tmp_path / f"class{ending}")] if ending else []
    with pytest.raises(SystemExit) as left:
        main([*QUIZ, "--grade", str(folder), *more])
    assert not left.value.code
    text = (tmp_path / f"class{ending}").read_text("utf-8") if ending else capsys.readouterr().out
    if ending == ".csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["student"] for row in rows] == ["ada", "ben", "cyd"]
        assert all(int(row["right"]) == sum(int(row[f"question {n}"]) for n in range(1, 5)) for row in rows)
    else:
        assert "3 students" in text
        assert "missed most" in text.lower()


def test_the_result_as_json_is_the_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*QUIZ, "--grade", str(folder), "--format", "json"])
    assert len(ClassResult.model_validate_json(capsys.readouterr().out).students) == 3


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "expected files of answers (.yaml or .json), found none"),
        ({"a.yaml": "student: a\nanswers: {}", "b.yaml": "student: a\nanswers: {}"}, "found two for `a`"),
        ({"a.yaml": "answers: {}", "a.json": '{"answers": {}}'}, "expected one file of answers for each student"),
        ({"a.yaml": "answers: {9: {}}", "b.yaml": "answers: []"}, "b.yaml:1:10"),
    ],
)
def test_a_folder_that_is_no_class_is_refused_with_all_its_problems(
    tmp_path: Path, files: dict[str, str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SystemExit) as left:
        main([*QUIZ, "--grade", str(tmp_path)])
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err
