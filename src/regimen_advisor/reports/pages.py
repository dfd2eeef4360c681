"""Share what every HTML page of a report needs: the templates, and one style sheet that the page's policy names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from regimen_advisor.documents.blocks import Block
from regimen_advisor.documents.html import html
from regimen_advisor.words.catalogue import say


def environment() -> Environment:
    """The templates; whatever comes from a profile, a rule or a table is escaped by them."""
    templates = Environment(
        loader=PackageLoader("regimen_advisor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["say"] = say
    return templates


def page(title: str, blocks: Iterable[Block], *sheets: str) -> str:
    """A document as one self-contained page: no script, no network."""
    body = html(blocks)
    return environment().get_template("report.html.j2").render(**style(*sheets), title=title, body=body).rstrip() + "\n"


def style(*names: str) -> dict[str, str]:
    """The style of every report with these additions, and its digest, so that no other style can be slipped in."""
    folder = files("regimen_advisor.reports").joinpath("templates")
    text = "\n".join(folder.joinpath(name).read_text("utf-8").strip() for name in ("tokens.css", "report.css", *names))
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"style": Markup(text), "style_hash": digest}  # noqa: S704 - ships with the package
