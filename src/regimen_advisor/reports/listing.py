"""Write ``list``: what the rulebook holds, one entry a line, kept to a setting, a drug or a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regimen_advisor.documents.blocks import Block, Grid, Table
from regimen_advisor.files.errors import InputError, Location, holding
from regimen_advisor.knowledge.publications import Erratum
from regimen_advisor.knowledge.regimens import Regimen, Target
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.knowledge.setting_names import setting_named
from regimen_advisor.knowledge.studies import Approval, Study
from regimen_advisor.language.conditions import findings_of
from regimen_advisor.words.catalogue import joined, say

Row = dict[str, str]
"""One entry: its ``id`` first, then its columns, under the names of the columns."""
WIDTH = 100
_LEAST = 48
"""How much is left to the last column, however long the ids are."""


@dataclass(frozen=True)
class Filters:
    """What a list is kept to; an entry must meet all that is given.

    ``setting`` is a clinical setting by its id or the name of its file, ``drug`` a drug or class by any of its words,
    ``text`` words that must all occur in the columns of the entry.
    """

    setting: str | None = None
    drug: str | None = None
    text: str | None = None


def listed_entries(kind: str, rulebook: Rulebook, filters: Filters | None = None) -> list[Row]:
    """The entries of one kind, in the order of the rulebook; ``kind`` is one of ``KINDS``.

    Raises ``InputError`` for a setting or drug that the rulebook does not know.
    """
    asked = filters or Filters()
    chosen = _Chosen(rulebook, asked)
    words = (asked.text or "").casefold().split()
    return [
        row
        for row in KINDS[kind](rulebook)
        if chosen.keeps(kind, row["id"]) and all(word in " ".join(row.values()).casefold() for word in words)
    ]


def document(rows: Sequence[Row]) -> Iterator[Block]:
    """The entries as a table; plain text cuts the last column at a word where it is too long."""
    if rows:
        names = tuple(say(f"list_column.{name}").upper() for name in rows[0])
        yield Table(names, tuple(tuple(row.values()) for row in rows), grid=Grid(least=_LEAST))


# The columns of an entry ---------------------------------------------------------------------------------------------


def _studies(book: Rulebook) -> Iterator[Row]:
    for study in book.studies.values():
        cited = joined(f"{book.reviews[place.review].cited_as} {'/'.join(place.sections)}" for place in study.cited_in)
        yield {"id": study.id, "kind": study.kind, "phase": study.phase or "", "cited": cited, "name": study.name}


def _regimens(book: Rulebook) -> Iterator[Row]:
    for regimen in book.regimens.values():
        yield {"id": regimen.id, "disease": regimen.disease, "name": regimen.name}


def _rules(book: Rulebook) -> Iterator[Row]:
    places = book.citations
    for rule in book.rules.values():
        place = "" if rule.is_outside else places.cite(rule.source)
        yield {
            "id": rule.id, "effect": rule.effect.value, "setting": rule.setting.id,
            "source": place or say("list_entry.outside"), "says": rule.says,
        }  # fmt: skip


def _findings(book: Rulebook) -> Iterator[Row]:
    for finding in book.findings.values():
        yield {"id": finding.id, "name": finding.name, "says": finding.says}


def _drugs(book: Rulebook) -> Iterator[Row]:
    for kind, entries in (("drug", book.formulary.drugs), ("class", book.formulary.classes)):
        for id, entry in entries.items():
            classes = joined(sorted(book.formulary.classes_of(id)))
            yield {
                "id": id, "kind": kind, "name": entry.name, "classes": classes,
                "other words": joined(entry.aliases),
            }  # fmt: skip


def _settings(book: Rulebook) -> Iterator[Row]:
    for setting in book.settings.values():
        number = sum(rule.setting.id == setting.id for rule in book.rules.values())
        yield {"id": setting.id, "rules": str(number), "title": setting.title}


def _sources(book: Rulebook) -> Iterator[Row]:
    for review in book.reviews.values():
        for section in review.sections:
            number = section.number
            yield {
                "id": f"{review.key} {number}", "cited": f"{review.cited_as} {number}",
                "rules": str(sum(number in rule.source.sections_of(review.key) for rule in book.rules.values())),
                "title": section.title,
            }  # fmt: skip


def _errata(book: Rulebook) -> Iterator[Row]:
    for holder, errata in _with_errata(book):
        for erratum in errata:
            yield {
                "id": erratum.id, "of": holder, "field": erratum.field, "certainty": erratum.certainty,
                "consequence": erratum.consequence,
            }  # fmt: skip


def _with_errata(book: Rulebook) -> Iterator[tuple[str, Iterable[Erratum]]]:
    sources: list[Study | Approval] = [*book.studies.values(), *book.approvals.values()]
    for entry in sources:
        yield entry.id, entry.errata


KINDS: Mapping[str, Callable[[Rulebook], Iterator[Row]]] = {
    "studies": _studies, "regimens": _regimens, "rules": _rules, "findings": _findings, "drugs": _drugs,
    "settings": _settings, "sources": _sources, "errata": _errata,
}  # fmt: skip
"""What can be listed."""


# What a setting and a drug have to do with an entry ------------------------------------------------------------------


class _Chosen:
    """The ids that the filters leave, by kind; what no filter speaks of is kept whole."""

    def __init__(self, rulebook: Rulebook, filters: Filters) -> None:
        self.book = rulebook
        self.kept: list[Mapping[str, set[str]]] = []
        if filters.setting is not None:
            self.kept.append(self._of_setting(setting_named(filters.setting, rulebook).id))
        if filters.drug is not None:
            self.kept.append(self._of_drug(self._drug(filters.drug)))

    def keeps(self, kind: str, id: str) -> bool:
        return all(id in ids[kind] for ids in self.kept)

    def _drug(self, word: str) -> str:
        formulary = self.book.formulary
        try:
            return formulary.resolve(word)
        except KeyError:
            ids = holding(word, [*formulary.drugs, *formulary.classes])
            help = say("list_error.part_of", names=joined(ids)) if ids else formulary.suggest(word)
            raise InputError.at(Location("list"), say("list_error.drug", drug=word), help) from None

    def _of_setting(self, setting: str) -> Mapping[str, set[str]]:
        rules = [rule for rule in self.book.rules.values() if rule.setting.id == setting]
        studies = [self.book.studies[id] for rule in rules for id in _studies_of(rule)]
        regimens = {rule.subject for rule in rules if rule.effect is Effect.OFFER}
        drugs = {drug for id in regimens for drug in self.book.regimens[id].drug_names}
        return self._around(rules, studies, regimens, drugs)

    def _of_drug(self, drug: str) -> Mapping[str, set[str]]:
        book = self.book
        regimens = {id for id, regimen in book.regimens.items() if self._holds(regimen, drug)}
        rules = [rule for rule in book.rules.values() if self._speaks_of(rule, regimens)]
        studies = [
            study
            for study in book.studies.values()
            if any(self._belongs(part.drug, drug) for arm in study.arms for part in arm.drugs)
        ]
        within = {id for id in (*book.formulary.drugs, *book.formulary.classes) if book.formulary.belongs(id, drug)}
        return self._around(rules, studies, regimens, within)

    def _around(
        self, rules: list[Rule], studies: list[Study], regimens: set[str], drugs: set[str]
    ) -> Mapping[str, set[str]]:
        """The sets of ids by kind: what was found itself, and the findings, sections and errata that belong to it."""
        book = self.book
        approvals = {id for rule in rules for id in rule.approvals} | {
            id for study in studies for id in study.approvals
        }
        sections = {str(place) for rule in rules for place in rule.source.places}
        sections |= {
            f"{place.review} {section}" for study in studies for place in study.cited_in for section in place.sections
        }
        errata = {erratum.id for study in studies for erratum in study.errata}
        errata |= {erratum.id for id in approvals for erratum in book.approvals[id].errata}
        return {
            "rules": {rule.id for rule in rules},
            "studies": {study.id for study in studies},
            "regimens": regimens,
            "drugs": drugs,
            "settings": {rule.setting.id for rule in rules},
            "findings": {name for rule in rules for name in findings_of(rule.condition)},
            "sources": sections,
            "errata": errata | {id for rule in rules for id in rule.errata},
        }

    def _holds(self, regimen: Regimen, drug: str) -> bool:
        return any(self._belongs(part, drug) for part in regimen.drug_names)

    def _belongs(self, part: str, drug: str) -> bool:
        """Whether a part of a regimen or an arm is the drug or in the class; placebo and the like are in none."""
        formulary = self.book.formulary
        return part == drug or (part in (*formulary.drugs, *formulary.classes) and formulary.belongs(part, drug))

    def _speaks_of(self, rule: Rule, regimens: set[str]) -> bool:
        """Whether a rule offers, excludes or warns of one of the regimens; one of all options speaks of none."""
        if isinstance(rule.target, Target) and not rule.target.items:
            return False
        return not regimens.isdisjoint(self.book.meets(rule))


def _studies_of(rule: Rule) -> tuple[str, ...]:
    return (*rule.studies, rule.subject) if rule.effect is Effect.TRIAL else rule.studies
