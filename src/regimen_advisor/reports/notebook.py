"""Answers show themselves in a notebook: their models know no page, so the pages are registered here."""

from __future__ import annotations

from regimen_advisor.advice import Advice
from regimen_advisor.explaining.explanation import Explanation


def register() -> None:
    """Give ``Advice`` and ``Explanation`` the HTML that a notebook looks for."""
    Advice._repr_html_ = _advice  # type: ignore[attr-defined]
    Explanation._repr_html_ = _explanation  # type: ignore[attr-defined]


def _advice(advice: Advice) -> str:
    from regimen_advisor.reports.html import advice_fragment  # noqa: PLC0415 - only a notebook needs it

    return advice_fragment(advice)


def _explanation(explanation: Explanation) -> str:
    from regimen_advisor.reports.html import explanation_fragment  # noqa: PLC0415 - only a notebook needs it

    return explanation_fragment(explanation)
