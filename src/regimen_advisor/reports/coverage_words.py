"""Put into words what cases show of a condition."""

from __future__ import annotations

from collections.abc import Iterator

from regimen_advisor.testing.coverage import Covered
from regimen_advisor.wording import Wording
from regimen_advisor.words.catalogue import joined, say


def percent(share: float) -> str:
    """A share in per cent, rounded down, so that 100.0 % means all."""
    return f"{int(share * 1000) / 10:.1f} %"


def condition_words(covered: Covered, wording: Wording) -> str:
    """The test, and the findings that it is written in."""
    within = covered.occurrence.within
    opened = say("coverage.within", findings=" > ".join(within)) if within else ""
    return f"{wording.atom(covered.occurrence.leaf.atom)}{opened}"


def occurrence_words(covered: Covered, wording: Wording) -> str:
    """The rule, the test, and the findings that it is written in."""
    return f"{covered.occurrence.rule}: {condition_words(covered, wording)}"


def lacking_words(covered: Covered) -> str:
    """What no case shows of an occurrence."""
    values = [truth_words(value) for value in covered.lacking]
    truth = say("coverage.neither", first=values[0], last=values[1]) if len(values) > 1 else values[0]
    return say("coverage.lacking", truth=truth)


def proof_lines(covered: Covered) -> Iterator[str]:
    """Why a condition cannot matter: the value it never has where it decides, and the axioms behind that."""
    for proof in covered.proofs:
        because = joined(proof.axioms, "lists") or say("coverage.repeated")
        yield say("coverage.never", truth=truth_words(proof.value), reason=because)


def truth_words(value: bool) -> str:
    """``true`` or ``false``."""
    return say("truth.true") if value else say("truth.false")
