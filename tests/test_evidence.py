"""The studies, approvals and reviews that ship, held against the review texts and the transcription where at hand."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.evidence import (
    Comparison,
    Interval,
    Result,
    Safety,
    Study,
    Value,
    design_level,
    load_approvals,
    load_reviews,
    load_study,
    misplaced,
    studies_of,
)
from regimen_advisor.knowledge.figure_audit import (
    format_printed,
    load_section_numbers,
    parse_printed,
    quoted,
    quoted_by_study,
    untraced,
)
from regimen_advisor.knowledge.publications import Source, Sources
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.knowledge.source_text import numbers_by_section, printed_in, section_texts

ROOT = Path(__file__).parents[1]
RULES = ROOT / "rules"
SHARED = ROOT.parent / "shared"
REVIEW_TEXTS = {"antiangiogenic": "000_585727c46d7c405b.txt", "bispecific": "004_574e8839fc6f581a.txt"}
SPREAD = 320  # characters within which the numbers of one figure are

STUDIES = load_rulebook(RULES).studies
APPROVALS = load_approvals(RULES / "approvals.yaml")
REVIEWS = load_reviews(RULES / "reviews.yaml")
NUMBERS = load_section_numbers(RULES / "section-numbers.yaml")

AA_4_1 = Source(review="antiangiogenic", section="4.1")

with_transcription = pytest.mark.skipif(
    not (SHARED / "evidence").is_dir(), reason="the transcription of the reviews is not beside this checkout"
)
with_reviews = pytest.mark.skipif(
    not (SHARED / "reviews").is_dir(), reason="the review texts are not beside this checkout"
)
# `other` of OAK ("the arm after progression") is with its prior therapy
MERGED = {"oak-treatment-beyond-progression": {"other"}}
# a finding that the transcription has with another entry: here it is the harm of a drug, which other patients see
SPLIT = {"statement-bev-stop-rule": "statement-bev-not-for-squamous"}
# findings and stated limits that the transcription passes over and `sources missing` brought to light
ADDED = {
    "guideline-first-line-stance": (1, 1),
    "statement-no-efficacy-biomarker": (1, 0),
    "statement-tki-antiangiogenic-open-questions": (1, 0),
}
TRANSCRIBED = [study for study in STUDIES.values() if study.id not in SPLIT]

MINIMAL = """\
id: mini
name: Mini
kind: trial
phase: II
design: {type: single-arm}
arms: [{name: drug, role: experimental, drugs: [{drug: afatinib}]}]
results:
  - {endpoint: ORR, measure: rate, unit: "%", values: [{of: drug, value: 40}],
     source: {review: antiangiogenic, section: "4.2"}}
