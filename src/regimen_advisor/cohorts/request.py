"""Model a request of ``cohort`` and its result, the same for Polars and for Spark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regimen_advisor.cohorts.changes import CohortChanges
from regimen_advisor.cohorts.cohort import Summary
from regimen_advisor.cohorts.concordance import Concordance
from regimen_advisor.knowledge.rulebook import Rulebook

if TYPE_CHECKING:
    from regimen_advisor.cohorts.mapping import TableMapping

CohortReport = tuple[Summary, CohortChanges | None, Concordance | None]
"""The summary; what changed against other rules and how it agrees with what was given, where that was asked."""


@dataclass(frozen=True)
class Request:
    """The options of ``cohort``, under the same names."""

    rulebook: Rulebook
    mapping: TableMapping | None = None
    given: str | None = None
    id_column: str = "id"
    old: Rulebook | None = None
    """The rules to compare with."""
    strict: bool = False
    exact: bool = True
