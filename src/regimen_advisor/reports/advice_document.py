"""Build ``advise`` as one document: the parts of a ``Screen`` as blocks, for text, markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from regimen_advisor.documents.blocks import Block, Bullets, Folded, Gap, Heading, Item, Paragraph, Table
from regimen_advisor.language.standings import Standing
from regimen_advisor.reports import glance
from regimen_advisor.reports.cards import Card, Part, open_questions
from regimen_advisor.reports.depth import PLAIN, Depth
from regimen_advisor.reports.screen import (
    FIRST,
    NO_OPTION,
    NO_STANDARD,
    NOTES,
    CardGroup,
    Screen,
    ScreenSentence,
    names_of,
)
from regimen_advisor.reports.titles import CHANGED, DIFFER, TITLES
from regimen_advisor.words.catalogue import joined, say


@dataclass(frozen=True)
class Form:
    """How much is shown under each option."""

    parts: frozenset[Part] = frozenset(Part)
    run_in: bool = False
    """Whether the text of an option follows its name on the same line."""
    notes: bool = True
    """Whether what is worth knowing is written out."""
    trials: bool = True
    """Whether each trial says what it was about; else its name does, and how it ended."""
    waiting: bool = True
    """Whether the table has the options that wait; else they are named after it."""
    joined: bool = False
    """Whether the lines of an option are one paragraph."""
    silent: bool = True
    """Whether a sentence says where the sources are silent; else its title names it."""
    decides: bool = True
    """Whether each question says what it decides; else the options that wait say for which."""
    first: bool = True
    """Whether each warning about every option has its own line; else those of one source are one paragraph."""


WHOLE = Form()
_LEAST = frozenset({Part.MEASURE, Part.PATIENT, Part.OPEN, Part.HARM_OF_A_DRUG})
FORMS = (
    WHOLE,
    Form(WHOLE.parts - {Part.EVIDENCE, Part.CARE_OF_OTHERS}),
    Form(_LEAST | {Part.STATEMENT, Part.HARM, Part.CARE}),
    Form(_LEAST | {Part.HARM}, run_in=True),
    Form(_LEAST, run_in=True),
    Form(_LEAST, run_in=True, notes=False),
    Form(_LEAST, run_in=True, notes=False, trials=False),
)
"""The forms that text has for a screen, the fullest first: what one has no room for is behind ``--details``."""
_CLOSED = _LEAST - {Part.OPEN}
_JOINED = replace(FORMS[-1], joined=True)
TIGHT = (
    _JOINED,
    replace(_JOINED, silent=False),
    replace(_JOINED, silent=False, waiting=False),
    replace(_JOINED, silent=False, waiting=False, decides=False),
    replace(_JOINED, silent=False, waiting=False, decides=False, parts=_CLOSED),
    replace(_JOINED, silent=False, waiting=False, decides=False, parts=_CLOSED, first=False),
)
"""Forms for an answer that no other makes fit a longer screen."""


def document(screen: Screen, form: Form = WHOLE, depth: Depth = PLAIN) -> Iterator[Block]:
    """The blocks of an answer; ``form`` says how much is shown under each option, ``depth`` which parts there are."""
    yield from _head(screen, form, depth)
    if screen.is_little_known:
        yield from _questions(screen)
    yield from _standards(screen)
    folded = screen.is_little_known and not depth.details
    if not folded:
        yield from _at_a_glance(screen, form)
    if screen.differ and not folded:
        yield Heading(DIFFER)
        yield from _sentences(screen.differ)
    if screen.changed:
        yield Heading(CHANGED)
        yield from _sentences(screen.changed)
    if not depth.brief:
        yield from _names(screen.groups) if folded else _options(screen, form)
        yield from _excluded(screen)
        if depth.everything and screen.not_indicated:
            title = TITLES[Standing.NOT_INDICATED]
            yield Folded(title, (Table((say("advice.regimen"), say("advice.why_not")), screen.not_indicated),))
        yield from _after_options(screen, form)
    yield Gap()
    yield from (Paragraph(sentence, "quiet") for sentence in screen.small_print[:-1])
    yield Paragraph(f"{screen.small_print[-1]}{'' if depth.details else _more(screen, form)}", "quiet")


def _head(screen: Screen, form: Form, depth: Depth) -> Iterator[Block]:
    yield Heading(screen.title, 1)
    if screen.summary and form == WHOLE:
        yield Paragraph(screen.summary)
    not_known = say("advice.not_known", facts=screen.unknown) if screen.unknown else ""
    yield Paragraph(say("advice.patient", patient=screen.patient, not_known=not_known), hang=2)
    yield from (Paragraph(say("advice.input", note=note), "caution", hang=2) for note in screen.remarks)
    if depth.details:
        yield Paragraph(screen.counts)
    if screen.first:
        yield Heading(FIRST)
        yield from _sentences(screen.first if form.first else screen.first_together)


def _standards(screen: Screen) -> Iterator[Block]:
    if screen.standards:
        yield Heading(screen.names.standard)
        yield from _sentences(screen.standards)
    else:
        yield from (Gap(),) if screen.first else ()
        yield Paragraph(say("advice.standard_none", standard=screen.names.standard, none=NO_STANDARD), "quiet")


def _sentences(several: Iterable[ScreenSentence]) -> Iterator[Block]:
    yield Item("", tuple(Paragraph(sentence.text, sentence.style) for sentence in several))


def _at_a_glance(screen: Screen, form: Form) -> Iterator[Block]:
    rows = [row for row in screen.rows if form.waiting or row.option.standing is not Standing.UNDETERMINED]
    if screen.rows:
        yield Heading(glance.TITLE)
        yield glance.table(rows)
        if len(screen.rows) > 1:
            yield Paragraph(screen.order, "quiet")
    else:
        yield Heading(say("advice.no_option_title"))
        yield Paragraph(NO_OPTION, indent=2)


def _names(groups: Iterable[CardGroup]) -> Iterator[Block]:
    """The options by name only, where what is known decides nothing of them yet."""
    for group in groups:
        yield Heading(group.title)
        yield Paragraph(say("advice.evidence_in_details", options=names_of(group.cards)), indent=2)


def _options(screen: Screen, form: Form) -> Iterator[Block]:
    for number, group in enumerate(screen.groups):
        if not form.waiting and group.cards[0].option.standing is Standing.UNDETERMINED:
            yield from _waiting(screen, group)
            continue
        cards = [card for card in group.cards if card.of(form.parts) or card.details]
        if cards:
            yield Heading(group.title)
        for card in cards:
            yield _card(card, form)
            yield from card.details
        is_last = not any(later.cards[0].option.standing.is_offered for later in screen.groups[number + 1 :])
        if Part.OPEN not in form.parts and is_last and group.cards[0].option.standing.is_offered:
            waits = open_questions(card for earlier in screen.groups for card in earlier.cards)
            yield from (Paragraph(waits, "open", hang=2),) if waits else ()


def _waiting(screen: Screen, group: CardGroup) -> Iterator[Block]:
    """The options that wait by name, those together that wait for the same."""
    yield Heading(group.title)
    waiting = [row for row in screen.rows if row.option.standing is Standing.UNDETERMINED]
    for waits in dict.fromkeys(row.warning for row in waiting):
        names = joined((row.option.name for row in waiting if row.warning == waits), "lists")
        yield Paragraph(say("advice.waiting", options=names, waits=waits), indent=2, hang=2)


def _card(card: Card, form: Form) -> Block:
    lines = tuple(Paragraph(line.text, line.style) for line in card.of(form.parts))
    if form.joined and lines:
        lines = (Paragraph(card.run_on(form.parts), lines[0].style),)
    return Item(f"{card.number}. {card.option.name}", lines, run_in=form.run_in)


def _excluded(screen: Screen) -> Iterator[Block]:
    if screen.excluded:
        yield Heading(TITLES[Standing.EXCLUDED])
        yield Item(
            "",
            tuple(Paragraph(say("advice.excluded", options=names, reason=reason)) for names, reason in screen.excluded),
        )


def _questions(screen: Screen, form: Form = WHOLE) -> Iterator[Block]:
    if screen.questions:
        yield Heading(screen.questions_title)
        yield Bullets(screen.questions if form.decides else screen.questions_in_short)


def _after_options(screen: Screen, form: Form) -> Iterator[Block]:
    if not screen.is_little_known:
        yield from _questions(screen, form)
    notes = screen.notes if form.notes else ()
    trials = screen.trials if form.trials else screen.trials_in_short
    silent = screen.silent if form.silent else screen.silent_in_short
    for title, items in ((screen.names.silent, silent), (screen.names.trials, trials), (NOTES, notes)):
        if items:
            yield Heading(title)
            yield Bullets(items)


def _more(screen: Screen, form: Form) -> str:
    """How to see the rest, and what of it there was no room for."""
    cards = [card for group in screen.groups for card in group.cards]
    harm = form.parts.isdisjoint({Part.HARM}) and any(card.of(frozenset({Part.HARM})) for card in cards)
    notes = screen.notes_left or (screen.notes and not form.notes)
    notes = notes or (screen.trials and not form.trials)
    notes = notes or (screen.silent and not form.silent)
    parts = ((say("advice.harm"), harm), (say("advice.left_notes"), notes))
    left = joined(word for word, is_left in parts if is_left)
    return say("advice.more_left", parts=left) if left else say("advice.more")
