"""The order of options: what asks for a marker of this tumour first, then what follows an earlier drug."""

from pathlib import Path

import pytest

from regimen_advisor import advise_file
from regimen_advisor.advice import Advice, Option
from regimen_advisor.knowledge.effective import asks_for_earlier_drug, markers_asked
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.ordering import order_words
from regimen_advisor.reports.groups import groups

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
        ("anlotinib-third-line", (False, False)),
    ],
)
def test_a_rule_asks_for_a_marker_or_an_earlier_drug(rule: str, asks_for: tuple[bool, bool]) -> None:
    rulebook = load_rulebook()
    asked = rulebook.rules[rule]
    found = bool(markers_asked(asked, rulebook.domain)), asks_for_earlier_drug(asked, rulebook.domain)
    assert found == asks_for


def test_a_test_that_must_fail_asks_for_nothing() -> None:
    rulebook = load_rulebook()
    rule = rulebook.rules["pembrolizumab-after-nivolumab-third-or-fourth-line"]
    assert markers_asked(rule, rulebook.domain) == ()


L858R = "{histology: adenocarcinoma, stage: IVB, ecog: 1, egfr: [L858R], alk: negative, ros1: negative, nrg1: negative"


def advice_for(tmp_path: Path, profile: str) -> Advice:
    file = tmp_path / "patient.yaml"
    file.write_text(profile, encoding="utf-8")
    return advise_file(file)


def test_what_asks_for_a_marker_of_this_tumour_is_a_group_that_names_it(tmp_path: Path) -> None:
    osimertinib = "history: [{line: 1, drugs: [osimertinib], outcome: progressed}]}"
    first, second = groups(advice_for(tmp_path, f"{L858R}, {osimertinib}"))
    assert first.title == "Offered for EGFR L858R"
    assert second.title == "Offered to any tumour of this kind in this line"
    assert next(option.regimen for _, option in first.options) == "amivantamab-platinum-chemotherapy"
    assert all(option.markers for _, option in first.options)
    assert not any(option.markers for _, option in second.options)


def test_options_are_numbered_through_all_groups(tmp_path: Path) -> None:
    found = groups(advice_for(tmp_path, "{histology: adenocarcinoma, stage: IVB}"))
    numbers = [number for group in found for number, _ in group.options]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_marker_that_the_tumour_does_not_have_puts_no_option_under_it(tmp_path: Path) -> None:
    """Ivonescimab alone has a rule for PD-L1 of at least 1 % and one for any; with TPS 0 only that one holds."""
    profile = "{histology: adenocarcinoma, stage: IVB, ecog: 1, egfr: wild-type, alk: negative, ros1: negative, "
    for tps, markers in ((0, ()), (60, ("PD-L1 TPS at least 1 %",))):
        options = advice_for(tmp_path, f"{profile} pd_l1_tps: {tps}, history: []}}").options
        assert [option.markers for option in options if option.regimen == "ivonescimab"] == [markers]


def test_no_caution_about_the_patient_comes_before_design(tmp_path: Path) -> None:
    """After pembrolizumab the choice that the review names precedes immunotherapy again, though without a study."""
    found = order_of(
        tmp_path,
        "{histology: adenocarcinoma, stage: IVB, ecog: 1, egfr: wild-type, alk: negative, ros1: negative, "
        "history: [{line: 1, drugs: [pembrolizumab], outcome: progressed}]}",
    )
    assert found.index("bevacizumab-platinum-pemetrexed") < found.index("pd-1-inhibitor-bevacizumab")


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_order_of_every_example_follows_its_keys(path: Path) -> None:
    options = [option for option in advise_file(path).options if option.standing.is_offered]

    def rank(option: Option) -> tuple[object, ...]:
        warned = any(caution.kind == "patient" and caution.state == "holds" for caution in option.cautions)
        return not option.markers, option.standing is Standing.OFFERED_WITH_CAUTION, warned

    assert list(map(rank, options)) == sorted(map(rank, options))


def test_the_order_is_given_as_named_keys_and_in_one_sentence(tmp_path: Path) -> None:
    advice = advice_for(tmp_path, "{histology: adenocarcinoma, stage: IVB}")
    assert [key.key for key in advice.order] == [
        "standing", "marker", "caution", "patient-caution", "earlier-drug", "design", "approval", "endpoint",
        "patients", "name",
    ]  # fmt: skip
    assert order_words(advice.order).startswith("Order: offered, marker of this tumour, ")
    assert all(key.says in order_words(advice.order) for key in advice.order)
