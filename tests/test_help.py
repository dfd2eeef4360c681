"""The help of the command line: verbs by what they are for, examples that work, and topics."""

import re
import shlex
import subprocess
import sys
from importlib import import_module

import pytest
from typer.main import get_command

from regimen_advisor.cli.app import app, main
from regimen_advisor.cli.group import command
from regimen_advisor.cli.verbs import GROUPS, VERBS
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import RuleFile
from regimen_advisor.patient.profile import Profile
from regimen_advisor.reports.topics import TOPICS, render
from regimen_advisor.testing.cases import CaseText
from regimen_advisor.words.catalogue import CATALOGUE, say


@pytest.fixture
def run(capsys):
    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        output = capsys.readouterr()
        return int(left.value.code or 0), output.out, output.err

    return command


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_of_a_verb_in_the_list_is_the_first_sentence_of_its_own_help(verb):
    made = command(verb)
    sentences = " ".join((made.help or "").partition("\n\n")[0].split())
    assert f"{sentences} ".startswith(f"{VERBS[verb].help} ")
    assert VERBS[verb].group in GROUPS


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_is_written_in_the_catalogue_alone(verb):
    module = import_module(f"regimen_advisor.cli.{VERBS[verb].module}")
    functions = (
        [module.number, module.missing, module.draft] if verb == "sources" else [vars(module)[VERBS[verb].module]]
    )
    for function in functions:
        key = f"sources_verb.{function.__name__}" if verb == "sources" else f"verb_help.{verb}"
        assert function.__doc__ == f"The command; its help is ``{key}`` of the catalogue."
        assert key in CATALOGUE.entries


def test_the_help_of_check_says_what_several_folders_mean(run):
    assert "Of several folders, only the warnings that are not there without the last one" in " ".join(
        run("check", "--help")[1].split()
    )


def test_the_help_lists_the_verbs_by_what_they_are_for(run):
    code, out, _ = run("--help")
    assert code == 0
    titles = [line[:-1] for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *(say(f"verb_group.{group}") for group in GROUPS), "Begin with"]
    lines = out.splitlines()
    assert lines[lines.index("A patient:") + 1].startswith("  advise")
    assert all(any(line.split()[:1] == [verb] for line in lines) for verb in get_command(app).commands)


def test_help_and_completion_of_verbs_import_none_of_them():
    code = (
        "import sys\nfrom regimen_advisor.cli.app import app\nfrom typer.main import get_command\n"
        "listed = get_command(app)\nsys.argv = ['regimen-advisor']\n"
        "with listed.make_context('regimen-advisor', [], resilient_parsing=True) as ctx:\n"
        "    found = [item.value for item in listed.shell_complete(ctx, 'co')]\n"
        "    shown = listed.get_help(ctx)\n"
        "print(found, 'cohort' in shown, 'regimen_advisor.knowledge.rulebook' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['coverage', 'cohort'] True False"


@pytest.mark.parametrize("example", [example for verb in VERBS.values() for example in verb.examples])
def test_each_example_is_a_command_that_is_understood(example):
    verb, *arguments = shlex.split(example)
    assert example in VERBS[verb].examples
    if arguments != ["--help"]:
        get_command(app).commands[verb].make_context(verb, arguments)


def test_the_help_of_a_verb_ends_with_its_examples(run):
    _, out, _ = run("explain", "--help")
    examples = [f"    regimen-advisor {example}" for example in VERBS["explain"].examples]
    assert out.splitlines()[-len(examples) - 1 :] == ["  For example:", *examples]
    assert run("help", "explain")[1] == out


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_shows_what_a_value_looks_like_and_names_no_class_of_the_code(topic: str, rulebook: Rulebook) -> None:
    text = render(topic, rulebook)
    models = {name for model in (Profile, CaseText, RuleFile) for name in model.model_json_schema()["$defs"]}
    assert not [name for name in models if re.search(rf"\b{name}\b", text)]
    assert "](" not in text.replace("[A](key) and [B](key)", "")


def test_a_range_and_what_was_looked_for_are_shown_as_they_are_written(rulebook: Rulebook) -> None:
    text = " ".join(render("profiles", rulebook).split())
    assert "(whole number or a range such as {at_least: 1, at_most: 2} or unknown)" in text
    assert "or {found: [...], not_found: [...]} or wild-type" in text


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_the_screen(run, topic):
    code, out, err = run("help", topic)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert topic in run("help")[1]


def test_the_topic_on_conditions_names_every_fact_and_finding(rulebook: Rulebook) -> None:
    lines = render("conditions", rulebook).splitlines()
    for name in (*rulebook.domain.facts, *rulebook.findings):
        assert any(line.startswith(f"  {name}: ") for line in lines), name


def test_the_topic_on_profiles_names_every_key(rulebook: Rulebook) -> None:
    lines = render("profiles", rulebook).splitlines()
    assert all(any(line.startswith(f"  {key}: ") for line in lines) for key in Profile.model_fields)


def test_an_unknown_topic_gets_did_you_mean(run):
    code, _, err = run("help", "condition")
    assert code == 2
    assert "did you mean `conditions`?" in err
