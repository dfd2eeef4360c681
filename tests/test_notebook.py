"""The tutorial notebook runs unchanged, and answers show themselves in it."""

import os
import pydoc
from pathlib import Path
from typing import Any

import pytest

import regimen_advisor
from regimen_advisor import Guideline, compare
from regimen_advisor.reports import notebook

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docs" / "tutorials" / "notebook.ipynb"
PROFILE = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook, every cell run in a fresh kernel."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    for name in ("ipykernel", "matplotlib", "polars"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    read = nbformat.read(FILE, as_version=4)
    nbformat.validate(read)
    assert all(not cell.get("outputs") for cell in read.cells), "outputs are stored nowhere: they would grow old"
    kept = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), *([kept] if kept else [])])
    try:
        nbclient.NotebookClient(
            read, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
        ).execute()
    finally:
        os.environ.pop("PYTHONPATH")
        if kept is not None:
            os.environ["PYTHONPATH"] = kept
    return read


def shown(executed: Any, source: str) -> list[dict[str, str]]:
    """What the cell that holds ``source`` shows, by form."""
    (cell,) = [cell for cell in executed.cells if cell.cell_type == "code" and source in cell.source]
    assert all(output.output_type != "error" for output in cell.outputs)
    return [output.data if "data" in output else {"text/plain": output.text} for output in cell.outputs]


pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")


def test_the_notebook_runs_and_each_kind_of_answer_shows_itself(executed):
    (advice,) = shown(executed, "advice = advise(patient")
    assert "<table>" in advice["text/html"]
    assert advice["text/plain"].startswith("<Advice ")
    assert "\n" not in advice["text/plain"]
    (explanation,) = shown(executed, 'regimen="ivonescimab"')
    assert "ivonescimab" in explanation["text/html"]
    (comparison,) = shown(executed, "comparison = compare")
    assert "ivonescimab: offered -> offered-with-caution" in comparison["text/markdown"]
    (guideline,) = shown(executed, "guideline = Guideline.load()")
    assert guideline["text/plain"].startswith("<Guideline ")


def test_the_notebook_changes_a_fact_judges_a_table_and_plots_it(executed):
    (changed,) = shown(executed, "def standings")
    assert "'ivonescimab': ['offered', 'offered-with-caution'" in changed["text/plain"]
    (asked,) = shown(executed, "unmeasured =")
    assert "pd_l1_tps" in asked["text/plain"]
    (table,) = shown(executed, "judge_table(table")
    assert "offered-with-caution" in table["text/html"]
    plots = [entry for entry in shown(executed, "plt.show()") if "image/png" in entry]
    assert len(plots) == 1
    assert len(plots[0]["image/png"]) > 10_000


def test_every_object_of_the_api_prints_as_one_line():
    guideline = Guideline.load(ROOT / "rules")
    case = guideline.case(PROFILE)
    advice = case.advice(ask=False)
    explained, compared = case.explain("anlotinib"), compare(guideline, guideline)
    little_known = guideline.case({"disease": "nsclc", "stage": "IV", "prior_lines": 0}).questions()
    asked = (little_known, case.questions(), *little_known.single, *little_known.single[0].answers)
    answers = (advice, advice.options[0], explained, compared, *asked)
    assert little_known.single[3:]
    for shown in (guideline, guideline.rulebook, case, case.patient, *answers):
        assert len(repr(shown)) < 200
        assert "\n" not in repr(shown)
        assert repr(shown).startswith(f"<{type(shown).__name__} ")


def test_a_case_and_a_comparison_show_themselves():
    notebook.register()
    guideline = Guideline.load(ROOT / "rules")
    assert "amivantamab" in guideline.case(PROFILE)._repr_html_()
    assert "No change of advice" in compare(guideline, guideline)._repr_markdown_()


def test_the_help_of_the_package_begins_with_one_screen():
    output = pydoc.render_doc(regimen_advisor, renderer=pydoc.plaintext).splitlines()
    screen = output[: output.index("PACKAGE CONTENTS")]
    assert len(screen) < 35
    assert len(output) < 80
    assert max(map(len, screen[4:])) <= 90
    text = "\n".join(screen)
    assert all(name in text for name in ("Guideline", "Case", "advise", "explain", "compare", "judge_table"))
    assert "advise" in dir(regimen_advisor)
    assert "every option" in pydoc.render_doc(regimen_advisor.advise, renderer=pydoc.plaintext).lower()
