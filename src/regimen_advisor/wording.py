"""Put conditions, values and questions into words a clinician reads; nothing here is written for one rule.

A negated condition is worded positively ("never received an EGFR-TKI"), not as a failed "not".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Literal

from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.open_sentences import CONDITIONAL
from regimen_advisor.knowledge.rules import Rule
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Atom, Between, Choice, Includes, Is, Members, Number, Truth, Value
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

VALUE_WORDS: Mapping[str, str] = CATALOGUE.room("value")
"""The words of a profile as they are read aloud."""
UNKNOWN, KNOWN_IN_PART = say("value.unknown"), say("known.in_part")


def listed(words: Iterable[str], last: Literal["and", "or"] = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; ``a; b; and c, d and e`` where an item is a list itself."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    between, conjunction = say("between.items"), say(f"list.{last}", first="", last="")
    if any(between in item or conjunction in item for item in items):
        return say(f"list.{last}_of_lists", first=joined(items[:-1], "lists"), last=items[-1])
    return say(f"list.{last}", first=between.join(items[:-1]), last=items[-1])


def value_word(word: str) -> str:
    """A word of a profile as it is read aloud."""
    return VALUE_WORDS.get(word, word)


def standing_words(standing: Standing) -> str:
    """A standing as it is read aloud: ``offered with caution``."""
    return say(f"standing.{standing}")


class Wording:
    """Words for the conditions and values of one rulebook."""

    def __init__(self, domain: Domain, findings: Mapping[str, Finding]) -> None:
        self.domain, self.findings, self.formulary = domain, findings, domain.formulary

    def sentence(self, rule: Rule, reader: Interpreter, *, is_open: bool) -> str:
        """What a rule says of a patient for whom it holds, or for whom it is open: then what is open of it."""
        if not is_open or rule.open_sentence is None:
            return rule.says
        sentence = rule.open_sentence

        def waits(condition: Condition) -> bool:
            return reader.judge(condition).truth is Truth.UNKNOWN

        named = [words for words, about in sentence.pieces if about is None or waits(about)]
        named = named or [self.clause(part) for part in sentence.besides if waits(part)]
        named = named or [words for words, _ in sentence.pieces]
        return say("caution.if_any", conditions=listed(named), consequence=sentence.consequence)

    def condition(self, condition: Condition, wanted: bool = True) -> str:
        """The condition as part of a sentence; its opposite where ``wanted`` is false."""
        match condition:
            case Leaf(atom=atom):
                return self.atom(atom, wanted=wanted)
            case Not(part=part):
                return self.condition(part, not wanted)
            case Named(name=name):
                words = self.findings[name].name
                return words if wanted else say("condition.not_finding", finding=words)
            case AllOf(parts=parts) | AnyOf(parts=parts):
                return self._several(parts, wanted=wanted, all_wanted=isinstance(condition, AllOf) == wanted)

    def clause(self, condition: Condition) -> str:
        """The condition as it reads after an ``If``: ``at least 1 line was given before``."""
        words = self.condition(condition)
        if isinstance(condition, Leaf):
            match self.domain.facts[condition.atom.fact], condition.atom:
                case NumberFact(clauses=(_, _, _) as clauses) as fact, Between(low=low, high=high):
                    return _counted(fact, clauses, low, high)
                case ChoiceFact(is_bare=True), _:
                    return say("condition.it_is", values=words)
        return words

    def _several(self, parts: tuple[Condition, ...], *, wanted: bool, all_wanted: bool) -> str:
        if not parts:
            return say("condition.always") if all_wanted else say("condition.never")
        merged = self._members(parts, wanted=wanted, all_wanted=all_wanted)
        if merged:
            return merged
        words = [self._nested(part, wanted=wanted, all_wanted=all_wanted) for part in parts]
        if all_wanted or len(words) == 1:
            return listed(words)
        return say("condition.either", list=listed(words, "or"))

    def _nested(self, part: Condition, *, wanted: bool, all_wanted: bool) -> str:
        words = self.condition(part, wanted)
        inner = part.part if isinstance(part, Not) else part
        mixed = isinstance(inner, AllOf | AnyOf) and len(inner.parts) > 1
        is_choice = words.startswith(say("condition.either", list="").rstrip())
        return f"({words})" if mixed and is_choice and not all_wanted else words

    def _members(self, parts: tuple[Condition, ...], *, wanted: bool, all_wanted: bool) -> str | None:
        """``EGFR exon 19 deletion or L858R``: members of one set in one phrase, all wanted or none of them."""
        leaves = [part.part if isinstance(part, Not) else part for part in parts]
        atoms = [leaf.atom for leaf in leaves if isinstance(leaf, Leaf) and isinstance(leaf.atom, Includes)]
        facts = {atom.fact for atom in atoms}
        polarities = {wanted != isinstance(part, Not) for part in parts}
        if len(atoms) != len(parts) or len(facts) != 1 or len(polarities) != 1 or len(atoms) < 2:
            return None
        (fact,), (positive,) = facts, polarities
        empty = any(atom.member == getattr(self.domain.facts[fact], "empty_word", None) for atom in atoms)
        if not positive and (not all_wanted or empty):
            return None  # "no A or no B" and "no wild-type" are written one by one
        words = listed([self.member(atom.member) for atom in atoms], "and" if positive and all_wanted else "or")
        declared = self.domain.facts[fact]
        assert isinstance(declared, SetFact)
        return declared.phrases[0 if positive else 1].format(words)

    def atom(self, atom: Atom, *, wanted: bool = True) -> str:
        """One test of one fact in words."""
        fact = self.domain.facts[atom.fact]
        match atom:
            case Is(values=values):
                assert isinstance(fact, ChoiceFact)
                return self._choice(fact, values if wanted else frozenset(fact.domain) - values)
            case Between(low=low, high=high):
                assert isinstance(fact, NumberFact)
                return self._number(fact, low, high, wanted=wanted)
            case Includes(member=member):
                assert isinstance(fact, SetFact)
                phrases = fact.empty_phrases if member == fact.empty_word else fact.phrases
                return phrases[0 if wanted else 1].format(self.member(member))

    def _choice(self, fact: ChoiceFact, values: frozenset[str]) -> str:
        words = [value_word(word) for word in self._shortest(fact, values)]
        if fact.is_yes_no:
            negation = "condition.not" if fact.name == "on_maintenance" else "condition.no"
            phrases = {"true": fact.label, "false": say(negation, fact=fact.label)}
            return phrases["".join(values)] if len(values) == 1 else say("condition.either_way", fact=fact.label)
        if fact.is_presence and values == {"false"}:
            return say("condition.no", fact=fact.label)
        if fact.is_presence and "false" not in values:
            is_any = values == set(fact.domain) - {"false"}
            return fact.label if is_any else say("condition.kind_of", kinds=listed(words, "or"), fact=fact.label)
        if fact.is_bare:
            return listed(words, "or")
        return say("condition.is", fact=fact.label, values=listed(words, "or"))

    @staticmethod
    def _shortest(fact: ChoiceFact, values: frozenset[str]) -> list[str]:
        """The values in the order of the declaration, whole groups by the word of the group."""
        left, words = set(values), []
        for group, members in fact.groups.items():
            if left.issuperset(members):
                words.append(group)
                left.difference_update(members)
        return [*words, *(word for word in fact.domain if word in left)]

    @staticmethod
    def _number(fact: NumberFact, low: int, high: int, *, wanted: bool) -> str:
        if fact.phrases:
            return _counted(fact, fact.phrases, low, high, wanted=wanted)
        if wanted:
            return say("condition.is", fact=fact.label, values=range_words(fact, low, high))
        if low <= fact.low:
            return say("condition.above", fact=fact.label, number=_with_unit(fact, high))
        if high >= fact.high:
            return say("condition.below", fact=fact.label, number=_with_unit(fact, low))
        return say("condition.is", fact=fact.label, values=_other_than(fact, low, high))

    def member(self, member: str) -> str:
        """The name of a member of a set: of a drug or class by its standard name."""
        if member in self.formulary.drugs or member in self.formulary.classes:
            return drug_name(self.formulary, member)
        return value_word(member)

    def known(self, name: str, value: Value) -> str:
        """The fact by its label, and what is known of it: ``ECOG: 1``."""
        return say("known.fact", fact=self.domain.facts[name].label, value=self.value(name, value))

    def value(self, name: str, value: Value) -> str:
        """What is known of a fact, in words: ``unknown`` where nothing is."""
        fact = self.domain.facts[name]
        if value == fact.unknown:
            return UNKNOWN
        match value:
            case Choice(possible=possible):
                assert isinstance(fact, ChoiceFact)
                return listed([value_word(word) for word in self._shortest(fact, possible)], "or")
            case Number(low=low, high=high):
                assert isinstance(fact, NumberFact)
                if low > high:
                    return value_word("none")
                if (low, high) == (fact.low, fact.high):  # known only to be there
                    return UNKNOWN
                if low == fact.low and low < high:  # "ECOG 0 to 1", as of a trial's patients
                    return say("known.range", low=low, high=_with_unit(fact, high))
                return range_words(fact, low, high)
            case Members():
                assert isinstance(fact, SetFact)
                return self._set_value(fact, value)

    def counted(self, name: str, value: Value) -> str:
        """What is known of a number that counts, as a phrase: ``2 prior lines``; empty for any other fact."""
        match self.domain.facts[name], value:
            case NumberFact(phrases=(_, _, _)) as fact, Number(low=low, high=high):
                return self._number(fact, low, high, wanted=True)
        return ""

    def _set_value(self, fact: SetFact, value: Members) -> str:
        if fact.empty_word in value.must:
            return value_word(fact.empty_word)
        sure = [self.member(word) for word in fact.members if word in value.must and word not in fact.groups]
        classes = [group for group in fact.groups if group in value.must and not value.must & fact.groups[group]]
        sure += [self.member(group) for group in classes]
        more = bool(value.may - value.must - {fact.empty_word})
        if not sure:
            return KNOWN_IN_PART
        return say("known.and_more", list=listed(sure)) if more else listed(sure)


def range_words(fact: NumberFact, low: int, high: int) -> str:
    """A number or a range: ``at least 1``, ``2 to 3``; where the fact ends is never named."""
    if low == high:
        return _with_unit(fact, low)
    if high >= fact.high:
        return say("known.at_least", number=_with_unit(fact, low))
    if low <= fact.low:
        return say("known.at_most", number=_with_unit(fact, high))
    return say("known.range", low=low, high=_with_unit(fact, high))


def _counted(fact: NumberFact, words: tuple[str, str, str], low: int, high: int, *, wanted: bool = True) -> str:
    """``at least 1 prior line``; of a number that need not exist the opposite is that there is none such."""
    if not wanted:
        if fact.optional:
            return say("condition.no", fact=_counted(fact, words, low, high))
        if low <= fact.low:
            low, high = high + 1, fact.high
        elif high >= fact.high:
            low, high = fact.low, low - 1
        else:
            return words[-1].format(_other_than(fact, low, high))
    if high == 0:
        return words[0]
    is_one = (low if high >= fact.high else high) == 1
    return words[1 if is_one else 2].format(range_words(fact, low, high))


def _other_than(fact: NumberFact, low: int, high: int) -> str:
    return say("known.other_than", number=range_words(fact, low, high))


def _with_unit(fact: NumberFact, number: int) -> str:
    return say("known.percent", number=number) if fact.unit == "%" else str(number)


def drug_name(formulary: Formulary, id: str) -> str:
    """The standard name of a drug or class."""
    return formulary.name_of(id)


_BEGIN_CLAUSE = say("clause.begin").replace(", ", "|")
_BEGIN_AFTER_COMMA = say("clause.begin_after_comma").replace(", ", "|")
_CLAUSE_ENDS = re.compile(
    rf"[;:](?= )|\.(?= [A-Z])|(?= (?:{_BEGIN_CLAUSE}) | \([^)]*\)(?:[ ,.;]|$))|,(?= (?:{_BEGIN_AFTER_COMMA})\b)"
)
_COMMA = re.compile(",(?= )")
_LEAST_CLAUSE = 12


def clause(sentence: str, width: int) -> str:
    """Shorten a sentence to its clauses that fit, else up to a comma, else to its first clause."""
    whole = sentence.removesuffix(".")
    if len(whole) <= width:
        return whole
    ends, commas = (
        [found.start() for found in pattern.finditer(whole) if found.start() >= _LEAST_CLAUSE]
        for pattern in (_CLAUSE_ENDS, _COMMA)
    )
    fitting = [end for end in ends if end <= width] or [end for end in commas if end <= width]
    return whole[: max(fitting or ends[:1] or [len(whole)])]


def consequence(sentence: str) -> str:
    """The warning of a sentence ``If ...: ...`` without its condition."""
    found = CONDITIONAL.fullmatch(sentence)
    return found["consequence"] if found else sentence


def if_any(sentences: Iterable[str]) -> str:
    """Merge sentences ``If ...: ...`` with the same warning; the words that all conditions begin with come once.

    A sentence without a condition stands for them all.
    """
    found = list(dict.fromkeys(sentences))
    if len(found) == 1:
        return found[0]
    warning = consequence(found[0])
    conditions = [parts["conditions"].split() for parts in map(CONDITIONAL.fullmatch, found) if parts]
    if len(conditions) < len(found):
        return warning
    beginnings = zip(*(words[:-1] for words in conditions), strict=False)
    shared = len(list(takewhile(lambda words: len(set(words)) == 1, beginnings)))
    rest = listed((" ".join(words[shared:]) for words in conditions), "or")
    either_way = " ".join([*conditions[0][:shared], rest])
    return say("caution.if_any", conditions=either_way, consequence=warning)
