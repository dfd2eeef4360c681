"""Every sentence of the program is in one catalogue: what keeps it whole, and what a second language needs."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from conftest import needed
from regimen_advisor.cli.verbs import GROUPS, VERBS
from regimen_advisor.cohorts.concordance import Agreement
from regimen_advisor.knowledge.studies import Population, SourceKind
from regimen_advisor.language.standings import Standing
from regimen_advisor.page.building import page_script
from regimen_advisor.page.data import ROOMS
from regimen_advisor.quiz.models import Group
from regimen_advisor.reports.conditions_reference import ALL_LINES, NESTED, TESTS
from regimen_advisor.reports.show import KINDS
from regimen_advisor.reports.topics import TOPICS
from regimen_advisor.reviewing.comparing import Only
from regimen_advisor.reviewing.flaws import FaultKind, WarningKind
from regimen_advisor.reviewing.matching import Fate
from regimen_advisor.schemas import SchemaName
from regimen_advisor.testing.coverage import Status
from regimen_advisor.testing.mutants import Operator
from regimen_advisor.words.catalogue import (
    CATALOGUE,
    LANGUAGE,
    Catalogue,
    UnknownWordsError,
    differences,
    fields_of,
    load,
)
from script_texts import fetched, scripts
from script_texts import literals as script_literals

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "regimen_advisor"
PROFILE = ROOT / "profiles" / "egfr-l858r-after-osimertinib.yaml"
ENGLISH = SRC / "words" / "english.json"

KNOWLEDGE = ("patient/axioms.py", "patient/facts.py")
"""The modules whose sentences are knowledge: what the axioms and the facts say, in the words of the field."""
KEPT = {
    "cohorts/changes.py": ("{} before", "{} after", "set apart"),
    "cohorts/concordance.py": ("outside the rules", "not known"),
    "cohorts/draft_words.py": ("large cell{}", "(?:small cell|sclc){}", "(?:nsclc|non ?small cell){}"),
    "cohorts/event_frames.py": (
        "row of the first table",
        "place among the decisions",
        "day of the decision",
        "day of the row",
        "day that cannot be read",
        "day of the next line",
        "key of the join",
        "day in",
    ),
    "cohorts/event_history.py": (
        "lines begun",
        "drugs given",
        "unread parts of the history",
        "day apart",
        "why the history is not known",
        "a drug is unknown",
        "day of the relapse",
        "entries as they were known on the day",
        "entry whose end is to come",
        "day of the line after it",
        "place of the entry",
        "own line",
        "unread entries",
        "are lines",
    ),
    "cohorts/event_spans.py": (
        "number of the treatment",
        "day of the event",
        "has in its time a row of",
        "has an undated row of",
    ),
    "cohorts/events.py": ("has value", "history {} {}", "{} {} otherwise", "{} otherwise", "has {}", "{} given"),
    "cohorts/mapping.py": ("key of the second table",),
    "cohorts/mapping_draft.py": ("# history, given: {}", "  - setting: curative"),
    "cohorts/spark/engine.py": ("regimen-advisor cohort", "{}: in the file", "{}: rows before"),
    "cohorts/spark/worker.py": ("number of the row in the table",),
    "cohorts/tables.py": ("cells of events that could not be read",),
    "reports/conditions_reference.py": (ALL_LINES, NESTED, *(example for _, example, _ in TESTS)),
    "citing/formats.py": ("{} and others", "et al.", ", et al.", "et al.."),
    "page/connections.py": ("text/plain; charset=utf-8",),
    "pytest_plugin.py": ("folder of rules that cases are run against", "folder of profiles that cases build on"),
    "quiz/classroom.py": ("not answered",),
    "reports/listing.py": ("other words",),
    "reports/sarif.py": ("expectation not met",),
    "reports/topics.py": (
        "brain_metastases: false",
        "disease: nsclc",
        "stage: IVB",
        "history: [{line: 1, drugs: [osimertinib], outcome: progressed}]",
        "profile: {from: squamous-driver-negative-untreated.yaml}",
        "expect: {bevacizumab-carboplatin-paclitaxel: excluded}",
    ),
    "reviewing/drafting.py": (
        "  - {name: group {}, {}}  {}",
        "    measure: median  # {}",
        "      - {of: arm, value: {}}  # {} {}",
    ),
    "reviewing/source_gaps.py": ("study {}",),
    "words/catalogue.py": (
        "expected a plain field such as {count}, found {{}...} in {}",
        "expected a key of the catalogue, found `{}`",
        "`{}`: expected the fields {}; found {}",
        "`{}` is missing",
        "`{}` is no entry of the program",
        "`{}` has no field {}",
        "`{}`: expected one text with the fields {}",
        "expected one of {}, or the path of a JSON file; found `{}`",
        "{}:{}:{}: expected JSON: {}",
        "{}: expected an object of rooms, and in each an object of entries",
        "{}: `{}.{}`: expected a text, or an object of the texts `one` and `other`",
    ),
    "cli/group.py": (
        "  regimen-advisor {}",
        "{}regimen-advisor {}\n",
        "advise profiles/alk-untreated.yaml",
        "help conditions",
    ),
    "cli/verbs.py": tuple(example for verb in VERBS.values() for example in verb.examples),
    "columns/entries.py": ("history curative", "history line {}{}"),
    "columns/exact/corrections.py": ("{} exactly",),
    "columns/facts.py": ("bits {}",),
    "engines/forward_chaining.py": ("any patient", "durable-rules {}", "way {}"),
    "solving/encoding.py": ("no encoding of the history fact `{}`: neither defined here, nor over entries",),
    "solving/witness.py": ("in short",),
    "knowledge/condition_schema.py": (" (in {})",),
    "knowledge/manifest.py": (
        "regimen-advisor check --write-manifest",
        "# Written by `{}`.\nmanifest:\n  rules: {}\n  digest: {}\n",
    ),
    "knowledge/rule_reading.py": ("{} (grade of {}: {}).",),
    "files/yaml_values.py": (
        "mapping values are not allowed in this context",
        "did not find expected key",
        "did not find expected '-' indicator",
        "did not find expected ',' or ']'",
        "did not find expected ',' or '}'",
        "found unexpected end of stream",
        "found character that cannot start any token",
    ),
    "reports/mutation.py": ("when: always",),
    "reports/class_result.py": ("question {}",),
    "reports/course_files.py": ("not known", "waits for"),
    "page/assets/form.js": ("not found",),
    "page/assets/page.js": ('article[data-regimen="{}"] .waits, tr[data-row="{}"] .waits',),
    "page/assets/quiz.js": ("select, input",),
    "page/assets/reading.js": ("{} true",),
    "page/assets/settling.js": ("agree {}", "differ {}", "some {}", "both {}"),
    "page/assets/sources.js": ("Escape",),
    "reports/templates/tips.js": ("Escape",),
    "reports/marks.py": ("cite ref",),
    "reports/templates/slides.js": ("Home", "End"),
    "page/assets/view.js": ("noreferrer noopener",),
    "page/assets/words.js": (
        "expected a key of the catalogue, found \\`{}\\`",
        "\\`{}\\`: expected the fields {}; found {}",
    ),
}
"""What reads like a sentence and is none.

