"""The decided clinical readings, each as the smallest patient that shows it."""

from typing import Any

import pytest

from regimen_advisor.advice import Advice, Option
from regimen_advisor.advising import advise
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read

ADVANCED = {"histology": "adenocarcinoma", "stage": "IV"}
NEGATIVE = {**ADVANCED, "egfr": "wild-type", "alk": "negative", "ros1": "negative"}
FIRST_LINE_OF_NEGATIVE = (
    "bevacizumab-carboplatin-paclitaxel", "bevacizumab-platinum-pemetrexed",
    "atezolizumab-bevacizumab-carboplatin-paclitaxel", "pd-1-inhibitor-bevacizumab", "sintilimab-anlotinib",
)  # fmt: skip
WITH_EGFR_TKI = ("erlotinib-bevacizumab", "gefitinib-bevacizumab", "afatinib-bevacizumab", "osimertinib-bevacizumab")
UNTREATED: dict[str, Any] = {"history": []}


@pytest.fixture
def rulebook(shipped: Rulebook) -> Rulebook:
    """What each reading is decided of: the sources that ship."""
    return shipped


@pytest.fixture
def advice(rulebook: Rulebook) -> Any:
    """A function from profile keys to the advice."""

    def on(*parts: dict[str, Any], **keys: Any) -> Advice:
        profile: dict[str, Any] = {}
        for part in (*parts, keys):
            profile |= part
        return advise(read(Profile.model_validate(profile), rulebook.domain), rulebook, ask=False)

    return on


def option(advice: Advice, regimen: str) -> Option:
    return next(option for option in advice.options if option.regimen == regimen)


def offered(advice: Advice) -> set[str]:
    return {option.regimen for option in advice.options if option.standing.is_offered}


def lines(*drugs: list[str], outcome: str = "progressed") -> dict[str, Any]:
    """A history of lines that all progressed but for the latest, which had ``outcome``."""
    entries = [{"line": number, "drugs": given, "outcome": "progressed"} for number, given in enumerate(drugs, start=1)]
    entries[-1] |= {"outcome": outcome}
    return {"history": entries}


def cautioned_by(option: Option) -> set[str]:
    return {caution.rule for caution in option.cautions if caution.state == "holds"}


def test_1_first_line_chemotherapy_and_immunotherapy_need_all_three_drivers_negative(advice: Any) -> None:
    assert offered(advice(NEGATIVE, UNTREATED)) >= set(FIRST_LINE_OF_NEGATIVE)
    positive = advice(NEGATIVE, UNTREATED, alk="positive")
    unknown = advice(NEGATIVE, UNTREATED, ros1="unknown")
    for regimen in FIRST_LINE_OF_NEGATIVE:
        assert positive.standing(regimen) is Standing.NOT_INDICATED
        assert unknown.standing(regimen) is Standing.UNDETERMINED
    assert "driver-positive-needs-targeted-drug-first" in {note.rule for note in positive.notes}


@pytest.mark.parametrize("variant", ["ex20ins", "G719X", "S768I", "L861Q"])
def test_2_uncommon_egfr_variants_have_no_first_line_option_and_the_silence_is_reported(
    advice: Any, variant: str
) -> None:
    found = advice(NEGATIVE, UNTREATED, egfr=[variant])
    assert offered(found) & {*FIRST_LINE_OF_NEGATIVE, *WITH_EGFR_TKI, "ivonescimab"} == set()
    assert {silent.rule for silent in found.silent} & {"silent-on-exon-20-insertion", "silent-on-uncommon-egfr"}


def test_exon_20_insertion_matches_no_egfr_directed_rule_in_any_line(advice: Any) -> None:
    found = advice(ADVANCED, egfr=["ex20ins"], **lines(["osimertinib"], ["platinum", "pemetrexed"]))
    directed = {regimen for regimen in offered(found) if "amivantamab" in regimen or "tki" in regimen}
    assert directed | (offered(found) & {*WITH_EGFR_TKI, "ivonescimab-pemetrexed-carboplatin"}) == set()


def test_3_another_driver_leaves_the_options_with_an_outside_caution(advice: Any) -> None:
    for keys in ({"nrg1": "positive"}, {"other_drivers": ["HER2"]}):
        found = option(advice(NEGATIVE, UNTREATED, keys), "bevacizumab-carboplatin-paclitaxel")
        assert found.standing is Standing.OFFERED_WITH_CAUTION
        assert any(caution.basis == "outside the reviews" and caution.state == "holds" for caution in found.cautions)


