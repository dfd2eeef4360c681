"""The standings of a table made exact: what judging node by node leaves open is settled, batch by batch.

Not-indicated and offered with caution are exact already, and so is a standing whose conditions are all settled; the
rows with any other are settled by ``cohorts.settler``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from regimen_advisor.cohorts.settler import Settler
from regimen_advisor.engines.columns import ColumnEngine
from regimen_advisor.standings import Standing

if TYPE_CHECKING:
    from regimen_advisor.cohorts.cohort import CohortTable

_BATCH, _PIECE = 100_000, 50_000
_OPEN = [Standing.UNDETERMINED.value, Standing.EXCLUDED.value, Standing.OFFERED.value]


@dataclass(frozen=True)
class Settled:
    """How it went: ``cases`` were asked of the solver, ``changed`` cells took another standing.

    Where the standings are not ``exact``, ``cases`` is the number of rows with an open cell. On a cluster neither is
    counted.
    """

    exact: bool
    cases: int | None = None
    changed: int | None = None


def settle(table: CohortTable, engine: ColumnEngine, file: Path, *, exact: bool) -> Settled:
    """Settles the open cells of the standings in ``file``, in place."""
    regimens = list(engine.rulebook.regimens)
    if not exact:
        waits = pl.any_horizontal(*(pl.col(regimen).is_in(_OPEN[:2]) for regimen in regimens))
        count = pl.scan_parquet(file).select(waits.sum()).collect(engine="streaming").item() or 0
        return Settled(not count, count, 0)
    may_change = pl.any_horizontal(*(pl.col(regimen).is_in(_OPEN) for regimen in regimens))
    asked = pl.scan_parquet(file).select(may_change.fill_null(value=False)).collect(engine="streaming").to_series()
    found, cases = _answers(table.rows, asked, engine)
    if not found.height:
        return Settled(exact=True, cases=cases, changed=0)
    before = _numbered(file).filter(pl.col("row").is_in(found["row"].to_list())).collect(engine="streaming")
    changed = sum(int((before[name].cast(pl.String) != found[name].cast(pl.String)).sum()) for name in regimens)
    if changed:
        _replace(file, found, regimens)
    return Settled(exact=True, cases=cases, changed=changed)


def _answers(table: pl.LazyFrame, asked: pl.Series, engine: ColumnEngine) -> tuple[pl.DataFrame, int]:
    """The rows whose standings may be others, with these, and the number of cases that were asked of the solver."""
    if not asked.any():
        return pl.DataFrame(), 0
    settler = Settler(engine)
    looked = []
    for batch in _batches(table, asked):
        looked.append(settler.look(batch))
        if settler.waiting >= _BATCH:
            settler.settle()
    settler.settle()
    return pl.concat([settler.told(one) for one in looked]), settler.asked


def write_standings(rows: pl.LazyFrame, file: Path) -> None:
    """Standings as the working file: small pieces, since reading holds several of them at once."""
    rows.sink_parquet(file, compression="zstd", compression_level=1, statistics=False, row_group_size=_PIECE)


def _numbered(file: Path) -> pl.LazyFrame:
    """The standings with the number of each row, from 1, as in the table."""
    return pl.scan_parquet(file).with_row_index("row", offset=1)


def _batches(table: pl.LazyFrame, asked: pl.Series) -> Iterator[pl.DataFrame]:
    """The rows of the table that are ``asked`` for, so many at a time that memory does not grow with the table."""
    held = pl.DataFrame()
    for rows in table.collect_batches(chunk_size=_BATCH, maintain_order=True, engine="streaming"):
        chunk = rows.filter(asked.gather(rows["row"] - 1))  # a join would hold the whole table
        held = pl.concat([held, chunk]) if held.height else chunk
        while held.height >= _BATCH:
            yield held.head(_BATCH)
            held = held.slice(_BATCH)
    if held.height:
        yield held


def with_answers(standings: pl.LazyFrame, answers: pl.LazyFrame, regimens: list[str]) -> pl.LazyFrame:
    """``standings`` with the exact ones of the rows in ``answers`` in their place, joined by ``row``."""
    renamed = answers.rename({name: f"{name} exactly" for name in regimens})
    joined = standings.join(renamed, on="row", how="left", maintain_order="left")
    whole = joined.with_columns(pl.coalesce(pl.col(f"{name} exactly"), pl.col(name)).alias(name) for name in regimens)
    waits = pl.any_horizontal(*(pl.col(name) == Standing.UNDETERMINED.value for name in regimens))
    return whole.with_columns(pl.when(waits).then("questions").alias("questions"))


def _replace(file: Path, answers: pl.DataFrame, regimens: list[str]) -> None:
    new = file.with_suffix(".settled.parquet")
    table = _numbered(file)

    def settled(rows: pl.DataFrame) -> pl.DataFrame:
        mine = answers.filter(pl.col("row").is_between(rows["row"].min(), rows["row"].max()))
        if not mine.height:
            return rows
        return with_answers(rows.lazy(), mine.lazy(), regimens).select(rows.columns).collect(engine="in-memory")

    whole = table.map_batches(settled, schema=table.collect_schema(), streamable=True, predicate_pushdown=False,
                              projection_pushdown=False, slice_pushdown=False)  # fmt: skip
    write_standings(whole.drop("row"), new)
    new.replace(file)
