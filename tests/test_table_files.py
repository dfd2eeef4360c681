"""Files of tables that no one writes by hand: quotes that do not pair, lines of JSON that are none."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

from regimen_advisor.files.errors import InputError

scan_table = pytest.importorskip("regimen_advisor.cohorts.tables", reason="the extra `cohort` is missing").scan_table


@pytest.mark.parametrize("before", [0, 1500], ids=["at the beginning", "far down"])
@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"stage": ' + "[" * 100_000 + "]" * 100_000 + "}", ": expected at most 30 levels of nesting, found more"),
        ('{"stage": ' + "[" * 100_000, ": expected at most 30 levels of nesting, found more"),
        ('{"stage": ' + '{"a":' * 31 + "1" + "}" * 32, ": expected at most 30 levels of nesting, found more"),
        ('{"stage": "\\ud800"}', ": expected text, found half a character"),
        ('{"\\ud800": "IVB"}', ": expected text, found half a character"),
        ('{"stage": NaN}', ": expected one JSON object per line: `NaN` is not a number"),
        ('{"stage": "IVB"', ":16: expected one JSON object per line: Expecting ',' delimiter"),
        ("[1]", ": expected one JSON object per line"),
    ],
    ids=["closed", "open", "objects", "half a character", "in a key", "no number", "cut off", "no object"],
)
def test_a_bad_line_of_json_lines_is_refused_with_its_number(
    tmp_path: Path, before: int, line: str, value: str
) -> None:
    (tmp_path / "t.jsonl").write_text('{"stage": "IVB"}\n' * before + line + "\n", "utf-8")
    with pytest.raises(InputError) as caught:
        scan_table([str(tmp_path / "t.jsonl")])
    assert str(caught.value) == f"{tmp_path / 't.jsonl'}:{before + 1}{value}"


def test_a_key_that_json_lines_give_late_is_a_column(tmp_path: Path) -> None:
    lines = ['{"stage": "IVB"}'] * 1500 + ['{"stage": "IVB", "given": "docetaxel", "note": "' + "[{" * 50 + '"}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    assert scan_table([str(tmp_path / "t.jsonl")]).collect()["given"].to_list()[-1] == "docetaxel"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,note\na,size 5"\nb,none\n', 2),
        ('id,note\na,none\nb,size 5"\n', 3),
        ('id,note\na,"one\ntwo\nb,none\n', 2),
        ('id,note\na,"one" two\n', 2),
        ('id,note\na,"1\n2"\nb,5"\n', 4),
        ('id,no"te\na,b\n', 1),
        ('id,note\na,5"\nb,"x\ny"\n', 2),
    ],
)
def test_quotes_that_do_not_pair_are_refused_with_the_line_that_has_them(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "t.csv").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        scan_table([str(tmp_path / "t.csv")])
    assert str(caught.value).startswith(f"{tmp_path / 't.csv'}:{line}: expected ")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_python_and_polars_read_in_a_text_table_is_the_same_whatever_its_quotes(
    tmp_path: Path, newline: str
) -> None:
    random, file = Random(1), tmp_path / "t.csv"
    read = refused = 0
    while read < 300:
        rows = [[_cell(random), _cell(random)] for _ in range(random.randint(1, 4))]
        text = "".join(f"{first},{second}{newline}" for first, second in [["x", "y"], *rows])
        file.write_text(text, "utf-8", newline="")
        try:
            found = scan_table([str(file)]).collect().rows()
        except InputError:
            refused += 1
            continue
        with file.open(encoding="utf-8", newline="") as opened:
            wanted = [tuple(row) for row in csv.reader(opened) if "".join(row).strip()][1:]
        answer = [tuple(cell or "" for cell in row) for row in found]
        assert answer == wanted, text
        read += '"' in text
    assert refused > 100


def _cell(random: Random) -> str:
    if random.random() < 0.4:
        return '"' + "".join(random.choices(["a", '""', ",", "\n"], k=random.randint(0, 3))) + '"'
    return "".join(random.choices(["a", "b", '"', '""', " "], k=random.randint(0, 3)))


def test_lines_above_the_header_that_begin_with_a_number_sign_are_passed_over(tmp_path: Path) -> None:
    above = '#Patient Identifier\tStage\n#It is "so"\tsaid\n#STRING\tSTRING\n#1\t1\n'
    for name, extra in (("one", above), ("two", "#version 2.4\n"), ("three", "")):
        (tmp_path / f"{name}.tsv").write_text(f"{extra}id\tstage\n{name}\tIV\n#4\tIII\n", "utf-8")
    table = scan_table([str(tmp_path / "*.tsv")]).collect()
    assert sorted(table.rows()) == [("#4", "III")] * 3 + [("one", "IV"), ("three", "IV"), ("two", "IV")]


def test_a_fault_below_such_lines_is_reported_with_its_line_in_the_file(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("#a\n#b\nid\tstage\nx\tIV\ny\n", "utf-8")
    with pytest.raises(InputError, match=r"t\.tsv:5: expected 2 cells as in the header, found 1"):
        scan_table([str(table)])
    table.write_text("#a\n#b\nid\tid\nx\tIV\n", "utf-8")
    with pytest.raises(InputError, match=r"t\.tsv:3: expected each column once"):
        scan_table([str(table)])


def test_a_header_whose_first_column_is_called_number_sign_is_a_header(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("#\tstage\n1\tIV\n", "utf-8")
    assert scan_table([str(table)]).collect().rows() == [("1", "IV")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "who;stage;note\na;IV;1,5\n"),
        ("t.csv", "# made by hand\nwho;stage;note\na;IV;1,5\n"),
        ("t.csv", "who\tstage\tnote\na\tIV\t1,5\n"),
        ("t.txt", 'who,stage,note\na,IV,"1,5"\n'),
        ("t.tsv", "who;stage;note\na;IV;1,5\n"),
    ],
)
def test_cells_are_parted_by_the_sign_that_the_header_has_where_it_lacks_the_usual_one(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert scan_table([str(tmp_path / name)]).collect().rows() == [("a", "IV", "1,5")]


def test_files_that_part_their_cells_by_another_sign_are_one_table(tmp_path):
    (tmp_path / "a.csv").write_text("who,egfr\na,L858R;T790M\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("who;egfr\nb;wild-type\n", encoding="utf-8")
    table = scan_table([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert table.collect().rows() == [("a", "L858R;T790M"), ("b", "wild-type")]
