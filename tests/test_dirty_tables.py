"""Tables as a hospital exports them: days in many forms, columns of yes and no, words in any case, empty cells."""

from __future__ import annotations

import re

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.cohort import as_profiles, open_table, unread_cells  # noqa: E402
from regimen_advisor.cohorts.data_check import check_table, columns_of_tables  # noqa: E402
from regimen_advisor.cohorts.draft_words import guessed  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.mapping_draft import suggest_mapping  # noqa: E402
from regimen_advisor.cohorts.origins import show_row  # noqa: E402
from regimen_advisor.cohorts.spark.worker import NUMBER, Task, Worker, mapping_of, rules_of  # noqa: E402
from regimen_advisor.cohorts.tables import scan_table  # noqa: E402
from regimen_advisor.columns.engine import ColumnEngine  # noqa: E402
from regimen_advisor.columns.rows import plain_profile  # noqa: E402

NSCLC = "keys:\n  disease: {constant: nsclc}\n"


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


class Export:
    """A table and a mapping in a folder."""

    def __init__(self, folder, rulebook, engine):
        self.folder, self.rulebook, self.engine = folder, rulebook, engine

    def table(self, text, name="export.csv"):
        file = self.folder / name
        file.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", "utf-8")
        return file

    def mapping(self, text, folder=None, id="who"):
        file = (folder or self.folder) / "mapping.yaml"
        file.write_text(f"title: t\nid: {id}\n" + text, "utf-8")
        return load_mapping(file, self.rulebook.domain)

    def opened(self, mapping, **named):
        read = self.mapping(mapping, **named)
        engine = self.engine if read.file.has_events else ColumnEngine(self.rulebook, read.readers)
        return open_table([str(self.folder / "export.csv")], read), engine

    def profiles(self, mapping, **named):
        table, engine = self.opened(mapping, **named)
        return {row["id"]: plain_profile(row, engine) for row in table.rows.collect().iter_rows(named=True)}

    def profile(self, mapping, id):
        return self.profiles(mapping)[id]

    def unread(self, mapping):
        table, engine = self.opened(mapping)
        facts = engine.facts(table.rows)
        cells = dict(facts.select("id", unread_cells(facts, table.mapping)).collect().iter_rows())
        return {id: set(lines.split("\n")) for id, lines in cells.items() if lines}

    def refused(self, mapping):
        with pytest.raises(InputError) as caught:
            open_table([str(self.folder / "export.csv")], self.mapping(mapping))
        (problem,) = caught.value.problems
        return problem.location.line, problem.message


@pytest.fixture(scope="module")
def engine(rulebook):
    return ColumnEngine(rulebook)


@pytest.fixture
def export(tmp_path, rulebook, engine):
    return Export(tmp_path, rulebook, engine)


# Days ----------------------------------------------------------------------------------------------------------------

RELAPSES = """\
history:
  - setting: curative
    drugs: {column: adjuvant}
    relapse_after: {since: last, until: relapse}
"""


def months(export, dates):
    """The months of each patient, in order."""
    profiles = export.profiles(dates + RELAPSES + NSCLC)
    return [entry.get("relapse_after") for profile in profiles.values() for entry in profile["history"]]


def test_days_are_read_in_the_form_that_the_mapping_names_and_never_in_another(export):
    export.table("""who,adjuvant,last,relapse
                    a,cisplatin,01.02.2020,3.5.2020
                    b,cisplatin,01.02.2020,1/5/20
                    c,cisplatin,01.02.20,03.05.2020
                    d,cisplatin,01.02.2020,31.02.2021
                    e,cisplatin,01.02.2020 10:30,03.05.2020 09:15:00""")
    german = 'dates: "%d.%m.%Y"\n'
    assert months(export, german) == [3, None, None, None, 3]
    assert export.unread(german + RELAPSES + NSCLC) == {
        "b": {"relapse: 1/5/20"}, "c": {"last: 01.02.20"}, "d": {"relapse: 31.02.2021"},
    }  # fmt: skip
    assert export.unread(RELAPSES + NSCLC).keys() == set("abcde")


