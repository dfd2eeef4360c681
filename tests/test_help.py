"""The help of the command line: verbs by what they are for, examples that work, and topics."""

import shlex

import pytest
from typer.main import get_command

from regimen_advisor.cli.app import app, main
from regimen_advisor.cli.helping import EXAMPLES, GROUPS, VERBS
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.patient.profile import Profile
from regimen_advisor.reports.topics import TOPICS, render


@pytest.fixture
def run(capsys):
    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return command


def test_every_verb_stands_in_a_group():
    assert set(get_command(app).commands) - VERBS == set()


def test_the_help_lists_the_verbs_by_what_they_are_for(run):
    code, out, _ = run("--help")
    assert code == 0
    titles = [line[:-1] for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *GROUPS, "Begin with"]
    lines = out.splitlines()
    assert lines[lines.index("A patient:") + 1].startswith("  advise")
    assert all(any(line.split()[:1] == [verb] for line in lines) for verb in get_command(app).commands)


@pytest.mark.parametrize("example", [example for some in EXAMPLES.values() for example in some])
def test_each_example_is_a_command_that_is_understood(example):
    verb, *arguments = shlex.split(example)
    assert example in EXAMPLES[verb]
    command = get_command(app).commands[verb]
    if arguments != ["--help"]:
        command.make_context(verb, arguments)


def test_the_help_of_a_verb_ends_with_its_examples(run):
    _, out, _ = run("explain", "--help")
    examples = [f"    regimen-advisor {example}" for example in EXAMPLES["explain"]]
    assert out.splitlines()[-len(examples) - 1 :] == ["  For example:", *examples]
    assert run("help", "explain")[1] == out


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
