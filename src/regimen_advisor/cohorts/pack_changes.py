"""Count the patients of a table on whom a change that a pack made bears, so that its reason is given there too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from regimen_advisor.cohorts.cohort import ChangeByPack, CohortTable
from regimen_advisor.cohorts.tables import table_errors
from regimen_advisor.columns.engine import FAULT, ColumnEngine
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition
from regimen_advisor.replaced import Bearing


def changes_by_packs(table: CohortTable, rulebook: Rulebook) -> tuple[ChangeByPack, ...]:
    """What packs replaced, retired or overrode that bears, or may bear, on some patient of a table, node by node.

    The table is read once more for it, and only where a pack changed something.
    """
    conditions = bearing_conditions(rulebook)
    if not conditions:
        return ()
    engine = ColumnEngine(rulebook, table.mapping.readers if table.mapping else None, conditions.values())
    with table_errors(table.name):
        bears = may_bear(table.rows, engine, conditions).select(pl.all().sum())
        return changes_counted(rulebook, bears.collect(engine="streaming").row(0))


def bearing_conditions(rulebook: Rulebook) -> dict[str, Condition]:
    """By the number of each change that a pack made: the condition for a patient on whom it bears."""
    guideline = Guideline.of(rulebook)
    return {str(number): _bears(bearing, guideline) for number, bearing in enumerate(guideline.bearings)}


def may_bear(rows: pl.LazyFrame, engine: ColumnEngine, conditions: Mapping[str, Condition]) -> pl.LazyFrame:
    """A column for each of ``conditions``: whether it is true or open of a patient; without rows that have a fault."""
    facts = engine.facts(rows).filter(pl.col(FAULT) == 0)
    return engine.truths(facts, conditions).select(pl.all().fill_null(value=True))


def changes_counted(rulebook: Rulebook, counts: Sequence[int]) -> tuple[ChangeByPack, ...]:
    """The changes that bear on some patient, of those numbered as ``counts`` is, with the number of patients."""
    bearings = Guideline.of(rulebook).bearings
    return tuple(
        ChangeByPack(bearing.change.says, count) for bearing, count in zip(bearings, counts, strict=True) if count
    )


def _bears(bearing: Bearing, guideline: Guideline) -> Condition:
    """The condition for a patient on whom a change bears: see ``replaced.reported_changes``."""
    book = guideline.rulebook
    rules = [
        _shown(guideline.effective[name], None if book.rules[name].target is None else book.meets(book.rules[name]),
               guideline)
        for name in sorted(bearing.rules)
    ]  # fmt: skip
    gone = [_shown(withdrawn.rule.condition, withdrawn.regimens, guideline) for withdrawn in bearing.withdrawn]
    return AnyOf((*rules, *gone, _offered(bearing.regimens, guideline)))


def _shown(condition: Condition, regimens: Iterable[str] | None, guideline: Guideline) -> Condition:
    """A condition where one of the regimens that it is about is shown, if it is about such."""
    return condition if regimens is None else AllOf((condition, _offered(regimens, guideline)))


def _offered(regimens: Iterable[str], guideline: Guideline) -> Condition:
    return AnyOf(tuple(guideline.regimens[name].offer for name in sorted(regimens)))
