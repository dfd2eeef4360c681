"""The forest plot and the guideline maps: drawn from the rules, readable without colour, escaped."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conftest import ROOT
from regimen_advisor.advising import advise, evidence_of
from regimen_advisor.drawing.forest import WARNING, ForestRow, forest_plot, rows_of, rows_of_study
from regimen_advisor.drawing.guideline_map import GuidelineMap, MapTest, Node, guideline_map
from regimen_advisor.drawing.map_picture import STROKES, map_picture
from regimen_advisor.drawing.map_text import FORMATS, as_dot, as_mermaid
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.effective import effective_conditions, regimen_rules
from regimen_advisor.knowledge.evidence import Interval
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.knowledge.setting_names import setting_named
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import Patient, read

SVG = "{http://www.w3.org/2000/svg}"
ROW = ForestRow("study", "STUDY", "PFS", "new", "old", "XY 1", 0.5, Interval(low=0.25, high=1.0, level=95), "HR 0.5")
LATER_EGFR = "nsclc/later-line-egfr"


def patient(rulebook: Rulebook, name: str) -> Patient:
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    return read(profile, rulebook.domain, document)


def words(svg: str) -> str:
    return " ".join(element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text"))


# Forest plot --------------------------------------------------------------------------------------------------------


def test_every_hazard_ratio_and_reduction_of_risk_of_every_study_gets_a_row(rulebook: Rulebook) -> None:
    rows = [row for study in rulebook.studies.values() for row in rows_of_study(evidence_of(study), rulebook.citations)]
    printed = [
        comparison
        for study in rulebook.studies.values()
        for result in study.results
        for comparison in result.comparisons
        if comparison.hazard_ratio is not None or comparison.risk_reduction is not None
    ]
    assert len(rows) == len(printed) > 0
    assert {row.is_drawn for row in rows} == {True, False}


def test_a_row_names_trial_endpoint_section_arm_and_comparator_and_prints_the_numbers() -> None:
    shown = words(forest_plot([ROW]))
    assert "STUDY, PFS [XY 1]" in shown
    assert "new v old" in shown
    assert "0.5 (95\u00a0% CI 0.25 to 1.0)" in shown.replace("95 %", "95\u00a0%")


def test_the_axis_is_logarithmic_and_the_interval_lies_on_it() -> None:
    parts = ET.fromstring(forest_plot([ROW]))
    interval = next(line for line in parts.iter(f"{SVG}line") if line.get("stroke-width") == "2")
    point = next(parts.iter(f"{SVG}rect"))
    low, high = float(interval.get("x1", "")), float(interval.get("x2", ""))
    middle = float(point.get("x", "")) + float(point.get("width", "")) / 2
    assert middle == pytest.approx((low + high) / 2, abs=0.2)  # 0.5 is the geometric mean of 0.25 and 1


def test_a_figure_without_an_interval_is_listed_and_not_drawn() -> None:
    shown = forest_plot([replace(ROW, interval=None)])
    assert "<rect" not in shown
    assert "not drawn" in words(shown)
    assert "STUDY, PFS [XY 1]: new v old: HR 0.5" in words(shown)


def test_rows_keep_the_order_of_the_options_whatever_their_hazard_ratios(rulebook: Rulebook) -> None:
    better = replace(ROW, name="BETTER", ratio=0.3)
    assert re.findall(r"(STUDY|BETTER),", words(forest_plot([ROW, better]))) == ["STUDY", "BETTER"]
    advice = advise(patient(rulebook, "driver-negative-tps-50-untreated"), rulebook)
    studies = list(dict.fromkeys(entry.study for option in advice.options for entry in option.evidence))
    found = [row.study for row in rows_of(advice.options, rulebook.citations)]
    assert found == sorted(found, key=studies.index)


def test_the_plot_warns_that_trials_are_not_compared_and_tells_it_to_a_screen_reader() -> None:
    svg = ET.fromstring(forest_plot([ROW]))
    assert svg.get("role") == "img"
    description = svg.find(f"{SVG}desc")
    assert description is not None
    assert "STUDY, PFS [XY 1]: new v old: HR 0.5" in (description.text or "")
    assert WARNING.split(":", maxsplit=1)[0] in words(forest_plot([ROW]))


def test_a_square_has_the_class_of_its_standing_and_what_waits_is_hollow_and_says_so() -> None:
    def square(**studies: list[str]) -> tuple[str | None, str | None]:
        found = next(ET.fromstring(forest_plot([ROW], **studies)).iter(f"{SVG}rect"))  # type: ignore[arg-type]
        return found.get("class"), found.get("fill")

    assert square() == (None, "currentColor")
    assert square(offered=["study"]) == ("point", "currentColor")
    assert square(waiting=["study"]) == ("point waits", "none")
    assert "STUDY, PFS [XY 1] · waits for an answer" in words(forest_plot([ROW], waiting=["study"]))


def test_nothing_is_drawn_where_no_review_prints_an_effect() -> None:
    assert forest_plot([]) == ""


def test_text_in_a_plot_is_escaped() -> None:
    svg = forest_plot([replace(ROW, name='<script>"&', interval=None)])
    assert "<script" not in svg
    assert '<script>"&' in words(svg)


# Guideline map ------------------------------------------------------------------------------------------------------


def effects(nodes: tuple[Node, ...]) -> list[Node]:
    found = [node for node in nodes if node.kind == "effect"]
    return found + [effect for node in nodes for effect in effects(node.children)]


def test_every_rule_of_every_setting_is_one_way_through_its_map(rulebook: Rulebook) -> None:
    for setting in rulebook.settings:
        rules = [rule for rule in rulebook.rules.values() if rule.setting.id == setting]
        assert len(effects(guideline_map(setting, rulebook).roots)) == len(rules)


def test_the_maps_of_settings_with_options_fit_on_a_page(rulebook: Rulebook) -> None:
    for setting in {rule.setting.id for rule in rulebook.of(Effect.OFFER)}:
        assert len(FORMATS["text"](guideline_map(setting, rulebook)).splitlines()) <= 24


@pytest.mark.parametrize("name", ["egfr-l858r-after-osimertinib", "almost-everything-unknown", "alk-untreated"])
def test_a_way_is_taken_exactly_where_its_rule_holds_and_nothing_excludes_what_it_offers(
    rulebook: Rulebook, name: str
) -> None:
    first = patient(rulebook, name)
    reader = Interpreter(first.facts)
    paths = {"true": "taken", "false": "not taken", "unknown": "open"}
    for setting in {rule.setting.id for rule in rulebook.of(Effect.OFFER)}:
        rules = [rule for rule in rulebook.rules.values() if rule.setting.id == setting and rule.effect is Effect.OFFER]
        drawn = sorted(
            (node.title, node.path) for node in effects(guideline_map(setting, rulebook, first).roots)
            if node.title.startswith("Offer")
        )  # fmt: skip
        expected = []
        for rule in rules:
            holds = reader.judge(effective_conditions(rulebook)[rule.id]).truth
            excluded = reader.judge(regimen_rules(rulebook)[rule.subject].exclusion).truth
            both = "false" if "false" in (holds.value, (~excluded).value) else (
                "unknown" if "unknown" in (holds.value, excluded.value) else "true"
            )  # fmt: skip
            expected.append((f"Offer {rulebook.regimens[rule.subject].name}", paths[both]))
        assert drawn == sorted(expected)


def test_the_path_is_reported_by_words_and_by_line_style(rulebook: Rulebook) -> None:
    shown = map_picture(guideline_map(LATER_EGFR, rulebook, patient(rulebook, "egfr-l858r-after-osimertinib")))
    assert "TAKEN: Offer amivantamab + platinum" in words(shown)
    assert "NOT TAKEN: ✓ met: progressed on osimertinib" in words(shown)
    assert len({str(STROKES[path]) for path in ("taken", "not taken", "open")}) == 3
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', shown)) == {"none", "currentColor"}
    assert set(re.findall(r'class="([^"]+)"', shown)) == {"path taken", "path not-taken"}


def test_a_map_says_what_keeps_a_rule_from_its_effect(rulebook: Rulebook) -> None:
    outline = FORMATS["text"](guideline_map("nsclc/first-line-driver-negative", rulebook))
    assert "Offer bevacizumab + carboplatin + paclitaxel unless squamous carcinoma" in outline


def test_the_outline_and_the_mermaid_text_read_as_reviewed(shipped: Rulebook, snapshot: SnapshotAssertion) -> None:
    drawn = guideline_map(LATER_EGFR, shipped, patient(shipped, "egfr-l858r-after-osimertinib"))
    assert FORMATS["text"](drawn) == snapshot(name="outline")
    assert as_mermaid(drawn) == snapshot(name="mermaid")


def test_text_in_a_map_is_escaped_in_every_form() -> None:
    node = Node("effect", (MapTest("a"),), 'say "<b>" # \\', path="taken")
    drawn = GuidelineMap("s", 'title "<script>', (node,), "p")
    assert "say #quot;#lt;b#gt;#quot; #35; #92;" in as_mermaid(drawn)
    assert 'say \\"<b>\\" # \\\\' in as_dot(drawn)
    assert "<script" not in map_picture(drawn)


def test_graphviz_reads_the_dot_text_of_every_map(rulebook: Rulebook, tmp_path: Path) -> None:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not on this machine; the maps do not need it")
    for setting in rulebook.settings:
        text = as_dot(guideline_map(setting, rulebook, patient(rulebook, "almost-everything-unknown")))
        subprocess.run([dot, "-Tsvg", "-o", tmp_path / "map.svg"], input=text, text=True, check=True)


def test_a_setting_is_found_by_its_file_name_where_only_one_has_it(rulebook: Rulebook) -> None:
    assert setting_named("later-line-egfr", rulebook).id == LATER_EGFR
    with pytest.raises(InputError, match="several settings: expected one of nsclc/first-line-maintenance, sclc/"):
        setting_named("first-line-maintenance", rulebook)
    with pytest.raises(InputError, match="did you mean `later-line-egfr`"):
        setting_named("later-line-egrf", rulebook)
