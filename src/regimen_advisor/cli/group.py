"""Group the verbs of the command line: listed by what they are for, each imported when it is chosen."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from regimen_advisor.cli.verbs import GROUPS, VERBS
from regimen_advisor.words.catalogue import say


class VerbGroup(TyperGroup):
    """The application."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name in VERBS:
            self.add_command(_Listed(name), name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - it has to be taken
        """Write the verbs in groups."""
        for title in GROUPS:
            with formatter.section(say(f"verb_group.{title}")):
                formatter.write_dl([(name, verb.help) for name, verb in VERBS.items() if verb.group == title])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - it has to be taken
        """Write where to begin."""
        with formatter.section(say("command.begin")):
            for example in ("advise profiles/alk-untreated.yaml", "help conditions"):
                formatter.write(f"{' ' * formatter.current_indent}regimen-advisor {example}\n")


class _Listed(TyperCommand):
    """A verb as help and completion list it. Its module is imported once the verb is to read its arguments."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=VERBS[name].help, rich_markup_mode=None)

    def make_context(self, *arguments: Any, **keywords: Any) -> Any:
        """The context of the verb itself, which runs in place of this one."""
        return command(str(self.name)).make_context(*arguments, **keywords)


def command(name: str) -> Any:
    """The command of one verb, imported now. Raises ``KeyError`` where there is no such verb."""
    verb = VERBS[name]
    found = getattr(import_module(f"regimen_advisor.cli.{verb.module}"), verb.module)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name=name, help=_help(name), epilog=_epilog(verb.examples))(found)
        found = alone
    return get_command(found)


def _help(name: str) -> str:
    """What a verb is for, and what more there is to know of it."""
    return say(f"verb_help.{name}", purpose=VERBS[name].help)


def _epilog(examples: tuple[str, ...]) -> str | None:
    lines = "\n".join(f"  regimen-advisor {example}" for example in examples)
    return f"\b\n{say('command.example')}\n{lines}" if examples else None
