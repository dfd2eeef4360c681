"""One option as plain text: its name and setting, its best study, its approvals and its warnings.

A warning that concerns several options is written out under the first of them and named in short under the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from regimen_advisor.advice import Advice, Caution, Evidence, First, Option
from regimen_advisor.documents.blocks import Block, Gap, Paragraph, shortened
from regimen_advisor.figure_wording import (
    Places,
    approval_words,
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
from regimen_advisor.knowledge.evidence import Approval, Erratum
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import CautionKind
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient_wording import questions_words

MOST_HARM = 130
MOST_NAMES = 3
KINDS: Mapping[CautionKind, str] = {
    "measure": "Before the first dose",
    "patient": "For this patient",
    "evidence": "Evidence is thin",
}
"""What each kind of caution is called where an option is shown."""


class OptionsText:
    """The options of one patient; it remembers which warnings were told and which errata concern what was shown."""

    def __init__(self, rulebook: Rulebook, width: int, advice: Advice) -> None:
        self.rulebook, self.width = rulebook, width
        self.advice = advice
        self.places = Places(rulebook)
        self.told: dict[str, int] = {}
        self.errata: dict[str, str] = {}

    def option(self, option: Option, number: int) -> Iterator[Block]:
        """The option in some five lines, under its number in the list."""
        setting = f" · {'; '.join(option.setting)}" if option.setting else ""
        undetermined = option.standing is Standing.UNDETERMINED
        label = "" if undetermined else f" [{option.standing.value.replace('-', ' ')}]"
        yield Paragraph(f"{number}. {option.name}{label}{setting}", "name", 0, 3)
        if undetermined:
            yield Paragraph(f"? waits for {questions_words(option.depends_on, self.rulebook.domain)}", "open", 3, 2)
        yield from self._evidence(option)
        yield from self._harm_of_drugs(option, number)
        if option.approvals:
            yield Paragraph(f"Approved: {'; '.join(map(self._approval, option.approvals))}", indent=3, hang=2)
        if undetermined:
            if left := self._left(option):
                yield Paragraph(f"! if it is offered: {_count(left)} (--details)", "caution", 3, 2)
            return
        yield from self._warned(option, number)

    def first(self, first: First) -> Paragraph:
        """What holds for every option, as it stands above them."""
        title = f"{first.title}: " if first.title else ""
        style = "open" if first.state == "open" else "caution"
        return Paragraph(f"{self._sign(first)}{title}{first.says}{self._tail(first)}", style, 2, 2)

    def _left(self, option: Option) -> list[Caution]:
        """The cautions of an option that were not said above all of them."""
        return [caution for caution in option.cautions if not self.advice.is_first(caution.rule)]

    def _evidence(self, option: Option) -> Iterator[Block]:
        best = leading(option, self.rulebook)
        if best is None or is_statement(best):
            rule = self.rulebook.rules[option.rules[0]]
            ids = [erratum.id for erratum in best.errata] if best else []
            self._remember(best.errata if best else ())
            place = signed(self.places.at(rule.source.review, rule.source.section), ids)
            yield Paragraph(f"{'No study' if best is None else 'A statement, no study'}: {rule.says} {place}", "", 3, 2)
            return
        arms = matching_arms(best, self.rulebook.regimens[option.regimen], self.rulebook.formulary)
        yield Paragraph(f"{study_words(best)}: {self._results(best, arms)}", "", 3, 2)
        others = [e.name.split(" (")[0] for e in option.evidence if e.study != best.study and not is_statement(e)]
        if option.standing is Standing.UNDETERMINED:
            return
        if others:
            yield Paragraph(f"Also: {_few(others)}", "", 3, 2)
        safety = main_harm(best)
        if safety is not None:
            self._remember(self.rulebook.studies[best.study].errata_of(safety))
            harm = f"Harm: {brief_safety(safety, arms, arm_labels(best))}"
            place = signed(self.places.within(best.cited_in, safety.section), safety.errata)
            yield Paragraph(f"{shortened(harm, MOST_HARM)} {place}", "", 3, 2)

    def _harm_of_drugs(self, option: Option, number: int) -> Iterator[Block]:
        """Severe harm of a drug, whatever the studies of the regimen say; written out under the first such option."""
        if option.standing is Standing.UNDETERMINED or not option.harm:
            return
        harm = " ".join(f"{harm_of_a_drug(one)} [{self.places.of(one.cited_in)}]" for one in option.harm)
        first = self.told.setdefault(harm, number)
        yield Paragraph(harm if first == number else f"{harm.split(':')[0]}: see {first}", "", 3, 2)

    def _results(self, evidence: Evidence, arms: Sequence[str]) -> str:
        study, labels = self.rulebook.studies[evidence.study], arm_labels(evidence)
        results = main_results(evidence, arms, study.shown_benefit)
        places = [signed(self.places.within(evidence.cited_in, r.section), r.errata) for r in results]
        phrases = []
        for index, result in enumerate(results):
            self._remember(study.errata_of(result))
            place = "" if places[index] in places[index + 1 :] else f" {places[index]}"
            phrases.append(f"{brief_result(result, arms, labels, name_comparator=index == 0)}{place}")
        if phrases:
            return "; ".join(phrases)
        finding = evidence.findings[0] if evidence.findings else None
        if finding is None:
            return "no figures in the review"
        self._remember(study.errata_of(finding))
        place = self.places.within(evidence.cited_in, finding.section or evidence.cited_in[0].sections[0])
        return f"{finding.says} {signed(place, finding.errata)}"

    def _approval(self, approval: Approval) -> str:
        self._remember(approval.errata)
        ids = [erratum.id for erratum in approval.errata]
        return f"{approval_words(approval)} {signed(self.places.at(approval.review, *approval.sections), ids)}"

    # Warnings, each kind in its own words ------------------------------------------------------------------------

    def _warned(self, option: Option, number: int) -> Iterator[Block]:
        """What to do before the first dose, what speaks against the option for this patient, and thin evidence."""
        left = self._left(option)
        of_kind = {kind: [caution for caution in left if caution.kind == kind] for kind in KINDS}
        if of_kind["measure"]:
            yield Paragraph(f"{KINDS['measure']}: {self._in_one(of_kind['measure'], number)}", "caution", 3, 2)
        yield from self._for_this_patient(of_kind["patient"], number)
        if of_kind["evidence"]:
            yield Paragraph(f"{KINDS['evidence']}: {self._in_one(of_kind['evidence'], number)}", "quiet", 3, 2)

    def _in_one(self, cautions: Sequence[Caution], number: int) -> str:
        """Sentences that are the same for everyone, in one paragraph; those told of an option before are named."""
        new = [caution for caution in cautions if self.told.setdefault(caution.says, number) == number]
        before = sorted({self.told[caution.says] for caution in cautions if caution not in new})
        said = [f"{caution.says}{self._tail(caution)}" for caution in new]
        return " ".join([*said, *(f"{'As' if not said else 'Also as'} under {first}." for first in before)])

    def _for_this_patient(self, cautions: Sequence[Caution], number: int) -> Iterator[Block]:
        """Under one title what holds; what is open says itself what it waits for."""
        holding = [caution for caution in cautions if caution.state == "holds"]
        title = f"{KINDS['patient']}: "
        if len(holding) == 1:
            yield self._caution(holding[0], number, title, 3)
        elif holding:
            yield Paragraph(title.rstrip(), "caution", 3, 2)
            yield from (self._caution(caution, number, "", 5) for caution in holding)
        yield from (self._caution(caution, number, "", 3) for caution in cautions if caution.state == "open")

    def _caution(self, caution: Caution, number: int, title: str, indent: int) -> Paragraph:
        style = "open" if caution.state == "open" else "caution"
        lead, tail = f"{self._sign(caution)}{title}", self._tail(caution)
        first = self.told.setdefault(caution.says, number)
        if first != number:
            tail = f" (see {first})"
            said = shortened(caution.says, max(self.width - indent - len(lead) - len(tail), 20))
            return Paragraph(f"{lead}{said}{tail}", style, indent, 2)
        return Paragraph(f"{lead}{caution.says}{tail}", style, indent, 2)

    def _sign(self, caution: Caution | First) -> str:
        if caution.state != "open":
            return "! "
        return f"? waits for {questions_words(caution.depends_on, self.rulebook.domain)}: "

    def _tail(self, caution: Caution | First) -> str:
        """Where a caution comes from: the section of the review, or from outside and how sure that is."""
        errata = self.rulebook.errata
        self._remember(errata[id] for id in caution.errata if id in errata)
        if caution.basis == "review":
            return f" {signed(self.places.at(caution.source.review, caution.source.section), caution.errata)}"
        outside = f" (outside, {caution.certainty})"
        return f"{outside} {signed('', caution.errata)}" if caution.errata else outside

    def details(self, option: Option, number: int) -> Iterator[Block]:
        """Each study behind the option whole, with what the first screen leaves out."""
        from regimen_advisor.reports.studies import study_blocks  # noqa: PLC0415 - only where details are asked for

        for says in option.says:
            yield Paragraph(f"Offered because: {says}", indent=3, hang=2)
        if option.schedule:
            at = self.places.at(option.schedule.source.review, option.schedule.source.section)
            yield Paragraph(f"Schedule: {option.schedule.says} [{at}]", indent=3, hang=2)
        if option.standing is Standing.UNDETERMINED:
            yield from self._warned(option, number)
        for evidence in option.evidence:
            yield from study_blocks(self.rulebook.studies[evidence.study], self.rulebook)
        yield Gap()

    def _remember(self, errata: Iterable[Erratum]) -> None:
        for erratum in errata:
            self.errata.setdefault(erratum.id, erratum_line(erratum))


def erratum_line(erratum: Erratum) -> str:
    """An erratum in one line: what it concerns, how sure it is, what follows."""
    return f"{erratum.id}, {erratum.field} ({erratum.certainty}): {erratum.consequence}"


def _few(names: Sequence[str]) -> str:
    more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return "; ".join([*names[:MOST_NAMES], *more])


def _count(cautions: Sequence[Caution]) -> str:
    holds = sum(caution.state == "holds" for caution in cautions)
    waits = len(cautions) - holds
    parts = [f"{holds} warning{'s' if holds > 1 else ''}"] if holds else []
    parts += [f"{waits} that wait{'s' if waits == 1 else ''} for an answer"] if waits else []
    return " and ".join(parts)
