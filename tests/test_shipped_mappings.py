"""The mappings that ship: GENIE BPC release tables (on invented ones of that shape) and the files of cBioPortal."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regimen_advisor.cli.app import app
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.cohort import judged, open_table, summarise  # noqa: E402
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.cohorts.rows import profile_of_row  # noqa: E402
from regimen_advisor.columns.engine import ColumnEngine  # noqa: E402
from regimen_advisor.columns.rows import plain_profile  # noqa: E402

ROOT = Path(__file__).parents[1]
MAPPINGS = ROOT / "profiles" / "mappings"
REGISTRY = ROOT / "profiles" / "registry"
FIRST = str(REGISTRY / "cancer_level_dataset_index.csv")


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


@lru_cache(maxsize=2)
def decisions(rulebook, name):
    """What each decision of the invented registry says, read by the mapping called ``name``."""
    mapping = load_mapping(MAPPINGS / f"{name}.yaml", rulebook.domain)
    engine = ColumnEngine(rulebook, mapping.readers)
    rows = open_table([FIRST], mapping).rows.collect().iter_rows(named=True)
    return {row["id"]: plain_profile(row, engine) for row in rows}


def decision(id, rulebook, name="genie-bpc"):
    return decisions(rulebook, name)[id]


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("INV-01:1", {"egfr": ["L858R"], "ecog": 1, "pd_l1_tps": 5, "history": []}),
        (
            "INV-01:2",
            {
                "egfr": ["L858R", "T790M"],
                "history": [{"line": 1, "drugs": ["Gefitinib"], "outcome": "progressed", "relapse_after": 0}],
            },
        ),
        ("INV-02:1", {"egfr": ["ex19del"], "extent": "metastatic"}),
        ("INV-02:2", {"brain_metastases": True}),
        ("INV-04:1", {"egfr": "wild-type", "pd_l1_tps": 0, "other_drivers": {"found": ["KRAS-G12C"]}}),
        ("INV-04:2", {"pd_l1_tps": 10, "liver_metastases": True}),
        ("INV-05:1", {"histology": "squamous", "history": []}),  # the drug for another cancer is of another patient
        ("INV-06:1", {"alk": "positive"}),
        (
            "INV-07:2",
            {
                "history": [
                    {
                        "drugs": ["Cisplatin", "Vinorelbine"],
                        "setting": "curative",
                        "outcome": "relapsed",
                        "relapse_after": 12,
                    }
                ]
            },
        ),
        ("INV-10:2", {"disease": "sclc", "extent": "extensive"}),
        ("INV-12:1", {"nrg1": "positive"}),
    ],
)
def test_a_decision_of_the_invented_registry_is_read(rulebook, id, value):
    found = decision(id, rulebook)
    assert {key: found[key] for key in value} == value


@pytest.mark.parametrize(
    ("id", "key"),
    [
        ("INV-02:1", "brain_metastases"),  # they came later
        ("INV-03:1", "alk"),  # no fusion is listed
        ("INV-07:1", "egfr"),  # the test came later
        ("INV-07:1", "extent"),
        ("INV-08:2", "history"),  # nobody says whether the chemotherapy for stage III was meant to cure
        ("INV-09:1", "pd_l1_tps"),
        ("INV-11:1", "egfr"),  # a change that is none of the words
        ("INV-13:1", "histology"),
        ("INV-14:1", "history"),  # a regimen without its day
    ],
)
def test_what_the_tables_cannot_tell_of_a_decision_stays_unknown(rulebook, id, key):
    assert key not in decision(id, rulebook)


def test_a_panel_that_looks_for_fusions_and_found_none_is_a_negative_test(rulebook):
    assert decision("INV-03:1", rulebook, "invented-registry")["alk"] == "negative"
    assert "alk" not in decision("INV-05:1", rulebook, "invented-registry")  # its panel does not look
    assert decision("INV-06:1", rulebook, "invented-registry")["alk"] == "positive"
    assert "alk" not in decision("INV-09:1", rulebook, "invented-registry")  # the test came later


def test_every_cell_of_the_invented_registry_is_read_or_reported(rulebook):
    mapping = load_mapping(MAPPINGS / "genie-bpc.yaml", rulebook.domain)
    with judged(open_table([FIRST], mapping), rulebook, exact=False) as result:
        summary = summarise(result, "registry")
    assert summary.patients == 30
    assert summary.set_apart == ()
    assert {column for column, _, _ in summary.unread} == {
        "history", "reports.pdl1_perc", "changes.HGVSp_Short", "regimens.dx_reg_start_int",
    }  # fmt: skip


PORTAL = {
    "data_clinical_patient.txt": "#Patient\tSex\n#Identifier\tSex\n#STRING\tSTRING\n#1\t1\nPATIENT_ID\tSEX\n"
    "A\tMale\nB\tMale\nC\tFemale\nD\tFemale\n",
    "data_clinical_sample.txt": "#Patient\tSample\tCode\n#Id\tId\tCode\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
    "PATIENT_ID\tSAMPLE_ID\tONCOTREE_CODE\nA\tA1\tLUAD\nA\tA2\tLUAD\nB\tB1\tSCLC\nC\tC1\tLUAD\nC\tC2\tLUSC\nD\tD1\tCOAD\n",
    "data_mutations.txt": "#version 2.4\nHugo_Symbol\tTumor_Sample_Barcode\tHGVSp_Short\tVariant_Classification\n"
    "EGFR\tA1\tp.L858R\tMissense_Mutation\nEGFR\tA2\tp.T790M\tMissense_Mutation\nTP53\tB1\tp.R175H\tMissense_Mutation\n"
    "KRAS\tC1\tp.G12C\tMissense_Mutation\nEGFR\tC1\tp.Q787=\tSilent\n",
    "data_sv.txt": "Sample_Id\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\nC2\tEML4\tALK\n",
}


def test_a_study_of_cbioportal_is_read_with_all_samples_of_a_patient(rulebook, tmp_path):
    for name, text in PORTAL.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copyfile(MAPPINGS / "cbioportal.yaml", tmp_path / "mapping.yaml")
    mapping = load_mapping(tmp_path / "mapping.yaml", rulebook.domain)
    first = [str(tmp_path / "data_clinical_patient.txt")]

    def read(id):
        return profile_of_row(first, id, rulebook, mapping).model_dump(exclude_none=True, exclude={"id"})

    assert read("A") == {"disease": "nsclc", "histology": "adenocarcinoma", "egfr": ["L858R", "T790M"]}
    assert read("B") == {"disease": "sclc", "histology": "small-cell"}
    assert read("C") == {
        "disease": "nsclc", "alk": "positive", "other_drivers": {"found": ["KRAS-G12C"], "not_found": []},
    }  # fmt: skip
    with judged(open_table(first, mapping), rulebook, exact=False) as result:
        unread = set(summarise(result, "study").unread)
    assert unread == {
        ("samples.ONCOTREE_CODE", "COAD", 1),
        ("samples.ONCOTREE_CODE", "adenocarcinoma ; squamous", 1),
    }


def test_the_summary_says_that_a_row_is_a_decision_where_the_mapping_gives_one_for_each_treatment():
    summaries = {
        name: " ".join(CliRunner().invoke(app, ["cohort", FIRST, *mapping]).output.split())
        for name, mapping in {
            "decisions": ["--mapping", str(MAPPINGS / "invented-registry.yaml")],
            "patients": ["--id-column", "record_id"],
        }.items()
    }
    assert ": 30 decisions," in summaries["decisions"]
    assert "Each row of regimens is a decision" in summaries["decisions"]
    assert "decision" not in summaries["patients"]
