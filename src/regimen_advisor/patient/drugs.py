"""Resolve drugs, their classes, and every word a person may write for them.

A class lies within wider classes (`egfr-tki-3g` within `egfr-tki` within `targeted`), so a drug names only its most
specific classes. A word is compared without regard to case, spaces, hyphens and full-width forms: ``AMG 757``,
``amg-757`` and ``AMG757`` are one word, and it may name one drug or one class only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from regimen_advisor.files.chains import LONGEST, starts_of_long_chains
from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean, near
from regimen_advisor.files.sources import Document, Path_, Record, as_document, validated
from regimen_advisor.words.catalogue import joined, say

_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015\u2212]+")


def _an_id(value: str) -> str:
    if not re.match(_ID, value):
        raise ValueError(say("drugs_file.id", value=value))
    return value


def _a_word(value: str) -> str:
    if not folded(value):
        raise ValueError(say("drugs_file.no_word"))
    return value


def _several(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(ids) <= 1:
        raise ValueError(say("drugs_file.single"))
    return ids


# Checked by functions for the sake of the message; the pattern is still in the published schema.
Id = Annotated[str, AfterValidator(_an_id), Field(json_schema_extra={"pattern": _ID})]
Word = Annotated[str, AfterValidator(_a_word), Field(json_schema_extra={"minLength": 1})]


class DrugClass(Record):
    """A family of drugs that rules may name, such as ``platinum``."""

    id: Id
    name: Word
    within: tuple[Id, ...] = Field(default=(), description="wider classes that hold every member of this one")
    aliases: tuple[Word, ...] = Field(default=(), description="other words for the class")


class Drug(Record):
    """One drug; ``id`` is what rules and outputs use."""

    id: Id
    name: Word
    classes: tuple[Id, ...] = Field(description="the most specific classes; wider ones follow from `within`")
    targets: tuple[Word, ...] = Field(default=(), description="molecules it acts on, where that is the point of it")
    aliases: tuple[Word, ...] = Field(default=(), description="brand names, development codes, Chinese names")


class Combination(Record):
    """Words that name several drugs at once: never resolved, only answered with what to write instead."""

    words: tuple[Word, ...]
    write: Annotated[tuple[Id, ...], AfterValidator(_several)] = Field(description="the drugs and classes meant, by id")


class FormularyFile(Record):
    """Classes and drugs as their file holds them."""

    classes: tuple[DrugClass, ...]
    drugs: tuple[Drug, ...]
    combinations: tuple[Combination, ...] = ()


def folded(word: str) -> str:
    """The form in which words are compared: one case, one width, no spaces and no hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", word).casefold())


@dataclass(frozen=True, eq=False)
class Formulary:
    """All drugs and classes by id. Every method that takes an id raises ``KeyError`` for one that is not there."""

    drugs: Mapping[str, Drug]
    classes: Mapping[str, DrugClass]
    combinations: tuple[Combination, ...] = ()

    def resolve(self, word: str) -> str:
        """The id of the drug or class that ``word`` names: an id, a name or an alias.

        Raises ``KeyError`` for a word that names none; ``suggest`` then says what may be meant.
        """
        return self._id_of_word[folded(word)]

    def suggest(self, word: object) -> str | None:
        """What to write instead of an unknown word: the parts of a combination, or the nearest known word."""
        known = folded(str(word))
        for combination in self.combinations:
            if known in map(folded, combination.words):
                return say("drugs_file.several", drugs=joined(combination.write))
        return did_you_mean(word, self._words)

    def name_of(self, id: str) -> str:
        """The standard name of a drug or a class."""
        return (self.drugs.get(id) or self.classes[id]).name

    def classes_of(self, id: str) -> frozenset[str]:
        """Every class that holds a drug, through `within`; for a class, the wider classes (not itself)."""
        return self._classes_of[id]

    def members_of(self, class_id: str) -> frozenset[str]:
        """Every drug of a class, those of its narrower classes included."""
        return self._members_of[class_id]

    def belongs(self, id: str, class_id: str) -> bool:
        """Whether a drug or class is the class ``class_id`` itself or lies within it."""
        return id == class_id or class_id in self._classes_of[id]

    def expand(self, ids: Iterable[str]) -> frozenset[str]:
        """The ids together with every class that holds them."""
        named = frozenset(ids)
        return named.union(*(self._classes_of[id] for id in named))

    @property
    def _entries(self) -> Iterator[Drug | DrugClass]:
        yield from self.classes.values()
        yield from self.drugs.values()

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(word for entry in self._entries for word in (entry.id, entry.name, *entry.aliases))

    @cached_property
    def _id_of_word(self) -> Mapping[str, str]:
        return {folded(w): entry.id for entry in self._entries for w in (entry.id, entry.name, *entry.aliases)}

    @cached_property
    def _classes_of(self) -> Mapping[str, frozenset[str]]:
        def above(ids: Iterable[str]) -> frozenset[str]:
            direct = frozenset(ids)
            return direct.union(*(above(self.classes[id].within) for id in direct))

        wider = {entry.id: above(entry.within) for entry in self.classes.values()}
        return wider | {drug.id: above(drug.classes) for drug in self.drugs.values()}

    @cached_property
    def _members_of(self) -> Mapping[str, frozenset[str]]:
        return {
            class_id: frozenset(id for id in self.drugs if class_id in self._classes_of[id])
            for class_id in self.classes
        }


