"""Draft a study from a section of a source: every number is placed as a candidate, and nothing is decided.

No figure is left out and none is made up. What a number means, and whose it is, a person says: each guess ends in
``# CHECK``, and a rulebook with one left does not load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regimen_advisor.files.drafts import CHECK
from regimen_advisor.knowledge.source_text import figures_in, normalised, plain, printed_in, sentences
from regimen_advisor.words.catalogue import say

_WIDTH = 110
_AROUND = 14
_UNITS = ("months", "weeks", "%")
_COUNT = "patients"
_HAZARD = re.compile(r"(?:HR|风险比|hazardratio)[:=是为)]*(\d\.\d+)", re.IGNORECASE)
_P = re.compile(r"[Pp][=<>]?(0?\.\d+)")
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?)%CI[:：=,]*(\d+(?:\.\d+)?)%?-(\d+(?:\.\d+)?)", re.IGNORECASE)
_SIZE = re.compile(r"(?<![A-Za-z])[nN]=(\d+)")
_ENDPOINT = re.compile(r"(?<![A-Za-z])(?:i?PFS|OS|ORR|DCR|DFS|EFS|DoR)(?![a-z])")
_VALUE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class NumberCandidate:
    """A number of a sentence: what kind of figure it may be, with the characters on either side."""

    number: str
    kind: str
    around: str


def candidates(sentence: str) -> list[NumberCandidate]:
    """Every number of a sentence that may be a figure, with a guess at its kind."""
    text = normalised(sentence)
    kinds: dict[str, str] = {}
    printed, compact = printed_in(text), text.replace(" ", "")
    kinds_of_patterns = ((_HAZARD, say("draft.hazard_ratio")), (_P, "p"), (_INTERVAL, say("draft.interval")))
    for pattern, kind in (*kinds_of_patterns, (_SIZE, _COUNT)):
        for match in pattern.finditer(compact):
            kinds.update((plain(number), kind) for number in match.groups() if plain(number) not in kinds)
    found = []
    for number in figures_in(sentence):
        unit = next((unit for unit in (*_UNITS, _COUNT) if f"{number} {unit}" in printed), None)
        place = next(
            (match_of_value for match_of_value in _VALUE.finditer(text) if plain(match_of_value[1]) == number), None
        )
        around = text[max(0, place.start() - _AROUND) : place.end() + _AROUND] if place else number
        as_printed = place[1] if place else number  # 18.0 says more than 18
        found.append(NumberCandidate(as_printed, kinds.get(number) or unit or say("draft.other"), around))
    return found


def draft(source: str, section: str, text: str) -> str:
    """A study file for a section, as YAML to be worked on.

    A number of patients is no result: the first is proposed for the study, the others each for a group of its own.
    """
    parts = sentences(text)
    return (
        "\n".join([*_head(source, section), *_counts(source, section, parts), *_results(source, section, parts)]) + "\n"
    )


def has_figures(text: str) -> bool:
    """Whether a section prints a number that a draft would hold."""
    return any(candidates(sentence) for sentence in sentences(text))


def _head(source: str, section: str) -> Iterator[str]:
    yield from say("draft.head", source=source, section=section, check=CHECK).splitlines()
    yield "cited_in:"
    yield f'  - {{review: {source}, sections: ["{section}"]}}'
    yield ""


def _counts(source: str, section: str, texts: Sequence[str]) -> Iterator[str]:
    counts = [candidate for sentence in texts for candidate in candidates(sentence) if candidate.kind == _COUNT]
    place = f'{{review: {source}, section: "{section}"}}'
    for number, candidate in enumerate(counts):
        size = f"n: {{value: {candidate.number}, source: {place}}}"
        guess = f"# {CHECK} {candidate.around}"
        if number == 0:
            yield f"{size}  {guess}"
            continue
        if number == 1:
            yield f"groups:  # {CHECK} {say('draft.groups')}"
        yield f"  - {{name: group {number}, {size}}}  {guess}"
    if counts:
        yield ""


def _endpoint(sentence: str, candidate: NumberCandidate) -> str:
    """The endpoint that is named last before a figure, or first in its sentence; PFS where none is named."""
    text = normalised(sentence)
    before = text[: max(text.find(candidate.around), 0) + candidate.around.find(candidate.number)]
    named = _ENDPOINT.findall(before)[-1:] or _ENDPOINT.findall(text)[:1]
    return named[0] if named else "PFS"


def _results(source: str, section: str, texts: Sequence[str]) -> Iterator[str]:
    yield "results:"
    for number, sentence in enumerate(texts, 1):
        found = candidates(sentence)
        if not found:
            continue
        yield f"  # {say('draft.sentence', number=number)}"
        yield from (f"  #   {sentence[start : start + _WIDTH]}" for start in range(0, len(sentence), _WIDTH))
        for unit in _UNITS:
            values = [candidate for candidate in found if candidate.kind == unit]
            if not values:
                continue
            yield f"  - endpoint: {_endpoint(sentence, values[0])}  # {CHECK} {say('draft.measured')}"
            yield f'    unit: "{unit}"' if unit == "%" else f"    unit: {unit}"
            if unit == "months":
                yield f"    measure: median  # {CHECK}"
            yield "    values:"
            yield from (
                f"      - {{of: arm, value: {candidate.number}}}  # {CHECK} {candidate.around}" for candidate in values
            )
            yield f'    source: {{review: {source}, section: "{section}"}}'
        for candidate in found:
            if candidate.kind not in (*_UNITS, _COUNT):
                around, figure = candidate.around, candidate.number
                candidate_words = say("draft.candidate", kind=candidate.kind, number=figure, around=around)
                yield f"  #   {CHECK} {candidate_words}"
