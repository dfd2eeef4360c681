"""How the cells of a table are read: words, variants, percentages, ranges, drugs and histories."""

from __future__ import annotations

import pytest

from regimen_advisor.knowledge.rulebook import load_rulebook

pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.columns.cells import comparable, drug_parts, read_cell


@pytest.fixture(scope="module")
def domain():
    return load_rulebook().domain


def plain(key, text, domain):
    cell = read_cell(key, text, domain)
    return None if cell is None else cell.plain


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("alk", "Positive", "positive"),
        ("histology", "Large Cell", "large-cell"),
        ("histology", "ADENOCARCINOMA", "adenocarcinoma"),
        ("egfr", "Wild-type", "wild-type"),
        ("egfr", "wild type", "wild-type"),
        ("egfr", "unknown", "unknown"),
        ("other_drivers", "Unknown", "unknown"),
        ("bleeding_risk", "unknown", "unknown"),
        ("bleeding_risk", "None", "none"),
        ("brain_metastases", "TRUE", True),
        ("other_drivers", "KRAS p.G12C", ["KRAS-G12C"]),
        ("other_drivers", "MET exon 14 skipping; RET fusion", ["MET-ex14", "RET"]),
        ("other_drivers", "braf v600e", ["BRAF-V600E"]),
    ],
)
def test_words_are_read_regardless_of_case_hyphens_and_spaces(domain, key, text, value):
    assert plain(key, text, domain) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("l858r", ["L858R"]),
        ("p.L858R", ["L858R"]),
        ("p.(Leu858Arg)", ["L858R"]),
        ("p.[L858R;T790M]", ["L858R", "T790M"]),
        ("L858R, T790M", ["L858R", "T790M"]),
        ("L858R / not T790M", {"found": ["L858R"], "not_found": ["T790M"]}),
        ("exon 19 deletion", ["ex19del"]),
        ("Ex19 del", ["ex19del"]),
        ("E746_A750del", ["ex19del"]),
        ("p.Glu746_Ala750del", ["ex19del"]),
        ("L747_P753delinsS", ["ex19del"]),
        ("G719A", ["G719X"]),
        ("D770_N771insSVD", ["ex20ins"]),
        ("H773dup", ["ex20ins"]),
        ("exon 20 insertion", ["ex20ins"]),
    ],
)
def test_variants_of_egfr_are_read_as_laboratories_write_them(domain, text, found):
    assert plain("egfr", text, domain) == found


@pytest.mark.parametrize(
    "text",
    [
        "A24S", "L858", "L858L", "E746_A750", "G719G", "E709_T710delinsD", "D770_N772insG", "E746_A750delEL",
        "L747_A750delinsAAAA", "A750_E746del", "exon 19", "amplification", "L858R or wild-type",
    ],
)  # fmt: skip
def test_what_is_no_variant_of_a_profile_exactly_is_not_guessed(domain, text):
    assert plain("egfr", text, domain) is None


@pytest.mark.parametrize("key", ["egfr", "other_drivers", "bleeding_risk"])
@pytest.mark.parametrize("text", ["+", ";", " / ", ",,", "p.[]"])
def test_signs_without_a_word_do_not_say_that_nothing_was_found(domain, key, text):
    assert plain(key, text, domain) is None


@pytest.mark.parametrize("text", ["KRAS G12D", "KRAS", "MET amplification", "HER2 amplification", "RET-PTC"])
def test_what_is_no_driver_of_a_profile_exactly_is_not_guessed(domain, text):
    assert plain("other_drivers", text, domain) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50%", 50),
        ("<1 %", {"below": 1}),
        ("1–49", {"at_least": 1, "at_most": 49}),
        ("1% - 49%", {"at_least": 1, "at_most": 49}),
        ("12.5", 12),
        ("0.5%", 0),
        ("0.0", 0),
        ("0.5", None),
        ("100.5", None),
        ("not reported", None),
    ],
)
def test_percentages_are_read_and_a_number_that_may_be_a_fraction_is_not(domain, text, value):
    assert plain("pd_l1_tps", text, domain) == value


def test_a_sign_and_a_range_are_no_gap_between_words():
    assert len({comparable(text) for text in ("ALK-", "ALK", "ALK+")}) == 3
    assert comparable("1-49") != comparable("149")
    assert comparable("-1") != comparable("1")
    assert comparable("stopped for toxicity") == comparable("Stopped-for-toxicity")


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("carboplatin, gemcitabine hydrochloride", ["carboplatin", "gemcitabine"]),
        ("cisplatin/vinorelbine tartrate", ["cisplatin", "vinorelbine"]),
        ("erlotinib hydrochloride + bevacizumab", ["erlotinib", "bevacizumab"]),
        ("afatinib dimaleate", ["afatinib"]),
        ("PD-1/PD-L1 inhibitor", ["PD-1/PD-L1 inhibitor"]),
        ("carboplatin; sodium chloride", ["carboplatin", "sodium chloride"]),
    ],
)
def test_drug_cells_are_parted_and_salts_left_out(domain, text, drugs):
    assert drug_parts(text, domain.formulary) == drugs
