"""Write a quiz and its marking: as text, as markdown, and as one self-contained HTML page with an answer key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Bullets, Choices, Code, Heading, Paragraph, Section, Sign, Sorting
from regimen_advisor.documents.markdown import markdown
from regimen_advisor.documents.text import Line, lines_of, plain
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.deciding import Deciding
from regimen_advisor.quiz.grading import Grade, GradedPick, GradedPoint, GradedQuestion
from regimen_advisor.quiz.key import AnswerKey, Contrast, Picked, Point, Solution, Standard
from regimen_advisor.quiz.models import LETTERS, MEANINGS, Group, Pick, Quiz, QuizQuestion, group_words
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say


def title(quiz: Quiz) -> str:
    """The title of the quiz, in one line."""
    day = quiz.rulebook.as_of
    return _undated_title(quiz) if day is None else say("dated.title", title=_undated_title(quiz), day=day)


def _undated_title(quiz: Quiz) -> str:
    if all(question.kind == "patient" for question in quiz.questions):
        return say("quiz.about_patients", count=len(quiz.questions))
    made = {"count": len(quiz.questions), "level": quiz.level, "seed": quiz.seed}
    if quiz.setting_title is None:
        return say("quiz.title", **made)
    return say("quiz.title_of_setting", setting=quiz.setting_title, **made)


def task(quiz: Quiz) -> str:
    """The task, and the meaning of the groups where some question asks for them."""
    several = any(question.picks for question in quiz.questions)
    if not any(question.choices for question in quiz.questions):
        return say("quiz.pick_one")
    groups = joined(
        (say("quiz.group", group=group_words(group), meaning=MEANINGS[group]) for group in quiz.asks), "lists"
    )
    words = {"groups": f"{groups[0].upper()}{groups[1:]}", "meaning": MEANINGS["not-indicated"]}
    return say("quiz.sort_and_pick", **words) if several else say("quiz.sort", **words)


def question_title(question: QuizQuestion) -> str:
    """The heading of a question; of a neighbour with what is different."""
    if question.like is None:
        return say("quiz.question", number=question.number)
    return say("quiz.question_like", number=question.number, like=question.like)


def vignette(question: QuizQuestion) -> str:
    """The patient in a paragraph, and what is not known."""
    unknown = [say("quiz.not_known", facts=listed(question.unknown))] if question.unknown else []
    return " ".join([*question.known, *unknown])


def _patient(question: QuizQuestion) -> Iterator[Block]:
    if question.difference:
        yield Paragraph(say("quiz.different", difference=question.difference))
    yield Paragraph(vignette(question))
    if question.event:
        yield Paragraph(say("quiz.then", event=question.event))


def _question(question: QuizQuestion, groups: Sequence[Group], *, form: bool) -> Iterator[Block]:
    """What is asked; with ``form`` each regimen with the id by which a file of answers names it."""
    yield from _patient(question)
    if question.choices:
        yield Paragraph(say("page_quiz.where"))
        rows = tuple((choice.name, choice.regimen if form else "") for choice in question.choices)
        yield Sorting(question_title(question), say("advice.regimen"), tuple(map(_group, groups)), rows)
    for pick in question.picks:
        yield Paragraph(pick.asks)
        yield Choices(lettered(pick))


def _group(group: Group) -> Sign:
    words = group_words(group)
    return Sign(group, words, say("page_answer.standing_tip", standing=words, meaning=MEANINGS[group]))


def lettered(pick: Pick) -> tuple[str, ...]:
    """The answers, each with its letter."""
    return tuple(
        say("page_quiz.answer", letter=letter, answer=answer)
        for letter, answer in zip(LETTERS, pick.answers, strict=False)
    )


def patient_lines(question: QuizQuestion, width: int) -> list[Line]:
    """The patient of a question as lines for a terminal."""
    return lines_of([Heading(question_title(question), 3), *_patient(question)], width)


# The questions -------------------------------------------------------------------------------------------------------


def document(quiz: Quiz, key: AnswerKey | None = None, *, form: bool = False) -> Iterator[Block]:
    """The questions; with ``form`` a file of answers to fill in, with a ``key`` the answers."""
    yield Heading(title(quiz), 1)
    yield Paragraph(task(quiz), "lead")
    yield Heading(say("page_quiz.questions"))
    for question in quiz.questions:
        asked = _question(question, (*quiz.asks, "not-indicated"), form=form)
        yield Section(question_title(question), tuple(asked), "question")
    if form:
        yield Heading(say("quiz.how_to_answer"))
        yield Paragraph(say("quiz.file_of_answers"))
        yield Code(tuple(blank_answers(quiz).splitlines()), indent=0)
    if key:
        yield Section(say("quiz.answers"), tuple(map(_solution, key.solutions)), "answers", 2)
    yield Heading(say("quiz.scope"))
    yield Paragraph(quiz.scope)
    yield Paragraph(say("quiz.made_of", quiz=quiz.name, rules=quiz.rulebook.digest), "quiet")


def _solution(solution: Solution) -> Section:
    answers = Bullets((*grouped_words(solution.points), *map(pick_words, solution.picks)))
    further = map(Paragraph, afterwards(solution))
    return Section(say("quiz.question", number=solution.number), (answers, *further), "solution")


def render_text(quiz: Quiz) -> str:
    """The questions, and the form of a file of answers."""
    return plain(lines_of(document(quiz, form=True)))


def render_markdown(quiz: Quiz, key: AnswerKey | None) -> str:
    """The questions as markdown, and after them the answers."""
    return markdown(document(quiz, key))


def render_html(quiz: Quiz, key: AnswerKey | None, rulebook: Rulebook) -> str:
    """One page without network: the questions with boxes to tick on paper, and after them the answers."""
    from regimen_advisor.reports.marks import explained  # noqa: PLC0415 - slow, and only a page needs it
    from regimen_advisor.reports.pages import page  # noqa: PLC0415 - as above

    return explained(page(title(quiz), document(quiz, key), "quiz.css"), rulebook)


def blank_answers(quiz: Quiz) -> str:
    """A file of answers in which nothing is filled in."""
    groups = ", ".join(f"{group}: []" for group in quiz.asks)
    blank = (f"  {question.number}: {{{'picks: []' if question.picks else groups}}}\n" for question in quiz.questions)
    return f"quiz: {quiz.name}\nanswers:\n" + "".join(blank)


# Marked --------------------------------------------------------------------------------------------------------------


def render_grade(grade: Grade) -> str:
    """What was right and what was not, each with the rule and section that decides it."""
    blocks: list[Block] = [Heading(score(grade.right, grade.of), 1)]
    for question in grade.questions:
        blocks += graded_blocks(question)
    return plain(lines_of([*blocks, Heading(say("quiz.scope"), 2), Paragraph(grade.scope)]))


def graded_blocks(question: GradedQuestion) -> Iterator[Block]:
    """One question, marked."""
    marked = {"number": question.number, "score": score(question.right, question.of)}
    yield Heading(say("quiz.marked", **marked) if question.answered else say("quiz.not_answered", **marked), 3)
    yield Bullets((*map(_graded, question.points), *map(_graded_pick, question.picks)))
    yield from map(Paragraph, afterwards(question))


def score(right: int, total: int) -> str:
    """``7 of 10 right``."""
    return say("page_quiz.of_right", right=right, points=total)


def _graded(graded: GradedPoint) -> str:
    if graded.right:
        return say("quiz.right", answer=point_words(graded.point))
    return _not_right(group_words(graded.given) if graded.given else None, point_words(graded.point))


def _graded_pick(graded: GradedPick) -> str:
    words = pick_words(graded.pick)
    return say("quiz.right", answer=words) if graded.right else _not_right(graded.given, words)


def _not_right(given: str | None, right: str) -> str:
    return say("quiz.wrong", given=given, answer=right) if given else say("quiz.open", answer=right)


# Why -----------------------------------------------------------------------------------------------------------------


def point_words(point: Point) -> str:
    """Where a regimen belongs, and the rules that decide it."""
    return next(grouped_words([point]))


def grouped_words(points: Iterable[Point], without: Collection[str] = ()) -> Iterator[str]:
    """Where regimens belong and why, together where the rules say the same; ``without`` are rules shown above."""
    alike: dict[tuple[object, ...], list[Point]] = {}
    for point in points:
        sentences = tuple(_sentence(reason, point.group) for reason in _left(point, without))
        alike.setdefault((point.group, point.waits_for, sentences), []).append(point)
    for together in alike.values():
        group = together[0].group
        by_place = zip(*(_left(point, without) for point in together), strict=True)
        reasons = (
            f"{_sentence(alike_rules[0], group, len(together))} {_places(alike_rules)}" for alike_rules in by_place
        )
        names = listed(point.name for point in together)
        yield " ".join([place_words(names, together[0]), *dict.fromkeys(reasons)])


def place_words(names: str, point: Point) -> str:
    """Where regimens belong: ``anlotinib: waiting, for ECOG.``."""
    if point.waits_for:
        return say("quiz.point_waits", options=names, group=group_words(point.group), facts=listed(point.waits_for))
    return say("quiz.point", options=names, group=group_words(point.group))


def _left(point: Point, without: Collection[str]) -> list[Deciding]:
    return [reason for reason in point.because if reason.rule not in without]


def _places(reasons: Iterable[Deciding]) -> str:
    """``[M 4.1, one-rule, another-rule]``."""
    by_section: dict[str, dict[str, None]] = {}
    for reason in reasons:
        by_section.setdefault(reason.cited, {})[reason.rule] = None
    places = (joined([section, *rules]) for section, rules in by_section.items())
    return f"[{joined(places, 'lists')}]"


def pick_words(pick: Picked) -> str:
    """What was asked, the right answer with its letter, and why."""
    return f"{pick.asks} {say('page_quiz.answer', letter=pick.right, answer=answer_words(pick))}"


def answer_words(pick: Picked) -> str:
    """The right answer, and why where the answer does not say so itself."""
    return f"{pick.answer}{'' if pick.answer.endswith('.') else '.'} {reason_words(pick)}".rstrip()


def reason_words(pick: Picked) -> str:
    """Why the right answer is right, without the answer itself."""
    return "" if pick.because == pick.answer else pick.because.removeprefix(f"{pick.answer} ")


def deciding_words(deciding: Deciding, group: Group) -> str:
    """What the rule says, what of it is missing, and its place."""
    return f"{_sentence(deciding, group)} {_places([deciding])}"


def _sentence(deciding: Deciding, group: Group, regimens: int = 1) -> str:
    if group == "not-indicated":
        if deciding.not_met:
            return say("quiz.nearest_rule", count=regimens, conditions=listed(deciding.not_met))
        return say("quiz.nearest_rule_cannot", count=regimens)
    if group == "waiting" and deciding.state == "unknown":
        return say("quiz.open_against" if deciding.effect == "exclude" else "quiz.open_for", sentence=deciding.says)
    return deciding.says


def afterwards(answered: Solution | GradedQuestion) -> list[str]:
    """What is worth reading once a question is answered: the standard, changes by packs, what one fact would change."""
    changes = [changed_words(answered.changes)] if answered.changes else []
    contrast = [contrast_words(answered.contrast)] if answered.contrast else []
    return [*map(standard_words, answered.standards), *changes, *contrast]


def changed_words(changes: Iterable[str]) -> str:
    """What packs changed that bears on the patient."""
    return say("quiz.changed_by_packs", changes=" ".join(changes))


def standard_words(standard: Standard) -> str:
    """What a source states as the standard, with its place."""
    return say("quiz.standard", sentence=standard.says, place=standard.cited, rule=standard.rule)


def contrast_words(contrast: Contrast) -> str:
    """What one fact would change."""
    names: dict[str, list[str]] = {}
    for change in contrast.changes:
        words = say("quiz.instead", group=group_words(change.to), before=group_words(change.from_))
        names.setdefault(words, []).append(change.name)
    changes = joined(
        (say("quiz.change", change=words, options=listed(regimens)) for words, regimens in names.items()), "lists"
    )
    return say("quiz.contrast", fact=f"{contrast.says[0].upper()}{contrast.says[1:]}", changes=changes)
