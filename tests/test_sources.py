"""``sources``: number a text, find what the rulebook does not hold, draft a study; ``check`` traces figures."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from regimen_advisor.cli.app import main
from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.figure_audit import load_section_numbers
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.knowledge.source_text import figures_in, numbers_by_section, sentences
from regimen_advisor.reviewing.checking import check
from regimen_advisor.reviewing.drafting import candidates, draft
from regimen_advisor.reviewing.tracing import figures_not_traced

TEXTS = ROOT.parent / "shared" / "reviews"
REVIEW_TEXTS = {"antiangiogenic": "000_*.txt", "bispecific": "004_*.txt"}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def command(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        return Ran(int(left.value.code or 0), *capsys.readouterr())

    return command


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules with a third source of our own, in two sections."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    with (folder / "reviews.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "\n- key: third\n  title: A made-up consensus\n  cited_as: TC\n  kind: consensus\n  language: en\n"
            '  sections:\n    - {number: abstract, title: Abstract}\n    - {number: "1", title: One}\n'
            '    - {number: "2", title: Two}\n'
        )
    return folder


TEXT = """A made-up consensus.

1 First line

In the study TRIAL-1 anlotinib gave a PFS of 10.1-19.2 months in 42 patients
(HR 0.62, 95% CI 0.52-0.74; P=0.001,5). Nothing else is known.

2 Later lines

