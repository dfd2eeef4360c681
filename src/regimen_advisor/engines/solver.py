"""The rules in propositional logic (python-sat): what holds in all completions of a patient, in some, in none.

A completion is a complete patient that obeys the axioms and agrees with all that is known. The interpreter judges node
by node and may leave open what only the whole settles (``TPS below 1`` or ``at least 1``); this engine does not.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from regimen_advisor.conditions import AllOf, Condition, Not
from regimen_advisor.engines.encoding import Encoding, Shape
from regimen_advisor.engines.knowing import units
from regimen_advisor.engines.shapes import shape_of
from regimen_advisor.facts import Domain
from regimen_advisor.reading import Patient
from regimen_advisor.rulebook import Rulebook
from regimen_advisor.standings import RegimenRules, Standing, effective_conditions, regimen_rules
from regimen_advisor.values import Truth

if TYPE_CHECKING:
    from regimen_advisor.engines.settling import Settling

NAME = "python-sat"


class ImpossiblePatient(ValueError):  # noqa: N818 - it says what the patient is
    """No complete patient agrees with what is known."""


@dataclass(frozen=True)
class Exact:
    """The standing of a regimen over all completions, and the truth of its three conditions over them.

    Where the regimen is offered in every completion, ``caution`` is the truth of its caution in them.
    """

    standing: Standing
    caution: Truth
    offer: Truth
    exclusion: Truth


_SETTLED = {
    Standing.NOT_INDICATED: Exact(Standing.NOT_INDICATED, Truth.UNKNOWN, Truth.FALSE, Truth.UNKNOWN),
    Standing.OFFERED_WITH_CAUTION: Exact(Standing.OFFERED_WITH_CAUTION, Truth.TRUE, Truth.TRUE, Truth.FALSE),
}


def _exactly(offered: Truth, offer: Truth, exclusion: Truth, caution: Truth) -> Exact:
    if offered is Truth.UNKNOWN:
        standing = Standing.UNDETERMINED
    elif offered is Truth.TRUE:
        standing = Standing.OFFERED_WITH_CAUTION if caution is Truth.TRUE else Standing.OFFERED
    else:
        standing = Standing.NOT_INDICATED if offer is Truth.FALSE else Standing.EXCLUDED
    return Exact(standing, caution, offer, exclusion)


class Session:
    """One encoding in one running solver; clauses that the encoding gains are passed on before the next question."""

    def __init__(self, encoding: Encoding) -> None:
        from pysat.solvers import Glucose4  # noqa: PLC0415 - slow to import, and not every verb asks it

        self.encoding = encoding
        self._sat: Any = Glucose4()
        weakref.finalize(self, self._sat.delete)  # also at exit, when it is too late for the solver to free itself
        self._passed = 0

    def _pass_on(self) -> None:
        for clause in self.encoding.clauses[self._passed :]:
            self._sat.add_clause(clause)
        self._passed = len(self.encoding.clauses)

    def can(self, *assumed: Sequence[int]) -> bool:
        """Whether some complete patient meets all these literals."""
        self._pass_on()
        return bool(self._sat.solve([literal for part in assumed for literal in part]))

    def model(self, *assumed: Sequence[int]) -> Model | None:
        """A complete patient that meets all these literals, if there is one."""
        return Model(self._sat.get_model()) if self.can(*assumed) else None

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


class Solver:
    """Answers about patients over all their completions. Build it once for a rulebook: ``solver_for``."""

    def __init__(self, domain: Domain, regimens: Mapping[str, RegimenRules], rules: Mapping[str, Condition]) -> None:
        self.domain, self.regimens, self.rules = domain, regimens, rules
        self.offered = {name: AllOf((of.offer, Not(of.exclusion))) for name, of in regimens.items()}
        of_regimens = [part for of in regimens.values() for part in (of.offer, of.exclusion, of.caution)]
        self.shape = Shape.of([*rules.values(), *of_regimens])
        self._session: Session | None = None
        self._settling: Settling | None = None
        self._known: tuple[Patient, Session, list[int], int] | None = None

    # One session, widened where a patient or a condition needs more than the rules -----------------------------

    def session(self, *conditions: Condition, patient: Patient | None = None) -> Session:
        """A running solver that tells apart what the rules, these conditions and this patient need."""
        current = self._session
        fresh = [one for one in conditions if current is None or not current.encoding.knows(one)]
        wanted = Shape.of(fresh)
        if patient is not None:
            wanted = wanted.widened(shape_of(patient))
        if current is None or not current.encoding.shape.covers(wanted):
            self.shape = self.shape.widened(wanted)
            current = self._session = self._started(Encoding(self.domain, self.shape))
        for condition in fresh:
            current.encoding.condition(condition)
        return current

    def _started(self, encoding: Encoding) -> Session:
        for condition in (*self.rules.values(), *self.offered.values(), *(of.caution for of in self.regimens.values())):
            encoding.condition(condition)
        return Session(encoding)

    def known(self, session: Session, patient: Patient) -> list[int]:
        """The literals that hold for every completion of the patient."""
        # A cut that a later condition brings may part what is known from what is not, so clauses are counted.
        last, count = self._known, len(session.encoding.clauses)
        if last is None or last[0] is not patient or last[1] is not session or last[3] != count:
            literals = [literal for part in units(session.encoding, patient).values() for literal in part]
            last = self._known = (patient, session, literals, len(session.encoding.clauses))
        return last[2]

    # Questions ------------------------------------------------------------------------------------------------

    def is_possible(self, patient: Patient) -> bool:
        """Whether any complete patient agrees with what is known."""
        session = self.session(patient=patient)
        return session.can(self.known(session, patient))

    def truth(self, condition: Condition, patient: Patient) -> Truth:
        """The truth of a condition over all completions: true or false where it is so in every one of them.

        Raises ``ImpossiblePatient`` where there are none.
        """
        return self.truths([condition], patient)[0]

    def truths(self, conditions: Sequence[Condition], patient: Patient, more: Sequence[int] = ()) -> list[Truth]:
        """The truth of each condition over all completions (those that meet the literals ``more``)."""
        session = self.session(*conditions, patient=patient)
        literals = [session.encoding.condition(condition) for condition in conditions]
        return settled(session, [*self.known(session, patient), *more], literals)

    def rule_truths(self, rules: Iterable[str], patient: Patient) -> Mapping[str, Truth]:
        """The truth of effective rules over all completions, by rule id."""
        names = list(rules)
        return dict(zip(names, self.truths([self.rules[name] for name in names], patient), strict=True))

    def standing(self, regimen: str, patient: Patient) -> Exact:
        """The standing of a regimen by its definition over all completions."""
        return self._exact([regimen], patient)[regimen]

    def standings(self, patient: Patient, node_by_node: Mapping[str, Standing] | None = None) -> Mapping[str, Exact]:
        """The exact standing of every regimen.

        ``node_by_node`` is what the table of three truths says. What it settles is not asked again: a regimen that it
        finds not indicated is so in every completion, and one offered with caution too.
        """
        said = node_by_node or {}
        asked = [name for name in self.regimens if said.get(name) not in _SETTLED]
        exact = self._exact(asked, patient) if asked else {}
        return {name: exact[name] if name in exact else _SETTLED[said[name]] for name in self.regimens}

    def exact_under(self, literals: Sequence[int], regimens: Sequence[str], patient: Patient) -> dict[str, Exact]:
        """The exact standing of regimens were these literals known of the patient too.

        Raises ``ImpossiblePatient`` where no completion meets them.
        """
        return self._exact(regimens, patient, literals)

    def _exact(self, regimens: Sequence[str], patient: Patient, more: Sequence[int] = ()) -> dict[str, Exact]:
        conditions = [
            condition
            for name in regimens
            for of in [self.regimens[name]]
            for condition in (self.offered[name], of.offer, of.exclusion, of.caution)
        ]
        truths = self.truths(conditions, patient, more)
        return {name: _exactly(*truths[4 * index : 4 * index + 4]) for index, name in enumerate(regimens)}

    def depends_on(self, regimen: str, patient: Patient) -> tuple[str, ...]:
        """The questions that an undetermined regimen waits for: all that are in a smallest settling set."""
        return self.settling(patient).depends_on(regimen)

    def settling(self, patient: Patient) -> Settling:
        """The settling sets of a patient; those of the patient asked for last are kept."""
        from regimen_advisor.engines.settling import Settling  # noqa: PLC0415 - it builds on this module

        last = self._settling
        if last is None or last.patient is not patient or last.session is not self.session(patient=patient):
            last = self._settling = Settling(self, patient)
        return last


def settled(session: Session, known: Sequence[int], literals: Sequence[int]) -> list[Truth]:
    """The truth of each literal over all models of ``known``; one model answers for many literals.

    Raises ``ImpossiblePatient`` where there is no model.
    """
    first = session.model(known)
    if first is None:
        raise ImpossiblePatient("no complete patient agrees with what is known")
    open_: dict[int, bool] = {literal: first.holds(literal) for literal in literals}
    truths: dict[int, Truth] = {}
    while open_:
        literal, value = open_.popitem()
        other = session.model(known, [-literal if value else literal])
        if other is None:
            truths[literal] = Truth.TRUE if value else Truth.FALSE
            continue
        truths[literal] = Truth.UNKNOWN
        for one in [one for one, value in open_.items() if other.holds(one) != value]:
            truths[one] = Truth.UNKNOWN
            del open_[one]
    return [truths[literal] for literal in literals]


@lru_cache(maxsize=8)
def solver_for(rulebook: Rulebook) -> Solver:
    """The solver of a rulebook, built when first asked for."""
    return Solver(rulebook.domain, regimen_rules(rulebook), effective_conditions(rulebook))
