"""Expand rules over the drugs of a regimen: declared once in ``each-regimen.yaml``, one rule for each regimen.

``its-drugs`` in a declared condition stands for the drugs and classes of the regimen. Code that judges, tests or
explains a rule sees plain conditions; only messages about the text itself treat the rules of one declaration
as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from regimen_advisor.files.errors import InputError, Problem, near
from regimen_advisor.files.sources import Document, Record, parse_document, read_document, validated
from regimen_advisor.knowledge.regimens import Regimen, Target, TargetItem
from regimen_advisor.knowledge.rules import Id, RuleText, Setting
from regimen_advisor.words.catalogue import say

FILE = "each-regimen.yaml"
ITS_DRUGS = "its-drugs"


class EachRegimenText(Record):
    """A rule over the drugs of a regimen, as written in the file."""

    id: Id = Field(description="begins the id of each rule made of it, before the id of the regimen")
    title: str = Field(description="what a reader sees as the heading of its rules")
    exclude: Literal["each-regimen"] = Field(description="`each-regimen`, those of both diseases")
    except_: tuple[Id, ...] = Field((), alias="except", description="regimens that it leaves out")
    when: dict[str, Any] = Field(
        description="the condition; `its-drugs` stands for the drugs and classes of the regimen"
    )
    says: str = Field(description="the reason in one sentence")


def declared(folder: Path, regimens: Mapping[str, object]) -> tuple[Document, tuple[EachRegimenText, ...]]:
    """The declarations of a rulebook with their file; none where there is no such file.

    Raises ``InputError`` with every problem of the file, but for those of its conditions.
    """
    file = folder / FILE
    if not file.exists() and not file.is_symlink():
        return parse_document("[]", str(file)), ()
    document = read_document(file)
    texts = validated(tuple[EachRegimenText, ...], document)
    if problems := _problems_of(texts, regimens, document):
        raise InputError(problems)
    return document, texts


def _title(text: EachRegimenText, disease: str) -> str:
    """The heading of its rules in one disease."""
    return say("each_regimen.title", title=text.title, disease=say(f"page_disease.{disease}"))


def _problems_of(
    texts: tuple[EachRegimenText, ...], regimens: Mapping[str, object], document: Document
) -> list[Problem]:
    found: list[Problem] = []
    for index, text in enumerate(texts):
        for position, name in enumerate(text.except_):
            if name not in regimens:
                place = document.locate((index, "except", position))
                found.append(Problem(place, say("rule_error.except_unknown", regimen=name), near(name, regimens)))
        if _filled(text.when, ()) == text.when:
            expected = say("rule_error.no_drugs_of_it", key=ITS_DRUGS)
            found.append(Problem(document.locate((index, "when")), say("broken.at_key", key="when", message=expected)))
    return found


def rules_of(text: EachRegimenText, regimens: Mapping[str, Regimen], file: str) -> Iterator[tuple[RuleText, Setting]]:
    """The rule that a declaration is for each regimen, with the setting it belongs to.

    Its source is that of the regimen: where the source speaks of the treatment and of those who took it.
    """
    settings = {
        disease: Setting(f"{disease}/{text.id}", _title(text, disease), disease, file)
        for disease in dict.fromkeys(regimen.disease for regimen in regimens.values())
    }
    for regimen in regimens.values():
        if regimen.id not in text.except_:
            rule = RuleText(
                id=f"{text.id}-{regimen.id}",
                exclude=Target(TargetItem(regimen=regimen.id)),
                when=_filled(text.when, regimen.drug_names),
                source=regimen.source,
                says=text.says,
            )
            yield rule, settings[regimen.disease]


def _filled(value: Any, drugs: tuple[str, ...]) -> Any:
    """The condition with the drugs in the place of their word."""
    match value:
        case dict():
            return {key: _filled(inner, drugs) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, drugs) for inner in value]
        case _:
            return list(drugs) if value == ITS_DRUGS else value
