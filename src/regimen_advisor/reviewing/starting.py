"""Write the files of a new pack: a source, a study, a rule, a case and a workflow, all invented, to be replaced.

The rule is a note, so that nobody is offered a drug by a pack that was not worked on yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from regimen_advisor.files.errors import InputError, Location, Problem
from regimen_advisor.knowledge.rulebook import Rulebook

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PROJECT = """\
# The rules that every verb takes in this folder: those that ship with regimen-advisor, and the pack.
rules: [shipped, pack]
"""
_PACK = """\
name: {name}
title: {title}
# To replace or retire an entry of the rules that ship, name it here with a reason:
# retires:
#   - {{rule: gefitinib-apatinib-first-line, reason: The guideline no longer names apatinib.}}
"""
_SOURCE = """\
- key: {name}
  title: {title}
  cited_as: {label}
  kind: guideline
  language: en
  # speaks_to: "2026-01"  # the date up to which it speaks
  note: Invented. Put your own source in its place.
  sections:
    - {{number: "1", title: ALK fusions}}
"""
_TEXT = """\
1 ALK fusions

In the invented study INVENTED-1 of 120 patients with an ALK fusion the response rate was 45%.
"""
_NUMBERS = """\
# Made by `regimen-advisor sources number text.txt --source {name} --write`. With it `check` traces every figure.
{name}:
  "1": >-
    1 45% 120patients
"""
_STUDY = """\
# Invented: there is no such study.
id: {name}-study
name: INVENTED-1
kind: trial
design: {{type: single-arm}}
population:
  biomarker: ALK fusion
n: {{value: 120, source: {{review: {name}, section: "1"}}}}
arms:
  - name: ALK inhibitor
    role: experimental
    drugs: [{{drug: alk-tki}}]
results:
  - endpoint: ORR
    measure: rate
    unit: "%"
    values:
      - {{of: ALK inhibitor, value: 45}}
    source: {{review: {name}, section: "1"}}
cited_in: [{{review: {name}, sections: ["1"]}}]
"""
_RULE = """\
setting: {name}
title: {title} (NSCLC)
disease: nsclc
rules:
  # A note decides nothing. `offer`, `exclude` and `caution` are written the same way; see `regimen-advisor help rules`.
  - id: {name}-alk-note
    note: An invented note on ALK fusions
    when:
      extent: metastatic
      alk: positive
    studies: [{name}-study]
    source: {{review: {name}, section: "1"}}
    says: This sentence is invented; it shows where the words of your source go.
"""
_CASE = """\
name: "The note is shown where there is an ALK fusion."
profile: {{disease: nsclc, extent: metastatic, alk: positive}}
says:
  - {{note: {name}-alk-note, studies: [{name}-study]}}
source: {{review: {name}, section: "1"}}
---
name: "Without an ALK fusion the note is not shown."
profile: {{disease: nsclc, extent: metastatic, alk: negative}}
says_not: [{name}-alk-note]
source: {{review: {name}, section: "1"}}
---
name: "Before the disease has spread the note is not shown."
profile: {{disease: nsclc, extent: locally-advanced, alk: positive}}
says_not: [{name}-alk-note]
source: {{review: {name}, section: "1"}}
"""
_WORKFLOW = """\
# Put the owner of regimen-advisor in place of OWNER, and the commit that you have looked at in place of COMMIT.
name: Rules
on: [push, pull_request]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "git+https://github.com/OWNER/regimen-advisor@COMMIT"
      - run: regimen-advisor check --format github
      - run: regimen-advisor test cases --fail-on-empty --format github
"""


def new_pack(name: str, rulebook: Rulebook) -> Mapping[str, str]:
    """The files of a new pack by their paths, for a name that nothing of ``rulebook`` has.

    Raises ``InputError`` for a name that is no id, or that is taken.
    """
    if not _NAME.fullmatch(name):
        help = "give one with --name"
        raise InputError.at(Location("--name"), f"expected a name such as `my-guideline`, found `{name}`", help)
    taken = {
        "source": (name, rulebook.reviews),
        "study": (f"{name}-study", rulebook.studies),
        "rule": (f"{name}-alk-note", rulebook.rules),
    }
    problems = [
        Problem(Location("--name"), f"expected a new name: the {kind} `{id}` is there already")
        for kind, (id, known) in taken.items()
        if id in known
    ]
    if problems:
        raise InputError(problems)
    words = {"name": name, "title": _title(name), "label": _label(name, rulebook)}
    files = {
        "regimen-advisor.yaml": _PROJECT,
        "text.txt": _TEXT,
        "pack/pack.yaml": _PACK,
        "pack/reviews.yaml": _SOURCE,
        "pack/section-numbers.yaml": _NUMBERS,
        f"pack/studies/{name}-study.yaml": _STUDY,
        f"pack/nsclc/{name}.yaml": _RULE,
        f"cases/{name}.case.yaml": _CASE,
    }
    made = {path: text.format_map(words) for path, text in files.items()}
    return {**made, ".github/workflows/rules.yml": _WORKFLOW}


def _title(name: str) -> str:
    """The name in words, to be written over."""
    return name.replace("-", " ").capitalize()


def _label(name: str, rulebook: Rulebook) -> str:
    """The first letters of the name, or all of it where another source is cited by them."""
    short = "".join(word[0] for word in name.split("-")).upper()
    return name.upper() if short in {review.cited_as for review in rulebook.reviews.values()} else short
