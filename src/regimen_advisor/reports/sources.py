"""Write ``sources missing`` as text and JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import groupby

from regimen_advisor.files.errors import counted
from regimen_advisor.reviewing.source_gaps import Gaps, as_json

_WIDTH = 80


def render_json(found: Gaps) -> str:
    """The gaps as JSON."""
    return json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n"


def render_text(found: Gaps, *, background: bool) -> str:
    """The gaps by section; with ``background`` also what is left out, with the reasons."""
    return "\n".join([*_missing(found), *(_background(found) if background else ())]) + "\n"


def _missing(found: Gaps) -> Iterator[str]:
    left_out = f"{counted(len(found.background), 'sentence')} left out with a reason" if found.background else ""
    how_many = counted(len(found.missing), "sentence") if found.missing else "no sentence"
    yield f"{found.source}: {counted(found.sentences, 'sentence')}, {how_many} missing" + (
        f", {left_out}" if left_out else ""
    )
    for section, gaps in groupby(found.missing, key=lambda gap: gap.section):
        yield f"\nSection {section}"
        for gap in gaps:
            numbers = f" (not quoted: {', '.join(gap.numbers)})" if gap.numbers else ""
            yield f"  sentence {gap.number}{numbers}"
            yield from textwrap.wrap(gap.sentence, _WIDTH, initial_indent="    ", subsequent_indent="    ")


def _background(found: Gaps) -> Iterator[str]:
    yield "\nLeft out with a reason"
    for gap, reason in found.background:
        yield f"  {gap.section}, sentence {gap.number}: {reason}"
