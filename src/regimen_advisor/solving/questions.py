"""Find what to ask or test next: what each answer to one question would settle, and which sets settle everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from regimen_advisor.language.conditions import atoms_of, fields_of
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Between, Includes, Number, Truth
from regimen_advisor.patient.facts import ChoiceFact, NumberFact, SetFact, SignedAtom
from regimen_advisor.patient.vocabulary import MOST_MONTHS, OPEN_HISTORY, PLATINUM_FREE
from regimen_advisor.solving.assumptions import given_entries
from regimen_advisor.solving.candidate_answers import CandidateAnswer, Tests, in_words, is_word
from regimen_advisor.solving.deciding import decisive
from regimen_advisor.solving.determining_sets import HISTORY, Settling, unit_of
from regimen_advisor.solving.encoding import OUTCOMES, Slot
from regimen_advisor.solving.implicants import place_of
from regimen_advisor.solving.solver import Exact, ImpossiblePatient
from regimen_advisor.words.catalogue import joined, say

ASKS_HISTORY = say("ask.history")
ASKS_CURATIVE = say("ask.curative")
"""The same question of a patient without a line for advanced disease."""
_LONGEST = 30
"""A longer word is cut where an answer is shown in one line."""


@dataclass(frozen=True)
class AnswerEffect:
    """Answers to one question that all have the same effect, in the words of the profile.

    ``standings`` holds the regimens whose exact standing the answer changes, each with its new standing; ``tests``
    says for each of ``values`` which tests of facts it meets, for writers that use other words.
    """

    values: tuple[str, ...]
    standings: Mapping[str, Standing]
    tests: tuple[Tests, ...] = ()

    def __repr__(self) -> str:
        """One line: the first answers, and how many standings they change."""
        return f"<AnswerEffect {_first(self.values)}: {len(self.standings)} change>"


@dataclass(frozen=True)
class KeyQuestion:
    """A question by its key: a profile key, or a part of a history entry such as ``history[1].outcome``.

    ``answers`` are those that change something; ``settles`` the regimens that some answer alone settles.
    """

    key: str
    asks: str
    answers: tuple[AnswerEffect, ...]
    settles: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: the key, and how much its answers do."""
        return f"<KeyQuestion {self.key}: {len(self.answers)} answers, {len(self.settles)} settled>"


