"""Drugs, classes and the words for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from regimen_advisor.files.errors import InputError
from regimen_advisor.patient.drugs import Formulary, folded, load_formulary

HERE = Path(__file__).parent
INVALID = HERE / "invalid" / "drugs"
SHARED = HERE.parent.parent / "shared" / "evidence" / "evidence.yaml"
FORMULARY = load_formulary(HERE.parent / "rules" / "drugs.yaml")

CLASSES = [
    "ici", "pd-1", "pd-l1", "ctla-4", "targeted", "egfr-tki", "egfr-tki-1g", "egfr-tki-2g", "egfr-tki-3g", "alk-tki",
    "ros1-tki", "platinum", "taxane", "chemotherapy", "antiangiogenic", "vegf-antibody", "bispecific-antibody",
    "adc",
]  # fmt: skip

# Every drug either review names, in the words it is printed in (the two misspelt names of a table apart).
NAMED_BY_THE_REVIEWS = {
    "bevacizumab": ["贝伐珠单抗"], "ramucirumab": ["雷莫芦单抗"], "anlotinib": ["安罗替尼", "盐酸安罗替尼"],
    "apatinib": ["阿帕替尼"], "recombinant-human-endostatin": ["重组人血管内皮抑制素"], "lenvatinib": ["仑伐替尼"],
    "cabozantinib": ["cabozantinib"], "osimertinib": ["奥希替尼"], "erlotinib": ["厄洛替尼"], "gefitinib": ["吉非替尼"],
    "afatinib": ["阿法替尼", "afatinib"], "lazertinib": ["Lazertinib", "拉泽替尼"], "pemetrexed": ["培美曲塞"],
    "cisplatin": ["顺铂"], "carboplatin": ["卡铂"], "gemcitabine": ["吉西他滨"], "paclitaxel": ["紫杉醇"],
    "docetaxel": ["多西他赛", "Docetaxel"], "etoposide": ["依托泊苷"], "platinum": ["铂类"],
    "atezolizumab": ["阿替利珠单抗", "Atezolizumab"], "durvalumab": ["度伐利尤单抗"],
    "sintilimab": ["信迪利单抗"], "camrelizumab": ["卡瑞利珠单抗"], "pembrolizumab": ["帕博利珠单抗", "Pembrolizumab"],
    "nivolumab": ["纳武利尤单抗"], "amivantamab": ["埃万妥单抗", "Amivantamab"],
    "ivonescimab": ["依沃西单抗", "Ivonescimab"], "zenocutuzumab": ["泽妥珠单抗", "Zenocutuzumab", "MCLA-128"],
    "tarlatamab": ["塔拉妥单抗", "Tarlatamab"], "pm8002": ["PM8002", "BNT327"], "iza-bren": ["Iza-Bren", "BL-B01D1"],
    "cadonilimab": ["Cadonilimab"], "ibi363": ["IBI363"], "zanidatamab": ["Zanidatamab", "泽尼达单抗"],
    "blinatumomab": ["贝林妥欧单抗"], "aflibercept": ["阿柏西普"], "catumaxomab": ["卡妥索单抗"],
    "sort1-her2-adc": ["SORT1 × HER2 双抗 ADC"], "ici": ["免疫检查点抑制剂", "ICI"], "pd-1": ["PD-1抑制剂"],
    "pd-l1": ["PD-L1抑制剂"], "egfr-tki": ["EGFR-TKI"], "egfr-tki-1g": ["一代EGFR-TKI"],
}  # fmt: skip


def entries(formulary: Formulary) -> list[tuple[str, str]]:
    both = [*formulary.classes.values(), *formulary.drugs.values()]
    return [(word, entry.id) for entry in both for word in (entry.id, entry.name, *entry.aliases)]


def complaints(name: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_formulary(INVALID / f"{name}.yaml")
    return [str(problem).removeprefix(f"{INVALID}/{name}.yaml") for problem in caught.value.problems]


def test_every_word_resolves_to_its_own_entry() -> None:
    assert [(word, FORMULARY.resolve(word)) for word, _ in entries(FORMULARY)] == entries(FORMULARY)


@pytest.mark.parametrize(
    ("word", "id"),
    [
        ("AK112", "ivonescimab"),
        ("ak-112", "ivonescimab"),
        ("奥希替尼", "osimertinib"),
        ("TAGRISSO", "osimertinib"),
        ("AMG757", "tarlatamab"),
        ("ＡＭＧ　７５７", "tarlatamab"),
        ("Nab paclitaxel", "nab-paclitaxel"),
        ("third‑generation EGFR‑TKI", "egfr-tki-3g"),
        ("PD-(L)1 inhibitor", "ici"),
        ("PD1 inhibitor", "pd-1"),
    ],
)
def test_a_word_is_read_without_regard_to_case_spaces_and_hyphens(word: str, id: str) -> None:
    assert FORMULARY.resolve(word) == id


def test_what_is_printed_for_a_development_code_is_the_standard_name() -> None:
    assert FORMULARY.name_of(FORMULARY.resolve("AK112")) == "ivonescimab"
    assert FORMULARY.name_of(FORMULARY.resolve("BNT327")) == "PM8002"
    assert FORMULARY.name_of("pd-l1") == "PD-L1 inhibitor"


def test_every_drug_the_reviews_name_is_known_by_the_words_they_print() -> None:
    read = {id: {FORMULARY.resolve(word) for word in words} for id, words in NAMED_BY_THE_REVIEWS.items()}
    assert read == {id: {id} for id in NAMED_BY_THE_REVIEWS}


def test_every_drug_mentioned_without_a_lung_cancer_result_is_known() -> None:
    if not SHARED.exists():
        pytest.skip("the evidence file of the reviews is not beside this checkout")
    mentioned = yaml.safe_load(SHARED.read_text(encoding="utf-8"))["drugs_mentioned_without_lung_cancer_result"]
    words = [word.split(" (")[0].strip() for entry in mentioned for word in entry["drug"].split(",")]
    assert [word for word in words if FORMULARY.resolve(word) not in FORMULARY.drugs] == []


def test_an_unknown_word_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(KeyError):
        FORMULARY.resolve("osimertinb")
    assert FORMULARY.suggest("osimertinb") == "did you mean `osimertinib`?"
    assert FORMULARY.suggest("Tagriso") == "did you mean `Tagrisso`?"
    assert FORMULARY.suggest("xyzzy") is None
    assert FORMULARY.suggest(12) is None


@pytest.mark.parametrize(
    ("word", "write"),
    [("platinum-based chemotherapy", "platinum, chemotherapy"), ("含铂化疗", "platinum, chemotherapy"),
     ("EP", "etoposide, cisplatin"), ("cav", "cyclophosphamide, doxorubicin, vincristine")],
)  # fmt: skip
def test_a_word_for_several_drugs_is_never_read_as_one_of_them(word: str, write: str) -> None:
    with pytest.raises(KeyError):
        FORMULARY.resolve(word)
    assert FORMULARY.suggest(word) == f"that is more than one drug: write `{write}`"


@pytest.mark.parametrize("word", ["TKI", "targeted therapy", "antibody", ""])
def test_a_word_that_may_mean_several_classes_is_not_read(word: str) -> None:
    with pytest.raises(KeyError):
        FORMULARY.resolve(word)


def test_the_classes_are_those_the_rules_speak_of_and_each_has_a_member() -> None:
    assert set(FORMULARY.classes) == set(CLASSES)
    assert [id for id in CLASSES if not FORMULARY.members_of(id)] == []


@pytest.mark.parametrize(
    ("drug", "classes"),
    [
        ("osimertinib", "egfr-tki-3g egfr-tki targeted"),
        ("lazertinib", "egfr-tki-3g egfr-tki targeted"),
        ("afatinib", "egfr-tki-2g egfr-tki targeted"),
        ("gefitinib", "egfr-tki-1g egfr-tki targeted"),
        ("crizotinib", "alk-tki ros1-tki targeted"),
        ("carboplatin", "platinum chemotherapy"),
        ("paclitaxel", "taxane chemotherapy"),
        ("pemetrexed", "chemotherapy"),
        ("pembrolizumab", "pd-1 ici"),
        ("durvalumab", "pd-l1 ici"),
        ("tremelimumab", "ctla-4 ici"),
        ("ivonescimab", "pd-1 ici antiangiogenic bispecific-antibody"),
        ("pm8002", "pd-l1 ici antiangiogenic bispecific-antibody"),
        ("cadonilimab", "pd-1 ctla-4 ici bispecific-antibody"),
        ("amivantamab", "bispecific-antibody"),
        ("zenocutuzumab", "bispecific-antibody"),
        ("tarlatamab", "bispecific-antibody"),
        ("iza-bren", "adc bispecific-antibody"),
        ("bevacizumab", "vegf-antibody antiangiogenic"),
        ("anlotinib", "antiangiogenic"),
        ("selpercatinib", ""),
        ("trilaciclib", ""),
    ],
)
def test_a_drug_is_in_exactly_the_classes_of_the_convention(drug: str, classes: str) -> None:
    assert FORMULARY.classes_of(drug) == set(classes.split())


def test_targeted_means_inhibitors_of_egfr_alk_and_ros1_only() -> None:
    parts = [FORMULARY.members_of(id) for id in ("egfr-tki", "alk-tki", "ros1-tki")]
    assert FORMULARY.members_of("targeted") == frozenset().union(*parts)
    assert FORMULARY.members_of("platinum") >= {"carboplatin", "cisplatin", "nedaplatin", "lobaplatin"}


def test_expanding_adds_the_wider_classes_and_nothing_else() -> None:
    assert FORMULARY.expand([]) == frozenset()
    assert FORMULARY.expand(["osimertinib"]) == {"osimertinib", "egfr-tki-3g", "egfr-tki", "targeted"}
    assert FORMULARY.expand(["platinum", "pemetrexed"]) == {"platinum", "pemetrexed", "chemotherapy"}
    with pytest.raises(KeyError):
        FORMULARY.expand(["unheard-of"])


@given(st.sets(st.sampled_from([*FORMULARY.drugs, *FORMULARY.classes]), max_size=5))
def test_expanding_twice_is_expanding_once_and_agrees_with_membership(ids: set[str]) -> None:
    once = FORMULARY.expand(ids)
    assert ids <= once == FORMULARY.expand(once)
    assert {(drug, c) for drug in ids & set(FORMULARY.drugs) for c in FORMULARY.classes_of(drug)} == {
        (drug, c) for drug in ids for c in FORMULARY.classes if drug in FORMULARY.members_of(c)
    }


@given(st.sampled_from(entries(FORMULARY)), st.sampled_from(["", " ", "-", "_", "  "]))
def test_separators_and_case_never_change_what_a_word_means(entry: tuple[str, str], separator: str) -> None:
    word, id = entry
    assert FORMULARY.resolve(separator.join(word.upper())) == id
    assert folded(separator.join(word.upper())) == folded(word)


ONE_WORD = "expected each word for one entry, but"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("empty", [":1:1: expected a mapping, found nothing"]),
        ("duplicate-id", [":4:10: id: expected each id once, but `osimertinib` is in line 3 too"]),
        ("alias-of-two-drugs", [f":4:72: {ONE_WORD} `ak-112` also names `ivonescimab` (line 3)"]),
        ("alias-of-drug-and-class", [f":4:65: {ONE_WORD} `PD1` also names `pd-1` (line 2)"]),
        ("combination-word-of-a-drug", [f":6:14: {ONE_WORD} `EP` also names `etoposide` (line 4)"]),
        (
            "combination-of-one",
            [":5:28: write: expected at least two drugs or classes; a word for one belongs to its aliases"],
        ),
        (
            "unknown-part-of-combination",
            [":5:27: write: unknown drug or class `cisplatinum` (did you mean `cisplatin`?)"],
        ),
        (
            "unknown-class",
            [
                ":2:45: within: unknown class `targetted` (did you mean `targeted`?)",
                ":5:52: classes: unknown class `egfr-tki-3g` (did you mean `egfr-tki`?)",
            ],
        ),
        (
            "circle-of-classes",
            [
                (
                    ":2:44: within: expected no circle, found "
                    "`targeted` within `egfr-tki-3g` within `egfr-tki` within `targeted`"
                )
            ],
        ),
        ("unknown-key", [":3:55: brand: unknown key"]),
        (
            "id-with-capitals",
            [":3:10: id: expected small letters, digits and hyphens, such as `nab-paclitaxel`, found `PM8002`"],
        ),
        ("empty-alias", [":3:61: aliases: expected a word, found none"]),
    ],
)
def test_a_broken_file_is_refused_with_every_problem_at_its_place(name: str, expected: list[str]) -> None:
    assert complaints(name) == expected


def test_every_broken_file_is_asserted() -> None:
    marks = test_a_broken_file_is_refused_with_every_problem_at_its_place.pytestmark  # type: ignore[attr-defined]
    assert {path.stem for path in INVALID.glob("*.yaml")} == {case[0] for case in marks[0].args[1]}
