"""The command line: one function a verb. Data goes to standard output, all else to standard error.

Exit codes: 0 done; 1 a check found something; 2 bad input or usage; 130 interrupted, 143 and 129 ended by ``SIGTERM``
or ``SIGHUP`` while something was being written, which is removed. Heavy modules are imported by the verb that needs
them, so that ``advise`` starts fast.
"""

from __future__ import annotations

import copy
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from regimen_advisor.cli import (
    cases,
    cohort,
    completion,
    explain,
    helping,
    lesson,
    listing,
    page,
    quiz,
    rulebook,
    schema,
    sources,
    starting,
)
from regimen_advisor.cli.options import AsOf, Output, Rules, day_of
from regimen_advisor.files.ending import exit_code
from regimen_advisor.files.errors import InputError, Location, RegimenAdvisorError, printable

if TYPE_CHECKING:
    from regimen_advisor.advice import Advice
    from regimen_advisor.knowledge.rulebook import Rulebook
    from regimen_advisor.patient.reading import Patient
    from regimen_advisor.reports.depth import Depth

MANY_FILES = 10
INTERRUPTED = 130
"""The exit code after an interrupt, as shells have it."""
_COLLECT_AFTER = 100_000
"""New objects between two runs of the garbage collector: what a rulebook is made of lives as long as the process."""

_M_ARENA_MAX = -8
"""As ``malloc.h`` of glibc has it."""

