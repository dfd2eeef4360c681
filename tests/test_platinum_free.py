"""The months from the last dose of a treatment to the progression or relapse, and the platinum-free interval."""

from __future__ import annotations

import json

import polars as pl
import pytest

from regimen_advisor.columns.facts import FactReader
from regimen_advisor.columns.layout import Layout
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Between, Includes, Number
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.patient.vocabulary import MOST_MONTHS
from regimen_advisor.patient_wording import known_facts
from regimen_advisor.wording import Wording

PLATINUM = "line: 1, drugs: [carboplatin, pemetrexed]"
ADJUVANT = "setting: curative, drugs: [cisplatin], outcome: relapsed, relapse_after: 30"
OTHER = "line: 2, drugs: [osimertinib], outcome: progressed"
NONE = Number(0, -1, absent=True)


def patient(*entries: str, domain: Domain) -> Patient:
    document = parse_document("history:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries), "patient.yaml")
    return read(profile_from(document), domain, document)


HISTORIES = {
    "the interval of the latest entry with platinum": (
        [ADJUVANT, f"{PLATINUM}, outcome: relapsed, relapse_after: 9"],
        Number(9, 9),
    ),
    "an entry without platinum does not count": (
        [f"{PLATINUM}, outcome: progressed, relapse_after: 3", f"{OTHER}, relapse_after: 0"],
        Number(3, 3),
    ),
    "curative platinum counts where no line held any": (
        [ADJUVANT, "line: 1, drugs: [osimertinib]"],
        Number(30, 30),
    ),
    "no platinum, no interval": (["line: 1, drugs: [osimertinib], outcome: progressed, relapse_after: 0"], NONE),
    "no progression, no interval": ([f"{PLATINUM}, outcome: completed"], NONE),
    "a progression without months may be after any number": (
        [f"{PLATINUM}, outcome: progressed"],
        Number(0, MOST_MONTHS),
    ),
    "an outcome that is not known leaves it open whether there is one": (
        [PLATINUM],
        Number(0, MOST_MONTHS, absent=True),
    ),
    "months say that the disease came back": ([f"{PLATINUM}, relapse_after: 4"], Number(4, 4)),
    "drugs that are not known may have been platinum": (
        [f"{PLATINUM}, relapse_after: 9", "line: 2, drugs: unknown, relapse_after: 2"],
        Number(2, 9),
    ),
    "a completed induction is followed by the progression on maintenance": (
        [f"{PLATINUM}, outcome: completed, relapse_after: 7", "line: 1, setting: maintenance, drugs: [pemetrexed]"],
        Number(7, 7),
    ),
}


@pytest.mark.parametrize("what", HISTORIES)
def test_the_platinum_free_interval_is_that_of_the_latest_platinum(what: str, rulebook: Rulebook) -> None:
    entries, interval = HISTORIES[what]
    assert patient(*entries, domain=rulebook.domain).facts["platinum_free_interval"] == interval


def test_a_table_reads_the_interval_as_a_profile_does(rulebook: Rulebook) -> None:
    edges = [Between("platinum_free_interval", low, high) for low, high in ((0, 5), (6, MOST_MONTHS), (3, 9))]
    layout = Layout(rulebook.domain, [*edges, Includes("received", "osimertinib")])
    (field,) = layout.fields["platinum_free_interval"]
    patients = [patient(*entries, domain=rulebook.domain) for entries, _ in HISTORIES.values()]
    documents = [
        profile_from(parse_document("history:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries), "patient.yaml"))
        for entries, _ in HISTORIES.values()
    ]
    cells = [json.dumps([entry.model_dump(exclude_none=True) for entry in document.history]) for document in documents]  # type: ignore[union-attr]
    batch = FactReader(rulebook.domain, layout).batch(pl.DataFrame({"history": cells}))
    assert batch.fault.tolist() == [0] * len(cells)
    read_bits = [int(word) & field.all_bits for word in batch.words[field.word]]
    assert read_bits == [field.bits(entry.facts["platinum_free_interval"]) for entry in patients]


def test_a_table_sets_a_row_apart_whose_months_contradict_its_outcome(rulebook: Rulebook) -> None:
    entry = {"line": 1, "drugs": ["carboplatin"], "outcome": "completed", "relapse_after": 4}
    reader = FactReader(rulebook.domain, Layout(rulebook.domain, [Includes("received", "platinum")]))
    batch = reader.batch(pl.DataFrame({"history": [json.dumps([entry])]}))
    assert reader.why(int(batch.fault[0]), history=True) == "history: `relapse_after` without a progression or relapse"


def test_months_beside_an_outcome_without_progression_are_refused_where_they_stand(rulebook: Rulebook) -> None:
    with pytest.raises(InputError) as caught:
        patient(f"{PLATINUM}, outcome: completed, relapse_after: 4", domain=rulebook.domain)
    assert str(caught.value) == (
        "patient.yaml:2:84: relapse_after: expected the outcome progressed or relapsed, found `completed`"
    )


def test_a_relapse_on_treatment_and_a_late_progression_are_remarked_on_and_read_as_written(
    rulebook: Rulebook,
) -> None:
    found = patient(
        f"{PLATINUM}, outcome: relapsed, relapse_after: 0", f"{OTHER}, relapse_after: 7", domain=rulebook.domain
    )
    assert list(found.notes) == [
        (
            "After line 1 the disease is given as relapsed, with 0 months: if it came back while the treatment was "
            "given, it progressed."
        ),
        (
            "On line 2 the disease is given as progressed, 7 months after the last dose: if the treatment was over, it "
            "relapsed."
        ),
    ]
    soon = patient(
        f"{PLATINUM}, outcome: relapsed, relapse_after: 1", f"{OTHER}, relapse_after: 6", domain=rulebook.domain
    )
    assert soon.notes == ()


@pytest.mark.parametrize("months", ["-1", "241", "2.5", "long"])
def test_months_are_a_whole_number_within_bounds(months: str, rulebook: Rulebook) -> None:
    with pytest.raises((InputError, ValueError), match="relapse_after"):
        patient(f"{PLATINUM}, outcome: relapsed, relapse_after: {months}", domain=rulebook.domain)


def test_the_patient_in_words_names_the_months_beside_the_outcome(rulebook: Rulebook) -> None:
    found = patient(
        f"{PLATINUM}, outcome: relapsed, relapse_after: 9", f"{OTHER}, relapse_after: 0", domain=rulebook.domain
    )
    words = known_facts(found, Wording(rulebook.domain, rulebook.findings))
    assert "line 1: carboplatin and pemetrexed (relapsed, 9 months after the last dose)" in words
    assert "line 2: osimertinib (progressed, while it was given)" in words
