"""Schemas for editors, which know the rulebook: on each file that ships, and in the real YAML language server."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from queue import Queue
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from conftest import needed
from regimen_advisor.cli.app import main
from regimen_advisor.documents.json import as_json
from regimen_advisor.editor_schemas import EditedFile, editor_schema, every_editor_schema
from regimen_advisor.files.sources import parse_documents
from regimen_advisor.knowledge.rulebook import Rulebook, load_rulebook
from regimen_advisor.patient.facts import ChoiceFact, NumberFact
from regimen_advisor.patient.population import SyntheticPopulation
from regimen_advisor.quiz.clinic import Clinic
from small_rulebooks import SOURCES, write_two_rules

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "rules" / "schemas"
PACK = ROOT / "examples" / "invented-consensus"
FILES = sorted(file for top in ("rules", "profiles", "tests/cases") for file in (ROOT / top).rglob("*.yaml"))
PACK_FILES = sorted((ROOT / "examples").rglob("*.yaml"))
DATA = {"quiz/clinic": Clinic, "patient/population": SyntheticPopulation}
"""Files of the package itself, each with its schema next to it."""
AGAIN = "bring them up to date: regimen-advisor check --write-manifest"


def kind_of(file: Path) -> EditedFile:
    match file.relative_to(ROOT).parts[1 if "examples" in file.parts else 0 :]:
        case ("rules" | PACK.name, "nsclc" | "sclc", _):
            return EditedFile.RULE
        case ("rules" | PACK.name, "studies", _):
            return EditedFile.STUDY
        case ("rules" | PACK.name, name):
            return EditedFile(name.removesuffix(".yaml"))
        case ("profiles", "mappings", _):
            return EditedFile.MAPPING
        case ("profiles", *_):
            return EditedFile.PROFILE
        case _:
            return EditedFile.CASE


@pytest.fixture(scope="module")
def made(shipped: Rulebook) -> dict[str, Any]:
    pytest.importorskip("polars", reason="polars is not installed")
    return every_editor_schema(shipped)


# The schemas -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_for_the_pack() -> dict[str, Any]:
    pytest.importorskip("polars", reason="polars is not installed")
    return every_editor_schema(load_rulebook([ROOT / "rules", PACK]))


def read(folder: Path) -> dict[str, Any]:
    return {file.name: json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")}


def test_the_schemas_that_ship_know_the_rules_as_they_are(made):
    assert read(SCHEMAS) == made, AGAIN


def test_the_schemas_of_the_example_pack_know_it_as_it_is(made_for_the_pack):
    again = f"regimen-advisor schema --for rules --for {PACK.relative_to(ROOT)} --into {PACK.relative_to(ROOT)}/schemas"
    assert read(PACK / "schemas") == made_for_the_pack, f"bring them up to date: {again}"


@pytest.mark.parametrize("file", [*FILES, *PACK_FILES], ids=lambda file: str(file.relative_to(ROOT)))
def test_each_file_that_ships_names_its_schema_on_its_first_line(file: Path) -> None:
    schemas = PACK / "schemas" if file in PACK_FILES else SCHEMAS
    wanted = os.path.relpath(schemas / f"{kind_of(file)}.json", file.parent).replace(os.sep, "/")
    first = file.read_text("utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={wanted}", "put this line on top of the file"


@pytest.mark.parametrize("name", DATA)
def test_a_file_of_the_package_has_its_schema_beside_it(name: str) -> None:
    schema = (ROOT / "src" / "regimen_advisor" / f"{name}.schema.json").read_text("utf-8")
    assert json.loads(schema) == TypeAdapter(DATA[name]).json_schema()
    first = (ROOT / "src" / "regimen_advisor" / f"{name}.yaml").read_text("utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={Path(name).name}.schema.json"


def faults(made: dict[str, Any], kind: str, text: str) -> list[str]:
    validator = jsonschema.Draft7Validator(made[f"{kind}.json"])
    documents = [json.loads(json.dumps(entry.value)) for entry in parse_documents(text, "x.yaml")]
    return [fault.message for document in documents for fault in validator.iter_errors(document)]


def test_no_file_that_ships_is_underlined(made, made_for_the_pack):
    schemas = dict.fromkeys(FILES, made) | dict.fromkeys(PACK_FILES, made_for_the_pack)
    found = {file.name: faults(known, kind_of(file), file.read_text("utf-8")) for file, known in schemas.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


RULE = """
setting: x
title: X
disease: nsclc
rules:
  - id: one
    {effect}
    when: {when}
    studies: [{study}]
    source: {{review: {review}, section: "{section}"}}
    says: It says so.
