"""The quiz: reproducible questions on possible patients, and marks with the deciding rules."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from rich.console import Console
from typer.testing import CliRunner

from regimen_advisor.advising import advise
from regimen_advisor.cli.app import app
from regimen_advisor.cli.quiz_terminal import ask
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.generating import generate, settings_of
from regimen_advisor.quiz.grading import Answers, Grade, Sorted, grade, read_answers
from regimen_advisor.quiz.key import AnswerKey, answer_key
from regimen_advisor.quiz.making import MOST_FAILED, _Maker, group_of, patients_of
from regimen_advisor.quiz.models import GROUPS, SORT_KINDS, Group, Level, PickKind, QuestionKind, Quiz, QuizQuestion
from regimen_advisor.quiz.picking import Picker, PickFound
from regimen_advisor.quiz.seeded_random import SeededRandom
from regimen_advisor.quiz.variants import Variants
from regimen_advisor.reports.quiz import blank_answers, render_grade, render_html, render_markdown, render_text
from seeing import without_tips
from small_rulebooks import rulebook_of

SLOW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEVELS: tuple[Level, ...] = (1, 2, 3)
TWO_RULES = """
- id: one
  offer: ivonescimab
  when: {all: [{disease: nsclc}, {not: {ecog: {at_least: 3}}}]}
- id: two
  offer: tarlatamab
  when: {all: [{disease: sclc}, {not: {ecog: {at_least: 3}}}]}
