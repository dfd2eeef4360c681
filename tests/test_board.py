"""What a tumour board asks of an answer, and whether its first forty lines give it.

A reader who was given only the first forty lines of ten answers once found the answer to 13 of 22 questions, and was
misled on 5. These are the questions, and one on a patient for whom no drug is the answer. ``tells`` is within the forty
lines and answers one of them; ``misleads`` must not be there, since it answers it wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest

from conftest import ROOT
from regimen_advisor.advising import advise
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile, read_profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reports import text

LINES = 40


@dataclass(frozen=True)
class Question:
    asks: str
    tells: str
    misleads: tuple[str, ...] = ()


BOARD: Mapping[str, tuple[Question, ...]] = {
    "egfr-l858r-after-osimertinib": (
        Question(
            "What comes first after osimertinib?", "1 amivantamab + platinum-based chemotherapy offered MARIPOSA-2"
        ),
        Question("How strong is that?", "phase III, n 657 · PFS 6.3 v 4.2 months (chemotherapy), risk 52 % lower"),
        Question(
            "Is immunotherapy alone an answer?",
            "! For this patient: EGFR is not wild-type, and with an EGFR mutation immunotherapy without chemotherapy "
            "does little.",
            ("ivonescimab offered",),
        ),
        Question("Where has it spread?", "PD-L1 TPS 60 %, liver metastases; line 1", ("none: liver metastases",)),
    ),
    "nrg1-after-platinum-pemetrexed": (
        Question("Which option is for this driver?", "1 zenocutuzumab with caution", ("1 camrelizumab", "1 PD-1")),
        Question("Do the others hit it?", "The tumour has an NRG1 fusion, which only zenocutuzumab hits"),
    ),
    "alk-after-alectinib": (
        Question(
            "Another ALK-TKI first?",
            "FIRST ! The tumour has an ALK fusion, which no option here hits, so settle first whether an ALK-TKI, or "
            "another one, can still be given.",
        ),
        Question("Which choice do the reviews name here?", "1 bevacizumab + carboplatin + paclitaxel", ("1 PD-1",)),
        Question("On what study?", "a statement of the review, no study [", ("PFS was shorter with an EGFR",)),
    ),
    "small-cell-after-chemo-immunotherapy": (
        Question("Is there a standard?", "Tarlatamab, called a new standard by the review."),
        Question("What before the first dose?", "Before the first dose: Cytokine release syndrome is the most common"),
    ),
    "squamous-drivers-unknown-bleeding-features-untreated": (
        Question("Is bevacizumab an option?", "EXCLUDED x erlotinib + bevacizumab;"),
        Question(
            "What decides the standard?",
            "? EGFR, ALK fusion and ROS1 fusion decide between: An EGFR-targeted drug alone",
            ("driver beyond EGFR, ALK and ROS1 was found",),
        ),
        Question("Does the tumour bleed easily?", "bleeding risk cavitation and central tumour"),
    ),
    "driver-negative-ecog-3-untreated": (
        Question("Treat at all at ECOG 3?", "FIRST ! At ECOG 3 or 4 supportive care comes first"),
    ),
    "egfr-ex20ins-untreated": (
        Question(
            "What is the message in exon 20 insertion?",
            "The first approvals of amivantamab were for this mutation, so look beyond the reviews before deciding.",
        ),
        Question("Is anything offered?", "No regimen of these rules is offered to this patient", ("offered for",)),
    ),
    "egfr-t790m-after-gefitinib": (
        Question(
            "What does T790M mean here?",
            "T790M was found and no third-generation EGFR-TKI was given yet, so osimertinib comes first.",
            ("has to be looked for", "look for it again"),
        ),
    ),
    "egfr-ex19del-relapse-after-adjuvant-osimertinib": (
        Question("Was osimertinib given, and how did it end?", "curative treatment: osimertinib (progressed)"),
        Question(
            "Is osimertinib the standard again?",
            "Standard stated by SOURCES: none for this situation.",
            ("An EGFR-targeted drug alone",),
        ),
    ),
    "stage-iiia-resectable": (
        Question(
            "Is a drug the answer?",
            "FIRST ! Curative treatment is still possible: The studies are of advanced disease, so while surgery or "
            "(chemo)radiotherapy with curative intent can be given no option here is indicated.",
            ("Immunotherapy with an immune checkpoint inhibitor",),
        ),
    ),
    "almost-everything-unknown": (
        Question("What has to be asked first?", "WHAT TO ASK OR TEST FIRST - How far has the disease spread today?"),
        Question("Which test decides most?", "Which EGFR variants were found? Decides what the standard is;"),
    ),
}
"""By example, what is asked of its answer."""


def test_there_are_eleven_answers_and_twenty_three_questions() -> None:
    assert len(BOARD) == 11
    assert sum(map(len, BOARD.values())) == 23


@pytest.mark.parametrize("name", BOARD)
def test_the_first_forty_lines_answer_the_board_and_mislead_it_nowhere(name: str, shipped: Rulebook) -> None:
    found = first_lines(shipped, name)
    sources = shipped.source_names.loaded
    silent = [question.asks for question in BOARD[name] if question.tells.replace("SOURCES", sources) not in found]
    wrong = [words for question in BOARD[name] for words in question.misleads if words in found]
    assert (silent, wrong) == ([], [])


@lru_cache(maxsize=16)
def first_lines(rulebook: Rulebook, name: str) -> str:
    """The first forty lines of an example's answer, as one line."""
    profile, document = read_profile(ROOT / "profiles" / f"{name}.yaml")
    patient = read(profile, rulebook.domain, document)
    written = text.render_advice([advise(patient, rulebook)], rulebook, [patient])
    return " ".join(" ".join(written.splitlines()[:LINES]).split())


@pytest.mark.parametrize(
    ("state", "known", "asked"),
    [
        (True, "brain metastases; line", "Not known: whether the brain metastases are treated and stable"),
        ("treated", "brain metastases treated; line", None),
        (False, "none: other drivers, brain metastases", None),
    ],
)
def test_what_is_not_known_of_brain_metastases_is_named_and_not_that_there_are_some(
    state: Any, known: str, asked: str | None, rulebook: Rulebook
) -> None:
    written = {
        "histology": "adenocarcinoma", "stage": "IVB", "ecog": 1, "egfr": ["L858R"], "alk": "negative",
        "ros1": "negative", "nrg1": "negative", "other_drivers": "none", "brain_metastases": state,
        "liver_metastases": False, "bleeding_risk": "none", "comorbidities": "none", "pd_l1_tps": 1,
        "history": [{"line": 1, "drugs": ["osimertinib"], "outcome": "progressed"}],
    }  # fmt: skip
    patient = read(Profile.model_validate(written), rulebook.domain)
    output = " ".join(text.render_advice([advise(patient, rulebook)], rulebook, [patient]).split())
    line = output[: output.index("STANDARD") if "STANDARD" in output else output.index("Standard stated")]
    assert known in line
    assert (asked in line) if asked else ("Not known" not in line)
