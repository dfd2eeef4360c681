"""Mutation testing: each operator, what a case notices, and what is proved to be no change at all."""

from __future__ import annotations

import json
from dataclasses import replace
from multiprocessing.context import BaseContext
from pathlib import Path
from random import Random
from typing import Self

import pytest

from conftest import sized
from generators import random_patient, random_rulebook
from regimen_advisor.advising import advise
from regimen_advisor.documents.text import lines_of, plain
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.conditions_yaml import written
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import Condition
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.profile_yaml import flow
from regimen_advisor.reports.mutation import data, document
from regimen_advisor.testing import mutation
from regimen_advisor.testing.cases import RuleCase, case_files, parse_cases, read_cases
from regimen_advisor.testing.mutants import Mutant, Operator, mutants
from regimen_advisor.testing.mutation import MutantResult, MutationRunner, mutate
from regimen_advisor.testing.results import run_case
from regimen_advisor.testing.suggesting import patient_of
from regimen_advisor.testing.updating import expectation_of
from running import run
from small_rulebooks import rulebook_of

ROOT = Path(__file__).parent.parent


def changes(rulebook: Rulebook, rules: str, operator: Operator, findings: str = "[]") -> list[object]:
    """What the mutants of one operator make of the only changed condition or text."""
    book = rulebook_of(rulebook, rules, findings)
    return [
        mutant.after if isinstance(mutant.after, str) else written(mutant.after, book.domain)
        for mutant in mutants(book)
        if mutant.operator == operator
    ]


def rule(when: str, more: str = "") -> str:
    return f"- {{id: r, offer: anlotinib, when: {when}{more}}}"


# One test an operator ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "when", "expected"),
    [
        ("threshold by one", "{prior_lines: {at_least: 2}}",
         [{"prior_lines": {"at_least": 1}}, {"prior_lines": {"at_least": 3}}]),
        ("threshold by one", "{pd_l1_tps: {below: 1}}", [{"pd_l1_tps": 1}, {"pd_l1_tps": {"at_most": 1}}]),
        ("threshold by one", "{ecog: 2}", [{"ecog": 1}, {"ecog": 3}]),
        ("threshold by one", "{ecog: {at_most: 2}}", [{"ecog": {"at_most": 1}}, {"ecog": {"at_most": 3}}]),
        ("threshold by one", "{ecog: 4}", [{"ecog": 3}, {"ecog": {"at_least": 3}}]),
        ("threshold by one", "{ecog: {at_least: 1, at_most: 3}}",
         [{"ecog": {"at_most": 3}}, {"ecog": {"at_least": 2, "at_most": 3}},
          {"ecog": {"at_least": 1, "at_most": 2}}, {"ecog": {"at_least": 1}}]),
        ("comparison flipped", "{prior_lines: {at_least: 2}}", [{"prior_lines": {"at_most": 2}}]),
        ("comparison flipped", "{ecog: {at_most: 2}}", [{"ecog": {"at_least": 2}}]),
        ("comparison flipped", "{ecog: {at_least: 1, at_most: 3}}", []),
        ("comparison flipped", "{pd_l1_tps: {below: 1}}", [{"pd_l1_tps": {"at_least": 0}}]),
        ("comparison flipped", "{ecog: 2}", [{"ecog": {"at_least": 2}}, {"ecog": {"at_most": 2}}]),
        ("condition dropped", "{alk: positive}", [{}]),
        ("condition dropped", "{any: [{alk: positive}, {ecog: 2}]}",
         [{}, {"any": [{"ecog": 2}]}, {"any": [{"alk": "positive"}]}]),
        ("condition dropped", "{any: [{alk: positive}]}", [{}]),
        ("condition negated", "{alk: positive}", [{"not": {"alk": "positive"}}]),
        ("condition negated", "{ecog: 1, received: {none_of: [platinum]}}",
         [{"not": {"ecog": 1}, "received": {"none_of": ["platinum"]}},
          {"ecog": 1, "received": {"includes": "platinum"}}]),
        ("condition negated", "{received: {none_of: [platinum]}}", [{"received": {"includes": "platinum"}}]),
        ("value swapped", "{egfr: {includes: ex19del}}",
         [{"egfr": {"includes": "L858R"}}, {"egfr": {"includes": "T790M"}}]),
        ("value swapped", "{histology: squamous}", [{"histology": "adenosquamous"}]),
        ("value swapped", "{brain_metastases: [active, treated]}",
         [{"brain_metastases": [False, "active"]}, {"brain_metastases": [False, "treated"]}]),
        ("value swapped", "{curative_treatment_possible: true}", []),
        ("value dropped", "{extent: [early, metastatic]}", [{"extent": "metastatic"}, {"extent": "early"}]),
        ("value dropped", "{histology: [squamous, adenosquamous]}",
         [{"histology": "adenosquamous"}, {"histology": "squamous"}]),
        ("value dropped", "{histology: squamous}", []),
    ],
)  # fmt: skip
def test_each_operator_makes_its_changes(
    rulebook: Rulebook, operator: Operator, when: str, expected: list[object]
) -> None:
    assert changes(rulebook, rule(when), operator) == expected


