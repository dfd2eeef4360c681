"""Draft a mapping from the columns of a table, for a person to check before anything is judged by it.

Every guess ends in ``# CHECK``, and a mapping is refused while one is left.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regimen_advisor.cohorts.mapping import NOT_MAPPED
from regimen_advisor.cohorts.mapping_file import CHECK
from regimen_advisor.columns.cells import MISSING, drug_parts, drug_word, read_cell
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import Profile

_SAMPLE, _SHOWN, _LOOKED_AT = 5, 30, 50
_SILENT = frozenset({*MISSING, "na", "n/a", "null"})
_NAMES: Mapping[str, str] = {
    "disease": r"disease|cancertype|tumou?rtype",
    "histology": r"histolog|morpholog|oncotree|cancertypedetailed",
    "stage": r"stage",
    "extent": r"extent|metasta",
    "ecog": r"ecog|performancestatus",
    "pd_l1_tps": r"pdl1|tps",
    "other_drivers": r"kras|braf|metex|ret(?:fusion|driver)|ntrk|her2|erbb2",
    "brain_metastases": r"brain|cns",
    "liver_metastases": r"liver|hepatic",
    "comorbidities": r"comorbid",
    "bleeding_risk": r"bleed|cavit|ha?emopt|necro",
    "prior_lines": r"line",
    "last_outcome": r"outcome|response|progress",
}
"""What the names of columns hold that may say a key, letters and digits only; else the key itself."""
_COUNTS_BEFORE = re.compile(r"prior|previous|before|past")
_OF_A_LINE = re.compile(r"(?:line|regimen|l)(\d)(?!\d)|(?<!\d)(\d)(?:st|nd|rd|th)?(?:line|l(?![a-z]))")
_WORD_OF_DRUGS = re.compile(r"drug|treat|therap|regimen|line|agent|medic")


@dataclass(frozen=True)
class _Column:
    """A column of the table with its distinct cells, the commonest first, and how often each occurs."""

    name: str
    cells: tuple[tuple[str, int], ...]

    @property
    def filled_cells(self) -> tuple[tuple[str, int], ...]:
        """The cells that say something."""
        return tuple((text, rows) for text, rows in self.cells if text.strip().lower() not in _SILENT)

    @property
    def sample(self) -> str:
        """A few of its cells."""
        return ", ".join(_quoted(text) for text, _ in self.filled_cells[:_SAMPLE]) or "nothing but empty cells"

    @property
    def is_dummy(self) -> bool:
        """Whether it says only yes and no, as 0 and 1."""
        return {text.strip() for text, _ in self.filled_cells} <= {"0", "1", "0.0", "1.0"}


def suggest_mapping(table: pl.LazyFrame, domain: Domain, title: str) -> str:
    """A draft of a mapping in YAML: for each key every column that may say it, with a sample of its cells."""
    names = table.collect_schema().names()
    columns = _Columns(table)
    lines = [f"title: {_quoted(title)}", *_id_lines(names, columns), "missing: [NA]", "keys:"]
    for key in (name for name in Profile.model_fields if name not in (*NOT_MAPPED, "history")):
        lines += _key_lines(key, [columns[name] for name in _rivals(key, names)], domain)
    return "\n".join([*lines, *_drug_lines(names, columns, domain)]) + "\n"


class _Columns:
    def __init__(self, table: pl.LazyFrame) -> None:
        self._table = table
        self._known: dict[str, _Column] = {}

    def __getitem__(self, name: str) -> _Column:
        if name not in self._known:
            cells = self._table.select(pl.col(name).cast(pl.String).alias("cell")).drop_nulls().group_by("cell").len()
            ranked = cells.sort(["len", "cell"], descending=[True, False]).collect(engine="streaming")
            self._known[name] = _Column(name, tuple(ranked.iter_rows()))
        return self._known[name]


def _rivals(key: str, names: Sequence[str]) -> list[str]:
    """The columns whose names may mean a key, the nearest name first."""
    wanted = _folded(key)
    found = [name for name in names if re.search(_NAMES.get(key, wanted), _folded(name))]
    near = difflib.get_close_matches(wanted, [_folded(name) for name in names], n=len(names) or 1, cutoff=0.8)
    found += [name for name in names if _folded(name) in near and name not in found]
    return sorted(found, key=lambda name: (_folded(name) != wanted, len(name)))


def _key_lines(key: str, rivals: list[_Column], domain: Domain) -> list[str]:
    if not rivals:
        return [f"  # {key}: no column looks like it"]
    refused = {column.name: _refusal(key, column) for column in rivals}
    read = {column.name: _rows_read(key, column, domain) for column in rivals if not refused[column.name]}
    best = max(read, key=lambda name: read[name], default=None)
    if best is not None and not read[best]:
        best = None
    lines = []
    for column in rivals:
        if column.name != best:
            reason = refused[column.name] or f"{_rows(read[column.name])} can be read"
            lines.append(f"  # {key}? {_quoted(column.name)}: {column.sample} ({reason})")
    if best is None:
        return [*lines, f"  # {key}: none of these columns can be read as it is"]
    (drafted,) = (column for column in rivals if column.name == best)
    lines += [f"  {key}:", f"    column: {_quoted(best)}  # {CHECK}: {drafted.sample}"]
    return [*lines, *_value_lines(key, drafted, domain)]


def _refusal(key: str, column: _Column) -> str | None:
    """Why a column is not drafted for a key though its name looks like it."""
    if not column.filled_cells:
        return "it is empty"
    if key == "pd_l1_tps" and column.is_dummy:
        return "only 0 and 1: yes or no, no percentage"
    if key == "prior_lines" and not _COUNTS_BEFORE.search(_folded(column.name)):
        return "the number of a line, or of the lines before it? `add: -1` makes the one of the other"
    return None


def _rows_read(key: str, column: _Column, domain: Domain) -> int:
    return sum(rows for text, rows in column.filled_cells if read_cell(key, text, domain) is not None)


def _value_lines(key: str, column: _Column, domain: Domain) -> list[str]:
    """What each cell that is not written as in a profile stands for, or that nobody knows yet."""
    known, open_ = [], []
    for text, rows in column.filled_cells:
        cell = read_cell(key, text, domain)
        if cell is None:
            open_.append((text, rows))
        elif isinstance(cell.plain, str) and cell.plain != text:
            known.append(f"      {_quoted(text)}: {_quoted(cell.plain)}  # {CHECK}: {_rows(rows)}")
    lines = ["    values:", *known] if known else []
    lines += ["    # cells that are not read, and so unknown; say what they stand for under `values`:"] if open_ else []
    lines += [f"    #   {_quoted(text)}: ?  # {_rows(rows)}" for text, rows in open_[:_SHOWN]]
    if len(open_) > _SHOWN:
        left = sum(rows for _, rows in open_[_SHOWN:])
        lines.append(f"    #   and {len(open_) - _SHOWN} more in {_rows(left)}")
    return lines


def _id_lines(names: Sequence[str], columns: _Columns) -> list[str]:
    """The columns that may name the patient; the one drafted names each of them once."""
    may = [name for name in names if re.search(r"^(?:record|case|subject)?id$|patient|mrn", _folded(name))]
    unique = [
        name for name in may if columns[name].filled_cells and all(rows == 1 for _, rows in columns[name].filled_cells)
    ]
    best = min(unique, key=lambda name: ("id" not in _folded(name), len(name)), default=None)
    lines = [f"# id? {_quoted(name)}: {columns[name].sample}" for name in may if name != best]
    if best is None:
        return [*lines, "# id: the column that names the patient; none of the names above occurs once a row"]
    return [*lines, f"id: {_quoted(best)}  # {CHECK}: {columns[best].sample}"]


def _drug_lines(names: Sequence[str], columns: _Columns, domain: Domain) -> Iterator[str]:
    """The columns whose cells are drugs: of a line where the name numbers one, else perhaps the drugs given."""
    drugs = [name for name in names if _WORD_OF_DRUGS.search(_folded(name)) and _holds_drugs(columns[name], domain)]
    lines = {name: int(found[1] or found[2]) for name in drugs if (found := _OF_A_LINE.search(_folded(name)))}
    by_line = {line: name for name, line in reversed(lines.items())}
    if not drugs:
        yield "# history, given: no column looks like drugs"
    in_order = [line for position, line in enumerate(sorted(by_line), start=1) if line == position]
    if in_order:
        yield "history:"
    for line in in_order:
        name = by_line[line]
        yield f"  - line: {line}"
        yield f"    drugs: {{column: {_quoted(name)}}}  # {CHECK}: {columns[name].sample}"
    used = {by_line[line] for line in in_order}
    unused = [name for name in drugs if name not in used]
    for name in unused:
        yield f"# given, or a part of the history? {_quoted(name)}: {columns[name].sample}"
    if len(unused) == 1:
        yield f"given: {{column: {_quoted(unused[0])}}}  # {CHECK}: the drugs that were then given?"


def _holds_drugs(column: _Column, domain: Domain) -> bool:
    cells = column.filled_cells[:_LOOKED_AT]
    known = [text for text, _ in cells if _is_drugs(text, domain)]
    return bool(cells) and 2 * len(known) >= len(cells)


def _is_drugs(text: str, domain: Domain) -> bool:
    formulary = domain.formulary
    return any(drug_word(part, formulary) for part in drug_parts(text, formulary))


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in written)
