"""Write the files of a new pack: a source, a study, a rule, a case and a workflow, all invented, to be replaced.

The rule is a note, so that nobody is offered a drug by a pack that was not worked on yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.files.output import read_text
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.words.catalogue import say

_INSIDE = Path(__file__).parents[1]
_HOME = _INSIDE if (_INSIDE / "examples").is_dir() else Path(__file__).parents[3]
"""Where the examples are: inside an installed package, next to ``src`` in a checkout."""
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_pack(name: str, rulebook: Rulebook) -> Mapping[str, str]:
    """The files of a new pack by their paths, for a name that nothing of ``rulebook`` has.

    Raises ``InputError`` for a name that is no id, or that is taken.
    """
    if not _NAME.fullmatch(name):
        raise InputError.at(Location("--name"), say("new_pack.name", found=name), say("new_pack.give_name"))
    taken = {
        "source": (name, rulebook.reviews),
        "study": (f"{name}-study", rulebook.studies),
        "rule": (f"{name}-alk-note", rulebook.rules),
    }
    problems = [
        Problem(Location("--name"), say(f"new_pack_taken.{kind}", id=id))
        for kind, (id, known) in taken.items()
        if id in known
    ]
    if problems:
        raise InputError(problems)
    title, label = _title(name), _label(name, rulebook)
    return {
        "regimen-advisor.yaml": say("new_pack.project"),
        "text.txt": say("new_pack.text"),
        "pack/pack.yaml": say("new_pack.pack", name=name, title=title),
        "pack/reviews.yaml": say("new_pack.source", name=name, title=title, label=label),
        "pack/section-numbers.yaml": say("new_pack.numbers", name=name),
        f"pack/studies/{name}-study.yaml": say("new_pack.study", name=name),
        f"pack/nsclc/{name}.yaml": say("new_pack.rule", name=name, title=title),
        f"cases/{name}.case.yaml": say("new_pack.case", name=name),
        ".github/workflows/rules.yml": say("new_pack.workflow"),
    }


def example() -> Mapping[str, str]:
    """The example pack, its text and its cases, and the example patients, by their paths from one folder on."""
    files = [file for name in ("examples", "profiles") for file in sorted((_HOME / name).rglob("*")) if file.is_file()]
    return {file.relative_to(_HOME).as_posix(): read_text(file)[0] for file in files}


def _title(name: str) -> str:
    """The name in words, to be written over."""
    return name.replace("-", " ").capitalize()


def _label(name: str, rulebook: Rulebook) -> str:
    """The first letters of the name, or all of it where another source is cited by them."""
    short = "".join(word[0] for word in name.split("-")).upper()
    return name.upper() if short in {review.cited_as for review in rulebook.reviews.values()} else short
