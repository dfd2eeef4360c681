"""Mappings: columns, words, patterns, numbers and second tables of a registry as profile keys."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.mapping_draft import suggest_mapping  # noqa: E402
from regimen_advisor.cohorts.rows import profile_of_row  # noqa: E402
from regimen_advisor.cohorts.tables import scan_table  # noqa: E402
from regimen_advisor.documents.writing import rendered  # noqa: E402
from regimen_advisor.reports.cohort import data, document  # noqa: E402

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "profiles" / "mappings" / "lung-msk-mind-2020.yaml"
REAL = ROOT.parent / "shared" / "data" / "lung_msk_mind_2020"

COLUMNS = (
    "Patient ID", "Sample ID", "Clinically reported PD-L1 score", "Disease", "ECOG", "EGFR driver",
    "EGFR protein change", "Histology", "IO drug name", "Line of therapy",
)  # fmt: skip
PATIENTS = (
    ("P-1", "P-1-T01", "80", "NSCLC", "1", "FALSE", "NA", "Adenocarcinoma", "Nivolumab", "2"),
    ("P-2", "P-2-T01", "NA", "NSCLC", "NA", "TRUE", "L858R (driver)", "Squamous", "Ipilimumab+Nivolumab", "1"),
    ("P-3", "P-3-T01", "0", "NSCLC", "0", "FALSE", "A24S", "Giant Cell", "Pembrolizumab", "1"),
)
CLINICAL = "".join("\t".join(row) + "\n" for row in (COLUMNS, *PATIENTS))
FUSIONS = """\
Sample_Id\tEvent_Info\tComments
P-1-T01\tEML4-ALK fusion\t
P-1-T01\tSOCS1-intragenic\t
P-3-T01\tNCOA3-intragenic\t
"""


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


@pytest.fixture
def registry(tmp_path):
    """A small invented table in the shape of the real one."""
    (tmp_path / "clinical_data.tsv").write_text(CLINICAL, encoding="utf-8")
    (tmp_path / "data_sv.txt").write_text(FUSIONS, encoding="utf-8")
    return tmp_path / "clinical_data.tsv"


def mapping_of(text, tmp_path, rulebook):
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return load_mapping(file, rulebook.domain)


def profile(file, id, rulebook, mapping):
    return profile_of_row([str(file)], id, rulebook, mapping).model_dump(exclude_none=True)


def test_the_shipped_mapping_reads_columns_values_patterns_numbers_and_a_second_table(registry, rulebook):
    mapping = load_mapping(SHIPPED, rulebook.domain)
    assert profile(registry, "P-1", rulebook, mapping) == {
        "id": "P-1", "disease": "nsclc", "histology": "adenocarcinoma", "ecog": 1, "egfr": "wild-type",
        "alk": "positive", "pd_l1_tps": 80, "prior_lines": 1,
    }  # fmt: skip
    second = profile(registry, "P-2", rulebook, mapping)
    assert second["egfr"]["found"] == ["L858R"]
    assert second["prior_lines"] == 0


def test_a_fusion_that_is_not_listed_is_unknown_and_never_negative(registry, rulebook):
    mapping = load_mapping(SHIPPED, rulebook.domain)
    assert "alk" not in profile(registry, "P-2", rulebook, mapping)
    assert "alk" not in profile(registry, "P-3", rulebook, mapping)


def test_unread_cells_are_reported_under_the_columns_of_the_table(registry, rulebook):
    mapping = load_mapping(SHIPPED, rulebook.domain)
    with judged(open_table([str(registry)], mapping), rulebook, exact=False) as result:
        unread = summarise(result, "registry").unread
    assert set(unread) == {("Histology", "Giant Cell", 1), ("EGFR driver | EGFR protein change", "FALSE | A24S", 1)}


@pytest.mark.skipif(not REAL.is_dir(), reason="the public table is not beside the checkout")
def test_the_real_table_runs_from_end_to_end(rulebook):
    mapping = load_mapping(SHIPPED, rulebook.domain)
    with judged(open_table([str(REAL / "clinical_data.tsv")], mapping), rulebook) as result:
        summary = summarise(result, "real")
    assert summary.patients == 247
    assert summary.set_apart == ()
    assert sum(count for column, _, count in summary.unread if column == "Histology") == 7


def test_a_fraction_becomes_a_percentage_and_a_constant_is_in_every_row(registry, tmp_path, rulebook):
    table = tmp_path / "fractions.csv"
    table.write_text("name,tps\na,0.6\nb,0.505\n", encoding="utf-8")
    text = "title: t\nid: name\nkeys:\n  pd_l1_tps: {column: tps, multiply: 100}\n  disease: {constant: nsclc}\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    assert profile(table, "a", rulebook, mapping) == {"id": "a", "disease": "nsclc", "pd_l1_tps": 60}
    assert profile(table, "b", rulebook, mapping) == {"id": "b", "disease": "nsclc"}


def test_the_first_group_of_a_pattern_can_be_the_value(tmp_path, rulebook):
    table = tmp_path / "variants.csv"
    table.write_text("name,variant\na,L858R (driver)\n", encoding="utf-8")
    pattern = r"{match: '(\w+) \(driver\)', gives: '\1'}"
    text = f"title: t\nid: name\nkeys:\n  egfr: {{column: variant, patterns: [{pattern}]}}\n"
    assert profile(table, "a", rulebook, mapping_of(text, tmp_path, rulebook))["egfr"] == ["L858R"]


def test_a_pattern_reads_only_a_cell_that_it_matches_whole(tmp_path, rulebook):
    table = tmp_path / "variants.csv"
    table.write_text("name,variant\na,L858R\nb,L858R not found\nc,no L858R\n", encoding="utf-8")
    text = "title: t\nid: name\nkeys:\n  egfr: {column: variant, patterns: [{match: L858R, gives: [L858R]}]}\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    assert profile(table, "a", rulebook, mapping)["egfr"] == ["L858R"]
    with judged(open_table([str(table)], mapping), rulebook, exact=False) as result:
        assert set(summarise(result, "variants").unread) == {
            ("variant", "L858R not found", 1),
            ("variant", "no L858R", 1),
        }


@pytest.mark.parametrize("cell", ["", '""', '"  "', "NA", " NA "])
def test_an_empty_cell_is_missing_and_no_pattern_reads_it(tmp_path, rulebook, cell):
    table = tmp_path / "fusions.csv"
    table.write_text(f"name,stage,fusion\na,IV,{cell}\n", encoding="utf-8")
    text = """\
