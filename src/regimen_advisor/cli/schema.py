"""Run the verb ``schema``: how a file is written, for programs and for editors."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from regimen_advisor.cli.options import Output
from regimen_advisor.documents.json import as_json
from regimen_advisor.editor_schemas import EditedFile, editor_schema, every_editor_schema
from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.reports.files import write_file, write_output
from regimen_advisor.schemas import SchemaName, reference_of, schema_of
from regimen_advisor.words.catalogue import joined, say


class SchemaFormat(StrEnum):
    """How ``schema`` prints."""

    JSON = "json"
    MARKDOWN = "markdown"


_NAMES = joined(SchemaName)


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]",
            help=say("schema_option.name", names=_NAMES),
        ),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="RULES",
            help=say("schema_option.for"),
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option("--into", metavar="DIR", help=say("schema_option.into")),
    ] = None,
    form: Annotated[SchemaFormat, typer.Option("--format", help=say("schema_option.format"))] = SchemaFormat.JSON,
    output: Output = None,
) -> None:
    """The command; its help is ``verb_help.schema`` of the catalogue."""
    if rules:
        _for_editors(name, rules, folder, form, output)
        return
    if folder is not None:
        raise _wrong(say("schema_error.into_alone"))
    known = _known(name, list(SchemaName), _NAMES)
    if known == SchemaName.MAPPING:
        _refuse_without_polars()
    write_output(reference_of(known) if form is SchemaFormat.MARKDOWN else as_json(schema_of(known)), output)


def _for_editors(
    name: str | None, rules: list[str], folder: str | None, form: SchemaFormat, output: str | None
) -> None:

    if form is not SchemaFormat.JSON:
        raise _wrong(say("schema_error.json_only"))
    if folder is not None and (name is not None or output is not None):
        raise _wrong(say("schema_error.into_whole"))
    if folder is not None:
        write_schemas(load_rulebook(rules), Path(folder))
        return
    kind = EditedFile(_known(name, list(EditedFile), joined(EditedFile)))
    if kind is EditedFile.MAPPING:
        _refuse_without_polars()
    write_output(as_json(editor_schema(kind, load_rulebook(rules))), output)


def _refuse_without_polars() -> None:
    """The model of a mapping tries its patterns in Polars."""
    if find_spec("polars") is None:
        raise _wrong(say("missing_extra.not_installed", name="Polars"), "pip install 'regimen-advisor[cohort]'")


def write_schemas(rulebook: Rulebook, folder: Path) -> None:
    """Write the schema of every kind of file, with the words of a rulebook."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at(Location(str(folder)), say("file_error.not_made", reason=error.strerror or error)) from None
    for file, made in every_editor_schema(rulebook).items():
        write_file(folder / file, as_json(made))


def _known(name: str | None, names: list[str], expected: str) -> str:
    if name is None:
        raise _wrong(say("schema_error.missing", names=expected))
    if name not in names:
        raise _wrong(say("schema_error.unknown", names=expected, name=name), did_you_mean(name, names))
    return name


def _wrong(message: str, help: str | None = None) -> InputError:
    return InputError.at(Location(say("place.command_line")), message, help)
