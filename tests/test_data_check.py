"""``cohort --check``: what was read of each key, and what would be worth asking."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.standings import Standing

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cli import cohort as cohort_command  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.data_check import HISTORY_KEY, check_table  # noqa: E402
from regimen_advisor.cohorts.synthesis import synthetic_patients  # noqa: E402
from regimen_advisor.cohorts.tables import write_table  # noqa: E402
from regimen_advisor.reports import data_check as report  # noqa: E402
from seeing import faults, looks, page_of  # noqa: E402

UNDETERMINED = Standing.UNDETERMINED
TABLE = """\
name,dx,site,histology,spread,alk,shoe size,first line,response
a,NSCLC,lung,adenocarcinoma,metastatic,positive,42,alectinib,progressed
b,NSCLC,lung,squamous,metastatic,maybe,,docetaxel,a bit worse
c,SCLC,lung,adenocarcinoma,,,41,,
d,breast cancer,breast,,,,,,
d,NSCLC,lung,,,unknown,,magic water,
"""
MAPPING = """\
title: invented
id: name
keys:
  disease: {column: dx, values: {NSCLC: nsclc, SCLC: sclc}}
  histology: {column: histology}
  extent: {column: spread}
  alk: {column: alk}
  ecog: {constant: 1}
history:
  - {line: 1, drugs: {column: first line}, outcome: {column: response}}
"""


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


@pytest.fixture
def app():
    found = typer.Typer()
    found.command()(cohort_command.cohort)
    return found


@pytest.fixture
def files(tmp_path):
    table, mapping = tmp_path / "table.csv", tmp_path / "mapping.yaml"
    table.write_text(TABLE, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return [str(table), "--mapping", str(mapping), "--check"]


def checked(app, files, *more):
    done = CliRunner().invoke(app, [*files, *more])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def data(app, files):
    return json.loads(checked(app, files, "--format", "json"))


def test_each_row_is_known_unknown_unreadable_or_contradictory_for_each_key(data):
    counts = {
        key["key"]: [key[word] for word in ("known", "unknown", "unreadable", "contradictory")] for key in data["keys"]
    }
    assert counts == {
        "disease": [3, 0, 0, 2],  # sclc with an adenocarcinoma, and breast cancer
        "histology": [2, 2, 0, 1],
        "extent": [2, 3, 0, 0],
        "alk": [1, 3, 1, 0],
        "ecog": [5, 0, 0, 0],
        "history": [1, 2, 2, 0],  # a drug and an outcome that are no words
    }
    assert all(sum(of_key) == data["rows"] == 5 for of_key in counts.values())


def test_the_columns_that_each_key_is_read_from_are_named(data):
    columns = {key["key"]: key["columns"] for key in data["keys"]}
    assert columns["disease"] == "dx"
    assert columns["ecog"] == "constant"
    assert columns["history"] == "first line, response"


def test_cells_that_could_not_be_read_and_rows_set_apart_are_named_with_their_number(data):
    assert {(entry["column"], entry["cell"], entry["rows"]) for entry in data["unread"]} == {
        ("alk", "maybe", 1), ("response", "a bit worse", 1), ("first line", "magic water", 1)
    }  # fmt: skip
    assert sorted(entry["rows"] for entry in data["set_apart"]) == [1, 1]
    assert any("breast cancer" in entry["reason"] for entry in data["set_apart"])
    assert data["repeated"] == [{"id": "d", "rows": 2}]


def test_what_no_column_says_and_what_nothing_reads_is_listed(data):
    assert {"egfr", "stage", "pd_l1_tps"} <= set(data["unsaid"])
    assert not {"disease", "history"} & set(data["unsaid"])
    assert data["ignored"] == ["site", "shoe size"]


def test_at_most_ten_questions_are_ranked_by_the_options_that_wait_for_them(data):
    options = [question["options"] for question in data["questions"]]
    assert options == sorted(options, reverse=True)
    assert 0 < len(options) <= 10
    assert all(
        question["alone"] <= question["options"] and question["asks"].endswith("?") for question in data["questions"]
    )


def test_as_many_patients_wait_for_an_answer_as_the_cohort_counts(rulebook, tmp_path):
    file = tmp_path / "patients.parquet"
    write_table(synthetic_patients(400, 3), str(file))
    table = open_table([str(file)])
    found = {
        question.key: question.patients
        for question in check_table(table, rulebook).questions
        if question.key != HISTORY_KEY
    }
    with judged(table, rulebook, exact=False) as result:
        counted = dict(summarise(result, "patients").questions)
    assert found.keys() > {"egfr", "alk"}
    assert found == {key: counted[key] for key in found}


ALL_BUT_ALK = {
    "disease": "nsclc", "histology": "adenocarcinoma", "extent": "metastatic", "stage": "IV", "ecog": 1,
    "egfr": "wild-type", "ros1": "negative", "nrg1": "negative", "other_drivers": "none", "pd_l1_tps": 60,
    "curative_treatment_possible": False, "brain_metastases": False, "liver_metastases": False,
    "bleeding_risk": "none", "history": [],
}  # fmt: skip


def test_options_that_wait_for_one_answer_alone_are_counted_as_such(rulebook, tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(ALL_BUT_ALK) + "\n", encoding="utf-8")
    found = check_table(open_table([str(file)]), rulebook).questions
    open_ = [name for name, now in Guideline.of(rulebook).case(ALL_BUT_ALK).node_by_node.items() if now == UNDETERMINED]
    assert [(entry.key, entry.options, entry.alone, entry.patients) for entry in found] == [
        ("alk", len(open_), len(open_), 1)
    ]


EVENTS = """\
title: events
id: who
dates: days
tables:
  lines: {file: lines.csv, key: who, date: start}
  tests: {file: tests.csv, key: who, date: day}
