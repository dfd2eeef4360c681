"""Turn what a verb found into workflow commands of GitHub, which appear at their line in a pull request.

``sarif`` prints the same findings in another form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from regimen_advisor.files.errors import Location, printable
from regimen_advisor.reports.places import here
from regimen_advisor.words.catalogue import CATALOGUE

AnnotationLevel = Literal["error", "warning", "notice"]
_KIND_WORDS = CATALOGUE.room("flaw_kind")


@dataclass(frozen=True)
class Annotation:
    """Something found at a place: ``kind`` is its heading, ``subject`` the rule, regimen or case it is about."""

    level: AnnotationLevel
    location: Location
    kind: str
    subject: str
    message: str


def render_github(annotations: Iterable[Annotation]) -> str:
    """One workflow command a line."""
    return "".join(_command(annotation) for annotation in annotations)


def _command(annotation: Annotation) -> str:
    place = {
        "file": here(annotation.location.file),
        "line": annotation.location.line,
        "col": annotation.location.column,
        "title": _KIND_WORDS.get(annotation.kind, annotation.kind),
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
    return f"::{annotation.level} {properties}::{_escaped(annotation.message)}\n"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
