"""The house rules that no linter knows."""

import ast
import re
import subprocess
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from typer.main import get_command

from regimen_advisor.cli.app import app

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "src").rglob("*.py"))
LONGEST = 450


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_fits_on_a_few_screens(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST, "is the idea in the wrong room, or is it two ideas?"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_says_what_it_is_for(module: Path) -> None:
    assert module.read_text("utf-8").lstrip().startswith('"""')


@pytest.mark.parametrize("verb", sorted(get_command(app).commands))  # type: ignore[attr-defined]
def test_every_verb_is_shown_at_work_in_the_docs(verb: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = re.compile(rf"^(\$ .*)?\bregimen-advisor {re.escape(verb)}\b", re.MULTILINE)
    assert any(shown.search(page.read_text("utf-8")) for page in pages)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_imports_at_its_top_or_says_why_not(module: Path) -> None:
    silent = re.compile(r"import .*noqa: [\w, ]*PLC0415(?! - \w)")
    assert not silent.search(module.read_text("utf-8")), "expected `- reason` after the code"


def test_no_file_names_a_path_of_some_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    path = re.compile(r"(?<![\w.$~}/-])/(?:work|farm|home|Users)/\w")
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.suffix in (".py", ".md", ".yaml", ".toml", ".j2", ".js", ".css", "") and file.is_file():
            assert not path.search(file.read_text("utf-8", errors="replace")), name


def requirements() -> list[str]:
    """Everything that is required of others, for running and for building."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [*read["project"]["dependencies"], *read["build-system"]["requires"]]
    listed += [one for extra in read["project"]["optional-dependencies"].values() for one in extra]
    return [one for one in listed if not one.startswith("regimen-advisor[")]


@pytest.mark.parametrize("required", requirements())
def test_a_library_has_an_upper_bound_at_a_major_version_and_none_is_a_beta(required: str) -> None:
    asked = required.partition(";")[0].strip()
    assert re.search(r",<\d+$|==[\d.]+$", asked), "a new major version could change an answer by itself"
    assert not re.search(r"[\d.](a|b|rc)\d", asked)


def test_no_module_imports_itself_by_way_of_others() -> None:
    imports = {name_of(module): imports_of(module) for module in MODULES}
    order = TopologicalSorter(imports)
    order.prepare()  # raises CycleError with the modules of a circle


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")


def imports_of(module: Path) -> set[str]:
    """The modules of this project that a module imports, inside functions too, but not for the type checker alone."""
    tree = ast.parse(module.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    names = {name_of(other) for other in MODULES}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in typing_only:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & names)
    return found - {name_of(module)}


def test_a_circle_of_modules_would_be_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()
