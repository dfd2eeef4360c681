"""What a mapping makes of each kind of key, and where a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import Rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.mapping import TableMapping, load_mapping  # noqa: E402


def mapping_of(text: str, folder: Path, rulebook: Rulebook) -> TableMapping:
    file = folder / "mapping.yaml"
    file.write_text(f"{text}title: t\n", encoding="utf-8")
    return load_mapping(file, rulebook.domain)


def column(key: str, cells: list[str], text: str, folder: Path, rulebook: Rulebook) -> list[str | None]:
    """A key as a mapping makes it from the column ``c``."""
    table = pl.LazyFrame({"c": cells})
    return mapping_of(text, folder, rulebook).apply(table, folder).collect()[key].to_list()


def test_a_history_in_one_column_is_made_of_values_or_left_as_it_is_written(tmp_path: Path, rulebook: Rulebook) -> None:
    text = (
        "keys:\n  history:\n    column: c\n    values:\n      none: []\n"
        "      first: [{line: 1, drugs: [docetaxel]}]\n      open: unknown\n      '?': null\n"
    )
    assert column("history", ["none", "first", "open", "?"], text, tmp_path, rulebook) == [
        "[]", '[{"line": 1, "drugs": ["docetaxel"]}]', "unknown", "unknown",
    ]  # fmt: skip


def test_a_history_may_be_the_same_in_every_row(tmp_path: Path, rulebook: Rulebook) -> None:
    text = "keys:\n  ecog: {column: c}\n  history: {constant: []}\n"
    assert column("history", ["1", "2"], text, tmp_path, rulebook) == ["[]", "[]"]


def test_the_cells_of_a_column_are_read_and_neither_constants_nor_a_history(tmp_path: Path, rulebook: Rulebook) -> None:
    text = "keys:\n  ecog: {column: c}\n  disease: {constant: nsclc}\n  history: {column: h}\n"
    assert set(mapping_of(text, tmp_path, rulebook).readers) == {"ecog"}


EVENTS = "id: who\nkeys:\n  ecog: {column: c, otherwise: {column: d}}\n"


def test_the_columns_of_keys_that_events_read_are_named_by_events(tmp_path: Path, rulebook: Rulebook) -> None:
    assert mapping_of(EVENTS, tmp_path, rulebook).labels == {}
    plain = "keys:\n  ecog: {column: c}\nhistory:\n"
    plain += "  - {line: 1, drugs: {column: d}, outcome: {constant: progressed}}\n  - {line: 1, drugs: {column: e}}\n"
    assert mapping_of(plain, tmp_path, rulebook).labels == {"ecog": "c", "history line 1 drugs": "d or e"}


def test_a_cell_of_a_history_that_nothing_reads_is_left_as_it_is_written(tmp_path: Path, rulebook: Rulebook) -> None:
    text = "keys:\n  history: {column: c, multiply: 2}\n"
    assert column("history", ["some"], text, tmp_path, rulebook) == ["some"]


@pytest.mark.parametrize(
    ("key", "cell"),
    [("ecog", "9"), ("egfr", '{"found": ["L858R"], "not_found": ["L858R"]}')],  # no such value; it contradicts itself
)
def test_a_cell_that_no_profile_may_hold_is_read_as_nothing(
    key: str, cell: str, tmp_path: Path, rulebook: Rulebook
) -> None:
    text = f"keys:\n  {key}: {{column: c}}\n"
    assert mapping_of(text, tmp_path, rulebook).readers[key](cell) is None


@pytest.mark.parametrize("text", [EVENTS, "id: who\nkeys:\n  ecog: {column: c}\n"])
def test_the_number_of_each_row_is_kept(text: str, tmp_path: Path, rulebook: Rulebook) -> None:
    table = pl.LazyFrame({"who": ["a", "b"], "c": ["1", "2"], "d": ["0", "0"], "row": [7, 8]})
    found = mapping_of(text, tmp_path, rulebook).apply(table, tmp_path, "row").collect()
    assert found["row"].to_list() == [7, 8]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("keys:\n  ecog: {column: c}\n  ecgo: {column: d}\n", "3:3", "keys: no key of a profile is called `ecgo`"),
        ("keys:\n  ecog: {column: c}\n  summary: {column: d}\n",
         "3:3", "keys: no key of a profile is called `summary`"),
        ("keys:\n  ecog: {column: c}\n  history: {column: h}\nhistory:\n  - {line: 1, drugs: {column: d}}\n",
         "3:3", "keys: `history` is already given outside `keys`"),
        ("keys:\n  ecog:\n    flags: {d: x}\n", "3:5", "flags: expected a key that is a set"),
        ("keys:\n  comorbidities:\n    flags:\n      c: anticoagulation\n      d: gout\n",
         "5:10", "flags: expected one of"),
    ],
)  # fmt: skip
def test_a_broken_key_is_refused_where_it_stands(
    text: str, place: str, message: str, tmp_path: Path, rulebook: Rulebook
) -> None:
    with pytest.raises(InputError) as caught:
        mapping_of(text, tmp_path, rulebook)
    found = {f"{problem.location.line}:{problem.location.column}": problem.message for problem in caught.value.problems}
    assert found[place].startswith(message)
