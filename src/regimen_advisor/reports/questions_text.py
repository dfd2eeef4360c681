"""Write what to ask or test next: about one option, and about the patient as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regimen_advisor.explaining.explanation import Answer, Explanation, OptionExplained, Question
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient_wording import questions_words
from regimen_advisor.wording import listed

TO_ASK = "What to ask or test next"
MOST_NAMED = 2
"""Options named after an answer; more are counted."""


def question_lines(option: OptionExplained, domain: Domain | None) -> Iterator[str]:
    """Each question with what its answers make of this option, then the smallest sets of questions that settle it."""
    for question in option.questions.single:
        effects: dict[Standing, list[str]] = {}
        for answer in question.answers:
            if option.regimen in answer.standings:
                effects.setdefault(answer.standings[option.regimen], []).extend(answer.says)
        answers = "; ".join(
            f"{listed(dict.fromkeys(answers_given), 'or')}: {_named(standing)}"
            for standing, answers_given in effects.items()
        )
        yield f"{question.asks} {_capital(answers)}."
    yield from _sets_words("Settled", option.questions.sets, domain)


def patient_question_lines(explanation: Explanation, domain: Domain | None) -> Iterator[str]:
    """Each question with what its answers make of the options, then the smallest sets that settle every option."""
    names = {option.regimen: option.name for option in explanation.options}
    waiting = sum(option.standing is Standing.UNDETERMINED for option in explanation.options)
    for question in explanation.questions.single:
        yield f"{question.asks}{_can_settle(question, waiting)} {_effects(question, names)}"
    yield from _sets_words("Every option is settled", explanation.questions.sets, domain)


def _can_settle(question: Question, waiting: int) -> str:
    return f" It can settle {len(question.settles)} of {waiting}." if question.settles else ""


def _effects(question: Question, names: Mapping[str, str]) -> str:
    return " ".join(f"{_capital(listed(answer.says, 'or'))}: {_made_of(answer, names)}." for answer in question.answers)


def _made_of(answer: Answer, names: Mapping[str, str]) -> str:
    """``ivonescimab offered; 12 not indicated``."""
    found: dict[Standing, list[str]] = {}
    for standing in Standing:
        if chosen := [names[regimen] for regimen, now in answer.standings.items() if now is standing]:
            found[standing] = chosen
    return "; ".join(
        f"{listed(chosen) if len(chosen) <= MOST_NAMED else len(chosen)} {_named(standing)}"
        for standing, chosen in found.items()
    )


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _named(standing: Standing) -> str:
    return standing.value.replace("-", " ")


def _sets_words(settled: str, sets: Sequence[tuple[str, ...]], domain: Domain | None) -> Iterator[str]:
    """The smallest sets of questions that settle what is asked about, in one sentence."""
    if sets:
        words = " or ".join(f"({questions_words(keys, domain)})" for keys in sets)
        yield f"{settled} whatever the answers by knowing {words}."
