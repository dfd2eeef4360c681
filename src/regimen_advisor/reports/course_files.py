"""Write a quiz for course systems: Moodle XML, GIFT, CSV and an Anki package."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from zlib import crc32

from regimen_advisor.documents.spreadsheet import no_formula
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.quiz.items import ItemAnswer, QuizItem, items
from regimen_advisor.quiz.key import AnswerKey, Point
from regimen_advisor.quiz.models import Quiz, group_words
from regimen_advisor.reports.quiz import (
    afterwards,
    answer_words,
    contrast_words,
    point_words,
    reason_words,
    standard_words,
    title,
)
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import say

_GIFT_SIGNS = re.compile(r"([~=#{}:\\])")
_EPOCH = (2000, 1, 1, 0, 0, 0)
"""The date of every file in an Anki package, so that the same quiz gives the same bytes."""
_SECONDS = 946_684_800.0
"""The same date, in seconds since 1970."""
_SHARES = (
    "100", "90", "83.33333", "80", "75", "70", "66.66667", "60", "50", "40", "33.33333", "30", "25", "20", "16.66667",
    "14.28571", "12.5", "11.11111", "10", "5",
)  # fmt: skip
"""The parts of a mark that Moodle takes, in percent."""
_COLUMNS = (
    "quiz", "question", "patient", "not known", "regimen", "name", "group", "why", "waits for", "standard", "contrast",
)  # fmt: skip


# What every format says ----------------------------------------------------------------------------------------------


def _patient(item: QuizItem) -> list[str]:
    """The patient in lines."""
    unknown = [say("quiz.not_known", facts=listed(item.question.unknown))] if item.question.unknown else []
    return [*item.question.known, *unknown]


def _feedback(answer: ItemAnswer, item: QuizItem) -> str:
    """What somebody reads who gave this answer."""
    if answer.point:
        return point_words(answer.point)
    if answer.pick:
        return (
            reason_words(answer.pick) if answer.right else say("course.right_answer", answer=answer_words(answer.pick))
        )
    offered = [candidate.words for candidate in item.answers if candidate.point and candidate.right]
    return say("course.offered", options=listed(offered)) if offered else say("course.none_offered")


def _listed_html(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _category(quiz: Quiz) -> str:
    """The category of the questions; a slash of a setting is doubled, since Moodle parts categories by it."""
    return title(quiz).replace("/", "//")


# Moodle --------------------------------------------------------------------------------------------------------------


def moodle(quiz: Quiz, key: AnswerKey) -> str:
    """The quiz as Moodle XML, to be imported into a question bank."""
    root = Element("quiz")
    category = SubElement(root, "question", type="category")
    _text(category, "category", f"$course$/top/{_category(quiz)}")
    _html(category, "info", escape(quiz.scope))
    for item in items(quiz, key):
        _moodle_item(root, item)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _moodle_item(root: Element, item: QuizItem) -> None:
    is_matching = item.kind == "matching"
    made = SubElement(root, "question", type="matching" if is_matching else "multichoice")
    _text(made, "name", item.name)
    _html(made, "questiontext", f"{_listed_html(_patient(item))}<p>{escape(item.asks)}</p>")
    # A pair has no feedback of its own.
    reasons = [_feedback(answer, item) for answer in item.answers] if is_matching else []
    _html(made, "generalfeedback", "".join(f"<p>{escape(line)}</p>" for line in [*reasons, *afterwards(item.solution)]))
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0"), ("idnumber", item.id)):
        SubElement(made, name).text = value
    SubElement(made, "shuffleanswers").text = "false"
    if is_matching:
        _moodle_pairs(made, item)
    else:
        _moodle_answers(made, item)


def _moodle_pairs(made: Element, item: QuizItem) -> None:
    pairs = [(escape(answer.words), answer.group) for answer in item.answers]
    # Groups without a regimen, so that what is left over gives nothing away.
    pairs += [("", group) for group in item.groups if group not in {group for _, group in pairs}]
    for text, group in pairs:
        pair = _html(made, "subquestion", text)
        _text(pair, "answer", group_words(group))


def _moodle_answers(made: Element, item: QuizItem) -> None:
    SubElement(made, "single").text = "true" if item.kind == "single" else "false"
    SubElement(made, "answernumbering").text = "none"
    for answer in item.answers:
        written = _html(made, "answer", escape(answer.words), fraction=_share(answer, item))
        _html(written, "feedback", escape(_feedback(answer, item)))


def _text(above: Element, name: str, text: str) -> Element:
    made = SubElement(above, name)
    SubElement(made, "text").text = text
    return made


def _html(above: Element, name: str, html: str, **attributes: str) -> Element:
    made = SubElement(above, name, {**attributes, "format": "html"})
    SubElement(made, "text").text = html
    return made


def _share(answer: ItemAnswer, item: QuizItem) -> str:
    """The part of the mark that an answer brings, in percent, as Moodle's list of fractions writes it."""
    if item.kind == "single":
        return "100" if answer.right else "0"
    alike = sum(candidate.right is answer.right for candidate in item.answers)
    share = next(fraction for fraction in _SHARES if float(fraction) <= 100 / alike + 0.00001)
    return share if answer.right else f"-{share}"


# GIFT ----------------------------------------------------------------------------------------------------------------


