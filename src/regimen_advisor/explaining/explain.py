"""Explain why an option is offered or not, what would change it, and what to ask or test next.

Everything here is a reading of the same rules that ``advise`` judges; nothing is written for one rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regimen_advisor.advice import Advice, Option, ProfileName, RulebookName
from regimen_advisor.differing import shown_to
from regimen_advisor.explaining.arguments import Arguments
from regimen_advisor.explaining.asking import changes_to, questions_about, questions_of_patient
from regimen_advisor.explanation import Argument, Clause, Explanation, Known, OptionExplained, Questions
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.facts import Fact
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.regimen_names import regimen_named
from regimen_advisor.replaced import reported_changes
from regimen_advisor.wording import listed
from regimen_advisor.words.catalogue import joined, say


def explain(patient: Patient, rulebook: Rulebook, regimens: Iterable[str] = ()) -> Explanation:
    """Explain the standing of each option for ``patient``.

    The regimens named (by id or name) are explained in full; without any, each option gets a short paragraph. Raises
    ``InputError`` for an unknown regimen and ``DisagreementError`` if two engines differ.
    """
    return explanation_of(Guideline.of(rulebook).case(patient), regimens)


def explanation_of(case: Case, regimens: Iterable[str] = ()) -> Explanation:
    """Explain the standing of each option of ``case``; see ``explain``."""
    names = [regimen_named(word, case.guideline.rulebook) for word in regimens]
    if not names:
        return _with_questions(_of_every_option(case, case.advice(ask=False), arguments=False), case)
    explainer = _Explainer(case)
    explained = explainer.explanation([explainer.whole(name) for name in names])
    if not (case.guideline.differences or case.guideline.bearings):
        return explained
    return _with_sources(explained, case.advice(ask=False), case)


def explain_all(patient: Patient, rulebook: Rulebook, advice: Advice) -> Explanation:
    """Every option of ``advice`` with the rules for and against it, but not what would change it: that takes longer."""
    return _of_every_option(Guideline.of(rulebook).case(patient), advice, arguments=True)


def _of_every_option(case: Case, advice: Advice, *, arguments: bool) -> Explanation:
    explainer = _Explainer(case)
    explained = explainer.explanation([explainer.brief(option, arguments=arguments) for option in advice.options])
    return explained.model_copy(update={"differences": advice.differences, "changes": advice.changes})


def _with_sources(explained: Explanation, advice: Advice, case: Case) -> Explanation:
    """Where the sources differ on the regimens explained, and what packs changed that bears on them.

    What only bears on the patient as a whole, a standard or a note, is left to ``advise``.
    """
    names = {option.regimen for option in explained.options}
    about = advice.model_copy(
        update={
            "options": tuple(option for option in advice.options if option.regimen in names),
            "standards": (), "notes": (), "silent": (), "trials": (),
        },
    )  # fmt: skip
    return explained.model_copy(
        update={
            "differences": shown_to(about.options, case.guideline.differences, case.is_met),
            "changes": reported_changes(about, case.guideline.bearings, case.patient),
        }
    )


def _with_questions(explained: Explanation, case: Case) -> Explanation:
    """What to ask about the patient as a whole, and by option the smallest sets of questions that settle it."""
    found, wording = case.questions(), case.guideline.wording
    options = tuple(
        option.model_copy(update={"questions": Questions(sets=found.by_regimen.get(option.regimen, ()))})
        for option in explained.options
    )
    return explained.model_copy(update={"options": options, "questions": questions_of_patient(found, wording)})


class _Explainer:
    def __init__(self, case: Case) -> None:
        self.case, self.patient, self.rulebook = case, case.patient, case.guideline.rulebook
        self.solver, self.wording = case.guideline.solver, case.guideline.wording
        self.arguments = Arguments(self.patient, self.rulebook, case.truths, tuple(case.settling.questions))

    def explanation(self, options: Iterable[OptionExplained]) -> Explanation:
        """The whole explanation: the options, the patient, the rulebook and the engines."""
        patient, rulebook = self.patient, self.rulebook
        return Explanation(
            rulebook=RulebookName.of(rulebook),
            engines=self.case.engines,
            profile=ProfileName(id=patient.id, summary=patient.summary, notes=patient.notes),
            known=self.known(),
            options=tuple(options),
        )

    def known(self) -> tuple[Known, ...]:
        return tuple(
            Known(
                fact=name,
                label=fact.label,
                value=self.wording.value(name, self.patient.facts[name]),
                fixed=fact.permanence == "fixed",
            )
            for name, fact in self.rulebook.domain.facts.items()
            if self._is_shown(name, fact)
        )

    def _is_shown(self, name: str, fact: Fact) -> bool:
        """Whether it is known and worth showing; of the facts of a history only those that sum it up are."""
        shown = fact.summary is not None if fact.permanence == "treatment" else name in self.patient.given
        return (shown or name == "disease") and self.patient.facts[name] != fact.unknown

    # One option -----------------------------------------------------------------------------------------------

    def brief(self, option: Option, *, arguments: bool) -> OptionExplained:
        found = self.arguments.collected(self.case.guideline.regimens[option.regimen])
        explained = self._explained(option.regimen, option.standing, found, option.depends_on)
        return explained.model_copy(update={"arguments": found}) if arguments else explained

    def whole(self, name: str) -> OptionExplained:
        arguments = self.arguments.collected(self.case.guideline.regimens[name])
        standing = self.case.standings[name]
        waits = self.case.settling.depends_on(name) if standing is Standing.UNDETERMINED else ()
        explained = self._explained(name, standing, arguments, waits)
        asked = questions_about(self.case.questions(name), name, self.wording)
        changes = changes_to(self.solver, self.patient, name, standing, self.wording)
        return explained.model_copy(update={"arguments": arguments, "questions": asked, **changes})

    def _explained(
        self, name: str, standing: Standing, arguments: Sequence[Argument], waits: Sequence[str]
    ) -> OptionExplained:
        regimen = self.rulebook.regimens[name]
        asks = list(map(QuestionNames.of(self.patient, self.rulebook.domain).name_of, waits))
        return OptionExplained(
            regimen=name,
            name=regimen.name,
            standing=standing,
            summary=summary(regimen.name, standing, arguments, asks),
        )


# One paragraph an option ---------------------------------------------------------------------------------------------


def summary(name: str, standing: Standing, arguments: Sequence[Argument], asks: Sequence[str]) -> str:
    """Why the option has its standing, in a few sentences, each with its source."""
    verdict = say(f"verdict.{standing}", option=f"{name[0].upper()}{name[1:]}")
    sentence = say("summary.verdict", verdict=verdict)
    offers = [argument for argument in arguments if argument.effect == "offer"]
    cautions = [argument for argument in arguments if argument.effect == "caution" and argument.kind != "measure"]
    match standing:
        case Standing.OFFERED | Standing.OFFERED_WITH_CAUTION:
            reasons = _cited(offers, "met") or [say("summary.some_rule")]
            against = _cited(cautions, "met")
            before = _cited([argument for argument in arguments if argument.kind == "measure"], "met")
            against = [say("summary.against"), *against] if against else []
            before = [say("summary.before"), *before] if before else []
            return " ".join([sentence, *reasons, *against, *before])
        case Standing.UNDETERMINED:
            waits = say("summary.waits", questions=listed(asks))
            return " ".join([sentence, *_cited(offers, "met", "unknown"), waits])
        case Standing.EXCLUDED:
            exclusions = [argument for argument in arguments if argument.effect == "exclude"]
            return " ".join([sentence, *_cited(exclusions, "met")])
        case Standing.NOT_INDICATED:
            return say("summary.nearest", verdict=verdict, reason=_nearest(offers))


def _cited(arguments: Iterable[Argument], *states: str) -> list[str]:
    found = []
    for argument in arguments:
        if argument.state in states:
            place = argument.cited
            if argument.certainty:
                place = say("summary.outside", place=place, outside=argument.outside, certainty=argument.certainty)
            found.append(f"{argument.says} [{place}]")
    return list(dict.fromkeys(found))


def _nearest(offers: Sequence[Argument]) -> str:
    """What keeps the rule with the fewest unmet conditions from holding."""
    if not offers:
        return say("summary.no_rule")
    nearest = min(offers, key=lambda argument: len(unmet(argument)))
    missing = unmet(nearest)
    if not missing:
        return say("summary.not_together")
    key = "summary.only_rule" if len(offers) == 1 else "summary.nearest_rule"
    return say(key, conditions=listed(missing), place=nearest.cited, file=nearest.written_in)


def unmet(argument: Argument) -> list[str]:
    """What a rule asks for and this patient does not meet, in words; a part is not opened further than needed."""
    whole = argument.condition
    parts = whole.parts if whole.joined == "all" else (whole,)
    return [_with_values(part) for part in parts if part.state == "not met"]


def _with_values(clause: Clause) -> str:
    """The clause with what is known of the patient in the facts that keep it from being met."""
    found = dict.fromkeys(leaf.value for leaf in clause.leaves() if leaf.state == "not met" and leaf.value)
    if not found:
        return clause.words
    return say("summary.clause", clause=clause.words, known=joined(found, "lists"))