"""
RIGHT = {
    "effect": "offer: anlotinib", "when": "{egfr: {includes: L858R}}", "study": "flaura", "review": SOURCES[0],
    "section": "4.1",
}  # fmt: skip


def rule(**changes: str) -> str:
    return RULE.format(**(RIGHT | changes))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"effect": "offer: anlotinip"}, "anlotinip"),
        ({"effect": "caution: {drug: bevacizumap}"}, "bevacizumap"),
        ({"effect": "exclude: {class: platinums}"}, "platinums"),
        ({"effect": "trial: no-such-study"}, "no-such-study"),
        ({"when": "{egfr: {includes: L585R}}"}, "L585R"),
        ({"when": "{efgr: {includes: L858R}}"}, "efgr"),
        ({"when": "{alk: maybe}"}, "maybe"),
        ({"when": "{ecog: 7}"}, "7"),
        ({"when": "{ecog: {at_leats: 1}}"}, "at_leats"),
        ({"when": "{any: [{not: {driver-negatives: true}}]}"}, "driver-negatives"),
        ({"when": "{driver-negative: sometimes}"}, "sometimes"),
        ({"when": "{received: {includes: osimertinip}}"}, "osimertinip"),
        ({"study": "flora"}, "flora"),
        ({"review": f"{SOURCES[0]}s"}, f"{SOURCES[0]}s"),
        ({"section": "4.9"}, "4.9"),
    ],
)
def test_a_wrong_word_in_a_rule_is_underlined(made, change, word):
    assert faults(made, "rule", rule()) == []
    assert any(word in message for message in faults(made, "rule", rule(**change)))


def test_a_section_of_another_source_is_underlined(made, rulebook: Rulebook):
    first, second = ({section.number for section in rulebook.reviews[key].sections} for key in SOURCES[:2])
    section = min(second - first)
    assert faults(made, "rule", rule(review=SOURCES[1], section=section)) == []
    assert faults(made, "rule", rule(review=SOURCES[0], section=section))


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        ("profile", "disease: nsclc\nhistory: [{line: 1, drugs: [osimertinip]}]\n", "osimertinip"),
        ("profile", "disease: nsclc\necogs: 1\n", "ecogs"),
        ("case", "name: x\nprofile: {disease: nsclc}\nexpect: {anlotinip: offered}\n", "anlotinip"),
        ("case", "name: x\nprofile: {from: y.yaml, change: {alk: maybe}}\nexactly: true\n", "maybe"),
        ("case", "name: x\nprofile: {disease: nsclc}\nsays_not: [no-such-rule]\n", "no-such-rule"),
        (
            "background",
            f"{SOURCES[0]}: {{text: x, sections: {{'1': {{'1': {{held_by: no-such-study}}}}}}}}\n",
            "no-such-study",
        ),
        ("study", "harm_of: osimertinip\n", "osimertinip"),
        ("mapping", "title: x\nkeys: {egrf: {column: EGFR}}\n", "egrf"),
    ],
)
def test_a_wrong_word_in_another_file_is_underlined(made, kind, text, word):
    assert any(word in message for message in faults(made, kind, text))


def test_a_condition_knows_every_fact_and_every_word_it_takes(rulebook: Rulebook) -> None:
    keys = editor_schema(EditedFile.RULE, rulebook)["$defs"]["condition"]["properties"]
    assert set(keys) == {"any", "all", "not", *rulebook.domain.facts, *rulebook.findings}
    assert all(inner["description"] for inner in keys.values())
    for fact in rulebook.domain.facts.values():
        if isinstance(fact, ChoiceFact):
            words = [
                str(word).lower() if isinstance(word, bool) else word for word in keys[fact.name]["anyOf"][0]["enum"]
            ]
            assert words == [*fact.domain, *fact.groups]
        if isinstance(fact, NumberFact):
            assert keys[fact.name]["anyOf"][0]["maximum"] == fact.high


# The command -------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def test_the_command_prints_one_schema_and_writes_all(shipped: Rulebook, tmp_path, capsys):
    assert run("schema", "rule", "--for", str(ROOT / "rules")) == 0
    assert capsys.readouterr().out == as_json(editor_schema(EditedFile.RULE, shipped))
    assert run("schema", "--for", str(ROOT / "rules"), "--into", str(tmp_path / "new")) == 0
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"{kind}.json" for kind in EditedFile}


def test_the_schemas_of_a_pack_know_what_it_adds_and_what_is_below_it(capsys):
    assert run("schema", "rule", "--for", str(ROOT / "rules"), "--for", str(ROOT / "examples/invented-consensus")) == 0
    validator = jsonschema.Draft7Validator(json.loads(capsys.readouterr().out))
    text = (ROOT / "examples/invented-consensus/nsclc/invented-consensus.yaml").read_text("utf-8")
    (document,) = parse_documents(text, "x.yaml")
    assert [fault.message for fault in validator.iter_errors(json.loads(json.dumps(document.value)))] == []
    assert run("schema", "rule", "--for", str(ROOT / "rules")) == 0
    validator = jsonschema.Draft7Validator(json.loads(capsys.readouterr().out))
    assert any("ic-" in fault.message for fault in validator.iter_errors(json.loads(json.dumps(document.value))))


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("schema",), "WHAT: expected one of profile, rule"),
        (("schema", "findings"), "WHAT: expected one of profile, rule"),
        (("schema", "finding", "--for", "rules"), "did you mean `findings`?"),
        (("schema", "--into", "x"), "--into goes with --for"),
        (("schema", "rule", "--for", "rules", "--into", "x"), "--into writes every schema"),
        (("schema", "rule", "--for", "rules", "--format", "markdown"), "a schema for editors is JSON"),
        (("schema", "rule", "--for", "no-such-folder"), "no-such-folder: expected a folder, found none of this name"),
    ],
)
def test_what_cannot_be_made_is_reported(arguments, value, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert run(*arguments) == 2
    assert value in capsys.readouterr().err


def test_writing_the_manifest_brings_the_schemas_up_to_date_where_there_are_some(tmp_path, capsys):
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    (folder / "schemas" / "rule.json").write_text("{}", "utf-8")
    run("check", "--rules", str(folder), "--write-manifest")
    assert (folder / "schemas" / "rule.json").read_bytes() == (SCHEMAS / "rule.json").read_bytes()
    assert (folder / "manifest.yaml").read_bytes() == (ROOT / "rules" / "manifest.yaml").read_bytes()
    without = write_two_rules(tmp_path / "without")
    run("check", "--rules", str(without), "--write-manifest")
    assert not (without / "schemas").exists()
    assert "yaml-language-server" not in (without / "manifest.yaml").read_text("utf-8")


# The language server that editors run ------------------------------------------------------------------------------


class Server:
    """The YAML language server of npm, spoken to as an editor does."""

    def __init__(self, folder: Path) -> None:
        needed("node")
        self.running = subprocess.Popen(
            [needed("yaml-language-server"), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.messages: Queue[dict[str, Any]] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.number = 0
        self.ask("initialize", processId=None, rootUri=folder.as_uri(), capabilities={})
        self.tell("initialized")
        settings = {"yaml": {"validate": True, "completion": True, "schemaStore": {"enable": False}}}
        self.tell("workspace/didChangeConfiguration", settings=settings)

    def _listen(self) -> None:
        assert self.running.stdout is not None
        while header := self.running.stdout.readline():
            if header.lower().startswith(b"content-length:"):
                while self.running.stdout.readline().strip():
                    pass
                self.messages.put(json.loads(self.running.stdout.read(int(header.split(b":")[1]))))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.running.stdin is not None
        self.running.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.running.stdin.flush()

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        return self._await(lambda message: message.get("id") == self.number and "method" not in message)["result"]

    def _await(self, wanted) -> dict[str, Any]:
        while True:
            message = self.messages.get(timeout=60)
            if wanted(message):
                return message
            if "id" in message and "method" in message:  # it asks something of the editor
                asked = len(message["params"]["items"]) if message["method"] == "workspace/configuration" else 0
                self._send({"id": message["id"], "result": [None] * asked})

    def open(self, file: Path) -> list[str]:
        """What is underlined in a file."""
        text = file.read_text("utf-8")
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        found = self._await(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == file.as_uri()
            )
        )
        lines = text.splitlines()
        return [
            f"{lines[diagnostic['range']['start']['line']].strip()} | {diagnostic['message']}"
            for diagnostic in found["params"]["diagnostics"]
        ]

    def offers(self, file: Path, line: int, column: int) -> set[str]:
        """What is offered at a place of an open file."""
        place = {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}
        return {entry["label"] for entry in self.ask("textDocument/completion", **place)["items"]}

    def close(self) -> None:
        self.running.terminate()
        self.running.wait(timeout=20)
        for stream in (self.running.stdin, self.running.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def server(tmp_path):
    started = Server(tmp_path)
    yield started
    started.close()


def edited(folder: Path, name: str, before: str, after: str) -> tuple[Path, int]:
    """A copy of the shipped files with a change in one of them, and the number of the first changed line."""
    for top in ("rules", "profiles"):
        shutil.copytree(ROOT / top, folder / top)
    file = folder / name
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    return file, text[: text.index(before)].count("\n")


FIRST_LINE = "rules/nsclc/first-line-egfr.yaml"


def test_the_language_server_finds_nothing_wrong_with_files_that_ship(server, tmp_path):
    edited(tmp_path, FIRST_LINE, "disease", "disease")
    some = [FIRST_LINE, "rules/findings.yaml", "rules/regimens.yaml", "rules/studies/flaura.yaml"]
    some += ["profiles/alk-untreated.yaml", "profiles/mappings/lung-msk-mind-2020.yaml"]
    assert {name: server.open(tmp_path / name) for name in some} == {name: [] for name in some}


def test_the_language_server_underlines_a_wrong_word_under_when(server, tmp_path):
    file, _ = edited(tmp_path, FIRST_LINE, "    when:\n", "    when:\n      histologie: squamous\n")
    assert any("histologie" in entry for entry in server.open(file))
    file, _ = edited(tmp_path / "other", FIRST_LINE, "    when:\n", "    when:\n      alk: maybe\n")
    (answer,) = [entry for entry in server.open(file) if entry.startswith("alk: maybe")]
    assert "positive" in answer
    assert "negative" in answer


def test_the_language_server_completes_facts_findings_and_words_under_when(server, tmp_path):
    file, line = edited(tmp_path, FIRST_LINE, "    when:\n", "    when:\n      \n")
    server.open(file)
    offered = server.offers(file, line + 1, 6)
    assert {"egfr", "pd_l1_tps", "received", "driver-negative", "first-line-controlled", "any", "not"} <= offered
    file, line = edited(tmp_path / "words", FIRST_LINE, "    when:\n", "    when:\n      histology: \n")
    server.open(file)
    assert {"adenocarcinoma", "squamous"} <= server.offers(file, line + 1, len("      histology: "))


def test_the_language_server_completes_regimens_studies_and_drugs(server, tmp_path):
    file, line = edited(tmp_path, FIRST_LINE, "  - id: ", "  - id: new\n    offer: \n  - id: ")
    server.open(file)
    assert {"erlotinib-bevacizumab", "ivonescimab"} <= server.offers(file, line + 1, len("    offer: "))
    file, line = edited(tmp_path / "profile", "profiles/alk-untreated.yaml", "history: []", "history:\n  - drugs: [o]")
    server.open(file)
    assert "osimertinib" in server.offers(file, line + 1, len("  - drugs: [o"))