def test_a_drug_is_swapped_with_a_drug_of_its_class_and_with_the_class(rulebook: Rulebook) -> None:
    drug, class_ = changes(rulebook, rule("{received: {includes: osimertinib}}"), "value swapped")
    assert class_ == {"received": {"includes": "egfr-tki-3g"}}
    (second,) = drug["received"].values()  # type: ignore[index]
    assert second in rulebook.formulary.members_of("egfr-tki-3g") - {"osimertinib"}


def test_a_class_is_swapped_with_the_classes_that_share_most_of_its_drugs(rulebook: Rulebook) -> None:
    swapped = changes(rulebook, rule("{received: {includes: egfr-tki}}"), "value swapped")
    assert swapped == [{"received": {"includes": "egfr-tki-3g"}}, {"received": {"includes": "targeted"}}]


def test_a_finding_is_replaced_by_one_on_the_same_facts_and_changed_itself(rulebook: Rulebook) -> None:
    findings = """
        - {id: second, name: x, says: x, when: {prior_lines: 1}, basis: convention}
        - {id: third, name: x, says: x, when: {prior_lines: 2}, basis: convention}
        - {id: elsewhere, name: x, says: x, when: {ecog: 1}, basis: convention}
    """
    book = rulebook_of(rulebook, rule("{second: true}"), findings)
    assert changes(rulebook, rule("{second: true}"), "finding replaced", findings) == [{"third": True}]
    own = [mutant for mutant in mutants(book) if mutant.subject == "second"]
    assert {mutant.operator for mutant in own} >= {"threshold by one", "condition negated"}
    assert all(list(mutant.rules) == ["r"] for mutant in own)
    assert all(mutant.rules["r"].condition != book.rules["r"].condition for mutant in own)
    assert not [mutant for mutant in mutants(book) if mutant.subject == "elsewhere"]


def test_a_changed_finding_changes_every_place_of_a_rule_that_tests_it_and_nothing_else(rulebook: Rulebook) -> None:
    text = rule("{any: [{alk: positive}, {all: [{outer: true}, {frail: false}]}]}")
    findings = """
        - {id: frail, name: x, says: x, when: {ecog: {at_least: %s}}, basis: convention}
        - {id: outer, name: x, says: x, when: {frail: true}, basis: convention}
    """
    found = mutants(rulebook_of(rulebook, text, findings % 2))
    changed = [mutant for mutant in found if (mutant.subject, mutant.operator) == ("frail", "threshold by one")]
    assert [mutant.rules["r"].condition for mutant in changed] == [
        rulebook_of(rulebook, text, findings % threshold).rules["r"].condition for threshold in (1, 3)
    ]
    assert not [mutant for mutant in found if (mutant.subject, mutant.operator) == ("r", "threshold by one")]


