"""Choose what an answer shows first: what holds for every option, once instead of under each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from regimen_advisor.advice import Caution, First, Option, Statement
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.standings import Standing

_Sentence = tuple[Literal["holds", "open"], str]  # whether it holds, and what it says
_Cautions = dict[_Sentence, list[Caution]]


def placed_first(
    options: Iterable[Option],
    standards: Iterable[Statement],
    statements: Mapping[Effect, Iterable[Statement]],
    rulebook: Rulebook,
) -> tuple[First, ...]:
    """What is shown before the options: cautions that hold for all of them, notes and silences, cautions still open.

    A rule asks for this place with ``place: first``. A caution gets it where every option that is offered or waits
    carries it, by whichever rule; one about the patient that holds for all of several offers gets it too, after the
    notes unless a rule asks for it. Where there is no option, the standards that hold are what it is about.
    """
    shown: Sequence[Option | Statement] = [
        option for option in options if option.standing.is_offered or option.standing is Standing.UNDETERMINED
    ]
    shown = shown or [standard for standard in standards if standard.state == "holds"]
    carried = [_by_sentence(option) for option in shown]
    by_offers = [
        cautions
        for option, cautions in zip(shown, carried, strict=True)
        if isinstance(option, Option) and option.standing.is_offered
    ]
    of_all = _carried_by_all(carried, carried)
    of_offers = _carried_by_all(by_offers, carried) if len(by_offers) > 1 else {}
    held = [caution for caution in (of_offers or of_all).values() if caution.state == "holds"]

    def is_asked(caution: First) -> bool:
        return any(rulebook.rules[rule].is_first for rule in caution.rules)

    found = [
        *(caution for caution in held if is_asked(caution)),
        *(
            _of_statement(statement, effect)
            for effect, several in statements.items()
            for statement in several
            if rulebook.rules[statement.rule].is_first
        ),
        *(held if of_offers else ()),
        *(caution for caution in of_all.values() if caution.state == "open" and is_asked(caution)),
    ]
    once: dict[_Sentence, First] = {}
    for first in found:
        once.setdefault((first.state, first.says), first)
    return tuple(once.values())


def _carried_by_all(several: Sequence[_Cautions], shown: Sequence[_Cautions]) -> dict[_Sentence, First]:
    """Each caution that all of ``several`` options carry, with the rules by which any of those ``shown`` does."""
    return {
        sentence: _of_cautions([caution for cautions in shown for caution in cautions.get(sentence, ())])
        for sentence in (several[0] if several else ())
        if all(sentence in cautions for cautions in several)
    }


def _by_sentence(option: Option | Statement) -> _Cautions:
    """The cautions of an option that are about the patient."""
    found: dict[_Sentence, list[Caution]] = {}
    for caution in option.cautions:
        if caution.kind == "patient":
            found.setdefault((caution.state, caution.says), []).append(caution)
    return found


def _of_cautions(cautions: Sequence[Caution]) -> First:
    first = min(cautions, key=lambda caution: caution.rule)
    return First(
        rules=tuple(sorted({caution.rule for caution in cautions})),
        effect="caution",
        says=first.says,
        basis=first.basis,
        certainty=first.certainty,
        source=first.source,
        state=first.state,
        depends_on=tuple(sorted({key for caution in cautions for key in caution.depends_on})),
        errata=first.errata,
    )


def _of_statement(statement: Statement, effect: Effect) -> First:
    return First(
        rules=(statement.rule,),
        effect="note" if effect is Effect.NOTE else "silent",
        title=statement.title,
        says=statement.says,
        basis=statement.basis,
        certainty=statement.certainty,
        source=statement.source,
    )
