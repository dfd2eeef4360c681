"""From a profile to what is known: every definition of the clinical conventions, each as a test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.language.values import Between, Choice, Includes, Members, Number, Truth, meet
from regimen_advisor.patient.axioms import Contained
from regimen_advisor.patient.facts import Domain, SetFact
from regimen_advisor.patient.narrowing import Contradiction
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, _Reader, read, read_with_documents
from regimen_advisor.patient.vocabulary import OPEN_HISTORY

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@pytest.fixture(scope="session")
def domain(rulebook: Rulebook) -> Domain:
    return rulebook.domain


def patient(text: str, domain: Domain) -> Patient:
    document = parse_document(text, "patient.yaml")
    return read(profile_from(document), domain, document)


def entries(*lines: str) -> str:
    return "history:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def refused(text: str, domain: Domain) -> str:
    with pytest.raises(InputError) as caught:
        patient(text, domain)
    return str(caught.value)


def holds(found: Patient, fact: str, member: str) -> Truth:
    return Includes(fact, member).judge(found.facts[fact])


def one_of(found: Patient, fact: str) -> frozenset[str]:
    value = found.facts[fact]
    assert isinstance(value, Choice)
    return value.possible


def range_of(found: Patient, fact: str) -> tuple[int, int]:
    value = found.facts[fact]
    assert isinstance(value, Number)
    return value.low, value.high


# What is left out --------------------------------------------------------------------------------------------------


def test_a_key_left_out_is_unknown(domain: Domain) -> None:
    found = patient("disease: nsclc", domain)
    assert found.facts["pd_l1_tps"] == domain.facts["pd_l1_tps"].unknown
    assert found.history is None


@pytest.mark.parametrize(
    "key", ["histology", "stage", "ecog", "egfr", "alk", "pd_l1_tps", "other_drivers", "brain_metastases", "history"]
)
def test_unknown_says_as_much_as_leaving_the_key_out(key: str, domain: Domain) -> None:
    assert patient(f"disease: nsclc\n{key}: unknown", domain).facts == patient("disease: nsclc", domain).facts


def test_a_profile_without_a_name_is_called_after_its_file(domain: Domain) -> None:
    assert patient("alk: negative", domain).id == "patient"
    assert patient("id: someone\nalk: negative", domain).id == "someone"


# Sets: closed and open ---------------------------------------------------------------------------------------------


def test_a_list_of_variants_is_closed(domain: Domain) -> None:
    found = patient("egfr: [L858R]", domain)
    assert [holds(found, "egfr", variant) for variant in ("L858R", "T790M", "wild-type")] == [TRUE, FALSE, FALSE]


@pytest.mark.parametrize("written", ["wild-type", "[]"])
def test_wild_type_means_looked_for_and_none_found(written: str, domain: Domain) -> None:
    found = patient(f"egfr: {written}", domain)
    assert [holds(found, "egfr", variant) for variant in ("wild-type", "L858R", "other")] == [TRUE, FALSE, FALSE]


def test_positive_means_one_variant_without_saying_which(domain: Domain) -> None:
    found = patient("egfr: positive", domain)
    assert [holds(found, "egfr", variant) for variant in ("wild-type", "L858R", "ex20ins")] == [FALSE, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("written", "possible"),
    [("false", {"false"}), ("true", {"treated", "active"}), ("treated", {"treated"}), ("active", {"active"})],
)
def test_brain_metastases_are_absent_treated_active_or_there_without_saying_which(
    written: str, possible: set[str], domain: Domain
) -> None:
    assert patient(f"brain_metastases: {written}", domain).facts["brain_metastases"] == Choice(frozenset(possible))


@pytest.mark.parametrize(
    "metastases", ["brain_metastases: treated", "brain_metastases: true", "liver_metastases: true"]
)
@pytest.mark.parametrize(("disease", "extent"), [("nsclc", "metastatic"), ("sclc", "extensive")])
def test_metastases_are_metastatic_or_extensive_disease(
    metastases: str, disease: str, extent: str, domain: Domain
) -> None:
    found = patient(f"disease: {disease}\n{metastases}", domain)
    assert found.facts["extent"] == Choice(frozenset({extent}))


@pytest.mark.parametrize("metastases", ["brain_metastases: active", "liver_metastases: true"])
@pytest.mark.parametrize("value", ["stage: IIIB", "extent: locally-advanced", "extent: limited"])
def test_metastases_with_a_lower_stage_are_a_contradiction_that_names_both(
    metastases: str, value: str, domain: Domain
) -> None:
    with pytest.raises(InputError) as caught:
        patient(f"{value}\n{metastases}", domain)
    (problem,) = caught.value.problems
    keys = [line.split(":")[0] for line in (value, metastases)]
    assert [f"`{key}` (line {line})" in problem.message for line, key in enumerate(keys, start=1)] == [True, True]


def test_what_is_neither_found_nor_not_found_stays_unknown(domain: Domain) -> None:
    found = patient("egfr: {found: [ex19del], not_found: [T790M]}", domain)
    assert [holds(found, "egfr", variant) for variant in ("ex19del", "T790M", "C797S", "wild-type")] == [
        TRUE, FALSE, UNKNOWN, FALSE,
    ]  # fmt: skip


def test_variants_not_found_leave_wild_type_open(domain: Domain) -> None:
    found = patient("egfr: {not_found: [ex19del, L858R]}", domain)
    assert [holds(found, "egfr", variant) for variant in ("L858R", "G719X", "wild-type")] == [FALSE, UNKNOWN, UNKNOWN]


def test_a_set_of_which_every_member_is_ruled_out_is_wild_type(domain: Domain) -> None:
    fact = domain.facts["egfr"]
    assert isinstance(fact, SetFact)
    found = patient(f"egfr: {{not_found: [{', '.join(fact.members)}]}}", domain)
    assert found.facts["egfr"] == fact.empty


@pytest.mark.parametrize("key", ["bleeding_risk", "other_drivers", "comorbidities"])
@pytest.mark.parametrize("written", ["none", "[]"])
def test_none_and_an_empty_list_mean_looked_for_and_none_found(key: str, written: str, domain: Domain) -> None:
    assert patient(f"{key}: {written}", domain).facts[key] == Members(frozenset({"none"}), frozenset({"none"}))


# Numbers and ranges ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("60", 60, 60),
        ("{at_least: 1, below: 50}", 1, 49),
        ("{above: 1, at_most: 50}", 2, 50),
        ("{at_least: 50}", 50, 100),
        ("'<1'", 0, 0),
        ("<1", 0, 0),
        ("'1-49'", 1, 49),
        ("1-49 %", 1, 49),
        ("'>=50'", 50, 100),
        ("≥50%", 50, 100),
        ("'<=1'", 0, 1),
        ("'>49'", 50, 100),
    ],
)
def test_a_tps_is_read_as_the_pathology_report_writes_it(written: str, low: int, high: int, domain: Domain) -> None:
    assert range_of(patient(f"pd_l1_tps: {written}", domain), "pd_l1_tps") == (low, high)


def test_a_range_across_a_threshold_leaves_it_open(domain: Domain) -> None:
    found = patient("pd_l1_tps: '1-49'", domain)
    thresholds = [Between("pd_l1_tps", low, 100).judge(found.facts["pd_l1_tps"]) for low in (1, 20, 50)]
    assert thresholds == [TRUE, UNKNOWN, FALSE]


# Stage, extent and the other axioms --------------------------------------------------------------------------------


def test_a_stage_without_a_letter_leaves_the_letter_unknown(domain: Domain) -> None:
    assert one_of(patient("stage: III", domain), "stage") == {"IIIA", "IIIB", "IIIC"}


@pytest.mark.parametrize(
    ("written", "fact", "expected"),
    [
        ("disease: nsclc\nstage: IVA", "extent", {"metastatic"}),
        ("disease: sclc\nstage: IV", "extent", {"extensive"}),
        ("disease: nsclc\nstage: IB", "extent", {"early"}),
        ("disease: nsclc\nstage: III", "extent", {"early", "locally-advanced"}),
        ("extent: metastatic", "stage", {"IVA", "IVB"}),
        ("extent: metastatic", "disease", {"nsclc"}),
        ("extent: limited", "histology", {"small-cell"}),
        ("extent: locally-advanced", "stage", {"IIIA", "IIIB", "IIIC"}),
        ("histology: small-cell", "disease", {"sclc"}),
        ("histology: squamous", "disease", {"nsclc"}),
        ("disease: sclc", "histology", {"small-cell"}),
        ("extent: metastatic", "curative_treatment_possible", {"false"}),
        ("curative_treatment_possible: true\ndisease: nsclc", "extent", {"early", "locally-advanced"}),
    ],
)
def test_one_answer_tells_another(written: str, fact: str, expected: set[str], domain: Domain) -> None:
    assert one_of(patient(written, domain), fact) == expected


def test_curative_treatment_counts_as_impossible_once_a_line_for_advanced_disease_was_given(domain: Domain) -> None:
    given = entries("line: 1, drugs: [docetaxel], outcome: progressed")
    assert one_of(patient(f"disease: nsclc\nstage: IIIB\n{given}", domain), "curative_treatment_possible") == {"false"}
    untreated = patient("disease: nsclc\nstage: IIIB\nhistory: []", domain)
    assert one_of(untreated, "curative_treatment_possible") == {"true", "false"}


def test_small_cell_cancer_may_still_be_treated_with_curative_intent_after_a_line(domain: Domain) -> None:
    given = entries("line: 1, drugs: [etoposide], outcome: progressed")
    found = patient(f"disease: sclc\nextent: limited\n{given}", domain)
    assert one_of(found, "curative_treatment_possible") == {"true", "false"}


# Untreated ---------------------------------------------------------------------------------------------------------


def test_no_prior_line_says_nothing_of_treatment_with_curative_intent(domain: Domain) -> None:
    found = patient("prior_lines: 0", domain)
    assert range_of(found, "prior_lines") == (0, 0)
    assert one_of(found, "last_outcome") == {"none"}
    for fact in ("first_line_drugs", "last_drugs", "received_in_lines", "progressed_on_in_lines"):
        assert found.facts[fact] == Members(frozenset({"none"}), frozenset({"none"}))
    for fact in ("received", "progressed_on", "received_in_curative"):
        assert holds(found, fact, "osimertinib") is UNKNOWN
    assert one_of(found, "on_maintenance") == {"false"}


def test_an_untreated_patient_has_no_line_drug_outcome_or_cycle(domain: Domain) -> None:
    found = patient("history: []", domain)
    assert range_of(found, "prior_lines") == (0, 0)
    assert one_of(found, "last_outcome") == {"none"}
    for fact in ("received", "progressed_on", "first_line_drugs", "last_drugs", "received_in_curative"):
        assert found.facts[fact] == Members(frozenset({"none"}), frozenset({"none"}))
    assert Between("last_cycles", 0, 99).judge(found.facts["last_cycles"]) is FALSE
    assert one_of(found, "on_maintenance") == {"false"}


def test_prior_lines_without_a_history_rule_out_no_drug(domain: Domain) -> None:
    found = patient("prior_lines: 2\nlast_outcome: progressed", domain)
    assert range_of(found, "prior_lines") == (2, 2)
    assert holds(found, "received", "none") is FALSE
    assert {holds(found, fact, "osimertinib") for fact in ("received", "progressed_on", "last_drugs")} == {UNKNOWN}


def test_a_line_that_progressed_did_so_on_some_drug_though_none_is_named(domain: Domain) -> None:
    found = patient("prior_lines: 1\nlast_outcome: progressed", domain)
    assert holds(found, "progressed_on", "none") is FALSE


def test_a_line_that_progressed_has_no_maintenance_running(domain: Domain) -> None:
    assert one_of(patient("prior_lines: 1\nlast_outcome: progressed", domain), "on_maintenance") == {"false"}
    stopped = patient("prior_lines: 1\nlast_outcome: stopped-for-toxicity", domain)
    assert one_of(stopped, "on_maintenance") == {"true", "false"}


# Lines and outcomes ------------------------------------------------------------------------------------------------


def test_an_ongoing_line_counts_as_begun(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: [osimertinib], outcome: ongoing"), domain)
    assert range_of(found, "prior_lines") == (1, 1)
    assert one_of(found, "last_outcome") == {"ongoing"}
    assert holds(found, "progressed_on", "osimertinib") is FALSE


def test_a_drug_brings_its_classes(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: [Tagrisso], outcome: progressed"), domain)
    words = ("osimertinib", "egfr-tki-3g", "egfr-tki", "targeted", "egfr-tki-1g", "gefitinib")
    assert [holds(found, "progressed_on", word) for word in words] == [TRUE, TRUE, TRUE, TRUE, FALSE, FALSE]


def test_a_class_given_as_a_drug_leaves_open_which_member_it_was(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: [EGFR-TKI], outcome: progressed"), domain)
    words = ("egfr-tki", "targeted", "osimertinib", "egfr-tki-3g", "alectinib")
    assert [holds(found, "received", word) for word in words] == [TRUE, TRUE, UNKNOWN, UNKNOWN, FALSE]


def test_unknown_drugs_are_some_drugs(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: unknown, outcome: progressed"), domain)
    assert [holds(found, "progressed_on", word) for word in ("none", "osimertinib", "platinum")] == [
        FALSE, UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert range_of(found, "prior_lines") == (1, 1)


def test_progression_on_maintenance_is_progression_on_every_drug_of_the_line(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [carboplatin, paclitaxel, bevacizumab], outcome: completed, cycles: 6",
            "line: 1, setting: maintenance, drugs: [bevacizumab], outcome: progressed",
        ),
        domain,
    )
    assert {holds(found, "progressed_on", drug) for drug in ("carboplatin", "paclitaxel", "bevacizumab")} == {TRUE}
    assert one_of(found, "last_outcome") == {"progressed"}
    assert range_of(found, "prior_lines") == (1, 1)


def test_the_outcome_of_a_line_with_ongoing_maintenance_is_that_of_its_induction(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed], outcome: completed, cycles: 4",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: ongoing, cycles: 9",
        ),
        domain,
    )
    assert one_of(found, "last_outcome") == {"completed"}
    assert one_of(found, "on_maintenance") == {"true"}
    assert range_of(found, "last_cycles") == (4, 4), "cycles count the induction, never the maintenance"
    assert [holds(found, "last_induction_drugs", drug) for drug in ("cisplatin", "pemetrexed")] == [TRUE, TRUE]


def test_maintenance_that_has_ended_is_not_maintenance_now(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed], outcome: completed",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: stopped-for-toxicity",
        ),
        domain,
    )
    assert one_of(found, "on_maintenance") == {"false"}


def test_an_unknown_outcome_under_ongoing_maintenance_is_no_progression(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed]",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: ongoing",
        ),
        domain,
    )
    assert "progressed" not in one_of(found, "last_outcome")
    assert holds(found, "progressed_on", "cisplatin") is FALSE


@pytest.mark.parametrize("outcome", ["completed", "ongoing", "stopped-for-toxicity"])
def test_maintenance_that_runs_does_not_change_the_outcome_of_its_line(outcome: str, domain: Domain) -> None:
    found = patient(
        entries(
            f"line: 1, drugs: [cisplatin, pemetrexed], outcome: {outcome}",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: ongoing",
        ),
        domain,
    )
    assert one_of(found, "last_outcome") == {outcome}


def test_maintenance_of_unknown_outcome_leaves_only_progression_open_for_its_line(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed], outcome: completed",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: unknown",
        ),
        domain,
    )
    assert one_of(found, "last_outcome") == {"completed", "progressed", "relapsed"}
    assert one_of(found, "on_maintenance") == {"true", "false"}
    assert holds(found, "progressed_on", "cisplatin") is UNKNOWN


def test_a_later_line_takes_its_outcome_from_its_own_maintenance(domain: Domain) -> None:
    """With an older line no axiom tells it from the rest of the facts: the history itself has to say it."""
    older = "line: 1, drugs: [osimertinib], outcome: progressed"
    induction = "line: 2, drugs: [cisplatin, pemetrexed]"
    upkeep = "line: 2, setting: maintenance, drugs: [pemetrexed]"
    progressed = patient(entries(older, f"{induction}, outcome: completed", f"{upkeep}, outcome: progressed"), domain)
    assert one_of(progressed, "last_outcome") == {"progressed"}
    running = patient(entries(older, f"{induction}, outcome: unknown", f"{upkeep}, outcome: ongoing"), domain)
    assert one_of(running, "last_outcome") == {"completed", "ongoing", "stopped-for-toxicity"}
    assert holds(running, "progressed_on", "cisplatin") is FALSE


def test_a_relapse_opens_the_next_line_and_is_no_progression_on_the_drugs(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: [cisplatin, etoposide], outcome: relapsed"), domain)
    assert one_of(found, "last_outcome") == {"relapsed"}
    assert holds(found, "relapsed_after", "platinum") is TRUE
    assert holds(found, "first_line_relapsed_after", "platinum") is TRUE
    assert holds(found, "progressed_on", "none") is TRUE


def test_a_relapse_after_maintenance_is_one_after_the_whole_line_unless_the_line_progressed(domain: Domain) -> None:
    induction, upkeep = "line: 1, drugs: [cisplatin, pemetrexed]", "line: 1, setting: maintenance, drugs: [pemetrexed]"
    found = patient(entries(f"{induction}, outcome: completed", f"{upkeep}, outcome: relapsed"), domain)
    assert one_of(found, "last_outcome") == {"relapsed"}
    assert holds(found, "relapsed_after", "cisplatin") is TRUE
    both = patient(entries(f"{induction}, outcome: relapsed", f"{upkeep}, outcome: progressed"), domain)
    assert one_of(both, "last_outcome") == {"progressed"}


def test_a_relapse_after_curative_treatment_is_none_in_a_line(domain: Domain) -> None:
    adjuvant, line = "setting: curative, drugs: [osimertinib], outcome: relapsed", "line: 1, drugs: [docetaxel]"
    found = patient(entries(adjuvant, f"{line}, outcome: progressed"), domain)
    assert holds(found, "relapsed_after", "osimertinib") is TRUE
    assert holds(found, "relapsed_after_in_lines", "none") is TRUE


def test_maintenance_is_not_ongoing_in_a_line_that_has_relapsed(domain: Domain) -> None:
    induction, upkeep = "line: 1, drugs: [cisplatin, pemetrexed]", "line: 1, setting: maintenance, drugs: [pemetrexed]"
    message = refused(entries(f"{induction}, outcome: relapsed", f"{upkeep}, outcome: ongoing"), domain)
    assert "maintenance of line 1 cannot be ongoing when the line has relapsed" in message


def test_an_unknown_outcome_of_maintenance_is_not_ongoing_where_its_line_has_progressed(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed], outcome: progressed",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: unknown",
        ),
        domain,
    )
    assert found.history is not None
    assert found.history[1].outcomes == {"progressed", "relapsed", "completed", "stopped-for-toxicity"}
    assert one_of(found, "last_outcome") == {"progressed"}


def test_a_line_stopped_for_toxicity_has_not_progressed(domain: Domain) -> None:
    found = patient(entries("line: 1, drugs: [osimertinib], outcome: stopped-for-toxicity"), domain)
    assert one_of(found, "last_outcome") == {"stopped-for-toxicity"}
    assert holds(found, "progressed_on", "osimertinib") is FALSE


@pytest.mark.parametrize(("outcome", "noted"), [("completed", 1), ("ongoing", 1), ("progressed", 0)])
def test_a_line_that_had_not_progressed_before_the_next_is_taken_as_written_with_a_question(
    outcome: str, noted: int, domain: Domain
) -> None:
    found = patient(
        entries(
            f"line: 1, drugs: [cisplatin, pemetrexed], outcome: {outcome}",
            "line: 2, drugs: [docetaxel], outcome: progressed",
        ),
        domain,
    )
    assert len(found.notes) == noted
    assert holds(found, "progressed_on", "cisplatin") is (FALSE if noted else TRUE)


def test_first_and_last_line_are_distinguished(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [osimertinib], outcome: progressed", "line: 2, drugs: [docetaxel], outcome: progressed"
        ),
        domain,
    )
    assert [holds(found, "first_line_drugs", drug) for drug in ("osimertinib", "docetaxel")] == [TRUE, FALSE]
    assert [holds(found, "last_drugs", drug) for drug in ("osimertinib", "docetaxel")] == [FALSE, TRUE]


def test_the_keys_of_an_open_history_are_the_facts_of_it_that_a_profile_states(domain: Domain) -> None:
    assert set(OPEN_HISTORY) == {name for name in domain.of_history if domain.facts[name].key == name}


def test_cycles_and_outcome_are_those_of_the_latest_line_and_not_of_an_older_one(domain: Domain) -> None:
    found = patient(
        entries(
            "line: 1, drugs: [cisplatin, pemetrexed], outcome: progressed, cycles: 6",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: completed, cycles: 9",
            "line: 2, drugs: [docetaxel], outcome: stopped-for-toxicity, cycles: 2",
        ),
        domain,
    )
    assert range_of(found, "last_cycles") == (2, 2)
    assert one_of(found, "last_outcome") == {"stopped-for-toxicity"}


def test_progression_in_a_line_is_distinguished_from_progression_on_curative_treatment(domain: Domain) -> None:
    found = patient(
        entries(
            "setting: curative, drugs: [cisplatin], outcome: progressed",
            "line: 1, drugs: [pembrolizumab], outcome: stopped-for-toxicity",
            "line: 2, drugs: [docetaxel], outcome: progressed",
        ),
        domain,
    )
    drugs = ("cisplatin", "pembrolizumab", "docetaxel")
    assert [holds(found, "received_in_lines", drug) for drug in drugs] == [FALSE, TRUE, TRUE]
    assert [holds(found, "progressed_on", drug) for drug in drugs] == [TRUE, FALSE, TRUE]
    assert [holds(found, "progressed_on_in_lines", drug) for drug in drugs] == [FALSE, FALSE, TRUE]
    assert [holds(found, "first_line_progressed_on", drug) for drug in drugs] == [FALSE, FALSE, FALSE]
    assert [holds(found, "progressed_on_after_first_line", drug) for drug in drugs] == [FALSE, FALSE, TRUE]


def test_every_set_over_the_history_is_within_the_sets_that_ask_less(domain: Domain) -> None:
    overs = {name: set(fact.over or ()) for name, fact in domain.facts.items() if isinstance(fact, SetFact)}
    derived = {(axiom.part, *axiom.wholes) for axiom in domain.axioms if isinstance(axiom, Contained)}
    assert ("last_induction_drugs", "last_drugs") in derived
    assert ("first_line_progressed_on", "first_line_drugs") in derived
    assert ("first_line_progressed_on", "progressed_on_in_lines") in derived
    assert ("received", "received_in_curative", "received_in_lines") in derived
    assert not any((part, "received_in_curative") in derived for part in overs if "first line" in overs[part])


# Treatment with curative intent ------------------------------------------------------------------------------------


def test_curative_treatment_is_no_line_but_was_received(domain: Domain) -> None:
    found = patient(entries("setting: curative, drugs: [osimertinib], outcome: completed"), domain)
    assert range_of(found, "prior_lines") == (0, 0)
    assert one_of(found, "last_outcome") == {"none"}
    assert holds(found, "received", "osimertinib") is TRUE
    assert holds(found, "received_in_curative", "egfr-tki") is TRUE
    assert holds(found, "progressed_on", "osimertinib") is FALSE


def test_progression_on_curative_treatment_is_progression_on_its_drugs(domain: Domain) -> None:
    found = patient(entries("setting: curative, drugs: [durvalumab], outcome: progressed"), domain)
    assert holds(found, "progressed_on", "ici") is TRUE
    assert range_of(found, "prior_lines") == (0, 0)


# Odd, but possible -------------------------------------------------------------------------------------------------


def test_a_small_cell_cancer_with_an_egfr_result_is_noted_and_read(domain: Domain) -> None:
    found = patient("histology: small-cell\negfr: [L858R]", domain)
    assert found.notes == ("Small cell lung cancer with a result for EGFR: unusual, and read as written.",)
    assert holds(found, "egfr", "L858R") is TRUE


def test_every_marker_that_is_not_looked_for_in_small_cell_cancer_is_named(domain: Domain) -> None:
    found = patient("disease: sclc\nalk: negative\nros1: negative\nnrg1: negative\npd_l1_tps: 1", domain)
    (note,) = found.notes
    assert "a result for ALK fusion, ROS1 fusion, NRG1 fusion and PD-L1 TPS:" in note


@pytest.mark.parametrize(
    ("outcome", "months", "note"),
    [
        ("relapsed", 0, "After line 1 the disease is given as relapsed, with 0 months"),
        ("relapsed", 1, None),
        ("progressed", 0, None),
        ("progressed", 6, None),
        ("progressed", 7, "On line 1 the disease is given as progressed, 7 months after the last dose"),
    ],
)
def test_months_that_do_not_go_with_the_outcome_are_remarked_on(
    outcome: str, months: int, note: str | None, domain: Domain
) -> None:
    found = patient(entries(f"line: 1, drugs: [cisplatin], outcome: {outcome}, relapse_after: {months}"), domain)
    assert [remark.split(":")[0] for remark in found.notes] == ([note] if note else [])


def test_a_gap_between_lines_does_not_hide_what_else_is_wrong_with_them(domain: Domain) -> None:
    message = refused(
        entries(
            "line: 1, drugs: [cisplatin], outcome: progressed",
            "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: ongoing",
            "line: 3, drugs: [docetaxel]",
        ),
        domain,
    )
    assert "expected line 2 before line 3" in message
    assert "maintenance of line 1 cannot be ongoing when the line has progressed" in message


def test_a_key_alone_contradicts_itself(domain: Domain) -> None:
    reader = _Reader(profile_from(parse_document("alk: negative")), domain, None, explain=True)
    assert reader._contradiction(["alk"], Contradiction("alk")).message.startswith("`alk` contradicts itself: ")


def test_each_patient_of_several_files_comes_with_its_document(domain: Domain, tmp_path: Path) -> None:
    for name, key in (("a", "ecog: 1"), ("b", "alk: negative")):
        (tmp_path / f"{name}.yaml").write_text(key, "utf-8")
    files = [str(tmp_path / f"{name}.yaml") for name in "ab"]
    found = read_with_documents(files, domain)
    assert [(sorted(entry.given), document.value) for entry, document in found] == [
        (["ecog"], {"ecog": 1}), (["alk"], {"alk": "negative"}),
    ]  # fmt: skip


def test_what_each_key_settles_is_kept_for_the_explanation(domain: Domain) -> None:
    found = patient("alk: negative\nprior_lines: 1", domain)
    assert sorted(found.given) == ["alk", "prior_lines"]


def test_contradicting_keys_are_the_smallest_set_that_contradicts(domain: Domain) -> None:
    message = refused("alk: negative\ndisease: sclc\necog: 1\nhistology: squamous", domain)
    assert message.startswith("patient.yaml:4:1: `disease` (line 2) and `histology` (line 4) contradict each other")


def test_the_reason_given_is_that_of_the_keys_that_are_named(domain: Domain) -> None:
    """The histology breaks another axiom; it can be spared, and so can that axiom."""
    message = refused("disease: nsclc\nhistology: small-cell\nextent: limited", domain)
    assert message == (
        "patient.yaml:3:1: `disease` (line 1) and `extent` (line 3) contradict each other: "
        "each disease has its own words for extent"
    )


def test_two_contradictions_are_both_reported_each_with_its_own_keys(domain: Domain) -> None:
    message = refused("disease: sclc\nhistology: squamous\nprior_lines: 0\nlast_outcome: progressed", domain)
    first, second = message.splitlines()
    assert first.startswith("patient.yaml:2:1: `disease` (line 1) and `histology` (line 2) contradict each other")
    assert second.startswith("patient.yaml:4:1: `prior_lines` (line 3) and `last_outcome` (line 4) contradict each")


@pytest.mark.parametrize(("written", "key"), [("prior_lines: 0", "prior_lines"), ("history: []", "history")])
def test_an_untreated_patient_is_contradicted_under_the_key_that_says_so(
    written: str, key: str, domain: Domain
) -> None:
    message = refused(f"{written}\nlast_outcome: progressed", domain)
    assert message.startswith(f"patient.yaml:2:1: `{key}` (line 1) and `last_outcome` (line 2) contradict each other")


def test_a_profile_without_a_file_is_refused_in_its_own_name(domain: Domain) -> None:
    profile = profile_from(parse_document("id: someone\nprior_lines: 1\nhistory: []"))
    with pytest.raises(InputError, match=r"^someone: `history` and `prior_lines` contradict each other"):
        read(profile, domain)


def test_a_drug_of_a_line_whose_outcome_is_unknown_may_have_failed_and_perhaps_none_has(domain: Domain) -> None:
    known = patient(entries("line: 1, drugs: [osimertinib], outcome: unknown"), domain).facts["progressed_on"]
    assert isinstance(known, Members)
    assert known.must == frozenset()
    assert {"osimertinib", "none"} <= known.may


def test_a_patient_is_shown_by_its_name_and_the_number_of_its_keys(domain: Domain) -> None:
    assert repr(patient("id: someone\nstage: IV\necog: 1", domain)) == "<Patient someone: 2 keys given>"
    nameless = replace(patient("stage: IV", domain), id="")
    assert repr(nameless) == "<Patient unnamed: 1 key given>"


@pytest.mark.parametrize("file", ["folder/of.two.yaml", "folder\\of.two.yml", "of.two.profile"])
def test_a_patient_without_a_name_has_that_of_the_file(domain: Domain, file: str) -> None:
    document = parse_document("stage: IV", file)
    assert read(profile_from(document), domain, document).id == "of.two"


def test_the_entries_of_a_history_are_kept_in_the_order_of_time(domain: Domain) -> None:
    written = entries(
        "line: 1, setting: maintenance, drugs: [pemetrexed], outcome: progressed",
        "line: 2, drugs: [docetaxel], outcome: ongoing",
        "line: 1, drugs: [carboplatin], outcome: completed",
        "setting: curative, drugs: [cisplatin], outcome: relapsed",
    )
    kept = patient(written, domain).history
    assert kept is not None
    assert [entry.position for entry in kept] == [3, 2, 0, 1]


def test_curative_treatment_with_drugs_that_are_not_named_is_not_without_drugs(domain: Domain) -> None:
    written = entries("setting: curative, drugs: unknown, outcome: relapsed")
    for name in ("received_in_curative", "relapsed_after"):
        known = patient(written, domain).facts[name]
        assert isinstance(known, Members)
        assert known.must == frozenset()
        assert "none" not in known.may
        assert "osimertinib" in known.may


# Laws --------------------------------------------------------------------------------------------------------------

DRUGS = st.sampled_from(["[osimertinib]", "[carboplatin, pemetrexed]", "unknown", "[EGFR-TKI]", "[docetaxel]"])
OUTCOMES = st.sampled_from(["progressed", "completed", "ongoing", "stopped-for-toxicity", "unknown"])


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """One to three lines, each perhaps with maintenance, and perhaps curative treatment before them."""
    lines = []
    if draw(st.booleans()):
        lines.append(f"setting: curative, drugs: {draw(DRUGS)}, outcome: {draw(OUTCOMES)}")
    for number in range(1, draw(st.integers(1, 3)) + 1):
        lines.append(f"line: {number}, drugs: {draw(DRUGS)}, outcome: {draw(OUTCOMES)}")
        if draw(st.booleans()):
            lines.append(f"line: {number}, setting: maintenance, drugs: {draw(DRUGS)}, outcome: {draw(OUTCOMES)}")
    return lines


def facts_or_refusal(text: str) -> object:
    try:
        return patient(text, load_rulebook().domain).facts
    except InputError as error:
        return len(error.problems)


def test_the_order_of_the_history_in_the_file_means_nothing() -> None:
    seen: Counter[str] = Counter()

    @settings(deadline=None, max_examples=60)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        written = data.draw(histories())
        shuffled = data.draw(st.permutations(written))
        facts = facts_or_refusal(entries(*written))
        assert facts_or_refusal(entries(*shuffled)) == facts
        seen["read in another order"] += isinstance(facts, Mapping) and shuffled != written

    holds()
    assert seen["read in another order"] > 20


KEYS = [
    "disease: nsclc", "histology: adenocarcinoma", "stage: IIIB", "extent: locally-advanced", "ecog: 1",
    "egfr: [L858R]", "alk: negative", "pd_l1_tps: '1-49'", "curative_treatment_possible: false", "prior_lines: 1",
    "last_outcome: progressed", "history: [{line: 1, drugs: unknown, outcome: unknown}]",
]  # fmt: skip


@given(st.lists(st.sampled_from(KEYS), min_size=1, unique=True), st.data())
@settings(deadline=None, max_examples=60)
def test_the_order_of_the_keys_means_nothing(keys: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(keys))
    assert facts_or_refusal("\n".join(shuffled)) == facts_or_refusal("\n".join(keys))


DETAILS = {"outcome: unknown": ["outcome: progressed", "outcome: completed", "outcome: ongoing"],
           "drugs: unknown": ["drugs: [osimertinib]", "drugs: [docetaxel]"],
           "drugs: [EGFR-TKI]": ["drugs: [osimertinib]", "drugs: [gefitinib]"]}  # fmt: skip


def test_a_detail_filled_in_never_widens_what_a_fact_can_be() -> None:
    seen: Counter[str] = Counter()

    @settings(deadline=None, max_examples=100)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        vague = data.draw(histories())
        exact = [*vague]
        place, words = data.draw(st.integers(0, len(vague) - 1)), data.draw(st.sampled_from(sorted(DETAILS)))
        written = re.compile(rf"{words.partition(':')[0]}: (\[.*?\]|[a-z-]+)")
        vague[place] = written.sub(words, vague[place])
        exact[place] = written.sub(data.draw(st.sampled_from(DETAILS[words])), vague[place])
        before, after = facts_or_refusal(entries(*vague)), facts_or_refusal(entries(*exact))
        seen["examples"] += 1
        if isinstance(after, Mapping):  # else the detail contradicts the rest
            assert isinstance(before, Mapping)
            narrower = {name for name, value in after.items() if value != before[name]}
            assert all(meet(before[name], after[name]) == after[name] for name in narrower)
            seen["narrower"] += bool(narrower)

    holds()
    assert seen["narrower"] > 0.5 * seen["examples"]
