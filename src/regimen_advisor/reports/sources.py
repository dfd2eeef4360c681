"""Write ``sources missing`` as a document."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from regimen_advisor.documents.blocks import Block, Bullets, Heading, Headline, Item, Paragraph
from regimen_advisor.reviewing.source_gaps import Gaps
from regimen_advisor.words.catalogue import joined, say


def document(found: Gaps, *, background: bool) -> Iterator[Block]:
    """The gaps by section; with ``background`` also what is left out, with the reasons."""
    yield Headline(say("sources_check.title"), _summary(found), good=not found.missing)
    for section, gaps in groupby(found.missing, key=lambda gap: gap.section):
        yield Heading(say("sources_check.section", section=section), 3)
        for gap in gaps:
            title = say("sources_check.sentence", number=gap.number)
            if gap.numbers:
                not_quoted = joined(gap.numbers)
                title = say("sources_check.sentence_not_quoted", number=gap.number, figures=not_quoted)
            yield Item(title, (Paragraph(gap.sentence),))
    if background:
        yield Heading(say("sources_check.left_out_title"), 3)
        reasons = (
            say("sources_check.reason", section=gap.section, number=gap.number, reason=reason)
            for gap, reason in found.background
        )
        yield Bullets(tuple(reasons))


def _summary(found: Gaps) -> str:
    missing = say("sources_check.sentences", count=len(found.missing))
    summary = say(
        "sources_check.summary",
        source=found.source,
        sentences=say("sources_check.sentences", count=found.sentences),
        missing=missing if found.missing else say("sources_check.no_sentence"),
    )
    return f"{summary}{say('sources_check.left_out', count=len(found.background)) if found.background else ''}"
