"""Find possible patients for whom a rule holds: the nearest to a usual patient, read as any profile, and judged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import ValidationError

from regimen_advisor.engines.program import RuleProgram
from regimen_advisor.files.errors import InputError
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect
from regimen_advisor.language.conditions import Condition, atoms_of, fields_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Truth
from regimen_advisor.patient.facts import NumberFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.quiz.clinic import Written, clinic
from regimen_advisor.quiz.nearest import PatientSource
from regimen_advisor.quiz.seeded_random import SeededRandom

TRIES = 4


class Patients:
    """Finds and judges patients of one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, self.domain = rulebook, rulebook.domain
        self.solver = Guideline.of(rulebook).solver
        self.effective = Guideline.of(rulebook).effective
        self.program = Guideline.of(rulebook).program
        self.clinic = PatientSource(rulebook, self.edges)
        self._seen = RuleProgram({str(index): condition for index, condition in enumerate(self.clinic.seen)})

    # Judging --------------------------------------------------------------------------------------------------

    def read(self, profile: Written) -> Patient | None:
        """The patient; ``None`` for a profile that no patient can have."""
        try:
            return read(Profile.model_validate(profile), self.domain, explain=False)
        except (InputError, ValidationError):
            return None

    def seen(self, profile: Written) -> Patient | None:
        """The patient; ``None`` for one whom no clinic sees.

        Of such a patient something is false that is true of all whom it sees, or the history is odd enough for a
        remark.
        """
        patient = self.read(profile)
        if patient is None or patient.notes or Truth.FALSE in self._seen.truths(patient.facts).values():
            return None
        return patient

    def standings(self, patient: Patient) -> Mapping[str, Standing]:
        """The exact standing of every regimen."""
        node_by_node = Guideline.of(self.rulebook).node_by_node(self.program.truths(patient.facts))
        exact = self.solver.standings(patient, node_by_node)
        return {name: exact[name].standing for name in node_by_node}

    # Finding --------------------------------------------------------------------------------------------------

    def meeting(self, condition: Condition, disease: str, random: SeededRandom) -> tuple[Written, Patient] | None:
        """A patient of whom all that rules ask is known and for whom the condition holds; ``None`` if none is found."""
        program = RuleProgram({"wanted": condition})
        for _ in range(TRIES):
            profile = self.clinic.patient(condition, disease, self.keys[disease], random)
            patient = self.read(profile) if profile is not None else None
            if profile is not None and patient is not None and program.truths(patient.facts)["wanted"] is Truth.TRUE:
                return profile, patient
        return None

    def usual_meeting(self, condition: Condition, disease: str, random: SeededRandom) -> tuple[Written, Patient] | None:
        """The same, and a clinic sees such a patient."""
        found = self.meeting(condition, disease, random)
        return found if found is not None and self.seen(found[0]) is not None else None

    @cached_property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """For each disease the profile keys that its rules ask for, in the order of a profile."""
        speaking = self.rulebook.of(Effect.OFFER, Effect.EXCLUDE, Effect.CAUTION)
        found = {}
        for disease in clinic().situations:
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
