"""Possible patients for whom a rule holds: drawn as profiles, read as any profile, and judged.

A condition is met by walking it (all parts of a conjunction, one of a disjunction), which leaves demands on facts; the
rest of the profile is what is usual. What contradicts itself or does not meet the condition is drawn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not, atoms_of, fields_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Choice, Number, Truth
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.dice import Dice
from regimen_advisor.quiz.histories import Demand, Histories, empty_or, meets

Written = dict[str, Any]
TRIES = 60

_SITUATIONS: Mapping[str, tuple[tuple[tuple[str, str, bool], float], ...]] = {
    "nsclc": (
        (("IVA", "metastatic", False), 4.0),
        (("IVB", "metastatic", False), 4.0),
        (("IIIB", "locally-advanced", False), 1.0),
        (("IIIC", "locally-advanced", False), 0.5),
        (("IIIB", "locally-advanced", True), 0.5),
        (("IIA", "early", True), 0.3),
    ),
    "sclc": (
        (("IVA", "extensive", False), 3.0),
        (("IVB", "extensive", False), 3.0),
        (("IIIA", "limited", True), 0.6),
        (("IIIB", "limited", False), 0.6),
    ),
}
"""Stage, extent and whether curative treatment is possible, and how often a quiz draws them."""
_HISTOLOGIES: Mapping[str, tuple[tuple[str, float], ...]] = {
    "nsclc": (("adenocarcinoma", 6.0), ("squamous", 3.0), ("adenosquamous", 0.5), ("large-cell", 0.5)),
    "sclc": (("small-cell", 1.0),),
}
_VARIANTS: tuple[tuple[tuple[str, ...], float], ...] = (
    ((), 12.0),
    (("ex19del",), 1.5),
    (("L858R",), 1.5),
    (("ex20ins",), 0.5),
    (("G719X",), 0.3),
    (("L858R", "T790M"), 0.1),
    (("ex19del", "T790M"), 0.1),
    (("ex19del", "ex20ins"), 0.05),
)
_NUMBERS: Mapping[str, tuple[int, ...]] = {"ecog": (0, 1, 1, 2), "pd_l1_tps": (0, 1, 10, 30, 60, 80)}
_POSITIVE = 0.06
"""How often a finding is positive that no rule asked for."""
_DRIVERS = ("egfr", "alk", "ros1", "nrg1")


class Patients:
    """Draws and judges patients of one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, self.domain = rulebook, rulebook.domain
        self.histories = Histories(rulebook)
        self.solver = Guideline.of(rulebook).solver
        self.effective = Guideline.of(rulebook).effective
        self.program = Guideline.of(rulebook).program

    # Judging --------------------------------------------------------------------------------------------------

    def read(self, profile: Written) -> Patient | None:
        """The patient; ``None`` for a profile that no patient can have."""
        try:
            return read(Profile.model_validate(profile), self.domain)
        except (InputError, ValidationError):
            return None

    def standings(self, patient: Patient) -> Mapping[str, Standing]:
        """The exact standing of every regimen."""
        node_by_node = Guideline.of(self.rulebook).node_by_node(self.program.truths(patient.facts))
        exact = self.solver.standings(patient, node_by_node)
        return {name: exact[name].standing for name in node_by_node}

    # Drawing --------------------------------------------------------------------------------------------------

    def meeting(self, condition: Condition, disease: str, dice: Dice) -> tuple[Written, Patient] | None:
        """A patient of whom all that rules ask is known and for whom the condition holds; ``None`` if none is found."""
        only = RuleProgram({"wanted": condition})
        for _ in range(TRIES):
            profile = self._drawn(_demands(condition, dice), disease, dice)
            patient = self.read(profile) if profile is not None else None
            if profile is not None and patient is not None and only.truths(patient.facts)["wanted"] is Truth.TRUE:
                return profile, patient
        return None

    @cached_property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """For each disease the profile keys that its rules ask for, in the order of a profile."""
        speaking = self.rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION)
        found = {}
        for disease in _SITUATIONS:
            asked = [fields_of(self.effective[rule.id]) for rule in speaking if rule.setting.disease == disease]
            facts = frozenset().union(*asked) | {"disease", "histology", "stage", "extent"}
            keys = {self.domain.facts[name].key for name in facts} | {"ecog", "brain_metastases"}
            found[disease] = tuple(key for key in Profile.model_fields if key in keys)
        return found

    @cached_property
    def edges(self) -> Mapping[str, tuple[int, ...]]:
        """For each number the values at which some rule changes its answer: the first on the far side."""
        found: dict[str, set[int]] = {}
        for condition in self.effective.values():
            for atom in atoms_of(condition):
                fact = self.domain.facts[atom.fact]
                if isinstance(atom, Between) and isinstance(fact, NumberFact):
                    ends = {end for end in (atom.low, atom.high + 1) if fact.low < end <= fact.high}
                    found.setdefault(atom.fact, set()).update(ends)
        return {name: tuple(sorted(ends)) for name, ends in sorted(found.items())}

    def _drawn(self, demands: Mapping[str, Sequence[Demand]], disease: str, dice: Dice) -> Written | None:
        profile: Written = {"disease": disease}
        situation = self._situation(disease, demands, dice)
        if situation is None:
            return None
        profile |= situation
        for key in self.keys[disease]:
            fact = self.domain.facts.get(key)
            if key in profile or fact is None or key in ("prior_lines", "last_outcome", "curative_treatment_possible"):
                continue
            value = self._value(fact, demands.get(key, ()), profile, dice)
            if value is None:
                return None
            profile[key] = value
        history = self.histories.history(dice, driver_of(profile), demands)
        if history is None:
            return None
        if any("line" in entry for entry in history):
            profile["curative_treatment_possible"] = False
        return {key: profile[key] for key in Profile.model_fields if key in profile} | {"history": history}

    def _situation(self, disease: str, demands: Mapping[str, Sequence[Demand]], dice: Dice) -> Written | None:
        names = ("stage", "extent", "curative_treatment_possible")
        fitting = [
            (one, weight)
            for one, weight in _SITUATIONS[disease]
            if all(_meets_word(str(word), demands.get(name, ())) for name, word in zip(names, one, strict=True))
        ]
        histologies = [
            (one, weight) for one, weight in _HISTOLOGIES[disease] if _meets_word(one, demands.get("histology", ()))
        ]
        if not fitting or not histologies or not _meets_word(disease, demands.get("disease", ())):
            return None
        histology = dice.weighted(histologies)
        return {"histology": histology, **dict(zip(names, dice.weighted(fitting), strict=True))}

    def _value(
        self, fact: ChoiceFact | NumberFact | SetFact, wanted: Sequence[Demand], profile: Written, dice: Dice
    ) -> Any:
        taken = driver_of(profile) not in ("none", "sclc") or profile["disease"] == "sclc"
        match fact:
            case ChoiceFact():
                rare = 0.0 if taken and fact.name in _DRIVERS else 0.2 if fact.is_presence else _POSITIVE
                common = {"negative", "false"} if {"negative", "false"} & {*fact.domain} else {*fact.domain}
                weights = [(word, 1.0 if word in common else rare) for word in fact.domain]
                fitting = [(word, weight or 0.001) for word, weight in weights if _meets_word(word, wanted)]
                word = dice.weighted(fitting) if fitting else None
                return fact.plain(word) if word else word
            case NumberFact():
                edges = [number + step for number in self.edges.get(fact.name, ()) for step in (-1, 0)]
                numbers = [*_NUMBERS.get(fact.name, ()), *(edge for edge in edges if fact.low <= edge <= fact.high)]
                fitting_numbers = [number for number in numbers if meets(Number(number, number), wanted)]
                return dice.pick(fitting_numbers) if fitting_numbers else None
            case SetFact():
                return _drawn_set(fact, wanted, taken and fact.name in _DRIVERS, dice)


