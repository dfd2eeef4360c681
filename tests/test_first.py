"""What comes first: what holds for every option, once above them and nowhere below."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conftest import PROFILES
from generators import random_reachable, with_more
from regimen_advisor.advice import Advice
from regimen_advisor.advising import advise
from regimen_advisor.documents import markdown as documents_markdown
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports import glance, html, markdown, text
from small_rulebooks import rulebook_of

NSCLC: dict[str, Any] = {"histology": "adenocarcinoma", "stage": "IVB", "ecog": 1, "nrg1": "negative"}
NEGATIVE: dict[str, Any] = {
    **NSCLC,
    "egfr": "wild-type",
    "alk": "negative",
    "ros1": "negative",
    "other_drivers": "none",
}
SENTENCE = 6
"""Fewer words are a label or a name, such as of a regimen."""
RENDERERS: dict[str, Callable[..., str]] = {
    "text": text.render_advice,
    "markdown": markdown.render_advice,
    "html": html.render_advice,
}


def answered(rulebook: Rulebook, *parts: dict[str, Any]) -> tuple[Advice, Patient]:
    profile: dict[str, Any] = {}
    for part in parts:
        profile |= part
    patient = read(Profile.model_validate(profile), rulebook.domain)
    return advise(patient, rulebook), patient


def line(*drugs: str, outcome: str = "progressed") -> dict[str, Any]:
    return {"history": [{"line": 1, "drugs": list(drugs), "outcome": outcome}]}


def rules_first(advice: Advice) -> set[str]:
    return {rule for entry in advice.first if entry.state == "holds" for rule in entry.rules}


@pytest.mark.parametrize(
    ("profile", "rule"),
    [
        (NEGATIVE | {"ecog": 2, "history": []}, "nsclc-ecog-2"),
        (NEGATIVE | {"ecog": 3, "history": []}, "nsclc-ecog-3-4"),
        (NEGATIVE | {"alk": "positive"} | line("alectinib"), "alk-fusion-has-its-own-drugs"),
        (NEGATIVE | {"alk": "positive"} | line("alectinib"), "silent-on-alk-drugs"),
        (NEGATIVE | {"other_drivers": ["RET"]} | line("carboplatin", "pemetrexed"), "ret-has-its-own-drugs"),
        (NEGATIVE | {"egfr": ["L858R", "T790M"]} | line("gefitinib"), "t790m-found-without-third-generation-tki"),
        (NEGATIVE | {"egfr": ["ex20ins"], "history": []}, "silent-on-exon-20-insertion"),
        (NEGATIVE | line("osimertinib", outcome="ongoing"), "next-line-needs-progression"),
        (
            NEGATIVE
            | {"stage": "IIIB", "extent": "locally-advanced", "curative_treatment_possible": True, "history": []},
            "curative-treatment-comes-first",
        ),
        (
            NEGATIVE
            | {"egfr": ["ex19del"]}
            | {"history": [{"setting": "curative", "drugs": ["osimertinib"], "outcome": "progressed"}]},
            "progressed-on-curative-egfr-tki",
        ),
    ],
)
def test_what_decides_for_a_patient_comes_first(profile: dict[str, Any], rule: str, rulebook: Rulebook) -> None:
    advice, _ = answered(rulebook, profile)
    assert rule in rules_first(advice)


@pytest.mark.parametrize(
    ("risk", "rule"),
    [
        ({"bleeding_risk": ["haemoptysis"]}, "nsclc-bleeding-features-with-antiangiogenic-drugs"),
        ({"comorbidities": ["anticoagulation"]}, "nsclc-anticoagulation-with-antiangiogenic-drugs"),
    ],
)
def test_what_makes_bleeding_likelier_comes_after_supportive_care_and_before_ecog_2(
    risk: dict[str, Any], rule: str, rulebook: Rulebook
) -> None:
    untreated = {"history": [], "pd_l1_tps": 0, "liver_metastases": False}
    for ecog, first in ((2, [rule, "nsclc-ecog-2"]), (3, ["nsclc-ecog-3-4", rule])):
        advice, _ = answered(rulebook, NEGATIVE, untreated | risk | {"ecog": ecog})
        found = [name for entry in advice.first if entry.state == "holds" for name in entry.rules if name in first]
        assert found == first


def test_what_makes_bleeding_likelier_comes_before_ecog_2_though_an_option_of_another_kind_waits(
    rulebook: Rulebook,
) -> None:
    not_tested = {key: value for key, value in NEGATIVE.items() if key != "nrg1"}
    treated = line("carboplatin", "pemetrexed", "pembrolizumab")
    advice, _ = answered(rulebook, not_tested, treated, {"ecog": 2, "comorbidities": ["anticoagulation"]})
    assert "zenocutuzumab" in {option.name for option in advice.options if option.standing is Standing.UNDETERMINED}
    assert [entry.rules for entry in advice.first if entry.state == "holds"][:2] == [
        ("nsclc-anticoagulation-with-antiangiogenic-drugs",),
        ("nsclc-ecog-2",),
    ]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_comes_first_is_not_repeated_below(path: Path, form: str, rulebook: Rulebook) -> None:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    advice = advise(patient, rulebook)
    shown = " ".join(RENDERERS[form]([advice], rulebook, [patient]).split())
    for entry in advice.first:
        found = " ".join(documents_markdown.escaped(entry.says).split()) if form == "markdown" else entry.says
        assert shown.count(found) <= 1, entry.says
        if entry.state == "holds":
            assert shown.count(found) == 1, entry.says


def repeated(advice: Advice, patient: Patient, rulebook: Rulebook) -> dict[str, int]:
    """The sentences that the screen of an advice shows more than once, and how often."""
    shown = " ".join(text.render_advice([advice], rulebook, [patient]).split())
    sentences = {caution.says for option in advice.options for caution in option.cautions}
    sentences |= {entry.says for entry in (*advice.notes, *advice.silent, *advice.standards)}
    # Without its full stop too: in a cell a whole sentence may end without one.
    return {says: count for says in sentences if (count := shown.count(says.removesuffix("."))) > 1}


def without_pointer(advice: Advice, rulebook: Rulebook, *, cut: bool) -> set[str]:
    """The warnings of the table at a glance that a later row repeats instead of pointing to the first."""
    pointing = re.compile(r" \(see (\d+|the standard)\)$")
    rows = glance.rows(advice, rulebook, cut=cut)
    waits = {row.warning for row in rows if row.option.standing is Standing.UNDETERMINED}
    counted = Counter(row.warning for row in rows if not pointing.search(row.warning))
    return {words for words, count in counted.items() if count > 1 and words} - waits


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_no_sentence_about_the_patient_or_the_evidence_occurs_twice_on_the_screen(
    path: Path, rulebook: Rulebook
) -> None:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    advice = advise(patient, rulebook)
    assert repeated(advice, patient, rulebook) == {}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("cut", [True, False])
def test_a_warning_of_the_table_at_a_glance_that_comes_again_points_to_the_first(
    path: Path, cut: bool, rulebook: Rulebook
) -> None:
    profile, document = read_profile(path)
    advice = advise(read(profile, rulebook.domain, document), rulebook, ask=False)
    assert without_pointer(advice, rulebook, cut=cut) == set()


@pytest.mark.sampled(10)
@pytest.mark.parametrize("seed", range(100))
def test_nothing_is_repeated_on_the_screen_of_any_patient_who_is_offered_something(
    seed: int, rulebook: Rulebook
) -> None:
    random = Random(seed)
    _, _, profile = random_reachable(random, rulebook, Standing.OFFERED, Standing.OFFERED_WITH_CAUTION)
    advice, patient = answered(rulebook, with_more(random, profile, rulebook, known=0.8))
    assert any(option.standing.is_offered for option in advice.options)
    assert repeated(advice, patient, rulebook) == {}
    again = without_pointer(advice, rulebook, cut=True) | without_pointer(advice, rulebook, cut=False)
    status = "? a caution waits for "  # each row needs its own
    assert {words for words in again if not words.startswith(status)} == set()


def test_what_all_offers_carry_is_not_repeated_under_an_option_that_waits_and_carries_it_by_another_rule(
    rulebook: Rulebook,
) -> None:
    known = {
        "disease": "nsclc",
        "stage": "IVB",
        "egfr": ["ex20ins"],
        "alk": "negative",
        "curative_treatment_possible": False,
    }
    advice, patient = answered(rulebook, known, line("amrubicin"))
    standings = {option.name: option.standing for option in advice.options}
    assert standings["PD-1 inhibitor + bevacizumab"] is Standing.UNDETERMINED
    assert "EGFR is not wild-type" in " ".join(entry.says for entry in advice.first)
    assert repeated(advice, patient, rulebook) == {}


def test_the_page_of_a_patient_says_first_what_holds_for_all(rulebook: Rulebook) -> None:
    advice, patient = answered(rulebook, NEGATIVE, {"ecog": 3, "history": []})
    page = html.render_advice([advice], rulebook, [patient])
    assert page.index("<h2>First</h2>") < page.index("supportive care comes first") < page.index("<h2>Standard stated")


TWO = """
- {id: a, offer: anlotinib, when: {disease: nsclc}}
- {id: b, offer: apatinib, when: {disease: nsclc}}
"""


def first_of(rulebook: Rulebook, rules: str) -> list[tuple[tuple[str, ...], str]]:
    advice, _ = answered(rulebook_of(rulebook, TWO + rules), NSCLC)
    return [(entry.rules, entry.effect) for entry in advice.first]


def test_a_caution_asks_for_the_place_and_gets_it_only_where_every_option_carries_it(rulebook: Rulebook) -> None:
    placed = "- {{id: c, caution: {}, kind: patient, place: first, when: {{ecog: 1}}}}"
    assert first_of(rulebook, placed.format("all-options")) == [(("c",), "caution")]
    assert first_of(rulebook, placed.format("{drug: anlotinib}")) == []


def test_a_caution_about_the_patient_that_all_offers_carry_gets_the_place_unasked(rulebook: Rulebook) -> None:
    caution = "- {{id: c, caution: all-options, kind: {}, when: {{ecog: 1}}}}"
    assert first_of(rulebook, caution.format("patient")) == [(("c",), "caution")]
    for kind in ("evidence", "measure"):
        assert first_of(rulebook, caution.format(kind)) == [], kind


def test_a_note_or_silence_comes_first_only_where_it_asks_to(rulebook: Rulebook) -> None:
    rules = """
