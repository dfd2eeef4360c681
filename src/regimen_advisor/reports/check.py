"""``check`` as text and JSON: ``file:line: what is wrong``, as editors and compilers write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from regimen_advisor.documents.json import as_json
from regimen_advisor.patient.profile_yaml import profile_lines
from regimen_advisor.reviewing.checking import Checked
from regimen_advisor.reviewing.flaws import Flaw

MOST_OF_A_KIND = 12
"""How many warnings of one kind are printed as text; the rest is counted."""


def render_text(checked: Checked) -> str:
    """The faults with their witnesses, the warnings, and how many there are of each."""
    lines = [line for flaw in checked.faults for line in _flaw(flaw, "fault", witness=True)]
    for kind in dict.fromkeys(flaw.kind for flaw in checked.warnings):
        found = [flaw for flaw in checked.warnings if flaw.kind == kind]
        for flaw in found[:MOST_OF_A_KIND]:
            lines += _flaw(flaw, "warning", witness=flaw.kind != "no option")
        if len(found) > MOST_OF_A_KIND:
            lines.append(f"and {len(found) - MOST_OF_A_KIND} more warnings of {kind}; --format json lists them all")
    return "\n".join([*lines, summary(checked)]) + "\n"


def summary(checked: Checked) -> str:
    """How much was looked at, and how much was found."""
    rulebook = checked.rulebook
    looked = f"{len(rulebook.rules)} rules, {len(rulebook.findings)} findings, {len(rulebook.regimens)} regimens"
    return f"{looked}: {_count(checked.faults, 'fault')}, {_count(checked.warnings, 'warning')}."


def _count(found: Sequence[Flaw], word: str) -> str:
    return f"{len(found) or 'no'} {word}{'' if len(found) == 1 else 's'}"


def _flaw(flaw: Flaw, level: str, *, witness: bool) -> Iterator[str]:
    place = f"{flaw.location.file}:{flaw.location.line}" if flaw.location.line else flaw.location.file
    yield f"{place}: {level}: {flaw.subject}: {flaw.says}"
    if witness and flaw.witness is not None:
        yield from (f"    {line}" for line in profile_lines(flaw.witness))


def render_json(checked: Checked) -> str:
    """Everything found, with the digest of the rulebook."""
    return as_json(
        {
            "schema_version": "1",
            "rulebook": {"version": checked.rulebook.version, "digest": checked.rulebook.digest},
            "faults": [_data(flaw) for flaw in checked.faults],
            "warnings": [_data(flaw) for flaw in checked.warnings],
        }
    )


def _data(flaw: Flaw) -> dict[str, Any]:
    return {
        "kind": flaw.kind,
        "subject": flaw.subject,
        "file": flaw.location.file,
        "line": flaw.location.line,
        "says": flaw.says,
        "witness": flaw.witness,
    }
