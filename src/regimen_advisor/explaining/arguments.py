"""Collect the rules for and against an option, each as a tree in words with the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from regimen_advisor.advice import Basis
from regimen_advisor.explaining.clauses import ClauseTree, state_of
from regimen_advisor.explanation import Argument, State, Unless
from regimen_advisor.files.errors import Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.reading import Patient


def written_in(location: Location, rulebook: Rulebook) -> str:
    """``rules/nsclc/later-line-egfr.yaml:6``: a place in a rulebook, beginning with the name of its folder.

    Not with the whole path, so that the same rules print the same on every machine.
    """
    folder, file = rulebook.within(location.file)
    return str(Location((Path(folder.name) / file).as_posix(), location.line))


class Arguments:
    """Collects the rules about a regimen; ``truths`` is the exact truth of each effective rule.

    ``questions`` are those that are still open.
    """

    def __init__(
        self, patient: Patient, rulebook: Rulebook, truths: Mapping[str, Truth], questions: Sequence[str]
    ) -> None:
        self.rulebook, self.truths, self.places = rulebook, truths, rulebook.citations
        self.reader, self.wording = Interpreter(patient.facts), Guideline.of(rulebook).wording
        self.clauses = ClauseTree(patient, rulebook, questions)

    def collected(self, rules_about: RegimenRules) -> tuple[Argument, ...]:
        """Every rule about the regimen: offers, then exclusions, then cautions, measures last."""
        return tuple(self._argument(rule) for rule in rules_about.rules)

    def _argument(self, rule: Rule) -> Argument:
        basis: Basis = "outside the reviews" if rule.is_outside else "review"
        side: Literal["for", "against"] = "for" if rule.effect is Effect.OFFER else "against"
        state = self._state(rule)
        return Argument(
            rule=rule.id,
            side=side,
            effect=rule.effect.value,  # type: ignore[arg-type]  # of a regimen only these three speak
            kind=rule.kind,
            state=state,
            says=self.wording.sentence(rule, self.reader, is_open=state == "unknown"),
            basis=basis,
            certainty=rule.certainty,
            outside=self.places.names.outside if rule.is_outside else None,
            source=rule.source,
            errata=rule.errata,
            cited=self.places.cite(rule.source),
            studies=rule.studies,
            study_names=tuple(self.rulebook.studies[study].name for study in rule.studies),
            setting=rule.setting.title,
            written_in=written_in(rule.location, self.rulebook),
            condition=self.clauses.build(self.reader.judge(rule.condition)),
            unless=tuple(self._overriding(rule)),
        )

    def _overriding(self, rule: Rule) -> Iterator[Unless]:
        for exception in self.rulebook.overridden_by[rule.id]:
            yield Unless(
                rule=exception.id,
                says=exception.says,
                state=self._state(exception),
                written_in=written_in(exception.location, self.rulebook),
                condition=self.clauses.build(self.reader.judge(exception.condition)),
            )

    def _state(self, rule: Rule) -> State:
        return state_of(self.truths[rule.id])
