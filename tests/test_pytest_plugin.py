"""Cases as pytest items."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest_plugins = ["pytester"]

CASES = """\
name: A squamous tumour is not offered tarlatamab.
profile: {histology: squamous}
expect: {tarlatamab: not-indicated}
---
name: Anlotinib waits for the number of lines.
profile: {histology: squamous, stage: IVA, prior_lines: {at_least: 1}, last_outcome: progressed}
expect:
  anlotinib: offered
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> object:
    """Runs pytest in a folder of its own, with the plugin even where the package is not installed."""
    installed = any(point.name == "regimen_advisor" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "regimen_advisor.pytest_plugin"]
    pytester.makeini(f"[pytest]\nregimen_advisor_rules = {ROOT / 'rules'}\n")
    return lambda *arguments: pytester.runpytest_inprocess(*plugin, "-p", "no:cacheprovider", *arguments)


def test_each_case_is_an_item_of_its_own_named_by_its_sentence(pytester: pytest.Pytester, run: object) -> None:
    pytester.path.joinpath("x.case.yaml").write_text(CASES)
    result = run("-v")  # type: ignore[operator]
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["x.case.yaml::A squamous tumour is not offered tarlatamab. PASSED*"])


def test_a_failure_is_a_line_with_file_line_and_what_it_waits_for(pytester: pytest.Pytester, run: object) -> None:
    pytester.path.joinpath("x.case.yaml").write_text(CASES)
    result = run()  # type: ignore[operator]
    result.stdout.fnmatch_lines([
        "x.case.yaml:8: anlotinib: expected offered, is undetermined (waits for history)",
    ])  # fmt: skip
    assert "Traceback" not in result.stdout.str()


def test_other_yaml_is_left_alone(pytester: pytest.Pytester, run: object) -> None:
    pytester.path.joinpath("x.yaml").write_text("not: [a case")
    pytester.path.joinpath("case.yaml").write_text("not: [a case")
    run().assert_outcomes()  # type: ignore[operator]


def test_a_file_that_cannot_be_read_is_an_error_of_collection_without_traceback(
    pytester: pytest.Pytester, run: object
) -> None:
    pytester.path.joinpath("x.case.yaml").write_text("name: x y.\nprofile: {}\nexpect: {anlotinb: offered}\n")
    result = run()  # type: ignore[operator]
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*x.case.yaml:3:10: unknown regimen `anlotinb` (did you mean `anlotinib`?)"])
    assert "Traceback" not in result.stdout.str()


def test_profiles_of_the_project_are_those_that_from_names(pytester: pytest.Pytester, run: object) -> None:
    folder = pytester.mkdir("profiles")
    folder.joinpath("someone.yaml").write_text("histology: small-cell\n")
    pytester.path.joinpath("x.case.yaml").write_text(
        "name: Small cell cancer has no ALK options.\nprofile: {from: someone}\nexpect: {anlotinib: not-indicated}\n"
    )
    run().assert_outcomes(passed=1)  # type: ignore[operator]


def test_a_case_knows_its_line(pytester: pytest.Pytester, run: object) -> None:
    pytester.path.joinpath("x.case.yaml").write_text(CASES)
    result = run("-rf", "-k", "anlotinib")  # type: ignore[operator]
    result.stdout.fnmatch_lines(["*Anlotinib waits for the number of lines*"])
    result.assert_outcomes(failed=1, deselected=1)


def test_the_package_registers_the_plugin() -> None:
    import tomllib  # noqa: PLC0415

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"regimen_advisor": "regimen_advisor.pytest_plugin"}
