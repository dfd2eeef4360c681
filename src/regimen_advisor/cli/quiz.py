"""The verbs ``quiz`` and ``cite``: teaching with generated patients, and the citations behind an answer."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import Output, Rules
from regimen_advisor.files.errors import InputError, Location, did_you_mean

if TYPE_CHECKING:
    from regimen_advisor.knowledge.evidence import Study
    from regimen_advisor.knowledge.rulebook import Rulebook
    from regimen_advisor.quiz.models import Level, Quiz


class QuizFormat(StrEnum):
    """How ``quiz`` prints questions, or the marking of answers."""

    TEXT = "text"
    JSON = "json"


COURSE_FORMATS = ("moodle", "gift", "anki", "csv")
"""What ``--export`` makes for course systems."""


class CitationName(StrEnum):
    """How ``cite`` prints citations."""

    TEXT = "text"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command()(quiz)
    app.command()(cite)


def quiz(  # noqa: PLR0917 - one parameter an option
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same quiz. Default: 1; at a terminal a new one.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="How many questions, 1 to 50.")] = 5,
    level: Annotated[
        int, typer.Option(min=1, max=3, help="1: all is known; 2: something is not; 3: several things are not.")
    ] = 2,
    setting: Annotated[
        str | None,
        typer.Option(
            metavar="SETTING",
            help="One clinical setting, such as nsclc/later-line-egfr.",
            autocompletion=completion.settings,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only questions of this kind, such as next-test. Again for another one.",
            autocompletion=completion.quiz_kinds,
        ),
    ] = None,
    answers: Annotated[
        str | None, typer.Option(metavar="FILE", help="Mark the answers in FILE; `-` reads standard input.")
    ] = None,
    grade: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Mark a class: one file of answers a student. -o FILE.csv or FILE.html."),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="FILE.md or FILE.html: questions and answer key. moodle, gift, anki or csv: for a course system.",
        ),
    ] = None,
    key: Annotated[bool, typer.Option("--key/--no-key", help="With --export: with the answer key.")] = True,
    format: Annotated[QuizFormat, typer.Option("--format", "-f", help="How to print.")] = QuizFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """Set and mark exercises on generated patients.

    Which options has this patient? The marks say which rule decides each point.
    """
    import secrets  # noqa: PLC0415

    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.quiz.generating import generate, kinds_named  # noqa: PLC0415

    wanted = {"--answers": answers, "--grade": grade, "--export": export}
    if len(given := [name for name, value in wanted.items() if value is not None]) > 1:
        raise InputError.at(Location("quiz"), f"expected one of {', '.join(wanted)}; found {' and '.join(given)}")
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    asking = at_terminal and format is QuizFormat.TEXT and not (given or output)
    chosen = seed if seed is not None else secrets.randbelow(10_000) if asking else 1
    rulebook = load_rulebook(rules)
    generated = generate(rulebook, chosen, count, setting, _level(level), kinds_named(kind or []))
    if asking:
        from regimen_advisor.cli.quiz_terminal import ask  # noqa: PLC0415

        ask(generated, rulebook)
    elif export in COURSE_FORMATS:
        _export_course(generated, rulebook, export, output)
    elif export is not None:
        _export(generated, rulebook, export, key=key)
    elif grade is not None:
        _write(_class_result(generated, rulebook, grade, format, output), output)
    elif answers is not None:
        _write(_marked(generated, rulebook, answers, format), output)
    else:
        _write(_questions(generated, format), output)


def _level(level: int) -> Level:
    levels: tuple[Level, ...] = (1, 2, 3)
    return levels[level - 1]


def _questions(quiz: Quiz, format: QuizFormat) -> str:
    if format is QuizFormat.JSON:
        from regimen_advisor.documents.json import as_json  # noqa: PLC0415

        return as_json(quiz)
    from regimen_advisor.reports.quiz import render_text  # noqa: PLC0415

    return render_text(quiz)


def _marked(quiz: Quiz, rulebook: Rulebook, answers: str, format: QuizFormat) -> str:
    from regimen_advisor.quiz.grading import grade, read_answers  # noqa: PLC0415
    from regimen_advisor.quiz.key import answer_key  # noqa: PLC0415

    given = read_answers(answers, quiz)
    graded = grade(quiz, answer_key(quiz, rulebook), given)
    if format is QuizFormat.JSON:
        from regimen_advisor.documents.json import as_json  # noqa: PLC0415

        return as_json(graded)
    from regimen_advisor.reports.quiz import render_grade  # noqa: PLC0415

    return render_grade(graded)


def _class_result(quiz: Quiz, rulebook: Rulebook, folder: str, format: QuizFormat, output: str | None) -> str:
    """The result of a class: JSON where that is asked for, else what the ending of the output says."""
    from regimen_advisor.documents.json import as_json  # noqa: PLC0415
    from regimen_advisor.quiz.classroom import grade_class  # noqa: PLC0415
    from regimen_advisor.quiz.key import answer_key  # noqa: PLC0415
    from regimen_advisor.reports import class_result  # noqa: PLC0415

    result = grade_class(folder, quiz, answer_key(quiz, rulebook))
    if format is QuizFormat.JSON:
        return as_json(result)
    renderers = {".csv": class_result.render_csv, ".html": class_result.render_html}
    return renderers.get(Path(output or "").suffix.lower(), class_result.render_text)(result)


def _export_course(quiz: Quiz, rulebook: Rulebook, format: str, output: str | None) -> None:
    from regimen_advisor.quiz.key import answer_key  # noqa: PLC0415
    from regimen_advisor.reports import course_files  # noqa: PLC0415
    from regimen_advisor.reports.files import write_bytes  # noqa: PLC0415

    answers = answer_key(quiz, rulebook)
    match format:
        case "moodle":
            _write(course_files.moodle(quiz, answers), output)
        case "gift":
            _write(course_files.gift(quiz, answers), output)
        case "csv":
            _write(course_files.table(quiz, answers), output)
        case "anki":
            if output is None or output == "-":
                raise InputError.at(Location("quiz"), "--export anki: expected --output FILE.apkg, found none")
            write_bytes(Path(output), course_files.anki(quiz, answers))


def _export(quiz: Quiz, rulebook: Rulebook, file: str, *, key: bool) -> None:
    from regimen_advisor.quiz.key import answer_key  # noqa: PLC0415
    from regimen_advisor.reports.quiz import render_html, render_markdown  # noqa: PLC0415

    ending = Path(file).suffix.lower()
    if ending not in (".md", ".html"):
        formats = ", ".join(COURSE_FORMATS)
        message = f"--export: expected a file name that ends in .md or .html, or one of {formats}; found `{file}`"
        raise InputError.at(Location("quiz"), message, did_you_mean(file, COURSE_FORMATS))
    answers = answer_key(quiz, rulebook) if key else None
    _write(render_html(quiz, answers) if ending == ".html" else render_markdown(quiz, answers), file)


def cite(  # noqa: PLR0917 - one parameter an option
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STUDY",
            help="Studies by id or name; all of them if left out.",
            autocompletion=completion.studies,
        ),
    ] = None,
    for_: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="FILE", help="The studies behind the options offered to this patient."),
    ] = None,
    format: Annotated[CitationName, typer.Option("--format", "-f", help="How to print.")] = CitationName.TEXT,
    style: Annotated[
        str | None, typer.Option("--style", metavar="STYLE", help="Of text: ama, nejm, vancouver or another CSL style.")
    ] = None,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """Print the citations of studies.

    What is recalled and not confirmed is marked, what is not known is left out.
    """
    from regimen_advisor.citing.formats import render  # noqa: PLC0415
    from regimen_advisor.citing.items import chosen, item_of  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    if studies and for_:
        raise InputError.at(Location("cite"), "expected studies or --for FILE, found both")
    rulebook = load_rulebook(rules)
    found = _behind(for_, rulebook) if for_ else chosen(studies or [], rulebook)
    _write(render([item_of(study) for study in found], format.value, style), output)


def _behind(files: list[str], rulebook: Rulebook) -> tuple[Study, ...]:
    """The studies behind the options offered to the patients of these files, or the problems of all files at once."""
    from regimen_advisor.advising import advise  # noqa: PLC0415
    from regimen_advisor.citing.items import behind  # noqa: PLC0415
    from regimen_advisor.patient.reading import read_files  # noqa: PLC0415

    patients = read_files(files, rulebook.domain)
    return behind([advise(patient, rulebook, ask=False) for patient in patients], rulebook)


def _write(text: str, output: str | None) -> None:
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    write_output(text, output)
