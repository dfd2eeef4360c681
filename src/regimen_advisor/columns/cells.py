"""Read one cell of a table with the model of a profile: a distinct cell is read once, never a row.

A cell holds what the key of a profile may hold, written as text: a word, ``true``, a number, a range such as ``<1``
or ``1-49``, the members of a set joined by ``;``, ``,``, ``+`` or ``/`` (``not`` before a member that was looked for
and not found), or JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from pydantic import ValidationError

from regimen_advisor.columns.alterations import egfr_variant, other_driver, without_frame
from regimen_advisor.files.errors import InputError
from regimen_advisor.language.values import Facts
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, Outcome, SetFact
from regimen_advisor.patient.profile import HistoryEntry, Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.words.catalogue import say

MISSING = frozenset({"", "unknown"})
"""Cells that say nothing; they are unknown and not counted as unreadable."""

_GAP = re.compile(r"(?<=[^\W\d_])(?:\s+|[-_\u2010-\u2013])(?=\w)|(?<=\w)(?:\s+|[-_\u2010-\u2013])(?=[^\W\d_])")
"""What parts two words, or a word and a number: never a sign (``ALK-``, ``-1``) and never two numbers (``1-49``)."""
_TENTHS = re.compile(r"(\d{1,3}\.\d+)\s*(%?)")
_BETWEEN = re.compile(r"[;,+/]")
_ANOTHER_DISEASE = re.compile(
    r"another disease|(?:metastatic )?(?:breast|colorectal|colon|rectal|prostate|ovarian|cervical|endometrial"
    r"|pancreatic|gastric|o?esophageal|hepatocellular|renal(?: cell)?|kidney|bladder|urothelial|thyroid|thymic"
    r"|head and neck|testicular)(?: (?:cancer|carcinoma|adenocarcinoma))"
    r"|(?:malignant |pleural )*mesothelioma|melanoma|thymoma"
    r"|lymphoma|leuka?emia|multiple myeloma|glioblastoma|sarcoma",
    re.IGNORECASE,
)
"""What a table may say other than lung cancer; only a cell that says it and nothing else sets its row apart."""
_SALT = re.compile(
    r"[\s-]+(?:(?:di|mono)?hydrochloride|hcl|(?:di|bi)?tartrate|(?:di)?maleate|(?:di)?sodium|mes[yi]late|(?:di)?tosylate"
    r"|bes[yi]late|phosphate|citrate|fumarate|succinate|sul(?:f|ph)ate|acetate|malate|(?:mono|hemi|tri|hepta)?hydrate"
    r"|anhydrous)$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,3})\s*-\s*(\d{1,3})")
_BOUND = re.compile(r"(<=|>=|<|>)\s*(\d{1,3})")
_BOUND_WORDS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}


def comparable(text: str) -> str:
    """The form in which words are compared: one case, no hyphen and no space between words."""
    return _GAP.sub("", " ".join(text.split())).casefold()


@dataclass(frozen=True)
class Cell:
    """``plain`` is the value as a profile would hold it; ``patient`` a patient of whom nothing else is known."""

    plain: Any
    patient: Patient
    apart: str | None = None
    """Why a row with this cell is no patient for the rules: it says another disease."""

    @property
    def facts(self) -> Facts:
        """The facts as the cell alone narrows them."""
        return self.patient.facts


def read_cell(key: str, text: str, domain: Domain) -> Cell | None:
    """What the cell ``text`` of the column ``key`` says; ``None`` if it cannot be read."""
    try:
        return cell_of(key, plain_value(key, text, domain), domain)
    except (ValidationError, InputError, ValueError, RecursionError):
        return None


def cell_of(key: str, plain: Any, domain: Domain) -> Cell:
    """A cell that says ``plain``; it may be refused by the profile's model."""
    if key == "disease" and isinstance(plain, str) and _ANOTHER_DISEASE.fullmatch(plain):
        nothing = read(Profile.model_validate({key: "unknown"}), domain)
        return Cell("unknown", nothing, say("row_error.disease", disease=plain))
    return Cell(plain, read(Profile.model_validate({key: plain}), domain))


def plain_value(key: str, text: str, domain: Domain) -> Any:
    """The cell as a profile would hold it; it may still be refused by the profile's model."""
    text = text.strip()
    if text[:1] in ("[", "{"):
        return json.loads(text)
    word = comparable(text)
    if word == "unknown":
        return word
    fact = domain.facts.get(key)
    match fact:
        case ChoiceFact() if fact.is_presence and word in ("true", "false"):
            return fact.plain(word)
        case ChoiceFact():
            return _words((*fact.domain, *fact.groups)).get(word, text)
        case NumberFact():
            return _percent(text) if fact.high == 100 else _number(text)
        case SetFact() if word in (whole := _words((fact.empty_word, "positive"))):
            return whole[word]
        case SetFact():
            return _set(text, fact, egfr_variant if key == "egfr" else other_driver)
    return text


