"""Report how conditions are put together, and every fact and finding they may test: a page of the reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Code, Grid, Heading, Marked, Paragraph, Table
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.words.catalogue import joined, say

MOST_WORDS = 20
"""A set of more members than these is one of drugs, which have lists of their own."""
ALL_LINES = """\
disease: nsclc
egfr: {any_of: [ex19del, L858R]}
progressed_on: {includes: osimertinib}
"""
NESTED = """\
disease: nsclc
any:
  - extent: metastatic
  - {extent: locally-advanced, curative_treatment_possible: false}
not: {histology: squamous}
"""
TESTS = (
    ("choice", "extent: metastatic", "is"),
    ("", "extent: [locally-advanced, metastatic]", "is_one"),
    ("yes_no", "brain_metastases: false", "as_written"),
    ("number", "prior_lines: 1", "exactly"),
    ("", "pd_l1_tps: {at_least: 1, below: 50}", "range"),
    ("set", "egfr: {includes: T790M}", "includes"),
    ("", "egfr: {any_of: [ex19del, L858R]}", "any_of"),
    ("", "received: {all_of: [platinum, ici]}", "all_of"),
    ("", "other_drivers: {none_of: [RET, NTRK]}", "none_of"),
)
"""For each way to test a fact the kind of fact, where it is the first of that kind, an example, and what it means."""


def document(rulebook: Rulebook) -> Iterator[Block]:
    """The page: its lists are those of the rulebook."""
    yield Heading(say("conditions_page.title"), 1)
    yield _sentence("generated")
    yield _sentence("about")
    yield Heading(say("conditions_page.put_together"))
    yield _sentence("all_lines")
    yield Code(tuple(ALL_LINES.splitlines()))
    yield _table((say("reference_column.key"), say("reference_column.takes"), _words_of("true_where")), _keys())
    yield _sentence("nest")
    yield Code(tuple(NESTED.splitlines()))
    yield _sentence("refused")
    yield Heading(say("conditions_page.tested"))
    yield _table((_words_of("kind"), _words_of("written"), say("reference_column.meaning")), map(_test, TESTS))
    yield _sentence("sets")
    yield Heading(say("conditions_page.facts"))
    yield _sentence("from_history")
    columns = (say(f"condition_kind.{column}") for column in ("fact", "kind", "values", "question"))
    yield _table(columns, map(_fact, rulebook.domain.facts.values()))
    yield Heading(say("conditions_page.findings"))
    yield _sentence("about_findings")
    yield Paragraph(Marked(_code(rulebook.findings)))


def _words_of(name: str) -> str:
    return say(f"conditions_page.{name}")


def _sentence(name: str) -> Paragraph:
    return Paragraph(Marked(_words_of(name)))


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    return Table(tuple(columns), tuple(tuple(map(Marked, row)) for row in rows), grid=Grid())


def _keys() -> Iterator[tuple[str, str, str]]:
    yield "`any`", _words_of("any_takes"), _words_of("any")
    yield "`all`", _words_of("any_takes"), _words_of("all")
    yield "`not`", _words_of("not_takes"), _words_of("not")
    yield _words_of("a_finding"), _words_of("finding_takes"), _words_of("finding")
    yield _words_of("a_fact"), _words_of("fact_takes"), _words_of("fact")


def _test(test: tuple[str, str, str]) -> tuple[str, str, str]:
    kind, example, meaning = test
    return say(f"condition_kind.{kind}") if kind else "", f"`{example}`", _words_of(meaning)


def _fact(fact: Fact) -> tuple[str, str, str, str]:
    kind, values = _kind_and_values(fact)
    return f"`{fact.name}`", kind, values, fact.question


def _kind_and_values(fact: Fact) -> tuple[str, str]:
    match fact:
        case ChoiceFact(is_yes_no=True):
            return say("condition_kind.yes_no"), _code(fact.domain)
        case ChoiceFact():
            return say("condition_kind.choice"), _code((*fact.domain, *fact.groups))
        case NumberFact():
            return say("condition_kind.number"), say(
                "condition_values.range", low=fact.low, high=fact.high, unit=fact.unit
            ).rstrip()
        case SetFact():
            members = say("condition_kind.drugs") if len(fact.members) > MOST_WORDS else _code(fact.members)
            return say("condition_kind.set"), joined([members, f"`{fact.empty_word}`"], "lists")


def _code(words: Iterable[str]) -> str:
    return joined(f"`{word}`" for word in words)
