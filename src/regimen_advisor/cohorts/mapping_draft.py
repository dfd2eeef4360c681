"""Draft a mapping from the columns of a table, for a person to check before anything is judged by it.

Every guess ends in ``# CHECK``, and a mapping is refused while one is left.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regimen_advisor.cohorts.draft_words import DOUBTFUL, YES_AND_NO, guessed, says_nothing
from regimen_advisor.cohorts.mapping import NOT_MAPPED
from regimen_advisor.cohorts.mapping_file import CHECK
from regimen_advisor.columns.cells import MISSING, comparable, drug_parts, drug_word
from regimen_advisor.patient.facts import Domain
from regimen_advisor.patient.profile import Profile
from regimen_advisor.words.catalogue import joined, say

_SAMPLE, _SHOWN, _LOOKED_AT = 5, 30, 50
_NAMES: Mapping[str, str] = {
    "disease": r"disease|diagnos|entity|cancertype|tumou?rtype",
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
_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "comorbidities": {
        "interstitial-lung-disease": r"\bild\b|interstitial|pneumonitis|lung fibrosis",
        "autoimmune-disease": r"auto ?immun",
        "venous-thromboembolism": r"\b(?:vte|dvt|pe)\b|venous|pulmonary embol|deep vein",
        "arterial-thromboembolism": r"\b(?:ate|mi)\b|arterial|stroke|infarct",
        "anticoagulation": r"anti ?coag|warfarin|\bdoac",
        "uncontrolled-hypertension": r"\bhtn\b|hypertens",
        "proteinuria": r"proteinur",
    },
    "bleeding_risk": {
        "cavitation": r"cavit",
        "necrosis": r"necro",
        "haemoptysis": r"ha?emopt",
        "central": r"\bcentral",
        "major-vessel-invasion": r"vessel|vascular inva",
    },
}
"""By the key of a set and its member the names of a column of yes and no that may say it."""
_OF_TODAY = ("stage", "extent")
"""Keys whose column is to be checked for the day that it is of."""
_COUNTS_BEFORE = re.compile(r"prior|previous|before|past")
_OF_A_LINE = re.compile(
    r"(?:line|regimen|l) ?(\d)(?!\d)|(?<!\d)(\d) ?(?:st|nd|rd|th)? ?(?:line|l(?![a-z]))|\b(first|second|third)[ -]?line"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3}
_WORD_OF_DRUGS = re.compile(r"drug|treat|therap|regimen|line|agent|medic")
_WORD_OF_OUTCOME = re.compile(r"outcome|response|progress|reason|result|\bend\b|status")
_WORD_OF_CURE = re.compile(r"adjuvant|curative")
_WORD_OF_GIVEN = re.compile(r"current|given|actual")
_NAME_OF_PATIENT = re.compile(
    r"^(?:record|case|subject|study)?(?:id|no|nr|num(?:ber)?)$|patient(?!s)|mrn|^(?:pat|pt)(?:ient)?(?:id|no|nr|num(?:ber)?)?$"
)


@dataclass(frozen=True)
class _Column:
    """A column of the table with its distinct cells, the commonest first, and how often each occurs."""

    name: str
    cells: tuple[tuple[str, int], ...]

    @property
    def filled_cells(self) -> tuple[tuple[str, int], ...]:
        """The cells that are filled."""
        return tuple((text, rows) for text, rows in self.cells if not says_nothing(text))

    @property
    def silent_cells(self) -> tuple[tuple[str, int], ...]:
        """The words that mean missing in many tables."""
        return tuple((text.strip(), rows) for text, rows in self.cells if says_nothing(text) and text.strip())

    @property
    def sample(self) -> str:
        """A few of its cells."""
        return joined(_quoted(text) for text, _ in self.filled_cells[:_SAMPLE]) or say("mapping_draft.empty_cells")

    @property
    def is_dummy(self) -> bool:
        """Whether its cells are only 0 and 1."""
        return {text.strip() for text, _ in self.filled_cells} <= {"0", "1", "0.0", "1.0"}

    @property
    def says_yes_and_no(self) -> bool:
        """Whether its cells are only yes and no, in whatever words."""
        return bool(self.filled_cells) and all(comparable(text) in YES_AND_NO for text, _ in self.filled_cells)


def suggest_mapping(table: pl.LazyFrame, domain: Domain, title: str) -> str:
    """A draft of a mapping in YAML: for each key every column that may say it, with a sample of its cells."""
    names = table.collect_schema().names()
    columns = _Columns(table)
    keys: list[str] = []
    for key in (name for name in Profile.model_fields if name not in (*NOT_MAPPED, "history")):
        flags = _flag_lines(key, names, columns)
        keys += flags or _key_lines(key, [columns[name] for name in _rivals(key, names)], domain)
    drugs = list(_drug_lines(names, columns, domain))
    head = [f"title: {_quoted(title)}", *_id_lines(names, columns), *_missing_lines(columns)]
    return "\n".join([*head, "keys:", *keys, *drugs]) + "\n"


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

    @property
    def looked_at(self) -> Iterable[_Column]:
        """The columns that were asked for."""
        return self._known.values()


def _missing_lines(columns: _Columns) -> list[str]:
    """The words that mean missing, each once, with what else it may mean."""
    found: dict[str, tuple[str, int]] = {}
    for column in columns.looked_at:
        for text, rows in column.silent_cells:
            first, before = found.get(comparable(text), (text, 0))
            found[comparable(text)] = (first, before + rows)
    found = {word: cell for word, cell in found.items() if word not in {"na", *MISSING}}
    if not found:
        return ["missing: [NA]"]
    lines = [
        f"  - {_quoted(text)}  # {CHECK}: {_remarks(say('count.cell', count=rows), DOUBTFUL.get(word))}"
        for word, (text, rows) in found.items()
    ]
    return ["missing:", "  - NA", *lines]


def _remarks(first: str, entry: str | None, **fields: object) -> str:
    """The sample behind a guess, and then the entry of the catalogue, if there is one."""
    return joined([first, *([say(f"mapping_draft.{entry}", **fields)] if entry else [])], "lists")


def _flag_lines(key: str, names: Sequence[str], columns: _Columns) -> list[str]:
    """The columns of yes and no that may each say a member of a set."""
    lines = [
        f"      {_quoted(name)}: {member}  # {CHECK}: {columns[name].sample}"
        for member, pattern in _MEMBERS.get(key, {}).items()
        for name in names
        if re.search(pattern, _spaced(name)) and columns[name].says_yes_and_no
    ]
    return [f"  {key}:", "    flags:", *lines] if lines else []


def _rivals(key: str, names: Sequence[str]) -> list[str]:
    """The columns whose names may mean a key, the nearest name first."""
    wanted = _folded(key)
    names = [name for name in names if not _is_of_another_kind(key, name)]
    found = [name for name in names if re.search(_NAMES.get(key, wanted), _folded(name))]
    near = difflib.get_close_matches(wanted, [_folded(name) for name in names], n=len(names) or 1, cutoff=0.8)
    found += [name for name in names if _folded(name) in near and name not in found]
    return sorted(found, key=lambda name: (_folded(name) != wanted, len(name)))


def _is_of_another_kind(key: str, name: str) -> bool:
    """Whether a column is a day, or how one of several lines ended, which is a part of the history."""
    return "date" in _folded(name) or (key == "last_outcome" and _line_of(name) is not None)


def _key_lines(key: str, rivals: list[_Column], domain: Domain) -> list[str]:
    if not rivals:
        return [f"  # {key}: {say('mapping_draft.no_column')}"]
    refused = {column.name: _refusal(key, column) for column in rivals}
    read = {column.name: _rows_read(key, column, domain) for column in rivals if not refused[column.name]}
    best = max(read, key=lambda name: read[name], default=None)
    if best is not None and not read[best]:
        best = None
    lines = []
    for column in rivals:
        if column.name != best:
            reason = refused[column.name] or say("mapping_draft.rows_read", count=read[column.name])
            lines.append(f"  # {key}? {_quoted(column.name)}: {column.sample} ({reason})")
    if best is None:
        return [*lines, f"  # {key}: {say('mapping_draft.none_read')}"]
    (drafted,) = (column for column in rivals if column.name == best)
    remarks = _remarks(drafted.sample, "of_today" if key in _OF_TODAY else None)
    lines += [f"  {key}:", f"    column: {_quoted(best)}  # {CHECK}: {remarks}"]
    return [*lines, *_value_lines(key, drafted, domain)]


def _refusal(key: str, column: _Column) -> str | None:
    """Why a column is not drafted for a key though its name looks like it."""
    if not column.filled_cells:
        return say("mapping_draft.empty")
    if key == "pd_l1_tps" and column.is_dummy:
        return say("mapping_draft.dummy")
    if key == "prior_lines" and not _COUNTS_BEFORE.search(_folded(column.name)):
        return say("mapping_draft.line_or_before")
    return None


def _rows_read(key: str, column: _Column, domain: Domain) -> int:
    return sum(rows for text, rows in column.filled_cells if guessed(key, text, domain) is not None)


def _value_lines(key: str, column: _Column, domain: Domain, indent: str = "    ") -> list[str]:
    """A line for each cell that is not written as in a profile: what it means, or a mark that this is not known yet."""
    known, open_ = [], []
    for text, rows in column.filled_cells:
        plain = guessed(key, text, domain)
        if plain is None:
            open_.append((text, rows))
        elif isinstance(plain, bool | str) and plain != text:
            written = str(plain).lower() if isinstance(plain, bool) else _quoted(plain)
            known.append(f"{indent}  {_quoted(text)}: {written}  # {CHECK}: {say('count.row', count=rows)}")
    lines = [f"{indent}values:", *known] if known else []
    if open_:
        lines.append(f"{indent}# {say('mapping_draft.open_cells')}")
    lines += [f"{indent}#   {_quoted(text)}: ?  # {say('count.row', count=rows)}" for text, rows in open_[:_SHOWN]]
    if len(open_) > _SHOWN:
        left = sum(rows for _, rows in open_[_SHOWN:])
        more = say("mapping_draft.more_cells", cells=len(open_) - _SHOWN, count=left)
        lines.append(f"{indent}#   {more}")
    return lines


def _id_lines(names: Sequence[str], columns: _Columns) -> list[str]:
    """The columns that may name the patient; the one drafted names most of them once."""
    may = [name for name in names if _NAME_OF_PATIENT.search(_folded(name)) and columns[name].filled_cells]
    repeats = {name: sum(rows > 1 for _, rows in columns[name].filled_cells) for name in may}
    may_be = [name for name in may if 2 * repeats[name] <= len(columns[name].filled_cells)]
    best = min(may_be, key=lambda name: (repeats[name], "id" not in _folded(name), len(name)), default=None)
    lines = [f"# id? {_quoted(name)}: {columns[name].sample}" for name in may if name != best]
    if best is None:
        return [*lines, f"# id: {say('mapping_draft.no_id')}"]
    sample = columns[best].sample
    remarks = _remarks(sample, "repeated", count=repeats[best]) if repeats[best] else sample
    return [*lines, f"id: {_quoted(best)}  # {CHECK}: {remarks}"]


def _line_of(name: str) -> int | None:
    """The number of the line that the name of a column points to."""
    found = _OF_A_LINE.search(_spaced(name)) or _OF_A_LINE.search(_folded(name))
    if found is None:
        return None
    return _ORDINALS[found[3]] if found[3] else int(found[1] or found[2])


def _drug_lines(names: Sequence[str], columns: _Columns, domain: Domain) -> Iterator[str]:
    """The columns whose cells are drugs: of a line where the name numbers one, else perhaps the drugs given."""
    drugs = [name for name in names if _may_be_drugs(name) and _holds_drugs(columns[name], domain)]
    cure = next((name for name in drugs if _WORD_OF_CURE.search(_folded(name))), None)
    lines = {name: line for name in drugs if name != cure and (line := _line_of(name)) is not None}
    by_line = {line: name for name, line in reversed(lines.items())}
    if not drugs:
        yield f"# history, given: {say('mapping_draft.no_drugs')}"
    in_order = [line for position, line in enumerate(sorted(by_line), start=1) if line == position]
    if in_order or cure:
        yield "history:"
    if cure:
        yield "  - setting: curative"
        yield f"    drugs: {{column: {_quoted(cure)}}}  # {CHECK}: {columns[cure].sample}"
    for line in in_order:
        name = by_line[line]
        yield f"  - line: {line}"
        yield f"    drugs: {{column: {_quoted(name)}}}  # {CHECK}: {columns[name].sample}"
        yield from _outcome_lines(line, names, columns, domain)
    used = {by_line[line] for line in in_order} | {cure}
    unused = [name for name in drugs if name not in used]
    for name in unused:
        yield f"# {say('mapping_draft.or_history')} {_quoted(name)}: {columns[name].sample}"
    given = unused if len(unused) == 1 else [name for name in unused if _WORD_OF_GIVEN.search(_folded(name))]
    if len(given) == 1:
        yield f"given: {{column: {_quoted(given[0])}}}  # {CHECK}: {say('mapping_draft.given')}"


def _outcome_lines(line: int, names: Sequence[str], columns: _Columns, domain: Domain) -> Iterator[str]:
    """The column that may say how a line ended."""
    may = [name for name in names if _line_of(name) == line and _WORD_OF_OUTCOME.search(_spaced(name))]
    read = {name: _rows_read("outcome", columns[name], domain) for name in may}
    best = max(read, key=lambda name: read[name], default=None)
    if best is not None and read[best]:
        yield "    outcome:"
        yield f"      column: {_quoted(best)}  # {CHECK}: {columns[best].sample}"
        yield from _value_lines("outcome", columns[best], domain, "      ")


def _may_be_drugs(name: str) -> bool:
    return bool(_WORD_OF_DRUGS.search(_folded(name)) or _line_of(name) is not None)


def _holds_drugs(column: _Column, domain: Domain) -> bool:
    cells = column.filled_cells[:_LOOKED_AT]
    known = [text for text, _ in cells if _is_drugs(text, domain)]
    return bool(cells) and 2 * len(known) >= len(cells)


def _is_drugs(text: str, domain: Domain) -> bool:
    formulary = domain.formulary
    return any(drug_word(part, formulary) for part in drug_parts(text, formulary))


def _spaced(text: str) -> str:
    """A name in small letters, its words parted by spaces."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[^a-z0-9]", " ", parted.lower()).split())


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in written)
