"""Read the text of a source: its sections, sentences, and the numbers printed in them.

Chinese and English text, with full-width signs, lines broken anywhere, grouped digits and reference marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

Printed = frozenset[str]
"""Numbers as ``0.9``, with a unit as ``18.9 months``."""

_UNITS = {
    "%": "%", "个月": "months", "月": "months", "month": "months", "months": "months", "mo": "months", "周": "weeks",
    "week": "weeks", "weeks": "weeks", "例": "patients", "patient": "patients", "patients": "patients",
    "percent": "%", "percentage": "%", "线": "lines", "line": "lines", "lines": "lines", "年": "year",
    "year": "year", "years": "year",
}  # fmt: skip
_UNIT = r"%|个?月|周|例|线|年|[- ]?(?:months?|mo|weeks?|patients?|per ?cent|lines?|years?)(?![a-z])"
_NUMBER = re.compile(rf"(?<![\d.])(\d+(?:\.\d+)?)(?!\d|\.\d)({_UNIT})?", re.IGNORECASE)
_NAME = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]*(?:\(L\))?-?\d[\w-]*|(?<![A-Za-z])[A-Z][A-Za-z]{3,} \d{3,}")
_REFERENCE = re.compile(r"\[\s*\d[\d\s,–-]*\]")
_SENTENCE = re.compile(r"(?<=[。！？])|(?<=[a-z)%\d][.!?])\s+(?=[A-Z])")
_ROWS = re.compile(r"(?m)(?:^[ \t]*\|[^\n]*(?:\n|\Z))+")
_ABBREVIATIONS = re.compile(r"(?m)(?:\s*^[ \t]*(?:[A-Z][\w-]*|注)[ \t]*[:：][^\n]*)+")
_PROSE_END = re.compile(r"[^\W_][^\n]*[.。！？!?][\"'”’)）]*\s*\Z")
_DATE = re.compile(r"\d{4}\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?|\d{1,2}\s*月\s*\d{1,2}\s*日")
_CJK = r"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"


def plain(number: str) -> str:
    """A number without the zeros that say nothing: ``0.90`` is ``0.9``, ``16.0`` is ``16``."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def numbers_by_section(raw: str, sections: Iterable[str]) -> dict[str, Printed]:
    """The numbers printed in each section of a text."""
    return {name: printed_in(text) for name, text in section_texts(raw, sections).items()}


def printed_in(text: str) -> Printed:
    """The numbers of a normalised text, each bare and with the unit behind it."""
    found = set(re.findall(r"NCT\d{8}", text))
    for number, unit in _NUMBER.findall(text):
        found.add(plain(number))
        if unit:
            found.add(f"{plain(number)} {_UNITS[unit.lower().replace(' ', '').lstrip('-')]}")
    return frozenset(found)


def figures_in(text: str) -> list[str]:
    """The numbers of a sentence that may be figures, in order: not those of names (``ECOG4599``) and dates."""
    bare = _NAME.sub(" ; ", _DATE.sub(" ; ", _REFERENCE.sub("", unicodedata.normalize("NFKC", text))))
    return list(dict.fromkeys(plain(number) for number, _ in _NUMBER.findall(normalised(bare))))


def section_texts(raw: str, sections: Iterable[str]) -> dict[str, str]:
    """A text cut at its numbered headings, each part normalised; what comes first is the abstract.

    ``sections`` are the numbers of the headings in printed order, with ``Table 1`` and the like anywhere.
    """
    return {name: normalised(text) for name, text in raw_sections(raw, sections).items()}


def raw_sections(raw: str, sections: Iterable[str]) -> dict[str, str]:
    """A text cut at its numbered headings, each part as it is printed; those of markdown have their ``#`` in front.

    A table is taken out of the section in which it is printed. It ends after its rows where they are those of markdown
    and after the abbreviations under it where there are some; else before the next prose, heading or table.
    """
    sections = list(sections)
    tables = [name for name in sections if name.startswith("Table")]
    numbered = [name for name in sections if name[0].isdigit()]
    texts = {}
    for name in tables:
        if caption := _caption(name).search(raw):
            end = _end_of_table(raw, caption.end(), [_caption(table) for table in tables], numbered)
            texts[name] = raw[caption.start() : end]
            raw = raw[: caption.start()] + "\n" + raw[end:]
    begin, open_section = 0, "abstract"
    for name in numbered:
        if match := _heading(name).search(raw, begin):
            texts[open_section] = raw[begin : match.start()]
            begin, open_section = match.end(), name
    texts[open_section] = raw[begin:]
    return texts


def _heading(section: str) -> re.Pattern[str]:
    number = r"\.[ ]?".join(section.split("."))
    return re.compile(rf"(?m)^[ \t]*(?:#+[ \t]+)?{number}\.?[ \t]+(?=[^\W\d_])(?!级|个|例|种|月|年|线|组|期|周|天|mg)")


def _caption(table: str) -> re.Pattern[str]:
    return re.compile(rf"(?m)^[\s#*]*(?:表|Table)\s*{re.escape(table.split()[1])}\b")


def _end_of_table(raw: str, begin: int, captions: Sequence[re.Pattern[str]], sections: Sequence[str]) -> int:
    """Where the table whose caption ends at ``begin`` is over."""
    edges = [*captions, *(_heading(section) for section in sections)]
    bound = min((found.start() for edge in edges if (found := edge.search(raw, begin))), default=len(raw))
    rows = _ROWS.search(raw, begin, bound)
    notes = _ABBREVIATIONS.match(raw, rows.end(), bound) if rows else _ABBREVIATIONS.search(raw, begin, bound)
    if notes:
        return notes.end()
    return rows.end() if rows else _prose_after(raw, begin, bound)


def _prose_after(raw: str, begin: int, bound: int) -> int:
    """Where the first paragraph begins that reads as prose, once there was a row with a number; else ``bound``."""
    place = begin
    has_row = False
    for paragraph in re.split(r"(\n[ \t]*(?:\n[ \t]*)+)", raw[begin:bound]):
        if has_row and _PROSE_END.search(paragraph):
            return place
        place += len(paragraph)
        has_row = has_row or bool(re.search(r"\n[^\n]*\d", paragraph))
    return bound


def sentences(text: str) -> list[str]:
    """The sentences of a printed section, each on one line."""
    joined = re.sub(r"\s+", " ", text)
    joined = re.sub(rf"(?<=[{_CJK}]) | (?=[{_CJK}])", "", joined)
    return [found for part in _SENTENCE.split(joined) if (found := part.strip())]


def normalised(text: str) -> str:
    """Full-width signs folded, grouped digits joined (``0.001,5``, ``2,194``), reference marks dropped.

    Spaces are dropped where the text is Chinese, which joins a number that a line break cuts; else one is left.
    """
    text = unicodedata.normalize("NFKC", re.sub(r"[，、；。]", " ; ", text))
    text = re.sub(r"(\d\.\d{3}),(\d{1,3})(?!\d)", r"\1\2", text)
    text = re.sub(r"(?<![\d.])(\d{1,3}),(\d{3})(?!\d)", r"\1\2", text)
    text = _REFERENCE.sub("", text)
    text = re.sub(r"[~〜∼–—−]", "-", text)
    # A Chinese line is often printed with gaps, within a number too.
    return re.sub(r"\s+", "" if re.search(f"[{_CJK}]", text) else " ", text)
