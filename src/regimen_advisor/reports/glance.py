"""The options at a glance: one row each, with its standing, its best study and the first warning in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regimen_advisor.advice import Advice, Caution, Evidence, Option
from regimen_advisor.documents.blocks import Table, shortened
from regimen_advisor.figure_wording import is_statement, leading
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import questions_words
from regimen_advisor.reports.groups import groups

TITLE = "At a glance"
COLUMNS = ("", "Option", "Standing", "Best study", "First warning")
SHORT = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "caution",
    Standing.UNDETERMINED: "waits",
}
"""A standing in one word, where the heading of a column says the rest."""
_SHARES = (22, 8, 19)
"""Of a line of text: the name, the standing and the study; the warning has what is left."""
_GAP = 1
MOST_LINES = 3
_MOST_NAME = 34
_ASIDE = re.compile(r" \(|[:,] ")
"""What follows in the name of a study says more than a cell has room for."""
_KINDS = ("patient", "measure", "evidence")


@dataclass(frozen=True)
class Row:
    """One option in a few words."""

    number: int
    option: Option
    study: str
    warning: str
    """The first warning in words, or what the option waits for; empty where nothing is to be said against it."""


def rows(advice: Advice, rulebook: Rulebook) -> Iterator[Row]:
    """A row for each option that is offered or may be, in the order and with the numbers of the list."""
    for group in groups(advice):
        for number, option in group.options:
            yield Row(number, option, _study(leading(option, rulebook)), _warning(option, advice, rulebook))


def table(advice: Advice, rulebook: Rulebook, width: int) -> Table:
    """The rows as a table of text that is ``width`` wide; a warning too long for its cell is cut at a word."""
    found = list(rows(advice, rulebook))
    first = len(str(len(found)))
    last = width - first - sum(_SHARES) - _GAP * (len(COLUMNS) - 1)
    cells = tuple(
        (
            str(row.number), row.option.name, SHORT[row.option.standing], row.study,
            shortened(row.warning, (last - 2) * MOST_LINES),
        )
        for row in found
    )  # fmt: skip
    return Table(COLUMNS, cells, (first, *_SHARES, last))


def _study(best: Evidence | None) -> str:
    """The best study with its design and size, in the words of the list."""
    if best is None:
        return "no study named"
    if is_statement(best):
        return "a statement, no study"
    name = shortened(_ASIDE.split(best.name)[0], _MOST_NAME)
    design = f"phase {best.phase}" if best.phase and " and " not in best.phase else _design(best)
    size = f"n {best.n.value}" if best.n else "n not stated"
    return ", ".join(part for part in (name, "" if design in name else design, size) if part)


def _design(best: Evidence) -> str:
    return best.design_level.basis.split(" (")[0].split(", ")[0].removesuffix(" of randomised trials")


def _warning(option: Option, advice: Advice, rulebook: Rulebook) -> str:
    if option.standing is Standing.UNDETERMINED:
        return f"waits for {questions_words(option.depends_on, rulebook.domain)}"
    left = [caution for caution in option.cautions if not advice.is_first(caution.rule)]
    first = min(left, key=_weight, default=None)
    if first is not None:
        return first.says
    return "as said first" if any(caution.state == "holds" for caution in option.cautions) else ""


def _weight(caution: Caution) -> tuple[bool, int]:
    """What holds before what is open, and what is about the patient before what is the same for everyone."""
    return caution.state == "open", _KINDS.index(caution.kind)
