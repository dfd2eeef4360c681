"""Write what to ask or test next: about one option, and about the patient as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regimen_advisor.explanation import Answer, Explanation, OptionExplained, Question
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.wording import listed, standing_words
from regimen_advisor.words.catalogue import joined, say

TO_ASK = say("questions.title")
MOST_NAMED = 2
"""Options named after an answer; more are counted."""


def question_lines(option: OptionExplained, names: QuestionNames) -> Iterator[str]:
    """Each question with what its answers make of this option, then the smallest sets of questions that settle it."""
    for question in option.questions.single:
        effects: dict[Standing, list[str]] = {}
        for answer in question.answers:
            if option.regimen in answer.standings:
                effects.setdefault(answer.standings[option.regimen], []).extend(answer.says)
        answers = joined(
            (
                say(
                    "questions.answer",
                    answer=listed(dict.fromkeys(answers_given), "or"),
                    standing=standing_words(standing),
                )
                for standing, answers_given in effects.items()
            ),
            "lists",
        )
        yield say("questions.answers", question=question.asks, answers=_capital(answers))
    if sets := option.questions.sets:
        yield say("questions.settled", sets=_sets_words(sets, names))


def patient_question_lines(explanation: Explanation, questions: QuestionNames) -> Iterator[str]:
    """Each question with what its answers make of the options, then the smallest sets that settle every option."""
    names = {option.regimen: option.name for option in explanation.options}
    waiting = sum(option.standing is Standing.UNDETERMINED for option in explanation.options)
    for question in explanation.questions.single:
        yield f"{question.asks}{_can_settle(question, waiting)} {_effects(question, names)}"
    if sets := explanation.questions.sets:
        yield say("questions.all_settled", sets=_sets_words(sets, questions))


def _can_settle(question: Question, waiting: int) -> str:
    return say("questions.can_settle", number=len(question.settles), all=waiting) if question.settles else ""


def _effects(question: Question, names: Mapping[str, str]) -> str:
    return " ".join(
        say("questions.effect", answer=_capital(listed(answer.says, "or")), effects=_made_of(answer, names))
        for answer in question.answers
    )


def _made_of(answer: Answer, names: Mapping[str, str]) -> str:
    """``ivonescimab offered; 12 not indicated``."""
    found: dict[Standing, list[str]] = {}
    for standing in Standing:
        if chosen := [names[regimen] for regimen, now in answer.standings.items() if now is standing]:
            found[standing] = chosen
    return joined(
        (
            say(
                "questions.made_of",
                options=listed(chosen) if len(chosen) <= MOST_NAMED else len(chosen),
                standing=standing_words(standing),
            )
            for standing, chosen in found.items()
        ),
        "lists",
    )


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _sets_words(sets: Sequence[tuple[str, ...]], names: QuestionNames) -> str:
    """The smallest sets of questions that settle what is asked about."""
    return joined((f"({names.list_of(keys)})" for keys in sets), "or")