def test_the_findings_that_take_the_place_of_another_are_those_on_most_of_its_facts(rulebook: Rulebook) -> None:
    findings = """
        - {id: own, name: x, says: x, when: {prior_lines: 1, ecog: 1}, basis: convention}
        - {id: far, name: x, says: x, when: {ecog: 1, alk: positive, ros1: positive}, basis: convention}
        - {id: near, name: x, says: x, when: {ecog: 1}, basis: convention}
        - {id: nearest, name: x, says: x, when: {prior_lines: 2, ecog: 2}, basis: convention}
    """
    assert changes(rulebook, rule("{own: true}"), "finding replaced", findings) == [{"nearest": True}, {"near": True}]


def test_a_mutant_names_the_line_that_it_changes(rulebook: Rulebook) -> None:
    text = "- id: r\n  offer: anlotinib\n  when:\n    alk: positive\n    ecog: {at_least: 2}\n"
    found = mutants(rulebook_of(rulebook, text))
    assert {mutant.place.line for mutant in found if mutant.operator == "threshold by one"} == {5}


def test_no_drug_is_swapped_in_a_rule_made_for_the_drugs_of_its_regimen(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, rule("{received: {includes: osimertinib}}"))
    declared = replace(book, rules={"r": replace(book.rules["r"], declared="after-its-drugs")})
    assert {mutant.operator for mutant in mutants(declared)} == {
        "condition dropped", "condition negated", "effect swapped",
    }  # fmt: skip


def test_each_changed_rulebook_has_a_digest_of_its_own(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, rule("{ecog: 1}"))
    digests = {book.digest, *(mutant.applied(book).digest for mutant in mutants(book))}
    assert len(digests) == 1 + len(mutants(book))


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("- {id: r, exclude: {drug: bevacizumab}, when: {ecog: 4}}", "exclude: bevacizumab", "caution: bevacizumab"),
        ("- {id: r, caution: all-options, kind: patient, when: {ecog: 4}}", "caution: all-options",
         "exclude: all-options"),
        ("- {id: r, offer: anlotinib, when: {ecog: 4}}", "offer: anlotinib", "exclude: anlotinib"),
        ("- {id: r, note: A title, when: {ecog: 4}}", "note: A title", "silent: A title"),
    ],
)  # fmt: skip
def test_an_effect_is_swapped(rulebook: Rulebook, text: str, before: str, after: str) -> None:
    assert changes(rulebook, text, "effect swapped") == [after]
    (swapped,) = [mutant for mutant in mutants(rulebook_of(rulebook, text)) if mutant.operator == "effect swapped"]
    assert swapped.before == before
    assert swapped.rules["r"].kind == ("patient" if after.startswith("caution") else None)


def test_a_study_and_an_override_are_dropped(rulebook: Rulebook) -> None:
    text = """
        - {id: a, offer: anlotinib, when: {ecog: 1}, studies: [alter0303, enrgy]}
        - {id: b, offer: anlotinib, when: {ecog: 1, alk: positive}, overrides: [a]}
    """
    assert changes(rulebook, text, "study dropped") == ["studies: [enrgy]", "studies: [alter0303]"]
    assert changes(rulebook, text, "override dropped") == ["overrides: []"]


@pytest.mark.parametrize("effect", ["offer: anlotinib", "standard: A title", "note: A title", "silent: A title"])
def test_a_study_is_dropped_from_each_kind_of_rule_whose_studies_the_advice_cites(
    rulebook: Rulebook, effect: str
) -> None:
    text = f"- {{id: r, {effect}, when: {{ecog: 4}}, studies: [alter0303]}}"
    assert changes(rulebook, text, "study dropped") == ["studies: []"]


def test_no_study_is_dropped_from_a_caution_whose_studies_the_advice_does_not_cite(rulebook: Rulebook) -> None:
    text = "- {id: r, caution: all-options, kind: patient, when: {ecog: 4}, studies: [alter0303]}"
    assert changes(rulebook, text, "study dropped") == []


# What becomes of them ----------------------------------------------------------------------------------------------


def fates(rulebook: Rulebook, text: str, *profiles: str) -> dict[str, list[str]]:
    """The fates of the mutants of a small rulebook by operator, with cases that tell all of these patients' advice."""
    book = rulebook_of(rulebook, text)
    mutation = mutate(book, expecting(book, profiles), workers=1)
    found: dict[str, list[str]] = {}
    for mutant, verdict in zip(mutation.mutants, mutation.verdicts, strict=True):
        found.setdefault(mutant.operator, []).append(verdict.fate)
    return found