Values of the published JSON, and columns of a table that programs read; ids of findings; keys of a table of the solver;
names of elements; lines of YAML, BibTeX and HTTP; examples that are typed as they are. And two kinds of sentences:
what the catalogue says of a fault of its own, when there is no language yet, and what the plugin declares to pytest, as
every run of pytest loads it and would read the catalogue.
An answer in the words of a profile is a value of the published JSON; others are columns of a table that programs read,
ids of findings, commands of a shell, names of elements, keys of a table of the solver, faults of YAML as its parser
words them (which we show in our own), and what the catalogue itself says of a fault.
"""
KEPT_JOINS = {
    "columns/engine.py": "a cell of the table that is written",
    "cohorts/spark/engine.py": "a schema of Spark",
    "editor_schemas.py": "a description in a schema for editors",
    "knowledge/figure_audit.py": "what figures are looked up by",
    "knowledge/publications.py": "what places are compared by",
    "patient/facts.py": "knowledge",
    "reports/course_files.py": "a cell of a table that programs read",
    "reports/quiz.py": "a file of answers, which is YAML",
    "reports/reference.py": "a mapping of YAML",
    "solving/candidate_answers.py": "an answer in the words of a profile",
    "solving/changes.py": "an answer in the words of a profile",
    "solving/deciding.py": "an answer in the words of a profile",
    "testing/mutants.py": "a list of YAML",
    "testing/suggesting.py": "a list of YAML",
    "testing/updating.py": "a list of YAML",
    "words/catalogue.py": "what the catalogue says of a fault of its own",
}
"""Where words are put in a row without the catalogue, and why."""
COMMAND = re.compile(r"pip install '\S+'|--[a-z-]+ [a-z]+")
"""What a shell is given."""
MARKUP = re.compile(r"<[^>]*>?|flowchart TD|\b\w+ \[?\w+=.*|digraph \w+|style=rounded")
"""Of what a literal holds: tags, and the languages of Mermaid and Graphviz."""
PROSE = re.compile(r"[A-Za-z][a-z]+[,;:.)]* \(?[A-Za-z]|\b[a-z]+ \{\}|\{\} [a-z]{2,}")
"""Two words next to each other, or a word next to a field."""


CAPITAL = re.compile(r"^\W*[A-Z][a-z]+")
"""A word that begins as a title or a button does."""
IS_LOOK = re.compile(r'(?:class: |aria-labelledby": ")[^,{]*$|aria-labelledby": $')
"""In front of what chooses the look of an element, or names others."""
FAULTS_OF_CODE = ("AttributeError", "NotImplementedError", "TypeError")
"""What is raised where the code is wrong, not its input: for who changes the code."""
PATTERN = re.compile(r"\(\?:|\\b|\w\|\w")
"""What only a regular expression holds."""
READ_BY_CODE = ("compile", "sub", "match", "say", "removeprefix")
"""Calls whose first argument is no sentence: patterns, keys, and what a library says in front of what is kept."""
TESTS_OF_HISTORY = ("first line", "later line", "latest line")
"""Names of the tests of a history fact, as the facts declare them."""


def of_program(*endings: str) -> list[Path]:
    """Every file of the package with such an ending, but for the knowledge."""
    files = (file for file in SRC.rglob("*") if file.name.endswith(endings) and "build" not in file.parts)
    return sorted(file for file in files if str(file.relative_to(SRC)) not in KNOWLEDGE)


# What code reads ----------------------------------------------------------------------------------------------------


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def with_text(*texts: str) -> list[Path]:
    """The modules in whose text one of these is: a walk over all of them takes seconds."""
    return [file for file in sorted(SRC.rglob("*.py")) if any(text in file.read_text("utf-8") for text in texts)]


@cache
def published() -> frozenset[str]:
    """The values of every ``Literal``: keys of the published JSON or of a table, not words to be read."""
    return frozenset(
        constant.value
        for file in with_text("Literal[")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"
        for constant in ast.walk(node.slice)
        if isinstance(constant, ast.Constant)
    )


def not_read(module: ast.Module) -> Iterator[ast.AST]:
    """What is no sentence for a reader: docstrings, patterns, schema descriptions, what is compared, keys, ``repr``."""
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant()):
                yield node.value
            case ast.Assert(msg=ast.expr() as message):
                yield from ast.walk(message)
            case ast.Raise(exc=ast.Call() as fault) if called(fault) in FAULTS_OF_CODE:
                yield from ast.walk(fault)
            case ast.AnnAssign(annotation=annotation):
                yield from ast.walk(annotation)
            case ast.Dict(keys=keys, values=values):
                yield from (value for key, value in zip(keys, values, strict=True) if is_class(key))
            case ast.FunctionDef(name="__repr__") | ast.Compare():
                yield from ast.walk(node)
            case ast.Call(args=args) if called(node) in READ_BY_CODE:
                yield from (inner for part in args[:1] for inner in ast.walk(part))
            case ast.Call(keywords=keywords) if called(node) == "Field":
                yield from (inner for part in keywords for inner in ast.walk(part.value))
            case ast.JoinedStr(values=values):
                yield from (part for part in values if isinstance(part, ast.Constant))
                yield from (inner for part in values for inner in ast.walk(getattr(part, "format_spec", None) or part)
                            if getattr(part, "format_spec", None))  # fmt: skip


def is_class(key: ast.expr | None) -> bool:
    """Whether its value is no sentence: what chooses the look of an element, or describes a published schema."""
    return isinstance(key, ast.Constant) and key.value in ("class", "description")


def literals(file: Path) -> Iterator[tuple[int, str]]:
    """Each text of a module with its line; a field of an f-string as ``{}``."""
    left_out = set(map(id, not_read(tree(file))))
    for node in ast.walk(tree(file)):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in published():
            if not COMMAND.fullmatch(node.value) and not PATTERN.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(map(str, parts))


@pytest.mark.parametrize("file", of_program(".py"), ids=lambda file: str(file.relative_to(SRC)))
def test_no_sentence_is_left_in_the_code(file: Path) -> None:
    kept = KEPT.get(str(file.relative_to(SRC)), ())
    found = [(line, text) for line, text in literals(file) if PROSE.search(MARKUP.sub("", text))]
    assert not [(line, text) for line, text in found if text not in kept], (
        "put them into words/english.json and fetch them with `say`"
    )


def test_what_is_kept_in_the_code_is_there_and_reads_like_a_sentence() -> None:
    there = {str(file.relative_to(SRC)): file.read_text("utf-8") for file in of_program(".py", ".js")}
    found = {name: {text for _, text in literals(SRC / name)} for name in KEPT if name.endswith(".py")}
    assert not KEPT.keys() - there.keys()
    assert not [(name, text) for name, texts in found.items() for text in KEPT[name] if text not in texts]


@pytest.mark.parametrize("file", of_program(".py"), ids=lambda file: str(file.relative_to(SRC)))
def test_words_are_put_in_a_row_as_the_catalogue_says(file: Path) -> None:
    lines = [
        node.lineno
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and called(node) == "join" and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Constant) and re.fullmatch(r"[,;] | \w+ ", node.func.value.value)
    ]  # fmt: skip
    assert bool(lines) == (str(file.relative_to(SRC)) in KEPT_JOINS), f"`joined` of the catalogue does it: {lines}"


@pytest.mark.parametrize("file", of_program(".js"), ids=lambda file: file.name)
def test_no_sentence_is_left_in_a_script_of_the_page(file: Path) -> None:
    kept = {*KEPT.get(str(file.relative_to(SRC)), ()), *published(), *TESTS_OF_HISTORY, "use strict"}
    shown = [part for part in script_literals(file.read_text("utf-8")) if not IS_LOOK.search(part.before)]
    found = [(part.line, part.text) for part in shown if PROSE.search(part.text) or CAPITAL.search(part.text)]
    assert not [(line, text) for line, text in found if text not in kept]


@pytest.mark.parametrize("file", of_program(".j2"), ids=lambda file: str(file.relative_to(SRC)))
def test_no_word_is_left_in_a_template(file: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", file.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]+)"', text)
    shown = [*re.sub(r"<style>.*?</style>|<[^>]+>", "\n", text, flags=re.DOTALL).splitlines(), *labels]
    assert not [part for part in shown if re.search(r"[A-Za-z]{2}", part)]


@pytest.mark.parametrize("file", of_program(".css"), ids=lambda file: str(file.relative_to(SRC)))
def test_no_word_is_left_in_a_style(file: Path) -> None:
    shown = re.findall(r"""content:[^;}]*?["']([^"']*)""", file.read_text("utf-8"))
    assert not [text for text in shown if re.search(r"[A-Za-z]{2}", text)]


def test_no_page_or_script_names_its_language_itself() -> None:
    named = re.compile(r"""\blang="\w|toLocale\w*\(["']""")
    assert not [file.name for file in of_program(".j2", ".js") if named.search(file.read_text("utf-8"))]


# Keys and fields ----------------------------------------------------------------------------------------------------


class Use(NamedTuple):
    """One place where an entry is fetched; ``key`` is a pattern where it is put together."""

    place: str
    key: re.Pattern[str]
    fields: frozenset[str] | None
    """``None`` where they are not written out at the call."""


def pattern(node: ast.expr) -> Iterator[re.Pattern[str]]:
    match node:
        case ast.Constant(value=str(key)):
            yield re.compile(re.escape(key))
        case ast.JoinedStr(values=values):
            parts = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w -]+" for part in values)
            yield re.compile("".join(parts))
        case ast.IfExp(body=body, orelse=orelse):
            yield from pattern(body)
            yield from pattern(orelse)


