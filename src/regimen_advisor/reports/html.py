"""Write ``advise`` and ``explain`` as one self-contained page: no network, readable on paper and phone.

Whatever comes from a profile or a rule is escaped by the templates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from regimen_advisor.advice import Advice, Evidence, Option
from regimen_advisor.advising import evidence_of
from regimen_advisor.documents.blocks import Block
from regimen_advisor.documents.html import html
from regimen_advisor.drawing.forest import forest_plot, rows_of, rows_of_study
from regimen_advisor.drawing.guideline_map import guideline_map
from regimen_advisor.drawing.map_picture import map_picture
from regimen_advisor.explaining.explain import explain_all, unmet
from regimen_advisor.explanation import Explanation, Known, OptionExplained
from regimen_advisor.figure_wording import (
    arm_labels,
    brief_result,
    main_results,
    matching_arms,
    signed,
    study_words,
)
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.knowledge.publications import Sources
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Truth
from regimen_advisor.ordering import order_words
from regimen_advisor.patient.reading import Patient
from regimen_advisor.patient_wording import QuestionNames
from regimen_advisor.quiz.models import MEANINGS
from regimen_advisor.reports.advice_document import document
from regimen_advisor.reports.cards import Card, CardLine, Part
from regimen_advisor.reports.explanation import asks_words, change_lines, in_short, says_its_value
from regimen_advisor.reports.glance import GlanceRow
from regimen_advisor.reports.marks import explained
from regimen_advisor.reports.pages import environment, style
from regimen_advisor.reports.questions_text import patient_question_lines, question_lines
from regimen_advisor.reports.screen import NO_OPTION, Screen, review_names, screen
from regimen_advisor.reports.studies import approval_sentence, study_blocks
from regimen_advisor.wording import listed, standing_words
from regimen_advisor.words.catalogue import joined, say

MOST_MAPS = 3
_OFFERED = (Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)
_SHOWN = (*_OFFERED, Standing.UNDETERMINED)


def render_advice(advices: Sequence[Advice], rulebook: Rulebook, patients: Sequence[Patient]) -> str:
    """The advice for each patient on one page."""
    views = [
        _patient_view(index, advice, rulebook, patient)
        for index, (advice, patient) in enumerate(zip(advices, patients, strict=True), start=1)
    ]
    title = advices[0].profile.id if len(advices) == 1 else say("html.patients", count=len(advices))
    return _page("advice.html.j2", rulebook, title=say("html.options", title=title), patients=views)


def render_explanation(explanation: Explanation, rulebook: Rulebook, patient: Patient) -> str:
    """An explanation on one page, with the forest plot and the map behind the options that are explained in full."""
    whole = [option for option in explanation.options if option.arguments]
    names = listed(option.name for option in whole)
    heading = say("html.why", options=names) if whole else say("html.why_each")
    studies = _studies_for(whole)
    offered = _studies_for([option for option in whole if option.standing in _OFFERED])
    waiting = _studies_for([option for option in whole if option.standing is Standing.UNDETERMINED])
    return _page(
        "explanation.html.j2",
        rulebook,
        title=say("html.title", heading=heading, patient=explanation.profile.id),
        heading=heading,
        explanation=explanation,
        questions_of=QuestionNames.of(patient, rulebook.domain),
        forest=Markup(_forest_of_studies(studies, rulebook, offered, set(waiting) - set(offered))),  # noqa: S704 - drawn and escaped by `drawing`
        maps=_maps([option.regimen for option in whole], rulebook, patient, "map"),
        studies=[_study_view(id, rulebook, "study") for id in studies],
    )


def advice_fragment(advice: Advice) -> str:
    """The advice as a notebook shows it: the document, or the bare options where the case is not at hand."""
    if isinstance(advice.case, Case):
        guideline, patient = advice.case.guideline, advice.case.patient
        return html(document(screen(advice, guideline.rulebook, patient, cut=False)), below=2)
    return _environment_without_rules().get_template("advice_fragment.html.j2").render(advice=advice)


def explanation_fragment(explanation: Explanation) -> str:
    """The explanation as a notebook shows it."""
    return _environment_without_rules().get_template("explanation_fragment.html.j2").render(explanation=explanation)


# Templates ----------------------------------------------------------------------------------------------------------


@cache
def _environment_without_rules() -> Environment:
    return _environment(None)


def _environment(rulebook: Rulebook | None) -> Environment:
    """The templates with their filters; without a rulebook, keys and ids stand for themselves."""
    templates = environment()
    bare = QuestionNames(rulebook.domain if rulebook else None)
    names = {id: regimen.name for id, regimen in rulebook.regimens.items()} if rulebook else {}

    def place(source: Sources) -> str:
        return rulebook.citations.cite(source) if rulebook else str(source)

    def questions(page: Context) -> QuestionNames:
        """The names of questions, for the patient whose names a template sets as ``questions_of``."""
        found = page.get("questions_of")
        return found if isinstance(found, QuestionNames) else bare

    templates.filters |= {
        "asked": pass_context(lambda page, option: list(question_lines(option, questions(page)))),
        "asked_of_patient": pass_context(lambda page, found: list(patient_question_lines(found, questions(page)))),
        "asks": pass_context(lambda page, clause: asks_words(clause, questions(page))),
        "changes": pass_context(lambda page, option: list(change_lines(option, questions(page)))),
        "in_short": in_short,
        "kind": lambda block: type(block).__name__,
        "order": order_words,
        "place": place,
        "questions": pass_context(lambda page, keys: questions(page).list_of(keys)),
        "regimens": lambda ids: listed(names.get(id, id) for id in ids),
        "says_its_value": says_its_value,
        "standing_words": standing_words,
        "unmet": lambda argument: listed(unmet(argument)),
    }
    templates.globals |= {"no_option": NO_OPTION, "reviews": list(review_names(rulebook)) if rulebook else []}
    templates.globals["meanings"] = STANDING_MEANINGS
    return templates


STANDING_MEANINGS = {standing.value: MEANINGS.get(standing.value, MEANINGS["waiting"]) for standing in Standing}


def _page(template: str, rulebook: Rulebook, **context: object) -> str:
    templates = Guideline.of(rulebook).kept(_environment) if rulebook else _environment_without_rules()
    page = templates.get_template(template).render(**style(), **context)
    return explained(page, rulebook).rstrip() + "\n"


# What a page shows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OptionView:
    """One option as the page shows it."""

    id: str
    option: Option
    explained: OptionExplained
    results: tuple[tuple[str, tuple[str, str]], ...]
    approvals: tuple[str, ...]
    card: Card | None
    row: GlanceRow | None
    """The text on the option, and the option at a glance, if it is offered or may be."""

    @property
    def lines(self) -> tuple[CardLine, ...]:
        """The text on the option but for its studies, which the page lists with their links."""
        return self.card.of(frozenset(Part) - {Part.EVIDENCE}) if self.card else ()


@dataclass(frozen=True)
class StudyView:
    """One study as the page shows it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class MapView:
    """The map of one setting."""

    title: str
    picture: Markup


