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


def help_topic(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help="conditions, profiles, cases, rules or answers; or a verb. Without it, all of them.",
            autocompletion=lambda incomplete: [topic for topic in _topics() if topic.startswith(incomplete)],
        ),
    ] = None,
    rules: Rules = None,
) -> None:
    """Explain how conditions, profiles and the like are written.

    Of a verb the same as `VERB --help`.
    """
    if topic is None:
        listed = "".join(f"  {name:<12}{about}\n" for name, (about, _) in TOPICS.items())
        write_output(
            f"{listed}\nregimen-advisor help TOPIC prints one; regimen-advisor --help lists the verbs.\n", None
        )
    elif topic in TOPICS:
        write_output(render(topic, load_rulebook(rules)), None)
    else:
        message = f"help: expected one of {', '.join(TOPICS)}, or a verb; found `{topic}`"
        raise InputError.at(Location("command line"), message, did_you_mean(topic, [*TOPICS, *VERBS]))


def _topics() -> list[str]:

    return list(TOPICS)
