"""Find what a source prints that the rulebook does not hold: sentences, and the numbers in them.

A sentence is held where the entries placed in its section (studies, approvals, rules, notes, mentions) quote all its
numbers, or, where it has none, name a drug or study that it names. ``background.yaml`` lists what a program cannot see
to be held, with the entry that holds it, and what is left out on purpose, with the reason. The rest was overlooked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean
from regimen_advisor.files.output import read_text
from regimen_advisor.files.sources import Document, Record, read_document, validated
from regimen_advisor.knowledge.figure_audit import quoted_by_approval, quoted_by_study
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.knowledge.source_text import figures_in, normalised, raw_sections, sentences
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.words.catalogue import joined, say

BACKGROUND = "background.yaml"


@dataclass(frozen=True)
class SourceGap:
    """A sentence of a section that no entry holds: ``number`` counts from 1, ``numbers`` are those not quoted."""

    section: str
    number: int
    sentence: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """What is missing of a source, what is left out on purpose, and how many sentences it has.

    ``text`` is the digest of the text, by which ``background.yaml`` knows it.
    """

    source: str
    text: str
    missing: tuple[SourceGap, ...]
    background: tuple[tuple[SourceGap, str], ...]
    sentences: int


class HeldBy(Record):
    """The entry that holds a sentence in other words."""

    held_by: Annotated[str, Field(min_length=1, description="id of a study, rule or approval")]


class Background(Record):
    """What is decided of the sentences of one source that no entry is seen to hold."""

    text: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", description="digest of the text that was read")]
    sections: dict[str, str | dict[str, str | HeldBy]] = Field(
        description="by section why it is left out as a whole, or for each sentence by its number why, or what holds it"
    )

    def reason(self, section: str, number: int) -> str | HeldBy | None:
        """The decision on a sentence; ``None`` where there is none."""
        found = self.sections.get(section)
        return found if isinstance(found, str) or found is None else found.get(str(number))


def source_named(word: str, rulebook: Rulebook) -> Review:
    """The source with this id. Raises ``InputError`` with the nearest one where there is none."""
    if word in rulebook.reviews:
        return rulebook.reviews[word]
    raise InputError.at(
        Location("source"), say("sources_error.source", source=word), did_you_mean(word, rulebook.reviews)
    )


def gaps(review: Review, text: str | Path, rulebook: Rulebook) -> Gaps:
    """The sentences and numbers in the text of ``review`` that the rulebook does not hold.

    Raises ``InputError`` for a text that cannot be read or is not divided as the source says, and for a list of
    background that was made for another text.
    """
    raw, name = read_text(text)
    parts = sections_of(raw, name, review)
    background = _background(review, raw, name, rulebook)
    held = _Held(review, rulebook)
    missing, left_out, count = [], [], 0
    for section, printed in parts.items():
        for number, sentence in enumerate(sentences(printed), 1):
            count += 1
            found = figures_in(sentence)
            open_numbers = tuple(figure for figure in found if figure not in held.numbers(section))
            if (found and not open_numbers) or (not found and held.names_one_of(section, sentence)):
                continue
            gap = SourceGap(section, number, sentence, open_numbers)
            reason = background.reason(section, number) if background else None
            if reason is None:
                missing.append(gap)
            elif isinstance(reason, str):
                left_out.append((gap, reason))
    return Gaps(review.key, digest_of(raw), tuple(missing), tuple(left_out), count)


def sections_of(raw: str, name: str, review: Review) -> Mapping[str, str]:
    """The printed sections of a text. Raises ``InputError`` where a section of the source is not found in it."""
    parts = raw_sections(raw, review.section_numbers)
    absent = [number for number in review.section_numbers if number not in parts]
    if absent:
        raise InputError.at(
            Location(name, 1),
            say("sources_error.headings", source=review.key, sections=joined(absent)),
            say("sources_error.heading"),
        )
    return parts


def sections_named(names: Sequence[str], review: Review, text: str | Path) -> dict[str, str]:
    """The printed text of each of these sections, without names of all. Raises ``InputError`` for one that is none."""
    for section in names:
        if section not in review.section_numbers:
            known = joined(review.section_numbers)
            raise InputError.at(
                Location("section"), say("sources_error.section", source=review.key, sections=known, found=section)
            )
    raw, name = read_text(text)
    found = sections_of(raw, name, review)
    return {section: found[section] for section in names or review.section_numbers}


def digest_of(raw: str) -> str:
    """The digest by which a list of background knows its text."""
    return f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}"


def _background(review: Review, raw: str, name: str, rulebook: Rulebook) -> Background | None:
    """The decisions on a source, from the last folder of the stack that lists it."""
    for file in (folder / BACKGROUND for folder in reversed(rulebook.folders)):
        if not file.is_file():
            continue
        document = read_document(file)
        found = validated(dict[str, Background], document).get(review.key)
        if found is None:
            continue
        if found.text != digest_of(raw):
            raise InputError.at(
                document.locate((review.key, "text")),
                say("sources_error.digest", text=name, digest=digest_of(raw)),
                say("sources_error.other_edition"),
            )
        problems = list(_wrong_entries(found, review, document, rulebook))
        if problems:
            raise InputError(problems)
        return found
    return None


def _wrong_entries(found: Background, review: Review, document: Document, rulebook: Rulebook) -> Iterator[Problem]:
    known: dict[str, Study | Rule | Approval] = {**rulebook.studies, **rulebook.rules, **rulebook.approvals}
    for section, sentences_ in found.sections.items():
        path = (review.key, "sections", section)
        if section not in review.section_numbers:
            numbers = joined(review.section_numbers)
            yield Problem(
                document.locate_key(path),
                say("sources_error.section", source=review.key, sections=numbers, found=section),
            )
        for number, reason in sentences_.items() if isinstance(sentences_, dict) else ():
            if not isinstance(reason, HeldBy):
                continue
            place = document.locate((*path, number, "held_by"))
            if reason.held_by not in known:
                yield Problem(
                    place, say("sources_error.entry", found=reason.held_by), did_you_mean(reason.held_by, known)
                )
            elif section not in _sections_of(known[reason.held_by], review):
                words = say("sources_error.placed", section=section, source=review.key, found=reason.held_by)
                yield Problem(place, words, say("sources_error.where_held"))


def _sections_of(entry: Study | Rule | Approval, review: Review) -> set[str]:
    """The sections of a source in which an entry is placed."""
    if isinstance(entry, Study):
        return {section for place in entry.cited_in if place.review == review.key for section in place.sections}
    return set(entry.source.sections_of(review.key))


class _Held:
    """What the entries placed in each section of a source quote and name."""

    def __init__(self, review: Review, rulebook: Rulebook) -> None:
        self.review, self.rulebook = review, rulebook
        self._numbers: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        quotes = [quote for study in rulebook.studies.values() for quote in quoted_by_study(study)]
        quotes += [quote for approval in rulebook.approvals.values() for quote in quoted_by_approval(approval)]
        for quote in quotes:
            for place in quote.places:
                if place.review == review.key:
                    self._numbers.setdefault(place.section, set()).add(quote.number)
        for section, text in self._endpoints():
            self._numbers.setdefault(section, set()).update(figures_in(text))
        for section, texts in self._placed():
            for text in texts:
                self._numbers.setdefault(section, set()).update(figures_in(text))
                self._names.setdefault(section, set()).update(self._named_in(text))

    def numbers(self, section: str) -> frozenset[str]:
        """The numbers that entries placed in a section quote."""
        return frozenset(self._numbers.get(section, ()))

    def names_one_of(self, section: str, sentence: str) -> bool:
        """Whether a sentence names a drug or study that an entry placed in its section is about."""
        return not self._names.get(section, set()).isdisjoint(self._named_in(sentence))

    def _endpoints(self) -> Iterator[tuple[str, str]]:
        """Each section with what is measured there: ``OS rate at 9 months`` quotes the 9."""
        for study in self.rulebook.studies.values():
            for result in study.results:
                yield from ((section, result.endpoint) for section in result.source.sections_of(self.review.key))

    def _placed(self) -> Iterator[tuple[str, list[str]]]:
        """Each section with the texts of an entry placed in it."""
        for study in self.rulebook.studies.values():
            for place in study.cited_in:
                if place.review == self.review.key:
                    drugs = [drug.drug for arm in study.arms for drug in arm.drugs]
                    yield from ((section, [study.name, *drugs]) for section in place.sections)
        for rule in self.rulebook.rules.values():
            for section in rule.source.sections_of(self.review.key):
                texts = [rule.says, *(self.rulebook.studies[id].name for id in rule.studies)]
                for regimen in self.rulebook.meets(rule):
                    texts += self.rulebook.regimens[regimen].drug_names
                yield section, texts
        for mention in self.review.mentions:
            yield from ((section, [mention.drug, mention.context]) for section in mention.sections)

    def _named_in(self, text: str) -> set[str]:
        """The ids of the drugs and studies that a text names."""
        folded = _folded(text)
        return {id for id, words in self._words().items() if any(word in folded for word in words)}

    def _words(self) -> Mapping[str, tuple[str, ...]]:
        if not hasattr(self, "_known"):
            known: dict[str, tuple[str, ...]] = {}
            for id, drug in self.rulebook.formulary.drugs.items():
                known[id] = tuple(_folded(word) for word in (id, drug.name, *drug.aliases))
            for id, study in self.rulebook.studies.items():
                known[f"study {id}"] = (_folded(study.name),)
            self._known = {id: tuple(word for word in words if len(word) > 1) for id, words in known.items()}
        return self._known


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", "", normalised(text)).lower()


Json = dict[str, Any]


def as_data(found: Gaps) -> Json:
    """The gaps as plain values."""
    return {
        "source": found.source,
        "text": found.text,
        "sentences": found.sentences,
        "missing": [
            {"section": gap.section, "sentence": gap.number, "text": gap.sentence, "numbers": list(gap.numbers)}
            for gap in found.missing
        ],
        "background": [
            {"section": gap.section, "sentence": gap.number, "why": reason} for gap, reason in found.background
        ],
    }
