"""Model regimens, and the targets by which a rule names regimens.

A regimen names a drug, or a class where a source names only the class ("platinum-based chemotherapy").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, RootModel, Tag, model_validator

from regimen_advisor.files.errors import InputError, Near, Problem, near
from regimen_advisor.files.sources import Document, Path_, Record, as_document, validated
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.patient.drugs import Formulary, Id, Word
from regimen_advisor.patient.vocabulary import Disease
from regimen_advisor.words.catalogue import say

T = TypeVar("T")


def _not_empty(items: tuple[T, ...]) -> tuple[T, ...]:
    if not items:
        raise ValueError(say("regimen_error.empty_list"))
    return items


NotEmpty = Annotated[tuple[T, ...], AfterValidator(_not_empty)]


class Component(Record):
    """One part of a regimen: a drug, or a class where the source names only the class."""

    drug: Id | None = Field(None, description="id of a drug")
    class_: Id | None = Field(default=None, alias="class", description="id of a class")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.drug is None) == (self.class_ is None):
            raise ValueError(say("regimen_error.drug_or_class"))
        return self

    @property
    def id(self) -> str:
        """The id of the drug or of the class."""
        return self.drug or self.class_ or ""

    def unknown(self, formulary: Formulary, document: Document, path: Path_) -> Iterator[Problem]:
        """A problem where there is no such drug or class; ``path`` is its place in the file."""
        yield from _unknown(self.drug, self.class_, formulary, document, path)


class Schedule(Record):
    """Dose and timing as far as a source states them, in our words."""

    says: Word = Field(description="dose and timing in words")
    source: Sources = Field(description="the place in the sources")


class Regimen(Record):
    """A named treatment that rules offer, exclude or warn of."""

    id: Id
    name: Word
    disease: Disease
    drugs: NotEmpty[Component]
    schedule: Schedule | None = Field(default=None, description="only what a source states")
    source: Sources

    @property
    def drug_names(self) -> tuple[str, ...]:
        """The ids of its drugs and classes, in the order of the regimen's name."""
        return tuple(component.id for component in self.drugs)


class TargetItem(Record):
    """One demand on a regimen: it contains this drug, or a drug of this class, or it is this regimen."""

    drug: Id | None = Field(None, description="id of a drug: regimens that name it")
    class_: Id | None = Field(default=None, alias="class", description="id of a class: those that name it or a member")
    regimen: Id | None = Field(None, description="id of a regimen: this one")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(value is not None for value in (self.drug, self.class_, self.regimen)) != 1:
            raise ValueError(say("regimen_error.target_of_one_kind"))
        return self

    def meets(self, regimen: Regimen, formulary: Formulary) -> bool:
        """Whether the regimen is this one, or its drugs are met."""
        return regimen.id == self.regimen or self.covers(regimen.drugs, formulary)

    def covers(self, drugs: Iterable[Component], formulary: Formulary) -> bool:
        """A class meets drugs of which one is that class, a class within it or one of its drugs; a drug only itself.

        So ``drug: carboplatin`` does not meet "a platinum drug": another one may be given.
        """
        if self.class_ is not None:
            return any(formulary.belongs(component.id, self.class_) for component in drugs)
        return self.drug is not None and any(component.drug == self.drug for component in drugs)

    def __str__(self) -> str:
        return self.drug or self.class_ or self.regimen or ""


Items = NotEmpty[TargetItem]
AllOptions = Literal["all-options"]


def _shape(value: Any) -> str:
    if isinstance(value, str):
        return "every"
    return "several" if isinstance(value, list | tuple) else "one"


class Target(
    RootModel[
        Annotated[
            Annotated[AllOptions, Tag("every")] | Annotated[TargetItem, Tag("one")] | Annotated[Items, Tag("several")],
            Discriminator(_shape),
        ]
    ]
):
    """Which regimens an exclusion or caution is about.

    ``all-options``, one of ``{drug: x}``, ``{class: x}``, ``{regimen: x}``, or a list of drugs and classes: the
    regimens that contain all of them. A regimen is named alone: no regimen is two regimens.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="after")
    def _regimen_is_alone(self) -> Self:
        if len(self.items) > 1 and any(item.regimen for item in self.items):
            raise ValueError(say("regimen_error.drugs_in_list"))
        return self

    @property
    def items(self) -> tuple[TargetItem, ...]:
        """What a regimen must meet, all of it; empty for ``all-options``."""
        if isinstance(self.root, str):
            return ()
        return self.root if isinstance(self.root, tuple) else (self.root,)

    def meets(self, regimen: Regimen, formulary: Formulary) -> bool:
        """Whether the target covers ``regimen``."""
        return all(item.meets(regimen, formulary) for item in self.items)

    def covers(self, drugs: Sequence[Component], formulary: Formulary) -> bool:
        """Whether the target covers these drugs, given as no regimen of the rules, such as a stated standard."""
        return all(item.covers(drugs, formulary) for item in self.items)

    def unknown(
        self, formulary: Formulary, regimens: Mapping[str, object], document: Document, path: Path_
    ) -> Iterator[Problem]:
        """A problem for each drug, class and regimen that does not exist; ``path`` is the target's in its file."""
        for index, item in enumerate(self.items):
            steps = (*path, index) if isinstance(self.root, tuple) else path
            if item.regimen is not None:
                if item.regimen not in regimens:
                    help = near(item.regimen, regimens)
                    place = document.locate((*steps, "regimen"))
                    yield Problem(place, say("regimen_error.unknown", regimen=item.regimen), help)
            else:
                yield from _unknown(item.drug, item.class_, formulary, document, steps)

    def __str__(self) -> str:
        return " + ".join(map(str, self.items)) or "all-options"


def load_regimens(path: Document | str | Path, formulary: Formulary) -> dict[str, Regimen]:
    """The regimens of a file by id, in file order.

    Raises ``InputError`` with every problem at once: a broken entry, an id that occurs twice, an unknown drug or class.
    """
    document = as_document(path)
    regimens = validated(tuple[Regimen, ...], document)
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, regimen in enumerate(regimens):
        place = document.locate((index, "id"))
        if regimen.id in first:
            line = document.locate((first[regimen.id], "id")).line
            problems.append(Problem(place, say("broken.id_twice", id=regimen.id, line=line)))
        first.setdefault(regimen.id, index)
        for position, component in enumerate(regimen.drugs):
            steps = (index, "drugs", position)
            problems.extend(component.unknown(formulary, document, steps))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: (problem.location.line or 0, problem.message)))
    return {regimen.id: regimen for regimen in regimens}


def _unknown(
    drug: str | None, class_: str | None, formulary: Formulary, document: Document, path: Path_
) -> Iterator[Problem]:
    """Rules name ids only: an alias is pointed to its id, a class under `drug` to `class` and the reverse."""
    kind, other_kind, known, elsewhere, id = (
        ("drug", "class", formulary.drugs, formulary.classes, drug)
        if drug is not None
        else ("class", "drug", formulary.classes, formulary.drugs, class_)
    )
    if id is None or id in known:
        return
    if id in elsewhere:
        help: str | Near | None = say("regimen_error.other_kind", id=id, kind=other_kind)
    else:
        try:
            help = say("broken.did_you_mean", word=formulary.resolve(id))
        except KeyError:
            help = Near(id, partial(formulary.suggest, id))
    yield Problem(document.locate((*path, kind)), say("broken.unknown", key=kind, kind=kind, name=id), help)
