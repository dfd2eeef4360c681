"""Export the rulebook to the teaching page: JSON of the condition language, and the solver's clauses.

The page judges by itself, so everything its evaluator needs is here, and everything a reader wants to see: the
evidence, the words of every condition, the example patients. Reading it back needs no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from regimen_advisor.advice import SCOPE
from regimen_advisor.explaining.sentences import effect_words
from regimen_advisor.figure_wording import signed, trial_title
from regimen_advisor.files.output import read_text
from regimen_advisor.files.sources import parse_document
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import asks_for_earlier_drug, markers_asked
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Atom, Between, Choice, Includes, Is, Number
from regimen_advisor.ordering import order_line, order_words
from regimen_advisor.page.clauses import CURATIVE_APART, LINES_APART, clauses
from regimen_advisor.page.evidence import regimens, study_data
from regimen_advisor.page.quizzes import page_quiz
from regimen_advisor.patient.axioms import Axiom, AxiomClause, SignedAtom
from regimen_advisor.patient.drugs import Drug, DrugClass, Formulary, folded
from regimen_advisor.patient.facts import ChoiceFact, Fact, NumberFact, SetFact
from regimen_advisor.patient.profile import Profile, profile_from
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient.vocabulary import MOST_CYCLES, MOST_MONTHS, OPEN_HISTORY, SOON, UNUSUAL_IN_SMALL_CELL
from regimen_advisor.quiz.models import MEANINGS, Quiz
from regimen_advisor.replaced import Bearing
from regimen_advisor.reports.cautions import KINDS
from regimen_advisor.reports.errata import erratum_line
from regimen_advisor.reports.glance import CUT_WARNING, approved_in_few_words
from regimen_advisor.reports.groups import ANY_TUMOUR
from regimen_advisor.reports.screen import legend
from regimen_advisor.reports.studies import approval_sentence
from regimen_advisor.wording import VALUE_WORDS, Wording, clause
from regimen_advisor.words.catalogue import CATALOGUE, say

Json = dict[str, Any]

LINES = ("not_treated", "first_line", "later_lines")
"""How the menu of examples is grouped, by the number of lines for advanced disease."""
ROOMS = (
    "advice", "ask", "ask_of_course", "between", "broken", "caution", "decides", "entry", "explain", "figure",
    "file", "forest", "glance", "group", "html", "known", "language", "list", "page", "page_answer", "page_changes",
    "page_compare", "page_error", "page_form", "page_known", "page_pictures", "page_profile", "page_quiz",
    "page_treatment", "page_view", "page_yaml", "path", "path_meaning", "patient", "profile_error", "profile_note",
    "question", "questions", "standing", "standing_in_short", "standing_title", "state", "state_meaning", "type",
    "value",
)  # fmt: skip
"""The rooms of the catalogue from which the page's scripts fetch their words."""