@pytest.mark.parametrize(
    ("tps", "studies"), [(0, {"harmoni-5"}), (1, {"harmoni-2", "harmoni-5"}), (60, {"harmoni-2", "harmoni-5"})]
)
def test_4_ivonescimab_first_line_cites_harmoni_2_from_one_percent_only(
    advice: Any, tps: int, studies: set[str]
) -> None:
    found = option(advice(NEGATIVE, UNTREATED, pd_l1_tps=tps), "ivonescimab")
    assert set(found.studies) == studies
    assert ("ivonescimab-alone-without-pd-l1" in cautioned_by(found)) is (tps == 0)


def test_4_ivonescimab_in_the_second_line_rests_on_harmoni_5_with_caution(advice: Any) -> None:
    found = option(advice(NEGATIVE, pd_l1_tps=60, **lines(["platinum", "pemetrexed"])), "ivonescimab")
    assert (found.standing, found.studies) == (Standing.OFFERED_WITH_CAUTION, ("harmoni-5",))
    after_immunotherapy = advice(NEGATIVE, pd_l1_tps=60, **lines(["pembrolizumab"]))
    assert after_immunotherapy.standing("ivonescimab") is Standing.NOT_INDICATED


@pytest.mark.parametrize("risk", ["none", ["cavitation"], "unknown"])
def test_5_squamous_excludes_every_regimen_with_bevacizumab_whatever_the_bleeding_risk(advice: Any, risk: Any) -> None:
    found = advice(NEGATIVE, UNTREATED, histology="squamous", bleeding_risk=risk)
    assert found.standing("bevacizumab-carboplatin-paclitaxel") is Standing.EXCLUDED
    assert found.standing("ivonescimab").is_offered
    assert found.standing("sintilimab-anlotinib").is_offered


def test_5_unknown_histology_leaves_bevacizumab_undetermined(advice: Any) -> None:
    found = advice({**NEGATIVE, "disease": "nsclc", "histology": "unknown"}, UNTREATED)
    assert option(found, "bevacizumab-carboplatin-paclitaxel").depends_on == ("histology",)


def test_6_bevacizumab_with_a_doublet_after_targeted_or_immunotherapy_always_with_caution(advice: Any) -> None:
    after_tki = advice(ADVANCED, egfr=["L858R"], **lines(["osimertinib"]))
    after_ici = advice(NEGATIVE, **lines(["pembrolizumab"]))
    after_chemotherapy = advice(NEGATIVE, **lines(["carboplatin", "paclitaxel"]))
    for regimen in ("bevacizumab-carboplatin-paclitaxel", "bevacizumab-platinum-pemetrexed"):
        assert after_tki.standing(regimen) is Standing.OFFERED_WITH_CAUTION
        assert after_ici.standing(regimen) is Standing.OFFERED_WITH_CAUTION
        assert after_chemotherapy.standing(regimen) is Standing.NOT_INDICATED


def test_6_a_first_line_that_did_not_fail_opens_no_bevacizumab_doublet(advice: Any) -> None:
    stopped = {"line": 1, "drugs": ["pembrolizumab"], "outcome": "stopped-for-toxicity"}
    failed = {"line": 2, "drugs": ["docetaxel"], "outcome": "progressed"}
    doublets = {"bevacizumab-carboplatin-paclitaxel", "bevacizumab-platinum-pemetrexed"}
    assert not doublets & offered(advice(NEGATIVE, history=[stopped, failed]))
    assert doublets <= offered(advice(NEGATIVE, history=[{**stopped, "outcome": "progressed"}, failed]))


def test_7_beta_starts_erlotinib_so_no_egfr_tki_may_have_gone_before(advice: Any) -> None:
    assert (
        advice(ADVANCED, egfr=["L858R"], **lines(["carboplatin", "pemetrexed"]))
        .standing("erlotinib-bevacizumab")
        .is_offered
    )
    after_tki = advice(ADVANCED, egfr=["L858R"], **lines(["gefitinib"]))
    assert after_tki.standing("erlotinib-bevacizumab") is Standing.NOT_INDICATED


