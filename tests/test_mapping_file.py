"""What a mapping file says: the places of its columns, how a cell is read, and what of a file is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.mapping_file import MappingFile, Reading, SecondTable


def reading(**parts: Any) -> Reading:
    return Reading.model_validate({"column": "c", **parts})


def file(**parts: Any) -> MappingFile:
    return MappingFile.model_validate({"title": "t", "keys": {"ecog": {"column": "c"}}, **parts})


# Places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ({"column": "a"}, {"a": ("column",)}),
        ({"columns": ["a", "b"]}, {"a": ("columns", 0), "b": ("columns", 1)}),
        ({"at_least": "a", "at_most": "b"}, {"a": ("at_least",), "b": ("at_most",)}),
        ({"at_most": "b"}, {"b": ("at_most",)}),
        ({"since": "a", "until": ["b", "c"]}, {"a": ("since",), "b": ("until", 0), "c": ("until", 1)}),
        ({"flags": {"a": "one", "b": "two"}}, {"a": ("flags", "a"), "b": ("flags", "b")}),
        ({"constant": "one"}, {}),
    ],
)
def test_each_column_of_a_reading_is_known_by_its_place(text: dict[str, Any], places: dict[str, tuple[Any]]) -> None:
    reads = Reading.model_validate(text)
    assert {column: reads.place_of(number) for number, column in enumerate(reads.sources)} == places


EVENTS = """\
title: t
id: who
tables:
  scans: {file: scans.csv, key: who, date: day}
  lines: {file: lines.csv, key: who, where: {column: lines.state, known: true}}
keys:
  ecog: {columns: [one, two], otherwise: {column: three}}
  alk: {column: scans.alk, take: last before, when: {column: scans.kind, any_of: [FISH]}}
history:
  from: lines
  complete: true
  drugs: {column: lines.drug}
  outcome: {column: lines.end}
  cycles: {column: lines.number}
  relapse_after: {column: lines.months}
  setting: {column: lines.kind}
  line: {column: lines.order}
