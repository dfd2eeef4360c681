"""Write the rules as SQL for DuckDB, against which benchmarks/cohort.py times the columns. No verb uses it.

Of ``facts`` (a view on the table of narrowed facts) each column is one test: TRUE or FALSE where the facts settle it,
NULL where they leave it open. AND, OR and NOT of SQL carry the three truths as the rules mean them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Atom

_STANDING = """\
CREATE OR REPLACE TEMP MACRO standing(offer, exclusion, caution) AS
    CASE WHEN NOT offer THEN 4                                         -- not-indicated
         WHEN exclusion THEN 3                                         -- excluded
         WHEN offer AND NOT exclusion THEN if(caution, 1, 0)           -- offered-with-caution, offered
         ELSE 2                                                        -- undetermined
    END::UTINYINT;
"""


def standings_sql(rulebook: Rulebook, column: Callable[[Atom], str]) -> str:
    """A view ``standings`` on ``facts``: each finding and each effective rule is worked out once, then the regimens."""
    guideline = Guideline.of(rulebook)
    deciding = [(about.offers, about.exclusions, about.cautions) for about in guideline.regimens.values()]
    rules = {f"rule {rule.id}": guideline.effective[rule.id] for parts in deciding for rules in parts for rule in rules}
    findings: dict[str, Condition] = {}
    for condition in rules.values():
        findings |= _named(condition)
    layers = ["layer_0 AS (SELECT * FROM facts)"]
    for number, names in enumerate(_layers(findings), 1):
        layers.append(_layer(number, {f"finding {name}": findings[name] for name in names}, column))
    layers.append(_layer(len(layers), rules, column))
    regimens = []
    for name, parts in zip(guideline.regimens, deciding, strict=True):
        truths = (" OR ".join(f'"rule {rule.id}"' for rule in rules_of) or "FALSE" for rules_of in parts)
        regimens.append(f'standing({", ".join(truths)}) AS "{name}"')
    selected = ",\n    ".join(["id", *regimens])
    view = "CREATE OR REPLACE TEMP VIEW standings AS WITH\n" + ",\n".join(layers)
    return f"{_STANDING}\n{view}\nSELECT {selected}\nFROM layer_{len(layers) - 1};\n"


def _layer(number: int, conditions: Mapping[str, Condition], column: Callable[[Atom], str]) -> str:
    columns = [f'{_sql(condition, column)} AS "{name}"' for name, condition in conditions.items()]
    return f"layer_{number} AS (SELECT *,\n    " + ",\n    ".join(columns) + f"\n  FROM layer_{number - 1})"


def _layers(findings: Mapping[str, Condition]) -> list[list[str]]:
    """The findings in the order in which they can be worked out: each after those that it names."""
    layers: list[list[str]] = []
    done: set[str] = set()
    while len(done) < len(findings):
        ready = [name for name in findings if name not in done and _named(findings[name]).keys() <= done]
        layers.append(ready)
        done.update(ready)
    return layers


def _named(condition: Condition) -> dict[str, Condition]:
    """The findings that a condition names, and those that they name, each with its condition."""
    match condition:
        case Named(name=name, condition=inner):
            return {name: inner, **_named(inner)}
        case Not(part=part):
            return _named(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return {name: inner for part in parts for name, inner in _named(part).items()}
    return {}


def _sql(condition: Condition, column: Callable[[Atom], str]) -> str:
    match condition:
        case Leaf(atom=atom):
            return column(atom)
        case Named(name=name):
            return f'"finding {name}"'
        case Not(part=part):
            return f"NOT {_sql(part, column)}"
        case AllOf(parts=parts) | AnyOf(parts=parts):
            is_all = isinstance(condition, AllOf)
            joint = " AND " if is_all else " OR "
            return f"({joint.join(_sql(part, column) for part in parts)})" if parts else str(is_all).upper()
