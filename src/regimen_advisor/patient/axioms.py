"""Declare the axioms between facts, as data: what is true of every possible patient.

Three uses, one declaration: ``narrowing`` draws conclusions from them, a profile that breaks one is refused, and the
solver knows them, so that a witness is a possible patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from regimen_advisor.language.values import Atom, Between, Includes, Is
from regimen_advisor.patient.vocabulary import MOST_CYCLES, MOST_LINES, STAGE_GROUPS


@dataclass(frozen=True)
class SignedAtom:
    """An atom, or its negation where ``wanted`` is false."""

    atom: Atom
    wanted: bool = True

    def __invert__(self) -> SignedAtom:
        return SignedAtom(self.atom, not self.wanted)


@dataclass(frozen=True)
class AxiomClause:
    """At least one of the literals holds."""

    literals: tuple[SignedAtom, ...]
    says: str

    @cached_property
    def facts(self) -> frozenset[str]:
        """The names of the facts that it is about."""
        return frozenset(literal.atom.fact for literal in self.literals)


@dataclass(frozen=True)
class Contained:
    """Whatever the set ``part`` holds, one of the sets ``wholes`` holds, provided that all of ``premises`` hold."""

    part: str
    wholes: tuple[str, ...]
    says: str
    premises: tuple[SignedAtom, ...] = ()

    @cached_property
    def facts(self) -> frozenset[str]:
        """The names of the facts that it is about."""
        return frozenset({self.part, *self.wholes, *(literal.atom.fact for literal in self.premises)})


Axiom = AxiomClause | Contained


def declared_axioms(overs: Mapping[str, tuple[str, ...]]) -> tuple[Axiom, ...]:
    """The axioms, in the order in which they are tried.

    ``overs`` gives for each set over the history the tests that its entries pass; what follows from that is derived.
    """

    def is_(fact: str, *values: str) -> SignedAtom:
        return SignedAtom(Is(fact, frozenset(values)))

    def stage(*groups: str) -> SignedAtom:
        return is_("stage", *(leaf for group in groups for leaf in STAGE_GROUPS[group]))

    def lines(low: int, high: int = MOST_LINES) -> SignedAtom:
        return SignedAtom(Between("prior_lines", low, high))

    def holds(fact: str, member: str) -> SignedAtom:
        return SignedAtom(Includes(fact, member))

    found: list[Axiom] = []

    def implies(antecedent: SignedAtom | tuple[SignedAtom, ...], consequent: SignedAtom, says: str) -> None:
        premises = antecedent if isinstance(antecedent, tuple) else (antecedent,)
        found.append(AxiomClause((*(~premise for premise in premises), consequent), says))

    def exactly(left: SignedAtom, right: SignedAtom, says: str) -> None:
        implies(left, right, says)
        implies(right, left, says)

    nsclc, sclc, untreated = is_("disease", "nsclc"), is_("disease", "sclc"), lines(0, 0)
    exactly(is_("histology", "small-cell"), sclc, "small-cell histology is small cell lung cancer, and no other is")
    of_nsclc = is_("extent", "early", "locally-advanced", "metastatic")
    exactly(nsclc, of_nsclc, "each disease has its own words for extent")
    implies(stage("I", "II"), is_("extent", "early", "limited"), "stage I and II are early or limited disease")
    implies(stage("IV"), is_("extent", "metastatic", "extensive"), "stage IV is metastatic or extensive")
    implies(is_("extent", "metastatic"), stage("IV"), "metastatic disease is stage IV")
    implies(is_("extent", "locally-advanced"), stage("III"), "locally advanced disease is stage III")
    for organ, words in (("brain", ("treated", "active")), ("liver", ("true",))):
        spread = f"{organ} metastases are metastatic or extensive disease"
        implies(is_(f"{organ}_metastases", *words), is_("extent", "metastatic", "extensive"), spread)
        implies(is_(f"{organ}_metastases", *words), stage("IV"), f"{organ} metastases are stage IV")
    implies(
        is_("curative_treatment_possible", "true"),
        is_("extent", "early", "locally-advanced", "limited"),
        "curative treatment is not possible in metastatic or extensive disease",
    )
    implies(
        (nsclc, lines(1)),
        is_("curative_treatment_possible", "false"),
        "once a line for advanced disease was given, curative treatment is read as no longer possible",
    )
    says = "without a line for advanced disease there is no outcome, drug, cycle or maintenance of one"
    exactly(is_("last_outcome", "none"), untreated, says)
    for name, over in overs.items():
        if "later line" not in over and "numbered" in _closed(over):
            implies(untreated, holds(name, "none"), says)
            if not _closed(over) & _ENDS.keys():  # every line has an induction with a drug
                implies(holds(name, "none"), untreated, says)
        if "later line" in over:
            implies(lines(0, 1), holds(name, "none"), "the only line is the first")
    exactly(~SignedAtom(Between("last_cycles", 0, MOST_CYCLES)), untreated, says)
    implies(
        is_("on_maintenance", "true"),
        is_("last_outcome", "completed", "ongoing", "stopped-for-toxicity"),
        "maintenance runs only in a line that has not progressed",
    )
    implies(lines(1), ~holds("received", "none"), "a line holds at least one drug")
    ends = {end: is_("last_outcome", end) for end in _ENDS}
    for end, (name, says) in _ENDS.items():
        implies(ends[end], ~holds(name, "none"), says)
    found += [
        *_parts(overs),
        *_divided(overs),
        *(
            _contained("last_drugs", name, premises=(ends[end],), says=says)
            for end, (_, says) in _ENDS.items()
            for name, over in overs.items()
            if set(over) == {end, "numbered"}
        ),
        _contained("last_drugs", "first_line_drugs", premises=(lines(0, 1),), says="one line is both first and latest"),
        _contained("first_line_drugs", "last_drugs", premises=(lines(0, 1),), says="one line is both first and latest"),
        _contained(
            "received",
            "first_line_drugs",
            "last_drugs",
            "received_in_curative",
            premises=(lines(0, 2),),
            says="two lines are the first and the latest",
        ),
        _contained(
            "progressed_on",
            "received_in_curative",
            premises=(lines(0, 1), ~ends["progressed"]),
            says="where the only line has not progressed, progression can only have been on curative treatment",
        ),
        _contained(
            "relapsed_after",
            "received_in_curative",
            premises=(lines(0, 1), *(~end for end in ends.values())),
            says="where the only line has not ended, relapse can only have been after curative treatment",
        ),
    ]
    return tuple(found)


def _contained(part: str, *wholes: str, premises: tuple[SignedAtom, ...] = (), says: str) -> Contained:
    return Contained(part, wholes, says, premises)


_ENDS: Mapping[str, tuple[str, str]] = {
    "progressed": ("progressed_on", "a line that progressed did so on its drugs"),
    "relapsed": ("relapsed_after", "a line that relapsed did so after its drugs"),
}
"""The outcomes that open the next line: the set of the drugs of all that ended so, and what the two have to do."""

_OF_LINES = frozenset({"first line", "later line", "latest line"})


def _closed(over: tuple[str, ...]) -> frozenset[str]:
    """The tests of a set over the history, with those that they imply."""
    return frozenset(over) | ({"numbered"} if _OF_LINES & set(over) else set())


def _parts(overs: Mapping[str, tuple[str, ...]]) -> Iterator[Contained]:
    """Each set over the history within the next larger ones: an entry that passes more tests passes fewer."""
    closed = {name: _closed(over) for name, over in overs.items()}
    for part, tests in closed.items():
        wholes = {name: fewer for name, fewer in closed.items() if fewer < tests}
        for whole, fewer in wholes.items():
            if not any(fewer < between for between in wholes.values()):
                yield _contained(part, whole, says=f"{part} holds only drugs of {whole}")


_COMPLEMENTS = (("curative", "numbered"), ("first line", "later line"))
"""Tests of which every entry passes one: a set falls into the part of the one and the part of the other."""


def _divided(overs: Mapping[str, tuple[str, ...]]) -> Iterator[Contained]:
    """Each set over the history within the two parts into which complementary tests divide it."""
    closed = {name: _closed(over) for name, over in overs.items()}
    for whole, tests in closed.items():
        for pair in _COMPLEMENTS:
            halves = [
                [name for name, has in closed.items() if test in has and has <= tests | _closed((test,))]
                for test in pair
            ]
            if all(halves) and not tests & set(pair) and (pair[0] == "curative" or "numbered" in tests):
                closest = [max(half, key=lambda name: len(closed[name])) for half in halves]
                yield _contained(whole, *closest, says=f"what {whole} holds is of one kind or the other")