given: {column: now}
"""


def test_every_column_that_a_mapping_names_is_known_with_its_place() -> None:
    found = MappingFile.model_validate(yaml.safe_load(EVENTS))
    parts = ("drugs", "outcome", "cycles", "relapse_after", "setting", "line")
    columns = ("drug", "end", "number", "months", "kind", "order")
    assert list(found.references()) == [
        (("keys", "ecog", "columns", 0), "one"),
        (("keys", "ecog", "columns", 1), "two"),
        (("keys", "ecog", "otherwise", "column"), "three"),
        (("keys", "alk", "column"), "scans.alk"),
        (("keys", "alk", "when", "column"), "scans.kind"),
        *((("history", part, "column"), f"lines.{column}") for part, column in zip(parts, columns, strict=True)),
        (("given", "column"), "now"),
        (("id",), "who"),
    ]
    assert found.columns == {column for _, column in found.references()} | {"day", "scans.day", "lines.state"}
    listed = {
        "keys": {},
        "history": [{"drugs": {"column": "a"}}, {"drugs": {"column": "b"}, "cycles": {"column": "c"}}],
    }
    assert list(MappingFile.model_validate({"title": "t", **listed}).references()) == [
        (("history", 0, "drugs", "column"), "a"),
        (("history", 1, "drugs", "column"), "b"),
        (("history", 1, "cycles", "column"), "c"),
    ]


def test_the_columns_of_a_name_and_of_nested_conditions_are_known_by_their_places() -> None:
    when = [{"column": "a", "known": True}, {"column": "b", "known": True}]
    found = dict(file(id=["site", "number"], keys={"ecog": {"column": "c", "when": when}}).references())
    assert found == {
        ("keys", "ecog", "column"): "c",
        ("keys", "ecog", "when", 0, "column"): "a",
        ("keys", "ecog", "when", 1, "column"): "b",
        ("id", 0): "site",
        ("id", 1): "number",
    }


def test_every_column_of_second_tables_is_read() -> None:
    tables = {
        "lines": {"file": "l.csv", "key": "line", "where": {"column": "state.x", "known": True}, "date": "begin"},
        "scans": {"file": "s.csv", "key": "line", "matches": "number", "of": "lines", "date": ["day", "month"]},
        "tests": {"file": "t.csv", "key": "who", "where": {"column": "lines.kind.x", "known": True}},
    }
    assert file(tables=tables).columns == {
        "c", "line", "state.x", "lines.state.x", "begin", "lines.begin", "lines.number", "day", "month", "scans.day",
        "scans.month", "who", "lines.kind.x",
    }  # fmt: skip


# Cells -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("POS-itive", "yes"),  # compared without case and hyphens
        ("positive", "yes"),
        ("Done", "one"),
        ("done", "two"),
        ("DONE", "DONE"),  # two cells that differ in case only stand for two things
        ("not tested", "unknown"),
        ("3 lines", "3"),
        ("no lines", "unknown"),
        ("else", "else"),
    ],
)
def test_a_cell_stands_for_its_value_else_for_its_pattern_else_for_itself(cell: str, meaning: str) -> None:
    patterns = [{"match": r"(\d) lines", "gives": r"\1"}, {"match": "no .*", "gives": None}]
    values = {"Positive": "yes", "positive": "yes", "Done": "one", "done": "two", "not tested": None}
    assert reading(values=values, patterns=patterns).plain(cell) == meaning


@pytest.mark.parametrize(
    ("parts", "cell", "number"),
    [
        ({"multiply": 100}, "0.29", 29),  # 28.999999999999996 as computers reckon
        ({"multiply": 1}, "2.0000004", 2),
        ({"add": -1}, "3", 2),
        ({"multiply": 2, "add": 1}, "3", 7),
        ({"multiply": 1}, "2.5", None),
        ({"multiply": 1}, "many", None),
        ({"multiply": 1}, "inf", None),
        ({"multiply": 10**400}, "2", None),
    ],
)
def test_a_number_is_multiplied_and_added_to_and_must_be_whole_in_the_end(
    parts: dict[str, int], cell: str, number: int | None
) -> None:
    assert reading(**parts).plain(cell) == number


@pytest.mark.parametrize(
    ("cells", "meaning"),
    [
        ("1 | 49%", {"at_least": 1, "at_most": 49}),
        ("- | 49", {"at_most": 49}),
        ("some | 49", None),
        ("- | -", None),
    ],
)
def test_two_cells_are_the_bounds_of_a_number_where_each_is_a_number_or_missing(
    cells: str, meaning: dict[str, int] | None
) -> None:
    assert Reading.model_validate({"at_least": "a", "at_most": "b"}).plain(cells) == meaning


def test_each_word_of_yes_and_no_is_read_in_a_column_of_flags() -> None:
    reads = Reading.model_validate({"flags": {"ILD": "interstitial-lung-disease"}})
    yes, no = "1 1.0 Yes Y true Positive present", "0 0.0 No N false Negative absent none"
    assert [reads.flag_word(word) for word in yes.split()] == ["yes"] * 7
    assert [reads.flag_word(word) for word in no.split()] == ["no"] * 8
    assert [reads.flag_word(word) for word in ("Unknown", "perhaps")] == ["unknown", None]


@pytest.mark.parametrize(
    ("answers", "members"),
    [
        ("yes | no | no", '{"found": ["one"], "not_found": ["two"]}'),
        ("no | no | unknown", '{"found": [], "not_found": ["one"]}'),
        ("no | unknown | yes", '{"found": ["two"], "not_found": []}'),
        ("no | unknown | unknown", None),
    ],
)
def test_a_member_of_two_flags_is_found_by_one_of_them_and_not_found_by_both(answers: str, members: str | None) -> None:
    assert Reading.model_validate({"flags": {"a": "one", "b": "one", "c": "two"}}).members_of(answers) == members


@pytest.mark.parametrize(
    ("parts", "may", "nothing", "something"),
    [
        ({"values": {"no test": None, "yes": "positive"}}, True, "no test", "yes"),
        ({"patterns": [{"match": "not .*", "gives": None}]}, True, "not done", "done"),
        ({"values": {"yes": "positive"}, "patterns": [{"match": "n.*", "gives": "negative"}]}, False, None, "yes"),
    ],
)
def test_a_cell_that_stands_for_null_says_nothing(
    parts: dict[str, Any], *, may: bool, nothing: str | None, something: str
) -> None:
    reads = reading(**parts)
    assert reads.may_say_nothing is may
    assert nothing is None or reads.says_nothing(nothing)
    assert not reads.says_nothing(something)


# Days and treatments -----------------------------------------------------------------------------------------------


def test_the_forms_of_a_day_are_those_of_its_column_else_of_its_table_else_of_the_mapping() -> None:
    tables = {"lines": {"file": "l.csv", "key": "who", "dates": "%Y-%m-%d"}, "scans": {"file": "s.csv", "key": "who"}}
    found = file(dates=["iso", "%d.%m.%Y"], dates_of={"lines.end.x": "%m/%d/%y"}, tables=tables)
    assert found.forms_of("lines.end.x") == ("%m/%d/%y",)
    assert found.forms_of("lines.begin.x") == ("%Y-%m-%d",)
    assert found.forms_of("scans.day") == found.forms_of("born") == ("iso", "%d.%m.%Y")
    assert (found.counts_days, file(dates="days").counts_days) == (False, True)


@pytest.mark.parametrize(
    ("more", "has_events"),
    [
        ({}, False),
        ({"tables": {"sv": {"file": "sv.csv", "key": "who"}}}, False),
        ({"tables": {"sv": {"file": "sv.csv", "key": ["who", "sample"]}}}, True),
        ({"tables": {"sv": {"file": "sv.csv", "key": "who", "of": "other"}}}, True),
        ({"tables": {"sv": {"file": "sv.csv", "key": "who", "date": "day"}}}, True),
        ({"tables": {"sv": {"file": "sv.csv", "key": "who", "where": {"column": "kind", "known": True}}}}, True),
        ({"keys": {"alk": {"column": "sv.alk", "take": "last"}}}, True),
        ({"keys": {"alk": {"column": "alk", "when": {"column": "kind", "known": True}}}}, True),
        ({"keys": {"alk": {"column": "alk", "otherwise": {"column": "ALK"}}}}, True),
        ({"keys": {"comorbidities": {"flags": {"ILD": "interstitial-lung-disease"}}}}, True),
        ({"keys": {"last_cycles": {"since": "begin", "until": "end"}}}, True),
        ({"row": {"each": "lines"}}, True),
        ({"history": {"from": "lines", "complete": True, "drugs": {"column": "lines.drug"}}}, True),
    ],
)
def test_days_rows_of_second_tables_and_conditions_make_a_mapping_one_of_events(
    more: dict[str, Any], *, has_events: bool
) -> None:
    assert file(**more).has_events is has_events


LINES = {"from": "lines", "complete": True, "drugs": {"column": "lines.drug"}}


def test_the_drugs_given_are_called_after_the_treatments_where_each_of_them_is_a_row() -> None:
    given, row = {"given": {"column": "now"}}, {"row": {"each": "lines"}}
    assert file().label_of_given is None
    assert file(**given).label_of_given == "now"
    assert file(**given, history=LINES).label_of_given == "now"
    assert file(**given, **row).label_of_given == "now"
    assert file(**given, **row, history=LINES).label_of_given == "lines.drug"
    assert (file().row_table, file(**row).row_table) == (None, "lines")


def test_treatments_on_different_days_are_different_lines_unless_days_between_them_are_allowed() -> None:
    history = file(history=LINES).history
    assert not isinstance(history, list)
    assert history.within == 0


# What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        {},
        {"column": "a", "columns": ["b"]},
        {"column": "a", "flags": {"b": "one"}},
        {"column": "a", "constant": 1},
        {"column": "a", "at_most": "b"},
        {"column": "a", "since": "b", "until": "c"},
        {"at_most": "a", "since": "b", "until": "c"},
        {"column": "a", "until": "b"},
        {"since": "a"},
    ],
)
def test_a_reading_of_no_column_or_of_two_kinds_is_refused(text: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected exactly one of `column`, `columns`"):
        Reading.model_validate(text)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"dates": "%Q"}, "expected `iso`, `days`, or a form of dates such as `%d.%m.%Y`: .*%Q"),
        ({"dates": []}, "at least 1 item"),
        ({"dates": ["days", "iso"]}, "found `days`, `iso`"),
        ({"dates_of": {"a": "days"}}, "found `days`, `iso`"),
        ({"tables": {"l": {"file": "l.csv", "key": "who", "dates": "days"}}}, "found `days`, `iso`"),
        ({"keys": {"ecog": {"column": "c", "patterns": [{"match": "(", "gives": 1}]}}},
         r"expected a regular expression and the groups that it has, found `\(` giving `1`: ."),
        ({"tables": {"l": {"file": "l.csv", "key": ["a", "b"], "matches": "c"}}}, "as many columns in `matches`"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        file(**parts)


def test_several_forms_of_days_that_are_no_whole_numbers_are_taken_and_so_are_whole_numbers_alone() -> None:
    assert file(dates=["iso", "%m/%d/%y"], dates_of={"a": ["%d.%m.%Y"]}).dates == ["iso", "%m/%d/%y"]
    assert file(dates="days").dates == "days"


def test_a_second_table_is_matched_by_the_same_names_where_no_others_are_given() -> None:
    table = SecondTable.model_validate({"file": "l.csv", "key": ["who", "line"]})
    assert table.matched == ("who", "line")
    assert SecondTable.model_validate({"file": "l.csv", "key": "who", "matches": "id"}).matched == ("id",)