def gift(quiz: Quiz, key: AnswerKey) -> str:
    """The quiz in Moodle's text format GIFT."""
    lines = [f"// {title(quiz)}", f"// {quiz.scope}", f"$CATEGORY: $course$/top/{_category(quiz)}", ""]
    for item in items(quiz, key):
        lines += [*_gift_item(item), ""]
    return "\n".join(lines)


def _gift_item(item: QuizItem) -> Iterator[str]:
    text = _signs(" ".join([*_patient(item), item.asks]))
    yield f"::{_signs(item.id)}::{text} {{"
    if item.kind == "matching":
        yield from (f"  ={_signs(candidate.words)} -> {group_words(candidate.group)}" for candidate in item.answers)
    for answer in item.answers if item.kind != "matching" else ():
        mark = f"~%{_share(answer, item)}%" if item.kind == "several" else "=" if answer.right else "~"
        feedback = f"#{_signs(feedback_words)}" if (feedback_words := _feedback(answer, item)) else ""
        yield f"  {mark}{_signs(answer.words)}{feedback}"
    after = [_feedback(answer, item) for answer in item.answers] if item.kind == "matching" else []
    if spoken := " ".join([*after, *afterwards(item.solution)]):
        yield f"  ####{_signs(spoken)}"
    yield "}"


def _signs(text: str) -> str:
    return _GIFT_SIGNS.sub(r"\\\1", text)


# CSV -----------------------------------------------------------------------------------------------------------------


def table(quiz: Quiz, key: AnswerKey) -> str:
    """A row for each regimen of each question, and for each thing to pick."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for item in items(quiz, key):
        if item.kind == "matching":
            points = [answer.point for answer in item.answers if answer.point]
            rows.writerows([no_formula(text) for text in _row(quiz, item, point)] for point in points)
        elif not item.solution.points:
            rows.writerow([no_formula(text) for text in _pick_row(quiz, item)])
    return written.getvalue()


def _row(quiz: Quiz, item: QuizItem, point: Point) -> tuple[str, ...]:
    standards = " ".join(standard_words(standard) for standard in item.solution.standards)
    contrast = contrast_words(item.solution.contrast) if item.solution.contrast else ""
    return (
        quiz.name, str(item.question.number), " ".join(item.question.known), "; ".join(item.question.unknown),
        point.regimen, point.name, point.group, point_words(point), "; ".join(point.waits_for), standards, contrast,
    )  # fmt: skip


def _pick_row(quiz: Quiz, item: QuizItem) -> tuple[str, ...]:
    right = next(answer for answer in item.answers if answer.right)
    return (
        quiz.name, str(item.question.number), " ".join(item.question.known), "; ".join(item.question.unknown),
        item.question.about or "", item.asks, right.words, right.pick.because if right.pick else "", "", "", "",
    )  # fmt: skip


# Anki ----------------------------------------------------------------------------------------------------------------


def anki(quiz: Quiz, key: AnswerKey) -> bytes:
    """The quiz as an Anki package: a card for each regimen and each thing to pick. The same quiz gives the same bytes.

    Raises ``InputError`` where the extra ``teach`` is not installed.
    """
    try:
        import genanki  # noqa: PLC0415 - the extra `teach`
    except ImportError:
        help = "pip install 'regimen-advisor[teach]'"
        raise InputError.at(Location("quiz"), say("missing_extra.not_installed", name="genanki"), help) from None

    names = {field: say(f"card_field.{field}") for field in ("patient", "question", "answer", "afterwards")}
    filled = {field: f"{{{{{name}}}}}" for field, name in names.items()}
    template = {
        "name": say("course.card"),
        "qfmt": f"{filled['patient']}<p><b>{filled['question']}</b></p>",
        "afmt": f"{{{{FrontSide}}}}<hr id=answer><p>{filled['answer']}</p>{filled['afterwards']}",
    }
    model = genanki.Model(
        crc32(b"regimen-advisor card"),
        "regimen-advisor",
        fields=[{"name": name} for name in names.values()],
        templates=[template],
    )
    deck = genanki.Deck(crc32(quiz.name.encode()), title(quiz), description=escape(quiz.scope))
    for item in items(quiz, key):
        if item.kind == "matching":
            for answer in item.answers:
                guid = genanki.guid_for(item.id, answer.words)
                deck.add_note(genanki.Note(model=model, fields=_card(item, answer), guid=guid))
        elif not item.solution.points:
            guid = genanki.guid_for(item.id)
            deck.add_note(genanki.Note(model=model, fields=_pick_card(item), guid=guid))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "quiz.apkg"
        genanki.Package(deck).write_to_file(str(file), timestamp=_SECONDS)
        return _repacked(file.read_bytes())


def _card(item: QuizItem, answer: ItemAnswer) -> list[str]:
    after = "".join(f"<p>{escape(line)}</p>" for line in afterwards(item.solution))
    asks = say("course.where", option=answer.words, groups=listed(map(group_words, item.groups), "or"))
    return [_listed_html(_patient(item)), escape(asks), escape(_feedback(answer, item)), after]


def _pick_card(item: QuizItem) -> list[str]:
    right = next(answer for answer in item.answers if answer.right)
    asks = f"<p>{escape(item.asks)}</p>{_listed_html([answer.words for answer in item.answers])}"
    return [_listed_html(_patient(item)), asks, escape(answer_words(right.pick) if right.pick else ""), ""]


def _repacked(package: bytes) -> bytes:
    """The same files with a fixed date, in a fixed order."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return written.getvalue()
