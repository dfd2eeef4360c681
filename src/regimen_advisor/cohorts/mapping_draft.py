"""Drafts of mappings: columns that look like a key of a profile, for a person to check and complete."""

from __future__ import annotations

import difflib
import re

import polars as pl

from regimen_advisor.cohorts.mapping import NOT_MAPPED
from regimen_advisor.columns.cells import read_cell
from regimen_advisor.patient.facts import ChoiceFact, Domain, SetFact
from regimen_advisor.patient.profile import Profile

_SHOWN = 12
_ALSO = {"pd_l1_tps": "pdl1", "prior_lines": "line"}
"""What the columns of registries hold in their names where it is not the key itself."""


def suggest_mapping(table: pl.LazyFrame, domain: Domain, title: str) -> str:
    """A draft of a mapping in YAML: columns that look like a key, cells that are a word of it; to be checked."""
    names = table.collect_schema().names()
    lines = [f"title: {_quoted(title)}", *_id_line(names), "missing: [NA]", "keys:"]
    for key in (name for name in Profile.model_fields if name not in NOT_MAPPED):
        column = _nearest(key, names)
        if column is None:
            lines.append(f"  # {key}: no column looks like it")
            continue
        lines += [f"  {key}:", f"    column: {_quoted(column)}"]
        cells = table.select(pl.col(column).cast(pl.String).drop_nulls().unique().sort().head(200)).collect()
        lines += _value_lines(key, cells.to_series().to_list(), domain)
    return "\n".join(lines) + "\n"


def _id_line(names: list[str]) -> list[str]:
    found = next((name for name in names if _folded(name) in ("id", "patientid", "patient", "caseid")), None)
    return [f"id: {_quoted(found)}"] if found else ["# id: the column that names the patient"]


def _value_lines(key: str, cells: list[str], domain: Domain) -> list[str]:
    if all(read_cell(key, text, domain) for text in cells if text not in ("", "NA")):
        return []
    fact = domain.facts[key]
    words = fact.domain if isinstance(fact, ChoiceFact) else fact.members if isinstance(fact, SetFact) else ()
    folded = {_folded(word): word for word in words}
    lines = ["    values:"]
    for text in cells[:_SHOWN]:
        same = folded.get(_folded(text))
        lines.append(f"      {_quoted(text)}: {_quoted(same)}" if same else f"      # {_quoted(text)}: ?")
    if len(cells) > _SHOWN:
        lines.append(f"      # and {len(cells) - _SHOWN} more")
    if not any(not line.lstrip().startswith("#") for line in lines[1:]):
        lines[0] = "    # values:"
    return lines


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _nearest(key: str, names: list[str]) -> str | None:
    words = {_folded(name): name for name in names}
    wanted = _ALSO.get(key, _folded(key))
    if wanted in words:
        return words[wanted]
    holding = [name for name in words if wanted in name]
    near = holding or difflib.get_close_matches(wanted, list(words), n=1, cutoff=0.8)
    return words[min(near, key=len)] if near else None


def _quoted(text: object) -> str:
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
