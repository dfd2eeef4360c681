"""The cautions from outside the reviews that must not be lost, each on the smallest patient with it and one without."""

from pathlib import Path
from typing import Any

import pytest

from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.files.sources import read_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile, profile_from
from regimen_advisor.patient.reading import read
from regimen_advisor.wording import if_any

NSCLC: dict[str, Any] = {"histology": "adenocarcinoma", "stage": "IV"}
NEGATIVE: dict[str, Any] = {**NSCLC, "egfr": "wild-type", "alk": "negative", "ros1": "negative"}
EGFR: dict[str, Any] = {**NSCLC, "egfr": ["L858R"], "alk": "negative", "ros1": "negative"}
SMALL: dict[str, Any] = {"histology": "small-cell", "extent": "extensive"}
UNTREATED: dict[str, Any] = {"history": []}
DOUBLET = "bevacizumab-carboplatin-paclitaxel"
INDUCTION = ["carboplatin", "etoposide", "atezolizumab"]


@pytest.fixture
def warned(rulebook: Rulebook) -> Any:
    """A function from a regimen and profile keys to the outside cautions on it that hold, as ``rule: words``."""

    def on(regimen: str, *parts: dict[str, Any], **keys: Any) -> set[str]:
        profile: dict[str, Any] = {}
        for part in (*parts, keys):
            profile |= part
        advice = advise(read(Profile.model_validate(profile), rulebook.domain), rulebook, ask=False)
        assert advice.standing(regimen).is_offered, f"{regimen} is {advice.standing(regimen).value}"
        return outside(advice, regimen)

    return on


def outside(advice: Advice, regimen: str) -> set[str]:
    option = next(option for option in advice.options if option.regimen == regimen)
    held = [caution for caution in option.cautions if caution.state == "holds" and caution.basis != "review"]
    assert all(caution.certainty for caution in held)
    return {caution.rule for caution in held}


def lines(*drugs: list[str], outcome: str = "progressed", curative: dict[str, Any] | None = None) -> dict[str, Any]:
    """A history of lines that progressed, the latest with ``outcome``, and what was given before with curative aim."""
    entries = [{"line": number, "drugs": given, "outcome": "progressed"} for number, given in enumerate(drugs, start=1)]
    if entries:
        entries[-1]["outcome"] = outcome
    return {"history": ([curative] if curative else []) + entries}


def curative(drug: str) -> dict[str, Any]:
    return lines(curative={"setting": "curative", "drugs": [drug], "outcome": "progressed"})


# Earlier treatment


@pytest.mark.parametrize("regimen", ["bevacizumab-platinum-pemetrexed", "ivonescimab-pemetrexed-carboplatin"])
def test_platinum_that_was_given_warns_of_an_option_with_platinum(warned: Any, regimen: str) -> None:
    before = lines(["osimertinib", "carboplatin", "paclitaxel"])
    assert "platinum-again" in warned(regimen, EGFR, before)
    assert "platinum-again" not in warned(regimen, EGFR, lines(["osimertinib"]))


@pytest.mark.parametrize("regimen", ["amivantamab-platinum-chemotherapy", "ivonescimab-pemetrexed-carboplatin"])
def test_an_option_after_an_egfr_tki_warns_where_no_third_generation_tki_was_given(warned: Any, regimen: str) -> None:
    assert "no-third-generation-tki-yet" in warned(regimen, EGFR, lines(["gefitinib"]))
    assert "no-third-generation-tki-yet" not in warned(regimen, EGFR, lines(["gefitinib"], ["osimertinib"]))


def test_earlier_immunotherapy_warns_of_harmoni_a(warned: Any) -> None:
    regimen, rule = "ivonescimab-pemetrexed-carboplatin", "ivonescimab-chemotherapy-after-immunotherapy"
    assert rule in warned(regimen, EGFR, lines(["osimertinib"], ["pembrolizumab"]))
    assert rule not in warned(regimen, EGFR, lines(["osimertinib"]))


# Drivers, and drugs that have failed