贝伐珠单抗组的中位ＰＦＳ为 18．
9 个月（2,194 例）。
"""


def test_numbers_are_read_in_chinese_and_english_with_full_width_signs_and_broken_lines():
    found = numbers_by_section(TEXT, ["abstract", "1", "2"])
    assert {"10.1", "19.2 months", "42 patients", "0.62", "95 %", "0.0015"} <= found["1"]
    assert {"18.9 months", "2194 patients"} <= found["2"]


def test_per_cent_in_two_words_is_a_percentage():
    assert numbers_by_section("1 First\nIn 61 per cent.\n", ["1"])["1"] == {"61", "61 %"}


def test_names_and_dates_are_no_figures():
    assert figures_in("ECOG4599 and PD-1 (Keynote 146) with HR=0.62 vs 9.7个月, 2022年10月5日") == ["0.62", "9.7"]


def test_sentences_end_where_they_end_in_either_language():
    assert sentences("一项研究。另一项\n研究。\n") == ["一项研究。", "另一项研究。"]
    assert sentences("HR was 0.62. Nothing else\nis known.") == ["HR was 0.62.", "Nothing else is known."]


def test_the_table_of_a_source_is_written_next_to_the_others(run, rules, tmp_path):
    (tmp_path / "third.txt").write_text(TEXT, "utf-8")
    ran = run("sources", "number", str(tmp_path / "third.txt"), "--source", "third", "--write", "--rules", str(rules))
    assert ran.code == 0
    numbers = load_section_numbers(rules / "section-numbers.yaml")
    assert numbers["third"] == numbers_by_section(TEXT, ["abstract", "1", "2"])
    assert {key: numbers[key] for key in REVIEW_TEXTS} == load_section_numbers(ROOT / "rules" / "section-numbers.yaml")


def test_what_no_entry_holds_is_listed_with_its_numbers(run, rules, tmp_path):
    (tmp_path / "third.txt").write_text(TEXT, "utf-8")
    ran = run("sources", "missing", "third", "--text", str(tmp_path / "third.txt"), "--rules", str(rules), "-f", "json")
    assert ran.code == 1
    missing = json.loads(ran.out)["missing"]
    assert [(entry["section"], entry["sentence"]) for entry in missing] == [
        ("abstract", 1),
        ("1", 1),
        ("1", 2),
        ("2", 1),
    ]
    assert missing[1]["numbers"] == ["10.1", "19.2", "42", "0.62", "95", "0.52", "0.74", "0.0015"]


def test_a_reason_in_the_background_takes_a_sentence_from_the_list(run, rules, tmp_path):
    text = tmp_path / "third.txt"
    text.write_text(TEXT, "utf-8")
    digest = run("sources", "missing", "third", "--text", str(text), "--rules", str(rules), "-f", "json")
    digest = json.loads(digest.out)["text"]
    with (rules / "background.yaml").open("a", encoding="utf-8") as file:
        file.write(f'third:\n  text: {digest}\n  sections: {{abstract: a title, "1": {{"2": says nothing}}}}\n')
    ran = run("sources", "missing", "third", "--text", str(text), "--rules", str(rules), "--background")
    assert ran.code == 1
    assert "third: 4 sentences, 2 sentences missing, 2 sentences left out with a reason" in ran.out
    assert "1, sentence 2: says nothing" in ran.out


def test_a_pack_has_a_background_of_its_own(run, tmp_path):
    pack, text = tmp_path / "pack", ROOT / "examples" / "invented-consensus-files" / "consensus.txt"
    shutil.copytree(ROOT / "examples" / "invented-consensus", pack)
    arguments = ("sources", "missing", "invented-consensus", "--text", str(text), "-f", "json")
    arguments += ("--rules", str(ROOT / "rules"), "--rules", str(pack))
    before = json.loads(run(*arguments).out)
    left = before["missing"][0]["section"]
    written = f"invented-consensus: {{text: {before['text']}, sections: {{'{left}': says nothing}}}}\n"
    (pack / "background.yaml").write_text(written, "utf-8")
    after = json.loads(run(*arguments).out)
    assert {gap["section"] for gap in after["background"]} == {left}
    assert left not in {gap["section"] for gap in after["missing"]}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{text: sha256:%s, sections: {}}" % ("0" * 64), "found that of another text"),
        ("{text: DIGEST, sections: {'9': why}}", "expected a section of `third`"),
        ("{text: DIGEST, sections: {'1': {'1': {held_by: nobody}}}}", "expected a study, rule or approval"),
        ("{text: DIGEST, sections: {'1': {'1': {held_by: jmdb}}}}", "expected an entry that is placed in 1 of `third`"),
    ],
)
def test_a_background_that_cannot_be_right_is_refused_with_its_place(run, rules, tmp_path, written, complaint):
    text = tmp_path / "third.txt"
    text.write_text(TEXT, "utf-8")
    arguments = ("sources", "missing", "third", "--text", str(text), "--rules", str(rules))
    digest = json.loads(run(*arguments, "-f", "json").out)["text"]
    with (rules / "background.yaml").open("a", encoding="utf-8") as file:
        file.write(f"third: {written.replace('DIGEST', digest)}\n")
    ran = run(*arguments)
    assert ran.code == 2
    assert complaint in ran.err
    assert re.search(r"background\.yaml:\d+:\d+: ", ran.err)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("missing", "thrid"), "expected a source of the rulebook, found `thrid` (did you mean `third`?)"),
        (("draft", "third", "3"), "expected a section of `third`: abstract, 1, 2, found `3`"),
    ],
)
def test_a_source_or_section_that_is_not_there_is_refused(run, rules, tmp_path, arguments, complaint):
    (tmp_path / "third.txt").write_text(TEXT, "utf-8")
    ran = run("sources", *arguments, "--text", str(tmp_path / "third.txt"), "--rules", str(rules))
    assert ran.code == 2
    assert complaint in ran.err


def test_a_text_without_a_heading_for_a_section_is_refused(run, rules, tmp_path):
    (tmp_path / "third.txt").write_text("1 One\n\nNothing.\n", "utf-8")
    ran = run("sources", "number", str(tmp_path / "third.txt"), "--source", "third", "--rules", str(rules))
    assert ran.code == 2
    assert "expected a heading for each section of `third`, found none for 2" in ran.err


# Drafts --------------------------------------------------------------------------------------------------------------


def test_several_sections_are_drafted_at_once_and_one_without_numbers_is_named(run, rules, tmp_path):
    text = tmp_path / "third.txt"
    text.write_text(
        "Abstract\n\nNothing is counted.\n\n1 First line\n\nPFS 10.1 months.\n\n2 Later lines\n\nOS 9 months.\n",
        "utf-8",
    )
    common = ("--text", str(text), "--rules", str(rules))
    both = run("sources", "draft", "third", "1", "2", *common)
    assert (both.code, both.err) == (0, "")
    assert [part["cited_in"][0]["sections"] for part in yaml.safe_load_all(both.out)] == [["1"], ["2"]]
    studies = rules / "studies"
    every = run("sources", "draft", "third", *common, "--output", str(studies))
    assert "No number is printed in section abstract of third." in every.err
    assert [file.name for file in sorted(studies.glob("third*"))] == ["third-1.yaml", "third-2.yaml"]
    with pytest.raises(InputError, match=r"third-1.yaml:.*found 8 lines with"):
        load_rulebook([rules])
    shutil.move(studies / "third-1.yaml", tmp_path)
    shutil.move(studies / "third-2.yaml", tmp_path)
    again = run("sources", "draft", "third", *common, "--output", str(tmp_path))
    assert again.code == 2
    assert "third-1.yaml: expected no file here yet" in again.err


def test_a_draft_places_every_number_of_the_section_and_marks_every_guess():
    (sentence, _) = sentences(TEXT.split("First line")[1].split("2 Later", maxsplit=1)[0])
    kinds = {candidate.number: candidate.kind for candidate in candidates(sentence)}
    assert kinds == {
        "10.1": "count or other", "19.2": "months", "42": "patients", "0.62": "hazard ratio", "95": "interval",
        "0.52": "interval", "0.74": "interval", "0.0015": "p",
    }  # fmt: skip
    written = draft("third", "1", sentence)
    assert all(number in written for number in kinds)
    guesses = [line for line in written.splitlines() if not line.startswith(("#", "  #")) and ":" in line]
    decided = re.compile(r"^(cited_in:|  - \{review|results:|    (unit|values|source):)")
    assert all("# CHECK" in line or decided.match(line) for line in guesses)


def test_a_number_of_patients_is_drafted_as_one_and_not_as_a_result():
    text = "共纳入509例患者，随机分配至A组(n = 254)或化疗组(n = 255)。A组ORR为40%。中位PFS为5.6个月。"
    drafted = yaml.safe_load(draft("third", "1", text))
    assert drafted["n"]["value"] == 509
    assert [group["n"]["value"] for group in drafted["groups"]] == [254, 255]
    results = {result["unit"]: [value["value"] for value in result["values"]] for result in drafted["results"]}
    assert results == {"%": [40], "months": [5.6]}


def test_a_draft_guesses_the_endpoint_that_is_named_before_the_figure():
    drafted = yaml.safe_load(draft("third", "1", "PFS improved. The ORR was 54.2% and the DCR 80%; OS was 21 months."))
    assert [(result["endpoint"], result["unit"]) for result in drafted["results"]] == [("OS", "months"), ("ORR", "%")]


@pytest.mark.parametrize(
    ("table", "is_cut_off"),
    [
        ("Table 1  Trials\n\nA-1 II 21 OS\n\nORR: response; OS:\n\nDLT: toxicity.\n\n", True),
        ("表 1 研究\nA-1 II 21 OS\n注：仅为示例。\n", True),
        ("**Table 1** Trials\n\n| trial | n |\n|---|---|\n| A-1 | 21 |\n\n", True),
        ("Table 1  Trials\n\nArm  n\nA-1 II 21\n\nB-1 II 22\n\n", True),
        ("Table 1  Trials\nA-1 II 21 OS\n", False),
    ],
)
def test_a_table_is_taken_out_of_its_section_however_it_ends(table, is_cut_off):
    text = f"A title\n1 First\nOne of 33 patients.\n{table}Half of 44 went on.\n2 Later\nOf 55 none.\n"
    numbers = numbers_by_section(text, ["1", "2", "Table 1"])
    assert "21" in numbers["Table 1"]
    assert "33" in numbers["1"]
    assert ("44" in numbers["1"]) is is_cut_off
    assert "55" in numbers["2"]


def test_a_rulebook_with_a_guess_left_does_not_load(rules):
    (rules / "studies" / "new-study.yaml").write_text(draft("third", "1", "PFS was 12.3 months."), "utf-8")
    with pytest.raises(InputError, match=r"new-study\.yaml:\d+:\d+: expected every guess of the draft to be checked"):
        load_rulebook(rules)


# Tracing -------------------------------------------------------------------------------------------------------------


def test_check_finds_a_figure_that_its_section_does_not_print(rules):
    file = rules / "studies" / "jo25567.yaml"
    file.write_text(file.read_text("utf-8").replace("value: 16.0", "value: 16.1"), "utf-8")
    (fault,) = check(load_rulebook(rules), warn=False).faults
    assert (fault.kind, fault.subject) == ("figure not in its section", "jo25567")
    assert "expected `16.1 months` in antiangiogenic 4.2" in fault.says
    assert fault.location.line


def test_check_says_of_which_source_figures_cannot_be_traced(rules):
    numbers = rules / "section-numbers.yaml"
    numbers.write_text(re.split(r"(?m)^bispecific:", numbers.read_text("utf-8"))[0], "utf-8")
    (warning,) = figures_not_traced(load_rulebook(rules))
    assert warning.subject == "bispecific"
    assert re.search(r"\d+ figures of `bispecific` cannot be traced", warning.says)


@pytest.mark.skipif(not TEXTS.is_dir(), reason="the review texts are not beside this checkout")
@pytest.mark.parametrize("source", REVIEW_TEXTS)
def test_no_sentence_of_a_review_is_overlooked(run, source):
    (text,) = TEXTS.glob(REVIEW_TEXTS[source])
    ran = run("sources", "missing", source, "--text", str(text), "--rules", str(ROOT / "rules"))
    assert (ran.code, ran.out.count("\n")) == (0, 1), ran.out
