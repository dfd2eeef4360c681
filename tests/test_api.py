"""The names at the top of the package: what each takes, and what is refused in words."""

import inspect
import pickle
import re
import subprocess
import sys
from collections import ChainMap, UserDict
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from regimen_advisor import (
    Case,
    Guideline,
    InputError,
    advise,
    compare,
    explain,
    judge_table,
    load_rulebook,
    read_profile,
)

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


# Patients -----------------------------------------------------------------------------------------------------------


class Scalar:
    """What a scalar of NumPy has, for a machine without it."""

    shape = ()

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


PLAIN = {"disease": "nsclc", "ecog": 1, "liver_metastases": True, "egfr": ["L858R"], "history": [{"line": 1}]}


@pytest.mark.parametrize(
    "mapping",
    [
        MappingProxyType(PLAIN),
        ChainMap({"disease": "nsclc"}, PLAIN),
        UserDict(PLAIN),
        {**PLAIN, "egfr": ("L858R",), "history": (MappingProxyType({"line": 1}),)},
        {**PLAIN, "disease": Scalar("nsclc"), "ecog": Scalar(1), "liver_metastases": Scalar(True)},
    ],
    ids=["proxy", "chain", "user", "tuples", "scalars"],
)
def test_any_mapping_and_the_scalars_of_numpy_are_read_as_plain_values(guideline: Guideline, mapping: object) -> None:
    assert guideline.case(mapping).patient == guideline.case(PLAIN).patient


def test_the_numbers_of_numpy_itself_are_read(guideline: Guideline) -> None:
    numpy = pytest.importorskip("numpy", reason="the extra `cohort` is not installed")
    profile = {"disease": numpy.str_("nsclc"), "ecog": numpy.int64(1), "liver_metastases": numpy.bool_(True)}
    wanted = {"disease": "nsclc", "ecog": 1, "liver_metastases": True}
    assert guideline.case(profile).patient == guideline.case(wanted).patient


ANY = "expected text, a number, `true`, `false`, a list or a mapping, found"


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"ecog": Decimal(1)}, f"<mapping>: ecog: {ANY} `Decimal`"),
        ({"ecog": 10**5000}, f"<mapping>: ecog: {ANY} a whole number of several hundred digits"),
        ({"history": [{"line": 1, "drugs": {"osimertinib"}}]}, f"<mapping>: drugs: {ANY} `set`"),
        ({"stage": date(2024, 1, 1)}, f"<mapping>: stage: {ANY} `date`"),
        ({"disease": b"nsclc", "ecog": 1j}, f"disease: {ANY} `bytes`\n<mapping>: ecog: {ANY} `complex`"),
        ({("a", "b"): 1}, "<mapping>: expected text as a key, found `tuple`"),
        ({"egfr": {5: 1}}, "<mapping>: egfr: expected text as a key, found `5`"),
        ({10**5000: 1}, "expected text as a key, found a whole number of several hundred digits"),
        ({"stage": "\ud800"}, "<mapping>: stage: expected text, found half a character, `\\ud800`"),
        ({"\ud800": 1}, "<mapping>: expected text, found half a character, `\\ud800`"),
        ({"ecog": float("nan")}, "<mapping>: ecog: expected an ECOG status"),
    ],
    ids=lambda value: value[-40:].encode("ascii", "replace").decode() if isinstance(value, str) else "profile",
)
def test_a_value_that_no_file_can_hold_is_refused_at_its_key(
    guideline: Guideline, profile: object, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        guideline.case(profile)


@pytest.mark.parametrize(("profile", "found"), [(5, "`5`"), (None, "nothing"), ([1], "a list"), ({1}, "`set`")])
def test_what_is_no_form_of_a_patient_is_refused(profile: object, found: str) -> None:
    with pytest.raises(InputError, match=f"^profile: expected the path of a profile.*found {found}$"):
        advise(profile)


def test_both_things_that_read_profile_gives_are_one_too_many() -> None:
    with pytest.raises(InputError, match=re.escape("found `tuple` (`read_profile` gives two things")):
        advise(read_profile(PROFILE))
    assert advise(read_profile(PROFILE)[0], ask=False).options


# Rooms --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["regimen_advisor", "regimen_advisor.guideline"])
def test_a_case_answers_whichever_module_was_imported_first(module: str) -> None:
    # The server of the page asks a case in a fresh process that has imported `guideline` alone.
    case = "Guideline.load().case({'disease': 'nsclc'})"
    code = f"from {module} import Guideline; case = {case}; print(repr(case.advice()), repr(case.explain()))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("<Advice ")
    assert "<Explanation " in ran.stdout


def test_a_guideline_and_a_case_can_be_sent_to_another_process(guideline: Guideline) -> None:
    case = Guideline(guideline.rulebook).case(PROFILE)
    code = "import pickle, sys; case = pickle.load(sys.stdin.buffer); print(repr(case.advice(ask=False)))"
    ran = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(case), capture_output=True, check=True)
    assert ran.stdout.startswith(b"<Advice egfr-l858r-after-osimertinib")


