"""Reports as markdown: for a pull request, a wiki or a hand-out. Text that comes from a file is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from regimen_advisor.advice import Advice, Caution, First, Option, Reason, Statement
from regimen_advisor.documents.blocks import Block, Bullets, Fields, Gap, Heading, Paragraph, Table, one_line
from regimen_advisor.figure_wording import (
    ERRATUM_SIGN,
    Places,
    approval_words,
    by_arm,
    compared,
    endpoint_words,
    harm_of_a_drug,
    main_results,
    matching_arms,
    safety_words,
    signed,
    study_words,
    trial_title,
)
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.ordering import order_words
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import known_facts, questions_words
from regimen_advisor.reports import glance
from regimen_advisor.reports.deciding import FIRST_TITLE, TITLE, decides_words
from regimen_advisor.reports.glance import Row
from regimen_advisor.reports.groups import groups
from regimen_advisor.reports.options_text import KINDS
from regimen_advisor.reports.studies import erratum_words, study_blocks
from regimen_advisor.reports.text import FIRST, LEGEND, TITLES

_SPECIAL = re.compile(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))")


def markdown(blocks: Iterable[Block]) -> str:
    """The blocks as markdown."""
    return "\n\n".join(part for block in blocks if (part := _block(block))) + "\n"


def escaped(text: str) -> str:
    """The text so that markdown shows it as it is; tags and links in it do nothing."""
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("<", "&lt;")


def _block(block: Block) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * level} {escaped(text)}"
        case Paragraph(text=text):
            return _line_start(escaped(text))
        case Fields(pairs=pairs):
            return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in pairs if value)
        case Bullets(items=items):
            return "\n".join(f"- {escaped(item)}" for item in items)
        case Table(columns=columns, rows=rows):
            head = [_row(columns), _row("---" for _ in columns)]
            return "\n".join([*head, *(_row(escaped(cell) for cell in row) for row in rows)])
        case Gap():
            return ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line_start(text: str) -> str:
    """A text that would begin a list, a heading or a quotation does not."""
    return re.sub(r"^(?=[#>+-])|^(\d+)(?=[.)])", lambda found: f"{found[1] or ''}\\", text)


def render_advice(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    *,
    everything: bool = False,
    details: bool = False,
) -> str:
    """The advice for each patient; ``everything`` and ``details`` as in the text."""
    parts = [
        markdown(_Report(advice, rulebook, patient).blocks(everything=everything, details=details))
        for advice, patient in zip(advices, patients, strict=True)
    ]
    return "\n---\n\n".join(parts)


class _Report:
    def __init__(self, advice: Advice, rulebook: Rulebook, patient: Patient) -> None:
        self.advice, self.rulebook, self.patient = advice, rulebook, patient
        self.places, self.domain = Places(rulebook), rulebook.domain
        self.wording = Guideline.of(rulebook).wording

    def blocks(self, *, everything: bool, details: bool) -> Iterator[Block]:
        advice = self.advice
        yield Heading(advice.profile.id, 1)
        if advice.profile.summary:
            yield Paragraph(advice.profile.summary)
        yield Paragraph(f"Read as: {known_facts(self.patient, self.wording) or 'nothing is known'}.")
        yield from self._section("Remarks on the input", advice.profile.notes)
        yield from self._section(FIRST, map(self._first, advice.first))
        if advice.is_little_known:
            yield from self._questions(FIRST_TITLE)
        yield from self._section(
            "Standard stated by the reviews", map(self._statement, advice.standards), "None stated for this situation."
        )
        yield from self._options(details=details)
        yield from self._reasons(Standing.EXCLUDED, "Reason")
        if everything:
            yield from self._reasons(Standing.NOT_INDICATED, "Why not")
        yield from self._beside()
        yield from self._section("Scope", (LEGEND, advice.scope, self._rules()))

    def _section(self, title: str, items: Iterable[str], otherwise: str = "") -> Iterator[Block]:
        shown = tuple(items)
        if shown or otherwise:
            yield Heading(title, 2)
            yield Bullets(shown) if shown else Paragraph(otherwise)

    # Options --------------------------------------------------------------------------------------------------

    def _options(self, *, details: bool) -> Iterator[Block]:
        rows = tuple(glance.rows(self.advice, self.rulebook))
        yield Heading(glance.TITLE, 2)
        if not rows:
            yield Paragraph("No regimen of these rules is offered to this patient, or may be.")
            return
        yield Table(("", "Option", "Standing", "Best study", "First warning", "Approved"), tuple(map(self._row, rows)))
        yield Paragraph(order_words(self.advice.order))
        for group in () if self.advice.is_little_known and not details else groups(self.advice):
            yield Heading(group.title, 2)
            for number, option in group.options:
                yield from self._option(option, number, details=details)

    def _row(self, row: Row) -> tuple[str, ...]:
        option = row.option
        approved = "; ".join(approval_words(approval) for approval in option.approvals)
        return str(row.number), option.name, option.standing.value, row.study, row.warning, approved

    def _option(self, option: Option, number: int, *, details: bool) -> Iterator[Block]:
        yield Heading(f"{number}. {option.name} ({option.standing.value})", 3)
        lines = list(option.says)
        if option.depends_on:
            lines.append(f"Waits for {questions_words(option.depends_on, self.domain)}.")
        if option.schedule:
            source = option.schedule.source
            lines.append(f"Schedule: {option.schedule.says} ({self.places.at(source.review, source.section)})")
        for approval in option.approvals:
            place = signed(self.places.at(approval.review, *approval.sections), (e.id for e in approval.errata))
            lines.append(f"Approved: {approval_words(approval)}, {approval.indication} {place}")
        yield Bullets((*lines, *self._warned(option)))
        if details:
            for evidence in option.evidence:
                yield from study_blocks(self.rulebook.studies[evidence.study], self.rulebook, level=4)
        elif option.evidence:
            yield Table(("Study", "Endpoint", "By arm", "Compared", "Section"), tuple(self._evidence(option)))
            yield from self._harm(option)

    def _evidence(self, option: Option) -> Iterator[tuple[str, ...]]:
        """The main results of every study; the rest is a matter of ``details``."""
        for evidence in option.evidence:
            study = self.rulebook.studies[evidence.study]
            arms = matching_arms(evidence, self.rulebook.regimens[option.regimen], self.rulebook.formulary)
            results = main_results(evidence, arms, study.shown_benefit)
            for result in results:
                place = signed(self.places.within(evidence.cited_in, result.section), result.errata)
                yield study_words(evidence), endpoint_words(result), by_arm(result), compared(result), place
            if not results:
                said = " ".join(finding.says for finding in evidence.findings[:1]) or "no figures in the review"
                yield study_words(evidence), "", said, "", signed(self.places.of(evidence.cited_in), ())

    def _harm(self, option: Option) -> Iterator[Block]:
        harm = tuple(
            f"{evidence.name}: {safety_words(safety)} "
            f"{signed(self.places.within(evidence.cited_in, safety.section), safety.errata)}"
            for evidence in option.evidence
            for safety in evidence.safety
        )
        errata = tuple(erratum_words(erratum) for evidence in option.evidence for erratum in evidence.errata)
        harm = (*harm, *(f"{harm_of_a_drug(one)} [{self.places.of(one.cited_in)}]" for one in option.harm))
        if harm:
            yield Heading("Safety", 4)
            yield Bullets(harm)
        if errata:
            yield Heading(f"{ERRATUM_SIGN} What the published record says otherwise", 4)
            yield Bullets(errata)

    def _own_cautions(self, option: Option) -> list[Caution]:
        """The cautions of an option that are not said of every option already."""
        return [caution for caution in option.cautions if not self.advice.is_first(caution.rule)]

    def _warned(self, option: Option) -> Iterator[str]:
        """A line for each caution, the kinds in the order of the text."""
        for kind, title in KINDS.items():
            for caution in self._own_cautions(option):
                if caution.kind == kind:
                    lead = "" if caution.state == "open" else f"{title}: "
                    yield f"{lead}{self._caution(caution)}"

    def _first(self, first: First) -> str:
        return f"{first.title}: {self._caution(first)}" if first.title else self._caution(first)

    def _caution(self, caution: Caution | First) -> str:
        place = self.places.at(caution.source.review, caution.source.section)
        tail = f"[{place}]" if caution.basis == "review" else f"(outside the reviews, {caution.certainty})"
        waits = questions_words(caution.depends_on, self.domain)
        return f"{f'? waits for {waits}: ' if caution.state == 'open' else ''}{caution.says} {tail}"

    # What is not offered, and what stands beside the options ----------------------------------------------------

    def _reasons(self, standing: Standing, column: str) -> Iterator[Block]:
        options = self.advice.of(standing)
        if options:
            yield Heading(TITLES[standing], 2)
            yield Table(
                ("Regimen", column), tuple((o.name, " / ".join(self._reason(r) for r in o.reasons)) for o in options)
            )

    def _reason(self, reason: Reason) -> str:
        said = reason.says if reason.effect == "exclude" else f"not met: {'; '.join(reason.not_met)}"
        return f"{said} [{self.places.at(reason.source.review, reason.source.section)}]"

    def _questions(self, title: str) -> Iterator[Block]:
        asked = (f"{missing.asks} {decides_words(missing, self.advice)}" for missing in self.advice.missing)
        yield from self._section(title, asked)

    def _beside(self) -> Iterator[Block]:
        advice = self.advice
        if not advice.is_little_known:
            yield from self._questions(TITLE)
        trials = []
        for trial in self.advice.trials:
            said = f"{trial_title(trial.name, trial.phase, trial.registry)}: {trial.says}"
            endings = [f"{ERRATUM_SIGN}{e.id} ({e.certainty}): {e.consequence}" for e in trial.errata]
            place = f"[{self.places.at(trial.source.review, trial.source.section)}]"
            trials.append(" ".join([said, place, *endings]))
        yield from self._section("Trials under way when the reviews were written", trials)
        for title, statements in (
            ("Silent: not spoken of by the reviews", advice.silent),
            ("Worth knowing", advice.notes),
        ):
            left = (statement for statement in statements if not advice.is_first(statement.rule))
            yield from self._section(title, map(self._statement, left))

    def _statement(self, statement: Statement) -> str:
        waits = questions_words(statement.depends_on, self.domain)
        lead = f"? depends on {waits}: " if statement.state == "open" else ""
        place = self.places.at(statement.source.review, statement.source.section)
        tail = f"[{place}]" if statement.basis == "review" else f"(outside the reviews, {statement.certainty})"
        return f"{lead}{statement.title}: {statement.says} {tail}"

    def _rules(self) -> str:
        return f"Rules {self.advice.rulebook.digest}; judged by {' and '.join(self.advice.engines)}."