def expecting(book: Rulebook, profiles: tuple[str, ...] | list[str]) -> list[RuleCase]:
    """Cases that expect, exactly, what the rulebook says of each patient."""
    blocks = []
    for number, profile in enumerate(profiles):
        (case,) = parse_cases(f"name: c{number}\nprofile: {profile}\nexactly: true\n", "x", book)
        options = advise(case.patient, book, ask=False).options
        expect = {option.regimen: expectation_of(option) for option in options if option.standing != "not-indicated"}
        blocks.append(f"name: c{number}\nprofile: {profile}\nexpect: {flow(expect)}\nexactly: true")
    return parse_cases("\n---\n".join(blocks), "x.case.yaml", book)


def test_a_case_on_each_side_of_a_threshold_notices_every_shift(rulebook: Rulebook) -> None:
    text = rule("{disease: nsclc, ecog: {at_least: 2}}")
    assert fates(rulebook, text, "{disease: nsclc, ecog: 1}", "{disease: nsclc, ecog: 2}")["threshold by one"] == [
        "killed", "killed",
    ]  # fmt: skip
    assert fates(rulebook, text, "{disease: nsclc, ecog: 0}", "{disease: nsclc, ecog: 3}")["threshold by one"] == [
        "survived", "survived",
    ]  # fmt: skip


def test_a_dropped_condition_that_the_others_imply_is_equivalent(rulebook: Rulebook) -> None:
    found = fates(rulebook, rule("{stage: IV, extent: metastatic}"))
    assert found["condition dropped"] == [
        "survived",
        "equivalent",
        "equivalent",
    ]  # in NSCLC each says the other


def test_only_patients_with_the_disease_of_the_regimen_tell_a_mutant_apart(rulebook: Rulebook) -> None:
    """Anlotinib is a regimen for NSCLC and tarlatamab for small cell cancer, whatever disease a rule asks for."""
    elsewhere = fates(rulebook, "- {id: r, offer: tarlatamab, when: {disease: nsclc, ecog: 1}}")
    assert {fate for found in elsewhere.values() for fate in found} == {"equivalent"}
    assert fates(rulebook, rule("{disease: nsclc, ecog: 1}"))["condition dropped"] == [
        "survived", "equivalent", "survived",
    ]  # fmt: skip


def test_a_caution_that_shows_on_no_offered_regimen_changes_nothing(rulebook: Rulebook) -> None:
    text = "- {id: r, caution: {drug: anlotinib}, kind: patient, when: {disease: nsclc, ecog: 4}}"
    assert {fate for found in fates(rulebook, text).values() for fate in found} == {"equivalent"}


def test_an_exclusion_is_a_change_where_it_reaches_other_patients_and_none_where_it_reaches_the_same(
    rulebook: Rulebook,
) -> None:
    rules = OFFERED + "- {id: out, exclude: {drug: anlotinib}, when: {stage: IV, extent: metastatic, ecog: 2}}"
    dropped = verdicts(rulebook, rules, "out", "condition dropped")
    # in NSCLC stage IV is metastatic and the reverse
    assert [verdict.fate for verdict in dropped] == ["survived", "equivalent", "equivalent", "survived"]


def test_a_study_dropped_from_the_only_rule_that_cites_it_is_a_change(rulebook: Rulebook) -> None:
    assert fates(rulebook, rule("{disease: nsclc}", ", studies: [alter0303]"))["study dropped"] == ["survived"]


def test_a_dropped_study_that_another_holding_rule_cites_is_equivalent(rulebook: Rulebook) -> None:
    text = """
        - {id: a, offer: anlotinib, when: {disease: nsclc}, studies: [alter0303]}
        - {id: b, offer: anlotinib, when: {disease: nsclc, ecog: 1}, studies: [alter0303]}
    """
    assert fates(rulebook, text)["study dropped"] == ["survived", "equivalent"]


