"""The verbs of the command line beyond `advise`, `show` and `schema`: one module a topic, one function a verb."""

import typer

from regimen_advisor.commands import cases, cohort, explain, page, quiz, rulebook


def register(app: typer.Typer) -> None:
    """Add every verb to the application."""
    for topic in (explain, quiz, rulebook, cases, cohort, page):
        topic.register(app)