@dataclass(frozen=True)
class PatientView:
    """One patient with options, pictures and studies."""

    prefix: str
    questions: QuestionNames
    advice: Advice
    screen: Screen
    known: tuple[Known, ...]
    groups: tuple[tuple[str, tuple[OptionView, ...]], ...]
    excluded: tuple[OptionView, ...]
    not_indicated: tuple[OptionView, ...]
    forest: Markup
    maps: tuple[MapView, ...]
    studies: tuple[StudyView, ...]


def _patient_view(index: int, advice: Advice, rulebook: Rulebook, patient: Patient) -> PatientView:
    prefix = f"p{index}"
    explanation = explain_all(patient, rulebook, advice)
    explained = {option.regimen: option for option in explanation.options}

    shown_as = screen(advice, rulebook, patient, cut=False, apart=True)
    rows = {row.option.regimen: row for row in shown_as.rows}
    cards = {card.option.regimen: card for group in shown_as.groups for card in group.cards}

    def view(option: Option) -> OptionView:
        id = option.regimen
        return _option_view(prefix, option, explained[id], rulebook, card=cards.get(id), row=rows.get(id))

    def views(standing: Standing) -> tuple[OptionView, ...]:
        return tuple(map(view, advice.of(standing)))

    shown = advice.of(*_SHOWN)
    studies = dict.fromkeys(evidence.study for option in shown for evidence in option.evidence)
    plotted = rows_of(shown, rulebook.citations)
    offered = {evidence.study for option in advice.of(*_OFFERED) for evidence in option.evidence}
    forest = forest_plot(plotted, id=f"{prefix}-forest", offered=offered, waiting=studies.keys() - offered)
    return PatientView(
        prefix=prefix,
        questions=QuestionNames.of(patient, rulebook.domain),
        advice=advice,
        screen=shown_as,
        known=explanation.known,
        groups=tuple((group.title, tuple(view(card.option) for card in group.cards)) for group in shown_as.groups),
        excluded=views(Standing.EXCLUDED),
        not_indicated=views(Standing.NOT_INDICATED),
        forest=Markup(forest),  # noqa: S704 - `drawing` escapes what it draws
        maps=_maps([option.regimen for option in shown], rulebook, patient, f"{prefix}-map"),
        studies=tuple(_study_view(id, rulebook, f"{prefix}-study") for id in studies),
    )


