"""Write the conformance corpus: patients with the facts, standings, deciding rules and questions of every engine.

``python tests/conforming.py`` writes ``tests/conformance/*.json`` again after a change of rules or facts. The answers
are those of the interpreter and the solver; ``test_conformance.py`` holds every engine to them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from generators import random_profile, random_reachable, with_more
from regimen_advisor.files.errors import InputError
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.sources import read_document
from regimen_advisor.guideline import Case, Guideline
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Choice, Members, Number, Truth, Value
from regimen_advisor.solving.solver import ImpossiblePatient

ROOT = Path(__file__).parent.parent
CORPUS = Path(__file__).parent / "conformance"
MADE, PER_FILE = 560, 100
ASKED = 8
"""Of one patient in so many the questions are held: to find them takes longer than all the rest."""

Json = dict[str, Any]


def files() -> list[Path]:
    """The files of the corpus, in order."""
    return sorted(CORPUS.glob("*.json"))


def corpus() -> list[Json]:
    """Every patient of the corpus."""
    return [entry for file in files() for entry in json.loads(file.read_text("utf-8"))]


# What is held of an answer -------------------------------------------------------------------------------------------


def facts_of(facts: Mapping[str, Value]) -> Json:
    """Facts as plain values: words for a choice, bounds for a number, what a set surely and possibly holds."""
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Value) -> Any:
    match value:
        case Choice(possible=possible):
            return sorted(possible)
        case Number(low=low, high=high, absent=absent):
            return [low, high, absent]
        case Members(must=must, may=may):
            return {"must": sorted(must), "may": sorted(may)}
    raise TypeError(value)


def known_facts(facts: Json, guideline: Guideline) -> Json:
    """The facts of which something is known."""
    unknown = facts_of(guideline.rulebook.domain.unknown)
    known = {name: value for name, value in facts.items() if value != unknown[name]}
    return {name: _short(value, unknown[name]) for name, value in known.items()}


def _short(value: Any, unknown: Any) -> Any:
    """A set by what it holds and what it surely does not hold, where that is shorter: most may hold many drugs."""
    if not isinstance(value, dict) or 2 * len(value["may"]) < len(unknown["may"]):
        return value
    return {"must": value["must"], "not": sorted({*unknown["may"]} - {*value["may"]})}


def shown(standings: Mapping[str, Any]) -> Json:
    """The standings that are not ``not-indicated``, as words."""
    words = {name: Standing(standing).value for name, standing in standings.items()}
    return {name: word for name, word in words.items() if word != Standing.NOT_INDICATED.value}


def deciding(standings: Json, truths: Mapping[str, Any], guideline: Guideline) -> Json:
    """For each regimen with a standing to show, the rules about it that hold."""
    return {
        name: sorted(rule.id for rule in guideline.regimens[name].rules if Truth(truths[rule.id]) is Truth.TRUE)
        for name in standings
    }


def settling(questions: Sequence[tuple[str, Sequence[str]]]) -> Json:
    """For each question whose answer alone can settle regimens, these."""
    return {key: sorted(settles) for key, settles in questions if settles}


def entry_of(name: str, profile: Json, case: Case, *, asked: bool) -> Json:
    """A patient of the corpus. Raises ``ImpossiblePatient`` where none can be as the profile says."""
    standings = shown(case.standings)
    made = {
        "name": name,
        "profile": profile,
        "facts": known_facts(facts_of(case.patient.facts), case.guideline),
        "node_by_node": shown(case.node_by_node),
        "standings": standings,
        "deciding": deciding(standings, case.truths, case.guideline),
    }
    if asked:
        made["questions"] = settling([(entry.key, entry.settles) for entry in case.questions().single])
    return made


# Making it -----------------------------------------------------------------------------------------------------------


def make(guideline: Guideline) -> Iterator[Json]:
    """Every example and boundary profile, then random patients: some of any kind, some made for a standing."""
    made = 0
    for name, profile in _profiles(guideline):
        try:
            yield entry_of(name, profile, guideline.case(profile), asked=made % ASKED == 0)
        except (InputError, ImpossiblePatient):
            continue
        made += 1
        if made == MADE:
            return


def examples() -> Iterator[tuple[str, Json]]:
    """Every profile of the folder ``profiles`` by its name."""
    for path in yaml_files(ROOT / "profiles", deep=True):
        if "mappings" not in path.parts:
            yield path.stem, dict(read_document(path).value)


def _profiles(guideline: Guideline) -> Iterator[tuple[str, Json]]:
    yield from examples()
    yield from _settled_further(guideline)
    random, number = Random(20261128), 0
    while True:
        number += 1
        yield f"any-{number}", random_profile(random, known=0.45)  # so much is open that the solver settles some
        regimen, standing, profile = random_reachable(random, guideline.rulebook)
        yield f"{regimen}-{standing.value}-{number}", with_more(random, profile, guideline.rulebook)


def _settled_further(guideline: Guideline, wanted: int = 5) -> Iterator[tuple[str, Json]]:
    """Random patients of whom judging node by node leaves open what the solver settles: few are so."""
    random, found = Random(3), 0
    for number in range(5_000):
        profile = random_profile(random, known=0.45)
        try:
            case = guideline.case(profile)
            differs = dict(case.standings) != dict(case.node_by_node)
        except (InputError, ImpossiblePatient):
            continue
        if differs:
            found += 1
            yield f"settled-further-{number}", profile
        if found == wanted:
            return


def write() -> None:
    """Write the corpus again."""
    entries = list(make(Guideline.load(ROOT / "rules")))
    for old in files():
        old.unlink()
    for start in range(0, len(entries), PER_FILE):
        lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries[start : start + PER_FILE])
        (CORPUS / f"patients-{start // PER_FILE + 1}.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    sys.stdout.write(f"{len(entries)} patients in {len(files())} files\n")


if __name__ == "__main__":
    write()
