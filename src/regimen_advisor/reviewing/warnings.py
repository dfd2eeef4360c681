"""Warn about a rulebook: what may be meant, but is worth a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from regimen_advisor.files.errors import Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.knowledge.manifest import REFRESH
from regimen_advisor.knowledge.rulebook import DISEASES, Rulebook
from regimen_advisor.language.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Leaf, Named, Not, atoms_of, walk
from regimen_advisor.language.interpreter import Interpreter
from regimen_advisor.language.standings import Standing, standing_of
from regimen_advisor.language.values import Between, Facts, Is
from regimen_advisor.patient.facts import Domain, NumberFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import read
from regimen_advisor.reviewing.differing import sources_differ
from regimen_advisor.reviewing.flaws import Flaw
from regimen_advisor.reviewing.implicant_text import facts_of_way, way_condition, way_words
from regimen_advisor.reviewing.same_studies import studies_twice
from regimen_advisor.reviewing.silences import silences_ended
from regimen_advisor.reviewing.tracing import figures_not_traced
from regimen_advisor.solving.implicants import Implicant, way_to, ways_to
from regimen_advisor.solving.witness import witness
from regimen_advisor.wording import range_words
from regimen_advisor.words.catalogue import say


def warnings_of(rulebook: Rulebook) -> list[Flaw]:
    """Every warning, in the order of ``MEANINGS``."""
    warner = _Warner(rulebook)
    found = [*_of_manifest(rulebook), *figures_not_traced(rulebook)]
    found += [*sources_differ(rulebook), *studies_twice(rulebook), *silences_ended(rulebook)]
    return [*found, *warner.holes(), *warner.no_options(), *warner.inexact()]


def _of_manifest(rulebook: Rulebook) -> Iterator[Flaw]:
    problem = rulebook.outdated_manifest
    if problem is not None:
        says = say("flaw.outdated_manifest", problem=problem.message, command=REFRESH)
        yield Flaw("outdated manifest", "manifest", problem.location, says)


@dataclass(frozen=True)
class NumberRange:
    """Neighbouring values of a number that no rule tells apart, from ``low`` to ``high``."""

    low: int
    high: int


class _Warner:
    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, self.domain = rulebook, rulebook.domain
        guideline = Guideline.of(rulebook)
        self.solver, self.regimens, self.wording = guideline.solver, guideline.regimens, guideline.wording

    def _options(self, disease: str) -> list[Condition]:
        """For each regimen of a disease the condition under which it is offered."""
        return [self.solver.offered[name] for name, item in self.rulebook.regimens.items() if item.disease == disease]

    # Holes ------------------------------------------------------------------------------------------------------------

    def holes(self) -> Iterator[Flaw]:
        """Three neighbouring cells of a number, all else equal, with an option in the outer two and none between."""
        for disease in DISEASES:
            options = self._options(disease)
            of_disease = Leaf(Is("disease", frozenset({disease})))
            for name, fact in self.domain.facts.items():
                if isinstance(fact, NumberFact):
                    cells = cells_of(fact, options)
                    for three in zip(cells, cells[1:], cells[2:], strict=False):
                        yield from self._hole(
                            fact, three, AllOf((of_disease, _exists(name, three[0], self.domain))), options
                        )

    def _hole(
        self, fact: NumberFact, cells: Sequence[NumberRange], among: Condition, options: Sequence[Condition]
    ) -> Iterator[Flaw]:
        below, middle, above = (AnyOf(tuple(within(option, fact.name, cell) for option in options)) for cell in cells)
        hole = AllOf((among, below, Not(middle), above))
        way = way_to(self.solver, hole)
        if way is None:
            return
        shown = witness(self.solver, hole)
        assert shown is not None  # a way is met by some patient
        low, between, high = (range_words(fact, cell.low, cell.high) for cell in cells)
        patients = way_words(way, self.wording)
        says = say("flaw.hole", fact=fact.label, low=low, middle=between, high=high, patients=patients)
        profile = shown if fact.key == "history" or fact.name == "prior_lines" else {**shown, fact.name: cells[1].low}
        yield Flaw("hole between options", fact.name, self._place_of(fact.name, cells[1]), says, profile)

    def _place_of(self, fact: str, cell: NumberRange) -> Location:
        """Where an offer first tests the number at the edge of a cell."""
        for rules_about in self.regimens.values():
            for node in walk(rules_about.offer):
                match node:
                    case Leaf(atom=Between(fact=name, low=low, high=high), place=place) if name == fact and place:
                        if cell.low in (low, high + 1) or cell.high + 1 in (low, high + 1):
                            return place
        return Location(str(self.rulebook.folder))

    # No option -------------------------------------------------------------------------------------------------------

    def no_options(self) -> Iterator[Flaw]:
        """Each setting without any option, in as few words as it takes.

        Not where there were options that have all failed: that is no fault of the rules.
        """
        for disease in DISEASES:
            options = list(options_unless_failed(self.rulebook, disease))
            no_option = AllOf((Leaf(Is("disease", frozenset({disease}))), *(Not(option) for option in options)))
            place = Location(str(self.rulebook.folder / disease))
            for way in ways_to(self.solver, no_option) if options else ():
                patients = way_condition(way)
                says = say("flaw.no_option", patients=way_words(way, self.wording))
                yield Flaw("no option", disease, place, says, witness(self.solver, patients), patients)

    # Node by node ----------------------------------------------------------------------------------------------------

    def inexact(self) -> Iterator[Flaw]:
        """Each regimen that is surely offered, or surely not, where judging node by node does not see it."""
        for name, rules_about in self.regimens.items():
            for condition, offered in ((self.solver.offered[name], True), (Not(self.solver.offered[name]), False)):
                missed = [
                    way
                    for way in ways_to(self.solver, condition)
                    if not _is_seen(way, rules_about, offered, self.domain)
                ]
                if missed:
                    yield self._inexact(rules_about, missed, offered=offered)

    def _inexact(self, rules_about: RegimenRules, missed: Sequence[Implicant], *, offered: bool) -> Flaw:
        patients = way_words(missed[0], self.wording)
        if len(missed) > 1:
            patients = say("flaw.more_ways", patients=patients, count=len(missed) - 1)
        says = say("flaw.inexact_offered" if offered else "flaw.inexact_not_offered", patients=patients)
        shown = witness(self.solver, way_condition(missed[0]))
        assert shown is not None  # a way is met by some patient
        known = read(Profile.model_validate(shown), self.domain).facts
        # A profile may have to say more than the way; then it shows what is meant, but not the fault.
        profile = shown if _standing(known, rules_about) is Standing.UNDETERMINED else None
        place = rules_about.offers[0].location if rules_about.offers else Location(str(self.rulebook.folder))
        return Flaw("judged less exactly", rules_about.regimen, place, says, profile)


def _is_seen(way: Implicant, rules_about: RegimenRules, offered: bool, domain: Domain) -> bool:
    standing = _standing(facts_of_way(way, domain), rules_about)
    return standing.is_offered if offered else standing in (Standing.EXCLUDED, Standing.NOT_INDICATED)


def _standing(facts: Facts, rules_about: RegimenRules) -> Standing:
    judge = Interpreter(facts).judge
    return standing_of(
        judge(rules_about.offer).truth, judge(rules_about.exclusion).truth, judge(rules_about.caution).truth
    )


def options_unless_failed(rulebook: Rulebook, disease: str) -> Iterator[Condition]:
    """For each regimen of a disease the condition of being offered, rules over the drugs of the regimen left aside."""
    guideline = Guideline.of(rulebook)
    for name, regimen in rulebook.regimens.items():
        if regimen.disease == disease:
            rules_about = guideline.regimens[name]
            exclusions = tuple(guideline.effective[rule.id] for rule in rules_about.exclusions if rule.declared is None)
            yield AllOf((rules_about.offer, Not(AnyOf(exclusions))))


# Numbers set to one of their cells ----------------------------------------------------------------------------------


def cells_of(fact: NumberFact, conditions: Sequence[Condition]) -> list[NumberRange]:
    """The cells into which conditions cut a number, in order."""
    starts = {fact.low}
    for condition in conditions:
        for atom in atoms_of(condition):
            if isinstance(atom, Between) and atom.fact == fact.name:
                starts |= {atom.low, atom.high + 1}
    inside = sorted(start for start in starts if fact.low <= start <= fact.high)
    return [NumberRange(low, high - 1) for low, high in zip(inside, [*inside[1:], fact.high + 1], strict=True)]


def _exists(fact: str, first: NumberRange, domain: Domain) -> Condition:
    """That the number can be set to the cells from ``first`` on, all else staying as it is.

    A patient with n lines could have had more with the same drugs and outcomes, but not fewer; without a line there is
    neither an outcome nor a cycle.
    """
    declared = domain.facts[fact]
    assert isinstance(declared, NumberFact)
    if fact == "prior_lines":
        return Leaf(Between(fact, first.low, first.high)) if first.low > 0 else NEVER
    return Leaf(Between(fact, declared.low, declared.high)) if declared.optional else ALWAYS


@lru_cache(maxsize=4096)
def within(condition: Condition, fact: str, cell: NumberRange) -> Condition:
    """The condition for patients whose number lies in the cell."""
    match condition:
        case Leaf(atom=Between(fact=name, low=low, high=high)) if name == fact:
            return ALWAYS if low <= cell.low and cell.high <= high else NEVER
        case Leaf():
            return condition
        case Not(part=part):
            return Not(within(part, fact, cell))
        case Named(condition=inner):
            return within(inner, fact, cell)
        case AllOf(parts=parts):
            return AllOf(tuple(within(part, fact, cell) for part in parts))
        case AnyOf(parts=parts):
            return AnyOf(tuple(within(part, fact, cell) for part in parts))
