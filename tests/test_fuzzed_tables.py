"""Random tables and mappings: no traceback, and every cell is read, unknown or reported.

``FUZZED_CELLS`` and ``FUZZED_MAPPINGS`` say how many there are (2,000 and 30 if not set), ``FUZZ_SEED`` which they are.
"""

from __future__ import annotations

import csv
import os
from random import Random
from typing import Any

import pytest
import yaml

from regimen_advisor.files.errors import InputError
from regimen_advisor.knowledge.rulebook import load_rulebook

pl = pytest.importorskip("polars", reason="the extra `cohort` is not installed")

from regimen_advisor.cohorts.cohort import (  # noqa: E402
    SET_APART,
    UNREAD,
    judged,
    open_table,
    summarise,
)
from regimen_advisor.cohorts.mapping import load_mapping  # noqa: E402
from regimen_advisor.columns.cells import comparable  # noqa: E402
from regimen_advisor.columns.engine import ColumnEngine  # noqa: E402
from regimen_advisor.columns.rows import plain_profile  # noqa: E402
from regimen_advisor.documents.writing import rendered  # noqa: E402
from regimen_advisor.reports.cohort import document  # noqa: E402

CELLS = int(os.environ.get("FUZZED_CELLS", "2000"))
MAPPINGS = int(os.environ.get("FUZZED_MAPPINGS", "30"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))

KEYS = (
    "disease", "histology", "stage", "extent", "curative_treatment_possible", "ecog", "egfr", "alk", "ros1", "nrg1",
    "dll3", "pd_l1_tps", "other_drivers", "brain_metastases", "liver_metastases", "bleeding_risk",
)  # fmt: skip
PARTS = ("drugs", "outcome", "cycles")
FLAGS = {"ild": "interstitial-lung-disease", "clot": "venous-thromboembolism"}
"""Columns of yes and no, and the comorbidity that each is about."""
SAID = (
    "nsclc", "sclc", "breast cancer", "NSCLC", "Small cell", "adenocarcinoma", "Squamous", "IV", "iiia", "Stage IV",
    "III", "metastatic", "limited", "true", "FALSE", "yes", "0", "1", "2", "1.0", "0-1", "<=2", "5", "-1", "L858R",
    "p.L858R", "p.(Leu858Arg)", "E746_A750del", "L858R;T790M", "L858R, not T790M", "wild-type", "WT", "positive",
    "NEGATIVE", "pos", "p.L747P", "p.A750_E746del", "exon 19 deletion", "50%", "<1 %", "1–49", "0.5", "100.5", ">=50",
    "60-40", "KRAS p.G12C", "MET exon 14 skipping", "RET fusion", "none", "[]", "haemoptysis", "central; necrosis",
    "unknown", "Unknown", "NA", "", "gefitinib", "cisplatin + pemetrexed", "carboplatin/paclitaxel; bevacizumab",
    "snake oil", "progressed", "PD", "Stopped for toxicity", "completed", "4", "999", "four",
)  # fmt: skip
STRANGE = (
    "[", "{", '{"found": ["L858R"]}', '{"found": "L858R"}', '["L858R", 1]', "[[[[]]]]", '"', "''", "null", "None",
    "NaN", "inf", "1e308", "-0", "٣", "½", "\u200b", "\u202e", "e\u0301", "\x07", "\x1b[31m", "a\nb", "a | b", "- | -",
    "a: b", "$1", "\\1", ".*", "(a+)+$", "=1+1", "#x", "%s", "{}", "{0}", "<script>", "x" * 3000, "9" * 400, "p.",
    "p.[", "p.[]", "del", "delins", "_del", "not ", "not", ";", ";;", "+", "/", ",", "L858R;;", "history: x",
    "2020-02-30", "🫁",
)  # fmt: skip


def cell(random: Random) -> str:
    """A cell as a registry may hold it, or as none would."""
    text = random.choice(SAID) if random.random() < 0.7 else random.choice(STRANGE)
    match random.randrange(8):
        case 0:
            return text.upper()
        case 1:
            return f" {text}  "
        case 2:
            return text + random.choice(SAID)
        case 3:
            return "".join(random.sample(text[:40], min(len(text), 40)))
        case _:
            return text


def write(path, names: tuple[str, ...], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, quoting=csv.QUOTE_ALL)
        written.writerow(names)
        written.writerows(rows)


def folded(text: str) -> str:
    return " ".join(text.split())


