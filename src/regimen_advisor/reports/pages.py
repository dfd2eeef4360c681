"""Share what every HTML page of a report needs: the templates, and one style and script that its policy names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from regimen_advisor.documents.blocks import Block
from regimen_advisor.documents.html import html, marked
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
    templates.globals |= {"say": say, "tipped": tipped}
    return templates


def page(title: str, blocks: Iterable[Block], *sheets: str) -> str:
    """A document as one self-contained page: no network, and no script but that of the tips."""
    body = html(blocks)
    return environment().get_template("report.html.j2").render(**style(*sheets), title=title, body=body).rstrip() + "\n"


def style(*names: str) -> dict[str, str]:
    """The style of every report with these additions, its script, and their digests: nothing else can be slipped in."""
    folder = files("regimen_advisor.reports").joinpath("templates")
    text = "\n".join(folder.joinpath(name).read_text("utf-8").strip() for name in ("tokens.css", "report.css", *names))
    tips = folder.joinpath("tips.js").read_text("utf-8")
    return {
        "style": Markup(text),  # noqa: S704 - ships with the package
        "style_hash": policy_digest(text),
        "tips": Markup(tips),  # noqa: S704 - as above
        "tips_hash": policy_digest(tips),
    }


def tipped(style: str, text: str, words: str, *, inside: bool = False) -> Markup:
    """A mark with its words, for a template; ``text`` is escaped unless it is markup."""
    return Markup(marked(style, escape(text), words, inside=inside))  # noqa: S704 - escaped, by it and here


def policy_digest(text: str) -> str:
    """What the policy of a page calls a style or a script that it may use."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