def test_8_maintenance_cites_pointbreak_only_after_an_induction_with_pemetrexed(advice: Any) -> None:
    def studies(*drugs: str) -> set[str]:
        history = lines([*drugs], outcome="completed")
        return set(option(advice(NEGATIVE, **history), "pemetrexed-bevacizumab-maintenance").studies)

    assert studies("carboplatin", "pemetrexed", "bevacizumab") == {"pointbreak", "avaperl"}
    assert studies("carboplatin", "paclitaxel", "bevacizumab") == {"avaperl"}
    assert studies("carboplatin", "pemetrexed") == set()


@pytest.mark.parametrize("driver", [{"egfr": ["L858R"]}, {"alk": "positive"}, {"ros1": None}])
def test_8_maintenance_asks_for_no_driver(advice: Any, driver: dict[str, Any]) -> None:
    induction = {"line": 1, "drugs": ["bevacizumab", "carboplatin", "pemetrexed"], "outcome": "completed", "cycles": 4}
    found = advice(NEGATIVE, driver, history=[induction])
    assert "pemetrexed-bevacizumab-maintenance" in offered(found)


@pytest.mark.parametrize(
    ("drivers", "drug", "standard", "note"),
    [
        ({"egfr": ["ex19del"]}, "osimertinib", "standard-targeted-drug-for-egfr", "progressed-on-curative-egfr-tki"),
        ({"alk": "positive"}, "alectinib", "standard-targeted-drug-for-alk",
         "progressed-on-curative-alk-or-ros1-tki"),
        ({"pd_l1_tps": 60}, "durvalumab", "standard-immunotherapy-for-pd-l1-expressing",
         "progressed-on-curative-immunotherapy"),
    ],
)  # fmt: skip
def test_23_no_standard_of_a_class_on_which_the_disease_progressed_in_curative_treatment(
    advice: Any, drivers: dict[str, Any], drug: str, standard: str, note: str
) -> None:
    def shown(outcome: str) -> tuple[bool, bool]:
        given = [{"setting": "curative", "drugs": [drug], "outcome": outcome}]
        found = advice(NEGATIVE, drivers, history=given)
        return standard in {entry.rule for entry in found.standards}, note in {entry.rule for entry in found.notes}

    assert shown("progressed") == (False, True)
    assert shown("completed") == (True, False)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_9_anlotinib_and_apatinib_from_the_third_line_on(advice: Any, count: int) -> None:
    given = [["docetaxel"], ["gemcitabine"], ["vinorelbine"]][:count]
    found = advice(NEGATIVE, lines(*given))
    assert found.standing("anlotinib").is_offered is found.standing("apatinib").is_offered is (count >= 2)
    assert ("apatinib-beyond-the-third-line" in cautioned_by(option(found, "apatinib"))) is (count >= 3)
    squamous = advice(NEGATIVE, lines(["docetaxel"], ["gemcitabine"]), histology="squamous")
    assert (squamous.standing("anlotinib").is_offered, squamous.standing("apatinib").is_offered) == (True, False)


def test_10_camrelizumab_apatinib_needs_chemotherapy_before(advice: Any) -> None:
    after = advice(NEGATIVE, **lines(["carboplatin", "paclitaxel"], ["docetaxel"]))
    assert set(option(after, "camrelizumab-apatinib").studies) == {
        "camrelizumab-apatinib-ph2",
        "camrelizumab-apatinib-1b",
    }
    assert advice(NEGATIVE, **lines(["pembrolizumab"])).standing("camrelizumab-apatinib") is Standing.NOT_INDICATED
    assert advice(NEGATIVE, UNTREATED).standing("camrelizumab-apatinib") is Standing.NOT_INDICATED


@pytest.mark.parametrize(("count", "wanted"), [(0, False), (1, True), (2, True), (3, False)])
def test_11_lenvatinib_pembrolizumab_after_one_or_two_lines(advice: Any, count: int, wanted: bool) -> None:
    given = [["docetaxel"], ["gemcitabine"], ["vinorelbine"]][:count]
    history = lines(*given) if given else UNTREATED
    assert advice(NEGATIVE, history).standing("lenvatinib-pembrolizumab").is_offered is wanted


