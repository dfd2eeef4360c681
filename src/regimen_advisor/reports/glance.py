"""The options at a glance: a row each, with standing, best study, endpoint by arm, first warning and approval."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from regimen_advisor.advice import Advice, Caution, Evidence, Option
from regimen_advisor.documents.blocks import StackedRow, Table, shortened
from regimen_advisor.figure_wording import (
    CitationLabels,
    approval_words,
    arm_labels,
    brief_result,
    in_few_words,
    is_statement,
    leading,
    main_results,
    matching_arms,
    signed,
)
from regimen_advisor.knowledge.evidence import Approval
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import questions_words
from regimen_advisor.reports.cautions import KINDS, Cautions
from regimen_advisor.reports.groups import groups

TITLE = "At a glance"
COLUMNS = ("", "Option", "Standing", "Best study", "Endpoint", "First warning", "Approved", "Standard")
SHORT = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "with caution",
    Standing.UNDETERMINED: "waits",
}
"""A standing in few words, where an offer is what the table is about."""
STYLES = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "caution",
    Standing.UNDETERMINED: "open",
}
BADGE = "standard"
"""What an option is called that a standard of the reviews names."""
MOST_WARNING = 144
"""Letters of a warning that is written out; a longer one is cut, and written out under the option."""
CUT_WARNING = 74
_MOST_NAME = 34
_ASIDE = re.compile(r" \(|[:,] ")
"""What follows in the name of a study says more than a cell has room for."""


@dataclass(frozen=True)
class GlanceRow:
    """One option in a few words."""

    number: int
    option: Option
    study: str
    endpoint: str
    """The main result, arm by arm, with its section; empty where the review has no figure."""
    warning: str
    """The first warning in words, or what the option waits for; empty where nothing is to be said against it."""
    approval: str
    badge: str
    """``standard`` where a standard that holds for this patient names the option."""


def rows(advice: Advice, rulebook: Rulebook, cautions: Cautions | None = None) -> tuple[GlanceRow, ...]:
    """A row for each option that is offered or may be, in the order and with the numbers of the list.

    ``cautions`` remembers which of them the rows write out, for whoever writes what follows.
    """
    told = cautions or Cautions(advice, rulebook)
    named = {regimen for one in advice.standards if one.state == "holds" for regimen in one.regimens}
    return tuple(
        GlanceRow(
            number,
            option,
            _study(option, told),
            _endpoint(option, rulebook, told),
            _warning(option, number, told),
            _approved(option, told),
            BADGE if option.regimen in named else "",
        )
        for group in groups(advice)
        for number, option in group.options
    )


def table(found: Sequence[GlanceRow]) -> Table:
    """The rows as a table, which plain text stacks."""
    cells = [
        (
            str(row.number), row.option.name, _standing(row), row.study, row.endpoint, row.warning,
            row.approval, row.badge,
        )
        for row in found
    ]  # fmt: skip
    styles = tuple(STYLES[row.option.standing] for row in found)
    return Table(COLUMNS, tuple(cells), StackedRow((0, 1), (7, 2), ((3, 4, 6), (5,)), styles, named=(6,)))


def _standing(row: GlanceRow) -> str:
    """The standing in few words; where all that is warned of stands first, it says so."""
    only_first = not row.warning and row.option.standing is Standing.OFFERED_WITH_CAUTION
    is_said = only_first and any(one.kind == "patient" and one.state == "holds" for one in row.option.cautions)
    return f"{SHORT[row.option.standing]}, as said first" if is_said else SHORT[row.option.standing]


def _study(option: Option, told: Cautions) -> str:
    """The best study with its design and size, in the words of the list."""
    best = leading(option, told.rulebook)
    if best is None or is_statement(best):
        source = told.rulebook.rules[option.rules[0]].source
        place = signed(told.places.cite(source), (e.id for e in best.errata) if best else ())
        return f"{'no study named' if best is None else 'a statement of the review, no study'} {place}"
    return study_in_few_words(best)


def study_in_few_words(best: Evidence) -> str:
    """``MARIPOSA-2, phase III, n 657``."""
    name = shortened(_ASIDE.split(best.name)[0], _MOST_NAME)
    design = f"phase {best.phase}" if best.phase and " and " not in best.phase else _design(best)
    size = f"n {best.n.value}" if best.n else "n not stated"
    return ", ".join(part for part in (name, "" if design in name else design, size) if part)


def _design(best: Evidence) -> str:
    return best.design_level.basis.split(" (")[0].split(", ")[0].removesuffix(" of randomised trials")


def _endpoint(option: Option, rulebook: Rulebook, told: Cautions) -> str:
    best = leading(option, rulebook)
    return "" if best is None else endpoint_in_few_words(best, rulebook.regimens[option.regimen], rulebook, told.places)


def endpoint_in_few_words(best: Evidence, regimen: Regimen, rulebook: Rulebook, places: CitationLabels) -> str:
    """The main result of a study for the arms of one regimen; empty where the review only states something."""
    if is_statement(best):
        return ""
    arms = matching_arms(best, regimen, rulebook.formulary)
    for result in main_results(best, arms, rulebook.studies[best.study].shown_benefit)[:1]:
        place = signed(places.cite(result.source), result.errata)
        return f"{brief_result(in_few_words(result), arms, arm_labels(best))} {place}"
    return "no figures"


def _approved(option: Option, told: Cautions) -> str:
    return "; ".join(approved_in_few_words(one, told.places) for one in option.approvals)


def approved_in_few_words(approval: Approval, places: CitationLabels) -> str:
    """``FDA 2024-09 [BS 3.1]``."""
    place = signed(places.cite(approval.source), (erratum.id for erratum in approval.errata))
    return f"{_approval_words(approval)} {place}"


def _approval_words(approval: Approval) -> str:
    """Who approved it and when; in brackets where the review gives neither."""
    words = approval_words(approval)
    return words if approval.agency or approval.year else f"({words})"


def _warning(option: Option, number: int, told: Cautions) -> str:
    if option.standing is Standing.UNDETERMINED:
        return f"waits for {questions_words(option.depends_on, told.rulebook.domain)}"
    own = list(told.own(option))
    first = min(own, key=_weight, default=None)
    if first is None:
        return ""
    if first.state == "open":
        keys = tuple(dict.fromkeys(key for one in own if one.state == "open" for key in one.depends_on))
        return f"? a caution waits for {questions_words(keys, told.rulebook.domain)}"
    if first.kind == "evidence" and _is_without_study(option, told.rulebook):
        return ""
    said = f"{told.lead(first)}{first.says}{told.tail(first)}"
    fits = (len(said) <= MOST_WARNING and first.kind != "evidence") or len(told.lead(first) + first.says) <= CUT_WARNING
    if told.number_of(first) is None and fits:
        told.write_out(first, number)
        return said
    if told.number_of(first) is not None:
        told.point(first, number)
    return told.in_short(first, CUT_WARNING)


def _is_without_study(option: Option, rulebook: Rulebook) -> bool:
    """Whether no study is named, which the row says already."""
    best = leading(option, rulebook)
    return best is None or is_statement(best)


def _weight(caution: Caution) -> tuple[bool, int]:
    """What holds before what is open, and what is about the patient before what is the same for everyone."""
    return caution.state == "open", list(KINDS).index(caution.kind)


def few(names: Iterable[str], most: int) -> Iterator[str]:
    """The first names, and how many more there are."""
    every = list(names)
    yield from every[:most]
    if len(every) > most:
        yield f"{len(every) - most} more"
