"""The quiz of the page, in a real Chromium: chosen, answered, marked as Python marks, kept over a reload, handed in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import WHOLE_POOL
from regimen_advisor.cli.app import main
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.page import quizzes
from regimen_advisor.page.building import render_page
from regimen_advisor.page.quizzes import pool
from regimen_advisor.quiz.generating import generate
from regimen_advisor.quiz.grading import Grade, grade, read_handed
from regimen_advisor.quiz.key import AnswerKey, answer_key
from regimen_advisor.quiz.models import GROUPS, Quiz
from regimen_advisor.reports.quiz import changed_words, pick_words, point_words
from test_page import Opened, expect, without_complaints

RULES = Path(__file__).parent.parent / "rules"
PACK = RULES.parent / "examples" / "invented-consensus"
KINDS = ("unknown", "exclusion", "study", "event")
# Answers every part with its first answer, or with the one whose place is given for it.
ANSWER = """places => document.querySelectorAll('.quiz [data-choice]').forEach((one, at) => {
  const control = one.querySelectorAll('select, input'), place = places[at] ?? 0;
  if (control[0].type === 'radio') return control[place].click();
  control[0].selectedIndex = place + 1;
  control[0].dispatchEvent(new Event('change'));
})"""


@pytest.fixture(scope="module")
def quiz(rulebook: Rulebook) -> Quiz:
    return generate(rulebook, seed=3, count=4, level=2, kinds=KINDS)


@pytest.fixture(scope="module")
def key(quiz: Quiz, rulebook: Rulebook) -> AnswerKey:
    return answer_key(quiz, rulebook)


@pytest.fixture(scope="module")
def class_file(rulebook: Rulebook, quiz: Quiz, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("class") / "class.html"
    file.write_text(render_page(rulebook, (), quiz), "utf-8")
    return file


@pytest.fixture
def at_class(browser: Any, class_file: Path) -> Any:
    yield from without_complaints(browser, class_file)


@pytest.fixture
def at_quiz(browser: Any, page_file: Path) -> Any:
    yield from without_complaints(browser, page_file)


def test_a_class_page_is_marked_as_python_marks_and_hands_in_what_it_reads(
    at_class: Any, quiz: Quiz, key: AnswerKey, tmp_path: Path
) -> None:
    page = at_class.at()
    groups = [*GROUPS[2], "not-indicated"]
    for solution in key.solutions:
        right = [groups.index(point.group) for point in solution.points]
        right += [ord(pick.right) - ord("a") for pick in solution.picks]
        page.evaluate(ANSWER, [*right[:-1], 1 - min(right[-1], 1)])  # all are right but the last
        page.click("#quiz-check")
        assert page.inner_text("#status") == f"{len(right) - 1} of {len(right)} right."
        for point in solution.points[:1]:
            shown = " ".join(page.inner_text(f'.marked[data-choice="{point.regimen}"]').split())
            name, belongs = point_words(point).split(": ", 1)
            assert shown == f"{name} Right: {belongs}"
        for place, pick in enumerate(solution.picks[:1], start=1):
            shown = " ".join(page.inner_text(f'.marked[data-choice="pick-{place}"]').split())
            assert shown == f"{pick.asks} Right: {pick_words(pick).removeprefix(f'{pick.asks} ')}"
        page.click("#quiz-next")
    for question in quiz.questions:
        patient = page.inner_text(f'.result[data-question="{question.number}"] .small')
        assert ("Then: " in patient, question.event is None or patient.endswith(question.event)) == (
            question.event is not None, True,
        )  # fmt: skip
    page.fill("#quiz-student", "Ada")
    with page.expect_download() as started:
        page.click("#quiz-save")
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    handed = read_handed(file, quiz)
    marked: Grade = grade(quiz, key, handed.given)
    assert (file.name, handed.student) == ("Ada.json", "Ada")
    assert page.inner_text("#quiz-title") == f"Result: {marked.right} of {marked.of} right"
    assert marked.right == marked.of - len(quiz.questions)


def test_a_class_page_gives_nothing_away(at_class: Any) -> None:
    page = at_class.at(view="options", patient=json.dumps({"disease": "nsclc"}))
    assert page.evaluate("[...document.querySelectorAll('#views button')].map(one => one.id)") == ["view-quiz"]
    assert not page.is_visible("#patient")
    assert page.locator("#examples option").count() == 1  # "choose an example"
    assert page.locator("#quiz-open, #quiz-setting, .marked, article").count() == 0
    page.emulate_media(media="print")
    assert not page.is_visible("#patient")


def test_an_empty_answer_is_not_final_and_a_reload_loses_nothing(at_quiz: Any) -> None:
    page = at_quiz.at(view="quiz")
    page.select_option("#quiz-setting", "nsclc/nrg1")
    page.fill("#quiz-count", "2")
    page.fill("#quiz-seed", "5")
    page.click("#quiz-start")
    page.click("#quiz-check")
    assert "not answered yet. Nothing is marked" in page.inner_text("#status")
    assert page.locator(".marked").count() == 0
    page.evaluate(ANSWER, [1])
    shown = page.inner_text(".vignette")
    page.reload()
    assert page.inner_text(".vignette") == shown
    assert page.input_value("#quiz-seed") == "5"
    page.click("#quiz-check")
    score = page.inner_text("#quiz-score")
    assert score.endswith("right so far")
    page.click("#view-options")
    page.click("#view-quiz")
    page.reload()
    assert page.inner_text("#quiz-score") == score
    assert page.locator("#quiz-check").count() == 0


def test_a_result_says_what_to_read_again_and_offers_the_missed_ones(at_quiz: Any) -> None:
    page = at_quiz.at(view="quiz")
    first = page.evaluate("page.quiz.main.questions[0].sort ? 'sort' : 'picks'")
    rights = page.evaluate("page.quiz.main.parts[0].map(one => one.right)")
    page.evaluate(ANSWER, [*rights[:-1], (rights[-1] + 1) % 2])
    page.click("#quiz-check")
    for _ in range(5):
        page.click("#quiz-next")
    assert page.inner_text("#quiz-title").startswith(f"Result: {len(rights) - 1} of "), first
    assert page.locator("#quiz-read li").count() >= 1
    assert page.inner_text('.result[data-question="2"] h3') == "Question 2: not answered"
    page.click("#quiz-missed")
    assert page.inner_text("#quiz-title") == "Missed: question 1"
    page.reload()
    page.evaluate(ANSWER, rights)
    page.click("#quiz-check")
    assert page.inner_text("#quiz-score") == f"{len(rights)} of {len(rights)} right so far"
    for _ in range(5):
        page.click("#quiz-next")
    page.click("#quiz-result")
    assert page.inner_text("#quiz-title").startswith(f"Result: {len(rights) - 1} of ")


def test_a_link_to_another_quiz_is_reported_in_place(at_quiz: Any) -> None:
    page = at_quiz.at(view="quiz", quiz="all~2~5~1~3*12_9!")
    assert "answers to another quiz" in page.inner_text("#problems")
    expect(page.locator("#quiz-title")).to_have_text("Question 1 of 5")


def test_a_projector_shows_one_question_in_large_type_and_its_answers_when_asked(at_quiz: Any) -> None:
    page = at_quiz.at(view="quiz")
    size = "() => parseFloat(getComputedStyle(document.querySelector('.vignette')).fontSize)"
    before = page.evaluate(size)
    page.click("#projector")
    assert page.evaluate(size) > 1.4 * before
    page.reload()
    assert page.get_attribute("#projector", "aria-pressed") == "true"
    assert not page.is_visible(".setup")
    page.click("#quiz-show")
    assert page.locator(".marked").count() == page.evaluate("page.quiz.main.parts[0].length")
    assert page.locator("#quiz-check").count() == 0
    page.click("#view-options")
    assert not page.is_visible("#patient")
    assert page.is_visible("#answer")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_on_the_views_of_the_quiz(browser: Any, class_file: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    here = Opened(browser, class_file, color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = here.at()
    found = [axe.Axe().run(page)]
    for number in range(4):
        page.evaluate(ANSWER, [0])
        page.click("#quiz-check")
        if number == 3:
            found.append(axe.Axe().run(page))
        page.click("#quiz-next")
    found.append(axe.Axe().run(page))
    page.click("#projector")
    found.append(axe.Axe().run(page))
    page.set_viewport_size({"width": 1280, "height": 800})
    assert [entry.violations_count for entry in found] == [0] * 4, [entry.generate_report() for entry in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    here.context.close()


def test_the_pool_of_the_page_has_every_setting_and_kind(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quizzes, "POOL", WHOLE_POOL)
    asked = pool(replace(rulebook))  # what was drawn before is kept with the rulebook
    assert len({entry["setting"] for entry in asked}) > 12
    assert {entry["kind"] for entry in asked} >= {"boundary", "exclusion", "unknown", "next-test", "caution", "study",
                                              "standard", "event"}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--quiz", "levl=1"], "found `levl=1` (did you mean `level`?)"),
        (["--quiz", "level=4"], "--quiz: level: expected a whole number from 1 to 3, found `4`"),
        (["--quiz", "seed=1,seed=2"], "--quiz: expected seed once, found it twice"),
        (["--quiz", "level=1", "--patients", "a.yaml"], "found --quiz and --patients"),
        (["a.yaml"], "page: expected no file without --patients, found `a.yaml`"),
        (["--patients", "nobody.yaml"], "nobody.yaml: no such file"),
    ],
)
def test_a_class_page_that_cannot_be_made_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["page", *arguments])
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_question_of_the_page_names_what_packs_changed_once_it_is_marked(browser: Any, tmp_path: Path) -> None:
    stack = load_rulebook([RULES, PACK])
    quiz = generate(stack, seed=3, count=3, setting="nsclc/invented-consensus")
    changes = [solution.changes for solution in answer_key(quiz, stack).solutions]
    assert any(changes)
    file = tmp_path / "class.html"
    file.write_text(render_page(stack, (), quiz), "utf-8")
    page = browser.new_page()
    try:
        page.goto(file.as_uri())
        for bearing in changes:
            page.evaluate(ANSWER, [])
            assert page.locator(".changed-by-packs").count() == 0
            page.click("#quiz-check")
            shown = page.locator(".changed-by-packs").all_inner_texts()
            assert shown == ([changed_words(bearing)] if bearing else [])
            page.click("#quiz-next")
    finally:
        page.close()
