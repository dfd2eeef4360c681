"""Write what ``check`` and ``test`` found as SARIF 2.1.0, the format that code scanning services take.

A service knows a finding again by its fingerprint. Ours is made of the kind of the finding and the rule (or regimen or
case) it is about, so that a finding stays the same where lines are added above it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from regimen_advisor.documents.json import as_json
from regimen_advisor.files.errors import Location
from regimen_advisor.reports.annotations import Annotation
from regimen_advisor.reports.places import here
from regimen_advisor.reviewing.flaws import MEANINGS
from regimen_advisor.words.catalogue import say

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "regimenAdvisor/v1"
CASE = "expectation not met"
_CASE_MEANING: Mapping[str, str] = {CASE: say("sarif.unmet_meaning")}
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def render_check(annotations: Sequence[Annotation]) -> str:
    """A log with one run of ``check``."""
    return _log("check", MEANINGS, [(annotation.kind, annotation.subject, annotation) for annotation in annotations])


def render_cases(annotations: Sequence[Annotation]) -> str:
    """A log with one run of ``test``: an unmet expectation is identified by the case and its subject."""
    found = [(CASE, f"{annotation.kind}: {annotation.subject}", annotation) for annotation in annotations]
    return _log("test", _CASE_MEANING, found)


def _log(verb: str, meanings: Mapping[str, str], found: Sequence[tuple[str, str, Annotation]]) -> str:
    driver: dict[str, Any] = {"name": "regimen-advisor", "rules": [_rule(*meaning) for meaning in meanings.items()]}
    number = _version()
    if number:
        driver["version"] = number
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"regimen-advisor/{verb}/"},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(list(meanings), found)),
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _version() -> str | None:
    try:
        return version("regimen-advisor")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return None


def rule_id(kind: str) -> str:
    """The id of a kind of finding: ``unreachable-rule``."""
    return kind.replace(" ", "-")


def _rule(kind: str, meaning: str) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in kind.split())
    return {"id": rule_id(kind), "name": name, "shortDescription": {"text": f"{meaning[0].upper()}{meaning[1:]}."}}


def _results(kinds: Sequence[str], found: Iterable[tuple[str, str, Annotation]]) -> Iterable[dict[str, Any]]:
    seen: Counter[tuple[str, str]] = Counter()
    for kind, subject, annotation in found:
        # A rule can have two findings of one kind: the first of them keeps its fingerprint when the second is mended.
        fingerprint = _fingerprint(kind, subject, seen[kind, subject])
        seen[kind, subject] += 1
        yield {
            "ruleId": rule_id(kind),
            "ruleIndex": kinds.index(kind),
            "level": _LEVELS[annotation.level],
            "message": {"text": annotation.message},
            "locations": [{"physicalLocation": _place(annotation.location)}],
            # The second name is the one that GitHub looks for; else it would hash the line and its neighbours.
            "partialFingerprints": {FINGERPRINT: fingerprint, "primaryLocationLineHash": fingerprint},
        }


def _fingerprint(kind: str, subject: str, number: int) -> str:
    digest = hashlib.sha256(f"{kind}\0{subject}".encode()).hexdigest()
    return f"{digest[:32]}:{number + 1}"


def _place(location: Location) -> dict[str, Any]:
    file = here(location.file)
    artifact = (
        {"uri": Path(file).as_uri()}
        if Path(file).is_absolute()
        else {"uri": quote(Path(file).as_posix()), "uriBaseId": "%SRCROOT%"}
    )
    if location.line is None:
        return {"artifactLocation": artifact}
    region = {"startLine": location.line, **({"startColumn": location.column} if location.column else {})}
    return {"artifactLocation": artifact, "region": region}
