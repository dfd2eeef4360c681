"""Find the rules that decide where a regimen belongs, and what to show of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from regimen_advisor.advice import Option, Reason
from regimen_advisor.explaining.arguments import written_in
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.standings import Standing


class Deciding(Record):
    """A rule that decides where a regimen belongs."""

    rule: str = Field(description="id of the rule")
    effect: Literal["offer", "exclude", "caution"] = Field(description="what the rule does where it holds")
    state: Literal["met", "not met", "unknown"] = Field(description="whether the rule holds for this patient")
    says: str = Field(description="the rule in one sentence")
    cited: str = Field(description="source and section: XY 4.1; of a caution from elsewhere, that it is from elsewhere")
    written_in: str = Field(description="file and line of the rule")
    not_met: tuple[str, ...] = Field((), description="what the rule asks for and the patient does not meet")
    unknown: tuple[str, ...] = Field((), description="what the rule asks for and is not known")


def deciding_of(option: Option, rulebook: Rulebook) -> Iterator[Deciding]:
    """The rules that decide the standing of an option."""
    match option.standing:
        case Standing.OFFERED | Standing.OFFERED_WITH_CAUTION:
            for name in option.rules:
                yield _deciding(rulebook.rules[name], rulebook, "met")
            for caution in option.cautions:
                if caution.state == "holds" and caution.kind != "measure":
                    yield _deciding(rulebook.rules[caution.rule], rulebook, "met")
        case Standing.EXCLUDED:
            yield from (
                _of(reason, rulebook)
                for reason in option.reasons
                if reason.effect == "exclude" and reason.state == "met"
            )
        case Standing.UNDETERMINED:
            yield from (_of(reason, rulebook) for reason in option.reasons if reason.state != "not met")
        case Standing.NOT_INDICATED:
            nearest = min(option.reasons, key=lambda reason: len(reason.not_met), default=None)
            yield from (_of(reason, rulebook) for reason in (nearest,) if reason is not None)


def _of(reason: Reason, rulebook: Rulebook) -> Deciding:
    rule = rulebook.rules[reason.rule]
    return _deciding(rule, rulebook, reason.state).model_copy(
        update={"not_met": reason.not_met, "unknown": reason.unknown}
    )


def _deciding(rule: Rule, rulebook: Rulebook, state: Literal["met", "not met", "unknown"]) -> Deciding:
    return Deciding(
        rule=rule.id,
        effect=rule.effect.value,  # type: ignore[arg-type]  # of a regimen only these three speak
        state=state,
        says=rule.says,
        cited=cited(rule, rulebook),
        written_in=written_in(rule.location, rulebook),
    )


def cited(rule: Rule, rulebook: Rulebook) -> str:
    """Source and section of a rule; for knowledge from outside the sources, that it is from there."""
    place = rulebook.citations.cite(rule.source)
    return f"{place}, {rulebook.source_names.outside}, {rule.certainty}" if rule.is_outside else place


def place(rule: Rule, rulebook: Rulebook) -> str:
    """``[XY 4.1, no-bevacizumab-in-squamous-disease]``."""
    return f"[{cited(rule, rulebook)}, {rule.id}]"