def test_a_survivor_comes_with_a_patient_that_tells_it_apart(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, rule("{disease: nsclc, ecog: {at_least: 2}}"))
    mutation = mutate(book, [], workers=1)
    survived = mutation.of("survived")
    assert survived
    for mutant, verdict in survived:
        assert verdict.witness is not None
        patient = patient_of(verdict.witness, book)
        options = [
            {option.regimen: expectation_of(option) for option in advise(patient, entry, ask=False).options}
            for entry in (book, mutant.applied(book))
        ]
        assert options[0] != options[1]
    text = plain(lines_of(document(mutation)))
    assert "-   ecog: {at_least: 2}" in text
    assert "+   ecog: {at_least: 3}" in text
    assert "a patient that tells them apart:\n    disease: nsclc\n    ecog: 2" in text


def verdicts(rulebook: Rulebook, rules: str, subject: str, operator: Operator, case: str = "") -> list[MutantResult]:
    """What becomes of the mutants of one rule by one operator; ``case`` is the only case, if there is one."""
    book = rulebook_of(rulebook, rules)
    mutation = mutate(book, parse_cases(case, "x.case.yaml", book), subjects=[subject], workers=1)
    pairs = zip(mutation.mutants, mutation.verdicts, strict=True)
    return [verdict for mutant, verdict in pairs if mutant.operator == operator]


OVERRIDDEN_CAUTION = """
- {id: offered, offer: apatinib, when: {disease: nsclc}}
- {id: general, caution: all-options, when: {disease: nsclc}}
- {id: special, caution: {regimen: anlotinib}, when: {disease: nsclc, ecog: 1}, overrides: [general]}
"""
OVERRIDDEN_NOTE = """
- {id: general, note: For most, when: {disease: nsclc}}
- {id: special, note: For some, when: {disease: nsclc, ecog: 1}, overrides: [general]}
"""


@pytest.mark.parametrize(
    ("rules", "case"),
    [
        (OVERRIDDEN_CAUTION, "name: x\nprofile: {disease: nsclc, ecog: 1}\nexpect: {apatinib: offered}"),
        (OVERRIDDEN_NOTE, "name: x\nprofile: {disease: nsclc, ecog: 1}\nsays_not: [general]"),
    ],
)
def test_a_dropped_override_counts_for_what_was_overridden_though_the_rule_itself_reads_the_same(
    rulebook: Rulebook, rules: str, case: str
) -> None:
    (survived,) = verdicts(rulebook, rules, "special", "override dropped")
    assert (survived.fate, survived.witness) == ("survived", {"disease": "nsclc", "ecog": 1})
    assert [verdict.fate for verdict in verdicts(rulebook, rules, "special", "override dropped", case)] == ["killed"]


def test_another_deciding_offer_is_a_change_though_the_regimen_is_offered_either_way(rulebook: Rulebook) -> None:
    rules = """
        - {id: always, offer: anlotinib, when: {disease: nsclc}}
        - {id: frail, offer: anlotinib, when: {disease: nsclc, ecog: {at_least: 2}}}
    """
    survived = verdicts(rulebook, rules, "frail", "threshold by one")
    assert [(entry.fate, entry.witness) for entry in survived] == [
        ("survived", {"disease": "nsclc", "ecog": 1}),
        ("survived", {"disease": "nsclc", "ecog": 2}),
    ]
    case = "name: x\nprofile: {disease: nsclc, ecog: 2}\nexpect: {anlotinib: {standing: offered, rules: %s}}"
    lower, higher = verdicts(rulebook, rules, "frail", "threshold by one", case % "[always, frail]")
    assert (lower.fate, higher.fate) == ("survived", "killed")


OFFERED = "- {id: offered, offer: anlotinib, when: {disease: nsclc}}\n"
CAUTIOUS = f"""
{OFFERED}
- {{id: frail, caution: {{drug: anlotinib}}, when: {{ecog: {{at_least: 2}}}}}}
"""