def says_nothing(text: str) -> bool:
    word = comparable(text.strip(";,+/ "))  # a list whose only drug is `unknown` says nothing either
    return not text.strip() or text.strip() == "NA" or word in ("unknown", "null")


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


def uncounted(table, mapping, rulebook, cells, labels):
    """The cells that are neither known, nor say nothing, nor are reported as cells that cannot be read."""
    engine = ColumnEngine(rulebook, mapping.readers)
    rows = table.rows.collect().rows(named=True)
    with judged(table, rulebook, exact=False) as result:
        found = result.rows.select(UNREAD, SET_APART).collect().rows()
        rendered(document(summarise(result, "fuzzed")))
    assert len(rows) == len(found) == len(cells)
    lost = []
    for row, (unread, apart), written in zip(rows, found, cells, strict=True):
        if apart is not None:
            continue
        plain = plain_profile(row, engine)
        lines = {folded(line) for line in (unread or "").split("\n")}
        entry = (plain.get("history") or [{}])[0]
        for name, text in written.items():
            known = name in plain or (name in PARTS and entry.get(name, "unknown") != "unknown")
            known |= FLAGS.get(name) in {word for part in plain.get("comorbidities", {}).values() for word in part}
            if known or says_nothing(text):
                continue
            if any(line.startswith(f"{labels[name]}:") for line in lines):
                continue
            lost.append((name, text, unread))
    return lost


def columns_mapping() -> dict[str, Any]:
    history = [{"line": 1, **{part: {"column": f"c {part}"} for part in PARTS}}]
    keys = {key: {"column": f"c {key}"} for key in KEYS}
    return {"title": "fuzzed", "keys": keys, "history": history}


