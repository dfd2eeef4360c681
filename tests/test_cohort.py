"""``cohort``: every row of a table judged as its profile would be, counted and reported."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

import generators
from conftest import sized
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

import typer  # noqa: E402

from regimen_advisor.cli import cohort as cohort_command  # noqa: E402
from regimen_advisor.cli import explain as explain_command  # noqa: E402
from regimen_advisor.cohorts import tables  # noqa: E402
from regimen_advisor.cohorts.changes import CohortChanges, StandingChange, changes, side_by_side  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.concordance import Agreement, concordance  # noqa: E402
from regimen_advisor.cohorts.rows import profile_of_row  # noqa: E402
from regimen_advisor.documents.json import as_json  # noqa: E402
from regimen_advisor.documents.writing import rendered  # noqa: E402
from regimen_advisor.reports import cohort as report  # noqa: E402
from seeing import faults, looks, page_of, without_tips  # noqa: E402
from tables import table as profiles_as_table  # noqa: E402

HEADER = "id,disease,histology,stage,extent,egfr,alk,ros1,ecog,prior_lines,last_outcome,history,drugs_given\n"
HISTORY = '"[{""line"": 1, ""drugs"": [""osimertinib""], ""outcome"": ""progressed""}]"'
AFTER_OSIMERTINIB = (
    f"a,nsclc,adenocarcinoma,IV,metastatic,L858R,negative,negative,1,,,{HISTORY},amivantamab;carboplatin\n"
)
NOTHING_KNOWN = "b,,,,,,,,,,,,\n"
CONTRADICTORY = "c,sclc,adenocarcinoma,IV,,,,,,,,,\n"
UNREADABLE = "d,nsclc,squamous,IV,metastatic,wild-type,maybe,negative,7,0,,,Docetaxel\n"


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


@pytest.fixture
def app():
    found = typer.Typer()
    found.command()(cohort_command.cohort)
    return found


@pytest.fixture
def explainer():
    found = typer.Typer()
    found.command()(explain_command.explain)

    @found.callback()
    def verbs() -> None:
        """The other verbs do not matter here."""

    return found


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "patients.csv"
    file.write_text(HEADER + AFTER_OSIMERTINIB + NOTHING_KNOWN + CONTRADICTORY + UNREADABLE, encoding="utf-8")
    return file


def run(app, *arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(app, *arguments) -> str:
    result = run(app, *arguments)
    assert isinstance(result.exception, InputError), result.output
    return str(result.exception)


def rows_of(file, rulebook, **options):
    with judged(open_table([str(file)]), rulebook, **options) as result:
        return result.rows.collect()


def test_every_row_is_answered_in_the_order_of_the_input(table, rulebook):
    assert rows_of(table, rulebook)["id"].to_list() == ["a", "b", "c", "d"]


def test_a_row_of_a_table_has_the_standings_of_the_same_profile(table, rulebook):
    row = rows_of(table, rulebook).row(0, named=True)
    assert Standing(row["amivantamab-platinum-chemotherapy"]).is_offered
    assert row["tarlatamab"] == "not-indicated"


def test_what_is_not_stated_stays_unknown(table, rulebook):
    row = rows_of(table, rulebook).row(1, named=True)
    assert row["ivonescimab"] == "undetermined"
    assert "alk" in row["questions"].split("; ")


def test_a_contradictory_row_is_set_apart_with_its_reason(table, rulebook):
    row = rows_of(table, rulebook).row(2, named=True)
    assert "`disease`" in row["set_apart"]
    assert "`histology`" in row["set_apart"]
    assert row["ivonescimab"] is None
    assert row["questions"] is None


def test_a_cell_that_cannot_be_read_is_unknown_and_counted_by_column_and_value(table, rulebook):
    with judged(open_table([str(table)]), rulebook) as result:
        summary = summarise(result, "patients")
    assert set(summary.unread) == {("alk", "maybe", 1), ("ecog", "7", 1)}
    assert rows_of(table, rulebook).row(3, named=True)["unread"] == "ecog: 7\nalk: maybe"


def test_standings_are_those_of_the_solver_for_many_random_patients(rulebook, tmp_path):
    solver = Guideline.of(rulebook).solver
    random, written, patients = Random(20261124), [], []
    while len(written) < sized(300, 150):
        profile = generators.random_profile(random)
        try:
            patients.append(read(Profile.model_validate(profile), rulebook.domain, explain=False))
        except InputError:
            continue
        written.append(profile)
    profiles_as_table(written).write_parquet(tmp_path / "patients.parquet")
    with judged(open_table([str(tmp_path / "patients.parquet")]), rulebook) as result:
        rows, settled = result.rows.collect(), result.settled
    assert settled.exact
    assert settled.changed > 0  # else the patients show nothing that node by node does not
    for row, patient in zip(rows.rows(named=True), patients, strict=True):
        exact = {name: entry.standing.value for name, entry in solver.standings(patient).items()}
        assert {name: row[name] for name in exact} == exact


def test_a_row_is_explained_by_its_id(explainer, table):
    output = run(explainer, "explain", table, "--id", "d", "ivonescimab")
    assert output.exit_code == 0
    assert "IVONESCIMAB: UNDETERMINED" in output.output


def test_an_unknown_id_a_missing_one_and_a_row_that_is_set_apart_are_refused(explainer, table):
    assert "no row of the table is called `zz`" in refused(explainer, "explain", table, "--id", "zz")
    assert "--id" in refused(explainer, "explain", table)
    assert "disease" in refused(explainer, "explain", table, "--id", "c")


def test_the_counts_of_the_summary_are_those_of_the_rows(table, rulebook):
    with judged(open_table([str(table)]), rulebook) as result:
        summary = summarise(result, "patients")
        rows = result.rows.collect()
    assert summary.patients == 4
    assert sum(count for _, count in summary.set_apart) == 1
    assert summary.with_an_option + summary.open + summary.without == 3
    for regimen, counts in summary.standings.items():
        assert {name: count for name, count in counts.items() if count} == dict(
            rows[regimen].drop_nulls().cast(pl.String).value_counts().rows()
        )


@pytest.mark.sampled(2)
@pytest.mark.parametrize("ending", ["parquet", "csv", "tsv", "jsonl"])
def test_a_row_a_patient_is_written_in_every_format(app, table, tmp_path, rulebook, ending):
    output = tmp_path / f"out.{ending}"
    result = run(app, table, "--output", output)
    assert result.exit_code == 0, result.output
    read_back = {
        "parquet": pl.read_parquet,
        "csv": pl.read_csv,
        "tsv": lambda file: pl.read_csv(file, separator="\t"),
        "jsonl": pl.read_ndjson,
    }[ending](output)
    assert read_back["id"].to_list() == ["a", "b", "c", "d"]
    assert read_back["rulebook"].unique().to_list() == [rulebook.digest]
    assert set(rulebook.regimens) <= set(read_back.columns)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_json_lines_of_profiles_and_csv_give_the_same_rows(rulebook, table, tmp_path):
    file = tmp_path / "patients.jsonl"
    profile = {
        "id": "a", "disease": "nsclc", "histology": "adenocarcinoma", "stage": "IV", "extent": "metastatic",
        "egfr": ["L858R"], "alk": "negative", "ros1": "negative", "ecog": 1,
        "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}],
    }  # fmt: skip
    unsaid = {"id": "b", "history": "unknown", "pd_l1_tps": "unknown"}
    file.write_text(json.dumps(profile) + "\n" + json.dumps(unsaid) + "\n", encoding="utf-8")
    assert rows_of(file, rulebook).equals(rows_of(table, rulebook).head(2))


def test_a_folder_of_parquet_files_is_one_table(rulebook, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for index in range(2):
        pl.DataFrame({"id": [f"p{index}"], "disease": ["nsclc"]}).write_parquet(folder / f"{index}.parquet")
    assert rows_of(folder, rulebook)["id"].to_list() == ["p0", "p1"]


def test_formulas_in_text_are_neutralised_in_csv(app, tmp_path):
    file = tmp_path / "formula.csv"
    file.write_text('id,disease\n"=HYPERLINK(1)",nsclc\n', encoding="utf-8")
    run(app, file, "--output", tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv")["id"].to_list() == ["'=HYPERLINK(1)"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_before_it(tmp_path, start, ending):
    table = pl.LazyFrame({"id": [f"{start}1+1", f"1{start}1"], "ecog": [-1, 1]})
    tables.write_table(table, str(tmp_path / f"out.{ending}"))
    with (tmp_path / f"out.{ending}").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="," if ending == "csv" else "\t")
    assert rows == [[f"'{start}1+1", "-1"], [f"1{start}1", "1"]]


def test_strict_refuses_and_leaves_no_file_behind(app, table, tmp_path):
    message = refused(app, table, "--strict", "--output", tmp_path / "out.csv")
    assert "alk: cannot read `maybe` (1 row)" in message
    assert "patients.csv: 1 row set apart: " in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patients.csv"]


def test_two_rulebooks_are_compared_patient_by_patient(table, rulebook, tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(rulebook.folder, folder)
    file = folder / "findings.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("lines: {includes: osimertinib}", "lines: {includes: gefitinib}"), encoding="utf-8")
    opened = open_table([str(table)])
    with judged(opened, load_rulebook([folder, *rulebook.folders[1:]])) as old, judged(opened, rulebook) as new:
        found = changes(old, new)
        assert changes(new, new).patients == 0
    moved = next(
        change
        for change in found.changes
        if change.regimen == "amivantamab-lazertinib-platinum-chemotherapy" and "a" in change.ids
    )
    assert moved.before == "not-indicated"
    assert Standing(moved.after).is_offered


def test_a_regimen_that_a_rulebook_lacks_and_a_row_that_it_set_apart_have_words_of_their_own(table, rulebook):
    rows = {"id": ["a", "b"], "questions": [None, None]}
    old = pl.LazyFrame({**rows, "anlotinib": ["offered", None]})
    new = pl.LazyFrame({**rows, "anlotinib": ["offered", "excluded"], "apatinib": ["offered", None]})
    compared = side_by_side(old, new, ["anlotinib", "apatinib"]).collect()
    assert compared["anlotinib before"].to_list() == ["offered", "set apart"]
    assert compared["apatinib before"].to_list() == ["absent", "absent"]
    found = CohortChanges("old", "new", 1, (StandingChange("apatinib", "absent", "set apart", 1, ("b",)),))
    shown = " ".join(rendered(report.document(summary_of(table, rulebook), found)).split())
    assert "apatinib absent row set apart b" in shown


def test_the_patients_that_change_are_listed_in_the_order_of_the_table(app, rulebook, tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(rulebook.folder, folder)
    file = folder / "nsclc" / "cautions-review.yaml"
    text = file.read_text(encoding="utf-8")
    assert "pd_l1_tps: {below: 1}" in text
    file.write_text(text.replace("pd_l1_tps: {below: 1}", "pd_l1_tps: {below: 50}"), encoding="utf-8")
    names = [f"p{number}" for number in range(100)]
    Random(3).shuffle(names)
    table = tmp_path / "patients.csv"
    untreated = "nsclc,IVB,wild-type,negative,negative,[],20\n"
    header = "id,disease,stage,egfr,alk,ros1,history,pd_l1_tps\n"
    table.write_text(header + "".join(f"{name},{untreated}" for name in names), encoding="utf-8")
    stack = "+".join(map(str, [folder, *rulebook.folders[1:]]))
    found = json.loads(run(app, table, "--compare", stack, "--format", "json").stdout)["changes"]["changes"]
    assert [(entry["regimen"], entry["patients"], entry["ids"]) for entry in found] == [
        ("ivonescimab", 100, names[:20])
    ]
    printed = " ".join(run(app, table, "--compare", stack).stdout.split())
    assert f"ivonescimab offered with caution offered {', '.join(names[:5])} ..." in printed


def test_concordance_counts_every_patient_once_and_says_why_not(table, rulebook):
    with judged(open_table([str(table)], given="drugs_given"), rulebook) as result:
        found = concordance(result.rows, rulebook, "drugs_given")
    assert sum(found.counts.values()) == 4
    assert found.counts[Agreement.PARTIAL.value] + found.counts[Agreement.EXACT.value] == 1
    assert found.counts[Agreement.UNKNOWN.value] == 2


def test_drugs_that_fill_every_part_of_an_offered_regimen_are_an_exact_match(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    given = "amivantamab + carboplatin + pemetrexed"
    file.write_text(HEADER + AFTER_OSIMERTINIB.replace("amivantamab;carboplatin", given), encoding="utf-8")
    regimen = rulebook.regimens["amivantamab-platinum-chemotherapy"]
    with judged(open_table([str(file)], given="drugs_given"), rulebook) as result:
        counts = concordance(result.rows, rulebook, "drugs_given").counts
    expected = Agreement.EXACT if "chemotherapy" in regimen.drug_names else Agreement.PARTIAL
    assert counts[expected.value] == 1


def test_a_row_is_given_back_as_the_profile_it_says(table, rulebook):
    profile = profile_of_row([str(table)], "a", rulebook)
    assert profile.egfr == ["L858R"]
    assert profile.history[0].drugs == ["osimertinib"]
    with pytest.raises(InputError, match="no row of the table is called `z`"):
        profile_of_row([str(table)], "z", rulebook)


def test_one_patient_and_several_are_counted_in_words_that_fit(app, rulebook, tmp_path):
    file = tmp_path / "few.csv"
    file.write_text(HEADER + NOTHING_KNOWN, encoding="utf-8")
    with judged(open_table([str(file)]), rulebook) as result:
        summary = summarise(result, "few")
    assert rendered(report.document(summary)).startswith("few: 1 patient, rulebook ")
    assert "<h1>few: 1 patient, rulebook " in page_of(report, summary)
    file.write_text(HEADER + 2 * UNREADABLE + 2 * CONTRADICTORY, encoding="utf-8")
    message = refused(app, file, "--strict")
    assert "few.csv: alk: cannot read `maybe` (2 rows)" in message
    assert "few.csv: 2 rows set apart: " in message


def test_the_page_is_self_contained_and_escapes_what_comes_from_the_table(rulebook, tmp_path):
    file = tmp_path / "page.csv"
    file.write_text("id,alk,disease\nx,<script>alert(1)</script>,nsclc\n", encoding="utf-8")
    with judged(open_table([str(file)]), rulebook) as result:
        page = page_of(report, summarise(result, "page.csv"))
    assert "<script" not in without_tips(page)
    assert "&lt;script&gt;" in page
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.sampled(2)
@looks
def test_the_page_is_sound_on_every_screen(table, rulebook, browser, tmp_path, look):
    with judged(open_table([str(table)], given="drugs_given"), rulebook) as result:
        agreed = concordance(result.rows, rulebook, "drugs_given")
        page = page_of(report, summarise(result, "patients-of-a-registry-with-a-long-name.csv"), None, agreed)
    assert faults(browser, page, tmp_path, look) == []


def test_the_summary_is_the_same_bytes_twice(table, rulebook):
    def once():
        with judged(open_table([str(table)]), rulebook) as result:
            summary = summarise(result, "patients")
        return as_json(report.data(summary)), rendered(report.document(summary)), page_of(report, summary)

    assert once() == once()


# Bad input ----------------------------------------------------------------------------------------------------------


def test_a_table_without_a_usable_column_is_refused(app, tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("patient,colour\n1,blue\n", encoding="utf-8")
    message = refused(app, file, "--output", tmp_path / "out.csv")
    assert "no usable column" in message
    assert not (tmp_path / "out.csv").exists()


def test_a_truncated_parquet_file_is_refused(app, tmp_path):
    file = tmp_path / "cut.parquet"
    pl.DataFrame({"disease": ["nsclc"] * 1000}).write_parquet(file)
    file.write_bytes(file.read_bytes()[:-20])
    assert "cut.parquet" in refused(app, file, "--output", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_parquet_file_damaged_in_the_middle_is_refused_and_leaves_nothing_behind(app, tmp_path):
    file = tmp_path / "bad.parquet"
    pl.DataFrame({"id": [str(n * 7919) for n in range(20000)], "disease": ["nsclc"] * 20000}).write_parquet(file)
    data = bytearray(file.read_bytes())
    data[200:2000] = bytes(1800)
    file.write_bytes(data)
    refused(app, file, "--output", tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.parquet"]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"id,disease\na,nsclc,more\n", ":2: expected 2 cells as in the header, found 3"),
        (b"id,disease,alk\na,nsclc\n", ":2: expected 3 cells as in the header, found 2"),
        (b"id,disease\na,nsclc\nM\xfcller,nsclc\n", ":3: expected text in UTF-8, found the byte 0xfc"),
        (b"", "expected a header line"),
        (b"disease,disease\nnsclc,sclc\n", "found `disease` twice"),
    ],
)
def test_a_broken_csv_is_refused_with_its_line(app, tmp_path, content, value):
    file = tmp_path / "broken.csv"
    file.write_bytes(content)
    assert value in refused(app, file)


def test_a_line_that_is_no_json_is_refused(app, tmp_path):
    file = tmp_path / "broken.jsonl"
    file.write_text('{"id": "a"}\n{"id": \n', encoding="utf-8")
    assert "broken.jsonl:2" in refused(app, file)


def test_a_missing_table_an_unknown_ending_and_an_unknown_column_are_refused(app, table, tmp_path):
    assert "no such file" in refused(app, tmp_path / "none.csv")
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    assert "expected a table whose name ends in" in refused(app, tmp_path / "table.xlsx")
    assert "no column `treatment`" in refused(app, table, "--given", "treatment")
    message = refused(app, table, "--id-column", "stages")
    assert "--id-column: no column `stages`" in message
    assert "did you mean `stage`" in message
    assert "expected a name that ends in" in refused(app, table, "--output", tmp_path / "out.docx")
    assert "no such folder" in refused(app, table, "--output", tmp_path / "none" / "out.csv")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_reported_in_words_and_leaves_nothing_behind(table, rulebook, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.LazyFrame, "sink_csv", full)
    with judged(open_table([str(table)]), rulebook) as result, pytest.raises(InputError, match="no space left"):
        tables.write_table(result.rows, str(tmp_path / "out.csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patients.csv"]


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("histology,stage\nadenocarcinoma,IVB\n\nsquamous,IVB\n\n", 2),
        ("histology,stage\nadenocarcinoma,IVB\n,\n , \nsquamous,IVB\n", 2),
        ('histology,stage\nadenocarcinoma,IVB\n"",""\nsquamous,IVB\n  \n', 2),
        ("\ufeffhistology,stage\r\nadenocarcinoma,IVB\r\n\r\nsquamous,IVB\r\n\r", 2),
        ("stage\nIVA\n\nIVB\n", 1),
        ("stage\nIVA\nIVB\n", 0),
    ],
    ids=["blank lines", "separators only", "blanks and quotes", "byte order mark and carriage returns", "one", "none"],
)
def test_a_line_without_a_word_is_no_patient_and_is_counted(rulebook, tmp_path, text, blank):
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8", newline="")
    opened = open_table([str(table)])
    with judged(opened, rulebook, exact=False) as result:
        assert result.rows.select("id").collect()["id"].to_list() == ["row-1", "row-2"]
    assert opened.blank == blank


def test_lines_passed_over_are_told_beside_the_answer(app, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("histology,stage\n,\nadenocarcinoma,IVB\n", encoding="utf-8")
    for asked in ([], ["--check"]):
        assert run(app, table, *asked).stderr.endswith("table.csv: skipped 1 line without text\n")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["as it was", "with a byte order mark"])
def test_a_header_that_is_found_again_is_refused_with_its_line(app, tmp_path, mark):
    table = tmp_path / "table.csv"
    table.write_text(f"histology,stage\nsquamous,IVB\n{mark}histology,stage\nsquamous,IVB\n", encoding="utf-8")
    assert "table.csv:3: expected a row, found the header again" in refused(app, table)


def test_carriage_returns_alone_are_refused_in_words(app, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("histology,stage\rsquamous,IVB\r", encoding="utf-8", newline="")
    message = refused(app, table)
    assert "table.csv:1: expected lines that end in a line feed, found a carriage return alone" in message


def given(file, rulebook):
    with judged(open_table([str(file)], given="drugs_given"), rulebook) as result:
        return concordance(result.rows, rulebook, "drugs_given")


def patient(id, drugs):
    return AFTER_OSIMERTINIB.replace("a,", f"{id},", 1).replace("amivantamab;carboplatin", drugs)


def test_chemotherapy_alone_in_common_with_an_offered_regimen_is_no_partial_agreement(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    file.write_text(HEADER + patient("a", "docetaxel"), encoding="utf-8")
    assert given(file, rulebook).counts[Agreement.PARTIAL.value] == 0
    file.write_text(HEADER + patient("a", "amivantamab/docetaxel"), encoding="utf-8")
    assert given(file, rulebook).counts[Agreement.PARTIAL.value] == 1


def test_agreement_is_counted_among_patients_with_something_offered_and_a_known_treatment(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    without = "z,sclc,small-cell,,limited,,,,4,0,,,topotecan\n"
    rows = [patient("a", "amivantamab"), patient("b", "snake oil"), patient("c", ""), without]
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    found = given(file, rulebook)
    assert found.offered == 1
    assert sum(found.counts.values()) == 4
    shown = rendered(report.document(summary_of(file, rulebook), agreed=found))
    assert "Patients with a known treatment and at least one option offered: 1" in " ".join(shown.split())


def test_rows_that_are_set_apart_are_one_reason_whatever_was_given(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    apart = (
        "id,disease,stage,liver_metastases,drugs_given\na,nsclc,IIIA,true,docetaxel\nb,nsclc,IIIA,true,osimertinib\n"
    )
    file.write_text(apart, encoding="utf-8")
    (reason,) = given(file, rulebook).disagreements
    assert (reason.given, reason.reasons, reason.patients) == ("(any)", "the row was set apart", 2)


def summary_of(file, rulebook):
    with judged(open_table([str(file)]), rulebook) as result:
        return summarise(result, "table")


def test_one_treatment_is_one_reason_however_it_is_written_and_an_unknown_drug_is_named(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    texts = ("Docetaxel;Gemcitabine", "gemcitabine hydrochloride + docetaxel", "docetaxel;snake oil")
    rows = (patient(str(n), text) for n, text in enumerate(texts))
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    found = {
        (disagreement.given, disagreement.patients): disagreement.reasons
        for disagreement in given(file, rulebook).disagreements
    }
    assert ("docetaxel + gemcitabine", 2) in found
    assert found["docetaxel;snake oil", 1] == "not a known drug: `snake oil`"


def test_only_regimens_for_the_disease_of_the_patient_are_compared(rulebook, tmp_path):
    file = tmp_path / "given.csv"
    file.write_text(HEADER + patient("a", "tarlatamab"), encoding="utf-8")
    found = given(file, rulebook)
    assert found.counts[Agreement.OUTSIDE.value] == 1
    assert "for this disease" in found.disagreements[0].reasons


def test_rows_of_another_disease_are_set_apart_with_the_reason_and_not_explained(explainer, rulebook, tmp_path):
    file = tmp_path / "mixed.csv"
    rows = ["a,breast cancer,IV,positive", "b,Melanoma,IV,positive", "c,NSCLC,IV,positive", "d,no breast cancer,IV,"]
    file.write_text("id,disease,stage,alk\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with judged(open_table([str(file)]), rulebook) as result:
        summary = summarise(result, "mixed")
        found = result.rows.select("id", "set_apart", "ivonescimab").collect()
    assert {reason for reason, _ in summary.set_apart} == {
        "disease: the rules do not cover `breast cancer`",
        "disease: the rules do not cover `Melanoma`",
    }
    assert summary.unread == (("disease", "no breast cancer", 1),)
    assert found["ivonescimab"].is_null().to_list() == [True, True, False, False]
    assert "the row `a` is set apart: disease: the rules do not cover `breast cancer`" in refused(
        explainer, "explain", file, "--id", "a"
    )
