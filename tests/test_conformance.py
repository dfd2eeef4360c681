"""One corpus of patients, and every engine held to it: interpreter, durable-rules, solver, columns, the page's script.

``GAPS`` declares what an engine has no answer to; a gap that was closed fails, so the table stays true.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

import conforming
from conftest import needed, sized
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Truth

Json = dict[str, Any]
Engine = Callable[[Sequence[Json], Guideline], list[Json]]
ASPECTS = ("facts", "node_by_node", "standings", "deciding", "questions")


def interpreter(corpus: Sequence[Json], guideline: Guideline) -> list[Json]:
    cases = [guideline.case(entry["profile"]) for entry in corpus]
    return [
        {
            "facts": conforming.known_facts(conforming.facts_of(case.patient.facts), guideline),
            "node_by_node": conforming.shown(
                {
                    name: standing_of(
                        *(any_of(case.judged[rule.id].truth for rule in rules) for rules in sides(rules_about))
                    )
                    for name, rules_about in guideline.regimens.items()
                }
            ),
        }
        for case in cases
    ]


def durable_rules(corpus: Sequence[Json], guideline: Guideline) -> list[Json]:
    if guideline.second_engine is None:
        pytest.skip("durable-rules cannot be imported here")
    found = [guideline.second_engine.judge(guideline.case(entry["profile"]).patient.facts) for entry in corpus]
    return [
        {
            "node_by_node": conforming.shown(
                {
                    name: standing_of(*(any_of(truths[rule.id] for rule in rules) for rules in sides(rules_about)))
                    for name, rules_about in guideline.regimens.items()
                }
            )
        }
        for truths in found
    ]


def solver(corpus: Sequence[Json], guideline: Guideline) -> list[Json]:
    answers = []
    for entry in corpus:
        case = guideline.case(entry["profile"])
        exact = guideline.solver.standings(case.patient)
        standings = conforming.shown({name: value.standing for name, value in exact.items()})
        truths = guideline.solver.rule_truths(guideline.rulebook.rules, case.patient)
        answers.append({"standings": standings, "deciding": conforming.deciding(standings, truths, guideline)})
        if "questions" in entry:
            single = case.questions().single
            answers[-1]["questions"] = conforming.settling(
                [(each_entry.key, each_entry.settles) for each_entry in single]
            )
    return answers


def columns(corpus: Sequence[Json], guideline: Guideline) -> list[Json]:
    pytest.importorskip("polars")
    from regimen_advisor.columns.engine import ColumnEngine  # noqa: PLC0415
    from regimen_advisor.columns.exact.corrections import with_answers  # noqa: PLC0415
    from regimen_advisor.columns.exact.open_cases import OpenCases  # noqa: PLC0415
    from tables import table  # noqa: PLC0415

    rows = table([entry["profile"] for entry in corpus]).with_row_index("row")
    engine, names = ColumnEngine(guideline.rulebook), list(guideline.regimens)
    node = engine.standings(engine.facts(rows.lazy()), ["row"]).collect()
    exact = with_answers(node.lazy(), OpenCases(engine).answers(rows).lazy(), names).collect()

    def shown(row: Mapping[str, str]) -> Json:
        return conforming.shown({name: row[name] for name in names})

    return [
        {"node_by_node": shown(first), "standings": shown(second)}
        for first, second in zip(node.rows(named=True), exact.sort("row").rows(named=True), strict=True)
    ]


def page(corpus: Sequence[Json], guideline: Guideline) -> list[Json]:
    from regimen_advisor.page.building import page_script  # noqa: PLC0415
    from regimen_advisor.page.data import page_data  # noqa: PLC0415

    given = {
        "scripts": [page_script()],
        "data": page_data(guideline.rulebook, ()),
        "profiles": [[entry["profile"], "questions" in entry] for entry in corpus],
    }
    script = conforming.CORPUS / "engine.js"
    ran = subprocess.run(
        [needed("node"), str(script)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    answers = []
    for entry, found in zip(corpus, json.loads(ran.stdout), strict=True):
        standings = conforming.shown(found["standings"])
        answers.append(
            {
                "facts": conforming.known_facts(found["facts"], guideline),
                "node_by_node": conforming.shown(found["node_by_node"]),
                "standings": standings,
                "deciding": conforming.deciding(standings, found["truths"], guideline),
            }
        )
        if "questions" in entry:
            answers[-1]["questions"] = conforming.settling(found["questions"])
    return answers


ENGINES: Mapping[str, Engine] = {
    "interpreter": interpreter, "durable-rules": durable_rules, "solver": solver, "columns": columns, "page": page,
}  # fmt: skip
GAPS: Mapping[str, frozenset[str]] = {
    "interpreter": frozenset({"standings", "deciding", "questions"}),
    "durable-rules": frozenset({"facts", "standings", "deciding", "questions"}),
    "solver": frozenset({"facts", "node_by_node"}),
    "columns": frozenset({"facts", "deciding", "questions"}),
    "page": frozenset(),
}


def sides(value: Any) -> tuple[Any, Any, Any]:
    return value.offers, value.exclusions, value.cautions


def any_of(truths: Any) -> Truth:
    found = set(truths)
    return Truth.TRUE if Truth.TRUE in found else Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.FALSE


@pytest.fixture(scope="module")
def corpus() -> list[Json]:
    """All patients; at home every fifth, some 14 of them with questions."""
    return conforming.corpus()[:: sized(1, 5)]


@pytest.fixture(scope="module", params=ENGINES)
def answered(request: pytest.FixtureRequest, corpus: list[Json], shipped: Rulebook) -> tuple[str, list[Json]]:
    """An engine by name, with what it answers of every patient of the corpus."""
    return request.param, ENGINES[request.param](corpus, Guideline.of(shipped))


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_engine_answers_as_the_corpus_says(
    answered: tuple[str, list[Json]], corpus: list[Json], aspect: str
) -> None:
    engine, answers = answered
    is_answered = any(aspect in answer for answer in answers)
    assert is_answered is (aspect not in GAPS[engine]), "a gap must be declared, and only a gap"
    for entry, answer in zip(corpus, answers, strict=True):
        if is_answered and aspect in entry:
            assert answer[aspect] == entry[aspect], f"{engine}: {entry['name']}: {entry['profile']}"


def test_the_corpus_is_that_of_the_rules_as_they_are(corpus: list[Json], shipped: Rulebook) -> None:
    guideline = Guideline.of(shipped)
    for entry in corpus[:: sized(1, 2)]:
        case = guideline.case(entry["profile"])
        again = conforming.entry_of(entry["name"], entry["profile"], case, asked="questions" in entry)
        assert again == entry, "run `python tests/conforming.py` after a change of rules or facts, and read the diff"


def test_the_corpus_has_many_patients_of_every_standing_and_each_example() -> None:
    corpus = conforming.corpus()
    found = [standing for entry in corpus for standing in entry["standings"].values()]
    assert len(corpus) >= 500
    assert all(found.count(standing.value) > 100 for standing in Standing if standing is not Standing.NOT_INDICATED)
    held = [(entry["name"], entry["profile"]) for entry in corpus]
    changed = [name for name, profile in conforming.examples() if (name, profile) not in held]
    assert not changed, "run `python tests/conforming.py` after a change of `profiles`, and read the diff"
    assert sum("questions" in entry for entry in corpus) > 50
    assert sum(entry["node_by_node"] != entry["standings"] for entry in corpus) >= 3, "some are settled further"
