"""Warn of silences that another source ends, for some patients or for all."""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.words.catalogue import say


def silences_ended(rulebook: Rulebook) -> Iterator[Flaw]:
    """A warning for each silence and each rule that offers what the silence is about, at the rule.

    The silence is *narrowed* where it still holds for some patient, and else *withdrawn*.
    """
    guideline, places, session = Guideline.of(rulebook), rulebook.citations, None
    for silence in rulebook.of(Effect.SILENT):
        enders = [rule for rule in rulebook.of(Effect.OFFER) if ends(rule, silence, rulebook)]
        if not enders:
            continue
        session = session or guideline.solver.session(*guideline.effective.values())
        still = session.can([session.encoding.condition(guideline.effective[silence.id])])
        for rule in enders:
            name = rulebook.regimens[rule.subject].name
            place = places.cite(rule.source)
            says = say(
                "flaw.silence_narrowed" if still else "flaw.silence_withdrawn",
                title=silence.subject,
                rule=rule.id,
                regimen=name,
                place=place,
            )
            yield Flaw("silence ended", silence.id, rule.location, says)


def ends(rule: Rule, silence: Rule, rulebook: Rulebook) -> bool:
    """Whether an offer is of a regimen that a silence is about, so that the silence does not count where it holds."""
    regimen = rulebook.regimens[rule.subject]
    return silence.about is not None and silence.about.meets(regimen, rulebook.formulary)
