"""A small slice of the hostile inputs of `benchmarks/fuzz.py`, and that it would find what it looks for."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("polars", reason="the extra `cohort` is not installed")
sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

import fuzz


def test_hostile_inputs_of_every_kind_are_answered_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # How slow a machine may be is not tested here: these limits end only what hangs.
    monkeypatch.setattr(fuzz, "SECONDS", 60)
    monkeypatch.setattr(fuzz, "BY_THE_CLOCK", 600)
    ran, faults = fuzz.fuzz(24, 1)
    assert set(ran) == set(fuzz.KINDS)
    assert faults == []


@pytest.mark.parametrize(
    ("answer", "value"), [(lambda *_: 1 / 0, "ZeroDivisionError"), (lambda *_: time.sleep(9), "hangs")]
)
def test_a_traceback_and_what_hangs_are_found(monkeypatch: pytest.MonkeyPatch, answer: Any, value: str) -> None:
    monkeypatch.setattr(fuzz, "answered", answer)
    monkeypatch.setattr(fuzz, "BY_THE_CLOCK", 0.1)
    _, [fault] = fuzz.fuzz(1, 1, ("body", 0))
    assert value in fault


def test_another_exit_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "command", lambda _: sys.exit(3))
    assert fuzz.fault_of(fuzz.Input(["advise"]), None, alone=False) == "exit code 3"