def uses_in_python() -> Iterator[Use]:
    for file in set(with_text("say(", ".room(", "joined(")) - {SRC / "words" / "catalogue.py"}:
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            place = f"{file.relative_to(SRC)}:{node.lineno}"
            names = [keyword.arg for keyword in node.keywords]
            fields = None if None in names else frozenset(name for name in names if name)
            if called(node) == "say":
                yield from (Use(place, key, fields) for key in pattern(node.args[0]))
            elif called(node) == "joined":
                yield from (
                    Use(place, re.compile(rf"between\.{between.value}"), frozenset()) for between in node.args[1:]
                )
            elif called(node) == "room" and isinstance(node.args[0], ast.Constant):
                yield Use(place, re.compile(rf"{node.args[0].value}\..+"), frozenset())


def uses_in_templates() -> Iterator[Use]:
    call = re.compile(r"""\bsay\(\s*'([\w. -]+)'(\s*~)?""")
    for file in sorted(SRC.rglob("*.j2")):
        text = file.read_text("utf-8")
        for found in call.finditer(text):
            place = f"{file.relative_to(SRC)}:{text.count(chr(10), 0, found.start()) + 1}"
            key = re.escape(found[1]) + (".+" if found[2] else "")
            yield Use(place, re.compile(key), None if found[2] else frozenset(template_fields(text[found.end() :])))


