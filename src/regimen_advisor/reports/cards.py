"""Write the lines under each option: evidence, harm, steps before the first dose, cautions, thin evidence.

What the table at a glance has written out is not written out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from regimen_advisor.advice import Caution, Evidence, Option
from regimen_advisor.documents.blocks import Block, Gap, Paragraph
from regimen_advisor.figure_wording import (
    ERRATUM_SIGN,
    arm_labels,
    brief_result,
    brief_safety,
    harm_of_a_drug,
    is_statement,
    leading,
    main_harm,
    main_results,
    matching_arms,
    signed,
    study_words,
)
from regimen_advisor.knowledge.evidence import Erratum, Result
from regimen_advisor.reports.cautions import KINDS, Cautions
from regimen_advisor.reports.glance import few
from regimen_advisor.reports.studies import study_blocks
from regimen_advisor.wording import clause, listed
from regimen_advisor.words.catalogue import joined, say

MOST_HARM = 130
MOST_NAMES = 3
MOST_SHORT = 74
MANY = 2
"""So many options in a row are named one by one; of more the first and the last."""


class Part(StrEnum):
    """What a line under an option is about."""

    STATEMENT = "statement"
    EVIDENCE = "evidence"
    HARM = "harm"
    HARM_OF_A_DRUG = "harm-of-a-drug"
    MEASURE = "measure"
    PATIENT = "patient"
    OPEN = "open"
    IF_OFFERED = "if-offered"
    CARE = "care"
    CARE_OF_OTHERS = "care-of-other-figures"
    THIN = "thin"


@dataclass(frozen=True)
class CautionParts:
    """A caution that is written out, in its parts: those that share all but the sentence can share one line."""

    lead: str
    source: str
    also: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class CardLine:
    """One line under an option."""

    part: Part
    text: str
    caution: CautionParts | None = None
    """The parts of the text, where it is a caution that is written out."""

    @property
    def style(self) -> str:
        """The style it is shown in."""
        if self.part in (Part.MEASURE, Part.PATIENT):
            return "caution"
        return (
            "open"
            if self.part in (Part.OPEN, Part.IF_OFFERED)
            else "quiet"
            if self.part in (Part.CARE, Part.CARE_OF_OTHERS, Part.THIN)
            else ""
        )


@dataclass(frozen=True)
class Card:
    """One option with the lines under it."""

    number: int
    option: Option
    lines: tuple[CardLine, ...]
    details: tuple[Block, ...] = ()
    """Why it is offered, its schedule and each study behind it, where the whole is asked for."""

    open_questions: tuple[str, ...] = ()
    """What can still speak against it, by name, unless its row in the table says so."""

    def of(self, parts: frozenset[Part]) -> tuple[CardLine, ...]:
        """The lines about these parts."""
        return tuple(line for line in self.lines if line.part in parts)

    def run_on(self, parts: frozenset[Part]) -> str:
        """The lines about these parts as one paragraph; cautions with the same lead and source have them once."""
        together: dict[tuple[str, str, tuple[int, ...]] | str, list[str]] = {}
        texts: dict[tuple[str, str, tuple[int, ...]] | str, str] = {}
        for line in self.of(parts):
            key: tuple[str, str, tuple[int, ...]] | str = (
                (line.caution.lead, line.caution.source, line.caution.also) if line.caution else line.text
            )
            texts.setdefault(key, line.text)
            together.setdefault(key, []).extend([line.caution.sentence] if line.caution else [])
        lines = []
        for key, sentences in together.items():
            if isinstance(key, tuple) and len(sentences) > 1:
                lead, source, also = key
                numbers = say("card.together_also_of", numbers=listed(map(str, also))) if also else ""
                lines.append(
                    say("card.together", lead=lead, source=source, also=numbers, sentences=" ".join(sentences))
                )
            else:
                lines.append(texts[key])
        return " ".join(lines)


class Cards:
    """The cards of one patient."""

    def __init__(self, cautions: Cautions) -> None:
        self.rulebook, self.cautions, self.places = cautions.rulebook, cautions, cautions.places
        self.whole, self.numbers = cautions.whole, cautions.numbers
        self.written: dict[str, int] = {}
        self.written_studies: dict[str, int] = {}

    def card(self, option: Option, number: int) -> Card:
        """The lines of an option under its number; fewer of one that waits, unless the whole is asked for."""
        lines = self._offered(option, number) if self.cautions.is_whole(option) else self._waiting(option, number)
        details = tuple(self._details(option, number)) if self.whole else ()
        return Card(number, option, tuple(lines), details, self._open_questions(option))

    def _open_questions(self, option: Option) -> tuple[str, ...]:
        """What its open cautions wait for; its row in the table has named it where there is no other caution."""
        own_cautions = list(self.cautions.own(option))
        waiting = [caution for caution in own_cautions if caution.state == "open"]
        if len(waiting) == len(own_cautions) or not self.cautions.is_whole(option):
            return ()
        keys = dict.fromkeys(key for caution in waiting for key in caution.depends_on)
        return tuple(map(self.cautions.names.name_of, keys))

    def _offered(self, option: Option, number: int) -> Iterator[CardLine]:
        yield from self._once(self._evidence(option), number)
        yield from self._once(self._harm(option), number)
        yield from self._harm_of_drugs(option, number)
        of_kind = {kind: [caution for caution in self.cautions.own(option) if caution.kind == kind] for kind in KINDS}
        yield from self._sentences(Part.MEASURE, KINDS["measure"], of_kind["measure"], number)
        yield from self._of_the_patient(of_kind["patient"], number)
        yield from self._once(self._care(option), number)
        yield from self._sentences(Part.THIN, KINDS["evidence"], of_kind["evidence"], number)

    def _once(self, lines: Iterable[CardLine], number: int) -> Iterator[CardLine]:
        """Lines that a study gives; for a later option that rests on the same study, where they are written."""
        for line in lines:
            first = self.written.setdefault(line.text, number)
            lead, _, _ = line.text.partition(": ")
            yield line if first == number else replace(line, text=say("card.as_under", lead=lead, number=first))

    def _of_the_patient(self, cautions: Sequence[Caution], number: int) -> Iterator[CardLine]:
        """A line each; one shared by several options is written out under the first and names the others."""
        for caution in cautions:
            part = Part.PATIENT if caution.state == "holds" else Part.OPEN
            if self.cautions.is_mentioned(caution, number):
                continue
            if self.cautions.number_of(caution) is None:
                lead = (
                    say("card.open") if caution.state == "open" else say("card.holds", kind=KINDS[caution.kind])
                )  # the sentence of an open one names what it waits for
                also = tuple(self.cautions.also_of(caution, number))
                written = CautionParts(lead, self.cautions.tail(caution), also, caution.says)
                yield CardLine(
                    part, f"{self.cautions.lead(caution)}{self.cautions.written_out(caution, number)}", written
                )
            else:
                yield CardLine(part, self.cautions.in_short(caution, MOST_SHORT))

    def _waiting(self, option: Option, number: int) -> Iterator[CardLine]:
        """Evidence, and the warnings that are true of the patient whatever the answer; the others are counted."""
        yield from self._evidence(option)
        about_it = list(self.cautions.own(option))
        sure = [caution for caution in about_it if caution.kind == "patient" and caution.state == "holds"]
        yield from self._of_the_patient(sure, number)
        if left := [caution for caution in about_it if caution not in sure]:
            yield CardLine(
                Part.IF_OFFERED,
                say("card.if_offered_apart" if self.cautions.apart else "card.if_offered", cautions=_count(left)),
            )

    def _sentences(self, part: Part, lead: str, cautions: Sequence[Caution], number: int) -> Iterator[CardLine]:
        """Sentences that are the same for everyone in one line; those written out before are pointed to."""
        new = [caution for caution in cautions if self.cautions.number_of(caution) is None]
        before = {
            self.cautions.number_of(caution)
            for caution in cautions
            if caution not in new and not self.cautions.is_mentioned(caution, number)
        }
        sentences = [self.cautions.written_out(caution, number) for caution in new]
        sentences += [
            say("card.also_under", number=first) if sentences else say("card.under", number=first)
            for first in sorted(place or 0 for place in before)
        ]
        if sentences:
            yield CardLine(part, say("card.line", lead=lead, sentences=" ".join(sentences)))

    # Evidence and harm ------------------------------------------------------------------------------------------

    def _evidence(self, option: Option) -> Iterator[CardLine]:
        """What the row at a glance leaves out: a statement in words, further results, further studies."""
        best = leading(option, self.rulebook)
        if best is None or is_statement(best):
            rule = self.rulebook.rules[option.rules[0]]
            place = signed(self.places.cite(rule.source), (e.id for e in _errata(best)))
            statement = (
                say("card.no_study", sentence=rule.says, place=place)
                if best is None
                else say("card.statement", sentence=rule.says, place=place)
            )
            yield CardLine(Part.STATEMENT, statement)
            return
        results = self._results(best, option)
        parts = [self._result(result, best, option) for result in results[1:]]
        if not results:
            parts = [self._finding(best)]
        other_studies = [
            e.name.split(" (")[0] for e in option.evidence if e.study != best.study and not is_statement(e)
        ]
        several = say("between.lists")
        parts += (
            [say("card.also_studies", studies=several.join(few(other_studies, MOST_NAMES)))] if other_studies else []
        )
        if other_studies and results and not results[1:]:
            parts = [study_words(best), *parts]
        if parts:
            yield CardLine(Part.EVIDENCE, say("card.evidence", results=several.join(parts)))

    def _results(self, best: Evidence, option: Option) -> list[Result]:
        return main_results(best, self._arms(best, option), self.rulebook.studies[best.study].shown_benefit)

    def _arms(self, best: Evidence, option: Option) -> tuple[str, ...]:
        return matching_arms(best, self.rulebook.regimens[option.regimen], self.rulebook.formulary)

    def _result(self, result: Result, best: Evidence, option: Option) -> str:
        words = brief_result(result, self._arms(best, option), arm_labels(best), name_comparator=False)
        return f"{words} {signed(self.places.cite(result.source), result.errata)}"

    def _finding(self, best: Evidence) -> str:
        if not best.findings:
            return say("card.no_figures", sources=self.places.names.of(place.review for place in best.cited_in))
        finding = best.findings[0]
        first = best.cited_in[0]
        place = self.places.cite(finding.source) if finding.source else self.places.at(first.review, first.sections[0])
        return f"{finding.says} {signed(place, finding.errata)}"

    def _harm(self, option: Option) -> Iterator[CardLine]:
        best = leading(option, self.rulebook)
        safety = main_harm(best) if best and not is_statement(best) else None
        if best is None or safety is None:
            return
        harm = say("card.harm", harm=brief_safety(safety, self._arms(best, option), arm_labels(best)))
        place = signed(self.places.cite(safety.source), safety.errata)
        yield CardLine(Part.HARM, f"{clause(harm, MOST_HARM)} {place}")

    def _harm_of_drugs(self, option: Option, number: int) -> Iterator[CardLine]:
        """Severe harm of a drug, whatever the studies of the regimen say; under the first of the options with it."""
        if not option.harm:
            return
        numbers_with_it = [
            other_number
            for other_number, option_of_number in self.numbers
            if option_of_number.harm == option.harm and self.cautions.is_whole(option_of_number)
        ]
        if number != min(numbers_with_it):
            return
        also = say("card.harm_also_of", numbers=listed(map(str, numbers_with_it[1:]))) if numbers_with_it[1:] else ""
        by_place: dict[str, list[str]] = {}
        for harm_found in option.harm:
            by_place.setdefault(self.places.of(harm_found.cited_in), []).append(harm_of_a_drug(harm_found))
        harm = " ".join(f"{' '.join(figures_of_place)} [{place}]" for place, figures_of_place in by_place.items())
        name, colon, figures = harm.partition(":")
        yield CardLine(Part.HARM_OF_A_DRUG, f"{name}{also}{colon}{figures}")

    def _care(self, option: Option) -> Iterator[CardLine]:
        """What follows for the reader from the errata on the figures of the leading study."""
        best = leading(option, self.rulebook)
        if best is None:
            return
        study = self.rulebook.studies[best.study]
        results = self._results(best, option)
        first = [erratum for result in results[:1] for erratum in study.errata_of(result)]
        if not first and best.findings:
            first = list(study.errata_of(best.findings[0]))
        further = [erratum for result in results[1:] for erratum in study.errata_of(result) if erratum not in first]
        for part, found in ((Part.CARE, first), (Part.CARE_OF_OTHERS, further)):
            consequences = {
                erratum.id: say(
                    "card.consequence",
                    consequence=erratum.consequence.rstrip("."),
                    erratum=f"{ERRATUM_SIGN}{erratum.id}",
                )
                for erratum in found
            }
            if consequences:
                yield CardLine(part, say("card.care", consequences=" ".join(consequences.values())))

    # Whole -----------------------------------------------------------------------------------------------------

    def _details(self, option: Option, number: int) -> Iterator[Block]:
        """Why it is offered and each study behind it; what is written out under an earlier option is pointed to."""
        if option.setting:
            yield Paragraph(say("card.setting", settings=joined(option.setting, "lists")), indent=3, hang=2)
        best = leading(option, self.rulebook)
        is_written_out = best is None or is_statement(best)
        for says in option.says:
            if not (is_written_out and says == self.rulebook.rules[option.rules[0]].says):
                yield Paragraph(say("card.because", sentence=says), indent=3, hang=2)
        if option.schedule:
            place = self.places.cite(option.schedule.source)
            yield Paragraph(say("card.schedule", schedule=option.schedule.says, place=place), indent=3, hang=2)
        for evidence in option.evidence:
            study = self.rulebook.studies[evidence.study]
            first = self.written_studies.setdefault(study.id, number)
            if first == number:
                yield from study_blocks(study, self.rulebook)
            else:
                yield Paragraph(say("card.as_under", lead=study.name, number=first), indent=3, hang=2)
        yield Gap()


def open_questions(cards: Iterable[Card]) -> str:
    """What can still speak against the options of these cards, each question once with the numbers of the options."""
    numbers: dict[str, list[int]] = {}
    for card in cards:
        for question in card.open_questions:
            numbers.setdefault(question, []).append(card.number)
    together: dict[str, list[str]] = {}
    for question, several in numbers.items():
        together.setdefault(_ranges(several), []).append(question)
    parts = [
        say("card.can_speak_against", questions=joined(questions), numbers=several)
        for several, questions in together.items()
    ]
    return say("card.can_speak_against_these", questions=joined(parts, "lists")) if parts else ""


def _ranges(numbers: Sequence[int]) -> str:
    """``1, 2 and 5 to 8``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [[say("card.from_to", first=run[0], last=run[-1])] if len(run) > MANY else [*map(str, run)] for run in runs]
    return listed(word for several in words for word in several)


def _errata(best: Evidence | None) -> tuple[Erratum, ...]:
    return best.errata if best else ()


def _count(cautions: Sequence[Caution]) -> str:
    holds = sum(caution.state == "holds" for caution in cautions)
    waits = len(cautions) - holds
    parts = [say("count.warning", count=holds)] if holds else []
    parts += [say("card.waiting", count=waits)] if waits else []
    return listed(parts)
