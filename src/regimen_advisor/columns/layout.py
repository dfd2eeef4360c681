"""Lay out facts as bits: a set bit is a possibility that is left.

Every fact gets a bit for each thing it can still be: a choice one for each word, a number one for each interval that
the rules can tell apart, a set two for each member ("may be in", "may be out"). Then every atom is two questions to
one machine word: it is true if none of the possibilities against it is left, false if none of those for it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from regimen_advisor.language.values import Atom, Between, Choice, Includes, Is, Members, Number, Value
from regimen_advisor.patient.facts import ChoiceFact, Domain, Fact, NumberFact, SetFact
from regimen_advisor.patient.vocabulary import PLATINUM, PLATINUM_FREE

WORD_BITS = 64


@dataclass(frozen=True)
class BitTest:
    """Whether none of the bits of ``mask`` is left in the machine word ``word``."""

    word: int
    mask: int


@dataclass(frozen=True)
class Field:
    """Where the bits of a fact lie: ``offset`` within ``word``; ``cuts`` are the lowest numbers of its intervals.

    For a set, ``members`` are those the rules test: first a "may be in" bit each, then a "may be out" bit each.
    """

    fact: Fact
    word: int
    offset: int
    cuts: tuple[int, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of bits."""
        match self.fact:
            case ChoiceFact(domain=domain):
                return len(domain)
            case NumberFact():
                return len(self.cuts) + 1
            case SetFact():
                return 2 * len(self.members)

    def bits(self, value: Value) -> int:
        """The bits of ``value``, in place within the word."""
        match self.fact, value:
            case ChoiceFact(domain=domain), Choice(possible=possible):
                found = sum(1 << index for index, word in enumerate(domain) if word in possible)
            case NumberFact(), Number():
                found = self._number(value)
            case SetFact(), Members(must=must, may=may):
                inside = sum(1 << index for index, member in enumerate(self.members) if member in may)
                outside = sum(1 << index for index, member in enumerate(self.members) if member not in must)
                found = inside | outside << len(self.members)
            case _:
                raise TypeError(f"{self.fact.name}: {value!r}")
        return found << self.offset

    def _number(self, value: Number) -> int:
        found = 1 << len(self.cuts) if value.absent else 0
        ends = (*(cut - 1 for cut in self.cuts[1:]), WORD_BITS * 1000)
        for index, (first, last) in enumerate(zip(self.cuts, ends, strict=True)):
            if value.low <= value.high and value.low <= last and first <= value.high:
                found |= 1 << index
        return found

    @property
    def all_bits(self) -> int:
        """The bits of the whole field."""
        return ((1 << self.width) - 1) << self.offset

    def test(self, atom: Atom, wanted: bool) -> BitTest:
        """The question whose yes means that ``atom`` surely holds (``wanted``) or surely does not."""
        match atom:
            case Is(values=values):
                held = self.bits(Choice(values))
                return BitTest(self.word, self.all_bits & ~held if wanted else held)
            case Between(low=low, high=high):
                held = self.bits(Number(low, high))
                return BitTest(self.word, self.all_bits & ~held if wanted else held)
            case Includes(member=member):
                place = self.members.index(member) + (len(self.members) if wanted else 0)
                return BitTest(self.word, 1 << self.offset + place)


class Layout:
    """Where the bits of each fact lie, for the atoms that are asked."""

    def __init__(self, domain: Domain, atoms: Iterable[Atom]) -> None:
        self.domain = domain
        self.atoms = frozenset(atoms)
        self._free = [0]
        self.fields: dict[str, tuple[Field, ...]] = {}
        for name, fact in domain.facts.items():
            asked = [atom for atom in self.atoms if atom.fact == name]
            self.fields[name] = tuple(self._fields(fact, asked))

    def _place(self, width: int) -> tuple[int, int]:
        if self._free[-1] + width > WORD_BITS:
            self._free.append(0)
        offset = self._free[-1]
        self._free[-1] += width
        return len(self._free) - 1, offset

    def _fields(self, fact: Fact, asked: list[Atom]) -> Iterable[Field]:
        match fact:
            case ChoiceFact(domain=domain):
                yield Field(fact, *self._place(len(domain)))
            case NumberFact(low=low, high=high):
                bounds = {(atom.low, atom.high) for atom in asked if isinstance(atom, Between)}
                cuts = {low, *(first for first, _ in bounds), *(last + 1 for _, last in bounds if last < high)}
                yield from self._pieces(fact, tuple(sorted(cuts)))
            case SetFact():
                members = sorted({atom.member for atom in asked if isinstance(atom, Includes)})
                size = WORD_BITS // 2
                for start in range(0, len(members), size):
                    piece = tuple(members[start : start + size])
                    yield Field(fact, *self._place(2 * len(piece)), members=piece)

    def _pieces(self, fact: NumberFact, cuts: tuple[int, ...]) -> Iterable[Field]:
        if len(cuts) + 1 > WORD_BITS:
            raise NotImplementedError(
                f"{fact.name}: the rules tell {len(cuts)} intervals apart, more than {WORD_BITS - 1}"
            )
        yield Field(fact, *self._place(len(cuts) + 1), cuts=cuts)

    @property
    def size(self) -> int:
        """Number of machine words of a patient."""
        return len(self._free)

    def test(self, atom: Atom, wanted: bool) -> BitTest:
        """See ``Field.test``."""
        for field in self.fields[atom.fact]:
            if not isinstance(atom, Includes) or atom.member in field.members:
                return field.test(atom, wanted)
        raise KeyError(atom)

    def encode(self, facts: Mapping[str, Value]) -> tuple[int, ...]:
        """The machine words of (some) facts; facts that are left out leave their bits unset."""
        words = [0] * self.size
        for name, value in facts.items():
            for field in self.fields[name]:
                words[field.word] |= field.bits(value)
        return tuple(words)

    @cached_property
    def asked_facts(self) -> frozenset[str]:
        """The facts that some atom is about."""
        return frozenset(atom.fact for atom in self.atoms)

    @cached_property
    def history_members(self) -> tuple[str, ...]:
        """Every member of a history set that is asked for, the empty word included, and what an interval is since."""
        sets = self.domain.history_sets
        asked = {atom.member for atom in self.atoms if isinstance(atom, Includes) and atom.fact in sets}
        since = {PLATINUM} if PLATINUM_FREE in self.asked_facts else set[str]()
        return tuple(sorted(asked | since | {"none"}))
