"""Correct the standings of a table once it was read, where judging node by node left cells open.

Not-indicated and offered with caution are exact already, and so is a standing whose conditions are all settled; the
rows with any other are settled by ``columns.exact.open_cases``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.columns.exact.open_cases import OpenCases
from regimen_advisor.language.standings import Standing

_PIECE = 50_000


@dataclass(frozen=True)
class Settled:
    """Counts of a run: ``cases`` asked of the solver, and ``changed`` cells, whose standing was corrected.

    Where the standings are not ``exact``, ``cases`` is the number of rows with an open cell. On a cluster neither is
    counted.
    """

    exact: bool
    cases: int | None = None
    changed: int | None = None


def settle(cases: OpenCases, file: Path, engine: ColumnEngine) -> Settled:
    """Settles the open cells of the standings in ``file``, in place; ``cases`` are those of its rows."""
    cases.settle()
    found = cases.corrections()
    changed = _corrected(file, found, list(engine.regimens)) if found.height else 0
    return Settled(exact=True, cases=cases.asked, changed=changed)


def write_standings(rows: pl.LazyFrame, file: Path) -> None:
    """Standings as the working file: small pieces, since reading holds several of them at once.

    Only this user may read it: it holds the answers of all patients.
    """
    file.touch(0o600)
    rows.sink_parquet(file, compression="zstd", compression_level=1, statistics=False, row_group_size=_PIECE)


def with_answers(standings: pl.LazyFrame, answers: pl.LazyFrame, regimens: list[str]) -> pl.LazyFrame:
    """``standings`` with the exact ones of the rows in ``answers`` in their place, joined by ``row``."""
    renamed = answers.rename({name: f"{name} exactly" for name in regimens})
    joined = standings.join(renamed, on="row", how="left", maintain_order="left")
    whole = joined.with_columns(pl.coalesce(pl.col(f"{name} exactly"), pl.col(name)).alias(name) for name in regimens)
    waits = pl.any_horizontal(*(pl.col(name) == Standing.UNDETERMINED.value for name in regimens))
    return whole.with_columns(pl.when(waits).then("questions").alias("questions"))


def _corrected(file: Path, answers: pl.DataFrame, regimens: list[str]) -> int:
    """Puts ``answers``, which are in the order of their rows, into the standings in ``file``; gives how many differ."""
    new = file.with_suffix(".settled.parquet")
    table = pl.scan_parquet(file).with_row_index("row", offset=1)
    numbers = answers["row"].to_numpy()
    changed: list[int] = []

    def corrected(rows: pl.DataFrame) -> pl.DataFrame:
        if not rows.height:
            return rows
        first, last = np.searchsorted(numbers, [rows["row"][0], rows["row"][-1] + 1])
        if first == last:
            return rows
        batch_answers = answers.slice(first, last - first)
        places = pl.Series(np.searchsorted(rows["row"].to_numpy(), batch_answers["row"].to_numpy()))
        before = rows[places]
        after = (
            with_answers(before.lazy(), batch_answers.lazy(), regimens).select(rows.columns).collect(engine="in-memory")
        )
        corrected_columns = [name for name in (*regimens, "questions") if not before[name].equals(after[name])]
        changed.extend(int((before[name] != after[name]).sum()) for name in corrected_columns if name in regimens)
        return rows.with_columns(rows[name].scatter(places, after[name]) for name in corrected_columns)

    whole = table.map_batches(corrected, schema=table.collect_schema(), streamable=True, predicate_pushdown=False,
                              projection_pushdown=False, slice_pushdown=False)  # fmt: skip
    write_standings(whole.drop("row"), new)
    new.replace(file)
    return sum(changed)