def test_a_day_that_two_of_the_forms_read_as_two_days_is_not_read(export):
    export.table("""who,adjuvant,last,relapse
                    a,cisplatin,01/02/20,30/05/20
                    b,cisplatin,13/02/20,13/05/20
                    c,cisplatin,03/03/20,2020-05-03""")
    both = 'dates: ["%d/%m/%y", "%m/%d/%y", iso]\n'
    assert months(export, both) == [None, 3, 2]
    assert export.unread(both + RELAPSES + NSCLC) == {"a": {"last: 01/02/20"}}


def test_a_table_and_a_column_may_have_forms_of_their_own(export):
    export.table("""who,adjuvant,last,relapse
                    a,cisplatin,2020-02-01,3/5/20""")
    of_column = 'dates_of: {relapse: "%d/%m/%y"}\n'
    assert months(export, of_column) == [3]
    export.table("who,adjuvant,day\na,cisplatin,01.05.2020\n", "adjuvant.csv")
    tables = 'tables:\n  adjuvant: {file: adjuvant.csv, key: who, date: day, dates: "%d.%m.%Y"}\n'
    ecog = "  ecog: {constant: 1, when: {day: adjuvant.day, after: last}}\n"
    assert export.profile(tables + NSCLC + ecog, "a")["ecog"] == 1
    named = tables.replace(', dates: "%d.%m.%Y"', "") + 'dates_of: {adjuvant.day: "%d.%m.%Y"}\n'
    assert export.profile(named + NSCLC + ecog, "a")["ecog"] == 1


@pytest.mark.parametrize(
    ("dates", "line", "reason"),
    [
        ("dates: '%d.%m'\n", 3, "lacks the day, the month or the year"),
        ("dates: '%Q'\n", 3, "has a part that is not of a date"),
        ("dates: german\n", 3, "lacks the day, the month or the year"),
        ("dates: [iso, days]\n", 1, "as whole numbers everywhere or nowhere"),
        ("dates_of: {when: '%d.%m.%Y'}\n", 3, "no column `when` in the table"),
    ],
)
def test_a_form_that_is_none_is_refused_with_its_place(export, dates, line, reason):
    export.table("who,adjuvant,last,relapse\na,cisplatin,1,2\n")
    place, message = export.refused(dates + RELAPSES + NSCLC)
    assert (place, reason in message) == (line, True), message


def test_what_is_not_read_of_a_history_in_json_is_listed_under_its_column_and_bounds_may_be_percentages(export):
    export.table("""who,tx,lo,hi
                    a,"[{""line"": 1, ""drugs"": [""gefitinib""], ""outcome"": ""PD""}]",10%,20 %
                    b,not json,60,40""")
    text = NSCLC + "  history: {column: tx}\n  pd_l1_tps: {at_least: lo, at_most: hi}\n"
    assert export.unread(text) == {"a": {"tx: history line 1 outcome: PD"}, "b": {"tx: not json", "lo | hi: 60 | 40"}}
    assert export.profile(text, "a")["pd_l1_tps"] == {"at_least": 10, "at_most": 20}


# Columns of yes and no -----------------------------------------------------------------------------------------------

FLAGS = """\
  comorbidities:
    flags: {ILD: interstitial-lung-disease, DVT: venous-thromboembolism, PE: venous-thromboembolism}
    values: {x: true}
"""


def test_columns_of_yes_and_no_add_up_to_one_set_and_what_they_leave_out_stays_unknown(export):
    export.table("""who,ILD,DVT,PE
                    a,1,0,0
                    b,No,,1
                    c,0,0,
                    d,x,maybe,NO
                    e,,,""")
    found = {id: profile.get("comorbidities") for id, profile in export.profiles(NSCLC + FLAGS).items()}
    ild, clot = "interstitial-lung-disease", "venous-thromboembolism"
    assert found == {
        "a": {"found": [ild], "not_found": [clot]},
        "b": {"found": [clot], "not_found": [ild]},
        "c": {"found": [], "not_found": [ild]},
        "d": {"found": [ild], "not_found": []},
        "e": None,
    }
    assert export.unread(NSCLC + FLAGS) == {"d": {"DVT: maybe"}}


def test_columns_of_yes_and_no_of_the_rows_of_a_second_table_add_up_too(export):
    export.table("who\na\nb\n")
    export.table("who,day,bled,cavity\na,1,1,0\na,2,0,1\nb,1,0,0\n", "imaging.csv")
    text = "dates: days\ntables:\n  imaging: {file: imaging.csv, key: who, date: day}\n" + NSCLC
    text += "  bleeding_risk: {flags: {imaging.bled: haemoptysis, imaging.cavity: cavitation}}\n"
    found = export.profiles(text)
    assert found["a"]["bleeding_risk"] == {"found": ["cavitation", "haemoptysis"], "not_found": []}
    assert set(found["b"]["bleeding_risk"]["not_found"]) == {"cavitation", "haemoptysis"}