@pytest.mark.parametrize(
    ("regimen", "drugs"),
    [
        ("pd-1-inhibitor-bevacizumab", [["alectinib"]]),
        ("ivonescimab", [["alectinib"]]),
        ("lenvatinib-pembrolizumab", [["alectinib"]]),
        ("camrelizumab-apatinib", [["carboplatin", "pemetrexed"]]),
        ("atezolizumab-beyond-progression", [["carboplatin", "pemetrexed"], ["atezolizumab"]]),
        ("pembrolizumab-after-nivolumab", [["carboplatin", "pemetrexed"], ["nivolumab"]]),
    ],
)
def test_immunotherapy_without_chemotherapy_warns_in_later_lines_by_the_name_of_the_driver(
    warned: Any, regimen: str, drugs: list[list[str]]
) -> None:
    def named(**driver: Any) -> set[str]:
        held = warned(regimen, NEGATIVE, lines(*drugs), **driver)
        return {rule.removesuffix(f"-{regimen}") for rule in held if rule.endswith(f"-{regimen}")}

    assert named() == set()
    assert named(alk="positive") == {"alk-positive"}
    assert named(ros1="positive") == {"ros1-positive"}
    for variant in ("L858R", "G719X", "ex20ins"):
        assert named(egfr=[variant]) == {"egfr-mutated"}, variant


@pytest.mark.parametrize(
    ("driver", "rule"),
    [
        ({"nrg1": "positive"}, "nrg1-fusion-and-antiangiogenic-drugs"),
        ({"alk": "positive"}, "alk-fusion-has-its-own-drugs"),
        ({"ros1": "positive"}, "ros1-fusion-has-its-own-drugs"),
        ({"other_drivers": ["RET"]}, "ret-has-its-own-drugs"),
        ({"other_drivers": ["MET-ex14"]}, "met-exon-14-has-its-own-drugs"),
        ({"other_drivers": ["BRAF-V600E"]}, "braf-v600e-has-its-own-drugs"),
        ({"other_drivers": ["HER2"]}, "her2-has-its-own-drugs"),
        ({"other_drivers": ["NTRK"]}, "ntrk-has-its-own-drugs"),
        ({"other_drivers": ["KRAS-G12C"]}, "kras-g12c-has-its-own-drugs"),
    ],
)
def test_a_driver_with_its_own_drug_warns_in_later_lines_of_what_does_not_hit_it(
    warned: Any, driver: dict[str, Any], rule: str
) -> None:
    later = lines(["carboplatin", "pemetrexed"], ["docetaxel"])
    for regimen in ("anlotinib", "lenvatinib-pembrolizumab"):
        assert rule in warned(regimen, NEGATIVE, later, **driver)
        assert rule not in warned(regimen, NEGATIVE, later)


def test_zenocutuzumab_hits_the_nrg1_fusion_and_is_not_warned_of_it(warned: Any) -> None:
    held = warned("zenocutuzumab", NEGATIVE, lines(["carboplatin", "pemetrexed"]), nrg1="positive")
    assert not any(rule.startswith("nrg1-fusion") for rule in held)


def test_t790m_that_was_found_is_not_to_be_looked_for(warned: Any) -> None:
    regimen = "ivonescimab-pemetrexed-carboplatin"
    found, sought = "t790m-found-without-third-generation-tki", "no-third-generation-tki-yet"
    with_t790m = warned(regimen, EGFR, lines(["gefitinib"]), egfr=["L858R", "T790M"])
    assert (found in with_t790m, sought in with_t790m) == (True, False)
    without = warned(regimen, EGFR, lines(["gefitinib"]))
    assert (found in without, sought in without) == (False, True)


def test_t790m_that_is_not_known_after_gefitinib_is_one_open_caution(rulebook: Rulebook) -> None:
    profile = NSCLC | EGFR | {"egfr": {"found": ["L858R"]}} | lines(["gefitinib"])
    advice = advise(read(Profile.model_validate(profile), rulebook.domain), rulebook, ask=False)
    of_t790m = [entry for entry in advice.first if "T790M" in entry.says]
    assert [entry.state for entry in of_t790m] == ["open"]
    for option in advice.options:
        assert sum("T790M" in caution.says for caution in option.cautions) <= 1, option.regimen


