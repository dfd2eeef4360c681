"""Write profiles in the layout of profile files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def profile_lines(profile: Mapping[str, Any]) -> list[str]:
    """A profile as the lines of its file, one a key and one a history entry."""
    lines = []
    for key, value in profile.items():
        if key == "history" and value:
            lines += ["history:", *(f"  - {flow(entry)}" for entry in value)]
        else:
            lines.append(f"{key}: {flow(value)}")
    return lines


def flow(value: Any) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("...").strip()
