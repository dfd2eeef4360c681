"""A rule over the drugs of a regimen: declared once, an ordinary rule for each regimen."""

from __future__ import annotations

from typing import Any

import pytest

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.conditions_yaml import written
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.standings import Standing
from regimen_advisor.testing.mutants import mutants

KEPT = {
    "atezolizumab-beyond-progression",
    "pembrolizumab-after-nivolumab",
    "pemetrexed-bevacizumab-maintenance",
    "tarlatamab-atezolizumab-maintenance",
    "tarlatamab-durvalumab-maintenance",
}


def test_every_regimen_but_rechallenge_and_maintenance_can_have_failed_already(rulebook: Rulebook) -> None:
    declared = {rule.id: rule for rule in rulebook.rules.values() if rule.declared == "already-failed"}
    assert set(declared) == {f"already-failed-{name}" for name in rulebook.regimens if name not in KEPT}
    for name in rulebook.regimens.keys() - KEPT:
        rule = declared[f"already-failed-{name}"]
        regimen = rulebook.regimens[name]
        assert (rule.effect, rulebook.meets(rule), rule.source) == (Effect.EXCLUDE, (name,), regimen.source)
        drugs = list(regimen.drug_names)
        test = {"all_of": drugs} if len(drugs) > 1 else {"includes": drugs[0]}
        assert written(rule.condition, rulebook.domain) == {"disease": regimen.disease, "progressed_on": test}


@pytest.mark.parametrize(
    ("given", "standing"),
    [
        (["pembrolizumab", "bevacizumab"], Standing.EXCLUDED),  # a class is met by any of its members
        (["PD-1 inhibitor", "bevacizumab"], Standing.EXCLUDED),
        (["atezolizumab", "bevacizumab"], Standing.OFFERED_WITH_CAUTION),
        (["PD-(L)1 inhibitor", "bevacizumab"], Standing.UNDETERMINED),
        (["pembrolizumab"], Standing.OFFERED_WITH_CAUTION),
    ],
)
def test_a_class_of_a_regimen_has_failed_with_any_of_its_members(
    rulebook: Rulebook, given: list[str], standing: Standing
) -> None:
    line = {"line": 1, "drugs": ["carboplatin", "paclitaxel", *given], "outcome": "progressed"}
    assert standing_of(rulebook, history=[line])["pd-1-inhibitor-bevacizumab"] is standing


def test_a_drug_that_was_stopped_for_toxicity_has_not_failed(rulebook: Rulebook) -> None:
    first = {"line": 1, "drugs": ["carboplatin", "pemetrexed"], "outcome": "progressed"}
    third = {"line": 3, "drugs": ["docetaxel"], "outcome": "progressed"}
    for outcome, standing in (("stopped-for-toxicity", Standing.OFFERED), ("progressed", Standing.EXCLUDED)):
        second = {"line": 2, "drugs": ["anlotinib"], "outcome": outcome}
        assert standing_of(rulebook, history=[first, second, third])["anlotinib"] is standing


def standing_of(rulebook: Rulebook, **keys: Any) -> Any:
    negative = {
        "histology": "adenocarcinoma",
        "stage": "IV",
        "egfr": "wild-type",
        "alk": "negative",
        "ros1": "negative",
    }
    return Guideline.of(rulebook).case({**negative, **keys}).standings


def test_a_declaration_makes_a_setting_of_its_own_in_each_disease(rulebook: Rulebook) -> None:
    titles = [setting.title for setting in rulebook.settings.values()]
    assert len(set(titles)) == len(titles)
    assert "Regimens that have failed already (SCLC)" in titles


def test_its_drugs_are_no_slip_of_the_pen_in_the_rule(rulebook: Rulebook) -> None:
    operators = {
        mutant.operator for mutant in mutants(rulebook) if mutant.subject == "already-failed-gefitinib-apatinib"
    }
    assert operators == {"condition negated", "condition dropped", "effect swapped"}
