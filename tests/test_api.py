"""The names at the top of the package: what each takes, and what is refused in words."""

import inspect
import re
from pathlib import Path

import pytest

from regimen_advisor import Case, Guideline, InputError, explain, judge_table

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"


@pytest.fixture(scope="module")
def guideline() -> Guideline:
    return Guideline.load(ROOT / "rules")


@pytest.fixture(scope="module")
def case(guideline: Guideline) -> Case:
    return guideline.case(PROFILE)


# Regimens -----------------------------------------------------------------------------------------------------------


def test_a_case_explains_a_regimen_by_keyword_by_place_several_or_all(case: Case) -> None:
    by_keyword = case.explain(regimen="anlotinib")
    assert by_keyword == case.explain("Anlotinib")
    assert [option.regimen for option in by_keyword.options] == ["anlotinib"]
    two = case.explain("anlotinib", "ivonescimab")
    assert [option.regimen for option in two.options] == ["anlotinib", "ivonescimab"]
    assert case.explain(regimen=None) == case.explain() == case.explain(None)
    assert len(case.explain().options) > 2


@pytest.mark.parametrize(("regimen", "found"), [(5, "`5`"), (["anlotinib"], "a list"), (b"anlotinib", "`bytes`")])
def test_a_regimen_that_is_no_text_is_refused(case: Case, regimen: object, found: str) -> None:
    message = re.escape(f"regimen: expected the id or the name of a regimen, found {found}")
    with pytest.raises(InputError, match=message):
        case.explain(regimen=regimen)
    with pytest.raises(InputError, match=message):
        case.explain(regimen)
    with pytest.raises(InputError, match=message):
        explain(PROFILE, case.guideline, regimen=regimen)


def test_questions_are_about_a_regimen_by_its_id_or_its_name_and_an_unknown_one_is_refused(
    guideline: Guideline,
) -> None:
    case = guideline.case({"disease": "nsclc", "stage": "IV", "prior_lines": 0})
    by_id = case.questions("ivonescimab").single
    assert by_id == case.questions("Ivonescimab").single
    assert by_id
    assert {name for question in by_id for name in question.settles} <= {"ivonescimab"}
    with pytest.raises(InputError, match=re.escape("found `ivonescimb` (did you mean `ivonescimab`?)")):
        case.questions("ivonescimb")
    with pytest.raises(InputError, match="expected a regimen of the rulebook, found `nope`"):
        case.questions("nope")
    with pytest.raises(InputError, match="expected the id or the name of a regimen, found `5`"):
        case.questions(5)


# Tables -------------------------------------------------------------------------------------------------------------


def test_the_table_to_judge_is_called_a_frame(guideline: Guideline) -> None:
    assert list(inspect.signature(judge_table).parameters)[:3] == ["frame", "guideline", "mapping"]
    polars = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    answer = judge_table(frame=polars.DataFrame({"disease": ["nsclc"]}), guideline=guideline, mapping=None)
    assert answer.height == 1