def load_formulary(path: Document | str | Path) -> Formulary:
    """The formulary of a file.

    Raises ``InputError`` with every problem at once: a broken entry, an id or word that occurs twice, an unknown
    class, classes that lie within each other.
    """
    document = as_document(path)
    file = validated(FormularyFile, document)
    problems = [*_repeated_words(file, document), *_unknown_ids(file, document), *_circles(file, document)]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: (problem.location.line or 0, problem.message)))
    return Formulary(
        {drug.id: drug for drug in file.drugs}, {entry.id: entry for entry in file.classes}, file.combinations
    )


def _repeated_words(file: FormularyFile, document: Document) -> Iterator[Problem]:
    """A word must lead to one entry: an alias of two drugs would silently give a patient the wrong one."""
    owners: dict[str, tuple[str, Location]] = {}
    entries: tuple[tuple[str, tuple[Drug | DrugClass, ...]], ...] = (("classes", file.classes), ("drugs", file.drugs))
    for key, group in entries:
        for index, entry in enumerate(group):
            place = document.locate((key, index, "id"))
            owner, first = owners.get(folded(entry.id), ("", place))
            if owner == entry.id:
                yield Problem(place, say("broken.id_twice", id=entry.id, line=first.line))
                continue
            names: list[tuple[str, Path_]] = [(entry.id, (key, index, "id")), (entry.name, (key, index, "name"))]
            names += [(alias, (key, index, "aliases", position)) for position, alias in enumerate(entry.aliases)]
            yield from _claimed(names, entry.id, owners, document)
    for index, combination in enumerate(file.combinations):
        words: list[tuple[str, Path_]] = []
        words += [(word, ("combinations", index, "words", position)) for position, word in enumerate(combination.words)]
        yield from _claimed(words, " + ".join(combination.write), owners, document)


def _claimed(
    words: Iterable[tuple[str, Path_]],
    owner: str,
    owners: dict[str, tuple[str, Location]],
    document: Document,
) -> Iterator[Problem]:
    for word, path in words:
        place = document.locate(path)
        holder, first = owners.setdefault(folded(word), (owner, place))
        if holder != owner:
            yield Problem(place, say("drugs_file.word_twice", word=word, holder=holder, line=first.line))


def _unknown_ids(file: FormularyFile, document: Document) -> Iterator[Problem]:
    classes = {entry.id for entry in file.classes}
    known = classes | {drug.id for drug in file.drugs}
    named: list[tuple[Path_, tuple[str, ...], set[str]]] = []
    named += [(("classes", i, "within"), entry.within, classes) for i, entry in enumerate(file.classes)]
    named += [(("drugs", i, "classes"), drug.classes, classes) for i, drug in enumerate(file.drugs)]
    named += [(("combinations", i, "write"), entry.write, known) for i, entry in enumerate(file.combinations)]
    for path, ids, allowed in named:
        kind = say("drugs_file.class" if allowed is classes else "drugs_file.drug_or_class")
        for position, id in enumerate(ids):
            if id not in allowed:
                message = say("broken.unknown", key=path[-1], kind=kind, name=id)
                yield Problem(document.locate((*path, position)), message, near(id, sorted(allowed)))


def _circles(file: FormularyFile, document: Document) -> Iterator[Problem]:
    """Each circle of `within` once, from its first class in the file; and a chain that is too long."""
    within = {entry.id: entry.within for entry in file.classes}
    reported: set[str] = set()

    def circle(start: str, trail: tuple[str, ...]) -> tuple[str, ...] | None:
        for wider in within.get(trail[-1], ()) if len(trail) <= LONGEST else ():
            if wider == start:
                return (*trail, wider)
            if wider not in trail and (found := circle(start, (*trail, wider))):
                return found
        return None

    for index, entry in enumerate(file.classes):
        if entry.id not in reported and (found := circle(entry.id, (entry.id,))):
            reported.update(found)
            shown = joined((f"`{id}`" for id in found), "within")
            yield Problem(document.locate(("classes", index, "within")), say("drugs_file.circle", circle=shown))
    long = starts_of_long_chains(within)
    if long and not reported:
        index = next(index for index, entry in enumerate(file.classes) if entry.id == long[0])
        message = say("drugs_file.long_chain", most=LONGEST)
        yield Problem(document.locate(("classes", index, "within")), message)
