"""Explanation: what ``explain`` answers, as the models of its published JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from regimen_advisor.advice import SCHEMA_VERSION, SCOPE, Basis, ProfileName, RulebookName
from regimen_advisor.explaining.clauses import Clause, State
from regimen_advisor.regimens import Source
from regimen_advisor.sources import Record
from regimen_advisor.standings import Standing


class Unless(Record):
    """A rule that overrides another one: where it holds, the other does not count."""

    rule: str
    says: str
    state: State
    written_in: str
    condition: Clause


class Argument(Record):
    """A rule that speaks for an option or against it, and whether it does so for this patient."""

    rule: str
    side: Literal["for", "against"]
    effect: Literal["offer", "exclude", "caution"]
    state: State = Field(description="whether the rule holds: its condition is met and no rule overrides it")
    says: str
    basis: Basis
    certainty: str | None = None
    source: Source
    errata: tuple[str, ...] = Field((), description="ids of errata that concern what it says")
    cited: str = Field(description="the source in short, as the review is cited: AA 4.1")
    studies: tuple[str, ...] = Field((), description="ids of its studies")
    study_names: tuple[str, ...] = ()
    setting: str
    written_in: str = Field(description="file and line of the rule, from the folder of the rulebook")
    condition: Clause
    unless: tuple[Unless, ...] = ()


class Step(Record):
    """One thing that would be different: a fact still to be learnt, or a known fact that would have to change."""

    question: str = Field(description="profile key or part of a history entry")
    how: Literal["learn", "change"]
    says: str = Field(description="the new value in words")
    instead_of: str | None = Field(None, description="what is known now, where it would have to change")


class Way(Record):
    """A smallest set of steps after which the option is offered, whatever else comes to be known."""

    kind: Literal["learn", "change"] = Field(description="whether everything has only to be learnt")
    steps: tuple[Step, ...]


class Answer(Record):
    """Answers to one question that all have the same effect, and the standings that they bring."""

    values: tuple[str, ...] = Field(description="in the words of a profile")
    says: tuple[str, ...] = Field(description="the same answers in the words of a reader")
    standings: dict[str, Standing] = Field(description="regimens whose standing the answer changes, and the new one")


class Question(Record):
    """Something to ask or to test, and what each answer would settle."""

    question: str = Field(description="profile key or part of a history entry")
    asks: str
    settles: tuple[str, ...] = Field((), description="regimens that some answer to this question alone settles")
    answers: tuple[Answer, ...] = ()


class Questions(Record):
    """What to ask or test next: single questions, the most decisive first, and the smallest sets that settle it."""

    single: tuple[Question, ...] = ()
    sets: tuple[tuple[str, ...], ...] = Field((), description="smallest sets of questions that settle all of it")


class OptionExplained(Record):
    """Why one regimen stands as it does. Without arguments where only a summary was asked for."""

    regimen: str
    name: str
    standing: Standing
    summary: str
    arguments: tuple[Argument, ...] = ()
    ways: tuple[Way, ...] = Field((), description="the smallest changes after which it would be offered")
    no_way: str | None = Field(None, description="said where nothing open and nothing that can change would help")
    never: str | None = Field(None, description="ways that need a fact that never changes, in one line")
    questions: Questions = Questions()

    def on(self, side: Literal["for", "against"]) -> tuple[Argument, ...]:
        """The arguments of one side: those that hold first, then the open ones."""
        found = (argument for argument in self.arguments if argument.side == side)
        return tuple(sorted(found, key=lambda argument: ("met", "unknown", "not met").index(argument.state)))


class Known(Record):
    """What is known of one fact."""

    fact: str
    label: str
    value: str
    fixed: bool = Field(description="whether it can never change")


class Explanation(Record):
    """Why the options stand as they do for one patient. Same input, same bytes."""

    schema_version: str = SCHEMA_VERSION
    rulebook: RulebookName
    engines: tuple[str, ...]
    profile: ProfileName
    known: tuple[Known, ...] = Field((), description="what is known of the patient, fact by fact")
    options: tuple[OptionExplained, ...] = ()
    questions: Questions = Field(
        Questions(), description="of the patient as a whole, where no regimen was asked for: `sets` settle all options"
    )
    scope: str = SCOPE

    def _repr_html_(self) -> str:
        """The explanation as a notebook shows it."""
        from regimen_advisor.reports.html import explanation_fragment  # noqa: PLC0415 - only a notebook needs it

        return explanation_fragment(self)
