"""Write what the answer to a question decides: standards, options, evidence, or only a caution."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.advice import Advice, Missing
from regimen_advisor.language.standings import Standing
from regimen_advisor.wording import listed

MOST_NAMES = 3
TITLE = "What to ask or test next"
FIRST_TITLE = "What to ask or test first"
"""Where so little is known that the questions come before the options."""


def decides_words(missing: Missing, advice: Advice) -> str:
    """``Decides what the standard is; whether ivonescimab is offered``, as a sentence."""
    titles = {standard.rule: standard.title for standard in advice.standards}
    names = {option.regimen: option.name for option in advice.options}
    waiting = len(advice.of(Standing.UNDETERMINED))
    parts = []
    if len(missing.standards) == 1:
        parts.append(f"whether this is the standard: {titles[missing.standards[0]]}")
    elif missing.standards:
        parts.append("what the standard is")
    if missing.options:
        parts.append(f"whether {_named(missing.options, names, waiting)} {_are(missing.options)} offered")
    if missing.evidence:
        parts.append(f"the evidence for {_named(missing.evidence, names, len(missing.evidence))}")
    return f"Decides {'; '.join(parts)}." if parts else "Can only bring a caution."


def _named(regimens: Sequence[str], names: dict[str, str], all_of_them: int) -> str:
    if len(regimens) <= MOST_NAMES:
        return listed((names[regimen] for regimen in regimens), "or")
    return f"all {all_of_them} that wait" if len(regimens) == all_of_them else f"{len(regimens)} of {all_of_them}"


def _are(regimens: Sequence[str]) -> str:
    return "is" if len(regimens) <= MOST_NAMES else "are"
