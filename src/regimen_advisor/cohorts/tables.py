"""Read and write tables: CSV, TSV, Parquet and JSON Lines, read lazily; written whole or not at all."""

from __future__ import annotations

import csv
import glob
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from regimen_advisor.documents.spreadsheet import FORMULA_STARTS
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.folders import files_in
from regimen_advisor.files.output import name_of, refuse_unless_file
from regimen_advisor.files.writing import whole_or_nothing
from regimen_advisor.files.yaml_values import MAX_DEPTH
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import joined, say

UNREAD_EVENTS = "cells of events that could not be read"
"""A column of lines ``column: cell`` next to the keys of a profile."""
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
JSON_LINES, PARQUET = (".jsonl", ".ndjson"), (".parquet", ".pq")
"""The endings of such files."""
_MOST_OF_REASON = 300  # letters of what another program gives as its reason
_BYTE_ORDER_MARK = "\ufeff"
"""Some programs begin each file with it, and so each part of files that were joined."""


def scan_table(paths: Sequence[str]) -> pl.LazyFrame:
    """The rows of all files, folders (of Parquet files) and globs, one after another.

    Raises ``InputError`` for a file that is missing, of another kind, broken, or not in UTF-8.
    """
    return read_table(paths)[0]


def read_table(paths: Sequence[str]) -> tuple[pl.LazyFrame, int]:
    """The rows of ``scan_table``, and how many lines without a word were passed over in text tables."""
    files = files_of(paths)
    kinds = {_kind(file) for file in files}
    if len(kinds) > 1:
        raise InputError.at(Location(paths[0]), say("table_error.one_kind", kinds=joined(sorted(kinds))))
    (kind,) = kinds
    if kind == "parquet":
        return _checked(pl.scan_parquet(files), files), 0
    if kind == "json":
        return _checked(pl.scan_ndjson(files, schema=dict.fromkeys(_json_keys(files), pl.String)), files), 0
    blank = sum(check_rows(file) for file in files)
    forms = [(_separator(file), _lines_above(file)) for file in files]
    if len(set(forms)) > 1 or forms[0][1]:  # they may differ from file to file
        pairs = zip(files, forms, strict=True)
        parts = [
            pl.scan_csv(file, separator=sign, infer_schema=False, skip_lines=above) for file, (sign, above) in pairs
        ]
        table = _checked(pl.concat(parts), files)
    else:
        table = _checked(pl.scan_csv(files, separator=forms[0][0], infer_schema=False), files)
    if blank:  # a line without a word is no patient
        table = table.filter(pl.any_horizontal(pl.all().str.contains(r"\S")))
    return table, blank


def files_of(paths: Sequence[str]) -> list[str]:
    """The files that these names, folders and patterns stand for.

    Raises ``InputError`` for a name that stands for none, for a pipe or a device, and for a name that Polars cannot
    take.
    """
    files = [file for path in paths for file in _files(path)]
    for file in files:
        refuse_odd_name(file, file)
        try:
            refuse_unless_file(file, say("table_error.save_first"))
        except OSError as error:
            raise InputError.at(Location(file), say("broken.cannot_be_read", reason=error.strerror or error)) from None
    return files


