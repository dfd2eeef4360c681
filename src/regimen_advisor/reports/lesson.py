"""Write lessons: a teacher's sheet as markdown and as a page, and slides for the projector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from regimen_advisor.documents.blocks import Block, Bullets, Heading, Paragraph
from regimen_advisor.documents.html import html
from regimen_advisor.documents.markdown import markdown
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.key import Point
from regimen_advisor.quiz.lessons import Flip, Lesson
from regimen_advisor.quiz.models import group_words
from regimen_advisor.reports.quiz import grouped_words, standard_words
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say

ASKS = (say("lesson.ask_standard"), say("lesson.ask_options"))


def render_markdown(lessons: Sequence[Lesson]) -> str:
    """The sheets, one after the other."""
    return markdown(block for lesson in lessons for block in _blocks(lesson))


def render_page(lessons: Sequence[Lesson], rulebook: Rulebook) -> str:
    """The sheets as one page without network."""
    from regimen_advisor.reports.marks import explained  # noqa: PLC0415 - slow, and only a page needs it
    from regimen_advisor.reports.pages import environment, style  # noqa: PLC0415 - slow, and only a page needs it

    bodies = [(lesson.title, html(_blocks(lesson), below=0)) for lesson in lessons]
    page = (
        environment().get_template("lesson.html.j2").render(**style("lesson.css"), title=_title(lessons), bodies=bodies)
    )
    return explained(page, rulebook).rstrip() + "\n"


def render_slides(lessons: Sequence[Lesson], rulebook: Rulebook) -> str:
    """One slide a step, moved by the arrow keys; printed, one slide is a page."""
    from markupsafe import Markup  # noqa: PLC0415 - slow, and only a page needs it

    from regimen_advisor.reports.marks import explained  # noqa: PLC0415 - as above
    from regimen_advisor.reports.pages import environment, policy_digest, style  # noqa: PLC0415 - as above

    script = files("regimen_advisor.reports").joinpath("templates", "slides.js").read_text("utf-8")
    slides = [html(blocks, below=0) for lesson in lessons for blocks in _slides(lesson)]
    page = (
        environment()
        .get_template("slides.html.j2")
        .render(
            **style("lesson.css"),
            title=_title(lessons),
            slides=slides,
            script=Markup(script),  # noqa: S704 - ships with the package
            script_hash=policy_digest(script),
        )
    )
    return explained(page, rulebook).rstrip() + "\n"


def _title(lessons: Sequence[Lesson]) -> str:
    return lessons[0].title if len(lessons) == 1 else say("lesson.lessons", count=len(lessons))


def _blocks(lesson: Lesson) -> Iterator[Block]:
    yield Heading(lesson.title, 1)
    yield Paragraph(" ".join(lesson.vignette))
    yield Heading(say("lesson.ask"))
    yield Bullets(ASKS)
    yield from _answers(lesson)
    if lesson.flips:
        yield Heading(say("lesson.flip"))
        for flip in lesson.flips:
            yield from _flip(flip, lesson)
    if lesson.traps:
        yield Heading(say("lesson.traps"))
        yield Bullets(tuple(grouped_words(lesson.traps)))
    if lesson.changes:
        yield Heading(say("advice.changed"))
        yield Bullets(lesson.changes)
    yield from _day(lesson)
    yield Paragraph(lesson.scope)


def _day(lesson: Lesson) -> Iterator[Block]:
    if (day := lesson.rulebook.as_of) is not None:
        yield Paragraph(say("dated.rules", day=day))


def _answers(lesson: Lesson) -> Iterator[Block]:
    yield Heading(say("lesson.expect"))
    standards = tuple(standard_words(standard) for standard in lesson.standards)
    yield Bullets(standards or (say("lesson.no_standard"),))
    if lesson.first:
        yield Paragraph(say("lesson.before"))
        yield Bullets(
            tuple(
                say("lesson.remark", sentence=remark.says, place=remark.cited, rule=remark.rules[0])
                for remark in lesson.first
            )
        )
    yield Paragraph(say("lesson.each"))
    points = tuple(grouped_words(lesson.options, _rules_first(lesson)))
    yield Bullets(points or (say("lesson.no_option"),))


def _rules_first(lesson: Lesson) -> frozenset[str]:
    return frozenset(rule for remark in lesson.first for rule in remark.rules)


def _flip(flip: Flip, lesson: Lesson) -> Iterator[Block]:
    yield Paragraph(f"{_fact(flip)} {change_words(flip)}")
    yield Bullets(tuple(grouped_words(flip.points, _rules_first(lesson))))


def _fact(flip: Flip) -> str:
    return say("lesson.fact", fact=f"{flip.says[0].upper()}{flip.says[1:]}")


def change_words(flip: Flip) -> str:
    """What is offered then, and what no longer."""
    gained = [change.name for change in flip.changes if change.to.startswith("offered")]
    lost = [change.name for change in flip.changes if change.from_.startswith("offered")]
    parts = [say("lesson.gained", options=listed(gained))] if gained else []
    return " ".join([*parts, say("lesson.lost", options=listed(lost))] if lost else parts)


def _slides(lesson: Lesson) -> Iterator[list[Block]]:
    """The patient; the question; the answer; each flip as a question and as an answer; the traps."""
    yield [Heading(lesson.title, 1), Bullets(lesson.vignette)]
    yield [Heading(say("lesson.which_options"), 1), Bullets(lesson.vignette), *map(Paragraph, ASKS)]
    standards = tuple(say("lesson.standard", title=standard.title) for standard in lesson.standards)
    points = tuple(
        say("lesson.point", options=listed(names), group=group_words(group))
        for group, names in _by_group(lesson).items()
    )
    yield [Heading(say("lesson.sources_say"), 1), Bullets((*standards, *points)), *_day(lesson)]
    for flip in lesson.flips:
        heading: list[Block] = [Heading(say("lesson.one_fact"), 1), Paragraph(_fact(flip))]
        yield [*heading, Paragraph(say("lesson.offered_then"))]
        yield [*heading, Bullets(tuple(_changed(flip)))]
    if lesson.traps:
        wanted = _by_want(lesson)
        title = Heading(say("lesson.why_not"), 1)
        asked = (say("lesson.why_not_these", options=listed(names, "or")) for names in wanted.values())
        yield [title, Bullets(tuple(asked))]
        lacking = (say("lesson.only_with", options=listed(names), condition=want) for want, names in wanted.items())
        yield [title, Bullets(tuple(lacking))]


def _by_group(lesson: Lesson) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for point in lesson.options:
        found.setdefault(point.group, []).append(point.name)
    return found


def _by_want(lesson: Lesson) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for point in lesson.traps:
        found.setdefault(listed(point.because[0].not_met), []).append(point.name)
    return found


def _changed(flip: Flip) -> Iterator[str]:
    """Where regimens belong then, those together that lack the same, and the sections: few enough words for a slide."""
    together: dict[str, list[Point]] = {}
    for point in flip.points:
        says = group_words(point.group)
        if point.group == "not-indicated" and point.because[0].not_met:
            says = say("lesson.for_want_of", conditions=listed(point.because[0].not_met))
        together.setdefault(says, []).append(point)
    for says, points in together.items():
        sections = dict.fromkeys(
            reason.cited for point in points for reason in point.because if reason.effect != "caution"
        )
        names = listed(point.name for point in points)
        yield say("lesson.changed", options=names, change=says, sections=joined(sections, "lists"))
