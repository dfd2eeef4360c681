"""List the complete combinations of the clinical facts (disease, stage, metastases ...) that obey the axioms.

There are some hundreds of them, so what follows from the cells of a row is read from those that the cells allow. The
axioms are not written a second time here: ``narrowing`` draws the conclusions from each word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from regimen_advisor.columns.entries import Bits, Flags, Ints
from regimen_advisor.columns.layout import Layout
from regimen_advisor.language.values import Choice, Facts, Number
from regimen_advisor.patient.facts import MOST_LINES, ChoiceFact, Domain
from regimen_advisor.patient.narrowing import Contradiction, narrow, part_of


class ClinicalWorlds:
    """The complete combinations of the clinical facts that obey the axioms, and which of them some cells allow.

    A combination of cells is a number: the place of each cell in ``options``, the last fact changing fastest.
    """

    def __init__(self, domain: Domain, layout: Layout) -> None:
        facts = clinical_facts(domain)
        self.options = {name: ("", *fact.domain, *fact.groups) for name, fact in facts.items()}
        """What a cell of each fact can say; nothing, first of all."""
        untreated, treated = _complete(domain)
        self.worlds = (*untreated, *treated)
        self.untreated = len(untreated)
        """How many are without a line for advanced disease; they come first, those with a line after them."""
        self._held = dict(zip(facts, np.array(self.worlds).T, strict=True))
        self._allows = {
            name: np.array([self._fits(name, fact.groups.get(word, (word,))) for word in self.options[name][1:]])
            for name, fact in facts.items()
        }
        """For each fact which complete combinations each cell allows that says something."""
        self._bits = [
            (self._fits(name, [word]), np.array(layout.encode({name: Choice(frozenset({word}))}), np.uint64))
            for name, fact in facts.items()
            for word in fact.domain
        ]
        """For each word which complete combinations hold it, and its bit in the machine words."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many cells there can be of each fact."""
        return tuple(map(len, self.options.values()))

    def _fits(self, name: str, possible: Collection[str]) -> Flags:
        """Which complete combinations hold one of some words of a fact."""
        fits: Flags = np.isin(self._held[name], list(possible))
        return fits

    def allowed(self, combinations: Ints) -> Flags:
        """Which of the complete combinations each combination of cells allows: a row for each of the latter."""
        allowed = np.ones((len(combinations), len(self.worlds)), bool)
        for allows, place in zip(self._allows.values(), np.unravel_index(combinations, self.sizes), strict=True):
            says = place > 0
            allowed[says] &= allows[place[says] - 1]
        return allowed

    def bits(self, allowed: Flags) -> Bits:
        """The machine words of what is left possible, a row for each of ``allowed``."""
        found = np.zeros((len(allowed), len(self._bits[0][1])), np.uint64)
        for holds, bits in self._bits:
            found[allowed[:, holds].any(axis=1)] |= bits
        return found

    @cached_property
    def words(self) -> Bits:
        """The machine words of each complete combination."""
        return self.bits(np.eye(len(self.worlds), dtype=bool))

    def likeness(self, possible: Mapping[str, Collection[str]]) -> npt.NDArray[np.int8]:
        """How many words of each complete combination are possible; small numbers, since many are compared at once."""
        fits = [self._fits(name, possible[name]) for name in self.options]
        likeness: npt.NDArray[np.int8] = np.sum(fits, axis=0, dtype=np.int8)
        return likeness


def clinical_facts(domain: Domain) -> dict[str, ChoiceFact]:
    """The facts that axioms tie to each other, without those over the history.

    Raises ``NotImplementedError`` for an axiom, or a fact in one, that cannot be listed in full.
    """
    tied = {name for axiom in domain.axioms for name in axiom.facts}
    found = {}
    for name, fact in domain.facts.items():
        if name in tied and name not in domain.of_history:
            if not isinstance(fact, ChoiceFact):
                raise NotImplementedError(f"{name}: the column engine ties only facts of a few words")
            found[name] = fact
    for axiom in domain.axioms:
        of_history = axiom.facts & frozenset(domain.of_history)
        if of_history and of_history not in (axiom.facts, {"prior_lines"}):
            raise NotImplementedError(f"the column engine has no table for this axiom: {axiom.says}")
    return found


@lru_cache(maxsize=4)
def _complete(domain: Domain) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """The complete combinations without a line for advanced disease, and those with one."""
    clinical = clinical_facts(domain)
    names = list(clinical)
    # The other facts cannot change what these are, so these are narrowed without them: ten times faster.
    part = part_of(domain, {*clinical, "prior_lines"})

    def complete(begun: tuple[str, ...], facts: Facts) -> Iterator[tuple[str, ...]]:
        """The complete combinations that begin so; what contradicts itself is not gone into."""
        if len(begun) == len(names):
            yield begun
            return
        name = names[len(begun)]
        for word in clinical[name].domain:
            try:
                narrowed = narrow([(name, Choice(frozenset({word})))], part, facts)
            except Contradiction:
                continue
            yield from complete((*begun, word), narrowed)

    untreated, treated = (
        tuple(complete((), narrow([("prior_lines", lines)], part))) for lines in (Number(0, 0), Number(1, MOST_LINES))
    )
    return untreated, treated
