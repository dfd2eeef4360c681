"""Build the options at a glance: a row each, with standing, best study, endpoint, first warning and approval."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from regimen_advisor.advice import Advice, Caution, Evidence, Option
from regimen_advisor.documents.blocks import StackedRow, Table
from regimen_advisor.figure_wording import (
    approval_words,
    arm_labels,
    brief_result,
    in_few_words,
    is_statement,
    leading,
    main_results,
    matching_arms,
    patients_words,
    signed,
)
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.evidence import Approval
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.reports.cautions import KINDS, Cautions
from regimen_advisor.reports.groups import groups
from regimen_advisor.words.catalogue import joined, say

TITLE = say("glance.title")
COLUMNS = (
    "",
    say("glance.option"),
    say("glance.standing"),
    say("glance.study"),
    say("study.endpoint"),
    say("glance.warning"),
    say("glance.approved"),
    say("glance.standard"),
)
SHORT = {
    standing: say(f"standing_in_short.{standing}")
    for standing in (Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED)
}
"""A standing in few words, where an offer is what the table is about."""
STYLES = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "caution",
    Standing.UNDETERMINED: "open",
}
BADGE = say("glance.badge")
"""What an option is called that a stated standard names."""
MOST_WARNING = 144
"""Letters of a warning that is written out; a longer one is cut, and written out under the option."""
CUT_WARNING = 74
_MOST_NAME = 34
_PREPOSITION = re.compile(rf" (?:{say('clause.begin_in_name').replace(', ', '|')}) ")
_ASIDE = re.compile(r" \(|[:,] ")
"""What follows in the name of a study says more than a cell has room for."""


@dataclass(frozen=True)
class GlanceRow:
    """One option in a few words."""

    number: int
    option: Option
    study: str
    endpoint: str
    """The main result, arm by arm, with its section; empty where the source has no figure."""
    warning: str
    """The first warning in words, or what the option waits for; empty where nothing speaks against it."""
    approval: str
    see: int | None
    """The number of the row that has written its warning out, where it is not repeated."""
    badge: str
    """``standard`` where a standard that holds for this patient names the option."""


def rows(
    advice: Advice, rulebook: Rulebook, cautions: Cautions | None = None, *, cut: bool = True
) -> tuple[GlanceRow, ...]:
    """A row for each option that is offered or may be, in the order and with the numbers of the list.

    ``cautions`` remembers which of them the rows write out, for the parts that follow; ``cut`` shortens the long ones.
    """
    shown_cautions = cautions or Cautions(advice, rulebook, QuestionNames(rulebook.domain), apart=True)
    found: list[GlanceRow] = []
    named = {regimen for standard in advice.standards if standard.state == "holds" for regimen in standard.regimens}
    for number, option in (numbered for group in groups(advice) for numbered in group.options):
        see = None if cut else _written_in(option, number, shown_cautions)
        warning = "" if see else _warning(option, number, shown_cautions, cut=cut)
        badge = BADGE if option.regimen in named else ""
        study, endpoint = _study(option, shown_cautions), _endpoint(option, rulebook, shown_cautions)
        found.append(GlanceRow(number, option, study, endpoint, warning, _approved(option, shown_cautions), see, badge))
    return tuple(found)


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
    """The standing in few words; where all cautions are placed first, it says so."""
    only_first = not row.warning and row.option.standing is Standing.OFFERED_WITH_CAUTION
    is_written_out = only_first and any(
        caution.kind == "patient" and caution.state == "holds" for caution in row.option.cautions
    )
    short = SHORT[row.option.standing]
    if row.see:
        return say("glance.see", standing=short, number=row.see)
    return say("glance.see_above", standing=short) if is_written_out else short


def _study(option: Option, cautions: Cautions) -> str:
    """The best study with its design and size, in the words of the list."""
    best = leading(option, cautions.rulebook)
    if best is None or is_statement(best):
        source = cautions.rulebook.rules[option.rules[0]].source
        place = signed(cautions.places.cite(source), (e.id for e in best.errata) if best else ())
        if best is None:
            return f"{say('glance.no_study')} {place}"
        return f"{say('glance.statement', sources=cautions.places.names.of(source.reviews))} {place}"
    return study_in_few_words(best)


def study_in_few_words(best: Evidence) -> str:
    """``MARIPOSA-2, phase III, n 657``."""
    name = _name(_ASIDE.split(best.name)[0])
    design = say("figure.phase", phase=best.phase) if best.phase and " and " not in best.phase else _design(best)
    size = patients_words(best)
    return joined(part for part in (name, "" if design in name else design, size) if part)


def _name(whole: str) -> str:
    """The name of a study; of a long one what comes before a preposition."""
    if len(whole) <= _MOST_NAME:
        return whole
    ends = [found.start() for found in _PREPOSITION.finditer(whole) if found.start() <= _MOST_NAME]
    return whole[: ends[-1]] if ends else whole


def _design(best: Evidence) -> str:
    return best.design_level.basis.split(" (")[0].split(", ")[0].removesuffix(say("design_words.of_trials"))


def _endpoint(option: Option, rulebook: Rulebook, cautions: Cautions) -> str:
    best = leading(option, rulebook)
    return (
        ""
        if best is None
        else endpoint_in_few_words(best, rulebook.regimens[option.regimen], rulebook, cautions.places)
    )


def endpoint_in_few_words(best: Evidence, regimen: Regimen, rulebook: Rulebook, places: CitationLabels) -> str:
    """The main result of a study for the arms of one regimen; empty where the source only states something."""
    if is_statement(best):
        return ""
    arms = matching_arms(best, regimen, rulebook.formulary)
    for result in main_results(best, arms, rulebook.studies[best.study].shown_benefit)[:1]:
        place = signed(places.cite(result.source), result.errata)
        return f"{brief_result(in_few_words(result), arms, arm_labels(best))} {place}"
    return say("glance.no_figures")


def _approved(option: Option, cautions: Cautions) -> str:
    return joined((approved_in_few_words(approval, cautions.places) for approval in option.approvals), "lists")


def approved_in_few_words(approval: Approval, places: CitationLabels) -> str:
    """``FDA 2024-09 [XY 3.1]``."""
    place = signed(places.cite(approval.source), (erratum.id for erratum in approval.errata))
    return f"{_approval_words(approval)} {place}"


def _approval_words(approval: Approval) -> str:
    """Who approved it and when; in brackets where the source gives neither."""
    words = approval_words(approval)
    return words if approval.agency or approval.year else f"({words})"


def _warning(option: Option, number: int, cautions: Cautions, *, cut: bool) -> str:
    if option.standing is Standing.UNDETERMINED:
        return say("glance.waits", questions=cautions.names.list_of(option.depends_on))
    own_cautions = list(cautions.own(option))
    first = min(own_cautions, key=_weight, default=None)
    if first is None:
        return ""
    if first.state == "open":
        keys = tuple(
            dict.fromkeys(key for caution in own_cautions if caution.state == "open" for key in caution.depends_on)
        )
        return say("glance.caution_waits", questions=cautions.names.list_of(keys))
    sentence = f"{cautions.lead(first)}{first.says}{cautions.tail(first)}"
    in_short = cautions.in_short(first, CUT_WARNING, number)
    fits = (
        (first.kind == "evidence" and _is_without_study(option, cautions.rulebook))  # nothing else says why
        or (first.kind != "evidence" and (not cut or len(sentence) <= MOST_WARNING))
        or in_short == f"{cautions.lead(first)}{first.says.removesuffix('.')}"  # else it would come twice
    )
    if cautions.number_of(first) is None and fits:
        return f"{cautions.lead(first)}{cautions.written_out(first, number)}"
    if cautions.number_of(first) is not None:
        cautions.point(first, number)
    return in_short


def _written_in(option: Option, number: int, cautions: Cautions) -> int | None:
    """The earlier option whose row has written out the first warning of this one, and names this one."""
    first = min(cautions.own(option), key=_weight, default=None)
    if first is None or option.standing is Standing.UNDETERMINED or first.state == "open":
        return None
    earlier = cautions.number_of(first)
    return earlier if earlier and earlier != number and cautions.is_mentioned(first, number) else None


def _is_without_study(option: Option, rulebook: Rulebook) -> bool:
    """Whether no study is named: what makes the evidence thin is then written out in the row."""
    best = leading(option, rulebook)
    return best is None or is_statement(best)


def _weight(caution: Caution) -> tuple[bool, int]:
    """What holds before what is open, and what is about the patient before what is the same for everyone."""
    return caution.state == "open", list(KINDS).index(caution.kind)


def few(names: Iterable[str], limit: int) -> Iterator[str]:
    """The first names, and how many more there are."""
    all_names = list(names)
    yield from all_names[:limit]
    if len(all_names) > limit:
        yield say("advice.and_more", count=len(all_names) - limit)