@dataclass(frozen=True, eq=False)
class QuestionAnalysis:
    """What is worth asking about one patient. ``single`` is ordered by how many options it can decide."""

    single: tuple[KeyQuestion, ...]
    _settling: Settling

    def __repr__(self) -> str:
        """One line: how many questions there are, and the first of them."""
        keys = _first(question.key for question in self.single)
        return f"<QuestionAnalysis of {len(self.single)}{': ' if keys else ''}{keys}>"

    @cached_property
    def by_regimen(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """For each undetermined regimen the smallest sets of questions that settle it."""
        found = self._settling
        return {name: tuple(self._ordered(keys) for keys in found.smallest(name)) for name in found.undetermined}

    @cached_property
    def together(self) -> tuple[tuple[str, ...], ...]:
        """The smallest sets of questions that settle every undetermined regimen."""
        return tuple(self._ordered(keys) for keys in self._settling.smallest_for_all())

    def _ordered(self, keys: frozenset[str]) -> tuple[str, ...]:
        return tuple(key for key in self._settling.questions if key in keys)


def _first(words: Iterable[str]) -> str:
    """The first three words of a list, for a line that has to be short; each of them short too."""
    shown = [word if len(word) <= _LONGEST else f"{word[: _LONGEST - 3]}..." for word in words]
    return joined([*shown[:3], *(["..."] if shown[3:] else [])])


def questions(settling: Settling, regimen: str | None = None) -> QuestionAnalysis:
    """What to ask about a patient next; with ``regimen``, about its standing, which is found sooner.

    Raises ``ImpossiblePatient`` where no complete patient is as described.
    """
    return QuestionAnalysis(tuple(_QuestionFinder(settling, regimen).single()), settling)


def is_anything_open(standings: Iterable[Exact]) -> bool:
    """Whether an answer can change any of these standings of one patient; where it cannot, there is no question."""
    return any(exact.standing is Standing.UNDETERMINED or _is_warning_open(exact) for exact in standings)


def _is_warning_open(exact: Exact) -> bool:
    """Whether a regimen that is offered without a caution may still get one."""
    return exact.standing is Standing.OFFERED and exact.caution is Truth.UNKNOWN


class _QuestionFinder:
    def __init__(self, settling: Settling, regimen: str | None) -> None:
        self.solver, self.shown, self.regimen = settling.solver, settling.shown, regimen
        self.patient = settling.patient
        self.settling = settling
        self.encoding = self.settling.session.encoding
        self.now = settling.standings
        self._asked = {key: asked for key in self.settling.questions if (asked := self._regimens_asked(key))}
        self._effects: dict[str, list[tuple[str, Tests, dict[str, Standing]]]] = {
            key: [] for key in self.settling.questions
        }
        self._settled_by: dict[tuple[str, bool], set[str]] = {}

    def single(self) -> list[KeyQuestion]:
        for key, asked in self._asked.items():
            self._ask_whole(key, asked)
        for key, asked in self._asked.items():
            if self._is_set(key):
                self._ask_decisive(key, asked)
        found = [question for key in self._asked if (question := self._question(key))]
        return sorted(found, key=lambda question: -len(question.settles))

    def _question(self, key: str) -> KeyQuestion | None:
        effects: dict[tuple[tuple[str, Standing], ...], dict[str, Tests]] = {}
        settles: set[str] = set()
        for words, tests, changed in self._effects[key]:
            settles |= changed.keys() & set(self.settling.undetermined)
            effects.setdefault(tuple(changed.items()), {}).setdefault(words, tests)
        if not effects:
            return None
        answers = tuple(
            AnswerEffect(tuple(replies), dict(changed), tuple(replies.values())) for changed, replies in effects.items()
        )
        return KeyQuestion(key, self._asks(key), answers, tuple(name for name in self.now if name in settles))

    def _regimens_asked(self, key: str) -> list[str]:
        waiting = [name for name in self.settling.undetermined if key in self.settling.cone(name)]
        found = waiting + [name for name in self.now if name not in waiting and self._may_warn(name, key)]
        return [name for name in found if self.regimen in (None, name)]

    def _may_warn(self, name: str, key: str) -> bool:
        """Whether the answer can bring a caution to a regimen that is offered without one."""
        if not _is_warning_open(self.now[name]):
            return False
        return key in self.settling.questions_about(fields_of(self.solver.regimens[name].caution))

    # Effects --------------------------------------------------------------------------------------------------

    def _ask_whole(self, key: str, asked: Sequence[str]) -> None:
        for reply in self._whole_answers(key):
            try:
                changed = self._changed(reply, asked)
            except ImpossiblePatient:
                continue
            self._note(key, reply, changed)
            if key in OPEN_HISTORY:  # the history answers these too
                self._note(HISTORY, replace(reply, words=f"{key} {reply.words}"), changed)

    def _ask_decisive(self, key: str, asked: Sequence[str]) -> None:
        for name in [name for name in asked if name in self.settling.undetermined]:
            wanted = {value for value in (False, True) if self._may_settle(key, name, value)}
            for reply in decisive(self.settling, key, name, self._tests(key, name), wanted):
                self._note(key, reply, self._changed(reply, asked))

    def _note(self, key: str, reply: CandidateAnswer, changed: dict[str, Standing]) -> None:
        if changed:
            self._effects[key].append((reply.words, reply.tests, changed))
        for name, standing in changed.items():
            self._settled_by.setdefault((name, standing.is_offered), set()).add(key)

    def _may_settle(self, key: str, regimen: str, value: bool) -> bool:
        """Whether it is worth looking for an answer that settles the regimen so.

        It is not where one was found already, nor where the answer to a question that nothing ties to this one
        settles the opposite: that answer stays possible whatever is answered here.
        """
        if key in self._settled_by.get((regimen, value), ()):
            return False
        return all(
            self.settling.share_an_axiom(key, other_key) for other_key in self._settled_by.get((regimen, not value), ())
        )

    def _changed(self, reply: CandidateAnswer, asked: Sequence[str]) -> dict[str, Standing]:
        standings = self.solver.standings_under(reply.literals, asked, self.shown)
        return {name: standing for name, standing in standings.items() if standing is not self.now[name].standing}

    # Possible answers -----------------------------------------------------------------------------------------

    def _is_set(self, key: str) -> bool:
        return key == HISTORY or key.endswith(".drugs") or isinstance(self.solver.domain.facts.get(key), SetFact)

    def _whole_answers(self, key: str) -> Iterator[CandidateAnswer]:
        encoding = self.encoding
        if key.endswith(".outcome"):
            slot = self._slots()[key.removesuffix(".outcome")]
            yield from (
                CandidateAnswer(word, (slot.outcomes[word],), is_word("last_outcome", word)) for word in OUTCOMES
            )
            return
        if key.endswith(".relapse_after"):
            yield from self._months(self._slots()[key.removesuffix(".relapse_after")])
            return
        name = "last_cycles" if key.endswith(".cycles") else key
        fact = self.solver.domain.facts.get(name)
        match fact:
            case ChoiceFact():
                yield from (
                    CandidateAnswer(word, (encoding.choices[name][word],), is_word(name, word)) for word in fact.domain
                )
            case NumberFact():
                yield from self._ranges(fact)
            case SetFact():
                table = encoding.sets[name]
                for word in (fact.empty_word, *(member for member in fact.members if member not in fact.groups)):
                    # What holds none of the others, the empty word being one of them, holds this one.
                    unlisted = tuple(
                        -literal for member, literal in table.items() if member not in (word, *fact.groups)
                    )
                    yield CandidateAnswer(word, unlisted, (SignedAtom(Includes(name, word)),))

    def _months(self, slot: Slot) -> Iterator[CandidateAnswer]:
        """The intervals that the rules tell apart of the months between one entry and its progression or relapse."""
        starts = sorted({0, *slot.months})
        for low, after in zip(starts, [*starts[1:], MOST_MONTHS + 1], strict=True):
            reached = (slot.months[low],) if low in slot.months else ()
            missed = (-slot.months[after],) if after in slot.months else ()
            asked = SignedAtom(Between(PLATINUM_FREE, low, after - 1))
            yield CandidateAnswer(f"{low}-{after - 1}", (*reached, *missed), (asked,))

    def _ranges(self, fact: NumberFact) -> Iterator[CandidateAnswer]:
        known = self.patient.facts[fact.name]
        assert isinstance(known, Number)
        starts = sorted({fact.low, *self.solver.thresholds(fact.name)})
        for low, after in zip(starts, [*starts[1:], fact.high + 1], strict=True):
            first, last = max(low, known.low), min(after - 1, known.high)
            if first <= last:
                literals = (self.encoding.at_least(fact.name, low), -self.encoding.at_least(fact.name, after))
                words = str(first) if first == last else f"{first}-{last}"
                yield CandidateAnswer(words, literals, (SignedAtom(Between(fact.name, first, last)),))

    def _tests(self, key: str, regimen: str) -> list[CandidateAnswer]:
        """What the rules of a regimen ask of the answer to a question about a set or a history."""
        atoms = sorted(atoms_of(self.solver.offered[regimen]), key=place_of)
        encoding = self.encoding
        if key.endswith(".drugs"):
            slot = self._slots()[key.removesuffix(".drugs")]
            sets = self.solver.domain.history_sets
            members = {atom.member for atom in atoms if isinstance(atom, Includes) and atom.fact in sets}
            return [
                CandidateAnswer(
                    member,
                    (encoding.holds(slot, encoding.kinds_in(member)),),
                    (SignedAtom(Includes("received", member)),),
                    say("ask.lacks", member=member),
                )
                for member in sorted(members - {"none"})
            ]
        if key == HISTORY:
            untreated = Between("prior_lines", 0, 0)
            tests = [atom for atom in atoms if unit_of(self.solver.domain, atom.fact) == HISTORY and atom != untreated]
            return [
                CandidateAnswer(
                    in_words(atom), (encoding.atom(atom),), (SignedAtom(atom),), in_words(atom, wanted=False)
                )
                for atom in (untreated, *tests)
            ]
        return [
            CandidateAnswer(
                atom.member, (encoding.atom(atom),), (SignedAtom(atom),), say("ask.lacks", member=atom.member)
            )
            for atom in atoms
            if isinstance(atom, Includes) and atom.fact == key
        ]

    def _slots(self) -> Mapping[str, Slot]:
        entries = given_entries(self.encoding, self.patient.history or ())
        return {f"history[{given_entry.entry.position}]": given_entry.slot for given_entry in entries}

    def _asks(self, key: str) -> str:
        facts = self.solver.domain.facts
        if key in facts:
            return facts[key].question
        if key == HISTORY:
            untreated = self.patient.facts["prior_lines"] == Number(0, 0)
            return ASKS_CURATIVE if untreated else ASKS_HISTORY
        position, part = key.removeprefix("history[").split("].")
        entry = next(candidate for candidate in self.patient.history or () if candidate.position == int(position))
        return say(f"ask_of_course.{part}", course=entry.course)
