"""Draw a forest plot of the hazard ratios behind the options shown.

Each row is one comparison within one study, with its comparator and endpoint. Rows keep the order of the options and of
their studies; they are never sorted by the hazard ratio, and nothing is pooled. A figure that the source prints without
an interval is listed below the plot, not drawn as if it had one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regimen_advisor.advice import Evidence, Option
from regimen_advisor.drawing.svg import LINE, element, line, number, picture, text, wrapped
from regimen_advisor.figure_wording import arm_labels, effect_words, interval_words, signed
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.evidence import Comparison, Interval, Result
from regimen_advisor.words.catalogue import say

WIDTH = 600
LEFT, RIGHT = 12, 330  # of the lane in which intervals are drawn
NUMBERS = 352
TICKS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
PLAIN = {"fill": "currentColor"}
OFFERED = {"class": "point", "fill": "currentColor"}
WAITING = {"class": "point waits", "fill": "none"}
WAITS = say("forest.waits")
WARNING = say("forest.warning")


@dataclass(frozen=True)
class ForestRow:
    """One comparison on one endpoint within one study, as its source reports it."""

    study: str
    name: str
    endpoint: str
    arm: str
    against: str
    place: str
    ratio: float | None
    interval: Interval | None
    effect: str
    """All that the source prints of the effect, in words."""
    errata: tuple[str, ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether the source prints both a hazard ratio and its interval."""
        return self.ratio is not None and self.interval is not None

    @property
    def heading(self) -> str:
        """Study, endpoint and section: ``DeLLphi-304, OS [XY 4.1]``."""
        return f"{self.name}, {self.endpoint} {signed(self.place, self.errata)}"

    @property
    def arms(self) -> str:
        """Which arm against which comparator."""
        return say("figure.versus", arm=self.arm, against=self.against)


def rows_of(options: Iterable[Option], places: CitationLabels) -> tuple[ForestRow, ...]:
    """The rows behind the options, in their order and that of their studies; a study shared by two occurs once."""
    studies = {evidence.study: evidence for option in options for evidence in option.evidence}
    return tuple(row for evidence in studies.values() for row in rows_of_study(evidence, places))


def rows_of_study(evidence: Evidence, places: CitationLabels) -> Iterator[ForestRow]:
    """A row for each comparison of which the source prints a hazard ratio or a reduction of risk."""
    for result in evidence.results:
        for comparison in result.comparisons:
            if comparison.hazard_ratio is not None or comparison.risk_reduction is not None:
                yield _row(evidence, result, comparison, places.cite(result.source))


def _row(evidence: Evidence, result: Result, comparison: Comparison, place: str) -> ForestRow:
    ratio, labels = comparison.hazard_ratio, arm_labels(evidence)
    return ForestRow(
        study=evidence.study,
        name=evidence.name,
        endpoint=result.endpoint + (f", {result.subgroup}" if result.subgroup else ""),
        arm=labels.get(comparison.of, comparison.of),
        against=labels.get(comparison.against, comparison.against),
        place=place,
        ratio=ratio,
        interval=comparison.interval,
        effect=effect_words(comparison, result.unit),
        errata=result.errata,
    )


def forest_plot(
    rows: Sequence[ForestRow], *, id: str = "forest", offered: Collection[str] = (), waiting: Collection[str] = ()
) -> str:
    """The plot as SVG; empty where no source prints an effect. Rows without an interval are listed under it.

    The studies of ``offered`` are behind an option that is, and have its colour where the page around the picture has
    one. Those of ``waiting`` are behind options that wait for an answer: their squares are hollow, and a word says so.
    """
    if not rows:
        return ""
    drawn = [row for row in rows if row.is_drawn]
    listed = [row for row in rows if not row.is_drawn]
    parts: list[str] = []
    y = 8.0
    if drawn:
        y = _draw(drawn, parts, frozenset(offered), frozenset(waiting))
    y = _list(listed, parts, y)
    for words in wrapped(WARNING, WIDTH - 24, bold=True):
        y += LINE
        parts.append(text(LEFT, y, words, font_weight="bold"))
    return picture(WIDTH, y + 14, say("forest.title"), description(rows), parts, id=id)


