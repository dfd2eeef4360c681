"""Run the verb ``cohort``: the same rules over a table of patients."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli.cohort_options import CohortEngine, CohortFormat
from regimen_advisor.cli.options import AsOf, Rules
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook, stack_named
from regimen_advisor.words.catalogue import joined, say

if TYPE_CHECKING:
    from regimen_advisor.cohorts.mapping import TableMapping

_M_ARENA_MAX = -8
"""As ``malloc.h`` of glibc has it."""


def cohort(  # noqa: PLR0917 - one parameter an option
    table: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE", help=say("cohort_option.table")),
    ] = None,
    mapping: Annotated[str | None, typer.Option(metavar="FILE", help=say("cohort_option.mapping"))] = None,
    suggest_mapping: Annotated[
        bool, typer.Option("--suggest-mapping", help=say("cohort_option.suggest_mapping"))
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=say("cohort_option.output"),
        ),
    ] = None,
    format: Annotated[
        CohortFormat, typer.Option("--format", "-f", help=say("cohort_option.format"))
    ] = CohortFormat.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help=say("cohort_option.strict"))] = False,
    compare: Annotated[
        str | None,
        typer.Option(metavar="OLD", help=say("cohort_option.compare")),
    ] = None,
    given: Annotated[str | None, typer.Option(metavar="COLUMN", help=say("cohort_option.given"))] = None,
    id_column: Annotated[str, typer.Option("--id-column", metavar="COLUMN", help=say("option.id_column"))] = "id",
    node_by_node: Annotated[bool, typer.Option("--node-by-node", help=say("cohort_option.node_by_node"))] = False,
    check: Annotated[bool, typer.Option("--check", help=say("cohort_option.check"))] = False,
    show: Annotated[
        str | None,
        typer.Option(metavar="ID", help=say("cohort_option.show")),
    ] = None,
    profiles: Annotated[
        str | None,
        typer.Option(metavar="OUT", help=say("cohort_option.profiles")),
    ] = None,
    rules: Rules = None,
    as_of: AsOf = None,
    engine: Annotated[CohortEngine, typer.Option(help=say("cohort_option.engine"))] = CohortEngine.POLARS,
    master: Annotated[str, typer.Option(metavar="URL", help=say("cohort_option.master"))] = "local[*]",
    conf: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help=say("cohort_option.conf"))] = None,
    synthesise: Annotated[int | None, typer.Option(metavar="N", min=1, help=say("cohort_option.synthesise"))] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("cohort_option.seed"))] = 0,
) -> None:
    """The command; its help is ``verb_help.cohort`` of the catalogue."""
    if find_spec("polars") is None:
        raise InputError.at(
            Location("cohort"),
            say("missing_extra.not_installed", name="Polars"),
            "pip install 'regimen-advisor[cohort]'",
        )
    _one_arena()
    if synthesise is not None:
        _looking().write_synthetic(synthesise, seed, output)
        return
    if not table:
        raise InputError.at(Location("cohort"), say("cohort_error.no_table"))
    rulebook = load_rulebook(rules, as_of)
    read = None if mapping is None else _mapping(mapping, rulebook)
    if suggest_mapping:
        _looking().print_suggestion(table, rulebook)
        return
    if check or show is not None or profiles is not None:
        _refuse_other_options(
            {"--check": check, "--show": show is not None, "--profiles": profiles is not None},
            {"--output": output, "--compare": compare, "--node-by-node": node_by_node or None},
        )
        if engine is CohortEngine.SPARK:
            raise InputError.at(Location("--engine spark"), say("cohort_error.here_only"))
        _looking().look(table, read, rulebook, strict, given, id_column, format, show, profiles)
        return
    from regimen_advisor.cli import cohort_work as work  # noqa: PLC0415 - Polars is an extra
    from regimen_advisor.cohorts.request import Request  # noqa: PLC0415 - Polars is an extra

    old_rules = load_rulebook(stack_named(compare), as_of) if compare is not None else None
    request = Request(rulebook, read, given, id_column, old_rules, strict, exact=not node_by_node)
    if engine is CohortEngine.SPARK:
        from regimen_advisor.cohorts.spark.engine import run_on_spark  # noqa: PLC0415 - Spark is an extra, Arrow slow

        found = run_on_spark(table, output, request, master, conf or [])
    else:
        found = work.judge(table, output, request)
    if read is not None and read.file.row is not None:
        found = (replace(found[0], decisions=read.file.row.each), *found[1:])
    work.print_summary(found, format)


def _looking() -> ModuleType:
    """What looks at a table and judges nobody; slow to load, and of no use to a table that is judged."""
    return import_module("regimen_advisor.cli.cohort_look")


def _mapping(path: str, rulebook: Rulebook) -> TableMapping:
    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415 - slow to load, and most tables need none

    return load_mapping(path, rulebook.domain)


def _refuse_other_options(looks: Mapping[str, bool], judging: Mapping[str, object]) -> None:
    """Raises ``InputError`` where two looks are asked for, or one with an option of judging, which would be idle."""
    asked = [option for option, given in looks.items() if given]
    idle = [option for option, given in judging.items() if given is not None]
    if len(asked) > 1:
        raise InputError.at(
            Location(asked[1]),
            say("cohort_error.looks", choices=joined(looks), found=joined(asked, "and")),
        )
    if idle:
        raise InputError.at(Location(idle[0]), say("cohort_error.idle", look=asked[0], option=idle[0]))


def _one_arena() -> None:
    """Let all threads take memory from one place, where the C library allows it; before Polars starts any.

    Else each of them keeps a store of its own: 100 MB more for a table, and time to fill its pages.
    """
    with suppress(AttributeError, OSError, TypeError):  # another library than glibc, or none that can be asked
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
