"""Read the sentence of a caution that waits, `If A and B: C`, so that only what is open of a patient is named.

The sentence marks which of its words are about which key of the rule's condition: `If [EGFR is mutated](egfr-mutated)
and [no EGFR-TKI was given yet](received): a targeted drug alone comes first.` Words without a mark are always there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from regimen_advisor.language.conditions import AllOf, Condition, Leaf, Named, all_of, children
from regimen_advisor.words.catalogue import CATALOGUE, OF_RULES, Catalogue


def _pattern(language: Catalogue) -> re.Pattern[str]:
    words = re.escape(language.say("caution.if_any", conditions="<1>", consequence="<2>"))
    return re.compile(words.replace("<1>", "(?P<conditions>.+?)").replace("<2>", "(?P<consequence>.*)"))


CONDITIONAL = _pattern(CATALOGUE)
"""A warning as the catalogue words one with a condition: ``If ...: ...``."""
_OF_RULES = _pattern(OF_RULES)
BEGINS = "|".join(
    dict.fromkeys(
        f"^{language.say('caution.if_any', conditions='<1>', consequence='').partition('<1>')[0]}"
        for language in (OF_RULES, CATALOGUE)
    )
)
"""A pattern of how a rule begins one: in the language of the rules that ship, or in that of the program."""
_MARK = re.compile(r"\[([^\]]+)\]\(([\w-]+)\)")
_JOINT = re.compile(r"^,? ?and | and $|^, |, $")


@dataclass(frozen=True)
class OpenSentence:
    """What a caution says of a patient for whom its condition is not settled."""

    pieces: tuple[tuple[str, Condition | None], ...]
    """The parts of the `If`, and the condition that each is about; one about none is always there."""
    consequence: str
    besides: tuple[Condition, ...]
    """What the rule tests besides; named in the words of the program where nothing else is open."""

    @classmethod
    def of(cls, sentence: str, condition: Condition) -> OpenSentence:
        """The sentence of a caution with this condition."""
        found = _OF_RULES.fullmatch(sentence) or CONDITIONAL.fullmatch(sentence)
        words, consequence = found.groups() if found else (sentence, "")
        parts, position = list(_parts(condition)), 0
        pieces: list[tuple[str, Condition | None]] = []
        for mark in _MARK.finditer(words):
            pieces.append((words[position : mark.start()], None))
            pieces.append((mark[1], all_of(*(part for part in parts if mark[2] in tested(part)))))
            position = mark.end()
        pieces.append((words[position:], None))
        named = marked(sentence)
        return cls(
            tuple((bare, about) for piece, about in pieces if (bare := _JOINT.sub("", piece))),
            consequence,
            tuple(part for part in parts if named and tested(part).isdisjoint(named)),
        )


def marked(sentence: str) -> tuple[str, ...]:
    """The keys that the marks of a sentence name."""
    return tuple(key for _, key in _MARK.findall(sentence))


def tested(condition: Condition) -> frozenset[str]:
    """The facts and findings that a condition tests by name."""
    match condition:
        case Leaf(atom=atom):
            return frozenset({atom.fact})
        case Named(name=name):
            return frozenset({name})
        case _:
            return frozenset().union(*map(tested, children(condition)))


def _parts(condition: Condition) -> Iterable[Condition]:
    """What has to hold, part by part."""
    if not isinstance(condition, AllOf):
        return (condition,)
    return (inner for part in condition.parts for inner in _parts(part))
