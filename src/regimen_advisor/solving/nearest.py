"""Find the possible patient nearest to a list of wishes: each in turn is kept where it still can be true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from regimen_advisor.solving.session import Model, Session


@dataclass(frozen=True)
class Wish:
    """Something that may be true of a patient: the literals that say so, and how a profile says it."""

    literals: tuple[int, ...]
    says: Any = None


class NearestPatient:
    """A patient who meets a goal, found step by step. ``is_possible`` says whether anyone meets it at all."""

    def __init__(self, session: Session, goal: Sequence[int]) -> None:
        self.session, self._kept = session, list(goal)
        self._model: Model | None = session.model(self._kept)

    @property
    def is_possible(self) -> bool:
        """Whether some complete patient meets the goal."""
        return self._model is not None

    def keep(self, wishes: Iterable[Wish]) -> Wish | None:
        """The first of the wishes that can be true with the goal and all that was kept; it is kept from now on."""
        for wish in wishes:
            if self._model is not None and all(map(self._model.holds, wish.literals)):
                found: Model | None = self._model
            else:
                found = self.session.model(self._kept, wish.literals)
            if found is not None:
                self._model = found
                self._kept += wish.literals
                return wish
        return None
