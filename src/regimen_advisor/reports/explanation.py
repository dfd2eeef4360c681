"""Write ``explain`` as a document: the verdict, for and against side by side, the trees, what would change it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from regimen_advisor.documents.blocks import Block, Bullets, Columns, Gap, Heading, Paragraph, Tree
from regimen_advisor.explaining.explain import unmet
from regimen_advisor.explanation import SIGNS, Argument, Clause, Explanation, OptionExplained, Step, Way
from regimen_advisor.figure_wording import signed
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.reports.questions_text import TO_ASK, patient_question_lines, question_lines
from regimen_advisor.reports.titles import CHANGED, DIFFER, TITLES
from regimen_advisor.wording import UNKNOWN, listed, standing_words, value_word
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

HOLDS, APPLIES = CATALOGUE.room("holds"), CATALOGUE.room("applies")
LEGEND = say("explain.legend")
MOST_WAYS = 6
MANY_UNMET = 2
"""A rule of which so many conditions are not met is far away: no single answer brings it back."""


def document(
    explanation: Explanation, rulebook: Rulebook, patient: Patient, *, everything: bool = False
) -> Iterator[Block]:
    """The explanation; with ``everything`` also the rules that are far from holding."""
    names = QuestionNames.of(patient, rulebook.domain)
    yield from _head(explanation)
    if not any(option.arguments for option in explanation.options):
        yield from _overview(explanation, names)
    for option in explanation.options:
        if option.arguments:
            yield from _verdict(option)
            yield Columns(
                (say("explain.for"), say("explain.against")), _sides(option, "for"), _sides(option, "against")
            )
            yield from _details(option, names, everything=everything)
    yield from _sources(explanation)
    yield from _foot(explanation)


# Parts --------------------------------------------------------------------------------------------------------------


def _head(explanation: Explanation) -> Iterator[Block]:
    profile = explanation.profile
    yield Heading(profile.id, 1)
    if profile.summary:
        yield Paragraph(profile.summary)
    for note in profile.notes:
        yield Paragraph(say("advice.input", note=note), "caution", hang=2)


def in_short(explanation: Explanation) -> Iterator[tuple[Standing, tuple[OptionExplained, ...]]]:
    """The options that are not explained in full, by their standing, those offered first."""
    short = [option for option in explanation.options if not option.arguments]
    by_standing = sorted(short, key=lambda option: list(Standing).index(option.standing))
    for standing, options in itertools.groupby(by_standing, key=lambda option: option.standing):
        yield standing, tuple(options)


def _overview(explanation: Explanation, names: QuestionNames) -> Iterator[Block]:
    for standing, options in in_short(explanation):
        yield Heading(TITLES[standing])
        for option in options:
            yield Paragraph(option.summary, indent=2)
            yield Gap()
    asked = tuple(patient_question_lines(explanation, names))
    if asked:
        yield Heading(TO_ASK)
        yield Bullets(asked)


def _verdict(option: OptionExplained) -> Iterator[Block]:
    yield Heading(say("explain.verdict", option=option.name, standing=standing_words(option.standing)), 2)
    yield Gap()


def _sides(option: OptionExplained, side: str) -> tuple[str, ...]:
    """Each sentence of a side once, whichever rules say it; what does not hold against the option is left out."""
    chosen = option.side("for" if side == "for" else "against")
    shown = [argument for argument in chosen if side == "for" or argument.state != "not met"]
    sentences = dict.fromkeys(f"{SIGNS[argument.state]} {argument_words(argument)}" for argument in shown)
    return tuple(sentences) or (say("explain.nothing"),)


def argument_words(argument: Argument) -> str:
    """The sentence of a rule, with its kind, whether it holds, and its source."""
    kind = say("caution.measure") if argument.kind == "measure" else say(f"effect.{argument.effect}")
    state, place = HOLDS[argument.state], source_of(argument)
    return say("explain.argument", kind=kind, state=state, sentence=argument.says, place=place)


def source_of(argument: Argument) -> str:
    """The section in brackets; knowledge from outside the sources is called so."""
    place = argument.cited
    if argument.certainty:
        place = say("explain.outside", place=place, outside=argument.outside, certainty=argument.certainty)
    return signed(place, argument.errata)


def _details(option: OptionExplained, names: QuestionNames, *, everything: bool) -> Iterator[Block]:
    yield Heading(say("explain.rules_for"))
    offers = option.side("for")
    far = [] if everything else _far(offers)
    for argument in offers:
        if argument not in far:
            yield from _argument(argument, names)
    if far:
        yield Paragraph(_folded(far))
    against = option.side("against")
    yield Heading(say("explain.rules_against"))
    for argument in against:
        if argument.state != "not met":
            yield from _argument(argument, names)
    silent = [argument for argument in against if argument.state == "not met"]
    far = [] if everything else [argument for argument in silent if argument.effect != "exclude"]
    near = [argument for argument in silent if argument not in far]
    if near:
        yield Paragraph(say("explain.not_holding", count=len(near)))
        yield Bullets(tuple(_not_holding(argument) for argument in near))
    if far:
        yield Paragraph(_folded(far))
    if not against:
        yield Paragraph(say("explain.none"))
    yield from _changes(option, names)
    yield from _questions(option, names)


def _far(offers: Sequence[Argument]) -> list[Argument]:
    """The rules that do not hold for two reasons or more, all but the nearest to holding."""
    away = [len(unmet(argument)) if argument.state == "not met" else 0 for argument in offers]
    nearest = min(away, default=0)
    return [argument for argument, far in zip(offers, away, strict=True) if far >= MANY_UNMET and far > nearest]


def _folded(far: Sequence[Argument]) -> str:
    """Rules that are named only, in one paragraph."""
    rules = joined(argument.rule for argument in far)
    return say("explain.folded", count=len(far), rules=rules)


def _argument(argument: Argument, names: QuestionNames) -> Iterator[Block]:
    sign, state = SIGNS[argument.state], HOLDS[argument.state]
    yield Paragraph(say("explain.rule", sign=sign, rule=argument.rule, state=state), "name", 2, 2)
    sentence, place, file = argument.says, source_of(argument), argument.written_in
    words = say("explain.rule_says", sentence=sentence, place=place, file=file)
    if argument.study_names:
        studies = joined(argument.study_names, "lists")
        words = say("explain.rule_says_studies", sentence=sentence, place=place, studies=studies, file=file)
    yield Paragraph(words, "quiet", 4)
    trees = list(_tree(argument.condition, names, 0))
    for unless in argument.unless:
        exception = say(
            "explain.unless",
            rule=unless.rule,
            file=unless.written_in,
            applies=APPLIES[unless.state],
            sentence=unless.says,
        )
        trees.append((0, exception))
        trees += _tree(unless.condition, names, 1)
    yield Tree(tuple(trees))


def _tree(clause: Clause, names: QuestionNames, depth: int, *, top: bool = True) -> Iterator[tuple[int, str]]:
    """The lines of a tree with their depth; a list of conditions that all must hold needs no line of its own."""
    if top and clause.joined == "all" and clause.finding is None:
        for part in clause.parts:
            yield from _tree(part, names, depth, top=False)
        return
    yield depth, clause_words(clause, names)
    for part in clause.parts:
        yield from _tree(part, names, depth + 1, top=False)


def clause_words(clause: Clause, names: QuestionNames) -> str:
    """Sign, state and words of a clause, with what is known of this patient: ``- not met: untreated (...)``."""
    known = [clause.value] if clause.value and not says_its_value(clause) else []
    if asks := asks_words(clause, names):
        known.append(say("explain.ask", questions=asks))
    words = clause.words
    if clause.finding and clause.joined:
        words = say("explain.all_of" if clause.joined == "all" else "explain.any_of", finding=words)
    aside = f" ({joined(known, 'lists')})" if known else ""
    clause_line = say("explain.clause", sign=SIGNS[clause.state], state=say(f"state.{clause.state}"), clause=words)
    return f"{clause_line}{':' if clause.parts else ''}{aside}"


def asks_words(clause: Clause, names: QuestionNames) -> str:
    """The questions that would settle an unknown clause, where that is more than the fact it names."""
    words = names.list_of(clause.asks)
    return "" if words == (clause.value or "").partition(": ")[0] else words


def says_its_value(clause: Clause) -> bool:
    """Whether the patient's value says no more than the clause: ``ECOG 1`` that is met, or that nothing is known."""
    value = (clause.value or "").partition(": ")[2]
    return (clause.state == "met" and value in clause.words) or (clause.state == "unknown" and value == UNKNOWN)


