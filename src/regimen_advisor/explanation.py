"""Model the answer of ``explain``, as its published JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from regimen_advisor.advice import (
    SCHEMA_VERSION,
    SCOPE,
    Basis,
    Engines,
    JudgedBy,
    OutsideCertainty,
    ReadProfile,
    ReportedChange,
    RuleSource,
    SchemaVersion,
    Scope,
    SourceDifference,
)
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.rules import CautionKind
from regimen_advisor.language.standings import Standing

State = Literal["met", "not met", "unknown"]
SIGNS: dict[State, str] = {"met": "+", "not met": "-", "unknown": "?"}


class Clause(Record):
    """One part of a condition: what it asks for, whether this patient meets it, and the parts it is made of."""

    words: str = Field(description="what is asked for; of a clause with several parts, how they are joined")
    state: State = Field(description="whether this patient meets it")
    joined: Literal["all", "any"] | None = Field(None, description="whether all parts are needed or any is enough")
    finding: str | None = Field(None, description="id of the finding that is tested")
    value: str | None = Field(None, description="what is known of this patient in the fact that is tested")
    asks: tuple[str, ...] = Field((), description="profile keys and history parts that would settle it")
    parts: tuple[Clause, ...] = Field((), description="what it is made of; none where one fact is tested")

    @property
    def sign(self) -> str:
        """``+`` met, ``-`` not met, ``?`` unknown: with the words, never instead of them."""
        return SIGNS[self.state]

    def leaves(self) -> Iterator[Clause]:
        """The parts without parts, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


class Unless(Record):
    """A rule that overrides another one: where it holds, the other does not count."""

    rule: str = Field(description="id of the overriding rule")
    says: str = Field(description="that rule in one sentence")
    state: State = Field(description="whether it holds for this patient; where it does, the other does not count")
    written_in: str = Field(description="its file and line, from the folder of the rulebook")
    condition: Clause = Field(description="what it asks for, part by part")


class Argument(Record):
    """A rule that speaks for an option or against it, and whether it does so for this patient."""

    rule: str = Field(description="id of the rule")
    side: Literal["for", "against"] = Field(description="whether the rule speaks for the option or against it")
    effect: Literal["offer", "exclude", "caution"] = Field(description="what the rule does where it holds")
    kind: CautionKind | None = Field(None, description="of a caution: `patient`, `evidence` or `measure`")
    state: State = Field(description="whether the rule holds: its condition is met and no rule overrides it")
    says: str = Field(
        description="the rule in one sentence; where a caution is open, the condition under which it speaks"
    )
    basis: Basis
    certainty: OutsideCertainty = None
    outside: str | None = Field(None, description="where no source says it: that it is from outside them, in words")
    source: RuleSource
    errata: tuple[str, ...] = Field((), description="ids of errata that concern what it says")
    cited: str = Field(description="the source in short, as it is cited: XY 4.1")
    studies: tuple[str, ...] = Field((), description="ids of its studies")
    study_names: tuple[str, ...] = Field((), description="the same studies as their source calls them")
    setting: str = Field(description="title of the clinical setting that the rule belongs to")
    written_in: str = Field(description="file and line of the rule, from the folder of the rulebook")
    condition: Clause = Field(description="what it asks for, part by part")
    unless: tuple[Unless, ...] = Field((), description="rules that override it where they hold")


class Step(Record):
    """One thing that would be different: a fact still to be learnt, or a known fact that would have to change."""

    question: str = Field(description="profile key or part of a history entry")
    how: Literal["learn", "change"] = Field(
        description="learnt, where it is not known; changed, where it is known to be otherwise"
    )
    says: str = Field(description="the new value in words")
    instead_of: str | None = Field(None, description="what is known now, where it would have to change")


class Way(Record):
    """A smallest set of steps after which the option is offered, whatever else comes to be known."""

    kind: Literal["learn", "change"] = Field(description="whether everything has only to be learnt")
    steps: tuple[Step, ...] = Field(description="what would be different; all of them are needed")


class Answer(Record):
    """Answers to one question that all have the same effect, and the standings that they bring."""

    values: tuple[str, ...] = Field(description="in the words of a profile")
    says: tuple[str, ...] = Field(description="the same answers in the words of a reader")
    standings: dict[str, Standing] = Field(description="regimens whose standing the answer changes, and the new one")


class Question(Record):
    """Something to ask or to test, and what each answer would settle."""

    question: str = Field(description="profile key or part of a history entry")
    asks: str = Field(description="the question in words")
    settles: tuple[str, ...] = Field((), description="regimens that some answer to this question alone settles")
    answers: tuple[Answer, ...] = Field((), description="the answers that change the standing of some regimen")


class Questions(Record):
    """What to ask or test next: single questions, the most decisive first, and the smallest sets that settle it."""

    single: tuple[Question, ...] = Field(
        (), description="questions that change something by themselves, the most decisive first"
    )
    sets: tuple[tuple[str, ...], ...] = Field((), description="smallest sets of questions that settle all of it")


class OptionExplained(Record):
    """Why one regimen is or is not offered. Without arguments where only a summary was asked for."""

    regimen: str = Field(description="id of the regimen")
    name: str = Field(description="display name")
    standing: Standing = Field(description="how the regimen stands for this patient")
    summary: str = Field(description="the reasons in a few sentences with their sources")
    arguments: tuple[Argument, ...] = Field((), description="every rule that speaks for it or against it")
    ways: tuple[Way, ...] = Field((), description="the smallest changes after which it would be offered")
    no_way: str | None = Field(None, description="filled where nothing open and nothing that can change would help")
    never: str | None = Field(None, description="ways that need a fact that never changes, in one line")
    questions: Questions = Field(Questions.model_construct(), description="what to ask to settle this option")

    def side(self, side: Literal["for", "against"]) -> tuple[Argument, ...]:
        """The arguments of one side: those that hold first, then the open ones."""
        found = (argument for argument in self.arguments if argument.side == side)
        return tuple(sorted(found, key=lambda argument: ("met", "unknown", "not met").index(argument.state)))


class Known(Record):
    """What is known of one fact."""

    fact: str = Field(description="name of the fact, as a rule tests it")
    label: str = Field(description="display name of the fact")
    value: str = Field(description="what is known of it, in words")
    fixed: bool = Field(description="whether it can never change")


class Explanation(Record):
    """Why the options are or are not offered to one patient. Same input, same bytes."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    rulebook: JudgedBy
    engines: Engines
    profile: ReadProfile
    known: tuple[Known, ...] = Field((), description="what is known of the patient, fact by fact")
    options: tuple[OptionExplained, ...] = Field(
        (), description="the regimens asked for; without any, every option of the patient"
    )
    differences: tuple[SourceDifference, ...] = Field(
        (), description="where the sources differ on the regimens explained, both sides with their places"
    )
    changes: tuple[ReportedChange, ...] = Field(
        (), description="what packs replaced or retired that bears on the regimens explained, with their reasons"
    )
    questions: Questions = Field(
        Questions.model_construct(),
        description="of the patient as a whole, where no regimen was asked for: `sets` settle all options",
    )
    scope: Scope = SCOPE

    def __repr__(self) -> str:
        """One line: the patient, and what is explained."""
        subject = self.options[0].name if len(self.options) == 1 else f"{len(self.options)} options"
        return f"<Explanation {self.profile.id}: {subject}>"