def test_flags_of_what_is_no_set_or_no_member_are_refused_with_their_place(export):
    export.table("who,ILD\na,1\n")
    line, message = export.refused(NSCLC + "  comorbidities:\n    flags:\n      ILD: interstitial-lung\n")
    assert line == 7
    assert "found `interstitial-lung`" in message
    line, message = export.refused(NSCLC + "  ecog: {flags: {ILD: x}}\n")
    assert (line, message.startswith("flags: expected a key that is a set")) == (5, True)


# The draft -----------------------------------------------------------------------------------------------------------

HOSPITAL = """\
Pat. No.,Diagnosis,ALK,EGFR,Stage,Met brain,ILD,VTE/PE,1L drugs,1L reason,Adjuvant drugs,Current drugs,Stage date
1,NSCLC,neg,WT,Stage IVB,0,0,n,Tagrisso,PD,,docetaxel,01.02.2020
2,Breast cancer,N/A,ND,4,1,1,y,none,toxicity,cisplatin,docetaxel,01.02.2020
2,NSCLC,pos,L858R,IV,,,,gefitinib,Not done,,docetaxel,01.02.2020
"""


def test_a_draft_knows_the_words_of_hospitals_and_each_is_a_guess_to_check(export):
    table = export.table(HOSPITAL)
    draft = suggest_mapping(scan_table([str(table)]), export.rulebook.domain, "export.csv")
    assert '"2", "1"; 1 name in more than one row' in draft
    assert '- "ND"  # CHECK: 1 cell; not done, no data, or not detected?' in draft
    assert '"Breast cancer": ' not in draft  # it sets its row apart as it is
    assert not [line for line in draft.splitlines() if "stage?" in line]
    file = export.folder / "draft.yaml"
    file.write_text(re.sub(r"\s+# CHECK.*", "", draft), "utf-8")
    mapping = load_mapping(file, export.rulebook.domain).file
    assert (mapping.id, mapping.missing) == ("Pat. No.", ["NA", "ND", "N/A", "Not done"])
    assert mapping.keys["alk"].values == {"neg": "negative", "pos": "positive"}
    assert (mapping.keys["egfr"].values, mapping.keys["stage"].values) == (
        {"WT": "wild-type"}, {"4": "IV", "Stage IVB": "IVB"},
    )  # fmt: skip
    assert mapping.keys["brain_metastases"].values == {"0": False, "1": True}
    assert mapping.keys["comorbidities"].flags == {
        "ILD": "interstitial-lung-disease", "VTE/PE": "venous-thromboembolism",
    }  # fmt: skip
    assert "not of the diagnosis?" in draft
    curative, first = mapping.history
    assert (curative.setting, curative.drugs.column) == ("curative", "Adjuvant drugs")
    assert (first.line, first.drugs.column) == (1, "1L drugs")
    assert first.outcome.values == {"PD": "progressed", "toxicity": "stopped-for-toxicity"}
    assert mapping.given.column == "Current drugs"


@pytest.mark.parametrize(
    ("key", "text", "plain"),
    [
        ("histology", "Lung Squamous Cell Carcinoma", "squamous"),
        ("histology", "Adenocarcinoma, NOS (8140/3)", "adenocarcinoma"),
        ("histology", "Non-Small Cell Lung Cancer", "nsclc-nos"),
        ("histology", "Small Cell Lung Cancer", "small-cell"),
        ("histology", "adenoid cystic carcinoma", None),
        ("histology", "squamous cell carcinoma of the skin", None),
        ("stage", "stage 3b", "IIIB"),
        ("stage", "Stage 1-3", None),
        ("ecog", "PS 2", "2"),
        ("ecog", "PS 7", None),
        ("egfr", "neg", "wild-type"),
        ("alk", "+", "positive"),
        ("liver_metastases", "N", False),
        ("outcome", "PR, then PD", None),
        ("outcome", "Progressive Disease", "progressed"),
        ("disease", "breast cancer", "breast cancer"),
    ],
)
def test_a_word_is_guessed_whole_or_not_at_all(rulebook, key, text, plain):
    assert guessed(key, text, rulebook.domain) == plain