@pytest.mark.parametrize("regimen", ["anlotinib", "apatinib"])
def test_the_third_line_without_any_chemotherapy_warns(warned: Any, regimen: str) -> None:
    rule = f"{regimen}-without-chemotherapy-before"
    assert rule in warned(regimen, EGFR, lines(["gefitinib"], ["osimertinib"]))
    assert rule not in warned(regimen, EGFR, lines(["osimertinib"], ["carboplatin", "pemetrexed"]))


def test_an_open_caution_is_a_condition_and_shown_once_for_all_that_it_waits_for(rulebook: Rulebook) -> None:
    """Every example profile: nothing that is not known is worded as a finding."""
    for path in sorted((Path(__file__).parents[1] / "profiles").glob("*.yaml")):
        document = read_document(path)
        advice = advise(read(profile_from(document), rulebook.domain, document), rulebook, ask=False)
        for option in advice.options:
            waiting = [caution.says for caution in option.cautions if caution.state == "open"]
            assert all(says.startswith("If ") for says in waiting), path.name
            assert len(set(waiting)) == len(waiting), path.name


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "If ALK is fused, EGFR is mutated or ROS1 is fused"),
        ({"egfr": "wild-type"}, "If ALK is fused or ROS1 is fused"),
        ({"egfr": "wild-type", "alk": "negative"}, "If ROS1 is fused"),
    ],
)
def test_an_open_caution_names_only_what_is_not_known_of_the_patient(
    rulebook: Rulebook, known: Any, words: str
) -> None:
    profile = {**NSCLC, **known, **lines(["carboplatin", "pemetrexed"], ["docetaxel"])}
    advice = advise(read(Profile.model_validate(profile), rulebook.domain), rulebook, ask=False)
    option = next(option for option in advice.options if option.regimen == "camrelizumab-apatinib")
    found = [caution.says for caution in option.cautions if "immunotherapy without chemotherapy" in caution.says]
    assert found == [f"{words}: immunotherapy without chemotherapy does little."]


@pytest.mark.parametrize(
    ("known", "warning"),
    [
        ({}, "If EGFR is mutated and no EGFR-TKI was given yet: a targeted drug alone comes first."),
        (lines(["carboplatin", "pemetrexed"]), "If EGFR is mutated: a targeted drug alone comes first."),
        ({"egfr": ["ex19del"]}, "If no EGFR-TKI was given yet: a targeted drug alone comes first."),
        (
            {"egfr": {"found": ["L858R"], "not_found": ["T790M"]}},
            (
                "If T790M is found in a sample taken after any progression and no third-generation EGFR-TKI was given "
                "yet: osimertinib comes first."
            ),
        ),
        (
            {"egfr": ["L858R", "T790M"]},
            "If no third-generation EGFR-TKI was given yet: osimertinib comes first.",
        ),
        (
            {"comorbidities": {"not_found": ["proteinuria", "anticoagulation"]}},
            (
                "If the blood pressure is not controlled or there was a thromboembolism: drugs against VEGF or its "
                "receptor can make this more dangerous."
            ),
        ),
        (
            {"comorbidities": {"not_found": ["autoimmune-disease"]}},
            "If there is interstitial lung disease: immunotherapy can make it worse.",
        ),
        (
            {"other_drivers": {"not_found": ["RET", "MET-ex14", "BRAF-V600E", "HER2"]}},
            (
                "If the tumour has a KRAS G12C mutation or an NTRK fusion: there are drugs against it that no option "
                "here contains, and immunotherapy may do less."
            ),
        ),
    ],
)
def test_of_several_conditions_of_an_open_caution_only_what_is_open_is_named(
    rulebook: Rulebook, known: dict[str, Any], warning: str
) -> None:
    advice = advise(read(Profile.model_validate({**NSCLC, **known}), rulebook.domain), rulebook, ask=False)
    found = {caution.says for option in advice.options for caution in option.cautions if caution.state == "open"}
    assert warning in found
    assert not any("EGFR is mutated" in words for words in found if "egfr" in known)


