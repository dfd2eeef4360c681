"""Put conditions, values and questions into words a clinician reads; nothing here is written for one rule.

A negated condition is worded positively ("never received an EGFR-TKI"), not as a failed "not".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.values import Atom, Between, Choice, Includes, Is, Members, Number, Value
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import ChoiceFact, Domain, NumberFact, SetFact

VALUE_WORDS: Mapping[str, str] = {
    "nsclc": "non-small cell lung cancer",
    "sclc": "small cell lung cancer",
    "squamous": "squamous carcinoma",
    "adenosquamous": "adenosquamous carcinoma",
    "large-cell": "large-cell carcinoma",
    "nsclc-nos": "NSCLC not otherwise specified",
    "small-cell": "small-cell carcinoma",
    "early": "early disease",
    "locally-advanced": "locally advanced disease",
    "metastatic": "metastatic disease",
    "limited": "limited disease",
    "extensive": "extensive disease",
    "ex19del": "exon 19 deletion",
    "ex20ins": "exon 20 insertion",
    "MET-ex14": "MET exon 14 skipping",
    "BRAF-V600E": "BRAF V600E",
    "KRAS-G12C": "KRAS G12C",
    "major-vessel-invasion": "major vessel invasion",
    "interstitial-lung-disease": "interstitial lung disease",
    "autoimmune-disease": "autoimmune disease",
    "venous-thromboembolism": "venous thromboembolism",
    "arterial-thromboembolism": "arterial thromboembolism",
    "uncontrolled-hypertension": "uncontrolled hypertension",
    "central": "central tumour",
    "stopped-for-toxicity": "stopped for toxicity",
    "true": "yes",
    "false": "no",
}


def listed(words: Iterable[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; ``a; b; and c, d and e`` where an item is a list itself."""
    items = list(words)
    if len(items) > 1 and any(", " in item or f" {last} " in item for item in items):
        return f"{'; '.join(items[:-1])}; {last} {items[-1]}"
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def value_word(word: str) -> str:
    """A word of a profile as it is read aloud."""
    return VALUE_WORDS.get(word, word)


class Wording:
    """Words for the conditions and values of one rulebook."""

    def __init__(self, domain: Domain, findings: Mapping[str, Finding]) -> None:
        self.domain, self.findings, self.formulary = domain, findings, domain.formulary

    def condition(self, condition: Condition, wanted: bool = True) -> str:
        """The condition as part of a sentence; its opposite where ``wanted`` is false."""
        match condition:
            case Leaf(atom=atom):
                return self.atom(atom, wanted=wanted)
            case Not(part=part):
                return self.condition(part, not wanted)
            case Named(name=name):
                words = self.findings[name].name
                return words if wanted else f"not {words}"
            case AllOf(parts=parts) | AnyOf(parts=parts):
                return self._several(parts, wanted=wanted, all_wanted=isinstance(condition, AllOf) == wanted)

    def _several(self, parts: tuple[Condition, ...], *, wanted: bool, all_wanted: bool) -> str:
        if not parts:
            return "always" if all_wanted else "never"
        merged = self._members(parts, wanted=wanted, all_wanted=all_wanted)
        if merged:
            return merged
        words = [self._nested(part, wanted=wanted, all_wanted=all_wanted) for part in parts]
        return listed(words, "and") if all_wanted else f"either {listed(words, 'or')}" if len(words) > 1 else words[0]

    def _nested(self, part: Condition, *, wanted: bool, all_wanted: bool) -> str:
        words = self.condition(part, wanted)
        inner = part.part if isinstance(part, Not) else part
        mixed = isinstance(inner, AllOf | AnyOf) and len(inner.parts) > 1
        return f"({words})" if mixed and all_wanted != (words.startswith("either")) and not all_wanted else words

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
            negation = "not" if fact.name == "on_maintenance" else "no"
            phrases = {"true": fact.label, "false": f"{negation} {fact.label}"}
            return phrases["".join(values)] if len(values) == 1 else f"{fact.label} either way"
        if fact.is_presence and values == {"false"}:
            return f"no {fact.label}"
        if fact.is_presence and "false" not in values:
            return fact.label if values == set(fact.domain) - {"false"} else f"{listed(words, 'or')} {fact.label}"
        if fact.name in ("disease", "extent", "histology"):
            return listed(words, "or")
        return f"{fact.label} {listed(words, 'or')}"

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
        unit = " %" if fact.unit == "%" else ""
        if not wanted:
            if low <= fact.low:
                return f"{fact.label} above {high}{unit}"
            if high >= fact.high:
                return f"{fact.label} below {low}{unit}"
            return f"{fact.label} {'other than ' + str(low) if low == high else f'outside {low} to {high}'}{unit}"
        if low == high:
            return f"{fact.label} {low}{unit}"
        if high >= fact.high:
            return f"{fact.label} at least {low}{unit}"
        return f"{fact.label} at most {high}{unit}" if low <= fact.low else f"{fact.label} {low} to {high}{unit}"

    def member(self, member: str) -> str:
        """The name of a member of a set: of a drug or class by its standard name."""
        if member in self.formulary.drugs or member in self.formulary.classes:
            return drug_name(self.formulary, member)
        return value_word(member)

    def known(self, name: str, value: Value) -> str:
        """The fact by its label, and what is known of it: ``ECOG: 1``."""
        return f"{self.domain.facts[name].label}: {self.value(name, value)}"

    def value(self, name: str, value: Value) -> str:
        """What is known of a fact, in words: ``unknown`` where nothing is."""
        fact = self.domain.facts[name]
        if value == fact.unknown:
            return "unknown"
        match value:
            case Choice(possible=possible):
                assert isinstance(fact, ChoiceFact)
                return listed([value_word(word) for word in self._shortest(fact, possible)], "or")
            case Number(low=low, high=high):
                assert isinstance(fact, NumberFact)
                unit = " %" if fact.unit == "%" else ""
                if low > high:
                    return "none"
                return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"
            case Members():
                assert isinstance(fact, SetFact)
                return self._set_value(fact, value)

    def _set_value(self, fact: SetFact, value: Members) -> str:
        if fact.empty_word in value.must:
            return fact.empty_word
        sure = [self.member(word) for word in fact.members if word in value.must and word not in fact.groups]
        classes = [group for group in fact.groups if group in value.must and not value.must & fact.groups[group]]
        sure += [self.member(group) for group in classes]
        more = bool(value.may - value.must - {fact.empty_word})
        return listed(sure) + (" and perhaps more" if more else "") if sure else "not fully known"


def drug_name(formulary: Formulary, id: str) -> str:
    """The standard name of a drug or class."""
    return formulary.name_of(id)
