"""Regimens, and which of them a target means."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document, validated
from regimen_advisor.knowledge.regimens import Regimen, Target, load_regimens
from regimen_advisor.patient.drugs import load_formulary
from small_rulebooks import SOURCES

HERE = Path(__file__).parent
INVALID = HERE / "invalid" / "regimens"
SHARED = HERE.parent.parent / "shared" / "evidence" / "evidence.yaml"
FORMULARY = load_formulary(HERE.parent / "rules" / "drugs.yaml")
REGIMENS = load_regimens(HERE.parent / "rules" / "regimens.yaml", FORMULARY)

OF_NSCLC = [
    "bevacizumab-carboplatin-paclitaxel", "bevacizumab-platinum-pemetrexed", "pemetrexed-bevacizumab-maintenance",
    "erlotinib-bevacizumab", "gefitinib-bevacizumab", "afatinib-bevacizumab", "osimertinib-bevacizumab",
    "atezolizumab-bevacizumab-carboplatin-paclitaxel", "pd-1-inhibitor-bevacizumab", "anlotinib", "apatinib",
    "sintilimab-anlotinib", "camrelizumab-apatinib", "atezolizumab-beyond-progression",
    "pembrolizumab-after-nivolumab", "lenvatinib-pembrolizumab", "gefitinib-apatinib",
    "amivantamab-platinum-chemotherapy", "amivantamab-lazertinib-platinum-chemotherapy", "amivantamab-sc-lazertinib",
    "amivantamab-iv-lazertinib", "ivonescimab", "ivonescimab-pemetrexed-carboplatin", "zenocutuzumab",
]  # fmt: skip
OF_SCLC = [
    "tarlatamab", "tarlatamab-atezolizumab-maintenance", "tarlatamab-durvalumab-maintenance", "pm8002-paclitaxel",
    "iza-bren",
]  # fmt: skip
BEVACIZUMAB = [*OF_NSCLC[:9]]


def target(text: str) -> Target:
    return validated(Target, parse_document(text))


def met(text: str) -> list[str]:
    return [id for id, regimen in REGIMENS.items() if target(text).meets(regimen, FORMULARY)]


def refusal(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        target(text)
    return [problem.message for problem in caught.value.problems]


def test_the_regimens_are_those_of_the_two_reviews() -> None:
    assert [id for id, regimen in REGIMENS.items() if regimen.disease == "nsclc"] == OF_NSCLC
    assert [id for id, regimen in REGIMENS.items() if regimen.disease == "sclc"] == OF_SCLC


def test_a_regimen_names_its_drugs_and_the_classes_a_review_leaves_open() -> None:
    assert REGIMENS["ivonescimab-pemetrexed-carboplatin"].drug_names == ("ivonescimab", "pemetrexed", "carboplatin")
    assert REGIMENS["amivantamab-platinum-chemotherapy"].drug_names == ("amivantamab", "platinum", "chemotherapy")
    assert REGIMENS["pd-1-inhibitor-bevacizumab"].drug_names == ("pd-1", "bevacizumab")


def test_the_section_of_a_regimen_is_one_that_holds_its_study() -> None:
    sections = {"antiangiogenic": {"4.1", "4.2", "4.3", "5", "5.1", "5.2"}}
    sections["bispecific"] = {"3.1", "3.2", "3.3", "4.1", "4.2", "4.3"}
    placed = [source for r in REGIMENS.values() for source in (r.source, *([r.schedule.source] if r.schedule else []))]
    assert [
        str(place) for source in placed for place in source.places if place.section not in sections[place.review]
    ] == []


@pytest.mark.parametrize(
    ("regimen", "dose", "study"),
    [
        ("ivonescimab", "20 mg/kg every 3 weeks", "harmoni-2"),
        ("ivonescimab-pemetrexed-carboplatin", "20 mg/kg", "harmoni-a"),
        ("zenocutuzumab", "750 mg intravenously every 2 weeks", "enrgy"),
        ("tarlatamab", "every 2 weeks", "dellphi-301"),
        ("iza-bren", "2.5 mg/kg", "iza-bren-sclc-ph1"),
        ("camrelizumab-apatinib", "250 mg or 375 mg", "camrelizumab-apatinib-1b"),
        ("gefitinib-apatinib", "500 mg", "active-pilot"),
    ],
)
def test_a_stated_dose_is_kept_as_the_study_gives_it(regimen: str, dose: str, study: str) -> None:
    schedule = REGIMENS[regimen].schedule
    assert schedule is not None
    assert dose in schedule.says
    if SHARED.exists():
        studies = {entry["id"]: entry for entry in yaml.safe_load(SHARED.read_text(encoding="utf-8"))["evidence"]}
        assert dose in " | ".join(studies[study]["regimen"]["experimental"])


def test_a_drug_target_means_regimens_that_name_the_drug() -> None:
    assert met("{drug: bevacizumab}") == BEVACIZUMAB
    assert met("{drug: tarlatamab}") == [id for id in OF_SCLC if id.startswith("tarlatamab")]
    assert met("{drug: lazertinib}") == [
        "amivantamab-lazertinib-platinum-chemotherapy", "amivantamab-sc-lazertinib", "amivantamab-iv-lazertinib",
    ]  # fmt: skip


def test_a_drug_target_does_not_mean_a_regimen_that_leaves_the_drug_of_its_class_open() -> None:
    assert met("{drug: carboplatin}") == [
        "bevacizumab-carboplatin-paclitaxel",
        "atezolizumab-bevacizumab-carboplatin-paclitaxel",
        "ivonescimab-pemetrexed-carboplatin",
    ]
    assert met("{drug: nivolumab}") == []


def test_a_class_target_means_regimens_that_name_it_or_a_member_or_a_narrower_class() -> None:
    platinum = [
        "bevacizumab-carboplatin-paclitaxel",
        "bevacizumab-platinum-pemetrexed",
        "atezolizumab-bevacizumab-carboplatin-paclitaxel",
        "amivantamab-platinum-chemotherapy",
        "amivantamab-lazertinib-platinum-chemotherapy",
        "ivonescimab-pemetrexed-carboplatin",
    ]
    assert met("{class: platinum}") == platinum
    assert set(met("{class: chemotherapy}")) == {*platinum, "pemetrexed-bevacizumab-maintenance", "pm8002-paclitaxel"}
    assert "pd-1-inhibitor-bevacizumab" in met("{class: ici}")
    assert "pd-1-inhibitor-bevacizumab" not in met("{class: pd-l1}")


def test_a_class_target_does_not_mean_a_regimen_that_names_only_a_wider_class() -> None:
    source = f"{{review: {SOURCES[0]}, section: '1'}}"
    text = f"{{id: any, name: any, disease: nsclc, drugs: [{{class: chemotherapy}}], source: {source}}}"
    any_chemotherapy = validated(Regimen, parse_document(text))
    assert not target("{class: platinum}").meets(any_chemotherapy, FORMULARY)
    assert target("{class: chemotherapy}").meets(any_chemotherapy, FORMULARY)


def test_a_drug_that_is_two_things_is_met_by_either_class() -> None:
    assert set(met("{class: antiangiogenic}")) >= {"ivonescimab", "pm8002-paclitaxel", "anlotinib", *BEVACIZUMAB}
    assert set(met("{class: ici}")) >= {"ivonescimab", "pm8002-paclitaxel", "sintilimab-anlotinib"}


def test_a_regimen_target_means_that_regimen_and_not_others_with_its_drug() -> None:
    assert met("{regimen: ivonescimab}") == ["ivonescimab"]
    assert met("{drug: ivonescimab}") == ["ivonescimab", "ivonescimab-pemetrexed-carboplatin"]


def test_a_list_means_regimens_that_contain_all_of_it() -> None:
    assert met("[{drug: bevacizumab}, {class: chemotherapy}]") == [
        "bevacizumab-carboplatin-paclitaxel",
        "bevacizumab-platinum-pemetrexed",
        "pemetrexed-bevacizumab-maintenance",
        "atezolizumab-bevacizumab-carboplatin-paclitaxel",
    ]
    assert met("[{regimen: anlotinib}]") == ["anlotinib"]


def test_all_options_means_every_regimen() -> None:
    assert met("all-options") == [*OF_NSCLC, *OF_SCLC]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("all-options", "all-options"), ("{class: ici}", "ici"), ("[{drug: a}, {class: b}]", "a + b")],
)
def test_a_target_prints_what_it_means(text: str, shown: str) -> None:
    assert str(target(text)) == shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{drug: a, class: b}", ["expected exactly one of `drug`, `class` and `regimen`"]),
        ("{}", ["expected exactly one of `drug`, `class` and `regimen`"]),
        ("{durg: a}", ["durg: unknown key"]),
        ("all", ["expected `all-options`, found `all`"]),
        ("[]", ["expected at least one, found an empty list"]),
        ("[{drug: a}, {regimen: b}]",
         ["expected drugs and classes in a list; `regimen` is named alone, one rule for each"]),
        ("[{regimen: a}, {regimen: b}]",
         ["expected drugs and classes in a list; `regimen` is named alone, one rule for each"]),
        ("3", ["expected a mapping, found `3`"]),
        ("{drug: [a]}", ["drug: expected text, found a list"]),
    ],
)  # fmt: skip
def test_a_target_that_says_no_kind_or_two_is_refused(text: str, expected: list[str]) -> None:
    assert refusal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{drug: taxane}", ["<text>:1:8: drug: unknown drug `taxane` (`taxane` is a class: write `class: taxane`)"]),
        ("{class: s-1}", ["<text>:1:9: class: unknown class `s-1` (`s-1` is a drug: write `drug: s-1`)"]),
        ("{drug: ak112}", ["<text>:1:8: drug: unknown drug `ak112` (did you mean `ivonescimab`?)"]),
        ("{regimen: tarlatimab}", ["<text>:1:11: regimen: unknown regimen `tarlatimab` (did you mean `tarlatamab`?)"]),
        ("[{drug: bevacizumab}, {class: chemo}]",
         ["<text>:1:31: class: unknown class `chemo` (did you mean `chemotherapy`?)"]),
        ("[{drug: bevacizumab}, {class: ici}]", []),
        ("all-options", []),
    ],
)  # fmt: skip
def test_a_target_reports_what_does_not_exist(text: str, expected: list[str]) -> None:
    document = parse_document(text)
    found = validated(Target, document).unknown(FORMULARY, REGIMENS, document, ())
    assert [str(problem) for problem in found] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duplicate-id", [":2:8: id: expected each id once, but `anlotinib` is in line 1 too"]),
        ("unknown-drug", [":1:71: drug: unknown drug `osimertinb` (did you mean `osimertinib`?)"]),
        ("alias-as-drug", [":1:71: drug: unknown drug `azd9291` (did you mean `osimertinib`?)"]),
        ("class-as-drug", [":1:65: drug: unknown drug `platinum` (`platinum` is a class: write `class: platinum`)"]),
        ("unknown-class", [":1:66: class: unknown class `platinums` (did you mean `platinum`?)"]),
        ("drug-and-class-in-one", [":1:50: drugs: expected either `drug` or `class`"]),
        ("no-drugs", [":1:55: drugs: expected at least one, found an empty list"]),
        ("no-source", [":1:3: expected the key `source`, which is missing"]),
        ("schedule-without-source", [":5:13: expected the key `source`, which is missing"]),
        ("unquoted-section", [":1:122: section: expected text, found `4.1` (a number that is text needs quotes)"]),
        ("misspelt-disease", [":1:45: disease: expected `nsclc` or `sclc`, found `nslc` (did you mean `nsclc`?)"]),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_every_problem_at_its_place(name: str, expected: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        load_regimens(INVALID / f"{name}.yaml", FORMULARY)
    shown = [str(problem).removeprefix(f"{INVALID}/{name}.yaml") for problem in caught.value.problems]
    assert shown == expected


def test_every_broken_file_is_asserted() -> None:
    marks = test_a_broken_file_is_refused_with_every_problem_at_its_place.pytestmark  # type: ignore[attr-defined]
    assert {path.stem for path in INVALID.glob("*.yaml")} == {case[0] for case in marks[0].args[1]}
