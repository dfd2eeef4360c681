"""Build the history of each patient from a table of treatments: lines in order, and what was known before each."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from regimen_advisor.cohorts.event_frames import (
    AT,
    BAD_DATE,
    DATE,
    DAY,
    NEXT_DAY,
    ROW,
    Frames,
    RowValues,
    by_cell,
    distinct,
    lines,
    on_one_line,
    sentence,
)
from regimen_advisor.cohorts.event_spans import tables_of, where_there_is_a_row, with_rows_of
from regimen_advisor.cohorts.event_words import listed
from regimen_advisor.cohorts.mapping_file import SEPARATOR, HistoryOfTable, Reading
from regimen_advisor.columns.cells import comparable, drug_list, drug_word
from regimen_advisor.columns.entries import OUTCOMES
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import MOST_CYCLES, MOST_LINES
from regimen_advisor.patient.vocabulary import MOST_MONTHS
from regimen_advisor.words.catalogue import say

HISTORY, LINES, DRUGS, UNREAD_ENTRIES = "history", "lines begun", "drugs given", "unread parts of the history"
_LINE, _SETTING, _OWN, _FAULT, _START = "line", "setting", "day apart", "why the history is not known", "start"
_UNKNOWN_DRUGS, _OUTCOME, _CYCLES, _UNREAD = "a drug is unknown", "outcome", "cycles", "unread"
_MONTHS, _END, _KNOWN_THEN = "relapse_after", "day of the relapse", "entries as they were known on the day"
_OPEN, _NEXT, _BEFORE = "entry whose end is to come", "day of the line after it", "place of the entry"
_ENDED, _CONTROLLED = ("progressed", "relapsed"), ("ongoing", "completed", "stopped-for-toxicity")
_GROUP = (ROW, _LINE, _SETTING, _OWN)
SETTINGS = ("line", "maintenance", "curative")
_UNDATED = 1 << 40


@dataclass(frozen=True)
class Courses:
    """``groups`` has a row for each treatment, in order; ``rows`` are the rows of the table with their place ``AT``."""

    groups: pl.LazyFrame
    rows: pl.LazyFrame


class HistoryOfEvents:
    """Reads the treatments of a mapping as histories."""

    def __init__(self, frames: Frames, history: HistoryOfTable, formulary: Formulary, *, per_treatment: bool) -> None:
        self.frames, self.history, self.formulary = frames, history, formulary
        self.per_treatment = per_treatment
        """Whether each treatment is a decision, for which later ones do not count."""

    def courses(self) -> Courses:
        """The treatments of all patients in order, each with the history before it."""
        rows = self._numbered(self.frames.tables[self.history.table])
        groups = self._groups(self._with_next(rows))
        groups = groups.sort([ROW, *self._order()], nulls_last=True, maintain_order=True)
        groups = groups.with_columns((pl.int_range(pl.len()).over(ROW)).cast(pl.Int64).alias(AT))
        groups = self._faults_of_order(groups)
        places = groups.select(*_GROUP, AT)
        return Courses(groups, rows.join(places, on=list(_GROUP), how="left", nulls_equal=True))

    def _order(self) -> list[str]:
        return [_LINE, _SETTING, _START] if self.history.line is not None else [_START, _LINE, _SETTING]

    # Lines -------------------------------------------------------------------------------------------------------

    def _numbered(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with their setting, line, and the reason why a history with them cannot be known."""
        history = self.history
        unread = []
        setting = pl.lit("line")
        if history.setting is not None:
            read = self.frames.chained(history.setting, _setting)
            setting, unread = read.value, [read.unread]
        rows = rows.with_columns(setting.alias(_SETTING))
        if history.line is not None:
            read = self.frames.chained(history.line, _line)
            unread.append(read.unread)
            number = read.value.cast(pl.Int64)
            rows = rows.with_columns(
                pl.when(pl.col(_SETTING).is_in(["line", "maintenance"])).then(number).alias(_LINE),
                lines(*unread).alias(_UNREAD),
            )
        else:
            rows = self._in_order(rows.with_columns(lines(*unread).alias(_UNREAD)))
        unset = pl.col(_SETTING).is_null()
        unnumbered = pl.col(_LINE).is_null() & (pl.col(_SETTING) != "curative")
        undated = pl.col(DATE).is_null() & (pl.col(_SETTING) == "curative") & self.per_treatment
        fault = (
            pl.when(unset)
            .then(_fault("no_setting"))
            .when(unnumbered)
            .then(_fault("no_line"))
            .when(undated)
            .then(_fault("no_curative_day"))
        )
        apart = pl.when(pl.col(_LINE).is_null()).then(pl.col(DATE))
        needs_day = self.per_treatment or self.history.line is None
        bad_day = pl.col(BAD_DATE) if needs_day else pl.lit(None, pl.String)
        return rows.with_columns(fault.alias(_FAULT), apart.alias(_OWN), lines(pl.col(_UNREAD), bad_day).alias(_UNREAD))

    def _in_order(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with the number of their line, by order of start; maintenance keeps the number of its line."""
        is_line = (pl.col(_SETTING) == "line") & pl.col(DATE).is_not_null()
        rows = rows.sort([ROW, DATE, _SETTING], nulls_last=True, maintain_order=True)
        before = pl.when(is_line).then(pl.col(DATE)).forward_fill().shift(1).over(ROW)
        starts = is_line & (pl.col(DATE) - before > self.history.within).fill_null(value=True)
        number = starts.cast(pl.Int64).cum_sum().over(ROW)
        numbered = pl.col(_SETTING).is_in(["line", "maintenance"]) & pl.col(DATE).is_not_null() & (number > 0)
        alone = (pl.len().over(ROW) == 1) & (
            pl.col(_SETTING) == "line"
        )  # the only treatment needs no day to be the first
        return rows.with_columns(pl.when(alone).then(1).when(numbered).then(number).alias(_LINE))

    def _with_next(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with the day on which the line after theirs began."""
        begun = rows.filter(pl.col(_SETTING) == "line").group_by(ROW, _LINE).agg(pl.col(DATE).min().alias(NEXT_DAY))
        after = begun.with_columns(pl.col(_LINE) - 1)
        first = pl.when(pl.col(_SETTING) == "curative").then(0).otherwise(pl.col(_LINE)).alias(_LINE)
        with_own_line = rows.select(pl.all().exclude(_LINE), pl.col(_LINE).alias("own line"), first)
        joined = with_own_line.join(after, on=[ROW, _LINE], how="left", maintain_order="left")
        return joined.with_columns(pl.col("own line").alias(_LINE)).drop("own line")

    # Entries -----------------------------------------------------------------------------------------------------

    def _groups(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """A row for each treatment: what its rows say together."""
        drugs, unknown, strange = self._drugs(self.history.drugs)
        outcome, cycles = self.history.outcome, self.history.cycles
        for name in tables_of(outcome):
            rows = with_rows_of(rows, name, self.frames.tables[name])
        of_outcome = self.frames.chained(outcome, _outcome, where_there_is_a_row) if outcome else None
        of_cycles = self.frames.chained(cycles, _cycles) if cycles else None
        of_months, end = self._relapses()
        nothing = pl.lit(None, pl.String)
        rows = rows.with_columns(
            drugs.alias(DRUGS),
            unknown.alias(_UNKNOWN_DRUGS),
            (of_outcome.value if of_outcome else nothing).alias(_OUTCOME),
            (of_cycles.value if of_cycles else nothing).alias(_CYCLES),
            (of_months.value if of_months else nothing).alias(_MONTHS),
            end.alias(_END),
            lines(
                pl.col(_UNREAD),
                strange,
                of_outcome.unread if of_outcome else nothing,
                of_cycles.unread if of_cycles else nothing,
                of_months.unread if of_months else nothing,
            ).alias(_UNREAD),
        )
        rows = self._with_relapses(rows)
        outcomes, is_one = pl.col(_OUTCOME), pl.col(_OUTCOME).n_unique() == 1
        agreed = (
            pl.when((outcomes == "progressed").any()).then(pl.lit("progressed")).when(is_one).then(outcomes.first())
        )
        grouped = rows.group_by(*_GROUP).agg(
            pl.col(DATE).min().alias(_START),
            pl.col(NEXT_DAY).min().alias(_NEXT),
            pl.col(DRUGS),
            pl.col(_UNKNOWN_DRUGS).any(),
            agreed.alias(_OUTCOME),
            pl.when(pl.col(_CYCLES).n_unique() == 1).then(pl.col(_CYCLES).first()),
            self._months_together(),
            pl.col(_FAULT).drop_nulls().first(),
            pl.col(_UNREAD),
        )
        drugs = pl.col(DRUGS).list.join(";", ignore_nulls=True).str.split(";")
        return grouped.with_columns(
            drugs.list.unique().list.sort().list.join(";").alias(DRUGS), distinct(pl.col(_UNREAD)).alias(_UNREAD)
        )

    @property
    def _counts_months(self) -> bool:
        """Whether months are counted from days, not read from a column."""
        return self.history.relapse_after is not None and self.history.relapse_after.is_interval

    def _relapses(self) -> tuple[RowValues | None, pl.Expr]:
        """The months to the relapse of each row, and its day where they are counted from days.

        A relapse after the next line began belongs to that line; one before the treatment is ignored.
        """
        reading = self.history.relapse_after
        if reading is None:
            return None, pl.lit(None, pl.Int64)

        def kept(part: Reading, values: RowValues) -> RowValues:
            if not part.is_interval:
                return values
            end, cells = self.frames.day(listed(part.until)), [pl.col(column) for column in listed(part.until)]
            late = (end > pl.col(NEXT_DAY)).fill_null(value=False)
            early = (end < pl.col(DATE)).fill_null(value=False)
            written = on_one_line(pl.concat_str(*cells, separator=SEPARATOR))
            strange = pl.when(early).then(
                pl.lit(f"{SEPARATOR.join(listed(part.until))}: ") + sentence("event_fault.early", "cell", written)
            )
            return RowValues(
                pl.when(~late & ~early).then(values.value),
                pl.when(~late).then(lines(values.unread, strange)),
                values.has_value & ~late,
            )

        end = self.frames.day(listed(reading.until)) if self._counts_months else pl.lit(None, pl.Int64)
        return self.frames.chained(reading, _months, kept), end

    def _with_relapses(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with what the months say of the outcome, where they are counted from days.

        A treatment that was completed, say, with a relapse before the next line has progressed or relapsed, and nothing
        says which. A progression without both of its days is listed.
        """
        if not self._counts_months:
            return rows
        outcome, months = pl.col(_OUTCOME), pl.col(_MONTHS)
        undated = outcome.is_in(_ENDED) & months.is_null()
        line = pl.when(undated).then(_fault("no_relapse_day"))
        return rows.with_columns(
            pl.when(months.is_null() | ~outcome.is_in(_CONTROLLED)).then(outcome).alias(_OUTCOME),
            lines(pl.col(_UNREAD), line).alias(_UNREAD),
        )

    def _months_together(self) -> pl.Expr:
        """The months of a treatment of several rows; counted from days, those from the last dose of any drug."""
        months = pl.col(_MONTHS)
        if not self._counts_months:
            return pl.when(months.n_unique() == 1).then(months.first())
        known = (months.null_count() == 0) & (pl.col(_END).n_unique() == 1)
        return pl.when(known).then(months.cast(pl.Int64).min().cast(pl.String))

    def _drugs(self, reading: Reading) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
        """The drugs of a row joined by ``;``; where one of them is unknown; and lines for words that are no drug."""
        alone = [reading]
        if reading.columns is not None:  # a drug each
            alone = [reading.model_copy(update={"columns": None, "column": column}) for column in reading.columns]
        values_of_parts = [self.frames.row_values(part, self._words) for part in alone]
        values = [part.value for part in values_of_parts]
        drugs = pl.concat_str(*(pl.when(value != "").then(value) for value in values), separator=";", ignore_nulls=True)
        missing = ~pl.any_horizontal(*(part.has_value for part in values_of_parts))
        drugs_unknown = pl.any_horizontal(*(part.has_value & part.value.is_null() for part in values_of_parts))
        words = [by_cell(value, self._unread_words) for value in values]
        labelled = [
            pl.lit(f"{part.label}: ") + word.str.replace_all("\n", f"\n{part.label}: ".replace("$", "$$"))
            for part, word in zip(alone, words, strict=True)
        ]
        strange = pl.any_horizontal(*(word.is_not_null() for word in words))
        unread = lines(*labelled, *(part.unread for part in values_of_parts))
        return pl.when(drugs != "").then(drugs), missing | drugs_unknown | strange, unread

    def _words(self, reading: Reading, text: str) -> str | None:
        plain = reading.constant if not reading.sources else reading.plain(text)
        if plain is None:
            return None
        words = plain if isinstance(plain, list) else drug_list(str(plain), self.formulary)
        if words is None:
            return None
        if len(words) == 1 and comparable(str(words[0])) == "unknown":
            return "unknown"
        return ";".join(" ".join(str(word).replace(";", ",").split()) for word in words)

    def _unread_words(self, words: str) -> str | None:
        unread = [word for word in words.split(";") if word and drug_word(word, self.formulary) is None]
        return "\n".join(unread) or None

    # Courses -----------------------------------------------------------------------------------------------------

    def _faults_of_order(self, groups: pl.LazyFrame) -> pl.LazyFrame:
        """Gaps among the lines, maintenance without its line, and curative treatment whose place is not known."""
        numbered = pl.col(_LINE).is_not_null()
        before = pl.when(numbered).then(pl.col(_LINE)).forward_fill().shift(1).over(ROW).fill_null(0)
        maintenance = pl.col(_SETTING) == "maintenance"
        gap = numbered & (pl.col(_LINE) > before + pl.when(maintenance).then(0).otherwise(1))
        twin = maintenance & ((pl.col(_LINE) != before).fill_null(value=True))
        fault: pl.Expr = (
            pl.when(pl.col(_FAULT).is_not_null())
            .then(pl.col(_FAULT))
            .when(gap | twin)
            .then(pl.lit(f"{HISTORY}: ") + sentence("event_fault.gap", "line", pl.col(_LINE)))
            .when(pl.col(_LINE) > MOST_LINES)
            .then(_fault("many_lines", most=MOST_LINES))
        )
        if self.history.line is not None and self.per_treatment:  # curative rows come first: were they before line 1?
            first = pl.when(numbered).then(pl.col(_START)).min().over(ROW)
            late = (pl.col(_SETTING) == "curative") & ~(pl.col(_START) < first).fill_null(value=False)
            fault = pl.when(fault.is_null() & late & first.is_not_null()).then(
                _fault("curative_place")
            ).otherwise(fault)  # fmt: skip
        parts = (
            pl.col(_LINE).alias("line"),
            pl.when(pl.col(_SETTING) != "line").then(pl.col(_SETTING)).alias("setting"),
            pl.when(~pl.col(_UNKNOWN_DRUGS)).then(pl.col(DRUGS)).alias("drugs"),
        )
        open_outcome = pl.when(~pl.col(_OUTCOME).is_in(_ENDED)).then(pl.col(_OUTCOME)).alias("outcome")
        cycles, no_months = pl.col(_CYCLES).alias("cycles"), pl.lit(None, pl.String).alias(_MONTHS)
        return groups.with_columns(
            fault.alias(_FAULT),
            pl.struct(*parts, pl.col(_OUTCOME).alias("outcome"), cycles, pl.col(_MONTHS)).alias(HISTORY),
            pl.struct(*parts, open_outcome, cycles, no_months).alias(_OPEN),
        )

    def known(self, groups: pl.LazyFrame) -> pl.LazyFrame:
        """``ROW``, ``AT``, ``DAY``, the history before it, ``LINES``, ``DRUGS`` and what could not be read of it.

        Without decisions it is a row a patient, as of today. Where the table is not complete, or the order of the
        treatments is not known, the history is null, and only the number of lines that surely were begun is known.
        """
        undated = pl.col(_FAULT).is_not_null() & pl.col(_START).is_null()
        is_line = (pl.col(_SETTING) == "line") & pl.col(_LINE).is_not_null()
        whole = groups.group_by(ROW, maintain_order=True).agg(  # in the order of `AT`, as they are
            pl.col(HISTORY).alias("entries"),
            pl.col(_FAULT).alias("faults"),
            pl.col(_UNREAD).alias("unread entries"),
            is_line.alias("are lines"),
            pl.when(undated).then(pl.col(_FAULT)).drop_nulls().first().alias("undated"),
        )
        if self.per_treatment:
            treatments = groups.select(
                ROW, AT, pl.col(_START).alias(DAY), DRUGS, pl.col(_FAULT), pl.col(_UNREAD),
            )  # fmt: skip
            rows = treatments.join(whole, on=ROW, how="left")
            place = pl.col(AT)
        else:
            rows = whole.with_columns(
                pl.lit(0, pl.Int64).alias(AT), pl.lit(None, pl.Int64).alias(DAY), pl.lit(None, pl.String).alias(DRUGS),
                pl.lit(None, pl.String).alias(_FAULT), pl.lit(None, pl.String).alias(_UNREAD),
            )  # fmt: skip
            place = pl.col("entries").list.len().cast(pl.Int64)
        before = pl.col("faults").list.head(place).list.drop_nulls().list.first()
        fault = pl.coalesce(before, pl.col("undated"), pl.col(_FAULT))
        unread = pl.col("unread entries").list.head(place).list.join("\n", ignore_nulls=True)
        unread_here = lines(
            pl.when(unread != "").then(unread),
            pl.col(_UNREAD) if self.per_treatment else pl.lit(None, pl.String),
            fault,
        )
        complete = pl.lit(self.history.complete)
        entries = pl.col("entries").list.head(place)
        if self.per_treatment and self.history.setting is not None:
            rows = rows.join(self._known_then(groups), on=[ROW, AT], how="left")
            entries = pl.coalesce(pl.col(_KNOWN_THEN), entries)
        return rows.select(
            ROW,
            AT,
            DAY,
            DRUGS,
            pl.when(fault.is_null() & complete).then(entries).alias(HISTORY),
            pl.col("are lines").list.head(place).list.sum().cast(pl.Int64).alias(LINES),
            unread_here.alias(UNREAD_ENTRIES),
        )

    @staticmethod
    def _known_then(groups: pl.LazyFrame) -> pl.LazyFrame:
        """For maintenance and curative treatment the entries before it as they were known when it began.

        How a treatment ended is read as of the day on which the next line began, and that may be a later day: so it is
        with an induction before its maintenance, the first of two curative treatments, a line before one.
        """
        decisions = groups.filter(pl.col(_SETTING) != "line").select(ROW, AT, pl.col(_START).alias(DAY))
        entries = groups.select(ROW, pl.col(AT).alias(_BEFORE), _NEXT, HISTORY, _OPEN)
        pairs = decisions.join(entries, on=ROW, how="inner").filter(pl.col(_BEFORE) < pl.col(AT))
        ended = (pl.col(_NEXT) <= pl.col(DAY)).fill_null(value=False)
        entry = pl.when(ended).then(pl.col(HISTORY)).otherwise(pl.col(_OPEN))
        ordered = pairs.sort(ROW, AT, _BEFORE)
        return ordered.group_by(ROW, AT, maintain_order=True).agg(entry.alias(_KNOWN_THEN))


def _fault(name: str, **fields: object) -> pl.Expr:
    """Why the history of a patient is not known, as a line of what could not be read."""
    return pl.lit(f"{HISTORY}: {say(f'event_fault.{name}', **fields)}")


def _setting(reading: Reading, text: str) -> str | None:
    plain = reading.constant if not reading.sources else reading.plain(text)
    word = comparable(str(plain))
    return word if word in (*SETTINGS, "unknown") else None


def _line(reading: Reading, text: str) -> str | None:
    plain = reading.constant if not reading.sources else reading.plain(text)
    if comparable(str(plain)) == "unknown":
        return "unknown"
    return _whole(plain, 1, MOST_LINES)


def _cycles(reading: Reading, text: str) -> str | None:
    plain = reading.constant if not reading.sources else reading.plain(text)
    return "unknown" if comparable(str(plain)) == "unknown" else _whole(plain, 0, MOST_CYCLES)


def _months(reading: Reading, text: str) -> str | None:
    plain = reading.constant if not reading.sources else reading.plain(text)
    return "unknown" if comparable(str(plain)) == "unknown" else _whole(plain, 0, MOST_MONTHS)


def _outcome(reading: Reading, text: str) -> str | None:
    plain = reading.constant if not reading.sources else reading.plain(text)
    words = {comparable(word): word for word in (*OUTCOMES, "unknown")}
    return words.get(comparable(str(plain)))


def _whole(plain: object, low: int, high: int) -> str | None:
    try:
        number = float(str(plain))
    except ValueError:
        return None
    return str(int(number)) if number.is_integer() and low <= number <= high else None