title: t
id: name
keys:
  stage: {column: stage}
  alk: {column: fusion, patterns: [{match: '.*', gives: negative}]}
"""
    mapping = mapping_of(text, tmp_path, rulebook)
    assert profile(table, "a", rulebook, mapping) == {"id": "a", "stage": "IV"}
    with judged(open_table([str(table)], mapping), rulebook, exact=False) as result:
        assert summarise(result, "fusions").unread == ()


def test_columns_that_are_read_together_are_missing_only_where_all_of_them_are(tmp_path, rulebook):
    table = tmp_path / "variants.csv"
    table.write_text("name,stage,driver,change\na,IV,,NA\nb,IV,  ,NA\nc,IV,yes,  \n", encoding="utf-8")
    text = """\
title: t
id: name
keys:
  stage: {column: stage}
  egfr: {columns: [driver, change], values: {'- | -': wild-type, 'yes | -': positive}}
"""
    mapping = mapping_of(text, tmp_path, rulebook)
    assert "egfr" not in profile(table, "a", rulebook, mapping)
    assert "egfr" not in profile(table, "b", rulebook, mapping)
    assert profile(table, "c", rulebook, mapping)["egfr"] == "positive"


def test_a_history_is_built_from_columns_and_left_out_where_they_are_empty(tmp_path, rulebook):
    table = tmp_path / "lines.csv"
    table.write_text("name,first,best,second\na,Tagrisso,POD,NA\nb,NA,NA,NA\n", encoding="utf-8")
    text = """\
title: t
id: name
keys:
  disease: {constant: nsclc}
history:
  - {line: 1, drugs: {column: first}, outcome: {column: best, values: {POD: progressed}}}
  - {line: 2, drugs: {column: second}}
