"""Rule-based treatment options for advanced lung cancer, for teaching and for testing guideline logic.

>>> import regimen_advisor
>>> advice = regimen_advisor.advise("profiles/egfr-l858r-after-osimertinib.yaml")
>>> advice.options[0].standing.value
'offered'

Two nouns:

    Guideline    rules made ready: Guideline.load("rules"), or Guideline.load()
    Case         one patient under a guideline: guideline.case(profile)

Verbs; a patient is a path, a mapping of profile keys, or a Profile:

    advise       every option with its standing, evidence and cautions
    explain      why an option is or is not offered, and what would change it
    compare      all that differs between two guidelines
    judge_table  the standing of every regimen for each row of a frame

Errors are RegimenAdvisorError: InputError says where and what was expected.
One name in full: help(regimen_advisor.advise). More: docs/reference/python.md,
and docs/tutorials/notebook.ipynb to try.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from regimen_advisor.makers import MAKERS

if TYPE_CHECKING:
    from regimen_advisor.advice import Advice, Option
    from regimen_advisor.api import advise, advise_file, compare, explain, judge_table
    from regimen_advisor.explanation import Explanation
    from regimen_advisor.files.errors import DisagreementError, InputError, RegimenAdvisorError
    from regimen_advisor.guideline import Case, Guideline
    from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
    from regimen_advisor.language.standings import Standing
    from regimen_advisor.patient.profile import Profile, read_profile
    from regimen_advisor.patient.reading import Patient, read

__all__ = [
    "Advice", "Case", "DisagreementError", "Explanation", "Guideline", "InputError", "Option", "Patient", "Profile",
    "RegimenAdvisorError", "Rulebook", "Standing", "advise", "advise_file", "compare", "explain", "judge_table",
    "load_rulebook", "read", "read_profile",
]  # fmt: skip

# Read when first asked for: `import regimen_advisor` alone costs nothing.
_HOMES = {
    "Advice": "advice", "Option": "advice", "advise": "api", "advise_file": "api", "compare": "api", "explain": "api",
    "judge_table": "api", "Explanation": "explanation", "DisagreementError": "files.errors",
    "InputError": "files.errors", "RegimenAdvisorError": "files.errors", "Case": "guideline", "Guideline": "guideline",
    "Profile": "patient.profile", "read_profile": "patient.profile", "Patient": "patient.reading",
    "read": "patient.reading", "Rulebook": "knowledge.rulebook", "load_rulebook": "knowledge.rulebook",
    "Standing": "language.standings",
}  # fmt: skip


def _advice(case: Case, *, ask: bool) -> Advice:
    from regimen_advisor.advising import advice_of  # noqa: PLC0415 - read when the first advice is asked for

    return advice_of(case, ask=ask)


def _explanation(case: Case, regimens: list[str]) -> Explanation:
    from regimen_advisor.explaining.explain import explanation_of  # noqa: PLC0415 - as above

    return explanation_of(case, regimens)


# A case knows none of the rooms above it. This module is above them all, and is there before any of them.
MAKERS.update(advice=_advice, explanation=_explanation)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "IPython" in sys.modules:  # an answer then shows itself
        import_module(f"{__name__}.reports.notebook").register()
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names; none for ``help``, which would print every class whole, thousands of lines of it."""
    asking = sys._getframe(1)  # noqa: SLF001 - there is no other way to know who asks
    for _ in range(4):
        if asking.f_globals.get("__name__") == "pydoc":
            return []
        if asking.f_back is None:
            break
        asking = asking.f_back
    return sorted(__all__)