def template_fields(rest: str) -> Iterator[str]:
    """The names of the fields of a call, from behind its key."""
    depth, inside = 1, ""
    for letter in rest:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth:
            break
        inside += letter if depth == 1 else " "
    yield from re.findall(r"(\w+)=", inside)


def uses_in_scripts() -> Iterator[Use]:
    for file in scripts(SRC / "page" / "assets"):
        for call in fetched(file.read_text("utf-8")):
            for key in call.keys:
                parts = r"[\w -]+".join(map(re.escape, key.split("{}")))
                yield Use(f"{file.name}:{call.line}", re.compile(parts), call.fields)


@cache
def uses() -> tuple[Use, ...]:
    return (*uses_in_python(), *uses_in_templates(), *uses_in_scripts())


def fields(key: str) -> frozenset[str]:
    entry = CATALOGUE.entries[key]
    if isinstance(entry, str):
        return fields_of(entry)
    return frozenset({"count"}).union(*map(fields_of, entry.values()))


def test_every_key_that_is_used_is_in_the_catalogue_with_the_same_fields() -> None:
    for use in uses():
        found = [key for key in CATALOGUE.entries if use.key.fullmatch(key)]
        assert found, f"{use.place}: {use.key.pattern}"
        for key in found if use.fields is not None else ():
            assert fields(key) == use.fields, f"{use.place}: {key}"


