"""Choose the warnings that the last folder of a stack, a pack, is responsible for."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.language.conditions import AnyOf
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.reviewing.warnings import options_unless_failed, warnings_of


def of_last_folder(warnings: Sequence[Flaw], rulebook: Rulebook) -> list[Flaw]:
    """The warnings of a stack that are not there without its last folder.

    The patients without an option are put in other words where a pack offers something to some of them. Such a warning
    counts for the pack only where it is about a patient to whom the folders before it offer something.
    """
    before = load_rulebook(rulebook.folders[:-1], rulebook.day)
    known = {(flaw.kind, flaw.subject, flaw.says) for flaw in warnings_of(before)}
    return [
        flaw
        for flaw in warnings
        if (flaw.kind, flaw.subject, flaw.says) not in known and not _had_no_option(flaw, rulebook, before)
    ]


def _had_no_option(flaw: Flaw, rulebook: Rulebook, before: Rulebook) -> bool:
    """Whether a warning is about patients of whom none has an option in the folders before either."""
    if flaw.patients is None:
        return False
    offered = AnyOf(tuple(options_unless_failed(before, flaw.subject)))
    session = Guideline.of(rulebook).solver.session(flaw.patients, offered)
    return not session.can([session.encoding.condition(condition) for condition in (flaw.patients, offered)])