def page_data(rulebook: Rulebook, examples: Iterable[Path] = (), quiz: Quiz | None = None) -> Json:
    """All that the page knows. ``examples`` are profile files for its menu; raises ``InputError`` for a broken one.

    With ``quiz`` it asks the questions of that quiz.
    """
    wording, places, names = Guideline.of(rulebook).wording, rulebook.citations, rulebook.source_names
    shown = [_example(path, rulebook) for path in examples]  # a broken one is refused before the slow quiz is made
    return {
        "version": rulebook.name,
        "digest": rulebook.digest,
        "scope": SCOPE,
        "order": order_words(),
        "order_line": order_line(),
        "any_tumour": ANY_TUMOUR,
        "legend": legend(rulebook),
        "sources": {name: getattr(names, name) for name in ("standard", "silent", "trials", "outside")},
        "kinds": dict(KINDS),
        "history_in_short": list(rulebook.domain.summary),
        "standings": [standing.value for standing in Standing],
        "keys": list(Profile.model_fields),
        "open_history": list(OPEN_HISTORY),
        "unusual_in_small_cell": list(UNUSUAL_IN_SMALL_CELL),
        "soon": SOON,
        "most": {"lines": LINES_APART, "curative": CURATIVE_APART, "cycles": MOST_CYCLES, "months": MOST_MONTHS},
        "facts": [_fact(fact) for fact in rulebook.domain.facts.values()],
        "axioms": [_axiom(axiom) for axiom in rulebook.domain.axioms],
        "formulary": _formulary(rulebook.formulary),
        "words": dict(VALUE_WORDS),
        "catalogue": {room: CATALOGUE.rooms[room] for room in ROOMS},
        "findings": {
            name: {"name": finding.name, "says": finding.says, "when": _condition(finding.condition, wording)}
            for name, finding in rulebook.findings.items()
        },
        "rules": {rule.id: _rule(rule, rulebook, wording) for rule in rulebook.rules.values()},
        "regimens": regimens(rulebook),
        "studies": {study.id: study_data(study, rulebook) for study in rulebook.studies.values()},
        "approvals": {
            name: {
                "words": approval_sentence(approval, places),
                "brief": approved_in_few_words(approval, places),
                "errata": list(map(erratum_line, approval.errata)),
            }
            for name, approval in rulebook.approvals.items()
        },
        "reviews": {
            name: {"cited_as": review.cited_as, "title": review.title} for name, review in rulebook.reviews.items()
        },
        "differences": [
            located.difference.model_dump(mode="json", include={"subject", "rules", "studies"})
            | {"says": located.difference.says, "overridden": sorted(located.overridden)}
            for located in Guideline.of(rulebook).differences
        ],
        "changes": [_change(bearing, wording) for bearing in Guideline.of(rulebook).bearings],
        "settings": {setting.title: setting.disease for setting in rulebook.settings.values()},
        "encoding": clauses(rulebook),
        "quiz": page_quiz(rulebook, quiz),
        "groups": dict(MEANINGS),
        "examples": shown,
    }


def _example(path: Path, rulebook: Rulebook) -> Json:
    """The profile as it is written, since the page reads the text itself, and the group of the menu it belongs to.

    What its first line tells an editor, where the schema lies, means nothing on a page.
    """
    text, name = read_text(path)
    document = parse_document(text, name)
    text = re.sub(r"\A# yaml-language-server:.*\n", "", text)
    profile = profile_from(document)
    patient = read(profile, rulebook.domain, document)
    return {"name": path.stem, "summary": profile.summary or path.stem, "text": text, "group": _group(patient)}


def _group(patient: Patient) -> str:
    """The disease and the line of an example, by which the menu is sorted."""
    disease, lines = patient.facts["disease"], patient.facts["prior_lines"]
    named = next(iter(disease.possible)) if isinstance(disease, Choice) and len(disease.possible) == 1 else ""
    title = say(f"page_disease.{named}") if named else say("page_example.disease_not_known")
    if not isinstance(lines, Number) or lines.low != lines.high:
        return say("page_example.line_not_known", disease=title)
    group = LINES[min(lines.low, len(LINES) - 1)]
    return say("page_example.group", disease=title, lines=say(f"page_lines.{group}"))


# Facts, axioms, words ---------------------------------------------------------------------------------------------


def _fact(fact: Fact) -> Json:
    found: Json = {
        "name": fact.name,
        "label": fact.label,
        "question": fact.question,
        "key": fact.key,
        "permanence": fact.permanence,
        "bare": fact.is_bare,
        "gene": fact.gene,
        "short_label": fact.short_label,
        "absent": fact.absent,
        "open_part": fact.open_part,
    }
    match fact:
        case ChoiceFact():
            groups = {word: list(members) for word, members in fact.groups.items()}
            return found | {"kind": "choice", "domain": list(fact.domain), "groups": groups}
        case NumberFact():
            bounds = {"low": fact.low, "high": fact.high, "unit": fact.unit, "optional": fact.optional}
            return found | {"kind": "number", **bounds, "phrases": fact.phrases and list(fact.phrases)}
        case SetFact():
            groups = {word: sorted(members) for word, members in fact.groups.items()}
            over = None if fact.over is None else list(fact.over)
            kind = {"kind": "set", "members": list(fact.members), "empty": fact.empty_word, "groups": groups}
            return found | kind | ({} if over is None else {"over": over})


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
    if isinstance(axiom, AxiomClause):
        return {"says": axiom.says, "any": _literals(axiom.literals)}
    given = _literals(axiom.premises)
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
            {"words": [folded(word) for word in combination.words], "write": list(combination.write)}
            for combination in formulary.combinations
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


