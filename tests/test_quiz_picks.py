"""Questions with one right answer: it is true of the patient, and the wrong answers are wrong."""

from pathlib import Path

import pytest

from regimen_advisor.cli.app import main
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.quiz.clinic import clinic
from regimen_advisor.quiz.generating import generate
from regimen_advisor.quiz.grading import grade, read_answers
from regimen_advisor.quiz.key import AnswerKey, Solution, answer_key
from regimen_advisor.quiz.making import patients_of
from regimen_advisor.quiz.models import LETTERS, PICK_KINDS, QuestionKind, Quiz, QuizQuestion
from regimen_advisor.quiz.own_patients import quiz_of_files
from regimen_advisor.quiz.picks import GAINED, LOST, SAME, WARNED
from regimen_advisor.quiz.seeded_random import SeededRandom
from regimen_advisor.reports.quiz import blank_answers, render_grade, render_html, render_text

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def quiz(rulebook: Rulebook) -> Quiz:
    return generate(rulebook, seed=5, count=15, level=2, kinds=PICK_KINDS)


@pytest.fixture(scope="module")
def key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    return answer_key(quiz, rulebook)


def of_kind(kind: QuestionKind, quiz: Quiz, key: AnswerKey) -> list[tuple[QuizQuestion, Solution]]:
    found = [pair for pair in zip(quiz.questions, key.solutions, strict=True) if pair[0].kind == kind]
    assert found, kind
    return found


def case_of(question: QuizQuestion, rulebook: Rulebook) -> Case:
    return Guideline.of(rulebook).case(question.profile)


def test_a_quiz_goes_through_every_kind(quiz: Quiz, rulebook: Rulebook) -> None:
    assert {question.kind for question in quiz.questions} == {*PICK_KINDS}
    kinds = {question.kind for question in generate(rulebook, seed=3, count=12, level=2).questions}
    assert kinds >= {"next-test", "caution", "study", "standard", "event", "exclusion"}


def test_each_pick_has_one_right_answer_among_several(quiz: Quiz, key: AnswerKey) -> None:
    for question, solution in zip(quiz.questions, key.solutions, strict=True):
        for pick, right in zip(question.picks, solution.picks, strict=True):
            assert len(set(pick.answers)) == len(pick.answers) >= 2
            assert pick.answers[LETTERS.index(right.right)] == right.answer
            assert right.because


def test_the_next_test_settles_more_than_every_other_answer(quiz: Quiz, key: AnswerKey, rulebook: Rulebook) -> None:
    facts = rulebook.domain.facts
    for question, solution in of_kind("next-test", quiz, key):
        settles = {entry.key: len(entry.settles) for entry in case_of(question, rulebook).questions().single}
        by_words = {facts[name].label: count for name, count in settles.items() if name in facts}
        right = by_words[solution.picks[0].answer]
        others = [by_words.get(words, 0) for words in question.picks[0].answers if words != solution.picks[0].answer]
        assert right > max(others)
        assert set(question.picks[0].answers) <= set(question.unknown)


def test_the_right_caution_holds_and_the_others_do_not(quiz: Quiz, key: AnswerKey, rulebook: Rulebook) -> None:
    for question, solution in of_kind("caution", quiz, key):
        option = next(
            entry for entry in case_of(question, rulebook).advice(ask=False).options if entry.regimen == question.about
        )
        held = {caution.says for caution in option.cautions}
        assert [words for words in question.picks[0].answers if words in held] == [solution.picks[0].answer]


def test_the_right_study_is_behind_the_option_and_the_others_are_not(
    quiz: Quiz, key: AnswerKey, rulebook: Rulebook
) -> None:
    for question, solution in of_kind("study", quiz, key):
        option = next(
            entry for entry in case_of(question, rulebook).advice(ask=False).options if entry.regimen == question.about
        )
        behind = {rulebook.studies[name].name.split(" (")[0] for name in option.studies}
        assert [words for words in question.picks[0].answers if words in behind] == [solution.picks[0].answer]


