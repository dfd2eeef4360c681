"""Synthetic patients for trying out and for timing: invented, never real, and always possible.

Every distribution here is invented: made up so that each rule meets some patients, not taken from any registry, and
fit for no statement about how often anything occurs. A patient is drawn complete and obeys the axioms between the
facts; then some cells are left out, as in a real table. The same seed gives the same patients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.io.plugins import register_io_source

from regimen_advisor.patient.facts import Disease, Extent, Finding, Histology, Outcome, Stage

BATCH = 50_000
Numbers = npt.NDArray[np.int64]

FIRST_LINE = {
    "nsclc": (
        "osimertinib", "gefitinib", "erlotinib", "afatinib", "icotinib", "osimertinib;pemetrexed;carboplatin",
        "erlotinib;bevacizumab", "alectinib", "crizotinib", "pembrolizumab", "pembrolizumab;pemetrexed;carboplatin",
        "pembrolizumab;paclitaxel;carboplatin", "atezolizumab;bevacizumab;carboplatin;paclitaxel",
        "bevacizumab;pemetrexed;carboplatin", "pemetrexed;cisplatin", "gemcitabine;cisplatin", "ivonescimab",
        "tislelizumab;carboplatin;nab-paclitaxel", "sintilimab;pemetrexed;cisplatin",
    ),
    "sclc": (
        "etoposide;cisplatin", "etoposide;carboplatin", "atezolizumab;etoposide;carboplatin",
        "durvalumab;etoposide;carboplatin", "serplulimab;etoposide;carboplatin",
    ),
}  # fmt: skip
LATER_LINE = {
    "nsclc": (
        "docetaxel", "nivolumab", "atezolizumab", "pembrolizumab", "osimertinib", "pemetrexed;carboplatin",
        "bevacizumab;pemetrexed;carboplatin", "amivantamab;carboplatin;pemetrexed", "anlotinib", "apatinib",
        "docetaxel;ramucirumab", "gemcitabine", "ivonescimab;pemetrexed;carboplatin", "camrelizumab;apatinib",
    ),
    "sclc": (
        "topotecan", "irinotecan", "lurbinectedin", "tarlatamab", "paclitaxel", "anlotinib", "etoposide;carboplatin",
    ),
}  # fmt: skip
CURATIVE = (
    "cisplatin;etoposide",
    "cisplatin;pemetrexed",
    "osimertinib",
    "durvalumab",
    "nivolumab;carboplatin;paclitaxel",
)
MAINTENANCE = ("pemetrexed", "bevacizumab", "atezolizumab", "durvalumab", "pembrolizumab", "pemetrexed;bevacizumab")
EGFR = ("wild-type", "ex19del", "L858R", "ex19del;T790M", "L858R;T790M", "ex20ins", "G719X", "S768I", "L861Q", "C797S")
OTHER = ("none", "KRAS-G12C", "MET-ex14", "RET", "HER2", "BRAF-V600E", "NTRK")
BLEEDING = ("none", "central", "cavitation", "necrosis", "haemoptysis", "major-vessel-invasion", "central;cavitation")
LEFT_OUT = 0.15
"""The share of cells that are left out, in every column."""

_POOL = tuple(dict.fromkeys((*FIRST_LINE["nsclc"], *FIRST_LINE["sclc"], *LATER_LINE["nsclc"], *LATER_LINE["sclc"],
                             *CURATIVE, *MAINTENANCE)))  # fmt: skip
DRUGS = tuple(sorted({drug for words in _POOL for drug in words.split(";")}))
_DRUG = pl.Enum(DRUGS)
_SETTING = pl.Enum(["maintenance", "curative"])
_OUTCOME = pl.Enum(get_args(Outcome))
HISTORY = pl.List(pl.Struct(
    {"line": pl.Int8, "setting": _SETTING, "drugs": pl.List(_DRUG), "outcome": _OUTCOME, "cycles": pl.Int16}
))  # fmt: skip
_YES_NO = ("true", "false")
SCHEMA: Mapping[str, Any] = {
    "id": pl.String,
    "disease": pl.Enum(get_args(Disease)),
    "histology": pl.Enum(get_args(Histology)),
    "stage": pl.Enum(get_args(Stage)),
    "extent": pl.Enum(get_args(Extent)),
    "curative_treatment_possible": pl.Boolean,
    "ecog": pl.Int8,
    "egfr": pl.Enum(EGFR),
    **{gene: pl.Enum(get_args(Finding)) for gene in ("alk", "ros1", "nrg1", "dll3")},
    "pd_l1_tps": pl.Int8,
    "other_drivers": pl.Enum(OTHER),
    "brain_metastases": pl.Boolean,
    "liver_metastases": pl.Boolean,
    "bleeding_risk": pl.Enum(BLEEDING),
    "prior_lines": pl.Int8,
    "history": HISTORY,
}


def synthetic_patients(count: int, seed: int = 0) -> pl.LazyFrame:
    """``count`` invented patients, a row each, with the keys of a profile as columns; drawn when they are asked for."""

    def batches(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = count if n_rows is None else min(count, n_rows)
        for number, start in enumerate(range(0, left, BATCH)):
            frame = _Batch(min(BATCH, left - start), start, np.random.default_rng([seed, number])).frame()
            frame = frame.select(with_columns) if with_columns is not None else frame
            yield frame.filter(predicate) if predicate is not None else frame

    return register_io_source(batches, schema=dict(SCHEMA))


class _Batch:
    def __init__(self, rows: int, start: int, random: np.random.Generator) -> None:
        self.rows, self.start, self.random = rows, start, random

    def draw(self, shares: Sequence[float], rows: int | None = None) -> Numbers:
        total = np.cumsum(np.array(shares) / sum(shares))
        return np.searchsorted(total, self.random.random(self.rows if rows is None else rows), side="right")

    def chance(self, share: float, rows: int | None = None) -> npt.NDArray[np.bool_]:
        return self.random.random(self.rows if rows is None else rows) < share

    def frame(self) -> pl.DataFrame:
        nsclc = self.chance(0.87)
        self.extent = np.where(nsclc, self.draw((0.15, 0.23, 0.62)), 3 + self.draw((0.32, 0.68)))
        lines = self.draw((0.38, 0.3, 0.18, 0.09, 0.05))
        self.lines = np.where(self.extent == 0, 0, np.where(self.extent == 3, np.minimum(lines, 1), lines))
        treatable = np.isin(self.extent, (0, 1, 3)) & ~(nsclc & (self.lines > 0))
        adeno = self.draw((0.56, 0.25, 0.03, 0.04, 0.12))
        egfr = np.where(nsclc & (adeno != 1), self.draw((60, 15, 13, 2, 2, 3, 2, 1, 1, 1)), 0)
        clear = egfr == 0
        columns: dict[str, Any] = {
            "disease": np.where(nsclc, 0, 1),
            "histology": np.where(nsclc, adeno, 5),
            "stage": self._stage(),
            "extent": self.extent,
            "curative_treatment_possible": treatable & self.chance(0.7),
            "ecog": self.draw((0.3, 0.45, 0.17, 0.06, 0.02)),
            "egfr": egfr,
            "alk": np.where(clear & nsclc & self.chance(0.06), 0, 1),
            "ros1": np.where(clear & nsclc & self.chance(0.02), 0, 1),
            "nrg1": np.where(clear & self.chance(0.01), 0, 1),
            "dll3": np.where(~nsclc & self.chance(0.8), 0, 1),
            "pd_l1_tps": np.where(self.chance(0.35), 0, self.random.integers(1, 101, self.rows)),
            "other_drivers": np.where(clear, self.draw((70, 12, 4, 3, 4, 4, 1)), 0),
            "brain_metastases": np.isin(self.extent, (2, 4)) & self.chance(0.25),
            "liver_metastases": np.isin(self.extent, (2, 4)) & self.chance(0.2),
            "bleeding_risk": self.draw((75, 9, 5, 4, 4, 2, 1)),
        }
        made = [pl.Series("id", [f"synthetic-{self.start + row + 1}" for row in range(self.rows)])]
        for name, values in columns.items():
            made.append(self._column(name, values))
        detailed = ~self.chance(LEFT_OUT)
        counted = ~detailed & self.chance(0.6)
        made.append(
            pl.select(pl.when(pl.Series(counted)).then(pl.Series(self.lines, dtype=pl.Int8)))
            .to_series()
            .alias("prior_lines")
        )
        history = _Histories(self, nsclc).column()
        made.append(pl.select(pl.when(pl.Series(detailed)).then(history)).to_series().alias("history"))
        return pl.DataFrame(made)

    def _column(self, name: str, values: npt.NDArray[Any]) -> pl.Series:
        dtype = SCHEMA[name]
        words = dtype.categories.to_list() if isinstance(dtype, pl.Enum) else None
        whole = pl.Series(words, dtype=dtype).gather(pl.Series(values)) if words else pl.Series(values).cast(dtype)
        kept = pl.Series(~self.chance(LEFT_OUT))
        return pl.select(pl.when(kept).then(whole)).to_series().alias(name)

    def _stage(self) -> Numbers:
        """A stage that fits: I-II early, III locally advanced, IV metastatic; I-III limited, IV extensive."""
        early, third, fourth = self.draw((1, 1, 1, 1)), 4 + self.draw((2, 2, 1)), 7 + self.draw((1, 1))
        return np.select(
            [self.extent == 0, self.extent == 1, self.extent == 3], [early, third, np.maximum(early, third)], fourth
        )


class _Histories:
    """Histories of a batch: the lines of every patient, some with maintenance, some after curative treatment."""

    def __init__(self, batch: _Batch, nsclc: npt.NDArray[np.bool_]) -> None:
        self.batch, self.nsclc = batch, nsclc
        lines = batch.lines
        self.row = np.repeat(np.arange(batch.rows), lines)
        begins = np.repeat(np.cumsum(lines) - lines, lines)
        self.line = np.arange(len(self.row)) - begins + 1
        self.is_last = self.line == lines[self.row]

    def column(self) -> pl.Series:
        """The histories as lists of entries."""
        batch, total = self.batch, len(self.row)
        final = batch.draw((0.6, 0.15, 0.15, 0.1), total)
        outcome = np.where(self.is_last, final, np.where(batch.chance(0.9, total), 0, 3))
        kept = (outcome == 1) & batch.chance(0.5, total)
        treated = np.flatnonzero(batch.chance(0.08))
        parts = [
            (self.row, self.line, np.zeros(total, int), self._drugs(), outcome, batch.random.integers(1, 25, total)),
            (self.row[kept], self.line[kept], np.ones(kept.sum(), int), self._some(MAINTENANCE, kept.sum()),
             batch.draw((0.3, 0.2, 0.5), kept.sum()), batch.random.integers(1, 30, kept.sum())),
            (treated, np.zeros(len(treated), int), np.full(len(treated), 2), self._some(CURATIVE, len(treated)),
             batch.draw((0.3, 0.7), len(treated)), batch.random.integers(1, 9, len(treated))),
        ]  # fmt: skip
        row, line, setting, drugs, outcome, cycles = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((setting, line, row))
        return self._listed(*(column[order] for column in (row, line, setting, drugs, outcome, cycles)))

    def _listed(  # noqa: PLR0917 - the columns of the entries
        self, row: Numbers, line: Numbers, setting: Numbers, drugs: Numbers, outcome: Numbers, cycles: Numbers
    ) -> pl.Series:
        batch, total = self.batch, len(row)
        settings = pl.Series([None, "maintenance", "curative"], dtype=_SETTING)
        outcomes = pl.Series(_OUTCOME.categories.to_list(), dtype=_OUTCOME)
        pool = pl.Series([words.split(";") for words in _POOL], dtype=pl.List(_DRUG))
        known, timed, told = (pl.Series(~batch.chance(share, total)) for share in (0.03, 0.3, 0.05))
        entries = pl.DataFrame(
            {"line": pl.Series(line, dtype=pl.Int8), "setting": settings.gather(pl.Series(setting)),
             "drugs": pool.gather(pl.Series(drugs)), "outcome": outcomes.gather(pl.Series(outcome)),
             "cycles": pl.Series(cycles, dtype=pl.Int16)}
        ).select(
            pl.when(pl.col("line") > 0).then("line").alias("line"),
            "setting",
            pl.when(known).then("drugs").alias("drugs"),
            pl.when(told).then("outcome").alias("outcome"),
            pl.when(timed).then("cycles").alias("cycles"),
        )  # fmt: skip
        lists = (
            pl.DataFrame({"row": row, "entry": entries.to_struct()}).group_by("row", maintain_order=True).agg("entry")
        )
        everyone = pl.DataFrame({"row": np.arange(batch.rows)}).join(lists, on="row", how="left", maintain_order="left")
        empty = pl.Series([[]], dtype=HISTORY)
        return everyone.select(pl.col("entry").cast(HISTORY).fill_null(pl.lit(empty).first())).to_series()

    def _some(self, words: Sequence[str], count: int) -> Numbers:
        places = np.array([_POOL.index(word) for word in words])
        return places[self.batch.random.integers(0, len(places), count)]

    def _drugs(self) -> Numbers:
        total = len(self.row)
        found = np.zeros(total, np.int64)
        for disease, member in (("nsclc", self.nsclc[self.row]), ("sclc", ~self.nsclc[self.row])):
            first = self._some(FIRST_LINE[disease], total)
            later = self._some(LATER_LINE[disease], total)
            found = np.where(member, np.where(self.line == 1, first, later), found)
        return found


def for_text(patients: pl.LazyFrame) -> pl.LazyFrame:
    """The same patients with the history as JSON, for files that hold text only."""

    def encode(histories: pl.Series) -> pl.Series:
        written = [
            None if entries is None else json.dumps([_said(entry) for entry in entries])
            for entries in histories.to_list()
        ]
        return pl.Series(histories.name, written, pl.String)

    return patients.with_columns(pl.col("history").map_batches(encode, return_dtype=pl.String, is_elementwise=True))


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}
