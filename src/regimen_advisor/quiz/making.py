"""Make the questions of a quiz: which patient, and which regimens to sort."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import Effect, Setting
from regimen_advisor.language.conditions import AllOf, Condition
from regimen_advisor.language.standings import Standing
from regimen_advisor.patient.reading import Patient
from regimen_advisor.quiz.clinic import Written
from regimen_advisor.quiz.models import PICK_KINDS, Candidate, Group, Level, QuestionKind, QuizQuestion
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.quiz.picking import Picker
from regimen_advisor.quiz.seeded_random import SeededRandom
from regimen_advisor.quiz.variants import Variant, Variants
from regimen_advisor.quiz.vignettes import vignette
from regimen_advisor.quiz.words import unknown_words
from regimen_advisor.words.catalogue import say

KINDS: Mapping[int, tuple[QuestionKind, ...]] = {
    1: ("boundary", "neighbour", "exclusion", "caution", "study", "standard", "event"),
    2: ("unknown", "neighbour", "boundary", "exclusion", "next-test", "caution", "study", "standard", "event"),
    3: (
        "unknown",
        "boundary",
        "unknown",
        "neighbour",
        "exclusion",
        "next-test",
        "caution",
        "study",
        "standard",
        "event",
    ),
}
"""The kinds that a quiz of each level goes through, in an order that the seed decides."""
CHOICES: Mapping[int, int] = {1: 5, 2: 6, 3: 8}
OPEN_FACTS: Mapping[int, int] = {2: 1, 3: 3}
MOST_WAITING = 8
"""Where more options wait, nearly nothing is known and there is little to think about."""
TRIES = 12
MOST_FAILED = 2
"""Questions in a row for which no patient of a kind was found; after that a quiz has no more of that kind.

