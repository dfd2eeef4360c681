"""Write ``advise`` as markdown, with everything on each option; with ``details`` each study behind it too."""

from __future__ import annotations

from collections.abc import Sequence

from regimen_advisor.advice import Advice
from regimen_advisor.documents.markdown import markdown
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.reading import Patient
from regimen_advisor.reports.advice_document import WHOLE, document
from regimen_advisor.reports.depth import PLAIN, Depth
from regimen_advisor.reports.screen import screen


def render_advice(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    depth: Depth = PLAIN,
) -> str:
    """The advice for each patient, nothing of it cut; ``depth`` as in the text."""
    written = (
        markdown(document(screen(advice, rulebook, patient, depth, cut=False), WHOLE, depth))
        for advice, patient in zip(advices, patients, strict=True)
    )
    return "\n---\n\n".join(written)