def _not_holding(argument: Argument) -> str:
    return say("explain.rule_not_met", rule=argument.rule, file=argument.written_in, conditions=listed(unmet(argument)))


# What would change it, what to ask --------------------------------------------------------------------------------


def _changes(option: OptionExplained, names: QuestionNames) -> Iterator[Block]:
    if not (option.ways or option.no_way or option.never):
        return
    yield Heading(say("explain.changes"))
    yield Bullets(tuple(change_lines(option, names)))


def change_lines(option: OptionExplained, names: QuestionNames) -> Iterator[str]:
    """The ways to be offered, one a line; what never changes is one line; a plain sentence where nothing helps."""
    yield from (way_words(way, names) for way in option.ways[:MOST_WAYS])
    if len(option.ways) > MOST_WAYS:
        yield say("explain.more_changes", count=len(option.ways) - MOST_WAYS)
    if option.no_way:
        yield option.no_way
    if option.never:
        yield option.never


def way_words(way: Way, names: QuestionNames) -> str:
    """A way in one sentence: ``To learn: PD-L1 TPS at least 1. To change: prior lines 3 (now 2).``."""
    sentences = []
    for kind in ("learn", "change"):
        steps = [_step_words(step, names) for step in way.steps if step.how == kind]
        sentences += [say(f"way.{kind}", steps=joined(steps, "lists"))] if steps else []
    return " ".join(sentences)


def _step_words(step: Step, names: QuestionNames) -> str:
    instead = say("explain.now", value=step.instead_of) if step.instead_of else ""
    is_answer = step.says == value_word("true") or step.says.split()[0] == value_word("false")
    key = "explain.step_colon" if is_answer else "explain.step"
    return f"{say(key, question=names.name_of(step.question), value=step.says)}{instead}"


def _questions(option: OptionExplained, names: QuestionNames) -> Iterator[Block]:
    asked = tuple(question_lines(option, names))
    if asked:
        yield Heading(TO_ASK)
        yield Bullets(asked)


def _sources(explanation: Explanation) -> Iterator[Block]:
    """Where the sources differ on what is explained, and what packs changed of it."""
    if explanation.differences:
        yield Heading(DIFFER)
        yield Bullets(
            tuple(
                say("explain.difference", subject=difference.subject, sentence=difference.says)
                for difference in explanation.differences
            )
        )
    if explanation.changes:
        yield Heading(CHANGED)
        yield Bullets(tuple(change.says for change in explanation.changes))


def _foot(explanation: Explanation) -> Iterator[Block]:
    yield Gap()
    yield Paragraph(LEGEND, "quiet")
    yield Paragraph(explanation.scope, "quiet")
    rules = explanation.rulebook.dated(explanation.rulebook.version)
    engines = listed(explanation.engines)
    yield Paragraph(say("explain.rules", rules=rules, engines=engines), "quiet")