A rulebook of a few rules has few patients worth asking about: without this each further question searches all kinds.
"""
_GROUPS: Mapping[Standing, Group] = {
    Standing.OFFERED: "offered",
    Standing.OFFERED_WITH_CAUTION: "offered-with-caution",
    Standing.UNDETERMINED: "waiting",
    Standing.EXCLUDED: "excluded",
    Standing.NOT_INDICATED: "not-indicated",
}


def group_of(standing: Standing) -> Group:
    """The group of a standing."""
    return _GROUPS[standing]


def patients_of(rulebook: Rulebook) -> Patients:
    """The patients of a rulebook, made once."""
    return Guideline.of(rulebook).kept(Patients)


def questions(  # noqa: PLR0917 - what a person may choose
    rulebook: Rulebook, seed: int, count: int, setting: Setting | None, level: Level, kinds: Sequence[QuestionKind] = ()
) -> Iterator[QuizQuestion]:
    """The questions in order, of the ``kinds`` named or of all. Raises ``InputError`` where so many cannot be made."""
    maker = _Maker(rulebook, seed, setting, level, tuple(kinds) or KINDS[level])
    for number in range(1, count + 1):
        question = maker.question(number)
        if question is None:
            found = {"possible": number - 1, "found": count}
            message = (
                say("quiz_error.too_few_of_setting", setting=setting.id, **found)
                if setting
                else say("quiz_error.too_few", **found)
            )
            raise InputError.at(Location("quiz"), message)
        yield question


@dataclass(frozen=True)
class _Goal:
    """A condition that a patient is to meet, and the disease."""

    condition: Condition
    disease: str


@dataclass(frozen=True)
class _Found:
    """A patient worth asking about; ``matters`` are the regimens for whose sake it was chosen."""

    profile: Written
    patient: Patient
    groups: Mapping[str, Group]
    matters: tuple[str, ...]
    like: int | None = None
    difference: str | None = None


class _Maker:
    def __init__(
        self, rulebook: Rulebook, seed: int, setting: Setting | None, level: Level, wanted: tuple[QuestionKind, ...]
    ) -> None:
        self.rulebook, self.setting, self.level, self.wanted = rulebook, setting, level, wanted
        self.patients = patients_of(rulebook)
        self.variants = Variants(self.patients)
        self.random = SeededRandom(rulebook.digest, seed, setting.id if setting else "", level, *wanted)
        self.picker = Picker(self.patients, setting, level, self.random)
        self.offers = self.random.shuffled(self._offer_goals())
        self.exclusions = self.random.shuffled(self._exclusion_goals())
        self.asked: dict[int, _Found] = {}
        self.seen: set[str] = set()
        self.kinds: list[QuestionKind] = []
        self.failed: Counter[QuestionKind] = Counter()  # how often in a row no patient of a kind was found
        self.points = self.barren = 0  # regimens asked about so far, and how many of them are not indicated

    # What to aim at -------------------------------------------------------------------------------------------

    def _offer_goals(self) -> Iterator[_Goal]:
        for rule in self.rulebook.of(Effect.OFFER):
            if self.setting is None or rule.setting.id == self.setting.id:
                yield _Goal(self.patients.effective[rule.id], rule.setting.disease)

    def _exclusion_goals(self) -> Iterator[_Goal]:
        for rules_about in Guideline.of(self.rulebook).regimens.values():
            for exclusion in rules_about.exclusions:
                for offer in rules_about.offers:
                    if self.setting is None or self.setting.id in (offer.setting.id, exclusion.setting.id):
                        offered_and_excluded = (
                            self.patients.effective[offer.id],
                            self.patients.effective[exclusion.id],
                        )
                        yield _Goal(AllOf(offered_and_excluded), offer.setting.disease)

    # One question ---------------------------------------------------------------------------------------------

    def question(self, number: int) -> QuizQuestion | None:
        """The next question, of the next kind that can be made; ``None`` where none can."""
        if not self.kinds:
            self.kinds = self.random.shuffled(self.wanted)
        wanted = self.kinds.pop(0)
        for kind in dict.fromkeys((wanted, *self.wanted)):
            if self.failed[kind] >= MOST_FAILED:
                continue
            question = self._to_pick(number, kind) if kind in PICK_KINDS else self._to_sort(number, kind)
            if question is not None:
                self.failed[kind] = 0
                return question
            self.failed[kind] += 1
        return None

    def _to_sort(self, number: int, kind: QuestionKind) -> QuizQuestion | None:
        found = self._find(kind)
        if found is None:
            return None
        self.asked[number] = found
        self.seen.add(_fingerprint(found.profile))
        return self._asked(number, kind, found)

    def _to_pick(self, number: int, kind: QuestionKind) -> QuizQuestion | None:
        found = self.picker.find(kind)  # type: ignore[arg-type]  # one of PICK_KINDS
        if found is None or _fingerprint(found.profile) in self.seen:
            return None
        self.seen.add(_fingerprint(found.profile))
        id = f"patient-{number}"
        return QuizQuestion(
            number=number,
            kind=kind,
            profile={"id": id, **found.profile},
            known=self._known(found.profile),
            unknown=unknown_words(found.profile, self.patients),
            about=found.about,
            event=found.event,
            after={"id": f"{id}-after", **found.after} if found.after else None,
            picks=found.picks,
        )

    def _known(self, profile: Written) -> tuple[str, ...]:
        patient = self.patients.read(profile)
        assert patient is not None, "the question is about a patient who was found"
        return vignette(patient, Guideline.of(self.rulebook).wording)

    def _find(self, kind: QuestionKind) -> _Found | None:
        makers: Mapping[str, Callable[[], _Found | None]] = {
            "boundary": self._boundary,
            "neighbour": self._neighbour,
            "exclusion": self._exclusion,
            "unknown": self._unknown,
        }
        for _ in range(TRIES):
            found = makers[kind]()
            if found is not None and _fingerprint(found.profile) not in self.seen and self._is_worth_asking(found):
                return found
        return None

    def _is_worth_asking(self, found: _Found) -> bool:
        """At level 1 nothing waits; and a patient to whom nothing is offered is a question now and then, not often."""
        groups = set(found.groups.values())
        if self.level == 1 and "waiting" in groups:
            return False
        telling = sum(group != "not-indicated" for group in found.groups.values())
        barren = self.barren + max(2 - telling, 0)  # a question needs two regimens to sort
        if self.setting is None and 3 * barren > self.points + max(telling, 2):
            return False
        return groups != {"not-indicated"} or self.random.chance(0.1)

    def _asked(self, number: int, kind: QuestionKind, found: _Found) -> QuizQuestion:
        choices = self._choices(found)
        return QuizQuestion(
            number=number,
            kind=kind,
            like=found.like,
            difference=found.difference,
            profile={"id": f"patient-{number}", **found.profile},
            known=self._known(found.profile),
            unknown=unknown_words(found.profile, self.patients),
            choices=choices,
        )

    def _choices(self, found: _Found) -> tuple[Candidate, ...]:
        """The regimens for whose sake the patient was chosen, others that are indicated, and some that are not.

        They are in the order of the rulebook, which gives no hint of the answer.
        """
        disease = found.profile["disease"]
        of_disease = [name for name, regimen in self.rulebook.regimens.items() if regimen.disease == disease]
        telling = self.random.shuffled(name for name in of_disease if found.groups[name] != "not-indicated")
        barren = [name for name in found.matters if found.groups[name] == "not-indicated"]
        matters = [name for name in found.matters if name not in barren[1:]]
        kept = list(dict.fromkeys((*matters, *telling)))[: CHOICES[self.level]]
        rest = self.random.shuffled(
            name for name in of_disease if name not in kept and found.groups[name] == "not-indicated"
        )
        kept += rest[: max(self._room(kept, found), 2 - len(kept))]
        self.points += len(kept)
        self.barren += sum(found.groups[name] == "not-indicated" for name in kept)
        return tuple(
            Candidate(regimen=name, name=self.rulebook.regimens[name].name) for name in of_disease if name in kept
        )

    def _room(self, kept: Sequence[str], found: _Found) -> int:
        """How many more regimens that are not indicated leave these at most a third of all points so far."""
        barren = self.barren + sum(found.groups[name] == "not-indicated" for name in kept)
        return max((self.points + len(kept) - 3 * barren) // 2, 0)

    # The four kinds -------------------------------------------------------------------------------------------

    def _next(self, goals: list[_Goal]) -> tuple[Written, Patient] | None:
        """A patient for the goal whose turn it is."""
        if not goals:
            return None
        goal = goals.pop(0)
        goals.append(goal)
        return self.patients.usual_meeting(goal.condition, goal.disease, self.random)

    def _groups(self, patient: Patient) -> Mapping[str, Group]:
        return {name: group_of(standing) for name, standing in self.patients.standings(patient).items()}

    def _boundary(self) -> _Found | None:
        return self._one_of_a_pair(self._next(self.offers), by_number=True)

    def _one_of_a_pair(self, drawn: tuple[Written, Patient] | None, *, by_number: bool) -> _Found | None:
        """One of two patients who differ in one fact and in what is offered to them."""
        if drawn is None:
            return None
        groups = self._groups(drawn[1])
        neighbours = (variant for variant in self.variants.changed(drawn[0]) if variant.by_number or not by_number)
        for variant in self.random.shuffled(neighbours):
            neighbour = self._differing(variant, groups)
            if neighbour is not None:
                is_neighbour = self.random.chance(0.5) and self._leads_back(variant.profile, drawn[0])
                return neighbour if is_neighbour else _Found(*drawn, groups, neighbour.matters)
        return None

    def _leads_back(self, profile: Written, wanted: Written) -> bool:
        """Whether the other patient is also a neighbour of this one, so that the key can name the difference."""
        return any(_fingerprint(variant.profile) == _fingerprint(wanted) for variant in self.variants.changed(profile))

    def _differing(self, variant: Variant, groups: Mapping[str, Group]) -> _Found | None:
        patient = self.patients.seen(variant.profile)
        if patient is None:
            return None
        neighbour_groups = self._groups(patient)
        different = _first_few(self.random.shuffled(name for name in groups if groups[name] != neighbour_groups[name]))
        return _Found(variant.profile, patient, neighbour_groups, different) if different else None

    def _neighbour(self) -> _Found | None:
        """The patient of an earlier question with one fact changed, or else one of a new pair."""
        earlier = [(number, found) for number, found in self.asked.items() if found.like is None]
        for number, found in self.random.shuffled(earlier[-3:]) if self.random.chance(0.6) else ():
            for variant in self.random.shuffled(self.variants.changed(found.profile)):
                neighbour = self._differing(variant, found.groups)
                if neighbour is not None and _fingerprint(variant.profile) not in self.seen:
                    return _Found(
                        variant.profile, neighbour.patient, neighbour.groups, neighbour.matters, number, variant.says
                    )
        return self._one_of_a_pair(self._next(self.offers), by_number=False)

    def _exclusion(self) -> _Found | None:
        drawn = self._next(self.exclusions)
        if drawn is None:
            return None
        groups = self._groups(drawn[1])
        excluded = [name for name, group in groups.items() if group == "excluded"]
        return _Found(*drawn, groups, _first_few(self.random.shuffled(excluded))) if excluded else None

    def _unknown(self) -> _Found | None:
        """A patient of whom one or several things are not known on which an option depends."""
        drawn = self._next(self.offers)
        found: _Found | None = None
        for _ in range(OPEN_FACTS[self.level]):
            start = found.profile if found else drawn[0] if drawn else None
            found = (self._forgetting(start) if start else None) or found
        return found

    def _forgetting(self, profile: Written) -> _Found | None:
        """The patient with one thing less known, for which some options wait and not all do."""
        for variant in self.random.shuffled(self.variants.forgotten(profile)):
            patient = self.patients.seen(variant.profile)
            if patient is None:
                continue
            groups = self._groups(patient)
            waiting = [name for name, group in groups.items() if group == "waiting"]
            if 0 < len(waiting) <= MOST_WAITING:
                return _Found(variant.profile, patient, groups, _first_few(self.random.shuffled(waiting)))
        return None


def _first_few(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names[:3])


def _fingerprint(profile: Written) -> str:
    return json.dumps(profile, sort_keys=True)
