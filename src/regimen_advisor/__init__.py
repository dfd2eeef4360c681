"""Rule-based treatment options for advanced lung cancer, for teaching and for testing guideline logic.

>>> import regimen_advisor
>>> advice = regimen_advisor.advise_file("profiles/egfr-l858r-after-osimertinib.yaml")
>>> advice.options[0].standing.value
'offered'
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from regimen_advisor.advice import Advice, Option
    from regimen_advisor.advising import advise
    from regimen_advisor.files.errors import DisagreementError, InputError, RegimenAdvisorError
    from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
    from regimen_advisor.language.standings import Standing
    from regimen_advisor.patient.profile import Profile, read_profile
    from regimen_advisor.patient.reading import Patient, read

__all__ = [
    "Advice", "DisagreementError", "InputError", "Option", "Patient", "Profile", "RegimenAdvisorError", "Rulebook",
    "Standing", "advise", "advise_file", "load_rulebook", "read", "read_profile",
]  # fmt: skip

# Read when first asked for: `import regimen_advisor` alone costs nothing.
_HOMES = {
    "Advice": "advice", "Option": "advice", "advise": "advising", "DisagreementError": "files.errors",
    "InputError": "files.errors", "RegimenAdvisorError": "files.errors", "Profile": "patient.profile",
    "read_profile": "patient.profile", "Patient": "patient.reading", "read": "patient.reading",
    "Rulebook": "knowledge.rulebook", "load_rulebook": "knowledge.rulebook", "Standing": "language.standings",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "IPython" in sys.modules:
        import_module(f"{__name__}.reports.notebook").register()
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def advise_file(path: str | Path, rules: str | Path | None = None) -> Advice:
    """What the rules (those that ship with the package if left out) say of the patient in a profile file.

    Raises ``InputError`` for a profile or rules that cannot be read, ``DisagreementError`` if two engines differ.
    """
    from regimen_advisor.advising import advise  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.patient.profile import read_profile  # noqa: PLC0415
    from regimen_advisor.patient.reading import read  # noqa: PLC0415

    if "IPython" in sys.modules:
        import_module(f"{__name__}.reports.notebook").register()
    rulebook = load_rulebook(rules)
    profile, document = read_profile(path)
    return advise(read(profile, rulebook.domain, document), rulebook)
