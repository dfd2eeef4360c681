"""A quiz for course systems: each file read back by a reader of its kind, and held to the key."""

import csv
import io
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from regimen_advisor.cli.app import main
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.generating import generate
from regimen_advisor.quiz.items import items
from regimen_advisor.quiz.key import AnswerKey, answer_key
from regimen_advisor.quiz.models import Quiz
from regimen_advisor.reports import course_files
from regimen_advisor.reports.quiz import answer_words, point_words

# The shares that Moodle takes, in percent (question/engine/bank.php: `fraction_options_full`).
SHARES = {
    100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10,
    5, 0,
}  # fmt: skip


KINDS = ("exclusion", "unknown", "study", "event")


@pytest.fixture(scope="module")
def quiz(rulebook: Rulebook) -> Quiz:
    return generate(rulebook, seed=3, count=6, level=3, kinds=KINDS)


@pytest.fixture(scope="module")
def key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    return answer_key(quiz, rulebook)


# Moodle: what `question/format/xml/format.php` asks for, read from its code -------------------------------------------


@pytest.fixture(scope="module")
def questions(quiz: Quiz, key: AnswerKey) -> list[ET.Element]:
    root = ET.fromstring(course_files.moodle(quiz, key))
    category, *questions = root.findall("question")
    assert category.get("type") == "category"
    assert re.fullmatch(r"\$course\$/top/Quiz: 6 questions, level 3, seed 3", category.findtext("category/text", ""))
    return questions


def test_moodle_gets_three_questions_for_regimens_to_sort_and_one_for_each_pick(questions, quiz):
    kinds = [
        kind
        for question in quiz.questions
        for kind in (["multichoice"] * len(question.picks) or ["matching", "multichoice", "multichoice"])
    ]
    assert [question.get("type") for question in questions] == kinds
    assert {"matching", "multichoice"} <= {*kinds}
    assert len({question.findtext("idnumber") for question in questions}) == len(questions)
    for question in questions:
        assert question.findtext("name/text")
        assert question.find("questiontext").get("format") == "html"


def test_the_same_quiz_gives_moodle_the_same_idnumbers_and_bytes(quiz, key, rulebook):
    again = generate(rulebook, seed=3, count=6, level=3, kinds=KINDS)
    assert course_files.moodle(again, answer_key(again, rulebook)) == course_files.moodle(quiz, key)


def test_a_matching_question_pairs_each_regimen_with_its_group_and_offers_every_group(questions, quiz, key):
    matching = [entry for entry in questions if entry.get("type") == "matching"]
    sorted_ = [entry for entry in key.solutions if entry.points]
    for question, solution in zip(matching, sorted_, strict=True):
        pairs = [
            (entry.findtext("text") or "", entry.findtext("answer/text")) for entry in question.findall("subquestion")
        ]
        named = {unescape(text): answer for text, answer in pairs if text}
        assert named == {point.name: point.group.replace("-", " ") for point in solution.points}
        assert {answer for _, answer in pairs} == {group.replace("-", " ") for group in (*quiz.asks, "not-indicated")}
        assert len(named) >= 2  # the least that Moodle takes
        assert all(unescape(point_words(point)) in unescape(question.findtext("generalfeedback/text", ""))
                   for point in solution.points)  # fmt: skip


def test_a_choice_has_shares_that_moodle_takes_and_all_that_is_right_makes_a_hundred(questions):
    choices = [question for question in questions if question.get("type") == "multichoice"]
    assert choices
    for question in choices:
        shares = [float(answer.get("fraction")) for answer in question.findall("answer")]
        assert all(abs(share) in SHARES for share in shares)
        right = [share for share in shares if share > 0]
        assert sum(right) == pytest.approx(100, abs=0.001)
        if question.findtext("single") == "true":
            assert right == [100]


def test_every_answer_has_its_reason_with_rule_and_section(questions):
    for question in questions:
        for answer in question.findall("answer"):
            assert answer.findtext("feedback/text")
            is_sorted = question.findtext("idnumber", "").endswith(("-several", "-single"))
            if is_sorted and answer.findtext("text") != "none of these":
                assert re.search(r"\[\w+ [\w. ]+.*, [a-z0-9-]+\]", answer.findtext("feedback/text", ""))