def test_a_caution_that_goes_is_a_change_as_much_as_one_that_comes(rulebook: Rulebook) -> None:
    comes, goes = verdicts(rulebook, CAUTIOUS, "frail", "threshold by one")
    assert (comes.fate, comes.witness) == ("survived", {"disease": "nsclc", "ecog": 1})
    assert (goes.fate, goes.witness) == ("survived", {"disease": "nsclc", "ecog": 2})


def test_a_caution_that_stays_as_it_was_makes_no_change(rulebook: Rulebook) -> None:
    rules = CAUTIOUS.replace("when: {disease: nsclc}", "when: {stage: IV, extent: metastatic}")
    found = [verdict.fate for verdict in verdicts(rulebook, rules, "offered", "condition dropped")]
    assert found == ["survived", "equivalent", "equivalent"]  # metastatic disease is stage IV, and in NSCLC IV is that


def test_a_caution_that_moves_among_excluded_patients_only_makes_no_change(rulebook: Rulebook) -> None:
    rules = """
        - {id: offered, offer: anlotinib, when: {disease: nsclc}}
        - {id: too-frail, exclude: {drug: anlotinib}, when: {ecog: {at_least: 2}}}
        - {id: frail, caution: {drug: anlotinib}, when: {ecog: {at_least: 3}}}
    """
    assert [verdict.fate for verdict in verdicts(rulebook, rules, "frail", "threshold by one")] == ["equivalent"] * 2


NOTED = "- {id: n, note: A title, when: {disease: nsclc}, studies: [alter0303, enrgy]}"


def test_a_study_dropped_from_a_statement_survives_until_a_case_names_its_studies(rulebook: Rulebook) -> None:
    case = "name: x\nprofile: {disease: nsclc}\nsays: [%s]"
    found = [
        [verdict.fate for verdict in verdicts(rulebook, NOTED, "n", "study dropped", cases)]
        for cases in ("", case % "n", case % "{note: n, studies: [alter0303, enrgy]}")
    ]
    assert found == [["survived"] * 2, ["survived"] * 2, ["killed"] * 2]


def test_a_note_that_becomes_a_silence_survives_until_a_case_says_that_it_is_a_note(rulebook: Rulebook) -> None:
    case = "name: x\nprofile: {disease: nsclc}\nsays: [%s]"
    found = [
        [verdict.fate for verdict in verdicts(rulebook, NOTED, "n", "effect swapped", cases)]
        for cases in ("", case % "n", case % "{note: n}")
    ]
    assert found == [["survived"], ["survived"], ["killed"]]


def test_a_case_with_unknown_facts_is_run_whole_before_a_mutant_is_called_a_survivor(rulebook: Rulebook) -> None:
    """Node by node nothing is settled here; only the advice itself tells."""
    found = fates(
        rulebook, rule("{disease: nsclc, any: [{ecog: {at_least: 2}}, {ecog: {at_most: 1}}]}"), "{disease: nsclc}"
    )
    assert set(found["threshold by one"]) <= {"killed", "equivalent"}
    assert "killed" in found["threshold by one"]


def test_every_verdict_agrees_with_running_the_cases_on_the_changed_rules(rulebook: Rulebook) -> None:
    """The short way of noticing is held against the long one, on random rulebooks and patients."""
    compared = {"killed": 0, "survived": 0, "equivalent": 0}
    for seed in range(seeds := sized(3, 2)):
        random = Random(seed)
        book = random_rulebook(random, rulebook, rules=5, regimens=3)
        patients = [random_patient(random, book.domain, known=0.8) for _ in range(6)]
        cases = [_exact(book, patient, number) for number, patient in enumerate(patients)]
        runner = MutationRunner(book, cases)
        for mutant in random.sample(runner.mutants, min(25, len(runner.mutants))):
            verdict = runner.verdict(mutant)
            failing = [case.name for case in cases if run_case(case, mutant.applied(book))]
            assert bool(failing) == (verdict.fate == "killed"), (seed, mutant)
            compared[verdict.fate] += 1
    assert compared["killed"] > 3 * seeds
    assert compared["survived"] > seeds
    assert compared["equivalent"] > sized(2, 0)