"""
    mapping = mapping_of(text, tmp_path, rulebook)
    (entry,) = profile(table, "a", rulebook, mapping)["history"]
    assert (entry["line"], entry["outcome"]) == (1, "progressed")
    assert [rulebook.formulary.resolve(drug) for drug in entry["drugs"]] == ["osimertinib"]
    assert "history" not in profile(table, "b", rulebook, mapping)


def test_a_line_whose_drugs_are_blank_is_left_out_of_the_history(tmp_path, rulebook):
    table = tmp_path / "lines.csv"
    table.write_text("name,first,second\na,osimertinib,  \n", encoding="utf-8")
    text = """\
title: t
id: name
keys: {disease: {constant: nsclc}}
history:
  - {line: 1, drugs: {column: first}}
  - {line: 2, drugs: {column: second}}
"""
    (entry,) = profile(table, "a", rulebook, mapping_of(text, tmp_path, rulebook))["history"]
    assert entry["line"] == 1


def test_a_column_that_is_not_there_is_refused_with_its_place_and_what_may_be_meant(registry, tmp_path, rulebook):
    mapping = mapping_of("title: t\nkeys:\n  ecog: {column: ECGO}\n", tmp_path, rulebook)
    with pytest.raises(InputError, match=r"mapping.yaml:3:.*no column `ECGO` in the table \(did you mean `ECOG`\?\)"):
        open_table([str(registry)], mapping)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("title: t\nkeys:\n  ecog: {column: E, patterns: [{match: '(', gives: 1}]}\n", "expected a regular expression"),
        ("title: t\nkeys:\n  egrf: {column: E}\n", "no key of a profile is called `egrf`"),
        ("title: t\nkeys:\n  egfr: {column: E, columns: [F]}\n", "exactly one of"),
        ("title: t\nkeys: {}\n", "expected at least one key"),
        ("title: t\nkeys:\n  disease: {constant: nsclc}\n", "expected at least one that is read from a column"),
        ("title: t\nkeys:\n  egfr: {colum: E}\n", "colum"),
    ],
)
def test_a_broken_mapping_is_refused_with_its_line(tmp_path, rulebook, text, value):
    with pytest.raises(InputError) as caught:
        mapping_of(text, tmp_path, rulebook)
    assert value in str(caught.value)
    assert "mapping.yaml:" in str(caught.value)


def test_a_mapping_knows_every_column_that_it_reads(tmp_path, rulebook):
    text = """\
title: t
id: Patient
tables:
  sv: {file: sv.txt, key: Sample_Id, matches: Sample}
keys:
  ecog: {column: ECOG}
  alk: {column: sv.Event}
  egfr: {columns: [Driver, Change]}
history:
  - {drugs: {column: Before}, line: 1, cycles: {column: Number}}
