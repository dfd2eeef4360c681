"""Synthetic patients: reproducible, possible, and drawn from shares with a named source."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cli import cohort as cohort_command  # noqa: E402
from regimen_advisor.cohorts.synthesis import BATCH, DRUGS, SCHEMA, for_text, synthetic_patients  # noqa: E402
from regimen_advisor.columns.engine import FAULT, ColumnEngine  # noqa: E402
from regimen_advisor.documents.markdown import markdown  # noqa: E402
from regimen_advisor.patient.population import INVENTED, SyntheticPopulation, population  # noqa: E402
from regimen_advisor.reports import population as population_report  # noqa: E402


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
    first = engine.facts(typed).drop("id").collect()
    two = engine.facts(for_text(typed).with_columns(pl.all().cast(pl.String))).drop("id").collect()
    assert first.equals(two)


# The population ------------------------------------------------------------------------------------------------------

SENSITISING, FIRST_TKIS = ("ex19del", "L858R"), {"gefitinib", "erlotinib", "afatinib", "icotinib"}


def test_the_page_of_the_population_is_what_the_data_say():
    stored = (Path(__file__).parents[1] / population_report.PAGE).read_text("utf-8")
    write = (
        "from regimen_advisor.reports import population as p; from regimen_advisor.documents.markdown import markdown"
    )
    again = f"write it again: python -c '{write}; print(markdown(p.document()), end=\"\")'"
    assert stored == markdown(population_report.document()), again


def test_every_share_is_published_by_a_named_source_or_marked_as_made_up():
    found = population()
    sources = [word.source for words in found.shares.values() for word in words.values() if word.share is not None]
    published = [source for source in sources if source != INVENTED]
    assert len(published) > 10
    assert set(published) | {entry.source for entry in found.acquired} - {INVENTED} == set(found.sources)


@pytest.mark.parametrize(
    ("shares", "value"),
    [
        ({"nsclc": {}, "sclc": {}}, "one word of `disease` without a share"),
        ({"nsclc": {}, "sclc": {"share": 13, "source": "nobody"}}, "no source is called `nobody`"),
    ],
)
def test_a_population_that_does_not_add_up_or_names_no_source_is_refused(shares, value):
    data = population().model_dump()
    data["shares"]["disease"] = shares
    with pytest.raises(ValueError, match=value):
        SyntheticPopulation.model_validate(data)


def of_the_driver(patients, variants):
    words = pl.col("egfr").cast(pl.String).str.split(";")
    return patients.with_columns(words.alias("egfr")).filter(
        pl.col("egfr").list.eval(pl.element().is_in(variants)).list.any()
    )


def test_the_shares_of_the_drivers_are_those_of_the_population(patients):
    adeno = patients.filter(pl.col("histology") == "adenocarcinoma")
    alk = adeno["alk"].drop_nulls()
    assert abs((alk == "positive").mean() - 0.08) < 0.01
    egfr = adeno.filter(pl.col("egfr").is_not_null())
    assert abs(of_the_driver(egfr, SENSITISING).height / egfr.height - 0.17) < 0.015
    squamous = patients.filter(pl.col("histology") == "squamous")
    assert set(squamous["egfr"].drop_nulls().cast(pl.String)) == {"wild-type"}


def test_a_patient_has_one_driver_at_most(patients):
    drivers = pl.sum_horizontal(
        (pl.col("egfr") != "wild-type").fill_null(value=False),
        *((pl.col(gene) == "positive").fill_null(value=False) for gene in ("alk", "ros1", "nrg1")),
        (pl.col("other_drivers") != "none").fill_null(value=False),
    )
    assert set(patients.select(drivers).to_series()) == {0, 1}


def test_the_first_line_follows_from_the_driver(patients):
    entries = patients.explode("history", empty_as_null=True, keep_nulls=True).unnest("history")
    first = entries.filter((pl.col("line") == 1) & pl.col("setting").is_null() & pl.col("drugs").is_not_null())
    for who, table in (
        (of_the_driver(first, SENSITISING), "egfr"),
        (first.filter(pl.col("alk") == "positive"), "alk"),
        (first.filter(pl.col("disease") == "sclc"), "sclc"),
    ):
        allowed = {frozenset(entry.drugs) for entry in population().first_line[table]}
        assert {frozenset(drugs) for drugs in who["drugs"].to_list()} == allowed


def test_pemetrexed_is_for_non_squamous_disease_only_whatever_pd_l1_is(patients):
    given = patients.filter(pl.col("histology") == "squamous").select("pd_l1_tps", "history").explode("history")
    high = given.unnest("history").filter((pl.col("pd_l1_tps") >= 50) & (pl.col("line") == 1))
    assert high.filter(pl.col("drugs").list.contains("ivonescimab")).height
    assert not given.unnest("history").filter(pl.col("drugs").list.contains("pemetrexed")).height


def test_t790m_is_acquired_only_after_progression_on_a_tki_of_the_first_generations(patients):
    carriers = of_the_driver(patients, ["T790M"]).filter(pl.col("history").is_not_null())
    assert carriers.height > 50
    for entries in carriers["history"].to_list():
        lines = [entry for entry in entries if entry["line"] is not None]
        hidden = any(entry["drugs"] is None or entry["outcome"] is None for entry in lines)
        assert hidden or any(
            FIRST_TKIS & set(entry["drugs"]) and entry["outcome"] == "progressed" for entry in lines
        ), entries  # fmt: skip


def test_who_is_imitated_is_reported(tmp_path):
    app = typer.Typer()
    app.command()(cohort_command.cohort)
    file = tmp_path / "patients.csv"
    output = CliRunner().invoke(app, ["--synthesise", "3", "-o", str(file)]).output
    assert output.startswith(f"{file}: 3 invented patients imitate adults with lung cancer in the United States")
