"""Run one solver (python-sat), and keep what it has shown of one patient.

Most questions about a patient are answered by complete patients found for earlier ones, or by what was found to be
impossible; only the others are solved.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from regimen_advisor.language.values import Truth
from regimen_advisor.solving.encoding import Encoding
from regimen_advisor.solving.two_copies import TwoCopies
from regimen_advisor.words.catalogue import say


class ImpossiblePatient(ValueError):  # noqa: N818 - it says what the patient is
    """No complete patient agrees with what is known."""


class Session:
    """One encoding in one running solver; clauses that the encoding gains are passed on before the next question."""

    def __init__(self, encoding: Encoding) -> None:
        from pysat.solvers import Glucose4  # noqa: PLC0415 - slow to import, and not every verb asks it

        self.encoding = encoding
        self._sat: Any = Glucose4()
        weakref.finalize(self, self._sat.delete)  # also at exit, when it is too late for the solver to free itself
        self._passed = 0
        self._pair: TwoCopies | None = None

    @property
    def pair(self) -> TwoCopies:
        """Two patients of the encoding, begun again where the pair has grown: each set of questions leaves a clause."""
        if self._pair is None or self._pair.is_worn:
            self._pair = TwoCopies(self.encoding)
        return self._pair

    def _pass_on(self) -> None:
        for clause in self.encoding.clauses[self._passed :]:
            self._sat.add_clause(clause)
        self._passed = len(self.encoding.clauses)

    def can(self, *assumed: Sequence[int]) -> bool:
        """Whether some complete patient meets all these literals."""
        self._pass_on()
        return bool(self._sat.solve([literal for part in assumed for literal in part]))

    def values(self) -> Sequence[int]:
        """The complete patient found last: the literal of each variable that is true of them."""
        return self._sat.get_model() or ()

    def model(self, *assumed: Sequence[int]) -> Model | None:
        """A complete patient that meets all these literals, if there is one."""
        return Model(self.values()) if self.can(*assumed) else None

    def core(self) -> set[int]:
        """Of the literals assumed last, some that cannot be met together; empty if they can."""
        return set(self._sat.get_core() or ())

    def add(self, clause: Sequence[int]) -> None:
        """A clause for this session only, over variables of the encoding."""
        self._pass_on()
        self._sat.add_clause(list(clause))


class Model:
    """A complete patient as truth values of variables."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[int]) -> None:
        self._values = values

    def holds(self, literal: int) -> bool:
        """Whether the literal is true of the patient."""
        index = abs(literal) - 1
        return index < len(self._values) and self._values[index] == literal


class Completions:
    """What is possible of one patient, of whom the literals ``known`` hold."""

    def __init__(self, session: Session, known: Sequence[int]) -> None:
        self.session, self.known = session, known
        self._found: list[Sequence[int]] = []
        self._meeting: dict[int, tuple[int, int]] = {}
        self._impossible: dict[int, list[frozenset[int]]] = {}
        self._truths: dict[int, Truth] = {}
        self._is_possible: bool | None = None

    def can(self, *assumed: Sequence[int]) -> bool:
        """Whether some completion of the patient meets all these literals."""
        asked = [literal for part in assumed for literal in part]
        if self._those_meeting_all(asked):
            return True
        if self._is_possible is False or self._is_refuted(frozenset(asked)):
            return False
        if self.session.can(self.known, asked):
            self._found.append(self.session.values())
            return True
        self._note_impossible(self.session.core() - set(self.known))
        return False

    def truth(self, literal: int, assumed: Sequence[int] = ()) -> Truth:
        """The truth of a literal over all completions that meet the literals ``assumed``; there must be some."""
        if assumed:
            return self._truth(literal, assumed)
        if literal not in self._truths:
            self._truths[literal] = self._truth(literal)
        return self._truths[literal]

    def _truth(self, literal: int, assumed: Sequence[int] = ()) -> Truth:
        if not self.can(assumed, [literal]):
            return Truth.FALSE
        return Truth.UNKNOWN if self.can(assumed, [-literal]) else Truth.TRUE

    def require(self, assumed: Sequence[int] = ()) -> None:
        """Raise ``ImpossiblePatient`` where no completion meets the literals ``assumed``."""
        if not self.can(assumed):
            raise ImpossiblePatient(say("changes.impossible"))

    def example(self, *assumed: Sequence[int]) -> Model:
        """A completion that meets all these literals; there must be one."""
        asked = [literal for part in assumed for literal in part]
        self.require(asked)
        meeting = self._those_meeting_all(asked)
        return Model(self._found[(meeting & -meeting).bit_length() - 1])

    def refuted(self, literals: Sequence[int], assumed: Sequence[int]) -> frozenset[int] | None:
        """Those of ``literals`` that no completion meets with ``assumed``; ``None`` where one meets them all."""
        if self.session.can(self.known, assumed, literals):
            return None
        return frozenset(self.session.core().intersection(literals))

    def _those_meeting_all(self, literals: Sequence[int]) -> int:
        meeting = (1 << len(self._found)) - 1
        for literal in literals:
            if not meeting:
                break
            meeting &= self._those_meeting(literal)
        return meeting

    def _those_meeting(self, literal: int) -> int:
        """Which of the complete patients found so far meet the literal, one bit each."""
        meeting, count = self._meeting.get(literal, (0, 0))
        if count < len(self._found):
            index = abs(literal) - 1
            for number in range(count, len(self._found)):
                values = self._found[number]
                # A variable that came later than the model is open in it.
                if index < len(values) and values[index] == literal:
                    meeting |= 1 << number
            self._meeting[literal] = meeting, len(self._found)
        return meeting

    def _is_refuted(self, asked: frozenset[int]) -> bool:
        return any(refuted <= asked for literal in asked for refuted in self._impossible.get(literal, ()))

    def _note_impossible(self, literals: set[int]) -> None:
        if literals:
            self._impossible.setdefault(min(literals), []).append(frozenset(literals))
        else:
            self._is_possible = False
