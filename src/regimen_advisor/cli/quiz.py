"""Run the verb ``quiz``: teaching with generated patients."""

from __future__ import annotations

import secrets
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.cli.quiz_choice import files_of
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.writing import rendered
from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.quiz.generating import generate, kinds_named
from regimen_advisor.quiz.grading import grade as mark
from regimen_advisor.quiz.grading import read_answers
from regimen_advisor.quiz.key import answer_key
from regimen_advisor.quiz.models import PICK_KINDS, SORT_KINDS, Level, Quiz
from regimen_advisor.quiz.own_patients import quiz_of_files
from regimen_advisor.reports.files import write_bytes, write_output
from regimen_advisor.reports.quiz import render_grade, render_html, render_markdown, render_text
from regimen_advisor.words.catalogue import joined, say


class QuizFormat(StrEnum):
    """How ``quiz`` prints questions, or the marking of answers."""

    TEXT = "text"
    JSON = "json"


COURSE_FORMATS = ("moodle", "gift", "anki", "csv")
"""What ``--export`` makes for course systems."""


def quiz(  # noqa: PLR0917 - one parameter an option
    further: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help=say("option.more"), hidden=True)
    ] = None,
    seed: Annotated[int | None, typer.Option(help=say("quiz_option.seed"))] = None,
    count: Annotated[int, typer.Option("--count", "-n", help=say("quiz_option.count"))] = 5,
    level: Annotated[int, typer.Option(min=1, max=3, help=say("quiz_option.level"))] = 2,
    setting: Annotated[
        str | None,
        typer.Option(
            metavar="SETTING",
            help=say("quiz_option.setting"),
            autocompletion=completion.settings,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help=say("quiz_option.kind"),
            autocompletion=lambda incomplete: [
                kind for kind in (*SORT_KINDS, *PICK_KINDS) if kind.startswith(incomplete)
            ],
        ),
    ] = None,
    patients: Annotated[list[str] | None, typer.Option(metavar="FILE...", help=say("quiz_option.patients"))] = None,
    answers: Annotated[str | None, typer.Option(metavar="FILE", help=say("quiz_option.answers"))] = None,
    grade: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help=say("quiz_option.grade")),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help=say("quiz_option.export"),
        ),
    ] = None,
    key: Annotated[bool, typer.Option("--key/--no-key", help=say("quiz_option.key"))] = True,
    format: Annotated[QuizFormat, typer.Option("--format", "-f", help=say("option.format"))] = QuizFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.quiz`` of the catalogue."""
    wanted = {"--answers": answers, "--grade": grade, "--export": export}
    if len(given := [name for name, value in wanted.items() if value is not None]) > 1:
        raise InputError.at(
            Location("quiz"),
            say("quiz_option_error.one", choices=joined(wanted), found=joined(given, "and")),
        )
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    asking = at_terminal and format is QuizFormat.TEXT and not (given or output)
    chosen = seed if seed is not None else secrets.randbelow(10_000) if asking else 1
    rulebook = load_rulebook(rules, as_of)
    if files := files_of(patients, further, "quiz"):
        generated = quiz_of_files(rulebook, files)
    else:
        # Files that name their quiz say which one to mark.
        is_chosen = (seed, setting, kind, count, level) != (None, None, None, 5, 2)
        named = _quiz_of_class(grade, rulebook) if grade is not None and not is_chosen else None
        generated = named or generate(rulebook, chosen, count, setting, _level(level), kinds_named(kind or []))
    if asking:
        from regimen_advisor.cli.quiz_terminal import ask  # noqa: PLC0415 - Rich is slow to load, and a pipe needs none of it

        ask(generated, rulebook)
    elif export in COURSE_FORMATS:
        _export_course(generated, rulebook, export, output)
    elif export is not None:
        _export(generated, rulebook, export, key=key)
    elif grade is not None:
        write_output(_class_result(generated, rulebook, grade, format, output), output)
    elif answers is not None:
        write_output(_marked(generated, rulebook, answers, format), output)
    else:
        write_output(_questions(generated, format), output)


def _level(level: int) -> Level:
    levels: tuple[Level, ...] = (1, 2, 3)
    return levels[level - 1]


def _questions(quiz: Quiz, format: QuizFormat) -> str:
    if format is QuizFormat.JSON:
        return as_json(quiz)

    return render_text(quiz)


def _marked(quiz: Quiz, rulebook: Rulebook, answers: str, format: QuizFormat) -> str:

    given = read_answers(answers, quiz)
    graded = mark(quiz, answer_key(quiz, rulebook), given)
    if format is QuizFormat.JSON:
        return as_json(graded)

    return render_grade(graded)


def _quiz_of_class(folder: str, rulebook: Rulebook) -> Quiz | None:
    from regimen_advisor.quiz.classroom import quiz_of_class  # noqa: PLC0415 - only for `--grade`

    return quiz_of_class(folder, rulebook)


def _class_result(quiz: Quiz, rulebook: Rulebook, folder: str, format: QuizFormat, output: str | None) -> str:
    """The result of a class: JSON where that is asked for, else what the ending of the output says."""
    from regimen_advisor.quiz.classroom import grade_class  # noqa: PLC0415 - only for `--grade`
    from regimen_advisor.reports import class_result  # noqa: PLC0415 - as above

    result = grade_class(folder, quiz, answer_key(quiz, rulebook))
    if format is QuizFormat.JSON:
        return as_json(result)
    match Path(output or "").suffix.lower():
        case ".csv":
            return class_result.render_csv(result)
        case ".html":
            from regimen_advisor.reports.pages import page  # noqa: PLC0415 - Jinja2 is slow to load

            return page(class_result.title(result), class_result.document(result), "quiz.css")
        case _:
            return rendered(class_result.document(result))


def _export_course(quiz: Quiz, rulebook: Rulebook, format: str, output: str | None) -> None:
    from regimen_advisor.reports import course_files  # noqa: PLC0415 - only for `--export`

    answers = answer_key(quiz, rulebook)
    match format:
        case "moodle":
            write_output(course_files.moodle(quiz, answers), output)
        case "gift":
            write_output(course_files.gift(quiz, answers), output)
        case "csv":
            write_output(course_files.table(quiz, answers), output)
        case "anki":
            if output is None or output == "-":
                raise InputError.at(Location("quiz"), say("quiz_option_error.anki"))
            write_bytes(Path(output), course_files.anki(quiz, answers))


def _export(quiz: Quiz, rulebook: Rulebook, file: str, *, key: bool) -> None:

    ending = Path(file).suffix.lower()
    if ending not in (".md", ".html"):
        formats = joined(COURSE_FORMATS)
        message = say("quiz_option_error.export", formats=formats, file=file)
        raise InputError.at(Location("quiz"), message, did_you_mean(file, COURSE_FORMATS))
    answers = answer_key(quiz, rulebook) if key else None
    write_output(render_html(quiz, answers, rulebook) if ending == ".html" else render_markdown(quiz, answers), file)
