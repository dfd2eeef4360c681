"""Write ``advise`` as plain text: the fullest form that fits a screen, or the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from regimen_advisor.advice import Advice
from regimen_advisor.documents.text import WIDTH, Line, lines_of, plain
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.reading import Patient
from regimen_advisor.reports.advice_document import FORMS, TIGHT, WHOLE, Form, document
from regimen_advisor.reports.depth import PLAIN, Depth
from regimen_advisor.reports.screen import Screen, screen

SCREEN_LINES = (60, 80)
"""What a screen takes of a plain patient, and of one with more options or less known."""


def render_advice(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    depth: Depth = PLAIN,
    *,
    width: int = WIDTH,
) -> str:
    """The advice for each patient, one after the other; see ``lines``."""
    return plain(lines(advices, rulebook, patients, depth, width=width))


def lines(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    depth: Depth = PLAIN,
    *,
    width: int = WIDTH,
) -> list[Line]:
    """The advice as lines, each patient as fully as a screen has room for, or as ``depth`` asks."""
    written: list[Line] = []
    for advice, patient in zip(advices, patients, strict=True):
        if written:
            written += [Line(""), Line("=" * width), Line("")]
        shown, form = screen(advice, rulebook, patient, depth), WHOLE
        if not depth.details:
            fitting = _fitting(shown, depth, width, FORMS, SCREEN_LINES)
            if fitting is None:
                shown = screen(advice, rulebook, patient, depth, cut_rows=False)
                fitting = _fitting(shown, depth, width, TIGHT, SCREEN_LINES[-1:])
            form = fitting or TIGHT[-1]
        written += lines_of(document(shown, form, depth), width)
    return written


def _fitting(shown: Screen, depth: Depth, width: int, forms: Sequence[Form], limits: Sequence[int]) -> Form | None:
    """The fullest of these forms that fits a screen, or else a longer screen; nothing where none does.

    Why the others are not indicated is asked for as an extra, so that this costs no room. Neither does what is about
    the sources themselves, where they differ and what a pack changed: it must not push the options out.
    """
    alone = replace(depth, everything=False)
    counted = replace(shown, differ=(), changed=())

    @cache
    def length(form: Form) -> int:
        return len(lines_of(document(counted, form, alone), width))

    return next((form for limit in limits for form in forms if length(form) <= limit), None)