# Words ---------------------------------------------------------------------------------------------------------------


def test_the_words_for_missing_are_compared_as_all_words_are(export):
    export.table("""who,alk,ros1
                    a,Not Done,n/a
                    b,NOT-DONE,N/A
                    c,nd,nda
                    d,not  done,-9
                    e,9,n a""")
    text = "missing: [not done, n/a, ND, '-9']\n" + NSCLC + "  alk: {column: alk}\n  ros1: {column: ros1}\n"
    for days in (
        "",
        "dates: days\nhistory: [{line: 1, drugs: {constant: [docetaxel], when: {column: alk, known: true}}}]\n",
    ):
        assert export.unread(days + text) == {"c": {"ros1: nda"}, "e": {"alk: 9", "ros1: n a"}}


def test_a_word_for_no_drugs_says_that_nobody_was_treated_and_a_missing_cell_does_not(export):
    export.table("""who,first,second
                    a,none,
                    b,,
                    d,docetaxel,none""")
    text = """\
history:
  - {line: 1, drugs: {column: first, values: {none: []}}}
  - {line: 2, drugs: {column: second, values: {none: []}}}
"""
    found = {id: profile.get("history") for id, profile in export.profiles(text + NSCLC).items()}
    assert found == {"a": [], "b": None, "d": [{"line": 1, "drugs": ["docetaxel"]}]}


def test_several_columns_name_a_patient_together(export):
    export.table("site,who,alk\nS1,1,negative\nS2,1,positive\nS1,,negative\n")
    for days in ("", "given: {column: alk, when: {column: alk, known: true}}\n"):
        mapping = days + NSCLC + "  alk: {column: alk}\n"
        assert list(export.profiles(mapping, id="[site, who]")) == ["S1-1", "S2-1", "row-3"]
    with pytest.raises(InputError, match=r"mapping\.yaml:2:12: .*no column `what`.*"):
        export.profiles(NSCLC + "  alk: {column: alk}\n", id="[site, what]")


# Later days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "decision", "outcomes"),
    [
        (["a,0,cisplatin,curative,1,400", "a,100,vinorelbine,curative,0,", "a,500,docetaxel,line,0,"], "a:2", [None]),
        (["a,0,cisplatin,curative,1,50", "a,100,vinorelbine,curative,0,", "a,500,docetaxel,line,0,"], "a:3",
         ["relapsed", None]),
        (["a,0,docetaxel,line,1,300", "a,100,vinorelbine,curative,0,", "a,500,gemcitabine,line,0,"], "a:2", [None]),
        (["a,0,cisplatin,curative,1,50", "a,100,docetaxel,line,0,", "a,200,vinorelbine,curative,0,"], "a:3",
         ["relapsed", None]),
    ],
    ids=["two curative ones", "before a line", "a line before a curative one", "ended before the line"],
)  # fmt: skip
def test_how_a_treatment_ended_rests_on_no_day_after_a_decision(export, rows, decision, outcomes):
    export.table("who\na\n")
    export.table("\n".join(["who,start,drug,intent,ended,end", *rows]), "lines.csv")
    text = """\
dates: days
row: {each: lines}
tables:
  lines: {file: lines.csv, key: who, date: start}
history:
  from: lines
  complete: true
  drugs: {column: lines.drug}
  setting: {column: lines.intent}
  outcome: {column: lines.ended, values: {"1": relapsed, "0": unknown}, when: {day: lines.end, not_after: next}}
"""
    history = export.profile(text + NSCLC, decision)["history"]
    assert [entry.get("outcome") for entry in history] == outcomes


SCANS = """\
dates: days
{row}tables:
  lines: {{file: lines.csv, key: who, date: start}}
  scans: {{file: scans.csv, key: who, date: day, where: {{column: progression, any_of: ["Y"]}}}}
history:
  from: lines
  complete: true
  drugs: {{column: lines.drug}}
  outcome:
    constant: progressed
    when: {{has_row: scans}}
    otherwise: {{column: lines.ended}}
"""