def test_the_right_standard_is_stated_and_the_others_are_not(quiz: Quiz, key: AnswerKey, rulebook: Rulebook) -> None:
    says = {rule.says for rule in rulebook.of(Effect.STANDARD)}
    for question, solution in of_kind("standard", quiz, key):
        stated = {standard.says for standard in case_of(question, rulebook).advice(ask=False).standards}
        assert {words for words in question.picks[0].answers if words in stated} <= {solution.picks[0].answer}
        assert (solution.picks[0].answer in says) == bool(stated)


def test_an_event_changes_what_the_key_says(quiz: Quiz, key: AnswerKey, rulebook: Rulebook) -> None:
    seen = set()
    for question, solution in of_kind("event", quiz, key):
        assert question.event in {event.says for event in clinic().events}
        assert question.after is not None
        before = case_of(question, rulebook).standings
        after = Guideline.of(rulebook).case(question.after).standings
        ids = {regimen.name: name for name, regimen in rulebook.regimens.items()}
        for pick in solution.picks:
            here, there = before[ids[pick.asks]].is_offered, after[ids[pick.asks]].is_offered
            assert {GAINED: (False, True), LOST: (True, False), WARNED: (True, True)}.get(
                pick.answer, (here, here)
            ) == (here, there)
            seen.add(pick.answer)
        assert any(pick.answer != SAME for pick in solution.picks)
    assert len(seen) > 1


def test_excluded_points_come_from_more_than_one_rule(rulebook: Rulebook) -> None:
    key = answer_key(generate(rulebook, seed=1, count=12, level=1, kinds=("exclusion", "boundary")), rulebook)
    points = [point for solution in key.solutions for point in solution.points if point.group == "excluded"]
    assert len({deciding.rule for point in points for deciding in point.because}) > 2


# Patients whom a clinic sees ----------------------------------------------------------------------------------------


def test_no_patient_of_a_quiz_is_one_whom_no_clinic_sees(rulebook: Rulebook, quiz: Quiz) -> None:
    patients = patients_of(rulebook)
    more = generate(rulebook, seed=6, count=12, level=1).questions
    for question in (*quiz.questions, *more):
        assert patients.seen({name: value for name, value in question.profile.items() if name != "id"}), question
    squamous = {"disease": "nsclc", "histology": "squamous", "egfr": "wild-type"}
    line = {"line": 1, "outcome": "progressed"}
    for drugs in (["pemetrexed", "carboplatin"], ["osimertinib"]):
        assert patients.seen({**squamous, "history": [{**line, "drugs": drugs}]}) is None
        assert patients.read({**squamous, "history": [{**line, "drugs": drugs}]}) is not None


