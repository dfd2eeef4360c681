"""A caution is of one kind: about the patient, about the evidence, or a step before the first dose."""

from importlib.util import find_spec

import polars as pl
import pytest

from conftest import ROOT
from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.columns.engine import ColumnEngine
from regimen_advisor.engines import forward_chaining
from regimen_advisor.explaining.explain import explain
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import effective_conditions, regimen_rules
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import atoms_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.reports.text import render_advice
from regimen_advisor.testing.cases import parse_cases
from small_rulebooks import rulebook_of

AFTER_OSIMERTINIB = {
    "histology": "adenocarcinoma",
    "stage": "IVB",
    "egfr": ["L858R"],
    "ecog": 1,
    "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}],
}
"""Offered amivantamab with lazertinib and chemotherapy, on which only a measure holds."""
TRIPLET = "amivantamab-lazertinib-platinum-chemotherapy"
MEASURE = "amivantamab-lazertinib-venous-thromboembolism"
KINDS = {
    "patient": Standing.OFFERED_WITH_CAUTION,
    "evidence": Standing.OFFERED_WITH_CAUTION,
    "measure": Standing.OFFERED,
}


def option_of(advice: Advice, regimen: str) -> Option:
    return next(option for option in advice.options if option.regimen == regimen)


@pytest.fixture
def patient(rulebook: Rulebook) -> Patient:
    return read(Profile.model_validate(AFTER_OSIMERTINIB), rulebook.domain)


def with_a_caution(rulebook: Rulebook, kind: str) -> Rulebook:
    return rulebook_of(
        rulebook,
        f"""
        - {{id: a, offer: anlotinib, when: {{disease: nsclc}}}}
        - {{id: b, caution: {{drug: anlotinib}}, kind: {kind}, when: {{ecog: 1}}}}
        """,
    )


@pytest.mark.parametrize(("kind", "standing"), KINDS.items())
def test_every_engine_lets_only_a_patient_or_the_evidence_make_an_offer_cautious(
    kind: str, standing: Standing, patient: Patient, rulebook: Rulebook
) -> None:
    book = with_a_caution(rulebook, kind)
    case = Guideline.of(book).case(patient)
    found = {
        "interpreter": case.node_by_node["anlotinib"],
        "solver": Guideline.of(book).solver.standing("anlotinib", patient).standing,
        "advice": advise(patient, book).standing("anlotinib"),
        "quiz": Patients(book).standings(patient)["anlotinib"],
    }
    assert set(found.values()) == {standing}, found
    assert (forward_chaining.NAME in case.engines) is forward_chaining.available()


def test_the_second_engine_is_there_where_its_package_is() -> None:
    assert forward_chaining.available() is (find_spec("durable") is not None)


@pytest.mark.parametrize(("kind", "standing"), KINDS.items())
def test_the_column_engine_does_so_too(kind: str, standing: Standing, rulebook: Rulebook) -> None:
    engine = ColumnEngine(with_a_caution(rulebook, kind))
    table = pl.DataFrame([{"histology": "adenocarcinoma", "stage": "IVB", "ecog": 1}])
    assert engine.standings(engine.facts(table.lazy())).collect()["anlotinib"].to_list() == [standing.value]


def test_a_measure_is_reported_with_an_option_that_stays_offered(patient: Patient, rulebook: Rulebook) -> None:
    option = option_of(advise(patient, rulebook), TRIPLET)
    assert option.standing is Standing.OFFERED
    assert [(caution.rule, caution.kind) for caution in option.cautions if caution.state == "holds"] == [
        (MEASURE, "measure")
    ]


def test_explain_tells_a_measure_as_a_step_and_not_as_an_argument_against(rulebook: Rulebook) -> None:
    history = [{"line": 1, "drugs": ["carboplatin", "etoposide"], "outcome": "progressed"}]
    profile = {"histology": "small-cell", "extent": "extensive", "ecog": 1, "history": history}
    explained = explain(read(Profile.model_validate(profile), rulebook.domain), rulebook, ["tarlatamab"])
    (answer,) = explained.options
    assert "Before the first dose: " in answer.summary
    assert "Against it" not in answer.summary


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("patient", "! For this patient: "),
        ("evidence", "  Evidence is thin: "),
        ("measure", "  Before the first dose: "),
    ],
)
def test_the_text_says_of_each_kind_what_it_is(kind: str, value: str, patient: Patient, rulebook: Rulebook) -> None:
    book = rulebook_of(
        rulebook,
        f"""
        - {{id: a, offer: anlotinib, when: {{disease: nsclc}}}}
        - {{id: c, offer: apatinib, when: {{disease: nsclc}}}}
        - {{id: b, caution: {{drug: anlotinib}}, kind: {kind}, when: {{ecog: 1}}}}
        """,
    )
    assert value in render_advice([advise(patient, book)], book, [patient])


def test_a_caution_of_the_evidence_or_a_measure_asks_nothing_of_the_patient_but_disease_and_line(
    rulebook: Rulebook,
) -> None:
    """Such a caution is the same for everyone on the option; one on the approval alone is of a line too."""
    lines = {"disease", "prior_lines", "progressed_on", "progressed_on_in_lines", "relapsed_after_in_lines"}
    for rule in rulebook.rules.values():
        if rule.kind in ("evidence", "measure"):
            assert {atom.fact for atom in atoms_of(rule.condition)} <= lines, rule.id


def test_no_patient_caution_holds_for_all_who_have_the_disease(rulebook: Rulebook) -> None:
    effective = effective_conditions(rulebook)
    for rule in rulebook.rules.values():
        if rule.kind == "patient":
            assert {atom.fact for atom in atoms_of(effective[rule.id])} != {"disease"}, rule.id


def test_measures_are_among_the_rules_of_a_regimen_and_not_among_its_cautions(rulebook: Rulebook) -> None:
    rules_about = regimen_rules(rulebook)["tarlatamab"]
    names = {rule.id for rule in rules_about.measures}
    assert names == {"tarlatamab-step-up-dose", "tarlatamab-cytokine-release"}
    assert names <= {rule.id for rule in rules_about.rules}
    assert not names & {rule.id for rule in rules_about.cautions}


CASE = """
name: Tarlatamab in the second line.
profile: {{from: small-cell-after-platinum-etoposide}}
expect:
  tarlatamab: {{standing: offered, because: [{rule}]}}
"""


def test_a_case_may_name_the_measures_of_an_offer_but_no_caution(rulebook: Rulebook) -> None:
    profiles = ROOT / "profiles"
    assert parse_cases(CASE.format(rule="tarlatamab-step-up-dose"), "a.case.yaml", rulebook, profiles)
    with pytest.raises(InputError, match="expected `offered-with-caution` where cautions are named"):
        parse_cases(CASE.format(rule="sclc-ecog-2"), "a.case.yaml", rulebook, profiles)