def test_every_entry_of_the_catalogue_is_used() -> None:
    patterns = {use.key for use in uses()}
    files = [*with_text("say("), *scripts(SRC / "page" / "assets")]
    code = "".join(file.read_text("utf-8") for file in files)
    unused = (key for key in CATALOGUE.entries if f'"{key}"' not in code)
    assert not [key for key in unused if not any(used.fullmatch(key) for used in patterns)]


@pytest.mark.parametrize(
    ("room", "values"),
    [
        ("agreement", tuple(Agreement)),
        ("agreement_meaning", tuple(Agreement)),
        ("covered", get_args(Status)),
        ("flaw_kind", (*get_args(FaultKind), *get_args(WarningKind))),
        ("flaw_meaning", (*get_args(FaultKind), *get_args(WarningKind))),
        ("mutation_operator", get_args(Operator)),
        ("diff_by", get_args(Only)),
        ("diff_fate", get_args(Fate)),
        ("group_meaning", get_args(Group)),
        ("help_line", tuple(TOPICS)),
        ("population_part", tuple(Population.model_fields.keys() - {"errata"})),
        ("schema_title", tuple(name for name in SchemaName if name is not SchemaName.CONDITIONS)),
        ("source", get_args(SourceKind)),
        ("sources", get_args(SourceKind)),
        ("standing", (*Standing, *get_args(Group))),
        ("show_unknown", KINDS),
        ("verb", tuple(VERBS)),
        ("verb_group", GROUPS),
        ("verb_help", tuple(verb for verb in VERBS if verb != "sources")),
    ],
)
def test_every_value_that_is_put_into_a_key_has_its_entry(room: str, values: tuple[str, ...]) -> None:
    assert set(map(str, values)) == set(CATALOGUE.rooms[room])