@pytest.mark.parametrize(
    ("egfr", "history"),
    [
        (["L858R"], [{"setting": "curative", "drugs": ["erlotinib", "bevacizumab"], "outcome": "progressed"}]),
        ("wild-type", [{"setting": "curative", "drugs": ["ivonescimab"], "outcome": "progressed"}]),
        ("wild-type", [{"line": 1, "drugs": ["zenocutuzumab"], "outcome": "progressed"}]),
        ("wild-type", [{"line": 1, "drugs": ["camrelizumab", "apatinib"], "outcome": "progressed"}]),
        (["C797S"], [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]),
        (["L858R", "T790M"], []),
        (
            "wild-type",
            [
                {"line": 1, "drugs": ["carboplatin", "pemetrexed"], "outcome": "ongoing"},
                {"line": 2, "drugs": ["docetaxel"], "outcome": "progressed"},
            ],
        ),
    ],
)
def test_a_possible_patient_whom_no_clinic_sees_is_passed_over(
    rulebook: Rulebook, egfr: object, history: list[dict[str, object]]
) -> None:
    patients = patients_of(rulebook)
    profile = {
        "disease": "nsclc", "histology": "adenocarcinoma", "extent": "metastatic", "egfr": egfr, "alk": "negative",
        "ros1": "negative", "nrg1": "negative", "other_drivers": "none", "history": history,
    }  # fmt: skip
    assert patients.read(profile) is not None
    assert patients.seen(profile) is None
    usual = {**profile, "egfr": ["L858R"], "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]}
    assert patients.seen(usual) is not None


def test_every_line_of_a_patient_is_a_treatment_that_is_given(rulebook: Rulebook) -> None:
    patients = patients_of(rulebook)
    for rule in [
        rule for rule in rulebook.of(Effect.OFFER) if rule.setting.id in ("nsclc/later-line-any", "sclc/second-line")
    ]:
        found = patients.meeting(patients.effective[rule.id], rule.setting.disease, SeededRandom(rule.id))
        assert found is not None
        for entry in found[0]["history"]:
            assert tuple(entry["drugs"]) in patients.clinic.treatments[rule.setting.disease]


# Answers and reports ------------------------------------------------------------------------------------------------


def test_letters_and_words_are_answers_and_each_right_one_is_a_point(
    quiz: Quiz, key: AnswerKey, tmp_path: Path
) -> None:
    file = tmp_path / "answers.yaml"
    first = key.solutions[0]
    words = [pick.answer if at else pick.right.upper() for at, pick in enumerate(first.picks)]
    file.write_text(f"answers:\n  1: {{picks: {words!r}}}\n  2: {{picks: [null]}}\n", "utf-8")
    marked = grade(quiz, key, read_answers(file, quiz))
    assert marked.right == len(first.picks) == marked.questions[0].of
    assert marked.of == sum(len(question.picks) for question in quiz.questions)
    assert [(entry.answered, entry.right) for entry in marked.questions[1:3]] == [(True, 0), (False, 0)]
    assert "RIGHT. " in render_grade(marked)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[z]", "picks: expected a letter, a to d, or the words of an answer; found `z`"),
        ("[a, a, a, a, a]", "picks: expected at most"),
        ("{}", "picks: expected a list"),
    ],
)  # fmt: skip
def test_a_pick_that_is_none_is_refused_by_line(quiz: Quiz, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "answers.yaml"
    number = next(question.number for question in quiz.questions if len(question.picks[0].answers) == 4)
    file.write_text(f"answers:\n  {number}: {{picks: {text}}}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_answers(file, quiz)
    column = len(f"  {number}: {{picks: ") + (2 if text == "[z]" else 1)
    assert str(caught.value).startswith(f"{file}:2:{column}: {message}")


def test_text_and_page_show_every_answer_with_its_letter(quiz: Quiz, key: AnswerKey, rulebook: Rulebook) -> None:
    text, page = " ".join(render_text(quiz).split()), render_html(quiz, key, rulebook)
    assert blank_answers(quiz).count("picks: []") == len(quiz.questions)
    for question in quiz.questions:
        for pick in question.picks:
            assert all(f"{letter}) {words}" in text for letter, words in zip(LETTERS, pick.answers, strict=False))
    assert page.count('class="choices"') == sum(len(question.picks) for question in quiz.questions)
    assert "<h2>Answers</h2>" in page


def test_a_kind_that_is_none_or_not_of_the_level_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in [
        (["--kind", "cautoin"], "found `cautoin` (did you mean `caution`?)"),
        (["--level", "1", "--kind", "next-test"], "--kind: expected a kind of level 1"),
    ]:
        with pytest.raises(SystemExit) as left:
            main(["quiz", *arguments])
        assert left.value.code == 2
        assert message in capsys.readouterr().err


# A teacher's own patients -------------------------------------------------------------------------------------------


def test_a_quiz_about_profiles_asks_one_question_about_each(rulebook: Rulebook) -> None:
    files = [
        str(ROOT / "profiles" / f"{name}.yaml")
        for name in ("nrg1-after-platinum-pemetrexed", "small-cell-two-prior-lines")
    ]
    quiz = quiz_of_files(rulebook, files)
    guideline = Guideline.of(rulebook)
    for file, question, solution in zip(files, quiz.questions, answer_key(quiz, rulebook).solutions, strict=True):
        standings = guideline.case(file).standings
        assert question.kind == "patient"
        assert {point.regimen for point in solution.points} == {choice.regimen for choice in question.choices}
        for point in solution.points:
            assert point.group.startswith("offered") == standings[point.regimen].is_offered
    assert quiz_of_files(rulebook, files[:1]).name != quiz.name
