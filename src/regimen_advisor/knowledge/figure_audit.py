"""Check that the source prints every figure in the section it names.

``rules/section-numbers.yaml`` lists the numbers printed in each section of each review, with the unit behind them,
so that this can be answered without the texts. ``source_text.numbers_by_section`` makes that table from a text.

Not seen by this check: two arms exchanged, and a wrong number that happens to be in the section with the same unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.sources import read_document
from regimen_advisor.files.validation_messages import listed
from regimen_advisor.knowledge.figures import Interval, PrintedNumber, Result, Safety, Value
from regimen_advisor.knowledge.publications import Source, Sources
from regimen_advisor.knowledge.source_text import Printed, plain
from regimen_advisor.knowledge.studies import Approval, Study
from regimen_advisor.words.catalogue import say

Numbers = Mapping[str, Mapping[str, Printed]]  # review -> section -> what is printed there

_ASKED = {"%": "%", "months": "months", "weeks": "weeks", "lines": "lines"}  # counts come with and without a unit
_NAMES = re.compile(
    r"\b[A-Za-z][\w()]*-?\d[\w-]*|\b(?:Table|Study|sections?|HER|PD-\(?L\)?|exon|reference) ?\d[\d.]*(?: and \d[\d.]*)?"
)


@dataclass(frozen=True)
class Quoted:
    """A number quoted from a source: the places one of which must hold it, and the unit that must follow it."""

    number: str
    places: tuple[Source, ...]
    subject: str
    location: Location
    unit: str | None = None

    def is_printed(self, numbers: Numbers) -> bool:
        """Whether one of the sections prints the number, with the unit where one is asked for."""
        wanted = f"{self.number} {self.unit}" if self.unit else self.number
        return any(wanted in numbers.get(place.review, {}).get(place.section, frozenset()) for place in self.places)

    @property
    def reviews(self) -> frozenset[str]:
        """The sources one of which must hold it."""
        return frozenset(place.review for place in self.places)


def quoted(studies: Iterable[Study], approvals: Iterable[Approval]) -> list[Quoted]:
    """Every number that is taken from a source."""
    quotes = [quote for study in studies for quote in quoted_by_study(study)]
    return [*quotes, *(quote for approval in approvals for quote in quoted_by_approval(approval))]


def untraced(quotes: Iterable[Quoted], numbers: Numbers) -> list[Problem]:
    """A problem for each number that its section does not print, where its source has a table of numbers."""
    return [
        Problem(
            quote.location,
            say(
                "study_error.not_found",
                subject=quote.subject,
                number=" ".join(filter(None, (quote.number, quote.unit))),
                places=listed(map(str, quote.places)),
            ),
        )
        for quote in quotes
        if quote.reviews <= numbers.keys() and not quote.is_printed(numbers)
    ]


def quoted_by_study(study: Study) -> Iterator[Quoted]:
    """Every number of a study that comes from the source: counts, results, safety, and those within its wording."""
    location = study.location or Location(study.id)
    everywhere = tuple(
        Source(review=place.review, section=section) for place in study.cited_in for section in place.sections
    )
    for count in study.counts():
        if not count.derived:
            yield from _from_each_source(count.source, str(count.value), f"{study.id}: n", location)
    parts: list[Result | Safety] = [*study.results, *study.safety]
    for part in parts:
        name = part.endpoint if isinstance(part, Result) else part.event
        place = part.location if isinstance(part, Result) and part.location else location
        for number, unit in _numbers_of(part):
            yield from _from_each_source(part.source, plain(str(number)), f"{study.id}: {name}", place, unit)
        for number in _numbers_in_words(_words_of(part)):
            yield from _from_each_source(part.source, number, f"{study.id}: {name}", place)
    for text, source in _wording(study):
        for number in _numbers_in_words(text):
            subject = f"{study.id}: `{text}`"
            if source is not None:
                yield from _from_each_source(source, number, subject, location)
            else:
                yield Quoted(number, everywhere, subject, location)
    if registry := study.printed_registry:
        yield from _from_each_source(registry.source, registry.value, study.id, location)


def _from_each_source(
    source: Sources, number: str, subject: str, location: Location, unit: str | None = None
) -> Iterator[Quoted]:
    """The number as a quotation from each source that is named: every one of them must print it."""
    for review in source.reviews:
        places = tuple(place for place in source.places if place.review == review)
        yield Quoted(number, places, subject, location, unit)


def quoted_by_approval(approval: Approval) -> Iterator[Quoted]:
    """Year, month and the numbers in the wording of an approval."""
    location = Location(approval.id)
    dates = ((approval.year, "year"), (approval.month, "months"))
    for value, unit in dates:
        if value:
            yield from _from_each_source(approval.source, str(value), f"{approval.id}: date", location, unit)
    for number in _numbers_in_words(f"{approval.drug}; {approval.indication}"):
        yield from _from_each_source(approval.source, number, f"{approval.id}: wording", location)


def _numbers_of(part: Result | Safety) -> Iterator[tuple[PrintedNumber | str, str | None]]:
    unit = _ASKED.get(part.unit or "")
    for value in part.values:
        yield from _numbers_of_value(value, unit)
    if isinstance(part, Safety):
        return
    for comparison in part.comparisons:
        if comparison.hazard_ratio is not None:
            yield comparison.hazard_ratio, None
        if comparison.p is not None:
            yield comparison.p.lstrip("<>"), None
        if comparison.risk_reduction is not None:
            yield comparison.risk_reduction, "%"
        if comparison.difference is not None:
            yield comparison.difference, unit
        yield from _numbers_of_interval(comparison.interval)
    for follow_up in part.follow_up:
        yield follow_up.months, "months"
    if part.spread:
        yield part.spread.low, None
        yield part.spread.high, unit


def _numbers_of_value(value: Value, unit: str | None) -> Iterator[tuple[PrintedNumber | str, str | None]]:
    yield from ((number, unit) for number in (value.value, value.to) if number is not None)
    if value.percent is not None:
        yield value.percent, "%"
    if value.n is not None:
        yield value.n, None
    yield from _numbers_of_interval(value.interval)


def _numbers_of_interval(interval: Interval | None) -> Iterator[tuple[PrintedNumber | str, str | None]]:
    if interval:
        yield from ((interval.low, None), (interval.high, None), (interval.level, "%"))


def _words_of(part: Result | Safety) -> str:
    if isinstance(part, Safety):
        return part.event
    words = (part.measure, part.subgroup, part.outcome, part.report, part.note)
    return "; ".join(word for word in words if word)


def _wording(study: Study) -> Iterator[tuple[str, Sources | None]]:
    """What a source reports of a study in words, with its place where that is known."""
    for finding in (*study.findings, *study.limits.stated, *study.limits.inferred):
        yield finding.says, finding.source
    texts = [text for text in study.population.model_dump(exclude={"errata"}).values() if text]
    texts += [study.design.says] if study.design.says else []
    for arm in study.arms:
        texts += [text for text in (arm.note, *(drug.dose for drug in arm.drugs)) if text]
    yield from ((text, None) for text in texts)


def _numbers_in_words(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", _NAMES.sub(" ", text))
    return [plain(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


NUMBERS_FILE = "section-numbers.yaml"


def section_numbers(*folders: Path) -> Numbers:
    """The tables of numbers of folders of rules; empty where none has one."""
    tables = [load_section_numbers(folder / NUMBERS_FILE) for folder in folders if (folder / NUMBERS_FILE).is_file()]
    return {review: sections for table in tables for review, sections in table.items()}


def load_section_numbers(file: Path | str) -> Numbers:
    """The table that ships with the rules. Raises ``InputError`` where it is not review -> section -> numbers."""
    document = read_document(file)
    table: dict[str, dict[str, Printed]] = {}
    for review, sections in _mapping(document.value, document.locate()).items():
        table[review] = {}
        for section, tokens in _mapping(sections, document.locate((review,))).items():
            if not isinstance(tokens, str):
                raise InputError.at(document.locate((review, section)), say("study_error.numbers_in_line"))
            table[review][section] = parse_printed(tokens)
    return table


def _mapping(value: object, location: Location) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InputError.at(location, say("study_error.no_printed_numbers"))
    return value


def parse_printed(text: str) -> Printed:
    """``18.9months 95% 42`` as printed numbers; a number with a unit counts as the bare number too."""
    found = set()
    for token in text.split():
        number, unit = re.fullmatch(r"(NCT\d+|[\d.]*)(.*)", token).groups()  # type: ignore[union-attr]
        found.update({number, f"{number} {unit}"} if unit else {number})
    return frozenset(found)


def format_printed(printed: Iterable[str]) -> str:
    """The inverse of ``parse_printed``, in rising order."""
    with_unit = {text.split(" ")[0] for text in printed if " " in text}
    tokens = [text.replace(" ", "") for text in printed if " " in text or text not in with_unit]
    return " ".join(sorted(tokens, key=lambda token: (token.startswith("NCT"), *_order(token))))


def _order(token: str) -> tuple[float, str]:
    return float(re.sub(r"[^\d.]", "", token)), token
