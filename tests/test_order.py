"""The order of options: what asks for a marker of this tumour first, then what follows an earlier drug."""

from pathlib import Path

import pytest

from regimen_advisor import advise_file
from regimen_advisor.guideline import specificity
from regimen_advisor.knowledge.rulebook import load_rulebook

PROFILES = Path(__file__).parent.parent / "profiles"


def order_of(tmp_path: Path, profile: str) -> list[str]:
    file = tmp_path / "patient.yaml"
    file.write_text(profile, encoding="utf-8")
    return [option.regimen for option in advise_file(file).options if option.standing.is_offered]


def test_the_drug_for_an_nrg1_fusion_leads_where_there_is_one() -> None:
    options = advise_file(PROFILES / "nrg1-after-platinum-pemetrexed.yaml").options
    assert options[0].regimen == "zenocutuzumab"


def test_amivantamab_with_chemotherapy_precedes_anlotinib_after_two_egfr_inhibitors(tmp_path: Path) -> None:
    found = order_of(
        tmp_path,
        "{histology: adenocarcinoma, stage: IVB, ecog: 1, egfr: [L858R], alk: negative, ros1: negative, history: ["
        "{line: 1, drugs: [gefitinib], outcome: progressed}, {line: 2, drugs: [osimertinib], outcome: progressed}]}",
    )
    assert found.index("amivantamab-platinum-chemotherapy") < found.index("anlotinib")


def test_an_approved_drug_precedes_a_phase_one_drug_of_the_same_kind(tmp_path: Path) -> None:
    found = order_of(
        tmp_path,
        "{histology: small-cell, extent: extensive, ecog: 1, history: ["
        "{line: 1, drugs: [carboplatin, etoposide], outcome: progressed}, "
        "{line: 2, drugs: [topotecan], outcome: progressed}]}",
    )
    assert found.index("tarlatamab") < found.index("iza-bren")


@pytest.mark.parametrize(
    ("rule", "asks_for"),
    [
        ("zenocutuzumab-after-systemic-treatment", (True, False)),
        ("amivantamab-chemotherapy-after-osimertinib", (True, True)),
    ],
)
def test_a_rule_asks_for_a_marker_or_an_earlier_drug(rule: str, asks_for: tuple[bool, bool]) -> None:
    rulebook = load_rulebook()
    assert specificity(rulebook.rules[rule], rulebook.domain) == asks_for


def test_a_test_that_must_fail_asks_for_nothing() -> None:
    rulebook = load_rulebook()
    rule = rulebook.rules["pembrolizumab-after-nivolumab-third-or-fourth-line"]
    assert specificity(rule, rulebook.domain).marker is False
