"""Name the headings that the reports of ``advise`` and ``explain`` share."""

from __future__ import annotations

from regimen_advisor.language.standings import Standing
from regimen_advisor.words.catalogue import say

DIFFER = say("advice.differ")
CHANGED = say("advice.changed")
TITLES = {standing: say(f"standing_title.{standing}") for standing in Standing}