"""


KINDS = [word for kind in SORT_KINDS for word in ("--kind", kind)]


def patient_of(question: QuizQuestion, rulebook: Rulebook) -> Patient:
    return read(Profile.model_validate(question.profile), rulebook.domain)


def right_answers(key: AnswerKey) -> dict[int, Sorted]:
    return {solution.number: {point.regimen: point.group for point in solution.points} for solution in key.solutions}


@pytest.fixture(scope="module")
def quiz(rulebook: Rulebook) -> Quiz:
    return generate(rulebook, seed=7, count=4, level=2, kinds=SORT_KINDS)


@pytest.fixture(scope="module")
def key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    return answer_key(quiz, rulebook)


# Chance --------------------------------------------------------------------------------------------------------------


def test_the_same_text_throws_the_same_dice_on_every_python() -> None:
    dice = SeededRandom("a", 1)
    assert "".join(dice.pick("abcdefgh") for _ in range(8)) == "babbhgeh"


def test_shuffling_keeps_every_item() -> None:
    assert sorted(SeededRandom("x").shuffled(range(20))) == list(range(20))


# Generating ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_quiz_and_another_seed_another(rulebook: Rulebook, quiz: Quiz) -> None:
    assert generate(rulebook, seed=7, count=4, level=2, kinds=SORT_KINDS) == quiz
    assert generate(rulebook, seed=8, count=4, level=2, kinds=SORT_KINDS).questions != quiz.questions


def test_the_quiz_does_not_depend_on_the_order_in_which_python_walks_a_set(rulebook: Rulebook) -> None:
    here = generate(rulebook, 7, 9).questions
    code = "from regimen_advisor.quiz.generating import generate; import sys; "
    code += "from regimen_advisor.knowledge.rulebook import load_rulebook; "
    code += "print(generate(load_rulebook(sys.argv[1:]), 7, 9).model_dump_json())"
    for hash_seed in ("1",):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, rulebook.folders)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert Quiz.model_validate_json(done.stdout).questions == here


def test_a_longer_quiz_begins_with_the_shorter_one(rulebook: Rulebook, quiz: Quiz) -> None:
    assert generate(rulebook, seed=7, count=6, level=2, kinds=SORT_KINDS).questions[:4] == quiz.questions


@SLOW
@given(seed=st.integers(0, 10_000), level=st.sampled_from(LEVELS))
def test_every_generated_patient_is_a_possible_patient(rulebook: Rulebook, seed: int, level: Level) -> None:
    patients = patients_of(rulebook)
    for question in generate(rulebook, seed, 3, None, level).questions:
        assert patients.solver.is_possible(patient_of(question, rulebook))


@SLOW
@given(seed=st.integers(0, 10_000))
def test_at_level_1_nothing_that_decides_is_unknown(rulebook: Rulebook, seed: int) -> None:
    quiz = generate(rulebook, seed, 3, None, 1)
    for solution in answer_key(quiz, rulebook).solutions:
        assert all(point.group in (*GROUPS[1], "not-indicated") for point in solution.points)
    assert not any(question.unknown for question in quiz.questions)


@SLOW
@given(seed=st.integers(0, 10_000), level=st.sampled_from(LEVELS))
def test_no_patient_is_asked_about_twice(rulebook: Rulebook, seed: int, level: Level) -> None:
    quiz = generate(rulebook, seed, 6, None, level)
    profiles = [json.dumps(question.profile | {"id": ""}, sort_keys=True) for question in quiz.questions]
    assert len(set(profiles)) == len(profiles)


@SLOW
@given(seed=st.integers(0, 10_000))
def test_each_kind_of_question_is_what_it_says(rulebook: Rulebook, seed: int) -> None:
    quiz = generate(rulebook, seed, 5, None, 2, SORT_KINDS)
    for question, solution in zip(quiz.questions, answer_key(quiz, rulebook).solutions, strict=True):
        groups = [point.group for point in solution.points]
        match question.kind:
            case "exclusion":
                assert "excluded" in groups
            case "unknown":
                assert "waiting" in groups
                assert question.unknown
            case "boundary":
                assert solution.contrast is not None
            case "neighbour":
                assert solution.contrast is not None or question.like is not None


@SLOW
@given(seed=st.integers(0, 10_000), level=st.sampled_from(LEVELS))
def test_a_neighbour_differs_from_its_patient_in_one_key_and_in_some_answer(
    rulebook: Rulebook, seed: int, level: Level
) -> None:
    quiz = generate(rulebook, seed, 6, None, level, ("boundary", "neighbour", "exclusion"))
    patients = patients_of(rulebook)
    for question in quiz.questions:
        if question.like is not None:
            second = quiz.question(question.like)
            assert question.difference
            different = {key for key in question.profile if question.profile[key] != second.profile.get(key)}
            assert len(different - {"id"}) == 1
            here, there = (patients.standings(patient_of(entry, rulebook)) for entry in (question, second))
            asked = [choice.regimen for choice in question.choices]
            assert any(group_of(here[entry]) != group_of(there[entry]) for entry in asked)


def test_every_setting_with_options_gives_a_quiz_at_every_level(rulebook: Rulebook) -> None:
    for setting in settings_of(rulebook):
        for level in LEVELS:
            quiz = generate(rulebook, 1, 2, setting.id, level, SORT_KINDS[:-1] if level == 1 else SORT_KINDS)
            assert len(quiz.questions) == 2
            assert {question.profile["disease"] for question in quiz.questions} == {setting.disease}


def test_a_patient_is_found_for_every_rule_that_offers_excludes_or_warns(rulebook: Rulebook) -> None:
    patients = patients_of(rulebook)
    for rule in rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION):
        found = patients.meeting(patients.effective[rule.id], rule.setting.disease, SeededRandom(rule.id))
        assert found is not None, rule.id
        assert patients.program.truths(found[1].facts)[rule.id] is Truth.TRUE


def test_a_setting_may_be_named_by_its_file_where_that_is_clear(rulebook: Rulebook) -> None:
    assert generate(rulebook, count=1, setting="nrg1").setting == "nsclc/nrg1"
    with pytest.raises(InputError, match="nsclc/first-line-maintenance, sclc/first-line-maintenance"):
        generate(rulebook, setting="first-line-maintenance")
    with pytest.raises(InputError, match="did you mean `nsclc/nrg1`"):
        generate(rulebook, setting="nsclc/nrg")


def test_a_setting_that_offers_nothing_is_refused(rulebook: Rulebook) -> None:
    with pytest.raises(InputError, match="`nsclc/notes` is none of the settings to choose from here"):
        generate(rulebook, setting="nsclc/notes")


def test_too_many_questions_are_refused(rulebook: Rulebook) -> None:
    with pytest.raises(InputError, match="from 1 to 50"):
        generate(rulebook, count=51)


def test_a_rulebook_of_two_rules_runs_out_of_questions_after_few_searches(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = replace(rulebook_of(rulebook, TWO_RULES), digest="two rules")
    searched: list[tuple[str, bool]] = []
    find, sort = Picker.find, _Maker._to_sort

    def found(self: Picker, kind: PickKind) -> PickFound | None:
        made = find(self, kind)
        searched.append((kind, made is not None))
        return made

    def sorted_(self: _Maker, number: int, kind: QuestionKind) -> QuizQuestion | None:
        made = sort(self, number, kind)
        searched.append((kind, made is not None))
        return made

    monkeypatch.setattr(Picker, "find", found)
    monkeypatch.setattr(_Maker, "_to_sort", sorted_)
    with pytest.raises(InputError, match=r"only \d+ different questions can be made, found 50"):
        generate(two, count=50)
    fruitless = Counter(kind for kind, is_found in searched if not is_found)
    assert searched
    assert all(fruitless[kind] <= MOST_FAILED for kind in fruitless if (kind, True) not in searched), fruitless


def test_the_regimens_asked_about_are_of_the_disease_and_are_in_the_order_of_the_rulebook(
    rulebook: Rulebook, quiz: Quiz
) -> None:
    order = list(rulebook.regimens)
    for question in quiz.questions:
        regimens = [choice.regimen for choice in question.choices]
        assert {rulebook.regimens[regimen].disease for regimen in regimens} == {question.profile["disease"]}
        assert regimens == sorted(regimens, key=order.index)


def test_a_patient_to_whom_nothing_is_offered_or_may_be_is_rare(rulebook: Rulebook) -> None:
    questions = [
        question for seed in range(4) for question in generate(rulebook, seed, 3, None, 2, SORT_KINDS).questions
    ]
    patients = patients_of(rulebook)
    standings = [set(patients.standings(patient_of(question, rulebook)).values()) for question in questions]
    without = [standing for standing in standings if standing == {Standing.NOT_INDICATED}]
    assert len(without) <= len(questions) // 5


# The key -------------------------------------------------------------------------------------------------------------


def test_the_key_says_what_advise_says(rulebook: Rulebook, quiz: Quiz, key: AnswerKey) -> None:
    for question, solution in zip(quiz.questions, key.solutions, strict=True):
        advice = advise(patient_of(question, rulebook), rulebook, ask=False)
        for point in solution.points:
            assert point.group == group_of(advice.standing(point.regimen))


def test_every_point_names_a_rule_and_its_section(rulebook: Rulebook, quiz: Quiz, key: AnswerKey) -> None:
    for solution in key.solutions:
        for point in solution.points:
            assert point.because, point
            for deciding in point.because:
                rule = rulebook.rules[deciding.rule]
                assert all(place.section in deciding.cited for place in rule.source.places)
                assert deciding.written_in.startswith(("rules/", *(f"{folder.name}/" for folder in rulebook.folders)))
                assert point.regimen in rulebook.meets(rule)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_caution_that_holds_is_an_answer_of_its_own_at_every_level(rulebook: Rulebook, level: Level) -> None:
    quiz = generate(rulebook, seed=5, count=8, level=level, kinds=("boundary", "neighbour", "exclusion"))
    points = [point for solution in answer_key(quiz, rulebook).solutions for point in solution.points]
    cautious = [point for point in points if point.group == "offered-with-caution"]
    assert cautious
    assert all(any(entry.effect == "caution" for entry in point.because) for point in cautious)
    assert not any(entry.effect == "caution" for point in points if point.group == "offered" for entry in point.because
                   if rulebook.rules[entry.rule].kind != "measure")  # fmt: skip


@pytest.mark.parametrize("level", [1, 2, 3])
def test_at_most_a_third_of_the_points_are_not_indicated(rulebook: Rulebook, level: Level) -> None:
    kinds = ("boundary", "neighbour", "exclusion") if level == 1 else SORT_KINDS
    quiz = generate(rulebook, seed=5, count=14, level=level, kinds=kinds)
    points = [point for solution in answer_key(quiz, rulebook).solutions for point in solution.points]
    assert 3 * sum(point.group == "not-indicated" for point in points) <= len(points)


def test_the_key_says_what_the_sources_state_as_the_standard(rulebook: Rulebook) -> None:
    kinds = ("boundary", "neighbour")
    quiz = generate(rulebook, seed=5, count=10, setting="nsclc/first-line-driver-negative", level=1, kinds=kinds)
    standards = [entry for solution in answer_key(quiz, rulebook).solutions for entry in solution.standards]
    assert standards
    for standard in standards:
        rule = rulebook.rules[standard.rule]
        assert (rule.effect, rule.says) == (Effect.STANDARD, standard.says)


def test_a_waiting_regimen_names_what_it_waits_for(key: AnswerKey) -> None:
    waiting = [point for solution in key.solutions for point in solution.points if point.group == "waiting"]
    assert waiting
    assert all(point.waits_for for point in waiting)


def test_what_a_regimen_waits_for_is_called_as_the_question_calls_it(rulebook: Rulebook) -> None:
    quiz = generate(rulebook, seed=6, count=8, setting="nsclc/later-line-egfr", kinds=("unknown",))
    named = set()
    for question, solution in zip(quiz.questions, answer_key(quiz, rulebook).solutions, strict=True):
        waits = {words for point in solution.points for words in point.waits_for}
        assert waits <= set(question.unknown)
        named |= waits
    assert any(" of line " in words for words in named)


def test_the_contrast_is_true_of_a_patient_who_differs_in_that_fact(rulebook: Rulebook) -> None:
    patients = patients_of(rulebook)
    seen = [0]

    @SLOW
    @given(seed=st.integers(0, 10_000))
    def holds(seed: int) -> None:
        quiz = generate(rulebook, seed, 2, None, 2, SORT_KINDS)
        for question, solution in zip(quiz.questions, answer_key(quiz, rulebook).solutions, strict=True):
            if solution.contrast is None:
                continue
            seen[0] += 1
            profile = {name: value for name, value in question.profile.items() if name != "id"}
            variants = [entry for entry in Variants(patients).changed(profile) if entry.says == solution.contrast.says]
            (patient,) = [found for variant in variants if (found := patients.read(variant.profile)) is not None]
            standings = patients.standings(patient)
            for change in solution.contrast.changes:
                assert change.from_ != change.to == group_of(standings[change.regimen])

    holds()
    assert seen[0] >= 3, "too few questions have a contrast for the test to mean anything"


# Marking -------------------------------------------------------------------------------------------------------------


def test_right_answers_win_every_point(quiz: Quiz, key: AnswerKey) -> None:
    marked = grade(quiz, key, right_answers(key))
    assert marked.right == marked.of == sum(len(question.choices) for question in quiz.questions)


def test_a_question_without_an_answer_wins_nothing(quiz: Quiz, key: AnswerKey) -> None:
    marked = grade(quiz, key, {1: right_answers(key)[1]})
    assert marked.questions[0].right == marked.questions[0].of
    assert [(question.answered, question.right) for question in marked.questions[1:]] == [(False, 0)] * 3


def test_one_wrong_group_costs_one_point(quiz: Quiz, key: AnswerKey) -> None:
    answers = {number: dict(groups) for number, groups in right_answers(key).items()}
    regimen, group = next(iter(answers[1].items()))
    wrong: Group = "excluded" if group != "excluded" else "offered"
    answers[1][regimen] = wrong
    marked = grade(quiz, key, answers)
    assert marked.right == marked.of - 1
    (lost,) = [point for point in marked.questions[0].points if not point.right]
    assert (lost.point.regimen, lost.given, lost.point.group) == (regimen, wrong, group)
    assert f"WRONG ({wrong})" in render_grade(marked)


def test_a_blank_file_of_answers_fits_its_quiz(quiz: Quiz, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(blank_answers(quiz), "utf-8")
    assert read_answers(file, quiz) == {1: {}, 2: {}, 3: {}, 4: {}}


def test_regimens_are_answered_by_id_or_name(quiz: Quiz, tmp_path: Path) -> None:
    first, second, *_ = quiz.questions[0].choices
    file = tmp_path / "answers.yaml"
    file.write_text(f"answers:\n  1: {{offered: [{first.regimen}], waiting: ['{second.name}']}}\n", "utf-8")
    assert read_answers(file, quiz) == {1: {first.regimen: "offered", second.regimen: "waiting"}}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("answers:\n  9: {offered: []}\n", "2:3", "expected the number of a question, 1 to 4, found `9`"),
        ("answers:\n  1: {offered: [x]}\n", "2:17", "expected a regimen that question 1 asks about, found `x`"),
        ("answers:\n  1: {ofered: []}\n", "2:7", "did you mean `offered`?"),
        ("answers:\n  1: {offered: {}}\n", "2:16", "expected a list"),
        ("quiz: other\nanswers: {}\n", "1:7", "these answers are for the quiz `other`"),
        ("answers:\n  1: {offered: [CHOICE], excluded: [CHOICE]}\n", None, "under offered too"),
        ("answers:\n  1: {offered: [CHOICE, CHOICE]}\n", None, "twice"),
        ("answers: []\n", "1:10", "expected a mapping"),
        ("", "1:1", "expected"),
        ("answers:\n  1: {}\n  1: {}\n", "3:3", "expected each key once"),
    ],
)  # fmt: skip
def test_answers_that_do_not_fit_are_refused_by_line(
    quiz: Quiz, tmp_path: Path, text: str, place: str | None, message: str
) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(text.replace("CHOICE", quiz.questions[0].choices[0].regimen), "utf-8")
    with pytest.raises(InputError) as caught:
        read_answers(file, quiz)
    answer = str(caught.value)
    assert message in answer
    assert answer.startswith(f"{file}:{place}:" if place else f"{file}:2:")


def test_all_that_does_not_fit_is_reported_at_once(quiz: Quiz, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("answers:\n  1: {offered: [a, b]}\n  8: {}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_answers(file, quiz)
    assert len(caught.value.problems) == 3


def test_a_regimen_that_is_nearly_right_is_suggested(quiz: Quiz, tmp_path: Path) -> None:
    regimen = max((choice.regimen for choice in quiz.questions[0].choices), key=len)
    file = tmp_path / "answers.yaml"
    file.write_text(f"answers:\n  1: {{offered: [{regimen}x]}}\n", "utf-8")
    with pytest.raises(InputError, match=f"did you mean `{regimen}`"):
        read_answers(file, quiz)


# Published models ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Quiz, Answers, Grade, AnswerKey])
def test_the_published_models_have_a_schema(model: type) -> None:
    assert model.model_json_schema()["properties"]  # type: ignore[attr-defined]


def test_a_quiz_and_its_marking_survive_json(quiz: Quiz, key: AnswerKey) -> None:
    assert Quiz.model_validate_json(quiz.model_dump_json()) == quiz
    marked = grade(quiz, key, {})
    assert Grade.model_validate_json(marked.model_dump_json(by_alias=True)) == marked
    with pytest.raises(ValidationError):
        Quiz.model_validate_json("{}")


def test_a_quiz_gives_no_answer_away(quiz: Quiz) -> None:
    assert "because" not in quiz.model_dump_json()


# Reports -------------------------------------------------------------------------------------------------------------


def test_a_quiz_names_its_setting_its_groups_and_its_regimens_in_words(rulebook: Rulebook) -> None:
    of_setting = generate(rulebook, 1, 2, "nsclc/nrg1")
    printed = render_markdown(of_setting, None)
    assert printed.startswith("# Quiz on NSCLC with an NRG1 fusion: 2 questions, level 2, seed 1\n")
    assert "; offered with caution: offered, and a caution surely holds;" in printed
    ids = {choice.regimen for question in of_setting.questions for choice in question.choices if "-" in choice.regimen}
    assert ids
    assert not [word for word in (*ids, "nsclc/nrg1", "offered-with-caution") if f"{word})" in printed]
    assert all(f"({regimen})" in render_text(of_setting) for regimen in ids)  # which a file of answers may name


def test_the_markdown_holds_the_answers_only_where_they_are_wanted(quiz: Quiz, key: AnswerKey) -> None:
    with_key, without = render_markdown(quiz, key), render_markdown(quiz, None)
    assert with_key.index("## Questions") < with_key.index("## Answers")
    assert "## Answers" not in without
    for solution in key.solutions:
        for point in solution.points:
            assert point.because[0].rule in with_key


def test_the_page_needs_nothing_from_outside_and_escapes_what_it_shows(
    quiz: Quiz, key: AnswerKey, rulebook: Rulebook
) -> None:
    question = quiz.questions[0].model_copy(update={"known": ('<script>alert(1)</script> & "quotes"',)})
    page = render_html(quiz.model_copy(update={"questions": (question,)}), key, rulebook)
    assert "<script" not in without_tips(page)
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)


def test_the_text_ends_with_a_file_of_answers_to_fill_in(quiz: Quiz) -> None:
    printed = render_text(quiz)
    assert blank_answers(quiz) in printed
    assert all(f"({choice.regimen})" in printed for question in quiz.questions for choice in question.choices)


# At a terminal -------------------------------------------------------------------------------------------------------


def answered(
    quiz: Quiz, rulebook: Rulebook, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[int, int], str]:
    replies = iter(lines)

    def reply(*_: object, **__: object) -> str:
        try:
            return next(replies)
        except StopIteration:
            raise EOFError from None

    console = Console(file=StringIO(), width=100, color_system=None)
    monkeypatch.setattr(console, "input", reply)
    score = ask(quiz, rulebook, console)
    return score, console.file.getvalue()  # type: ignore[attr-defined]


def test_a_person_is_asked_each_group_and_shown_what_was_right(
    quiz: Quiz, rulebook: Rulebook, key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        " ".join(str(place) for place, point in enumerate(solution.points, start=1) if point.group == group)
        for solution in key.solutions
        for group in quiz.asks
    ]
    (right, points), printed = answered(quiz, rulebook, lines, monkeypatch)
    assert right == points > 0
    assert "WRONG" not in printed


def test_a_word_that_is_no_regimen_is_asked_for_again(
    quiz: Quiz, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    misspelt = quiz.questions[0].choices[0].regimen[:-1] + "x"
    (_, points), printed = answered(quiz, rulebook, ["99", "x", misspelt, "1", "1", "", "", ""], monkeypatch)
    assert printed.count("Expected numbers from 1") == 3
    assert f"(did you mean `{quiz.questions[0].choices[0].regimen}`?)" in " ".join(printed.split())
    assert "is already offered" in printed
    assert points == len(quiz.questions[0].choices)
    assert "Left early" in printed


# The verb ------------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["quiz", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_the_verb_marks_a_file_of_answers_as_json(tmp_path: Path, quiz: Quiz, key: AnswerKey) -> None:
    lists = {
        str(solution.number): {group: [p.regimen for p in solution.points if p.group == group] for group in quiz.asks}
        for solution in key.solutions
    }
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"quiz": quiz.name, "answers": lists}), "utf-8")
    marked = json.loads(run("--seed", "7", "-n", "4", *KINDS, "--answers", str(file), "--format", "json"))
    assert marked["right"] == marked["of"] > 0


def test_the_verb_exports_a_page_and_markdown(tmp_path: Path) -> None:
    for ending in ("html", "md"):
        run("--seed", "7", "-n", "1", "--export", str(tmp_path / f"quiz.{ending}"))
        assert "Answers" in (tmp_path / f"quiz.{ending}").read_text("utf-8")
    run("--seed", "7", "-n", "1", "--no-key", "--export", str(tmp_path / "paper.md"))
    assert "Answers" not in (tmp_path / "paper.md").read_text("utf-8")


def test_an_export_to_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in .md or .html"):
        run("--export", str(tmp_path / "quiz.pdf"))
    assert not list(tmp_path.iterdir())


def test_answers_and_export_do_not_go_together() -> None:
    with pytest.raises(InputError, match="found --answers and --export"):
        run("--answers", "a.yaml", "--export", "b.md")
