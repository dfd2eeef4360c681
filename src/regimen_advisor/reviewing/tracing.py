"""Check that every figure of a rulebook is printed in the section that it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from regimen_advisor.files.errors import Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.figure_audit import NUMBERS_FILE, Numbers, Quoted, quoted, section_numbers, untraced
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import say


def _traced(rulebook: Rulebook) -> tuple[Numbers, list[Quoted]]:
    """The tables of numbers and all that is quoted, read once for the faults and the warnings of one check."""
    return section_numbers(*rulebook.folders), quoted(rulebook.studies.values(), rulebook.approvals.values())


def wrong_figures(rulebook: Rulebook) -> Iterator[Flaw]:
    """A fault for each figure that its section does not print, as far as the table of numbers goes."""
    numbers, quotes = Guideline.of(rulebook).kept(_traced)
    for problem in untraced(quotes, numbers):
        subject, _, says = problem.message.partition(": ")
        yield Flaw("figure not in its section", subject, problem.location, says)


def figures_not_traced(rulebook: Rulebook) -> Iterator[Flaw]:
    """A warning for each source without a table of numbers, with how many figures are taken from it."""
    numbers, quotes = Guideline.of(rulebook).kept(_traced)
    counts = Counter(review for quote in quotes for review in quote.reviews)
    for source, count in counts.items():
        if source not in numbers:
            place = Location(str(rulebook.folder / NUMBERS_FILE))
            yield Flaw("figures not traced", source, place, say("flaw.not_traced", count=count, source=source))
