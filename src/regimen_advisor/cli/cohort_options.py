"""List the choices of ``cohort``."""

from enum import StrEnum


class CohortFormat(StrEnum):
    """How ``cohort`` prints its summary."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class CohortEngine(StrEnum):
    """The engine that judges the rows."""

    POLARS = "polars"
    SPARK = "spark"
