"""Export the evidence to the teaching page: regimens, studies, and the evidence of each option in brief."""

from __future__ import annotations

from typing import Any

from regimen_advisor.advising import evidence_of
from regimen_advisor.documents.blocks import Block, Bullets, Fields, Heading, Table
from regimen_advisor.drawing.forest import ForestRow, rows_of_study
from regimen_advisor.figure_wording import (
    arm_labels,
    brief_result,
    brief_safety,
    harm_of_a_drug,
    is_statement,
    leading_rank,
    main_harm,
    main_results,
    matching_arms,
    signed,
    study_words,
)
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.figures import Result, Safety
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rulebook import Rulebook, harm_studies
from regimen_advisor.knowledge.studies import Study, StudyFinding
from regimen_advisor.reports.errata import erratum_line
from regimen_advisor.reports.glance import endpoint_in_few_words, study_in_few_words
from regimen_advisor.reports.studies import study_blocks
from regimen_advisor.words.catalogue import say

Json = dict[str, Any]


def regimens(rulebook: Rulebook) -> Json:
    """Every regimen with its rules, and with what each study behind it found in brief."""
    found: Json = {}
    places = rulebook.citations
    for name, rules_about in Guideline.of(rulebook).regimens.items():
        regimen = rulebook.regimens[name]
        studies = {study for rule in rules_about.offers for study in rule.studies}
        found[name] = {
            "name": regimen.name,
            "disease": regimen.disease,
            "drugs": [rulebook.formulary.name_of(id) for id in regimen.drug_names],
            "schedule": _schedule(regimen, places),
            "harm": [
                {"says": harm_of_a_drug(evidence_of(study)), "source": places.of(study.cited_in)}
                for study in harm_studies(regimen, rulebook)
            ],
            "glance": {study: _glance(regimen, rulebook.studies[study], rulebook) for study in sorted(studies)},
            "brief": {study: _brief(regimen, rulebook.studies[study], rulebook) for study in sorted(studies)},
            "offers": [rule.id for rule in rules_about.offers],
            "exclusions": [rule.id for rule in rules_about.exclusions],
            "cautions": [rule.id for rule in rules_about.cautions],
            "measures": [rule.id for rule in rules_about.measures],
        }
    return found


def study_data(study: Study, rulebook: Rulebook) -> Json:
    """A study: in a few words, whole in blocks, and the rows that it has in a forest plot."""
    evidence, places = evidence_of(study), rulebook.citations
    level = evidence.design_level
    return {
        "name": study.name,
        "words": study_words(evidence),
        "rank": list(map(int, leading_rank(evidence, rulebook))),
        "is_statement": is_statement(evidence),
        "signs": [erratum.id for erratum in study.errata],
        "n": study.n.value if study.n else 0,
        "cited": places.of(study.cited_in),
        "design_level": {"ocebm_2011": level.ocebm_2011, "basis": level.basis},
        "shown_benefit": study.shown_benefit.endpoint if study.shown_benefit else None,
        "errata": [erratum_line(erratum) for erratum in study.errata],
        "registry": study.citation.registry.value if study.citation.registry else None,
        "rows": [_forest_row(row) for row in rows_of_study(evidence, places)],
        "blocks": [_block(block) for block in study_blocks(study, rulebook, 5)][1:],
    }


def _forest_row(row: ForestRow) -> Json:
    interval = row.interval
    bounds = [interval.low, interval.high, interval.level] if interval and row.ratio is not None else None
    return {
        "heading": row.heading,
        "arms": row.arms,
        "effect": row.effect,
        "ratio": row.ratio,
        "printed": str(row.ratio),
        "interval": bounds,
    }


def _block(block: Block) -> Json:
    match block:
        case Heading(text=text):
            return {"heading": text}
        case Fields(pairs=pairs):
            return {"fields": [[name, value] for name, value in pairs if value]}
        case Bullets(items=items):
            return {"bullets": list(items)}
        case Table(columns=columns, rows=rows):
            return {"header": list(columns), "rows": [list(row) for row in rows]}
    return {"bullets": []}


def _schedule(regimen: Regimen, places: CitationLabels) -> Json | None:
    schedule = regimen.schedule
    if schedule is None:
        return None
    return {"says": schedule.says, "source": places.cite(schedule.source)}


def _glance(regimen: Regimen, study: Study, rulebook: Rulebook) -> list[str]:
    """What one row of the options at a glance says of a study: its design and size, and its main result."""
    evidence = evidence_of(study)
    return [study_in_few_words(evidence), endpoint_in_few_words(evidence, regimen, rulebook, rulebook.citations)]


def _brief(regimen: Regimen, study: Study, rulebook: Rulebook) -> list[str]:
    """The main results of a study for the arms of one regimen and its main finding on harm, each with its section."""
    evidence, places = evidence_of(study), rulebook.citations
    if is_statement(evidence):
        return []
    arms, labels = matching_arms(evidence, regimen, rulebook.formulary), arm_labels(evidence)

    def at(part: Result | Safety | StudyFinding) -> str:
        return signed(places.cite(part.source) if part.source else places.of(study.cited_in), part.errata)

    sentences = [
        f"{brief_result(result, arms, labels)} {at(result)}"
        for result in main_results(evidence, arms, study.shown_benefit)
    ]
    if not sentences:
        sentences = [f"{finding.says} {at(finding)}" for finding in evidence.findings[:1]]
    safety = main_harm(evidence)
    harm = say("card.harm", harm=f"{brief_safety(safety, arms, labels)} {at(safety)}") if safety else None
    nothing = say("card.no_figures", sources=places.names.of(place.review for place in study.cited_in))
    return [*(sentences or [nothing]), *([harm] if harm else [])]