def _change(bearing: Bearing, wording: Wording) -> Json:
    """A change of a pack; a finding in a rule that is gone is opened, since the pack may have changed it too."""
    withdrawn = [
        {
            "regimens": None if gone.regimens is None else sorted(gone.regimens),
            "when": _condition(_opened(gone.rule.condition), wording),
        }
        for gone in bearing.withdrawn
    ]
    rules, regimens = sorted(bearing.rules), sorted(bearing.regimens)
    return {"says": bearing.change.says, "rules": rules, "regimens": regimens, "withdrawn": withdrawn}


def _opened(condition: Condition) -> Condition:
    """The condition with what its findings stand for in their place."""
    match condition:
        case Named(condition=inner):
            return _opened(inner)
        case Not(part=part):
            return Not(_opened(part))
        case AllOf(parts=parts):
            return AllOf(tuple(map(_opened, parts)))
        case AnyOf(parts=parts):
            return AnyOf(tuple(map(_opened, parts)))
        case _:
            return condition


def _rule(rule: Rule, rulebook: Rulebook, wording: Wording) -> Json:
    section = rulebook.citations.cite(rule.source)
    return {
        "id": rule.id,
        "effect": rule.effect.value,
        "subject": rule.subject,
        "title": _title(rule, rulebook),
        "says": rule.says,
        "if_open": _open_sentence(rule, wording),
        "in_short": clause(rule.says, CUT_WARNING),
        "kind": rule.kind,
        "first": rule.is_first,
        "setting": rule.setting.title,
        "disease": rule.setting.disease,
        "studies": list(rule.studies),
        "approvals": list(rule.approvals),
        "source": section,
        "signed": signed("" if rule.is_outside else section, rule.errata),
        "does": effect_words(rule, rulebook),
        "asks_for": {
            "markers": [_condition(Leaf(atom), wording) for atom in markers_asked(rule, rulebook.domain)],
            "earlier_drug": asks_for_earlier_drug(rule, rulebook.domain),
        },
        "stated_by": rulebook.source_names.of(rule.source.reviews),
        "basis": "outside the reviews" if rule.is_outside else "review",
        "certainty": rule.certainty,
        "errata": [erratum_line(rulebook.errata[name]) for name in rule.errata if name in rulebook.errata],
        "regimens": list(rule.regimens),
        "cautions": [caution.id for caution in rulebook.cautions_of(rule)] if rule.effect is Effect.STANDARD else [],
        "gives_way_to": list(rule.gives_way_to),
        "meant_for": rule.meant_for,
        "overridden_by": [overriding.id for overriding in rulebook.overridden_by[rule.id]],
        "when": _condition(rule.condition, wording),
    }


def _open_sentence(rule: Rule, wording: Wording) -> Json | None:
    """What a caution says where it waits: its conditions, each with what it is about, and of what it warns."""
    sentence = rule.open_sentence
    if sentence is None:
        return None
    return {
        "pieces": [
            {"says": words, "about": None if about is None else _condition(about, wording)}
            for words, about in sentence.pieces
        ],
        "besides": [_condition(part, wording) | {"says": wording.clause(part)} for part in sentence.besides],
        "consequence": sentence.consequence,
    }


def _title(rule: Rule, rulebook: Rulebook) -> str:
    """What the rule is about; of a trial its name, phase and registration."""
    if rule.effect is not Effect.TRIAL:
        return rule.subject
    study = rulebook.studies[rule.subject]
    return trial_title(study.name, study.phase, study.citation.registry.value if study.citation.registry else None)
