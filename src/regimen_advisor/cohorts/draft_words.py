"""Guess what the words of another table mean, for a draft in which a person checks each guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regimen_advisor.columns.cells import MISSING, comparable, read_cell
from regimen_advisor.columns.entries import OUTCOMES
from regimen_advisor.patient.facts import ChoiceFact, Domain

YES_AND_NO: Mapping[str, bool] = {
    **dict.fromkeys(("1", "1.0", "yes", "y", "true", "present"), True),
    **dict.fromkeys(("0", "0.0", "no", "n", "false", "absent"), False),
}
_POSITIVE, _NEGATIVE = ("pos", "+", "detected", "mutated", "mut"), ("neg", "-", "notdetected", "wt", "wildtype")
SAY_NOTHING = frozenset(
    {
        *MISSING, "na", "n/a", "n.a.", "#n/a", "nan", "null", "nil", "notdone", "nottested", "notavailable",
        "notapplicable", "notreported", "notrecorded", "notknown", "notassessed", "notevaluable", "unk", "nd", "nk",
        "n/d", "n.d.", "missing", "pending", "nodata", "insufficienttissue", "insufficient", "qns", "?", ".", "--",
    }
)  # fmt: skip
"""Words that mean missing in many tables, as ``comparable`` has them."""
DOUBTFUL: Mapping[str, str] = {
    "nd": "nd",
    "n/d": "not_done",
    "n.d.": "not_done",
    "nil": "nil",
    "--": "dashes",
    "notapplicable": "not_applicable",
}
"""The entry of the catalogue that says what else some of them may mean."""
_CARCINOMA = r"(?: ?lung)?(?: ?ca(?:rcinoma|ncer)?)?(?: of the lung)?(?: nos)?(?: \(.*\))?"
_WORDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "disease": (
        (r"(?:nsclc|non ?small ?cell(?: lung)?(?: cancer| carcinoma)?)(?: \(?nsclc\)?)?", "nsclc"),
        (r"(?:sclc|small ?cell(?: lung)?(?: cancer| carcinoma)?)(?: \(?sclc\)?)?", "sclc"),
    ),
    "histology": (
        (rf"adeno{_CARCINOMA}", "adenocarcinoma"),
        (rf"(?:squamous(?: cell)?|sq|scc|sqcc){_CARCINOMA}", "squamous"),
        (rf"adenosquamous{_CARCINOMA}", "adenosquamous"),
        (rf"large cell{_CARCINOMA}", "large-cell"),
        (rf"(?:small cell|sclc){_CARCINOMA}", "small-cell"),
        (rf"(?:nsclc|non ?small cell){_CARCINOMA}", "nsclc-nos"),
    ),
    "ecog": ((r"(?:ecog|ps|ecog ps|who)[ :=]*([0-4])", r"\1"),),
    "pd_l1_tps": ((r"(?:tps|pd ?l1)[ :=]*([<>]?=? ?\d+ ?%?)", r"\1"),),
    "outcome": (
        (r"pd|progress(?:ion|ed|ive disease)|progression of disease|disease progression", "progressed"),
        (r"relapsed?|recurrence|recurred", "relapsed"),
        (r"(?:stopped for |unacceptable )?(?:toxicity|adverse events?|side effects?)", "stopped-for-toxicity"),
        (r"complete[ds]?(?: as planned| treatment)?|treatment completed|end of treatment", "completed"),
        (r"on ?going|on treatment|continuing", "ongoing"),
    ),
}
_NUMERALS = {"1": "I", "2": "II", "3": "III", "4": "IV"}


def says_nothing(text: str) -> bool:
    """Whether a cell is one of the words that mean missing in many tables."""
    return comparable(text) in SAY_NOTHING


def guessed(key: str, text: str, domain: Domain) -> Any:
    """The meaning of a cell in a column of ``key``, read or guessed; ``None`` where there is no guess."""
    if key == "outcome":
        return _outcome(text)
    cell = read_cell(key, text, domain)
    if cell is not None:  # another disease sets its row apart as it is
        return text if cell.apart else cell.plain
    plain = _guess(key, text, domain)
    written = str(plain).lower() if isinstance(plain, bool) else plain
    return plain if written is not None and read_cell(key, written, domain) is not None else None


def _outcome(text: str) -> str | None:
    word = comparable(text)
    return next((outcome for outcome in OUTCOMES if comparable(outcome) == word), None) or _by_words("outcome", text)


def _guess(key: str, text: str, domain: Domain) -> Any:
    word, fact = comparable(text), domain.facts.get(key)
    if isinstance(fact, ChoiceFact) and fact.is_presence:
        return YES_AND_NO.get(word)
    if isinstance(fact, ChoiceFact) and {"positive", "negative"} <= {*fact.domain}:
        return "positive" if word in _POSITIVE else "negative" if word in _NEGATIVE else None
    if key == "egfr":
        negative = (*_NEGATIVE, "negative", "none")
        return "positive" if word in _POSITIVE else "wild-type" if word in negative else None
    return _stage(text) if key == "stage" else _by_words(key, text)


def _by_words(key: str, text: str) -> str | None:
    plain = " ".join(re.sub(r"[-_,.]", " ", text).split()).lower()
    if key == "histology":
        plain = plain.removeprefix("lung ")
    for pattern, gives in _WORDS.get(key, ()):
        if found := re.fullmatch(pattern, plain):
            return found.expand(gives)
    return None


def _stage(text: str) -> str | None:
    found = re.fullmatch(r"(?:stage)?\s*(iv|i{1,3}|[1-4])\s*([abc]?)", text.strip(), re.IGNORECASE)
    return _NUMERALS.get(found[1], found[1].upper()) + found[2].upper() if found else None
