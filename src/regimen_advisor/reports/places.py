"""Write a place in a file."""

from __future__ import annotations

from pathlib import Path

from regimen_advisor.files.errors import Location


def here(file: str) -> str:
    """The file as it is called from the working directory, where it lies below that: what a pull request knows."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return path.relative_to(Path.cwd()).as_posix()
    return path.as_posix() if "\\" in file else file


def place(location: Location, *, column: bool = False) -> str:
    """``rules/a.yaml:7``, with the column where it is wanted."""
    return str(location._replace(file=here(location.file), column=location.column if column else None))