row: {each: lines}
history:
  from: lines
  complete: true
  drugs: {column: lines.drug}
keys:
  disease: {constant: nsclc}
  pd_l1_tps: {column: tests.tps, take: last}
"""


def test_cells_of_linked_tables_that_are_not_read_are_counted_for_their_key(app, tmp_path):
    for name, text in {
        "patients.csv": "who,sex\na,f\nb,m\n",
        "lines.csv": "who,start,drug\na,10,gefitinib\na,90,magic water\nb,5,docetaxel\n",
        "tests.csv": "who,day,tps,lab\na,1,60,x\nb,1,plenty,y\n",
        "mapping.yaml": EVENTS,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / "patients.csv"), "--mapping", str(tmp_path / "mapping.yaml"), "--check"]
    data = json.loads(checked(app, files, "--format", "json"))
    counts = {key["key"]: (key["known"], key["unknown"], key["unreadable"]) for key in data["keys"]}
    assert counts["pd_l1_tps"] == (2, 0, 1)
    assert counts["history"][0] + counts["history"][2] == 3
    assert {(entry["column"], entry["cell"]) for entry in data["unread"]} >= {("tests.tps", "plenty")}
    assert data["ignored"] == ["sex", "tests.lab"]


def test_strict_refuses_a_table_with_a_cell_that_is_not_read(app, files):
    done = CliRunner().invoke(app, [*files, "--strict"])
    assert done.exit_code != 0
    assert "alk: cannot read `maybe` (1 row)" in str(done.exception)


def test_the_check_judges_nobody_on_spark(app, files):
    done = CliRunner().invoke(app, [*files, "--engine", "spark"])
    assert "--engine spark" in str(done.exception)


def test_the_text_holds_the_counts_the_cells_and_the_questions(app, files):
    text = checked(app, files)
    assert "5 rows" in " ".join(text.split())
    assert "   1  alk: maybe\n" in text
    assert "  site, shoe size\n" in text
    assert "QUESTIONS THAT MOST OPEN OPTIONS WAIT FOR" in text


def test_the_page_escapes_what_comes_from_the_table_and_needs_no_network(rulebook, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("disease,alk\nnsclc,<script>alert(1)</script>\n", encoding="utf-8")
    page = page_of(report, check_table(open_table([str(file)]), rulebook))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "://" not in page


@looks
def test_the_page_is_sound_on_every_screen(rulebook, browser, tmp_path, files, look):
    page = page_of(report, check_table(open_table(files[:1]), rulebook))
    assert faults(browser, page, tmp_path, look) == []