def _drawn_set(fact: SetFact, wanted: Sequence[Demand], taken: bool, dice: Dice) -> Any:
    usual = _VARIANTS if fact.name == "egfr" else (((), 12.0), *(((word,), 0.3) for word in fact.members))
    sets = [(found, weight if not (taken and found) else 0.001) for found, weight in usual]
    fitting = [(found, weight) for found, weight in sets if meets(empty_or(found, fact.empty_word), wanted)]
    if not fitting:
        return None
    return list(dice.weighted(fitting)) or fact.empty_word


def _meets_word(word: str, wanted: Iterable[Demand]) -> bool:
    """Whether a word of a choice is as demanded; Python's ``True`` and ``False`` are said as a profile says them."""
    return meets(Choice(frozenset({{"True": "true", "False": "false"}.get(word, word)})), wanted)


def driver_of(profile: Written) -> str:
    """The driver that decides what was usually given; ``sclc`` for small cell disease, ``none`` without a driver."""
    if profile["disease"] == "sclc":
        return "sclc"
    if isinstance(profile.get("egfr"), list):
        return "egfr"
    return next((name for name in ("alk", "ros1", "nrg1") if profile.get(name) == "positive"), "none")


def _demands(condition: Condition, dice: Dice) -> Mapping[str, list[Demand]]:
    found: dict[str, list[Demand]] = {}
    for atom, wanted in _chosen(condition, dice, wanted=True):
        found.setdefault(atom.fact, []).append((atom, wanted))
    return found


def _chosen(condition: Condition, dice: Dice, *, wanted: bool) -> Iterator[Demand]:
    """Atoms that together make the condition true (or false): one way of several, by chance."""
    match condition:
        case Leaf(atom=atom):
            yield atom, wanted
        case Named(condition=inner):
            yield from _chosen(inner, dice, wanted=wanted)
        case Not(part=part):
            yield from _chosen(part, dice, wanted=not wanted)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            every = isinstance(condition, AllOf) == wanted
            for part in parts if every or not parts else (dice.pick(parts),):
                yield from _chosen(part, dice, wanted=wanted)
