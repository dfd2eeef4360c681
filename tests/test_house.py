"""House rules that no linter checks."""

import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from typer.main import get_command

import regimen_advisor
from regimen_advisor import schemas
from regimen_advisor.cli.app import app
from regimen_advisor.files.sources import read_document

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "src").rglob("*.py"))
LONGEST = 450


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_fits_on_a_few_screens(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST, "is the idea in the wrong room, or is it two ideas?"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_begins_with_what_it_does(module: Path) -> None:
    does = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    if module != ROOT / "src" / "regimen_advisor" / "__init__.py":  # its text is the help of the whole package
        assert re.match(r"(?!(A|An|The|What|Which|How|Whether|When|Documents|Answers|Errors)\b)[A-Z][a-z]+ ", does), (
            does
        )


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_a_file_of_tests_or_timings_says_what_it_is_about(folder: str) -> None:
    files = sorted((ROOT / folder).glob("*.py"))
    about = {file.name: ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "" for file in files}
    assert not [name for name, text in about.items() if not text or MANNERED.search(text)]


@pytest.mark.parametrize("verb", sorted(get_command(app).commands))  # type: ignore[attr-defined]
def test_every_verb_is_shown_at_work_in_the_docs(verb: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = re.compile(rf"^(\$ .*)?\bregimen-advisor {re.escape(verb)}\b", re.MULTILINE)
    assert any(shown.search(page.read_text("utf-8")) for page in pages)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_module_imports_at_its_top_or_says_why_not(module: Path) -> None:
    silent = re.compile(r"import .*noqa: [\w, ]*PLC0415(?! - \w)")
    assert not silent.search(module.read_text("utf-8")), "expected `- reason` after the code"


def test_no_file_names_a_path_of_some_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    path = re.compile(r"(?<![\w.$~}/-])/(?:work|farm|home|Users)/\w")
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.suffix in (".py", ".md", ".yaml", ".toml", ".j2", ".js", ".css", "") and file.is_file():
            assert not path.search(file.read_text("utf-8", errors="replace")), name


CLOCK = re.compile(r"perf_counter|process_time|thread_time|default_timer|(?:monotonic|\btime)\(\) - ")


def test_no_test_measures_time() -> None:
    # A slow machine would fail it. A deadline is right where it only ends what would wait for ever.
    files = [file for file in sorted((ROOT / "tests").glob("*.py")) if file != Path(__file__)]
    assert not [file.name for file in files if CLOCK.search(file.read_text("utf-8"))]


def requirements() -> list[str]:
    """Everything that is required of others, for running and for building."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [*read["project"]["dependencies"], *read["build-system"]["requires"]]
    listed += [requirement for extra in read["project"]["optional-dependencies"].values() for requirement in extra]
    return [requirement for requirement in listed if not requirement.startswith("regimen-advisor[")]


@pytest.mark.parametrize("required", requirements())
def test_a_library_has_an_upper_bound_at_a_major_version_and_none_is_a_beta(required: str) -> None:
    asked = required.partition(";")[0].strip()
    assert re.search(r",<\d+$|==[\d.]+$", asked), "a new major version could change an answer by itself"
    assert not re.search(r"[\d.](a|b|rc)\d", asked)


def test_the_lock_holds_one_version_of_every_library_within_its_bounds_and_no_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines)
    locked = dict(line.split("==") for line in lines)
    read = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = read["optional-dependencies"]
    for name in ("dev", "test", "spark", "cite", "cohort", "notebook", "teach", "web"):
        for requirement in [*read["dependencies"], *extras[name]]:
            wanted = Requirement(requirement)
            if wanted.name != "regimen-advisor":
                version = locked[wanted.name.lower().replace("_", "-")]
                assert wanted.specifier.contains(version, prereleases=True), f"{requirement}: {version}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    imports = {name_of(module): imports_of(module) for module in MODULES}
    order = TopologicalSorter(imports)
    order.prepare()  # raises CycleError with the modules of a circle


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")


IMPORTED_BY_TABLE = {
    "__init__.py": "a public name is loaded when it is first asked for; the package itself is above every room",
    "schemas.py": "the model of a schema is loaded when it is asked for; the table names rooms below",
    "cli/group.py": "a verb is loaded when it is called; the table names modules of its own room",
}
"""Modules that import by a name that is not written where it is imported, and why."""
TABLES = {
    "regimen_advisor": set(regimen_advisor._HOMES.values()),
    "regimen_advisor.schemas": {module for module, _ in schemas._MODELS.values()},
}
"""What is imported by table, as far as a module that it names could import the one with the table."""
IMPORTERS = ("import_module", "__import__")


def names_imported_as_text(tree: ast.AST) -> Iterator[str | None]:
    """The modules that a module imports by calling a function; `None` for one whose name is put together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in IMPORTERS:
            name = node.args[0] if node.args else None
            yield name.value if isinstance(name, ast.Constant) else None


def imports_of(module: Path) -> set[str]:
    """The modules of this project that a module imports: in functions, for the type checker, and as text too."""
    tree = ast.parse(module.read_text("utf-8"))
    names = {name_of(module) for module in MODULES}
    found = {f"regimen_advisor.{name}" for name in TABLES.get(name_of(module), ())}
    found.update(name for name in names_imported_as_text(tree) if name in names)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & names)
    return found - {name_of(module)}


def test_only_the_modules_with_a_reason_import_by_a_name_that_is_put_together() -> None:
    found = {
        str(module.relative_to(ROOT / "src" / "regimen_advisor"))
        for module in MODULES
        if None in names_imported_as_text(ast.parse(module.read_text("utf-8")))
    }
    assert found == IMPORTED_BY_TABLE.keys()


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def test_imports_written_as_text_run_downwards_too() -> None:
    # The import law sees what is written as an import, for the type checker too, but not what a function imports.
    law = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert not law["exclude_type_checking_imports"]
    layers = next(contract["layers"] for contract in law["contracts"] if contract["type"] == "layers")
    depth = {room.strip(): level for level, rooms in enumerate(layers) for room in rooms.split("|")}
    depth["regimen_advisor"] = -1
    for module in MODULES:
        by_text = set(names_imported_as_text(ast.parse(module.read_text("utf-8")))) - {None}
        by_text |= {f"regimen_advisor.{name}" for name in TABLES.get(name_of(module), ())}
        own = room_of(name_of(module))
        for name in by_text:
            if name.partition(".")[0] == "regimen_advisor":
                assert room_of(name) == own or depth[room_of(name)] > depth[own], f"{name_of(module)}: {name}"


def test_an_import_written_as_text_is_found() -> None:
    text = 'import_module("a.b")\nimportlib.import_module(f"a.{name}")\n__import__("c")\nmake("d")\n'
    assert list(names_imported_as_text(ast.parse(text))) == ["a.b", None, "c"]


def test_a_circle_of_modules_would_be_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_rulebook_is_the_key_of_no_cache_but_that_of_guidelines(module: Path) -> None:
    cached = [
        node.name
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)
        and any("Rulebook" in ast.unparse(argument) for argument in node.args.args)
    ]
    assert cached == (["_guideline_of"] if module.name == "guideline.py" else []), "keep it with `Guideline.kept`"


