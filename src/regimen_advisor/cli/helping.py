"""Help: the verbs by what they are for, examples of each, and the verb ``help`` for topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regimen_advisor.cli.options import Rules

GROUPS: Mapping[str, tuple[str, ...]] = {
    "A patient": ("advise", "explain", "map"),
    "A class": ("quiz", "lesson", "page", "serve"),
    "The rules": (
        "list", "show", "cite", "check", "test", "coverage", "mutate", "diff", "schema", "sources", "init-pack",
    ),
    "A table": ("cohort",),
    "More": ("help",),
}  # fmt: skip
OTHER = "More"
WHOLE = 200
"""More letters than the first sentence of any verb has: none is cut."""
VERBS = frozenset(name for group in GROUPS.values() for name in group)

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "advise": (
        "advise profiles/egfr-l858r-after-osimertinib.yaml",
        "advise profiles/alk-untreated.yaml --all --format markdown",
    ),
    "explain": (
        "explain profiles/egfr-l858r-after-osimertinib.yaml",
        "explain profiles/squamous-driver-negative-untreated.yaml bevacizumab-carboplatin-paclitaxel",
    ),
    "map": ("map nsclc/later-line-egfr --profile profiles/egfr-l858r-after-osimertinib.yaml",),
    "quiz": ("quiz --seed 7 --count 5",),
    "lesson": ("lesson profiles/nrg1-after-platinum-pemetrexed.yaml --format slides -o slides.html",),
    "page": ("page --profiles profiles", "page -o lung.html"),
    "serve": ("serve --port 0",),
    "list": ("list regimens --drug bevacizumab", "list rules --setting nsclc/later-line-egfr"),
    "show": ("show study harmoni-a", "show drug osimertinib"),
    "cite": ("cite flaura",),
    "check": ("check", "check --rules mine --format markdown"),
    "test": ("test", "test tests/cases/nsclc --name bevacizumab"),
    "coverage": ("coverage", "coverage --rule anlotinib-third-line --all"),
    "mutate": ("mutate --only anlotinib-third-line",),
    "diff": ("diff", "diff main HEAD --profiles profiles --format markdown"),
    "schema": ("schema profile", "schema rule --for rules"),
    "init-pack": ("init-pack my-guideline",),
    "cohort": ("cohort --help",),
    "help": ("help conditions", "help profiles"),
}
"""Of each verb some commands to begin with, as they are typed in a checkout."""


class Grouped(TyperGroup):
    """The application, whose verbs are listed by what they are for, and whose verbs show examples."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs in groups; a group without verbs is left out."""
        names = self.list_commands(ctx)
        for title, group in GROUPS.items():
            mine = [name for name in group if name in names]
            mine += [name for name in names if name not in VERBS] if title == OTHER else []
            found = [(name, command) for name in mine if (command := self.get_command(ctx, name)) is not None]
            if found:
                with formatter.section(title):
                    formatter.write_dl([(name, command.get_short_help_str(WHOLE)) for name, command in found])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - it has to be taken
        """Write where to begin."""
        with formatter.section("Begin with"):
            for example in ("advise profiles/alk-untreated.yaml", "help conditions"):
                formatter.write(f"{' ' * formatter.current_indent}regimen-advisor {example}\n")

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb, with its examples at the end of its help."""
        command = super().get_command(ctx, cmd_name)
        examples = EXAMPLES.get(cmd_name)
        if command is not None and examples and not command.epilog:
            lines = "\n".join(f"  regimen-advisor {example}" for example in examples)
            command.epilog = f"\b\nFor example:\n{lines}"
        return command


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(name="help")(help_topic)


def help_topic(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help="conditions, profiles, cases, rules or answers; or a verb. Without it, all of them.",
            autocompletion=lambda incomplete: [one for one in _topics() if one.startswith(incomplete)],
        ),
    ] = None,
    rules: Rules = None,
) -> None:
    """Explain how conditions, profiles and the like are written.

    Of a verb the same as `VERB --help`.
    """
    from regimen_advisor.files.errors import InputError, Location, did_you_mean  # noqa: PLC0415
    from regimen_advisor.knowledge.rulebook import load_rulebook  # noqa: PLC0415
    from regimen_advisor.reports.files import write_output  # noqa: PLC0415
    from regimen_advisor.reports.topics import TOPICS, render  # noqa: PLC0415

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
    from regimen_advisor.reports.topics import TOPICS  # noqa: PLC0415

    return list(TOPICS)
