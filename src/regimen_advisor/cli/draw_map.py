"""Run the verb ``map``: a clinical setting as a picture."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from regimen_advisor.cli import completion
from regimen_advisor.cli.options import AsOf, Output, Rules
from regimen_advisor.drawing.guideline_map import guideline_map
from regimen_advisor.drawing.map_picture import map_picture
from regimen_advisor.drawing.map_text import FORMATS
from regimen_advisor.knowledge.rulebook import load_rulebook
from regimen_advisor.knowledge.setting_names import setting_named
from regimen_advisor.patient.reading import read_files
from regimen_advisor.reports.files import write_output
from regimen_advisor.words.catalogue import say


class MapFormat(StrEnum):
    """How ``map`` draws a setting."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


def draw_map(  # noqa: PLR0917 - one parameter an option
    setting: Annotated[
        str,
        typer.Argument(
            metavar="SETTING",
            help=say("map_option.setting"),
            autocompletion=completion.settings,
        ),
    ],
    profile: Annotated[str | None, typer.Option("--profile", metavar="FILE", help=say("map_option.profile"))] = None,
    format: Annotated[MapFormat, typer.Option("--format", "-f", help=say("map_option.format"))] = MapFormat.TEXT,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """The command; its help is ``verb_help.map`` of the catalogue."""
    rulebook = load_rulebook(rules, as_of)
    patient = read_files([profile], rulebook.domain)[0] if profile else None
    drawn = guideline_map(setting_named(setting, rulebook).id, rulebook, patient)
    write_output(f"{map_picture(drawn)}\n" if format is MapFormat.SVG else FORMATS[format.value](drawn), output)
