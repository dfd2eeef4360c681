"""How much ships: the one file of tests that a new rule, study, source or example may make fail.

Each number is that of the rulebook that ships alone. Change it together with the content that it counts.
"""

import re
from collections import Counter

from conftest import ROOT
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect


def test_the_sources_are_transcribed_whole(shipped: Rulebook) -> None:
    assert (len(shipped.studies), len(shipped.approvals), len(shipped.reviews)) == (61, 7, 2)


def test_every_erratum_occurs_exactly_once(shipped: Rulebook) -> None:
    mentions = [mention for review in shipped.reviews.values() for mention in review.mentions]
    entries = [*shipped.studies.values(), *shipped.approvals.values(), *mentions]
    ids = Counter(erratum.id for entry in entries for erratum in entry.errata)
    assert ids.total() == len(ids) == 93
    assert {int(id[1:3]) for id in ids} == set(range(1, 45))


def test_rules_regimens_and_findings(shipped: Rulebook) -> None:
    assert (len(shipped.rules), len(shipped.regimens), len(shipped.findings)) == (271, 29, 23)
    assert all(shipped.of(effect) for effect in Effect)


def test_cases() -> None:
    files = (ROOT / "tests" / "cases").rglob("*.case.yaml")
    assert sum(len(re.findall(r"(?m)^name:", file.read_text("utf-8"))) for file in files) == 714


def test_teaching_patients_and_lessons() -> None:
    assert len(list((ROOT / "profiles").glob("*.yaml"))) >= 40
    assert len(list((ROOT / "docs" / "lessons").glob("*.md"))) >= 10
