"""Start and end the command line. Its verbs are in ``verbs``.

Data goes to standard output, all else to standard error. Exit codes: 0 done; 1 a check found something; 2 bad input or
usage; 130 interrupted, 143 and 129 ended by ``SIGTERM`` or ``SIGHUP`` while something was being written, which is
removed.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer

from regimen_advisor.cli.group import VerbGroup
from regimen_advisor.cli.verbs import VERBS
from regimen_advisor.files.ending import exit_code
from regimen_advisor.files.errors import InputError, RegimenAdvisorError, printable
from regimen_advisor.words.catalogue import say

INTERRUPTED = 130
"""The exit code after an interrupt, as shells have it."""
_COLLECT_AFTER = 100_000
"""New objects between two runs of the garbage collector: what a rulebook is made of lives as long as the process."""

app = typer.Typer(
    name="regimen-advisor",
    cls=VerbGroup,
    help=say("command.purpose"),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(say("command.version", number=version("regimen-advisor")))
        except PackageNotFoundError:  # run from a checkout that was never installed
            typer.echo(say("command.not_installed"))
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help=say("command.show_version"))
    ] = False,
) -> None:
    """Options of the command itself."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console command. Leaves with an exit code; a person never sees a traceback for what they wrote."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    if given[:1] == ["help"] and len(given) == 2 and given[1] in VERBS:
        given = [given[1], "--help"]
    gc.set_threshold(_COLLECT_AFTER)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # there are none, and looking for them takes time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nor are matrices, for which NumPy makes its threads ready
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # the same bytes on every machine, whatever its locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(given, standalone_mode=True)
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
        _complain(say("command.nested"))
    finally:
        gc.freeze()  # on leaving, the collector would search all of it once more
    raise SystemExit(2)


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
