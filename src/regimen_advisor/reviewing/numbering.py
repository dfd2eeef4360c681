"""Make the table of numbers of a source: what each section prints, so that figures are traced without the text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from regimen_advisor.files.output import read_text
from regimen_advisor.knowledge.figure_audit import Numbers, format_printed
from regimen_advisor.knowledge.source_text import Printed, numbers_by_section
from regimen_advisor.knowledge.studies import Review
from regimen_advisor.reviewing.source_gaps import sections_of
from regimen_advisor.words.catalogue import say

_WIDTH = 116


def numbered(review: Review, text: str | Path) -> Mapping[str, Printed]:
    """The numbers of each section of a text. Raises ``InputError`` where the text lacks a section of the source."""
    raw, name = read_text(text)
    sections_of(raw, name, review)
    found = numbers_by_section(raw, review.section_numbers)
    return {number: found[number] for number in review.section_numbers}


def table_text(numbers: Numbers) -> str:
    """The tables of all sources as the file that ships with the rules."""
    lines = [line for source, sections in numbers.items() for line in _of(source, sections)]
    return say("numbers_file.head") + "\n".join(lines) + "\n"


def _of(source: str, sections: Mapping[str, Printed]) -> Iterator[str]:
    yield f"{source}:"
    for section, printed in sections.items():
        key = section if section[0].isalpha() or section.count(".") > 1 else f'"{section}"'
        if not printed:
            yield f'  {key}: ""'
            continue
        yield f"  {key}: >-"
        yield from textwrap.wrap(
            format_printed(printed), _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
        )
