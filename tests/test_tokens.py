"""One file of colour, type and spacing for pages, pictures and the terminal."""

from __future__ import annotations

import re

from conftest import ROOT
from regimen_advisor.documents.text import STYLES
from regimen_advisor.documents.tokens import tokens
from regimen_advisor.drawing import svg
from regimen_advisor.language.standings import Standing
from regimen_advisor.reports import glance

PACKAGE = ROOT / "src" / "regimen_advisor"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?!\()|\bhsl\(|\brgb\((?!0 0 0 /)")


def test_no_page_picture_or_table_has_a_colour_that_is_no_token() -> None:
    files = [*PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.j2"), *(PACKAGE / "drawing").glob("*.py")]
    files += (PACKAGE / "page" / "assets").glob("*.js")
    with_colours = {
        path.name for path in files if COLOUR.search(re.sub(r"&#\w+;|#\w+ \{", "", path.read_text("utf-8")))
    }
    assert with_colours == {"tokens.css"}


def test_a_terminal_has_a_colour_of_the_palette_for_each_standing_of_an_option() -> None:
    used = [STYLES[glance.STYLES[standing]] for standing in glance.STYLES]
    assert len(set(used)) == len(glance.STYLES) == 3
    assert {Standing.OFFERED, Standing.OFFERED_WITH_CAUTION, Standing.UNDETERMINED} == set(glance.STYLES)
    assert {name.removeprefix("terminal-") for name in tokens() if name.startswith("terminal-")} == set(STYLES)


def test_pictures_take_their_letters_from_the_tokens() -> None:
    assert svg.FONT.replace("'", '"') == tokens()["font"]
    assert str(svg.SIZE) == tokens()["picture-type"]
