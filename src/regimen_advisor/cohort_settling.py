"""Open cells settled exactly: what the node-by-node table leaves undetermined or excluded is asked of the solver.

Only a distinct profile is asked about. Offered and not-indicated are exact already.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from regimen_advisor.engines.columns import STANDINGS, ColumnEngine
from regimen_advisor.rows import patient_of
from regimen_advisor.standings import Standing

if TYPE_CHECKING:
    from regimen_advisor.cohort import CohortTable

FEW = 5000
"""So many distinct profiles are settled without being asked to: it takes seconds."""
_OPEN = [Standing.UNDETERMINED.value, Standing.EXCLUDED.value]


@dataclass(frozen=True)
class Settled:
    """How far it went: ``profiles`` distinct ones had open cells, ``changed`` cells took another standing."""

    exact: bool
    profiles: int
    changed: int


def settle(table: CohortTable, engine: ColumnEngine, file: Path, *, exact: bool | None) -> Settled:
    """Settles the open cells of the standings in ``file``, in place."""
    regimens = list(engine.rulebook.regimens)
    is_open = pl.any_horizontal(*(pl.col(regimen) == word for regimen in regimens for word in _OPEN))
    rows = _numbered(file).filter(is_open).select("row").collect(engine="streaming")
    if exact is False or not rows.height:
        return Settled(not rows.height, rows.height, 0)
    keys = [pl.col(key) for key in table.keys]
    told = table.rows.join(rows.lazy(), on="row", how="semi").select(
        "row", pl.struct(keys).struct.json_encode().alias("profile")
    )
    distinct = told.select(pl.col("profile").hash(0)).unique().select(pl.len()).collect(engine="streaming").item()
    if exact is None and distinct > FEW:
        return Settled(exact=False, profiles=distinct, changed=0)
    answers = _answers(table, engine, file, told)
    changed = answers.select(pl.col("changed").cast(pl.Int64).sum()).item() if answers.height else 0
    if changed:
        _replace(file, answers.drop("changed"), regimens)
    return Settled(exact=True, profiles=distinct, changed=int(changed))


def _numbered(file: Path) -> pl.LazyFrame:
    """The standings with the number of each row, from 1, as in the table."""
    return pl.scan_parquet(file).with_row_index("row", offset=1)


def _answers(table: CohortTable, engine: ColumnEngine, file: Path, told: pl.LazyFrame) -> pl.DataFrame:
    """The exact standings of every row of ``told``, and how many cells of it changed."""
    from regimen_advisor.engines.solver import solver_for  # noqa: PLC0415 - only where something is open

    regimens = list(engine.rulebook.regimens)
    groups = told.group_by("profile", maintain_order=True).agg("row").collect()
    first = groups.select(pl.col("row").list.first())
    standings = (
        first.lazy().join(_numbered(file), on="row", how="left", maintain_order="left").select(regimens).collect()
    )
    sources = first.lazy().join(table.rows, on="row", how="left", maintain_order="left").collect()
    solver = solver_for(engine.rulebook)
    found, changed = [], []
    for row, before in zip(sources.rows(named=True), standings.rows(named=True), strict=True):
        node_by_node = {name: Standing(value) for name, value in before.items()}
        exact = solver.standings(patient_of(row, engine), node_by_node)
        after = {name: exact[name].standing.value for name in regimens}
        found.append(after)
        changed.append(sum(after[name] != before[name] for name in regimens))
    answers = pl.DataFrame(found, schema=dict.fromkeys(regimens, STANDINGS)).with_columns(
        pl.Series("changed", changed), groups["row"]
    )
    return answers.explode("row")


def _replace(file: Path, answers: pl.DataFrame, regimens: list[str]) -> None:
    new = file.with_suffix(".settled.parquet")
    before = _numbered(file)
    order = pl.scan_parquet(file).collect_schema().names()
    renamed = answers.rename({name: f"{name} exactly" for name in regimens}).lazy()
    joined = before.join(renamed, on="row", how="left", maintain_order="left")
    columns = [pl.coalesce(pl.col(f"{name} exactly"), pl.col(name)).alias(name) for name in regimens]
    whole = joined.with_columns(columns)
    waits = pl.any_horizontal(*(pl.col(name) == Standing.UNDETERMINED.value for name in regimens))
    whole.with_columns(pl.when(waits).then("questions").alias("questions")).select(order).sink_parquet(new)
    new.replace(file)