app = typer.Typer(
    name="regimen-advisor",
    cls=helping.Grouped,
    help="Treatment options for advanced lung cancer by rule, cited. For teaching and testing; not a medical device.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class AdviceFormat(StrEnum):
    """How ``advise`` prints its answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class EntryFormat(StrEnum):
    """How ``show`` prints an entry."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class EntryKind(StrEnum):
    """What ``show`` can show."""

    STUDY = "study"
    REGIMEN = "regimen"
    DRUG = "drug"
    RULE = "rule"
    FINDING = "finding"


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            typer.echo(f"regimen-advisor {version('regimen-advisor')}")
        except PackageNotFoundError:  # run from a checkout that was never installed
            typer.echo("regimen-advisor, not installed")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def advise(  # noqa: PLR0917 - the command line names them
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Profiles; `-` reads standard input.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Also say why each other regimen is not indicated.")
    ] = False,
    details: Annotated[bool, typer.Option("--details", help="Print each study behind an option whole.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="End after the options at a glance.")] = False,
    format: Annotated[AdviceFormat, typer.Option("--format", "-f", help="How to print.")] = AdviceFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """List the options for each patient, with evidence and warnings.

    They are those that the sources of the rules support. What is not known of a patient stays
    unknown: an option may wait for it.
    """
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.reports.depth import Depth  # noqa: PLC0415

    if brief and (everything or details):
        raise typer.BadParameter("expected --brief alone, found it with --details or --all", param_hint="--brief")
    depth = Depth(brief=brief, details=details, everything=everything)
    rulebook = load_rulebook(rules, day_of(as_of))
    patients = _patients(files, rulebook)
    advices = _advices(patients, rulebook)
    if format is AdviceFormat.TEXT and output is None and sys.stdout.isatty():
        _print_in_colour(advices, rulebook, patients, depth)
        return
    _write(_rendered(advices, rulebook, patients, format, depth), output)


def _patients(files: Sequence[str], rulebook: Rulebook) -> list[Patient]:
    """All patients, or the problems of all files at once."""
    from regimen_advisor.patient.reading import read_files  # noqa: PLC0415

    if files.count("-") > 1:
        raise InputError.at(Location("-"), "expected standard input once, found `-` more than once")
    return read_files(files, rulebook.domain)


def _advices(patients: Sequence[Patient], rulebook: Rulebook) -> list[Advice]:
    from regimen_advisor.advising import advise as advise_one  # noqa: PLC0415

    return [advise_one(patient, rulebook) for patient in _with_progress(patients)]


def _with_progress(patients: Sequence[Patient]) -> Iterable[Patient]:
    """A bar on standard error where there is a person to see it and something to wait for."""
    if len(patients) < MANY_FILES or not sys.stderr.isatty():
        return patients
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    return track(patients, "Advising", console=Console(stderr=True), transient=True)


def _rendered(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    format: AdviceFormat,
    depth: Depth,
) -> str:
    match format:
        case AdviceFormat.JSON:
            from regimen_advisor.documents import json  # noqa: PLC0415

            return json.render_answers(advices)
        case AdviceFormat.MARKDOWN:
            from regimen_advisor.reports import markdown  # noqa: PLC0415

            return markdown.render_advice(advices, rulebook, patients, depth)
        case AdviceFormat.HTML:
            from regimen_advisor.reports import html  # noqa: PLC0415

            return html.render_advice(advices, rulebook, patients)
        case AdviceFormat.TEXT:
            from regimen_advisor.reports import text  # noqa: PLC0415

            return text.render_advice(advices, rulebook, patients, depth)


def _print_in_colour(advices: Sequence[Advice], rulebook: Rulebook, patients: Sequence[Patient], depth: Depth) -> None:
    import shutil  # noqa: PLC0415

    from regimen_advisor.documents import text as layout  # noqa: PLC0415
    from regimen_advisor.reports import text  # noqa: PLC0415

    width = min(shutil.get_terminal_size((layout.WIDTH, 24)).columns, layout.WIDEST)
    lines = text.lines(advices, rulebook, patients, depth, width=max(width, 40))
    layout.print_to_terminal(lines)


@app.command()
def show(
    kind: Annotated[EntryKind, typer.Argument(metavar="KIND", help="What to show.")],
    id: Annotated[
        str,
        typer.Argument(metavar="ID", help="Its id; a drug by any of its names.", autocompletion=completion.entries),
    ],
    format: Annotated[EntryFormat, typer.Option("--format", "-f", help="How to print.")] = EntryFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
) -> None:
    """Show one study, regimen, drug, rule or finding whole.

    With its citation and links.
    """
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.reports.show import render  # noqa: PLC0415

    _write(render(kind.value, id, load_rulebook(rules), format.value), output)


def _write(text: str, output: str | None) -> None:
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    write_output(text, output)


for _topic in (schema, listing, explain, quiz, lesson, rulebook, cases, cohort, page, sources, starting, helping):
    _topic.register(app)


def _alone(verb: str) -> typer.Typer:
    """The application with this one verb, if it has it: making all of them ready takes as long as judging a patient."""
    mine = [one for one in app.registered_commands if verb == (one.name or getattr(one.callback, "__name__", ""))]
    alone = copy.copy(app)
    alone.registered_commands = mine or app.registered_commands
    alone.registered_groups = [] if mine else app.registered_groups
    return alone


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console command. Leaves with an exit code; a person never sees a traceback for what they wrote."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    if given[:1] == ["help"] and len(given) == 2 and given[1] in helping.VERBS:
        given = [given[1], "--help"]
    gc.set_threshold(_COLLECT_AFTER)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # there are none, and looking for them takes time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nor are matrices, for which NumPy makes its threads ready
    if given[:1] == ["cohort"]:
        _one_arena()
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # the same bytes on every machine, whatever its locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        _alone(given[0] if given else "")(given, standalone_mode=True)
    except SystemExit as left:
        raise SystemExit(exit_code() or left.code) from None
    except KeyboardInterrupt:  # a second one, which met the command line on its way out
        raise SystemExit(exit_code() or INTERRUPTED) from None
    except InputError as error:
        _complain(str(error))
    except RegimenAdvisorError as error:
        _complain(f"regimen-advisor: {error}")
    except OSError as error:  # what the machine refuses, such as a name that is too long
        _complain(f"regimen-advisor: {printable(str(error))}")
    except RecursionError:  # every file is refused long before; this is for what no limit foresaw
        _complain("regimen-advisor: the rules are nested too deeply to be followed")
    finally:
        gc.freeze()  # on leaving, the collector would search all of it once more
    raise SystemExit(2)


def _one_arena() -> None:
    """Let all threads take memory from one place, where the C library can be told so; before any thread is started.

    Else each of them keeps a store of its own: 100 MB more for a table, and time to fill its pages.
    """
    import ctypes  # noqa: PLC0415

    with suppress(AttributeError, OSError, TypeError):  # another library than glibc, or none that can be asked
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _complain(message: str) -> None:
    with suppress(OSError):  # standard error itself may be full
        print(message, file=sys.stderr)  # noqa: T201


def _open_closed_streams() -> None:
    """Put an empty stream where the shell gave none (``<&-``, ``>&-``): reading finds nothing, writing is refused."""
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
