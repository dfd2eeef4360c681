"""Keep the place that the model of an explanation had; it is in ``regimen_advisor.explanation``."""

from __future__ import annotations

from regimen_advisor.explanation import Explanation

__all__ = ["Explanation"]