# Names and prose ----------------------------------------------------------------------------------------------------

_WORDS = """
    all another any at beside both but by each either every for from here how in into it its less many mine most neither
    no none of on one only or other others ours out own same said she so some stands such that the their them then there
    these they this those to told under what when where which who whoever whom whose why with
"""
GRAMMATICAL = frozenset(_WORDS.split())
"""Words that join a sentence. A name says what the thing is; `over` and `within` are keys of the rules and facts."""
PUBLISHED = {("cohorts/event_words.py", "when"), ("advice.py", "other"), ("cli/cite.py", "for")}
"""Names that a file format, Python or the command line gives."""
MANNERED = re.compile(r"\b(told|said|stands?(?! (in )?for\b)|stood|beside|anew|whoever|in vain)\b", re.IGNORECASE)
KEYS_OF_JSON = re.compile(r"""["'.`]said\b|\bsaid(?=: str \||=)""")
"""`said` is a key and a value of the published JSON."""


class Names(NamedTuple):
    """The types that a module names (classes, choices, unions) and its variables, arguments and attributes, by line.

    The fields of a model are not among them: they are the keys of a file or an answer.
    """

    classes: tuple[tuple[int, str], ...]
    bound: tuple[tuple[int, str], ...]


def is_choice_or_union(node: ast.Assign) -> bool:
    """Whether this names a type: ``Name = Literal[...]``, or ``Name = A | B``."""
    value = node.value
    if isinstance(value, ast.Subscript):
        return isinstance(value.value, ast.Name) and value.value.id == "Literal"
    is_capital = isinstance(node.targets[0], ast.Name) and not node.targets[0].id.isupper()
    return is_capital and isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)