def test_the_file_of_the_catalogue_is_written_in_one_way() -> None:
    text = ENGLISH.read_text("utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


# Fetching an entry --------------------------------------------------------------------------------------------------

MADE_UP = Catalogue(
    {
        "room": {
            "plain": "no field",
            "braces": "{{as written}}",
            "one": "of {drug}",
            "many": {"one": "{count} row of {table}", "other": "{count} rows"},
        }
    }
)


def test_an_entry_has_its_fields_filled_in_and_the_form_that_its_number_asks_for() -> None:
    assert MADE_UP.say("room.plain") == "no field"
    assert MADE_UP.say("room.one", drug="osimertinib") == "of osimertinib"
    assert MADE_UP.say("room.many", count=1, table="a.csv") == "1 row of a.csv"
    assert MADE_UP.say("room.many", count=1024, table="a.csv") == "1,024 rows"


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("room.other", {}, "expected a key of the catalogue, found `room.other`"),
        ("room.one", {}, "`room.one`: expected the fields drug; found none"),
        ("room.one", {"drug": "a", "dose": "b"}, "`room.one`: expected the fields drug; found dose, drug"),
        ("room.many", {"count": 2}, "`room.many`: expected the fields count, table; found count"),
    ],
)
def test_an_unknown_key_and_a_wrong_field_are_named(key: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(UnknownWordsError, match=re.escape(message)):
        MADE_UP.say(key, **given)


# The page -----------------------------------------------------------------------------------------------------------


def test_the_page_has_the_rooms_that_its_scripts_fetch_from_and_no_others() -> None:
    keys = [key for use in uses_in_scripts() for key in CATALOGUE.entries if use.key.fullmatch(key)]
    code = "".join(file.read_text("utf-8") for file in scripts(SRC / "page" / "assets"))
    keys += [key for key in CATALOGUE.entries if f'"{key}"' in code]
    assert {key.split(".")[0] for key in keys} == set(ROOMS)


SAY = """
const { script, rooms, calls } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const { say, sayWith } = new Function(`${script}; useCatalogue(arguments[0]); return { say, sayWith };`)(rooms);
const said = ([key, fields]) => { try { return say(key, fields); } catch (error) { return error.message; } };
const element = {}, parts = sayWith("room.one", { drug: element });
console.log(JSON.stringify({ said: calls.map(said), parts: parts.map((part) => part === element ? null : part) }));
"""


def test_the_page_fetches_every_entry_as_python_does() -> None:
    rooms = {**CATALOGUE.rooms, **MADE_UP.rooms}
    both = Catalogue(rooms)
    calls: list[tuple[str, dict[str, object]]] = []
    for key in both.entries:
        entry = both.entries[key]
        texts = [entry] if isinstance(entry, str) else list(entry.values())
        names = frozenset[str]().union(*map(fields_of, texts)) | ({"count"} if len(texts) > 1 else set())
        calls += [(key, {name: number if name == "count" else f"a {name}" for name in names}) for number in (1, 4321)]
    calls += [
        ("room.other", {}),
        ("room.one", {}),
        ("room.one", {"drug": "a", "dose": "b"}),
        ("room.many", {"count": 2}),
    ]
    given = {"script": page_script(), "rooms": rooms, "calls": calls}
    run = subprocess.run(
        [needed("node"), "-e", SAY], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    answer = json.loads(run.stdout)
    assert answer["said"] == [said_or_fault(both, key, fields) for key, fields in calls]
    assert answer["parts"] == ["of ", None]


def said_or_fault(catalogue: Catalogue, key: str, fields: dict[str, object]) -> str:
    try:
        return catalogue.say(key, **fields)
    except UnknownWordsError as error:
        return str(error)


# A second language --------------------------------------------------------------------------------------------------

_FIELDS = re.compile(r"(\{\w+\})")


def foreign(text: str) -> str:
    """The text with every letter replaced; its fields stay."""
    return "".join(part if _FIELDS.fullmatch(part) else re.sub(r"[A-Za-z]", "ж", part) for part in _FIELDS.split(text))


@pytest.fixture(scope="module")
def made_up_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rooms = json.loads(ENGLISH.read_text("utf-8"))
    for room in rooms.values():
        for name, entry in room.items():
            room[name] = (
                foreign(entry) if isinstance(entry, str) else {form: foreign(text) for form, text in entry.items()}
            )
    file = tmp_path_factory.mktemp("words") / "foreign.json"
    file.write_text(json.dumps(rooms, ensure_ascii=False), "utf-8")
    return file


ANSWER = """
import json, sys
from pathlib import Path
from regimen_advisor import Guideline
from regimen_advisor.reports.depth import Depth
from regimen_advisor.reports.markdown import render_advice
from regimen_advisor.reports.html import render_explanation
from regimen_advisor.reports.explanation import document
from regimen_advisor.documents.markdown import markdown
from regimen_advisor.wording import clause, if_any
from regimen_advisor.words.catalogue import say

guideline = Guideline.load(sys.argv[2])
case = guideline.case(Path(sys.argv[1]))
advice = render_advice([case.advice()], guideline.rulebook, [case.patient], Depth(everything=True))
explained = case.explain("amivantamab-platinum-chemotherapy")
page = markdown(document(explained, guideline.rulebook, case.patient, everything=True))
warnings = [say("caution.if_any", conditions=drug, consequence="warned.") for drug in ("A", "B")]
sentence = "123456789012, " + say("clause.begin_after_comma").split(", ")[0] + " 3, 4 5"
parted = [if_any(warnings), clause(sentence, len(sentence) - 1)]
print(json.dumps([advice, page, *parted]))
"""


@pytest.fixture(scope="module")
def foreign_answers(made_up_language: Path) -> list[str]:
    environment = {**os.environ, LANGUAGE: str(made_up_language), "PYTHONPATH": str(SRC.parent)}
    command = [sys.executable, "-c", ANSWER, str(PROFILE), str(ROOT / "rules")]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answers: list[str] = json.loads(run.stdout)
    return answers


@cache
def knowledge() -> str:
    """What the rules, the facts and the profile say, as one text of single spaces."""
    files = [PROFILE, SRC / "patient" / "facts.py", *sorted((ROOT / "rules").rglob("*.yaml"))]
    return " ".join(" ".join(re.findall(r"[A-Za-z]{2,}", file.read_text("utf-8"))) for file in files).casefold()


def english_words(text: str) -> set[str]:
    """The words of a text, one by one and next to each other, that no rule, fact or profile has.

    Knowledge is next to knowledge where the phrase of a fact has its value, and an endpoint its measure.
    """
    facts = (SRC / "patient" / "facts.py").read_text("utf-8")
    joints = [
        *re.findall(r"(\w+) \{\}", facts),
        *re.findall(r"\{\} (\w+)", facts),
        "PFS",
        "durable-rules",
        "interpreter",
    ]
    text = re.sub(rf"`[^`]*`|https?:\S+|</?\w+>|\b(?:{'|'.join(joints)})\b", ";", text)
    runs = re.findall(r"[A-Za-z]{2,}(?: [A-Za-z]{2,})*", text)
    pairs = {" ".join(words) for run in runs for words in zip(run.split(), run.split()[1:], strict=False)}
    return {words for words in pairs | set(" ".join(runs).split()) if words.casefold() not in knowledge()}


def test_an_answer_in_another_language_has_no_english_word_but_those_of_the_knowledge(
    foreign_answers: list[str],
) -> None:
    assert [english_words(answer) for answer in foreign_answers[:2]] == [set(), set()]


def test_a_sentence_is_taken_apart_by_the_words_of_its_language(foreign_answers: list[str]) -> None:
    assert foreign_answers[2:] == ["жж A жж B: warned.", "123456789012"]


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("klingon", "expected one of english, or the path of a JSON file; found `klingon`"),
        ({"list": {}}, "`between.items` is missing"),
        ({"between": {"items": ", {extra}"}}, "`between.items` has no field extra"),
        ({"list": {"and": "{first}"}}, "`list.and`: expected one text with the fields first, last"),
        ({"list": {"and": "{first:x} {last}"}}, "expected a plain field such as {count}"),
        ({"list": {"nor": ""}}, "`list.nor` is no entry of the program"),
        ({"list": {"and": {"one": ""}}}, "`list.and`: expected a text, or an object of the texts `one` and `other`"),
        ({"list": []}, "expected an object of rooms, and in each an object of entries"),
    ],
)
def test_a_language_that_cannot_be_used_is_named_with_its_fault(
    language: str | dict[str, object], message: str, tmp_path: Path
) -> None:
    name = language
    if isinstance(language, dict):
        name = str(tmp_path / "own.json")
        Path(name).write_text(json.dumps(language), "utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        load(str(name))


def test_a_language_needs_no_form_for_one() -> None:
    plural = {"room": {"rows": {"one": "{count} row", "other": "{count} rows"}}}
    single = Catalogue({"room": {"rows": "{count} ж"}})
    assert list(differences(single.rooms, plural)) == []
    assert single.say("room.rows", count=1) == "1 ж"