cited_in: [{review: antiangiogenic, sections: ["4.2"]}]
"""


def all_errata():
    for study in STUDIES.values():
        yield from study.errata
    for approval in APPROVALS.values():
        yield from approval.errata
    for review in REVIEWS.values():
        for mention in review.mentions:
            yield from mention.errata


def section_of(part: Result | Safety) -> str:
    (place,) = part.source.places
    return place.section


@cache
def sections_of(review: str) -> dict[str, str]:
    return section_texts(text_of(review), REVIEWS[review].section_numbers)


def text_of(review: str) -> str:
    return (SHARED / "reviews" / REVIEW_TEXTS[review]).read_text(encoding="utf-8")


@cache
def transcribed(name: str) -> dict:
    return yaml.load(
        (SHARED / "evidence" / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )


@cache
def transcribed_entries() -> dict[str, dict]:
    return {entry["id"]: entry for entry in transcribed("evidence.yaml")["evidence"]}


def load_text(tmp_path: Path, text: str) -> Study:
    file = tmp_path / "mini.yaml"
    file.write_text(text, encoding="utf-8")
    return load_study(file)


# what ships


def test_every_reference_leads_to_a_review_a_section_an_approval_or_a_study():
    assert misplaced(STUDIES, APPROVALS, REVIEWS, STUDIES) == []


def test_every_number_is_in_the_section_it_names():
    assert [str(problem) for problem in untraced(quoted(STUDIES.values(), APPROVALS.values()), NUMBERS)] == []


def test_every_result_knows_its_line():
    assert all(result.location and result.location.line for study in STUDIES.values() for result in study.results)


def test_a_benefit_is_stated_in_a_section_of_the_study():
    assert all(
        {place.section for place in study.shown_benefit.source.places} <= study.sections
        for study in STUDIES.values()
        if study.shown_benefit is not None
    )


def test_a_survival_benefit_that_an_erratum_calls_unverified_is_not_taken_as_shown():
    assert STUDIES["harmoni-2"].shown_benefit.endpoint == "PFS"
    assert STUDIES["dellphi-304"].shown_benefit.endpoint == "OS"
    assert STUDIES["oak-treatment-beyond-progression"].shown_benefit is None


def test_an_unreliable_figure_carries_its_erratum():
    study = STUDIES["harmoni-2"]
    survival = next(result for result in study.results if result.endpoint == "OS")
    assert [erratum.id for erratum in study.errata_of(survival)] == ["D04a", "D04b", "D04c"]
    assert not study.errata_of(study.results[0])


@pytest.mark.parametrize(
    ("study", "level"),
    [
        ("meta-bev-platinum-4-trials", 1),  # pooled randomised trials
        ("impower150", 2),  # randomised
        ("ecog-4599", 2),  # phase III with a control arm, randomisation not stated
        ("apatinib-ph2-third-line", 2),  # phase II against placebo
        ("china-retro-1g-tki-bev", 3),  # retrospective comparison
        ("rwe-pd1-antiangiogenic-69", 4),  # retrospective series
        ("harmoni-5", 4),  # one arm
        ("dellphi-301", 4),  # doses only
        ("statement-dll3-cd47", 5),  # mechanism
        ("statement-bev-chemo-later-use", None),  # opinion
        ("meta-egfr-tki-bev-5-studies", None),  # designs of the pooled studies not stated
        ("nct03689855", None),  # no result yet
    ],
)
def test_the_design_alone_gives_the_level(study, level):
    assert design_level(STUDIES[study]).ocebm_2011 == level


def test_the_basis_of_a_level_says_where_the_randomisation_is_known_from():
    assert design_level(STUDIES["paloma-3"]).basis == "randomised phase III"
    assert design_level(STUDIES["mariposa-2"]).basis == "randomised phase III (by D12a, not by the review)"
    assert "randomisation not stated" in design_level(STUDIES["ecog-4599"]).basis


# against the transcription


@with_transcription
def test_the_same_entries_and_approvals_are_there():
    document = transcribed("evidence.yaml")
    assert {study.id for study in TRANSCRIBED} == {entry["id"] for entry in document["evidence"]}
    assert set(APPROVALS) == {entry["id"] for entry in document["approvals"]}


@with_transcription
def test_every_erratum_is_with_the_study_or_approval_it_names():
    carried = {erratum.id: study.id for study in STUDIES.values() for erratum in study.errata}
    carried |= {erratum.id: approval.id for approval in APPROVALS.values() for erratum in approval.errata}
    expected = {entry["id"]: entry["study"] for entry in transcribed("errata.yaml")["errata"]}
    assert {**dict.fromkeys(expected), **carried} == expected


@with_transcription
def test_every_erratum_keeps_its_certainty_section_and_figures():
    def numbers(text):
        return sorted(re.findall(r"\d+(?:\.\d+)?", text.replace(",", "")))

    expected = {entry["id"]: entry for entry in transcribed("errata.yaml")["errata"]}
    changed = [
        (erratum.id, key)
        for erratum in all_errata()
        for key in ("review_says", "published_says")
        if numbers(getattr(erratum, key)) != numbers(expected[erratum.id][key])
    ]
    assert changed == []
    assert {e.id: (e.certainty, ", ".join(place.section for place in e.source.places)) for e in all_errata()} == {
        id_: (entry["certainty"], entry["section"]) for id_, entry in expected.items()
    }


def value_of(value: Value) -> str:
    if value.status:
        return value.status
    number = f"{value.value:g}-{value.to:g}" if value.to is not None else f"{value.value:g}"
    return number + (f" ({value.percent:g}%)" if value.percent is not None else "")


def transcribed_value(entry: dict) -> str:
    value = entry["value"]
    return value.removeprefix("about ") if isinstance(value, str) else f"{value:g}"


@with_transcription
@pytest.mark.parametrize("study", TRANSCRIBED, ids=lambda study: study.id)
def test_every_figure_is_carried_unchanged(study):
    entry = transcribed_entries()[study.id]
    assert len(study.results) == len(entry["figures"])
    for result, figure in zip(study.results, entry["figures"], strict=True):
        assert (result.endpoint, section_of(result)) == (figure["endpoint"], figure["section"])
        assert [value_of(value) for value in result.values] == [transcribed_value(arm) for arm in figure["arms"]]
        assert [value.n for value in result.values] == [arm.get("n") for arm in figure["arms"]]
        assert [interval_of(value.interval) for value in result.values] == [
            (*arm["ci"], arm["ci_level"]) if arm.get("ci") else None for arm in figure["arms"]
        ]
        assert {c.hazard_ratio for c in result.comparisons} - {None} == {figure["hr"]} - {None}
        assert {c.p for c in result.comparisons} - {None} == {figure["p"]} - {None}
        assert {interval_of(c.interval) for c in result.comparisons} - {None} == (
            {(*figure["hr_ci"], figure["hr_ci_level"])} if figure["hr_ci"] else set()
        )
        reduction = figure.get("risk_reduction_pct") or {}
        expected = list(reduction.values()) if isinstance(reduction, dict) else [reduction]
        assert [c.risk_reduction for c in result.comparisons if c.risk_reduction is not None] == expected
        assert bool(result.subgroup) == bool(figure["subgroup"])


def interval_of(interval: Interval | None) -> tuple | None:
    return (interval.low, interval.high, interval.level) if interval else None


@with_transcription
@pytest.mark.parametrize("study", TRANSCRIBED, ids=lambda study: study.id)
def test_safety_findings_limits_and_places_are_carried(study):
    entry = transcribed_entries()[study.id]
    parts = [study, *(STUDIES[part] for part, whole in SPLIT.items() if whole == study.id)]
    findings = sum(len(part.findings) for part in parts)
    added, stated = ADDED.get(study.id, (0, 0))
    assert [len(study.safety), findings - added, len(study.limits.stated) - stated, len(study.limits.inferred)] == [
        len(entry[key]) for key in ("safety", "qualitative_findings", "limitations", "limitations_inferred")
    ]
    for finding, row in zip(study.safety, entry["safety"], strict=True):
        rows = row.get("arms") or ([row] if row.get("value") is not None else [])
        assert [value_of(value) for value in finding.values] == [transcribed_value(arm) for arm in rows]
        assert (finding.unit, section_of(finding)) == (row.get("unit"), row["section"])
    assert (study.n.value if study.n else None, study.phase is None) == (entry["n"], entry["phase"] is None)
    assert [(p.review, list(p.sections), list(p.references)) for p in study.cited_in] == [
        (p["review"], p["sections"], p["ref_numbers"]) for p in entry["cited_in"]
    ]
    sizes = {count.value for count in study.counts()}
    assert {n for n in (entry.get("n_by_arm") or {}).values() if isinstance(n, int)} <= sizes
    described = {key for key, value in entry["population"].items() if value is not None} - {"source"}
    assert set(study.population.model_dump(exclude_none=True)) - {"errata"} == described - MERGED.get(study.id, set())


@with_transcription
@pytest.mark.parametrize("study", TRANSCRIBED, ids=lambda study: study.id)
def test_no_citation_field_is_invented_or_lost(study):
    known = {
        key.removesuffix("_id"): (field["value"], field["confidence"], field.get("where"))
        for key, field in transcribed_entries()[study.id]["citation"].items()
        if isinstance(field, dict) and field["value"] is not None
    }
    carried = {name: (f.value, f.confidence, f.where) for name, f in study.citation.fields().items()}
    assert carried == known


@with_transcription
def test_approvals_say_no_more_than_the_review():
    for entry in transcribed("evidence.yaml")["approvals"]:
        approval = APPROVALS[entry["id"]]
        assert (approval.agency, approval.year, approval.month) == (entry["agency"], entry["year"], entry["month"])
        assert list(approval.studies) == entry["based_on"]
        assert ", ".join(place.section for place in approval.source.places) == entry["section"]


# against the review texts


@with_reviews
@pytest.mark.parametrize("review", REVIEW_TEXTS)
def test_the_shipped_numbers_are_those_of_the_text(review):
    assert NUMBERS[review] == numbers_by_section(text_of(review), REVIEWS[review].section_numbers)


@with_reviews
@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.id)
def test_the_numbers_of_one_figure_are_together_in_the_text(study):
    review = study.cited_in[0].review
    texts = sections_of(review)
    for result in study.results:
        alone = study.model_copy(update={"results": (result,), "safety": ()})
        wanted = {quote.number for quote in quoted_by_study(alone) if quote.subject == f"{study.id}: {result.endpoint}"}
        assert shortest_span(texts[section_of(result)], wanted) <= SPREAD, f"{study.id} {result.endpoint}"


@with_reviews
@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.id)
def test_a_number_is_printed_with_the_decimals_of_the_review(study):
    texts = sections_of(study.cited_in[0].review)
    for part in (*study.results, *study.safety):
        for figure in part.values:
            if figure.value is not None:
                assert is_as_printed(figure.value, texts[section_of(part)]), f"{study.id}: {figure}"
        for comparison in part.comparisons if isinstance(part, Result) else ():
            if comparison.hazard_ratio is not None:
                assert is_as_printed(comparison.hazard_ratio, texts[section_of(part)]), f"{study.id}: {comparison}"


def is_as_printed(number: float, text: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(str(number))}(?!\d|\.\d)", text) is not None


def test_a_number_keeps_the_last_nought_it_is_printed_with_and_is_a_number_in_json(tmp_path):
    study = load_text(tmp_path, MINIMAL.replace("value: 40", 'value: "1.40"'))
    value = study.results[0].values[0]
    assert (f"{value.value}", value.value, value.model_dump(mode="json")["value"]) == ("1.40", 1.4, 1.4)


@pytest.mark.parametrize("text", ["'1.4'", "'01.40'", "'-1.40'", "'about 1.40'"])
def test_a_number_in_quotation_marks_without_a_last_nought_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="value: expected"):
        load_text(tmp_path, MINIMAL.replace("value: 40", f"value: {text}"))


def shortest_span(text: str, wanted: set[str]) -> int:
    """Length of the shortest stretch of text that holds all numbers wanted."""
    places = [(m.start(), number) for m in re.finditer(r"\d+(?:\.\d+)?", text) if (number := f"{float(m[0]):g}")]
    wanted = {f"{float(number):g}" for number in wanted}
    best, last = len(text) + SPREAD, {}
    for at, number in places:
        if number in wanted:
            last[number] = at
            if len(last) == len(wanted):
                best = min(best, at - min(last.values()))
    return best if wanted else 0


# what is refused


def test_a_study_without_a_place_in_a_review_does_not_load(tmp_path):
    with pytest.raises(InputError, match="expected the key `cited_in`, which is missing"):
        load_text(tmp_path, MINIMAL.replace("cited_in", "# cited_in"))


def test_a_figure_without_a_section_does_not_load(tmp_path):
    with pytest.raises(InputError, match="expected the key `source`, which is missing"):
        load_text(tmp_path, MINIMAL.replace(',\n     source: {review: antiangiogenic, section: "4.2"}}', "}"))


def test_a_figure_from_a_section_the_study_is_not_cited_in_is_refused(tmp_path):
    with pytest.raises(InputError, match=r":9:\d+: section: expected a section the study is cited in \(4\.2\)"):
        load_text(tmp_path, MINIMAL.replace('section: "4.2"}', 'section: "4.3"}'))


def test_a_figure_from_a_source_the_study_is_not_cited_in_is_refused(tmp_path):
    elsewhere = MINIMAL.replace("source: {review: antiangiogenic", "source: {review: bispecific")
    with pytest.raises(InputError, match=r":9:\d+: review: expected a source the study is cited in \(antiangiogenic\)"):
        load_text(tmp_path, elsewhere)


def test_a_figure_of_an_unknown_arm_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"of: expected an arm or a group of this study, found `drag`.*`drug`"):
        load_text(tmp_path, MINIMAL.replace("of: drug", "of: drag"))


def test_an_erratum_that_is_not_listed_is_refused(tmp_path):
    with pytest.raises(InputError, match="errata: expected an erratum of this study, found `D99`"):
        load_text(tmp_path, MINIMAL.replace('section: "4.2"}}', 'section: "4.2"}, errata: [D99]}'))


def test_a_study_must_bear_the_name_of_its_file(tmp_path):
    with pytest.raises(InputError, match="id: expected `mini` as the file is named, found `maxi`"):
        load_text(tmp_path, MINIMAL.replace("id: mini", "id: maxi"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("registry", "NCT0506001"),
        ("registry", "ISRCTN1"),
        ("doi", "doi.org/10.1056/NEJMoa2307980"),
        ("pmid", "PMID37861218"),
        ("pmcid", "11469630"),
    ],
)
def test_a_citation_number_of_the_wrong_form_is_refused(tmp_path, field, value):
    with pytest.raises(InputError, match=r"mini\.yaml:11:\d+: value: expected"):
        load_text(tmp_path, MINIMAL + f'citation: {{{field}: {{value: "{value}", confidence: recalled}}}}\n')


def test_a_confirmed_citation_says_where_it_was_read(tmp_path):
    with pytest.raises(InputError, match="expected `where` for a confirmed value"):
        load_text(tmp_path, MINIMAL + "citation: {journal: {value: Lancet, confidence: confirmed}}\n")


def test_all_problems_of_all_files_are_reported_at_once(tmp_path):
    (tmp_path / "one.yaml").write_text(
        MINIMAL.replace("id: mini", "id: one").replace("phase", "fase"), encoding="utf-8"
    )
    (tmp_path / "two.yaml").write_text(MINIMAL.replace("of: drug", "of: drag"), encoding="utf-8")
    problems = []
    studies_of(sorted(tmp_path.glob("*.yaml")), tmp_path, problems)
    assert {Path(problem.location.file).name for problem in problems} == {"one.yaml", "two.yaml"}
    assert len(problems) == 3


def test_a_folder_without_studies_is_refused(tmp_path):
    problems = []
    assert not studies_of([], tmp_path, problems)
    assert [problem.message for problem in problems] == ["expected a folder with study files (*.yaml), found none"]


@pytest.mark.parametrize(
    "fields",
    [
        {"hazard_ratio": 0.9, "interval": Interval(low=0.5, high=0.8, level=95)},
        {"interval": Interval(low=0.5, high=0.8, level=95)},
        {"p": "0.05 or so"},
        {"against": "A"},
    ],
)
def test_an_implausible_comparison_is_refused(fields):
    with pytest.raises(ValidationError):
        Comparison(**{"of": "A", "against": "B"} | fields)


def test_a_value_outside_its_interval_is_refused():
    with pytest.raises(ValidationError, match="within its interval"):
        Value(of="A", value=20, interval=Interval(low=1, high=10, level=95))


def test_an_interval_upside_down_is_refused():
    with pytest.raises(ValidationError, match="lower bound first"):
        Interval(low=2, high=1, level=95)


def test_a_value_without_a_unit_is_refused():
    with pytest.raises(ValidationError, match="expected a unit"):
        Result(endpoint="PFS", measure="median", values=(Value(of="A", value=1),), source=Sources(AA_4_1))


# tracing


def test_a_wrong_number_is_found_out(tmp_path):
    study = load_text(tmp_path, MINIMAL)
    numbers = {"antiangiogenic": {"4.2": parse_printed("41%")}}
    [problem] = untraced(quoted_by_study(study), numbers)
    assert (problem.location.line, problem.message) == (
        8,
        "mini: ORR: expected `40 %` in antiangiogenic 4.2, where it is not found",
    )


def test_a_number_with_another_unit_does_not_count(tmp_path):
    study = load_text(tmp_path, MINIMAL)
    assert untraced(quoted_by_study(study), {"antiangiogenic": {"4.2": parse_printed("40months")}})
    assert not untraced(quoted_by_study(study), {"antiangiogenic": {"4.2": parse_printed("40%")}})


def test_a_text_is_cut_at_its_headings():
    raw = "前文 5\n1 背景\n甲 2,194 例\n2. 方法\n乙 P<0.001,5\n2. 1 结果 18.90个月[3,4]\n"
    numbers = numbers_by_section(raw, ["1", "2", "2.1"])
    assert numbers == {
        "abstract": {"5"},
        "1": {"2194", "2194 patients"},
        "2": {"0.0015"},
        "2.1": {"18.9", "18.9 months"},
    }


def test_a_heading_of_markdown_is_one() -> None:
    raw = "# A guideline\n5\n## 1 First line\n12%\n### 1.1 Later\n3 months\n"
    assert numbers_by_section(raw, ["1", "1.1"]) == {"abstract": {"5"}, "1": {"12", "12 %"}, "1.1": {"3", "3 months"}}


@given(st.lists(st.tuples(st.integers(1, 999), st.sampled_from(["", "%", "个月", "例"])), max_size=9))
def test_printed_numbers_survive_writing_and_reading(tokens):
    printed = printed_in(" ; ".join(f"{number}{unit}" for number, unit in tokens))
    assert parse_printed(format_printed(printed)) == printed


def test_a_table_of_numbers_in_another_shape_is_refused(tmp_path):
    file = tmp_path / "section-numbers.yaml"
    file.write_text("antiangiogenic: [1, 2]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r":1:\d+: expected a mapping"):
        load_section_numbers(file)
