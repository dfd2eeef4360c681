"""Whether every figure stands in the section it names.

``rules/section-numbers.yaml`` lists the numbers that stand in each section of each review, with the unit behind them,
so that this can be answered without the review texts. ``numbers_by_section`` makes that table from a text.

Not seen by this check: two arms exchanged, and a wrong number that happens to stand in the section with the same unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.figures import Interval, Number, Result, Safety, Value
from regimen_advisor.knowledge.studies import Approval, Study

Printed = frozenset[str]  # numbers as `0.9`, with a unit as `18.9 months`
Numbers = Mapping[str, Mapping[str, Printed]]  # review -> section -> what is printed there

_UNITS = {"%": "%", "个月": "months", "月": "months", "周": "weeks", "例": "patients", "线": "lines", "年": "year"}
_ASKED = {"%": "%", "months": "months", "weeks": "weeks", "lines": "lines"}  # counts stand with and without a unit
_NUMBER = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)(?!\d|\.\d)(%|个?月|周|例|线|年)?")
_NAMES = re.compile(
    r"\b[A-Za-z][\w()]*-?\d[\w-]*|\b(?:Table|Study|sections?|HER|PD-\(?L\)?|exon|reference) ?\d[\d.]*(?: and \d[\d.]*)?"
)


@dataclass(frozen=True)
class Quoted:
    """A number quoted from a review: the sections one of which must hold it, and the unit that must stand behind."""

    number: str
    review: str
    sections: tuple[str, ...]
    what: str
    location: Location
    unit: str | None = None

    def stands_in(self, numbers: Numbers) -> bool:
        """Whether one of the sections prints the number, with the unit where one is asked for."""
        wanted = f"{self.number} {self.unit}" if self.unit else self.number
        return any(wanted in numbers.get(self.review, {}).get(section, frozenset()) for section in self.sections)


def untraced(studies: Iterable[Study], approvals: Iterable[Approval], numbers: Numbers) -> list[Problem]:
    """A problem for each number that does not stand in the section it names."""
    quotes = [quote for study in studies for quote in quoted_by_study(study)]
    quotes += [quote for approval in approvals for quote in quoted_by_approval(approval)]
    return [
        Problem(
            quote.location,
            f"{quote.what}: expected `{' '.join(filter(None, (quote.number, quote.unit)))}` to stand in "
            f"{quote.review} {' or '.join(quote.sections)}, where it is not found",
        )
        for quote in quotes
        if not quote.stands_in(numbers)
    ]


def quoted_by_study(study: Study) -> Iterator[Quoted]:
    """Every number of a study that comes from the review: counts, results, safety, and those within its wording."""
    review, here = study.cited_in[0].review, study.location or Location(study.id)
    everywhere = tuple(section for place in study.cited_in for section in place.sections)
    for count in study.counts():
        if not count.derived:
            yield Quoted(str(count.value), review, (count.section,), f"{study.id}: n", here)
    parts: list[Result | Safety] = [*study.results, *study.safety]
    for part in parts:
        name = part.endpoint if isinstance(part, Result) else part.event
        place = part.location if isinstance(part, Result) and part.location else here
        for number, unit in _numbers_of(part):
            yield Quoted(plain(str(number)), review, (part.section,), f"{study.id}: {name}", place, unit)
        for number in _numbers_in_words(_words_of(part)):
            yield Quoted(number, review, (part.section,), f"{study.id}: {name}", place)
    for text in _wording(study):
        for number in _numbers_in_words(text):
            yield Quoted(number, review, everywhere, f"{study.id}: `{text}`", here)
    if study.printed_registry:
        yield Quoted(study.printed_registry.value, review, (study.printed_registry.section,), study.id, here)


def quoted_by_approval(approval: Approval) -> Iterator[Quoted]:
    """Year, month and the numbers in the wording of an approval."""
    here = Location(approval.id)
    dates = ((approval.year, "year"), (approval.month, "months"))
    for value, unit in dates:
        if value:
            yield Quoted(str(value), approval.review, approval.sections, f"{approval.id}: date", here, unit)
    for number in _numbers_in_words(f"{approval.drug}; {approval.indication}"):
        yield Quoted(number, approval.review, approval.sections, f"{approval.id}: wording", here)


def _numbers_of(part: Result | Safety) -> Iterator[tuple[Number | str, str | None]]:
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


def _numbers_of_value(value: Value, unit: str | None) -> Iterator[tuple[Number | str, str | None]]:
    yield from ((number, unit) for number in (value.value, value.to) if number is not None)
    if value.percent is not None:
        yield value.percent, "%"
    if value.n is not None:
        yield value.n, None
    yield from _numbers_of_interval(value.interval)


def _numbers_of_interval(interval: Interval | None) -> Iterator[tuple[Number | str, str | None]]:
    if interval:
        yield from ((interval.low, None), (interval.high, None), (interval.level, "%"))


def _words_of(part: Result | Safety) -> str:
    if isinstance(part, Safety):
        return part.event
    words = (part.measure, part.subgroup, part.outcome, part.report, part.note)
    return "; ".join(word for word in words if word)


def _wording(study: Study) -> Iterator[str]:
    yield from (finding.says for finding in (*study.findings, *study.limits.stated, *study.limits.inferred))
    yield from (text for text in study.population.model_dump(exclude={"errata"}).values() if text)
    if study.design.says:
        yield study.design.says
    for arm in study.arms:
        yield from (text for text in (arm.note, *(drug.dose for drug in arm.drugs)) if text)


def _numbers_in_words(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", _NAMES.sub(" ", text))
    return [plain(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


def plain(number: str) -> str:
    """A number without the zeros that say nothing: ``0.90`` is ``0.9``, ``16.0`` is ``16``."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def load_section_numbers(file: Path | str) -> Numbers:
    """The table that ships with the rules. Raises ``InputError`` where it is not review -> section -> numbers."""
    document = read_document(file)
    table: dict[str, dict[str, Printed]] = {}
    for review, sections in _mapping(document.value, document.locate()).items():
        table[review] = {}
        for section, tokens in _mapping(sections, document.locate((review,))).items():
            if not isinstance(tokens, str):
                raise InputError.at(document.locate((review, section)), "expected numbers in one line of text")
            table[review][section] = parse_printed(tokens)
    return table


