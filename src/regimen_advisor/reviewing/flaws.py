"""Model a fault or a warning: what is wrong with a rulebook, where, and a profile that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regimen_advisor.files.errors import Location
from regimen_advisor.language.conditions import Condition
from regimen_advisor.words.catalogue import CATALOGUE

FaultKind = Literal[
    "unreachable rule", "constant condition", "subsumed rule", "regimen always excluded", "equal rules",
    "idle override", "never used", "figure not in its section",
]  # fmt: skip
WarningKind = Literal[
    "outdated manifest",
    "figures not traced",
    "sources differ",
    "one study twice",
    "silence ended",
    "hole between options",
    "no option",
    "judged less exactly",
]

MEANINGS: Mapping[str, str] = CATALOGUE.room("flaw_meaning")
"""What each kind of flaw means, in the order in which they are looked for."""


@dataclass(frozen=True)
class Flaw:
    """A fault or warning: what is wrong with ``subject``, where, and (where one can show it) a profile."""

    kind: FaultKind | WarningKind
    subject: str
    location: Location
    says: str
    witness: Mapping[str, Any] | None = None
    patients: Condition | None = None
    """Whom it is about, where that is patients without an option."""
