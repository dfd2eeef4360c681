"""What a history says entry by entry: what is refused, what is remarked on, and what is left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.files.sources import parse_document
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.values import Choice, Members, Number
from regimen_advisor.patient.facts import MOST_CYCLES, SetFact
from regimen_advisor.patient.history import ANY_OUTCOME, ENDED
from regimen_advisor.patient.narrowing import close
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import Patient, read, read_files
from regimen_advisor.patient.vocabulary import MOST_MONTHS, PLATINUM_FREE

FIRST = "line: 1, drugs: [carboplatin, pemetrexed]"
MAINTAINED = "line: 1, setting: maintenance, drugs: [pemetrexed]"
SECOND = "line: 2, drugs: [osimertinib]"
ADJUVANT = "setting: curative, drugs: [cisplatin]"


def patient(*entries: str, rulebook: Rulebook, more: str = "", name: str = "patient.yaml") -> Patient:
    document = parse_document(f"{more}history:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries), name)
    return read(profile_from(document), rulebook.domain, document)


def refused(*entries: str, rulebook: Rulebook, more: str = "") -> list[str]:
    with pytest.raises(InputError) as caught:
        patient(*entries, rulebook=rulebook, more=more)
    return [f"{problem.location.line}: {problem.message}" for problem in caught.value.problems]


# How the entries of a line ended --------------------------------------------------------------------------------------


def test_months_end_the_entry_that_has_them_though_its_maintenance_may_have_ended_too(rulebook: Rulebook) -> None:
    found = patient(f"{FIRST}, relapse_after: 4", MAINTAINED, rulebook=rulebook)
    assert found.history is not None
    assert [entry.outcomes for entry in found.history] == [ENDED, ANY_OUTCOME - {"ongoing"}]
    assert found.facts["on_maintenance"] == Choice(frozenset({"false"}))


def test_months_of_a_line_and_of_its_maintenance_end_one_of_them(rulebook: Rulebook) -> None:
    found = patient(f"{FIRST}, relapse_after: 4", f"{MAINTAINED}, relapse_after: 1", rulebook=rulebook)
    assert found.history is not None
    assert [entry.outcomes for entry in found.history] == [ENDED, ANY_OUTCOME - {"ongoing"}]


@pytest.mark.parametrize("first", ["outcome: progressed", "outcome: progressed, relapse_after: 3"])
def test_months_end_a_later_line_whatever_is_known_of_the_first(first: str, rulebook: Rulebook) -> None:
    found = patient(
        f"line: 1, drugs: [osimertinib], {first}", "line: 2, drugs: [carboplatin], relapse_after: 4", rulebook=rulebook
    )
    assert found.history is not None
    assert [entry.outcomes for entry in found.history] == [{"progressed"}, ENDED]
    assert found.facts[PLATINUM_FREE] == Number(4, 4)


def test_cycles_and_months_that_are_not_written_may_be_none_at_all(rulebook: Rulebook) -> None:
    found = patient(f"{FIRST}, outcome: progressed", rulebook=rulebook)
    assert found.facts["last_cycles"] == Number(0, MOST_CYCLES)
    assert found.facts[PLATINUM_FREE] == Number(0, MOST_MONTHS)


def test_a_drug_beside_a_class_was_surely_given(rulebook: Rulebook) -> None:
    found = patient("line: 1, drugs: [osimertinib, chemotherapy]", rulebook=rulebook)
    assert found.history is not None
    drugs = found.history[0].drugs
    assert {"osimertinib", "chemotherapy"} <= drugs.must
    assert {"osimertinib", "carboplatin", "docetaxel"} <= drugs.may


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "problems"),
    [
        ([f"{FIRST}, outcome: completed, relapse_after: 7", f"{MAINTAINED}, outcome: completed"],
         ["2: relapse_after: expected the outcome progressed or relapsed, found `completed`"]),
        ([f"{FIRST}, outcome: completed, relapse_after: 7", f"{MAINTAINED}, outcome: ongoing"],
         ["2: relapse_after: expected the outcome progressed or relapsed, found `completed`"]),
        ([f"{FIRST}, relapse_after: 4", f"{MAINTAINED}, outcome: ongoing"],
         ["3: outcome: maintenance of line 1 cannot be ongoing when the line has progressed or relapsed"]),
        (["line: 1, drugs: [nosuchdrug, neitherthis]"],
         ["2: drugs: expected a known drug or class of drugs, found `nosuchdrug`",
          "2: drugs: expected a known drug or class of drugs, found `neitherthis`"]),
        ([ADJUVANT, FIRST, FIRST], ["4: line: line 1 occurs twice (entries 2 and 3)"]),
        ([FIRST, MAINTAINED, MAINTAINED], ["4: line: maintenance of line 1 occurs twice (entries 2 and 3)"]),
    ],
)  # fmt: skip
def test_entries_that_cannot_all_be_are_refused_each_once(
    entries: list[str], problems: list[str], rulebook: Rulebook
) -> None:
    assert refused(*entries, rulebook=rulebook) == problems


def test_contradictions_that_have_nothing_to_do_with_each_other_are_all_reported(rulebook: Rulebook) -> None:
    found = refused(FIRST, rulebook=rulebook, more="histology: squamous\ndisease: sclc\nprior_lines: 0\n")
    assert [problem.split(" contradict")[0] for problem in found] == [
        "2: `histology` (line 1) and `disease` (line 2)",
        "4: `prior_lines` (line 3) and `history` (line 4)",
    ]


def test_a_set_that_surely_holds_nothing_and_may_only_hold_something_cannot_be(rulebook: Rulebook) -> None:
    received = rulebook.domain.facts["received"]
    assert isinstance(received, SetFact)
    assert close(received, Members(frozenset({"none"}), frozenset({"osimertinib"}))) is None


# What is remarked on --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "notes"),
    [
        ([f"{FIRST}, outcome: completed"], []),
        ([f"{FIRST}, outcome: completed", SECOND], ["Line 1 is given as completed although another line followed"]),
        ([f"{FIRST}, outcome: completed", f"{MAINTAINED}, outcome: completed", SECOND],
         ["Line 1 is given as completed although another line followed"]),
        ([f"{FIRST}, outcome: completed", f"{MAINTAINED}, outcome: progressed", SECOND], []),
        ([f"{FIRST}, outcome: progressed", f"{SECOND}, outcome: relapsed, relapse_after: 0"],
         ["After line 2 the disease is given as relapsed, with 0 months"]),
        ([f"{ADJUVANT}, outcome: relapsed, relapse_after: 0"],
         ["After the treatment with curative intent the disease is given as relapsed, with 0 months"]),
        ([f"{FIRST}, outcome: completed", f"{MAINTAINED}, outcome: progressed, relapse_after: 9"],
         ["On the maintenance of line 1 the disease is given as progressed, 9 months after the last dose"]),
    ],
)  # fmt: skip
def test_what_is_odd_is_remarked_on_and_nothing_else_is(
    entries: list[str], notes: list[str], rulebook: Rulebook
) -> None:
    found = patient(*entries, rulebook=rulebook).notes
    assert [note[: len(start)] for note, start in zip(found, notes, strict=True)] == notes


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_patient_without_an_id_is_named_after_the_file_alone(rulebook: Rulebook) -> None:
    assert patient(FIRST, rulebook=rulebook, name="ward/north/anna.yaml").id == "anna"


def test_the_patients_of_several_files_are_read_in_order_and_a_bad_one_is_refused(
    tmp_path: Path, rulebook: Rulebook
) -> None:
    files = [tmp_path / f"{name}.yaml" for name in ("anna", "bert", "carl")]
    for file, stage in zip(files, ("IVB", "IVA", "nowhere"), strict=True):
        file.write_text(f"stage: {stage}\n", encoding="utf-8")
    assert [found.id for found in read_files(map(str, files[:2]), rulebook.domain)] == ["anna", "bert"]
    with pytest.raises(InputError, match="nowhere"):
        read_files(map(str, files), rulebook.domain)
