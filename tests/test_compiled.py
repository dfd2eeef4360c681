"""A wheel holds the rules as they were read: the same answer, and none for other rules or on another Python."""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from regimen_advisor.knowledge.compiled import compiled, read_compiled
from regimen_advisor.knowledge.loading import Loader
from regimen_advisor.knowledge.manifest import digest_of

RULES = Path(__file__).parent.parent / "rules"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wheel") / "rules.compiled"
    file.write_bytes(compiled(RULES))
    return file


def test_compiled_rules_are_those_of_the_yaml_with_its_places_wherever_the_folder_is(
    file: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(RULES, tmp_path / "elsewhere")
    read = read_compiled(folder, digest_of(folder), file)
    assert read is not None
    assert plain(read, {}) == plain(Loader((folder,)).load(), {})
    assert str(RULES).encode() not in file.read_bytes()


def test_they_do_not_count_for_rules_that_were_changed(file: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(RULES, tmp_path / "changed")
    with (folder / "drugs.yaml").open("a", encoding="utf-8") as text:
        text.write("# one word more\n")
    assert read_compiled(folder, digest_of(folder), file) is None


@pytest.mark.parametrize(("where", "value"), [("sys.version_info", (3, 99)), ("pydantic.VERSION", "2.999")])
def test_nor_where_other_programs_read_them(
    file: Path, monkeypatch: pytest.MonkeyPatch, where: str, value: object
) -> None:
    monkeypatch.setattr(f"regimen_advisor.knowledge.compiled.{where}", value)
    assert read_compiled(RULES, digest_of(RULES), file) is None


def test_without_the_file_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert read_compiled(RULES, digest_of(RULES), tmp_path / "none") is None


def plain(value: Any, seen: dict[int, Any]) -> Any:
    """A value as tuples, to the last field: some of the models are equal only to themselves."""
    if id(value) in seen:
        return seen[id(value)]
    if dataclasses.is_dataclass(value):
        made: Any = type(value), tuple(plain(getattr(value, part.name), seen) for part in dataclasses.fields(value))
    elif isinstance(value, BaseModel):
        made = type(value), tuple(plain(getattr(value, name), seen) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        made = tuple((plain(key, seen), plain(part, seen)) for key, part in value.items())
    elif isinstance(value, list | tuple):
        made = type(value), tuple(plain(part, seen) for part in value)
    else:
        return value
    seen[id(value)] = made
    return made
