"""What changes for a cohort between two rulebooks: how many patients, which, and from what to what."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from regimen_advisor.cohorts.cohort import CohortResult

SHOWN = 20


@dataclass(frozen=True)
class Change:
    """Patients whose standing of one regimen differs; ``ids`` are the first of them in the order of the table."""

    regimen: str
    before: str
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
    changes: tuple[Change, ...]


def changes(old: CohortResult, new: CohortResult) -> CohortChanges:
    """What differs between two results over the same table; a regimen that one rulebook lacks is ``absent`` there."""
    regimens = list(dict.fromkeys([*old.columns, *new.columns]))
    sides = []
    for side, result in (("before", old), ("after", new)):
        columns = [
            (pl.col(name).cast(pl.String) if name in result.columns else pl.lit("absent"))
            .fill_null("set apart")
            .alias(f"{name} {side}")
            for name in regimens
        ]
        sides.append(result.rows.select(*(["id"] if side == "before" else []), *columns))
    both = pl.concat(sides, how="horizontal")
    differs = [pl.col(f"{name} before") != pl.col(f"{name} after") for name in regimens]
    total = both.select(pl.any_horizontal(*differs).sum()).collect(engine="streaming").item()
    found: list[Change] = []
    for name, differ in zip(regimens, differs, strict=True):
        groups = (
            both.filter(differ)
            .group_by(
                pl.col(f"{name} before").alias("before"), pl.col(f"{name} after").alias("after"), maintain_order=True
            )
            .agg(pl.len().alias("n"), pl.col("id").head(SHOWN).alias("ids"))
            .collect()
        )
        found += [Change(name, before, after, count, tuple(ids)) for before, after, count, ids in groups.rows()]
    ranked = sorted(found, key=lambda change: (-change.patients, change.regimen, change.before, change.after))
    return CohortChanges(old.rulebook.version, new.rulebook.version, int(total or 0), tuple(ranked))