def test_a_wrong_pick_is_answered_with_the_right_one(questions, quiz, key):
    picks = {f"{quiz.name}-q{solution.number}-{number}": pick
             for solution in key.solutions for number, pick in enumerate(solution.picks, start=1)}  # fmt: skip
    asked = [question for question in questions if question.findtext("idnumber") in picks]
    assert asked
    for question in asked:
        pick = picks[question.findtext("idnumber")]
        for answer in question.findall("answer"):
            feedback, is_right = unescape(answer.findtext("feedback/text", "")), answer.get("fraction") == "100"
            assert is_right == (unescape(answer.findtext("text", "")) == pick.answer)
            assert feedback.startswith(f"The right answer: {pick.answer}") != is_right


# GIFT ----------------------------------------------------------------------------------------------------------------


def test_a_reader_of_gift_finds_the_items_with_their_answers(quiz, key, capsys):
    parser = pytest.importorskip("pygiftparser.parser")
    read = parser.parse(course_files.gift(quiz, key))
    assert "Illegal" not in capsys.readouterr().out
    assert len(read.questions) == len(list(items(quiz, key)))


def test_signs_of_gift_within_a_text_are_escaped(quiz, key):
    written = course_files.gift(quiz, key)
    for item in items(quiz, key):
        assert f"::{item.id}::" in written
    outside = re.sub(r"\\.", "", written)
    for line in outside.splitlines():
        if line.startswith(("  =", "  ~")):
            body = re.sub(r"^  (=|~%-?[\d.]+%|~)", "", line)
            assert not re.search(r"[={}~]", body.replace("->", "").replace("#", "", 1)), line


# CSV -----------------------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_regimen_of_each_question(quiz, key):
    rows = list(csv.DictReader(io.StringIO(course_files.table(quiz, key))))
    points = [(solution.number, point) for solution in key.solutions for point in solution.points]
    picks = [(entry.number, pick) for entry in key.solutions for pick in entry.picks]
    groups = {point.group for _, point in points}
    sorted_ = [row for row in rows if row["group"] in groups]
    assert [(int(row["question"]), row["regimen"], row["group"]) for row in sorted_] == [
        (number, point.regimen, point.group) for number, point in points
    ]
    assert all(row["why"] == point_words(point) for row, (_, point) in zip(sorted_, points, strict=True))
    assert [(int(row["question"]), row["group"]) for row in rows if row not in sorted_] == [
        (number, pick.answer) for number, pick in picks
    ]


# Anki ----------------------------------------------------------------------------------------------------------------


def test_ankis_own_library_opens_the_package_and_finds_a_card_for_each_regimen(quiz, key, tmp_path):
    collection_ = pytest.importorskip("anki.collection")
    pytest.importorskip("genanki")
    from anki.import_export_pb2 import ImportAnkiPackageOptions, ImportAnkiPackageRequest  # noqa: PLC0415

    file = tmp_path / "quiz.apkg"
    file.write_bytes(course_files.anki(quiz, key))
    collection = collection_.Collection(str(tmp_path / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(file), options=ImportAnkiPackageOptions()))
    points = [point for solution in key.solutions for point in solution.points]
    picks = [pick for solution in key.solutions for pick in solution.picks]
    assert collection.card_count() == len(points) + len(picks)
    answers = {collection.get_note(note)["Answer"] for note in collection.find_notes("")}
    assert {unescape(answer) for answer in answers} == {
        *(point_words(point) for point in points),
        *(answer_words(pick) for pick in picks),
    }
    collection.close()


def test_the_same_quiz_gives_anki_the_same_bytes(quiz, key):
    pytest.importorskip("genanki")
    assert course_files.anki(quiz, key) == course_files.anki(quiz, key)


# The command line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "begins"),
    [("moodle", b"<?xml"), ("gift", b"// Quiz: 2 questions"), ("csv", b"quiz,question"), ("anki", b"PK")],
)
def test_the_quiz_is_exported_for_a_course_system(format: str, begins: bytes, tmp_path: Path) -> None:
    file = tmp_path / "quiz"
    with pytest.raises(SystemExit) as left:
        main(["quiz", "--count", "2", "--export", format, "--output", str(file)])
    assert not left.value.code
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--export", "anki"], "--export anki: expected --output FILE.apkg, found none"),
        (["--export", "moodel"], "or one of moodle, gift, anki, csv; found `moodel` (did you mean `moodle`?)"),
    ],
)
def test_an_export_that_cannot_be_made_is_refused(arguments, complaint, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        main(["quiz", "--count", "1", *arguments])
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err