def _exact(book: Rulebook, patient: object, number: int) -> RuleCase:
    from regimen_advisor.files.errors import Location  # noqa: PLC0415
    from regimen_advisor.testing.cases import Expectation, ExpectedStatement  # noqa: PLC0415
    from regimen_advisor.testing.results import statements_of  # noqa: PLC0415

    advice = advise(patient, book, ask=False)  # type: ignore[arg-type]
    expect = {}
    for option in advice.options:
        found = expectation_of(option)
        found = {"standing": found} if isinstance(found, str) else found
        expect[option.regimen] = Expectation.model_validate_json(json.dumps(found))
    says = tuple(ExpectedStatement(entry.rule, entry.effect, entry.studies) for entry in statements_of(advice).values())
    return RuleCase(f"c{number}", patient, {}, expect, says, (), True, None, Location("x", 1), {})  # type: ignore[arg-type]


def test_a_mutant_is_equivalent_only_where_no_random_patient_tells_it_apart(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, """
        - {id: a, offer: anlotinib, when: {stage: IV, extent: metastatic, ecog: {at_least: 1}}, studies: [alter0303]}
        - {id: b, offer: anlotinib, when: {extent: metastatic, last_outcome: progressed}, studies: [alter0303]}
    """)  # fmt: skip
    equivalent = [mutant for mutant, _ in mutate(book, [], workers=1).of("equivalent")]
    assert equivalent
    random = Random(5)
    for _ in range(60):
        patient = random_patient(random, book.domain, known=0.9)
        before = advise(patient, book, ask=False).options
        for mutant in equivalent:
            after = advise(patient, mutant.applied(book), ask=False).options
            assert [expectation_of(option) for option in before] == [expectation_of(option) for option in after]


# The shipped rulebook and the verb ---------------------------------------------------------------------------------


def test_the_shipped_cases_notice_every_mutant_that_is_not_equivalent(shipped: Rulebook) -> None:
    cases = [
        case for path in case_files([ROOT / "tests/cases"]) for case in read_cases(path, shipped, ROOT / "profiles")
    ]
    every = list(mutants(shipped))
    assert {mutant.operator for mutant in every} == set(Operator.__args__)  # type: ignore[attr-defined]
    subjects = sorted({mutant.subject for mutant in every})
    # Each tenth; `.ci/run` asks for all of them as docs/reliability.md does.
    mutation = mutate(shipped, cases, subjects=subjects[::10], workers=1)
    assert [f"{mutant.place} {mutant.subject}: {mutant.operator}" for mutant, _ in mutation.of("survived")] == []
    assert mutation.share == 1.0
    assert len({mutant.operator for mutant, _ in mutation.of("killed")}) > 5


def test_every_rule_of_the_shipped_rulebook_is_written_back_as_it_was_read(rulebook: Rulebook) -> None:
    from regimen_advisor.files.sources import parse_document  # noqa: PLC0415
    from regimen_advisor.knowledge.conditions_yaml import ConditionReader  # noqa: PLC0415

    problems: list[object] = []
    conditions = {name: finding.condition for name, finding in rulebook.findings.items()}
    reader = ConditionReader(rulebook.domain, conditions, problems)  # type: ignore[arg-type]

    def again(condition: Condition) -> Condition:
        document = parse_document(flow(written(condition, rulebook.domain)))
        return reader.read(document, (), document.value)

    for entry in rulebook.rules.values():
        assert _meaning(again(entry.condition), rulebook) == _meaning(entry.condition, rulebook), entry.id
    assert problems == []


def _meaning(condition: Condition, rulebook: Rulebook) -> object:
    solver = Guideline.of(rulebook).solver
    return solver.session(condition).encoding.condition(condition)


