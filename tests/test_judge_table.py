"""``judge_table``: Polars and Spark frames are judged as the same table in a file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from regimen_advisor import Guideline, InputError, judge_table

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts import cohort  # noqa: E402
from regimen_advisor.cohorts.cohort import judged, open_table  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.synthesis import for_text, synthetic_patients  # noqa: E402
from regimen_advisor.cohorts.tables import write_table  # noqa: E402

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "python.md"
PROFILES = Path(__file__).parents[1] / "profiles"
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


@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
@pytest.mark.filterwarnings("ignore")
def test_a_spark_frame_is_judged_as_a_polars_frame_is_and_as_the_reference_shows(
    guideline, patients, tmp_path, monkeypatch
):
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    from regimen_advisor.cohorts.spark.engine import start_session  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    write_table(for_text(patients.lazy()), "patients.parquet")
    (shown,) = re.findall(r"```python\n(from regimen_advisor.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    # Spark reads names from the folder that its machine began in, which another test may have started.
    shown = re.sub(r'"(\w+\.parquet)"', lambda name: repr(str(tmp_path / name[1])), shown)
    spark = start_session("local[1]", [])
    try:
        exec(shown, {"spark": spark})
        with pytest.raises(InputError, match="no usable column"):
            judge_table(spark.createDataFrame([(60,)], ["age"]), guideline)
        decisions = decisions_of_the_registry(spark, guideline, tmp_path)
    finally:
        spark.stop()
    answer = pl.read_parquet(tmp_path / "standings.parquet" / "*.parquet").sort("id")
    wanted = judge_table(patients, guideline).with_columns(pl.all().cast(pl.String)).sort("id")
    assert answer.equals(wanted.select(answer.columns))
    assert decisions


def decisions_of_the_registry(spark, guideline, folder):
    """Whether each treatment of linked tables is a row on Spark as it is in Polars."""
    shutil.copytree(PROFILES / "registry", folder, dirs_exist_ok=True)
    mapping = folder / "mapping.yaml"
    shutil.copy(PROFILES / "mappings" / "invented-registry.yaml", mapping)
    first = str(folder / "cancer_level_dataset_index.csv")
    on_spark = judge_table(spark.read.option("header", True).csv(first), mapping=mapping)
    there = pl.from_arrow(on_spark.toArrow()).sort("id")
    here = judge_table(pl.read_csv(first, infer_schema=False), guideline, mapping).cast(pl.String).sort("id")
    assert "INV-01:3" in there["id"]
    return there.equals(here.select(there.columns))
