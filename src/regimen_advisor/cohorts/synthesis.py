"""Make synthetic patients for trying out and for timing: invented, never real, and always possible.

``population.yaml`` says which population they imitate, which shares are published, by whom, and which are made up. The
histology decides which driver a patient may have, the driver the first line; a variant is acquired only after
progression on a drug that it is acquired under. A patient is drawn complete and obeys the axioms between the facts;
then some cells are left out, as in a real table. The same seed gives the same patients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.io.plugins import register_io_source

from regimen_advisor.patient.facts import Disease, Extent, Histology, MarkerResult, OtherDriver, Outcome, Stage
from regimen_advisor.patient.population import LineTreatment, population

BATCH = 50_000
Numbers = npt.NDArray[np.int64]

POPULATION = population()
_SENSITISING, _OTHERS = POPULATION.words("egfr"), POPULATION.words("egfr-other")
_ACQUIRED = tuple(acquired.variant for acquired in POPULATION.acquired)
EGFR = (
    "wild-type", *_SENSITISING, *_OTHERS,
    *(f"{base};{variant}" for base in _SENSITISING for variant in _ACQUIRED),
    *(f"{base};{';'.join(_ACQUIRED)}" for base in _SENSITISING),
)  # fmt: skip
DRIVERS = POPULATION.words("driver")
OTHER = ("none", *get_args(OtherDriver))
BLEEDING = ("none", "central", "cavitation", "necrosis", "haemoptysis", "major-vessel-invasion", "central;cavitation")
LEFT_OUT = 0.15
"""The share of cells that are left out, in every column."""

_POOL = tuple(dict.fromkeys(
    ";".join(drugs)
    for table in POPULATION.treatments for treatments in table.values() for treatment in treatments
    for drugs in (treatment.drugs, *treatment.then)
))  # fmt: skip
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
    **{gene: pl.Enum(get_args(MarkerResult)) for gene in ("alk", "ros1", "nrg1", "dll3")},
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

    def word(self, name: str, rows: int | None = None) -> Numbers:
        """Words of a share of the population, as their places."""
        return self.draw(POPULATION.weights(name), rows)

    def frame(self) -> pl.DataFrame:
        nsclc = self.word("disease") == POPULATION.words("disease").index("nsclc")
        self.extent = np.where(nsclc, self.draw((0.15, 0.23, 0.62)), 3 + self.draw((0.32, 0.68)))
        lines = self.draw((0.38, 0.3, 0.18, 0.09, 0.05))
        self.lines = np.where(self.extent == 0, 0, np.where(self.extent == 3, np.minimum(lines, 1), lines))
        treatable = np.isin(self.extent, (0, 1, 3)) & ~(nsclc & (self.lines > 0))
        histology = _among(get_args(Histology), POPULATION.words("histology"))[self.word("histology")]
        histology = np.where(nsclc, histology, get_args(Histology).index("small-cell"))
        without = np.isin(histology, [get_args(Histology).index(word) for word in _NO_DRIVER])
        no_driver = DRIVERS.index("none")
        driver = np.where(without, no_driver, self.word("driver"))
        low, high = np.array([word.split("-") for word in POPULATION.words("pd_l1_tps")], int)[self.word("pd_l1_tps")].T
        tps = self.random.integers(low, high + 1)
        other_driver = self._other(driver)
        histories = _Histories(self, _groups(driver, other_driver, histology, tps))
        history = histories.column()
        columns: dict[str, Any] = {
            "disease": np.where(nsclc, 0, 1),
            "histology": histology,
            "stage": self._stage(),
            "extent": self.extent,
            "curative_treatment_possible": treatable & self.chance(0.7),
            "ecog": self.draw((0.3, 0.45, 0.17, 0.06, 0.02)),
            "egfr": self._egfr(driver, histories),
            **{gene: np.where(driver == DRIVERS.index(gene), 0, 1) for gene in ("alk", "ros1", "nrg1")},
            "dll3": np.where(nsclc, 1, self.word("dll3")),
            "pd_l1_tps": tps,
            "other_drivers": other_driver,
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
        made.append(pl.select(pl.when(pl.Series(detailed)).then(history)).to_series().alias("history"))
        return pl.DataFrame(made)

    def _column(self, name: str, values: npt.NDArray[Any]) -> pl.Series:
        dtype = SCHEMA[name]
        words = dtype.categories.to_list() if isinstance(dtype, pl.Enum) else None
        whole = pl.Series(words, dtype=dtype).gather(pl.Series(values)) if words else pl.Series(values).cast(dtype)
        kept = pl.Series(~self.chance(LEFT_OUT))
        return pl.select(pl.when(kept).then(whole)).to_series().alias(name)

    def _egfr(self, driver: Numbers, histories: _Histories) -> Numbers:
        """The EGFR variants: one from the start, and those that were acquired under treatment."""
        words = np.array(EGFR, object)
        found = np.full(self.rows, "wild-type", object)
        for name, variants in (("egfr", _SENSITISING), ("egfr-other", _OTHERS)):
            found = np.where(driver == DRIVERS.index(name), np.array(variants, object)[self.word(name)], found)
        for acquired in POPULATION.acquired:
            gained = (driver == DRIVERS.index(acquired.driver)) & histories.progressed_on(acquired.after)
            gained &= self.chance(acquired.share / 100)
            found = np.where(gained, found + f";{acquired.variant}", found)
        order = np.argsort(words)
        return order[np.searchsorted(words[order], found)]

    def _other(self, driver: Numbers) -> Numbers:
        """The other drivers of a profile; a KRAS mutation is one only as G12C."""
        kras = _among(OTHER, POPULATION.words("kras"))[self.word("kras")]
        place = np.array([OTHER.index(word) if word in OTHER else 0 for word in DRIVERS])[driver]
        return np.where(driver == DRIVERS.index("kras"), kras, place)

    def _stage(self) -> Numbers:
        """A stage that fits: I-II early, III locally advanced, IV metastatic; I-III limited, IV extensive."""
        early, third, fourth = self.draw((1, 1, 1, 1)), 4 + self.draw((2, 2, 1)), 7 + self.draw((1, 1))
        return np.select(
            [self.extent == 0, self.extent == 1, self.extent == 3], [early, third, np.maximum(early, third)], fourth
        )


_NO_DRIVER = ("squamous", "large-cell", "small-cell")
_BY_HISTOLOGY = {"squamous": "squamous", "small-cell": "sclc"}


def _among(words: Sequence[str], chosen: Sequence[str]) -> Numbers:
    """The places of ``chosen`` words among ``words``."""
    return np.array([words.index(word) for word in chosen])


def _places(treatments: Sequence[Sequence[str]]) -> Numbers:
    """The places of some treatments in the pool."""
    return np.array([_POOL.index(";".join(drugs)) for drugs in treatments], np.int64)


def _groups(
    driver: Numbers, other_driver: Numbers, histology: Numbers, tps: Numbers
) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Who is treated by what: by the driver, by a high TPS, and by the histology; a patient may be in all three."""
    found = {word: driver == place for place, word in enumerate(DRIVERS)}
    found |= {word: other_driver == place for place, word in enumerate(OTHER) if place}
    kinds = np.array([_BY_HISTOLOGY.get(word, "non-squamous") for word in get_args(Histology)])[histology]
    by_histology = {kind: kinds == kind for kind in ("squamous", "non-squamous", "sclc")}
    high = {"tps-50": "non-squamous", "squamous-tps-50": "squamous"}
    return {**found, **{name: (tps >= 50) & (kinds == kind) for name, kind in high.items()}, **by_histology}


