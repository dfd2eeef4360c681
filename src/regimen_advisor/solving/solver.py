"""Ask a SAT solver (python-sat) what holds in all completions of a patient, in some, in none.

A completion is a complete patient that obeys the axioms and agrees with all that is known. The interpreter judges node
by node and may leave open what only the whole settles (``TPS below 1`` or ``at least 1``); this engine does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from regimen_advisor.knowledge.effective import RegimenRules
from regimen_advisor.language.conditions import Condition
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Truth
from regimen_advisor.patient.facts import Domain, NumberFact
from regimen_advisor.patient.reading import Patient
from regimen_advisor.solving.assumptions import assumption_groups
from regimen_advisor.solving.encoding import Encoding, EncodingSize
from regimen_advisor.solving.encoding_size import size_for
from regimen_advisor.solving.session import Completions, ImpossiblePatient, Model, Session

__all__ = ["NAME", "Exact", "ImpossiblePatient", "Model", "Session", "Solver"]

NAME = "python-sat"


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
    return Exact(_standing(offered, offer, caution), caution, offer, exclusion)


def _standing(offered: Truth, offer: Truth, caution: Truth) -> Standing:
    if offered is Truth.UNKNOWN:
        return Standing.UNDETERMINED
    if offered is Truth.TRUE:
        return Standing.OFFERED_WITH_CAUTION if caution is Truth.TRUE else Standing.OFFERED
    return Standing.NOT_INDICATED if offer is Truth.FALSE else Standing.EXCLUDED


class Solver:
    """Answers about patients over all their completions. A ``Guideline`` keeps that of its rules."""

    def __init__(self, domain: Domain, regimens: Mapping[str, RegimenRules], rules: Mapping[str, Condition]) -> None:
        self.domain, self.regimens, self.rules = domain, regimens, rules
        self.offered = {name: rules_about.offered for name, rules_about in regimens.items()}
        of_regimens = [
            part
            for rules_about in regimens.values()
            for part in (rules_about.offer, rules_about.exclusion, rules_about.caution)
        ]
        self.size = EncodingSize.of([*rules.values(), *of_regimens], domain)
        self._lines = self.size.lines
        self._thresholds: Mapping[str, tuple[int, ...]] = {}
        self._session: Session | None = None
        self._completions: tuple[Patient, Completions, int] | None = None

    # One session, widened where a patient or a condition needs more than the rules -----------------------------

    def session(self, *conditions: Condition, patient: Patient | None = None) -> Session:
        """A running solver that tells apart what the rules, these conditions and this patient need."""
        current = self._session
        fresh = [condition for condition in conditions if current is None or not current.encoding.knows(condition)]
        wanted = EncodingSize.of(fresh, self.domain)
        if patient is not None:
            wanted = wanted.widened(size_for(patient))
        if current is None or not current.encoding.size.covers(wanted):
            self.size = self.size.widened(wanted)
            current = self._session = self._started(Encoding(self.domain, self.size))
        for condition in fresh:
            current.encoding.condition(condition)
        return current

    def new_session(self) -> Session:
        """A separate running solver, which knows no rule yet and tells apart what the rules need."""
        return Session(Encoding(self.domain, self.size))

    def _started(self, encoding: Encoding) -> Session:
        for condition in (
            *self.rules.values(),
            *self.offered.values(),
            *(rules_about.caution for rules_about in self.regimens.values()),
        ):
            encoding.condition(condition)
        numbers = [name for name, fact in self.domain.facts.items() if isinstance(fact, NumberFact)]
        self._thresholds = {name: tuple(encoding.cuts(name)) for name in numbers}
        return Session(encoding)

    def thresholds(self, number: str) -> tuple[int, ...]:
        """Where the rules cut a number; what other patients and conditions made of the session is no part of it."""
        self.session()
        cuts = self._thresholds[number]
        return tuple(cut for cut in cuts if cut <= self._lines) if number == "prior_lines" else cuts

    def completions(self, session: Session, patient: Patient) -> Completions:
        """What the session has shown of the patient; it is kept for the patient asked for last."""
        # A cut that a later condition brings may part what is known from what is not, so clauses are counted.
        last, count = self._completions, len(session.encoding.clauses)
        if last is None or last[0] is not patient or last[1].session is not session or last[2] != count:
            literals = [literal for part in assumption_groups(session.encoding, patient).values() for literal in part]
            found = Completions(session, literals)
            last = self._completions = (patient, found, len(session.encoding.clauses))
        return last[1]

    def known(self, session: Session, patient: Patient) -> Sequence[int]:
        """The literals that hold for every completion of the patient."""
        return self.completions(session, patient).known

    # Questions ------------------------------------------------------------------------------------------------

    def is_possible(self, patient: Patient) -> bool:
        """Whether any complete patient agrees with what is known."""
        return self.completions(self.session(patient=patient), patient).can()

    def truth(self, condition: Condition, patient: Patient) -> Truth:
        """The truth of a condition over all completions: true or false where it is so in every one of them.

        Raises ``ImpossiblePatient`` where there are none.
        """
        return self.truths([condition], patient)[0]

    def is_sure(self, condition: Condition, patient: Patient) -> bool:
        """Whether a condition is true in every completion, of which there must be one: one question where it is not."""
        session = self.session(condition, patient=patient)
        literal, found = session.encoding.condition(condition), self.completions(session, patient)
        return not found.can([-literal]) and found.can()

    def truths(self, conditions: Sequence[Condition], patient: Patient) -> list[Truth]:
        """The truth of each condition over all completions.

        Raises ``ImpossiblePatient`` where there are none.
        """
        session = self.session(*conditions, patient=patient)
        literals = [session.encoding.condition(condition) for condition in conditions]
        found = self.completions(session, patient)
        found.require()
        return [found.truth(literal) for literal in literals]

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
        by_nodes = node_by_node or {}
        asked = [name for name in self.regimens if by_nodes.get(name) not in _SETTLED]
        exact = self._exact(asked, patient) if asked else {}
        return {name: exact[name] if name in exact else _SETTLED[by_nodes[name]] for name in self.regimens}

    def standings_under(
        self, literals: Sequence[int], regimens: Sequence[str], patient: Patient
    ) -> dict[str, Standing]:
        """The exact standing of regimens were these literals known of the patient too.

        Raises ``ImpossiblePatient`` where no completion meets them.
        """
        session = self.session(patient=patient)
        found, literal = self.completions(session, patient), session.encoding.condition
        found.require(literals)
        standings = {}
        for name in regimens:
            rules_about, offered = self.regimens[name], found.truth(literal(self.offered[name]), literals)
            # Of the other conditions only the one that the standing then turns on.
            caution = found.truth(literal(rules_about.caution), literals) if offered is Truth.TRUE else Truth.UNKNOWN
            offer = found.truth(literal(rules_about.offer), literals) if offered is Truth.FALSE else Truth.UNKNOWN
            standings[name] = _standing(offered, offer, caution)
        return standings

    def _exact(self, regimens: Sequence[str], patient: Patient) -> dict[str, Exact]:
        conditions = [
            condition
            for name in regimens
            for rules_about in [self.regimens[name]]
            for condition in (self.offered[name], rules_about.offer, rules_about.exclusion, rules_about.caution)
        ]
        truths = self.truths(conditions, patient)
        return {name: _exactly(*truths[4 * index : 4 * index + 4]) for index, name in enumerate(regimens)}