def names_in(text: str) -> Names:
    tree = ast.parse(text)
    classes = [
        (node.lineno, node.targets[0].id)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_choice_or_union(node)
    ]
    bound, fields = [], set()
    for node in ast.walk(tree):  # a class comes before what is in it
        if isinstance(node, ast.ClassDef):
            classes.append((node.lineno, node.name))
            if not node.decorator_list:
                fields.update(id(part.target) for part in node.body if isinstance(part, ast.AnnAssign))
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store) and id(node) not in fields:
                bound.append((node.lineno, node.id))
        elif isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Store):
                bound.append((node.lineno, node.attr))
        elif isinstance(node, ast.arg):
            bound.append((node.lineno, node.arg))
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            bound.append((node.lineno, node.name))
    return Names(tuple(classes), tuple(bound))


@cache
def names_of(module: Path) -> Names:
    return names_in(module.read_text("utf-8"))


def is_grammatical(module: str, name: str) -> bool:
    bare = name.strip("_")
    return bare in GRAMMATICAL and not name.startswith("__") and (module, bare) not in PUBLISHED


def test_a_variable_is_named_after_what_it_holds() -> None:
    package = ROOT / "src" / "regimen_advisor"
    found = [
        f"{module.relative_to(package).as_posix()}:{line}: {name}"
        for module in MODULES
        for line, name in names_of(module).bound
        if is_grammatical(module.relative_to(package).as_posix(), name)
    ]
    assert not found


BOUND_IN_SCRIPT = re.compile(
    rf"(?:[(\[]|, |\{{ |\b(?:const|let|var) )({'|'.join(GRAMMATICAL)})(?=\)? =>|, \w+\)|\) \{{| = | of |\]| \}})"
)


def test_a_variable_of_a_test_is_named_after_what_it_holds() -> None:
    files = [file for folder in ("tests", "benchmarks") for file in sorted((ROOT / folder).glob("*.py"))]
    assert len(files) > 50
    found = [
        f"{file.name}:{line}: {name}"
        for file in files
        for line, name in names_of(file).bound
        if name.strip("_") in {"of", "one", "other", "mine", "told", "said"}
    ]
    assert not found


def test_a_variable_of_a_script_of_the_page_is_named_after_what_it_holds() -> None:
    for bound in ("(one) => one", "(one, other) => 1", "const of = 1", "const { right, of } = x", "[one, other] =>"):
        assert BOUND_IN_SCRIPT.search(bound), bound
    scripts = sorted((ROOT / "src" / "regimen_advisor" / "page" / "assets").glob("*.js"))
    assert len(scripts) > 10
    found = [
        f"{path.name}: {bound[0]}"
        for path in scripts
        for bound in BOUND_IN_SCRIPT.finditer(re.sub(r"(^|\s)// .*|/\*\*.*?\*/", "", path.read_text("utf-8")))
    ]
    assert not found


BOUND_IN_TEMPLATE = re.compile(
    rf"{{% (?:for|set) (?:\w+, )?({'|'.join(GRAMMATICAL)})\b|{{% macro (?:\w+\(.*\b)?({'|'.join(GRAMMATICAL)})\b(?!=)"
)


def test_a_variable_of_a_template_is_named_after_what_it_holds() -> None:
    for bound in (
        "{% for one in x %}",
        "{% for id, other in x %}",
        "{% macro said(title) %}",
        "{% macro line(one) -%}",
    ):
        assert BOUND_IN_TEMPLATE.search(bound), bound
    templates = sorted((ROOT / "src").rglob("*.j2"))
    assert len(templates) > 5
    found = {file.name: BOUND_IN_TEMPLATE.findall(file.read_text("utf-8")) for file in templates}
    assert not {name: bound for name, bound in found.items() if bound}


@pytest.mark.parametrize(
    "text",
    [
        "one = 1",
        "self.told = 1",
        "[of for of in x]",
        "def f(_others): ...",
        "lambda mine: 1",
        "match x:\n    case [y, *others]: ...",
        "for at, _ in x: ...",
        "@dataclass\nclass A:\n    said: int",
    ],
)
def test_a_grammatical_name_would_be_found(text: str) -> None:
    assert any(is_grammatical("x.py", name) for _, name in names_in(text).bound)


