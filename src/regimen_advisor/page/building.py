"""Build the teaching page: one HTML file that holds the rules, the evidence and the code that judges them.

Nothing in it comes from a network, and its Content-Security-Policy forbids one. Every text of a rule or profile is
escaped by the template or becomes a text node.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.page.data import page_data
from regimen_advisor.quiz.models import Quiz
from regimen_advisor.reports.pages import policy_digest
from regimen_advisor.words.catalogue import say

SCRIPTS = (
    "words", "evaluator", "sat", "reading", "history", "settling", "asking", "stack", "advice", "profile_text",
    "sources", "view", "glance", "changes", "pictures", "form", "quiz_run", "quiz", "quiz_result", "page",
)  # fmt: skip
"""The assets in the order in which they build on each other; with the tips they are the one script of the page."""
HERE = Path(__file__).parents[1]
SHARED = HERE / "reports" / "templates"
FIRST_EXAMPLE = "driver-negative-tps-50-untreated"
"""A patient with options of every strength, and with hazard ratios for the forest plot."""


def render_page(rulebook: Rulebook, examples: Iterable[Path] = (), quiz: Quiz | None = None) -> str:
    """The page as HTML; ``examples`` are profile files for its menu. Raises ``InputError`` for a broken one.

    With ``quiz`` the page is for a class: it opens on that quiz and shows nothing else.
    """
    environment = Environment(
        loader=PackageLoader("regimen_advisor", "reports/templates"), autoescape=True, undefined=StrictUndefined
    )
    # Unsorted: the order of facts, rules and regimens means something.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False, "separators": (",", ":")}
    environment.globals["say"] = say
    script, style = page_script(), page_style()
    return environment.get_template("page.html.j2").render(
        data=page_data(rulebook, examples, quiz),
        script=Markup(script),  # noqa: S704 - our own file, and the policy of the page holds its digest
        style=Markup(style),  # noqa: S704
        script_hash=policy_digest(script),
        style_hash=policy_digest(style),
    )


def page_html(rulebook: Rulebook, profiles: str | None) -> str:
    """The page as HTML. Raises ``InputError`` where the folder of profiles is missing or no folder."""
    folder = None if profiles is None else Path(profiles)
    if folder is not None and not folder.is_dir():
        raise InputError.at(Location(str(folder)), say("page_option_error.no_folder"))
    return render_page(rulebook, example_profiles(folder))


def page_script() -> str:
    """The one script of the page."""
    files = (*(HERE / "page" / "assets" / f"{name}.js" for name in SCRIPTS), SHARED / "tips.js")
    texts = [file.read_text(encoding="utf-8") for file in files]
    return "\n".join(["", *texts])


def page_style() -> str:
    """The style that every report has, and what the page adds to it."""
    files = (SHARED / "tokens.css", SHARED / "report.css", HERE / "page" / "assets" / "page.css")
    return "\n".join(["", *(file.read_text(encoding="utf-8") for file in files)])


def example_profiles(folder: Path | None = None) -> list[Path]:
    """The profiles of a folder; without one, those next to the rules. The one to begin with comes first."""
    if folder is None:
        inside = HERE / "profiles"
        folder = inside if inside.is_dir() else HERE.parents[1] / "profiles"
    return sorted(yaml_files(folder), key=lambda file: (file.stem != FIRST_EXAMPLE, file.stem))
