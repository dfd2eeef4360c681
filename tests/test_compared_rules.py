"""What ``compare`` reports of two rulebooks of a few rules, and what it passes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.reviewing.comparing import AdviceChange, RulebookComparison, compare
from regimen_advisor.reviewing.profile_share import share_of
from small_rulebooks import rulebook_of

OFFERED = "- {id: offers, offer: anlotinib, when: {disease: nsclc}}\n"


def between(rulebook: Rulebook, old: str, new: str) -> RulebookComparison:
    return compare(rulebook_of(rulebook, old), rulebook_of(rulebook, new))


def parts(change: AdviceChange) -> list[tuple[str, str, str]]:
    return [(difference.part, difference.id, difference.only_in) for difference in change.differences]


def test_a_rule_written_otherwise_for_the_same_patients_is_rewritten_and_no_more(rulebook: Rulebook) -> None:
    plain = "- {id: r, note: T, when: {all: [{alk: positive}, {ecog: 4}]}}"
    both = "{alk: positive}, {ecog: 4}"
    cases = f"{{all: [{both}, {{ros1: positive}}]}}, {{all: [{both}, {{not: {{ros1: positive}}}}]}}"
    longer = f"- {{id: r, note: T, when: {{any: [{cases}]}}}}"
    found = between(rulebook, plain, longer)
    assert found.is_equal
    assert [rule.fate for rule in found.rules] == ["rewritten"]


def test_a_difference_is_named_only_where_it_matters_to_the_patients_of_the_change(rulebook: Rulebook) -> None:
    """``second`` differs for patients who are excluded alone, so it is no part of what changes for the others."""
    shared = OFFERED + "- {id: out, exclude: {regimen: anlotinib}, when: {ros1: positive}}\n"
    narrow = (
        shared + "- {id: second, offer: anlotinib, says: Second., when: {all: [{disease: nsclc}, {alk: positive}]}}\n"
    )
    wide = shared + (
        "- {id: second, offer: anlotinib, says: Second., when: "
        "{all: [{disease: nsclc}, {any: [{alk: positive}, {ros1: positive}]}]}}\n"
    )
    third = "- {id: third, offer: anlotinib, says: Third., when: {all: [{disease: nsclc}, {ecog: %s}]}}\n"
    for old, new in ((narrow + third % 0, wide + third % 1), (wide + third % 0, narrow + third % 1)):
        (change,) = (
            found for found in between(rulebook, old, new).changes if found.before is found.after is Standing.OFFERED
        )
        assert {entry for entry in parts(change) if entry[0] == "rule"} == {
            ("rule", "third", "old"), ("rule", "third", "new"),
        }  # fmt: skip


def test_a_measure_that_comes_is_a_change_of_an_option_that_stays_offered(rulebook: Rulebook) -> None:
    measure = "- {id: m, caution: {regimen: anlotinib}, kind: measure, when: {ecog: 1}}\n"
    (change,) = between(rulebook, OFFERED, OFFERED + measure).regimens
    assert parts(change) == [("caution", "m", "new")]


def test_other_studies_of_a_note_are_reported_for_the_patients_who_get_both_notes(rulebook: Rulebook) -> None:
    note = "- {id: r, note: T, when: {%s}, studies: [%s]}"
    found = between(rulebook, note % ("ecog: 4", "enrgy"), note % ("alk: positive", "alter0303")).statements
    (both,) = (change for change in found if {part for part, _, _ in parts(change)} == {"study"})
    assert (both.witness["ecog"], both.witness["alk"]) == (4, "positive")


NOTE = "- {id: %s, note: T, when: {disease: nsclc}}\n"
CAUTION = "- {id: %s, caution: {regimen: anlotinib}, kind: patient, when: {disease: nsclc}}\n"


def test_a_rule_that_takes_the_name_of_a_removed_rule_of_another_effect_is_renamed_and_not_changed(
    rulebook: Rulebook,
) -> None:
    gone = "- {id: r, trial: enrgy, when: {alk: positive}}\n"
    found = between(rulebook, gone + NOTE % "n", NOTE % "r").rules
    assert {(change.fate, *change.before, *change.after) for change in found} == {
        ("renamed", "n", "r"), ("removed", "r"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("gone", "renamed", "elsewhere"),
    [
        ("- {id: r, offer: anlotinib, says: Another., when: {disease: nsclc}}\n", CAUTION, "anlotinib"),
        ("- {id: r, silent: S, when: {disease: nsclc}}\n", NOTE, "r"),
    ],
)
def test_a_profile_changes_by_a_removed_rule_though_one_of_another_effect_takes_its_name(
    rulebook: Rulebook, tmp_path: Path, gone: str, renamed: str, elsewhere: str
) -> None:
    (tmp_path / "p.yaml").write_text("disease: nsclc\n", "utf-8")
    found = between(rulebook, OFFERED + gone + renamed % "n", OFFERED + renamed % "r")
    (changed,) = share_of(found, [str(tmp_path)]).changed
    assert (changed.standings, changed.elsewhere) == ({}, (elsewhere,))
