"""``sources missing`` as a document."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from regimen_advisor.documents.blocks import Block, Bullets, Heading, Headline, Item, Paragraph
from regimen_advisor.files.errors import counted
from regimen_advisor.reviewing.source_gaps import Gaps


def document(found: Gaps, *, background: bool) -> Iterator[Block]:
    """The gaps by section; with ``background`` also what is left out, with the reasons."""
    yield Headline("Source", _summary(found), good=not found.missing)
    for section, gaps in groupby(found.missing, key=lambda gap: gap.section):
        yield Heading(f"Section {section}", 3)
        for gap in gaps:
            numbers = f" (not quoted: {', '.join(gap.numbers)})" if gap.numbers else ""
            yield Item(f"sentence {gap.number}{numbers}", (Paragraph(gap.sentence),))
    if background:
        yield Heading("Left out with a reason", 3)
        yield Bullets(tuple(f"{gap.section}, sentence {gap.number}: {reason}" for gap, reason in found.background))


def _summary(found: Gaps) -> str:
    left_out = f", {counted(len(found.background), 'sentence')} left out with a reason" if found.background else ""
    how_many = counted(len(found.missing), "sentence") if found.missing else "no sentence"
    return f"{found.source}: {counted(found.sentences, 'sentence')}, {how_many} missing{left_out}"
