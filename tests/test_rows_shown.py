"""One row of a table as a profile, with the cells that each key came from."""

from __future__ import annotations

import json
from random import Random

import pytest
import typer
from typer.testing import CliRunner

from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import read

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cli import cohort as cohort_command  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table  # noqa: E402
from regimen_advisor.cohorts.data_check import check_table  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.origins import CellRead, show_row  # noqa: E402
from regimen_advisor.cohorts.profile_files import write_profiles  # noqa: E402
from regimen_advisor.cohorts.rows import profile_of_row  # noqa: E402
from regimen_advisor.cohorts.synthesis import synthetic_patients  # noqa: E402
from regimen_advisor.cohorts.tables import write_table  # noqa: E402

TABLE = """\
name,dx,histology,alk,drug,response
a/1,NSCLC,adenocarcinoma,positive,alectinib,progressed
b,NSCLC,squamous,maybe,docetaxel,a bit worse
c,SCLC,adenocarcinoma,,,
d,NSCLC,,,magic water,
d,NSCLC,,negative,,
,,,,,
"""
MAPPING = """\
title: invented
id: name
tables:
  sv: {file: fusions.csv, key: who, matches: name}
keys:
  disease: {column: dx, values: {NSCLC: nsclc, SCLC: sclc}}
  histology: {column: histology}
  alk: {column: alk}
  ros1: {column: sv.event, patterns: [{match: '.*ROS1.*', gives: positive}, {match: '.*', gives: unknown}]}
  ecog: {constant: 1}
history:
  - {line: 1, drugs: {column: drug}, outcome: {column: response}}
"""
FUSIONS = "who,event\na/1,CD74-ROS1\na/1,intragenic\nb,intragenic\n"
EVENTS = """\
title: events
id: who
dates: days
tables:
  lines: {file: lines.csv, key: who, date: start}
  tests: {file: tests.csv, key: who, date: day}
row: {each: lines}
history: {from: lines, complete: true, drugs: {column: lines.drug}}
keys:
  disease: {column: dx}
  extent: {constant: metastatic, when: {column: dx, any_of: [nsclc]}}
  pd_l1_tps: {column: tests.tps, take: last before}
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
def folder(tmp_path):
    for name, text in {
        "table.csv": TABLE,
        "fusions.csv": FUSIONS,
        "mapping.yaml": MAPPING,
        "patients.csv": "who,dx\na,nsclc\nb,nsclc\n",
        "lines.csv": "who,start,drug\na,10,gefitinib\na,90,docetaxel\nb,5,docetaxel\n",
        "tests.csv": "who,day,tps\na,1,60\na,50,20\na,300,0\nb,1,plenty\n",
        "events.yaml": EVENTS,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def shown(folder, id, rulebook, table="table.csv", mapping="mapping.yaml"):
    paths = [str(folder / table)]
    read_by = load_mapping(folder / mapping, rulebook.domain) if mapping else None
    return show_row(paths, id, open_table(paths, read_by), rulebook)


def cells(row, key):
    (found,) = [entry for entry in row.keys if entry.key == key]
    return [(source.table, source.column, [cell.text for cell in source.cells]) for source in found.sources]


def test_each_key_of_a_row_is_shown_with_table_column_and_cell(folder, rulebook):
    row = shown(folder, "a/1", rulebook)
    assert {key.key: key.value for key in row.keys} == {
        "disease": "nsclc", "histology": "adenocarcinoma", "alk": "positive", "ros1": "positive", "ecog": 1,
        "history": [{"line": 1, "drugs": ["alectinib"], "outcome": "progressed"}],
    }  # fmt: skip
    assert cells(row, "disease") == [("table.csv", "dx", ["NSCLC"])]
    assert cells(row, "ros1") == [("fusions.csv", "event", ["CD74-ROS1", "intragenic"])]
    assert cells(row, "ecog") == []
    assert cells(row, "history") == [("table.csv", "drug", ["alectinib"]), ("table.csv", "response", ["progressed"])]


def test_a_row_that_cannot_be_read_whole_says_which_cells_and_why_it_is_set_apart(folder, rulebook):
    row = shown(folder, "b", rulebook)
    assert set(row.unread) == {"alk: maybe", "response: a bit worse"}
    assert cells(row, "alk") == [("table.csv", "alk", ["maybe"])]
    assert row.set_apart is None
    assert "contradict each other" in shown(folder, "c", rulebook).set_apart


def test_the_row_of_a_decision_shows_the_cells_that_were_taken_with_their_day(folder, rulebook):
    row = shown(folder, "a:2", rulebook, "patients.csv", "events.yaml")
    (tps,) = [key for key in row.keys if key.key == "pd_l1_tps"]
    assert (tps.value, tps.sources[0].cells) == (20, (CellRead("20", 50),))
    assert cells(row, "history") == [("lines.csv", "drug", ["gefitinib"])]
    assert row.row == 1
    assert shown(folder, "b:1", rulebook, "patients.csv", "events.yaml").unread == ("tests.tps: plenty",)


def test_a_cell_that_a_condition_tests_is_shown_as_tested(app, folder):
    asked = [str(folder / "patients.csv"), "--mapping", str(folder / "events.yaml"), "--show", "b:1"]
    text = CliRunner().invoke(app, asked).output
    shown = (
        "# constant in the mapping, where a condition holds\n# tested: patients.csv, dx: `nsclc`\nextent: metastatic\n"
    )
    assert shown in text


@pytest.mark.parametrize(
    ("more", "value"),
    [
        (["--check"], "expected one of --check, --show, --profiles"),
        (["--output", "x.csv"], "leave --output out"),
        (["--node-by-node"], "leave --node-by-node out"),
        (["--engine", "spark"], "on this machine"),
    ],
)
def test_a_look_at_a_table_is_asked_for_alone(app, folder, more, value):
    done = CliRunner().invoke(app, [str(folder / "table.csv"), "--show", "b", *more])
    assert value in str(done.exception)


def test_a_name_that_several_rows_have_is_shown_by_the_number_of_the_row(app, folder):
    asked = [str(folder / "table.csv"), "--mapping", str(folder / "mapping.yaml"), "--show"]
    refused = CliRunner().invoke(app, [*asked, "d"])
    assert "row-4, row-5" in str(refused.exception)
    text = CliRunner().invoke(app, [*asked, "row-5"]).output
    assert "# table.csv, alk: `negative`\nalk: negative\n" in text
    assert "no row of the table is called `z`" in str(CliRunner().invoke(app, [*asked, "z"]).exception)


def test_what_is_shown_as_text_is_a_profile_file(app, folder, rulebook):
    asked = [str(folder / "table.csv"), "--mapping", str(folder / "mapping.yaml"), "--show", "a/1"]
    file = folder / "profile.yaml"
    file.write_text(CliRunner().invoke(app, asked).output, encoding="utf-8")
    mapping = load_mapping(folder / "mapping.yaml", rulebook.domain)
    assert read_profile(file)[0] == profile_of_row(asked[:1], "a/1", rulebook, mapping)


def test_a_row_is_shown_as_json_too_and_as_no_page(app, folder):
    asked = [str(folder / "table.csv"), "--mapping", str(folder / "mapping.yaml"), "--show", "b", "--format"]
    data = json.loads(CliRunner().invoke(app, [*asked, "json"]).output)
    assert (data["id"], data["row"], data["unread"]) == ("b", 2, ["alk: maybe", "response: a bit worse"])
    assert "--format html" in str(CliRunner().invoke(app, [*asked, "html"]).exception)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("output", ["profiles.jsonl", "profiles.parquet"])
def test_a_table_of_profiles_gives_the_same_answers_as_the_rows_that_it_was_made_of(rulebook, tmp_path, output):
    first = tmp_path / "patients.parquet"
    write_table(synthetic_patients(300, 5), str(first))
    made = tmp_path / output
    assert write_profiles(open_table([str(first)]), rulebook, str(made)).profiles == 300
    answers = []
    for file in (first, made):
        with judged(open_table([str(file)]), rulebook) as result:
            answers.append(result.rows.select("id", *result.columns, "set_apart").collect())
    assert answers[0].equals(answers[1])


def test_a_folder_holds_a_profile_file_for_every_row_that_is_not_set_apart(app, folder, rulebook):
    made = folder / "profiles"
    asked = [str(folder / "table.csv"), "--mapping", str(folder / "mapping.yaml"), "--profiles", str(made)]
    done = CliRunner().invoke(app, asked)
    assert " ".join(done.output.split()).startswith(
        f"4 profiles in {made} ROWS SET APART, FOR WHICH NO PROFILE WAS WRITTEN Rows Reason 1 "
    )
    assert sorted(file.name for file in made.iterdir()) == ["a-1.yaml", "b.yaml", "d-row-5.yaml", "d.yaml"]
    profile = read_profile(made / "a-1.yaml")[0]
    assert profile.id == "a/1"
    assert read(profile, rulebook.domain).facts["ros1"].possible == {"positive"}
    assert "already exists" in str(CliRunner().invoke(app, asked).exception)


def test_profiles_are_written_whole_or_not_at_all(app, folder):
    asked = [str(folder / "table.csv"), "--mapping", str(folder / "mapping.yaml"), "--profiles"]
    for output, entry in (("out.xlsx", "ends in .jsonl or .parquet"), ("no/such", "there is no such folder")):
        assert entry in str(CliRunner().invoke(app, [*asked, str(folder / output)]).exception)
    refused = CliRunner().invoke(app, [*asked, str(folder / "strict.jsonl"), "--strict"])
    assert "alk: cannot read `maybe` (1 row)" in str(refused.exception)
    assert not [file for file in folder.iterdir() if file.name.startswith((".", "out", "strict"))]


ODD = (
    "nsclc", "squamous", "IV", "metastatic", "extensive", "true", "positive", "unknown", "NA", "", "7",
    "60", "<1", "99-1", "L858R;T790M", "not T790M", "wild-type", "[]", "{}", "[1", '{"at_least": 3}', "null",
    "\x1b[2J", "a\nb", "\U0001fac1", "breast cancer", "1e999", "-1", "active",
)  # fmt: skip
ODD_HISTORIES = (
    "[]", '[{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}]', '[{"line": 2, "drugs": ["x"]}]',
    '[{"line": 1, "drugs": "osimertinib", "outcome": "PD"}]', '[{"line": 1, "drugs": []}]', "nonsense", "[3]",
    '[{"line": 1, "drugs": "unknown", "cycles": 400}]', '[{"setting": "curative", "drugs": ["cisplatin"]}]',
    '[{"line": 1, "setting": "weird", "drugs": ["docetaxel"]}]', '[{"line": 1, "drugs": null}]',
)  # fmt: skip


def test_odd_cells_end_no_look_at_a_table_and_are_all_counted(rulebook, tmp_path):
    random, keys = Random(7), [key for key in Profile.model_fields if key not in ("id", "summary")]
    rows = [
        {
            key: random.choice(ODD_HISTORIES if key == "history" else ODD) if random.random() < 0.3 else ""
            for key in keys
        }
        for _ in range(400)
    ]
    file, made = tmp_path / "odd.parquet", tmp_path / "made.jsonl"
    pl.DataFrame(rows, schema=dict.fromkeys(keys, pl.String)).write_parquet(file)
    table = open_table([str(file)])
    check = check_table(table, rulebook)
    assert {entry.known + entry.unknown + entry.unreadable + entry.contradictory for entry in check.keys} == {400}
    assert all(entry.unreadable for entry in check.keys)
    written = write_profiles(table, rulebook, str(made))
    assert written.set_apart == check.set_apart
    assert written.profiles == 400 - sum(count for _, count in check.set_apart)
    for number in range(1, 401, 20):
        assert show_row([str(file)], f"row-{number}", table, rulebook).row == number
    answers = []
    for source in (file, made):
        with judged(open_table([str(source)]), rulebook, exact=False) as result:
            sound = result.rows.filter(pl.col("set_apart").is_null())
            answers.append(sound.select("id", *result.columns).collect())
    assert answers[0].equals(answers[1])
