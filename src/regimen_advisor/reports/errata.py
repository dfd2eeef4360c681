"""Put errata into words: how a trial ended, how certain that is, what follows."""

from __future__ import annotations

from regimen_advisor.advice import Trial
from regimen_advisor.figure_wording import ERRATUM_SIGN
from regimen_advisor.knowledge.publications import Erratum


def ends_of(trial: Trial) -> list[Erratum]:
    """The errata that say how a trial ended."""
    return [erratum for erratum in trial.errata if "result" in erratum.field.split()]


def consequence_of(erratum: Erratum) -> str:
    """What follows from an erratum, and how sure it is."""
    return f"{erratum.consequence.rstrip('.')} ({certainty_of(erratum)})."


def certainty_of(erratum: Erratum) -> str:
    """How sure an erratum is, with its sign."""
    return f"{erratum.certainty}, {ERRATUM_SIGN}{erratum.id}"


def erratum_line(erratum: Erratum) -> str:
    """An erratum in one line: what it concerns, how sure it is, what follows."""
    return f"{erratum.id}, {erratum.field} ({erratum.certainty}): {erratum.consequence}"
