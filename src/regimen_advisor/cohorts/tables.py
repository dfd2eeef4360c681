"""Tables in and out: CSV, TSV, Parquet and JSON Lines, read lazily; written whole or not at all."""

from __future__ import annotations

import csv
import glob
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.folders import files_in
from regimen_advisor.patient.profile import Profile

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet read a cell as a formula."""
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_JSON = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
"""The endings of Parquet files."""
_TOLD = 300


def scan_table(paths: Sequence[str]) -> pl.LazyFrame:
    """The rows of all files, folders (of Parquet files) and globs, one after another.

    Raises ``InputError`` for a file that is missing, of another kind, broken, or not in UTF-8.
    """
    files = [file for path in paths for file in _files(path)]
    kinds = {_kind(file) for file in files}
    if len(kinds) > 1:
        raise InputError.at(Location(paths[0]), f"expected files of one kind, found {', '.join(sorted(kinds))}")
    (kind,) = kinds
    if kind == "parquet":
        return _checked(pl.scan_parquet(files), files)
    if kind == "json":
        return _checked(pl.scan_ndjson(files, schema=dict.fromkeys(_json_keys(files), pl.String)), files)
    for file in files:
        check_rows(file)
    separator = _SEPARATORS[Path(files[0]).suffix.lower()]
    table = _checked(pl.scan_csv(files, separator=separator, infer_schema=False), files)
    return table.filter(pl.any_horizontal(pl.all().is_not_null()))  # a line without a word is no patient


def _files(path: str) -> list[str]:
    if Path(path).is_dir():
        found = [str(file) for file in files_in(path, deep=True, taken=lambda name: name.lower().endswith(PARQUET))]
        if not found:
            raise InputError.at(Location(path), "expected a folder of Parquet files, found none in it")
        return found
    if Path(path).exists():
        return [path]
    found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise InputError.at(Location(path), "expected a table, found no such file")
    return found


def _kind(file: str) -> str:
    suffix = Path(file).suffix.lower()
    if suffix in PARQUET:
        return "parquet"
    if suffix in _JSON:
        return "json"
    if suffix in _SEPARATORS:
        return "text"
    expected = ", ".join((*_SEPARATORS, *PARQUET, *_JSON))
    raise InputError.at(Location(file), f"expected a table whose name ends in one of {expected}")


def _checked(table: pl.LazyFrame, files: Sequence[str]) -> pl.LazyFrame:
    with table_errors(files[0]):
        names = table.collect_schema().names()
    if not names:
        raise InputError.at(Location(files[0]), "expected a table with columns, found none")
    return table


def _json_keys(files: Sequence[str]) -> list[str]:
    keys = dict.fromkeys(Profile.model_fields)
    for file in files:
        with _text(file) as lines:
            for number, line in zip(range(1, 1001), lines, strict=False):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise InputError.at(Location(file, number), f"expected one JSON object a line: {error}") from None
                if not isinstance(row, dict):
                    raise InputError.at(Location(file, number), "expected one JSON object a line")
                keys.update(dict.fromkeys(row))
    return list(keys)


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
        message = f"expected text in UTF-8, found the byte 0x{error.object[error.start]:02x}; save the table as UTF-8"
        raise InputError.at(Location(file, number), message) from None
    except OSError as error:
        raise InputError.at(Location(file), f"cannot be read: {error.strerror}") from None


def check_rows(file: str) -> None:
    """Refuses a text table whose rows do not all have as many cells as its header, or that names a column twice.

    A header that is found again, as in exports that were joined, is refused too. Lines without a word are no rows.
    """
    separator = _SEPARATORS[Path(file).suffix.lower()]
    with _text(file) as lines:
        rows = csv.reader(lines, delimiter=separator)
        try:
            header = next(rows, None)
            if not header:
                raise InputError.at(Location(file), "expected a header line with the names of the columns, found none")
            twice = next((name for name in header if header.count(name) > 1), None)
            if twice is not None:
                raise InputError.at(Location(file, 1), f"expected each column once, found `{twice}` twice")
            for row in rows:
                if len(header) > 1 and row == header:
                    raise InputError.at(
                        Location(file, rows.line_num),
                        "expected a row, found the header again",
                    )
                if any(row) and len(row) != len(header):
                    message = f"expected {len(header)} cells as in the header, found {len(row)}"
                    raise InputError.at(Location(file, rows.line_num), message)
        except csv.Error as error:
            raise InputError.at(Location(file, rows.line_num), f"expected a table: {error}") from None


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
            raise InputError.at(
                Location(written or place), "could not be written: no space left on the device"
            ) from None
        raise InputError.at(Location(place), f"cannot be read or written: {text[:_TOLD]}") from None


# Writing -------------------------------------------------------------------------------------------------------------


@contextmanager
def whole_or_nothing(output: str) -> Iterator[Path]:
    """A temporary name beside ``output``, renamed to it if all goes well and removed if not."""
    path = Path(output)
    if path.is_dir():
        raise InputError.at(Location(output), "expected the name of a file, found a folder")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    except OSError as error:
        raise InputError.at(Location(output), f"cannot be written: {error.strerror}") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise InputError.at(Location(output), f"could not be written: {error.strerror or error}") from None
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_table(table: pl.LazyFrame, output: str) -> None:
    """``table`` as Parquet, CSV or JSON Lines, by the ending of ``output``; whole or not at all.

    Raises ``InputError`` for another ending, or where it cannot be written.
    """
    suffix = check_output(output)
    with whole_or_nothing(output) as temporary, table_errors(output):
        if suffix in PARQUET:
            table.sink_parquet(temporary, compression="zstd", compression_level=1)
        elif suffix in _JSON:
            table.sink_ndjson(temporary)
        else:
            table.with_columns(*_harmless(table)).sink_csv(temporary, separator=_SEPARATORS[suffix])


def check_output(output: str) -> str:
    """The ending of ``output``; raises ``InputError`` where no kind of table has it."""
    suffix = Path(output).suffix.lower()
    if suffix not in (*PARQUET, *_JSON, *_SEPARATORS):
        raise InputError.at(Location(output), "expected a name that ends in .parquet, .csv, .tsv or .jsonl")
    return suffix


def _harmless(table: pl.LazyFrame) -> list[pl.Expr]:
    """Text columns with an apostrophe before what a spreadsheet would run as a formula."""
    names = [name for name, dtype in table.collect_schema().items() if dtype == pl.String]
    first = [pl.col(name).str.slice(0, 1).is_in(FORMULA_STARTS) for name in names]
    return [
        pl.when(starts).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, starts in zip(names, first, strict=True)
    ]