# Guidelines ---------------------------------------------------------------------------------------------------------

FORMS = "guideline: expected a `Guideline`, a `Rulebook`, the path of a folder of rules or nothing, found"
PATHS = "rules: expected the path of a folder of rules, several of them or nothing, found"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda given: advise(PROFILE, 5), f"{FORMS} `5`"),
        (lambda given: explain(PROFILE, {}), f"{FORMS} an empty mapping"),
        (lambda given: compare(given, 5), f"{FORMS} `5`"),
        (lambda given: compare(5, given), f"{FORMS} `5`"),
        (lambda given: Guideline.load(5), f"{PATHS} `5`"),
        (Guideline.load, f"{PATHS} `Guideline`"),
        (lambda given: Guideline.load(given.rulebook), f"{PATHS} `Rulebook`"),
        (lambda given: load_rulebook([5]), f"{PATHS} a list"),
        (lambda given: load_rulebook(None, "2024-01-01"), 'day: expected a `datetime.date`, found `"2024-01-01"`'),
        (
            lambda given: load_rulebook(None, datetime(2024, 1, 1, tzinfo=UTC)),
            "day: expected a `datetime.date`, found `datetime`",
        ),
    ],
)
def test_what_is_no_guideline_and_no_day_is_refused(
    guideline: Guideline, call: Callable[[Guideline], object], message: str
) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        call(guideline)


def test_a_guideline_or_a_case_made_by_hand_of_something_else_is_refused_at_once(guideline: Guideline) -> None:
    for make in (Guideline, Guideline.of):
        with pytest.raises(TypeError, match=r"expected a `Rulebook`, found `rules`; `Guideline.load` reads a folder"):
            make("rules")
    with pytest.raises(TypeError, match=r"expected a `Patient`, found `profiles/.*`; the method `case`"):
        Case(guideline, "profiles/egfr-l858r-after-osimertinib.yaml")
    with pytest.raises(TypeError, match="expected a `Guideline`, found nothing"):
        Case(None, guideline.case(PROFILE).patient)


# Tables -------------------------------------------------------------------------------------------------------------


def test_the_table_to_judge_is_called_a_frame(guideline: Guideline) -> None:
    assert list(inspect.signature(judge_table).parameters)[:3] == ["frame", "guideline", "mapping"]
    polars = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    answer = judge_table(frame=polars.DataFrame({"disease": ["nsclc"]}), guideline=guideline, mapping=None)
    assert answer.height == 1


def test_what_is_no_mapping_or_no_guideline_of_a_table_is_refused(guideline: Guideline) -> None:
    polars = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    frame = polars.DataFrame({"disease": ["nsclc"]})
    for mapping, found in (({"columns": {}}, "a mapping"), (5, "`5`")):
        with pytest.raises(InputError, match=f"^mapping: expected the path of a mapping .* found {found}$"):
            judge_table(frame, guideline, mapping)
    with pytest.raises(InputError, match=re.escape(f"{FORMS} `DataFrame`")):
        judge_table(guideline, frame)


def test_a_lazy_frame_that_cannot_be_read_is_refused(guideline: Guideline, tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    frame = polars.LazyFrame({"disease": ["nsclc"], "ecog": ["x"]})
    with pytest.raises(InputError, match=r"table: cannot be read or written: No such file"):
        judge_table(polars.scan_csv(tmp_path / "none.csv"), guideline)
    with pytest.raises(InputError, match=r"table: cannot be read or written: .*nope"):
        judge_table(frame.select("nope"), guideline)
    with pytest.raises(InputError, match=r"table: cannot be read or written: conversion"):
        judge_table(frame.with_columns(polars.col("ecog").cast(polars.Int64)), guideline)


def test_a_column_of_another_name_is_left_unread_as_the_reference_says(guideline: Guideline) -> None:
    polars = pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    frame = polars.DataFrame({"disease": ["nsclc"], "eccog": [1]})
    assert judge_table(frame, guideline).equals(judge_table(frame.drop("eccog"), guideline))
    assert "a misspelt one" in " ".join(judge_table.__doc__.split())
    assert "a misspelt one" in " ".join((ROOT / "docs" / "reference" / "python.md").read_text("utf-8").split())