def test_a_condition_that_the_sentence_does_not_name_is_named_where_nothing_else_is_open(rulebook: Rulebook) -> None:
    known = {**NSCLC, "egfr": ["ex20ins"], "alk": "negative", "ros1": "negative"}
    advice = advise(read(Profile.model_validate(known), rulebook.domain), rulebook, ask=False)
    found = {caution.says for option in advice.options for caution in option.cautions if caution.state == "open"}
    assert "If at least 1 line was given before: immunotherapy without chemotherapy does little." in found


def test_conditions_of_one_warning_share_the_words_that_they_begin_with() -> None:
    assert if_any([f"If the disease has progressed on {drug}: again." for drug in ("A", "B", "A", "C")]) == (
        "If the disease has progressed on A, B or C: again."
    )
    assert if_any(["If ECOG is 2: one."]) == "If ECOG is 2: one."


def test_progression_on_a_drug_of_the_option_warns(warned: Any) -> None:
    assert "already-progressed-on-pemetrexed" in warned(
        "amivantamab-platinum-chemotherapy", EGFR, lines(["osimertinib"], ["cisplatin", "pemetrexed"])
    ) | warned("ivonescimab-pemetrexed-carboplatin", EGFR, lines(["osimertinib"], ["cisplatin", "pemetrexed"]))
    assert "already-progressed-on-apatinib" in warned(
        "camrelizumab-apatinib", NEGATIVE, lines(["carboplatin", "docetaxel"], ["apatinib"])
    )


def test_progression_on_platinum_is_no_second_warning_with_platinum_again(warned: Any) -> None:
    held = warned("bevacizumab-platinum-pemetrexed", EGFR, lines(["osimertinib", "carboplatin", "paclitaxel"]))
    assert {rule for rule in held if rule.startswith("already-progressed-on")} == set()


def test_what_is_continued_or_changed_on_purpose_is_not_warned_of_as_given_again(warned: Any) -> None:
    chemotherapy = ["carboplatin", "pemetrexed"]
    for regimen, drug in (
        ("atezolizumab-beyond-progression", "atezolizumab"),
        ("pembrolizumab-after-nivolumab", "nivolumab"),
    ):
        held = warned(regimen, NEGATIVE, lines(chemotherapy, [drug]))
        assert {rule for rule in held if rule.startswith("already-progressed-on")} == set()


# Bleeding and brain metastases


@pytest.mark.parametrize(
    ("regimen", "patient"),
    [
        (DOUBLET, NEGATIVE | UNTREATED),
        ("ivonescimab", NEGATIVE | UNTREATED),
        ("anlotinib", NEGATIVE | lines(["docetaxel"], ["gemcitabine"])),
        ("pm8002-paclitaxel", SMALL | lines(INDUCTION)),
    ],
)
def test_a_feature_of_bleeding_warns_of_every_antiangiogenic_drug(
    warned: Any, regimen: str, patient: dict[str, Any]
) -> None:
    def bleeding(held: set[str]) -> bool:
        return any("bleeding-features" in rule for rule in held)

    assert bleeding(warned(regimen, patient, bleeding_risk=["haemoptysis"]))
    assert not bleeding(warned(regimen, patient, bleeding_risk="none"))


@pytest.mark.parametrize(
    ("regimen", "patient", "wanted"),
    [
        (DOUBLET, NEGATIVE | UNTREATED, True),
        ("anlotinib", NEGATIVE | lines(["docetaxel"], ["gemcitabine"]), True),
        ("gefitinib-apatinib", EGFR | UNTREATED, True),
        ("tarlatamab", SMALL | lines(INDUCTION), True),
        ("ivonescimab", NEGATIVE | UNTREATED, False),
    ],
)
def test_active_brain_metastases_warn_where_the_studies_took_treated_ones_or_none(
    warned: Any, regimen: str, patient: dict[str, Any], wanted: bool
) -> None:
    def brain(held: set[str]) -> bool:
        return any(rule.startswith("brain-metastases") for rule in held)

    assert brain(warned(regimen, patient, brain_metastases="active")) is wanted
    for harmless in (False, "treated", True):  # of `true` it is not known which they are: the caution stays open
        assert not brain(warned(regimen, patient, brain_metastases=harmless))


# Single regimens


