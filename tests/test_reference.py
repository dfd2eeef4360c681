"""The reference pages are generated from the models and kept in the docs."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from regimen_advisor.advice import Advice
from regimen_advisor.cases import CaseText
from regimen_advisor.evidence import Study
from regimen_advisor.profile import Profile
from regimen_advisor.reports.reference import reference
from regimen_advisor.rules import RuleFile

DOCS = Path(__file__).parent.parent / "docs" / "reference"
PAGES: dict[str, tuple[type[BaseModel], str]] = {
    "profile": (Profile, "Profile files"),
    "rule": (RuleFile, "Rule files"),
    "study": (Study, "Study files"),
    "case": (CaseText, "Case files"),
    "advice": (Advice, "The JSON of `advise`"),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_page_is_what_the_model_says(page: str) -> None:
    model, title = PAGES[page]
    stored = (DOCS / f"{page}.md").read_text("utf-8")
    assert stored == reference(model, title), (
        f"regenerate it: regimen-advisor schema {page} --format markdown > docs/reference/{page}.md"
    )