def refuse_odd_name(file: str | Path, shown_name: str) -> None:
    """Raises ``InputError``, naming ``shown_name``, where the name of ``file`` is not UTF-8: Polars cannot open it."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise InputError.at(Location(shown_name), say("table_error.name_not_utf8"), say("table_error.rename")) from None


def refuse_overwriting(output: str, read: Iterable[str | Path]) -> None:
    """Raises ``InputError`` where ``output`` is one of the files that are ``read``, under whatever name."""
    for file in read:
        with suppress(OSError):  # what is not there yet cannot be overwritten
            if Path(output).samefile(file):
                raise InputError.at(Location(output), say("table_error.overwrites"))


def _files(path: str) -> list[str]:
    if not path:
        raise InputError.at(Location(name_of(path)), say("table_error.no_name"))
    if os.path.realpath(path) == Path(path).absolute().anchor:
        raise InputError.at(Location(path), say("table_error.root"))
    if Path(path).is_dir():
        found = [str(file) for file in files_in(path, deep=True, taken=lambda name: name.lower().endswith(PARQUET))]
        if not found:
            raise InputError.at(Location(path), say("table_error.no_parquet"))
        return found
    if os.path.lexists(path):  # a link to nothing is reported by name, and no pattern
        return [path]
    found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise InputError.at(Location(path), say("table_error.no_file"))
    return found


def _kind(file: str) -> str:
    suffix = Path(file).suffix.lower()
    if suffix in PARQUET:
        return "parquet"
    if suffix in JSON_LINES:
        return "json"
    if suffix in _SEPARATORS:
        return "text"
    endings = joined((*_SEPARATORS, *PARQUET, *JSON_LINES))
    raise InputError.at(Location(file), say("table_error.ending", endings=endings))


def _checked(table: pl.LazyFrame, files: Sequence[str]) -> pl.LazyFrame:
    with table_errors(files[0]):
        names = table.collect_schema().names()
    if not names:
        raise InputError.at(Location(files[0]), say("table_error.no_columns"))
    return table


def _json_keys(files: Sequence[str]) -> list[str]:
    """The keys of all objects in JSON Lines; a line that is none, or that Polars would read otherwise, is refused."""
    keys = dict.fromkeys(Profile.model_fields)
    for file in files:
        with _text(file) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = _object(Location(file, number), line)
                keys.update(dict.fromkeys(row))
    return list(keys)


def _object(place: Location, line: str) -> dict[str, object]:
    try:
        row = _JSON_LINE.decode(line.rstrip())
        if "\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()
    except RecursionError:
        raise _too_deep(place) from None
    except UnicodeEncodeError:
        raise InputError.at(place, say("table_error.half_character")) from None
    except json.JSONDecodeError as error:
        place = place._replace(column=error.colno)
        raise InputError.at(place, say("table_error.not_json", reason=error.msg)) from None
    except ValueError as error:
        raise InputError.at(place, say("table_error.not_json", reason=error)) from None
    if not isinstance(row, dict):
        raise InputError.at(place, say("table_error.no_object"))
    if line.count("[") + line.count("{") > MAX_DEPTH and _depth(row) > MAX_DEPTH:
        raise _too_deep(place)
    return row


def _too_deep(place: Location) -> InputError:
    return InputError.at(place, say("broken.deep", most=MAX_DEPTH))


def _depth(value: object) -> int:
    """How many lists and objects are around the innermost value."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _no_number(word: str) -> float:
    raise ValueError(say("table_error.no_number", word=word))


_JSON_LINE = json.JSONDecoder(parse_constant=_no_number)


@contextmanager
def _text(file: str) -> Iterator[Iterator[str]]:
    """The lines of a text file; what is not UTF-8 is refused with its line."""
    number = 0

    def lines() -> Iterator[str]:
        nonlocal number
        with Path(file).open("rb") as opened:
            for number, line in enumerate(opened, start=1):  # decoded one by one, so that the line is known
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")

    try:
        yield lines()
    except UnicodeDecodeError as error:
        message = say("table_error.not_utf8", byte=f"{error.object[error.start]:02x}")
        raise InputError.at(Location(file, number), message) from None
    except OSError as error:
        raise InputError.at(Location(file), say("broken.cannot_be_read", reason=error.strerror)) from None


def check_rows(file: str) -> int:
    """How many lines without a word a text table has: empty ones, and those of empty cells alone.

    Refuses a table whose rows do not all have as many cells as its header, or that names a column twice.

    A header that is found again, as in exports that were joined, is refused too, and quotes that do not pair: Polars
    would take the lines after them for a part of a cell.
    """
    separator, above = _separator(file), _lines_above(file)
    blank = 0
    with _text(file) as lines:
        for _ in range(above):
            next(lines)
        rows = _rows(file, lines, separator, above)
        _, header = next(rows, (1, []))
        if not header:
            raise InputError.at(Location(file), say("table_error.no_header"))
        twice = next((name for name in header if header.count(name) > 1), None)
        if twice is not None:
            raise InputError.at(Location(file, above + 1), say("table_error.column_twice", column=twice))
        for line, row in rows:
            if not "".join(row).strip():
                blank += 1
                continue
            if len(header) > 1 and [row[0].removeprefix(_BYTE_ORDER_MARK), *row[1:]] == header:
                raise InputError.at(Location(file, line), say("table_error.header_again"))
            if len(row) != len(header):
                message = say("table_error.cells", expected=len(header), found=len(row))
                raise InputError.at(Location(file, line), message)
    return blank