@pytest.mark.parametrize(
    ("regimen", "patient", "rule"),
    [
        ("amivantamab-lazertinib-platinum-chemotherapy", EGFR | lines(["osimertinib"]),
         "amivantamab-lazertinib-venous-thromboembolism"),
        ("amivantamab-sc-lazertinib", EGFR | lines(["osimertinib"], ["cisplatin", "pemetrexed"]),
         "amivantamab-lazertinib-venous-thromboembolism"),
        ("sintilimab-anlotinib", NEGATIVE | UNTREATED, "sintilimab-anlotinib-fatal-pneumonitis"),
        ("afatinib-bevacizumab", EGFR | UNTREATED, "afatinib-bevacizumab-dose-not-feasible"),
        ("osimertinib-bevacizumab", EGFR | UNTREATED, "osimertinib-bevacizumab-later-trials-negative"),
    ],
)  # fmt: skip
def test_what_the_record_says_of_one_regimen_warns_of_it_always(
    warned: Any, regimen: str, patient: dict[str, Any], rule: str
) -> None:
    assert rule in warned(regimen, patient)


def test_amivantamab_without_lazertinib_has_no_warning_of_thromboembolism(warned: Any) -> None:
    held = warned("amivantamab-platinum-chemotherapy", EGFR, lines(["osimertinib"]))
    assert "amivantamab-lazertinib-venous-thromboembolism" not in held


@pytest.mark.parametrize(
    ("regimen", "patient", "drug", "rule"),
    [
        ("sintilimab-anlotinib", NEGATIVE, "durvalumab", "immunotherapy-after-curative-immunotherapy"),
        ("gefitinib-bevacizumab", EGFR, "osimertinib", "egfr-tki-after-curative-egfr-tki"),
    ],
)
def test_a_class_in_earlier_curative_treatment_warns_of_first_line_options_of_that_class(
    warned: Any, regimen: str, patient: dict[str, Any], drug: str, rule: str
) -> None:
    assert rule in warned(regimen, patient, curative(drug))
    assert rule not in warned(regimen, patient, curative("cisplatin"))


# Performance status, and tarlatamab as maintenance


@pytest.mark.parametrize(
    ("regimen", "patient"), [(DOUBLET, NEGATIVE | UNTREATED), ("iza-bren", SMALL | lines(INDUCTION))]
)
@pytest.mark.parametrize(("ecog", "wanted"), [(1, None), (2, "ecog-2"), (3, "ecog-3-4"), (4, "ecog-3-4")])
def test_ecog_warns_of_every_option_from_two_on(
    warned: Any, regimen: str, patient: dict[str, Any], ecog: int, wanted: str | None
) -> None:
    held = [rule for rule in warned(regimen, patient, ecog=ecog) if "ecog" in rule]
    assert [rule.partition("-")[2] for rule in held] == ([wanted] if wanted else [])


@pytest.mark.parametrize("disease", ["nsclc", "sclc"])
def test_at_ecog_three_or_four_the_warning_puts_supportive_care_first(rulebook: Rulebook, disease: str) -> None:
    assert "supportive care comes first" in rulebook.rules[f"{disease}-ecog-3-4"].says


def test_maintenance_with_another_pd_l1_inhibitor_than_in_the_induction_warns(warned: Any) -> None:
    given = {"history": [{"line": 1, "drugs": INDUCTION, "outcome": "completed", "cycles": 4}]}
    second = "maintenance-with-another-pd-l1-inhibitor-than-"
    assert f"{second}durvalumab" in warned("tarlatamab-durvalumab-maintenance", SMALL, given)
    assert not {r for r in warned("tarlatamab-atezolizumab-maintenance", SMALL, given) if r.startswith(second)}


def test_maintenance_that_already_runs_warns_of_adding_tarlatamab(warned: Any) -> None:
    induction = {"line": 1, "drugs": INDUCTION, "outcome": "completed", "cycles": 4}
    running = {"line": 1, "setting": "maintenance", "drugs": ["atezolizumab"], "outcome": "ongoing"}
    regimen, rule = "tarlatamab-atezolizumab-maintenance", "tarlatamab-added-to-running-maintenance"
    assert rule in warned(regimen, SMALL, history=[induction, running])
    assert rule not in warned(regimen, SMALL, history=[induction])