def test_a_line_ended_as_the_rows_of_another_table_say_in_its_time(export):
    export.table("who\na\nb\n")
    export.table(
        """who,start,drug,ended
                    a,0,gefitinib,completed
                    a,100,docetaxel,completed
                    a,200,gemcitabine,completed
                    b,0,gefitinib,completed""",
        "lines.csv",
    )
    export.table(
        """who,day,progression
                    a,0,Y
                    a,100,Y
                    a,150,N
                    a,250,Y
                    b,,Y""",
        "scans.csv",
    )
    ends = {
        id: [entry.get("outcome") for entry in profile["history"]]
        for id, profile in export.profiles(SCANS.format(row="") + NSCLC).items()
    }
    assert ends == {"a": ["progressed", "completed", "progressed"], "b": [None]}
    assert export.unread(SCANS.format(row="") + NSCLC) == {"b": {"scans.day: - (no day)"}}
    ends = [
        [entry.get("outcome") for entry in profile["history"]]
        for profile in export.profiles(SCANS.format(row="row: {each: lines}\n") + NSCLC).values()
    ]
    assert ends == [[], ["progressed"], ["progressed", "completed"], []]


def test_a_look_names_the_columns_that_conditions_test_and_those_by_which_a_table_is_kept_to_some_rows(export):
    file = str(export.table("who\na\n"))
    export.table("who,start,drug,ended\na,0,gefitinib,completed\n", "lines.csv")
    export.table("who,day,progression\na,50,Y\n", "scans.csv")
    brain = "  brain_metastases: {constant: true, when: {column: scans.progression, any_of: [Y]}}\n"
    table, _ = export.opened(SCANS.format(row="") + NSCLC + brain)
    found = check_table(table, export.rulebook, columns_of_tables([file], table.mapping))
    assert found.ignored == ()
    assert {count.key: count.columns for count in found.keys}["brain_metastases"] == "constant by scans.progression"
    history = next(shown for shown in show_row([file], "a", table, export.rulebook).keys if shown.key == "history")
    days = [[cell.text for cell in source.cells] for source in history.sources if source.column == "day"]
    assert (days, history.value[0]["outcome"]) == ([["50"]], "progressed")


def test_the_decision_is_compared_with_and_is_no_column(export):
    export.table("who\na\n")
    for when in ("{day: decision, before: x}", "{day: x, before: [decision, x]}"):
        line, message = export.refused(NSCLC + f"  ecog: {{constant: 1, when: {when}}}\n")
        assert (line, "expected columns in `day`" in message) == (5, True), message


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("outcome:", "cycles:", "only its `outcome` may ask for a row"),
        ("date: day, ", "", "expected a table with a `date`"),
        ("has_row: scans", "has_row: scan", "no table `scan` among `tables`"),
    ],
)
def test_a_row_of_another_table_is_asked_for_where_its_time_is_known(export, old, new, reason):
    export.table("who\na\n")
    export.table("who,start,drug,ended\na,0,gefitinib,completed\n", "lines.csv")
    export.table("who,day,progression\na,0,Y\n", "scans.csv")
    line, message = export.refused(SCANS.format(row="").replace(old, new) + NSCLC)
    assert (line, reason in message) == (13, True), message


def test_second_tables_travel_to_a_worker_under_names_of_their_own(export, rulebook, tmp_path):
    """Wherever they are here: an absolute path, or one above the mapping."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    table = export.table("who\na\n")
    above, absolute = export.table("who,ecog\na,1\n", "above.csv"), export.table("who,alk\na,negative\n", "far.csv")
    mapping = export.mapping(
        f"tables:\n  above: {{file: ../above.csv, key: who}}\n  far: {{file: '{absolute}', key: who}}\n"
        + NSCLC + "  ecog: {column: above.ecog}\n  alk: {column: far.alk}\n", folder,
    )  # fmt: skip
    sent = mapping_of(mapping, str(table))
    assert {name for name, _ in sent} == {"mapping.yaml", "table-0.csv", "table-1.csv"}
    task = Task(str(table), ("who", NUMBER), ("id",), rules_of(rulebook), mapping=sent)
    above.unlink()
    absolute.unlink()  # a worker has only what is sent
    worker = Worker(task)
    read = as_profiles(pl.LazyFrame({"who": ["a"], NUMBER: [1]}), "t", worker.mapping, number=NUMBER).collect()
    worker._folder.cleanup()
    assert read.row(0, named=True).items() >= {"ecog": "1", "alk": "negative"}.items()