MANNERED_NAME = re.compile(r"(?:^|_)(?:un)?(?:told|tells|said|stands|stood|beside)(?:_|$)", re.IGNORECASE)
IN_CAMELS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_mannered(name: str) -> bool:
    """Whether a word of a name, in any case, is one that plain prose does without."""
    return bool(MANNERED_NAME.search(IN_CAMELS.sub("_", name)))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT / "src")))
def test_a_name_is_in_plain_words(module: Path) -> None:
    defined = ast.walk(ast.parse(module.read_text("utf-8")))
    functions = [node.name for node in defined if isinstance(node, ast.FunctionDef)]
    named = names_of(module)
    names = [*functions, *(name for _, name in (*named.classes, *named.bound))]
    assert not [name for name in names if is_mannered(name)]


@pytest.mark.parametrize("name", ["_TOLD", "untold", "_Said", "changesTold", "MOST_BESIDE", "said_by", "isUnsaid"])
def test_a_mannered_name_would_be_found(name: str) -> None:
    assert is_mannered(name)


NAMED_IN_SCHEMAS = {"Condition", "Value"}
"""Names of unions of the condition language, and of models that the published schemas name."""


def test_a_name_of_a_type_means_one_thing() -> None:
    places = defaultdict(list)
    for module in MODULES:
        for line, name in names_of(module).classes:
            places[name].append(f"{module.relative_to(ROOT)}:{line}")
    assert {name for name, found in places.items() if len(found) > 1} == NAMED_IN_SCHEMAS, places


@pytest.mark.parametrize("text", ["class Ab: ...", 'Ab = Literal["x", "y"]', "Ab = int | Annotated[str, Cd]"])
def test_the_name_of_a_type_would_be_found(text: str) -> None:
    assert names_in(text).classes == ((1, "Ab"),)


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a module or page; what a page shows of a command or a file is not its own prose."""
    fenced = False
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if file.suffix == ".md" and line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, KEYS_OF_JSON.sub("", line)


OF_CONTENT = {
    "test_evidence.py": "the figures of the sources that ship",
    "test_invalid_input.py": "broken copies of the rules that ship, whose messages list what is there",
    "test_regimens.py": "the places of the regimens that ship",
    "test_sources.py": "the tables of numbers of the sources that ship",
}
"""The files of tests that may name a source that ships, and what they test of it; others take one from the rules."""


def names_of_sources() -> re.Pattern[str]:
    """A place of a source that ships, as a citation or as rules write it."""
    sources = read_document(ROOT / "rules" / "reviews.yaml").value
    labels, keys = ("|".join(source[key] for source in sources) for key in ("cited_as", "key"))
    return re.compile(
        rf"\b(?:{labels}) \d|review[\"']?(?:=|: ?)[\"']?(?:{keys})\b|\b(?:{keys}) \d|[{{(]\"(?:{keys})\": "
    )


def test_a_test_of_behaviour_names_no_source_that_ships() -> None:
    pattern = names_of_sources()
    found = {file.name for file in (ROOT / "tests").glob("*.py") if pattern.search(file.read_text("utf-8"))}
    assert found == set(OF_CONTENT)


def test_prose_is_plain() -> None:
    generated = {ROOT / "docs" / "lessons", ROOT / "docs" / "decisions"}  # from the rules; a record of its day
    pages = [page for page in (ROOT / "docs").rglob("*.md") if generated.isdisjoint(page.parents)]
    found = [
        f"{file.relative_to(ROOT)}:{number}: {word[0]}"
        for file in [*MODULES, *pages, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for number, line in prose(file)
        for word in MANNERED.finditer(line)
    ]
    assert not found


def test_a_file_of_data_or_a_script_is_in_plain_words() -> None:
    """Its sentences, its comments and its names."""
    package = ROOT / "src" / "regimen_advisor"
    files = [file for ending in ("json", "yaml", "js") for file in sorted(package.rglob(f"*.{ending}"))]
    assert {"english.json", "clinic.yaml", "stack.js"} <= {file.name for file in files}
    found = [
        f"{file.relative_to(package)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if MANNERED.search(line) or any(is_mannered(name) for name in re.findall(r"\w*(?:_|[a-z](?=[A-Z]))\w+", line))
    ]
    assert not found


@pytest.mark.parametrize("line", ["what is told of a row", "It stands beside it.", "Whoever asks", "begin anew"])
def test_mannered_prose_would_be_found(line: str) -> None:
    assert MANNERED.search(line)
