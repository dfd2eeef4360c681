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

__all__ = [
    "NAME", "AnyPatient", "DomainSolver", "Exact", "ImpossiblePatient", "Model", "PatientCompletions", "Session",
    "Solver", "completions_of",
]  # fmt: skip

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


class PatientCompletions:
    """A patient, and what a solver has shown of their completions: kept as long as its session knows no more."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self._found: Completions | None = None
        self._clauses = 0

    def under(self, session: Session) -> Completions:
        """What the session has shown of the patient."""
        # A cut that a later condition brings may part what is known from what is not, so clauses are counted.
        if self._found is None or self._found.session is not session or self._clauses != len(session.encoding.clauses):
            groups = assumption_groups(session.encoding, self.patient)
            self._found = Completions(session, [literal for part in groups.values() for literal in part])
            self._clauses = len(session.encoding.clauses)
        return self._found


AnyPatient = Patient | PatientCompletions
"""A patient; with what was shown of them, where more than one question is asked."""


def completions_of(patient: AnyPatient) -> PatientCompletions:
    """What was shown of a patient; nothing yet, where only the patient is given."""
    return patient if isinstance(patient, PatientCompletions) else PatientCompletions(patient)


class DomainSolver:
    """Answers about conditions and patients over the facts of a domain; it knows no rules."""

    def __init__(self, domain: Domain, size: EncodingSize | None = None) -> None:
        self.domain = domain
        self.size = size or EncodingSize.of([], domain)
        self._session: Session | None = None

    # One session, widened where a patient or a condition needs more -----------------------------------------------

    def session(self, *conditions: Condition, patient: Patient | None = None) -> Session:
        """A running solver that tells apart what these conditions and this patient need, and all before them."""
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
        """A separate running solver, which knows no condition yet."""
        return Session(Encoding(self.domain, self.size))

    def _started(self, encoding: Encoding) -> Session:
        return Session(encoding)

    # Questions ----------------------------------------------------------------------------------------------------

    def known(self, session: Session, patient: AnyPatient) -> Sequence[int]:
        """The literals that hold for every completion of the patient."""
        return completions_of(patient).under(session).known

    def is_possible(self, patient: AnyPatient) -> bool:
        """Whether any complete patient agrees with what is known."""
        asked = completions_of(patient)
        return asked.under(self.session(patient=asked.patient)).can()

    def truth(self, condition: Condition, patient: AnyPatient) -> Truth:
        """The truth of a condition over all completions: true or false where it is so in every one of them.

        Raises ``ImpossiblePatient`` where there are none.
        """
        return self.truths([condition], patient)[0]

    def is_sure(self, condition: Condition, patient: AnyPatient) -> bool:
        """Whether a condition is true in every completion, of which there must be one: one question where it is not."""
        asked = completions_of(patient)
        session = self.session(condition, patient=asked.patient)
        literal, found = session.encoding.condition(condition), asked.under(session)
        return not found.can([-literal]) and found.can()

    def truths(self, conditions: Sequence[Condition], patient: AnyPatient) -> list[Truth]:
        """The truth of each condition over all completions.

        Raises ``ImpossiblePatient`` where there are none.
        """
        asked = completions_of(patient)
        session = self.session(*conditions, patient=asked.patient)
        literals = [session.encoding.condition(condition) for condition in conditions]
        found = asked.under(session)
        found.require()
        return [found.truth(literal) for literal in literals]


class Solver(DomainSolver):
    """Answers about patients under rules, over all their completions. A ``Guideline`` keeps that of its rules."""

    def __init__(self, domain: Domain, regimens: Mapping[str, RegimenRules], rules: Mapping[str, Condition]) -> None:
        self.regimens, self.rules = regimens, rules
        self.offered = {name: rules_about.offered for name, rules_about in regimens.items()}
        of_regimens = [
            part
            for rules_about in regimens.values()
            for part in (rules_about.offer, rules_about.exclusion, rules_about.caution)
        ]
        super().__init__(domain, EncodingSize.of([*rules.values(), *of_regimens], domain))
        self._lines = self.size.lines
        self._thresholds: Mapping[str, tuple[int, ...]] = {}

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

    def rule_truths(self, rules: Iterable[str], patient: AnyPatient) -> Mapping[str, Truth]:
        """The truth of effective rules over all completions, by rule id."""
        names = list(rules)
        return dict(zip(names, self.truths([self.rules[name] for name in names], patient), strict=True))

    def standing(self, regimen: str, patient: AnyPatient) -> Exact:
        """The standing of a regimen by its definition over all completions."""
        return self._exact([regimen], patient)[regimen]

    def standings(self, patient: AnyPatient, node_by_node: Mapping[str, Standing] | None = None) -> Mapping[str, Exact]:
        """The exact standing of every regimen.

        ``node_by_node`` is what the table of three truths says. What it settles is not asked again: a regimen that it
        finds not indicated is so in every completion, and one offered with caution too.
        """
        by_nodes = node_by_node or {}
        asked = [name for name in self.regimens if by_nodes.get(name) not in _SETTLED]
        exact = self._exact(asked, patient) if asked else {}
        return {name: exact[name] if name in exact else _SETTLED[by_nodes[name]] for name in self.regimens}

    def standings_under(
        self, literals: Sequence[int], regimens: Sequence[str], patient: AnyPatient
    ) -> dict[str, Standing]:
        """The exact standing of regimens were these literals known of the patient too.

        Raises ``ImpossiblePatient`` where no completion meets them.
        """
        asked = completions_of(patient)
        session = self.session(patient=asked.patient)
        found, literal = asked.under(session), session.encoding.condition
        found.require(literals)
        standings = {}
        for name in regimens:
            rules_about, offered = self.regimens[name], found.truth(literal(self.offered[name]), literals)
            # Of the other conditions only the one that the standing then turns on.
            caution = found.truth(literal(rules_about.caution), literals) if offered is Truth.TRUE else Truth.UNKNOWN
            offer = found.truth(literal(rules_about.offer), literals) if offered is Truth.FALSE else Truth.UNKNOWN
            standings[name] = _standing(offered, offer, caution)
        return standings

    def _exact(self, regimens: Sequence[str], patient: AnyPatient) -> dict[str, Exact]:
        conditions = [
            condition
            for name in regimens
            for rules_about in [self.regimens[name]]
            for condition in (self.offered[name], rules_about.offer, rules_about.exclusion, rules_about.caution)
        ]
        truths = self.truths(conditions, patient)
        return {name: _exactly(*truths[4 * index : 4 * index + 4]) for index, name in enumerate(regimens)}
