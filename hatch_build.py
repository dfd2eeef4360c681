"""Compile the rules into the wheel, so that an installed package starts without reading YAML."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface[Any]):
    """Adds ``rules.compiled`` to a wheel; an editable installation, whose code and rules change, gets none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Read the rules with the code that is being packed. Raises ``InputError`` where they cannot be read."""
        if version == "editable":
            return
        root = Path(self.root).resolve()
        sys.path.insert(0, str(root / "src"))
        from regimen_advisor.knowledge import compiled  # noqa: PLC0415 - found only by the line above

        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / compiled.FILE.name
        file.write_bytes(compiled.compiled(root / "rules"))
        build_data["force_include"][str(file)] = f"regimen_advisor/{compiled.FILE.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what was only made to be packed."""
        if version != "editable":
            self.folder.cleanup()
