"""Write what the answer to a question decides: standards, options, evidence, or only a caution."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.advice import Advice, Missing
from regimen_advisor.language.standings import Standing
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say

MOST_NAMES = 3
TITLE = say("questions.title")
FIRST_TITLE = say("questions.first_title")
"""Where so little is known that the questions come before the options."""


def decides_words(missing: Missing, advice: Advice, *, options_apart: bool = False) -> str:
    """``Decides what the standard is; whether ivonescimab is offered``, as a sentence.

    With ``options_apart`` other parts name the options that wait; empty where nothing else is decided.
    """
    titles = {standard.rule: standard.title for standard in advice.standards}
    names = {option.regimen: option.name for option in advice.options}
    waiting = len(advice.of(Standing.UNDETERMINED))
    parts = []
    if len(missing.standards) == 1:
        parts.append(say("decides.one_standard", standard=titles[missing.standards[0]]))
    elif missing.standards:
        parts.append(say("decides.standards"))
    if missing.options and not options_apart:
        options = _named(missing.options, names, waiting)
        is_named = len(missing.options) <= MOST_NAMES
        parts.append(say("decides.option", options=options) if is_named else say("decides.options", options=options))
    if missing.evidence:
        parts.append(say("decides.evidence", options=_named(missing.evidence, names, len(missing.evidence))))
    if not parts:
        return "" if missing.options else say("decides.only_caution")
    return say("decides.sentence", parts=joined(parts, "lists"))


def _named(regimens: Sequence[str], names: dict[str, str], all_of_them: int) -> str:
    if len(regimens) <= MOST_NAMES:
        return listed((names[regimen] for regimen in regimens), "or")
    if len(regimens) == all_of_them:
        return say("decides.all", number=all_of_them)
    return say("decides.some", number=len(regimens), all=all_of_them)
