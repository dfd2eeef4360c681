"""The profile as a person writes it: its keys, its words, its forms."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Bounds, HistoryEntry, Profile, profile_from, read_profile

ABOUT_THE_FILE = {"id", "summary"}


def profile(text: str) -> Profile:
    return profile_from(parse_document(text, "patient.yaml"))


def message_for(text: str) -> str:
    with pytest.raises(InputError) as caught:
        profile(text)
    return str(caught.value)


def test_every_fact_is_settled_by_a_key_that_a_profile_has(rulebook: Rulebook) -> None:
    keys = set(Profile.model_fields)
    assert {fact.key for fact in rulebook.domain.facts.values()} | ABOUT_THE_FILE == keys


def test_every_key_is_described() -> None:
    undescribed = [
        f"{model.__name__}.{key}"
        for model in (Profile, HistoryEntry, Bounds)
        for key, field in model.model_fields.items()
        if not field.description
    ]
    assert undescribed == []


def test_no_key_has_a_default_that_says_something() -> None:
    assert {field.default for field in Profile.model_fields.values()} == {None}
    entry = HistoryEntry(line=1)
    assert (entry.drugs, entry.outcome, entry.cycles, entry.setting) == ("unknown", "unknown", None, None)


def test_every_key_may_be_unknown_but_the_name_and_the_summary() -> None:
    keys = sorted(set(Profile.model_fields) - ABOUT_THE_FILE)
    read = profile("\n".join(f"{key}: unknown" for key in keys))
    assert {getattr(read, key) for key in keys} == {"unknown"}


def test_a_profile_cannot_be_changed_once_read() -> None:
    read = profile("alk: negative")
    with pytest.raises(ValueError, match="frozen"):
        read.alk = "positive"


@pytest.mark.parametrize(
    ("bounds", "limits"),
    [
        ({"at_least": 1}, (1, 100)),
        ({"above": 1}, (2, 100)),
        ({"at_most": 49}, (0, 49)),
        ({"below": 50}, (0, 49)),
        ({"at_least": 1, "above": 4, "at_most": 49, "below": 20}, (5, 19)),
    ],
)
def test_bounds_are_whole_numbers_with_the_meaning_of_their_words(
    bounds: dict[str, int], limits: tuple[int, int]
) -> None:
    assert Bounds(**bounds).limits(0, 100) == limits


@pytest.mark.parametrize(
    ("written", "bounds"),
    [
        ("<1", {"below": 1}),
        ("<1%", {"below": 1}),
        ("≤ 1 %", {"at_most": 1}),
        (">=50", {"at_least": 50}),
        ("≥50%", {"at_least": 50}),
        (">49", {"above": 49}),
        ("1-49", {"at_least": 1, "at_most": 49}),
        ("1–49 %", {"at_least": 1, "at_most": 49}),
    ],
)
def test_a_tps_in_the_words_of_a_report_becomes_bounds(written: str, bounds: dict[str, int]) -> None:
    assert profile(f"pd_l1_tps: '{written}'").pd_l1_tps == Bounds(**bounds)


@pytest.mark.parametrize("written", ["'5,5'", "high", "'50-'", "'<'", "'<-1'", "''"])
def test_a_tps_in_other_words_is_refused_with_the_forms_that_are_read(written: str) -> None:
    assert "or one of the forms `<1`, `1-49`, `>=50`" in message_for(f"pd_l1_tps: {written}")


@pytest.mark.parametrize("written", ["'<0'", "'>100'", "'50-1'", "{above: 49, below: 50}", "{below: 0}"])
def test_a_range_without_a_number_in_it_is_refused(written: str) -> None:
    assert "expected a range with at least one number from 0 to 100 in it" in message_for(f"pd_l1_tps: {written}")


@pytest.mark.parametrize(("key", "lowest", "highest"), [("ecog", 0, 4), ("pd_l1_tps", 0, 100), ("prior_lines", 0, 20)])
def test_a_number_is_read_within_its_domain_only(key: str, lowest: int, highest: int) -> None:
    assert [getattr(profile(f"{key}: {number}"), key) for number in (lowest, highest)] == [lowest, highest]
    for number in (lowest - 1, highest + 1):
        assert f"from {lowest} to {highest}, found `{number}`" in message_for(f"{key}: {number}")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("NO", "`NO` (did you mean `false`?)"),
        ("Yes", "`Yes` (did you mean `true`?)"),
        ("1", "`1`"),
        ("'true'", '`"true"`'),
    ],
)
def test_only_true_and_false_are_yes_and_no(written: str, found: str) -> None:
    expected = "liver_metastases: expected `true`, `false` or `unknown`, found "
    assert message_for(f"liver_metastases: {written}").endswith(expected + found)


@pytest.mark.parametrize(
    "text",
    [
        "egfr: [L85R]",
        "egfr: L85R",
        "egfr: 3",
        "egfr: {found: [L85R]}",
        "bleeding_risk: [cavitaton]",
        "pd_l1_tps: [1]",
        "brain_metastases: perhaps",
        "brain_metastases: [active]",
        "comorbidities: [asthma]",
        "stage: V",
        "history: 3",
        "history: [3]",
        "history: [{line: 1, drugs: 3}]",
        "history: [{line: one}]",
        "ecog: {at_least: 1, atmost: 2}",
    ],
)
def test_one_wrong_value_is_one_problem(text: str) -> None:
    assert message_for(text).count("patient.yaml:") == 1


def test_wrong_values_together_are_all_reported() -> None:
    found = message_for("egfr: [L85R, L858R, T79OM]\nalk: maybe\nros1: maybe")
    assert [line.split(" ")[0] for line in found.splitlines()] == [
        "patient.yaml:1:8:", "patient.yaml:1:21:", "patient.yaml:2:6:", "patient.yaml:3:7:",
    ]  # fmt: skip


def test_a_profile_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"alk: positive\n")))
    read, document = read_profile("-")
    assert read.alk == "positive"
    assert str(document.locate(("alk",))) == "<stdin>:1:6"


def test_a_profile_from_a_file_knows_where_each_key_is(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text("alk: positive\nhistory:\n  - {line: 1, drugs: [docetaxel]}\n", "utf-8")
    _, document = read_profile(path)
    places: list[tuple[Any, ...]] = [("alk",), ("history", 0, "drugs", 0)]
    assert [str(document.locate(place)) for place in places] == [f"{path}:1:6", f"{path}:3:23"]
