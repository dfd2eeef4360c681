"""``advise`` as plain text: the first screen says what the options are, on what evidence, with which warning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regimen_advisor.advice import Advice, Statement, Trial
from regimen_advisor.documents.blocks import WIDTH, Block, Bullets, Gap, Heading, Line, Paragraph, lines_of, plain
from regimen_advisor.figure_wording import ERRATUM_SIGN, Places, trial_title
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.ordering import order_words
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import known_facts, question_words, questions_words
from regimen_advisor.reports import glance
from regimen_advisor.reports.deciding import FIRST_TITLE, TITLE, decides_words
from regimen_advisor.reports.groups import WAITS, Group, groups
from regimen_advisor.reports.options_text import OptionsText, erratum_line
from regimen_advisor.wording import listed

MOST_QUESTIONS = 6
MOST_OPEN = 2
SHORT_SCOPE = (
    "For teaching and for testing guideline logic, from published sources; not a medical device, and no basis for "
    "treating a patient."
)
FIRST = "First"
TITLES = {
    Standing.OFFERED: "Offered",
    Standing.OFFERED_WITH_CAUTION: "Offered with caution",
    Standing.UNDETERMINED: WAITS,
    Standing.EXCLUDED: "Excluded",
    Standing.NOT_INDICATED: "Not indicated",
}
LEGEND = (
    f"! a warning, ? a warning or an option that waits for an answer, {ERRATUM_SIGN} the published record says "
    "otherwise. `outside`: from outside the reviews, and how sure that is. "
    "Level: OCEBM 2011, by the design alone."
)


def render_advice(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    *,
    everything: bool = False,
    details: bool = False,
    width: int = WIDTH,
) -> str:
    """The advice for each patient, one after the other; see ``lines``."""
    return plain(lines(advices, rulebook, patients, everything=everything, details=details, width=width))


def lines(
    advices: Sequence[Advice],
    rulebook: Rulebook,
    patients: Sequence[Patient],
    *,
    everything: bool = False,
    details: bool = False,
    width: int = WIDTH,
) -> list[Line]:
    """The advice as lines; ``everything`` adds why a regimen is not indicated, ``details`` each study whole."""
    written: list[Line] = []
    for advice, patient in zip(advices, patients, strict=True):
        if written:
            written += [Line(""), Line("=" * width), Line("")]
        blocks = _Report(advice, rulebook, patient, width).blocks(everything=everything, details=details)
        written += lines_of(blocks, width)
    return written


class _Report:
    def __init__(self, advice: Advice, rulebook: Rulebook, patient: Patient, width: int) -> None:
        self.advice, self.rulebook, self.patient, self.width = advice, rulebook, patient, width
        self.places = Places(rulebook)
        self.wording = Guideline.of(rulebook).wording
        self.options = OptionsText(rulebook, width, advice)

    def blocks(self, *, everything: bool, details: bool) -> Iterator[Block]:
        yield from self._head()
        yield from self._first(details=details)
        little = self.advice.is_little_known
        if little:
            yield from self._questions(FIRST_TITLE)
        yield from self._standards(details=details)
        shown = groups(self.advice)
        in_short = little and not details
        if in_short:
            yield from self._names(shown)
        elif len([option for group in shown for option in group.options]) > 1:
            yield Heading(glance.TITLE)
            yield glance.table(self.advice, self.rulebook, self.width)
            yield Paragraph(order_words(self.advice.order), "quiet")
        for group in () if in_short else shown:
            yield Heading(group.title)
            for number, option in group.options:
                yield from self.options.option(option, number)
                if details:
                    yield from self.options.details(option, number)
        if not shown:
            yield Heading("No option")
            yield Paragraph("No regimen of these rules is offered to this patient, or may be.", indent=2)
        yield from self._excluded()
        yield from self._not_indicated(everything=everything)
        if not little:
            yield from self._questions(TITLE)
        yield from self._trials()
        yield from self._list("Silent: not spoken of by the reviews", self.advice.silent)
        yield from self._list("Worth knowing", self.advice.notes)
        yield from self._errata_shown()
        yield from self._foot(details=details)

    # Head -----------------------------------------------------------------------------------------------------

    def _head(self) -> Iterator[Block]:
        profile = self.advice.profile
        yield Heading(profile.id, 1)
        if profile.summary:
            yield Paragraph(profile.summary)
        known = known_facts(self.patient, self.wording)
        yield Paragraph(f"Read as: {known or 'nothing is known'}.", "quiet", hang=2)
        for note in profile.notes:
            yield Paragraph(f"! input: {note}", "caution", hang=2)
        counts = [
            f"{len(self.advice.of(standing))} {standing.value.replace('-', ' ')}"
            for standing in Standing
            if self.advice.of(standing)
        ]
        yield Paragraph(f"{len(self.advice.options)} regimens: {listed(counts)}.")

    def _first(self, *, details: bool) -> Iterator[Block]:
        """What holds for every option, once; of much that is open only what it waits for, but for ``details``."""
        first = self.advice.first
        open_ = [one for one in first if one.state == "open"]
        in_short = len(open_) > MOST_OPEN and not details
        if len(first) > len(open_) or (first and not (in_short and self.advice.is_little_known)):
            yield Heading(FIRST)
        yield from (self.options.first(one) for one in first if one.state == "holds" or not in_short)
        if in_short and not self.advice.is_little_known:  # else the questions say it
            keys = tuple(dict.fromkeys(key for one in open_ for key in one.depends_on))
            words = questions_words(keys, self.rulebook.domain)
            yield Paragraph(f"? each can speak against every option: {words}", "open", 2, 2)

    def _standards(self, *, details: bool) -> Iterator[Block]:
        """What the reviews state; standards that wait in one sentence, but for ``details``."""
        if not self.advice.standards:
            yield from (Gap(),) if self.advice.first else ()
            yield Paragraph("Standard stated by the reviews: none for this situation.", "quiet")
            return
        yield Heading("Standard stated by the reviews")
        open_ = [standard for standard in self.advice.standards if standard.state == "open"]
        in_short = len(open_) > 1 and not details
        for standard in self.advice.standards:
            waits = questions_words(standard.depends_on, self.rulebook.domain)
            lead = f"? depends on {waits}: " if standard.state == "open" else ""
            style = "open" if standard.state == "open" else ""
            if standard.state == "holds" or not in_short:
                yield Paragraph(f"{lead}{standard.title}. {standard.says} [{self._at(standard)}]", style, 2, 2)
        if in_short:
            keys = dict.fromkeys(key for standard in open_ for key in standard.depends_on)
            waits = listed(question_words(key, self.rulebook.domain) for key in keys)
            titles = "; ".join(f"{standard.title} [{self._at(standard)}]" for standard in open_)
            yield Paragraph(f"? {waits} decide{'' if len(keys) > 1 else 's'} between: {titles}.", "open", 2, 2)

    # What is not offered --------------------------------------------------------------------------------------

    def _excluded(self) -> Iterator[Block]:
        by_reason: dict[str, list[str]] = {}
        for option in self.advice.of(Standing.EXCLUDED):
            reasons = [reason for reason in option.reasons if reason.effect == "exclude" and reason.state != "not met"]
            said = " ".join(f"{r.says} [{self.places.at(r.source.review, r.source.section)}]" for r in reasons)
            by_reason.setdefault(said, []).append(option.name)
        if by_reason:
            yield Heading(TITLES[Standing.EXCLUDED])
        for said, names in by_reason.items():
            yield Paragraph(f"x {'; '.join(names)}", "name", 2, 2)
            yield Paragraph(said, indent=4)

    def _not_indicated(self, *, everything: bool) -> Iterator[Block]:
        options = self.advice.of(Standing.NOT_INDICATED)
        if not (everything and options):
            return
        yield Heading(TITLES[Standing.NOT_INDICATED])
        for option in options:
            yield Paragraph(f"- {option.name}", indent=2, hang=2)
            for reason in option.reasons:
                place = self.places.at(reason.source.review, reason.source.section)
                yield Paragraph(f"not met: {'; '.join(reason.not_met)} [{place}]", indent=4, hang=2)

    def _names(self, shown: Iterable[Group]) -> Iterator[Block]:
        """The options by name only, where what is known decides nothing of them yet."""
        for group in shown:
            yield Heading(group.title)
            names = "; ".join(option.name for _, option in group.options)
            yield Paragraph(f"{names}. Their evidence: --details.", indent=2, hang=2)

    def _questions(self, title: str) -> Iterator[Block]:
        if not self.advice.missing:
            return
        yield Heading(title)
        for missing in self.advice.missing[:MOST_QUESTIONS]:
            yield Paragraph(f"- {missing.asks} {decides_words(missing, self.advice)}", indent=2, hang=2)
        more = [
            question_words(missing.question, self.rulebook.domain) for missing in self.advice.missing[MOST_QUESTIONS:]
        ]
        if more:
            yield Paragraph(f"- then: {', '.join(more)}", indent=2, hang=2)

    # Beside the options ---------------------------------------------------------------------------------------

    def _trials(self) -> Iterator[Block]:
        if not self.advice.trials:
            return
        yield Heading("Trials under way when the reviews were written")
        for trial in self.advice.trials:
            yield Paragraph(f"- {self._trial_words(trial)}", indent=2, hang=2)
            for erratum in trial.errata:
                yield Paragraph(f"{ERRATUM_SIGN} {erratum_line(erratum)}", "quiet", 4, 2)

    def _trial_words(self, trial: Trial) -> str:
        return f"{trial_title(trial.name, trial.phase, trial.registry)}: {trial.says} [{self._at(trial)}]"

    def _list(self, title: str, statements: Iterable[Statement]) -> Iterator[Block]:
        items = tuple(self._statement(one) for one in statements if not self.advice.is_first(one.rule))
        if items:
            yield Heading(title)
            yield Bullets(items)

    def _statement(self, statement: Statement) -> str:
        outside = f" (outside the reviews, {statement.certainty})" if statement.basis != "review" else ""
        place = f" [{self._at(statement)}]" if statement.basis == "review" else ""
        return f"{statement.title}: {statement.says}{outside}{place}"

    def _at(self, said: Statement | Trial) -> str:
        return self.places.at(said.source.review, said.source.section)

    # Foot -----------------------------------------------------------------------------------------------------

    def _errata_shown(self) -> Iterator[Block]:
        if self.options.errata:
            yield Heading(f"{ERRATUM_SIGN} Figures to read with care")
            for said in self.options.errata.values():
                yield Paragraph(f"{ERRATUM_SIGN} {said}", indent=2, hang=2)

    def _foot(self, *, details: bool) -> Iterator[Block]:
        advice = self.advice
        yield Gap()
        yield Paragraph(LEGEND, "quiet")
        yield Paragraph(advice.scope if details else SHORT_SCOPE, "quiet")
        more = "" if details else " More: --details, --all, regimen-advisor show study ID."
        engines = " and ".join(advice.engines)
        agreed = f"{engines} agreed" if len(advice.engines) > 1 else f"judged by {engines} alone"
        yield Paragraph(f"Rules {advice.rulebook.version}; {agreed}.{more}", "quiet")
