"""Facts that no rulebook has: a choice, a number, a set and a set over the history, declared here and nowhere else.

Every engine, every sentence and every question must know them from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Literal, get_args

import pytest
from pydantic import Field
from pydantic.fields import FieldInfo

import test_conformance as conformance
from conftest import EVERYTHING
from generators import random_atom, random_profile
from regimen_advisor.explaining.sentences import rule_sentence
from regimen_advisor.files import sources
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Atom, Choice, Includes, Is, Members, Number
from regimen_advisor.patient.facts import (
    CLINICAL_FACTS,
    HISTORY_SETS,
    ChoiceFact,
    Domain,
    HistorySet,
    NumberFact,
    SetFact,
    declared_domain,
)
from regimen_advisor.patient.profile import Bounds, Profile, Record
from regimen_advisor.reviewing.checking import check
from regimen_advisor.solving.encoding import Encoding, EncodingSize
from small_rulebooks import rulebook_of

Smoking = Literal["never", "former", "current"]
Site = Literal["bone", "adrenal", "pleura"]


class SitesPartly(Record):
    """Some sites were looked for, others not."""

    found: list[Site] = Field(default_factory=list)
    not_found: list[Site] = Field(default_factory=list)


CLINICAL = (
    ChoiceFact("smoking", "smoking", "Did the patient ever smoke?", "smoking", "may change", get_args(Smoking)),
    NumberFact("weight_loss", "weight loss", "How much weight was lost?", "weight_loss", "may change", 0, 50, "%"),
    SetFact(
        "sites",
        "sites of metastases",
        "Which sites have metastases?",
        "sites",
        "may change",
        get_args(Site),
        empty_phrases=("no other site", "another site"),
    ),
)
HISTORY = HistorySet(
    "first_induction",
    "drugs of the first induction",
    "Which drugs were given in the first induction?",
    ("first line", "induction"),
    ("{} in the first induction", "no {} in the first induction"),
    ("no first induction", "a first induction"),
)
KEYS = {
    "smoking": Smoking | Literal["unknown"] | None,
    "weight_loss": int | Bounds | Literal["unknown"] | None,
    "sites": list[Site] | SitesPartly | Literal["none", "unknown"] | None,
}
RULES = """\
    - {id: by-choice, offer: anlotinib, when: {disease: nsclc, smoking: [former, current]}}
    - {id: by-number, offer: ivonescimab, when: {disease: nsclc, weight_loss: {at_least: 10}}}
    - {id: by-set, offer: zenocutuzumab, when: {disease: nsclc, sites: {includes: bone}}}
    - {id: by-history, offer: iza-bren, when: {disease: nsclc, first_induction: {includes: osimertinib}}}
