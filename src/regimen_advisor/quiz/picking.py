"""Make questions with answers to pick: a patient for each kind, and some wrong answers with the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.rules import Effect, Rule, Setting
from regimen_advisor.language.conditions import AllOf, Condition
from regimen_advisor.quiz.clinic import ClinicEvent, Written, clinic
from regimen_advisor.quiz.models import LETTERS, Level, Pick, PickKind
from regimen_advisor.quiz.patients import Patients
from regimen_advisor.quiz.picks import SAME, AskedPatient, AskedPick, asked, case_of, change
from regimen_advisor.quiz.seeded_random import SeededRandom

TRIES = 6
MOST_ANSWERS = 4
MOST_CHANGES = 3
"""Regimens that change and that an event asks about; one or two more stay as they were."""


@dataclass(frozen=True)
class PickFound:
    """A patient and the questions to pick answers for."""

    profile: Written
    picks: tuple[Pick, ...]
    about: str | None = None
    event: str | None = None
    after: Written | None = None


class Picker:
    """Makes the questions of one quiz that have answers to pick."""

    def __init__(self, patients: Patients, setting: Setting | None, level: Level, random: SeededRandom) -> None:
        self.patients, self.setting, self.level, self.random = patients, setting, level, random
        self.rulebook = patients.rulebook
        self.guideline = Guideline.of(self.rulebook)
        self.offers = [offer for offer in self.rulebook.of(Effect.OFFER) if setting in (None, offer.setting)]
        self._cautions = random.shuffled(self._cautioned())
        self._standards = random.shuffled(self._standard_goals())

    def find(self, kind: PickKind) -> PickFound | None:
        """A question of this kind; ``None`` where none was found in a few tries."""
        if not self.offers:
            return None
        makers: Mapping[PickKind, Callable[[], PickFound | None]] = {
            "next-test": self._next_test,
            "caution": self._caution,
            "study": self._study,
            "standard": self._standard,
            "event": self._event,
        }
        for _ in range(TRIES):
            found = makers[kind]()
            if found is not None:
                return found
        return None

    # Goals ----------------------------------------------------------------------------------------------------

    def _effective(self, rule: Rule) -> Condition:
        return self.patients.effective[rule.id]

    def _cautioned(self) -> Iterator[tuple[str, Condition]]:
        """For each caution about a patient and each offer that it warns of, a patient for whom both hold."""
        cautions = [caution for caution in self.rulebook.of(Effect.CAUTION) if caution.kind == "patient"]
        for caution in cautions:
            met = self.rulebook.meets(caution)
            for offer in self.offers:
                if offer.subject in met:
                    yield offer.subject, AllOf((self._effective(offer), self._effective(caution)))

    def _standard_goals(self) -> Iterator[Condition]:
        """Patients for whom a standard is stated; in a setting they are offered something there too."""
        for rule in self.rulebook.of(Effect.STANDARD):
            if self.setting is None:
                yield self._effective(rule)
            elif rule.setting.disease == self.setting.disease:
                yield from (AllOf((self._effective(rule), self._effective(offer))) for offer in self.offers)

    # One patient ----------------------------------------------------------------------------------------------

    def _drawn(self, condition: Condition, disease: str) -> Written | None:
        drawn = self.patients.usual_meeting(condition, disease, self.random)
        return drawn[0] if drawn else None

    def _offered(self) -> tuple[Rule, Written] | None:
        rule = self.random.pick(self.offers)
        profile = self._drawn(self._effective(rule), rule.setting.disease)
        return (rule, profile) if profile is not None else None

    def _asked(self, kind: PickKind, profile: Written, about: str | None = None) -> PickFound | None:
        """The question, where there are at least two things to choose from each time."""
        patient = AskedPatient(profile, case_of(profile, self.guideline), about)
        picks = tuple(self._pick(asked_pick) for asked_pick in asked(kind, patient))
        if not picks or any(len(pick.answers) < 2 for pick in picks):
            return None
        return PickFound(profile, picks, about)

    def _pick(self, asked_pick: AskedPick) -> Pick:
        """The right answer among some wrong ones, of which the first are the most tempting."""
        if asked_pick.is_fixed:
            return Pick(asks=asked_pick.asks, answers=tuple(sorted([asked_pick.right, *asked_pick.wrong])))
        wrong = self.random.shuffled(asked_pick.wrong[: 2 * MOST_ANSWERS])[: MOST_ANSWERS - 1]
        return Pick(
            asks=asked_pick.asks, answers=tuple(self.random.shuffled([asked_pick.right, *wrong]))[: len(LETTERS)]
        )

    def _study(self) -> PickFound | None:
        found = self._offered()
        return self._asked("study", found[1], found[0].subject) if found else None

    def _caution(self) -> PickFound | None:
        if not self._cautions:
            return None
        about, condition = goal = self._cautions.pop(0)
        self._cautions.append(goal)
        profile = self._drawn(condition, self.rulebook.regimens[about].disease)
        return self._asked("caution", profile, about) if profile is not None else None

    def _standard(self) -> PickFound | None:
        if not self._standards or self.random.chance(0.2):
            found = self._offered()
            return self._asked("standard", found[1]) if found else None
        goal = self._standards.pop(0)
        self._standards.append(goal)
        disease = self.setting.disease if self.setting else "nsclc"
        profile = self._drawn(goal, disease) or (None if self.setting else self._drawn(goal, "sclc"))
        return self._asked("standard", profile) if profile is not None else None

    def _next_test(self) -> PickFound | None:
        """A patient of whom several things are not known, one of which settles more than any other."""
        if self.level == 1:
            return None
        found = self._offered()
        if found is None:
            return None
        profile = dict(found[1])
        testable = [key for key in profile if key in self._testable and profile[key] != "unknown"]
        for key in self.random.shuffled(testable)[: 2 + self.level]:
            profile[key] = "unknown"
        if self.level > 2 and profile["history"]:
            *earlier, last = profile["history"]
            part = self.random.pick(("drugs", "outcome"))
            profile["history"] = [*earlier, {**last, part: "unknown"}]
        return self._asked("next-test", profile) if self.patients.seen(profile) else None

    @cached_property
    def _testable(self) -> frozenset[str]:
        """What a clinic may not know yet when it decides: markers, and what is asked or looked for at the visit."""
        facts = self.rulebook.domain.facts.items()
        return frozenset(name for name, fact in facts if fact.is_marker) | {"brain_metastases", "bleeding_risk"}

    # Events ---------------------------------------------------------------------------------------------------

    def _event(self) -> PickFound | None:
        found = self._offered()
        if found is None:
            return None
        for event in self.random.shuffled(clinic().events)[:6]:
            made = self._happened(event, found[1])
            question = self._changed(event, *made) if made else None
            if question is not None:
                return question
        return None

    def _happened(self, event: ClinicEvent, profile: Written) -> tuple[Written, Written] | None:
        """The patient before and after an event; ``None`` where it cannot happen to this one."""
        if event.outcome is not None:
            return self._ended(event, profile)
        if any(key not in profile for key in (*event.set, *event.add)):
            return None
        after = {**profile, **event.set}
        for key, member in event.add.items():
            held = profile[key]
            if not isinstance(held, list) or member in held:
                return None
            after[key] = [*held, member]
        return (profile, after) if after != profile else None

    @staticmethod
    def _ended(event: ClinicEvent, profile: Written) -> tuple[Written, Written] | None:
        history = profile["history"]
        if not history or "line" not in history[-1]:
            return None
        *earlier, last = history
        before, after = (
            {**profile, "history": [*earlier, {**last, "outcome": outcome}]}
            for outcome in (event.before, event.outcome)
        )
        return before, after

    def _changed(self, event: ClinicEvent, profile: Written, after: Written) -> PickFound | None:
        """What the event changes, and a regimen or two that it does not; ``None`` where it changes nothing."""
        before, patient_after = self.patients.seen(profile), self.patients.seen(after)
        if (
            before is None
            or patient_after is None
            or self.patients.standings(before) == self.patients.standings(patient_after)
        ):
            return None
        case_before, case_after = (case_of(written, self.guideline) for written in (profile, after))
        options_after = {option.regimen: option for option in case_after.advice(ask=False).options}
        changes = {
            option.regimen: change(option, options_after[option.regimen])
            for option in case_before.advice(ask=False).options
        }
        changed = [name for name, words in changes.items() if words not in (None, SAME)]
        unchanged = [
            name
            for name, words in changes.items()
            if words == SAME and options_after[name].standing.value != "not-indicated"
        ]
        barren = [name for name, words in changes.items() if words == SAME and name not in unchanged]
        if not changed:
            return None
        kept = {*self.random.shuffled(changed)[:MOST_CHANGES], *self.random.shuffled(unchanged)[:1]}
        kept |= {*self.random.shuffled(barren)[:1]} if len(kept) < MOST_CHANGES else set()
        regimens = tuple(name for name in self.rulebook.regimens if name in kept)
        patient = AskedPatient(profile, case_before, None, case_after, regimens)
        picks = tuple(self._pick(asked_pick) for asked_pick in asked("event", patient))
        return PickFound(profile, picks, event=event.says, after=after)
