"""Rule-based treatment options for advanced lung cancer, for teaching and for testing guideline logic.

>>> import regimen_advisor
>>> advice = regimen_advisor.advise("profiles/egfr-l858r-after-osimertinib.yaml")
>>> advice.options[0].standing.value
'offered'

``Guideline`` and ``Case`` are the two nouns; ``advise``, ``explain`` and ``compare`` the verbs. See
docs/reference/python.md.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regimen_advisor.advice import Advice, Option
    from regimen_advisor.api import advise, advise_file, compare, explain, judge_table
    from regimen_advisor.explaining.explanation import Explanation
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
    "judge_table": "api", "Explanation": "explaining.explanation", "DisagreementError": "files.errors",
    "InputError": "files.errors", "RegimenAdvisorError": "files.errors", "Case": "guideline", "Guideline": "guideline",
    "Profile": "patient.profile", "read_profile": "patient.profile", "Patient": "patient.reading",
    "read": "patient.reading", "Rulebook": "knowledge.rulebook", "load_rulebook": "knowledge.rulebook",
    "Standing": "language.standings",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "IPython" in sys.modules:  # an answer then shows itself
        import_module(f"{__name__}.reports.notebook").register()
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
