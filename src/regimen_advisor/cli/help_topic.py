"""Run the verb ``help``: topics."""

from __future__ import annotations

from typing import Annotated

import typer

from regimen_advisor.cli.options import Rules
from regimen_advisor.cli.verbs import VERBS
from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.reports.files import write_output
from regimen_advisor.reports.topics import TOPICS, render
from regimen_advisor.words.catalogue import joined, say


def help_topic(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help=say("help_option.topic"),
            autocompletion=lambda incomplete: [topic for topic in _topics() if topic.startswith(incomplete)],
        ),
    ] = None,
    rules: Rules = None,
) -> None:
    """The command; its help is ``verb_help.help`` of the catalogue."""
    if topic is None:
        listed = "".join(f"  {name:<12}{say(about)}\n" for name, (about, _) in TOPICS.items())
        write_output(say("help.list", topics=listed), None)
    elif topic in TOPICS:
        write_output(render(topic, load_rulebook(rules)), None)
    else:
        message = say("help.unknown", topics=joined(TOPICS), topic=topic)
        raise InputError.at(Location(say("place.command_line")), message, did_you_mean(topic, [*TOPICS, *VERBS]))


def _topics() -> list[str]:

    return list(TOPICS)