def _mapping(value: object, here: Location) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InputError.at(here, "expected a mapping of reviews to sections to numbers")
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


def numbers_by_section(raw: str, sections: Iterable[str]) -> dict[str, Printed]:
    """What each section of a review text prints."""
    return {name: printed_in(text) for name, text in section_texts(raw, sections).items()}


def printed_in(text: str) -> Printed:
    """The numbers of a normalised text, each bare and with the unit behind it."""
    found = set(re.findall(r"NCT\d{8}", text))
    for number, unit in _NUMBER.findall(text):
        found.add(plain(number))
        if unit:
            found.add(f"{plain(number)} {_UNITS[unit]}")
    return frozenset(found)


def section_texts(raw: str, sections: Iterable[str]) -> dict[str, str]:
    """A review text cut at its numbered headings, each part normalised; what stands first is the abstract.

    ``sections`` are the numbers of the headings in printed order, with ``Table 1`` and the like anywhere.
    """
    sections = list(sections)
    texts = {}
    for name in (name for name in sections if name.startswith("Table")):
        if table := re.search(rf"(?ms)^\s*表\s*{name.split()[1]}\b.*?^NSCLC:[^\n]*$", raw):
            texts[name] = normalised(table.group())
            raw = raw[: table.start()] + "\n" + raw[table.end() :]
    begin, open_section = 0, "abstract"
    for name in (name for name in sections if name[0].isdigit()):
        number = r"\.[ ]?".join(name.split("."))
        heading = re.compile(rf"(?m)^[ \t]*{number}\.?[ \t]+(?=[^\W\d_])(?!级|个|例|种|月|年|线|组|期|周|天|mg)")
        if match := heading.search(raw, begin):
            texts[open_section] = normalised(raw[begin : match.start()])
            begin, open_section = match.end(), name
    texts[open_section] = normalised(raw[begin:])
    return texts


def normalised(text: str) -> str:
    """Full-width signs folded, grouped digits joined (``0.001,5``, ``2,194``), reference marks and spaces dropped."""
    text = unicodedata.normalize("NFKC", re.sub(r"[，、；。]", " ; ", text))
    text = re.sub(r"(\d\.\d{3}),(\d{1,3})(?!\d)", r"\1\2", text)
    text = re.sub(r"(?<![\d.])(\d{1,3}),(\d{3})(?!\d)", r"\1\2", text)
    text = re.sub(r"\[\s*\d[\d\s,–-]*\]", "", text)
    return re.sub(r"\s+", "", re.sub(r"[~〜∼–—−]", "-", text))
