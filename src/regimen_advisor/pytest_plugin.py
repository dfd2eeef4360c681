"""Collect cases as pytest items: each case of a ``*.case.yaml`` file is one, collected with ordinary tests.

Registered by the package itself. The rules are those of ``rules/`` below the root of the project that is tested, or
the shipped ones where it has none; ``profiles/`` likewise is the folder that ``from`` is looked up in. The ini values
``regimen_advisor_rules`` and ``regimen_advisor_profiles`` name other folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # read late: every pytest run of the environment loads this module
    from regimen_advisor.knowledge.rulebook import Rulebook
    from regimen_advisor.testing.cases import RuleCase
    from regimen_advisor.testing.results import Failure

SUFFIX = ".case.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the two ini values."""
    parser.addini("regimen_advisor_rules", "folder of rules that cases are run against", default="")
    parser.addini("regimen_advisor_profiles", "folder of profiles that cases build on", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect case files, and no other YAML."""
    return CaseFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class CaseFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterable[CaseItem]:
        """One item for each case, by its name."""
        from regimen_advisor.files.errors import InputError  # noqa: PLC0415 - every run of pytest loads a plugin
        from regimen_advisor.files.output import read_text  # noqa: PLC0415 - every run of pytest loads a plugin
        from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415 - every run of pytest loads a plugin
        from regimen_advisor.testing.cases import parse_cases  # noqa: PLC0415 - every run of pytest loads a plugin

        try:
            rulebook = load_rulebook(self._folder("rules"))
            text, _ = read_text(self.path)
            cases = parse_cases(text, _shown(self.path), rulebook, self._folder("profiles") or "profiles")
        except InputError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=case.name, case=case, rulebook=rulebook)

    def _folder(self, name: str) -> Path | None:
        root = self.config.rootpath
        written = str(self.config.getini(f"regimen_advisor_{name}"))
        if written:
            return root / written
        return root / name if (root / name).is_dir() else None


def _shown(path: Path) -> str:
    """The path as a person would type it: relative to where pytest was started, if it lies below."""
    folder = Path.cwd()
    return os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)


class CaseFailed(Exception):  # noqa: N818 - the name says what happened
    """A case whose expectations are not met."""

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__("\n".join(map(str, failures)))


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: RuleCase, rulebook: Rulebook, **options: Any) -> None:
        super().__init__(**options)
        self.case, self.rulebook = case, rulebook

    def runtest(self) -> None:
        """Run the case."""
        from regimen_advisor.testing.results import run_case  # noqa: PLC0415 - every run of pytest loads a plugin

        failures = run_case(self.case, self.rulebook)
        if failures:
            raise CaseFailed(failures)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A line for each expectation that is not met; anything else as pytest shows it."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The place of the case: the line is counted from 0; pytest would show a full stop as ``::``."""
        line = self.case.location.line
        return self.path, line - 1 if line else None, self.case.name.removesuffix(".")