def description(rows: Sequence[ForestRow]) -> str:
    """The rows in words, for those who do not see the plot."""
    sentences = [
        say("forest.described" if row.is_drawn else "forest.described_without_interval", row=_row_words(row))
        for row in rows
    ]
    return " ".join([*sentences, WARNING])


def _row_words(row: ForestRow) -> str:
    return say("forest.row", study=row.heading, arms=row.arms, effect=row.effect)


def _draw(rows: Sequence[ForestRow], parts: list[str], offered: frozenset[str], waiting: frozenset[str]) -> float:
    scale = _Scale(rows)
    y = 4.0
    for row in rows:
        look = WAITING if row.study in waiting else OFFERED if row.study in offered else PLAIN
        y = _draw_row(row, scale, parts, y, look)
    y += 6
    parts.append(line(LEFT, y, RIGHT, y))
    for tick in scale.ticks:
        parts.append(line(scale.at(tick), y, scale.at(tick), y + 5))
        parts.append(text(scale.at(tick), y + 20, f"{tick:g}", text_anchor="middle", font_size=13))
    parts.append(text(NUMBERS, y + 20, say("forest.axis"), font_size=13))
    parts.append(text(LEFT, y + 38, say("forest.first_better"), font_size=13))
    parts.append(text(RIGHT, y + 38, say("forest.second_better"), text_anchor="end", font_size=13))
    return y + 52


def _draw_row(row: ForestRow, scale: _Scale, parts: list[str], y: float, look: Mapping[str, str]) -> float:
    assert row.ratio is not None
    assert row.interval is not None
    for words in wrapped(f"{row.heading} · {WAITS}" if look is WAITING else row.heading, WIDTH - 24, bold=True):
        y += LINE
        parts.append(text(LEFT, y, words, font_weight="bold"))
    for words in wrapped(row.arms, WIDTH - 24):
        y += LINE
        parts.append(text(LEFT, y, words))
    y += LINE + 4
    middle = y - 5
    parts.append(line(scale.at(1), middle - 12, scale.at(1), middle + 12, stroke_dasharray="3 3"))
    low, high = scale.at(float(row.interval.low)), scale.at(float(row.interval.high))
    parts.append(line(low, middle, high, middle, stroke_width=2))
    parts += [line(end, middle - 5, end, middle + 5, stroke_width=2) for end in (low, high)]
    point = scale.at(row.ratio)
    corner = {"x": number(point - 5), "y": number(middle - 5)}
    parts.append(element("rect", {**corner, "width": 10, "height": 10, **look, "stroke": "currentColor"}))
    words = f"{row.ratio} ({interval_words(row.interval)})"
    parts.append(text(NUMBERS, y, words))
    return y + 14


def _list(rows: Sequence[ForestRow], parts: list[str], y: float) -> float:
    if not rows:
        return y
    y += LINE
    parts.append(text(LEFT, y, say("forest.not_drawn"), font_weight="bold"))
    for row in rows:
        for index, words in enumerate(wrapped(_row_words(row), WIDTH - 40)):
            y += LINE
            parts.append(text(LEFT + (0 if index == 0 else 14), y, words))
        y += 4
    return y + 8


class _Scale:
    """A logarithmic axis that holds 1 and every interval."""

    def __init__(self, rows: Sequence[ForestRow]) -> None:
        ends = [float(end) for row in rows if row.interval for end in (row.interval.low, row.interval.high)]
        low, high = min(*ends, 0.5), max(*ends, 1.0) * 1.1
        self.low, self.high = math.log(low / 1.05), math.log(max(high, 1.5))
        self.ticks = [tick for tick in TICKS if low / 1.05 <= tick <= math.exp(self.high)]

    def at(self, ratio: float) -> float:
        """The place of a ratio on the axis."""
        return LEFT + 8 + (math.log(ratio) - self.low) / (self.high - self.low) * (RIGHT - LEFT - 16)
