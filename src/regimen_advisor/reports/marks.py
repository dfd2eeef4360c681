"""Explain the short marks on each page of a report: `[XY 4.1 †D43]` shows title, section and erratum.

The words of a mark are its ``data-tip``, which ``tips.js`` shows on hover, focus and tap; the teaching page does the
same with its own data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from regimen_advisor.documents.html import marked
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reports.errata import erratum_line
from regimen_advisor.words.catalogue import say

_PIECES = re.compile(r"(<(script|style|svg)\b.*?</\2>|<[^>]*>)", re.DOTALL)
_MARK = re.compile(r"\[([^\[\]]+)\]")
_FILE = re.compile(r", \S+:\d+$")
"""Where a rule is written, which follows its sections in some places."""
_TAG = re.compile(r"<(/?)(\w+)")
_LEFT = frozenset({"a", "button", "code", "pre", "title"})
"""Elements whose text is left as it is."""


class Marks:
    """The meaning of each source label and each erratum sign."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.titles: Mapping[str, str] = {review.cited_as: review.title for review in rulebook.reviews.values()}
        self.errata: Mapping[str, str] = {name: erratum_line(erratum) for name, erratum in rulebook.errata.items()}

    def words(self, inside: str) -> str | None:
        """The text between the brackets of a mark, in words; empty where it is not a mark."""
        cited, *signs = inside.split("†")
        places = [self._place(part.strip()) for part in cited.split(";")] if cited.strip() else []
        if None in places or not (places or signs):
            return None
        errata = (f"† {self.errata.get(name, name)}" for name in " ".join(signs).split())
        return " ".join([*filter(None, places), *errata])

    def _place(self, part: str) -> str | None:
        name, _, section = _FILE.sub("", part).partition(" ")
        title = self.titles.get(name)
        if title is None:
            return None
        if not section:
            return say("page_answer.source", source=name, title=title)
        return say("page_answer.place", source=name, title=title, section=section)


def explained(page: str, rulebook: Rulebook) -> str:
    """The page with the words of every mark of a source at hand; elements that hold code or links are left alone."""
    return "".join(_explained(page, Guideline.of(rulebook).kept(Marks)))


def _explained(page: str, marks: Marks) -> Iterator[str]:
    left, summaries = 0, 0

    def with_words(found: re.Match[str]) -> str:
        words = marks.words(unescape(found[1]))
        return found[0] if words is None else marked("cite ref", found[0], words, inside=summaries > 0)

    end = 0
    for piece in _PIECES.finditer(page):
        between = page[end : piece.start()]
        yield between if left else _MARK.sub(with_words, between)
        yield piece[0]
        end = piece.end()
        tag = None if piece[2] else _TAG.match(piece[0])
        if tag:
            step = -1 if tag[1] else 1
            left += step * (tag[2] in _LEFT)
            summaries += step * (tag[2] == "summary")
    yield page[end:]
