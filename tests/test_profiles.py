"""The example profiles: patients who read like patients, and who show every boundary of every rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from profile_pairs import Example, boundaries, examples, one_key_apart, shown
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Truth

PROFILES = Path(__file__).parents[1] / "profiles"
PATHS = sorted(path for path in PROFILES.rglob("*.yaml") if path.parent.name != "mappings")
TEACHING = sorted(PROFILES.glob("*.yaml"))

# Boundaries that no pair of possible patients can show, each with the reason.
IMPOSSIBLE: dict[str, str] = {
    "sclc-bleeding-features-with-antiangiogenic-drugs: histology squamous": "small cell cancer is never squamous",
}


@pytest.fixture(scope="module")
def every_example(rulebook: Rulebook) -> list[Example]:
    return examples(PROFILES, rulebook)


def test_the_first_profile_of_the_readme_is_there() -> None:
    assert PROFILES / "egfr-l858r-after-osimertinib.yaml" in TEACHING


def test_every_profile_is_named_as_its_file_and_summed_up_in_one_sentence(every_example: list[Example]) -> None:
    misnamed = [str(example.path) for example in every_example if example.written.get("id") != example.path.stem]
    assert misnamed == []
    no_sentence = [
        example.path.name
        for example in every_example
        if not str(example.written.get("summary", "")).endswith(".") or example.written["summary"][0].islower()
    ]
    assert no_sentence == []


def test_no_two_profiles_share_a_name_or_a_patient(every_example: list[Example]) -> None:
    names = [example.path.stem for example in every_example]
    assert sorted(set(names)) == sorted(names)
    patients: dict[str, list[str]] = {}
    for example in every_example:
        found = {key: value for key, value in example.written.items() if key not in ("id", "summary")}
        patients.setdefault(repr(sorted(found.items())), []).append(example.path.stem)
    assert [twins for twins in patients.values() if len(twins) > 1] == []


def test_no_profile_leaves_the_reader_with_a_question_about_the_input(every_example: list[Example]) -> None:
    assert {example.path.stem: example.patient.notes for example in every_example if example.patient.notes} == {}


def test_a_boundary_profile_differs_from_the_patient_it_names_in_one_key(every_example: list[Example]) -> None:
    pairs = {frozenset((first.path.stem, second.path.stem)) for first, second in one_key_apart(every_example)}
    twins = [path for path in PATHS if "-but-" in path.stem]
    assert twins
    assert [path.stem for path in twins if frozenset((path.stem, path.stem.split("-but-")[0])) not in pairs] == []


def test_every_rule_holds_in_at_least_one_example_and_fails_in_another(
    rulebook: Rulebook, every_example: list[Example]
) -> None:
    """One that is declared for each regimen does so for some regimen; the cases show the others."""
    truths: dict[str, set[Truth]] = {}
    for rule in rulebook.rules.values():
        truths.setdefault(rule.declared or rule.id, set()).update(entry.truths[rule.id] for entry in every_example)
    assert [rule for rule, found in truths.items() if Truth.TRUE not in found] == []
    assert [rule for rule, found in truths.items() if Truth.FALSE not in found] == []


def test_every_threshold_and_set_member_of_a_rule_is_shown_by_two_patients_one_key_apart(
    rulebook: Rulebook, every_example: list[Example]
) -> None:
    """A failure here names what a new or changed rule still needs: a profile next to another in profiles/boundaries."""
    wanted = set(boundaries(rulebook))
    missing = {str(boundary) for boundary in wanted - shown(one_key_apart(every_example), wanted)}
    assert sorted(missing - IMPOSSIBLE.keys()) == []
    assert sorted(IMPOSSIBLE.keys() - missing) == [], "these exceptions are no longer needed"


@pytest.mark.parametrize(
    "name",
    [
        *(f"driver-negative-tps-{tps}-untreated" for tps in (0, 1, 49, 50)),
        "driver-negative-after-chemotherapy",
        "driver-negative-two-prior-lines",
        "driver-negative-three-prior-lines",
        "egfr-l858r-after-osimertinib",
        "egfr-ex19del-after-osimertinib-and-platinum",
        "egfr-l858r-after-gefitinib",
        "egfr-l858r-after-gefitinib-and-platinum",
        "egfr-g719x-after-afatinib",
        "egfr-t790m-after-gefitinib",
        "squamous-drivers-unknown-untreated",
        "squamous-drivers-unknown-bleeding-features-untreated",
        "adenosquamous-egfr-ex19del-untreated",
        "stage-iiib-curative-treatment-possible",
        "stage-iiib-no-curative-treatment",
        "driver-negative-ecog-3-untreated",
        "driver-negative-maintenance-ongoing",
        "egfr-ex19del-relapse-after-adjuvant-osimertinib",
        "relapse-after-consolidation-durvalumab",
        "nrg1-after-platinum-pemetrexed",
        "alk-after-alectinib",
        "prior-lines-known-without-details",
        "small-cell-extensive-untreated",
        "small-cell-limited-untreated",
        "small-cell-after-chemo-immunotherapy",
        "small-cell-two-prior-lines",
        "small-cell-three-prior-lines",
        "small-cell-after-tarlatamab",
        "almost-everything-unknown",
    ],
)
def test_the_situations_a_teacher_asks_for_are_there(name: str) -> None:
    assert (PROFILES / f"{name}.yaml").is_file()
