"""The verb ``cohort``: the same rules over a table of patients."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regimen_advisor.cli.cohort_look import CohortFormat, Look, print_check, print_profiles, print_row, say_blank
from regimen_advisor.cli.options import AsOf, Rules, day_of
from regimen_advisor.files.errors import InputError, Location

if TYPE_CHECKING:
    from regimen_advisor.cohorts.changes import CohortChanges
    from regimen_advisor.cohorts.cohort import Summary
    from regimen_advisor.cohorts.concordance import Concordance
    from regimen_advisor.cohorts.mapping import TableMapping
    from regimen_advisor.knowledge.rulebook import Rulebook


class CohortEngine(StrEnum):
    """What judges the rows."""

    POLARS = "polars"
    SPARK = "spark"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(cohort)


def cohort(  # noqa: PLR0917 - one parameter an option
    table: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE", help="CSV, TSV, Parquet (file, folder, glob) or JSON Lines; on Spark Parquet."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="FILE", help="How its columns become the keys of a profile.")
    ] = None,
    suggest_mapping: Annotated[
        bool, typer.Option("--suggest-mapping", help="Print a draft of a mapping and stop.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A row a patient: .parquet, .csv, .tsv or .jsonl; a new folder of Parquet on Spark.",
        ),
    ] = None,
    format: Annotated[
        CohortFormat, typer.Option("--format", "-f", help="How to print the summary.")
    ] = CohortFormat.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse cells that cannot be read and contradictory rows.")
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(metavar="OLD", help="Rules folder or stack (shipped+packs/mine): which patients change from it."),
    ] = None,
    given: Annotated[str | None, typer.Option(metavar="COLUMN", help="Drugs actually given: concordance.")] = None,
    id_column: Annotated[
        str, typer.Option("--id-column", metavar="COLUMN", help="The column that names the patient.")
    ] = "id",
    node_by_node: Annotated[
        bool, typer.Option("--node-by-node", help="Faster, and less exact: do not ask the solver about open cells.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say what was read of the table, before any advice, and stop.")
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Print one row as a profile, with the cells it came from, and stop."),
    ] = None,
    profiles: Annotated[
        str | None,
        typer.Option(
            metavar="OUT", help="Write what each row became and stop: .jsonl, .parquet, or a new folder of YAML files."
        ),
    ] = None,
    rules: Rules = None,
    as_of: AsOf = None,
    engine: Annotated[CohortEngine, typer.Option(help="polars: this machine; spark: a cluster.")] = CohortEngine.POLARS,
    master: Annotated[str, typer.Option(metavar="URL", help="Spark master.")] = "local[*]",
    conf: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Passed on to Spark; may be repeated.")
    ] = None,
    synthesise: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Write N invented patients instead.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the invented patients.")] = 0,
) -> None:
    """Say what the rules offer to every patient of a table.

    And how that compares with what was given, or with other rules.
    """
    if find_spec("polars") is None:
        raise InputError.at(Location("cohort"), "Polars is not installed", "pip install 'regimen-advisor[cohort]'")
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415

    if synthesise is not None:
        _synthesise(synthesise, seed, output)
        return
    if not table:
        raise InputError.at(Location("cohort"), "expected a TABLE, or --synthesise N")
    rulebook = load_rulebook(rules, day_of(as_of))
    read = _mapping(mapping, rulebook)
    if suggest_mapping:
        _suggest(table, rulebook)
        return
    if check or show is not None or profiles is not None:
        _refuse_beside_a_look(
            {"--check": check, "--show": show is not None, "--profiles": profiles is not None},
            {"--output": output, "--compare": compare, "--node-by-node": node_by_node or None},
        )
        if engine is CohortEngine.SPARK:
            raise InputError.at(Location("--engine spark"), "a table is looked at on this machine: leave it out")
        _look(Look(table, read, rulebook, given, id_column), format, show, profiles, strict=strict)
        return
    from regimen_advisor.knowledge.rulebook import stack_named  # noqa: PLC0415
    from regimen_advisor.reports import cohort as report  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    old_rules = load_rulebook(stack_named(compare), day_of(as_of)) if compare is not None else None
    exact = not node_by_node
    if engine is CohortEngine.SPARK:
        from regimen_advisor.cohorts.spark.engine import Request, run_on_spark  # noqa: PLC0415

        request = Request(rulebook, read, given, id_column, old_rules, strict, exact)
        told = run_on_spark(table, output, request, master, conf or [])
    else:
        told = _judge(table, read, rulebook, output, strict, old_rules, given, id_column, exact)
    render = {CohortFormat.TEXT: report.as_text, CohortFormat.JSON: report.as_json, CohortFormat.HTML: report.as_html}
    write_output(render[format](*told), None)


def _refuse_beside_a_look(looks: Mapping[str, bool], judging: Mapping[str, object]) -> None:
    """Raises ``InputError`` where two looks are asked for, or one beside an option of judging, which would be idle."""
    asked = [option for option, given in looks.items() if given]
    idle = [option for option, given in judging.items() if given is not None]
    if len(asked) > 1:
        raise InputError.at(Location(asked[1]), f"expected one of {', '.join(looks)}, found {' and '.join(asked)}")
    if idle:
        raise InputError.at(Location(idle[0]), f"{asked[0]} judges nobody: leave {idle[0]} out")


def _look(look: Look, format: CohortFormat, show: str | None, profiles: str | None, *, strict: bool) -> None:
    if show is not None:
        print_row(look, show, format)
    elif profiles is not None:
        print_profiles(look, profiles, strict=strict)
    else:
        print_check(look, format, strict=strict)


def _synthesise(count: int, seed: int, output: str | None) -> None:
    from regimen_advisor.cohorts.synthesis import for_text, synthetic_patients  # noqa: PLC0415
    from regimen_advisor.cohorts.tables import check_output, write_table  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415
    from regimen_advisor.reports.population import synthesised_as_text  # noqa: PLC0415

    if output is None:
        raise InputError.at(Location("cohort"), "--synthesise needs --output FILE")
    patients = synthetic_patients(count, seed)
    write_table(for_text(patients) if check_output(output) in (".csv", ".tsv", ".txt") else patients, output)
    write_output(synthesised_as_text(count, output), None)


def _mapping(path: str | None, rulebook: Rulebook) -> TableMapping | None:
    if path is None:
        return None
    from regimen_advisor.cohorts.mapping import load_mapping  # noqa: PLC0415

    return load_mapping(path, rulebook.domain)


def _suggest(table: list[str], rulebook: Rulebook) -> None:
    from regimen_advisor.cohorts.mapping_draft import suggest_mapping  # noqa: PLC0415
    from regimen_advisor.cohorts.tables import scan_table  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415

    write_output(suggest_mapping(scan_table(table), rulebook.domain, Path(table[0]).name), None)


def _judge(  # noqa: PLR0917 - what the command line says
    paths: list[str],
    mapping: TableMapping | None,
    rulebook: Rulebook,
    output: str | None,
    strict: bool,
    old_rules: Rulebook | None,
    given: str | None,
    id_column: str,
    exact: bool,
) -> tuple[Summary, CohortChanges | None, Concordance | None]:
    from regimen_advisor.cohorts.changes import changes  # noqa: PLC0415
    from regimen_advisor.cohorts.cohort import (  # noqa: PLC0415
        GIVEN,
        given_label,
        judged,
        open_table,
        refuse_if_strict,
        summarise,
    )
    from regimen_advisor.cohorts.concordance import concordance  # noqa: PLC0415

    if output is not None:
        _check_output(output, paths, mapping)
    table = open_table(paths, mapping, given=given, id_column=id_column)
    say_blank(table)
    with _progress("judging the rows"), judged(table, rulebook, exact=exact, output=output) as result:
        summary = summarise(result, table.name)
        if strict:
            refuse_if_strict(summary)
        agreed = None
        if GIVEN in table.rows.collect_schema():
            agreed = concordance(result.rows, rulebook, given_label(given, mapping))
        compared = None
        if old_rules is not None:
            with judged(table, old_rules, exact=exact, output=output) as before:
                compared = changes(before, result)
        if output is not None:
            result.write(output)
    return summary, compared, agreed


def _check_output(output: str, paths: list[str], mapping: TableMapping | None) -> None:
    """Refuses an output that could not be written in the end, or that would overwrite what is read."""
    from regimen_advisor.cohorts.cohort import second_tables  # noqa: PLC0415
    from regimen_advisor.cohorts.tables import check_output, files_of, refuse_overwriting  # noqa: PLC0415
    from regimen_advisor.files.writing import target_of  # noqa: PLC0415

    check_output(output)
    others = (
        [second_tables(mapping, paths[0]) / table.file for table in mapping.file.tables.values()] if mapping else []
    )
    refuse_overwriting(output, [*files_of(paths), *others, *([mapping.document.name] if mapping else [])])
    if not target_of(output).parent.is_dir():
        raise InputError.at(Location(output), "cannot be written: there is no such folder")


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """A spinner with the time gone by, on standard error and only where a person looks at it."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield
