"""Input that no one writes by hand: names of files that are not UTF-8, half characters, endless nesting and chains."""

import difflib
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from conftest import sized
from regimen_advisor.cli.app import main
from regimen_advisor.files import errors
from regimen_advisor.files.chains import LONGEST
from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.sources import Document, parse_document
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.patient import drugs
from regimen_advisor.patient.profile import profile_from
from regimen_advisor.patient.reading import read_files
from regimen_advisor.reports.files import write_file
from running import run
from small_rulebooks import SOURCES, write_two_rules

ROOT = Path(__file__).parent.parent
ODD = os.fsdecode(b"odd\xff")
AS_TEXT = "odd\\udcff"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with rules, a profile and profiles, each under a name that is not UTF-8."""
    try:
        (tmp_path / f"{ODD}.yaml").write_text("disease: nsclc\nhistology: squamous\n", "utf-8")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    (tmp_path / ODD).mkdir()
    shutil.copy(tmp_path / f"{ODD}.yaml", tmp_path / ODD)
    (tmp_path / ODD / "rules").mkdir()
    write_two_rules(tmp_path / ODD / "rules")
    return tmp_path


RULES = ("--rules", f"{ODD}/rules")


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "asked",
    [
        *(("advise", f"{ODD}.yaml", "-f", form) for form in ("text", "json", "html")),
        *(("explain", f"{ODD}.yaml", "-f", form) for form in ("json", "markdown")),
        ("map", "nsclc/first-line", "--profile", f"{ODD}.yaml", "-f", "svg"),
        ("page", "--profiles", ODD, "-o", "-"),
        ("check",),
        ("check", "-f", "json"),
    ],
    ids=lambda asked: "-".join(asked).replace(ODD, "odd").replace("/", "-"),
)
def test_a_name_that_is_not_utf_8_is_reported_as_an_escape_on_the_screen_and_in_a_file(
    here: Path, asked: tuple[str, ...]
) -> None:
    shown = run(*asked, *RULES, cwd=here)
    assert (shown.returncode, shown.stderr) == (0, "")
    written = run(*asked, *RULES, "-o", f"{ODD}/answer", cwd=here)
    assert (written.returncode, written.stderr, written.stdout) == (0, "", "")
    assert (here / ODD / "answer").read_text("utf-8") == shown.stdout
    assert {file.name for file in (here / ODD).iterdir()} == {"answer", f"{ODD}.yaml", "rules"}
    if "json" in asked:
        json.dumps(json.loads(shown.stdout), ensure_ascii=False).encode("utf-8")
        assert AS_TEXT.replace("\\", "\\\\") in shown.stdout
    if asked[0] in ("page", "check") and "json" not in asked:
        assert AS_TEXT in shown.stdout


@pytest.mark.parametrize("verb", ["advise", "explain"])
def test_a_file_of_such_a_name_that_is_missing_is_reported_by_it(here: Path, verb: str) -> None:
    done = run(verb, f"no{ODD}.yaml", cwd=here)
    assert (done.returncode, done.stderr) == (2, f"no{AS_TEXT}.yaml: no such file\n")


TABLE = "id,disease,stage\na,nsclc,IVB\n"
NO_SUCH_NAME = "expected a name in UTF-8, found other bytes (rename it, or link to it)\n"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (["cohort", f"{ODD}.csv"], f"{AS_TEXT}.csv"),
        (["cohort", "*.csv"], f"{AS_TEXT}.csv"),
        (["cohort", f"{ODD}.csv", "--suggest-mapping"], f"{AS_TEXT}.csv"),
        (["cohort", "even/t.csv", "-o", f"{ODD}/out.csv"], f"{AS_TEXT}/out.csv"),
        (["cohort", "even/t.csv", "-o", f"{ODD}/out.parquet"], f"{AS_TEXT}/out.parquet"),
        (["cohort", "--synthesise", "3", "-o", f"{ODD}/out.csv"], f"{AS_TEXT}/out.csv"),
        (["explain", f"{ODD}.csv", "--id", "a"], f"{AS_TEXT}.csv"),
    ],
)
def test_a_table_of_such_a_name_is_refused_by_it(here: Path, asked: list[str], value: str) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    (here / f"{ODD}.csv").write_text(TABLE, "utf-8")
    (here / "even").mkdir()
    (here / "even" / "t.csv").write_text(TABLE, "utf-8")
    done = run(*asked, cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{value}: {NO_SUCH_NAME}")
    assert not any(file.name.startswith((".", "out")) for file in here.rglob("*"))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl"])
def test_an_output_may_have_such_a_name_and_so_may_a_mapping_and_what_is_around(here: Path, ending: str) -> None:
    pytest.importorskip("polars", reason="the extra `cohort` is not installed")
    inside = here / ODD
    (inside / "t.csv").write_text(TABLE, "utf-8")
    (inside / f"{ODD}.yaml").write_text("title: Own\nid: id\nkeys: {stage: {column: stage}}\n", "utf-8")
    done = run("cohort", "t.csv", "-o", f"{ODD}.{ending}", "--mapping", f"{ODD}.yaml", cwd=inside)
    assert (done.returncode, done.stderr) == (0, "")
    assert (inside / f"{ODD}.{ending}").stat().st_size


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError, OSError])
def test_whatever_ends_the_writing_of_a_file_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(_handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError if error is OSError else error):
        write_file(tmp_path / "answer", "text")
    assert list(tmp_path.iterdir()) == []


# Half a character ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"summary": "a \ud800"}, ("summary",)),
        ({"id": "\udfff"}, ("id",)),
        ({"\ud800": 1}, ("\ud800",)),
        ({"history": [{"line": 1, "drugs": ["\ud83d"]}]}, ("history", 0, "drugs", 0)),
    ],
)
def test_half_a_character_in_a_value_that_was_no_yaml_is_refused_at_its_place(value: object, path: object) -> None:
    place = Location("request", 7, 3)
    document = Document("request", value, {path: place}, {path: place})
    with pytest.raises(InputError) as caught:
        profile_from(document)
    message = str(caught.value)
    assert message.startswith("request:7:3: expected text, found half a character, `\\ud")
    assert message.encode("utf-8")


# Nesting ---------------------------------------------------------------------------------------------------------

DEEP = {
    "lists": "a: " + "[" * 100_000,
    "closed": "a: " + "[" * 100_000 + "]" * 100_000,
    "mappings": "{a: " * 100_000,
    "json": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "items": "- " * 100_000,
    "keys": "? " * 100_000,
    "lists-as-keys": "{[" * 100_000,
    "twice": "".join(f"{' ' * level}a: 1\n{' ' * level}a:\n" for level in range(700)),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("name", "asked"),
    list(zip(DEEP, itertools.cycle([["advise"], ["explain"], ["map", "nsclc/squamous", "--profile"]]))),
)
def test_a_profile_that_is_nested_without_end_is_refused(tmp_path: Path, name: str, asked: list[str]) -> None:
    (tmp_path / "deep.yaml").write_text(DEEP[name], "utf-8")
    done = run(*asked, "deep.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nesting" in done.stderr
    assert done.stderr.startswith("deep.yaml:")
    assert "Traceback" not in done.stderr


SOURCE = f"source: {{review: {SOURCES[0]}, section: abstract}}"


def findings(count: int, when: str = "{%s: true}") -> str:
    last = f"- {{id: f{count}, name: last, says: x., when: {{ecog: 1}}, {SOURCE}}}\n"
    named = (
        f"- {{id: f{index}, name: f{index}, says: x., when: {when % f'f{index + 1}'}, {SOURCE}}}\n"
        for index in range(count)
    )
    return "".join(named) + last


def rules(count: int) -> str:
    each = f"exclude: {{regimen: ivonescimab}}, when: {{disease: nsclc}}, studies: [], says: x., {SOURCE}"
    named = (f"  - {{id: o{index}, overrides: [o{index + 1}], {each}}}\n" for index in range(count))
    return "".join(named) + f"  - {{id: o{count}, {each}}}\n"


def classes(count: int) -> str:
    named = (f"  - {{id: c{index}, name: c{index}, within: [c{index + 1}]}}\n" for index in range(count))
    return "classes:\n" + "".join(named) + f"  - {{id: c{count}, name: c{count}}}\n"


CHAINS = {
    "findings": ("findings.yaml", findings, "findings that name one another in a row"),
    "overrides": ("nsclc/silence.yaml", rules, "overrides one after another"),
    "classes": ("drugs.yaml", classes, "classes one within the other"),
}


@pytest.mark.parametrize("count", [LONGEST + 1, 3000])
@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_names_without_end_is_refused_at_its_place(tmp_path: Path, name: str, count: int) -> None:
    file, chain, message = CHAINS[name]
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    text = (tmp_path / "rules" / file).read_text("utf-8")
    text = text.replace("classes:\n", chain(count), 1) if name == "classes" else text + chain(count)
    (tmp_path / "rules" / file).write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_rulebook(tmp_path / "rules")
    first = str(caught.value.problems[0])
    assert first.startswith(f"{tmp_path / 'rules' / file}:")
    assert f"expected at most {LONGEST} {message}, found more" in first


def test_findings_that_together_are_nested_deeply_are_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    with (tmp_path / "rules" / "findings.yaml").open("a", encoding="utf-8") as file:
        file.write(findings(5, "{not: " * 14 + "{%s: true}" + "}" * 14))
    with pytest.raises(InputError, match="when: expected at most 60 levels"):
        load_rulebook(tmp_path / "rules")


def test_conditions_at_every_limit_are_advised_on_mapped_and_drawn(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    with (tmp_path / "rules" / "findings.yaml").open("a", encoding="utf-8") as file:
        file.write(findings(LONGEST - 1, "{not: " * 4 + "{%s: true}" + "}" * 4))
    squamous = tmp_path / "rules" / "nsclc" / "squamous.yaml"
    deep = "when:\n      not: " + "{not: " * 20 + "{f0: true}" + "}" * 20 + "\n"
    squamous.write_text(squamous.read_text("utf-8").replace("when:\n", deep, 1), "utf-8")
    shutil.copy(ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml", tmp_path / "p.yaml")
    verbs = (["advise", "p.yaml"], ["explain", "p.yaml"], ["map", "nsclc/squamous"], ["page", "-o", "-"])
    for asked in verbs[: sized(4, 3)]:
        done = run(*asked, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), asked


# Very many problems ----------------------------------------------------------------------------------------------


def profile_of(count: int) -> str:
    words = ", ".join(f"osimertinip{index}" for index in range(count))
    return f"disease: nsclc\nhistory: [{{line: 1, drugs: [{words}]}}]\n"


def test_what_may_be_meant_is_searched_for_twenty_words_of_a_file_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    search = errors.did_you_mean
    monkeypatch.setattr(drugs, "did_you_mean", lambda word, known: searched.append(word) or search(word, known))
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    for file in files:
        Path(file).write_text(profile_of(2_000), "utf-8")
    with pytest.raises(InputError) as caught:
        read_files(files, load_rulebook(ROOT / "rules").domain)
    *lines, more, unsearched = str(caught.value).splitlines()
    assert len(caught.value.problems) == 4_000
    assert len(lines) == 500
    assert [line.endswith("(did you mean `osimertinib`?)") for line in lines] == [True] * 20 + [False] * 480
    assert more == "and 3,500 more"
    assert unsearched == "suggestions were not searched for 3,960 more words"
    assert len(searched) == 20


def test_of_a_megabyte_of_unknown_words_twenty_are_compared_with_those_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compared: list[str] = []
    compare = difflib.get_close_matches
    monkeypatch.setattr(
        difflib, "get_close_matches", lambda word, *a, **k: compared.append(word) or compare(word, *a, **k)
    )
    (tmp_path / "many.yaml").write_text(profile_of(55_000), "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["advise", str(tmp_path / "many.yaml")])
    assert compared == [f"osimertinip{index}" for index in range(20)]  # minutes, were it each of them
    printed = capsys.readouterr()
    assert (left.value.code, printed.out) == (2, "")
    assert len(printed.err.splitlines()) == 502


@pytest.mark.parametrize(
    "text",
    [
        "disease: nsclc\n" + "".join(f"histolog{index}: x\n" for index in range(600)),
        f"disease: nsclc\negfr: [{', '.join(f'exon-19-del{index}' for index in range(600))}]\n",
    ],
    ids=["keys", "values"],
)
def test_unknown_keys_and_values_are_bounded_too(text: str) -> None:
    with pytest.raises(InputError) as caught:
        profile_from(parse_document(text, "p.yaml"))
    assert str(caught.value).count("did you mean") <= 20
    assert len(caught.value.shown) <= 500
    assert len(str(caught.value).splitlines()) <= 502


def test_few_problems_are_reported_whole() -> None:
    error = InputError(Problem(Location("f", line), "wrong") for line in range(500))
    assert len(str(error).splitlines()) == 500
    assert error.left_out == []
    assert error.shown == error.problems