def test_12_rechallenge_is_atezolizumab_going_on_or_pembrolizumab_after_nivolumab(advice: Any) -> None:
    going_on = advice(NEGATIVE, **lines(["carboplatin", "paclitaxel"], ["atezolizumab"]))
    assert going_on.standing("atezolizumab-beyond-progression").is_offered
    after_nivolumab = advice(NEGATIVE, **lines(["carboplatin", "paclitaxel"], ["nivolumab"]))
    assert after_nivolumab.standing("pembrolizumab-after-nivolumab").is_offered
    without_chemotherapy = advice(NEGATIVE, **lines(["osimertinib"], ["atezolizumab"]))
    assert not without_chemotherapy.standing("atezolizumab-beyond-progression").is_offered


def test_13_pd_1_with_bevacizumab_at_any_line_always_with_caution(advice: Any) -> None:
    for history in (UNTREATED, lines(["carboplatin", "pemetrexed"]), lines(["docetaxel"], ["pembrolizumab"])):
        assert advice(NEGATIVE, history).standing("pd-1-inhibitor-bevacizumab") is Standing.OFFERED_WITH_CAUTION


def test_14_immunotherapy_combinations_after_progression_on_immunotherapy_are_cautioned(advice: Any) -> None:
    """One caution each: with an antiangiogenic TKI two trials have failed since, on others the review alone speaks."""
    after_both = lines(["carboplatin", "pemetrexed"], ["pembrolizumab"])
    for regimen, rule in (
        ("lenvatinib-pembrolizumab", "immunotherapy-with-lenvatinib-after-immunotherapy"),
        ("camrelizumab-apatinib", "immunotherapy-with-apatinib-after-immunotherapy"),
        ("pd-1-inhibitor-bevacizumab", "immunotherapy-with-bevacizumab-after-immunotherapy"),
    ):
        found = option(advice(NEGATIVE, **after_both), regimen)
        assert {held for held in cautioned_by(found) if held.endswith("-after-immunotherapy")} == {rule}
        answer = next(caution.says for caution in found.cautions if caution.rule == rule)
        assert ("CONTACT-01 and LEAP-008" in answer) == ("bevacizumab" not in regimen)


def test_15_amivantamab_after_another_tki_rests_on_the_approval_alone(advice: Any) -> None:
    after_osimertinib = option(
        advice(ADVANCED, egfr=["L858R"], **lines(["osimertinib"])), "amivantamab-platinum-chemotherapy"
    )
    after_gefitinib = advice(ADVANCED, egfr=["L858R"], **lines(["gefitinib"]))
    on_approval = option(after_gefitinib, "amivantamab-platinum-chemotherapy")
    assert after_osimertinib.studies == ("mariposa-2",)
    assert (on_approval.standing, on_approval.studies) == (Standing.OFFERED_WITH_CAUTION, ())
    assert after_gefitinib.standing("amivantamab-lazertinib-platinum-chemotherapy") is Standing.NOT_INDICATED


def test_16_paloma_3_needs_progression_on_osimertinib_and_on_platinum(advice: Any) -> None:
    both = advice(ADVANCED, egfr=["ex19del"], **lines(["osimertinib"], ["carboplatin", "pemetrexed"]))
    assert both.standing("amivantamab-sc-lazertinib").is_offered
    completed = advice(
        ADVANCED, egfr=["ex19del"],
        history=[
            {"line": 1, "drugs": ["carboplatin", "pemetrexed"], "outcome": "completed"},
            {"line": 2, "drugs": ["osimertinib"], "outcome": "progressed"},
        ],
    )  # fmt: skip
    assert completed.standing("amivantamab-sc-lazertinib") is Standing.NOT_INDICATED


def test_17_harmoni_a_takes_any_egfr_tki_and_any_listed_variant(advice: Any) -> None:
    for variant, drug in (("L858R", "gefitinib"), ("T790M", "gefitinib"), ("G719X", "afatinib")):
        found = advice(ADVANCED, egfr=[variant], **lines([drug]))
        assert found.standing("ivonescimab-pemetrexed-carboplatin").is_offered
    squamous = advice(ADVANCED, histology="squamous", egfr=["L858R"], **lines(["gefitinib"]))
    assert not squamous.standing("ivonescimab-pemetrexed-carboplatin").is_offered