given: {column: Now}
"""
    assert mapping_of(text, tmp_path, rulebook).file.columns == {
        "Patient", "Sample", "ECOG", "sv.Event", "Driver", "Change", "Before", "Number", "Now",
    }  # fmt: skip


def test_a_second_table_that_is_missing_is_refused(registry, tmp_path, rulebook):
    text = "title: t\ntables:\n  sv: {file: none.txt, key: a, matches: Sample ID}\nkeys:\n  ecog: {column: ECOG}\n"
    with pytest.raises(InputError, match="no such file"):
        open_table([str(registry)], mapping_of(text, tmp_path, rulebook))


@pytest.mark.parametrize(
    ("joined_by", "message"),
    [
        (
            "key: Sample_ID, matches: Sample ID",
            "32: key: no column `Sample_ID` in data_sv.txt .did you mean `Sample_Id`",
        ),
        ("key: Sample_Id, matches: Sample_ID", "52: matches: no column `Sample_ID` .did you mean `Sample ID`"),
    ],
)
def test_a_column_that_joins_two_tables_is_refused_where_one_of_them_has_it_not(
    registry, tmp_path, rulebook, joined_by, message
):
    text = f"title: t\nkeys:\n  ecog: {{column: ECOG}}\ntables:\n  sv: {{file: data_sv.txt, {joined_by}}}\n"
    with pytest.raises(InputError, match=rf"mapping\.yaml:5:{message}"):
        open_table([str(registry)], mapping_of(text, tmp_path, rulebook))


def test_names_of_patients_and_drugs_given_are_read_where_a_mapping_tells_their_columns(registry, tmp_path, rulebook):
    table = scan_table([str(registry)])
    keys = "keys: {ecog: {column: ECOG}, stage: {constant: IVB}, liver_metastases: {constant: true}}"
    silent = mapping_of(f"title: t\n{keys}\n", tmp_path, rulebook).apply(table, tmp_path).collect()
    assert silent["id"].to_list() == [None] * 3  # `cohort` gives them the number of their row
    assert "given" not in silent.columns
    text = f"title: t\nid: Patient ID\n{keys}\ngiven: {{column: IO drug name}}\n"
    found = mapping_of(text, tmp_path, rulebook).apply(table, tmp_path).collect()
    assert found["id"].to_list() == ["P-1", "P-2", "P-3"]
    assert (found["stage"][2], found["liver_metastases"][2]) == ("IVB", "true")
    assert found["given"].to_list() == ["Nivolumab", "Ipilimumab;Nivolumab", "Pembrolizumab"]


@pytest.mark.parametrize(
    ("names", "place"), [("Patient", "2:5: id"), ("[Patient ID, Patient]", "2:18: id")], ids=["one", "several"]
)
def test_a_column_of_names_that_is_not_there_is_refused_with_its_place(names, place, registry, tmp_path, rulebook):
    mapping = mapping_of(f"title: t\nid: {names}\nkeys: {{ecog: {{column: ECOG}}}}\n", tmp_path, rulebook)
    with pytest.raises(InputError, match=rf"mapping\.yaml:{place}: no column `Patient` in the table"):
        mapping.apply(scan_table([str(registry)]), tmp_path)


def test_a_mapping_and_an_id_column_are_not_taken_together(registry, rulebook):
    with pytest.raises(InputError, match="by its own key `id`"):
        open_table([str(registry)], load_mapping(SHIPPED, rulebook.domain), id_column="Patient ID")


def draft_of(text, tmp_path, rulebook):
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    return suggest_mapping(scan_table([str(tmp_path / "table.csv")]), rulebook.domain, "table.csv")


def checked(draft):
    """The draft as somebody leaves it who looked at every guess and found it right."""
    return re.sub(r"\s+# CHECK.*", "", draft)


def test_a_draft_that_was_checked_can_be_loaded_and_finds_the_columns_that_look_like_a_key(
    registry, tmp_path, rulebook
):
    draft = suggest_mapping(scan_table([str(registry)]), rulebook.domain, "clinical_data.tsv")
    mapping = mapping_of(checked(draft), tmp_path, rulebook)
    assert mapping.file.id == "Patient ID"
    assert mapping.file.keys["histology"].values["Adenocarcinoma"] == "adenocarcinoma"
    assert mapping.file.keys["ecog"].column == "ECOG"
    assert mapping.file.given.column == "IO drug name"
    assert profile(registry, "P-1", rulebook, mapping)["pd_l1_tps"] == 80


def test_a_mapping_does_not_run_while_a_guess_of_the_draft_is_not_checked(registry, tmp_path, rulebook):
    draft = suggest_mapping(scan_table([str(registry)]), rulebook.domain, "clinical_data.tsv")
    number = draft.count("# CHECK")
    first = next(at for at, line in enumerate(draft.splitlines(), start=1) if "# CHECK" in line)
    with pytest.raises(InputError, match=rf"mapping\.yaml:{first}:\d+: .*found {number} lines with `# CHECK`"):
        mapping_of(draft, tmp_path, rulebook)


def test_a_draft_takes_no_column_of_yes_and_no_for_a_percentage(tmp_path, rulebook):
    draft = draft_of("id,PD-L1 not reported,PDL1 percent\na,0,60\nb,1,NA\nc,0,1\n", tmp_path, rulebook)
    assert '# pd_l1_tps? "PD-L1 not reported": "0", "1" (only 0 and 1: yes or no, not a percentage)' in draft
    assert '    column: "PDL1 percent"  # CHECK: "1", "60"' in draft
    only = draft_of("id,PD-L1 not reported\na,0\nb,1\n", tmp_path, rulebook)
    assert "  # pd_l1_tps: none of these columns can be read as it is" in only


def test_a_draft_does_not_take_the_line_of_a_drug_for_the_lines_before(tmp_path, rulebook):
    draft = draft_of("id,line of the TKI,prior lines\na,2,1\nb,1,0\n", tmp_path, rulebook)
    assert '  # prior_lines? "line of the TKI"' in draft
    assert '    column: "prior lines"  # CHECK' in draft
    assert "  prior_lines:" not in draft_of("id,line of the TKI\na,2\nb,1\n", tmp_path, rulebook)


def test_a_draft_reads_the_words_of_the_whole_column_regardless_of_case(tmp_path, rulebook):
    odd = "".join(f"o{n},word {n:02}\n" for n in range(40))
    rows = odd + "a,Negative\n" + "".join(f"n{n},NEGATIVE\n" for n in range(25))
    draft = draft_of("id,ALK result\n" + rows, tmp_path, rulebook)
    assert '"Negative": "negative"  # CHECK: 1 row' in draft
    assert '"NEGATIVE": "negative"  # CHECK: 25 rows' in draft
    assert "#   and 10 more in 10 rows" in draft


def test_a_draft_lists_every_rival_column_with_a_sample_and_names_drugs_by_their_line(tmp_path, rulebook):
    rows = "p1,Positive,maybe,Gefitinib,Osimertinib,Docetaxel\np2,negative,no,Erlotinib,NA,Pemetrexed\n"
    draft = draft_of("record_id,ALK,ALK by FISH,drugs line 1,drugs line 2,regimen\n" + rows, tmp_path, rulebook)
    assert '  # alk? "ALK by FISH": "maybe", "no" (0 rows can be read)' in draft
    mapping = mapping_of(checked(draft), tmp_path, rulebook)
    assert mapping.file.id == "record_id"
    assert [(entry.line, entry.drugs.column) for entry in mapping.file.history] == [
        (1, "drugs line 1"), (2, "drugs line 2"),
    ]  # fmt: skip
    assert mapping.file.given.column == "regimen"


def test_a_draft_of_names_and_cells_full_of_signs_is_sound(tmp_path, rulebook):
    cells = 'a,"x ""y"" # CHECK: \\ \u2028",positive\n'
    draft = draft_of('id,"ALK ""new""\n of: {x}",alk\n' + cells, tmp_path, rulebook)
    assert mapping_of(checked(draft), tmp_path, rulebook).file.keys["alk"].column == "alk"


def test_an_outcome_that_is_no_word_is_unknown_counted_and_no_traceback(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    table.write_text("who,drug,end\na,osimertinib,PD\nb,osimertinib,progressed\n", encoding="utf-8")
    mapping = mapping_of(
        "title: t\nid: who\nkeys: {disease: {constant: nsclc}, stage: {column: end, values: {x: IV}}}\n"
        "history: [{line: 1, drugs: {column: drug}, outcome: {column: end}}]\n",
        tmp_path,
        rulebook,
    )
    assert profile(table, "a", rulebook, mapping)["history"][0]["outcome"] == "unknown"
    assert profile(table, "b", rulebook, mapping)["history"][0]["outcome"] == "progressed"
    with judged(open_table([str(table)], mapping), rulebook, exact=False) as result:
        unread = result.rows.select("id", "unread").collect().rows()
    assert dict(unread)["a"] is not None
    assert dict(unread)["a"] == "end: PD"  # once, though two parts of the mapping read the column
    assert dict(unread)["b"] == "end: progressed"  # which is an outcome and no stage


@pytest.mark.parametrize("gives", [r"\9", r"\g<y>", r"\q"])
def test_a_pattern_that_gives_a_group_it_has_not_is_refused_with_its_line(tmp_path, rulebook, gives):
    text = f"title: t\nkeys:\n  stage:\n    column: s\n    patterns: [{{match: '(I+)', gives: '{gives}'}}]\n"
    with pytest.raises(InputError, match=r"mapping\.yaml:5:\d+: .*the groups that it has"):
        mapping_of(text, tmp_path, rulebook)


def unread_of(table, mapping, rulebook):
    with judged(open_table([str(table)], mapping), rulebook, exact=False) as result:
        return set(summarise(result, "table").unread)


def test_every_part_of_a_history_that_cannot_be_read_is_named_with_its_column_and_counted(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    rows = "a,osimertinib,PD,many\nb,osimertinib + snake oil,PD,4.0\nc,gefitinib,Progressed,120\n"
    table.write_text("who,drug,end,number\n" + rows, encoding="utf-8")
    mapping = mapping_of(
        "title: t\nid: who\nkeys: {disease: {constant: nsclc}}\nhistory:\n"
        "  - {line: 1, drugs: {column: drug}, outcome: {column: end}, cycles: {column: number}}\n",
        tmp_path,
        rulebook,
    )
    assert unread_of(table, mapping, rulebook) == {
        ("end", "PD", 2), ("drug", "snake oil", 1), ("number", "many", 1), ("number", "120", 1),
    }  # fmt: skip
    entry = profile(table, "c", rulebook, mapping)["history"][0]
    assert (entry["outcome"], entry.get("cycles")) == ("progressed", None)
    assert profile(table, "b", rulebook, mapping)["history"][0]["cycles"] == 4


def test_the_months_to_a_relapse_are_read_from_a_column(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    table.write_text("who,drug,end,months\na,carboplatin,relapsed,9.0\nb,carboplatin,relapsed,late\n", encoding="utf-8")
    mapping = mapping_of(
        "title: t\nid: who\nkeys: {disease: {constant: nsclc}}\nhistory:\n"
        "  - {line: 1, drugs: {column: drug}, outcome: {column: end}, relapse_after: {column: months}}\n",
        tmp_path,
        rulebook,
    )
    assert profile(table, "a", rulebook, mapping)["history"][0]["relapse_after"] == 9
    assert unread_of(table, mapping, rulebook) == {("months", "late", 1)}


@pytest.mark.parametrize("cell", ["[gefitinib", "[{]", '["gefitinib"', "[" * 3000])
def test_a_list_of_drugs_that_is_broken_is_unknown_and_no_traceback(tmp_path, rulebook, cell):
    table = tmp_path / "table.tsv"
    table.write_text("who\tdrug\na\t" + '"' + cell.replace('"', '""') + '"\n', encoding="utf-8")
    mapping = mapping_of(
        "title: t\nid: who\nkeys: {disease: {constant: nsclc}}\nhistory: [{line: 1, drugs: {column: drug}}]\n",
        tmp_path,
        rulebook,
    )
    assert profile(table, "a", rulebook, mapping)["history"][0]["drugs"] == "unknown"
    assert unread_of(table, mapping, rulebook) == {("drug", cell, 1)}


def test_two_second_tables_with_the_same_name_of_the_key_are_joined(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    table.write_text("ID,stage\na,IV\nb,IV\n", encoding="utf-8")
    (tmp_path / "one.csv").write_text("ID,alk\nb,positive\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text("ID,ros1\na,negative\nb,positive\n", encoding="utf-8")
    mapping = mapping_of(
        "title: t\nid: ID\ntables:\n  one: {file: one.csv, key: ID, matches: ID}\n"
        "  two: {file: two.csv, key: ID, matches: ID}\n"
        "keys: {alk: {column: one.alk}, ros1: {column: two.ros1}, stage: {column: stage}}\n",
        tmp_path,
        rulebook,
    )
    assert profile(table, "a", rulebook, mapping) == {"id": "a", "stage": "IV", "ros1": "negative"}
    assert profile(table, "b", rulebook, mapping)["alk"] == "positive"


def test_a_second_table_whose_columns_the_first_has_already_is_refused_with_its_line(tmp_path, rulebook):
    (tmp_path / "table.csv").write_text("ID,one.alk\na,positive\n", encoding="utf-8")
    (tmp_path / "one.csv").write_text("ID,alk\na,positive\n", encoding="utf-8")
    text = "title: t\ntables:\n  one: {file: one.csv, key: ID, matches: ID}\nkeys: {alk: {column: one.alk}}\n"
    with pytest.raises(InputError, match=r"mapping\.yaml:3:.*already has a column `one\.alk`"):
        open_table([str(tmp_path / "table.csv")], mapping_of(text, tmp_path, rulebook))


def test_values_come_first_then_patterns_then_the_cell_as_it_is(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    table.write_text("who,alk\na,POS\nb,seen: yes\nc,negative\nd,perhaps\n", encoding="utf-8")
    text = (
        "title: t\nid: who\nkeys:\n  alk:\n    column: alk\n    values: {pos: positive}\n"
        "    patterns: [{match: 'p.*', gives: unknown}, {match: 'POS', gives: negative}, "
        "{match: 'seen.*', gives: positive}]\n"
    )
    mapping = mapping_of(text.replace("{match: 'p.*', gives: unknown}, ", ""), tmp_path, rulebook)
    assert {id: profile(table, id, rulebook, mapping)["alk"] for id in "abc"} == {
        "a": "positive", "b": "positive", "c": "negative",
    }  # fmt: skip
    assert unread_of(table, mapping, rulebook) == {("alk", "perhaps", 1)}
    assert unread_of(table, mapping_of(text, tmp_path, rulebook), rulebook) == set()


def test_patterns_are_honoured_in_the_history_and_in_the_drugs_given(tmp_path, rulebook):
    table = tmp_path / "table.csv"
    table.write_text(
        "who,drug,now\na,1L: gefitinib,2L: Osimertinib Mesylate/Gemcitabine hydrochloride\n", encoding="utf-8"
    )
    mapping = mapping_of(
        "title: t\nid: who\nkeys: {disease: {constant: nsclc}}\n"
        r"history: [{line: 1, drugs: {column: drug, patterns: [{match: '1L: (.*)', gives: '\1'}]}}]"
        "\n"
        r"given: {column: now, patterns: [{match: '2L: (?P<drugs>.*)', gives: '\g<drugs>'}]}"
        "\n",
        tmp_path,
        rulebook,
    )
    assert profile(table, "a", rulebook, mapping)["history"][0]["drugs"] == ["gefitinib"]
    with judged(open_table([str(table)], mapping), rulebook, exact=False) as result:
        assert result.rows.select("given").collect().item() == "Osimertinib;Gemcitabine"


def test_a_history_is_read_from_one_column_of_json(tmp_path, rulebook):
    table = tmp_path / "table.jsonl"
    entries = [{"line": 1, "drugs": ["gefitinib"], "outcome": "progressed"}]
    table.write_text(json.dumps({"who": "a", "course": json.dumps(entries)}) + "\n", encoding="utf-8")
    mapping = mapping_of("title: t\nid: who\nkeys: {history: {column: course}}\n", tmp_path, rulebook)
    assert profile(table, "a", rulebook, mapping)["history"][0]["drugs"] == ["gefitinib"]
    table.write_text(json.dumps({"who": "a", "course": "some drugs"}) + "\n", encoding="utf-8")
    assert unread_of(table, mapping, rulebook) == {("course", "some drugs", 1)}


def test_a_pattern_that_would_run_for_ever_in_pythons_own_engine_is_never_given_to_it(tmp_path, rulebook, monkeypatch):
    compile_in_python = re._compile

    def spy(pattern, flags):
        assert "(a+)+" not in str(pattern)
        return compile_in_python(pattern, flags)

    monkeypatch.setattr(re, "_compile", spy)  # what every function of `re` calls
    table = tmp_path / "table.csv"
    table.write_text("who,alk\na," + "a" * 5000 + "!\n", encoding="utf-8")
    text = "title: t\nid: who\nkeys: {alk: {column: alk, patterns: [{match: '(a+)+', gives: positive}]}}\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    assert len(unread_of(table, mapping, rulebook)) == 1


@pytest.mark.parametrize("match", [r"(?=a)a", r"(a)\1", "a{1000}{1000}"])
def test_a_pattern_that_the_engine_cannot_bound_is_named_and_refused_with_its_line(tmp_path, rulebook, match):
    text = f"title: t\nkeys:\n  alk:\n    column: s\n    patterns: [{{match: '{match}', gives: positive}}]\n"
    with pytest.raises(InputError) as caught:
        mapping_of(text, tmp_path, rulebook)
    assert "mapping.yaml:5:" in str(caught.value)
    assert match in str(caught.value)


def test_two_columns_are_the_bounds_of_a_number_and_one_of_them_may_be_missing(tmp_path, rulebook):
    table = tmp_path / "bounds.csv"
    table.write_text("name,low,high\na,1,49\nb,50,\nc,0,0.0\nd,low,9\ne,60,10\n", encoding="utf-8")
    text = "title: t\nid: name\nkeys:\n  disease: {constant: nsclc}\n  pd_l1_tps: {at_least: low, at_most: high}\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    found = {name: profile(table, name, rulebook, mapping).get("pd_l1_tps") for name in "abcde"}
    assert found == {
        "a": {"at_least": 1, "at_most": 49}, "b": {"at_least": 50}, "c": {"at_least": 0, "at_most": 0},
        "d": None, "e": None,
    }  # fmt: skip
    assert unread_of(table, mapping, rulebook) == {("low | high", "low | 9", 1), ("low | high", "60 | 10", 1)}


def test_a_bound_whose_column_is_not_there_is_refused_at_its_own_place(tmp_path, rulebook):
    table = tmp_path / "bounds.csv"
    table.write_text("name,low\na,1\n", encoding="utf-8")
    text = "title: t\nid: name\nkeys:\n  pd_l1_tps: {at_least: low, at_most: hihg}\n"
    with pytest.raises(InputError, match=r":4:39: no column `hihg`"):
        open_table([str(table)], mapping_of(text, tmp_path, rulebook))


def test_a_column_may_hold_the_history_as_json_and_a_part_that_cannot_be_read_is_unknown_alone(tmp_path, rulebook):
    table = tmp_path / "histories.jsonl"
    entries = [
        [{"line": 1, "drugs": ["gefitinib"], "outcome": "Progressed", "cycles": 4}],
        [{"line": 1, "drugs": ["gefitinib"], "outcome": "PD", "cycles": "many"}],
        [{"line": 1, "drugs": "gefitinib + placebo", "outcome": "ongoing"}],
    ]
    rows = [{"name": f"p{at}", "course": json.dumps(entry)} for at, entry in enumerate(entries)]
    table.write_text("\n".join(map(json.dumps, [*rows, {"name": "p3", "course": "{}"}])), encoding="utf-8")
    text = "title: t\nid: name\nkeys:\n  disease: {constant: nsclc}\n  history: {column: course}\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    assert profile(table, "p0", rulebook, mapping)["history"] == [
        {"line": 1, "drugs": ["gefitinib"], "outcome": "progressed", "cycles": 4}
    ]
    assert profile(table, "p1", rulebook, mapping)["history"] == [
        {"line": 1, "drugs": ["gefitinib"], "outcome": "unknown"}
    ]
    assert profile(table, "p2", rulebook, mapping)["history"] == [{"line": 1, "drugs": "unknown", "outcome": "ongoing"}]
    assert unread_of(table, mapping, rulebook) == {
        ("course", "history line 1 outcome: PD", 1),
        ("course", "history line 1 cycles: many", 1),
        ("course", "history line 1 drugs: placebo", 1),
        ("course", "{}", 1),
    }


def test_names_that_occur_more_than_once_are_reported(tmp_path, rulebook):
    table = tmp_path / "twice.csv"
    table.write_text("id,stage\na,IV\nb,IV\na,III\nc,IV\na,IV\nb,I\n", encoding="utf-8")
    with judged(open_table([str(table)]), rulebook) as result:
        summary = summarise(result, "twice")
    assert summary.repeated == (("a", 3), ("b", 2))
    assert "   3  a\n   2  b" in rendered(document(summary))
    assert data(summary)["repeated"] == [{"id": "a", "rows": 3}, {"id": "b", "rows": 2}]


@pytest.mark.parametrize("cell", ["[[gefitinib]]", '[["gefitinib"]]', "[", '["gefitinib", {}]', ";;", "[]"])
def test_a_cell_of_drugs_that_names_none_leaves_its_row_unknown_and_the_others_read(tmp_path, rulebook, cell):
    table = tmp_path / "drugs.jsonl"
    rows = [{"who": "a", "drug": cell}, {"who": "b", "drug": '["afatinib"]'}]
    table.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    text = "title: t\nid: who\nkeys: {disease: {constant: nsclc}}\nhistory: [{line: 1, drugs: {column: drug}}]\n"
    mapping = mapping_of(text, tmp_path, rulebook)
    assert profile(table, "a", rulebook, mapping)["history"][0]["drugs"] == "unknown"
    assert profile(table, "b", rulebook, mapping)["history"][0]["drugs"] == ["afatinib"]
    assert len(unread_of(table, mapping, rulebook)) == 1