"""
REGIMENS = {"choice": "anlotinib", "number": "ivonescimab", "set": "zenocutuzumab", "history": "iza-bren"}
UPKEEP = [
    {"line": 1, "drugs": ["gefitinib"], "outcome": "completed"},
    {"line": 1, "setting": "maintenance", "drugs": ["osimertinib"], "outcome": "progressed"},
]
PATIENTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing known": ({}, dict.fromkeys(REGIMENS, "undetermined")),
    "all of them": (
        {
            "smoking": "former",
            "weight_loss": 10,
            "sites": ["bone", "pleura"],
            "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}],
        },
        dict.fromkeys(REGIMENS, "offered"),
    ),
    "none of them": ({"smoking": "never", "weight_loss": 9, "sites": "none", "history": UPKEEP}, {}),
    "untreated, and in part": (
        {"weight_loss": {"at_least": 5}, "sites": {"not_found": ["bone"]}, "history": []},
        {"choice": "undetermined", "number": "undetermined"},
    ),
    "drugs of the first line not known": (
        {"smoking": "current", "sites": {"found": ["bone"]}, "history": [{"line": 1, "outcome": "progressed"}]},
        {"choice": "offered", "number": "undetermined", "set": "offered", "history": "undetermined"},
    ),
}


@pytest.fixture(scope="module")
def made_up(rulebook: Rulebook) -> Iterator[Guideline]:
    """The guideline of four rules, one over each made-up fact; a profile has their keys as long as it is in use."""
    before = dict(Profile.__pydantic_fields__)
    _say_keys(before | {key: FieldInfo.from_annotated_attribute(kind, None) for key, kind in KEYS.items()})
    domain = declared_domain(rulebook.formulary, (*CLINICAL_FACTS, *CLINICAL), (*HISTORY_SETS, HISTORY))
    try:
        yield Guideline.of(rulebook_of(replace(rulebook, domain=domain), RULES))
    finally:
        _say_keys(before)


def _say_keys(keys: Mapping[str, FieldInfo]) -> None:
    """Give the profile these keys, as if they were written there."""
    fields = Profile.__pydantic_fields__
    fields.clear()
    fields.update(keys)
    Profile.model_rebuild(force=True)
    sources._adapter.cache_clear()


Corpus = list[dict[str, Any]]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return [
        {"name": name, "profile": {"disease": "nsclc", **profile}, "questions": {}}
        for name, (profile, _) in PATIENTS.items()
    ]


@pytest.fixture(scope="module", params=conformance.ENGINES)
def answered(request: pytest.FixtureRequest, made_up: Guideline, corpus: Corpus) -> tuple[str, Corpus]:
    return request.param, conformance.ENGINES[request.param](corpus, made_up)


def test_every_engine_judges_rules_over_made_up_facts(answered: tuple[str, Corpus]) -> None:
    engine, answers = answered
    for (name, (_, wanted)), answer in zip(PATIENTS.items(), answers, strict=True):
        expected = {REGIMENS[fact]: standing for fact, standing in wanted.items()}
        for aspect in {"node_by_node", "standings"} - conformance.GAPS[engine]:
            assert answer[aspect] == expected, f"{engine}: {name}: {aspect}"


def test_python_and_page_read_made_up_facts_alike_and_solver_and_page_ask_for_them(
    answered: tuple[str, Corpus], made_up: Guideline, corpus: Corpus
) -> None:
    engine, answers = answered
    if "facts" not in conformance.GAPS[engine]:
        assert [answer["facts"] for answer in answers] == [
            entry["facts"] for entry in conformance.interpreter(corpus, made_up)
        ]
        assert {"smoking", "weight_loss", "sites", "first_induction"} <= answers[1]["facts"].keys()
    if "questions" not in conformance.GAPS[engine]:
        settled = answers[0]["questions"]
        for key, fact in (("smoking", "choice"), ("weight_loss", "number"), ("sites", "set"), ("history", "history")):
            assert REGIMENS[fact] in settled[key], engine


def test_python_reads_made_up_facts_as_their_declaration_says(made_up: Guideline) -> None:
    facts = made_up.case({"disease": "nsclc", **PATIENTS["none of them"][0]}).patient.facts
    assert facts["smoking"] == Choice(frozenset({"never"}))
    assert facts["weight_loss"] == Number(9, 9)
    assert facts["sites"] == Members(frozenset({"none"}), frozenset({"none"}))
    first = facts["first_induction"]
    assert isinstance(first, Members)
    assert "gefitinib" in first.must
    assert "osimertinib" not in first.may


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("by-choice", "smoking former or current"),
        ("by-number", "weight loss at least 10 %"),
        ("by-set", "bone"),
        ("by-history", "osimertinib in the first induction"),
    ],
)
def test_a_rule_over_a_made_up_fact_has_its_sentence(made_up: Guideline, rule: str, words: str) -> None:
    assert words in rule_sentence(made_up.rulebook.rules[rule], made_up.rulebook)


def test_an_axiom_between_sets_over_the_history_follows_from_the_declaration(made_up: Guideline) -> None:
    patient = made_up.case({"disease": "nsclc", "prior_lines": 0}).patient
    assert patient.facts["first_induction"] == made_up.rulebook.domain.facts["first_induction"].empty  # type: ignore[union-attr]


def test_random_conditions_and_patients_have_made_up_facts_without_a_list_to_add_them_to(made_up: Guideline) -> None:
    domain = made_up.rulebook.domain
    tested = {random_atom(Random(seed), domain).fact for seed in range(200)}
    assert {"smoking", "weight_loss", "sites", "first_induction"} <= tested
    drawn = [random_profile(Random(seed), 0.45, domain=domain) for seed in range(60)]
    for key, words in (("smoking", 3), ("weight_loss", 3), ("sites", 4)):
        assert len({str(profile[key]) for profile in drawn if key in profile}) >= words
    for seed, profile in enumerate(drawn):
        others = {key: value for key, value in profile.items() if key not in KEYS}
        assert others == random_profile(Random(seed), 0.45) or not others, "a new fact shifts no other"


@pytest.mark.parametrize("atom", [Is("last_pause", frozenset({"long"})), Includes("last_pause", "long")])
def test_a_fact_of_the_history_that_is_defined_nowhere_is_refused_by_its_name(made_up: Guideline, atom: Atom) -> None:
    named = ("last_pause", "pause", "How long was the latest pause?", "history", "treatment")
    fact = (
        ChoiceFact(*named, ("short", "long"))
        if isinstance(atom, Is)
        else SetFact(*named, ("long",), empty_phrases=("no pause", "a pause"))
    )
    domain = replace(made_up.rulebook.domain, facts={**made_up.rulebook.domain.facts, "last_pause": fact})
    encoding = Encoding(domain, EncodingSize.of([], domain))
    with pytest.raises(NotImplementedError, match="no encoding of the history fact `last_pause`"):
        encoding.atom(atom)
    assert "history fact `last_pause`" in refused_by_columns(domain, atom)


def refused_by_columns(domain: Domain, atom: Atom) -> str:
    """Why the columns refuse to read a history of which this is asked."""
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    from regimen_advisor.columns.facts import FactReader  # noqa: PLC0415
    from regimen_advisor.columns.layout import Layout  # noqa: PLC0415
    from tables import table  # noqa: PLC0415

    with pytest.raises(NotImplementedError) as refused:
        FactReader(domain, Layout(domain, [atom])).batch(table([{"history": UPKEEP}]))
    return str(refused.value)


def test_a_number_of_the_history_that_is_defined_nowhere_is_refused_by_its_name(rulebook: Rulebook) -> None:
    fact = NumberFact("last_pause", "pause", "How long was the latest pause?", "history", "treatment", 0, 20)
    domain = replace(rulebook.domain, facts={**rulebook.domain.facts, "last_pause": fact})
    with pytest.raises(NotImplementedError, match="no encoding of the history fact `last_pause`"):
        Encoding(domain, EncodingSize.of([], domain)).cuts("last_pause")


def test_a_test_of_history_entries_that_is_defined_nowhere_is_refused_by_its_name(rulebook: Rulebook) -> None:
    fact = replace(rulebook.domain.facts["first_line_drugs"], over=("first pause",))
    domain = replace(rulebook.domain, facts={**rulebook.domain.facts, "first_line_drugs": fact})
    atom = Includes("first_line_drugs", "platinum")
    with pytest.raises(NotImplementedError, match="no encoding of the test `first pause` of a history entry"):
        Encoding(domain, EncodingSize.of([], domain)).atom(atom)
    assert "no entry can be tested for `first pause`" in refused_by_columns(domain, atom)


def test_check_finds_the_same_whatever_idle_facts_are_declared(rulebook: Rulebook, made_up: Guideline) -> None:
    few = {name: rule for name, rule in rulebook.rules.items() if name.startswith(("anlotinib", "zenocutuzumab"))}
    rules = rulebook.rules if EVERYTHING else few
    book = replace(rulebook, rules=rules, digest="test:rules")
    idle = replace(book, domain=made_up.rulebook.domain, digest="test:rules with idle facts")
    found = check(idle)
    assert found.warnings
    assert (found.faults, found.warnings) == (check(book).faults, check(book).warnings)
