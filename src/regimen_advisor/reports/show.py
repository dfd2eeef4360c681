"""Write ``show``: one study, regimen, drug, rule or finding whole, with everything that refers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from regimen_advisor.documents.blocks import Block, Bullets, Fields, Heading, Paragraph
from regimen_advisor.documents.json import as_json
from regimen_advisor.documents.text import lines_of, plain
from regimen_advisor.explaining.arguments import written_in
from regimen_advisor.explaining.sentences import rule_sentence
from regimen_advisor.files.errors import InputError, Location, did_you_mean, holding
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import Condition, Named, walk
from regimen_advisor.reports.studies import approval_sentence, erratum_words, study_blocks
from regimen_advisor.words.catalogue import joined, say

KINDS = ("study", "regimen", "drug", "rule", "finding")
FORMATS = ("text", "json", "markdown")


def render(kind: str, id: str, rulebook: Rulebook, format: str = "text") -> str:
    """One entry as text, markdown or JSON. Raises ``InputError`` for an id that does not exist."""
    entry = _Entry(rulebook)
    found = _resolved(kind, id, rulebook)
    if format == "json":
        return as_json(entry.data(kind, found))
    blocks = list(entry.blocks(kind, found))
    if format == "markdown":
        from regimen_advisor.documents.markdown import markdown  # noqa: PLC0415 - text needs none of it

        return markdown(blocks)
    return plain(lines_of(blocks))


def _resolved(kind: str, id: str, rulebook: Rulebook) -> str:
    """The id as the rulebook writes it; a drug may be given by any of its words, a study by its name."""
    if kind == "drug":
        try:
            return rulebook.formulary.resolve(id)
        except KeyError:
            drugs, classes = rulebook.formulary.drugs.items(), rulebook.formulary.classes.items()
            words = {key: (entry.name, *entry.aliases) for key, entry in drugs}
            named = _part_of(id, words | {key: (entry.name, *entry.aliases) for key, entry in classes})
            raise _unknown(kind, id, named or rulebook.formulary.suggest(id)) from None
    known: Mapping[str, Any] = {
        "study": rulebook.studies, "regimen": rulebook.regimens, "rule": rulebook.rules, "finding": rulebook.findings,
    }[kind]  # fmt: skip
    if id in known:
        return id
    by_name = [key for key, entry in known.items() if getattr(entry, "name", "").casefold() == id.casefold() != ""]
    if len(by_name) == 1:
        return by_name[0]
    named = _part_of(id, {key: (getattr(entry, "name", ""),) for key, entry in known.items()})
    raise _unknown(kind, id, named or did_you_mean(id, known))


def _part_of(id: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    """Every entry that has what was asked for in its id or in one of its words; ``None`` where none has."""
    found = [key for key, names in words.items() if holding(id, (key, *names))]
    return say("broken.part_of", count=len(found), names=joined(found)) if found else None


def _unknown(kind: str, id: str, help: str | None) -> InputError:
    return InputError.at(Location("show"), say(f"show_unknown.{kind}", id=id), help)


class _Entry:
    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, self.places = rulebook, rulebook.citations
        self.wording = Guideline.of(rulebook).wording

    def blocks(self, kind: str, id: str) -> Iterator[Block]:
        shown: dict[str, Callable[[str], Iterator[Block]]] = {
            "study": self._study, "regimen": self._regimen, "drug": self._drug, "rule": self._rule,
            "finding": self._finding,
        }  # fmt: skip
        return shown[kind](id)

    def data(self, kind: str, id: str) -> dict[str, Any]:
        """The entry as plain data, as its file holds it, and the rules that refer to it."""
        book = self.rulebook
        if kind == "study":
            used = [rule.id for rule in book.rules.values() if id in (*rule.studies, rule.subject)]
            return {**book.studies[id].model_dump(mode="json", exclude_defaults=True), "rules": used}
        if kind == "regimen":
            used = [rule.id for rule in book.rules.values() if id in self._meets(rule)]
            return {**book.regimens[id].model_dump(mode="json", by_alias=True, exclude_none=True), "rules": used}
        if kind == "drug":
            entry = book.formulary.drugs.get(id) or book.formulary.classes[id]
            return {
                **entry.model_dump(mode="json", exclude_defaults=True),
                "belongs_to": sorted(book.formulary.classes_of(id)),
                "regimens": self._regimens_with(id),
            }
        if kind == "finding":
            return self._finding_data(book.findings[id])
        return self._rule_data(book.rules[id])

    def _finding_data(self, finding: Finding) -> dict[str, Any]:
        return {
            "id": finding.id,
            "name": finding.name,
            "says": finding.says,
            "condition": self.wording.condition(finding.condition),
            "source": finding.source.model_dump(mode="json") if finding.source else None,
            "file": written_in(finding.location, self.rulebook),
            "rules": self._rules_testing(finding.id),
        }

    def _rule_data(self, rule: Rule) -> dict[str, Any]:
        return {
            "id": rule.id,
            "sentence": rule_sentence(rule, self.rulebook),
            "effect": rule.effect.value,
            "subject": str(rule.target or rule.subject),
            "says": rule.says,
            "when": rule.written,
            "condition": self.wording.condition(rule.condition),
            "studies": rule.studies,
            "approvals": rule.approvals,
            "overrides": rule.overrides,
            "source": rule.source.model_dump(mode="json"),
            "basis": rule.basis or "review",
            "certainty": rule.certainty,
            "errata": rule.errata,
            "regimens": self._meets(rule),
            "file": written_in(rule.location, self.rulebook),
        }

    # One kind each --------------------------------------------------------------------------------------------

    def _study(self, id: str) -> Iterator[Block]:
        study = self.rulebook.studies[id]
        yield from study_blocks(study, self.rulebook, level=1)
        yield Heading(say("show.places"), 2)
        yield Bullets((self.places.of(study.cited_in), *self._of_file(study.location)))
        using = [rule for rule in self.rulebook.rules.values() if id in (*rule.studies, rule.subject)]
        yield from self._rules(say("show.resting"), using)

    def _regimen(self, id: str) -> Iterator[Block]:
        book, regimen = self.rulebook, self.rulebook.regimens[id]
        yield Heading(regimen.name, 1)
        schedule = regimen.schedule
        given = None
        if schedule:
            given = say("show.schedule_at", schedule=schedule.says, place=self._at(schedule.source))
        yield Fields((
            (say("advice.regimen"), id),
            (say("population.disease"), regimen.disease),
            (say("show.drugs"), " + ".join(book.formulary.name_of(drug) for drug in regimen.drug_names)),
            (say("show.schedule"), given),
            (say("show.source"), self._at(regimen.source)),
        ))  # fmt: skip
        for title, effect in (
            (say("show.offered_by"), Effect.OFFER),
            (say("show.excluded_by"), Effect.EXCLUDE),
            (say("show.warnings"), Effect.CAUTION),
        ):
            yield from self._rules(title, [rule for rule in book.of(effect) if id in book.meets(rule)])
        approvals = [a for a in book.approvals.values() if id in a.regimens]
        if approvals:
            yield Heading(say("study.approvals", sources=book.source_names.loaded), 2)
            yield Bullets(tuple(approval_sentence(approval, self.places) for approval in approvals))

    def _drug(self, id: str) -> Iterator[Block]:
        formulary = self.rulebook.formulary
        entry = formulary.drugs.get(id) or formulary.classes[id]
        yield Heading(entry.name, 1)
        classes = (formulary.name_of(name) for name in sorted(formulary.classes_of(id)))
        members = () if id in formulary.drugs else sorted(formulary.members_of(id))
        yield Fields((
            (say("show.drug") if id in formulary.drugs else say("show.class"), id),
            (say("show.belongs_to"), joined(classes)),
            (say("show.members"), joined(members)),
            (say("show.acts_on"), joined(getattr(entry, "targets", ()))),
            (say("show.other_words"), joined(entry.aliases)),
        ))  # fmt: skip
        regimens = self._regimens_with(id)
        if regimens:
            yield Heading(say("show.regimens_with_it"), 2)
            yield Bullets(
                tuple(say("show.entry", id=name, words=self.rulebook.regimens[name].name) for name in regimens)
            )

    def _rule(self, id: str) -> Iterator[Block]:
        rule = self.rulebook.rules[id]
        yield Heading(id, 1)
        yield Paragraph(rule_sentence(rule, self.rulebook))
        yield Paragraph(rule.says)
        names, overriding = self.rulebook.source_names, (over.id for over in self.rulebook.overridden_by[id])
        basis = (
            names.of(rule.source.reviews)
            if not rule.is_outside
            else say("html.outside", outside=names.outside, certainty=rule.certainty)
        )
        yield Fields((
            (say("show.effect"), say("show.entry", id=rule.effect.value, words=rule.target or rule.subject)),
            (say("study.kind"), rule.kind),
            (say("show.place"), say("show.above") if rule.is_first else None),
            (say("show.holds_where"), self.wording.condition(rule.condition)),
            (say("page_quiz.setting"), rule.setting.title),
            (say("show.basis"), basis),
            (say("show.source"), self._at(rule.source)),
            (say("show.overrides"), joined(rule.overrides)),
            (say("show.overridden_by"), joined(overriding)),
            (say("show.file"), written_in(rule.location, self.rulebook)),
        ))  # fmt: skip
        if rule.effect in (Effect.EXCLUDE, Effect.CAUTION):
            yield Heading(say("show.speaks_of"), 2)
            yield Bullets(self._meets(rule))
        for study in rule.studies:
            yield from study_blocks(self.rulebook.studies[study], self.rulebook, level=2)
        if rule.approvals:
            yield Heading(say("show.approvals"), 2)
            yield Bullets(tuple(approval_sentence(self.rulebook.approvals[a], self.places) for a in rule.approvals))
        errata = [e for study in self.rulebook.studies.values() for e in study.errata if e.id in rule.errata]
        if errata:
            yield Heading(say("study.errata"), 2)
            yield Bullets(tuple(map(erratum_words, errata)))

    def _finding(self, id: str) -> Iterator[Block]:
        finding: Finding = self.rulebook.findings[id]
        yield Heading(finding.name, 1)
        yield Paragraph(finding.says)
        yield Fields((
            (say("show.finding"), id),
            (say("show.holds_where"), self.wording.condition(finding.condition)),
            (say("show.source"), self._at(finding.source) if finding.source else say("show.convention")),
            (say("show.file"), written_in(finding.location, self.rulebook)),
        ))  # fmt: skip
        names = self._rules_testing(id)
        if names:
            yield Heading(say("show.rules_testing"), 2)
            yield Bullets(tuple(names))

    # What refers to it ----------------------------------------------------------------------------------------

    def _rules(self, title: str, rules: Iterable[Rule]) -> Iterator[Block]:
        sentences = tuple(self._rule_words(rule) for rule in rules)
        if sentences:
            yield Heading(title, 2)
            yield Bullets(sentences)

    def _rule_words(self, rule: Rule) -> str:
        outside = self.rulebook.source_names.outside
        basis = say("advice.outside", outside=outside, certainty=rule.certainty) if rule.is_outside else ""
        return say("show.rule", id=rule.id, sentence=f"{rule.says}{basis}", place=self._at(rule.source))

    def _meets(self, rule: Rule) -> tuple[str, ...]:
        return self.rulebook.meets(rule) if rule.effect in (Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION) else ()

    def _regimens_with(self, id: str) -> list[str]:
        formulary = self.rulebook.formulary
        return [
            name
            for name, regimen in self.rulebook.regimens.items()
            if any(formulary.belongs(part, id) or formulary.belongs(id, part) for part in regimen.drug_names)
        ]

    def _rules_testing(self, finding: str) -> list[str]:
        return [rule.id for rule in self.rulebook.rules.values() if _names(rule.condition, finding)]

    def _at(self, source: Sources) -> str:
        return self.places.cite(source)

    def _of_file(self, location: Location | None) -> tuple[str, ...]:
        return (say("show.in_file", file=written_in(location, self.rulebook)),) if location else ()


def _names(condition: Condition, finding: str) -> bool:
    return any(isinstance(part, Named) and part.name == finding for part in walk(condition))
