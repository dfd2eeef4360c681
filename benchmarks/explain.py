"""Time ``explain``: one option once everything is loaded, and the whole page of a patient.

Goals: one option under 100 ms warm, the whole page under 1 s. Processor time is measured, so
that other work on the machine does not count.

    python benchmarks/explain.py
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from regimen_advisor.advising import advise
from regimen_advisor.explaining.explain import explain
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.profile import read_profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.reports.html import render_advice, render_explanation

PROFILES = Path(__file__).parent.parent / "profiles"
RULEBOOK = load_rulebook()
NAMES = (
    "egfr-l858r-after-osimertinib",
    "driver-negative-two-prior-lines",
    "adenocarcinoma-drivers-unknown-untreated",
    "almost-everything-unknown",
)


def patient(name: str, rulebook: Rulebook = RULEBOOK) -> Patient:
    profile, document = read_profile(PROFILES / f"{name}.yaml")
    return read(profile, rulebook.domain, document)


def milliseconds(action: Callable[[], object]) -> float:
    begin = time.process_time()
    action()
    return (time.process_time() - begin) * 1000


def page_of(name: str) -> str:
    first = patient(name)
    return render_advice([advise(first, RULEBOOK)], RULEBOOK, [first])


def explanation_of(name: str) -> str:
    first = patient(name)
    return render_explanation(explain(first, RULEBOOK), RULEBOOK, first)


def main() -> None:
    print(f"loaded: first page {milliseconds(lambda: page_of(NAMES[0])):.0f} ms with everything cold")
    print(f"{'profile':44} {'option, median':>15} {'option, worst':>14} {'short':>8} {'page':>8}")
    for name in NAMES:
        report(name)


def report(name: str) -> None:
    first = patient(name)
    options = [option.regimen for option in advise(first, RULEBOOK, ask=False).options]
    # A new patient each time: nothing that was found for the one before is at hand.
    times = [milliseconds(lambda regimen=regimen: explain(patient(name), RULEBOOK, [regimen])) for regimen in options]
    short, page = milliseconds(lambda: explanation_of(name)), milliseconds(lambda: page_of(name))
    print(f"{name:44} {statistics.median(times):12.0f} ms {max(times):11.0f} ms {short:5.0f} ms {page:5.0f} ms")


if __name__ == "__main__":
    main()