def _separator(file: str) -> str:
    """What parts the cells: the sign of the kind of file, or where its header has none the one that the header has.

    Programs write semicolons into ``.csv`` where the comma is the decimal sign.
    """
    usual = _SEPARATORS[Path(file).suffix.lower()]
    with _text(file) as lines:
        first = next(lines, "")
        header = next((line for line in lines if not line.startswith("#")), "") if first.startswith("#") else first
    return next((sign for sign in (usual, ";", "\t", ",") if sign in header), usual)


def _lines_above(file: str) -> int:
    """How many lines that begin with ``#`` come before the header, as in exports of cBioPortal.

    A single one with as many cells as the line after it is a header.
    """
    separator = _separator(file)
    found: list[str] = []
    with _text(file) as lines:
        for line in lines:
            if not line.startswith("#"):
                alone = len(found) == 1 and found[0].count(separator) == line.count(separator)
                return 0 if alone else len(found)
            found.append(line)
    return 0


def _rows(file: str, lines: Iterator[str], separator: str, above: int) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text table, each with the line that it ends on; ``above`` lines were passed over before."""
    quotes = 0

    def seen() -> Iterator[str]:
        nonlocal quotes
        for line in lines:
            quotes += line.count('"')
            yield line

    rows = csv.reader(seen(), delimiter=separator, strict=True)
    begun = above + 1
    try:
        for row in rows:
            if quotes % 2:
                raise InputError.at(Location(file, begun), say("table_error.quotes"), say("table_error.quotes_help"))
            yield above + rows.line_num, row
            begun = above + rows.line_num + 1
    except csv.Error as error:
        message = say("table_error.not_a_table", reason=error)
        if "new-line character" in str(error):
            message = say("table_error.line_ends")
        raise InputError.at(Location(file, begun), message) from None


@contextmanager
def table_errors(place: str, written: str | None = None) -> Iterator[None]:
    """Turns what goes wrong inside Polars into a problem of the table at ``place``.

    ``written`` is where the answer is being written, if that is another place: there the disk may be full.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        for step in (error, error.__cause__, error.__context__):
            if isinstance(step, InputError):
                raise step from None
        text = " ".join(str(error).split())
        if "No space left" in text:
            raise InputError.at(Location(written or place), say("table_error.no_space")) from None
        raise InputError.at(Location(place), say("table_error.not_done", reason=text[:_MOST_OF_REASON])) from None


# Writing -------------------------------------------------------------------------------------------------------------


def write_table(table: pl.LazyFrame, output: str) -> None:
    """``table`` as Parquet, CSV or JSON Lines, by the ending of ``output``; whole or not at all.

    Raises ``InputError`` for another ending, or where it cannot be written.
    """
    suffix = check_output(output)
    with whole_or_nothing(output) as temporary, table_errors(output):
        refuse_odd_name(temporary, output)
        if suffix in PARQUET:
            table.sink_parquet(temporary, compression="zstd", compression_level=1)
        elif suffix in JSON_LINES:
            table.sink_ndjson(temporary)
        else:
            table.with_columns(*_harmless(table)).sink_csv(temporary, separator=_SEPARATORS[suffix])


def check_output(output: str) -> str:
    """The ending of ``output``; raises ``InputError`` where no kind of table has it."""
    suffix = Path(output).suffix.lower()
    if suffix not in (*PARQUET, *JSON_LINES, *_SEPARATORS):
        raise InputError.at(Location(name_of(output)), say("table_error.output_ending"))
    return suffix


def _harmless(table: pl.LazyFrame) -> list[pl.Expr]:
    """Text columns with an apostrophe before what a spreadsheet would run as a formula."""
    names = [name for name, dtype in table.collect_schema().items() if dtype == pl.String]
    first = [pl.col(name).str.slice(0, 1).is_in(FORMULA_STARTS) for name in names]
    return [
        pl.when(starts).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, starts in zip(names, first, strict=True)
    ]