def test_mutate_on_several_processes_says_the_same_and_exits_with_1_for_a_survivor(tmp_path: Path) -> None:
    file = tmp_path / "x.case.yaml"
    file.write_text("name: Squamous.\nprofile: {disease: nsclc, alk: negative}\nsays_not: [silent-on-alk-drugs]\n")
    options = ["mutate", str(file), "--rules", str(ROOT / "rules"), "--format", "json"]
    options += [part for name in ("silent-on-alk-drugs", "advanced", "progressing") for part in ("--only", name)]
    found = []
    for workers in ("1", "2"):
        ran = run(*options, "--workers", workers, cwd=tmp_path)
        assert ran.returncode == 1, ran.stderr
        assert ran.stderr == ""
        found.append(json.loads(ran.stdout))
    assert found[0] == found[1]
    assert found[0]["survived"] > 0


class Pool:
    """Takes the place of a pool of processes, works in this one and keeps how many there would have been."""

    sizes: list[int] = []  # noqa: RUF012 - emptied by the test

    def __init__(self, size: int, mp_context: BaseContext) -> None:
        assert mp_context.get_start_method() == "fork"  # what is not forked does not have what was read
        self.sizes.append(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    map = staticmethod(map)


@pytest.mark.parametrize(
    ("workers", "processors", "pools"), [(1, 2, []), (3, 2, [3]), (None, 2, [2]), (None, None, [])]
)
def test_mutants_are_shared_out_among_as_many_processes_as_asked_or_as_there_are_processors(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch, workers: int | None, processors: int | None, pools: list[int]
) -> None:
    monkeypatch.setattr(mutation, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(mutation, "CHUNK", 1)
    monkeypatch.setattr(mutation.os, "cpu_count", lambda: processors)
    Pool.sizes.clear()
    found = mutate(rulebook_of(rulebook, rule("{disease: nsclc, ecog: 1}")), [], workers=workers)
    assert Pool.sizes == pools
    assert [verdict.mutant for verdict in found.verdicts] == list(range(len(found.mutants)))
    assert not mutation._runners  # what was read for them is not kept


def test_the_share_is_of_the_mutants_that_a_case_could_notice(rulebook: Rulebook) -> None:
    results = [MutantResult(0, fate) for fate in ("killed", "survived", "equivalent")]
    found = mutants(rulebook_of(rulebook, rule("{ecog: 1, alk: positive}")))[:3]
    assert mutation.Mutation(rulebook, tuple(found), tuple(results)).share == 0.5


def test_progress_is_reported_after_each_chunk(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "CHUNK", 2)
    book = rulebook_of(rulebook, rule("{alk: positive}"))
    calls: list[tuple[int, int]] = []
    mutate(book, [], workers=1, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(2, 3), (3, 3)]


def test_of_no_mutants_all_are_noticed(rulebook: Rulebook) -> None:
    assert mutate(rulebook_of(rulebook, rule("{ecog: 1}")), [], subjects=[], workers=1).share == 1.0


def test_mutate_refuses_cases_that_fail_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from regimen_advisor.cli.app import main  # noqa: PLC0415

    file = tmp_path / "x.case.yaml"
    file.write_text("name: Squamous.\nprofile: {histology: squamous}\nexpect: {anlotinib: excluded}\n")
    with pytest.raises(SystemExit) as left:
        main(["mutate", str(file), "--rules", str(ROOT / "rules")])
    assert left.value.code == 2
    assert "cases must pass first" in capsys.readouterr().err


def test_json_holds_what_became_of_every_mutant(rulebook: Rulebook) -> None:
    book = rulebook_of(rulebook, rule("{disease: nsclc, ecog: {at_least: 2}}"))
    found = data(mutate(book, [], workers=1))
    assert found["mutants"] == len(found["verdicts"]) == found["killed"] + found["survived"] + found["equivalent"]
    first: dict[str, object] = found["verdicts"][0]
    assert set(first) == {"operator", "subject", "file", "line", "before", "after", "fate", "case", "witness"}


def test_truth_values_are_not_mutated_in_place(rulebook: Rulebook) -> None:
    """A mutant leaves the rulebook it was made from as it was."""
    before = {name: entry.condition for name, entry in rulebook.rules.items()}
    first: list[Mutant] = mutants(rulebook)
    assert {name: entry.condition for name, entry in rulebook.rules.items()} == before
    assert [mutant.number for mutant in first] == list(range(len(first)))
    assert Truth.TRUE is not Truth.FALSE
