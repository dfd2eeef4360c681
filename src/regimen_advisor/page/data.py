"""What travels in the teaching page: the rulebook as JSON of the condition language, and the solver's clauses.

The page judges by itself, so everything its evaluator needs is here, and everything a reader wants to see: the
evidence, the words of every condition, the example patients. Reading it back needs no Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from regimen_advisor.advice import SCOPE
from regimen_advisor.advising import ORDER, evidence_of
from regimen_advisor.axioms import Axiom, Clause, SignedAtom
from regimen_advisor.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.drawing.forest import Row, rows_of_study
from regimen_advisor.drugs import Drug, DrugClass, Formulary, folded
from regimen_advisor.errors import InputError
from regimen_advisor.explaining.sentences import effect_words
from regimen_advisor.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.page.clauses import MOST_CURATIVE, MOST_LINES, clauses
from regimen_advisor.profile import Profile
from regimen_advisor.quiz.generating import GROUPS, MEANINGS, Level, generate
from regimen_advisor.regimens import Regimen
from regimen_advisor.reports.figures_text import (
    Places,
    arm_labels,
    brief_result,
    main_results,
    matching_arms,
    signed,
    study_words,
)
from regimen_advisor.reports.layout import Block, Bullets, Fields, Heading, Table
from regimen_advisor.reports.studies import approval_sentence, erratum_words, study_blocks
from regimen_advisor.rulebook import Rulebook
from regimen_advisor.rules import Rule
from regimen_advisor.sources import parse_document
from regimen_advisor.standings import Standing, regimen_rules
from regimen_advisor.studies import Study
from regimen_advisor.values import Atom, Between, Includes, Is
from regimen_advisor.vocabulary import MOST_CYCLES
from regimen_advisor.wording import VALUE_WORDS, Wording

QUIZ_SEED = 1
QUIZ_QUESTIONS = 10

Json = dict[str, Any]


def page_data(rulebook: Rulebook, examples: Iterable[Path] = ()) -> Json:
    """All that the page knows. ``examples`` are profile files for its menu; raises ``InputError`` for a broken one."""
    wording, places = Wording(rulebook.domain, rulebook.findings), Places(rulebook)
    return {
        "version": rulebook.version,
        "digest": rulebook.digest,
        "scope": SCOPE,
        "order": ORDER,
        "standings": [standing.value for standing in Standing],
        "keys": list(Profile.model_fields),
        "most": {"lines": MOST_LINES, "curative": MOST_CURATIVE, "cycles": MOST_CYCLES},
        "facts": [_fact(fact) for fact in rulebook.domain.facts.values()],
        "axioms": [_axiom(axiom) for axiom in rulebook.domain.axioms],
        "formulary": _formulary(rulebook.formulary),
        "words": dict(VALUE_WORDS),
        "findings": {
            name: {"name": finding.name, "says": finding.says, "when": _condition(finding.condition, wording)}
            for name, finding in rulebook.findings.items()
        },
        "rules": {rule.id: _rule(rule, rulebook, wording) for rule in rulebook.rules.values()},
        "regimens": _regimens(rulebook),
        "studies": {study.id: _study(study, rulebook) for study in rulebook.studies.values()},
        "approvals": {
            name: {"words": approval_sentence(approval, places), "errata": list(map(erratum_words, approval.errata))}
            for name, approval in rulebook.approvals.items()
        },
        "reviews": {name: {"cited_as": one.cited_as, "title": one.title} for name, one in rulebook.reviews.items()},
        "settings": {setting.title: setting.disease for setting in rulebook.settings.values()},
        "encoding": clauses(rulebook),
        "quiz": _quizzes(rulebook),
        "groups": dict(MEANINGS),
        "examples": [_example(path) for path in examples],
    }


def _example(path: Path) -> Json:
    """The profile as it is written: the page reads the text itself, as it reads any file."""
    text = path.read_text(encoding="utf-8")
    value = parse_document(text, str(path)).value
    summary = value.get("summary") if isinstance(value, dict) else None
    return {"name": path.stem, "summary": summary or path.stem, "text": text}


def _quizzes(rulebook: Rulebook) -> list[Json]:
    """A quiz of each level; the page marks it by itself. None of a level of which a small rulebook has too little."""
    found = []
    for level in GROUPS:
        with suppress(InputError):
            quiz = generate(rulebook, QUIZ_SEED, QUIZ_QUESTIONS, level=cast("Level", level))
            asked = [question.model_dump(mode="json") for question in quiz.questions]
            found.append({"level": level, "asks": list(quiz.asks), "questions": asked})
    return found


# Facts, axioms, words ---------------------------------------------------------------------------------------------


def _fact(fact: Fact) -> Json:
    found: Json = {
        "name": fact.name,
        "label": fact.label,
        "question": fact.question,
        "key": fact.key,
        "permanence": fact.permanence,
    }
    match fact:
        case ChoiceFact():
            groups = {word: list(members) for word, members in fact.groups.items()}
            return found | {"kind": "choice", "domain": list(fact.domain), "groups": groups}
        case NumberFact():
            bounds = {"low": fact.low, "high": fact.high, "unit": fact.unit, "optional": fact.optional}
            return found | {"kind": "number", **bounds}
        case SetFact():
            groups = {word: sorted(members) for word, members in fact.groups.items()}
            return found | {"kind": "set", "members": list(fact.members), "empty": fact.empty_word, "groups": groups}


def _atom(atom: Atom) -> Json:
    match atom:
        case Is(fact=fact, values=values):
            return {"is": {"fact": fact, "values": sorted(values)}}
        case Between(fact=fact, low=low, high=high):
            return {"between": {"fact": fact, "low": low, "high": high}}
        case Includes(fact=fact, member=member):
            return {"includes": {"fact": fact, "member": member}}


def _literals(literals: Iterable[SignedAtom]) -> list[Json]:
    return [{**_atom(literal.atom), "wanted": literal.wanted} for literal in literals]


def _axiom(axiom: Axiom) -> Json:
    if isinstance(axiom, Clause):
        return {"says": axiom.says, "any": _literals(axiom.literals)}
    given = _literals(axiom.given)
    return {"says": axiom.says, "part": axiom.part, "wholes": list(axiom.wholes), "given": given}


def _formulary(formulary: Formulary) -> Json:
    entries: list[Drug | DrugClass] = [*formulary.drugs.values(), *formulary.classes.values()]
    words = {folded(word): entry.id for entry in entries for word in (entry.id, entry.name, *entry.aliases)}
    return {
        "names": {entry.id: entry.name for entry in entries},
        "words": words,
        "suggestions": sorted({word for entry in entries for word in (entry.id, entry.name, *entry.aliases)}),
        "classes_of": {entry.id: sorted(formulary.classes_of(entry.id)) for entry in entries},
        "classes": {name: {"members": sorted(formulary.members_of(name))} for name in formulary.classes},
        "combinations": [
            {"words": [folded(word) for word in one.words], "write": list(one.write)} for one in formulary.combinations
        ],
    }


# Rules, regimens, evidence ----------------------------------------------------------------------------------------


def _condition(condition: Condition, wording: Wording) -> Json:
    """A condition with its words; ``says`` of a negation is already worded positively."""
    says = {"says": wording.condition(condition)}
    match condition:
        case Leaf(atom=atom):
            return _atom(atom) | says
        case Named(name=name):
            return {"finding": name} | says
        case Not(part=part):
            return {"not": _condition(part, wording)} | says
        case AllOf(parts=parts):
            return {"all": [_condition(part, wording) for part in parts]} | says
        case AnyOf(parts=parts):
            return {"any": [_condition(part, wording) for part in parts]} | says


def _rule(rule: Rule, rulebook: Rulebook, wording: Wording) -> Json:
    return {
        "id": rule.id,
        "effect": rule.effect.value,
        "subject": rule.subject,
        "says": rule.says,
        "setting": rule.setting.title,
        "disease": rule.setting.disease,
        "studies": list(rule.studies),
        "approvals": list(rule.approvals),
        "source": Places(rulebook).at(rule.source.review, rule.source.section),
        "does": effect_words(rule, rulebook),
        "basis": "outside the reviews" if rule.is_outside else "review",
        "certainty": rule.certainty,
        "errata": list(rule.errata),
        "overridden_by": [other.id for other in rulebook.overridden_by[rule.id]],
        "when": _condition(rule.condition, wording),
    }


def _regimens(rulebook: Rulebook) -> Json:
    found = {}
    for name, of in regimen_rules(rulebook).items():
        regimen = rulebook.regimens[name]
        studies = {study for rule in of.offers for study in rule.studies}
        found[name] = {
            "name": regimen.name,
            "disease": regimen.disease,
            "drugs": [rulebook.formulary.name_of(id) for id in regimen.drug_names],
            "schedule": regimen.schedule.says if regimen.schedule else None,
            "brief": {study: _brief(regimen, rulebook.studies[study], rulebook) for study in sorted(studies)},
            "offers": [rule.id for rule in of.offers],
            "exclusions": [rule.id for rule in of.exclusions],
            "cautions": [rule.id for rule in of.cautions],
        }
    return found


def _study(study: Study, rulebook: Rulebook) -> Json:
    evidence, places = evidence_of(study), Places(rulebook)
    level = evidence.design_level
    return {
        "name": study.name,
        "words": study_words(evidence),
        "cited": places.of(study.cited_in),
        "design_level": {"ocebm_2011": level.ocebm_2011, "basis": level.basis},
        "shown_benefit": study.shown_benefit.endpoint if study.shown_benefit else None,
        "errata": [erratum_words(erratum) for erratum in study.errata],
        "registry": study.citation.registry.value if study.citation.registry else None,
        "rows": [_forest_row(row) for row in rows_of_study(evidence, places)],
        "blocks": [_block(block) for block in study_blocks(study, rulebook, 5)][1:],
    }


def _forest_row(row: Row) -> Json:
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


def _brief(regimen: Regimen, study: Study, rulebook: Rulebook) -> list[str]:
    """The main results of a study for the arms of one regimen, each in one phrase with its section."""
    evidence, places = evidence_of(study), Places(rulebook)
    arms, labels = matching_arms(evidence, regimen, rulebook.formulary), arm_labels(evidence)
    results = main_results(evidence, arms, study.shown_benefit)
    return [
        f"{brief_result(result, arms, labels)} "
        f"{signed(places.within(evidence.cited_in, result.section), result.errata)}"
        for result in results
    ]
