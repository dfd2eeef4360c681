"""Choose how much of an answer is shown: the same three choices in every format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Depth:
    """How much is shown; with none of these, what a tumour board needs.

    ``brief`` ends after the options at a glance, ``details`` adds each study behind an option whole, ``everything``
    adds why each other regimen is not indicated.
    """

    brief: bool = False
    details: bool = False
    everything: bool = False


PLAIN = Depth()
