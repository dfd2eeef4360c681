"""Put an answer into words, part by part: the one source of its text, its markdown and its HTML.

The parts come in the order in which a tumour board asks: who the patient is, what holds for every option, what the
standard is, the options at a glance, each option, what is excluded, what to ask, where the sources are silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from regimen_advisor.advice import Advice, First, Statement, Trial
from regimen_advisor.figure_wording import ERRATUM_SIGN, trial_title
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.source_names import SourceNames
from regimen_advisor.language.standings import Standing
from regimen_advisor.ordering import order_line
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import QuestionNames, known_facts, unknown_words
from regimen_advisor.reports import glance
from regimen_advisor.reports.cards import Card, Cards
from regimen_advisor.reports.cautions import STANDARD, Cautions
from regimen_advisor.reports.deciding import FIRST_TITLE, TITLE, decides_words
from regimen_advisor.reports.depth import PLAIN, Depth
from regimen_advisor.reports.errata import certainty_of, consequence_of, ends_of
from regimen_advisor.reports.glance import GlanceRow
from regimen_advisor.reports.groups import groups
from regimen_advisor.wording import listed, standing_words
from regimen_advisor.words.catalogue import joined, say

MOST_QUESTIONS = 6
MOST_OPEN = 2
MOST_UNKNOWN = 6
FIRST = say("advice.first")
NO_STANDARD = say("advice.no_standard")
NO_OPTION = say("advice.no_option")
NOTES = say("advice.notes")
SHORT_SCOPE = say("advice.short_scope")
_ASIDE = re.compile(r" \([^)]*\)")


@dataclass(frozen=True)
class ScreenSentence:
    """A sentence with its sign and its source; ``style`` is ``caution``, ``open`` or nothing."""

    text: str
    style: str = ""
    source: str = ""
    """Where a warning comes from, if it can share that with others; ``says`` is then its sentence."""
    says: str = ""


@dataclass(frozen=True)
class CardGroup:
    """Options under one heading."""

    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Screen:
    """An answer in words, part by part."""

    title: str
    summary: str | None
    patient: str
    unknown: str
    """What is not known of the patient that matters; empty where all is known, or the questions say it."""
    remarks: tuple[str, ...]
    names: SourceNames
    """What the sources are called, in the titles of what they state and do not."""
    first: tuple[ScreenSentence, ...]
    standards: tuple[ScreenSentence, ...]
    differ: tuple[ScreenSentence, ...]
    """Where the sources differ on what is shown, both sides with their places."""
    changed: tuple[ScreenSentence, ...]
    """What a pack replaced or retired that bears on this answer, with its reasons."""
    counts: str
    rows: tuple[GlanceRow, ...]
    order: str
    groups: tuple[CardGroup, ...]
    excluded: tuple[tuple[str, str], ...]
    """Names of regimens, and the reason."""
    not_indicated: tuple[tuple[str, str], ...]
    questions_title: str
    questions: tuple[str, ...]
    questions_in_short: tuple[str, ...]
    """The questions alone, where the options that wait say for which; what is decided besides is kept."""
    trials: tuple[str, ...]
    trials_in_short: tuple[str, ...]
    """The trials by name, those apart of which it is known how they ended."""
    silent: tuple[str, ...]
    silent_in_short: tuple[str, ...]
    """What the sources are silent on, by its title alone."""
    notes: tuple[str, ...]
    notes_left: int
    """How many notes more there are that bear on no option of this patient."""
    small_print: tuple[str, ...]
    is_little_known: bool

    @property
    def first_together(self) -> tuple[ScreenSentence, ...]:
        """What holds for every option, the warnings of one source in one paragraph."""
        by_source: dict[str, list[ScreenSentence]] = {}
        for sentence in self.first:
            by_source.setdefault(sentence.source or sentence.text, []).append(sentence)
        return tuple(
            several[0]
            if len(several) == 1
            else ScreenSentence(
                say(
                    "advice.against_together", source=source, sentences=" ".join(sentence.says for sentence in several)
                ),
                several[0].style,
            )
            for source, several in by_source.items()
        )


def screen(
    advice: Advice,
    rulebook: Rulebook,
    patient: Patient,
    depth: Depth = PLAIN,
    *,
    cut: bool = True,
    apart: bool = False,
    cut_rows: bool = True,
) -> Screen:
    """The answer in words; unless ``depth`` asks for details, ``cut`` leaves out what a screen has no room for.

    ``apart`` repeats under an option what the table holds, for a reader who comes to the option alone. Without
    ``cut_rows`` the table writes each warning out, which then takes no line under the option.
    """
    in_short = cut and not depth.details
    made = _Screen(advice, rulebook, patient, whole=depth.details, in_short=in_short, apart=apart)
    return made.screen(cut_rows=cut_rows)


class _Screen:
    def __init__(
        self, advice: Advice, rulebook: Rulebook, patient: Patient, *, whole: bool, in_short: bool, apart: bool
    ) -> None:
        self.advice, self.rulebook, self.patient = advice, rulebook, patient
        self.whole, self.in_short, self.apart = whole, in_short, apart
        self.places, self.wording = rulebook.citations, Guideline.of(rulebook).wording
        self.names = QuestionNames.of(patient, rulebook.domain)
        self.cautions = Cautions(advice, rulebook, self.names, whole=whole, apart=apart)

    def screen(self, *, cut_rows: bool) -> Screen:
        advice = self.advice
        standards = tuple(self._standards())  # before the options, which point to what is written out here
        rows = glance.rows(advice, self.rulebook, self.cautions.for_a_part(), cut=cut_rows)
        cards = Cards(self.cautions)
        notes, left = self._notes()
        silences = [silence for silence in advice.silent if not advice.is_first(silence.rule)]
        return Screen(
            title=advice.profile.id,
            summary=advice.profile.summary,
            patient=known_facts(self.patient, self.wording) or say("advice.nothing_known"),
            unknown=self._unknown(),
            remarks=advice.profile.notes,
            names=self.places.names,
            first=tuple(self._first()),
            standards=standards,
            differ=tuple(
                ScreenSentence(f"{difference.subject}: {difference.says}") for difference in advice.differences
            ),
            changed=tuple(ScreenSentence(change.says) for change in advice.changes),
            counts=self._counts(),
            rows=rows,
            order=order_line(advice.order),
            groups=tuple(
                CardGroup(group.title, tuple(cards.card(option, number) for number, option in group.options))
                for group in groups(advice)
            ),
            excluded=self._excluded(),
            not_indicated=self._not_indicated(),
            questions_title=FIRST_TITLE if advice.is_little_known else TITLE,
            questions=tuple(self._questions()),
            questions_in_short=tuple(self._questions(options_apart=True)),
            trials=tuple(map(self._trial, advice.trials)),
            trials_in_short=tuple(self._trials_in_short()),
            silent=tuple(map(self._statement, silences)),
            silent_in_short=tuple(self._silent_in_short(silences)),
            notes=notes,
            notes_left=left,
            small_print=tuple(self._small_print()),
            is_little_known=advice.is_little_known,
        )

    # Head ------------------------------------------------------------------------------------------------------

    def _unknown(self) -> str:
        """What is not known and can bear on the answer, the weightiest first."""
        advice = self.advice
        if advice.is_little_known:
            return ""
        waits = [statement.depends_on for statement in advice.first] + [
            statement.depends_on for statement in advice.standards
        ]
        shown = advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED)
        waits += [caution.depends_on for option in shown for caution in option.cautions]
        keys = dict.fromkeys([*(question.question for question in advice.missing), *chain(*waits)])
        words = [unknown_words(key, self.patient, self.rulebook.domain) for key in keys]
        limit = len(words) if self.whole else MOST_UNKNOWN
        more = [say("advice.and_more", count=len(words) - limit)] if len(words) > limit else []
        return joined([*words[:limit], *more])

    def _counts(self) -> str:
        counts = [
            say("advice.of_standing", number=len(self.advice.of(standing)), standing=standing_words(standing))
            for standing in Standing
            if self.advice.of(standing)
        ]
        return say("advice.counts", count=len(self.advice.options), standings=listed(counts))

    def _first(self) -> Iterator[ScreenSentence]:
        """What holds for every option, once; of much that is open only what it waits for, unless all is wanted."""
        first = self.advice.first
        open_ = [caution for caution in first if caution.state == "open"]
        in_one = len(open_) > MOST_OPEN and (self.in_short or self.apart)
        for caution in first:
            if caution.state == "holds" and not caution.title:
                yield ScreenSentence(self._of_all(caution), "caution", self.cautions.tail(caution), caution.says)
            elif caution.state == "holds" or not in_one:
                yield ScreenSentence(self._of_all(caution), "open" if caution.state == "open" else "caution")
        if in_one and not self.advice.is_little_known:  # else the questions say it
            keys = tuple(dict.fromkeys(key for caution in open_ for key in caution.depends_on))
            words = self.names.list_of(keys)
            yield ScreenSentence(say("advice.against_all", questions=words), "open")

    def _of_all(self, first: First) -> str:
        title = f"{first.title}: " if first.title else ""
        return f"{self.cautions.sign(first)}{title}{first.says}{self.cautions.tail(first)}"

    def _standards(self) -> Iterator[ScreenSentence]:
        """What the sources state; standards that wait in one sentence, unless all is wanted."""
        open_ = [standard for standard in self.advice.standards if standard.state == "open"]
        in_one = len(open_) > 1 and not self.whole
        cautions = self.cautions.for_a_part()
        for standard in self.advice.standards:
            waits = self.names.list_of(standard.depends_on)
            lead = say("advice.depends", questions=waits) if standard.state == "open" else ""
            if standard.state == "holds" or (standard.state == "open" and not in_one):
                sentence = f"{lead}{standard.title}. {standard.says} [{self._at(standard)}]"
                yield ScreenSentence(sentence, "open" if standard.state == "open" else "")
                yield from self._against(standard, cautions)
        if in_one:
            keys = dict.fromkeys(key for standard in open_ for key in standard.depends_on)
            words = list(map(self.names.name_of, keys))
            titles = self._titles(open_)
            sentence = say("advice.decides_between", count=len(keys), questions=listed(words), standards=titles)
            yield ScreenSentence(sentence, "open")
        yield from self._of_others()

    def _against(self, standard: Statement, cautions: Cautions) -> Iterator[ScreenSentence]:
        """What speaks against a standard in this patient, where it is not under First."""
        for caution in standard.cautions:
            if self.advice.is_first(caution.rule) or cautions.number_of(caution) is not None:
                continue
            cautions.write_out(caution, STANDARD)
            also = [
                further.title
                for further in self.advice.standards
                if further is not standard and any(held.says == caution.says for held in further.cautions)
            ]
            tail = say("advice.also_against", standards=joined(also, "lists")) if also else ""
            yield ScreenSentence(f"{cautions.lead(caution)}{caution.says}{cautions.tail(caution)}{tail}", "caution")

    def _of_others(self) -> Iterator[ScreenSentence]:
        """What the sources state for a disease that is not this patient's, in one sentence for each such disease."""
        of_others = [standard for standard in self.advice.standards if standard.state == "of others"]
        for meant_for in dict.fromkeys(standard.meant_for for standard in of_others):
            found = [standard for standard in of_others if standard.meant_for == meant_for]
            if self.whole:
                words = " ".join(f"{standard.title}. {standard.says} [{self._at(standard)}]" for standard in found)
            else:
                words = f"{self._titles(found)}."
            yield ScreenSentence(say("advice.of_others", disease=meant_for, standards=words))

    def _titles(self, standards: Iterable[Statement]) -> str:
        """The titles of standards, with each place once."""
        between = say("between.lists")
        return between.join(
            f"{between.join(standard.title for standard in several)} [{place}]"
            for place, several in groupby(standards, self._at)
        )

    # What is not offered ----------------------------------------------------------------------------------------

    def _excluded(self) -> tuple[tuple[str, str], ...]:
        """Each reason once, with the options that it excludes and every section that gives it.

        A reason on which the sources differ is written out there, next to what the other source says.
        """
        differing = {rule for difference in self.advice.differences for rule in difference.rules}
        names: dict[str, dict[str, None]] = {}
        sections: dict[str, dict[str, dict[str, None]]] = {}
        for option in self.advice.of(Standing.EXCLUDED):
            for reason in option.exclusions:
                says = say("advice.differ_above") if reason.rule in differing else reason.says
                names.setdefault(says, {})[option.name] = None
                for place in reason.source.places:
                    sections.setdefault(says, {}).setdefault(place.review, {})[place.section] = None
        places = {
            says: joined((self.places.at(review, *cited) for review, cited in reviews.items()), "lists")
            for says, reviews in sections.items()
        }
        reasons: dict[str, list[str]] = {}  # those of the same options together
        for says, options in names.items():
            reasons.setdefault(joined(options, "lists"), []).append(f"{says} [{places[says]}]")
        return tuple((options, " ".join(several)) for options, several in reasons.items())

    def _not_indicated(self) -> tuple[tuple[str, str], ...]:
        def reasons_by(places: CitationLabels) -> Iterator[tuple[str, str]]:
            for option in self.advice.of(Standing.NOT_INDICATED):
                reasons = [
                    say(
                        "advice.not_met",
                        conditions=joined(reason.not_met, "lists"),
                        place=places.cite(reason.source),
                    )
                    for reason in option.reasons
                ]
                yield option.name, " / ".join(reasons)

        return tuple(reasons_by(self.places))

    # After the options ------------------------------------------------------------------------------------------

    def _questions(self, *, options_apart: bool = False) -> Iterator[str]:
        """Each with what it decides; of those that can only bring a caution the names, where room is short.

        With ``options_apart``, questions that decide nothing but which options are offered come together.
        """
        missing = self.advice.missing
        deciding = [
            question
            for question in missing
            if not self.in_short or question.standards or question.options or question.evidence
        ]
        limit = MOST_QUESTIONS if self.in_short else len(missing)
        decides = {
            question.asks: decides_words(question, self.advice, options_apart=options_apart)
            for question in deciding[:limit]
        }
        if bare := " ".join(asks for asks, words in decides.items() if not words):
            yield bare
        yield from (f"{asks} {words}" for asks, words in decides.items() if words)
        left = (
            ("advice.then", deciding[limit:]),
            ("advice.only_caution", [question for question in missing if question not in deciding]),
        )
        for key, several in left:
            if words := [self.names.name_of(question.question) for question in several]:
                yield say(key, questions=joined(words))

    def _trial(self, trial: Trial) -> str:
        """How the trial ended, if that is known, then what it was; what else the record says differently."""
        ended = ends_of(trial)
        lead = " ".join(consequence_of(erratum) for erratum in ended)
        further = [] if self.in_short else [erratum for erratum in trial.errata if erratum not in ended]
        parts = [f"{self._trial_title(trial)}:", lead, trial.says, f"[{self._at(trial)}]"]
        return " ".join(part for part in (*parts, *map(consequence_of, further)) if part)

    def _trial_title(self, trial: Trial) -> str:
        name, phase = (trial.name.split(", ")[0], None) if self.in_short else (trial.name, trial.phase)
        return trial_title(name, phase, trial.registry)

    def _trials_in_short(self) -> Iterator[str]:
        under_way = [trial for trial in self.advice.trials if not ends_of(trial)]
        if under_way:
            places = joined(dict.fromkeys(map(self._at, under_way)), "lists")
            yield f"{joined(map(self._trial_title, under_way))} [{places}]"
        ended: dict[tuple[str, str], list[Trial]] = {}
        for trial in self.advice.trials:
            if ends := ends_of(trial):
                ended.setdefault((" ".join(erratum.consequence for erratum in ends), self._at(trial)), []).append(trial)
        for (says, place), several in ended.items():
            titles = joined(map(self._trial_title, several), "lists")
            signs = joined((certainty_of(erratum) for trial in several for erratum in ends_of(trial)), "lists")
            sentence = f"{says.rstrip('.')} ({signs})."
            alone = f"{titles}: {sentence}"
            words = say("advice.each_of_several", trials=titles, sentence=sentence) if several[1:] else alone
            yield f"{words} [{place}]"

    def _silent_in_short(self, silences: Sequence[Statement]) -> Iterator[str]:
        """All in one line; what no source states is written out, so that it is not taken for their silence."""
        if stated := [silence for silence in silences if silence.basis == "review"]:
            yield self._titles(stated)
        yield from (self._statement(silence) for silence in silences if silence.basis != "review")

    def _notes(self) -> tuple[tuple[str, ...], int]:
        """The notes that bear on an option of this patient, and how many others there are."""
        advice = self.advice
        shown = advice.of(Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED)
        studies = {study for option in shown for study in option.studies}
        notes = [note for note in advice.notes if not advice.is_first(note.rule)]
        bear = [note for note in notes if self.whole or not shown or studies.issuperset(note.studies)]
        return tuple(map(self._statement, bear)), len(notes) - len(bear)

    def _statement(self, statement: Statement) -> str:
        outside = ""
        if statement.basis != "review":
            outside = say("advice.outside", outside=self.places.names.outside, certainty=statement.certainty)
        place = f" [{self._at(statement)}]" if statement.basis == "review" else ""
        return f"{statement.title}: {statement.says}{outside}{place}"

    def _at(self, statement: Statement | Trial) -> str:
        return self.places.cite(statement.source)

    def _small_print(self) -> Iterator[str]:
        advice = self.advice
        yield say("advice.reviews", reviews=joined(review_names(self.rulebook), "lists"))
        yield legend(self.rulebook)
        alone = say("advice.alone", engine=advice.engines[0]) if len(advice.engines) == 1 else ""
        if self.whole:
            engines = alone or say("advice.agreed", engines=listed(advice.engines))
            yield say(
                "advice.rules", scope=advice.scope, rules=advice.rulebook.dated(advice.rulebook.digest), engines=engines
            )
        else:
            engines = alone or say("advice.engines_agreed")
            yield say(
                "advice.rules", scope=SHORT_SCOPE, rules=advice.rulebook.dated(advice.rulebook.version), engines=engines
            )


def legend(rulebook: Rulebook) -> str:
    """What the signs of an answer mean."""
    return say("advice.legend", sign=ERRATUM_SIGN, sources=rulebook.source_names.loaded)


def review_names(rulebook: Rulebook) -> Iterator[str]:
    """What the short name of each source stands for, without our remarks on its title."""
    return (f"{review.cited_as}: {_ASIDE.sub('', review.title)}" for review in rulebook.reviews.values())


def names_of(cards: Iterable[Card]) -> str:
    """The options of cards by name only."""
    return joined((card.option.name for card in cards), "lists")