class _Histories:
    """Histories of a batch: the lines of every patient, some with maintenance, some after curative treatment."""

    def __init__(self, batch: _Batch, groups: Mapping[str, npt.NDArray[np.bool_]]) -> None:
        self.batch, self.groups = batch, groups
        lines = batch.lines
        self.row = np.repeat(np.arange(batch.rows), lines)
        begins = np.repeat(np.cumsum(lines) - lines, lines)
        self.line = np.arange(len(self.row)) - begins + 1
        self.is_last = self.line == lines[self.row]
        first, later = (self._chosen(table, self.row) for table in (POPULATION.first_line, POPULATION.later_line))
        self.drugs, self.maintenance = (np.where(self.line == 1, *pair) for pair in zip(first, later, strict=True))
        final = batch.draw((0.6, 0.15, 0.15, 0.1), len(self.row))
        self.outcome = np.where(self.is_last, final, np.where(batch.chance(0.9, len(self.row)), 0, 3))

    def column(self) -> pl.Series:
        """The histories as lists of entries."""
        batch, total = self.batch, len(self.row)
        kept = (self.outcome == 1) & (self.maintenance >= 0) & batch.chance(0.7, total)
        treated = np.flatnonzero(batch.chance(0.08))
        cured, _ = self._chosen(POPULATION.curative, treated)
        parts = [
            (self.row, self.line, np.zeros(total, int), self.drugs, self.outcome, batch.random.integers(1, 25, total)),
            (self.row[kept], self.line[kept], np.ones(kept.sum(), int), self.maintenance[kept],
             batch.draw((0.3, 0.2, 0.5), kept.sum()), batch.random.integers(1, 30, kept.sum())),
            (treated, np.zeros(len(treated), int), np.full(len(treated), 2), cured,
             batch.draw((0.3, 0.7), len(treated)), batch.random.integers(1, 9, len(treated))),
        ]  # fmt: skip
        row, line, setting, drugs, outcome, cycles = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((setting, line, row))
        return self._listed(*(column[order] for column in (row, line, setting, drugs, outcome, cycles)))

    def progressed_on(self, drugs: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which patients progressed on a line with one of the drugs."""
        holds = np.array([bool(set(drugs) & set(words.split(";"))) for words in _POOL])
        found = np.zeros(self.batch.rows, bool)
        found[self.row[holds[self.drugs] & (self.outcome == 0)]] = True
        return found

    def _chosen(self, table: Mapping[str, list[LineTreatment]], rows: Numbers) -> tuple[Numbers, Numbers]:
        """For some patients a treatment each, and the maintenance it may go on with, -1 for none."""
        drugs, maintenance = np.full(len(rows), -1), np.full(len(rows), -1)
        for group, treatments in table.items():
            places = np.flatnonzero(self.groups[group][rows] & (drugs < 0))
            chosen = self.batch.draw([treatment.weight for treatment in treatments], len(places))
            drugs[places] = _places([treatment.drugs for treatment in treatments])[chosen]
            counts = np.array([len(treatment.then) for treatment in treatments])
            goes_on = np.append(_places([words for treatment in treatments for words in treatment.then]), -1)
            place_in_list = (np.cumsum(counts) - counts)[chosen] + self.batch.random.integers(
                0, np.maximum(counts, 1)[chosen]
            )
            maintenance[places] = np.where(counts[chosen] > 0, goes_on[np.minimum(place_in_list, len(goes_on) - 1)], -1)
        return drugs, maintenance

    def _listed(  # noqa: PLR0917 - the columns of the entries
        self, row: Numbers, line: Numbers, setting: Numbers, drugs: Numbers, outcome: Numbers, cycles: Numbers
    ) -> pl.Series:
        batch, total = self.batch, len(row)
        settings = pl.Series([None, "maintenance", "curative"], dtype=_SETTING)
        outcomes = pl.Series(_OUTCOME.categories.to_list(), dtype=_OUTCOME)
        pool = pl.Series([words.split(";") for words in _POOL], dtype=pl.List(_DRUG))
        known, timed, with_outcome = (pl.Series(~batch.chance(share, total)) for share in (0.03, 0.3, 0.05))
        entries = pl.DataFrame(
            {"line": pl.Series(line, dtype=pl.Int8), "setting": settings.gather(pl.Series(setting)),
             "drugs": pool.gather(pl.Series(drugs)), "outcome": outcomes.gather(pl.Series(outcome)),
             "cycles": pl.Series(cycles, dtype=pl.Int16)}
        ).select(
            pl.when(pl.col("line") > 0).then("line").alias("line"),
            "setting",
            pl.when(known).then("drugs").alias("drugs"),
            pl.when(with_outcome).then("outcome").alias("outcome"),
            pl.when(timed).then("cycles").alias("cycles"),
        )  # fmt: skip
        lists = (
            pl.DataFrame({"row": row, "entry": entries.to_struct()}).group_by("row", maintain_order=True).agg("entry")
        )
        everyone = pl.DataFrame({"row": np.arange(batch.rows)}).join(lists, on="row", how="left", maintain_order="left")
        empty = pl.Series([[]], dtype=HISTORY)
        return everyone.select(pl.col("entry").cast(HISTORY).fill_null(pl.lit(empty).first())).to_series()


def for_text(patients: pl.LazyFrame) -> pl.LazyFrame:
    """The same patients with the history as JSON, for files that hold text only."""

    def encode(histories: pl.Series) -> pl.Series:
        written = [
            None if entries is None else json.dumps([_without_unknown(entry) for entry in entries])
            for entries in histories.to_list()
        ]
        return pl.Series(histories.name, written, pl.String)

    return patients.with_columns(pl.col("history").map_batches(encode, return_dtype=pl.String, is_elementwise=True))


def _without_unknown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}