def test_every_cell_of_a_table_that_nobody_would_write_is_read_or_counted(tmp_path, rulebook):
    random = Random(SEED)
    names = (*KEYS, *PARTS)
    cells = [{name: cell(random) for name in names} for _ in range(max(CELLS // 2 // len(names), 1))]
    for written in cells:  # a history is left out where its drugs are missing
        written["drugs"] = written["drugs"] if not says_nothing(written["drugs"]) else "docetaxel"
    write(tmp_path / "t.csv", tuple(f"c {name}" for name in names), [list(written.values()) for written in cells])
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(columns_mapping()), "utf-8")
    mapping = load_mapping(tmp_path / "m.yaml", rulebook.domain)
    table = open_table([str(tmp_path / "t.csv")], mapping)
    assert uncounted(table, mapping, rulebook, cells, {name: f"c {name}" for name in names}) == []


def test_every_cell_of_linked_tables_that_nobody_would_write_is_read_or_counted(tmp_path, rulebook):
    random = Random(SEED + 1)
    written_keys = (*KEYS, *FLAGS)
    count = max(CELLS // 2 // (len(written_keys) + len(PARTS)), 1)
    cells = [{name: cell(random) for name in (*written_keys, *PARTS)} for _ in range(count)]
    write(tmp_path / "t.csv", ("who",), [[str(at)] for at in range(count)])
    tests = [[str(at), "5", *(written[key] for key in written_keys)] for at, written in enumerate(cells)]
    write(tmp_path / "tests.csv", ("who", "day", *(f"c {key}" for key in written_keys)), tests)
    lines = [[str(at), "10", *(written[part] for part in PARTS)] for at, written in enumerate(cells)]
    write(tmp_path / "lines.csv", ("who", "day", *(f"c {part}" for part in PARTS)), lines)
    takes = ("all", "all before", "last before", "first before", "last", "first")
    mapping = {
        "title": "fuzzed", "id": "who", "dates": "days",
        "tables": {name: {"file": f"{name}.csv", "key": "who", "date": "day"} for name in ("tests", "lines")},
        "keys": {
            **{key: {"column": f"tests.c {key}", "take": random.choice(takes)} for key in KEYS},
            "comorbidities": {"flags": {f"tests.c {name}": member for name, member in FLAGS.items()}},
        },
        "history": {"from": "lines", "complete": True, **{part: {"column": f"lines.c {part}"} for part in PARTS}},
    }  # fmt: skip
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(mapping), "utf-8")
    read = load_mapping(tmp_path / "m.yaml", rulebook.domain)
    labels = {**{key: f"tests.c {key}" for key in written_keys}, **{part: f"lines.c {part}" for part in PARTS}}
    assert uncounted(open_table([str(tmp_path / "t.csv")], read), read, rulebook, cells, labels) == []


# Mappings ------------------------------------------------------------------------------------------------------------

COLUMNS = ("who", "day", "a", "b", "lines.day", "lines.a", "tests.a", "tests.day", "tests.who", "nowhere", "lines.")
TAKES = ("all", "all before", "last", "last before", "first", "first before", "this", "some")


def value(random: Random) -> Any:
    return random.choice([random.choice(SAID), None, 1, True, [], ["L858R"], {"found": ["T790M"]}, {}, 1.5, "curative"])


def condition(random: Random) -> Any:
    day = random.choice(["day", "lines.day", "tests.day", "decision", ["day", "a"], "a"])
    return random.choice([
        {"column": random.choice(COLUMNS), random.choice(["any_of", "none_of"]): [random.choice(SAID)]},
        {"column": random.choice(COLUMNS), "known": random.random() < 0.5},
        {"day": day, random.choice(["before", "after", "not_after"]): random.choice(["decision", "next", day])},
        {"has_row": random.choice(["lines", "tests", "nowhere"])},
    ])  # fmt: skip


def reading(random: Random, depth: int = 0) -> Any:
    made: dict[str, Any] = random.choice([
        {"column": random.choice(COLUMNS)},
        {"columns": random.choices(COLUMNS, k=random.randint(1, 3))},
        {"constant": value(random)},
        {"at_least": random.choice(COLUMNS), "at_most": random.choice(COLUMNS)},
        {"flags": {random.choice(COLUMNS): random.choice(["HER2", "central", "proteinuria", "L858R", "x"])}},
        {"since": random.choice(COLUMNS), "until": random.choice([random.choice(COLUMNS), ["day", "a"]])},
    ])  # fmt: skip
    if random.random() < 0.3:
        made["values"] = {random.choice(SAID): value(random) for _ in range(3)}
    if random.random() < 0.3:
        match, gives = random.choice([(".*", value(random)), ("(.)(.*)", r"\2 | \1"), ("[a-z]+", value(random))])
        made["patterns"] = [{"match": match, "gives": gives}]
    if random.random() < 0.05:
        made["patterns"] = [{"match": random.choice(["(", "(?=a)", "a"]), "gives": random.choice([r"\2", "\\"])}]
    if random.random() < 0.1:
        made[random.choice(["multiply", "add"])] = random.choice([100, -1, 0, 7])
    if random.random() < 0.03:
        made[random.choice(["multiply", "add"])] = random.choice([1e300, "x"])
    if random.random() < 0.4:
        made["take"] = random.choice(TAKES)
    if random.random() < 0.3:
        made["when"] = condition(random) if random.random() < 0.7 else [condition(random), condition(random)]
    if random.random() < 0.3 and depth < 3:
        made["otherwise"] = reading(random, depth + 1)
    return made


def some_table(random: Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "file": f"{name}.csv",
        "key": random.choice(["who", "who", ["who"], ["who", "a"], "nowhere"]),
    }
    for key, choices in (
        ("date", ["day", "a", ["day", "a"]]), ("of", ["lines", "tests"]), ("matches", ["who", "a", "b", ["who", "b"]]),
    ):  # fmt: skip
        if random.random() < (0.7 if key == "date" else 0.15):
            made[key] = random.choice(choices)
    if random.random() < 0.2:
        made["where"] = condition(random)
    return made


def some_mapping(random: Random) -> Any:
    made: dict[str, Any] = {"title": "fuzzed"}
    made["keys"] = {random.choice((*KEYS, "history", "prior_lines", "weight")): reading(random) for _ in range(4)}
    if random.random() < 0.7:
        made["id"] = random.choice(["who", "a", "nowhere", ["who", "a"], ["who", "nowhere"]])
    if random.random() < 0.8:
        made["tables"] = {name: some_table(random, name) for name in ("lines", "tests")}
    if random.random() < 0.7:
        forms = ("days", "days", "iso", "months", "%d.%m.%Y", ["iso", "%m/%d/%y"], ["%d", "iso"])
        made["dates"] = random.choice(forms)
    if random.random() < 0.1:
        made["dates_of"] = {random.choice(COLUMNS): random.choice(["iso", "%d/%m/%y", "days", "%%"])}
    if random.random() < 0.5:
        history = {"from": random.choice(["lines", "lines", "tests"]), "complete": random.random() < 0.7}
        for part in ("drugs", "outcome", "cycles", "setting", "line"):
            if part == "drugs" or random.random() < 0.3:
                history[part] = reading(random) | {"take": None}
                history[part] = {key: entry for key, entry in history[part].items() if entry is not None}
        made["history"] = history
    if random.random() < 0.4:
        made["row"] = {"each": random.choice(["lines", "lines", "tests", "nowhere"])}
    if random.random() < 0.2:
        made["given"] = reading(random)
    if random.random() < 0.1:
        made[random.choice(list(made))] = value(random)
    if random.random() < 0.05:
        made[random.choice(["rows", "key"])] = value(random)
    return made


def simple(random: Random) -> dict[str, Any]:
    """A mapping without what is refused at first sight, so that it runs more often."""
    columns = ("who", "day", "a", "b")
    test = {"column": "a", "any_of": ["IV"]}
    tables = {"lines": {"file": "lines.csv", "key": "who", "date": "day"},
              "tests": {"file": "tests.csv", "key": ["who"], "date": random.choice(["day", "a"])}}  # fmt: skip
    if random.random() < 0.3:
        tables["tests"] |= {"of": "lines", "matches": random.choice(columns), "key": random.choice(columns)}

    def tame(made: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
        kept = {"column": random.choice(columns)} if "constant" not in made else {"constant": made["constant"]}
        kept |= {key: made[key] for key in ("values", "otherwise") if key in made}
        if "otherwise" in kept:
            kept["otherwise"] = tame(kept["otherwise"], columns)
        if random.random() < 0.3:
            kept["patterns"] = [{"match": "(.)(.*)", "gives": random.choice([r"\2\1", value(random)])}]
        if random.random() < 0.3:
            kept["when"] = random.choice([test, {"column": columns[-1], "known": True}])
        return kept

    def taking(made: dict[str, Any]) -> dict[str, Any]:
        return made | {"take": random.choice(TAKES[:6])} if "column" in made else made

    everywhere = (*columns, *(f"{name}.{column}" for name in tables for column in columns))
    made: dict[str, Any] = {
        "title": "fuzzed",
        "id": "who",
        "dates": random.choice(["days", "iso", "%d.%m.%Y"]),
        "tables": tables,
    }
    made["keys"] = {random.choice(KEYS): taking(tame(reading(random), everywhere)) for _ in range(3)}
    made["keys"]["stage"] = {"column": "b"}
    if random.random() < 0.3:
        made["keys"]["comorbidities"] = taking({"flags": {random.choice(everywhere): "proteinuria"}})
    if random.random() < 0.7:
        parts = ["drugs", *(part for part in ("outcome", "cycles", "setting", "line") if random.random() < 0.4)]
        read = {part: tame(reading(random), ("lines.a", "lines.b", "lines.day")) for part in parts}
        read["drugs"].pop("otherwise", None)
        if "outcome" in read and random.random() < 0.5:
            read["outcome"]["when"] = {"has_row": random.choice(["tests", "lines"])}
        made["history"] = {"from": "lines", "complete": random.random() < 0.7, "within": random.choice([0, 30]), **read}
        if random.random() < 0.7:
            made["row"] = {"each": "lines"}
    return made


def test_a_mapping_that_nobody_would_write_runs_or_is_refused(tmp_path, rulebook):
    random = Random(SEED + 2)
    days = ("1", "50", "2020-01-31", "31.1.2020", "", "x")
    for name in ("patients", "lines", "tests"):
        rows = [[random.choice("xyz"), random.choice(days), cell(random), cell(random)] for _ in range(12)]
        write(tmp_path / f"{name}.csv", ("who", "day", "a", "b"), rows)
    ran = 0
    for number in range(MAPPINGS):
        file = tmp_path / "m.yaml"
        file.write_text(yaml.safe_dump(simple(random) if number % 2 else some_mapping(random)), "utf-8")
        try:
            mapping = load_mapping(file, rulebook.domain)
            with judged(open_table([str(tmp_path / "patients.csv")], mapping), rulebook, exact=False) as result:
                rendered(document(summarise(result, "fuzzed")))
        except InputError as refused:
            if "cannot be read or written" in str(refused):  # what Polars made of it: nobody foresaw this mapping
                refused.add_note(f"mapping {number}:\n{file.read_text('utf-8')}")
                raise
            continue
        except BaseException as error:
            error.add_note(f"mapping {number}:\n{file.read_text('utf-8')}")
            raise
        ran += 1
    assert ran >= MAPPINGS // 5, "too few of the mappings run for the test to mean anything"
