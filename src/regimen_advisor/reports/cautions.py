"""Write the cautions of one patient: each once in full, and as a pointer under further options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regimen_advisor.advice import Advice, Caution, First, Option
from regimen_advisor.figure_wording import signed
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import CautionKind
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.reports.groups import groups
from regimen_advisor.wording import clause, listed
from regimen_advisor.words.catalogue import say

KINDS: Mapping[CautionKind, str] = {
    "patient": say("caution.patient"),
    "measure": say("caution.measure"),
    "evidence": say("caution.evidence"),
}
"""What each kind of caution is called where an option is shown, the weightiest first."""
STANDARD = 0
"""The number of the stated standard, among those of the options."""
_LEAST = 20


class Cautions:
    """The cautions of one answer; it remembers under which option each sentence was written out."""

    def __init__(
        self, advice: Advice, rulebook: Rulebook, names: QuestionNames, *, whole: bool = False, apart: bool = False
    ) -> None:
        self.advice, self.rulebook, self.places = advice, rulebook, rulebook.citations
        self.names, self.whole, self.apart = names, whole, apart
        self.numbers = [(number, option) for group in groups(advice) for number, option in group.options]
        self._written: dict[str, int] = {}
        self._pointed: set[tuple[str, int]] = set()
        self._in_few_words: dict[str, int] = {}

    def for_a_part(self) -> Cautions:
        """These cautions; where each part of an answer must be complete in itself, fresh ones that remember nothing."""
        return Cautions(self.advice, self.rulebook, self.names, apart=True) if self.apart else self

    def own(self, option: Option) -> Iterator[Caution]:
        """The cautions of an option that do not apply to every option."""
        return (caution for caution in option.cautions if not self.advice.is_first(caution.rule))

    def number_of(self, caution: Caution) -> int | None:
        """The number of the option under which the sentence was written out; ``None`` where it was not yet."""
        return self._written.get(caution.says)

    def write_out(self, caution: Caution, number: int) -> None:
        """Remember that the sentence is written out under this option."""
        self._written.setdefault(caution.says, number)

    def written_out(self, caution: Caution, number: int) -> str:
        """The caution in full, with the other options that it is about, which then need not point here."""
        also = self.also_of(caution, number)
        self.write_out(caution, number)
        for further in also:
            self.point(caution, further)
        tail = say("card.also_of", numbers=listed(map(str, also))) if also else ""
        return f"{caution.says}{self.tail(caution)}{tail}"

    def also_of(self, caution: Caution, number: int) -> list[int]:
        """The other options that the caution is about, by number."""
        return [
            further
            for further, option in self.numbers
            if further != number and not self.apart and self._has(option, caution)
        ]

    def is_whole(self, option: Option) -> bool:
        """Whether all is shown of an option: of one that waits only where the whole is asked for."""
        return self.whole or option.standing is not Standing.UNDETERMINED

    def _has(self, option: Option, caution: Caution) -> bool:
        return self.is_whole(option) and any(own_caution.says == caution.says for own_caution in self.own(option))

    def point(self, caution: Caution, number: int) -> None:
        """Remember that the sentence was pointed to for this option."""
        self._pointed.add((caution.says, number))

    def is_mentioned(self, caution: Caution, number: int) -> bool:
        """Whether the sentence was written out under this option, or pointed to for it."""
        return self.number_of(caution) == number or (caution.says, number) in self._pointed

    def sign(self, caution: Caution | First) -> str:
        """``!`` for what holds about the patient, ``?`` and the questions for what waits for an answer."""
        if caution.state == "open":
            return say("caution.waits", questions=self.names.list_of(caution.depends_on))
        return "! " if isinstance(caution, First) or caution.kind == "patient" else ""

    def lead(self, caution: Caution) -> str:
        """The sign of a caution and what its kind is called."""
        kind = "" if caution.state == "open" else say("caution.of_kind", kind=KINDS[caution.kind])
        return f"{self.sign(caution)}{kind}"

    def tail(self, caution: Caution | First) -> str:
        """Where a caution comes from: the section of its source, or from outside and how sure that is."""
        if caution.basis == "review":
            return f" {signed(self.places.cite(caution.source), caution.errata)}"
        outside = say("caution.outside", certainty=caution.certainty)
        return f"{outside} {signed('', caution.errata)}" if caution.errata else outside

    def in_short(self, caution: Caution, width: int, row: int | None = None) -> str:
        """The caution in few words, with the number of the option under which it is written out, if there is one.

        In a ``row`` of the table at a glance that is also the first row that has it in few words, which comes to be
        written out under its option.
        """
        number = self.number_of(caution)
        if number is None and row is not None and self._in_few_words.setdefault(caution.says, row) != row:
            number = self._in_few_words[caution.says]
        place = say("caution.at_standard") if number == STANDARD else number
        lead, tail = self.lead(caution), "" if number is None else say("caution.see", number=place)
        room = max(width - len(lead) - len(tail), _LEAST)
        words = clause(caution.says, room)
        if tail and len(words) > room:
            return f"{self.sign(caution)}{KINDS[caution.kind]}{tail}"
        return f"{lead}{words}{tail}"
