"""``judge_table``: Polars and Spark frames are judged as the same table in a file."""

from __future__ import annotations

import re

import pytest

from regimen_advisor import Guideline, InputError, judge_table

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts import cohort  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.synthesis import synthetic_patients  # noqa: E402

MAPPING = "title: t\nid: who\nkeys:\n  disease: {column: dx}\n  pd_l1_tps: {column: tps, multiply: 100}\n"


@pytest.fixture(scope="module")
def guideline():
    return Guideline.load()


@pytest.fixture(scope="module")
def patients():
    return synthetic_patients(300, 4).collect()


def test_a_frame_is_judged_as_the_same_table_in_a_file_is(guideline, patients, tmp_path):
    file = tmp_path / "patients.parquet"
    patients.write_parquet(file)
    with judged(open_table([str(file)]), guideline.rulebook) as result:
        wanted = result.rows.collect()
    assert judge_table(patients, guideline).equals(wanted)
    assert judge_table(patients.lazy(), guideline.rulebook).equals(wanted)


def test_no_solver_is_asked_where_the_standings_are_left_node_by_node(guideline, patients, monkeypatch):
    monkeypatch.setattr(cohort, "OpenCases", None)
    assert judge_table(patients.head(9), guideline, exact=False).height == 9
    with pytest.raises(TypeError):
        judge_table(patients.head(9), guideline)


def test_a_mapping_is_a_path_or_one_that_was_read(guideline, tmp_path):
    file = tmp_path / "mapping.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    frame = pl.DataFrame({"who": ["a", "b"], "dx": ["NSCLC", "?"], "tps": [0.5, 2.0]})
    answer = judge_table(frame, guideline, file)
    assert answer.equals(judge_table(frame, guideline, load_mapping(file, guideline.rulebook.domain)))
    assert answer["id"].to_list() == ["a", "b"]
    assert set(answer["unread"][1].split("\n")) == {"dx: ?", "tps: 2.0"}


def test_a_patient_is_named_by_the_column_that_is_asked_for_or_by_the_row(guideline):
    frame = pl.DataFrame({"name": ["x", "y"], "disease": ["nsclc", "sclc"]})
    assert judge_table(frame, guideline)["id"].to_list() == ["row-1", "row-2"]
    assert judge_table(frame, guideline, id_column="name")["id"].to_list() == ["x", "y"]


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (pl.DataFrame({"age": [60]}), "no usable column"),
        ([{"disease": "nsclc"}], "expected a Polars or a Spark frame, found `builtins.list`"),
    ],
)
def test_what_is_no_table_of_patients_is_refused(guideline, table, value):
    with pytest.raises(InputError, match=re.escape(value)):
        judge_table(table, guideline)
