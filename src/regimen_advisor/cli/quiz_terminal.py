"""Ask a quiz at a terminal: one question after the other, each marked as soon as it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from regimen_advisor.cli.terminal import print_lines, width
from regimen_advisor.documents.blocks import Bullets, Heading, Paragraph
from regimen_advisor.documents.text import Line, lines_of
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.quiz.grading import (
    Given,
    GradedQuestion,
    Picks,
    Sorted,
    chosen_letter,
    chosen_regimen,
    grade,
)
from regimen_advisor.quiz.key import AnswerKey, solution
from regimen_advisor.quiz.models import LETTERS, MEANINGS, Group, Pick, Quiz, QuizQuestion, group_words
from regimen_advisor.reports.quiz import graded_blocks, lettered, patient_lines, score, task, title
from regimen_advisor.words.catalogue import say


def ask(quiz: Quiz, rulebook: Rulebook, console: Console | None = None) -> tuple[int, int]:
    """Ask every question and show the right answer; gives the points won and the points possible.

    A person who leaves early (end of input or interrupt) gets the score so far.
    """
    asker = _Asker(quiz, rulebook, console or Console(highlight=False, soft_wrap=True))
    asker.show(lines_of([Heading(title(quiz), 1), Paragraph(task(quiz))], asker.width))
    try:
        for question in quiz.questions:
            asker.question(question)
    except (EOFError, KeyboardInterrupt):
        asker.show([Line(""), Line(say("quiz_terminal.left_early"))])
    asker.show(
        [Line(""), Line(score(asker.right, asker.total), "title"), *lines_of([Paragraph(quiz.scope)], asker.width)]
    )
    return asker.right, asker.total


class _Asker:
    def __init__(self, quiz: Quiz, rulebook: Rulebook, console: Console) -> None:
        self.quiz, self.rulebook, self.console = quiz, rulebook, console
        self.width = width()
        self.right = self.total = 0

    def show(self, lines: Sequence[Line]) -> None:
        print_lines(lines, self.console)

    def question(self, question: QuizQuestion) -> None:
        self.show([Line(""), *patient_lines(question, self.width), Line("")])
        marked = self._marked(question, self._picks(question) if question.picks else self._groups(question))
        self.right, self.total = self.right + marked.right, self.total + marked.of
        self.show([Line(""), *lines_of(graded_blocks(marked), self.width)])

    def _groups(self, question: QuizQuestion) -> Sorted:
        for place, choice in enumerate(question.choices, start=1):
            self.console.print(Text(f"  {place}  {choice.name}"))
        given: dict[str, Group] = {}
        for group in self.quiz.asks:
            given |= dict.fromkeys(self._regimens(group, question, given), group)
        return given

    def _picks(self, question: QuizQuestion) -> Picks:
        return tuple(self._letter(pick) for pick in question.picks)

    def _letter(self, pick: Pick) -> str | None:
        """The letter that a person picks, asked again until it is one; nothing where the answer is left open."""
        self.show(lines_of([Paragraph(pick.asks), Bullets(lettered(pick))], self.width))
        while True:
            word = Prompt.ask(
                Text(say("quiz_terminal.letter")), console=self.console, default="", show_default=False
            ).strip()
            try:
                return chosen_letter(word, pick) if word else None
            except KeyError:
                last = LETTERS[len(pick.answers) - 1]
                self.console.print(Text(say("quiz_terminal.expected_letter", first=LETTERS[0], last=last, word=word)))

    def _marked(self, question: QuizQuestion, given: Given) -> GradedQuestion:
        key = AnswerKey(quiz=self.quiz.name, solutions=(solution(question, self.rulebook),))
        quiz_of_one = self.quiz.model_copy(update={"questions": (question,)})
        return grade(quiz_of_one, key, {question.number: given}).questions[0]

    def _regimens(self, group: Group, question: QuizQuestion, given: Sorted) -> list[str]:
        """The regimens a person puts in a group, asked again until every word is one of them."""
        while True:
            asked = Text(say("quiz_terminal.group", group=group_words(group), meaning=MEANINGS[group]))
            words = Prompt.ask(asked, console=self.console, default="", show_default=False)
            try:
                found = [regimen_of(word, question) for word in words.replace(",", " ").split()]
            except KeyError as error:
                self.console.print(
                    Text(say("quiz_terminal.expected_numbers", most=len(question.choices), found=error.args[0]))
                )
                continue
            twice = [regimen for regimen in found if regimen in given]
            if not twice:
                return found
            names = {choice.regimen: choice.name for choice in question.choices}
            already = say("quiz_terminal.already", option=names[twice[0]], group=group_words(given[twice[0]]))
            self.console.print(Text(already))


def regimen_of(word: str, question: QuizQuestion) -> str:
    """The regimen with this number in the list, or this id. Raises ``KeyError`` with what was found instead."""
    if word.isascii() and word.isdigit() and 1 <= int(word[:3]) <= len(question.choices):
        return question.choices[int(word[:3]) - 1].regimen
    try:
        return chosen_regimen(word, question)
    except KeyError as error:
        near = f" ({error.args[0]})" if error.args[0] else ""
        raise KeyError(f"{say('quiz_terminal.numbers_or_ids', word=word)}{near}") from None
