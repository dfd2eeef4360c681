"""Model a fault or a warning: what is wrong with a rulebook, where, and a profile that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regimen_advisor.files.errors import Location

FaultKind = Literal[
    "unreachable rule", "constant condition", "subsumed rule", "regimen always excluded", "equal rules",
    "idle override", "never used", "figure not in its section",
]  # fmt: skip
WarningKind = Literal[
    "outdated manifest",
    "figures not traced",
    "sources differ",
    "silence ended",
    "hole between options",
    "no option",
    "judged less exactly",
]

MEANINGS: Mapping[str, str] = {
    "unreachable rule": "no patient meets the condition, or wherever one does another rule overrides it",
    "constant condition": "a test, or a group of tests, that every patient meets or none",
    "subsumed rule": "another rule with the same effect and studies holds wherever this one does",
    "equal rules": "two rules that differ in name only",
    "regimen always excluded": "everyone the regimen is offered to is excluded",
    "idle override": "no patient meets both the rule that overrides and the one that is overridden",
    "never used": "nothing uses this finding, study, regimen, drug or class",
    "figure not in its section": "the source does not print this number, with this unit, in the section that is named",
    "outdated manifest": "the manifest counts other rules, or is of other files, than those next to it",
    "figures not traced": "no table of numbers is at hand for a source that figures are taken from",
    "sources differ": "two sources give other figures or populations for one study, or one offers what one excludes",
    "silence ended": "a source offers what a silence is about, so that the silence no longer counts there",
    "hole between options": "with a number in the middle there is no option, with lower and with higher ones there is",
    "no option": "a setting in which nothing is offered",
    "judged less exactly": "judged condition by condition the regimen is undetermined, though its standing is sure",
}
"""What each kind of flaw means, in the order in which they are looked for."""


@dataclass(frozen=True)
class Flaw:
    """A fault or warning: what is wrong with ``subject``, where, and (where one can show it) a profile."""

    kind: FaultKind | WarningKind
    subject: str
    location: Location
    says: str
    witness: Mapping[str, Any] | None = None
