"""What a verb loads before it is asked for anything: its own work, not that of another."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from conftest import ROOT
from regimen_advisor.cli.verbs import VERBS

SRC = ROOT / "src"
RICH = "rich"
OWNED = {
    "citing": {"cite"},
    "drawing.map_picture": {"map"},
    "editor_schemas": {"schema"},
    "explaining.explain": {"explain"},
    "page": {"page", "serve"},
    "quiz": {"quiz", "lesson", "page", "serve"},
    "quiz.classroom": set(),
    "reports.cards": {"advise", "page", "serve"},
    "reports.check": {"check"},
    "reports.class_result": set(),
    "reports.conditions_reference": set(),
    "reports.course_files": set(),
    "reports.coverage": {"coverage", "mutate"},
    "reports.diff": {"diff"},
    "reports.explanation": {"explain"},
    "reports.html": set(),
    "reports.lesson": {"lesson"},
    "reports.listing": {"list"},
    "reports.mutation": {"mutate"},
    "reports.reference": {"help"},
    "reports.screen": {"advise", "page", "serve"},
    "reports.show": {"show"},
    "reports.sources": {"sources"},
    "reviewing.comparing": {"diff"},
    "schemas": {"schema", "serve"},
    "testing.mutation": {"mutate"},
}
"""Work and reports, each a module or a room, with the verbs that load it; with none where it is loaded on demand."""
WITHOUT_SOLVER = {"list", "schema", "sources", "init-pack", "cohort", "help"}
"""The verbs that judge no patient, or not before they are asked to."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a module imports as it is loaded: not those inside a function, nor those for types alone."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case ast.stmt():
                yield from imported(node)


@cache
def directly(module: str) -> frozenset[str]:
    """What one module loads itself: modules of the package with the rooms they are in, and Rich."""
    place = SRC.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    found = set()
    for name in imported(ast.parse(file.read_text("utf-8"))):
        parts = name.split(".")
        if parts[0] == RICH:
            found.add(RICH)
        for depth in range(1, len(parts) + 1) if parts[0] == "regimen_advisor" else ():
            inside = SRC.joinpath(*parts[:depth])
            if inside.is_dir() or inside.with_suffix(".py").is_file():
                found.add(".".join(parts[:depth]))
    return frozenset(found)


@cache
def loaded(verb: str) -> frozenset[str]:
    """All that a verb loads, by names within the package."""
    waiting, found = [f"regimen_advisor.cli.{VERBS[verb].module}"], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += directly(module) if module != RICH else ()
    return frozenset(name.removeprefix("regimen_advisor.") for name in found)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_loads_no_other_verb_and_not_what_draws_at_a_terminal(verb: str) -> None:
    others = {f"cli.{entry.module}" for name, entry in VERBS.items() if name != verb}
    assert not loaded(verb) & (others | {RICH, "cli.terminal", "cli.quiz_terminal"})


@pytest.mark.parametrize("part", OWNED)
def test_work_and_reports_are_loaded_by_the_verbs_that_need_them_alone(part: str) -> None:
    found = {verb for verb in VERBS if any(f"{name}.".startswith(f"{part}.") for name in loaded(verb))}
    assert found == OWNED[part]


def test_what_judges_no_patient_does_not_load_the_solver() -> None:
    assert {verb for verb in VERBS if "solving.solver" not in loaded(verb)} == WITHOUT_SOLVER
