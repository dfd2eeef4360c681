from __future__ import annotations

import pytest

from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.synthesis import BATCH, DRUGS, SCHEMA, for_text, synthetic_patients  # noqa: E402
from regimen_advisor.columns.engine import FAULT, ColumnEngine  # noqa: E402


@pytest.fixture(scope="module")
def patients():
    return synthetic_patients(20_000, seed=1).collect()


def test_the_same_seed_gives_the_same_patients_and_another_seed_others(patients):
    assert synthetic_patients(20_000, seed=1).collect().equals(patients)
    assert not synthetic_patients(20_000, seed=2).collect().equals(patients)


def test_fewer_patients_in_whole_batches_are_the_first_of_more():
    more = synthetic_patients(BATCH + 10, seed=3).select("id", "egfr", "history").collect()
    assert synthetic_patients(BATCH, seed=3).select("id", "egfr", "history").collect().equals(more.head(BATCH))


def test_every_patient_obeys_the_axioms_and_every_cell_can_be_read(patients):
    facts = ColumnEngine(load_rulebook()).facts(patients.lazy()).select(FAULT, "unread").collect()
    assert facts[FAULT].unique().to_list() == [0]
    assert facts["unread"].null_count() == patients.height


def test_every_drug_is_one_that_the_rules_know():
    assert set(DRUGS) <= set(load_rulebook().formulary.drugs)


def test_histories_are_manifold_and_every_column_is_partly_unknown(patients):
    texts = for_text(patients.lazy()).select("history").collect().to_series()
    assert texts.n_unique() > 5_000
    for name in SCHEMA:
        if name != "id":
            assert 0 < patients[name].null_count() < patients.height


def test_the_text_form_says_the_same_as_the_typed_one():
    rulebook = load_rulebook()
    typed = synthetic_patients(500, seed=4)
    engine = ColumnEngine(rulebook)
    one = engine.facts(typed).drop("id").collect()
    two = engine.facts(for_text(typed).with_columns(pl.all().cast(pl.String))).drop("id").collect()
    assert one.equals(two)