def _option_view(
    prefix: str,
    option: Option,
    explained: OptionExplained,
    rulebook: Rulebook,
    *,
    card: Card | None,
    row: GlanceRow | None,
) -> OptionView:
    places = rulebook.citations
    return OptionView(
        id=f"{prefix}-{option.regimen}",
        option=option,
        explained=explained,
        results=tuple(
            (f"{prefix}-study-{evidence.study}", _evidence_words(evidence, option, rulebook))
            for evidence in option.evidence
        ),
        approvals=tuple(approval_sentence(approval, places) for approval in option.approvals),
        card=card,
        row=row,
    )


def _evidence_words(evidence: Evidence, option: Option, rulebook: Rulebook) -> tuple[str, str]:
    """A study in a few words, and its main results for the arms that gave the option."""
    study, places = rulebook.studies[evidence.study], rulebook.citations
    arms = matching_arms(evidence, rulebook.regimens[option.regimen], rulebook.formulary)
    phrases = [
        f"{brief_result(result, arms, arm_labels(evidence))} {signed(places.cite(result.source), result.errata)}"
        for result in main_results(evidence, arms, study.shown_benefit)
    ]
    return study_words(evidence), joined(phrases, "lists")


def _study_view(id: str, rulebook: Rulebook, prefix: str) -> StudyView:
    _, *blocks = study_blocks(rulebook.studies[id], rulebook, level=2)
    return StudyView(f"{prefix}-{id}", study_words(evidence_of(rulebook.studies[id])), tuple(blocks))


def _studies_for(options: Iterable[OptionExplained]) -> list[str]:
    """The studies behind the rules for these options, each once."""
    return list(dict.fromkeys(id for option in options for part in option.side("for") for id in part.studies))


def _forest_of_studies(
    studies: Iterable[str], rulebook: Rulebook, offered: Collection[str], waiting: Collection[str]
) -> str:
    places = rulebook.citations
    evidence = (evidence_of(rulebook.studies[id]) for id in studies)
    rows = [row for study in evidence for row in rows_of_study(study, places)]
    return forest_plot(rows, offered=offered, waiting=waiting)


def _maps(regimens: Sequence[str], rulebook: Rulebook, patient: Patient, prefix: str) -> tuple[MapView, ...]:
    """The maps of the settings whose rules speak for these regimens and may hold, the first ones."""
    settings = dict.fromkeys(_settings(regimens, rulebook, patient))
    drawn = [guideline_map(setting, rulebook, patient) for setting in list(settings)[:MOST_MAPS]]
    pictures = (Markup(map_picture(drawing, id=f"{prefix}-{number}")) for number, drawing in enumerate(drawn, start=1))  # noqa: S704
    return tuple(MapView(drawing.title, picture) for drawing, picture in zip(drawn, pictures, strict=True))


def _settings(regimens: Iterable[str], rulebook: Rulebook, patient: Patient) -> Iterator[str]:
    reader = Interpreter(patient.facts)
    effective, rules_about = Guideline.of(rulebook).effective, Guideline.of(rulebook).regimens
    names = list(regimens)
    offers = [rule for name in names for rule in rules_about[name].offers]
    holding = [rule for rule in offers if reader.judge(effective[rule.id]).truth is not Truth.FALSE]
    yield from (rule.setting.id for rule in holding or offers)
