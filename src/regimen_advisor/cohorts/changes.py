"""Compare a cohort under two rulebooks: how many patients change, which, and from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from regimen_advisor.cohorts.cohort import CohortResult

SHOWN = 20
ABSENT, APART = "absent", "set apart"
"""What comes where a standing would: the rulebook lacks the regimen, or set the row apart."""


@dataclass(frozen=True)
class StandingChange:
    """Patients whose standing of one regimen differs; ``ids`` are the first of them in the order of the table."""

    regimen: str
    before: str
    """A standing, ``ABSENT`` or ``APART``."""
    after: str
    patients: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class CohortChanges:
    """The difference between two rulebooks for the same patients."""

    old: str
    new: str
    patients: int
    """Patients with at least one difference."""
    changes: tuple[StandingChange, ...]


def changes(old: CohortResult, new: CohortResult) -> CohortChanges:
    """What differs between two results over the same table; see ``ABSENT`` and ``APART``."""
    regimens = regimens_of_both(old.columns, new.columns)
    compared = side_by_side(old.rows, new.rows, regimens)
    differs = [_differs(name) for name in regimens]
    total = compared.select(pl.any_horizontal(*differs).sum()).collect(engine="streaming").item()
    found: list[StandingChange] = []
    for name, differ in zip(regimens, differs, strict=True):
        groups = (
            compared.filter(differ)
            .group_by(
                pl.col(f"{name} before").alias("before"), pl.col(f"{name} after").alias("after"), maintain_order=True
            )
            .agg(pl.len().alias("n"), pl.col("id").head(SHOWN).alias("ids"))
            .collect()
        )
        found += [StandingChange(name, before, after, count, tuple(ids)) for before, after, count, ids in groups.rows()]
    return CohortChanges(old.rulebook.name, new.rulebook.name, int(total or 0), ranked(found))


def regimens_of_both(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """The regimens of either rulebook, the old ones first."""
    return list(dict.fromkeys([*old, *new]))


def side_by_side(old: pl.LazyFrame, new: pl.LazyFrame, regimens: Sequence[str]) -> pl.LazyFrame:
    """``id``, and each regimen ``before`` and ``after``, for two answers about the same rows in the same order."""
    sides = []
    for side, rows in (("before", old), ("after", new)):
        known = rows.collect_schema().names()
        columns = [
            (pl.col(name).cast(pl.String) if name in known else pl.lit(ABSENT)).fill_null(APART).alias(f"{name} {side}")
            for name in regimens
        ]
        sides.append(rows.select(*(["id"] if side == "before" else []), *columns))
    return pl.concat(sides, how="horizontal")


def _differs(name: str) -> pl.Expr:
    return pl.col(f"{name} before") != pl.col(f"{name} after")


def in_words(regimens: Sequence[str]) -> pl.Expr:
    """The regimens that differ in a row of ``side_by_side``, a line for each; null where none does."""
    cells = [
        pl.when(_differs(name)).then(pl.format("{}\t{}\t{}", pl.lit(name), f"{name} before", f"{name} after"))
        for name in regimens
    ]
    return pl.concat_str(cells, separator="\n", ignore_nulls=True).replace("", None)


def ranked(found: Iterable[StandingChange]) -> tuple[StandingChange, ...]:
    """The changes in the order of display, those of most patients first."""
    return tuple(sorted(found, key=lambda change: (-change.patients, change.regimen, change.before, change.after)))
