"""Register how answers show themselves in a notebook, since their models know nothing of pages."""

from __future__ import annotations

from regimen_advisor.advice import Advice
from regimen_advisor.explanation import Explanation
from regimen_advisor.guideline import Case
from regimen_advisor.reviewing.comparing import RulebookComparison


def register() -> None:
    """Give ``Advice``, ``Case``, ``Explanation`` and ``RulebookComparison`` what a notebook looks for."""
    Advice._repr_html_ = _advice  # type: ignore[attr-defined]
    Case._repr_html_ = _case  # type: ignore[attr-defined]
    Explanation._repr_html_ = _explanation  # type: ignore[attr-defined]
    RulebookComparison._repr_markdown_ = _comparison  # type: ignore[attr-defined]


def _advice(advice: Advice) -> str:
    from regimen_advisor.reports.html import advice_fragment  # noqa: PLC0415 - only a notebook needs it

    return advice_fragment(advice)


def _case(case: Case) -> str:
    return _advice(case.advice(ask=False))


def _explanation(explanation: Explanation) -> str:
    from regimen_advisor.reports.html import explanation_fragment  # noqa: PLC0415 - only a notebook needs it

    return explanation_fragment(explanation)


def _comparison(comparison: RulebookComparison) -> str:
    from regimen_advisor.documents.writing import rendered  # noqa: PLC0415 - only a notebook needs it
    from regimen_advisor.reports.diff import DiffReport, document  # noqa: PLC0415 - only a notebook needs it

    report = DiffReport(comparison, comparison.old.version, comparison.new.version)
    return rendered(document(report), "markdown", below=2)
