"""Write the rows of a table as profiles: a folder of YAML files, JSON Lines or Parquet."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regimen_advisor.cohorts.cohort import ID, ROW, CohortTable
from regimen_advisor.cohorts.tables import JSON_LINES, PARQUET, table_errors, write_table
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.rows import plain_profile
from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.output import name_of
from regimen_advisor.files.writing import whole_or_nothing, working_folder
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.words.catalogue import say

_AT_A_TIME = 20_000
_LONGEST = 80
_FOLDER = 0o777
"""The rights of a new folder, before the umask takes some of them away."""


@dataclass(frozen=True)
class WrittenProfiles:
    """How many profiles were written, and for the rows without one each reason with the number of rows."""

    output: str
    profiles: int
    set_apart: tuple[tuple[str, int], ...]


def check_profiles_output(output: str) -> None:
    """Raises ``InputError`` for a name that no kind of profiles has, and for a folder that is there already."""
    suffix = Path(output).suffix.lower()
    if suffix not in ("", *JSON_LINES, *PARQUET):
        raise InputError.at(Location(name_of(output)), say("cohort_error.profiles_ending"))
    if not output or not Path(output).parent.is_dir():
        raise InputError.at(Location(name_of(output)), say("cohort_error.no_folder"))
    if not suffix and Path(output).exists():
        raise InputError.at(Location(output), say("cohort_error.profiles_taken"))


def write_profiles(table: CohortTable, rulebook: Rulebook, output: str) -> WrittenProfiles:
    """Writes what each row of ``table`` became, whole or not at all; a row that is set apart is no profile.

    Raises ``InputError`` where the table cannot be read or ``output`` not be written.
    """
    check_profiles_output(output)
    apart: Counter[str] = Counter()
    count = 0

    def profiles() -> Iterator[tuple[int, dict[str, Any]]]:
        nonlocal count
        for number, plain in _profiles(table, rulebook, apart):
            count += 1
            yield number, plain

    suffix = Path(output).suffix.lower()
    if suffix in PARQUET:
        write_table(_as_table(profiles(), table).lazy(), output)
    elif suffix in JSON_LINES:
        with whole_or_nothing(output) as temporary, temporary.open("w", encoding="utf-8") as lines:
            for _, plain in profiles():
                lines.write(json.dumps(plain, ensure_ascii=False) + "\n")
    else:
        _write_folder(profiles(), output)
    return WrittenProfiles(output, count, tuple(sorted(apart.items(), key=lambda reason: (-reason[1], reason[0]))))


def _profiles(table: CohortTable, rulebook: Rulebook, apart: Counter[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the profile of each row, in their order; those set apart are counted in ``apart``."""
    engine = ColumnEngine(rulebook, table.mapping.readers if table.mapping else None)
    with table_errors(table.name):
        rows = table.rows.collect(engine="streaming")
    for frame in rows.iter_slices(_AT_A_TIME):
        batch = engine.reader.batch(frame)
        for position, row in enumerate(frame.iter_rows(named=True)):
            if fault := int(batch.fault[position]):
                apart[engine.reader.why(fault, bool(batch.has_history[position]))] += 1
                continue
            plain = {"id": row[ID], **(plain_profile(row, engine) or {"disease": "unknown"})}
            Profile.model_validate(plain)
            yield row[ROW], plain


def _as_table(profiles: Iterator[tuple[int, dict[str, Any]]], table: CohortTable) -> pl.DataFrame:
    """A column of text a key, as ``cohort`` reads it: lists and ranges are JSON."""
    names = dict.fromkeys([ID, *table.keys])
    columns: dict[str, list[str | None]] = {name: [] for name in names}
    for _, plain in profiles:
        for name, cells in columns.items():
            value = plain.get(name)
            cells.append(value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _write_folder(profiles: Iterator[tuple[int, dict[str, Any]]], output: str) -> None:
    """A YAML file a profile, named after it; of names that are alike the later ones get the number of their row."""
    taken: set[str] = set()
    target = Path(output)
    with working_folder(target.parent, prefix=".profiles-", output=output) as scratch:
        for number, plain in profiles:
            name = re.sub(r"[^\w.-]+", "-", plain["id"], flags=re.ASCII).strip(".-")[:_LONGEST] or "row"
            while name.lower() in taken:
                name = f"{name}-row-{number}"
            taken.add(name.lower())
            with table_errors(output):
                (scratch / f"{name}.yaml").write_text("\n".join(profile_lines(plain)) + "\n", encoding="utf-8")
        with table_errors(output):
            scratch.chmod(_FOLDER & ~_umask())
            scratch.rename(target)


def _umask() -> int:
    mask = os.umask(0)  # it can be read only by setting it
    os.umask(mask)
    return mask