def test_18_zenocutuzumab_needs_a_line_before_and_says_so(advice: Any) -> None:
    assert (
        advice(ADVANCED, nrg1="positive", **lines(["carboplatin", "pemetrexed"])).standing("zenocutuzumab").is_offered
    )
    untreated = advice(ADVANCED, UNTREATED, nrg1="positive")
    assert untreated.standing("zenocutuzumab") is Standing.NOT_INDICATED
    assert "zenocutuzumab-not-before-other-treatment" in {note.rule for note in untreated.notes}


SMALL = {"histology": "small-cell", "extent": "extensive"}
INDUCTION = ["carboplatin", "etoposide", "atezolizumab"]


@pytest.mark.parametrize("dll3", ["positive", "negative", "unknown"])
def test_19_tarlatamab_by_line_in_extensive_disease_whatever_dll3(advice: Any, dll3: str) -> None:
    second = option(advice(SMALL, dll3=dll3, **lines(INDUCTION)), "tarlatamab")
    third = option(advice(SMALL, dll3=dll3, **lines(INDUCTION, ["topotecan"])), "tarlatamab")
    assert (second.studies, third.studies) == (("dellphi-304",), ("dellphi-301",))
    limited = advice(SMALL, extent="limited", dll3=dll3, **lines(INDUCTION))
    assert limited.standing("tarlatamab") is Standing.NOT_INDICATED


@pytest.mark.parametrize(
    ("drugs", "cycles", "wanted"),
    [
        (INDUCTION, 3, False), (INDUCTION, 4, True), (INDUCTION, 6, True), (INDUCTION, 7, False),
        (["carboplatin", "etoposide", "serplulimab"], 4, False),
    ],
)  # fmt: skip
def test_19_tarlatamab_maintenance_after_four_to_six_cycles_with_a_pd_l1_inhibitor(
    advice: Any, drugs: list[str], cycles: int, wanted: bool
) -> None:
    entry = {"line": 1, "drugs": drugs, "outcome": "completed", "cycles": cycles}
    assert advice(SMALL, history=[entry]).standing("tarlatamab-atezolizumab-maintenance").is_offered is wanted


def test_20_pm8002_after_exactly_one_line_and_iza_bren_after_any(advice: Any) -> None:
    after_one = advice(SMALL, **lines(INDUCTION))
    after_two = advice(SMALL, **lines(INDUCTION, ["topotecan"]))
    assert (after_one.standing("pm8002-paclitaxel").is_offered, after_two.standing("pm8002-paclitaxel").is_offered) == (
        True, False,
    )  # fmt: skip
    assert after_one.standing("iza-bren").is_offered
    assert after_two.standing("iza-bren").is_offered


def test_21_stage_iii_waits_for_whether_curative_treatment_is_possible(advice: Any) -> None:
    stage = {"stage": "IIIB", "extent": "locally-advanced"}
    regimen = "bevacizumab-carboplatin-paclitaxel"
    assert option(advice(NEGATIVE, stage, UNTREATED), regimen).depends_on == ("curative_treatment_possible",)
    assert advice(NEGATIVE, stage, UNTREATED, curative_treatment_possible=False).standing(regimen).is_offered
    possible = advice(NEGATIVE, stage, UNTREATED, curative_treatment_possible=True)
    assert possible.standing(regimen) is Standing.NOT_INDICATED
    third_a = advice(NEGATIVE, UNTREATED, stage="IIIA", extent="locally-advanced", curative_treatment_possible=False)
    assert not third_a.standing("sintilimab-anlotinib").is_offered


@pytest.mark.parametrize("outcome", ["ongoing", "completed", "stopped-for-toxicity"])
def test_a_line_that_has_not_progressed_opens_no_next_line(advice: Any, outcome: str) -> None:
    found = advice(NEGATIVE, **lines(["carboplatin", "paclitaxel"], ["docetaxel"], outcome=outcome))
    assert offered(found) == set()


def test_every_study_is_reached_by_a_rule(rulebook: Rulebook) -> None:
    reached = {study for rule in rulebook.rules.values() for study in (*rule.studies, rule.subject)}
    assert {study.id for study in rulebook.studies.values() if study.harm_of is None} <= reached


def test_every_approval_but_the_count_of_a_drug_class_is_reached_by_a_rule(rulebook: Rulebook) -> None:
    reached = {approval for rule in rulebook.rules.values() for approval in rule.approvals}
    assert set(rulebook.approvals) - reached == {"appr-count-bispecific-2024-12"}
