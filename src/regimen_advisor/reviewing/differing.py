"""Warn where the sources of a rulebook differ: each side is shown to the patients whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import say


def sources_differ(rulebook: Rulebook) -> Iterator[Flaw]:
    """A warning for each point on which two sources differ; of two rules only where some patient meets both."""
    guideline = Guideline.of(rulebook)
    session = None
    for found in guideline.differences:
        difference = found.difference
        if difference.rules:
            session = session or guideline.solver.session(*guideline.effective.values())
            conditions = [
                rulebook.rules[rule].condition if rule in found.overridden else guideline.effective[rule]
                for rule in difference.rules
            ]
            if not session.can([session.encoding.condition(condition) for condition in conditions]):
                continue
        yield Flaw(
            "sources differ", difference.subject, found.location, say("flaw.sources_differ", sentence=difference.says)
        )
