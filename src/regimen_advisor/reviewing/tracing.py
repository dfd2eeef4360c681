"""Check that every figure of a rulebook is printed in the section that it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from regimen_advisor.files.errors import Location, counted
from regimen_advisor.knowledge.figure_audit import NUMBERS_FILE, quoted, section_numbers, untraced
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reviewing.flaws import Flaw


def wrong_figures(rulebook: Rulebook) -> Iterator[Flaw]:
    """A fault for each figure that its section does not print, as far as the table of numbers goes."""
    numbers = section_numbers(*rulebook.folders)
    for problem in untraced(rulebook.studies.values(), rulebook.approvals.values(), numbers):
        subject, _, says = problem.message.partition(": ")
        yield Flaw("figure not in its section", subject, problem.location, says)


def figures_not_traced(rulebook: Rulebook) -> Iterator[Flaw]:
    """A warning for each source without a table of numbers, with how many figures are taken from it."""
    numbers = section_numbers(*rulebook.folders)
    quotes = quoted(rulebook.studies.values(), rulebook.approvals.values())
    counts = Counter(review for quote in quotes for review in quote.reviews)
    for source, count in counts.items():
        if source not in numbers:
            place = Location(str(rulebook.folder / NUMBERS_FILE))
            says = f"{counted(count, 'figure')} of `{source}` cannot be traced: the file has no table of its numbers"
            yield Flaw("figures not traced", source, place, f"{says} (`regimen-advisor sources number` makes it)")