@lru_cache(maxsize=64)
def _words(words: tuple[str, ...]) -> Mapping[str, str]:
    """Words by the form in which they are compared."""
    return {comparable(word): word for word in words}


def _number(text: str) -> Any:
    """A whole number (``60`` and ``60.0``, as spreadsheets write it) or a range."""
    if re.fullmatch(r"\d{1,3}(\.0+)?", text):
        return int(float(text))
    bare = text.replace("%", "").strip().replace("≥", ">=").replace("≤", "<=").replace("–", "-")
    if match := _RANGE.fullmatch(bare):
        return {"at_least": int(match[1]), "at_most": int(match[2])}
    if match := _BOUND.fullmatch(bare):
        return {_BOUND_WORDS[match[1]]: int(match[2])}
    if bare.isdigit():
        return int(bare)
    return text


def _percent(text: str) -> Any:
    """A percentage as a whole number or a range.

    Tenths are cut off, which no rule can tell: each asks for a whole percentage or more. A bare number below 1 may be a
    fraction, so it is read only with its sign.
    """
    found = _TENTHS.fullmatch(text)
    if not found:
        return _number(text)
    value = float(found[1])
    surely = value >= 1 or found[2] == "%" or not value
    return int(value) if surely and value <= 100 else text


def _set(text: str, fact: SetFact, alteration: Callable[[str], str | None]) -> Any:
    words = _words(fact.members)

    def member(part: str) -> str:
        return words.get(comparable(part)) or alteration(part) or part

    parts = [part.strip() for part in _BETWEEN.split(without_frame(text)) if part.strip()]
    if not parts:  # `+` alone may mean positive: it names no member, and does not say that there is none
        return text
    absent = [member(part[4:]) for part in parts if part[:4].lower() == "not "]
    found = [member(part) for part in parts if part[:4].lower() != "not "]
    return {"found": found, "not_found": absent} if absent else found


def drug_parts(text: str, formulary: Formulary) -> list[str]:
    """The drugs of a cell, parted by ``;``, ``,``, ``+`` or ``/`` where they are not part of one known word."""
    whole = drug_word(text, formulary)
    if whole is not None:
        return [whole]
    return [drug_word(part, formulary) or part.strip() for part in _BETWEEN.split(text) if part.strip()]


def drug_list(text: str, formulary: Formulary) -> list[str] | None:
    """The drugs of a cell, which may be a list in JSON; ``None`` where it names none: a broken list, ``;`` alone."""
    if not text.startswith("["):
        return drug_parts(text, formulary) or None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] or None


def drug_word(text: str, formulary: Formulary) -> str | None:
    """The known word for a drug, its salt left out by rule (``pemetrexed disodium``); ``None`` where there is none."""
    word = text.strip()
    while word:
        try:
            formulary.resolve(word)
        except KeyError:
            shorter = _SALT.sub("", word)
            if shorter == word:
                return None
            word = shorter
        else:
            return word
    return None


def history_entries(text: str) -> list[dict[str, Any]] | None:
    """The entries of a history written as JSON, drugs as text; ``None`` if it is missing or cannot be read.

    An outcome or a number (cycles, months) that cannot be read is kept as written, so that it alone is unknown.
    """
    try:
        written = json.loads(text)
        return [_entry(entry) for entry in written] if isinstance(written, list) else None
    except (ValidationError, ValueError, RecursionError):
        return None


_LOOSE = ("outcome", "cycles", "relapse_after")
"""The parts of an entry that are unknown where they cannot be read, without the entry being so."""


def _entry(written: Any) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise ValueError(say("row_error.no_object"))  # noqa: TRY004 - a fault of the cell, as any other
    outcomes = _words(get_args(Outcome))
    plain = dict(written)
    if isinstance(text := plain.get("outcome"), str):
        plain["outcome"] = outcomes.get(comparable(text), text)
    if isinstance(text := plain.get("drugs"), str) and comparable(text) != "unknown":
        plain["drugs"] = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    strange = {part: plain.pop(part) for part in _LOOSE if part in plain and not _fits(part, plain[part])}
    entry = HistoryEntry.model_validate(plain)
    drugs = entry.drugs if isinstance(entry.drugs, str) else json.dumps(entry.drugs)
    parts = {**entry.model_dump(), **strange, "drugs": drugs}
    return {part: str(value) if part in _LOOSE and value is not None else value
            for part, value in parts.items()}  # fmt: skip


def _fits(part: str, value: Any) -> bool:
    try:
        HistoryEntry.model_validate({"line": 1, "drugs": [], part: value})
    except ValidationError:
        return False
    return True
