"""Tables of events: linked and dated tables as profiles of patients today, or before each treatment."""

from __future__ import annotations

import json
import textwrap
from datetime import date, timedelta

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.cohort import UNREAD, judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.concordance import concordance  # noqa: E402
from regimen_advisor.cohorts.event_frames import lines  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.rows import profile_of_row  # noqa: E402
from regimen_advisor.cohorts.spark.worker import NUMBER, Task, Worker, mapping_of, rules_of  # noqa: E402
from regimen_advisor.cohorts.tables import UNREAD_EVENTS  # noqa: E402

LINES = """\
history:
  from: lines
  complete: true
  drugs: {column: lines.drug}
"""
TODAY = "title: t\nid: who\ndates: days\ntables:\n  lines: {file: lines.csv, key: who, date: start}\n"
EACH = TODAY + "row: {each: lines}\n"
KEYS = "keys:\n  disease: {constant: nsclc}\n"


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


class Registry:
    """Tables and a mapping in a folder."""

    def __init__(self, folder, rulebook):
        self.folder, self.rulebook = folder, rulebook

    def write(self, **tables):
        for name, text in tables.items():
            lines = [line.strip() for line in textwrap.dedent(text).strip().splitlines()]
            (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def mapping(self, text):
        file = self.folder / "mapping.yaml"
        file.write_text(text, encoding="utf-8")
        return load_mapping(file, self.rulebook.domain)

    def table(self, text, first="patients"):
        return open_table([str(self.folder / f"{first}.csv")], self.mapping(text))

    def rows(self, text, first="patients"):
        """For each id its keys that are known, the history as tuples, and the lines of what is unread."""
        found = {}
        for row in self.table(text, first).rows.collect().iter_rows(named=True):
            answer = {
                key: value for key, value in row.items() if value is not None and key not in ("row", "id", "given")
            }
            answer.pop(UNREAD_EVENTS, None)
            if "history" in answer:
                answer["history"] = [
                    tuple(entry[part] for part in ("line", "setting", "drugs", "outcome", "cycles"))
                    for entry in answer["history"]
                ]
            found[row["id"]] = answer
        return found

    def unread(self, text, first="patients"):
        rows = self.table(text, first).rows.collect()
        found = dict(rows.select("id", UNREAD_EVENTS).iter_rows())
        return {id: set(lines.split("\n")) for id, lines in found.items() if lines}


@pytest.fixture
def registry(tmp_path, rulebook):
    return Registry(tmp_path, rulebook)


# Treatments ----------------------------------------------------------------------------------------------------------


def test_the_history_of_today_is_every_line_in_order_of_start(registry):
    registry.write(
        patients="""who
                    a
                    b""",
        lines="""who,start,drug
                 a,300,docetaxel
                 a,10,gefitinib
                 a,120,carboplatin + pemetrexed""",
    )
    assert registry.rows(TODAY + LINES + KEYS) == {
        "a": {
            "disease": "nsclc",
            "history": [
                (1, None, "gefitinib", None, None),
                (2, None, "carboplatin;pemetrexed", None, None),
                (3, None, "docetaxel", None, None),
            ],
        },
        "b": {"disease": "nsclc", "history": []},
    }


def test_each_decision_knows_only_the_lines_before_it_and_the_drugs_that_were_then_given(registry, rulebook):
    registry.write(
        patients="""who
                    a
                    b""",
        lines="""who,start,drug
                 a,10,gefitinib
                 a,120,docetaxel""",
    )
    text = EACH + LINES + KEYS
    rows = registry.rows(text)
    assert list(rows) == ["a:1", "a:2"]  # nothing was decided for b
    assert rows["a:1"]["history"] == []
    assert rows["a:2"]["history"] == [(1, None, "gefitinib", None, None)]
    assert registry.table(text).rows.collect()["given"].to_list() == ["gefitinib", "docetaxel"]
    with judged(registry.table(text), rulebook, exact=False) as result:
        assert concordance(result.rows, rulebook, "drugs").counts["not known"] == 0


def test_without_a_claim_that_the_table_is_complete_only_the_lines_that_were_surely_begun_are_known(registry):
    registry.write(patients="who\na\nb", lines="who,start,drug\na,10,gefitinib\na,99,docetaxel\n")
    text = TODAY + LINES.replace("true", "false") + KEYS
    assert registry.rows(text) == {
        "a": {"disease": "nsclc", "prior_lines": ">=2"},
        "b": {"disease": "nsclc"},
    }
    text = EACH + LINES.replace("true", "false") + KEYS
    assert registry.rows(text) == {
        "a:1": {"disease": "nsclc"},
        "a:2": {"disease": "nsclc", "prior_lines": ">=1"},
    }


def test_a_row_may_be_a_drug_and_drugs_begun_within_some_days_are_one_line(registry):
    registry.write(
        patients="who\na",
        lines="""who,start,drug
                 a,10,carboplatin
                 a,10,pemetrexed
                 a,17,bevacizumab
                 a,90,docetaxel""",
    )
    text = TODAY + LINES + "  within: 7\n" + KEYS
    assert [entry[:3] for entry in registry.rows(text)["a"]["history"]] == [
        (1, None, "bevacizumab;carboplatin;pemetrexed"), (2, None, "docetaxel"),
    ]  # fmt: skip
    assert [entry[0] for entry in registry.rows(TODAY + LINES + KEYS)["a"]["history"]] == [1, 2, 3]


def test_several_columns_hold_a_drug_each_and_one_that_is_not_known_leaves_its_line_unknown(registry):
    registry.write(
        patients="who\na\nb\nc\nd",
        lines="""who,start,drug,other
                 a,1,cisplatin,pemetrexed
                 b,1,cisplatin,snake oil
                 c,1,,
                 d,1,cisplatin,denosumab""",
    )
    drugs = "  drugs: {columns: [lines.drug, lines.other], values: {denosumab: []}}\n"
    text = TODAY + LINES.replace("  drugs: {column: lines.drug}\n", drugs) + KEYS
    rows = registry.rows(text)
    assert {id: row["history"][0][2] for id, row in rows.items()} == {
        "a": "cisplatin;pemetrexed", "b": None, "c": None, "d": "cisplatin",
    }  # fmt: skip
    assert registry.unread(text) == {"b": {"lines.other: snake oil"}}


def test_the_number_of_a_line_may_be_in_a_column_and_a_gap_leaves_the_history_unknown(registry):
    registry.write(
        patients="who\na\nb\nc",
        lines="""who,number,drug
                 a,2,docetaxel
                 a,1,gefitinib
                 b,1,gefitinib
                 b,3,docetaxel
                 c,x,docetaxel""",
    )
    text = TODAY.replace(", date: start", "") + LINES + "  line: {column: lines.number}\n" + KEYS
    rows = registry.rows(text)
    assert [entry[:3] for entry in rows["a"]["history"]] == [(1, None, "gefitinib"), (2, None, "docetaxel")]
    assert "history" not in rows["b"]
    assert "history" not in rows["c"]
    assert registry.unread(text) == {
        "b": {"history: line 3 without the one before it"},
        "c": {"lines.number: x", "history: a treatment without its line"},
    }


def test_a_drug_without_its_day_has_no_line_so_nothing_but_the_lines_with_one_is_counted(registry):
    registry.write(patients="who\na", lines="who,start,drug\na,10,gefitinib\na,,docetaxel\n")
    assert registry.rows(TODAY + LINES + KEYS) == {"a": {"disease": "nsclc", "prior_lines": ">=1"}}
    assert registry.unread(TODAY + LINES + KEYS)["a"] == {
        "lines.start: - (no day)", "history: a treatment without its line",
    }  # fmt: skip


def test_a_day_that_cannot_be_read_is_named_and_its_treatment_has_no_place(registry):
    registry.write(patients="who\na", lines="who,start,drug\na,last spring,gefitinib\na,7,afatinib\n")
    found = registry.unread(EACH + LINES + KEYS)
    assert found["a:2"] == {"lines.start: last spring", "history: a treatment without its line"}
    assert found["a:1"] == {"history: a treatment without its line"}  # it may have come before this one


def test_the_only_treatment_is_the_first_line_without_its_day(registry):
    registry.write(patients="who\na", lines="who,start,drug\na,,gefitinib\n")
    assert registry.rows(TODAY + LINES + KEYS)["a"]["history"] == [(1, None, "gefitinib", None, None)]
    assert registry.rows(EACH + LINES + KEYS)["a:1"]["history"] == []
    assert registry.unread(TODAY + LINES + KEYS) == {"a": {"lines.start: - (no day)"}}


def test_curative_treatment_and_maintenance_are_distinguished_by_a_column(registry):
    registry.write(
        patients="who\na",
        lines="""who,start,drug,intent
                 a,1,cisplatin,adjuvant
                 a,300,carboplatin + pemetrexed,palliative
                 a,400,pemetrexed,upkeep
                 a,500,docetaxel,palliative""",
    )
    setting = "  setting: {column: lines.intent, values: {adjuvant: curative, palliative: line, upkeep: maintenance}}\n"
    history = registry.rows(TODAY + LINES + setting + KEYS)["a"]["history"]
    assert [entry[:3] for entry in history] == [
        (None, "curative", "cisplatin"), (1, None, "carboplatin;pemetrexed"),
        (1, "maintenance", "pemetrexed"), (2, None, "docetaxel"),
    ]  # fmt: skip
    each = registry.rows(EACH + LINES + setting + KEYS)
    assert [len(row["history"]) for row in each.values()] == [0, 1, 2, 3]


def test_a_setting_that_is_not_known_leaves_the_history_unknown_from_there_on(registry):
    registry.write(
        patients="who\na",
        lines="who,start,drug,intent\na,1,gefitinib,line\na,50,docetaxel,perhaps\na,90,afatinib,line\n",
    )
    text = EACH + LINES + "  setting: {column: lines.intent}\n" + KEYS
    rows = registry.rows(text)
    assert rows["a:1"]["history"] == []
    assert "history" not in rows["a:3"]
    assert rows["a:3"]["prior_lines"] == ">=1"
    assert "lines.intent: perhaps" in registry.unread(text)["a:3"]
    assert "a:1" not in registry.unread(text)


def test_progression_counts_for_a_line_only_before_the_next_one_began(registry):
    registry.write(
        patients="who\na",
        lines="who,start,drug,event,days\na,0,gefitinib,1,90\na,100,docetaxel,1,500\na,200,afatinib,1,20\n",
    )
    outcome = """\
  outcome:
    column: lines.event
    values: {"1": progressed, "0": unknown}
    when: {day: [lines.start, lines.days], not_after: next}
"""
    history = registry.rows(TODAY + LINES + outcome + KEYS)["a"]["history"]
    assert [entry[3] for entry in history] == ["progressed", None, "progressed"]


def test_the_rows_of_a_line_must_agree_on_its_outcome_unless_one_progressed(registry):
    registry.write(
        patients="who\na\nb\nc",
        lines="""who,start,drug,end,cycles
                 a,1,cisplatin,completed,4
                 a,1,pembrolizumab,PD,4
                 b,1,cisplatin,completed,4
                 b,1,pembrolizumab,ongoing,5
                 c,1,cisplatin,completed,6
                 c,1,pembrolizumab,Completed,6""",
    )
    parts = "  outcome: {column: lines.end, values: {PD: progressed}}\n  cycles: {column: lines.cycles}\n"
    rows = registry.rows(TODAY + LINES + parts + KEYS)
    assert {id: row["history"][0][3:] for id, row in rows.items()} == {
        "a": ("progressed", "4"), "b": (None, None), "c": ("completed", "6"),
    }  # fmt: skip


def test_unread_parts_of_a_history_are_reported_with_the_decisions_that_they_come_before(registry):
    registry.write(
        patients="who\na",
        lines="who,start,drug,end\na,1,gefitinib,PD\na,50,docetaxel,completed\n",
    )
    text = EACH + LINES + "  outcome: {column: lines.end}\n" + KEYS
    assert registry.rows(text)["a:2"]["history"] == [(1, None, "gefitinib", None, None)]
    assert registry.unread(text)["a:2"] == {"lines.end: PD"}


# Keys ----------------------------------------------------------------------------------------------------------------

TESTS = """\
who,day,score
a,10,1
a,50,60
a,200,90
b,,40
b,20,30
c,5,10
c,5,20
"""


def scores(registry, take, each=True):
    registry.write(
        patients="who\na\nb\nc",
        lines="who,start,drug\na,100,gefitinib\nb,100,gefitinib\nc,100,gefitinib\n",
        tests=TESTS,
    )
    head = EACH if each else TODAY
    head = head.replace("tables:\n", "tables:\n  tests: {file: tests.csv, key: who, date: day}\n")
    text = head + LINES + f"keys:\n  pd_l1_tps: {{column: tests.score, take: {take}}}\n"
    values = {id.partition(":")[0]: row.get("pd_l1_tps") for id, row in registry.rows(text).items()}
    return values, {id.partition(":")[0]: entry for id, entry in registry.unread(text).items()}


@pytest.mark.parametrize(
    ("take", "value"), [("last before", "60"), ("first before", "1"), ("last", "90"), ("first", "1")]
)
def test_the_last_or_the_first_row_is_taken_by_its_day(registry, take, value):
    values, _ = scores(registry, take)
    assert values["a"] == value


def test_without_decisions_the_last_row_before_today_is_the_last_of_all(registry):
    assert scores(registry, "last before", each=False)[0]["a"] == "90"


def test_a_row_without_its_day_may_be_the_last_so_the_last_is_unknown(registry):
    values, unread = scores(registry, "last before")
    assert values["b"] is None
    assert unread["b"] == {"tests.day: - (no day)"}


def test_rows_that_disagree_are_unknown_and_reported(registry):
    values, unread = scores(registry, "last before")
    assert values["c"] is None
    assert unread["c"] == {"tests.score: 10 ; 20"}
    values, unread = scores(registry, "all before")
    assert values["a"] is None
    assert unread["a"] == {"tests.score: 1 ; 60"}


MUTATIONS = """\
  tests: {file: tests.csv, key: [who, tumour], date: day}
  changes: {file: changes.csv, of: tests, key: sample, matches: code}
"""
EGFR = """\
keys:
  egfr:
    column: changes.protein
    when: {column: changes.gene, any_of: [EGFR]}
    take: all before
    otherwise: {constant: wild-type, when: {has_row: tests}}
"""


def sequenced(registry):
    registry.write(
        patients="who,tumour\na,1\nb,1\nc,1\nd,1\ne,2\nf,1",
        lines="who,start,drug\n" + "\n".join(f"{who},100,gefitinib" for who in "abcdef"),
        tests="""who,tumour,code,day
                 a,1,a1,10
                 a,1,a2,50
                 a,1,a3,500
                 b,1,b1,10
                 c,1,c1,500
                 d,1,d1,10
                 e,1,e1,10
                 f,1,f1,10""",
        changes="""sample,gene,protein
                   a1,EGFR,p.L858R
                   a1,TP53,p.R175H
                   a2,EGFR,p.T790M
                   a3,EGFR,p.C797S
                   b1,KRAS,p.G12C
                   c1,EGFR,p.L858R
                   d1,EGFR,p.L747P
                   f1,KRAS,p.L858R""",
    )
    return EACH.replace("tables:\n", "tables:\n" + MUTATIONS) + LINES + EGFR


def test_changes_reach_the_patient_through_the_test_whose_day_they_have_and_add_up_to_one_set(registry):
    rows = registry.rows(sequenced(registry))
    assert {id: row.get("egfr") for id, row in rows.items()} == {
        "a:1": '["L858R", "T790M"]',  # C797S was found later
        "b:1": "wild-type",
        "c:1": None,  # the only test came later
        "d:1": None,
        "e:1": None,  # the test is of another tumour
        "f:1": "wild-type",  # the gene and the change of one row are read together
    }


def test_a_change_that_is_not_read_is_reported_and_keeps_wild_type_from_being_assumed(registry):
    assert registry.unread(sequenced(registry)) == {"d:1": {"changes.protein: p.L747P"}}


def test_two_columns_of_one_row_are_read_together_by_several_patterns_that_add_to_one_set(registry):
    text = sequenced(registry)
    registry.write(
        changes="""sample,gene,protein
                   a1,KRAS,p.G12C
                   a2,BRAF,p.V600E
                   b1,KRAS,p.G12D
                   d1,BRAF,p.G12C""",
    )
    drivers = """\
  other_drivers:
    columns: [changes.gene, changes.protein]
    take: all before
    patterns:
      - {match: 'KRAS \\| p\\.G12C', gives: {found: [KRAS-G12C]}}
      - {match: 'BRAF \\| p\\.V600E', gives: {found: [BRAF-V600E]}}
      - {match: '.*', gives: unknown}
"""
    rows = registry.rows(text.replace(EGFR, "keys:\n" + drivers))
    assert {id: json.loads(row["other_drivers"])["found"] for id, row in rows.items() if "other_drivers" in row} == {
        "a:1": ["BRAF-V600E", "KRAS-G12C"]
    }


@pytest.mark.parametrize(("dates", "day"), [("days", "99"), ("iso", "2020-01-31"), ("iso", "2020-01-31T10:00")])
def test_days_are_numbers_or_dates_and_a_fact_may_hang_on_whether_its_day_has_come(registry, dates, day):
    start = {"days": "100", "iso": "2020-02-01"}[dates]
    registry.write(
        patients=f"who,brain\na,{day}\nb,{start}\nc,\nd,soon",
        lines="who,start,drug\n" + "\n".join(f"{who},{start},gefitinib" for who in "abcd"),
    )
    text = EACH.replace("days", dates) + LINES
    text += "keys:\n  brain_metastases: {constant: true, when: {day: brain, before: decision}}\n"
    assert {id: row.get("brain_metastases") for id, row in registry.rows(text).items()} == {
        "a:1": "true", "b:1": None, "c:1": None, "d:1": None,
    }  # fmt: skip
    assert registry.unread(text) == {"d:1": {"brain: soon"}}


def test_a_number_is_no_date_and_a_date_is_no_number(registry):
    registry.write(patients="who\na", lines="who,start,drug\na,2020-01-31,gefitinib\n")
    assert "lines.start: 2020-01-31" in registry.unread(TODAY + LINES + KEYS)["a"]
    registry.write(lines="who,start,drug\na,100,gefitinib\n")
    assert "lines.start: 100" in registry.unread(TODAY.replace("days", "iso") + LINES + KEYS)["a"]


def test_what_is_read_otherwise_is_read_only_where_nothing_is_stated(registry):
    registry.write(patients="who,stage,spread\na,IV,\nb,,yes\nc,weird,yes\nd,,")
    text = """\
title: t
id: who
keys:
  stage: {column: stage, otherwise: {constant: IV, when: {column: spread, any_of: [Yes]}}}
""".replace("[Yes]", "['Yes']")
    assert {id: row.get("stage") for id, row in registry.rows(text).items()} == {
        "a": "IV", "b": "IV", "c": None, "d": None,
    }  # fmt: skip
    assert registry.unread(text) == {"c": {"stage: weird"}}


def test_this_takes_the_row_of_the_decision_itself(registry):
    registry.write(patients="who\na", lines="who,start,drug,ecog\na,1,gefitinib,0\na,50,docetaxel,2\n")
    text = EACH + LINES + "keys:\n  ecog: {column: lines.ecog, take: this}\n"
    assert [row["ecog"] for row in registry.rows(text).values()] == ["0", "2"]


def test_a_table_may_be_kept_to_some_of_its_rows(registry):
    registry.write(
        patients="who\na",
        tests="who,kind,score\na,CPS,90\na,TPS,10\n",
    )
    text = """\
title: t
id: who
tables:
  tests: {file: tests.csv, key: who, where: {column: kind, none_of: [CPS]}}
keys:
  pd_l1_tps: {column: tests.score}
"""
    assert registry.rows(text)["a"]["pd_l1_tps"] == "10"


# Whole runs ----------------------------------------------------------------------------------------------------------


def test_the_cells_of_events_that_are_not_read_are_counted_in_the_summary(registry, rulebook):
    text = sequenced(registry)
    with judged(registry.table(text), rulebook, exact=False) as result:
        assert summarise(result, "t").unread == (("changes.protein", "p.L747P", 1),)


def test_one_decision_is_read_as_a_profile_by_its_name(registry, rulebook):
    text = sequenced(registry)
    found = profile_of_row([str(registry.folder / "patients.csv")], "a:1", rulebook, registry.mapping(text))
    assert found.egfr == ["L858R", "T790M"]
    assert found.history == []


def test_patients_without_a_name_are_called_by_their_row(registry):
    registry.write(patients="who\na\nb", lines="who,start,drug\nb,1,gefitinib\n")
    assert list(registry.rows((EACH + LINES + KEYS).replace("id: who\n", ""))) == ["row-2:1"]


FAULTS = {
    "a table that is not there": ("from: lines", "from: liness", r":\d+:\d+: from: no table `liness`.*"),
    "a column of a second table": ("lines.drug", "lines.drugg", r"no column `lines.drugg` in the table"),
    "a key": ("key: who", "key: whom", r"no column `whom` in lines.csv"),
    "a date": ("date: start", "date: begin", r"no column `begin` in lines.csv"),
    "a row that is no treatment": ("each: lines", "each: tests", r"each: expected the table that `history` is from"),
    "a condition of two kinds": ("constant: nsclc", "constant: nsclc, when: {column: who, before: decision}",
                                 r"expected `column` with one of `any_of`"),
    "a condition on no table": ("constant: nsclc", "constant: nsclc, when: {has_row: liness}",
                                r"has_row: no table `liness`"),
    "the next line outside a history": ("constant: nsclc",
                                        "constant: nsclc, when: {day: lines.start, before: next}",
                                        r"`next`, the day of the next line, is known only in a `history` that is read"),
    "a decision inside a history": ("column: lines.drug",
                                    "column: lines.drug, when: {day: lines.start, before: decision}",
                                    r"in a history, days are compared with those of the row, or with `next`"),
    "rows taken of a history": ("column: lines.drug", "column: lines.drug, take: last",
                                r"take: a history is read from"),
    "drugs given twice": ("keys:", "given: {column: who}\nkeys:", r"given: with `row`, it is the drugs"),
    "a table joined to itself": ("date: start", "date: start, of: lines", r"of: expected another table"),
    "keys that do not match": ("key: who", "key: who, matches: [who, start]", r"expected as many columns in `matches`"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mapping_that_cannot_be_is_refused_with_its_place(registry, fault):
    old, new, message = FAULTS[fault]
    registry.write(patients="who\na", lines="who,start,drug\na,1,gefitinib\n")
    text = EACH + LINES + KEYS
    assert old in text
    with pytest.raises(InputError, match=message) as refused:
        registry.rows(text.replace(old, new))
    assert all(problem.location.line for problem in refused.value.problems)


def test_columns_of_tables_that_are_not_joined_to_each_other_are_not_read_together(registry):
    text = sequenced(registry).replace("column: changes.protein", "columns: [changes.protein, lines.drug]")
    with pytest.raises(InputError, match="expected columns of one table and of those it is joined to"):
        registry.rows(text)


def test_given_is_refused_where_the_rows_are_treatments(registry):
    registry.write(patients="who\na", lines="who,start,drug\na,1,gefitinib\n")
    mapping = registry.mapping(EACH + LINES + KEYS)
    with pytest.raises(InputError, match="a mapping with `row` has the drugs of each treatment itself"):
        open_table([str(registry.folder / "patients.csv")], mapping, given="who")


@pytest.mark.parametrize("row", ["", "row: {each: lines}\n"])
def test_a_worker_of_a_cluster_reads_linked_tables_as_this_machine_does(registry, rulebook, row):
    text = sequenced(registry).replace("row: {each: lines}\n", row).replace("id: who\n", "")
    here = registry.table(text).rows.collect()
    mapping = registry.mapping(text)
    first = str(registry.folder / "patients.csv")
    columns = ("id", *rulebook.regimens, UNREAD)
    task = Task(first, ("who", "tumour", NUMBER), columns, rules_of(rulebook), mapping=mapping_of(mapping, first))
    batch = pl.read_csv(first, infer_schema=False).with_row_index(NUMBER, offset=1)
    batch = batch.with_columns(pl.col(NUMBER).cast(pl.Int64))
    with judged(registry.table(text), rulebook, exact=False) as result:
        wanted = result.rows.select(columns).collect().cast(pl.String)
    worker = Worker(task)
    parts = [worker.answers(part) for part in (batch[:2], batch[2:])]
    worker._folder.cleanup()
    assert here.height == wanted.height >= 6
    assert pl.concat([part.cast(pl.String) for part in parts]).rows() == wanted.rows()


# Months from days ----------------------------------------------------------------------------------------------------

MONTHS = """\
  outcome: {column: lines.end}
  relapse_after: {since: lines.stop, until: lines.back}
"""


def months(registry, text):
    """For each id the outcome and the months of each entry."""
    rows = registry.table(text).rows.collect()
    return {id: [(entry["outcome"], entry["relapse_after"]) for entry in history]
            for id, history in rows.select("id", "history").iter_rows()}  # fmt: skip


@pytest.mark.parametrize("dates", ["days", "iso"])
def test_the_months_to_a_relapse_are_counted_from_the_last_dose_and_only_before_the_next_line(registry, dates):
    def day(number):
        return str(number) if dates == "days" else str(date(2020, 1, 1) + timedelta(days=number))

    registry.write(
        patients="who\na\nb\nc",
        lines=f"""who,drug,start,stop,back,end
                  a,cisplatin,{day(0)},{day(100)},{day(285)},relapsed
                  a,docetaxel,{day(300)},{day(400)},{day(390)},progressed
                  b,cisplatin,{day(0)},{day(100)},{day(285)},completed
                  b,docetaxel,{day(200)},,{day(285)},progressed
                  c,cisplatin,{day(0)},{day(100)},{day(129)},completed
                  c,docetaxel,{day(200)},{day(300)},,progressed
                  c,gemcitabine,{day(400)},{day(500)},{day(390)},progressed""",
    )
    text = TODAY.replace("days", dates) + LINES + MONTHS + KEYS
    assert months(registry, text) == {
        "a": [("relapsed", "6"), ("progressed", "0")],
        "b": [("completed", None), ("progressed", None)],
        "c": [(None, "0"), ("progressed", None), ("progressed", None)],
    }
    undated = "history: a progression or relapse without its days"
    early = f"lines.back: {day(390)} (before the treatment)"
    assert registry.unread(text) == {"b": {"lines.stop: - (no day)", undated}, "c": {early, undated}}


def test_a_treatment_of_several_rows_ends_with_the_last_dose_of_any_drug(registry):
    registry.write(
        patients="who\na\nb",
        lines="""who,drug,start,stop,back,end
                 a,cisplatin,0,50,290,relapsed
                 a,pemetrexed,0,200,290,relapsed
                 b,cisplatin,0,50,290,relapsed
                 b,pemetrexed,0,200,310,relapsed""",
    )
    assert months(registry, TODAY + LINES + MONTHS + KEYS) == {"a": [("relapsed", "2")], "b": [("relapsed", None)]}


def test_how_a_line_ended_is_not_known_on_the_day_before_its_maintenance(registry):
    registry.write(
        patients="who\na",
        lines="""who,drug,start,stop,back,end,kind
                 a,cisplatin,0,60,300,relapsed,line
                 a,pemetrexed,80,290,300,progressed,maintenance
                 a,docetaxel,320,,,,line""",
    )
    text = EACH + LINES + "  setting: {column: lines.kind}\n" + MONTHS + KEYS
    assert months(registry, text) == {
        "a:1": [],
        "a:2": [(None, None)],
        "a:3": [("relapsed", "7"), ("progressed", "0")],
    }


# Entries from columns ------------------------------------------------------------------------------------------------


def test_a_history_from_columns_is_read_beside_tables_of_events_with_months_and_conditions(registry, rulebook):
    registry.write(
        patients="""who,first,how,stop,back,adjuvant,day
                    a,cisplatin+pemetrexed,PD,2020-01-01,2020-07-03,1,2019-01-01
                    b,unknown,CR?,2020-01-01,,0,
                    c,,,,,,x
                    d,,,,,1,2018-01-01""",
        tests="who,found,day\na,L858R,2020-01-05\n",
    )
    text = """\
title: t
id: who
tables: {tests: {file: tests.csv, key: who, date: day}}
keys:
  disease: {constant: nsclc}
  egfr: {column: tests.found, take: last}
history:
  - setting: curative
    drugs: {column: adjuvant, values: {"1": vinorelbine, "0": null}, when: {day: day, not_after: decision}}
  - line: 1
    drugs: {column: first}
    outcome: {column: how, values: {PD: progressed}}
    relapse_after: {since: stop, until: back}
"""
    rows = {row["id"]: row for row in registry.table(text).rows.collect().iter_rows(named=True)}
    curative = (None, "curative", "vinorelbine", None, None, None)
    read = {id: [tuple(entry.values()) for entry in row["history"] or ()] for id, row in rows.items()}
    assert read == {
        "a": [curative, (1, None, "cisplatin;pemetrexed", "progressed", None, "6")],
        "b": [(1, None, "unknown", "CR?", None, None)],
        "c": [],
        "d": [curative],
    }
    with judged(registry.table(text), rulebook, exact=False) as result:
        assert summarise(result, "t").unread == (("day", "x", 1), ("how", "CR?", 1))


def test_lines_are_joined_where_there_are_any() -> None:
    frame = pl.DataFrame({"a": ["x", None, None], "b": ["y", "y", None]}, schema={"a": pl.String, "b": pl.String})
    found = frame.select(two=lines(pl.col("a"), pl.col("b")), one=lines(pl.col("a")), none=lines())
    assert found.to_dict(as_series=False) == {"two": ["x\ny", "y", None], "one": ["x", None, None], "none": [None] * 3}


def test_lines_of_lines_hold_each_line_once() -> None:
    # Held twice, they would double with every step of a mapping, and Polars would plan a small table for seconds.
    text = pl.col("first")
    for _ in range(5):
        text = lines(text, pl.col("another"))
    assert str(text).count("first") == 1
