"""Define the standings of a regimen for a patient, and the table that gives them from three truths."""

from __future__ import annotations

from enum import StrEnum

from regimen_advisor.language.values import Truth


class Standing(StrEnum):
    """Whether a regimen is offered to a patient; the standings in the order in which they are shown."""

    OFFERED = "offered"
    OFFERED_WITH_CAUTION = "offered-with-caution"
    UNDETERMINED = "undetermined"
    EXCLUDED = "excluded"
    NOT_INDICATED = "not-indicated"

    @property
    def is_offered(self) -> bool:
        """Offered, with or without caution."""
        return self in (Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)


def standing_of(offer: Truth, exclusion: Truth, caution: Truth) -> Standing:
    """The node-by-node table: the standing that three truths allow.

    It never says more than is known, but it may say ``undetermined`` or ``excluded`` where the exact standing over
    all completions of the patient is settled further; see ``solving.solver``.
    """
    if offer is Truth.FALSE:
        return Standing.NOT_INDICATED
    if exclusion is Truth.TRUE:
        return Standing.EXCLUDED
    if offer is Truth.TRUE and exclusion is Truth.FALSE:
        return Standing.OFFERED_WITH_CAUTION if caution is Truth.TRUE else Standing.OFFERED
    return Standing.UNDETERMINED
