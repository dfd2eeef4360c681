"""Count the results of a cohort that Spark has judged: no row of a patient comes to the driver."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from regimen_advisor.advice import RulebookName
from regimen_advisor.cohorts.changes import SHOWN, CohortChanges, StandingChange, ranked
from regimen_advisor.cohorts.cohort import (
    MOST_LISTED,
    QUESTIONS,
    SET_APART,
    UNREAD,
    ChangeByPack,
    Summary,
    column_and_cell,
)
from regimen_advisor.cohorts.concordance import Concordance, compared, concordance_of
from regimen_advisor.cohorts.pack_changes import changes_counted
from regimen_advisor.cohorts.spark.worker import BEARING, CHANGED, NUMBER
from regimen_advisor.columns.exact.corrections import Settled
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing


def summary_of(rows: Any, table: str, rulebook: Rulebook, *, exact: bool) -> Summary:
    """The counts of judged ``rows``; ``exact`` is how they were judged."""
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    words = [standing.value for standing in Standing]

    def has(*wanted: str) -> Any:
        return reduce(or_, (f.col(f"`{name}`").isin(*wanted) for name in rulebook.regimens))

    def number(condition: Any) -> Any:
        return f.sum(f.when(condition, 1).otherwise(0))

    def counted(column: Any) -> tuple[tuple[str, int], ...]:
        groups = rows.select(column.alias("text")).dropna().groupBy("text").count()
        commonest = groups.orderBy(f.desc("count"), "text").limit(MOST_LISTED).collect()
        return tuple((row["text"], row["count"]) for row in commonest)

    sound, offered = f.col(SET_APART).isNull(), has("offered", "offered-with-caution")
    waits = has("undetermined")
    cells = [number(f.col(f"`{name}`") == word) for name in rulebook.regimens for word in words]
    patients, given, open_, without, *counts = rows.agg(
        f.count("*"), number(sound & offered), number(sound & ~offered & waits), number(sound & ~offered & ~waits),
        *cells,
    ).first()  # fmt: skip
    counted_cells = iter(counts)
    standings = {name: {word: next(counted_cells) or 0 for word in words} for name in rulebook.regimens}
    unread = tuple((*column_and_cell(text), count) for text, count in counted(f.explode(f.split(f.col(UNREAD), "\n"))))
    questions = counted(f.explode(f.split(f.col(QUESTIONS), "; ")))
    twice = rows.groupBy("id").count().where(f.col("count") > 1).orderBy(f.desc("count"), "id").limit(MOST_LISTED)
    repeated = tuple((row["id"], row["count"]) for row in twice.collect())
    return Summary(
        table, patients, counted(f.col(SET_APART)), unread, standings, questions, given or 0, open_ or 0, without or 0,
        Settled(exact), RulebookName.of(rulebook), repeated,
        {name: regimen.name for name, regimen in rulebook.regimens.items()},
    )  # fmt: skip


def concordance_on_spark(rows: Any, rulebook: Rulebook, column: str) -> Concordance:
    """As ``concordance``: Spark counts the combinations, of which there are few, and they are compared here."""
    groups = rows.groupBy(*(f"`{name}`" for name in compared(rulebook))).count().withColumnRenamed("count", "n")
    return concordance_of(pl.DataFrame(pl.from_arrow(groups.toArrow())), rulebook, column)


def bearing_on_spark(rows: Any, rulebook: Rulebook) -> tuple[ChangeByPack, ...]:
    """As ``changes_by_packs``, from the rows in which workers numbered what bears on a patient."""
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    numbers = rows.select(f.explode(f.split(f"`{BEARING}`", "\n")).alias("number"))
    counts = {int(row["number"]): row["count"] for row in numbers.groupBy("number").count().collect()}
    return changes_counted(rulebook, [counts.get(number, 0) for number in range(len(Guideline.of(rulebook).bearings))])


def changes_on_spark(rows: Any, old: str, new: str) -> CohortChanges:
    """As ``changes``, from the rows that workers with old rules gave; ``old`` and ``new`` are names of the rules."""
    from pyspark.sql import Window  # noqa: PLC0415 - an extra
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

    changes_of_rows = rows.select(
        "id", f.col(f"`{NUMBER}`").alias("at"), f.explode(f.split(CHANGED, "\n")).alias("change")
    )
    place = f.row_number().over(Window.partitionBy("change").orderBy("at", f.length("id"), "id"))
    ids: dict[str, list[str]] = {}
    for row in (
        changes_of_rows.withColumn("place", place).where(f.col("place") <= SHOWN).orderBy("change", "place").collect()
    ):
        ids.setdefault(row["change"], []).append(row["id"])
    found = []
    for row in changes_of_rows.groupBy("change").count().collect():
        regimen, before, after = row["change"].split("\t")
        found.append(StandingChange(regimen, before, after, row["count"], tuple(ids[row["change"]])))
    return CohortChanges(old, new, rows.count(), ranked(found))
