"""Run the verb ``serve``: the teaching page from a small local server."""

from __future__ import annotations

from typing import Annotated

import typer

from regimen_advisor.cli.options import AsOf, Examples, Rules
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.page.building import page_html
from regimen_advisor.page.serving import announce, run
from regimen_advisor.words.catalogue import say

DEFAULT_PORT = 8000


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("serve_option.port"))] = DEFAULT_PORT,
    profiles: Examples = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.serve`` of the catalogue."""
    announce()
    rulebook = load_rulebook(rules, as_of)
    run(rulebook, page_html(rulebook, profiles), port)