- {id: c, note: A note, place: first, when: {ecog: 1}}
- {id: d, silent: A silence, says: Nothing is said., place: first, when: {ecog: 1}}
- {id: e, note: Another, when: {ecog: 1}}
- {id: f, note: Not so, place: first, when: {ecog: 2}}
"""
    assert first_of(rulebook, rules) == [(("c",), "note"), (("d",), "silent")]


def test_one_sentence_by_several_rules_is_shown_once_with_all_of_them(rulebook: Rulebook) -> None:
    rules = """
- {id: c, caution: {drug: anlotinib}, kind: patient, place: first, when: {ecog: 1}}
- {id: d, caution: {drug: apatinib}, kind: patient, place: first, when: {ecog: 1}}
"""
    assert first_of(rulebook, rules) == [(("c", "d"), "caution")]


def test_open_cautions_come_last_and_are_named_in_one_line_where_they_are_many(rulebook: Rulebook) -> None:
    unknown = ("ecog", "nrg1", "other_drivers")
    profile = {key: value for key, value in NEGATIVE.items() if key not in unknown}
    advice, patient = answered(rulebook, profile, {"history": []})
    states = [entry.state for entry in advice.first]
    assert states == sorted(states)  # what holds, then what is open
    assert states.count("open") > 2
    shown = " ".join(text.render_advice([advice], rulebook, [patient]).split())
    assert "? each can speak against every option: " in shown
    assert not any(entry.says in shown for entry in advice.first if entry.state == "open")


def test_the_rules_that_ask_for_the_first_place_are_about_the_patient(rulebook: Rulebook) -> None:
    found = Counter(rule.effect.value for rule in rulebook.rules.values() if rule.is_first)
    assert set(found) == {"caution", "note", "silent"}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_no_sentence_at_all_occurs_twice_in_the_text_of_an_answer(path: Path, rulebook: Rulebook) -> None:
    profile, document = read_profile(path)
    patient = read(profile, rulebook.domain, document)
    shown = text.render_advice([advise(patient, rulebook)], rulebook, [patient])
    words = re.sub(r"\s+", " ", re.sub(r"\[[^]]*\]", "", shown))
    words = re.sub(r"(\([a-z, ]+\) )?Also of [\d, and]+\.", "", words)  # where else the sentence before it belongs
    parts = re.split(r"(: |\. )", words)
    ended = [part for part, end in zip(parts[::2], [*parts[1::2], ""], strict=True) if end != ": "]  # no label
    whole = [part.strip() for part in ended if not part.endswith("..")]  # `...` points to where it is written out
    counted = Counter(part for part in whole if len(part.split()) >= SENTENCE)
    assert {entry: count for entry, count in counted.items() if count > 1} == {}
